"""A clustering policy: which rules link, which transactions do not count, named by its hash."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peelchain import _core
from peelchain.errors import MisuseError

MULTI_INPUT = "multi_input"
CHANGE = "change"
RULES: tuple[str, ...] = (CHANGE, MULTI_INPUT)
"""What links scripts. `change` goes from what is spent to what is held to be change of it."""

DETECTORS: tuple[str, ...] = tuple(
    sorted(name for name, _, gives_links in _core.coinjoin_vocabulary()[0] if not gives_links)
)
"""Kinds of transaction that give no link: mixes, trades that strangers sign together, and what is
as likely of two parties as of one."""

ONE_CLUSTER = "one_cluster"
NEGATIVES: tuple[str, ...] = (ONE_CLUSTER,)

_TXID = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"[0-9a-f]{64}|")
_FIELDS = ("constraints", "detectors", "exclusions", "limits", "negatives", "rules")


@dataclass(frozen=True)
class Policy:
    """What makes a clustering: the rules that link scripts and the transactions that give no link.

    `detectors` are the kinds of transaction that give no link, `negatives` take such a judgement
    back, `exclusions` are txids (hex, as shown) that give no link whatever they look like.
    `constraints` is the SHA-256 (hex) of what says which scripts must not be joined; empty for
    nothing. Each is kept sorted and without repeats, so that the same choice has the same name.
    Raises MisuseError for a name that does not exist.
    """

    rules: tuple[str, ...] = (MULTI_INPUT,)
    detectors: tuple[str, ...] = DETECTORS
    negatives: tuple[str, ...] = NEGATIVES
    exclusions: tuple[str, ...] = ()
    constraints: str = ""

    def __post_init__(self) -> None:
        """Sort and check every part."""
        self._settle("rules", "rule", RULES)
        self._settle("detectors", "CoinJoin detector", DETECTORS)
        self._settle("negatives", "negative", NEGATIVES)
        object.__setattr__(self, "exclusions", tuple(sorted(set(self.exclusions))))
        for txid in self.exclusions:
            if not _TXID.fullmatch(txid):
                raise MisuseError(
                    f"exclusion {txid!r} is not a txid: give 64 hex digits in lower case"
                )
        if not _DIGEST.fullmatch(self.constraints):
            raise MisuseError(
                f"constraints {self.constraints!r} are not named by a SHA-256: give 64 hex digits"
            )

    def _settle(self, field: str, what: str, known: Iterable[str]) -> None:
        names = tuple(sorted(set(getattr(self, field))))
        for name in names:
            if name not in known:
                raise MisuseError(
                    f"there is no {what} {name!r}; those there are: {', '.join(sorted(known))}"
                )
        object.__setattr__(self, field, names)

    def canonical_json(self) -> str:
        """The policy with the limits of its detectors: keys sorted, no spaces, ASCII."""
        return json.dumps(
            {
                "rules": list(self.rules),
                "detectors": list(self.detectors),
                "limits": _core.coinjoin_limits() if self.detectors else {},
                "negatives": list(self.negatives),
                "exclusions": list(self.exclusions),
                "constraints": self.constraints,
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )

    @classmethod
    def from_json(cls, text: str) -> "Policy":
        """The policy that `canonical_json` wrote.

        Raises MisuseError where it names what there is not, or was written by a version whose
        detectors have other limits.
        """
        try:
            told: dict[str, Any] = json.loads(text)
            lists = {f: tuple(told[f]) for f in _FIELDS if f not in ("constraints", "limits")}
            policy = cls(constraints=told["constraints"], **lists)
        except (ValueError, TypeError, KeyError) as e:
            raise MisuseError(f"this is no policy: {e}; run 'peelchain cluster run' anew") from None
        if policy.canonical_json() != text:
            raise MisuseError(
                "the policy was made by another version of peelchain, whose detectors have other "
                "limits; run 'peelchain cluster run' anew"
            )
        return policy

    @property
    def name(self) -> str:
        """SHA-256 of the canonical JSON, hex, first 16 digits."""
        return hashlib.sha256(self.canonical_json().encode("ascii")).hexdigest()[:16]


DEFAULT_POLICY = Policy()
