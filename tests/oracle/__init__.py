"""Slow, plain reference versions of the kernels."""
