"""What counts as known: by the moment of record, less what was taken back by then."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from peelchain.schema import TABLES
from peelchain.tags.knowledge import Knowledge, each_once, known_tags, recorded_by, taken_back

START = datetime(2020, 1, 1, tzinfo=UTC)
IDS = ("a", "b", "c")


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def tags(rows):
    return pa.Table.from_pylist(
        [
            {
                **dict.fromkeys(TABLES["tags"].schema.names),
                "tag_id": tag_id,
                "address": "x",
                "script_pubkey": b"x",
                "label": f"{tag_id} of {day}",
                "source": "s",
                "recorded_utc": at(day),
                "file": "f",
            }
            for tag_id, day in rows
        ],
        TABLES["tags"].schema,
    )


def changes(rows):
    return pa.Table.from_pylist(
        [
            {
                "change_id": str(number),
                "tag_id": tag_id,
                "change": change,
                "replacement": None,
                "by": "b",
                "reason": "r",
                "recorded_utc": at(day),
            }
            for number, (tag_id, change, day) in enumerate(rows)
        ],
        TABLES["tag_changes"].schema,
    )


day = st.integers(0, 5)
imports = st.lists(st.tuples(st.sampled_from(IDS), day), max_size=8)
said = st.lists(
    st.tuples(st.sampled_from(IDS), st.sampled_from(["retracted", "corrected", "reinstated"]), day),
    max_size=8,
)


@given(imports, said, st.one_of(st.none(), day), st.sets(st.sampled_from(IDS)))
def test_what_is_known_is_what_a_ledger_read_day_by_day_says(rows, told, limit, without):
    until = 5 if limit is None else limit
    present: dict[str, int] = {}
    gone: set[str] = set()
    for today in range(until + 1):
        for tag_id, when in rows:
            if when == today:
                present.setdefault(tag_id, when)
        for tag_id, change, when in told:
            if when == today:
                if change == "reinstated":
                    gone.discard(tag_id)
                else:
                    gone.add(tag_id)
    knowledge = Knowledge(
        as_of=None if limit is None else at(limit), without_tags=frozenset(without)
    )
    known = recorded_by(changes(told), knowledge.as_of)
    found = each_once(known_tags(tags(rows), knowledge, known))
    assert found["tag_id"].to_pylist() == sorted(set(present) - gone - without)


def test_of_changes_of_one_moment_the_later_row_holds():
    both = changes([("a", "retracted", 1), ("a", "reinstated", 1)])
    assert taken_back(both) == set()
    assert taken_back(both.take([1, 0])) == {"a"}


def test_of_a_tag_imported_twice_the_first_row_is_kept():
    assert each_once(tags([("b", 3), ("a", 2), ("b", 1)]))["label"].to_pylist() == [
        "a of 2",
        "b of 3",
    ]


def test_rates_without_a_moment_of_record_count_at_any_time():
    rows = pa.table({"recorded_utc": pa.array([None, at(3)], pa.timestamp("ms", tz="UTC"))})
    assert recorded_by(rows, at(1)).num_rows == 1
    assert recorded_by(rows, at(3)).num_rows == 2
