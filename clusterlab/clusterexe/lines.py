"""cluster.exe: takes the lines of handbook 1, 8.1 and returns what the product prints.

`prompt.py` takes a line apart, `settings.py` reads its assignments; here it becomes an event, a
time to wait and an answer. Layouts and titles stand in `listing.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from clusterlab.cluster.engine import RUN_LIMIT_S, advance, next_timer
from clusterlab.cluster.errors import ConfigError, OperationRefused, refuse_as, shown
from clusterlab.cluster.events import CreateResource, Event
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.resource_types import known_types
from clusterlab.cluster.states import ActivityKind, NodeState, Windows
from clusterlab.clusterexe import listing as prints
from clusterlab.clusterexe import prompt as pt
from clusterlab.clusterexe import settings
from clusterlab.clusterexe.commands import CLUSTER, VERBS, Verb
from clusterlab.clusterexe.services import Asked, Order, always, refusal_text, service_order

MOVE_WAIT_S = 20.0
"""How long `/move` of a group waits without `/wait` (handbook 8, 1.3)."""
RESOURCE_WAIT_S = 10.0
"""How long `/online` and `/offline` of a resource wait on Windows Server 2003 (8, 1.3)."""

LOG_KB: Mapping[Windows, int] = {Windows.NT4: 64, Windows.W2K: 64, Windows.WS2003: 4096}
"""Size of the quorum log by default (handbook 1, 2.4)."""

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


_PIPED = re.compile(r'(.*\S)\s*\|\s*find(?:str)?\s+(/i\s+)?"?([^"|]+?)"?\s*', re.IGNORECASE)
"""A line whose answer goes through find or findstr (handbook 8, 6)."""


def run_line(sim: Played, line: str) -> str:
    """Do what *line* says and return what the product prints.

    Time: a line acts at `sim.now_s`. Then simulated time passes until the prompt would return:
    until the group has arrived, at most 20 s, after `/move`; until nothing in the group is pending
    after `/online` and `/offline`, for a resource at most 10 s on Windows Server 2003; `/wait`
    makes that as long as it takes (a day at most), and `/wait:S` at most S seconds. All other
    lines return at once, so `/start` and `/stop` do without `/wait`. `sim.undo()` takes back the
    line and the time.

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

    Source: handbook 8, 1.3; 1, 8.4; how long `/online` of a group waits is unsourced.
    """
    if piped := _PIPED.fullmatch(line):
        answer, wanted = run_line(sim, piped[1]), piped[3]
        fold = str.casefold if piped[2] else str
        return "\n".join(row for row in answer.split("\n") if fold(wanted) in fold(row))
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
    """Return what *line* asks of *cluster*, without doing it."""
    node, rest = pt.prompt_of(cluster.config, line)
    words = pt.words_of(rest)
    first = words[0].casefold() if words else ""
    if first in ("cluster", "cluster.exe"):
        return _order(_request(cluster, _at_home(pt.read_words(cluster, words[1:]), node)))
    if first in ("net", "net.exe"):
        return service_order(cluster, node, words[1:])
    if first == "esm":
        return settings.managed_order(cluster, words[1:])
    what = f"{shown(pt.unquoted(words[0]))} is no command here" if words else "The line is empty"
    pt.refuse(f"{what}.", "Begin with cluster, or type cluster /? for what there is.")


_LOCAL = ("start", "stop", "pause", "resume", "evict", "forcecleanup")
"""Options that act on the node where they are typed if none is named (handbook 8, 1.1)."""


def _at_home(line: pt.TypedLine, node: str) -> pt.TypedLine:
    """Return a line of a node without its name as one of the node in front of the prompt."""
    is_local = line.kind == "node" and any(option.name in _LOCAL for option in line.options)
    return line._replace(name=line.name or node) if is_local else line


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


# --- what a line is about ---------------------------------------------------------------------


_READ = ("status", "properties", "privproperties")
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "wait": ("moveto", "online", "offline", "start", "stop", "evict", "forcecleanup"),
    "node": _READ,
    "network": _READ,
    "group": ("create",),
    "type": ("create",),
    "path": ("quorum",),
    "maxlogsize": ("quorum",),
    "usedefault": ("properties", "privproperties"),
}
"""Options that stand beside another one, and beside which."""


def _request(cluster: Cluster, line: pt.TypedLine) -> Asked:
    names = [option.name for option in line.options]
    for name in names:
        if names.count(name) > 1:
            pt.refuse(f"/{name} is there twice.", "Type it once.")
    main = [option for option in line.options if option.name not in _BESIDE]
    if len(main) > 1:
        both = " and ".join(f"/{option.name}" for option in main)
        pt.refuse(f"{both} do not go together.", "Type one line for each.")
    beside = {option.name: option for option in line.options if option.name in _BESIDE}
    default = {CLUSTER: "help", "restype": "list"}.get(line.kind, "status")
    option = main[0] if main else pt.TypedOption(default, None)
    is_new = option.name in ("create", "forcecleanup")  # what is no member now
    name = line.name if is_new or not line.name else _found(cluster.config, line.kind, line.name)
    return Asked(cluster, line.kind, name, option, beside)


def _found(config: ClusterConfig, kind: str, name: str) -> str:
    """Return the full name of a thing, or refuse."""
    if kind == "netinterface":
        pt.refuse("An interface has no name here.", "Type /node:NODE /network:NETWORK.")
    if kind != "restype":
        return config.full_name(kind, name)
    types = {one.type.name.casefold(): one.type.name for one in config.resources}
    if name.casefold() not in types:
        pt.refuse(f"No resource has the type {shown(name)}.", pt.allowed(name, types.values()))
    return types[name.casefold()]


def _order(request: Asked) -> Order:
    option = request.option
    if option.value is not None and option.name not in _WITH_VALUE:
        if request.kind == "group" and option.name in ("online", "offline"):
            what = f"The lab does not simulate /{option.name} with a node."
            pt.refuse(what, "Use /moveto:NODE, then leave the node out.")
        pt.refuse(f"/{option.name} takes no value.", f"Type /{option.name} alone.")
    for beside in request.others:
        if option.name not in _BESIDE[beside]:
            fitting = " or ".join(f"/{name}" for name in _BESIDE[beside])
            pt.refuse(f"/{option.name} takes no /{beside}.", f"/{beside} goes with {fitting}.")
    if "wait" in request.others and (request.kind, option.name) == ("resource", "moveto"):
        pt.refuse("A resource changes its group at once.", "Leave /wait out.")
    if "usedefault" in request.others:
        if not option.value:
            pt.refuse("/usedefault needs properties.", "Type /prop:NAME,NAME /usedefault.")
        words = tuple(f"{name}={settings.DEFAULT}" for name in pt.names_in(option.value))
        request = request._replace(option=option._replace(value=None, words=words))
    return _HANDLERS.get(option.name, _verb_order)(request)


# --- lines that look --------------------------------------------------------------------------


def _status_order(request: Asked) -> Order:
    return Order(partial(_status, request.kind, request.name or None, request.sides))


def _status(
    kind: str, name: str | None, sides: tuple[str | None, str | None], cluster: Cluster
) -> str:
    match kind:
        case "node":
            return prints.node_listing(cluster, name)
        case "group":
            return prints.group_listing(cluster, name, node=sides[0])
        case "resource":
            return prints.resource_listing(cluster, name=name)
        case "network":
            return prints.network_listing(cluster, name)
        case "netinterface":
            return prints.interface_listing(cluster, *sides)
    return prints.type_listing(cluster)


def _interfaces_order(request: Asked) -> Order:
    name = request.name or None
    sides = (name, None) if request.kind == "node" else (None, name)
    return Order(lambda cluster: prints.interface_listing(cluster, *sides))


def _version_order(request: Asked) -> Order:
    major, minor = prints.BUILD_NUMBERS[request.cluster.config.windows]
    name = request.cluster.config.name
    return Order(lambda cluster: f"Cluster Name: {name}\nCluster Version: {major}.{minor}")


def _help_order(request: Asked) -> Order:
    rows = [
        f"cluster {'' if kind == CLUSTER else kind:<14}{' '.join(f'/{name}' for name in names)}"
        for kind, names in pt.OPTIONS.items()
        if request.kind in (CLUSTER, kind)
    ]
    head = "cluster [CLUSTER] [OBJECT [NAME]] [/OPTION[:VALUE]]; without an option: /status"
    return Order(lambda cluster: "\n".join([head, "", *rows]))


# --- lines that build -------------------------------------------------------------------------


def _create_order(request: Asked) -> Order:
    if request.kind == "group":
        return _verb_order(request)
    words = {}
    for option in ("group", "type"):
        if option not in request.others or not request.others[option].text:
            refuse_as("typed without a group")
        words[option] = request.others[option].text
    kind = known_types(request.cluster.config).get(words["type"])
    if kind is not None and kind.has_wizard:
        pt.refuse(f"cluster.exe cannot create a {kind.name}.", "Use New > Resource in the tree.")
    event = CreateResource(request.named, words["type"], words["group"])
    return Order(partial(prints.resource_listing, name=request.named), event)


# --- lines that act ---------------------------------------------------------------------------


def _quorum_order(request: Asked) -> Order:
    config = request.cluster.config
    typed = request.option.text
    quorum = _found(config, "resource", typed) if typed else config.quorum
    _check_log(request, quorum)
    is_about_log = quorum == config.quorum and (request.others or not typed)
    return Order(prints.quorum_listing) if is_about_log else _verb_order(request)


def _check_log(request: Asked, quorum: str) -> None:
    """Refuse a place or size of the quorum log that the lab does not simulate (8, 1.2)."""
    if "path" in request.others:
        path = request.others["path"].text
        match = re.fullmatch(r"(?:([A-Z]:)\\)?\\?MSCS\\?", path, re.IGNORECASE)
        disk = re.search(r"\b[A-Z]:", quorum)
        if match is None:
            refuse_as("typed log path", shown(path))
        if match[1] and disk and match[1].casefold() != disk[0].casefold():
            pt.refuse(f"{match[1]} is not {quorum}.", f"Type /path:{disk[0]}\\MSCS\\.")
    if "maxlogsize" in request.others:
        size, kept = request.others["maxlogsize"].text, LOG_KB[request.cluster.config.windows]
        if size != str(kept):
            refuse_as("typed log size", shown(size), kept)


def _verb_order(request: Asked) -> Order:
    """Return the request of the row whose option was typed."""
    typed = f"/{request.option.name}"
    verb = next(v for v in VERBS if v.kind == request.kind and typed.startswith(v.option))
    given = [_given(request, verb)] if verb.field else []
    event = verb.event(*given) if verb.kind == CLUSTER else verb.event(request.subject, *given)
    answer = _answer(request, *given)
    return Order(answer, event, _wait_s(request), _goal(request))


def _given(request: Asked, verb: Verb) -> Any:
    """Return what follows the colon of the option, as its field of the event takes it."""
    option, kind = request.option, verb.event.kind_of(verb.field)
    match option.name:
        case "setnetpri":
            return pt.names_in(option.value or "") or refuse_as("typed without networks")
        case "addnodes":
            names = pt.names_in(option.value or "")
            if len(names) != 1:
                pt.refuse("The lab adds one node at a time.", "Type /add:NAME for each.")
            return names[0]
        case "maintenance":
            if option.text.casefold() not in ("on", "off"):
                pt.refuse(f"/maint is {shown(option.text)}.", "Allowed: /maint:on, /maint:off.")
            return option.text.casefold() == "on"
    if kind == "node" and not option.text:
        return None  # the best possible one
    return (
        request.value
        if kind in ("new", "")
        else _found(request.cluster.config, kind, request.value)
    )


def _answer(request: Asked, given: Any = None) -> Callable[[Cluster], str]:
    """Return what is printed after a request: for most the state of what it was about."""
    kind, name = request.kind, request.name or None
    match request.option.name:
        case "adddep" | "removedep":
            return partial(prints.dependencies, name=request.name)
        case "addcheckpoints" | "removecheckpoints":
            return partial(prints.checkpoints, name=request.name)
        case "setnetpri":
            return prints.network_priorities
        case "quorum":
            return prints.quorum_listing
        case "evict":
            return partial(_after_eviction, request.name)
        case "addnodes":
            return partial(prints.node_listing, name=given)
        case "rename":
            name = given
        case "delete" | "forcecleanup":
            name = None
    return partial(_status, kind, name, (None, None))


def _after_eviction(name: str, cluster: Cluster) -> str:
    """Return the nodes that are left, and error 5896 if the machine was not cleaned up (4.8)."""
    listing = prints.node_listing(cluster)
    if name not in cluster.uncleaned or cluster.config.windows < Windows.WS2003:
        return listing
    because, remedy = f"{name} has no power.", f"Run cluster node {name} /forcecleanup on it."
    return f"{listing}\n{refusal_text(OperationRefused(5896, because=because, remedy=remedy))}"


def _wait_s(request: Asked) -> float:
    if "wait" in request.others:
        return _seconds(request.others["wait"])
    if request.option.name in ("online", "offline"):
        is_short = request.kind == "resource" and request.cluster.config.windows >= Windows.WS2003
        return RESOURCE_WAIT_S if is_short else RUN_LIMIT_S
    return MOVE_WAIT_S if (request.kind, request.option.name) == ("group", "moveto") else 0.0


def _seconds(option: pt.TypedOption) -> float:
    if option.value is None:
        return RUN_LIMIT_S
    if not re.fullmatch(r"[0-9]{1,5}", option.text, re.ASCII) or int(option.text) > RUN_LIMIT_S:
        refuse_as("typed wait", shown(option.text), RUN_LIMIT_S)
    return float(option.text)


def _goal(request: Asked) -> Callable[[Cluster], bool]:
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


_HANDLERS: Mapping[str, Callable[[Asked], Order]] = {
    "status": _status_order,
    "list": _status_order,
    "checkpoints": settings.listing_order,
    "listinterfaces": _interfaces_order,
    "version": _version_order,
    "help": _help_order,
    "?": _help_order,
    "properties": settings.properties_order,
    "privproperties": settings.private_order,
    "listowners": settings.listing_order,
    "setowners": settings.preferred_order,
    "addowner": settings.possible_order,
    "removeowner": settings.possible_order,
    "listdep": settings.listing_order,
    "create": _create_order,
    "listnetpri": lambda request: Order(prints.network_priorities),
    "quorum": _quorum_order,
}
"""What reads an option; all others are verbs of `VERBS`."""

_WITH_VALUE = (
    "rename", "moveto", "setowners", "addowner", "removeowner", "adddep", "removedep", "quorum",
    "addnodes", "setnetpri", "maintenance", "addcheckpoints", "removecheckpoints", "properties",
    "privproperties",
)  # fmt: skip
