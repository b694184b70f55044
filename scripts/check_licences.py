"""Holds the licence of every locked dependency against `licenses.allow` of deny.toml, offline.

Reads what is on this machine: `cargo metadata` for the crates, the installed distributions' own
metadata for the Python packages of requirements.lock, ui/package-lock.json for the Node packages.
Exits 1 and names each package whose licence is not allowed or not stated.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Licences in words, where a Python package gives no SPDX expression.
SPDX_OF_CLASSIFIER = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}

# Packages judged by a person, because their metadata cannot say it: (ecosystem, name) -> SPDX, why.
JUDGED = {
    ("python", "antlr4-python3-runtime"): ("BSD-3-Clause", "its metadata says BSD; the file is 3"),
    ("python", "bagit"): ("CC0-1.0", "a work of the United States government, public domain"),
}


class UnreadableLicenceError(ValueError):
    """A licence expression that is not SPDX."""


@dataclass(frozen=True)
class Dependency:
    """A locked package and the licence its metadata states, an SPDX expression or None."""

    ecosystem: str
    name: str
    version: str
    licence: str | None


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be met by allowed licences alone.

    `OR` needs one side, `AND` both; `A WITH B` is one licence. The old `MIT/Apache-2.0` is an `OR`.
    Raises UnreadableLicenceError for what is not an expression. Source: SPDX 2.3, annex D.
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    result, rest = _either(tokens, allowed)
    if rest:
        raise UnreadableLicenceError(f"cannot read the licence {expression!r} at {rest[0]!r}")
    return result


def _either(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    result, rest = _both(tokens, allowed)
    while rest and rest[0].upper() == "OR":
        other, rest = _both(rest[1:], allowed)
        result = result or other
    return result, rest


def _both(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    result, rest = _one(tokens, allowed)
    while rest and rest[0].upper() == "AND":
        other, rest = _one(rest[1:], allowed)
        result = result and other
    return result, rest


def _one(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    if not tokens or tokens[0].upper() in {"AND", "OR", "WITH", ")"}:
        raise UnreadableLicenceError(f"a licence is missing before {' '.join(tokens) or 'the end'}")
    if tokens[0] == "(":
        result, rest = _either(tokens[1:], allowed)
        if rest[:1] != [")"]:
            raise UnreadableLicenceError("a bracket is not closed in a licence")
        return result, rest[1:]
    if len(tokens) >= 3 and tokens[1].upper() == "WITH":
        return f"{tokens[0]} WITH {tokens[2]}" in allowed, tokens[3:]
    return tokens[0] in allowed, tokens[1:]


def rust_dependencies() -> Iterator[Dependency]:
    """The crates that this platform's build uses."""
    version = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    host = next(line[6:] for line in version.splitlines() if line.startswith("host: "))
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--offline"]
    answer = subprocess.run(
        [*command, "--filter-platform", host], cwd=ROOT, capture_output=True, text=True
    )
    if answer.returncode:
        raise SystemExit(f"cannot read the crates' licences; run 'cargo fetch'\n{answer.stderr}")
    for package in json.loads(answer.stdout)["packages"]:
        if package["source"] is not None:
            yield Dependency("rust", package["name"], package["version"], package["license"])


def python_dependencies() -> Iterator[Dependency]:
    """The packages of requirements.lock that are installed; the rest are for other platforms."""
    lock = (ROOT / "requirements.lock").read_text()
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        try:
            stated = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        yield Dependency("python", name, version, _python_licence(stated))


def _python_licence(stated: metadata.PackageMetadata) -> str | None:
    if "License-Expression" in stated:
        return stated["License-Expression"]
    words = [
        str(line).rsplit(" :: ", 1)[-1]
        for line in stated.get_all("Classifier") or []
        if str(line).startswith("License :: ")
    ]
    known = [SPDX_OF_CLASSIFIER[word] for word in words if word in SPDX_OF_CLASSIFIER]
    if known and len(known) == len(words):
        return " OR ".join(known)
    text = stated["License"].strip() if "License" in stated else ""
    # Old packages put the whole text in this field; only a short one is a name.
    return text if 0 < len(text) <= 40 else None


def node_dependencies() -> Iterator[Dependency]:
    """The packages of ui/package-lock.json, for every platform."""
    lock = json.loads((ROOT / "ui" / "package-lock.json").read_text())
    for path, package in lock["packages"].items():
        if path:
            name = path.rsplit("node_modules/", 1)[-1]
            yield Dependency("node", name, package["version"], package.get("license"))


def fault(dependency: Dependency, allowed: frozenset[str]) -> str | None:
    """What is wrong with a dependency's licence, or None."""
    judged = JUDGED.get((dependency.ecosystem, dependency.name))
    licence = judged[0] if judged else dependency.licence
    if licence is None:
        return "states no licence"
    try:
        return None if is_allowed(licence, allowed) else f"is under {licence}"
    except UnreadableLicenceError as error:
        return str(error)


def main() -> int:
    """Prints one line an ecosystem, then the offenders; 1 if there are any."""
    policy = tomllib.loads((ROOT / "deny.toml").read_text())
    allowed = frozenset(policy["licenses"]["allow"])
    offenders = []
    for find in (rust_dependencies, python_dependencies, node_dependencies):
        dependencies = list(find())
        print(f"licences: {len(dependencies)} {find.__name__.replace('_', ' ')}")
        for dependency in dependencies:
            if wrong := fault(dependency, allowed):
                offenders.append(
                    f"{dependency.ecosystem} {dependency.name} {dependency.version} {wrong}"
                )
    for line in offenders:
        print(f"licences: {line}", file=sys.stderr)
    if offenders:
        print(
            "licences: leave the package out, or have its licence judged: a licence into "
            "deny.toml, a package into JUDGED of scripts/check_licences.py",
            file=sys.stderr,
        )
    return 1 if offenders else 0


if __name__ == "__main__":
    sys.exit(main())
