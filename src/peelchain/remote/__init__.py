"""Everything that leaves the machine: the only package that may open a connection."""
