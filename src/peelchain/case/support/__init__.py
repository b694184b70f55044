"""What findings rest on, what else could explain them, and what would overturn them."""
