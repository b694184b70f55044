"""A notice in words: one line for a subject, a few for people to read."""

from collections.abc import Mapping
from typing import Any

from peelchain.units import format_btc

Row = Mapping[str, Any]

_VERBS = {"spend": "moved", "receipt": "received", "retraction": "retracted", "dropped": "dropped"}
_MOST_LINES = 12


def subject(notice: Row) -> str:
    """One line: what happened to what, and how much of it."""
    loud = "ALARM: " if notice["loud"] else ""
    kind, what = notice["kind"], _what(notice["of"])
    if kind == "retraction":
        return f"{loud}retracted: {what} did not move in block {_cut(notice['block_hash'])}"
    if kind == "dropped":
        return f"{loud}dropped: unconfirmed transaction {_cut(notice['txid'])} of {what}"
    verb = "moved" if notice.get("sights", kind) == "spend" else "received"
    amount = f" {format_btc(moved_sat(notice))} {_unit(notice)}"
    if kind == "sighting":
        return f"{loud}unconfirmed: {what} {verb}{amount} in {_cut(notice['txid'])}"
    again = " again, in another block" if notice["replaces"] else ""
    return f"{loud}{what} {verb}{amount} at height {notice['height']}{again}"


def lines(notice: Row) -> list[str]:
    """The notice for people, its id last. Labels and names are as their sources have them."""
    kind = notice["kind"]
    told = [subject(notice), f"transaction  {notice['txid']}"]
    if kind in ("spend", "receipt", "retraction"):
        told.append(f"block        {notice['block_hash']} at height {notice['height']}")
    if kind in ("spend", "receipt"):
        some = "confirmation" if notice["confirmations"] == 1 else "confirmations"
        told.append(f"time         {notice['time_utc']}, {notice['confirmations']} {some}")
    if kind == "retraction":
        told.append(f"retracts     {notice['refers_to']}: the block is no more in the chain")
    if kind == "dropped":
        told.append(f"drops        {notice['refers_to']}: {notice['why']}")
        told += [f"replaced by  {by}" for by in notice["by"]]
    if kind in ("spend", "receipt", "sighting"):
        told += _side("from", notice["from"], notice["from_count"], _unit(notice))
        told += _side("to", notice["to"], notice["to_count"], _unit(notice))
    for key, word in (("replaces", "replaces"), ("confirms", "confirms")):
        if notice.get(key):
            told.append(f"{word:<13}{notice[key]}")
    told.append(f"notice       {notice['id']}")
    return told


def moved_sat(notice: Row) -> int:
    """The satoshis of the watched outputs that a notice tells of, whole."""
    if notice.get("sights", notice["kind"]) == "spend":
        return sum(row["value_sat"] for row in notice["from"])
    return sum(row["value_sat"] for row in notice["to"] if row.get("ended") == "received")


def _what(of: Row) -> str:
    if of["type"] == "case":
        return "traced value"
    return f"{of['kind']} {of['type']} {str(of['name']).removeprefix('cluster:')}"


def _side(word: str, rows: list[dict[str, Any]], count: int, coin: str) -> list[str]:
    told = []
    for row in rows[:_MOST_LINES]:
        parts = [row["address"] or row["outpoint"], f"{format_btc(row['value_sat'])} {coin}"]
        traced = row.get("traced_sat") or {}
        parts += [f"{format_btc(sat)} by {rule}" for rule, sat in sorted(traced.items())]
        parts += [str(row[key]) for key in ("role", "ended", "label") if row.get(key)]
        told.append(f"{word:<13}" + "; ".join(parts))
    if count > _MOST_LINES:
        told.append(f"{word:<13}and {count - _MOST_LINES} more")
    return told


def _unit(notice: Row) -> str:
    coin = str(notice["coin"])
    return "BTC" if coin == "Bitcoin" else coin


def _cut(hash_: str) -> str:
    return f"{hash_[:8]}...{hash_[-8:]}"
