"""The words of a scenario file: what each command means, and what is wrong with it.

A whole file is read before anything happens. `ACTIONS` and `VIEWS` say which commands exist; the
reader of each takes its words one by one, so that a refusal names the one that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.states import QuorumModel, Windows
from clusterlab.cluster.wording import shown
from clusterlab.clusterfiles import load_cluster
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.exchange.versions import ExchangeVersion
from clusterlab.scenario.actions import ACTIONS
from clusterlab.scenario.building import known_after
from clusterlab.scenario.layout import (
    Layout,
    ScenarioError,
    read_bytes,
    read_layout,
)
from clusterlab.scenario.line import Line, Moment
from clusterlab.scenario.naming import paths, read_group
from clusterlab.scenario.versions import read_exchange, with_exchange


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


# --- the cluster ------------------------------------------------------------------------------


def _counts(line: Line, key: str, value: str) -> int | tuple[int, ...]:
    counts = tuple(line.whole(key, word, 1, 4) for word in value.split(","))
    return counts[0] if len(counts) == 1 else counts


def _protocols(line: Line, key: str, value: str) -> tuple[str, ...]:
    return tuple(line.pick("protocol", word, ("IMAP4", "POP3")) for word in value.split(","))


_QUORUMS: Mapping[str, QuorumModel] = {
    "shared": QuorumModel.SHARED_DISK,
    "local": QuorumModel.LOCAL,
    "majority": QuorumModel.MAJORITY,
}

CLUSTER_OPTIONS: Mapping[str, Callable[[Line, str, str], Any]] = {
    "active": lambda line, key, value: line.whole(key, value, 1, 8),
    "passive": lambda line, key, value: line.whole(key, value, 0, 8),
    "storage_groups": _counts,
    "databases": lambda line, key, value: line.whole(key, value, 1, 5),
    "disks_per_evs": lambda line, key, value: line.whole(key, value, 1, 20),
    "protocols": _protocols,
    "version": lambda line, key, value: int(line.pick(key, value, ("2000", "2003"))),
    "exchange": read_exchange,
    "windows": lambda line, key, value: Windows[line.pick(key, value, Windows.__members__)],
    "quorum": lambda line, key, value: _QUORUMS[line.pick("quorum model", value, _QUORUMS)],
    "name": lambda line, key, value: value,
    "start": lambda line, key, value: line.clock(key, value),
    "seed": lambda line, key, value: line.whole(key, value),
    "file": lambda line, key, value: value,
}
"""What `cluster` takes, by word, with how the value is read; see `exchange_cluster`.

`file` names a cluster file, or a folder with listings, beside the scenario."""


def _cluster(line: Line, folder: Path) -> tuple[Cluster, Mapping[str, Any]]:
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


def _of_version(line: Line, exchange: ExchangeVersion, **options: Any) -> Cluster:
    """Return a cluster with versions; its resources are those of that product."""
    product = int(exchange.product)
    if options.get("version", product) != product:
        raise line.error(
            f"version is {options['version']} and exchange is {exchange.value!r}; allowed: the "
            "same product, or exchange alone"
        )
    return with_exchange(exchange_cluster(**{**options, "version": product}), exchange)


def _from_file(line: Line, folder: Path, options: Mapping[str, Any]) -> Cluster:
    """Return the cluster of a cluster file or of listings; only the time of day may be added."""
    for key in options:
        if key not in ("file", "start_time_s"):
            raise line.error(f"{key!r} stands in the cluster file; allowed: file=, start=, seed=")
    cluster = load_cluster(folder / options["file"])
    start_time_s = options.get("start_time_s", cluster.config.start_time_s)
    return replace(cluster, config=replace(cluster.config, start_time_s=start_time_s))


# --- views ------------------------------------------------------------------------------------


def _no_words(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    return ()


def _one_group(line: Line, config: ClusterConfig) -> tuple[str, ...]:
    return (read_group(line, config),)


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
    "networks": _no_words,
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
    cluster, given = _cluster(first, source.parent if isinstance(source, Path) else Path())
    reader = _Reader(cluster.config)
    return Scenario(
        file=file,
        layout=layout,
        cluster=cluster,
        seed=given.get("seed", 0),
        has_clock="start" in given,
        blocks=tuple(tuple(reader.command(line) for line in block) for block in lines),
    )


class _Reader:
    """Reads command lines in their order, with the names that the lines above have made known."""

    def __init__(self, config: ClusterConfig) -> None:
        self.config = config
        self.branches = {"main"}

    def command(self, line: Line) -> Command:
        """Return one command, read to the end of its line."""
        verb = line.pick("command", line.take("a command"), VERBS)
        command = self._read(line, verb)
        line.end()
        self.config = known_after(self.config, command.event)
        return command

    def _read(self, line: Line, verb: str) -> Command:
        number = line.number
        if verb in ACTIONS:
            return Command(line=number, verb="do", event=ACTIONS[verb](line, self.config))
        if verb in VIEWS:
            return Command(line=number, verb=verb, words=VIEWS[verb](line, self.config))
        if verb == "at":
            moment = line.moment()
            action = ACTIONS[line.pick("action", line.take("an action"), ACTIONS)]
            return Command(line=number, verb="at", event=action(line, self.config), moment=moment)
        if verb == "run":
            if not line.has_more():
                return Command(line=number, verb=verb)
            line.pick("word that may follow here", line.take("'until'"), ("until",))
            return Command(line=number, verb=verb, moment=line.moment())
        return Command(line=number, verb=verb, words=(self._branch(line, verb),))

    def _branch(self, line: Line, verb: str) -> str:
        name = line.take("the name of a branch")
        if verb == "switch":
            return line.pick("branch", name, sorted(self.branches))
        if name.casefold() in {known.casefold() for known in self.branches}:
            raise line.error(f"there is a branch {shown(name)} already; allowed: another name")
        self.branches.add(name)
        return name
