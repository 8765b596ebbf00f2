"""What a trainer prints fits the paper: a handout, the event card, the survey are one page each."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tools import trainer

pytestmark = pytest.mark.browser

PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


def test_what_is_given_out_is_one_page_each(chromium: Browser, tmp_path: Path):
    """Printed to A4 by a real browser, offline."""
    page = chromium.new_page()
    page.context.set_offline(True)
    sheets = {"handouts": len(trainer.read_numbers()), "event-card": 1, "survey": 1}
    texts = dict(trainer.kit())
    printed = {}
    for name in sheets:
        file = tmp_path / f"{name}.html"
        file.write_text(texts[f"{name}.html"], encoding="utf-8")
        page.goto(file.as_uri())
        printed[name] = len(PAGE.findall(page.pdf(prefer_css_page_size=True)))
    page.close()
    assert sheets == printed
