"""The page of a report: HTML that asks nothing of any network and runs nothing but its own script.

Its Content-Security-Policy names the hashes of its one style and its one script. Every name is
escaped here; the data of the sequences stand in blocks that the browser does not run.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.figures.still import HATCHES, Still
from clusterlab.lab.reports.findings import WORDS, result, role
from clusterlab.lab.reports.sequences import MOST_NODES, PLACES, Store, colors_of
from clusterlab.procedures.planning import PlanTable
from clusterlab.procedures.runbook import page_style, table_html
from clusterlab.studies.play import Aftermath
from clusterlab.studies.whatif import Sweep

SAID: Mapping[str, Any] = WORDS["page"]


class Chapter(NamedTuple):
    """What a report says of one cluster: parts of the summary, pictures above tables, and so on."""

    name: str
    summary: tuple[tuple[str, tuple[str, ...]], ...]
    picture: Still
    sheets: Mapping[str, Still]
    sweep: Sweep
    store: Store
    tables: tuple[PlanTable, ...]


def page_html(
    cover: Mapping[str, str],
    parts: Sequence[Chapter],
    first: Sequence[PlanTable],
    last: Sequence[PlanTable],
) -> str:
    """Return the whole page: its cover, what is said of all clusters, of each, and at the end."""
    style = f"{page_style()}{_colors()}{_own('report.css')}"
    script = _own("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    body = [text for number, part in enumerate(parts) for text in _part(number, part, len(parts))]
    lines = (
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(cover['title'])}</title>",
        f"<style>{style}</style></head><body><main>",
        *_head(cover),
        *_contents(parts, first, last),
        *(text for table in first for text in table_html(table)),
        *(_players(parts) if len(parts) > 1 else ()),
        *body,
        *(text for table in last for text in table_html(table)),
        f"</main><footer>{escape(SAID['source'])}</footer>",
        *(_data(number, part.store) for number, part in enumerate(parts)),
        f"<script>{script}</script></body></html>\n",
    )
    return "\n".join(lines)


def _own(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _colors() -> str:
    light, dark = (
        " ".join(f"--c{place}: {color};" for place, color in enumerate(colors_of(THEMES[name])))
        for name in ("light", "dark")
    )
    screen = "@media screen and (prefers-color-scheme: dark)"
    return f":root, .sheet {{ {light} }}\n{screen} {{ :root {{ {dark} }} }}\n"


def _data(number: int, store: Store) -> str:
    text = json.dumps(store.data | {"hatches": HATCHES}, separators=(",", ":"), ensure_ascii=False)
    # No name can end the block, or begin a comment in it.
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'<script type="application/json" id="sequences-{number}">{safe}</script>'


def _head(cover: Mapping[str, str]) -> Iterator[str]:
    title, lead, logo = escape(cover["title"]), escape(SAID["lead"]), cover["logo"]
    yield "<header>"
    if logo:
        yield f'<img class="logo" src="{escape(logo)}" alt="">'
    yield f'<h1>{title}</h1><p class="lead">{lead}</p>'
    given = "".join(
        f'<tr><th scope="row">{escape(SAID[name])}</th><td>{escape(cover[name])}</td></tr>'
        for name in ("client", "author", "date")
        if cover[name]
    )
    yield f'<table class="facts">{given}</table>' if given else ""
    yield "</header>"


def _contents(
    parts: Sequence[Chapter], first: Sequence[PlanTable], last: Sequence[PlanTable]
) -> Iterator[str]:
    links = [(table.name, table.title) for table in first]
    for number, part in enumerate(parts):
        of = f"{part.name}: " if len(parts) > 1 else ""
        links += [(f"{key}-{number}", f"{of}{WORDS['heads'][key]}")
                  for key in ("summary", "picture", "map")]  # fmt: skip
        links += [(f"{table.name}-{number}", f"{of}{table.title}") for table in part.tables]
    links += [(table.name, table.title) for table in last]
    items = "".join(f'<li><a href="#{key}">{escape(text)}</a></li>' for key, text in links)
    yield f'<nav aria-label="{SAID["contents"]}"><h2>{SAID["contents"]}</h2><ol>{items}</ol></nav>'


def _part(number: int, part: Chapter, of: int) -> Iterator[str]:
    heads, name = WORDS["heads"], f"{escape(part.name)}: " if of > 1 else ""
    yield f'<h2 id="summary-{number}">{name}{heads["summary"]}</h2><div class="summary">'
    for key, sentences in part.summary:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
        yield f"<section><h3>{WORDS['parts'][key]}</h3>{said}</section>"
    yield f'</div><h2 id="picture-{number}">{name}{heads["picture"]}</h2>'
    yield f'<div class="picture">{_picture(part.picture)}</div>'
    yield f"<details><summary>{SAID['words']}</summary><p>{escape(part.picture.alt)}</p></details>"
    yield f'<h2 id="map-{number}">{name}{heads["map"]}</h2>'
    yield from _map(number, part)
    yield from _players([part]) if of == 1 else ()
    for table in part.tables:
        head, *rest = table_html(table, f"{table.name}-{number}")
        yield head
        if sheet := part.sheets.get(table.name):
            yield f'<div class="picture sheet">{_picture(sheet)}</div>'
        yield from rest


def _picture(picture: Still) -> str:
    svg = re.sub(r' style="[^"]*"', "", picture.svg, count=1)
    known = f'"({"|".join(PLACES)})"'
    return re.sub(known, lambda found: f'"var(--c{PLACES[found[1]]})"', svg)


def _map(number: int, part: Chapter) -> Iterator[str]:
    sweep, width = part.sweep, len(part.sweep.failures)
    yield f"<p>{escape(sweep.summary())} {SAID['map_note']} "
    stored = part.store.data["sequences"]
    limit = "" if len(stored) >= width**2 else SAID["limit"].format(most=MOST_NODES)
    yield f'<span class="press">{SAID["press"]}</span> {limit}</p>'
    heads = "".join(f'<th scope="col">{escape(one.label)}</th>' for one in sweep.failures)
    yield '<div class="wide" tabindex="0" role="region" aria-label="Map of failures">'
    yield f'<table class="map"><thead><tr><th scope="col">{SAID["then"]}</th>{heads}</tr></thead>'
    for row, (failure, cells) in enumerate(sweep.rows()):
        places = range(row * width, (row + 1) * width)
        shown = "".join(
            _cell(f"{number}:{place}", cell, is_stored=place in stored)
            for place, cell in zip(places, cells, strict=True)
        )
        yield f'<tr><th scope="row">{escape(failure.label)}</th>{shown}</tr>'
    yield "</table></div>"


def _cell(place: str, cell: Aftermath, *, is_stored: bool) -> str:
    said = result(cell)
    alone = f"{SAID['alone']}: " * (len(cell.failures) == 1)
    first, *rest = said.split("; ")
    small = "".join(f"<small>{escape(text)}</small>" for text in rest)
    return (
        f'<td><button type="button" class="{role(cell)}" data-sequence="{place}" '
        f'{"" if is_stored else "disabled "}aria-label="{escape(f"{cell.label}: {said}")}">'
        f"{alone}{escape(first)}{small}"
        "</button></td>"
    )


def _printed(sweep: Sweep) -> Iterator[int]:
    """Yield the places of the sequences worth printing: single ones, and the shortest losses."""
    shortest = {id(sweep.shortest(group)) for group in sweep.start.config.served_groups}
    for place, cell in enumerate(sweep.cells):
        if len(cell.failures) == 1 or id(cell) in shortest:
            yield place


def _players(parts: Sequence[Chapter]) -> Iterator[str]:
    """Yield what plays the sequences; two clusters stand side by side."""
    pair = " pair" * (len(parts) > 1)
    yield f'<div class="players{pair}">'
    for number, part in enumerate(parts):
        yield _player(number, f"{part.name}: " * bool(pair))
    yield "</div>"
    for number, part in enumerate(parts):
        printed = " ".join(map(str, _printed(part.sweep)))
        yield f'<div class="printed" data-of="{number}" data-sequences="{printed}">'
        yield f"<h2>{escape(part.name)}: {WORDS['heads']['printed']}</h2></div>"
    yield f'<noscript><p class="warning">{SAID["noscript"]}</p></noscript>'


def _player(number: int, name: str) -> str:
    buttons = "".join(
        f'<button type="button" data-go="{go}">{SAID[go]}</button>'
        for go in ("first", "back", "next", "last")
    )
    return (
        f'<section class="player" data-of="{number}" data-name="{escape(name)}" '
        f'data-before="{SAID["before"]}" '
        f'tabindex="-1" aria-label="{SAID["player"]}" hidden>'
        f'<h3></h3><div class="go">{buttons}<output></output></div>'
        f'<p class="now" role="status"></p><div class="stage"><div class="picture"></div>'
        f'<div class="why"><h4>{SAID["why"]}</h4><ol></ol><ul class="notes"></ul></div></div>'
        f"<details><summary>{SAID['words']}</summary><p></p></details>"
        f'<details><summary>{SAID["steps"]}</summary><ol class="steps"></ol></details>'
        f'<ul class="fates"></ul><p class="notes">{SAID["keys"]}</p></section>'
    )
