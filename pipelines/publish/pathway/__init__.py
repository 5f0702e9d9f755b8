"""The map of the technological pathway: its programmes by town, where they lie on the page, what the screen shows."""
