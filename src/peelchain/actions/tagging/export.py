"""Tags and actors of a store as files that others read, and that read back the same."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from peelchain.actions.tagging.records import Wanted
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError, PeelchainError
from peelchain.tags.export import actorpack, lacking, tagpacks, tags_csv
from peelchain.tags.knowledge import ALL, Knowledge

FORMS = ("tagpack", "actorpack", "csv")


def export_tags(
    out: Path,
    store: Path,
    form: str = "tagpack",
    *,
    wanted: Wanted | None = None,
    title: str = "Tags",
    knowledge: Knowledge = ALL,
) -> dict[str, Any]:
    """Writes the tags that are known and stand, or the actors; says what GraphSense would miss.

    TagPacks of several creators are numbered from the second on: NAME-2.yaml. Raises MisuseError
    for a form that there is not.
    """
    if form not in FORMS:
        raise MisuseError(f"there is no form {form[:40]!r} to export; those are {', '.join(FORMS)}")
    wanted = wanted or Wanted()
    with StoreView(store, knowledge=knowledge) as view:
        tags = view.tags
        for name in ("actor", "category", "label", "source", "confidence"):
            text = getattr(wanted, name)
            if text is not None:
                tags = tags.filter(pc.fill_null(pc.equal(tags[name], text), False))
        described = f"Exported by peelchain from {view.network.name}"
        if form == "actorpack":
            count = view.actors.num_rows
            whole = actorpack(view.actors, title=title, creator="peelchain", description=described)
            written = [_write(out, [whole])]
        elif form == "csv":
            count = tags.num_rows
            written = [_write(out, tags_csv(tags))]
        else:
            count = tags.num_rows
            packs = tagpacks(tags, title=title, description=described)
            written = [_write(_numbered(out, at), [text]) for at, (_, text) in enumerate(packs, 1)]
        return {
            **view.tip,
            "as_of": knowledge.described()["as_of"],
            "form": form,
            "exported": count,
            "files": written,
            "lacking": lacking(tags) if form != "actorpack" else {},
        }


def _numbered(out: Path, number: int) -> Path:
    if number == 1:
        return out
    suffixes = re.search(r"(\.[A-Za-z]+){1,2}$", out.name)
    suffix = suffixes[0] if suffixes else ""
    return out.with_name(f"{out.name.removesuffix(suffix)}-{number}{suffix}")


def _write(out: Path, parts: Iterable[str]) -> str:
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            file.writelines(parts)
    except OSError as error:
        raise PeelchainError(f"{out}: {error.strerror}; give another place with -o") from None
    return str(out)
