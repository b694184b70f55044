"""TagPack import: what is kept, inherited, mended, refused, skipped, and how hostile files fare."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import TagError
from peelchain.network import MAINNET, REGTEST
from peelchain.schema import TABLES
from peelchain.script import base58, script_pubkey
from peelchain.tags.pack import MAX_DEPTH, read_pack
from peelchain.tags.tagpack import TagImport, read_tagpack, read_tagpacks

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
A = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"
B = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"

HEADER = """\
title: A pack
creator: Jane Roe
currency: BTC
source: https://example.com/list
category: exchange
confidence: service_data
is_cluster_definer: true
lastmod: 2021-11-14
tags:
"""


def write(folder: Path, text: str, name: str = "pack.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


def read(folder: Path, text: str) -> TagImport:
    return read_tagpack(write(folder, text), MAINNET, recorded_utc=NOW)


def total(result: TagImport) -> int:
    return (
        int(result.tags.num_rows)
        + len(result.rejected)
        + result.skipped_other_currency
        + result.duplicates
    )


def test_a_tag_inherits_what_it_does_not_say(tmp_path):
    result = read(
        tmp_path,
        HEADER
        + f"- address: {A}\n  label: Mt. Gox\n  actor: mtgox\n"
        + f"- address: {B}\n  label: A user\n  category: user\n  is_cluster_definer: no\n"
        "  source: https://example.com/2\n  lastmod: 2022-01-02\n  confidence: web_crawl\n",
    )
    assert result.tags.schema.equals(TABLES["tags"].schema)
    rows = {row["address"]: row for row in result.tags.to_pylist()}
    first, second = rows[A], rows[B]
    assert first["script_pubkey"] == script_pubkey(A, MAINNET)
    assert (first["label"], first["actor"], first["category"]) == ("Mt. Gox", "mtgox", "exchange")
    assert (first["source"], first["creator"]) == ("https://example.com/list", "Jane Roe")
    assert (first["is_cluster_definer"], first["lastmod"]) == (True, "2021-11-14")
    assert (first["recorded_utc"], first["file"]) == (NOW, "pack.yaml")
    assert (second["category"], second["is_cluster_definer"]) == ("user", False)
    assert (second["source"], second["actor"]) == ("https://example.com/2", None)
    assert (second["confidence"], second["lastmod"]) == ("web_crawl", "2022-01-02")


def test_rows_are_sorted_by_id_and_ids_do_not_depend_on_file_or_hour(tmp_path):
    tags = [f"- {{address: {A}, label: label {n}}}\n" for n in range(20)]
    one = write(tmp_path, HEADER + "".join(tags), "one.yaml")
    two = write(tmp_path, HEADER + "".join(reversed(tags)), "two.yaml")
    later = datetime(2027, 1, 1, tzinfo=UTC)
    first = read_tagpack(one, MAINNET, recorded_utc=NOW).tags
    second = read_tagpack(two, MAINNET, recorded_utc=later).tags
    ids = first["tag_id"].to_pylist()
    assert ids == sorted(set(ids)) == second["tag_id"].to_pylist()
    assert first["label"].to_pylist() == second["label"].to_pylist()


def test_text_that_looks_like_a_number_a_date_or_a_boolean_stays_text(tmp_path):
    result = read(tmp_path, HEADER + f"- address: {A}\n  label: no\n  actor: 1e3\n")
    row = result.tags.to_pylist()[0]
    assert (row["label"], row["actor"]) == ("no", "1e3")


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        ("", None),
        ("concepts: [exchange, user]", "exchange"),
        ("abuse: ransomware", "ransomware"),
        ("category: market\n  concepts: [exchange]\n  abuse: scam", "market"),
        ("concepts: []", None),
    ],
)
def test_a_category_may_come_from_concepts_or_abuse(tmp_path, fields, category):
    header = HEADER.replace("category: exchange\n", "")
    result = read(tmp_path, header + f"- address: {A}\n  label: x\n  {fields}\n")
    assert result.tags["category"].to_pylist() == [category]


@pytest.mark.parametrize(
    ("header", "tag", "reason"),
    [
        (HEADER.replace("source", "from"), f"address: {A}\n  label: x", "has no source"),
        (HEADER, f"address: {A}\n  label: x\n  source: ''", None),
        (HEADER, f"address: {A}", "has no label"),
        (HEADER, f"address: {A}\n  label: ' \u200b '", "has no label"),
        (HEADER, "label: x", "has no address"),
        (HEADER, "address: null\n  label: x", "has no address"),
        (HEADER, f"address: {A[:-1]}J\n  label: x", "checksum does not match"),
        (HEADER, "address: TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW\n  label: x", "Tron"),
        (HEADER, "address: tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx\n  label: x", "testnet3"),
        (HEADER, f"address: [{A}]\n  label: x", "address is a list"),
        (HEADER, f"address: {A}\n  label: [x]", "label is a list"),
        (HEADER, f"address: {A}\n  label: {{x: y}}", "label is a list or a set of fields"),
        (HEADER, f"address: {A}\n  label: x\n  label: y", "'label' stands there twice"),
        (HEADER, f"address: {A}\n  label: {'x' * 1001}", "label has 1,001 characters"),
        (HEADER, f"address: {'1' * 201}\n  label: x", "address has 201 characters"),
        (HEADER, f"address: {A}\n  label: x\n  is_cluster_definer: 7", "not true or false"),
        (HEADER, f"address: {A}\n  label: x\n  concepts: [[a]]", "concepts is a list"),
        (HEADER.replace("currency", "coin"), f"address: {A}\n  label: x", "names no currency"),
        (HEADER, "just text", "not a set of fields"),
    ],
)
def test_a_bad_tag_is_refused_alone_with_its_place_and_the_reason(tmp_path, header, tag, reason):
    good = f"- address: {B}\n  label: good\n"
    if reason and "currency" in reason:
        good = f"- address: {B}\n  label: good\n  currency: BTC\n"
    if reason and "source" in reason:
        good += "  source: https://example.com\n"
    result = read(tmp_path, header + good + f"- {tag}\n")
    assert B in result.tags["address"].to_pylist()
    assert total(result) == 2
    if reason is None:
        assert not result.rejected
        return
    (refused,) = result.rejected
    assert reason in refused.reason
    assert (refused.file, refused.number) == ("pack.yaml", 2)
    line = header.count("\n") + good.count("\n") + 1
    assert refused.line == line


def test_a_private_key_given_for_an_address_is_repeated_nowhere(tmp_path):
    secret = base58.encode_check(b"\x80" + bytes(range(32)))
    hidden = secret[:9] + "\u200b" + secret[9:]
    result = read(
        tmp_path,
        HEADER + f'- address: {secret}\n  label: x\n- address: "{hidden}"\n  label: x\n',
    )
    assert [refused.address for refused in result.rejected] == ["", ""]
    assert secret[10:20] not in repr(result)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (f"' {A} '", A),
        (f'"{A[:8]}\\u200b{A[8:]}"', A),
        (f'"\\ufeff{A}"', A),
        (f'"\\u202e{A}"', A),
        (f'"{A[:8]}\\n{A[8:]}"', A),
        (f"'bitcoin:{A}?amount=1'", A),
        (B.capitalize(), B),
        (f'"{B.replace("q", chr(0xFF51))}"', B),
    ],
)
def test_a_careless_copy_of_an_address_is_mended_and_reported(tmp_path, given, address):
    result = read(tmp_path, HEADER + f"- address: {given}\n  label: x\n")
    assert result.tags["address"].to_pylist() == [address]
    (mended,) = result.repaired
    assert (mended.field, mended.now, mended.number) == ("address", address, 1)
    assert mended.was != address


def test_a_capital_bech32_address_is_right_as_it_is(tmp_path):
    result = read(
        tmp_path, HEADER + f"- address: {B.upper()}\n  label: x\n- address: {B}\n  label: x\n"
    )
    assert not result.repaired
    assert (result.tags["address"].to_pylist(), result.duplicates) == ([B.upper()], 1)


def test_control_characters_leave_a_label_and_are_reported(tmp_path):
    result = read(
        tmp_path, HEADER + f'- address: {A}\n  label: "\\e[31m  evil\\u202e\\x07\\tname "\n'
    )
    assert result.tags["label"].to_pylist() == ["[31m evil name"]
    assert [mended.field for mended in result.repaired] == ["label"]


def test_a_header_is_mended_once_however_many_tags_inherit(tmp_path):
    header = HEADER.replace("creator: Jane Roe", "creator: 'Jane  Roe'")
    header = header.replace("2021-11-14", "2021-11-14 12:00:00")
    result = read(tmp_path, header + "".join(f"- address: {A}\n  label: {n}\n" for n in range(50)))
    assert [(m.number, m.field) for m in result.repaired] == [(0, "creator"), (0, "lastmod")]
    assert set(result.tags["creator"].to_pylist()) == {"Jane Roe"}
    assert set(result.tags["lastmod"].to_pylist()) == {"2021-11-14"}


def test_a_date_that_is_none_is_dropped_and_reported(tmp_path):
    result = read(tmp_path, HEADER + f"- address: {A}\n  label: x\n  lastmod: 2021-02-30\n")
    (mended,) = result.repaired
    assert (mended.field, mended.was, mended.now) == ("lastmod", "2021-02-30", "")


def test_other_currencies_are_skipped_and_counted_even_when_malformed(tmp_path):
    result = read(
        tmp_path,
        HEADER
        + "- address: '0x52908400098527886E0F7030069857D2E4169EE7'\n  label: x\n  currency: ETH\n"
        + "- address: nonsense\n  label: x\n  network: ETH\n"
        + f"- address: {A}\n  label: x\n  currency: btc\n",
    )
    assert result.skipped_other_currency == 2
    assert result.tags.num_rows == 1


def test_tags_that_say_the_same_are_kept_once_and_counted(tmp_path):
    tag = f"- address: {A}\n  label: x\n"
    one = write(tmp_path, HEADER + tag * 3, "one.yaml")
    two = write(tmp_path, HEADER + tag + f"- address: {A}\n  label: other\n", "two.yaml")
    result = read_tagpacks([one, two], MAINNET, recorded_utc=NOW)
    assert result.duplicates == 3
    assert sorted(result.tags["label"].to_pylist()) == ["other", "x"]
    assert dict(
        zip(result.tags["label"].to_pylist(), result.tags["file"].to_pylist(), strict=True)
    ) == {"x": "one.yaml", "other": "two.yaml"}
    assert [file.items for file in result.files] == [3, 2]
    assert total(result) == 5


def test_addresses_are_those_of_the_stores_network(tmp_path):
    path = write(
        tmp_path,
        HEADER + "- address: bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080\n  label: x\n"
        f"- address: {A}\n  label: x\n",
    )
    result = read_tagpack(path, REGTEST, recorded_utc=NOW)
    assert result.tags["script_pubkey"].to_pylist() == [script_pubkey(B, MAINNET)]
    assert "is an address of mainnet, not of regtest" in result.rejected[0].reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin with fields"),
        ("- a\n- b\n", "does not begin with fields"),
        ("title: x\n", "has no list of tags"),
        ("title: x\nactors:\n- id: a\n", "has no list of tags"),
        ("tags: none\n", "line 1: 'tags' is not a list"),
        ("tags: []\ntitle: x\ntitle: y\n", "line 3: 'title' stands there twice"),
        ("tags: []\ntags: []\n", "line 2: 'tags' stands there twice"),
        ("title: 'x\n", "not valid YAML"),
        ("title: x\n  bad: y\ntags: []\n", "line 2: not valid YAML"),
        ("title: \x00\ntags: []\n", "not valid YAML"),
        ("tags: []\n---\ntags: []\n", "line 2: a second document"),
        ("source: &a x\nlabel: *a\ntags: []\n", "line 2: aliases"),
        ("base: &a {x: y}\n<<: *a\ntags: []\n", "line 2: aliases"),
        ("title: !!python/object/apply:os.system [id]\ntags: []\n", "line 1: the YAML tag"),
        ("label: [a]\ntags: []\n", "in the header, its label is a list"),
        ("is_cluster_definer: perhaps\ntags: []\n", "not true or false"),
        (f"label: {'x' * 1001}\ntags: []\n", "in the header, its label has 1,001"),
        ("[a]: b\ntags: []\n", "a field's name is not text"),
        ("x: " + "[" * 5000 + "]" * 5000 + "\ntags: []\n", f"nested more than {MAX_DEPTH} deep"),
        ("x: " + "[" * 100_000, f"nested more than {MAX_DEPTH} deep"),
        (f"x: {'y' * 100_001}\ntags: []\n", "a text has 100,001 characters"),
        ("".join(f"f{n}: x\n" for n in range(200)) + "tags: []\n", "more than 100 fields"),
    ],
)
def test_a_file_that_is_no_tagpack_imports_nothing(tmp_path, text, reason):
    good = write(tmp_path, HEADER + f"- address: {A}\n  label: x\n", "good.yaml")
    bad = write(tmp_path, text, "bad.yaml")
    with pytest.raises(TagError) as refused:
        read_tagpacks([good, bad], MAINNET, recorded_utc=NOW)
    assert reason in str(refused.value)
    assert "'bad.yaml'" in str(refused.value)


def test_a_billion_laughs_ends_at_the_first_alias(tmp_path):
    lines = ['a0: &a0 ["lol"]']
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(TagError, match="line 2: aliases"):
        read(tmp_path, "\n".join([*lines, "tags: []", ""]))


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(TagError, match="no such file"):
            read_tagpack(path, MAINNET, recorded_utc=NOW)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "pack.yaml"
    path.write_bytes(b"title: \xff\xfe\ntags: []\n")
    with pytest.raises(TagError, match="not valid YAML"):
        read_tagpack(path, MAINNET, recorded_utc=NOW)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_pack_or_a_clear_refusal(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content)
    with pytest.raises(TagError, match="fuzz"):
        read_tagpack(path, MAINNET, recorded_utc=NOW)


PIECES = st.sampled_from(
    [
        "a: ",
        "- ",
        "\n",
        "  ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        '"',
        "tags:",
        "address: ",
        A,
        "label: ",
        "x",
        "*a",
        "&a ",
        "!!str ",
        "? ",
        ": ",
        "|",
        ">",
        "#",
        "---\n",
        "%YAML 1.1\n",
        "\t",
        "é",
    ]
)


@given(st.lists(PIECES, max_size=40))
def test_any_scraps_of_yaml_are_a_pack_or_a_clear_refusal(tmp_path_factory, pieces):
    path = tmp_path_factory.getbasetemp() / "scraps.yaml"
    path.write_text(HEADER + "".join(pieces), encoding="utf-8")
    try:
        result = read_tagpack(path, MAINNET, recorded_utc=NOW)
    except TagError as refused:
        assert str(refused).isprintable()
    else:
        assert total(result) == result.files[0].items


def test_progress_is_told_in_steps_and_at_each_files_end(tmp_path):
    path = write(tmp_path, HEADER + f"- address: {A}\n  label: x\n" * 10_001)
    told: list[tuple[str, int, int]] = []
    read_tagpacks([path], MAINNET, recorded_utc=NOW, progress=lambda *step: told.append(step))
    assert told == [("pack.yaml", 10_000, 10_001), ("pack.yaml", 10_001, 10_001)]


def test_items_carry_their_lines(tmp_path):
    pack = read_pack(write(tmp_path, "tags:\n- a: b\n\n- a:\n    - c\n"), "tags")
    assert [(item.number, item.line, item.fields) for item in pack.items] == [
        (1, 2, {"a": "b"}),
        (2, 4, {"a": ["c"]}),
    ]


def packs(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "tagpacks" / "packs").rglob("*.yaml"))


def test_real_packs_with_quirks(shared_data):
    chosen = {"ofac.yaml", "plustoken.yaml", "hydra.yaml", "ransomware.yaml"}
    paths = [path for path in packs(shared_data) if path.name in chosen]
    result = read_tagpacks(paths, MAINNET, recorded_utc=NOW)
    assert {path.name for path in paths} == chosen
    assert Counter(refused.file for refused in result.rejected) == {
        "ofac.yaml": 1,
        "plustoken.yaml": 2,
    }
    ofac = [row for row in result.tags.to_pylist() if row["file"] == "ofac.yaml"]
    assert {row["confidence"] for row in ofac} == {None}
    assert total(result) == sum(file.items for file in result.files)


@pytest.mark.slow
def test_all_real_packs(shared_data):
    result = read_tagpacks(packs(shared_data), MAINNET, recorded_utc=NOW)
    assert sum(file.items for file in result.files) == total(result) == 524_170
    assert len(result.rejected) == 10
    assert result.tags.num_rows + result.duplicates == 499_317
    result.tags.validate(full=True)
