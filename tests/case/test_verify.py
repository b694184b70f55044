"""The stand-alone verifier: it passes what is true and names what is not."""

import ast
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.case import evidence_chain as ec

from peelchain import __version__, script
from peelchain.case import verify as verifier
from peelchain.case import verify_headers
from peelchain.case.bundle import VERIFIER, pack, seal
from peelchain.case.canonical import canonical_json, canonical_jsonl
from peelchain.case.verify_traces import address
from peelchain.network import NETWORKS

SOURCE = Path(verifier.__file__)
Payload = dict[str, bytes]
TRUE_PAYLOAD = ec.payload_of(ec.scene())
FAINT_PAYLOAD = ec.payload_of(ec.faint_scene())


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The true bundle as a zip and unpacked, and its digest."""
    folder = tmp_path_factory.mktemp("truth")
    digest = pack(TRUE_PAYLOAD, name="demo", date_utc=ec.DATE, out=folder / "demo.zip")
    with zipfile.ZipFile(folder / "demo.zip") as archive:
        archive.extractall(folder)
    return folder / "demo.zip", folder / "demo", digest


def run_alone(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The verifier run by an isolated Python that does not have peelchain."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def in_memory(files: Payload) -> verifier.Result:
    return verifier.verify_files(files)


def resealed(
    change: Callable[[Payload], object], true_payload: Payload = TRUE_PAYLOAD
) -> tuple[verifier.Result, str]:
    """The result for a changed payload whose manifests were all made anew; and the new digest."""
    payload = dict(true_payload)
    change(payload)
    assert payload != true_payload
    sealed = seal(payload, date_utc=ec.DATE)
    return in_memory(dict(sealed.files)), sealed.digest


# --- what is true passes ---


def test_the_bundle_passes_alone_unpacked_and_zipped(
    truth: tuple[Path, Path, str], tmp_path: Path
) -> None:
    packed, folder, digest = truth
    runs = [
        run_alone(folder / "verify.py", "--expect", digest, cwd=tmp_path),
        run_alone(folder / "verify.py", "--expect", digest, folder, cwd=tmp_path),
        run_alone(folder / "verify.py", "--expect", digest.upper(), packed, cwd=tmp_path),
        run_alone("verify.py", "--expect", digest, cwd=folder),
    ]
    for run in runs:
        assert (run.returncode, run.stderr) == (0, "")
        assert f"digest {digest}: all holds" in run.stdout
    assert not list(folder.rglob("__pycache__"))


def test_without_expect_it_says_what_to_compare(
    truth: tuple[Path, Path, str], tmp_path: Path
) -> None:
    run = run_alone(truth[1] / "verify.py", cwd=tmp_path)
    assert run.returncode == 0
    assert "first page of the report" in run.stdout
    assert truth[2] in run.stdout


def test_json_answers_with_counts_and_what_it_could_not_check(
    truth: tuple[Path, Path, str], tmp_path: Path
) -> None:
    run = run_alone(truth[1] / "verify.py", "--json", "--expect", truth[2], cwd=tmp_path)
    answer = json.loads(run.stdout)
    assert answer["ok"] is True
    assert answer["failures"] == []
    assert answer["digest"] == truth[2]
    assert answer["checked"]["headers"] == 11
    assert answer["checked"]["links"] == 4
    said = " ".join(answer["unchecked"])
    for word in (
        "unspent",
        "receipts",
        "without an amount",
        "co-spen",
        "tags",
        "CoinJoin",
        "tip",
        "report.pdf",
        "signature",
    ):
        assert word in said


def test_a_wrong_digest_fails(truth: tuple[Path, Path, str], tmp_path: Path) -> None:
    run = run_alone(truth[1] / "verify.py", "--expect", "0" * 64, cwd=tmp_path)
    assert run.returncode == 1
    assert "tagmanifest-sha256.txt" in run.stdout
    assert "DOES NOT HOLD" in run.stdout


def test_misuse_exits_2(truth: tuple[Path, Path, str], tmp_path: Path) -> None:
    for arguments in (["--no-such"], [tmp_path / "nothing.zip"], ["--expect", "abc"]):
        assert run_alone(truth[1] / "verify.py", *arguments, cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("seed", range(40))
def test_derives_what_the_oracle_derives_on_random_chains(seed: int) -> None:
    payload = ec.payload_of(ec.random_scene(seed))
    result = in_memory(dict(seal(payload, date_utc=ec.DATE).files))
    assert result.failures == []
    assert result.ok


def test_the_scene_has_every_type_of_terminal_that_a_bundle_can_show() -> None:
    types = {
        (run["direction"], terminal["type"])
        for name, content in TRUE_PAYLOAD.items()
        if name.startswith("traces/") and name.endswith("json")
        for run in [json.loads(content)]
        for terminal in run["terminals"]
    }
    assert {kind for direction, kind in types if direction == "forward"} == {
        "service",
        "mixer",
        "coinjoin",
        "seed",
        "unspent",
        "unspendable",
        "fee",
        "cut",
    }
    assert {kind for direction, kind in types if direction == "backward"} == {
        "service",
        "seed",
        "coinbase",
    }


# --- one flipped byte ---


def offsets(content: bytes, salt: str) -> list[int]:
    dice = random.Random(salt)
    size = len(content)
    return sorted({0, size - 1, *(dice.randrange(size) for _ in range(12))})


@pytest.mark.parametrize("name", sorted(seal(TRUE_PAYLOAD, date_utc=ec.DATE).files))
def test_a_flipped_byte_in_any_file_fails_and_names_the_file(name: str) -> None:
    files = dict(seal(TRUE_PAYLOAD, date_utc=ec.DATE).files)
    content = files[name]
    for offset in offsets(content, name):
        for mask in (0x01, 0x20, 0x80):
            changed = bytearray(content)
            changed[offset] ^= mask
            result = in_memory({**files, name: bytes(changed)})
            assert not result.ok
            assert any(name in failure for failure in result.failures), (offset, result.failures)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_change_of_any_file_fails(data: st.DataObject) -> None:
    files = dict(seal(TRUE_PAYLOAD, date_utc=ec.DATE).files)
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    old = files[name]
    new = data.draw(
        st.one_of(
            st.integers(0, 255).map(lambda b: old[:at] + bytes([b]) + old[at + 1 :]),
            st.just(old[:at]),
            st.just(old[:at] + old[at + 1 :]),
            st.binary(max_size=4).map(lambda b: old[:at] + b + old[at:]),
        )
    )
    result = in_memory({**files, name: new})
    assert result.ok == (new == old)
    assert result.ok or any(name in failure for failure in result.failures)


@given(at=st.integers(0, 10**9), mask=st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_a_flipped_byte_of_the_zip_fails_or_changes_no_file(at: int, mask: int) -> None:
    path = zipped_truth()
    raw = bytearray(path.read_bytes())
    raw[at % len(raw)] ^= mask
    flipped = path.with_name("flipped.zip")
    flipped.write_bytes(raw)
    result = verifier.verify(flipped)
    if result.ok:  # a byte of the wrapping: a date, a flag
        assert verifier.read_files(flipped) == dict(seal(TRUE_PAYLOAD, date_utc=ec.DATE).files)
    else:
        assert all(result.failures)


_ZIPPED: list[Path] = []


def zipped_truth() -> Path:
    assert _ZIPPED
    return _ZIPPED[0]


@pytest.fixture(scope="module", autouse=True)
def _remember_the_zip(truth: tuple[Path, Path, str]) -> None:
    _ZIPPED[:] = [truth[0]]


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_resealed_damage_never_ends_in_a_traceback(data: st.DataObject) -> None:
    payload = dict(TRUE_PAYLOAD)
    name = data.draw(st.sampled_from(sorted(payload)))
    at = data.draw(st.integers(0, len(payload[name]) - 1))
    junk = data.draw(
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from([b"NaN", b"1e999", b"[" * 5000, b"9" * 5000, b"null", b"{}"]),
        )
    )
    width = data.draw(st.integers(0, 80))
    payload[name] = payload[name][:at] + junk + payload[name][at + width :]
    result = in_memory(dict(seal(payload, date_utc=ec.DATE).files))
    assert isinstance(result.ok, bool)
    if name.startswith("traces/") or name in ("headers.bin", "inflows.csv", "journal.jsonl"):
        assert result.ok == (payload == TRUE_PAYLOAD)


# --- a bag is exactly its files ---


def test_added_missing_and_badly_named_files_fail() -> None:
    files = dict(seal(TRUE_PAYLOAD, date_utc=ec.DATE).files)
    for name in (
        "extra.txt",
        "data/extra.txt",
        "../evil",
        "/etc/x",
        "data/../x",
        "data//x",
        ".hidden",
        "data/\u00fc",
        "a b",
    ):
        result = in_memory({**files, name: b"x"})
        assert not result.ok
        assert any(ascii(name).strip("'") in failure for failure in result.failures)
    for name in files:
        less = {k: v for k, v in files.items() if k != name}
        result = in_memory(less)
        assert not result.ok
        assert any(name in failure for failure in result.failures)


def test_links_in_a_folder_are_refused(truth: tuple[Path, Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with zipfile.ZipFile(truth[0]) as archive:
        archive.extractall(tmp_path)
    target = tmp_path / "elsewhere.pdf"
    (folder / "data/report.pdf").rename(target)
    (folder / "data/report.pdf").symlink_to(target)
    result = verifier.verify(folder)
    assert not result.ok
    assert "report.pdf" in " ".join(result.failures)


def test_zips_that_hide_something_are_refused(
    truth: tuple[Path, Path, str], tmp_path: Path
) -> None:
    raw = truth[0].read_bytes()
    with zipfile.ZipFile(truth[0]) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]

    def written(name: str, change: Callable[[zipfile.ZipFile], None], **how: Any) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", **how) as archive:
            for info, content in entries:
                archive.writestr(info.filename if how else info, content)
            change(archive)
        return path

    bad = [
        written("deflated.zip", lambda z: None, compression=zipfile.ZIP_DEFLATED),
        written("second.zip", lambda z: z.writestr("other/file", b"x")),
        written("climbs.zip", lambda z: z.writestr("demo/../../evil", b"x")),
        written("absolute.zip", lambda z: z.writestr("/etc/evil", b"x")),
        written("more.zip", lambda z: z.writestr("demo/data/more", b"x")),
    ]
    with pytest.warns(UserWarning, match="Duplicate name"):
        bad.append(written("twice.zip", lambda z: z.writestr("demo/bagit.txt", b"x")))
    for n, content in enumerate((b"", b"PK", raw[:-1], raw[: len(raw) // 2])):
        path = tmp_path / f"cut{n}.zip"
        path.write_bytes(content)
        bad.append(path)
    for path in bad:
        result = verifier.verify(path)
        assert not result.ok, path
        evil = {"climbs.zip": "../../evil", "more.zip": "data/more"}.get(path.name, path.name)
        assert evil in result.failures[0]
        assert run_alone(SOURCE, path, cwd=tmp_path).returncode == 1


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    """A small archive whose entries share their bytes could fill any memory."""
    names = [f"demo/{n}" for n in range(5)]
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w") as archive:
        archive.writestr(names[0], bytes(10_000))
        for name in names[1:]:
            twin = zipfile.ZipInfo(name)
            first = archive.infolist()[0]
            twin.CRC, twin.header_offset = first.CRC, first.header_offset
            twin.file_size = twin.compress_size = first.file_size
            archive.filelist.append(twin)
    result = verifier.verify(tmp_path / "bomb.zip")
    assert "twice" in result.failures[0]


def test_says_so_when_the_files_beside_it_are_missing(tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(SOURCE.read_bytes())
    run = run_alone("verify.py", cwd=tmp_path)
    assert run.returncode == 2
    assert "verify_traces.py" in run.stderr


# --- a lie whose manifests were all made anew ---


def edit(name: str, change: Callable[[Any], Any]) -> Callable[[Payload], object]:
    """A change of the JSON of one file; of one line's if `name` is followed by its number."""

    def apply(payload: Payload) -> None:
        file, _, line = name.partition("#")
        if line:
            rows = [json.loads(text) for text in payload[file].splitlines()]
            change(rows[int(line)])
            payload[file] = canonical_jsonl(rows)
        else:
            value = json.loads(payload[file])
            change(value)
            payload[file] = canonical_json(value)

    return apply


def setting(name: str, *keys: Any, to: Any) -> Callable[[Payload], object]:
    def change(value: Any) -> None:
        for key in keys[:-1]:
            value = value[key]
        value[keys[-1]] = to(value[keys[-1]]) if callable(to) else to

    return edit(name, change)


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Payload], object]:
    def apply(payload: Payload) -> None:
        assert old in payload[name]
        payload[name] = payload[name].replace(old, new, 1)

    return apply


def line_of(name: str, **having: Any) -> str:
    rows = [json.loads(text) for text in TRUE_PAYLOAD[name].splitlines()]
    found = [n for n, row in enumerate(rows) if having.items() <= row.items()]
    return f"{name}#{found[0]}"


def terminal_of(run: str, kind: str) -> int:
    terminals = json.loads(TRUE_PAYLOAD[f"traces/{run}.json"])["terminals"]
    return next(n for n, terminal in enumerate(terminals) if terminal["type"] == kind)


def all_runs(direction: str, change: Callable[[Any], Any]) -> Callable[[Payload], object]:
    def apply(payload: Payload) -> None:
        for rule in ec.RULES:
            edit(f"traces/{direction}-{rule}.json", change)(payload)

    return apply


def retyped(old: str, new: str, basis: str) -> Callable[[Any], None]:
    def change(run: Any) -> None:
        for terminal in run["terminals"]:
            if terminal["type"] == old:
                terminal.update(type=new, basis=basis, entity=None)
        run["totals"][new] = run["totals"].pop(old) + run["totals"].get(new, 0)

    return change


def drop_hop(payload: Payload) -> None:
    lines = payload["traces/forward-pro_rata.hops.csv"].splitlines(keepends=True)
    payload["traces/forward-pro_rata.hops.csv"] = b"".join(lines[:3] + lines[4:])


def swap_rules(payload: Payload) -> None:
    for suffix in (".json", ".hops.csv"):
        a, b = (f"traces/forward-{rule}{suffix}" for rule in ec.RULES)
        payload[a], payload[b] = payload[b], payload[a]
    for rule, other in zip(ec.RULES, reversed(ec.RULES), strict=True):
        setting(f"traces/forward-{rule}.json", "rule", to=rule)(payload)
        assert rule != other


def seal_journal_anew(change: Callable[[list[Any]], None]) -> Callable[[Payload], object]:
    def apply(payload: Payload) -> None:
        rows = [json.loads(text) for text in payload["journal.jsonl"].splitlines()]
        change(rows)
        prev = "0" * 64
        for row in rows:
            row["prev"] = prev
            fields = {k: row[k] for k in ("seq", "time_utc", "kind", "body", "prev")}
            row["hash"] = prev = sha256(canonical_json(fields)).hexdigest()
        payload["journal.jsonl"] = canonical_jsonl(rows)

    return apply


def low_work(payload: Payload) -> None:
    """The last header with a nonce that misses its target."""
    raw = payload["headers.bin"]
    head, nonce = raw[:-4], 0
    while int.from_bytes(ec.sha256d(head[-76:] + nonce.to_bytes(4, "little")), "little") < 1 << 255:
        nonce += 1
    payload["headers.bin"] = head + nonce.to_bytes(4, "little")


def easier_bits(payload: Payload) -> None:
    payload["headers.bin"] = (
        payload["headers.bin"][:-8] + b"\xff\xff\x7f\x21" + payload["headers.bin"][-4:]
    )


def inner_node(payload: Payload) -> None:
    """A branch one shorter, so that an inner node of the tree passes for a transaction."""
    rows = [json.loads(text) for text in payload["transactions.jsonl"].splitlines()]
    row = next(r for r in rows if len(r["branch"]) == 2 and r["index"] > 1)
    row.update(branch=row["branch"][1:], index=row["index"] >> 1)
    same = [r for r in rows if (r["height"], r["index"]) == (row["height"], row["index"])]
    rows = sorted(
        (r for r in rows if r is row or r not in same), key=lambda r: (r["height"], r["index"])
    )
    payload["transactions.jsonl"] = canonical_jsonl(rows)


def past_the_end(payload: Payload) -> None:
    """The last of three transactions at index 3, where the tree only repeats it."""
    rows = [json.loads(text) for text in payload["transactions.jsonl"].splitlines()]
    heights = [r["height"] for r in rows if len(r["branch"]) == 2]
    row = next(
        r
        for r in rows
        if r["height"] in heights
        and r["index"] == 2
        and len(r["branch"]) == 2
        and ec.scene().chain.blocks[r["height"]][3:] == []
    )
    row["index"] = 3
    payload["transactions.jsonl"] = canonical_jsonl(rows)


def without(name: str, **having: Any) -> Callable[[Payload], object]:
    def apply(payload: Payload) -> None:
        rows = [json.loads(text) for text in payload[name].splitlines()]
        payload[name] = canonical_jsonl(r for r in rows if not having.items() <= r.items())

    return apply


def hide_a_prevout(payload: Payload) -> None:
    """Leaves out the transaction that made an input's output, the seed's own among others."""
    rows = [json.loads(text) for text in payload["transactions.jsonl"].splitlines()]
    dropped = next(r for r in rows if r["index"] == 0 and r["height"] == 2)
    payload["transactions.jsonl"] = canonical_jsonl(r for r in rows if r is not dropped)


def mined(*blocks: ec.Tx) -> Callable[[Payload], object]:
    """Blocks, truly mined, of one transaction each that no node would take."""

    def apply(payload: Payload) -> None:
        chain = ec.Chain()
        chain.fee = lambda tx, place: 0  # type: ignore[method-assign]
        chain.add(first=FUND)
        chain.latest["00" * 32] = (0, 0)
        for tx in blocks:
            chain.spender.clear()
            chain.add(tx)
        cited = {(1, 0), *((height, 1) for height in range(2, len(chain.blocks)))}
        payload.update(ec.chain_files(chain, cited))
        payload["case.json"] = ec.case_json(chain, {"seeds": []})

    return apply


FUND = ec.coinbase(b"fund", [(1000, ec.spk("o"))])
wrong_value = mined(ec.make_tx([FUND.out(0)], [(1001, ec.spk("a1"))]))
spent_twice = mined(*(ec.make_tx([FUND.out(0)], [(900 + n, ec.spk("a1"))]) for n in (1, 2)))
spent_without_being = mined(ec.make_tx([FUND.out(7)], [(1, ec.spk("a1"))]))
second_coinbase = mined(ec.coinbase(b"more", [(1, ec.spk("a1"))]))


def headers_of(network: str, headers: list[bytes]) -> Callable[[Payload], object]:
    def apply(payload: Payload) -> None:
        payload["headers.bin"] = b"".join(headers)
        setting("case.json", "network", to=network)(payload)

    return apply


def mined_header(previous: bytes) -> bytes:
    """A header of the easiest target there is."""
    head = b"\0\0\0\x20" + previous + bytes(36) + 0x207FFFFF.to_bytes(4, "little")
    found = (head + nonce.to_bytes(4, "little") for nonce in range(100))
    return next(h for h in found if int.from_bytes(ec.sha256d(h), "little") < 1 << 255)


OWN_GENESIS = mined_header(bytes(32))
TESTNET_GENESIS = NETWORKS["testnet3"].genesis_header
easy_testnet = headers_of("testnet3", [TESTNET_GENESIS, mined_header(ec.sha256d(TESTNET_GENESIS))])


def own_genesis(payload: Payload) -> None:
    payload["headers.bin"] = OWN_GENESIS


def swapped(name: str) -> Callable[[Payload], object]:
    """The first two lines of a file, the other way round."""

    def apply(payload: Payload) -> None:
        first, second, *rest = payload[name].splitlines(keepends=True)
        payload[name] = b"".join([second, first, *rest])

    return apply


def dropping(kind: str) -> Callable[[Any], None]:
    """A run without its terminals of a type."""

    def change(run: Any) -> None:
        run["terminals"] = [t for t in run["terminals"] if t["type"] != kind]

    return change


FORWARD = "traces/forward-pro_rata.json"
BACKWARD = "traces/backward-pro_rata.json"
SITE, NORTH, SOUTH = "entities.jsonl#0", "entities.jsonl#1", "entities.jsonl#2"
A_LINK = ("links", 0)
LIES: dict[str, tuple[Callable[[Payload], object], str]] = {
    "an unknown format": (setting("case.json", "version", to=2), "data/case.json: "),
    "another network": (setting("case.json", "network", to="mainnet"), "data/headers.bin height 0"),
    "no such network": (setting("case.json", "network", to="dogecoin"), "data/case.json: network"),
    "a tip that is not there": (
        setting("case.json", "tip", "height", to=99),
        "data/case.json: the tip",
    ),
    "more work": (setting("case.json", "tip", "chainwork", to="f" * 64), "data/case.json: the tip"),
    "more headers": (setting("case.json", "headers", "count", to=12), "data/case.json: headers"),
    "another date": (setting("case.json", "date_utc", to="2026-02-01T12:00:00Z"), "bag-info.txt: "),
    "other parameters": (
        setting("case.json", "parameters", "max_hops", to=3),
        "data/journal.jsonl",
    ),
    "too little work": (low_work, "data/headers.bin height 10: has too little proof of work"),
    "easier difficulty": (easier_bits, "data/headers.bin height 10: difficulty"),
    "half a header": (
        lambda p: p.update({"headers.bin": p["headers.bin"] + b"x" * 40}),
        "data/headers.bin: is cut",
    ),
    "no headers": (lambda p: p.update({"headers.bin": b""}), "data/headers.bin: "),
    "a header left out": (
        lambda p: p.update({"headers.bin": p["headers.bin"][:80] + p["headers.bin"][160:]}),
        "data/headers.bin height 1: does not follow",
    ),
    "a block of another hash": (
        setting("blocks.jsonl#1", "hash", to="ab" * 32),
        "data/blocks.jsonl line 2: ",
    ),
    "a block at another height": (
        setting("blocks.jsonl#2", "height", to=9),
        "data/blocks.jsonl line 3: ",
    ),
    "a block past the tip": (
        setting("blocks.jsonl#7", "height", to=40),
        "data/blocks.jsonl line 8: ",
    ),
    "a coinbase that is none": (
        edit(
            "blocks.jsonl#3",
            lambda row: row.update(
                coinbase=json.loads(TRUE_PAYLOAD["transactions.jsonl"].splitlines()[-1])["raw"]
            ),
        ),
        "data/blocks.jsonl line 4: the coinbase is none",
    ),
    "a wrong branch": (
        setting("transactions.jsonl#9", "branch", 0, to="cd" * 32),
        "data/transactions.jsonl line 10: branch",
    ),
    "a hash that is no text": (
        setting("transactions.jsonl#9", "branch", 0, to=7),
        "data/transactions.jsonl line 10: ",
    ),
    "a wrong index": (
        setting("transactions.jsonl#13", "index", to=7),
        "data/transactions.jsonl line 14: ",
    ),
    "a wrong height": (
        setting("transactions.jsonl#13", "height", to=7),
        "data/transactions.jsonl line 14: ",
    ),
    "a height past the tip": (
        setting("transactions.jsonl#13", "height", to=70),
        "data/transactions.jsonl line 14: ",
    ),
    "a wrong txid": (
        setting("transactions.jsonl#13", "txid", to="ee" * 32),
        "data/transactions.jsonl line 14: the bytes",
    ),
    "bytes after a transaction": (
        setting("transactions.jsonl#4", "raw", to=lambda raw: raw + "00"),
        "data/transactions.jsonl line 5: bytes follow",
    ),
    "a changed amount": (
        replaced(
            "transactions.jsonl",
            (4 * 10**8 + 1).to_bytes(8, "little").hex().encode(),
            (5 * 10**8 + 1).to_bytes(8, "little").hex().encode(),
        ),
        "data/transactions.jsonl line ",
    ),
    "an inner node": (inner_node, "branch is not as long as the coinbase's"),
    "an index past the end": (past_the_end, "data/transactions.jsonl line "),
    "a prevout left out": (hide_a_prevout, "not in the bundle"),
    "more paid than spent": (wrong_value, "pays more than it spends"),
    "a negative number": (
        replaced("traces/forward-pro_rata.json", b'"traced_sat":', b'"traced_sat":-'),
        f"data/{FORWARD}: -",
    ),
    "a fraction": (replaced("report.json", b'"hops":1', b'"hops":1.0'), "data/report.json: 1.0"),
    "not a number": (replaced("report.json", b'"hops":1', b'"hops":NaN'), "data/report.json: NaN"),
    "a key twice": (
        replaced("case.json", b'"version":1}', b'"version":1,"version":1}'),
        "data/case.json: is not canon",
    ),
    "a field too many": (
        edit(SITE, lambda e: e.update(note="x")),
        "data/entities.jsonl line 1: fields",
    ),
    "an address of another script": (
        setting(
            SITE, "scripts", 0, "address", to=lambda a: a[:-1] + ("q" if a[-1] != "q" else "p")
        ),
        "has another address",
    ),
    "an address hidden": (
        setting(SITE, "scripts", 1, "address", to=None),
        "has another address",
    ),
    "a seed nobody asked for": (
        setting(SITE, "scripts", 2, "anchor", to="seed"),
        "is no seed",
    ),
    "a forged tag anchor": (
        setting(NORTH, "scripts", 1, "anchor", to="tag:north-0"),
        "is of another script",
    ),
    "a tag that is not there": (
        setting(NORTH, "scripts", 0, "anchor", to="tag:none"),
        "there is no 'tag:none'",
    ),
    "a service without a tag": (
        setting(NORTH, "scripts", 0, "anchor", to=None),
        "data/entities.jsonl line 2: ",
    ),
    "a service anchored by a seed": (
        setting(NORTH, "scripts", 0, "anchor", to="seed"),
        "is no seed",
    ),
    "a service renamed": (
        setting(NORTH, "label", to="Exchange West"),
        "has another label or category",
    ),
    "a service of another trade": (
        setting(NORTH, "category", to="market"),
        "has another label or category",
    ),
    "a link left out": (edit(NORTH, lambda e: e["links"].pop()), "is joined to no seed or tag"),
    "a link by another transaction": (
        setting(
            NORTH,
            *A_LINK,
            "txid",
            to=json.loads(TRUE_PAYLOAD["transactions.jsonl"].splitlines()[-1])["txid"],
        ),
        "not spend both scripts",
    ),
    "a link to a stranger": (
        setting(NORTH, *A_LINK, "script_b", to=ec.spk("u1").hex()),
        "does not spend both scripts",
    ),
    "a link by another rule": (
        setting(NORTH, *A_LINK, "rule", to="said_so"),
        "the rule 'said_so' is not known",
    ),
    "a script of two parties": (
        edit(
            SOUTH,
            lambda e: e["scripts"].append(
                {
                    "script_pubkey": ec.spk("n1").hex(),
                    "address": ec.address_of(ec.spk("n1")),
                    "anchor": None,
                }
            ),
        ),
        "is in two entities",
    ),
    "a second subject": (setting(NORTH, "role", to="subject"), "data/entities.jsonl line 2: role"),
    "a tag with another address": (
        setting("tags.jsonl#0", "address", to=ec.address_of(ec.spk("n2"))),
        "address of another script",
    ),
    "a changed traced amount": (
        setting(FORWARD, "terminals", 0, "traced_sat", to=lambda s: s + 1),
        f"data/{FORWARD}: terminal",
    ),
    "a moved terminal": (
        edit(
            FORWARD,
            lambda run: run["terminals"][terminal_of("forward-pro_rata", "service")].update(
                outpoint=run["seeds"][0]["outpoint"], txid=run["seeds"][0]["outpoint"][:64]
            ),
        ),
        "data/traces/forward-",
    ),
    "a terminal dropped": (
        edit(FORWARD, lambda run: run["terminals"].pop(terminal_of("forward-pro_rata", "fee"))),
        f"data/{FORWARD}: terminal",
    ),
    "a terminal twice": (
        edit(FORWARD, lambda run: run["terminals"].append(run["terminals"][0])),
        "a terminal is given twice",
    ),
    "a total changed": (
        setting(FORWARD, "totals", "fee", to=lambda s: s + 1),
        f"data/{FORWARD}: totals",
    ),
    "seeds_sat changed": (setting(FORWARD, "seeds_sat", to=lambda s: s + 1), "seeds hold"),
    "seeds_net_sat changed": (
        setting(FORWARD, "seeds_net_sat", to=lambda s: s + 1),
        "seeds_net_sat",
    ),
    "a seed left out": (edit(BACKWARD, lambda run: run["seeds"].pop()), f"data/{BACKWARD}: "),
    "a seed of more than its value": (
        setting(BACKWARD, "seeds", 0, "traced_sat", to=lambda s: s + 1),
        f"data/{BACKWARD}: seed",
    ),
    "a hop dropped": (drop_hop, "data/traces/forward-pro_rata.hops.csv: line 4"),
    "a hop changed": (
        replaced("traces/backward-index_fifo.hops.csv", b"\n2,", b"\n3,"),
        "data/traces/backward-index_fifo.hops.csv: line 4",
    ),
    "a rule swapped": (swap_rules, "data/traces/forward-index_fifo.json: terminal"),
    "a rule nobody has": (setting(FORWARD, "rule", to="poison"), f"data/{FORWARD}: "),
    "a direction nobody has": (
        setting(FORWARD, "direction", to="up"),
        f"data/{FORWARD}: direction",
    ),
    "an owner of a terminal changed": (
        all_runs(
            "forward",
            lambda run: [
                t.update(entity="north") for t in run["terminals"] if t["entity"] == "south"
            ],
        ),
        "is not service north",
    ),
    "a payer changed": (
        all_runs(
            "backward",
            lambda run: [t.update(entity="south") for t in run["terminals"] if t["entity"]],
        ),
        "is not service south",
    ),
    "a fee's amount changed": (
        setting(
            FORWARD,
            "terminals",
            terminal_of("forward-pro_rata", "fee"),
            "value_sat",
            to=lambda s: s + 1,
        ),
        f"data/{FORWARD}: fee",
    ),
    "an output's value changed": (
        setting(
            FORWARD, "terminals", terminal_of("forward-pro_rata", "unspent"), "value_sat", to=1
        ),
        "another txid or value",
    ),
    "a basis upgraded": (
        setting(
            FORWARD, "terminals", terminal_of("forward-pro_rata", "coinjoin"), "basis", to="fact"
        ),
        "the basis of coinjoin is inference",
    ),
    "a CoinJoin called unspendable": (
        all_runs("forward", retyped("coinjoin", "unspendable", "fact")),
        "is not unspendable",
    ),
    "data destroyed called a coinbase": (
        all_runs("forward", retyped("unspendable", "coinbase", "fact")),
        "is not coinbase",
    ),
    "a coinbase called a cut": (
        all_runs("backward", retyped("coinbase", "cut", "fact")),
        "is not cut",
    ),
    "a mixer called unspent": (
        all_runs("forward", retyped("mixer", "unspent", "scan")),
        "should end at {'mix'}",
    ),
    "a payer passed over": (
        all_runs("backward", retyped("service", "unresolved", "scan")),
        "should end at {'north'}",
    ),
    "a run left out": (
        lambda p: [p.pop(f"traces/backward-index_fifo{s}") for s in (".json", ".hops.csv")],
        "there must be one run each way",
    ),
    "an inflow dropped": (
        edit("report.json", lambda r: r["inflows"].pop()),
        "data/report.json: inflows",
    ),
    "an inflow's payer changed": (
        setting("report.json", "inflows", 0, "entity", to="south"),
        "data/report.json: I1: entity",
    ),
    "an inflow's amount changed": (
        setting("report.json", "inflows", 0, "traced_sat", "index_fifo", to=lambda s: s + 1),
        "data/report.json: I1: traced_sat",
    ),
    "an inflow's hops changed": (
        setting("report.json", "inflows", 0, "hops", to=9),
        "data/report.json: I1: hops",
    ),
    "an inflow's receipts changed": (
        setting("report.json", "inflows", 0, "receipts", to=["R9"]),
        "data/report.json: I1: receipts",
    ),
    "an outflow's candidates changed": (
        setting("report.json", "outflows", 0, "deposit_candidates", to=["00" * 32 + ":0"]),
        "data/report.json: O1: deposit_candidates",
    ),
    "an outflow's time changed": (
        setting("report.json", "outflows", 0, "time_utc", to="2020-01-01T00:00:00Z"),
        "data/report.json: O1: time_utc",
    ),
    "altered fiat": (
        setting("report.json", "outflows", 0, "fiat", "EUR", to="1.00"),
        "data/report.json: O1: fiat",
    ),
    "a receipt's value changed": (
        setting("report.json", "receipts", 0, "value_sat", to=1),
        "data/report.json: R1: value_sat",
    ),
    "a receipt's address changed": (
        setting("report.json", "receipts", 0, "address", to="x"),
        "data/report.json: R1: address",
    ),
    "a receipt's height changed": (
        setting("report.json", "receipts", 1, "height", to=1),
        "data/report.json: R2: height",
    ),
    "a receipt of somebody else": (
        setting("report.json", "receipts", 0, "outpoint", to=lambda o: o[:-1] + "1"),
        "R1 is not the subject's",
    ),
    "a receipt dropped": (
        edit("report.json", lambda r: r["receipts"].pop()),
        "the seeds of a trace are not the receipts",
    ),
    "totals changed": (
        setting("report.json", "totals", "received_sat", to=1),
        "data/report.json: totals",
    ),
    "internal value changed": (
        setting("report.json", "totals", "internal_sat", to=1),
        "data/report.json: totals",
    ),
    "fiat totals changed": (
        setting("report.json", "totals", "fiat", "EUR", to="1.00"),
        "data/report.json: totals",
    ),
    "a service's sum changed": (
        setting("report.json", "by_service", "inflows", 0, "count", to=9),
        "data/report.json: by_service",
    ),
    "a service's name changed": (
        setting("report.json", "by_service", "inflows", 0, "label", to="Other"),
        "data/report.json: by_service",
    ),
    "a missing rate hidden": (
        setting("report.json", "without_rate", to=lambda o: o[1:]),
        "data/report.json: without_rate",
    ),
    "another subject": (setting("report.json", "subject", to="north"), "data/report.json: subject"),
    "another tip": (setting("report.json", "tip", "height", to=3), "data/report.json: tip"),
    "rules reordered": (
        setting("report.json", "rules", to=["index_fifo", "pro_rata"]),
        "data/report.json: ",
    ),
    "a rate changed": (replaced("rates.csv", b"6600.005", b"6700.005"), "data/report.json: "),
    "a rate of nonsense": (replaced("rates.csv", b"6600.005", b"NaN"), "data/rates.csv: line"),
    "altered receipts.csv": (replaced("receipts.csv", b"R1,", b"R7,"), "data/receipts.csv: line 2"),
    "altered inflows.csv": (
        replaced("inflows.csv", b",north,", b",south,"),
        "data/inflows.csv: line 2",
    ),
    "altered outflows.csv": (
        lambda p: p.update({"outflows.csv": p["outflows.csv"] + b"x\n"}),
        "data/outflows.csv: ",
    ),
    "no inflows.csv": (lambda p: p.pop("inflows.csv"), "data/inflows.csv: is missing"),
    "an entry edited": (
        setting("journal.jsonl#0", "body", "case", to="other"),
        "data/journal.jsonl line 1: was changed",
    ),
    "an entry dropped": (
        lambda p: p.update({"journal.jsonl": p["journal.jsonl"].splitlines(keepends=True)[1]}),
        "data/journal.jsonl line 1: does not follow",
    ),
    "an entry that asked something else": (
        seal_journal_anew(lambda rows: rows[1]["body"]["parameters"].update(max_hops=9)),
        "data/journal.jsonl",
    ),
    "a journal cut short": (
        lambda p: p.update({"journal.jsonl": p["journal.jsonl"][:-1]}),
        "data/journal.jsonl: ",
    ),
    "depth without end": (
        lambda p: p.update({"tags.jsonl": b"[" * 200_000 + b"]" * 200_000 + b"\n"}),
        "data/tags.jsonl line 1",
    ),
    "a number without end": (
        lambda p: p.update({"tags.jsonl": b"9" * 100_000 + b"\n"}),
        "data/tags.jsonl line 1: 999",
    ),
    "bytes that are no text": (
        lambda p: p.update({"tags.jsonl": b"\xff\n"}),
        "data/tags.jsonl line 1: malformed",
    ),
    "a list for an object": (
        lambda p: p.update({"transactions.jsonl": b"[]\n"}),
        "data/transactions.jsonl line 1: fields",
    ),
    "another first block": (own_genesis, "data/headers.bin height 0: is not the block of regtest"),
    "a target that is too easy": (
        easy_testnet,
        "data/headers.bin height 1: target is out of range",
    ),
    "blocks out of order": (swapped("blocks.jsonl"), "data/blocks.jsonl line 2: is not sorted"),
    "transactions out of order": (
        swapped("transactions.jsonl"),
        "data/transactions.jsonl line 2: is not sorted",
    ),
    "an output spent twice": (spent_twice, "a second time"),
    "an output spent that is not": (spent_without_being, ":7, which is not"),
    "a coinbase among the others": (second_coinbase, "a block's first, and no other"),
    "a second tag of an id": (
        setting("tags.jsonl#1", "tag_id", to="north-0"),
        "there is a second 'north-0'",
    ),
    "an id that is none": (setting(NORTH, "entity", to="a,b"), "entity is no plain id"),
    "a second entity of an id": (setting(SOUTH, "entity", to="north"), "there is a second entity"),
    "a party said to be a fact": (setting(NORTH, "basis", to="fact"), "line 2: basis"),
    "a script with a note": (
        edit(NORTH, lambda e: e["scripts"][0].update(note="x")),
        "data/entities.jsonl line 2: fields",
    ),
    "a party for what is unspent": (
        setting(
            FORWARD, "terminals", terminal_of("forward-pro_rata", "unspent"), "entity", to="south"
        ),
        f"data/{FORWARD}: ",
    ),
    "a party for what was destroyed": (
        all_runs(
            "forward",
            lambda run: [
                t.update(entity="south") for t in run["terminals"] if t["type"] == "unspendable"
            ],
        ),
        "unspendable has no entity",
    ),
    "an end that is left out": (
        all_runs("forward", dropping("unspent")),
        "is not spent, nor an end",
    ),
    "an end that differs by rule": (
        edit("traces/forward-index_fifo.json", retyped("coinjoin", "unresolved", "scan")),
        "ends otherwise under another rule",
    ),
    "an entity that commands the terminal": (
        all_runs(
            "forward",
            lambda run: [
                t.update(entity="\x1b[2J\u202e") for t in run["terminals"] if t["entity"] == "south"
            ],
        ),
        "is not service ?[2J?",
    ),
    "a run given twice": (
        lambda p: p.update({"traces/again.json": p[FORWARD]}),
        f"data/{FORWARD}: direction or rule",
    ),
    "rates without a header": (
        lambda p: p.update({"rates.csv": p["rates.csv"].split(b"\n", 1)[1]}),
        "data/rates.csv: line 1",
    ),
    "a rate given twice": (
        lambda p: p.update({"rates.csv": p["rates.csv"] + p["rates.csv"].split(b"\n", 1)[1]}),
        "data/rates.csv: line",
    ),
    "a list for a case": (lambda p: p.update({"case.json": b"[]\n"}), "data/case.json: "),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_resealed_lie_is_caught_by_the_check_for_it(lie: str) -> None:
    change, says = LIES[lie]
    result, digest = resealed(change)
    assert not result.ok
    assert any(says in failure for failure in result.failures), result.failures
    assert all(failure.isascii() and failure.isprintable() for failure in result.failures)
    assert digest != seal(TRUE_PAYLOAD, date_utc=ec.DATE).digest


def path_of(*scripts: str) -> list[str]:
    """The outpoints of the faint scene with these scripts, each the first of its script."""
    chain = ec.faint_scene().chain
    first: dict[bytes, str] = {}
    for place in chain.places():
        for vout, (_, script_pubkey) in enumerate(chain.tx(place).outputs):
            first.setdefault(script_pubkey, chain.name((place, vout)))
    return [first[ec.spk(name)] for name in scripts]


def last_of(name: str) -> str:
    """The last outpoint of a script of the faint scene."""
    chain = ec.faint_scene().chain
    outs = [
        chain.name((place, vout))
        for place in chain.places()
        for vout, (_, script_pubkey) in enumerate(chain.tx(place).outputs)
        if script_pubkey == ec.spk(name)
    ]
    return outs[-1]


def walking(side: str, *path: str) -> Callable[[Payload], object]:
    """The one row of a side with another path and the hops of that."""
    return edit(
        "report.json", lambda r: r[side][0].update(path=list(path), hops=max(len(path) - 1, 0))
    )


def one_more(side: str, outpoint: str, *path: str, **fields: Any) -> Callable[[Payload], object]:
    """A second row of a side, like the first but for its outpoint, its path and what is given."""

    def change(report: Any) -> None:
        row = report[side][0] | {"id": f"{side[0].upper()}2", "outpoint": outpoint, **fields}
        report[side].append(row | {"path": list(path), "hops": len(path) - 1})

    return edit("report.json", change)


def test_a_path_on_which_every_amount_rounds_to_nothing_is_a_finding() -> None:
    """Else a payer of little could be left out, or one could be invented."""
    report = json.loads(FAINT_PAYLOAD["report.json"])
    for side, path in (("inflows", ("w1", "w2", "a1")), ("outflows", ("a1", "p2"))):
        (row,) = report[side]
        assert row["traced_sat"] == {"pro_rata": 0, "index_fifo": 0}
        assert row["path"][: len(path)] == path_of(*path)
        assert row["hops"] == 2
    assert in_memory(dict(seal(FAINT_PAYLOAD, date_utc=ec.DATE).files)).failures == []


W1, W2, A1, A2, P1, P2, P3, P4, P5, J1, BIG = path_of(
    "w1", "w2", "a1", "a2", "p1", "p2", "p3", "p4", "p5", "j1", "big"
)
DEPOSIT = json.loads(FAINT_PAYLOAD["report.json"])["outflows"][0]["outpoint"]
CASHED, ONWARD = last_of("s1"), last_of("n1")
CHANGE = W1[:-1] + "1"  # what the exchange paid itself
PATH_LIES: dict[str, tuple[Callable[[Payload], object], str]] = {
    "an inflow's path skips a transaction": (walking("inflows", W1, A1), "I1: path: what made"),
    "an outflow's path skips a transaction": (
        walking("outflows", A1, DEPOSIT),
        "O1: path: what made",
    ),
    "a path backward in time": (walking("inflows", A1, W2, W1), "I1: path: what made"),
    "a path that ends before the receipt": (walking("inflows", W1, W2), "path: no receipt"),
    "a path that begins after the receipt": (walking("outflows", P2, DEPOSIT), "path: no receipt"),
    "a path past one receipt to the next": (
        walking("inflows", W1, W2, A1, P4, A2),
        "path: a second receipt",
    ),
    "a path that ends elsewhere": (walking("inflows", W2, A1), "I1: path: ends at"),
    "a path past the deposit": (
        walking("outflows", A1, P2, DEPOSIT, ONWARD),
        "O1: path: goes on from",
    ),
    "no path": (walking("inflows"), "I1: malformed"),
    "a path over an output without value": (
        walking("outflows", A1, P3, DEPOSIT),
        "O1: path: an output has no value",
    ),
    "a path over an outpoint that is not there": (
        walking("outflows", A1, "ab" * 32 + ":0", DEPOSIT),
        "O1: transaction",
    ),
    "an outpoint that is none": (walking("outflows", A1, "nonsense", DEPOSIT), "O1: malformed out"),
    "an output beyond the last": (
        walking("outflows", A1, P1[:-1] + "9", DEPOSIT),
        "does not exist",
    ),
    "a path by a sibling of the output": (walking("outflows", A1, P1, DEPOSIT), "path: what made"),
    "an outflow through a CoinJoin": (
        one_more("outflows", CASHED, A1, P1, J1, CASHED),
        f"O2: path: goes on from {P1}",
    ),
    "an outflow through another service": (
        one_more("outflows", ONWARD, A1, P2, DEPOSIT, ONWARD, entity="north"),
        f"O2: path: goes on from {DEPOSIT}",
    ),
    "an outflow to no service": (one_more("outflows", P5, A1, P2, P5), "O2: entity"),
    "an outflow that was not spent there": (
        one_more("outflows", CASHED, A1, P2, CASHED),
        "O2: path: what made",
    ),
    "an inflow from no service": (one_more("inflows", BIG, BIG, W2, A1), "I2: entity"),
    "an inflow that no path joins": (one_more("inflows", CHANGE, CHANGE, W2, A1), "I2: path: what"),
    "a row twice": (one_more("inflows", W1, W1, W2, A1), "data/report.json: inflows: one twice"),
    "another payer": (setting("report.json", "inflows", 0, "entity", to="south"), "I1: entity"),
    "another payee": (setting("report.json", "outflows", 0, "entity", to="north"), "O1: entity"),
    "the subject as the payer": (
        setting("report.json", "inflows", 0, "entity", to="site"),
        "I1: entity",
    ),
    "an amount out of nothing": (
        setting("report.json", "inflows", 0, "traced_sat", "pro_rata", to=1),
        "I1: traced_sat",
    ),
    "an amount out of nothing, to a service": (
        setting("report.json", "outflows", 0, "traced_sat", "index_fifo", to=1500),
        "O1: traced_sat",
    ),
    "fiat out of nothing": (
        setting("report.json", "inflows", 0, "fiat", "EUR", to="0.01"),
        "I1: fiat",
    ),
    "fewer hops than the path has": (
        setting("report.json", "inflows", 0, "hops", to=1),
        "I1: hops",
    ),
    "a receipt that the path does not lead to": (
        setting("report.json", "inflows", 0, "receipts", to=["R1", "R2"]),
        "I1: receipts",
    ),
    "no receipt": (setting("report.json", "inflows", 0, "receipts", to=[]), "I1: receipts"),
    "a candidate that another transaction spends": (
        setting("report.json", "outflows", 0, "deposit_candidates", to=[P1]),
        "O1: deposit_candidates",
    ),
    "candidates in disorder": (
        setting("report.json", "outflows", 0, "deposit_candidates", to=lambda o: o[::-1]),
        "O1: deposit_candidates",
    ),
}


@pytest.mark.parametrize("lie", PATH_LIES)
def test_a_resealed_lie_about_a_path_is_caught_by_the_check_for_it(lie: str) -> None:
    change, says = PATH_LIES[lie]
    result, _ = resealed(change, FAINT_PAYLOAD)
    assert any(says in failure for failure in result.failures), result.failures


def test_a_header_that_is_not_the_pinned_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict(seal(TRUE_PAYLOAD, date_utc=ec.DATE).files)
    own = json.loads(TRUE_PAYLOAD["blocks.jsonl"].splitlines()[0])
    run_beside = verifier.run_beside

    def pinning(block: str) -> None:
        def run(part: str) -> dict[str, Any]:
            made = run_beside(part)
            if part == "headers":
                line = f"\nregtest {own['height']} {block}\n"
                made["check_headers"].__globals__["PINNED"] = line
            return made

        monkeypatch.setattr(verifier, "run_beside", run)

    pinning(own["hash"])
    assert in_memory(files).ok
    pinning("00" * 32)
    assert in_memory(files).failures == [
        f"data/headers.bin height {own['height']}: is not the block of regtest"
    ]


def test_a_bag_that_declares_something_else_is_refused() -> None:
    """Even where its manifests were made anew."""
    for name in ("bagit.txt", "bag-info.txt"):
        files = dict(seal(TRUE_PAYLOAD, date_utc=ec.DATE).files)
        old = sha256(files[name]).hexdigest().encode()
        files[name] += b"Extra: field\n"
        new = sha256(files[name]).hexdigest().encode()
        manifest = "tagmanifest-sha256.txt"
        files[manifest] = files[manifest].replace(old, new)
        assert [f.split(":")[0] for f in in_memory(files).failures] == [name]


def test_a_receipt_that_the_subject_paid_itself_is_refused() -> None:
    """Change is no income. An outpoint that was asked for may be one all the same."""
    chain = ec.Chain()
    mine, other = ec.spk("a1"), ec.spk("a2")
    fund = ec.coinbase(b"fund", [(10_000, mine)])
    chain.add(first=fund)
    chain.add(ec.make_tx([fund.out(0)], [(9_000, other)]))
    place = chain.latest[chain.blocks[2][1].txid]
    for asked, fails in (([], True), ([chain.name((place, 0))], False)):
        scene = ec.Scene(
            chain=chain,
            subject=(mine, other),
            asked=(str(ec.address_of(mine)), str(ec.address_of(other)), *asked),
            services=(),
        )
        payload = ec.payload_of(scene, [((place, 0), 9_000)])
        failures = in_memory(dict(seal(payload, date_utc=ec.DATE).files)).failures
        assert [f for f in failures if "R1 is paid by the subject itself" in f] == failures
        assert bool(failures) == fails


def test_a_resealed_change_that_only_the_digest_shows(tmp_path: Path) -> None:
    """The PDF and the witnesses rest on the digest alone, and the verifier says so."""
    true_digest = seal(TRUE_PAYLOAD, date_utc=ec.DATE).digest
    for change in (
        lambda p: p.update({"report.pdf": b"%PDF another"}),
        replaced("transactions.jsonl", b"0203736967", b"0203736968"),
    ):
        payload = dict(TRUE_PAYLOAD)
        change(payload)
        pack(payload, name="demo", date_utc=ec.DATE, out=tmp_path / "demo.zip")
        assert verifier.verify(tmp_path / "demo.zip").ok
        result = verifier.verify(tmp_path / "demo.zip", true_digest)
        assert [f.split(":")[0] for f in result.failures] == ["tagmanifest-sha256.txt"]


def with_further_parts(payload: Payload) -> None:
    """The parts that report.json may have beside those it must have."""
    report = json.loads(payload["report.json"])
    report["entities"] = {
        "site": {"label": "the site", "category": None, "role": "subject", "scripts": 3},
        "south": {
            "label": "Exchange South",
            "category": "exchange",
            "role": "service",
            "scripts": 2,
            "tags": [{"label": "Exchange South hot wallet", "source": "https://tags.example"}],
        },
    }
    run = json.loads(payload[FORWARD])
    names = ("direction", "rule", "seeds_sat", "seeds_net_sat", "totals", "parameters")
    report["traces"] = [{name: run[name] for name in names} | {"seed_count": 4}]
    report["versions"] = {"peelchain": "0.1.0"}
    payload["report.json"] = canonical_json(report)


def test_further_parts_of_the_report_are_checked_where_they_are_there() -> None:
    assert resealed(with_further_parts)[0].failures == []
    for keys, wrong in (
        (("entities", "south", "label"), "Exchange North"),
        (("entities", "south", "scripts"), 9),
        (("entities", "south", "tags", 0, "source"), "elsewhere"),
        (("entities", "site", "role"), "service"),
        (("traces", 0, "seeds_sat"), 1),
        (("traces", 0, "seed_count"), 5),
        (("traces", 0, "rule"), "index_fifo"),
    ):

        def lie(payload: Payload, keys: Any = keys, wrong: Any = wrong) -> None:
            with_further_parts(payload)
            setting("report.json", *keys, to=wrong)(payload)

        result = resealed(lie)[0]
        assert not result.ok, keys
        assert f"data/report.json: {keys[0]}" in result.failures[0]


def test_software_is_that_of_the_case_and_named_as_unchecked() -> None:
    def with_software(payload: Payload, **changes: Any) -> None:
        made = {"name": "peelchain", "version": __version__, "files": {"units.py": "00" * 32}}
        payload["software.json"] = canonical_json({**made, **changes})

    result, _ = resealed(with_software)
    assert result.failures == []
    assert result.checked["software files"] == 1
    assert any("replay the case" in line for line in result.unchecked)
    wrong: list[dict[str, Any]] = [{"version": "9"}, {"files": {"units.py": "00"}}, {"more": 1}]
    for changes in wrong:
        failures = resealed(partial(with_software, **changes))[0].failures
        assert failures[0].startswith("data/software.json: "), failures


# --- its parts ---


@pytest.mark.parametrize("network", sorted(n.name for n in NETWORKS.values() if n.is_bitcoin))
def test_knows_each_network_as_the_package_does(network: str) -> None:
    known = NETWORKS[network]
    row = next(x.split() for x in verify_headers.NETWORKS.split("\n") if x.split()[:1] == [network])
    target = int(row[2][2:], 16) << 8 * (int(row[2][:2], 16) - 3)
    assert row[1] == known.genesis_hash
    assert ec.sha256d(known.genesis_header)[::-1].hex() == row[1]
    assert 0 <= known.pow_limit - target < target >> 14  # the compact form holds its first digits
    assert [int(row[4], 16), int(row[5], 16), row[6]] == [
        known.p2pkh_prefixes[0][0],
        known.p2sh_prefixes[0][0],
        known.bech32_hrp,
    ]
    dice = random.Random(network)
    scripts = [
        ec.spk(f"{n}", kind)
        for n in range(20)
        for kind in ("p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr", "p2pk")
    ]
    scripts += [
        script.p2pkh(bytes(20)),
        bytes.fromhex("51024e73"),
        b"",
        b"\x00",
        b"\x6a",
        script.op_return(b"x"),
    ]
    scripts += [
        bytes([v, n]) + dice.randbytes(n) for v in (0, 79, 80, 81, 82, 96, 97) for n in range(44)
    ]
    scripts += [dice.randbytes(dice.randrange(45)) for _ in range(200)]
    for script_pubkey in scripts:
        assert address(row, script_pubkey) == script.address(script_pubkey, known)


def test_parses_real_blocks_headers_by_the_retarget_rule(shared_data: Path, tmp_path: Path) -> None:
    """The early main chain, whose headers a bundle would carry."""
    raw = (shared_data / "early_chain/blk00000.dat").read_bytes()
    headers, at = {}, 0
    while raw[at : at + 4] == bytes.fromhex("f9beb4d9"):
        size = int.from_bytes(raw[at + 4 : at + 8], "little")
        header = raw[at + 8 : at + 88]
        headers[header[4:36]] = header
        at += 8 + size
    chain, previous = [], bytes(32)
    while previous in headers:
        chain.append(headers[previous])
        previous = ec.sha256d(headers[previous])
    assert len(chain) == 4313
    work = f"{sum((1 << 256) // ((0xFFFF << 208) + 1) for _ in chain):064x}"
    case = json.loads(TRUE_PAYLOAD["case.json"])
    case.update(
        network="mainnet",
        headers={"from_height": 0, "count": len(chain)},
        tip={"height": len(chain) - 1, "hash": previous[::-1].hex(), "chainwork": work},
    )

    def failures(content: bytes) -> list[str]:
        payload = TRUE_PAYLOAD | {"headers.bin": content, "case.json": canonical_json(case)}
        return in_memory(dict(seal(payload, date_utc=ec.DATE).files)).failures

    # The headers pass: the first thing found wrong is the regtest block cited after them.
    assert failures(b"".join(chain))[0].startswith("data/blocks.jsonl line 1")
    easier = [
        *chain[:4031],
        chain[4031][:72] + b"\xff\xff\x00\x1e" + chain[4031][76:],
        *chain[4032:],
    ]
    assert failures(b"".join(easier))[0].startswith("data/headers.bin height 4031: difficulty")


def test_retargets_as_the_main_chain_did() -> None:
    """Difficulty rose for the first time at height 32,256: from 1d00ffff to 1d00d86a."""
    target = 0xFFFF << 208
    first, last = 1261130161, 1262152739  # times of blocks 30,240 and 32,255
    assert verify_headers.retarget(target, last - first, target) == 0x1D00D86A
    assert verify_headers.retarget(target, 1, target) == 0x1C3FFFC0
    assert verify_headers.retarget(target, 10**9, target) == 0x1D00FFFF


def test_real_transactions_parse_to_their_merkle_root(shared_data: Path) -> None:
    """Every transaction of the raw blocks: a block's bytes end where its last transaction does."""
    files = sorted((shared_data / "blocks_mainnet").glob("*.bin"), key=lambda p: p.stat().st_size)[
        :12
    ]
    assert files
    for file in files:
        raw = file.read_bytes()
        count, at = raw[80], 81
        if count == 0xFD:
            count, at = int.from_bytes(raw[81:83], "little"), 83
        txids = []
        for _ in range(count):
            end = end_of_tx(raw, at)
            txids.append(bytes.fromhex(verifier.parse_tx(raw[at:end]).txid)[::-1])
            at = end
        assert at == len(raw)
        assert ec.merkle(txids, 0)[0] == raw[36:68], file.name


def end_of_tx(raw: bytes, at: int) -> int:
    def count() -> int:
        nonlocal at
        first = raw[at]
        at += 1
        if first < 253:
            return first
        width = 1 << (first - 252)
        at += width
        return int.from_bytes(raw[at - width : at], "little")

    segwit = raw[at + 4 : at + 6] == b"\0\1"
    at += 6 if segwit else 4
    inputs = count()
    for _ in range(inputs):
        at += 36
        at = (lambda n: at + n + 4)(count())
    for _ in range(count()):
        at += 8
        at = (lambda n: at + n)(count())
    for _ in range(inputs if segwit else 0):
        for _ in range(count()):
            at = (lambda n: at + n)(count())
    return at + 4


BODY = ec.make_tx([("11" * 32, 0)], [(5, ec.spk("x"))])
SEGWIT = ec.make_tx([("11" * 32, 0)], [(5, ec.spk("x"))], segwit=True)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (BODY.raw[:-1], "cut short"),
        (BODY.raw + b"\0", "bytes follow"),
        (b"", "cut short"),
        (BODY.raw[:4] + b"\xff" * 9, "cut short"),
        (ec.make_tx([], [(5, b"")]).raw, "cut short"),  # read as the marker of a witness
        (BODY.raw[:4] + b"\0\0" + bytes(4), "part"),
        (ec.make_tx([("11" * 32, 0)], []).raw, "part"),
        (SEGWIT.raw.replace(b"\x02\x03sig\x04keys", b"\0"), "part"),
        (ec.make_tx([("11" * 32, 0)], [(5, b"\x51" * 4)]).raw, "64 bytes"),
    ],
)
def test_refuses_what_is_no_transaction(raw: bytes, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        verifier.parse_tx(raw)


def test_parses_what_is_one() -> None:
    for tx in (BODY, SEGWIT, ec.coinbase(b"xx", [(5, b"")])):
        parsed = verifier.parse_tx(tx.raw)
        assert parsed.txid == tx.txid
        assert tuple(parsed.inputs) == tx.inputs
        assert tuple(parsed.outputs) == tx.outputs


# --- a stranger can read and run it ---


@pytest.mark.parametrize("name", VERIFIER)
def test_is_short_and_needs_nothing_but_python(name: str) -> None:
    text = SOURCE.with_name(name).read_text(encoding="ascii")
    tree = ast.parse(text, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [n.name for n in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }
    assert imported <= sys.stdlib_module_names
    assert len(text.splitlines()) <= 400
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node in tree.body:
            assert ast.get_docstring(node), node.name


def test_calls_nothing_that_python_3_8_lacks() -> None:
    """What is newer than 3.8 and easily slipped in: texts, collections and calls."""
    for name in VERIFIER:
        tree = ast.parse(SOURCE.with_name(name).read_text())
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & {
            "removeprefix",
            "removesuffix",
            "pairwise",
            "bit_count",
            "is_relative_to",
        }
        keywords = {
            keyword.arg
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            for keyword in node.keywords
        }
        assert not keywords & {"strict", "slots", "kw_only"}


def test_every_bundle_carries_it_byte_for_byte() -> None:
    files = seal(TRUE_PAYLOAD, date_utc=ec.DATE).files
    assert {name for name in files if name.endswith(".py")} == set(VERIFIER)
    for name in VERIFIER:
        assert files[name] == SOURCE.with_name(name).read_bytes()


def test_runs_the_files_that_lie_beside_it_and_no_others(
    truth: tuple[Path, Path, str], tmp_path: Path
) -> None:
    """Neither a module of that name elsewhere nor a compiled copy is run in their place."""
    with zipfile.ZipFile(truth[0]) as archive:
        archive.extractall(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("verify_report.py", "verify_traces.py"):
        (elsewhere / name).write_text("raise SystemExit(0)")
    run = subprocess.run(
        [sys.executable, str(tmp_path / "demo/verify.py"), "--expect", truth[2]],
        cwd=elsewhere,
        env={"PYTHONPATH": str(elsewhere)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "all holds" in run.stdout
    assert not list((tmp_path / "demo").rglob("*.pyc"))
