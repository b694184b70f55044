"""Zip archives whose bytes follow from their files alone."""

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

Content = bytes | Path
"""What a file of an archive holds: bytes, or a file on the disk too large for memory."""

OPEN_MODE, PRIVATE_MODE = 0o644, 0o600
"""Who may read what is unpacked: everybody, or its owner alone."""

_UNIX = 3
_REGULAR = 0o100000
_CHUNK_BYTES = 1 << 20


def write_archive(
    files: Mapping[str, Content],
    out: IO[bytes],
    *,
    first: tuple[str, ...] = (),
    mode: int = OPEN_MODE,
) -> None:
    """Writes a zip of the files, each dated 1980-01-01; `first` in that order, then by name.

    Nothing is compressed, for one library's compression is not another's. Files on the disk are
    never held in memory whole; they must not change meanwhile.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in [*(n for n in first if n in files), *sorted(set(files) - set(first))]:
            entry, content = zipfile.ZipInfo(name), files[name]
            # Left alone, the system that packs would be written into the archive.
            entry.create_system, entry.external_attr = _UNIX, (_REGULAR | mode) << 16
            entry.file_size = size_of(content)
            with archive.open(entry, "w") as to:
                if isinstance(content, bytes):
                    to.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, to, _CHUNK_BYTES)


def zipped(files: Mapping[str, bytes], first: tuple[str, ...] = ()) -> bytes:
    """The zip of the files that `write_archive` writes.

    Office formats want their `[Content_Types].xml` or `mimetype` ahead of the rest.
    """
    held = io.BytesIO()
    write_archive(files, held, first=first)
    return held.getvalue()


def size_of(content: Content) -> int:
    """The bytes of a file of an archive."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def unzipped(content: bytes) -> dict[str, bytes]:
    """The files of a zip that this program made, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
