"""Long work of the server, each piece of it in a process of its own: one family a module."""
