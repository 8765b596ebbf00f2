"""What an administrator types or clicks for each request: cluster.exe lines and menu paths.

Both stand in the row of the request (`events.csv`). `VERBS` is for both directions: from an event
to its line here, from a line to its event in `lines.py`. What happened by itself has no line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from clusterlab.cluster import events as ev
from clusterlab.cluster import properties as pr
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.model import ClusterConfig
from clusterlab.cluster.resource_types import known_types

CLUSTER = "cluster"
"""Kind of a request to the cluster as a whole, whose option names what it is about."""


class Verb(NamedTuple):
    """One request of one kind of thing, as it is typed and clicked.

    Attributes:
        kind: What it is asked of: "node", "group" or "resource", also the word after `cluster`;
            or `CLUSTER`.
        field: The field of the event that follows the option after a colon, or "".
        menu: Command of Cluster Administrator.
    """

    event: type[ev.Request]
    kind: str
    option: str
    field: str
    menu: str


def _verbs() -> Iterator[Verb]:
    for event in ev.REQUESTS:
        words, _, last = event.typed.rpartition("/")
        option, _, value = last.partition(":")
        kinds = words.split(" ")[0].split("|") if words else [CLUSTER]
        menu = event.clicked.partition(" > {")[0]
        if event.typed:
            yield from (Verb(event, kind, f"/{option}", value.strip("{}"), menu) for kind in kinds)


_KINDS = ("node", CLUSTER, "group", "resource")
VERBS = tuple(sorted(_verbs(), key=lambda verb: _KINDS.index(verb.kind)))
"""Every request that has a line of its own (handbook 1, 8.1 and 8.2; handbook 3)."""


def command_line(event: ev.Event, config: ClusterConfig) -> str:
    """Return the cluster.exe line for a request; "" for what has none.

    *config* is as it was before the request; it says what is a group and what a resource.

    A start switch is typed at the node itself, so its prompt, `NODE1>`, stands in front. A resource
    that is created with more than its group and type takes a line for each of them.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> command_line(ev.StartNode("node4"), exchange_cluster().config)
        'cluster node NODE4 /start'

    Source: handbook 1, 8.1; start switches 6.1.
    """
    kind, name = _named(event, config)
    if isinstance(event, ev.StartNode) and event.switch:
        nodes = ",".join(map(_quoted, event.nodes))
        return f"{name}> net start clussvc /{event.switch} {nodes}".rstrip()
    start = f"cluster {kind} {_quoted(name) if kind == 'node' else _always_quoted(name)}"
    start = "cluster" if kind == CLUSTER else start
    if isinstance(event, ev.SetProperties):
        return "\n".join(_set_lines(start, event, config))
    if isinstance(event, ev.CreateResource):
        return "\n".join(_create_lines(start, event, config))
    verb = _verb(event, kind)
    if verb is None:
        return ""
    value = _value(event, verb.field) if verb.field else ""
    return f"{start} {verb.option}{f':{value}' if value else ''}"


def _value(event: ev.Event, field: str) -> str:
    """Return what follows the colon of an option."""
    match getattr(event, field):
        case None:
            return ""
        case bool() as is_on:
            return "on" if is_on else "off"
        case tuple() as names:
            return ",".join(map(_quoted, names))
        case name:
            is_plain = event.kind_of(field) == "node" or field == event.__match_args__[0]
            return _quoted(name) if is_plain else _always_quoted(name)


def _create_lines(start: str, event: ev.CreateResource, config: ClusterConfig) -> Iterator[str]:
    """Yield the lines that create a resource and set what differs; none if only a wizard does."""
    kind = known_types(config).get(event.type)
    if kind is not None and kind.has_wizard:
        return  # cluster.exe cannot replace the wizard (handbook 3, 4.3)
    group, type_name = _always_quoted(event.group), _always_quoted(event.type)
    yield f"{start} /create /group:{group} /type:{type_name}"
    for needed in event.depends_on:
        yield f"{start} /adddep:{_always_quoted(needed)}"
    owners = event.possible_owners
    for node in () if owners is None else config.nodes_by_name:
        if node not in (owners or ()):
            yield f"{start} /removeowner:{_quoted(node)}"
    if event.private:
        yield f"{start} {_private_words(event.private)}"


def _private_words(private: Mapping[str, Any]) -> str:
    return " ".join(["/priv", *(private_word(key, value) for key, value in private.items())])


def private_word(key: str, value: Any) -> str:
    """Return a private property as `/priv` takes it.

    Example:
        >>> private_word("is_alive_timeout_s", 45.0), private_word("Name", "EVS 1")
        ('IsAliveTimeout=45000', 'Name="EVS 1"')
    """
    if key in pr.PRIVATE_SECONDS:
        return f"{pr.PRIVATE_SECONDS[key]}={round(value * 1000)}"
    name = pr.PRIVATE_NAMES.get(key, key)
    if isinstance(value, tuple | list):
        return f"{name}={','.join(map(_always_quoted, value))}"
    return f"{name}={int(value)}" if isinstance(value, int) else f'{name}="{value}"'


def menu_path(event: ev.Event, config: ClusterConfig) -> str:
    """Return where Cluster Administrator has the request; "" for what it has not (handbook 1, 8.2).

    Example:
        >>> from clusterlab import exchange_cluster
        >>> menu_path(ev.StartNode("node4"), exchange_cluster().config)
        'CL1 > NODE4 > Start Cluster Service'
    """
    kind, name = _named(event, config)
    place = {
        "node": [name],
        "group": ["Groups", name],
        "resource": ["Resources", name],
        "network": ["Cluster Configuration", "Networks", name],
        CLUSTER: [],
    }
    verb = _verb(event, kind)
    if isinstance(event, ev.SetProperties):
        # What runs on a node is no business of Cluster Administrator.
        words = "" if kind == "node" or kind not in place else "Properties"
    else:
        is_typed = isinstance(event, ev.StartNode) and event.switch
        words = "" if verb is None or is_typed else event.filled(event.clicked)
    return " > ".join([config.name, *place[kind], words]) if words else ""


def _verb(event: ev.Event, kind: str) -> Verb | None:
    return next((v for v in VERBS if isinstance(event, v.event) and v.kind == kind), None)


def _named(event: ev.Event, config: ClusterConfig) -> tuple[str, str]:
    """Return what kind of thing an event is about, and its full name."""
    kinds = [verb.kind for verb in VERBS if isinstance(event, verb.event)]
    if isinstance(event, ev.SetProperties):
        kinds = ["group", "network", "resource", "node"]
    for kind in kinds:
        try:
            name = event.subject
            return kind, name if kind == CLUSTER else config.full_name(kind, name)
        except OperationRefused:
            continue
    if isinstance(event, ev.SetProperties) and event.name.casefold() == config.name.casefold():
        return CLUSTER, config.name
    # What is gone, as an evicted node is, or never was.
    return kinds[0] if kinds else "", event.subject


def _set_lines(start: str, event: ev.SetProperties, config: ClusterConfig) -> Iterator[str]:
    """Yield the lines that set properties; none where cluster.exe has no such option."""
    properties = event.properties
    if set(properties) == {"preferred_owners"}:
        yield f"{start} /setowners:{','.join(map(_quoted, properties['preferred_owners']))}"
    elif set(properties) == {"possible_owners"}:
        yield from _owner_lines(start, event, config)
    elif set(properties) == {"private"}:
        yield from _private_lines(start, event, config)
    elif set(properties) <= set(pr.STORED):
        words = [_assignment(pr.STORED[key], value) for key, value in properties.items()]
        yield " ".join([start, "/prop", *words])


def _private_lines(start: str, event: ev.SetProperties, config: ClusterConfig) -> Iterator[str]:
    """Yield a line for the private properties that change, with the format of a new number."""
    old = config.resources_by_name[config.resource_name(event.name)].private
    new = event.properties["private"]
    differs = [key for key, value in new.items() if key not in old or old[key] != value]
    if managed := [f"{key}={new[key]}" for key in differs if key in pr.MANAGED]:
        yield " ".join(["esm", _always_quoted(event.name), *managed])
    changed = [key for key in differs if not pr.is_own(key)]
    numbers = [key for key in changed if key not in old and isinstance(new[key], int | float)]
    words = [private_word(key, new[key]) + ":DWORD" * (key in numbers) for key in changed]
    if words:
        yield " ".join([start, "/priv", *words])
    if gone := [
        pr.PRIVATE_NAMES.get(key, key) for key in old if key not in new and not pr.is_own(key)
    ]:
        yield f"{start} /priv:{','.join(gone)} /usedefault"


def _owner_lines(start: str, event: ev.SetProperties, config: ClusterConfig) -> Iterator[str]:
    """Yield a line for each possible owner that comes or goes; added ones first."""
    owners = config.resources_by_name[config.resource_name(event.name)].possible_owners
    wanted, everybody = event.properties["possible_owners"], tuple(config.nodes_by_name)
    old = everybody if owners is None else owners
    new = everybody if wanted is None else tuple(wanted)
    for node in new:
        if node not in old:
            yield f"{start} /addowner:{_quoted(node)}"
    for node in old:
        if node not in new:
            yield f"{start} /removeowner:{_quoted(node)}"


def _assignment(prop: pr.Property, value: Any) -> str:
    if value is None or value == -1:
        return f"{prop.name}={pr.INFINITE}"
    if isinstance(value, tuple | list):
        return f"{prop.name}={','.join(map(_always_quoted, value))}"
    return f"{prop.name}={round(value * prop.per_unit)}"


def _always_quoted(name: str) -> str:
    return f'"{name}"'


def _quoted(name: str) -> str:
    return _always_quoted(name) if set(name) & set(" ,;>") else name
