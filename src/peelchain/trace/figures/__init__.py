"""A trace as figures: the flow through transactions, between parties, and over time."""
