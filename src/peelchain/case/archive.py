"""Zip archives whose bytes follow from their files alone."""

import io
import zipfile
from collections.abc import Mapping

_UNIX = 3
_MODE = 0o100644 << 16


def zipped(files: Mapping[str, bytes], first: tuple[str, ...] = ()) -> bytes:
    """A zip of the files, each dated 1980-01-01; `first` in that order, then by name.

    Nothing is compressed, for one library's compression is not another's. Office formats want
    their `[Content_Types].xml` or `mimetype` ahead of the rest.
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name in [*(n for n in first if n in files), *sorted(set(files) - set(first))]:
            entry = zipfile.ZipInfo(name)
            # Left alone, the system that packs would be written into the archive.
            entry.create_system, entry.external_attr = _UNIX, _MODE
            archive.writestr(entry, files[name])
    return held.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The files of a zip that this program made, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
