"""What can happen in a scenario, and what an administrator may ask for, read from its words.

`ACTIONS` says which words exist; the reader of each takes the rest of its line and returns an
event. Names are looked up in the configuration as the lines above have left it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clusterlab.cluster.configuring import configure
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import (
    AddNode,
    BringOnline,
    CleanUpNode,
    DesignateQuorum,
    DiskLost,
    DiskRestored,
    Event,
    EvictNode,
    InitiateFailure,
    InterfaceLost,
    InterfaceRestored,
    MoveGroup,
    NetworkLost,
    NetworkRestored,
    NodeFailed,
    PauseNode,
    QuorumLogDamaged,
    ResourceFaulted,
    ResourceMonitorDied,
    ResumeNode,
    SetMaintenance,
    SetNetworkPriority,
    SetProperties,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.model import ClusterConfig
from clusterlab.cluster.states import NetworkRole, RestartAction
from clusterlab.cluster.switches import FORCE_QUORUM, SWITCHES
from clusterlab.scenario.building import (
    read_change,
    read_create,
    read_delete,
    read_depend,
    read_release,
    read_rename,
)
from clusterlab.scenario.line import MAX_COUNT, Line
from clusterlab.scenario.naming import paths, read_group, read_resource
from clusterlab.scenario.versions import read_evs_version, read_node_settings, read_upgrade

# --- names ------------------------------------------------------------------------------------


def _node(line: Line, config: ClusterConfig) -> str:
    return line.pick("node", line.take("a node"), config.nodes_by_name)


def _network(line: Line, config: ClusterConfig) -> str:
    return line.pick("network", line.take("a network"), _network_names(config))


def _network_names(config: ClusterConfig) -> list[str]:
    return [network.name for network in config.networks]


def _group_or_resource(line: Line, config: ClusterConfig) -> str:
    word = line.take("a group or a resource")
    try:
        return config.resource_name(word)
    except OperationRefused:
        return line.pick("group or resource", word, [*config.groups_by_name, *paths(config)])


# --- readers ----------------------------------------------------------------------------------


def _fail(line: Line, config: ClusterConfig) -> Event:
    if line.take_if("resource"):
        return InitiateFailure(read_resource(line, config))
    return NodeFailed(_node(line, config))


def _stop(line: Line, config: ClusterConfig) -> Event:
    line.take_if("service")
    return StopClusterService(_node(line, config))


def _move(line: Line, config: ClusterConfig) -> Event:
    group = read_group(line, config)
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
    if key == "role":
        return NetworkRole(line.whole(key, text, 0, 3))
    if key == "restart_action":
        return RestartAction(line.whole(key, text, 0, 2))
    if key in _WHOLE_NUMBERS:
        return line.whole(key, text, *_WHOLE_NUMBERS[key])
    return line.seconds(key, text)


def _set(line: Line, config: ClusterConfig) -> Event:
    word = line.peek().casefold()
    if word in (name.casefold() for name in _network_names(config)):
        return _checked(line, config, _network(line, config), "property of a network", ("role",))
    if _is_node(config, word):
        return _possible(line, config, read_node_settings(line, config))
    name = _group_or_resource(line, config)
    is_group = name in config.groups_by_name
    if is_group and line.peek().casefold().startswith("version="):
        return _possible(line, config, read_evs_version(line, config, name))
    keys = _GROUP_PROPERTIES if is_group else _RESOURCE_PROPERTIES
    what = f"property of {'a group' if is_group else 'a resource'} that can be set"
    return _checked(line, config, name, what, keys)


def _is_node(config: ClusterConfig, word: str) -> bool:
    """Return whether a word names a node, and no group, resource or path of one."""
    names = (*config.groups_by_name, *config.resources_by_name, *paths(config))
    is_other = word in map(str.casefold, names)
    return word in map(str.casefold, config.nodes_by_name) and not is_other


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
    return _possible(line, config, SetProperties(name, properties))


def _possible(line: Line, config: ClusterConfig, event: SetProperties) -> SetProperties:
    """Return *event*, unless the configuration would be impossible."""
    try:
        configure(config, event.name, **event.properties)
    except ConfigError as error:
        raise line.error(str(error)) from None
    return event


def _start(line: Line, config: ClusterConfig) -> Event:
    node = _node(line, config)
    if not line.has_more():
        return StartNode(node)
    word = line.take("a start switch").removeprefix("/")
    switch = line.pick("start switch", word, SWITCHES)
    if switch != FORCE_QUORUM:
        return StartNode(node, switch)
    words = line.take("the nodes that count, such as NODE1,NODE2").split(",")
    nodes = tuple(line.pick("node", word, config.nodes_by_name) for word in words)
    return StartNode(node, switch, nodes)


def _cable(kind: type[InterfaceLost | InterfaceRestored]) -> Callable[[Line, ClusterConfig], Event]:
    def read(line: Line, config: ClusterConfig) -> Event:
        node = _node(line, config)
        return kind(node, _network(line, config) if line.has_more() else None)

    return read


def _lose(line: Line, config: ClusterConfig) -> Event:
    if _what(line, "be lost", ("network", "disk")) == "network":
        return NetworkLost(_network(line, config))
    disk = read_resource(line, config)
    if not line.has_more():
        return DiskLost(disk)
    line.pick("word that may follow here", line.take("'on'"), ("on",))
    return DiskLost(disk, _node(line, config))


def _restore(line: Line, config: ClusterConfig) -> Event:
    if _what(line, "be restored", ("network", "disk")) == "network":
        return NetworkRestored(_network(line, config))
    return DiskRestored(read_resource(line, config))


def _damage(line: Line, config: ClusterConfig) -> Event:
    _what(line, "be damaged", ("quorum",))
    line.pick("word that may follow here", line.take("'log'"), ("log",))
    return QuorumLogDamaged(config.quorum)


def _kill(line: Line, config: ClusterConfig) -> Event:
    _what(line, "be killed", ("monitor",))
    return ResourceMonitorDied(_node(line, config))


def _what(line: Line, happens: str, allowed: Iterable[str]) -> str:
    what = f"thing that can {happens}"
    return line.pick(what, line.take(f"what is to {happens}"), allowed)


def _maintain(line: Line, config: ClusterConfig) -> Event:
    disk = read_resource(line, config)
    word = line.pick("word that may follow here", line.take("'on' or 'off'"), ("on", "off"))
    return SetMaintenance(disk, word == "on")


def _prioritize(line: Line, config: ClusterConfig) -> Event:
    words = line.take("the internal networks, such as Private,Public").split(",")
    names = (line.pick("network", word, _network_names(config)) for word in words)
    return SetNetworkPriority(tuple(names))


def _add(line: Line, config: ClusterConfig) -> Event:
    return AddNode(line.take("the name of a new node"))


ACTIONS: Mapping[str, Callable[[Line, ClusterConfig], Event]] = {
    "fail": _fail,
    "start": _start,
    "stop": _stop,
    "pause": lambda line, config: PauseNode(_node(line, config)),
    "resume": lambda line, config: ResumeNode(_node(line, config)),
    "evict": lambda line, config: EvictNode(_node(line, config)),
    "add": _add,
    "cut": _cable(InterfaceLost),
    "plug": _cable(InterfaceRestored),
    "lose": _lose,
    "restore": _restore,
    "damage": _damage,
    "kill": _kill,
    "clean": lambda line, config: CleanUpNode(_node(line, config)),
    "maintain": _maintain,
    "prioritize": _prioritize,
    "create": read_create,
    "delete": read_delete,
    "rename": read_rename,
    "change": read_change,
    "depend": read_depend,
    "release": read_release,
    "quorum": lambda line, config: DesignateQuorum(read_resource(line, config)),
    "move": _move,
    "offline": lambda line, config: TakeOffline(_group_or_resource(line, config)),
    "online": lambda line, config: BringOnline(_group_or_resource(line, config)),
    "upgrade": read_upgrade,
    "end": lambda line, config: ResourceFaulted(read_resource(line, config)),
    "hang": lambda line, config: ResourceFaulted(read_resource(line, config), True),
    "set": _set,
    "duration": _duration,
}
"""What can happen or be asked for, by the first word; `at` puts it at another moment."""
