"""What can happen in a scenario, and what an administrator may ask for, read from its words.

`ACTIONS` says which words exist: those that the rows of the events have (`events.csv`), and those
with a reader of their own here. A reader takes the rest of its line and returns an event. Names are
looked up in the configuration as the lines above have left it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from clusterlab.cluster import events as ev
from clusterlab.cluster import properties as pr
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.model import ClusterConfig
from clusterlab.cluster.quorum import FORCE_QUORUM, SWITCHES
from clusterlab.scenario.line import CommandLine, paths, read_group, read_resource
from clusterlab.scenario.versions import read_evs_version, read_node_settings, read_upgrade

# --- names ------------------------------------------------------------------------------------


def _node(line: CommandLine, config: ClusterConfig) -> str:
    return line.pick("node", line.take("a node"), config.nodes_by_name)


def _network(line: CommandLine, config: ClusterConfig) -> str:
    return line.pick("network", line.take("a network"), _network_names(config))


def _network_names(config: ClusterConfig) -> list[str]:
    return [network.name for network in config.networks]


def _group_or_resource(line: CommandLine, config: ClusterConfig) -> str:
    word = line.take("a group or a resource")
    try:
        return config.resource_name(word)
    except OperationRefused:
        return line.pick("group or resource", word, [*config.groups_by_name, *paths(config)])


# --- the words of a row -----------------------------------------------------------------------

_NEW = {"to": "a new name", "node": "the name of a new node", "group": "the name of a new group"}
_PARTICIPLES = {"lose": "lost", "kill": "killed"}


def _field(line: CommandLine, config: ClusterConfig, event: type[ev.Event], field: str) -> Any:
    if field == "is_on":
        word = line.pick("word that may follow here", line.take("'on' or 'off'"), ("on", "off"))
        return word == "on"
    if field == "is_reset":
        return line.pick("word that may follow here", line.take("'alone'"), ("alone",)) != "alone"
    if field == "networks":
        words = line.take("the internal networks, such as Private,Public").split(",")
        return tuple(line.pick("network", word, _network_names(config)) for word in words)
    kind = event.kind_of(field)
    if not kind:
        return line.take(f"a {field}")
    return line.take(_NEW[field]) if kind == "new" else _NAMES[kind](line, config)


_NAMES: Mapping[str, Callable[[CommandLine, ClusterConfig], str]] = {
    "node": _node,
    "group": read_group,
    "resource": read_resource,
    "network": _network,
    "item": _group_or_resource,
}


def _row(event: type[ev.Event]) -> list[str]:
    """Return the parts of what a scenario file has for an event, such as "move" or "{group}"."""
    return event.written.split()


def _read(events: Sequence[type[ev.Event]], line: CommandLine, config: ClusterConfig) -> ev.Event:
    """Read the rest of a line that begins as all of *events* do."""
    event = _chosen(events, line)
    # What is about no word of the line is about the quorum.
    values: dict[str, Any] = {} if "{" in event.written else {"resource": config.quorum}
    for part in _row(event)[1 + _has_object(event) :]:
        word = part.strip("[](){}")
        if part.startswith("[") and not line.has_more():
            break
        if "{" in part:
            values[word] = _field(line, config, event, word)
        elif part.startswith("("):
            line.take_if(word)
        else:
            line.pick("word that may follow here", line.take(repr(word)), (word,))
    return event(**values)


def _has_object(event: type[ev.Event]) -> bool:
    """Return whether a plain word stands behind the first one, such as "disk" in "lose disk"."""
    return _row(event)[1].isalpha()


def _chosen(events: Sequence[type[ev.Event]], line: CommandLine) -> type[ev.Event]:
    """Take the word that tells events with the same first word apart."""
    verb = _row(events[0])[0]
    objects = {_row(event)[1]: event for event in events if _has_object(event)}
    others = [event for event in events if not _has_object(event)]
    if others:
        return next((event for word, event in objects.items() if line.take_if(word)), others[0])
    happens = f"be {_PARTICIPLES.get(verb, verb.removesuffix('e') + 'ed')}"
    word = line.pick(f"thing that can {happens}", line.take(f"what is to {happens}"), objects)
    return objects[word]


# --- readers of their own ---------------------------------------------------------------------


def _property(line: CommandLine, config: ClusterConfig, key: str, text: str) -> Any:
    prop = pr.PROPERTIES.get(key)
    if prop is None:  # a duration
        return line.seconds(key, text)
    if prop.none and text.casefold() == prop.none:
        return None
    if prop.form in ("nodes", "texts"):
        words = [] if text.casefold() == "none" else text.split(",")
        if prop.form == "nodes":
            words = [line.pick("node", word, config.nodes_by_name) for word in words]
        return frozenset(words) if key == "defective_on" else tuple(words)
    if prop.values is not None:
        return prop.values(line.whole(key, text, min(prop.values), max(prop.values)))
    if prop.form == "whole":
        return line.whole(key, text, int(prop.low), int(prop.high))
    return line.seconds(key, text)


def _set(line: CommandLine, config: ClusterConfig) -> ev.Event:
    word = line.peek().casefold()
    if word in (name.casefold() for name in _network_names(config)):
        return _checked(line, config, _network(line, config), "property of a network", ("role",))
    if _is_node(config, word):
        return _possible(line, config, read_node_settings(line, config))
    name = _group_or_resource(line, config)
    is_group = name in config.groups_by_name
    if is_group and line.peek().casefold().startswith("version="):
        return _possible(line, config, read_evs_version(line, config, name))
    if not is_group and line.peek().partition("=")[0].casefold() not in pr.properties_of(
        "resource"
    ):
        return _set_private(line, config, name)
    keys = pr.properties_of("group" if is_group else "resource")
    what = f"property of {'a group' if is_group else 'a resource'} that can be set"
    return _checked(line, config, name, what, keys)


def _set_private(line: CommandLine, config: ClusterConfig, name: str) -> ev.SetProperties:
    """Read private properties of a resource, such as `Address=10.0.0.9`; the others stay."""
    resource = config.resources_by_name[name]
    known = {key: pr.PRIVATE_NAMES.get(key, key) for key in pr.private_defaults(resource.type.name)}
    known |= {key: key for key in pr.MANAGED if key in resource.private}
    if not line.has_more():
        raise line.error("the line ends where a setting is expected; allowed: NAME=VALUE")
    every = (*known.values(), *pr.properties_of("resource"))
    keys = {word: key for key, word in known.items()}
    changed: dict[str, Any] = {}
    for word, text in line.settings(
        every, f"property of the type {resource.type.name} that can be set"
    ):
        if word not in keys:
            raise line.error(f"{word} is no private property; set it in a line of its own")
        is_time = keys[word] in pr.PRIVATE_SECONDS
        changed |= (
            {keys[word]: line.whole(word, text) / 1000}
            if is_time
            else {word: line.whole(word, text)}
            if word in pr.MANAGED
            else _private({keys[word]: text})
        )
    return _possible(
        line, config, ev.SetProperties(name, {"private": {**resource.private, **changed}})
    )


def _is_node(config: ClusterConfig, word: str) -> bool:
    """Return whether a word names a node, and no group, resource or path of one."""
    names = (*config.groups_by_name, *config.resources_by_name, *paths(config))
    is_other = word in map(str.casefold, names)
    return word in map(str.casefold, config.nodes_by_name) and not is_other


def _duration(line: CommandLine, config: ClusterConfig) -> ev.Event:
    return _checked(line, config, "durations", "duration", sorted(config.durations))


def _checked(
    line: CommandLine, config: ClusterConfig, name: str, what: str, keys: Iterable[str]
) -> ev.SetProperties:
    if not line.has_more():
        raise line.error("the line ends where a setting is expected; allowed: NAME=VALUE")
    properties = {
        key: _property(line, config, key, value) for key, value in line.settings(keys, what)
    }
    return _possible(line, config, ev.SetProperties(name, properties))


def _possible(
    line: CommandLine, config: ClusterConfig, event: ev.SetProperties
) -> ev.SetProperties:
    """Return *event*, unless the configuration would be impossible."""
    try:
        configure(config, event.name, **event.properties)
    except ConfigError as error:
        raise line.error(str(error)) from None
    return event


def _start(line: CommandLine, config: ClusterConfig) -> ev.Event:
    node = _node(line, config)
    if not line.has_more():
        return ev.StartNode(node)
    word = line.take("a start switch").removeprefix("/")
    switch = line.pick("start switch", word, SWITCHES)
    if switch != FORCE_QUORUM:
        return ev.StartNode(node, switch)
    words = line.take("the nodes that count, such as NODE1,NODE2").split(",")
    nodes = tuple(line.pick("node", word, config.nodes_by_name) for word in words)
    return ev.StartNode(node, switch, nodes)


def _hang(line: CommandLine, config: ClusterConfig) -> ev.Event:
    if line.has_more() and _is_node(config, line.peek().casefold()):
        return ev.NodeHung(_node(line, config), line.take_if("user"))
    return ev.ResourceFaulted(read_resource(line, config), is_hang=True)


def _create(line: CommandLine, config: ClusterConfig) -> ev.Event:
    event = _chosen(_BY_WORD["create"], line)
    if event is ev.CreateResource:
        return _new_resource(line, config)
    return event(_field(line, config, event, "group"))


_PRIVATE = tuple(dict.fromkeys(key for keys in pr.PRIVATE_PROPERTIES.values() for key in keys))


def _new_resource(line: CommandLine, config: ClusterConfig) -> ev.CreateResource:
    """Read `NAME group=G type=T needs=A,B ...` behind `create resource`."""
    name = line.take("the name of a new resource")
    keys = ("group", "type", "needs", "owners", *_PRIVATE)
    given = dict(line.settings(keys, "setting of a new resource"))
    for key in ("group", "type"):
        if key not in given:
            raise line.error(f"{key}= is missing; allowed: create resource NAME group=G type=T")
    group = line.pick("group", given.pop("group"), config.groups_by_name)
    kind = given.pop("type")
    needs = [word for word in given.pop("needs", "").split(",") if word]
    owners = given.pop("owners", None)
    nodes = None if owners is None else tuple(owners.split(","))
    return ev.CreateResource(name, kind, group, tuple(needs), nodes, _private(given) or None)


def _private(given: dict[str, str]) -> dict[str, int | str]:
    numbers = {
        key for keys in pr.PRIVATE_PROPERTIES.values() for key, item in keys.items() if item != ""
    }
    is_number = {key: key in numbers and text.isdecimal() for key, text in given.items()}
    return {key: int(text) if is_number[key] else text for key, text in given.items()}


_OWN: Mapping[str, Callable[[CommandLine, ClusterConfig], ev.Event]] = {
    "start": _start,
    "hang": _hang,
    "create": _create,
    "upgrade": read_upgrade,
    "set": _set,
    "duration": _duration,
}


def _by_word() -> dict[str, list[type[ev.Event]]]:
    found: dict[str, list[type[ev.Event]]] = {"fail": []}  # the first word that comes to mind
    for event in ev.SENT:
        if event.written:
            found.setdefault(_row(event)[0], []).append(event)
    return found


_BY_WORD: Mapping[str, Sequence[type[ev.Event]]] = _by_word()

ACTIONS: Mapping[str, Callable[[CommandLine, ClusterConfig], ev.Event]] = {
    **{word: partial(_read, events) for word, events in _BY_WORD.items()},
    **_OWN,
}
"""What can happen or be asked for, by the first word; `at` puts it at another moment."""
