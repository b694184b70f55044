"""Keys and descriptors as branches: rows of addresses that a wallet hands out one after another."""

from dataclasses import asdict, dataclass
from typing import Any

from peelchain import _core
from peelchain.errors import MisuseError
from peelchain.network import Network
from peelchain.script import base58, script_pubkey

RECEIVE = "receive"
CHANGE = "change"
SINGLE = "single"
"""A key or script that stands for itself, without a row of addresses."""


@dataclass(frozen=True)
class Branch:
    """One descriptor of one path.

    `kind` is its script's, such as `wpkh`; `role` `receive`, `change` or `single`; `until` the
    index that its wallet is known to have reached, None where it did not say.
    """

    descriptor: str
    kind: str
    role: str
    until: int | None = None

    def row(self) -> dict[str, Any]:
        """The branch as JSON keeps it."""
        return asdict(self)


_ALL = ("pkh", "sh-wpkh", "wpkh", "tr")
_MULTISIG = ("sh-wsh", "wsh")

# Version bytes: BIP 32 for x and t, SLIP 132 for the rest.
_VERSIONS: dict[int, tuple[str, bool, tuple[str, ...]]] = {
    0x0488B21E: ("xpub", True, _ALL),
    0x049D7CB2: ("ypub", True, ("sh-wpkh",)),
    0x04B24746: ("zpub", True, ("wpkh",)),
    0x0295B43F: ("Ypub", True, _MULTISIG),
    0x02AA7ED3: ("Zpub", True, _MULTISIG),
    0x043587CF: ("tpub", False, _ALL),
    0x044A5262: ("upub", False, ("sh-wpkh",)),
    0x045F1CF6: ("vpub", False, ("wpkh",)),
    0x024289EF: ("Upub", False, _MULTISIG),
    0x02575483: ("Vpub", False, _MULTISIG),
}

_WRAPPED = {"pkh": "pkh({})", "sh-wpkh": "sh(wpkh({}))", "wpkh": "wpkh({})", "tr": "tr({})"}


def is_extended_key(text: str) -> bool:
    """Whether the text has the form of an extended public key, right or mistyped."""
    return text[1:4] == "pub" and text[:1] in "xyztuvXYZTUV" and text.isalnum()


def standard_key(text: str) -> tuple[str, tuple[str, ...], int, bool]:
    """An extended public key as xpub or tpub; its kinds of script, its depth, and if mainnet.

    Raises MisuseError for a wrong checksum, and for a key of a multisig, which has no addresses
    without the others.
    """
    payload = base58.decode_check(text)
    if payload is None or len(payload) != 78:
        raise MisuseError(
            f"the extended key {text[:4]}... does not match its checksum, so it was mistyped or "
            "cut; copy it anew"
        )
    known = _VERSIONS.get(int.from_bytes(payload[:4], "big"))
    if known is None or payload[45] not in (2, 3):
        raise MisuseError(f"the extended key {text[:4]}... is no public key of Bitcoin")
    name, mainnet, kinds = known
    if kinds is _MULTISIG:
        raise MisuseError(
            f"the extended key {name}... is one of several of a multisig, which has no addresses "
            "without the others; give the descriptor wsh(sortedmulti(...)) with all of them"
        )
    version = 0x0488B21E if mainnet else 0x043587CF
    standard = base58.encode_check(version.to_bytes(4, "big") + payload[4:])
    return standard, kinds, payload[4], mainnet


def branches_of_key(text: str, kinds: tuple[str, ...] | None = None) -> list[Branch]:
    """The branches of a bare extended key: every kind of script it may be for, receive and change.

    A key of depth 4 is taken for a branch of its own (BIP 44), and for an account all the same.
    """
    standard, own, depth, _ = standard_key(text)
    made = []
    for kind in kinds or own:
        steps = [("0/*", RECEIVE), ("1/*", CHANGE)]
        if depth >= 4:
            steps.append(("*", RECEIVE))
        for step, role in steps:
            made += branches_of_descriptor(_WRAPPED[kind].format(f"{standard}/{step}"), role)
    return made


def branches_of_descriptor(
    text: str, role: str | None = None, until: int | None = None
) -> list[Branch]:
    """The branches of an output descriptor: one for each of its paths.

    Of two paths the first receives and the second takes change (BIP 389). `combo(KEY)` is all four
    of its scripts (BIP 384). Raises MisuseError, which repeats nothing of the text.
    """
    plain = text.strip()
    combo = _inside(plain, "combo")
    if combo is not None:
        forms = ("pk({})", *(_WRAPPED[kind] for kind in ("pkh", "wpkh", "sh-wpkh")))
        if combo[:2] == "04" and combo.isalnum():  # segwit takes no uncompressed key
            forms = forms[:2]
        return [b for f in forms for b in branches_of_descriptor(f.format(combo), role, until)]
    paths = _core.descriptor_paths(_standard_keys(plain))
    found = []
    for place, (single, kind, ranged) in enumerate(paths):
        own = role or (CHANGE if place == 1 and len(paths) == 2 else _role_of(single))
        found.append(Branch(single, kind, own if ranged else SINGLE, until))
    return found


def script_of_descriptor(text: str, network: Network) -> bytes | None:
    """The script of `addr(...)` or `raw(...)` (BIP 385), None for every other descriptor."""
    address = _inside(text.strip(), "addr")
    if address is not None:
        return script_pubkey(address, network)
    raw = _inside(text.strip(), "raw")
    if raw is None:
        return None
    try:
        return bytes.fromhex(raw)
    except ValueError:
        raise MisuseError("the descriptor raw(...) does not hold hex; copy it anew") from None


def _inside(text: str, function: str) -> str | None:
    """What a function of the outermost level holds, its checksum checked where there is one."""
    body, _, checksum = text.partition("#")
    if not body.startswith(function + "(") or not body.endswith(")"):
        return None
    if checksum and _core.descriptor_checksum(body) != text:
        raise MisuseError(
            "the descriptor was refused: its checksum does not match, so it was mistyped or cut; "
            "ask its source for it anew"
        )
    return body[len(function) + 1 : -1]


def _standard_keys(text: str) -> str:
    """The descriptor with keys of SLIP 132 written as BIP 32 has them; others are left as is."""
    body, mark, _ = text.partition("#")
    if mark and _core.descriptor_checksum(body) != text:
        return text  # refused by whoever reads it
    parts = []
    for part in body.replace("(", "(\0").replace(",", ",\0").replace("]", "]\0").split("\0"):
        head, slash, steps = part.partition("/")
        bare = head.rstrip(")")
        if is_extended_key(bare) and bare[0] not in "xt":
            head = standard_key(bare)[0] + head[len(bare) :]
        parts.append(head + slash + steps)
    changed = "".join(parts)
    return text if changed == body else changed


def _role_of(descriptor: str) -> str:
    return CHANGE if "/1/*" in descriptor else RECEIVE
