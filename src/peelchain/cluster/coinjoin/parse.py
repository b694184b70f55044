"""Esplora's JSON of a transaction with its prevouts, checked field by field."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from peelchain.errors import SourceError

MOST_LINE_BYTES = 32 << 20
"""The longest line that is read: a transaction of 4 MB in hex, witness and all, is shorter."""

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)
_MOST_SAT = 2_100_000_000_000_000
_SINGLE_ANYONECANPAY = 0x83
_SCHNORR_WITH_TYPE = 65
_DER_SIGNATURE = range(9, 74)


@dataclass(frozen=True)
class Spent:
    """An input: value in satoshis and script of what it spends, None where not given.

    `signs_single`: its witness is seen to sign with SIGHASH_SINGLE | ANYONECANPAY.
    """

    prev_txid: bytes
    value_sat: int | None
    script_pubkey: bytes | None
    signs_single: bool


@dataclass(frozen=True)
class Paid:
    """An output."""

    value_sat: int
    script_pubkey: bytes


@dataclass(frozen=True)
class Transaction:
    """A transaction of a file; txids as bytes in the order they are shown."""

    txid: bytes
    is_coinbase: bool
    inputs: tuple[Spent, ...]
    outputs: tuple[Paid, ...]

    @property
    def unknown_prevouts(self) -> int:
        """Inputs of which value or script is not given."""
        return sum(i.value_sat is None or i.script_pubkey is None for i in self.inputs)


class _RefusedError(Exception):
    """What is wrong with a line, without where."""


def parse(line: bytes, where: str) -> Transaction:
    """The transaction on a line of JSON.

    Takes `txid`, `vin` (`txid`, `prevout` with `scriptpubkey` and `value`, `witness`,
    `is_coinbase`) and `vout` (`scriptpubkey`, `value`); other fields are passed over. A prevout
    that is missing or null, in whole or in part, is not known. Raises SourceError, which begins
    with `where`, for anything else.
    """
    try:
        return _transaction(_decoded(line))
    except _RefusedError as e:
        raise SourceError(
            f"{where}: {e}; give one transaction a line, as Esplora's /tx/TXID returns it"
        ) from None


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError:
        _refuse("not UTF-8")
    except RecursionError:
        _refuse("nested too deep")
    except json.JSONDecodeError as e:
        # its message may quote the line
        _refuse(f"not JSON at column {e.colno}")
    except ValueError:
        _refuse("a number has too many digits")


def _no_number(_: str) -> NoReturn:
    _refuse("NaN and infinity are no JSON")


def _transaction(value: Any) -> Transaction:
    tx = _object(value, "the line")
    vin = _list(tx.get("vin"), "vin")
    vout = _list(tx.get("vout"), "vout")
    inputs = tuple(_spent(i, f"vin[{at}]") for at, i in enumerate(vin))
    # no transaction has a txid of zeros, so only a coinbase names one
    is_coinbase = not any(inputs[0].prev_txid)
    outputs = tuple(_paid(o, f"vout[{at}]") for at, o in enumerate(vout))
    return Transaction(_txid(tx.get("txid"), "txid"), is_coinbase, inputs, outputs)


def _spent(value: Any, name: str) -> Spent:
    txin = _object(value, name)
    # some exports give a coinbase no previous txid
    prev = bytes(32) if txin.get("is_coinbase") is True else _txid(txin.get("txid"), f"{name}.txid")
    prevout = txin.get("prevout")
    sat, script = None, None
    if prevout is not None:
        spent = _object(prevout, f"{name}.prevout")
        if spent.get("value") is not None:
            sat = _sat(spent["value"], f"{name}.prevout.value")
        if spent.get("scriptpubkey") is not None:
            script = _hex(spent["scriptpubkey"], f"{name}.prevout.scriptpubkey")
    return Spent(prev, sat, script, _signs_single(txin.get("witness"), name))


def _paid(value: Any, name: str) -> Paid:
    txout = _object(value, name)
    return Paid(
        _sat(txout.get("value"), f"{name}.value"),
        _hex(txout.get("scriptpubkey"), f"{name}.scriptpubkey"),
    )


def _signs_single(witness: Any, name: str) -> bool:
    """Whether the witness holds a signature with SIGHASH_SINGLE | ANYONECANPAY (BIP 143)."""
    if witness is None:
        return False
    if not isinstance(witness, list):
        _refuse(f"{name}.witness is no list")
    for at, item in enumerate(witness):
        data = _hex(item, f"{name}.witness[{at}]")
        is_signature = len(data) == _SCHNORR_WITH_TYPE or (
            len(data) in _DER_SIGNATURE and data[0] == 0x30
        )
        if is_signature and data[-1] == _SINGLE_ANYONECANPAY:
            return True
    return False


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(f"{name} is no object")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        _refuse(f"{name} is no list, or empty")
    return value


def _sat(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_SAT:
        _refuse(f"{name} is no whole number of satoshis up to 21 million BTC")
    return value


def _hex(value: Any, name: str) -> bytes:
    # fromhex takes white space, which has no place in hex
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        _refuse(f"{name} is no hex")
    return bytes.fromhex(value)


def _txid(value: Any, name: str) -> bytes:
    if not isinstance(value, str) or len(value) != 64:
        _refuse(f"{name} is no txid of 64 hex digits")
    return _hex(value, name)


def _refuse(what: str) -> NoReturn:
    raise _RefusedError(what)
