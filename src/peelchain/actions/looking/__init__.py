"""What is to be seen of one thing of the chain: each a function of an open view."""
