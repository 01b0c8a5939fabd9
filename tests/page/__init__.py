"""The web page in a real browser, and what can be said of its files without one."""
