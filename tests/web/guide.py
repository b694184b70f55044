"""The guide as its steps: what each is called, what it names in bold, what picture it shows."""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "guide"

_HEADING = re.compile(r"^## (\d+)\. (.+)$", re.M)
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.S)
_PICTURE = re.compile(r"!\[[^\]]+\]\(([\w-]+\.png)\)")


@dataclass(frozen=True)
class Step:
    """A step of the guide: its heading, the names it has in bold, its pictures."""

    number: int
    title: str
    names: tuple[str, ...]
    pictures: tuple[str, ...]


def steps() -> list[Step]:
    """The steps of docs/guide/README.md, in order."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    heads = list(_HEADING.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = []
    for head, end in zip(heads, ends, strict=True):
        body = text[head.end() : end]
        names = tuple(" ".join(name.split()) for name in _BOLD.findall(body))
        found.append(Step(int(head[1]), head[2], names, tuple(_PICTURE.findall(body))))
    return found
