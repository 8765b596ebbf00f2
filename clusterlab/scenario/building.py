"""How a scenario builds: groups, resources and dependencies, and which names are known after that.

Each reader takes the rest of a line and returns an event; `actions.py` lists them by first word.
"""

from __future__ import annotations

from dataclasses import replace

from clusterlab.cluster.building import bound_to, with_group_of, with_resource
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import (
    AddDependency,
    AddNode,
    ChangeGroup,
    CreateGroup,
    CreateResource,
    DeleteGroup,
    DeleteResource,
    DesignateQuorum,
    Event,
    RemoveDependency,
    RenameGroup,
    RenameResource,
    SetProperties,
)
from clusterlab.cluster.model import ClusterConfig, Group, Node
from clusterlab.cluster.private import PRIVATE_PROPERTIES
from clusterlab.cluster.renaming import with_group_renamed, with_resource_renamed
from clusterlab.scenario.line import Line
from clusterlab.scenario.naming import read_group, read_resource

_PRIVATE = tuple(dict.fromkeys(key for keys in PRIVATE_PROPERTIES.values() for key in keys))


def _kind(line: Line, happens: str) -> str:
    word = line.take(f"what is to {happens}")
    return line.pick(f"thing that can {happens}", word, ("group", "resource"))


def _between(line: Line, word: str) -> None:
    line.pick("word that may follow here", line.take(repr(word)), (word,))


def read_create(line: Line, config: ClusterConfig) -> Event:
    """Read `create group NAME` or `create resource NAME group=G type=T needs=A,B ...`."""
    if _kind(line, "be created") == "group":
        return CreateGroup(line.take("the name of a new group"))
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
    return CreateResource(name, kind, group, tuple(needs), nodes, _private(given) or None)


def _private(given: dict[str, str]) -> dict[str, int | str]:
    numbers = {
        key for keys in PRIVATE_PROPERTIES.values() for key, item in keys.items() if item != ""
    }
    is_number = {key: key in numbers and text.isdecimal() for key, text in given.items()}
    return {key: int(text) if is_number[key] else text for key, text in given.items()}


def read_delete(line: Line, config: ClusterConfig) -> Event:
    """Read `delete group NAME` or `delete resource NAME`."""
    if _kind(line, "be deleted") == "group":
        return DeleteGroup(read_group(line, config))
    return DeleteResource(read_resource(line, config))


def read_rename(line: Line, config: ClusterConfig) -> Event:
    """Read `rename group NAME to NAME` or `rename resource NAME to NAME`."""
    is_group = _kind(line, "be renamed") == "group"
    name = read_group(line, config) if is_group else read_resource(line, config)
    _between(line, "to")
    to = line.take("a new name")
    return RenameGroup(name, to) if is_group else RenameResource(name, to)


def read_change(line: Line, config: ClusterConfig) -> Event:
    """Read `change RESOURCE to GROUP`, the product's Change Group."""
    name = read_resource(line, config)
    _between(line, "to")
    return ChangeGroup(name, read_group(line, config))


def read_depend(line: Line, config: ClusterConfig) -> Event:
    """Read `depend RESOURCE on RESOURCE`."""
    name = read_resource(line, config)
    _between(line, "on")
    return AddDependency(name, read_resource(line, config))


def read_release(line: Line, config: ClusterConfig) -> Event:
    """Read `release RESOURCE from RESOURCE`, which removes a dependency."""
    name = read_resource(line, config)
    _between(line, "from")
    return RemoveDependency(name, read_resource(line, config))


# --- names ------------------------------------------------------------------------------------


def known_after(config: ClusterConfig, event: Event | None) -> ClusterConfig:
    """Return *config* with the names that the lines after *event* may use.

    What was added or renamed is known from there on, in every branch. What was evicted or deleted
    still is, so that naming it is refused when the scenario is played; so is all that the event
    would have changed if it is refused.
    """
    try:
        return _known_after(config, event)
    except (OperationRefused, ConfigError):
        return config


def _known_after(config: ClusterConfig, event: Event | None) -> ClusterConfig:
    match event:
        case AddNode(name) if name.casefold() not in map(str.casefold, config.nodes_by_name):
            node = Node(name=name, node_id=config.nodes[-1].node_id + 1)
            limit = len(config.nodes) + 1
            return replace(config, nodes=(*config.nodes, node), node_limit=limit, is_as_found=True)
        case SetProperties(name, properties) if {"installed", "private"} & properties.keys():
            return configure(config, name, **properties)  # the next line adds to it
        case DesignateQuorum(name):
            return replace(config, quorum=config.resource_name(name))
        case CreateGroup(name):
            return replace(config, groups=(*config.groups, Group(name=name)))
        case CreateResource():
            return with_resource(config, event)
        case RenameGroup(name, to):
            return with_group_renamed(config, config.group_name(name), to)
        case RenameResource(name, to):
            return with_resource_renamed(config, config.resource_name(name), to)
        case ChangeGroup(name, to):
            bound = bound_to(config, config.resource_name(name))
            return with_group_of(config, bound, config.group_name(to))
    return config
