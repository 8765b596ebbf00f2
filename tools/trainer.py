"""Makes the trainer's kit: agendas, notes, handouts, an event card, and the book of solutions.

`python -m tools.trainer OUT` writes one HTML file each into the folder OUT, for A4, with nothing
asked of another machine. The pages of `docs/trainer/` are the same, less the book of solutions,
which no learner is offered: neither those pages nor the course that is delivered have it.

What lessons, masters and handbook say is taken from there; what only a trainer says is written in
`docs/trainer/`, and what is chosen for an agenda or the event card in `trainer.toml`.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from clusterlab.lab.reports.findings import WORDS
from clusterlab.lessons import questions_of, tasks_of
from clusterlab.symptoms import symptoms
from tools.lessons import LINK, ROOT, Cell, Stop, cells, lessons, minutes_of, rounded, stops

NOTES = ROOT / "docs" / "trainer"
MASTERS = ROOT / "exercises" / "source"
DATA = Path(__file__).with_suffix(".toml")
STYLE = Path(__file__).with_suffix(".css")
HOUR = 60
BLANK = "\\_" * 12
"""Where a learner writes, in Markdown."""
TASK = re.compile(r"## Task (\d\d\.\d+): (.+?) \((\d+) points?\)\n")
MOST_LINES = 24
"""So many lines of what a cell printed are in the book of solutions."""
FULL = 3500
"""A handout with more characters has no picture, so that it stays on one page."""


def table(head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> list[str]:
    """Return a table as lines of Markdown."""
    lines = [" | ".join(map(_cell, row)) for row in (head, ("---",) * len(head), *rows)]
    return [*(f"| {line} |" for line in lines), ""]


def _cell(value: object) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(str(value).split()))


@cache
def data() -> dict[str, Any]:
    """Return what was chosen for agendas and for the event card."""
    return tomllib.loads(DATA.read_text("utf-8"))


# --- exercises ------------------------------------------------------------------------------------


class Exercise(NamedTuple):
    """A task of a master: its points, its text, its solution and what the check says of that."""

    key: str
    title: str
    points: int
    minutes: float
    text: str
    solution: str
    said: tuple[str, ...]


@cache
def exercises(number: str) -> dict[str, Exercise]:
    """Return the tasks of a lesson, from the master of its exercises."""
    (path,) = MASTERS.glob(f"{number}_*/*.ipynb")
    found = cells(path)
    time, points = (
        int(re.search(rf"\*\*{word}\*\*: (\d+)", found[0].text)[1])  # type: ignore[index]
        for word in ("Time", "Points")
    )
    cut: dict[str, list[Cell]] = {}
    for cell in found:
        for part in re.split(r"^(?=## Task )", cell.text, flags=re.M):
            head = TASK.match(part)
            key = head[1] if head else next(reversed(cut), "")
            if key:
                cut.setdefault(key, []).append(cell._replace(text=part))
    return {key: _exercise(parts, time / points) for key, parts in cut.items()}


def _exercise(parts: list[Cell], pace: float) -> Exercise:
    """Return a task from its cells; a point takes *pace* minutes."""
    head = TASK.match(parts[0].text)
    assert head is not None
    texts, solved, said = [parts[0].text[head.end() :].strip()], [], [""]
    for cell in parts[1:]:
        if "### BEGIN SOLUTION" in cell.text:
            part = cell.text.partition("### BEGIN SOLUTION\n")[2]
            solved.append(part.partition("### END SOLUTION")[0].rstrip())
        elif cell.text.startswith("check("):
            said = _printed(cell).splitlines()
        elif not solved and cell.kind == "markdown":
            texts.append(cell.text)
        elif not solved and not cell.text.startswith(("task(", "hints(")):
            lines = _printed(cell).splitlines()
            kept = lines[:MOST_LINES] + ["..."] * (len(lines) > MOST_LINES)
            texts.append("\n".join(["```text", *kept, "```"]))
    return Exercise(
        key=head[1],
        title=head[2],
        points=int(head[3]),
        minutes=pace * int(head[3]),
        text=LINK.sub(r"\1", "\n\n".join(texts)),
        solution="\n".join(solved),
        said=tuple(line.removeprefix("  right ").strip() for line in said[1:]),
    )


def _printed(cell: Cell) -> str:
    """Return what a cell printed and showed when it was stored, as text."""
    outs = (one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.outputs)
    return "\n".join("".join(out).rstrip() for out in outs)


# --- the pages ------------------------------------------------------------------------------------


def about_lesson(number: str) -> str:
    """Return what can be computed for the notes of a lesson: its minutes, stops and tasks."""
    lesson = lessons()[number]
    rows = [row for name in lesson.tours for row in _stop_rows(name)]
    lines = [
        "## Minutes and stop points", "",
        f"{lesson.minutes} minutes in all, for a learner alone: words / 150 + deeds. Wait at each "
        "of these scenes until the class has committed itself; only then turn it.", "",
        *table(("Tour", "Min.", "Scene", "The class answers", "Right"), iter(rows)),
    ]  # fmt: skip
    if number not in read_numbers():
        return "\n".join(lines)
    said = tasks_of(number)
    tasks = (
        (one.key, one.title, one.points, round(one.minutes), said[one.key].panel or "code")
        for one in exercises(number).values()
    )
    lines += ["## Exercises", ""]
    lines += table(("Task", "About", "Points", "Min.", "Done in"), tasks)
    return "\n".join(lines)


def read_numbers() -> tuple[str, ...]:
    """Return the numbers of the lessons that have exercises."""
    return tuple(sorted(path.name[:2] for path in MASTERS.glob("[0-9][0-9]_*")))


def _stop_rows(name: str) -> Iterator[tuple[object, ...]]:
    found: list[Stop | None] = [*stops(name)] or [None]
    for place, stop in enumerate(found):
        start = (f"`{name[3:]}`", minutes_of([name])) if place == 0 else ("", "")
        yield (*start, *(_stop(stop) if stop else ("", "", "")))


def _stop(stop: Stop) -> tuple[str, str, str]:
    if stop.question is None:
        return stop.scene, f"Where will {', '.join(stop.names)} be?", stop.right
    return stop.scene, stop.question.text, stop.right


def agendas() -> str:
    """Return each agenda with its times."""
    lines = []
    for agenda in data()["agenda"]:
        lines += [f"## {agenda['title']}", "", agenda["about"], ""]
        for day in agenda["day"]:
            lines += [f"### {day['title']}", ""]
            lines += table(("From", "Min.", "What", "With"), timetable(day))
    return "\n".join(lines)


def timetable(day: dict[str, Any]) -> Iterator[tuple[str, int, str, str]]:
    """Yield the rows of a day: when it begins, minutes, what is done, with what."""
    hours, minutes = map(int, day["start"].split(":"))
    now = HOUR * hours + minutes
    for item in day["items"]:
        lasts, what, use = slot(item)
        yield f"{now // HOUR}:{now % HOUR:02}", lasts, what, use
        now += lasts
    yield f"{now // HOUR}:{now % HOUR:02}", 0, "End", ""


def slot(item: dict[str, Any]) -> tuple[int, str, str]:
    """Return the minutes of an item of an agenda, what it is, and with what it is done."""
    if "lesson" in item:
        lesson = lessons()[item["lesson"]]
        names = [f"{lesson.number}/{stem}" for stem in item.get("tours", "").split()]
        lasts = rounded(data()["pace"] * (minutes_of(names) if names else lesson.minutes))
        use = f"tours {', '.join(name[3:] for name in names)}" if names else "all of it"
        return lasts, f"Lesson {lesson.number}: {lesson.title}", use
    if "tasks" in item:
        keys = item["tasks"].split()
        lasts = rounded(sum(exercises(key[:2])[key].minutes for key in keys))
        return lasts, "Exercises", f"tasks {', '.join(keys)}"
    if "desk" in item:
        return item["minutes"], "Predict together", f"code `{item['desk']}`"
    if "cases" in item:
        return item["minutes"], "Break-fix cases", f"cases {', '.join(map(str, item['cases']))}"
    return item["minutes"], item["say"], ""


def event_card() -> str:
    """Return the events and errors that were chosen, as chapter 7 of the handbook explains them."""
    lines = []
    for title, keys in data()["events"].items():
        found = ((key, symptoms()[key].fields) for key in keys)
        rows = ((key, said["text"], said.get("look first", "")) for key, said in found)
        lines += [f"## {title}", "", *table(("Number", "What it says", "Look first"), rows)]
    return "\n".join(lines)


def words() -> list[list[str]]:
    """Return the words of the course in order: word, meaning, name in the product, section."""
    table = WORDS["tables"]["glossary"]
    return sorted([*table["rows"], *table["others"]], key=lambda row: row[0].casefold())


def glossary() -> str:
    """Return every word of the course with its name in the product."""
    rows = ((f"**{word}**", name or "-", said, at) for word, said, name, at in words())
    return "\n".join(table(("Word", "In the product", "What it means", "Handbook"), rows))


def handouts() -> str:
    """Return the handouts of all lessons, one below the other."""
    return "\n".join(f"{head}\n{body}" for head, body in map(handout, read_numbers()))


def handout(number: str) -> tuple[str, str]:
    """Return the head of a lesson's handout with a picture, and what it says, both as Markdown."""
    lesson = lessons()[number]
    head = [
        f"## {number} {lesson.title}",
        "",
        "**Afterwards you can** " + " ".join(lesson.goals),
        "",
    ]
    lines = []
    asked = [stop for name in lesson.tours for stop in stops(name)]
    if asked:
        lines += ["### Your prediction", ""]
        lines += [f"- {_asked(stop)} {BLANK}" for stop in asked if stop.question is None]
        lines += [
            f"- {_scene(stop)} {stop.question.text} {BLANK}" for stop in asked if stop.question
        ]
    above = ""
    for title, rows in lesson.tables:
        lines += ["", *([f"### {title}", ""] if title != above else []), rows]
        above = title
    lines += ["", "### To take home", "", *(f"- {line}" for line in lesson.summary), ""]
    body = "\n".join(lines)
    picture = "" if len(body) > FULL else lesson.first_picture
    return "\n".join([*head, picture, ""]), body


def _asked(stop: Stop) -> str:
    return f"{_scene(stop)} Where will {', '.join(stop.names)} be?"


def _scene(stop: Stop) -> str:
    return f"*{stop.scene}*{'' if stop.scene[-1] in '.?!' else ':'}"


def survey() -> str:
    """Return what each lesson promised first, for learners to say whether it was kept."""
    promised = ((n, lesson.goals[0].rstrip(",.")) for n, lesson in lessons().items())
    return "\n".join(
        table(("", "I can ...", "Before", "Now"), ((*one, "", "") for one in promised))
    )


def solutions() -> str:
    """Return the book of solutions: each task with its solution, each question with its answer."""
    return "\n".join(["# Book of solutions", "", *map(_solved, lessons())])


def _solved(number: str) -> str:
    lines = [f"## {number} {lessons()[number].title}", ""]
    for task in exercises(number).values() if number in read_numbers() else ():
        lines += [f"### {task.key} {task.title} ({task.points} points)", "", task.text, ""]
        lines += ["**Solution**", "", "```python", task.solution, "```", ""]
        lines += [*(f"- {line}" for line in task.said), ""]
        lines += [f"Read: {tasks_of(number)[task.key].read}", ""]
    questions = questions_of(number).values()
    asked = [one for one in questions if not one.is_statement]
    said = [one for one in questions if one.is_statement]
    rows = ((one.text, *one.options[one.right], one.source) for one in asked)
    lines += ["### Questions", "", *table(("Question", "Right", "Because", "Source"), rows)]
    if said:
        judged = ((one.text, *one.options[one.right], one.source) for one in said)
        lines += ["### True or false?", ""]
        lines += table(("Statement", "Right", "Because", "Source"), judged)
    return "\n".join(lines)


NOTE_PAGES = {f"lesson-{number}": partial(about_lesson, number) for number in lessons()}
MADE: dict[str, Callable[[], str]] = {
    "agendas": agendas,
    "event-card": event_card,
    "glossary": glossary,
    "handouts": handouts,
    "survey": survey,
    **NOTE_PAGES,
}
"""What is computed at the end of a page of `docs/trainer/`, by the name of its file."""
PAGES = {f"trainer/{name}": make for name, make in MADE.items()}
"""The same by the names that the documentation site has for its pages."""


# --- the files to print ---------------------------------------------------------------------------


def printed(title: str, body: str, kind: str = "") -> str:
    """Return a page to print as one HTML file."""
    style = STYLE.read_text("utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n"
        f'<body class="{kind}">\n{body}\n</body></html>\n'
    )


def as_html(text: str) -> str:
    """Return Markdown as HTML; what it links to is on other pages, so that its words alone stay."""
    made: str = MarkdownIt("commonmark").enable("table").render(LINK.sub(r"\1", text))
    return made


def page(name: str) -> str:
    """Return the Markdown of a page of `docs/trainer/`: what is written, then what is computed."""
    made = MADE[name]() if name in MADE else ""
    return f"{NOTES.joinpath(f'{name}.md').read_text('utf-8')}\n{made}"


def kit() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of the kit."""
    for path in sorted(NOTES.glob("*.md")):
        if path.stem != "index":
            text = page(path.stem)
            body = _handouts() if path.stem == "handouts" else as_html(text)
            title = text.partition("\n")[0].lstrip("# ")
            yield f"{path.stem}.html", printed(title, body, path.stem)
    yield "solutions.html", printed("Book of solutions", as_html(solutions()), "solutions")


def _handouts() -> str:
    """Return each handout as a section of one page, with room for notes below."""
    sheets = ((as_html(head), as_html(body)) for head, body in map(handout, read_numbers()))
    return "\n".join(
        f'<section class="{"" if "<img" in head else "full"}">{head}'
        f'<div class="columns">{body}</div><div class="notes">Notes</div></section>'
        for head, body in sheets
    )


def write(out: Path) -> list[Path]:
    """Write the kit into a folder and return its files.

    Raises:
        ValueError: If the folder is inside the course, where learners could open it.
    """
    out = out.absolute()
    if ROOT in (out, *out.parents):
        raise ValueError(
            f"{out} is inside the course, where learners find the book of solutions; "
            "name a folder outside it"
        )
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for name, text in kit():
        files.append(out / name)
        files[-1].write_text(text, encoding="utf-8")
    return files


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python -m tools.trainer OUT: name the folder for the files to print")
    try:
        print(f"{len(write(Path(sys.argv[1])))} files written to {sys.argv[1]}")
    except ValueError as error:
        sys.exit(str(error))
