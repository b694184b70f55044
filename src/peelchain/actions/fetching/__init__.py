"""Asking servers for what an answer needs, and saying what they did not give."""
