"""A clustering policy: which rules link, which transactions do not count, named by its hash."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

import pyarrow as pa

from peelchain.cluster import coinjoin, multi_input, one_cluster
from peelchain.cluster.coinjoin import EqualOutputLimits
from peelchain.errors import MisuseError
from peelchain.store.arrays import ChainArrays, Int64

Rule = Callable[[ChainArrays, Int64], pa.Table]

RULES: Mapping[str, Rule] = MappingProxyType({multi_input.NAME: multi_input.multi_input_links})
DETECTORS: Mapping[str, EqualOutputLimits] = MappingProxyType({coinjoin.NAME: EqualOutputLimits()})
NEGATIVES: tuple[str, ...] = (one_cluster.NAME,)

_TXID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Policy:
    """What makes a clustering: the rules that link scripts and the transactions that give no link.

    `detectors` flag CoinJoins, `negatives` take flags back, `exclusions` are txids (hex, as shown)
    that give no link whatever they look like. Each is kept sorted and without repeats, so that the
    same choice has the same name. Raises MisuseError for a name that does not exist.
    """

    rules: tuple[str, ...] = (multi_input.NAME,)
    detectors: tuple[str, ...] = (coinjoin.NAME,)
    negatives: tuple[str, ...] = (one_cluster.NAME,)
    exclusions: tuple[str, ...] = ()

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
                "detectors": {name: asdict(DETECTORS[name]) for name in self.detectors},
                "negatives": list(self.negatives),
                "exclusions": list(self.exclusions),
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )

    @property
    def name(self) -> str:
        """SHA-256 of the canonical JSON, hex, first 16 digits."""
        return hashlib.sha256(self.canonical_json().encode("ascii")).hexdigest()[:16]


DEFAULT_POLICY = Policy()
