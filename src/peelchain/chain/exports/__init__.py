"""A store written in the formats that others read."""
