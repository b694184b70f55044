"""Partial stores: chosen transactions, each checked, with what is not known said so."""
