"""The words of a scenario file: what each command means, and what is wrong with it.

A whole file is read before anything happens. `ACTIONS` and `VIEWS` say which commands exist; the
reader of each takes its words one by one, so that a refusal names the one that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clusterlab.cluster.configuring import configure
from clusterlab.cluster.engine import configured_after
from clusterlab.cluster.errors import ConfigError, OperationRefused, impossible, shown
from clusterlab.cluster.events import Event, SetProperties
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.states import QuorumModel, Windows
from clusterlab.clusterfiles import ClusterFileError, load_cluster
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.exchange.versions import ExchangeVersion
from clusterlab.lessons.tasks import start
from clusterlab.scenario import tours
from clusterlab.scenario.actions import ACTIONS
from clusterlab.scenario.layout import Layout, ScenarioError, read_bytes, read_layout
from clusterlab.scenario.line import CommandLine, When, paths, read_group
from clusterlab.scenario.versions import read_exchange, with_exchange

AND = " and "
"""Between the texts of a goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command line, read.

    Attributes:
        verb: Its first word, or "do" for an action.
        moment: When, or until when; None means now, or until nothing is pending.
        words: Names, numbers or text that a view, a branch or a scene was given.
        condition: The state that `run`, `watch` or `goal` wait for.
        is_deed: Whether the learner of a tour has to do it.
        text: The command as written, without `do`.
        panel: Whose own words the text is in; "" for a command about a cluster.
    """

    line: int
    verb: str
    event: Event | None = None
    moment: When | None = None
    words: tuple[str, ...] = ()
    condition: tours.Condition | None = None
    is_deed: bool = False
    text: str = ""
    panel: str = ""

    def is_said_in(self, shown: str) -> bool:
        """Return whether a panel says all that a goal wants; blanks count as one."""
        said = " ".join(shown.split())
        return all(" ".join(part.split()) in said for part in self.text.split(AND))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario that was read and can be run.

    Attributes:
        seed: What decides random choices (handbook 1, 5.2).
        has_clock: Whether moments are shown as times of day, because `start=` was given.
        blocks: For each block of the layout its commands.
        tour: What makes it a tour; then each block but the first is a scene.
        begin: What its panel begins with, if that is a client's.
    """

    file: str
    layout: Layout
    cluster: Cluster
    seed: int
    has_clock: bool
    blocks: tuple[tuple[Command, ...], ...]
    tour: tours.Tour | None = None
    begin: tuple[Any, ...] = ()

    @property
    def is_of_words(self) -> bool:
        """Whether it is a tour of a panel that has words of its own."""
        return self.tour is not None and self.tour.panel not in tours.OF_CLUSTER

    @property
    def task(self) -> str:
        """The task of an exercise that it is about; "" if it is about none."""
        return self.tour.task if self.tour else ""

    @property
    def scenes(self) -> tuple[tuple[Command, ...], ...]:
        """The commands of each scene of a tour."""
        return self.blocks[1:] if self.tour else ()


# --- the cluster ------------------------------------------------------------------------------


def _counts(line: CommandLine, key: str, value: str) -> int | tuple[int, ...]:
    counts = tuple(line.whole(key, word, 1, 4) for word in value.split(","))
    return counts[0] if len(counts) == 1 else counts


def _protocols(line: CommandLine, key: str, value: str) -> tuple[str, ...]:
    return tuple(line.pick("protocol", word, ("IMAP4", "POP3")) for word in value.split(","))


_QUORUMS: Mapping[str, QuorumModel] = {
    "shared": QuorumModel.SHARED_DISK,
    "local": QuorumModel.LOCAL,
    "majority": QuorumModel.MAJORITY,
}

CLUSTER_OPTIONS: Mapping[str, Callable[[CommandLine, str, str], Any]] = {
    "active": lambda line, key, value: line.whole(key, value, 1, 8),
    "passive": lambda line, key, value: line.whole(key, value, 0, 8),
    "storage_groups": _counts,
    "databases": lambda line, key, value: line.whole(key, value, 1, 5),
    "disks_per_evs": lambda line, key, value: line.whole(key, value, 1, 20),
    "protocols": _protocols,
    "version": lambda line, key, value: int(line.pick(key, value, ("2000", "2003"))),
    "exchange": read_exchange,
    "windows": lambda line, key, value: Windows[
        line.pick(key, {"2000": "W2K", "2003": "WS2003"}.get(value, value), Windows.__members__)
    ],
    "quorum": lambda line, key, value: _QUORUMS[line.pick("quorum model", value, _QUORUMS)],
    "name": lambda line, key, value: value,
    "start": lambda line, key, value: line.clock(key, value),
    "seed": lambda line, key, value: line.whole(key, value),
    "file": lambda line, key, value: value,
}
"""What `cluster` takes, by word, with how the value is read; see `exchange_cluster`.

`file` names a cluster file, or a folder with listings, beside the scenario."""


def _cluster(line: CommandLine, folder: Path) -> tuple[Cluster, Mapping[str, Any]]:
    if line.take("'cluster'").casefold() != "cluster":
        raise line.error(
            "the first command says which cluster it is; allowed: cluster active=3 passive=1 ..."
        )
    given = {
        key: CLUSTER_OPTIONS[key](line, key, value)
        for key, value in line.settings(CLUSTER_OPTIONS, "setting of a cluster")
    }
    options = {key: value for key, value in given.items() if key not in ("start", "seed")}
    if "start" in given:
        options["start_time_s"] = given["start"]
    try:
        if "file" in given:
            return _from_file(line, folder, options), given
        if "exchange" in given:
            return _of_version(line, **options), given
        return exchange_cluster(**options), given
    except ConfigError as error:
        raise line.error(str(error)) from None


def _of_version(line: CommandLine, exchange: ExchangeVersion, **options: Any) -> Cluster:
    """Return a cluster with versions; its resources are those of that product."""
    product = int(exchange.product)
    if options.get("version", product) != product:
        raise line.error(
            f"version is {options['version']} and exchange is {exchange.value!r}; allowed: the "
            "same product, or exchange alone"
        )
    return with_exchange(exchange_cluster(**{**options, "version": product}), exchange)


def _from_file(line: CommandLine, folder: Path, options: Mapping[str, Any]) -> Cluster:
    """Return the cluster of a cluster file or of listings; only the time of day may be added."""
    for key in options:
        if key not in ("file", "start_time_s"):
            raise line.error(f"{key!r} belongs in the cluster file; allowed: file=, start=, seed=")
    try:
        cluster = load_cluster(folder / options["file"])
    except ClusterFileError as error:
        if error.is_toml:
            raise
        # Whoever wrote the scenario may have named any file: none of its lines is shown.
        first = min(problem.line for problem in error.problems if problem.line)
        raise impossible("no cluster file", shown(options["file"]), first) from None
    start_time_s = options.get("start_time_s", cluster.config.start_time_s)
    return replace(cluster, config=replace(cluster.config, start_time_s=start_time_s))


# --- views ------------------------------------------------------------------------------------


def _no_words(line: CommandLine, config: ClusterConfig) -> tuple[str, ...]:
    return ()


def _one_group(line: CommandLine, config: ClusterConfig) -> tuple[str, ...]:
    return (read_group(line, config),)


def _group_if_any(line: CommandLine, config: ClusterConfig) -> tuple[str, ...]:
    return _one_group(line, config) if line.has_more() else ()


def _any_name(line: CommandLine, config: ClusterConfig, word: str) -> str:
    try:
        return config.resource_name(word)
    except OperationRefused:
        allowed = [*config.nodes_by_name, *config.groups_by_name, *paths(config)]
        return line.pick("node, group or resource", word, allowed)


def _filters(line: CommandLine, config: ClusterConfig) -> tuple[str, ...]:
    """Take event ids and names; the ids stand first."""
    words = [
        word if re.fullmatch(r"[0-9]{1,5}", word) else _any_name(line, config, word)
        for word in line.rest()
    ]
    return tuple(sorted(words, key=lambda word: not word.isdecimal()))


def _count_filters(line: CommandLine, config: ClusterConfig) -> tuple[str, ...]:
    if not line.has_more():
        raise line.error("the line ends where an event id is expected; allowed: count 1069 EVS1/SA")
    return _filters(line, config)


def _one_name(line: CommandLine, config: ClusterConfig) -> tuple[str, ...]:
    return (_any_name(line, config, line.take("a node, a group or a resource")),)


VIEWS: Mapping[str, Callable[[CommandLine, ClusterConfig], tuple[str, ...]]] = {
    "groups": _no_words,
    "nodes": _no_words,
    "networks": _no_words,
    "phases": _no_words,
    "versions": _no_words,
    "resources": _group_if_any,
    "why": _one_group,
    "log": _filters,
    "count": _count_filters,
    "changes": _one_name,
    "story": _no_words,
    "outages": _group_if_any,
    "step": _no_words,
    "undo": _no_words,
}
"""What can be looked at, and `step` and `undo`, which take no moment; by the first word."""

VERBS = (*ACTIONS, "at", "run", *VIEWS, "branch", "switch")
"""Every first word of a scenario but `cluster`."""
MOST_WORDS = 60
"""Most words that a scene says; the rest belongs into the next one."""
MOST_DEEDS = 20
"""The most deeds that a goal may allow."""


# --- the whole file ---------------------------------------------------------------------------


def read_scenario(source: Path | str) -> Scenario:
    """Return a scenario, read as a whole before anything of it is run.

    Args:
        source: A `Path` is a file, a `str` the text of a scenario.

    Raises:
        ScenarioError: If a line cannot be read; it names file, line, word and what is allowed.
        OSError: If the file cannot be opened.

    Example:
        >>> scenario = read_scenario("cluster active=3 passive=1")
        >>> [node.name for node in scenario.cluster.config.nodes]
        ['NODE1', 'NODE2', 'NODE3', 'NODE4']
    """
    file = source.name if isinstance(source, Path) else "text"
    text = read_bytes(source) if isinstance(source, Path) else source
    layout = read_layout(text, file)
    lines = [
        [CommandLine(file, *command) for command in block.commands()] for block in layout.blocks
    ]
    if not lines:
        raise ScenarioError(
            file, 0, "there is no command in it; allowed: cluster active=3 passive=1, then others"
        )
    folder = source.parent if isinstance(source, Path) else Path()
    tour = tours.read_tour(lines[0], folder if isinstance(source, Path) else None)
    if tour and tour.panel not in tours.OF_CLUSTER:
        return _of_words(file, layout, lines, tour, folder)
    given: Mapping[str, Any] = {}
    if tour and tour.task:
        cluster = start(tour.task).cluster
    elif lines[0]:
        cluster, given = _cluster(lines[0].pop(0), folder)
    else:
        raise ScenarioError(file, 0, "a tour needs a cluster; allowed: cluster active=3 passive=1")
    reader = Reader(cluster.config, tour)
    blocks = [tuple(reader.command(line) for line in block) for block in lines]
    if tour and (len(blocks) > 1 or not tour.task):
        _check_scenes(file, layout, blocks)
    return Scenario(
        file=file,
        layout=layout,
        cluster=cluster,
        seed=given.get("seed", 0),
        has_clock="start" in given,
        blocks=tuple(blocks),
        tour=tour,
    )


def _of_words(
    file: str, layout: Layout, lines: list[list[CommandLine]], tour: tours.Tour, folder: Path
) -> Scenario:
    """Return a tour of a panel that has words of its own; what-if may name its cluster."""
    cluster, first = exchange_cluster(), lines[0]
    if tour.panel == "whatif" and first:
        cluster, _ = _cluster(first.pop(0), folder)
        while first and first[0].peek() == "set":
            event = Reader(cluster.config).command(first.pop(0)).event
            assert isinstance(event, SetProperties)
            config = configure(cluster.config, event.name, **event.properties)
            cluster = replace(cluster, config=config)
    blocks = [tuple(words_command(line, tour) for line in block) for block in lines]
    if len(blocks) > 1 or not tour.task:
        _check_scenes(file, layout, blocks)
    return Scenario(
        file=file, layout=layout, cluster=cluster, seed=0, has_clock=False,
        blocks=tuple(blocks), tour=tour,
    )  # fmt: skip


def words_command(line: CommandLine, tour: tours.Tour) -> Command:
    """Read a line of a panel with words of its own: `do WORDS`, `look WORDS` and so on."""
    verb = line.pick("command", line.take("a command"), (*tours.SCENE_WORDS, *tours.OWN_VERBS))
    if verb in tours.SCENE_WORDS:
        command = Command(line=line.number, verb=verb, words=tours.SCENE_WORDS[verb](line, tour))
        line.end()
        return command
    words = list(line.rest())
    is_goal = verb == "goal"
    limits = [words.pop() for word in words[-1:] if is_goal and word.startswith("deeds=")]
    if not words:
        raise line.error(f"the line ends where words are expected; allowed: {verb} WORDS")
    is_line = verb in ("do", "act") and words[0] == "cluster"  # to be read by its own grammar
    text = (AND if is_goal else " ").join(map(_quoted, words) if is_line else words)
    told = [_deeds(line, limit.partition("=")[2]) for limit in limits] if is_goal else [text]
    return Command(
        line=line.number, verb=verb, is_deed=verb == "do", text=text, words=tuple(told),
        panel=tour.panel,
    )  # fmt: skip


def _deeds(line: CommandLine, word: str) -> str:
    return str(line.whole("deeds", word, 1, MOST_DEEDS))


def _check_scenes(file: str, layout: Layout, blocks: list[tuple[Command, ...]]) -> None:
    """Raise ScenarioError unless each block of a tour but the first is a scene."""
    if len(blocks) < 2:
        raise ScenarioError(file, 0, 'the tour has no scene; allowed: a blank line, scene "TITLE"')
    for block, commands in zip(layout.blocks[1:], blocks[1:], strict=True):
        titles = [command for command in commands if command.verb == "scene"]
        if not commands or commands[0].verb != "scene" or len(titles) > 1:
            line = titles[1].line if len(titles) > 1 else block.line
            problem = 'a block of a tour is one scene; allowed: a blank line, then scene "TITLE"'
            raise ScenarioError(file, line, problem)
        _check_scene(file, commands)


def _check_scene(file: str, commands: Sequence[Command]) -> None:
    """Raise ScenarioError if a scene says too much or wants more than one thing."""
    words = 0
    for command in commands:
        words += len(command.words[0].split()) if command.verb == "say" else 0
        if words > MOST_WORDS:
            problem = f"the scene says {words} words; allowed: {MOST_WORDS}, the rest in another"
            raise ScenarioError(file, command.line, problem)
    wants = [one for one in commands if one.is_deed or one.verb in ("ask", "goal", "predict")]
    for later in wants[1:]:
        first = wants[0]
        if not (later.is_deed and first.verb in ("goal", "predict")):
            name = "do" if first.is_deed else first.verb
            raise ScenarioError(
                file,
                later.line,
                f"the scene asks for something already (line {first.line}: {name}); allowed: "
                "one of do, ask, goal and predict in a scene; predict and then do; several do "
                "after a goal",
            )


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


class Reader:
    """Reads command lines in their order, with the names that the lines above have made known."""

    def __init__(self, config: ClusterConfig, tour: tours.Tour | None = None) -> None:
        self.config = self.first_config = config
        self.tour = tour
        self.branches = {"main"}

    def command(self, line: CommandLine) -> Command:
        """Return one command, read to the end of its line."""
        verbs = (*VERBS, *tours.TOUR_VERBS) if self.tour else VERBS
        verb = line.pick("command", line.take("a command"), verbs)
        is_deed = verb == "do"
        if is_deed:
            verb = line.pick("action", line.take("an action"), ACTIONS)
        text = " ".join([verb, *map(_quoted, line.left())])
        command = replace(self._read(line, verb), is_deed=is_deed, text=text)
        line.end()
        if command.event is not None:
            # What was evicted or deleted is still known, so that naming it is refused in the play.
            self.config = configured_after(self.config, command.event)
        return command

    def _read(self, line: CommandLine, verb: str) -> Command:
        number = line.number
        if self.tour and verb in tours.SCENE_WORDS:
            return Command(line=number, verb=verb, words=tours.SCENE_WORDS[verb](line, self.tour))
        if verb in ACTIONS:
            return Command(line=number, verb="do", event=ACTIONS[verb](line, self.config))
        if verb in VIEWS:
            return Command(line=number, verb=verb, words=VIEWS[verb](line, self.config))
        if verb == "at":
            moment = line.moment()
            action = ACTIONS[line.pick("action", line.take("an action"), ACTIONS)]
            return Command(line=number, verb="at", event=action(line, self.config), moment=moment)
        if verb in ("run", "watch"):
            return self._time(line, verb)
        if verb == "predict":
            return Command(line=number, verb=verb, words=self._groups(line))
        if verb == "goal":
            return self._goal(line)
        if verb == "anew":
            self.config = self.first_config
        return Command(line=number, verb=verb, words=(self._branch(line, verb),))

    def _time(self, line: CommandLine, verb: str) -> Command:
        """Read `run` or `watch`: to the end, until a moment, or until something has a state."""
        if not line.has_more():
            return Command(line=line.number, verb=verb)
        line.pick("word that may follow here", line.take("'until'"), ("until",))
        if not line.peek()[:1].isdecimal() and line.has_more():
            return Command(line=line.number, verb=verb, condition=self._condition(line))
        return Command(line=line.number, verb=verb, moment=line.moment())

    def _condition(self, line: CommandLine) -> tours.Condition:
        name = _any_name(line, self.config, line.take("a node, a group or a resource"))
        return tours.read_condition(line, self.config, name)

    def _groups(self, line: CommandLine) -> tuple[str, ...]:
        groups = [read_group(line, self.config)]
        while line.has_more():
            groups.append(read_group(line, self.config))
        return tuple(groups)

    def _goal(self, line: CommandLine) -> Command:
        """Read `goal NAME STATE [on NODE] [deeds=N]`."""
        condition = self._condition(line)
        given = dict(line.settings(("deeds",), "setting of a goal"))
        words = (_deeds(line, given["deeds"]),) if given else ()
        return Command(line=line.number, verb="goal", condition=condition, words=words)

    def _branch(self, line: CommandLine, verb: str) -> str:
        name = line.take("the name of a branch")
        if verb in ("switch", "compare"):
            return line.pick("branch", name, sorted(self.branches))
        if name.casefold() in {known.casefold() for known in self.branches}:
            raise line.error(f"there is a branch {shown(name)} already; allowed: another name")
        self.branches.add(name)
        return name
