"""The trainer's desk: a failover panel that is opened by a code, frozen, revealed and reset.

A code is a scenario, what has happened in it and what is asked, short enough for a whiteboard:
`31-F3-F2?` is "3 active / 1 passive", NODE3 loses power, all goes quiet, and the question is what
happens when NODE2 does too. It carries everything, so no server has to know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.cluster import events as ev
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.model import ClusterConfig
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.panels.branches import Branches
from clusterlab.lab.panels.deeds import parts_of
from clusterlab.lab.panels.failover import FailoverLab
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import labelled, put, row
from clusterlab.scenario.line import paths
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.tables import own_table

_SAID = own_table(Path(__file__).with_name("desk.toml")).data
CLUSTERS: Mapping[str, str] = _SAID["clusters"]
"""What a code begins with, and the scenario that it means."""
WORDS: Mapping[str, str] = _SAID["words"]
"""Examples of every word that may follow, with what each means."""
_END = "E"
Code = tuple[str, tuple[str, ...], str]
"""A code, read: its scenario, what happens word by word, and what is asked about or ""."""


def read_code(text: str) -> Code:
    """Return what *text* says.

    Example:
        >>> read_code("31-f3 f2?")
        ('3 active / 1 passive', ('F3',), 'F2')
    """
    first, *words = re.split(r"[\s-]+", text.strip().upper())
    if first not in CLUSTERS:
        known = ", ".join(f"{key} ({name})" for key, name in CLUSTERS.items())
        raise ConfigError(f"{first!r} is no cluster, and a code begins with one; allowed: {known}")
    asked = words.pop().removesuffix("?") if words and words[-1].endswith("?") else ""
    return CLUSTERS[first], tuple(words), asked


def play(simulation: Simulation, words: Iterable[str], asked: str) -> ev.Event | None:
    """Let *words* happen to *simulation* and return what the question is about."""
    is_timed = False
    for word in words:
        event = _event(simulation, word)
        if event is None:
            _pass_time(simulation, word)
        else:
            _send(simulation, word, event, is_timed=is_timed)
        is_timed = event is None
    if not asked:
        return None
    if not is_timed:
        simulation.run()
    event = _event(simulation, asked)
    if event is None:
        raise ConfigError(f"{asked}? asks about time; ask about an action, such as F2?")
    return event


def code_of(scenario: str, branches: Branches, question: ev.Event | None = None) -> str:
    """Return the code of the moment that *branches* show, which began with a *scenario*.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.cluster.events import NodeFailed
        >>> branches = Branches(Simulation(exchange_cluster(3, 1)))
        >>> branches.send(NodeFailed("NODE3"))
        >>> branches.to_end()
        >>> code_of("3 active / 1 passive", branches, NodeFailed("NODE2"))
        '31-F3-F2?'
    """
    key = next((key for key, name in CLUSTERS.items() if name == scenario), None)
    if key is None:
        raise ConfigError(f"a code is for the scenarios of the list, and {scenario!r} is none")
    probe = Simulation(branches.shown.history[0].cluster)
    words = [key]
    for outcome in branches.outcomes[1:]:
        if outcome.event is not None and outcome.event.in_words():
            probe = _waited(words, probe, outcome.cluster.now_s)
            words.append(_word(probe, outcome.event))
            probe.send(outcome.event)
    if question is not None:
        probe = _waited(words, probe, branches.moment_s)
        words.append(f"{_word(probe, question)}?")
    elif branches.moment_s != probe.now_s:
        before = len(words)
        _waited(words, probe, branches.moment_s)
        words += [] if len(words) > before else [_END]
    return "-".join(words)


def _waited(words: list[str], probe: Simulation, at_s: float) -> Simulation:
    """Let time pass until *at_s*; add a word if that is not simply when all is quiet."""
    ahead = probe.branch("ahead")
    ahead.run()
    if ahead.now_s == at_s:
        return ahead
    words.append(f"@{at_s:.3f}".rstrip("0").rstrip("."))
    probe.run(until_s=at_s)
    return probe


def _word(simulation: Simulation, event: ev.Event) -> str:
    for word, meant in _events(simulation.cluster.config):
        if meant == event:
            return word
    raise ConfigError(f"a code has no word for this: {event.in_words() or event}")


def _event(simulation: Simulation, word: str) -> ev.Event | None:
    if word == _END or re.fullmatch(r"@[0-9]{1,8}(\.[0-9]{1,3})?", word):
        return None
    known = dict(_events(simulation.cluster.config))
    if word in known:
        return known[word]
    if word.endswith("?"):
        raise ConfigError(f"{word} is not the last word; only the last one can be asked about")
    near = [one for one in known if one[:1] == word[:1]]
    examples = ", ".join(f"{example} ({meaning})" for example, meaning in WORDS.items())
    allowed = ", ".join(near) if near else f"words such as {examples}"
    raise ConfigError(f"{word!r} means nothing in this cluster; allowed: {allowed}")


def _events(config: ClusterConfig) -> Iterator[tuple[str, ev.Event]]:
    nodes = list(enumerate(config.nodes_by_name, 1))
    kinds = {event.written: event for event in ev.SENT}
    for letter, written in _SAID["nodes"].items():
        yield from ((f"{letter}{number}", kinds[written](node)) for number, node in nodes)
    numbers: dict[str, int] = {}
    for number, group in enumerate((config.core_group_name, *config.served_groups)):
        numbers[group] = number
        yield f"M{number}", ev.MoveGroup(group, None)
        yield from ((f"M{number}{index}", ev.MoveGroup(group, node)) for index, node in nodes)
        yield f"O{number}", ev.TakeOffline(group)
        yield f"B{number}", ev.BringOnline(group)
    for path, resource in paths(config).items():
        group, _, short = path.rpartition("/")
        name = f"{numbers[group]}{re.sub(r'[^A-Z0-9]', '', short.upper())}"
        yield f"X{name}", ev.InitiateFailure(resource)
        yield f"O{name}", ev.TakeOffline(resource)
        yield f"B{name}", ev.BringOnline(resource)
    for index, (breaks, mends) in enumerate(parts_of(config).values(), 1):
        yield f"K{index}", breaks
        yield f"H{index}", mends


def _send(simulation: Simulation, word: str, event: ev.Event, *, is_timed: bool) -> None:
    """Let something happen when all is quiet, or now if time has been named."""
    if not is_timed:
        simulation.run()
    try:
        simulation.send(event)
    except OperationRefused as refusal:
        raise ConfigError(f"{word} cannot happen here: {refusal.message.rstrip('.')}") from refusal


def _pass_time(simulation: Simulation, word: str) -> None:
    if word == _END:
        simulation.run()
        return
    until_s = float(word[1:])
    if until_s < simulation.now_s:
        raise ConfigError(f"{word} is over: it is {simulation.now_s:g} s already; name a later one")
    simulation.run(until_s=until_s)


FROZEN = "the picture is frozen; press Reveal or Go on first"
"""What whoever goes on while the picture is frozen is told."""


class DeskLab(Panel):
    """A failover panel for a class: the same code opens the same moment on every machine.

    The code of the moment on screen is shown, so a trainer clicks a situation together and writes
    it on the whiteboard; with "Ask me first" a click becomes the question at its end.

    Args:
        code: What to open, for example "31-F3-F2?"; see the guide "Teach a class".

    Attributes:
        failover: The panel with the cluster.
        buttons: "open", "reset", "freeze", "reveal".
        field: The text field for a code.

    Raises:
        ConfigError: If *code* says nothing that can be opened.

    Example:
        >>> desk = DeskLab("31-F3-F2?")
        >>> desk.failover.simulation.owner("EVS3"), desk.failover.simulation.owner("EVS2")
        ('NODE4', 'NODE2')
        >>> desk.buttons["reveal"].click()
        >>> desk.failover.simulation.owner("EVS2"), desk.code
        ('NODE1', '31-F3-F2-@183.4')
    """

    failover: FailoverLab

    def __init__(self, code: str = "31") -> None:
        super().__init__()
        self._asked: ev.Event | None = None
        self._opened = ""
        self._make_controls()
        self._is_rendering = False
        self._open(code)

    def twin(self) -> str:
        """Return in words: the code and the question, and the twin of the failover panel."""
        question = self._question_text()
        head = f"Code {self.field.value}" + (f": {question}" if question else "")
        return f"{head}\n\n{self.failover!r}"

    @property
    def code(self) -> str:
        """The code of the moment on screen, with what waits to happen as its question.

        Raises:
            ConfigError: If something was done that has no word.
        """
        scenario = str(self.failover.choosers["scenario"].value)
        return code_of(scenario, self.failover.branches, self.question)

    @property
    def question(self) -> ev.Event | None:
        """What waits to happen, or None."""
        return self.failover.predictor.event or self._asked

    @property
    def is_frozen(self) -> bool:
        """Whether nothing may happen and no time may pass."""
        return bool(self.failover.branches.held)

    def _open(self, text: str) -> None:
        """Open a code from its beginning; what cannot be opened changes nothing."""
        scenario, words, asked = read_code(text)
        failover = FailoverLab(scenario=scenario)
        question = play(failover.simulation, words, asked)
        failover.branches.go_to(failover.simulation.now_s)
        self._asked = None
        if question is not None and not _asks_for_places(failover, question):
            self._asked, failover.branches.held = question, FROZEN
        if self._opened:
            self.failover.branches.held = FROZEN  # nobody sees it any more: it stops playing
        self.failover, self._opened = failover, text
        failover.on_deed(self._did)
        failover.branches.watchers.append(self._label)
        put(self.field, value=text)
        self._lay_out()
        self.render()

    def _freeze(self) -> None:
        if self.is_frozen:
            self._thaw()
        else:
            self.failover.branches.held = FROZEN

    def _thaw(self) -> None:
        self.failover.branches.held, self._asked = "", None
        with self.failover.errors:  # what was refused while it was frozen is over
            self.failover.travel(lambda: None)

    def _reveal(self) -> None:
        asked, self.failover.branches.held = self._asked, ""
        self._asked = None
        if self.failover.predictor.event is not None:
            self.failover.reveal()
        elif asked is not None:
            self.failover.send(asked)
        else:
            self._thaw()

    def _inner(self) -> tuple[Panel, ...]:
        return (self.failover,)

    def snapshot(self) -> Any:
        """Return what is open and its state, to be given to `restore`."""
        return self._opened, self._asked, self.failover.snapshot()

    def _restore(self, snapshot: Any) -> None:
        code, asked, state = snapshot
        self._open(code)
        self.failover.restore(state)
        self._asked = asked

    def _show(self) -> None:
        """Show the failover panel, which then has the desk say what it says of it."""
        self.failover._changed()

    def _label(self) -> None:
        put(
            self.buttons["freeze"],
            description="Go on" if self.is_frozen else "Freeze",
            disabled=self.question is not None,
        )
        put(self.buttons["reveal"], disabled=self.question is None and not self.is_frozen)
        question = escape_text(self._question_text())
        asked = f"<b>{question}</b> " if question and self._asked is not None else ""
        frozen = "<b>Frozen.</b> " if self.is_frozen else ""
        put(self._told, value=f'<div role="status">{frozen}{asked}{self._code_html()}</div>')

    def _question_text(self) -> str:
        question = self.question
        return "" if question is None else f"{question.in_words()}. What happens?"

    def _code_html(self) -> str:
        try:
            return f"Code of this moment: <code>{escape_text(self.code)}</code>"
        except ConfigError as error:
            return f"No code for this moment: {escape_text(str(error))}."

    def _make_controls(self) -> None:
        self._told, self._words = w.HTML(), w.HTML(_words_html())
        tooltip = "What to open, for example 31-F3-F2?"
        self.field = labelled(w.Text, "Code", tooltip, width="300px", placeholder="31-F3-F2?")
        self.field.on_msg(self._hear)
        self._enter = self._guard(self._open_field)
        acts = {"open": self._open_field, "reset": lambda: self._open(self._opened)}
        self._add_buttons("desk", acts | {"freeze": self._freeze, "reveal": self._reveal})

    def _open_field(self) -> None:
        self._open(self.field.value)

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content.get("event") == "submit":
            self._enter()

    def _lay_out(self) -> None:
        code = row(self.field, *self.buttons.values(), self._told)
        self._arrange(
            code, self._words, self.errors, self.failover,
            code=code, words=self._words, failover=self.failover,
        )  # fmt: skip


def _asks_for_places(failover: FailoverLab, question: ev.Event) -> bool:
    """Let the panel ask where groups go; False if none has to, or if it will be refused."""
    try:
        return failover.predictor.ask(failover.branches.cluster, question)
    except OperationRefused:
        return False


def _words_html() -> str:
    said = {**CLUSTERS, **WORDS, "?": "asks about the last word"}
    rows = "".join(
        f"<tr><td><code>{escape_text(word)}</code></td><td>{escape_text(meaning)}</td></tr>"
        for word, meaning in said.items()
    )
    return f"<details><summary>What a code is made of</summary><table>{rows}</table></details>"
