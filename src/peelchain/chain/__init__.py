"""Sources of blocks, and the way from them to the fact tables."""
