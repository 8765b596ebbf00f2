"""The documentation site is made without a warning, and holds what readers look for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from clusterlab import lab

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, made as CONTRIBUTING.md says: every warning is an error, so is a dead link."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", str(ROOT / "docs"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert 0 == done.returncode, done.stderr
    return out


def test_each_guide_and_chapter_is_a_page(site: Path):
    """Whatever stands in docs/ as Markdown is a page of the site."""
    pages = {page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("[!.]*.md")}
    pages = {page for page in pages if not any(part.startswith(".") for part in page.parts)}
    assert Path("handbook/07-symptoms.md") in pages
    assert all((site / page.with_suffix(".html")).is_file() for page in pages)


def test_the_gallery_shows_every_panel(site: Path):
    """A panel has its heading, and a picture with words for it or its words alone."""
    page = (site / "gallery.html").read_text("utf-8")
    panels = [name for name in lab.__all__ if name.endswith("Lab")]
    sections = re.split(r"<h2>", page)[1:]
    assert panels == [section.partition("<")[0] for section in sections]
    assert all(re.search(r"<img [^>]*alt=.[^\"']{20}|<pre>", section) for section in sections)


def test_the_reference_has_every_name_of_a_face(site: Path):
    """A function comes with what its docstring says."""
    page = (site / "reference.html").read_text("utf-8")
    assert all(f"<h3>{name}<" in page for name in lab.__all__)
    assert "The description of a cluster is impossible" in page


def test_nothing_is_asked_of_another_machine(site: Path):
    """No page loads a script, style or font from anywhere but the site."""
    pages = [page.read_text("utf-8") for page in site.rglob("*.html")]
    loaded = (
        r"<(?:script|img|iframe)[^>]* src=[\"']?(https?:|//)|<link[^>]* href=[\"']?(https?:|//)"
    )
    assert not [found for page in pages for found in re.findall(loaded, page)]
