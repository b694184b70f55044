"""Evidence bundles: a payload sealed as a BagIt bag in a zip whose bytes follow from its files."""

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from peelchain import __version__
from peelchain.case.archive import Content, size_of, write_archive
from peelchain.case.digests import digest_of
from peelchain.errors import BundleError

TAG_MANIFEST = "tagmanifest-sha256.txt"
VERIFIER = (
    "verify.py",
    "verify_headers.py",
    "verify_report.py",
    "verify_signatures.py",
    "verify_traces.py",
    "verify_withheld.py",
)
_MANIFEST = "manifest-sha256.txt"
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_NAME = re.compile(_PART)


@dataclass(frozen=True)
class Sealed:
    """A bundle before it is written: its files by their path in the bag, and its digest."""

    files: Mapping[str, bytes]
    digest: str


def seal(payload: Mapping[str, bytes], *, date_utc: datetime) -> Sealed:
    """The payload (paths under data/) with the bag's own files and the verifier around it.

    Raises BundleError as `pack` does.
    """
    files, digest = _sealed(payload, date_utc)
    return Sealed({p: c for p, c in files.items() if isinstance(c, bytes)}, digest)


def _sealed(payload: Mapping[str, Content], date_utc: datetime) -> tuple[dict[str, Content], str]:
    """All files of the bundle, sorted, and its digest.

    The digest is the SHA-256 of the tag manifest, which fixes every byte of the bundle; it depends
    on the payload, the date, the version of peelchain and nothing else. Raises BundleError for a
    path that the format refuses. Source: BagIt 1.0 (RFC 8493); docs/evidence-format.md.
    """
    data = {f"data/{path}": payload[path] for path in sorted(payload)}
    for path in data:
        if _PATH.fullmatch(path) is None:
            raise BundleError(
                f"{path!a} cannot be a file of a bundle; use letters, digits, '.', '_', '-' and "
                "'/', and begin no part with a dot"
            )
    if len({path.lower() for path in data}) < len(data):
        raise BundleError("two files of the bundle differ in case only; rename one")
    size = sum(map(size_of, data.values()))
    info = (
        f"Bag-Software-Agent: peelchain {__version__}\n"
        f"Bagging-Date: {_utc(date_utc):%Y-%m-%d}\n"
        f"Payload-Oxum: {size}.{len(data)}\n"
    )
    tags = {
        "bag-info.txt": info.encode(),
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        _MANIFEST: _manifest(data),
        **verifier(),
    }
    tag_manifest = _manifest(tags)
    files: dict[str, Content] = {**data, **tags, TAG_MANIFEST: tag_manifest}
    return dict(sorted(files.items())), digest_of(tag_manifest)


def pack(payload: Mapping[str, Content], *, name: str, date_utc: datetime, out: Path) -> str:
    """Writes the bundle `out`, a zip of the one folder `name`; gives the digest.

    Files on the disk are never held in memory whole; they must not change meanwhile. The same
    payload, name and date give the same bytes. The file is whole or not there: it is
    written beside `out`, flushed to the disk and renamed. Raises BundleError naming what failed.
    """
    if _NAME.fullmatch(name) is None:
        raise BundleError(
            f"{name!a} cannot name a bundle; use letters, digits, '.', '_' and '-', no dot first"
        )
    try:
        files, digest = _sealed(payload, date_utc)
        _write(files, name, out)
    except OSError as error:
        raise BundleError(
            f"could not write the bundle {out}: {error.strerror or error}; "
            "free space there, or choose another place"
        ) from error
    return digest


def verifier() -> dict[str, bytes]:
    """The files of the stand-alone verifier that every bundle carries, by their path in the bag."""
    package = resources.files("peelchain.case")
    return {name: package.joinpath(name).read_bytes() for name in VERIFIER}


def _manifest(files: Mapping[str, Content]) -> bytes:
    lines = (f"{digest_of(files[path])}  {path}\n" for path in sorted(files))
    return "".join(lines).encode()


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise BundleError(f"the date {moment} has no time zone; give it in UTC")
    return moment.astimezone(UTC)


def _write(files: Mapping[str, Content], name: str, out: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part")
    part = Path(temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            write_archive({f"{name}/{path}": content for path, content in files.items()}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    folder = os.open(out.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
