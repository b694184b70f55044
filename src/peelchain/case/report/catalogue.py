"""The catalogue of texts: one TOML file a language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from peelchain.errors import MisuseError
from peelchain.units import shown

LANGUAGES = ("en", "es")
"""The languages there is a catalogue of: a file of the same keys and the same words in braces."""


@dataclass(frozen=True)
class Texts:
    """The texts of one language by key, such as `summary.heading`."""

    entries: Mapping[str, str]
    lists: Mapping[str, tuple[tuple[str, str], ...]]

    def say(self, key: str, **values: object) -> str:
        """The text of `key`, its braces filled from `values`. The values are not read again.

        Raises KeyError for a key that the catalogue lacks: a defect, held off by a test.
        """
        text = self.entries[key]
        return text.format(**values) if values else text

    def name(self, family: str, word: str) -> str:
        """The text for a word of the data, such as a rule; unknown words read as themselves."""
        known = self.entries.get(f"{family}.{word}")
        if known is not None:
            return known
        return word.replace("_", " ")

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """The terms and their texts of a list, such as the glossary, in the catalogue's order."""
        return self.lists[key]

    def count(self, key: str, number: int) -> str:
        """The text `KEY_one` or `KEY_many`, with the number."""
        return (
            self.say(f"{key}_one") if number == 1 else self.say(f"{key}_many", count=f"{number:,}")
        )


@cache
def load_texts(language: str = "en") -> Texts:
    """The catalogue of `language`, from the package. Raises MisuseError where there is none."""
    if language not in LANGUAGES:
        known = " or ".join(LANGUAGES)
        raise MisuseError(f"there is no catalogue for {shown(language)}; give {known}")
    file = resources.files(__package__).joinpath(f"{language}.toml")
    raw = tomllib.loads(file.read_text("utf-8"))
    entries: dict[str, str] = {}
    lists: dict[str, tuple[tuple[str, str], ...]] = {}
    for section, keys in raw.items():
        for key, text in keys.items():
            if isinstance(text, str):
                entries[f"{section}.{key}"] = text
            else:
                lists[f"{section}.{key}"] = tuple(text.items())
    return Texts(entries, lists)
