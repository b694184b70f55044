"""What the server answers: one family of requests a module."""
