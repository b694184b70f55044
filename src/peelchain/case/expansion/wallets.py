"""Wallet exports: what each program writes, as branches and plain addresses.

Only the public side is read. Formats that hold private keys beside it (Electrum's own file) give
their public keys, and a note; a private key where a public one belongs is refused.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from peelchain.case.expansion.branches import (
    CHANGE,
    RECEIVE,
    Branch,
    branches_of_descriptor,
    branches_of_key,
    is_extended_key,
    script_of_descriptor,
    standard_key,
)
from peelchain.case.expansion.secrets import REFUSED, holds_secret
from peelchain.errors import MisuseError, SourceError
from peelchain.network import Network
from peelchain.script import script_pubkey

MAX_BYTES = 256 * 1024 * 1024
MAX_BRANCHES = 10_000

_UNREAD = "the file holds private keys or seed words: they were neither read nor kept"


@dataclass(frozen=True)
class Wallet:
    """The public side of a wallet: its branches, the scripts it names outright, and remarks.

    `form` says what it was read from; `rejected` are (line, reason) of what was left out.
    """

    form: str
    branches: tuple[Branch, ...] = ()
    scripts: tuple[bytes, ...] = ()
    notes: tuple[str, ...] = ()
    rejected: tuple[tuple[int, str], ...] = ()

    def row(self) -> dict[str, Any]:
        """The wallet as a case keeps it: public keys and scripts, nothing else of its export."""
        return {
            "form": self.form,
            "branches": [branch.row() for branch in self.branches],
            "scripts": [script.hex() for script in self.scripts],
            "notes": list(self.notes),
        }


def wallet_of_row(row: Mapping[str, Any]) -> Wallet:
    """The wallet that `Wallet.row` wrote."""
    return Wallet(
        form=str(row["form"]),
        branches=tuple(Branch(**branch) for branch in row["branches"]),
        scripts=tuple(bytes.fromhex(script) for script in row["scripts"]),
        notes=tuple(row["notes"]),
    )


@dataclass
class _Gathered:
    """What a format's reader has come to."""

    network: Network
    branches: list[Branch] = field(default_factory=list)
    scripts: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)

    def descriptor(self, text: str, role: str | None = None, until: int | None = None) -> None:
        if holds_secret(text):
            raise MisuseError(f"a descriptor {REFUSED}")
        script = script_of_descriptor(text, self.network)
        if script is not None:
            self.scripts.append(script)
        else:
            self.branches += branches_of_descriptor(text, role, until)

    def wallet(self, form: str) -> Wallet:
        branches = tuple(dict.fromkeys(self.branches))
        if not branches and not self.scripts:
            raise SourceError(
                f"the wallet export ({form}) has no public key, descriptor or address"
                + (f"; line {self.rejected[0][0]}: {self.rejected[0][1]}" if self.rejected else "")
            )
        if len(branches) > MAX_BRANCHES:
            raise SourceError(
                f"the wallet export has more than {MAX_BRANCHES:,} branches; split it"
            )
        return Wallet(
            form,
            branches,
            tuple(dict.fromkeys(self.scripts)),
            tuple(dict.fromkeys(self.notes)),
            tuple(self.rejected),
        )


def wallet_of_text(text: str, network: Network) -> Wallet:
    """The wallet that an argument names: an extended key or an output descriptor."""
    gathered = _Gathered(network)
    plain = text.strip()
    if holds_secret(plain):
        raise MisuseError(f"what was given {REFUSED}")
    if is_extended_key(plain):
        _key(gathered, plain)
        return gathered.wallet("extended key")
    gathered.descriptor(plain)
    return gathered.wallet("descriptor")


def wallet_of_file(content: bytes, network: Network) -> Wallet:
    """The wallet in a file, by what the file looks like.

    Raises SourceError for a file of no known form, MisuseError for private keys.
    """
    if len(content) > MAX_BYTES:
        raise SourceError(f"the wallet export is larger than {MAX_BYTES:,} bytes; split it")
    if content[:15] == b"SQLite format 3" or content[12:16] == b"\x62\x31\x05\x00":
        raise SourceError(
            "this is Bitcoin Core's own wallet database; load it in Bitcoin Core and give what "
            "'bitcoin-cli listdescriptors' prints"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise SourceError(f"the wallet export is not UTF-8 text near byte {e.start}") from None
    if text.startswith(("BIE1", "QklFM")):
        raise SourceError(
            "this Electrum wallet is encrypted; open it in Electrum with its password and export "
            "the addresses, or give the master public key"
        )
    stripped = text.lstrip()
    if stripped.startswith(("{", "[")):
        try:
            read = json.loads(stripped)
        except (json.JSONDecodeError, RecursionError) as e:
            line = getattr(e, "lineno", 1)
            raise SourceError(f"the wallet export is no whole JSON, line {line}") from None
        wallet = _of_json(read, network)
        if _UNREAD not in wallet.notes and holds_secret(text):
            return replace(wallet, notes=(*wallet.notes, _UNREAD))
        return wallet
    return _of_lines(text, network)


def _of_json(read: Any, network: Network) -> Wallet:
    gathered = _Gathered(network)
    if isinstance(read, dict):
        if isinstance(read.get("descriptors"), list):
            return _core_descriptors(gathered, read["descriptors"])
        if isinstance(read.get("keystore"), dict) or "x1/" in read or "wallet_type" in read:
            return _electrum(gathered, read)
        if isinstance(read.get("keystores"), list):
            return _sparrow(gathered, read)
        if isinstance(read.get("descriptor"), str):
            gathered.descriptor(read["descriptor"].replace("\n", ""))
            return gathered.wallet("Specter JSON")
        if isinstance(read.get("ExtPubKey") or read.get("xpub"), str):
            _key(gathered, str(read.get("ExtPubKey") or read["xpub"]), _kind_of(read))
            return gathered.wallet("JSON with an extended key")
    if isinstance(read, list) and read and all(isinstance(i, dict) and "desc" in i for i in read):
        return _core_descriptors(gathered, read)
    if isinstance(read, list):
        for number, item in enumerate(read, 1):
            address = item.get("address") if isinstance(item, dict) else item
            _line(gathered, str(address or ""), number)
        return gathered.wallet("JSON list")
    return _anywhere(gathered, read)


def _core_descriptors(gathered: _Gathered, rows: Iterable[Any]) -> Wallet:
    """Bitcoin Core's `listdescriptors`, and what `importdescriptors` takes."""
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not isinstance(row.get("desc"), str):
            raise SourceError(f"descriptor {number} of the export has no `desc`")
        role = {True: CHANGE, False: RECEIVE}.get(row.get("internal", ""))
        last = row.get("next_index", row.get("next"))
        until = last - 1 if isinstance(last, int) and last > 0 else None
        gathered.descriptor(row["desc"], role, until)
    return gathered.wallet("Bitcoin Core descriptors")


def _electrum(gathered: _Gathered, read: dict[str, Any]) -> Wallet:
    kind = str(read.get("wallet_type", "standard"))
    if kind == "imported":
        listed = read.get("addresses")
        for number, address in enumerate(listed if isinstance(listed, dict | list) else [], 1):
            _line(gathered, str(address), number)
        return gathered.wallet("Electrum wallet")
    stores = [read[key] for key in ("keystore", *(f"x{n}/" for n in range(1, 16))) if key in read]
    keys = [str(store.get("xpub", "")) for store in stores if isinstance(store, dict)]
    if not keys or not all(is_extended_key(key) for key in keys):
        raise SourceError("the Electrum wallet has no master public key; is it of an old version?")
    if any(store.get("xprv") or store.get("seed") for store in stores):
        gathered.notes.append(_UNREAD)
    used = read.get("addresses")
    reached = used if isinstance(used, dict) else {}
    for step, role in (("receiving", RECEIVE), ("change", CHANGE)):
        listed = reached.get(step)
        until = len(listed) - 1 if isinstance(listed, list) and listed else None
        number = 0 if role == RECEIVE else 1
        for text in _electrum_descriptors(kind, keys, number):
            gathered.descriptor(text, role, until)
    return gathered.wallet("Electrum wallet")


def _electrum_descriptors(kind: str, keys: list[str], step: int) -> list[str]:
    needed, _, _ = kind.partition("of")
    if needed.isdigit():
        form = {"Y": "sh(wsh({}))", "U": "sh(wsh({}))", "Z": "wsh({})", "V": "wsh({})"}
        listed = ",".join(f"{_bip32(key)}/{step}/*" for key in keys)
        return [form.get(keys[0][0], "sh({})").format(f"sortedmulti({needed},{listed})")]
    form = {"y": "sh(wpkh({}))", "u": "sh(wpkh({}))", "z": "wpkh({})", "v": "wpkh({})"}
    return [form.get(keys[0][0], "pkh({})").format(f"{_bip32(keys[0])}/{step}/*")]


def _bip32(key: str) -> str:
    """Any extended key, a multisig's too, with the version bytes of BIP 32."""
    from peelchain.script import base58

    payload = base58.decode_check(key)
    if payload is None or len(payload) != 78:
        return standard_key(key)[0]
    mainnet = key[0] in "xyzYZ"
    return base58.encode_check(
        (0x0488B21E if mainnet else 0x043587CF).to_bytes(4, "big") + payload[4:]
    )


def _sparrow(gathered: _Gathered, read: dict[str, Any]) -> Wallet:
    """Sparrow's wallet JSON: script type and key stores (BlueWallet and others write alike)."""
    forms = {
        "P2PKH": "pkh({})", "P2SH_P2WPKH": "sh(wpkh({}))", "P2WPKH": "wpkh({})", "P2TR": "tr({})",
        "P2SH": "sh({})", "P2SH_P2WSH": "sh(wsh({}))", "P2WSH": "wsh({})",
    }  # fmt: skip
    form = forms.get(str(read.get("scriptType", "")))
    keys = [str(s.get("extendedPublicKey", "")) for s in read["keystores"] if isinstance(s, dict)]
    if form is None or not keys or not all(is_extended_key(key) for key in keys):
        raise SourceError("the wallet export names no script type or extended public key")
    if any(s.get("seed") or s.get("masterPrivateExtendedKey") for s in read["keystores"]):
        gathered.notes.append(_UNREAD)
    listed = ",".join(f"{_bip32(key)}/<0;1>/*" for key in keys)
    needed = _threshold(read)
    multisig = f"sortedmulti({needed},{listed})"
    gathered.descriptor(form.format(multisig if needed and len(keys) > 1 else listed))
    return gathered.wallet("Sparrow wallet")


def _threshold(read: Mapping[str, Any]) -> int | None:
    policy = read.get("defaultPolicy")
    script = policy.get("miniscript") if isinstance(policy, dict) else None
    text = script.get("script", "") if isinstance(script, dict) else str(script or "")
    digits = text.partition("multi(")[2].partition(",")[0]
    return int(digits) if digits.isdigit() and len(digits) < 3 else None


def _kind_of(read: Mapping[str, Any]) -> tuple[str, ...] | None:
    said = str(read.get("scriptType") or read.get("AddressType") or read.get("type") or "").lower()
    known = {"p2pkh": "pkh", "p2wpkh": "wpkh", "p2tr": "tr", "p2sh-p2wpkh": "sh-wpkh"}
    kind = known.get(said.replace("_", "-"))
    return (kind,) if kind else None


def _anywhere(gathered: _Gathered, read: Any) -> Wallet:
    """Descriptors and extended keys wherever a JSON of unknown make has them."""
    todo = [read]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo += reversed(list(item.values()))
        elif isinstance(item, list):
            todo += reversed(item)
        elif isinstance(item, str) and is_extended_key(item) and item[0] not in "YZUV":
            _key(gathered, item)
        elif isinstance(item, str) and (item.endswith(")") or ")#" in item):
            if holds_secret(item):
                raise MisuseError(f"a descriptor {REFUSED}")
            try:
                gathered.descriptor(item)
            except MisuseError:
                continue  # a text with parentheses, not a descriptor
    gathered.notes.append("of unknown make: every extended key and descriptor in it was taken")
    return gathered.wallet("JSON of unknown make")


def _key(gathered: _Gathered, text: str, kinds: tuple[str, ...] | None = None) -> None:
    gathered.branches += branches_of_key(text, kinds)
    if kinds is None and text[0] in "xt":
        gathered.notes.append(
            "an extended key does not say its script type: all four were derived (pkh, sh-wpkh, "
            "wpkh, tr)"
        )


def _of_lines(text: str, network: Network) -> Wallet:
    """Addresses, keys and descriptors, one a line; or a CSV with addresses in some column."""
    gathered = _Gathered(network)
    lines = text.splitlines()
    sample = "\n".join(lines[:50])
    tabular = "(" not in sample and any(mark in sample for mark in (",", ";", "\t"))
    if not tabular:
        for number, line in enumerate(lines, 1):
            plain = line.partition(" #")[0].strip()
            if plain and not plain.startswith("#"):
                _line(gathered, plain, number)
        return gathered.wallet("list")
    delimiter = max((",", ";", "\t"), key=sample.count)
    reader = csv.reader(lines, delimiter=delimiter)
    for cells in reader:
        named = [cell.strip() for cell in cells if _is_address(cell.strip(), network)]
        if named:
            gathered.scripts += [script_pubkey(address, network) for address in named]
        elif reader.line_num > 1 and any(cell.strip() for cell in cells):
            gathered.rejected.append((reader.line_num, "no address of this network in any column"))
        if any(holds_secret(cell) for cell in cells):
            gathered.notes.append(_UNREAD)
    return gathered.wallet("CSV")


def _line(gathered: _Gathered, text: str, number: int) -> None:
    if holds_secret(text):
        gathered.rejected.append((number, "a private key or seed words: not read, not kept"))
        return
    try:
        if is_extended_key(text):
            _key(gathered, text)
        elif "(" in text:
            gathered.descriptor(text)
        else:
            gathered.scripts.append(script_pubkey(text, gathered.network))
    except MisuseError as e:
        gathered.rejected.append((number, str(e)))


def _is_address(text: str, network: Network) -> bool:
    if not 14 <= len(text) <= 90:
        return False
    try:
        script_pubkey(text, network)
    except MisuseError:
        return False
    return True
