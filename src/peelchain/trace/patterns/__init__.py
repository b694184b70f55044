"""Shapes of movement that investigators name: what each is exactly, and where it occurs."""
