"""A ground-truth economy on regtest that Bitcoin Core's own consensus code accepts."""
