"""The workbench: a local server that gives the actions as JSON and serves the page of `ui/`."""
