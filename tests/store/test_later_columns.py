"""Runs written before a table gained columns: read with null there, in Arrow and in SQL."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from peelchain.actions.query import sql
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.view import StoreView
from peelchain.errors import StoreError
from peelchain.tags.forms import as_asked

LATER = ["concepts", "abuse", "context", "tag_type", "created", "valid_from", "valid_until",
         "derived_from"]  # fmt: skip


def imported(store: Path, folder: Path) -> Path:
    """The one file of the table `tags` after an import."""
    listed = folder / "addresses.txt"
    listed.write_text("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080\n")
    import_tags(
        [listed],
        store,
        datetime(2024, 1, 31, tzinfo=UTC),
        reading=as_asked("addresses", defaults={"label": "x", "source": "s"}),
    )
    (file,) = (store / "derived").glob("tags-*.parquet")
    return file


def test_columns_that_came_later_read_as_null(store: Path, tmp_path: Path) -> None:
    file = imported(store, tmp_path)
    pq.write_table(pq.read_table(file).drop_columns(LATER), file)
    with StoreView(store) as view:
        (row,) = view.tags.to_pylist()
    assert (row["label"], [row[name] for name in LATER]) == ("x", [None] * len(LATER))
    found = sql("SELECT label, concepts, valid_from, run_id IS NOT NULL FROM tags", store)
    assert found["rows"] == [["x", None, None, True]]


def test_a_column_that_was_always_there_may_not_lack(store: Path, tmp_path: Path) -> None:
    file = imported(store, tmp_path)
    pq.write_table(pq.read_table(file).drop_columns(["label"]), file)
    with StoreView(store) as view, pytest.raises(StoreError, match="cannot be read"):
        _ = view.tags
