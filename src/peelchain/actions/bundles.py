"""Evidence bundles: check one as the other side would, and further where it can be done."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peelchain.actions.progress import Progress, silent
from peelchain.case.attestation.kernel_check import check_scripts
from peelchain.case.attestation.timestamp import check, stamps_beside
from peelchain.case.redacted.evidence_read import Evidence
from peelchain.case.verify import read_files, verify
from peelchain.errors import BundleError, MisuseError, PeelchainError, SourceError


def verify_bundle(
    bundle: Path,
    expect: str | None = None,
    *,
    opening: Path | None = None,
    kernel: bool = False,
    timestamps: Sequence[Path] = (),
    authorities: Sequence[Path] = (),
    progress: Progress = silent,
) -> dict[str, Any]:
    """Re-checks a bundle, zip or folder, with the verifier it carries.

    `opening` holds what opens withheld fields. `kernel` has Bitcoin Core verify the scripts of what
    is spent. `timestamps` are authorities' answers, checked with the certificates `authorities`;
    those that a case keeps beside its bundle are found without being named.
    """
    if not bundle.exists():
        raise BundleError(f"{bundle}: no such file; give a bundle's zip or its unpacked folder")
    openings = None
    if opening is not None:
        openings = _read(opening).decode("latin-1")
    result = verify(bundle, expect, openings)
    answer: dict[str, Any] = {
        "ok": result.ok,
        "digest": result.digest,
        "checked": dict(result.checked),
        "failures": list(result.failures),
        "unchecked": list(result.unchecked),
        "withheld": dict(result.withheld),
        "opened": list(result.opened),
        "timestamps": [],
        "kernel": None,
    }
    if kernel and result.ok:
        scripts = check_scripts(
            Evidence(read_files(bundle)), lambda done, of: progress("scripts", done, of)
        )
        answer["kernel"] = asdict(scripts) | {"failures": list(scripts.failures)}
        answer["failures"] += [f"kernel: {failure}" for failure in scripts.failures]
    elif kernel:
        answer["failures"].append("kernel: not run, for the bundle does not hold")
    _check_timestamps(answer, bundle, timestamps, authorities)
    answer["ok"] = not answer["failures"]
    return answer


def _check_timestamps(
    answer: dict[str, Any], bundle: Path, given: Sequence[Path], authorities: Sequence[Path]
) -> None:
    """Adds what the timestamps attest; one that was named and does not hold is a failure."""
    vouching = [_read(path) for path in authorities]
    for path in given or stamps_beside(bundle):
        try:
            stamp = check(_read(path), answer["digest"], vouching)
        except SourceError as e:
            if given:
                answer["failures"].append(f"{path.name}: {e}")
            continue
        except PeelchainError as e:
            if given:
                raise
            answer["unchecked"].append(f"the timestamp {path.name}: {e}")
            continue
        answer["timestamps"].append({**asdict(stamp), "file": str(path)})
        if not stamp.trusted:
            answer["unchecked"].append(
                f"the timestamp of {stamp.time_utc}: who signed it; give --authority, or run "
                "openssl ts -verify -data tagmanifest-sha256.txt"
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise MisuseError(f"{path}: {e.strerror}; check the path and your rights") from None
