"""What docs/commands.toml says of a command's answer, held against a real one."""

import re
import tomllib
from pathlib import Path

NOTES = tomllib.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "commands.toml").read_text(encoding="utf-8")
)


def flattened(value, path=""):
    """The paths of a JSON value's leaves; an empty list or object is one."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from flattened(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for item in value:
            yield from flattened(item, path + "[]")
    else:
        yield path


def documented(name):
    said = NOTES[name]
    return [*said.get("shared", []), *said["keys"]]


def pattern(key):
    parts = re.split(r"(\{\w+\}|\*$)", key)
    return "".join(
        r"[^.\[]+" if p.startswith("{") else ".+" if p == "*" else re.escape(p) for p in parts
    )


def fits(path, key):
    """Whether a path is one that the documented key describes, or an empty list or object on it."""
    return re.fullmatch(pattern(key), path) is not None or (
        key.startswith(path) and key[len(path) :][:1] in ("[", ".")
    )


def check(name, answer):
    given = set(flattened(answer))
    keys = documented(name)
    assert {path for path in given if not any(fits(path, key) for key in keys)} == set()
    assert {key for key in keys if not any(fits(path, key) for path in given)} == set()
