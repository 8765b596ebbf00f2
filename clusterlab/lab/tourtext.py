"""A tour without a kernel: the whole story as text, with a still for each scene that changes.

What stands in the file is data: it is escaped wherever it becomes HTML, and only `*word*` becomes
anything else than itself.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path

from clusterlab.cluster.events import SetProperties, StartNode, property_text
from clusterlab.cluster.properties import PROPERTIES
from clusterlab.design.requirements import INPUTS
from clusterlab.lab.figures.still import Still
from clusterlab.lab.panelplay import picture_of, player_of
from clusterlab.scenario.commands import Command, Scenario
from clusterlab.tomlfiles.tables import own_table

FIRST_LINES, LAST_LINES = 14, 18  # what is shown of the outcome of a scene that has more
WIDTH = 92  # characters in a line of the text
PREDICT = "Say first where these will be: {groups}."
_EMPHASIS = re.compile(r"\*([^*\s](?:[^*]*[^*\s])?)\*")

Item = tuple[str, tuple[str, ...]]
"""One thing that a scene says: "say", "turn", "goal", "ask" or "lines", and its texts."""
SceneTwin = tuple[str, tuple[Item, ...], Still | None]
"""A scene for readers without a kernel: its title, what it says, and its picture."""


def turn_words(command: Command) -> str:
    """Return what a learner is to do, as a sentence.

    Example:
        >>> from clusterlab.cluster.events import NodeFailed
        >>> turn_words(Command(line=1, verb="do", event=NodeFailed("NODE3"), text="fail NODE3"))
        'Pull the plug of NODE3.'
    """
    if command.event is None:
        return _own_words(command.text, command.panel)
    event = command.event
    if isinstance(event, SetProperties):
        given = ", ".join(_set_words(key, value) for key, value in event.properties.items())
        return f"For {event.name}, set {given}."
    if isinstance(event, StartNode) and event.switch:
        nodes = f" {','.join(event.nodes)}" if event.nodes else ""
        return f"Start the service of {event.node} with /{event.switch}{nodes}."
    if event.asked:
        return event.filled(event.asked)
    if event.clicked:
        said = event.in_words()
        return f"{said if said.startswith(event.clicked) else f'{event.clicked}: {event.subject}'}."
    return f"Do this: {command.text}."


def _set_words(key: str, value: object) -> str:
    known = PROPERTIES.get(key)
    name = (known.name if known else "") or key.replace("_", " ")
    return f"{name} to {property_text(key, value).partition(' = ')[2]}"


def _own_words(text: str, panel: str) -> str:
    """Return the words of a panel as a sentence, such as "Do step C01."."""
    if text.startswith("set "):
        name, _, value = text.removeprefix("set ").partition("=")
        return f"Set {_labels(panel).get(name.strip(), name.strip())} to {value.strip()}."
    key, *choices = shlex.split(text)
    _, is_step, step = key.partition("/")
    chosen = " and ".join(f"\u201c{choice.partition('=')[2]}\u201d" for choice in choices)
    words = f"Do step {step}" if is_step else text[:1].upper() + text[1:]
    return f"{words}, with {chosen}." if is_step and chosen else f"{words}."


@cache
def _labels(panel: str) -> Mapping[str, str]:
    """Return by their names what the controls of a panel are called on it, without their units."""
    folder = Path(__file__).parent / "panels"
    tables = [own_table(folder / "choosers.toml").data.get(panel, {})]
    if panel == "availability":
        tables += own_table(folder / "availability.toml").data.values()
    if panel == "design":
        tables.insert(0, {item.name: [item.title] for item in INPUTS})
    rows = (row for table in tables for row in table.items())
    return {name: f"\u201c{said[0].partition(',')[0]}\u201d" for name, said in rows}


def goal_words(command: Command) -> str:
    """Return what a goal wants, as a sentence."""
    deeds = int(command.words[0]) if command.words else 0
    limit = f" Deeds allowed: {deeds}." if deeds else ""
    condition = command.condition
    if condition is None:
        return f"Reach this: {command.text}.{limit}"
    where = f" on {condition.node}" if condition.node else ""
    return f"{condition.name} {condition.state}{where}.{limit}"


def twins(scenario: Scenario) -> tuple[SceneTwin, ...]:
    """Return every scene of a tour as it reads once its story has been played."""
    player = player_of(scenario)
    found: list[SceneTwin] = []
    before = ""
    for number, (block, commands) in enumerate(
        zip(scenario.layout.blocks, scenario.blocks, strict=True)
    ):
        result = player.play(block, commands)
        if number == 0:
            continue
        picture = picture_of(player)
        is_new = picture is not None and picture.svg != before
        before = picture.svg if picture else ""
        items = tuple(_items(scenario, commands, result.lines))
        found.append((commands[0].words[0], items, picture if is_new else None))
    return tuple(found)


def _items(
    scenario: Scenario, commands: Iterable[Command], lines: tuple[str, ...]
) -> Iterator[Item]:
    is_goal = False
    for command in commands:
        if command.verb == "say":
            yield "say", command.words
        elif command.verb == "predict":
            yield "turn", (PREDICT.format(groups=", ".join(command.words)),)
        elif command.verb == "goal":
            is_goal = True
            yield "goal", (goal_words(command),)
        elif command.is_deed and not is_goal:
            yield "turn", (turn_words(command),)
        elif command.verb == "ask" and scenario.tour:
            asked = scenario.tour.questions[command.words[0]]
            options = (f"{letter}) {option.text}" for letter, option in asked.options.items())
            yield "ask", (asked.text, *options)
    if lines and not is_goal:
        yield "lines", _folded(lines)


def _folded(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return what came of a scene; the middle of a long walk from node to node is left out."""
    left_out = len(lines) - FIRST_LINES - LAST_LINES
    if left_out <= 1:
        return lines
    return (*lines[:FIRST_LINES], f"... {left_out} more lines ...", *lines[-LAST_LINES:])


def text_of(title: str, scenes: Iterable[SceneTwin]) -> str:
    """Return a tour as text: each scene with what it says, asks and what comes of it."""
    parts = [title]
    for number, scene in enumerate(scenes, start=1):
        parts += ["", f"{number}. {scene[0]}", *_rows(scene)]
    return "\n".join(parts)


def _rows(scene: SceneTwin) -> Iterator[str]:
    _, items, picture = scene
    for kind, texts in items:
        if kind == "lines":
            yield from (f"   | {line}" for line in texts)
            continue
        for place, text in enumerate(texts):
            indent = "     " if place else "   "
            first = "   > " if kind in ("turn", "goal") else indent
            yield textwrap.fill(
                text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
            )
    if picture:
        yield textwrap.fill(
            f"[{picture.alt}]", WIDTH, initial_indent="   ", subsequent_indent="   "
        )


def paragraph_html(text: str) -> str:
    """Return text escaped, with `*word*` emphasised.

    Example:
        >>> paragraph_html("1 < 2, and *always* so")
        '1 &lt; 2, and <em>always</em> so'
    """
    return _EMPHASIS.sub(r"<em>\1</em>", escape(text))


def html_of(title: str, scenes: Iterable[SceneTwin]) -> str:
    """Return a tour as HTML for repository pages, print and notebooks that nobody trusts yet."""
    parts = [f"<h4>{escape(title)}</h4>"]
    for number, (head, items, picture) in enumerate(scenes, start=1):
        parts += [f"<h5>{number}. {escape(head)}</h5>", *map(_item_html, items)]
        if picture:
            parts.append(picture._repr_html_())
    return "\n".join(parts)


def _item_html(item: Item) -> str:
    kind, texts = item
    if kind == "lines":
        return f"<pre>{escape(chr(10).join(texts))}</pre>"
    shown = [paragraph_html(text) for text in texts]
    if kind == "turn":
        return f"<p><strong>Your turn:</strong> {shown[0]}</p>"
    if kind == "goal":
        return f"<p><strong>Mission:</strong> {shown[0]}</p>"
    if kind == "ask":
        return f"<p><strong>{shown[0]}</strong><br>{'<br>'.join(shown[1:])}</p>"
    return f"<p>{'<br>'.join(shown)}</p>"
