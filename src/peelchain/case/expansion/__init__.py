"""A seized wallet's public side: from keys, descriptors and exports to its addresses."""
