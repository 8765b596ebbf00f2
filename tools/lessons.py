"""The lessons as their files say them: goals, minutes, tables, summary, scenes that wait.

The trainer's kit is made of this (`tools/trainer.py`), and tests hold the lessons to it. Minutes
are computed, words / 150 + deeds; they were not measured with a class.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab import Simulation
from clusterlab.cluster.states import GroupState
from clusterlab.lessons import QuestionWords, questions_of, tour_file
from clusterlab.scenario import read_scenario
from clusterlab.scenario.play import TourPlay, Waits
from clusterlab.scenario.running import Player

ROOT = Path(__file__).resolve().parent.parent
WORDS_A_MINUTE = 150
STEP_MIN = 5
"""Minutes of a lesson are rounded up to this."""
IN_PYTHON = "## In Python"
LINK = re.compile(r"(?<!!)\[([^]]*)\]\([^)]*\)")


class Cell(NamedTuple):
    """A cell of a notebook: "markdown" or "code", its text, its metadata, what it printed."""

    kind: str
    text: str
    metadata: dict[str, Any]
    outputs: list[dict[str, Any]]


class Stop(NamedTuple):
    """A scene at which a class waits, for a question or a prediction of *names*; and the answer."""

    scene: str
    question: QuestionWords | None
    right: str
    names: tuple[str, ...] = ()


def cells(path: Path) -> list[Cell]:
    """Return the cells of a notebook."""
    found = json.loads(path.read_text("utf-8"))["cells"]
    return [
        Cell(one["cell_type"], "".join(one["source"]), one["metadata"], one.get("outputs", []))
        for one in found
    ]


def prose(text: str) -> list[str]:
    """Return the words of a text cell that are no heading, table or link target."""
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "|"))]
    return re.sub(r"\]\([^)]*\)", "]", " ".join(lines)).split()


def tours(found: list[Cell]) -> list[str]:
    """Return the names of the tours that cells open, such as "02/planned"."""
    return [name for cell in found for name in re.findall(r'^tour\("(.+)"\)', cell.text)]


def story(found: list[Cell]) -> list[Cell]:
    """Return the cells up to the part for those who script."""
    end = next((i for i, cell in enumerate(found) if IN_PYTHON in cell.text), len(found) - 1)
    return found[: end + 1]


@cache
def scenes(name: str) -> tuple[tuple[Any, ...], ...]:
    """Return the commands of each scene of a tour."""
    return tuple(read_scenario(tour_file(name)).scenes)


def effort(name: str) -> tuple[int, int]:
    """Return the words that a tour says, and the deeds and answers that it waits for."""
    commands = [command for scene in scenes(name) for command in scene]
    words = sum(len(c.words[0].split()) for c in commands if c.verb == "say")
    return words, sum(c.is_deed or c.verb in ("ask", "predict") for c in commands)


def stops(name: str) -> Iterator[Stop]:
    """Yield each scene of a tour that waits for an answer."""
    questions = questions_of(name[:2])
    waits = [(scene[0].words[0], command) for scene in scenes(name) for command in scene]
    came = iter(outcomes(name) if any(one.verb == "predict" for _, one in waits) else ())
    for scene, command in waits:
        if command.verb == "ask":
            question = questions[f"{name[:2]}/{command.words[0]}"]
            yield Stop(scene, question, question.options[question.right].text)
        elif command.verb == "predict":
            yield Stop(scene, None, next(came), command.words)


@cache
def outcomes(name: str) -> tuple[str, ...]:
    """Return what becomes of each prediction of a tour, which is played for it."""
    scenario = read_scenario(tour_file(name))
    play = TourPlay(scenario, Player(scenario))
    found = []
    while True:
        while play.waits is not Waits.NEXT:
            play.show_me()
        for card in play.cards:
            if card.kind == "predict":
                found.append(", ".join(_place(play.player.sim, group) for group in card.names))
        if play.is_last:
            return tuple(found)
        play.next()


def _place(sim: Simulation, group: str) -> str:
    state = sim.state(group)
    is_served = state is GroupState.ONLINE
    return f"{group} {sim.owner(group) if is_served else state.value}"


def rounded(minutes: float) -> int:
    """Return minutes to the next five."""
    return -STEP_MIN * int(-minutes // STEP_MIN)


@dataclass(frozen=True)
class Lesson:
    """A lesson, such as "02", read from its notebook."""

    path: Path

    @property
    def number(self) -> str:
        """Its number, "02"."""
        return self.path.name[:2]

    @property
    def cells(self) -> list[Cell]:
        """Its cells."""
        return cells(self.path)

    @property
    def first(self) -> str:
        """The text of its first cell."""
        return self.cells[0].text

    @property
    def title(self) -> str:
        """Its heading."""
        return self.first.partition("\n")[0].removeprefix("# ")

    @property
    def goals(self) -> list[str]:
        """What a learner can do afterwards, each with its comma or full stop."""
        return re.findall(r"^- (.+)$", self.first, re.M)

    @property
    def tours(self) -> list[str]:
        """Its tours in order."""
        return tours(self.cells)

    @property
    def texts(self) -> list[str]:
        """The text cells of its story."""
        return [cell.text for cell in story(self.cells) if cell.kind == "markdown"]

    @property
    def minutes(self) -> int:
        """Words / 150 + deeds, to the next five minutes."""
        said = sum(len(prose(text)) for text in self.texts)
        words, deeds = (sum(each) for each in zip(*map(effort, self.tours), strict=True))
        return rounded((said + words) // WORDS_A_MINUTE + deeds)

    @property
    def tables(self) -> list[tuple[str, str]]:
        """Each table of its story as Markdown, with the heading above it."""
        found, head = [], ""
        for text in self.texts:
            for block in text.split("\n\n"):
                head = block.lstrip("# 0123456789.") if block.startswith("## ") else head
                if block.startswith("|"):
                    found.append((head, LINK.sub(r"\1", block)))
        return found

    @property
    def summary(self) -> list[str]:
        """The sentences of its summary."""
        text = next((text for text in self.texts if "## Summary" in text), "")
        part = text.partition("## Summary")[2].partition("\n**")[0]
        return [LINK.sub(r"\1", line) for line in re.findall(r"^- (.+)$", part, re.M)]

    @property
    def first_picture(self) -> str:
        """The first stored picture of its tours, as an HTML tag with its twin."""
        for cell in story(self.cells):
            for output in cell.outputs:
                html = "".join(output.get("data", {}).get("text/html", ""))
                if found := re.search(r"<img [^>]*>", html):
                    return found[0]
        return ""


def minutes_of(names: list[str]) -> int:
    """Return the minutes of some tours with what their scenes say, begun ones counted."""
    words, deeds = map(sum, zip(*map(effort, names), strict=True))
    return ceil(words / WORDS_A_MINUTE + deeds)


@cache
def lessons() -> dict[str, Lesson]:
    """Return the lessons by number, in reading order."""
    files = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return {file.name[:2]: Lesson(file) for file in files}
