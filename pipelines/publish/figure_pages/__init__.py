"""A page for every published number and every indicator: small HTML written by a template of our own, not by pandoc.

Three thousand pages take less than two seconds. They read protected tables and what the project declares, nothing else.
"""
