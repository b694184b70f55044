"""The SHA-256 of what a case holds, in memory or on the disk."""

from hashlib import file_digest, sha256
from pathlib import Path


def digest_of(content: bytes | Path) -> str:
    """The SHA-256 in hex of some bytes, or of a file, which is never held in memory whole."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    return sha256(content).hexdigest()
