"""Writes docs/fidelity.md: what of the handbook the simulation does, and how we know it.

Nothing is said twice. Rules are the docstrings of tests, under the section that each names;
durations, events, error codes and resource types come from the tables of the package; sources
from the handbook. Only what no test can say stands in `tools/fidelity.toml`: what is simplified or
left out, and which tested rules have no source or conflicting ones. A section with neither test
nor entry is an error, and so is an entry that is no longer true.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster.facts import CLUSTER_DURATIONS, ERROR_CODES, EVENTS, Duration
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.resource_types import CLUSTER_TYPES
from clusterlab.exchange.evs import EXCHANGE_2000, EXCHANGE_2003, EXCHANGE_TYPES
from clusterlab.exchange.exres import EXCHANGE_DURATIONS
from clusterlab.exchange.resource_types import USERS_OF_STORE_EVENTS
from tools.course import ROOT, write_if_changed

PAGE = ROOT / "docs" / "fidelity.md"
SOURCED_FILE = ROOT / "clusterlab" / "cluster" / "standing.toml"
ENTRIES = Path(__file__).with_name("fidelity.toml")
HANDBOOK = ROOT / "docs" / "handbook"
TESTS = ROOT / "tests"
RULE_ROOMS = ("cluster", "clusterexe", "exchange")
"""Rooms whose code logs events and raises error codes."""

EXACT, SIMPLIFIED, LEFT_OUT = "exactly", "simplified", "left out"
SOURCED, DERIVED, UNSOURCED, CONFLICT = "sourced", "derived", "unsourced", "conflicting"
WHOLE = "0.0"
"""Section of tests of a chapter that name none."""
OWN_TEXT = 150
"""A heading with less text of its own than this, in characters, only groups others."""

_STEPS = {"m": "8", "r": "6.2"}
"""Sections of handbook 3 by the letter of an id such as M05 (a mistake); other steps are in 9."""

_HEADING = re.compile(r"^#{2,4} (\d+(?:\.\d+)*)\.? (.+)$", re.MULTILINE)
_EXPLICIT = re.compile(r"[Hh]andbook (\d)(?:,? (?:section )?(\d+(?:\.\d+)*))")
_START = re.compile(r"^Handbook \d, [\d.]+(?: and [\d.]+)?: ")
_END = re.compile(r"\s*\((?:handbook )?(?:index|row|rule|quiz|conflict|\d)[^()]*\)(?=\W*$)", re.I)


class FidelityError(Exception):
    """The page cannot be written; each line says what is missing or no longer true."""


# --- the handbook -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered section of a chapter.

    Attributes:
        key: Chapter and number, such as "1, 4.6".
        title: Its heading.
        text: What stands below it, down to the next heading.
    """

    key: str
    title: str
    text: str


class Chapter(NamedTuple):
    """One chapter: its file, title, sections by key, and sources by label."""

    number: int
    path: Path
    title: str
    sections: Mapping[str, Section]
    sources: Mapping[str, str]


@cache
def chapters() -> list[Chapter]:
    """Return the chapters of the handbook in order, the index left out."""
    paths = sorted(HANDBOOK.glob("0[1-9]-*.md"))
    return [_chapter(int(path.name[:2]), path) for path in paths]


def _chapter(number: int, path: Path) -> Chapter:
    text = path.read_text("utf-8")
    title = text.splitlines()[0].removeprefix("# ")
    body = text.split("\n## Sources")[0]
    found = list(_HEADING.finditer(body))
    ends = [match.start() for match in found[1:]] + [len(body)]
    sections = {}
    for match, end in zip(found, ends, strict=True):
        key = f"{number}, {match[1]}"
        sections[key] = Section(key, match[2], body[match.end() : end].strip())
    sections[f"{number}, {WHOLE}"] = Section(f"{number}, {WHOLE}", "the chapter as a whole", "")
    sources = dict(re.findall(r"^- \[(S?\d+b?)\] (.+)$", text, re.MULTILINE))
    return Chapter(number, path, title, sections, sources)


def rows_sourced(chapter: Chapter) -> list[str]:
    """Return the rows of a chapter's tables that cite a source, such as "4, R5"."""
    rows = re.findall(r"^\| ([A-Z]{1,3}-?\d{1,2}) \|(.+)$", chapter.path.read_text("utf-8"), re.M)
    return [f"{chapter.number}, {name}" for name, text in rows if re.search(r"\bS\d+", text)]


def source_words(chapter: Chapter, section: Section) -> str:
    """Return the sources that a section cites: KB numbers, or the beginning of a title."""
    labels = dict.fromkeys(re.findall(r"\bS\d+b?\b", section.title + section.text))
    words: list[str] = []
    for label in labels:
        text = re.split(r"\.? https?://|: https?://", chapter.sources.get(label, ""))[0]
        words += re.findall(r"KB \d{6}", text) or [shortened(text)] * bool(text)
    return "; ".join(dict.fromkeys(words))


def shortened(text: str) -> str:
    """Return the beginning of a source's title, up to its first bracket or 60 characters."""
    title = re.split(r" \(|, quoted| \[|: ", text)[0].strip(" .,")
    return title if len(title) <= 60 else f"{title[:57].rstrip()}..."


# --- the rules ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the page.

    Attributes:
        section: Key of its section.
        text: What the rule says.
        state: `EXACT`, `SIMPLIFIED` or `LEFT_OUT`.
        standing: `SOURCED`, `DERIVED`, `UNSOURCED` or `CONFLICT`; "" where nothing is modelled.
        name: Of the test or scenario; "" for an entry.
        path: Its file, from the repository's root.
        conflicts: Rows of the handbook's register of conflicts that it settles.
    """

    section: str
    text: str
    state: str = EXACT
    standing: str = ""
    name: str = ""
    path: str = ""
    conflicts: tuple[str, ...] = ()

    @property
    def marked(self) -> str:
        """How `fidelity.toml` names it."""
        return self.name if self.path.endswith(".py") else f"{self.name}.txt"


def rules_of_tests(keys: Iterable[str]) -> list[Rule]:
    """Return a rule for each test and scenario that names a section of the handbook."""
    known = set(keys)
    placed = [replace(rule, section=_nearest(rule.section, known)) for rule in _rules_as_named()]
    return [rule for rule in placed if rule.section]


@cache
def _rules_as_named() -> list[Rule]:
    """Return the rules of all tests and scenarios, each with the section that it names."""
    files = [rule for path in sorted(TESTS.glob("test_*.py")) for rule in _rules_of_file(path)]
    scenarios = sorted((TESTS / "scenarios").glob("*.txt"))
    return files + [rule for path in scenarios for rule in _rules_of_scenario(path)]


def _nearest(key: str, known: set[str]) -> str:
    """Return *key*, or the nearest heading above it that exists, or "" ("2, 10.11": "2, 10")."""
    while key not in known and "." in key:
        key = key.rpartition(".")[0]
    return key if key in known else ""


def _rules_of_file(path: Path) -> Iterator[Rule]:
    tree = ast.parse(path.read_text("utf-8"))
    file = path.relative_to(ROOT).as_posix()
    chapter = re.match(r"test_handbook_(\d)", path.name)
    about = ast.get_docstring(tree) or ""
    if chapter is None and about.rstrip(".").endswith(")"):
        end = about[about.rindex("(") :]
        for key in _sections_named(end):
            yield Rule(key, _sentence(about.split("\n\n")[0]), name="all tests", path=file)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            text = " ".join((ast.get_docstring(node) or "").split())
            key = _section_of(node.name, text, chapter[1] if chapter else "")
            if key:
                name = node.name.removeprefix("test_")
                yield Rule(key, _sentence(text), name=name, path=file, conflicts=_rows(text))


def _sections_named(text: str) -> list[str]:
    """Return the sections in "(handbook 1, 8.1 and 8.4)"."""
    match = _EXPLICIT.search(text)
    if match is None:
        return []
    rest = text[match.end() :].split(";", maxsplit=1)[0]
    others = re.findall(r"(?:and|,) (\d+(?:\.\d+)+)", rest)
    return [f"{match[1]}, {number}" for number in (match[2], *others)]


def _section_of(name: str, text: str, chapter: str) -> str:
    """Return the section that a test is about, or ""."""
    if chapter and (match := re.match(r"test_(\d+)(?:_(\d+))?_", name)):
        return f"{chapter}, {match[1]}.{match[2]}" if match[2] else f"{chapter}, {match[1]}"
    if chapter == "3" and (match := re.match(r"test_([a-z])\d\d_", name)):
        return f"3, {_STEPS.get(match[1], '9')}"
    if explicit := _sections_named(text):
        return explicit[0]
    if chapter and (match := re.search(r"\((\d+(?:\.\d+)*)[^()]*\)", text)):
        return f"{chapter}, {match[1]}"
    return f"{chapter}, {WHOLE}" if chapter else ""


def _rows(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"(?:conflict|11, row) (\d+)", text))


def _sentence(text: str) -> str:
    """Return a docstring as one line without the section that it names at either end."""
    line = _START.sub("", _END.sub("", " ".join(text.split())))
    return line[:1].upper() + line[1:] if line[:1].isalpha() and line is not text else line


def _rules_of_scenario(path: Path) -> Iterator[Rule]:
    lines = path.read_text("utf-8").splitlines()
    comment = []
    for line in lines:
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("# "))
    head, _, said = " ".join(comment).partition(": ")
    match = re.match(r"Handbook (\d)(?:, (\d+(?:\.\d+)?)|\.\d+)", head)
    if match:
        key = f"{match[1]}, {match[2] or match[0].removeprefix('Handbook ')}"
        text = said[:1].upper() + said[1:]
        yield Rule(key, text, name=path.stem, path=path.relative_to(ROOT).as_posix())


# --- the entries --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entries:
    """What `fidelity.toml` says.

    Attributes:
        whole: Chapters of which every section must be accounted for.
        rules: What is simplified or left out.
        standings: `UNSOURCED`, `CONFLICT` or `DERIVED` by name of test.
        events: Why an event is not logged, by chapter and id, such as "1, 1034".
        errors: Why an error code is not raised, by code.
        conflicts: How a row of the register of conflicts is settled.
    """

    whole: tuple[int, ...]
    rules: tuple[Rule, ...]
    standings: Mapping[str, str]
    events: Mapping[str, str]
    errors: Mapping[str, str]
    conflicts: Mapping[str, str]


def entries() -> Entries:
    """Return what `fidelity.toml` says."""
    raw = tomllib.loads(ENTRIES.read_text("utf-8"))
    sections: Mapping[str, Mapping[str, Any]] = raw["section"]
    rules: list[Rule] = []
    standings: dict[str, str] = {}
    for key, table in sections.items():
        for state, field_name in ((SIMPLIFIED, "simplified"), (LEFT_OUT, "left_out")):
            for what, why in table.get(field_name, ()):
                rules.append(Rule(key, f"{what}: {why}", state))
        for standing, field_name in (
            (UNSOURCED, "unsourced"),
            (CONFLICT, "conflict"),
            (DERIVED, "derived"),
        ):
            standings |= dict.fromkeys(table.get(field_name, ()), standing)
    tables = {name: raw[name] for name in ("events", "errors", "conflicts")}
    return Entries(tuple(raw["whole"]), tuple(rules), standings, **tables)


# --- tables of numbers --------------------------------------------------------------------------


class Number(NamedTuple):
    """One event id or error code of the handbook."""

    number: str
    meaning: str


def numbers_of(section: Section) -> list[Number]:
    """Return the ids in the first column of a section's tables, with what they mean."""
    rows = re.findall(r"^\|([^|]*\d{4}[^|]*)\|([^|\n]*)\|", section.text, re.MULTILINE)
    rows += re.findall(r"^\| (?:MSExchange\w+|-) \|([^|]*)\|([^|]*)\|", section.text, re.MULTILINE)
    found = []
    for cell, meaning in rows:
        for first, last in re.findall(r"\b(\d{4})(?:\.\.(\d{4}))?\b", re.sub(r"\(.*?\)", "", cell)):
            for number in range(int(first), int(last or first) + 1):
                found.append(Number(str(number), meaning.replace("**", "").strip()))
    return sorted(dict.fromkeys(found))


REFUSALS = tomllib.loads((ROOT / "clusterlab" / "cluster" / "refusals.toml").read_text("utf-8"))


@cache
def modules_with_numbers() -> dict[str, list[str]]:
    """Return for each number of four digits the modules of the rules that have it in code."""
    found: dict[str, list[str]] = {}
    for room in RULE_ROOMS:
        for path in sorted((ROOT / "clusterlab" / room).glob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            named = {row.get("code") for key, row in REFUSALS.items() if key in constants}
            for value in constants | named if path.stem != "facts" else ():
                if isinstance(value, int) and 1000 <= value <= 9999:
                    found.setdefault(str(value), []).append(f"{room}/{path.name}")
    return found


@dataclass
class Page:
    """Everything the page is made of, and what is wrong with it."""

    chapters: list[Chapter] = field(default_factory=chapters)
    entries: Entries = field(default_factory=entries)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put rules under their sections and look for gaps."""
        self.sections = {key: s for chapter in self.chapters for key, s in chapter.sections.items()}
        tested = [self._with_standing(rule) for rule in rules_of_tests(self.sections)]
        self.rules = [*tested, *self.entries.rules]
        self.used = modules_with_numbers()
        self._check(tested)

    @cached_property
    def sourced(self) -> list[str]:
        """The sections that cite a source."""
        cited = re.compile(r"\b[SY]\d+")
        return [key for key, one in self.sections.items() if cited.search(one.title + one.text)]

    def _with_standing(self, rule: Rule) -> Rule:
        default = SOURCED if rule.section in self.sourced else DERIVED
        return replace(rule, standing=self.entries.standings.get(rule.marked, default))

    def _check(self, tested: Sequence[Rule]) -> None:
        covered = {rule.section for rule in self.rules}
        whole = [chapter for chapter in self.chapters if chapter.number in self.entries.whole]
        for section in (item for chapter in whole for item in chapter.sections.values()):
            if len(section.text) >= OWN_TEXT and section.key not in covered:
                where = f"handbook {section.key} ({section.title})"
                self._say(f"{where}: no test names it; write one, or say why not")
        for rule in self.entries.rules:
            if rule.section not in self.sections:
                self._say(f"the handbook has no section {rule.section!r}: {rule.text}")
        names = {rule.marked for rule in tested}
        for name in sorted(self.entries.standings.keys() - names):
            self._say(f"{name!r} is no test of a rule any more; take it out")

    def _say(self, problem: str) -> None:
        self.problems.append(problem)

    # --- what is logged and raised ------------------------------------------------------------

    def fate(self, number: str, is_done: bool, reason: str | None, what: str) -> str:
        """Return where a number comes from, or why it does not; both or neither is a problem."""
        where = ", ".join(f"`{name}`" for name in self.used.get(number, ()))
        if is_done and reason:
            self._say(f"{what} {number} exists now; take its reason out")
        if is_done and not where:
            self._say(f"{what} {number} stands in a table, and no code uses it")
        if not is_done and not reason:
            self._say(f"{what} {number} does not exist; write why")
        return where if is_done else f"left out: {reason}"

    def numbers(self, key: str, done: Iterable[int], reasons: Mapping[str, str]) -> list[list[str]]:
        """Return a row for each event or error code of a section: number, meaning, fate."""
        made = {str(number) for number in done}
        ids = numbers_of(self.sections[key])
        what = "error" if key == "1, 8.4" else "event"
        for number in sorted(reasons.keys() - {one.number for one in ids}):
            self._say(f"{what} {number} is not in handbook {key}; take its reason out")
        for number in sorted(made - {one.number for one in ids}):
            self._say(f"{what} {number} is in no table of handbook {key}")
        return [
            [one.number, one.meaning, self.fate(one.number, one.number in made,
                                                reasons.get(one.number), what)]
            for one in ids
        ]  # fmt: skip

    def conflict_rows(self) -> list[list[str]]:
        """Return the register of conflicts: topic, value used, and where it stands."""
        text = self.sections["1, 11"].text
        rows = []
        for number, topic, _, used in re.findall(
            r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE
        ):
            proofs = [_link(rule) for rule in self.rules if number in rule.conflicts]
            entry = self.entries.conflicts.get(number)
            if not entry and not proofs:
                self._say(f"conflict {number} ({topic}): neither test nor entry")
            rows.append([number, topic, used, "; ".join(filter(None, (entry, *proofs)))])
        return rows


# --- writing ------------------------------------------------------------------------------------


def _link(rule: Rule) -> str:
    if not rule.path:
        return ""
    folder = "" if rule.name == "all tests" else rule.name
    shown = folder or Path(rule.path).name
    return f"[{shown}](../{rule.path})"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        cells = [cell.replace("|", "\\|").replace("\n", " ") for cell in row]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _anchor(chapter: Chapter) -> str:
    return f"handbook/{chapter.path.name}"


_INTRO = """# How faithful is the simulation?

This page says, section by section of the [handbook](handbook/00-index.md), what the simulation
does, how we know it, and what it does not do. It is made by `python -m tools.fidelity` from the
tests and tables of the package; edit those, or `tools/fidelity.toml`, not this page.

**State** of a rule:
- *exactly*: a test of this name fails if the simulation does anything else.
- *simplified*: the simulation does less than the product, in the way that is said.
- *left out*: the simulation does not do it, for the reason that is said.

**Standing** of what is modelled:
- *sourced*: a document of the product, or an article about it, says so; the line above each table
  names them. The handbook says which sentence has which source.
- *derived*: it follows from sourced rules.
- *unsourced*: product knowledge or a choice made for training, found in no document. Never teach
  it as documented. Durations of this kind can be changed: `exchange_cluster(durations={...})`.
- *conflicting*: documents disagree; the register of conflicts below says which value is used.

How many seconds a step takes has a standing of its own, in the table of durations below.
"""


def page_text(page: Page | None = None) -> str:
    """Return the page.

    Args:
        page: What it is made of; None takes the repository as it is.

    Raises:
        FidelityError: If a section, an event or an error code is not accounted for, or an entry
            of `fidelity.toml` is no longer true.
    """
    page = page or Page()
    numbers = _number_tables(page)
    body = [line for chapter in page.chapters for line in _chapter_lines(page, chapter)]
    text = "\n".join([_INTRO, *_summary(page, numbers), *body, *_appendix(page, numbers)])
    if page.problems:
        raise FidelityError("\n".join(page.problems))
    return text.rstrip() + "\n"


def _number_tables(page: Page) -> dict[str, list[list[str]]]:
    split: dict[str, dict[str, str]] = {"1": {}, "2": {}}
    for key, reason in page.entries.events.items():
        chapter, _, number = key.partition(", ")
        split[chapter][number] = reason
    exchange = {event for ids in _exchange_events().values() for event in ids}
    logged = [number for _, number in EVENTS]
    return {
        "events": page.numbers("1, 8.3", logged, split["1"]),
        "Exchange events": page.numbers("2, 8.4", exchange, split["2"]),
        "errors": page.numbers("1, 8.4", ERROR_CODES, page.entries.errors),
    }


def _exchange_events() -> dict[str, set[int]]:
    """Return by version of Exchange the ids that its resource types log, 5018 included."""
    found: dict[str, set[int]] = {"refusal": {5018}}
    for version, types in EXCHANGE_TYPES.items():
        events = [event for item in types.values() for event in item.failure_events]
        found[str(version)] = {event.event_id for event in events if event is not None}
    found["2000"] |= {event.event_id for event in USERS_OF_STORE_EVENTS}
    return found


def _summary(page: Page, numbers: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    heads = ("Chapter", "Sections", EXACT, SIMPLIFIED, LEFT_OUT, SOURCED, DERIVED, UNSOURCED,
             CONFLICT)  # fmt: skip
    rows = []
    for chapter in page.chapters:
        rules = [rule for rule in page.rules if rule.section in chapter.sections]
        shown = {rule.section for rule in rules}
        states = [str(sum(rule.state == state for rule in rules)) for state in heads[2:5]]
        kinds = [str(sum(rule.standing == kind for rule in rules)) for kind in heads[5:]]
        whole = "all" if chapter.number in page.entries.whole else f"{len(shown)}"
        rows.append([f"[{chapter.number}]({_anchor(chapter)})", whole, *states, *kinds])
    lines = ["## At a glance", "", "Rules by state and standing:", "", *_table(heads, rows)]
    lines += ["Chapters 3 to 6 show what is modelled so far.", "", "Tables:", ""]
    counts = []
    for name, table in numbers.items():
        made = sum(not row[2].startswith("left out") for row in table)
        counts.append([name[0].upper() + name[1:], f"{made} of {len(table)}"])
    durations = [*CLUSTER_DURATIONS.values(), *EXCHANGE_DURATIONS.values()]
    free = sum(_standing(duration) == UNSOURCED for duration in durations)
    counts.append(["Durations", f"{len(durations)}, of them {free} unsourced"])
    types = len(CLUSTER_TYPES) + len(EXCHANGE_TYPES[EXCHANGE_2003])
    counts.append(["Resource types", f"{types} of {types}"])
    return [*lines, *_table(("Table", "Modelled"), counts)]


def _chapter_lines(page: Page, chapter: Chapter) -> list[str]:
    lines = [f"## {chapter.title}", ""]
    for key, section in chapter.sections.items():
        rules = [rule for rule in page.rules if rule.section == key]
        if rules:
            name = str(chapter.number) if key.endswith(f", {WHOLE}") else key
            lines += [f"### Handbook {name}: {_plain(section.title)}", ""]
            sources = source_words(chapter, section)
            lines += [f"Sources: {sources}.", ""] if sources else []
            rows = [[rule.text, rule.state, rule.standing, _link(rule)] for rule in rules]
            lines += _table(("Rule", "State", "Standing", "Test"), rows)
    return lines if len(lines) > 2 else [*lines, "Nothing of it is modelled yet.", ""]


def _plain(title: str) -> str:
    return re.sub(r"\s*\[.*?\]", "", title)


def _appendix(page: Page, numbers: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    durations = [
        [f"`{key}`", row.meaning, f"{row.seconds:g}", _standing(row), row.source]
        for table in (CLUSTER_DURATIONS, EXCHANGE_DURATIONS)
        for key, row in table.items()
    ]
    return [
        "## Events of the Cluster service (handbook 1, 8.3)", "",
        *_table(("Event", "Meaning", "Logged by"), numbers["events"]),
        "## Events of Exchange (handbook 2, 8.4)", "",
        *_table(("Event", "Meaning", "Logged by"), numbers["Exchange events"]),
        "## Error codes (handbook 1, 8.4)", "",
        "Only 5018 is printed in the words of the product; all other texts are ours, with the code",
        "in front.", "",
        *_table(("Code", "Use", "Raised by"), numbers["errors"]),
        "## Durations (handbook 1, 9; handbook 2, 4.9)", "",
        *_table(("Key", "Meaning", "Seconds", "Standing", "Source"), durations),
        "## Resource types (handbook 1, 3; handbook 2, 1.2)", "",
        *_table(("Type", "Needs", "Can be quorum"), _type_rows()),
        "## Register of conflicts (handbook 1, 11)", "",
        *_table(("No.", "Topic", "Used here", "Where"), page.conflict_rows()),
    ]  # fmt: skip


def _standing(duration: Duration) -> str:
    if "unsourced" in duration.source:
        return UNSOURCED
    return CONFLICT if "older texts" in duration.source else SOURCED


def _type_rows() -> list[list[str]]:
    rows = [_type_row(item, "") for item in CLUSTER_TYPES.values()]
    for version in (EXCHANGE_2003, EXCHANGE_2000):
        rows += [_type_row(item, f" ({version})") for item in EXCHANGE_TYPES[version].values()]
    return rows


def _type_row(item: ResourceType, version: str) -> list[str]:
    quorum = item.quorum_model.value if item.quorum_model else "no"
    return [f"{item.name}{version}", ", ".join(item.needs_types) or "nothing", quorum]


def standing_text(page: Page | None = None) -> str:
    """Return the file that tells the package what of the handbook cites a source."""
    page = page or Page()
    keys = [*page.sourced, *(key for chapter in page.chapters for key in rows_sourced(chapter))]
    rows = "".join(f'  "{key}",\n' for key in dict.fromkeys(keys))
    head = "# Sections and rows of the handbook that cite a source; written by tools/fidelity.py."
    return f"{head}\nsourced = [\n{rows}]\n"


def main() -> None:
    """Write the page; say what is missing and leave it alone if anything is."""
    try:
        text = page_text()
    except FidelityError as error:
        sys.exit(f"{error}\nPut what is missing into tests or {ENTRIES.relative_to(ROOT)}.")
    for path, made in ((PAGE, text), (SOURCED_FILE, standing_text())):
        written = write_if_changed(path, made)
        print(f"{'written' if written else 'unchanged'} {path.relative_to(ROOT).as_posix()}")


if __name__ == "__main__":
    main()
