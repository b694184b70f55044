"""Evidence bundles: check one as the other side would."""

from pathlib import Path
from typing import Any

from peelchain.case.verify import verify
from peelchain.errors import BundleError


def verify_bundle(bundle: Path, expect: str | None = None) -> dict[str, Any]:
    """Re-checks a bundle, zip or folder, with the verifier it carries."""
    if not bundle.exists():
        raise BundleError(f"{bundle}: no such file; give a bundle's zip or its unpacked folder")
    result = verify(bundle, expect)
    return {
        "ok": result.ok,
        "digest": result.digest,
        "checked": dict(result.checked),
        "failures": list(result.failures),
        "unchecked": list(result.unchecked),
    }
