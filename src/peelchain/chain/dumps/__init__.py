"""Files that others wrote of the chain: read row by row, checked, made into a store."""
