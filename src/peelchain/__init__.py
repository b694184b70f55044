"""peelchain: follows money on the Bitcoin block chain for those who must prove where it went."""

__version__ = "0.1.0"
