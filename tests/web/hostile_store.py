"""A store and a case in which all that somebody else can write is an attack on its reader."""

from pathlib import Path

import yaml
from tests.chain.crafted import COIN, genesis, grow, p2wpkh, pay, transaction, write_files
from tests.cli.running import peelchain

from peelchain.network import REGTEST
from peelchain.script.address import address

MARK = "data-pwned"
"""An attribute that only markup which came alive could have."""

ATTACKS = (
    f"<script {MARK}>window.pwned=1;alert(1)</script>",
    f'<img src=x {MARK} onerror="window.pwned=1;alert(1)">',
    f"</script></style></title></textarea><svg {MARK} onload=alert(1)>",
    f'\'"><iframe {MARK} srcdoc="<script>parent.pwned=1</script>"></iframe>',
    f"javascript:alert(1)//<a {MARK} href='javascript:pwned=1'>x</a>",
    "${window.pwned=1}{{constructor.constructor('pwned=1')()}}<%= pwned=1 %>#{pwned}",
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1)*cmd|' /C calc'!A0",
    "\u202egnp.exe\u2066\u200b\u00ad\ufeffright to left",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link\x07\x9b1m",
    "__proto__",
    "constructor",
    "%s%n%00../../etc/passwd\\u0000",
    "\u2028\u2029\ud7ff\ufffe Zalgo Z\u0334\u0341\u0353a",
)
LONG = "A" * 49_900 + f"<b {MARK}>" + "\u202e" * 49_900
SPOKEN = " ".join(ATTACKS)


def make(folder: Path) -> str:
    """Makes `store` and `cases/hostile` in a folder; gives the address that all is about."""
    chain = grow([genesis()], 24, "h")
    for number, attack in enumerate(ATTACKS):
        before = chain[-1].txs[0]
        text = attack.encode("utf-8", "surrogatepass")
        # a script of its own for each, and one that all pay, so that each page shows them all
        spoken = transaction(
            [(before.txid, 0)],
            [
                (COIN, p2wpkh("victim")),
                (COIN, p2wpkh(f"named {number}")),
                (0, b"\x6a\x4d" + len(text).to_bytes(2, "little") + text),
            ],
        )
        chain = pay(chain, [spoken], tag=attack.encode()[:80].decode("utf-8", "ignore"))
    last = chain[-1].txs[1]
    onward = transaction([(last.txid, 0), (last.txid, 1)], [(COIN, p2wpkh("named 1"))])
    chain = pay(chain, [onward])
    chain = grow(chain, 3, "t")
    node = write_files(folder / "node" / "regtest" / "blocks", chain)
    victim = _address("victim")
    (folder / "tagpack.yaml").write_text(yaml.safe_dump(_tags()), encoding="utf-8")
    (folder / "actorpack.yaml").write_text(yaml.safe_dump(_actors()), encoding="utf-8")
    on = ("--store", folder / "store")
    case = ("--case", folder / "cases" / "hostile")
    for step in (
        ("chain", "ingest", f"core:{node.parents[1]}", *on),
        ("cluster", "run", *on),
        ("tags", "import", folder / "tagpack.yaml", folder / "actorpack.yaml", *on),
        (
            *("investigate", victim, *on, *case, "--date", "2024-01-31T12:00:00Z"),
            *("--title", SPOKEN[:300], "--subject", ATTACKS[1]),
        ),
        *(("case", "note", f"{attack} {number}", *case) for number, attack in enumerate(ATTACKS)),
        ("case", "note", LONG, *case),
        ("case", "hypothesis", SPOKEN, *case),
        ("case", "evidence", "H1", "--for", victim, *case),
    ):
        ran = peelchain(*step)
        assert ran.code == 0, ran.err
    return victim


def _address(name: str) -> str:
    found = address(p2wpkh(name), REGTEST)
    assert found is not None
    return found


def _tags() -> dict[str, object]:
    said = [*enumerate(ATTACKS), (1, SPOKEN)]
    return {
        "title": ATTACKS[0],
        "creator": ATTACKS[1],
        "description": SPOKEN,
        "currency": "BTC",
        "confidence": "service_data",
        "lastmod": "2023-07-01",
        "tags": [
            {
                "address": _address(f"named {number}"),
                "label": attack,
                "category": "exchange",
                "actor": f"actor{number}",
                "source": f"https://evil.example/{attack}",
                "context": attack,
            }
            for number, attack in said
        ],
    }


def _actors() -> dict[str, object]:
    return {
        "title": ATTACKS[0],
        "creator": ATTACKS[1],
        "lastmod": "2023-07-01",
        "actors": [
            {
                "id": f"actor{number}",
                "label": attack,
                "jurisdictions": ["SE"],
                "categories": ["exchange"],
                "uri": f"javascript:alert({number})",
            }
            for number, attack in enumerate(ATTACKS)
        ],
    }
