"""Figures as SVG whose bytes never vary: integers only, no fonts measured, all text escaped."""
