"""Damage to a bundle's files, and the verifier run on it by a Python that has no peelchain."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[bytes], bytes | None]


def flipped(at: int, mask: int = 1) -> Damage:
    def damage(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[at % len(content)] ^= mask
        return bytes(changed)

    return damage


DAMAGES: dict[str, Damage] = {
    "first byte": flipped(0),
    "last byte": flipped(-1),
    "a byte within": flipped(7919, 0x40),
    "cut short": lambda content: content[:-1],
    "longer": lambda content: content + b"\n",
    "empty": lambda content: b"",
    "taken away": lambda content: None,
}


def laid_out(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def stranger(verifier: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(verifier / "verify.py"), *map(str, arguments)],
        cwd=verifier,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def assert_named(run: subprocess.CompletedProcess[str], name: str, what: str) -> None:
    failed = [line for line in run.stdout.splitlines() if line.startswith("FAILED")]
    assert (run.returncode, run.stderr) == (1, ""), (name, what, run)
    assert any(name in line for line in failed), (name, what, failed)
