"""Seized files taken apart: what in them can be searched, piece by piece."""
