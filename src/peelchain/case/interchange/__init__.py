"""A case's statements in the formats of other systems. Each file here writes one format."""
