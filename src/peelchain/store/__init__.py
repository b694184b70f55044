"""The store directory: scan, look up, commit atomically, manifest."""
