"""Every page as those meet it who see, hear or move otherwise: axe finds nothing on it."""

import pytest
from tests.web.axe import axe_violations, settled
from tests.web.conftest import Demo, OpenPage, Theme
from tests.web.every_page import PATTERNS, address_of

LOOKS: list[tuple[str, Theme]] = [("en", "dark"), ("es", "light")]
"""Contrast hangs on the theme and words on the language: each of both, once on every page."""


@pytest.mark.slow
@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_axe_finds_nothing(
    pattern: str, language: str, theme: Theme, demo: Demo, open_page: OpenPage
) -> None:
    page = open_page(address_of(pattern, demo), language=language, theme=theme)
    settled(page)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("main h1").count() == 1
    assert axe_violations(page) == []


def test_axe_finds_what_is_wrong(open_page: OpenPage) -> None:
    page = open_page("/help")
    settled(page)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [line for line in axe_violations(page) if line.startswith("button-name")]
