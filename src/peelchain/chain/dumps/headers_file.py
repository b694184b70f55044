"""Heights of blocks from a file of headers, which any node or wallet can give."""

from pathlib import Path

from peelchain.chain.partial.header_checks import HEADER_BYTES, check_header, check_neighbours
from peelchain.errors import SourceError
from peelchain.network import Network
from peelchain.script import sha256d

_MOST_HEADERS = 5_000_000


def heights(file: Path, network: Network) -> dict[bytes, int]:
    """The height of each block, by its hash: of headers of 80 bytes each, from genesis on.

    Each proves its work and names the one before it. Raises SourceError naming the offset.
    """
    found: dict[bytes, int] = {}
    before: dict[int, bytes] = {}
    try:
        with file.open("rb") as stream:
            while header := stream.read(HEADER_BYTES):
                height = len(found)
                said_by = f"{file}, offset {height * HEADER_BYTES}"
                if len(header) < HEADER_BYTES or height >= _MOST_HEADERS:
                    raise SourceError(
                        f"{said_by}: {len(header)} bytes are no header; give the headers of all "
                        "blocks from genesis on, 80 bytes each and nothing else"
                    )
                check_header(header, height, network, said_by)
                check_neighbours(header, height, before, network, said_by)
                before = {height: header}
                found[sha256d(header)] = height
    except OSError as e:
        raise SourceError(f"{file}: {e.strerror}; give the file of the chain's headers") from None
    if not found:
        raise SourceError(f"{file} is empty; give the headers of all blocks from genesis on")
    return found
