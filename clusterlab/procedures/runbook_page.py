"""A runbook as one HTML file: no scripts, nothing to load, made for paper as well as the screen.

`write_runbook` writes it, or its Markdown, whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path

from clusterlab.procedures.planning import PlanTable, warnings
from clusterlab.procedures.procedure import Procedure, clock
from clusterlab.procedures.run import Run
from clusterlab.procedures.runbook import (
    Runbook,
    RunbookStep,
    Section,
    ranges,
    runbook,
    runbook_markdown,
)
from clusterlab.tomlfiles.files import write_text
from clusterlab.tomlfiles.problems import ClusterFileError, Problem

ENDINGS = (".html", ".md")
"""What a runbook can be written as."""
STYLE = """\
@page { size: A4; margin: 16mm 15mm 16mm 18mm;
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8pt Arial;
    color: #4B5563; } }
* { box-sizing: border-box; }
html { color-scheme: light; }
body { margin: 0 auto; padding: 24px 28px 48px; max-width: 900px; background: #fff;
  color: #1B1F24; font: 15px/1.45 "Segoe UI", Calibri, Arial, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.2rem; margin: 36px 0 10px; padding-bottom: 4px; border-bottom: 2px solid #0072B2;
  break-after: avoid; display: flex; justify-content: space-between; gap: 12px; }
h2 small { font-weight: normal; font-size: .85rem; color: #4B5563; align-self: end;
  white-space: nowrap; }
p { margin: 6px 0; }
.lead { color: #4B5563; margin: 0 0 18px; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { border: 1px solid #C5CAD3; padding: 4px 8px; text-align: left; vertical-align: top;
  overflow-wrap: break-word; }
th { background: #EEF2F6; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.wide { overflow-x: auto; break-inside: avoid; }
.names td:nth-child(3) { overflow-wrap: anywhere; }
.names td:nth-child(-n+2), .disks td:nth-child(3),
.accounts td:nth-child(3) { white-space: nowrap; }
.accounts td:last-child, .permissions td:last-child { min-width: 8.5rem; }
.facts th { width: 13rem; }
.fill td { height: 2.1em; }
.notes { font-size: .85rem; color: #374151; margin: 6px 0 0; padding-left: 20px; }
.warning { border-left: 5px solid #E69F00; background: #FFF7E6; padding: 6px 12px; }
nav ol { columns: 2; column-gap: 32px; padding-left: 0; margin: 8px 0; list-style: none;
  font-size: .9rem; }
nav a { color: #1B1F24; text-decoration: none; display: flex; justify-content: space-between; }
nav a:hover { text-decoration: underline; }
nav small { color: #4B5563; white-space: nowrap; padding-left: 8px; }
.step { border: 1px solid #C5CAD3; border-radius: 4px; margin: 0 0 10px; break-inside: avoid; }
.step h3 { margin: 0; padding: 6px 10px; font-size: 1rem; background: #EEF2F6; display: flex;
  align-items: baseline; gap: 10px; border-bottom: 1px solid #C5CAD3; }
.step h3 label { flex: 1; display: flex; align-items: baseline; gap: 10px; }
.step h3 small { font-weight: normal; font-size: .82rem; color: #4B5563; white-space: nowrap; }
input[type=checkbox] { width: 17px; height: 17px; margin: 0; flex: none; align-self: center;
  accent-color: #0072B2; }
dl { display: grid; grid-template-columns: 4.6rem 1fr 4.2rem 1fr; gap: 2px 10px; margin: 0;
  padding: 6px 12px; font-size: .9rem; }
dt { color: #4B5563; }
dd { margin: 0; overflow-wrap: anywhere; }
dd.all { grid-column: 2 / -1; }
pre { margin: 2px 0; padding: 5px 8px; background: #F6F7F9; border: 1px solid #DFE3E8;
  border-radius: 3px; font: .82rem/1.4 Consolas, "Courier New", monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
b.answer { font-weight: 600; }
.sign { display: flex; gap: 14px; padding: 0 12px 8px; font-size: .82rem; color: #4B5563; }
.sign span { flex: 1; border-bottom: 1px solid #6B7280; padding-top: 10px; }
.sign span:nth-child(3) { flex: 3; }
footer { margin-top: 28px; font-size: .82rem; color: #4B5563; }
@media (max-width: 640px) {
  dl { grid-template-columns: 1fr; } dt { margin-top: 4px; } dd.all { grid-column: 1; }
  nav ol { columns: 1; } .step h3 { flex-wrap: wrap; } .step h3 label { flex-basis: 100%; }
}
@media print {
  html { font-size: 12pt; }
  body { padding: 0; max-width: none; font-size: 10pt; line-height: 1.3; }
  h1 { font-size: 17pt; }
  h2 { margin-top: 16px; }
  .step { margin-bottom: 7px; }
  .step h3 { padding: 3px 8px; font-size: .88rem; }
  .step h3 small, table, .notes, .sign { font-size: 8.5pt; }
  dl { font-size: 9pt; padding: 4px 8px; gap: 1px 8px; }
  pre { font-size: 8.5pt; padding: 2px 6px; margin: 1px 0; }
  .sign { padding: 0 8px 6px; }
  .wide { overflow: visible; }
  .page { break-before: page; }
  th, .step h3, pre, .warning { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def runbook_html(work: Procedure | Run, seconds: Mapping[str, float] | None = None) -> str:
    """Return the runbook as one HTML file; every name is escaped.

    Args:
        work: What is to be done.
        seconds: The client's own times for the forecast, by assumption.
    """
    book = runbook(work, seconds)
    title = escape(book.title)
    parts = (
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>\n{STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        '<p class="lead">Runbook: tick each step when its verification is done, and write down '
        "time and initials.</p>",
        *_first_page(book),
        *(part for table in book.tables for part in _table(table)),
        *(
            part
            for number, section in enumerate(book.sections, 1)
            for part in _section(number, section)
        ),
        *_last_page(),
        "</body></html>\n",
    )
    return "\n".join(parts)


def _first_page(book: Runbook) -> Iterator[str]:
    empty = ("Version and date", "Prepared by", "Approved by", "Change number")
    rows = (*book.facts, *((name, "") for name in empty))
    yield '<table class="facts">'
    for name, value in rows:
        yield f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
    yield "</table>"
    for warning in warnings(book.plan):
        yield f'<p class="warning"><b>Warning:</b> {escape(warning)}</p>'
    yield "<nav><h2>Contents</h2><ol>"
    for table in book.tables:
        yield f'<li><a href="#{table.name}">{escape(table.title)}</a></li>'
    for number, section in enumerate(book.sections, 1):
        label = f"{escape(section.title)}<small>{_numbers(section)}</small>"
        yield f'<li><a href="#section-{number}">{label}</a></li>'
    yield "</ol></nav>"


def _numbers(section: Section) -> str:
    return f"steps {ranges([step.number for step in section.steps])}, {clock(section.minutes)}"


def _cells(tag: str, cells: Iterable[str]) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)


def _table(table: PlanTable) -> Iterator[str]:
    yield f'<h2 id="{table.name}">{escape(table.title)}</h2>'
    yield f'<div class="wide"><table class="{table.name}">'
    yield f"<thead><tr>{_cells('th', table.head)}</tr></thead><tbody>"
    yield from (f"<tr>{_cells('td', row)}</tr>" for row in table.rows)
    yield "</tbody></table></div>"
    if table.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
        yield f'<ul class="notes">{notes}</ul>'


def _section(number: int, section: Section) -> Iterator[str]:
    title, numbers = escape(section.title), _numbers(section)
    page = ' class="page"' if number == 1 else ""
    yield f'<h2 id="section-{number}"{page}>{title}<small>{numbers}</small></h2>'
    for step in section.steps:
        yield from _step(step)


def _step(step: RunbookStep) -> Iterator[str]:
    optional = ", optional" if step.is_optional else ""
    after = f"after {ranges(step.after)} &middot; " if step.after else ""
    yield (
        f'<section class="step"><h3><label><input type="checkbox"><span>{step.number}. '
        f"{escape(step.title)}</span></label>"
        f"<small>{after}{escape(step.key)} &middot; {step.minutes} min{optional}</small></h3><dl>"
    )
    yield f"<dt>Where</dt><dd>{escape(step.place)}</dd>"
    yield f"<dt>Account</dt><dd>{escape(step.permission)}</dd>"
    yield _row("Do", escape(step.how))
    if step.decisions:
        answers = (f'{escape(q)} <b class="answer">{escape(a)}</b>' for q, a in step.decisions)
        yield _row("Choose", "<br>".join(answers))
    if step.commands:
        yield _row("Type", f"<pre>{escape(chr(10).join(step.commands))}</pre>")
    yield _row("Verify", escape(step.verify))
    if step.later:
        yield _row("If left out", escape(step.later))
    if step.rollback:
        yield _row("Way back", escape(step.rollback))
    yield "</dl>"
    yield '<div class="sign"><span>Time</span><span>Initials</span><span>Remarks</span></div>'
    yield "</section>"


def _row(name: str, html: str) -> str:
    return f'<dt>{name}</dt><dd class="all">{html}</dd>'


def _last_page() -> Iterator[str]:
    yield '<h2 id="handover">Handover</h2><table class="fill">'
    yield f"<tr>{_cells('th', ('', 'Name', 'Date', 'Signature'))}</tr>"
    for role in ("Installed by", "Verified by", "Accepted by the client"):
        yield f"<tr><th>{role}</th><td></td><td></td><td></td></tr>"
    yield "</table>"
    yield "<footer>Minutes are training values. Sources: the handbook of clusterlab.</footer>"


# --- files --------------------------------------------------------------------------------------


def write_runbook(
    work: Procedure | Run, path: Path, seconds: Mapping[str, float] | None = None
) -> None:
    """Write a runbook as HTML or Markdown, by the ending of *path*; whole or not at all.

    Args:
        work: What is to be done.
        path: Where.
        seconds: The client's own times for the forecast, by assumption.

    Raises:
        ClusterFileError: If the ending is another one, or the file cannot be written; a file that
            stood there is as it was.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        text = f"a runbook cannot be written as {ending!r}; allowed: {', '.join(ENDINGS)}"
        raise ClusterFileError([Problem(path.name, 0, text)])
    made = runbook_html if ending == ".html" else runbook_markdown
    write_text(path, made(work, seconds))
