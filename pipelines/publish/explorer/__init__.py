"""The explorer: every public value in one script, a chart made once and bound in the browser, a page around them."""
