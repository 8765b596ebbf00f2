"""The words of a scenario file: what each command means, and what is wrong with it.

A whole file is read before anything happens. `ACTIONS` and `VIEWS` say which commands exist; the
reader of each takes its words one by one, so that a refusal names the one that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import (
    BringOnline,
    Event,
    InitiateFailure,
    MoveGroup,
    NodeFailed,
    PauseNode,
    ResourceFaulted,
    ResumeNode,
    SetProperties,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster, ClusterConfig, configure
from clusterlab.cluster.states import RestartAction, Windows
from clusterlab.cluster.wording import instead_of, shown
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.scenario.layout import (
    Layout,
    ScenarioError,
    read_bytes,
    read_layout,
)

DAY_S = 24 * 3600
MAX_SECONDS = 366 * DAY_S
"""A scenario lasts a year at most."""
MAX_COUNT = 0xFFFFFFFF
"""The largest number of a DWORD property."""


class Moment(NamedTuple):
    """When: seconds since the start, or a time of day.

    Attributes:
        seconds: Since the start, or since midnight.
        is_clock: Whether it is a time of day.
    """

    seconds: float
    is_clock: bool

    def at_s(self, cluster: Cluster) -> float:
        """Return the simulated second; a time of day is the next one, now included."""
        if not self.is_clock:
            return self.seconds
        clock_s = cluster.config.start_time_s + cluster.now_s
        return round(cluster.now_s + round(self.seconds - clock_s, 3) % DAY_S, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command line, read.

    Attributes:
        line: Its number in the file.
        verb: Its first word, or "do" for an action.
        event: What an action does.
        moment: When, or until when; None means now, or until nothing is pending.
        words: Names and numbers that a view or a branch was given.
    """

    line: int
    verb: str
    event: Event | None = None
    moment: Moment | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario that was read and can be run.

    Attributes:
        file: Name of the file, for messages.
        layout: Its lines.
        cluster: The cluster at the start.
        seed: What decides random choices (handbook 1, 5.2).
        has_clock: Whether moments are shown as times of day, because `start=` was given.
        blocks: For each block of the layout its commands.
    """

    file: str
    layout: Layout
    cluster: Cluster
    seed: int
    has_clock: bool
    blocks: tuple[tuple[Command, ...], ...]


class Line:
    """The words of one command line while they are being read."""

    def __init__(self, file: str, number: int, text: str) -> None:
        """Split *text* at blanks, except inside double quotes."""
        self.file, self.number = file, number
        if text.count('"') % 2:
            raise self.error(f'the quote in {shown(text)} is not closed; allowed: "NAME"')
        found = re.findall(r'(?:[^\s"]|"[^"]*")+', text)
        self._words: list[str] = [word.replace('"', "") for word in found]

    def error(self, problem: str) -> ScenarioError:
        """Return the error that names this line."""
        return ScenarioError(self.file, self.number, problem)

    def has_more(self) -> bool:
        """Return whether words are left."""
        return bool(self._words)

    def take(self, what: str) -> str:
        """Return the next word, which must be there."""
        if not self._words:
            raise self.error(f"the line ends where {what} is expected")
        return self._words.pop(0)

    def take_if(self, word: str) -> bool:
        """Take the next word if it is *word*."""
        is_next = self.has_more() and self._words[0].casefold() == word
        if is_next:
            self._words.pop(0)
        return is_next

    def rest(self) -> Iterable[str]:
        """Yield the words that are left."""
        while self._words:
            yield self._words.pop(0)

    def end(self) -> None:
        """Raise ScenarioError if words are left."""
        if self._words:
            raise self.error(f"{shown(self._words[0])} is one word too many; end the line before")

    def pick(self, what: str, word: str, allowed: Iterable[str]) -> str:
        """Return the one of *allowed* that *word* names, whatever its case."""
        names = {name.casefold(): name for name in allowed}
        if word.casefold() not in names:
            article = "an" if what[0] in "aeiou" else "a"
            raise self.error(
                f"{shown(word)} is not {article} {what}; {instead_of(word, names.values())}"
            )
        return names[word.casefold()]

    def whole(self, what: str, word: str, low: int = 0, high: int = MAX_COUNT) -> int:
        """Return *word* as a whole number."""
        if not re.fullmatch(r"-?[0-9]{1,12}", word) or not low <= int(word) <= high:
            raise self.error(f"{what} is {shown(word)}; allowed: a whole number {low} to {high}")
        return int(word)

    def seconds(self, what: str, word: str) -> float:
        """Return *word* as seconds."""
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,3})?", word) or float(word) > MAX_SECONDS:
            raise self.error(
                f"{what} is {shown(word)}; allowed: seconds, 0 to {MAX_SECONDS}, at most 3 decimals"
            )
        return float(word)

    def clock(self, what: str, word: str) -> float:
        """Return a time of day as seconds since midnight."""
        match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", word)
        if not match:
            raise self.error(f"{what} is {shown(word)}; allowed: a time of day, 0:00 to 23:59:59")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600.0 + minutes * 60 + seconds

    def moment(self) -> Moment:
        """Return the moment that the next word names."""
        word = self.take("a moment (seconds, or a time of day)")
        if ":" in word:
            return Moment(self.clock("the moment", word), True)
        return Moment(self.seconds("the moment", word), False)

    def settings(self, allowed: Iterable[str], what: str) -> Iterable[tuple[str, str]]:
        """Yield key and value of the remaining words, each of the form key=value."""
        keys, seen = list(allowed), set()
        for word in self.rest():
            key, sign, value = word.partition("=")
            key = self.pick(what, key, keys)
            if not sign or not value:
                raise self.error(f"{shown(word)} has no value; allowed: {key}=VALUE")
            if key in seen:
                raise self.error(f"{key!r} is given twice; give it once")
            seen.add(key)
            yield key, value


# --- the cluster ------------------------------------------------------------------------------


def _counts(line: Line, key: str, value: str) -> int | tuple[int, ...]:
    counts = tuple(line.whole(key, word, 1, 4) for word in value.split(","))
    return counts[0] if len(counts) == 1 else counts


def _protocols(line: Line, key: str, value: str) -> tuple[str, ...]:
    return tuple(line.pick("protocol", word, ("IMAP4", "POP3")) for word in value.split(","))


CLUSTER_OPTIONS: Mapping[str, Callable[[Line, str, str], Any]] = {
    "active": lambda line, key, value: line.whole(key, value, 1, 8),
    "passive": lambda line, key, value: line.whole(key, value, 0, 8),
    "storage_groups": _counts,
    "databases": lambda line, key, value: line.whole(key, value, 1, 5),
    "disks_per_evs": lambda line, key, value: line.whole(key, value, 1, 20),
    "protocols": _protocols,
    "version": lambda line, key, value: int(line.pick(key, value, ("2000", "2003"))),
    "windows": lambda line, key, value: Windows[line.pick(key, value, Windows.__members__)],
    "name": lambda line, key, value: value,
    "start": lambda line, key, value: line.clock(key, value),
    "seed": lambda line, key, value: line.whole(key, value),
}
"""What `cluster` takes, by word, with how the value is read; see `exchange_cluster`."""


def _cluster(line: Line) -> tuple[Cluster, Mapping[str, Any]]:
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
        return exchange_cluster(**options), given
    except ConfigError as error:
        raise line.error(str(error)) from None


# --- actions ----------------------------------------------------------------------------------


def _node(line: Line, config: ClusterConfig) -> str:
    return line.pick("node", line.take("a node"), config.nodes_by_name)


def _group(line: Line, config: ClusterConfig) -> str:
    return line.pick("group", line.take("a group"), config.groups_by_name)


def paths(config: ClusterConfig) -> Mapping[str, str]:
    """Return for each resource its path, such as "EVS1/IS", with its name.

    A type that a group has twice, such as its disks, is written with the name: "EVS1/Disk R:".
    """
    table: dict[str, str] = {}
    for group, members in config.members.items():
        shorts = [member.type.short for member in members]
        for member in members:
            is_alone = shorts.count(member.type.short) == 1
            table[f"{group}/{member.type.short if is_alone else member.name}"] = member.name
    return table


def _resource(line: Line, config: ClusterConfig) -> str:
    word = line.take("a resource such as EVS1/IS")
    try:
        return config.resource_name(word)
    except OperationRefused:
        return line.pick("resource", word, paths(config))


def _group_or_resource(line: Line, config: ClusterConfig) -> str:
    word = line.take("a group or a resource")
    try:
        return config.resource_name(word)
    except OperationRefused:
        return line.pick("group or resource", word, [*config.groups_by_name, *paths(config)])


def _fail(line: Line, config: ClusterConfig) -> Event:
    if line.take_if("resource"):
        return InitiateFailure(_resource(line, config))
    return NodeFailed(_node(line, config))


def _stop(line: Line, config: ClusterConfig) -> Event:
    line.take_if("service")
    return StopClusterService(_node(line, config))


def _move(line: Line, config: ClusterConfig) -> Event:
    group = _group(line, config)
    if not line.has_more():
        return MoveGroup(group)
    line.pick("word that may follow here", line.take("'to'"), ("to",))
    return MoveGroup(group, _node(line, config))


_NODE_LISTS = ("preferred_owners", "possible_owners", "defective_on")
_WHOLE_NUMBERS: Mapping[str, tuple[int, int]] = {
    "failover_threshold": (0, MAX_COUNT),
    "failover_period_h": (0, 1193),
    "auto_failback_type": (0, 1),
    "failback_window_start": (-1, 23),
    "failback_window_end": (-1, 23),
    "restart_threshold": (0, MAX_COUNT),
}
_DEFAULT_WORDS: Mapping[str, str] = {
    "possible_owners": "all",
    "retry_period_s": "never",
    "looks_alive_poll_s": "type",
    "is_alive_poll_s": "type",
}
"""The word for the value None of a property."""
_GROUP_PROPERTIES = (
    *("preferred_owners", "failover_threshold", "failover_period_h", "auto_failback_type"),
    *("failback_window_start", "failback_window_end", "anti_affinity_class_names"),
)
_RESOURCE_PROPERTIES = (
    *("possible_owners", "restart_action", "restart_threshold", "restart_period_s"),
    *("retry_period_s", "pending_timeout_s", "looks_alive_poll_s", "is_alive_poll_s"),
    "defective_on",
)


def _property(line: Line, config: ClusterConfig, key: str, text: str) -> Any:
    if text.casefold() == _DEFAULT_WORDS.get(key):
        return None
    if key in _NODE_LISTS or key == "anti_affinity_class_names":
        words = [] if text.casefold() == "none" else text.split(",")
        if key in _NODE_LISTS:
            words = [line.pick("node", word, config.nodes_by_name) for word in words]
        return frozenset(words) if key == "defective_on" else tuple(words)
    if key == "restart_action":
        return RestartAction(line.whole(key, text, 0, 2))
    if key in _WHOLE_NUMBERS:
        return line.whole(key, text, *_WHOLE_NUMBERS[key])
    return line.seconds(key, text)


def _set(line: Line, config: ClusterConfig) -> Event:
    name = _group_or_resource(line, config)
    is_group = name in config.groups_by_name
    keys = _GROUP_PROPERTIES if is_group else _RESOURCE_PROPERTIES
    what = f"property of {'a group' if is_group else 'a resource'} that can be set"
    return _checked(line, config, name, what, keys)


def _duration(line: Line, config: ClusterConfig) -> Event:
    return _checked(line, config, "durations", "duration", sorted(config.durations))


def _checked(
    line: Line, config: ClusterConfig, name: str, what: str, keys: Iterable[str]
) -> SetProperties:
    if not line.has_more():
        raise line.error("the line ends where a setting is expected; allowed: NAME=VALUE")
    properties = {
        key: _property(line, config, key, value) for key, value in line.settings(keys, what)
    }
    try:
        configure(config, name, **properties)
    except ConfigError as error:
        raise line.error(str(error)) from None
    return SetProperties(name, properties)


ACTIONS: Mapping[str, Callable[[Line, ClusterConfig], Event]] = {
    "fail": _fail,
    "start": lambda line, config: StartNode(_node(line, config)),
    "stop": _stop,
    "pause": lambda line, config: PauseNode(_node(line, config)),
    "resume": lambda line, config: ResumeNode(_node(line, config)),
    "move": _move,
    "offline": lambda line, config: TakeOffline(_group_or_resource(line, config)),
    "online": lambda line, config: BringOnline(_group_or_resource(line, config)),
    "end": lambda line, config: ResourceFaulted(_resource(line, config)),
    "hang": lambda line, config: ResourceFaulted(_resource(line, config), True),
    "set": _set,
    "duration": _duration,
}
"""What can happen or be asked for, by the first word; `at` puts it at another moment."""


# --- views ------------------------------------------------------------------------------------


def _no_words(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    return ()


def _one_group(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    return (_group(line, config),)


def _group_if_any(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    return _one_group(line, config) if line.has_more() else ()


def _any_name(line: Line, config: ClusterConfig, word: str) -> str:
    try:
        return config.resource_name(word)
    except OperationRefused:
        allowed = [*config.nodes_by_name, *config.groups_by_name, *paths(config)]
        return line.pick("node, group or resource", word, allowed)


def _filters(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    """Take event ids and names; the ids stand first."""
    words = [
        word if re.fullmatch(r"[0-9]{1,5}", word) else _any_name(line, config, word)
        for word in line.rest()
    ]
    return tuple(sorted(words, key=lambda word: not word.isdecimal()))


def _count_filters(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    if not line.has_more():
        raise line.error("the line ends where an event id is expected; allowed: count 1069 EVS1/SA")
    return _filters(line, config)


def _one_name(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    return (_any_name(line, config, line.take("a node, a group or a resource")),)


VIEWS: Mapping[str, Callable[[Line, ClusterConfig], tuple[str, ...]]] = {
    "groups": _no_words,
    "nodes": _no_words,
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
"""Every first word but `cluster`."""


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
    lines = [[Line(file, *command) for command in block.commands()] for block in layout.blocks]
    if not lines:
        raise ScenarioError(
            file, 0, "there is no command in it; allowed: cluster active=3 passive=1, then others"
        )
    first = lines[0].pop(0)
    cluster, given = _cluster(first)
    names = {"main"}
    return Scenario(
        file=file,
        layout=layout,
        cluster=cluster,
        seed=given.get("seed", 0),
        has_clock="start" in given,
        blocks=tuple(
            tuple(_command(line, cluster.config, names) for line in block) for block in lines
        ),
    )


def _command(line: Line, config: ClusterConfig, branches: set[str]) -> Command:
    verb = line.pick("command", line.take("a command"), VERBS)
    command = _read_verb(line, config, verb, branches)
    line.end()
    return command


def _read_verb(line: Line, config: ClusterConfig, verb: str, branches: set[str]) -> Command:
    number = line.number
    if verb in ACTIONS:
        return Command(line=number, verb="do", event=ACTIONS[verb](line, config))
    if verb in VIEWS:
        return Command(line=number, verb=verb, words=VIEWS[verb](line, config))
    if verb == "at":
        moment = line.moment()
        action = line.pick("action", line.take("an action"), ACTIONS)
        return Command(line=number, verb="at", event=ACTIONS[action](line, config), moment=moment)
    if verb == "run":
        if not line.has_more():
            return Command(line=number, verb=verb)
        line.pick("word that may follow here", line.take("'until'"), ("until",))
        return Command(line=number, verb=verb, moment=line.moment())
    return Command(line=number, verb=verb, words=(_branch(line, verb, branches),))


def _branch(line: Line, verb: str, branches: set[str]) -> str:
    name = line.take("the name of a branch")
    if verb == "switch":
        return line.pick("branch", name, sorted(branches))
    if name.casefold() in {known.casefold() for known in branches}:
        raise line.error(f"there is a branch {shown(name)} already; allowed: another name")
    branches.add(name)
    return name
