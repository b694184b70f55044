"""Joint transactions in the shapes of their protocols, a module each."""
