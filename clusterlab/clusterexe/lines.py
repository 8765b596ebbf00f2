"""cluster.exe: takes the lines of handbook 1, 8.1 and returns what the product prints.

`prompt.py` takes a line apart, `settings.py` reads its assignments; here it becomes an event, a
time to wait and an answer. Layouts and titles stand in `listing.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

from clusterlab.cluster.engine import RUN_LIMIT_S, advance, next_timer
from clusterlab.cluster.errors import ConfigError, OperationRefused, shown
from clusterlab.cluster.events import CreateResource, Event, SetProperties
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.properties import AT_NEXT_ONLINE, STORED
from clusterlab.cluster.resource_types import known_types
from clusterlab.cluster.states import ActivityKind, NodeState, ResourceState, Windows
from clusterlab.clusterexe import listing as prints
from clusterlab.clusterexe.commands import CLUSTER, VERBS, Verb
from clusterlab.clusterexe.listing import (
    group_listing,
    interface_listing,
    network_listing,
    node_listing,
    resource_listing,
    type_listing,
)
from clusterlab.clusterexe.prompt import (
    OPTIONS,
    TypedLine,
    TypedOption,
    names_in,
    prompt_of,
    read_words,
    refuse,
    unquoted,
    words_of,
)
from clusterlab.clusterexe.services import Order, always, service_order
from clusterlab.clusterexe.settings import DEFAULT, assigned, assigned_private

MOVE_WAIT_S = 20.0
"""How long `/move` waits without `/wait` (handbook 1, 8.1)."""

_BUSY = (
    ActivityKind.COMING_ONLINE,
    ActivityKind.GOING_OFFLINE,
    ActivityKind.MOVING,
    ActivityKind.GIVING_UP,
)


class Played(Protocol):
    """What a line acts on: a cluster that takes events and lets time pass, as a `Simulation`."""

    @property
    def cluster(self) -> Cluster:
        """The cluster now."""

    def send(self, event: Event) -> object:
        """Let *event* happen now."""

    def run(self, until_s: float) -> None:
        """Let time pass to the moment *until_s*."""


def run_line(sim: Played, line: str) -> str:
    """Do what *line* says and return what the product prints.

    Time: a line acts at `sim.now_s`. Then simulated time passes until the prompt would return:
    until the group has arrived, at most 20 s, after `/move`; until nothing in the group is pending
    after `/online` and `/offline`; `/wait` makes that as long as it takes (a day at most), and
    `/wait:S` at most S seconds. All other lines return at once, so `/start` and `/stop` do without
    `/wait`. `sim.undo()` takes back the line and the time.

    A line that is refused changes nothing: the answer is then the product's system error with its
    number where the handbook has one, and the reason and the remedy in words. `NODE1> ` in front
    is the prompt of that node, which `net start clussvc` needs.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> print(run_line(sim, "cluster node node4 /pause"))
        Listing status for node 'NODE4':
        <BLANKLINE>
        Node           Node ID Status
        -------------- ------- ---------------------
        NODE4                4 Paused
        >>> print(run_line(sim, "cluster group EVS2 /move:node4"))
        System error 5070 has occurred (0x000013ce).
        5070: the node is paused. NODE4 is Paused. Resume NODE4 or name another node.

    Source: handbook 1, 8.1 and 8.4; that groups wait like resources is unsourced.
    """
    try:
        order = read_line(sim.cluster, line)
        if order.event is not None:
            sim.send(order.event)
            if order.wait_s:
                sim.run(until_s=return_s(sim.cluster, order))
        return order.answer(sim.cluster)
    except (OperationRefused, ConfigError) as error:
        return refusal_text(error)


def read_line(cluster: Cluster, line: str) -> Order:
    """Return what *line* asks of *cluster*, without doing it.

    Raises:
        OperationRefused: If the line says nothing that the product or the lab understands.
    """
    node, rest = prompt_of(cluster.config, line)
    words = words_of(rest)
    first = words[0].casefold() if words else ""
    if first in ("cluster", "cluster.exe"):
        return _order(_request(cluster, read_words(cluster, words[1:])))
    if first in ("net", "net.exe"):
        return service_order(cluster, node, words[1:])
    what = f"{shown(unquoted(words[0]))} is no command here" if words else "The line is empty"
    refuse(f"{what}.", "Begin with cluster, or type cluster /? for what there is.")


def return_s(cluster: Cluster, order: Order) -> float:
    """Return when the prompt returns; *cluster* is how it is after the event of *order*."""
    end_s = cluster.now_s + order.wait_s
    while not order.is_done(cluster):
        timer = next_timer(cluster)
        if timer is None or timer.due_s > end_s:
            return cluster.now_s if order.wait_s >= RUN_LIMIT_S else end_s
        outcome = advance(cluster)
        assert outcome is not None
        cluster = outcome.cluster
    return cluster.now_s


def refusal_text(error: OperationRefused | ConfigError) -> str:
    """Return how the prompt shows a refusal.

    Example:
        >>> print(refusal_text(OperationRefused(5058, because="N1 is Up.", remedy="Pause it.")))
        System error 5058 has occurred (0x000013c2).
        5058: the node is not paused. N1 is Up. Pause it.
    """
    if isinstance(error, OperationRefused):
        code = error.code
        is_number = isinstance(code, int)
        head = f"System error {code} has occurred (0x{code:08x}).\n" if is_number else ""
        return head + error.message
    text = str(error)
    for key, prop in STORED.items():
        text = re.sub(rf"\b{key}\b", prop.name, text)
    return f"Not possible: {text}."


# --- what a line is about ---------------------------------------------------------------------


class _Request(NamedTuple):
    """A line whose names were looked up; *name* is "" for all things of its kind."""

    cluster: Cluster
    kind: str
    name: str
    option: TypedOption
    others: Mapping[str, TypedOption]

    @property
    def named(self) -> str:
        if not self.name:
            refuse(f"/{self.option.name} needs a name.", f"Type cluster {self.kind} NAME first.")
        return self.name

    @property
    def value(self) -> str:
        """What follows the colon of the option, which must be there."""
        if not self.option.text:
            refuse(f"/{self.option.name} needs a name.", f"Type /{self.option.name}:NAME.")
        return self.option.text

    @property
    def subject(self) -> str:
        """The name for an event; a resource called like a group goes by its path."""
        config, name = self.cluster.config, self.named
        if self.kind == "resource" and config.kind_of(name) == "group":
            return f"{config.resources_by_name[name].group}/{name}"
        return name


_BESIDE = ("wait", "node", "network", "group", "type", "usedefault")
"""Options that stand beside another one."""


def _request(cluster: Cluster, line: TypedLine) -> _Request:
    names = [option.name for option in line.options]
    for name in names:
        if names.count(name) > 1:
            refuse(f"/{name} stands there twice.", "Type it once.")
    main = [option for option in line.options if option.name not in _BESIDE]
    if len(main) > 1:
        both = " and ".join(f"/{option.name}" for option in main)
        refuse(f"{both} do not go together.", "Type one line for each.")
    beside = {option.name: option for option in line.options if option.name in _BESIDE}
    default = "help" if line.kind == CLUSTER else "status"
    option = main[0] if main else TypedOption(default, None)
    is_new = option.name in ("create", "forcecleanup")  # what is no member now
    name = line.name if is_new or not line.name else _found(cluster.config, line.kind, line.name)
    return _Request(cluster, line.kind, name, option, beside)


def _found(config: ClusterConfig, kind: str, name: str) -> str:
    """Return the full name of a thing, or refuse."""
    match kind:
        case "node":
            return config.node_name(name)
        case "group":
            return config.group_name(name)
        case "resource":
            return config.resource_name(name)
        case "network":
            return config.network_name(name)
    refuse(f"The lab lists every {kind} at once.", "Leave the name out.")


def _order(request: _Request) -> Order:
    option = request.option
    if option.value is not None and option.name not in _WITH_VALUE:
        refuse(f"/{option.name} takes no value.", f"Type /{option.name} alone.")
    if "wait" in request.others and option.name not in _WITH_WAIT:
        refuse(f"/{option.name} does not wait.", "Leave /wait out.")
    if "wait" in request.others and (request.kind, option.name) == ("resource", "moveto"):
        refuse("A resource changes its group at once.", "Leave /wait out.")
    for beside in ("node", "network"):
        if beside in request.others and option.name != "status":
            refuse(f"/{option.name} takes no /{beside}.", f"/{beside} goes with /status.")
    for beside in ("group", "type"):
        if beside in request.others and option.name != "create":
            refuse(f"/{option.name} takes no /{beside}.", f"/{beside} goes with /create.")
    if "usedefault" in request.others:
        if option.name not in ("properties", "privproperties") or not option.value:
            refuse("/usedefault needs properties.", "Type /prop:NAME,NAME /usedefault.")
        words = tuple(f"{name}={DEFAULT}" for name in names_in(option.value))
        request = request._replace(option=option._replace(value=None, words=words))
    return _HANDLERS.get(option.name, _verb_order)(request)


# --- lines that look --------------------------------------------------------------------------


def _status_order(request: _Request) -> Order:
    return Order(partial(_status, request.kind, request.name or None, _sides(request)))


def _sides(request: _Request) -> tuple[str | None, str | None]:
    """Return the node and the network that interfaces are wanted of."""
    config, others = request.cluster.config, request.others
    for name in ("node", "network"):
        if name in others and not others[name].text:
            refuse(f"/{name} needs a name.", f"Type /{name}:NAME.")
    node = config.node_name(others["node"].text) if "node" in others else None
    network = config.network_name(others["network"].text) if "network" in others else None
    return node, network


def _status(
    kind: str, name: str | None, sides: tuple[str | None, str | None], cluster: Cluster
) -> str:
    match kind:
        case "node":
            return node_listing(cluster, name)
        case "group":
            return group_listing(cluster, name, node=sides[0])
        case "resource":
            return resource_listing(cluster, name=name)
        case "network":
            return network_listing(cluster, name)
        case "netinterface":
            return interface_listing(cluster, *sides)
    return type_listing(cluster)


def _interfaces_order(request: _Request) -> Order:
    name = request.name or None
    sides = (name, None) if request.kind == "node" else (None, name)
    return Order(lambda cluster: interface_listing(cluster, *sides))


def _version_order(request: _Request) -> Order:
    major, minor = prints.BUILD_NUMBERS[request.cluster.config.windows]
    name = request.cluster.config.name
    return Order(lambda cluster: f"Cluster Name: {name}\nCluster Version: {major}.{minor}")


def _help_order(request: _Request) -> Order:
    rows = [
        f"cluster {'' if kind == CLUSTER else kind:<14}{' '.join(f'/{name}' for name in names)}"
        for kind, names in OPTIONS.items()
        if request.kind in (CLUSTER, kind)
    ]
    head = "cluster [CLUSTER] [OBJECT [NAME]] [/OPTION[:VALUE]]; without an option: /status"
    return Order(lambda cluster: "\n".join([head, "", *rows]))


# --- lines that set ---------------------------------------------------------------------------

_LISTINGS: Mapping[str, Callable[[Cluster, str], str]] = {
    "node": prints.node_properties,
    "group": prints.group_properties,
    "resource": prints.resource_properties,
    "network": prints.network_properties,
}


def _properties_order(request: _Request) -> Order:
    if request.kind == CLUSTER:
        return _cluster_properties_order(request)
    if not request.option.words:
        return Order(partial(_each, _LISTINGS[request.kind], _names(request), _only(request)))
    name, config = request.named, request.cluster.config
    items: Mapping[str, Mapping[str, Any]] = {
        "group": config.groups_by_name,
        "resource": config.resources_by_name,
        "network": {item.name: item for item in config.networks},
    }
    if request.kind not in items:
        refuse(f"Properties of a {request.kind} are read-only.", "Type /prop alone.")
    values = assigned(items[request.kind][name], request.option.words)
    return _set(request, values, _LISTINGS[request.kind])


def _cluster_properties_order(request: _Request) -> Order:
    config = request.cluster.config
    if not request.option.words:
        return Order(lambda cluster: _chosen(prints.cluster_properties(cluster), _only(request)))
    values = assigned(config, request.option.words)
    return Order(prints.cluster_properties, SetProperties(config.name, values))


def _private_order(request: _Request) -> Order:
    if not request.option.words:
        listing = prints.private_properties
        return Order(partial(_each, listing, _names(request), _only(request)))
    resource = request.cluster.config.resources_by_name[request.named]
    private = assigned_private(resource, request.option.words)
    order = _set(request, {"private": private}, prints.private_properties)
    is_online = request.cluster.resource_states[resource.name] is ResourceState.ONLINE
    later = [key for key in AT_NEXT_ONLINE if private.get(key) != resource.private.get(key)]
    return order._replace(answer=partial(_stored, resource.name)) if is_online and later else order


def _stored(name: str, cluster: Cluster) -> str:
    """Return the answer to properties that act only at the next online."""
    because, remedy = f"{name} is Online.", "Take it offline and bring it online again."
    text = refusal_text(OperationRefused(5024, because=because, remedy=remedy))
    return f"{text}\n{prints.private_properties(cluster, name)}"


def _names(request: _Request) -> tuple[str, ...]:
    config = request.cluster.config
    everything: Mapping[str, Any] = {
        "node": config.nodes,
        "group": config.groups,
        "resource": config.resources,
        "network": config.networks,
    }
    everything_named = tuple(item.name for item in everything[request.kind])
    return (request.name,) if request.name else everything_named


def _only(request: _Request) -> tuple[str, ...]:
    """Return the folded names of the properties that are asked for; () for all."""
    return tuple(name.casefold() for name in names_in(request.option.value or ""))


def _chosen(text: str, only: tuple[str, ...]) -> str:
    """Return a listing of properties with the rows of some properties alone."""
    head, rows = text.splitlines()[:4], text.splitlines()[4:]
    wanted = [row for row in rows if row[23:].lstrip().split(" ")[0].casefold() in only]
    names = [row for row in rows if any(f" {name} " in f"{row.casefold()} " for name in only)]
    return "\n".join([*head, *(wanted or names)]) if only else text


def _each(
    listing: Callable[[Cluster, str], str],
    names: tuple[str, ...],
    only: tuple[str, ...],
    cluster: Cluster,
) -> str:
    return "\n\n".join(_chosen(listing(cluster, name), only) for name in names)


def _set(
    request: _Request, values: Mapping[str, Any], listing: Callable[[Cluster, str], str]
) -> Order:
    event = SetProperties(request.subject, values)
    return Order(lambda cluster: listing(cluster, request.name), event)


def _owners_order(request: _Request) -> Order:
    listing = prints.preferred_owners if request.kind == "group" else prints.possible_owners
    return Order(partial(_each, listing, (request.named,), ()))


def _preferred_order(request: _Request) -> Order:
    if request.option.value is None:
        refuse("/setowners needs nodes.", "Type /setowners:NODE1,NODE2, or /setowners: for none.")
    nodes = tuple(map(request.cluster.config.node_name, names_in(request.option.value)))
    return _set(request, {"preferred_owners": nodes}, prints.preferred_owners)


def _possible_order(request: _Request) -> Order:
    config = request.cluster.config
    node, name = config.node_name(request.value), request.named
    owners = config.resources_by_name[name].possible_owners
    listed = tuple(config.nodes_by_name) if owners is None else owners
    is_added = request.option.name == "addowner"
    if is_added == (node in listed):
        word = "already" if is_added else "not"
        refuse(f"{node} is {word} a possible owner of {name}.", "Nothing needs to be done.")
    changed = (*listed, node) if is_added else tuple(one for one in listed if one != node)
    return _set(request, {"possible_owners": changed}, prints.possible_owners)


def _listdep_order(request: _Request) -> Order:
    return Order(partial(_each, prints.dependencies, (request.named,), ()))


def _priorities_order(request: _Request) -> Order:
    return Order(prints.network_priorities)


# --- lines that build -------------------------------------------------------------------------


def _create_order(request: _Request) -> Order:
    if request.kind == "group":
        return _verb_order(request)
    words = {}
    for option in ("group", "type"):
        if option not in request.others or not request.others[option].text:
            refuse("A new resource has a group and a type.", 'Type /create /group:"G" /type:"T".')
        words[option] = request.others[option].text
    kind = known_types(request.cluster.config).get(words["type"])
    if kind is not None and kind.has_wizard:
        refuse(f"cluster.exe cannot create a {kind.name}.", "Use New > Resource in the tree.")
    event = CreateResource(request.named, words["type"], words["group"])
    return Order(partial(resource_listing, name=request.named), event)


# --- lines that act ---------------------------------------------------------------------------


def _quorum_order(request: _Request) -> Order:
    if request.option.value is None:
        return Order(prints.quorum_listing)
    return _verb_order(request)


def _verb_order(request: _Request) -> Order:
    """Return the request of the row whose option was typed."""
    typed = f"/{request.option.name}"
    verb = next(v for v in VERBS if v.kind == request.kind and typed.startswith(v.option))
    given = [_given(request, verb)] if verb.field else []
    event = verb.event(*given) if verb.kind == CLUSTER else verb.event(request.subject, *given)
    answer = _answer(request, *given)
    return Order(answer, event, _wait_s(request), _goal(request))


def _given(request: _Request, verb: Verb) -> Any:
    """Return what follows the colon of the option, as its field of the event takes it."""
    option, kind = request.option, verb.event.kind_of(verb.field)
    match option.name:
        case "setnetpri":
            return names_in(option.value or "") or refuse(
                "/setnetpri needs every internal network.", "Type /setnetpri:NETWORK1,NETWORK2."
            )
        case "addnodes":
            names = names_in(option.value or "")
            if len(names) != 1:
                refuse("The lab adds one node at a time.", "Type /add:NAME for each.")
            return names[0]
        case "maintenance":
            if option.text.casefold() not in ("on", "off"):
                refuse(f"/maint is {shown(option.text)}.", "Allowed: /maint:on, /maint:off.")
            return option.text.casefold() == "on"
    if kind == "node" and not option.text:
        return None  # the best possible one
    return (
        request.value
        if kind in ("new", "")
        else _found(request.cluster.config, kind, request.value)
    )


def _answer(request: _Request, given: Any = None) -> Callable[[Cluster], str]:
    """Return what is printed after a request: for most the state of what it was about."""
    kind, name = request.kind, request.name or None
    match request.option.name:
        case "adddep" | "removedep":
            return partial(prints.dependencies, name=request.name)
        case "setnetpri":
            return prints.network_priorities
        case "quorum":
            return prints.quorum_listing
        case "evict":
            return partial(_after_eviction, request.name)
        case "addnodes":
            return partial(node_listing, name=given)
        case "rename":
            name = given
        case "delete" | "forcecleanup":
            name = None
    return partial(_status, kind, name, (None, None))


def _after_eviction(name: str, cluster: Cluster) -> str:
    """Return the nodes that are left, and error 5896 if the machine was not cleaned up (4.8)."""
    listing = node_listing(cluster)
    if name not in cluster.uncleaned or cluster.config.windows < Windows.WS2003:
        return listing
    because, remedy = f"{name} has no power.", f"Run cluster node {name} /forcecleanup on it."
    return f"{listing}\n{refusal_text(OperationRefused(5896, because=because, remedy=remedy))}"


def _wait_s(request: _Request) -> float:
    if "wait" in request.others:
        return _seconds(request.others["wait"])
    if request.option.name in ("online", "offline"):
        return RUN_LIMIT_S
    return MOVE_WAIT_S if (request.kind, request.option.name) == ("group", "moveto") else 0.0


def _seconds(option: TypedOption) -> float:
    if option.value is None:
        return RUN_LIMIT_S
    if not re.fullmatch(r"[0-9]{1,5}", option.text, re.ASCII) or int(option.text) > RUN_LIMIT_S:
        refuse(
            f"/wait has {shown(option.text)}.",
            f"Allowed: whole seconds from 0 to {RUN_LIMIT_S:.0f}.",
        )
    return float(option.text)


def _goal(request: _Request) -> Callable[[Cluster], bool]:
    """Return what an action waits for, if it waits."""
    name, resources = request.name, request.cluster.config.resources_by_name
    match request.kind, request.option.name:
        case _, "start":
            return lambda cluster: cluster.node_states[name] in (NodeState.UP, NodeState.PAUSED)
        case _, "stop":
            return lambda cluster: cluster.node_states[name] is NodeState.DOWN
        case ("group", "moveto" | "online" | "offline"):
            return partial(_is_settled, name)
        case ("resource", "online" | "offline"):
            return partial(_is_settled, resources[name].group)
    return always


def _is_settled(group: str, cluster: Cluster) -> bool:
    activity = cluster.activities.get(group)
    members = cluster.config.members[group]
    is_pending = any(cluster.resource_states[one.name].is_pending for one in members)
    return not is_pending and (activity is None or activity.kind not in _BUSY)


_HANDLERS: Mapping[str, Callable[[_Request], Order]] = {
    "status": _status_order,
    "listinterfaces": _interfaces_order,
    "version": _version_order,
    "help": _help_order,
    "?": _help_order,
    "properties": _properties_order,
    "privproperties": _private_order,
    "listowners": _owners_order,
    "setowners": _preferred_order,
    "addowner": _possible_order,
    "removeowner": _possible_order,
    "listdep": _listdep_order,
    "create": _create_order,
    "listnetpri": _priorities_order,
    "quorum": _quorum_order,
}
"""What reads an option; all others are verbs of `VERBS`."""

_WITH_VALUE = (
    "rename", "moveto", "setowners", "addowner", "removeowner", "adddep", "removedep", "quorum",
    "addnodes", "setnetpri", "maintenance", "addcheckpoints", "removecheckpoints", "properties",
    "privproperties",
)  # fmt: skip
_WITH_WAIT = ("moveto", "online", "offline", "start", "stop")
