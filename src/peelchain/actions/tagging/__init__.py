"""Actions of tags, actors and rates: import, history, export."""
