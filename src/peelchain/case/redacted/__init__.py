"""Bundles for another party: what is withheld, and the commitments that stand for it."""
