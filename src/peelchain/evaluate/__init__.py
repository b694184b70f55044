"""Measured error: of every rule, detector and policy, on simulated, real and field data."""
