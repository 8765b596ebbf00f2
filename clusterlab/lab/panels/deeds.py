"""What can be done to a cluster, in the words of scenario files.

A deed that has no such words is said as its line of cluster.exe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from clusterlab.cluster import events as ev
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.properties import PRIVATE_NAMES, PROPERTIES
from clusterlab.cluster.states import NodeState, QuorumModel
from clusterlab.clusterexe.commands import command_line
from clusterlab.clusterexe.lines import read_line
from clusterlab.simulation import Simulation

_OPTIONAL = re.compile(r"\s*\[([^\]]*\{(\w+)\}[^\]]*)\]|\s*\([^)]*\)")
"""What may be left out of the words of a scenario file."""
_CLICKS = ("fail", "start", "stop (service)", "pause", "resume")
"""What can be done to a node with one click."""
_KINDS = {event.written: event for event in ev.SENT}
"""What can be sent, by the words of a scenario file."""


class Deed(NamedTuple):
    """Something that was done in a panel."""

    words: str  # what `Panel.act` would have to be told to do the same
    event: ev.Event | None = None  # what happened to the cluster or was asked for
    refusal: OperationRefused | None = None


def words_of(event: ev.Event, config: ClusterConfig) -> str:
    """Return an event in the words that `read_deed` reads.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> words_of(ev.MoveGroup("EVS2", "NODE4"), exchange_cluster().config)
        'move EVS2 to NODE4'
        >>> words_of(ev.MoveGroup("EVS2"), exchange_cluster().config)
        'move EVS2'
    """
    values = {name: value for name, value in vars(event).items() if value not in (None, "", ())}
    names = {name: _quoted(value) for name, value in values.items() if isinstance(value, str)}
    if not event.written or len(names) < len(values):
        return command_line(event, config) or event.in_words()
    keep = lambda found: f" {found[1]}" if found[2] in names else ""  # noqa: E731
    return _OPTIONAL.sub(keep, event.written).format_map(names)


def scenario_line(event: ev.Event, config: ClusterConfig) -> str:
    """Return an event as a line of a scenario file, also where `words_of` has a line of the prompt.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> change = ev.SetProperties("EVS2", {"preferred_owners": ("NODE2", "NODE4")})
        >>> scenario_line(change, exchange_cluster().config)
        'set EVS2 preferred_owners=NODE2,NODE4'
    """
    match event:
        case ev.SetProperties(name, properties):
            private = properties.get("private", {})
            given = {**properties, **{PRIVATE_NAMES.get(key, key): private[key] for key in private}}
            given.pop("private", None)
            return _line("set", name, given)
        case ev.CreateResource(name, kind, group, needs, owners, private):
            given = {"group": group, "type": kind, "needs": needs, "owners": owners}
            chosen = {key: value for key, value in given.items() if value}
            return _line("create resource", name, {**chosen, **(private or {})})
        case ev.StartNode(node, switch, nodes) if switch:
            return f"start {node} {switch} {','.join(nodes)}".rstrip()
        case ev.ResourceFaulted(resource, is_hang=True):
            return f"hang {_quoted(resource)}"
    return words_of(event, config)


def lines_of(sim: Simulation, begun: int) -> Iterator[str]:
    """Yield what was done to a simulation, and when, as lines of a scenario file.

    So much of its history as *begun* was there at the beginning.
    """
    at_s = sim.history[begun - 1].cluster.now_s
    for before, outcome in pairwise(sim.history[begun - 1 :]):
        if isinstance(outcome.event, ev.SENT):
            if before.cluster.now_s > at_s:
                at_s = before.cluster.now_s
                yield f"run until {at_s:.3f}".rstrip("0").rstrip(".")
            yield scenario_line(outcome.event, before.cluster.config)
    if sim.now_s > at_s:
        yield f"run until {sim.now_s:.3f}".rstrip("0").rstrip(".")


def _line(verb: str, name: str, given: Mapping[str, Any]) -> str:
    pairs = (f"{key}={_quoted(_value(key, value))}" for key, value in given.items())
    return " ".join((verb, _quoted(name), *pairs))


def _value(key: str, value: Any) -> str:
    if value is None:
        return PROPERTIES[key].none
    if isinstance(value, tuple | list | set | frozenset):
        return ",".join(sorted(value) if isinstance(value, set | frozenset) else value) or "none"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return str(int(value) if isinstance(value, int) else value)


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def read_deed(words: str, cluster: Cluster) -> ev.Event:
    """Return the event that *words* ask for: words of a scenario file, or a line of cluster.exe.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> read_deed("fail NODE3", exchange_cluster())
        NodeFailed(node='NODE3')
    """
    from clusterlab.scenario.actions import ACTIONS
    from clusterlab.scenario.layout import ScenarioError
    from clusterlab.scenario.line import CommandLine

    if words.split(maxsplit=1)[:1] == ["cluster"]:
        event = read_line(cluster, words).event
        if event is None:
            raise ConfigError(f"{words!r} asks for nothing; it only lists")
        return event
    try:
        line = CommandLine("words", 0, words)
        verb = line.pick("deed", line.take("a deed"), ACTIONS)
        event = ACTIONS[verb](line, cluster.config)
        line.end()
    except ScenarioError as error:
        raise ConfigError(f"{words!r}: {error.problem}") from None
    return event


def candidates(cluster: Cluster) -> Iterator[ev.Event]:
    """Yield what a panel offers to do to nodes, groups, cables and disks; some of it is refused."""
    config = cluster.config
    for kind in (_KINDS[f"{verb} {{node}}"] for verb in _CLICKS):
        yield from (kind(node) for node in config.nodes_by_name)
    for group in config.groups_by_name:
        yield ev.MoveGroup(group)
        yield from (ev.MoveGroup(group, node) for node in config.nodes_by_name)
        yield from (ev.BringOnline(group), ev.TakeOffline(group))
    for part in parts_of(config).values():
        yield from part


class MenuLine(NamedTuple):
    """A line of the menu of a node or group: its words, what it does, and why not now, or ""."""

    text: str
    event: ev.Event
    why_not: str = ""


def node_menu(cluster: Cluster, node: str) -> Iterator[MenuLine]:
    """Yield what can be done to a node, in the words of an administrator.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> [line.text for line in node_menu(exchange_cluster(), "NODE1")]
        ['Pull the plug', 'Stop service', 'Pause', 'Cut network']
    """
    has_power = node not in cluster.silent_since
    is_stopped = cluster.node_states[node] is NodeState.DOWN and has_power
    is_cut = any(name == node for name, _ in cluster.cut)
    for text, verb in (
        ("Pull the plug", "fail") if has_power else ("Power on", "start"),
        ("Start service", "start") if is_stopped else ("Stop service", "stop (service)"),
        ("Resume", "resume") if node in cluster.paused else ("Pause", "pause"),
    ):
        yield MenuLine(text, _KINDS[f"{verb} {{node}}"](node))
    cut = ("Repair network", ev.InterfaceRestored) if is_cut else ("Cut network", ev.InterfaceLost)
    yield MenuLine(cut[0], cut[1](node))


def group_menu(cluster: Cluster, group: str, failure: ev.Event | None) -> Iterator[MenuLine]:
    """Yield what can be asked of a group, and the failure of one of its resources."""
    for node in cluster.config.nodes_by_name:
        if node != cluster.owners[group]:
            yield MenuLine(f"Move to {node}", ev.MoveGroup(group, node))
    yield MenuLine("Bring online", ev.BringOnline(group))
    yield MenuLine("Take offline", ev.TakeOffline(group))
    if failure is not None:
        yield MenuLine(f"Initiate failure of {failure.subject}", failure)


Part = tuple[ev.Event, ev.Event]  # how something breaks, and how it is mended


def parts_of(config: ClusterConfig) -> dict[str, Part]:
    """Return what can break in a cluster besides nodes, by what a chooser says.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> list(parts_of(exchange_cluster(active=1).config))[:4]
        ['network Private', 'network Public', 'quorum Disk Q:', 'cable NODE1 - Private']
    """
    return dict(_parts(config))


def _parts(config: ClusterConfig) -> Iterator[tuple[str, Part]]:
    networks, quorum = [network.name for network in config.networks], config.quorum
    has_disk = config.quorum_model is QuorumModel.SHARED_DISK
    for network in networks:
        yield f"network {network}", (ev.NetworkLost(network), ev.NetworkRestored(network))
    if has_disk:
        yield f"quorum {quorum}", (ev.DiskLost(quorum), ev.DiskRestored(quorum))
    for node in config.nodes_by_name:
        for network in networks:
            cable = ev.InterfaceLost(node, network), ev.InterfaceRestored(node, network)
            yield f"cable {node} - {network}", cable
        yield f"all cables of {node}", (ev.InterfaceLost(node), ev.InterfaceRestored(node))
        if has_disk:
            path = ev.DiskLost(quorum, node), ev.DiskRestored(quorum)
            yield f"path {node} - {quorum}", path
