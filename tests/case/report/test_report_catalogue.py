"""Every text that the code asks for exists, and every text that exists is asked for."""

import ast
import re
import string
import tomllib
from pathlib import Path

import pytest

import peelchain.case.report as package
from peelchain.case.report.catalogue import LANGUAGES, load_texts
from peelchain.case.report.inert import breakable, inert, printable
from peelchain.errors import MisuseError

FOLDER = Path(package.__file__).parent
FILES = sorted([*FOLDER.glob("*.py"), *(FOLDER.parent / "requests").glob("*.py")])
SOURCE = "\n".join(file.read_text() for file in FILES)


LIMITS = re.search(r"_LIMITS = \((.*?)\)", SOURCE, re.DOTALL).group(1)
WORDS = (
    "("
    + "|".join(
        [
            "inflows?",
            "outflows?",
            "forward",
            "backward",
            "sources",
            "destinations",
            "one",
            "receipts",
            "straight",
            "more",
            "many",
            "pro_rata",
            "index_fifo",
            "paid_(in|out)",
            "deposit_candidate",
            "value",
            "payers",
            "name",
            "office",
            "qualification",
            "instructed",
            *re.findall(r'"([a-z]+)"', LIMITS),
        ]
    )
    + ")"
)


def patterns_used() -> list[re.Pattern[str]]:
    """One pattern for each key in the source; what an f-string fills in matches any word."""
    found = [re.escape(key) for key in re.findall(r'(?:say|pairs)\(\s*"([a-z_.]+)"', SOURCE)]
    found += [re.escape(key) for key in re.findall(r'"([a-z]+\.[a-z_]+)"', SOURCE)]
    found += [
        re.sub(r"\\\{.*?\\\}", WORDS, re.escape(key))
        for key in re.findall(r'f"([a-z]+\.[a-z_{}\[\]\']+)"', SOURCE)
    ]
    for key in re.findall(r'count\(\s*"([a-z_.]+)"', SOURCE):
        found.append(re.escape(key) + "_(one|many)")
    found += [family + r"\.[a-z0-9_]+" for family in re.findall(r'name\(\s*"([a-z_]+)"', SOURCE)]
    return [re.compile(pattern) for pattern in found]


def keys() -> set[str]:
    texts = load_texts()
    return set(texts.entries) | set(texts.lists)


def test_every_text_is_used():
    used = patterns_used()
    idle = {key for key in keys() if not any(pattern.fullmatch(key) for pattern in used)}
    assert not idle


def test_every_key_asked_for_exists():
    plain = set(re.findall(r'(?:say|pairs)\(\s*"([a-z_.]+)"', SOURCE))
    for key in re.findall(r'count\(\s*"([a-z_.]+)"', SOURCE):
        plain |= {f"{key}_one", f"{key}_many"}
    assert plain
    assert not plain - keys()


def braces(text: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(text)} - {None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_the_same_things_with_the_same_words_filled_in(language):
    english, other = load_texts(), load_texts(language)
    assert {k: braces(t) for k, t in other.entries.items()} == {
        k: braces(t) for k, t in english.entries.items()
    }
    assert {k: len(pairs) for k, pairs in other.lists.items()} == {
        k: len(pairs) for k, pairs in english.lists.items()
    }
    assert other.entries["language.code"] == language


def test_nothing_but_names_and_symbols_is_the_same_in_two_languages():
    english, spanish = load_texts().entries, load_texts("es").entries
    same = {k: t for k, t in english.items() if spanish[k] == t}
    words = {w for t in same.values() for w in re.findall(r"[A-Za-z]{4,}", re.sub(r"{.*?}", "", t))}
    assert words <= {"CoinJoin", "Wasabi", "JoinMarket", "Total", "satoshi"}, words


def test_an_unknown_language_is_refused():
    with pytest.raises(MisuseError, match="give en or es"):
        load_texts("../en")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_sentence_stands_in_the_code(file):
    """Texts that reach a reader come from the catalogue: no literal here is a phrase of words.

    Docstrings and what is raised are for those who run it, and not of the report.
    """
    tree = ast.parse(file.read_text())
    told = {
        id(n)
        for raised in ast.walk(tree)
        if isinstance(raised, ast.Raise)
        for n in ast.walk(raised)
    }
    told |= {id(s.value) for s in ast.walk(tree) if isinstance(s, ast.Expr)}
    command = "python verify.py --expect "
    phrases = [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant)
        and isinstance(n.value, str)
        and id(n) not in told
        and n.value != command
        and re.search(r"[a-z]{3,} [a-z]{2,}", n.value)
        and "<" not in n.value
    ]
    assert phrases == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_braces_are_named_words_only(language):
    for key, text in load_texts(language).entries.items():
        for _, field, spec, conversion in string.Formatter().parse(text):
            assert field is None or field.isidentifier(), key
            assert not spec and not conversion, key


def test_template_holds_no_words():
    template = (FOLDER / "report.typ").read_text()
    code = re.sub(r"//.*", "", template)
    strings = set(re.findall(r'"([^"]*)"', code))
    assert not {s for s in strings if re.search(r"[a-z]+ [a-z]+", s)} - {"unknown block"}
    assert "@preview" not in code
    assert "eval(" not in code


def test_catalogue_is_plain_toml():
    assert tomllib.loads((FOLDER / "en.toml").read_text("utf-8"))["language"]["code"] == "en"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Exchange North", "Exchange North"),
        ("a\nb", "a‹U+000A›b"),
        ("\u202eabc", "‹U+202E›abc"),
        ("a\u200bb\ufeff", "a‹U+200B›b‹U+FEFF›"),
        ("e\u0301", "e‹U+0301›"),
        ("x" * 100, "x" * 79 + "…"),
        ("a\u00a0b\u2028", "a b‹U+2028›"),
    ],
)
def test_inert_shows_what_would_hide(text, shown):
    assert inert(text) == shown


def test_printable_keeps_what_the_fonts_have():
    assert printable("Börse Łódź Обмен Ελλάς €5") == "Börse Łódź Обмен Ελλάς €5"
    assert printable("币") == "‹U+5E01›"


def test_breakable_only_adds_places_to_break():
    assert breakable("W" * 30).replace("\u200b", "") == "W" * 30
    assert max(len(part) for part in breakable("W" * 30).split("\u200b")) == 10
    assert breakable("pay-site.example stays") == "pay-site.example stays"
