"""What others can hold to: signatures, timestamps, Bitcoin Core's scripts, the software."""
