"""How the documentation site is made: guides, handbook, fidelity, reference and gallery.

`python -m sphinx -W docs OUT` writes it (CONTRIBUTING.md). The reference comes from the docstrings
of the faces, the gallery from the panels themselves; neither page holds a list of its own. What the
trainer's pages compute is in `tools/trainer.py`.
"""

import inspect
from html import escape
from importlib import import_module
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

import clusterlab
from tools import trainer

project = "clusterlab"
author = "The clusterlab authors"
release = clusterlab.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"clusterlab {release}"
html_show_copyright = False
html_copy_source = False
default_role = "code"
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints = "description"
exclude_patterns = ["**.ipynb_checkpoints"]
lexers["csv"] = TextLexer()

FACES = ("", ".lab", ".cluster", ".exchange", ".clusterexe", ".studies", ".procedures", ".design")


def face_page() -> str:
    """Return the reference: each face with its names in order, as autodoc is told them."""
    lines = []
    for end in FACES:
        room = import_module(f"clusterlab{end}")
        lines += [f"## `clusterlab{end}`", "", inspect.getdoc(room) or "", ""]
        for name in room.__all__:
            thing = getattr(room, name)
            kind = "autoclass" if inspect.isclass(thing) else "autofunction"
            lines += [f"### {name}", ""]
            if not callable(thing):
                lines += [f"A table with {len(thing)} entries.", ""]
                continue
            lines += ["```{eval-rst}"]
            lines += [f".. {kind}:: clusterlab{end}.{name}"]
            lines += ["   :members:"] * inspect.isclass(thing) + ["   :no-index:", "```", ""]
    return "\n".join(lines)


def gallery_page() -> str:
    """Return the gallery: each panel as it looks before anything was done, with its twin."""
    lab = import_module("clusterlab.lab")
    lines = []
    for name in lab.__all__:
        if not name.endswith("Lab"):
            continue
        panel = getattr(lab, name)()
        said = inspect.getdoc(type(panel)).partition("\n")[0]
        shown = (
            panel._repr_mimebundle_().get("text/html")
            or f"<div class=highlight><pre>{escape(repr(panel))}</pre></div>"
        )
        lines += [f"## {name}", "", said, "", "```{raw} html", shown, "```", ""]
    return "\n".join(lines)


PAGES = {"reference": face_page, "gallery": gallery_page, **trainer.PAGES}


def setup(app: Any) -> None:
    """Let Sphinx fill the pages that are made."""
    app.connect("source-read", fill)


def fill(_app: object, name: str, source: list[str]) -> None:
    """Put what is made behind the words of a page."""
    if name in PAGES:
        source[0] += PAGES[name]()
