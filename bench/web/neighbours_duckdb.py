"""The neighbours of a node by SQL over the store's Parquet files, as an analyst asks DuckDB."""

from typing import Any

import duckdb

_OWN = {
    "tx": "SELECT tx_id FROM txs WHERE txid = hash_of(?)",
    "address": "SELECT script_id FROM scripts WHERE script_pubkey = ?",
    "cluster": """
        WITH script AS (SELECT script_id FROM scripts WHERE script_pubkey = ?),
        owner AS (
            SELECT coalesce(c.cluster_id, s.script_id) AS cluster_id
            FROM script s LEFT JOIN clusters c USING (script_id)
        )
        SELECT c.script_id FROM clusters c JOIN owner USING (cluster_id)
        UNION SELECT script_id FROM script""",
}

_PARTY = {
    "address": "o.script_id",
    "cluster": "coalesce(c.cluster_id, o.script_id)",
}
_JOIN = {"address": "", "cluster": "LEFT JOIN clusters c ON c.script_id = o.script_id"}

Neighbour = tuple[int, int]
"""The tx_id, script_id or cluster_id of a neighbour, and the satoshis that lead there."""


def neighbours(
    connection: duckdb.DuckDBPyConnection, kind: str, name: Any, direction: str, shown: str
) -> list[Neighbour]:
    """Every neighbour of a transaction (txid), an address or a cluster (its script), by number.

    Unspent and unspendable outputs, which lead nowhere, are left out, as is the party itself.
    """
    query = _of_tx(direction, shown) if kind == "tx" else _of_party(direction, shown)
    statement = f"WITH own AS MATERIALIZED ({_OWN[kind]}) {query}"
    return connection.execute(statement, [name]).fetchall()


def _of_tx(direction: str, shown: str) -> str:
    if direction == "in":
        rows = (
            "txins i JOIN own ON i.tx_id = own.tx_id JOIN txouts o ON o.txout_id = i.prev_txout_id"
        )
        if shown == "tx":
            return f"SELECT o.tx_id, sum(o.value_sat) FROM {rows} GROUP BY 1"
        return f"SELECT {_PARTY[shown]}, sum(o.value_sat) FROM {rows} {_JOIN[shown]} GROUP BY 1"
    if shown == "tx":
        return """
            SELECT i.tx_id, sum(o.value_sat) FROM txouts o JOIN own ON o.tx_id = own.tx_id
            JOIN txins i ON i.prev_txout_id = o.txout_id GROUP BY 1"""
    return f"""
        SELECT {_PARTY[shown]}, sum(o.value_sat) FROM txouts o JOIN own ON o.tx_id = own.tx_id
        {_JOIN[shown]} WHERE o.script_type <> 'op_return' AND o.tx_id > 0 GROUP BY 1"""


def _of_party(direction: str, shown: str) -> str:
    paid = "txouts o JOIN own ON o.script_id = own.script_id"
    if shown == "tx":
        if direction == "in":
            return f"SELECT o.tx_id, sum(o.value_sat) FROM {paid} GROUP BY 1"
        return f"""
            SELECT i.tx_id, sum(o.value_sat) FROM {paid}
            JOIN txins i ON i.prev_txout_id = o.txout_id GROUP BY 1"""
    if direction == "out":
        return f"""
            , spends AS (
                SELECT DISTINCT i.tx_id FROM {paid} JOIN txins i ON i.prev_txout_id = o.txout_id
            )
            SELECT {_PARTY[shown]}, sum(o.value_sat) FROM txouts o JOIN spends USING (tx_id)
            {_JOIN[shown]}
            WHERE o.script_id NOT IN (FROM own) AND o.script_type <> 'op_return' GROUP BY 1"""
    return f"""
        , receipts AS (SELECT o.tx_id, sum(o.value_sat) AS value_sat FROM {paid} GROUP BY 1),
        payers AS (
            SELECT DISTINCT i.tx_id, {_PARTY[shown]} AS party FROM txins i
            JOIN receipts USING (tx_id) JOIN txouts o ON o.txout_id = i.prev_txout_id
            {_JOIN[shown]} WHERE o.script_id NOT IN (FROM own)
        )
        SELECT party, sum(value_sat) FROM payers JOIN receipts USING (tx_id) GROUP BY 1"""
