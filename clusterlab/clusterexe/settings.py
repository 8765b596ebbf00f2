"""Assignments `Name=Value` as cluster.exe takes them: the product's names and units to ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from typing import Any, NoReturn

from clusterlab.cluster import properties as pr
from clusterlab.cluster.errors import OperationRefused, refuse_as, shown
from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Network, Resource
from clusterlab.cluster.states import ResourceState
from clusterlab.clusterexe import listing as prints
from clusterlab.clusterexe.commands import CLUSTER
from clusterlab.clusterexe.prompt import allowed, names_in, refuse, unquoted, words_of
from clusterlab.clusterexe.services import Asked, Order, refusal_text

DEFAULT = "usedefault"
"""The word, as a value or an option, that puts a default back (handbook 8, 1.4)."""
FORMATS: Mapping[str, tuple[str, ...]] = {
    "number": ("dword", "ularge"),
    "text": ("string", "str", "expandstr"),
    "texts": ("multistr", "multistring"),
}
"""Formats that may follow a value, by what the property holds."""
_FORMAT = re.compile(
    r"(?P<value>.*):(?P<format>dword|ularge|string|str|expandstr|multistr|multistring|binary|security)",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"(\"[^\"]*\")|\s*([=,])\s*")
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|[0-9]{1,10}|-1", re.ASCII | re.IGNORECASE)


def assigned(
    item: Group | Resource | Network | ClusterConfig, words: Iterable[str]
) -> dict[str, Any]:
    """Return the fields of *item* that the assignments of `/prop` set, in our units.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> config = exchange_cluster().config
        >>> assigned(config.groups_by_name["EVS1"], ["FailoverThreshold=4:DWORD"])
        {'failover_threshold': 4}
        >>> assigned(config.resources[0], ["restartperiod=60000", "RetryPeriodOnFailure=-1"])
        {'restart_period_s': 60.0, 'retry_period_s': None}
    """
    kind = "cluster" if isinstance(item, ClusterConfig) else type(item).__name__.casefold()
    twin = item.type.name if isinstance(item, Resource) else ""
    where = _where(kind, item.name, twin)
    keys = {prop.name: key for key, prop in pr.STORED.items() if prop.of == kind}
    defaults = {one.name: one.default for one in fields(item)}
    found: dict[str, Any] = {}
    for name, value in _halves(where, words, keys):
        key = keys[name]
        form = "texts" if isinstance(getattr(item, key), tuple) else "number"
        if value.casefold() == DEFAULT:
            found[key] = defaults[key]
        else:
            text = _unformatted(name, value, form)
            found[key] = names_in(text) if form == "texts" else _ours(pr.STORED[key], text)
    return found


def assigned_private(
    resource: Resource, words: Iterable[str], *, managed: bool = False
) -> dict[str, Any]:
    """Return all private properties of *resource* after the assignments of `/priv`.

    With *managed* the words set what System Manager sets, and no property of the product.
    """
    known = {**pr.private_defaults(resource.type.name), **resource.private}
    fixed = [row.name for row in pr.listed_of(resource.type.name) if row.is_read_only]
    fixed += [key for key in known if (key not in pr.MANAGED if managed else pr.is_own(key))]
    keys = {pr.PRIVATE_NAMES.get(key, key): key for key in known if key not in fixed}
    found = dict(resource.private)
    where = _where("resource", resource.name, resource.type.name, is_common=False)
    where = (*where[:3], "esm") if managed else where
    for name, value in _halves(where, words, keys):
        key = keys[name]
        if value.casefold() == DEFAULT:  # a private property is deleted (handbook 8, 1.4)
            found.pop(key, None)
        else:
            found[key] = _private(name, key, known[key], value)
    return found


_Where = tuple[str, str, str, str]
"""The thing whose properties are set, in words; its table and its other one; option or word."""


def _where(kind: str, name: str, type_name: str = "", *, is_common: bool = True) -> _Where:
    tables = (kind, type_name or f"{kind} private")
    this, other = tables if is_common else tables[::-1]
    return f"{kind} {name}", this, other, "/prop" if is_common else "/priv"


def refuse_setting(where: _Where, words: Iterable[str]) -> NoReturn:
    """Refuse to set properties of a kind of thing of which the lab simulates none."""
    typed, _, value = " ".join(words).partition("=")
    _refuse_name(where, unquoted(typed).strip(), value, ())


def _private(name: str, key: str, old: Any, value: str) -> Any:
    form = "texts" if isinstance(old, tuple | list) else "text" if isinstance(old, str) else ""
    text = _unformatted(name, value, form or "number")
    if key in pr.PRIVATE_SECONDS:
        return _ours(pr.Property("resource", "seconds", name), text)
    if form:
        return names_in(text) if form == "texts" else unquoted(text)
    return bool(_number(name, text)) if isinstance(old, bool) else _number(name, text)


def _unformatted(name: str, value: str, form: str) -> str:
    """Return a value without its format, which is read and never stored (handbook 8, 1.4)."""
    match = _FORMAT.fullmatch(value)
    if match is None:
        return value
    if match["format"].casefold() not in FORMATS[form]:
        words = ", ".join(f":{word}" for word in FORMATS[form])
        refuse_as("typed format", name, match["format"], words)
    return match["value"]


def _halves(where: _Where, words: Iterable[str], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the full name of each property and the text behind its equals sign."""
    known = {name.casefold(): name for name in names}
    text = _BLANKS.sub(lambda match: match[1] or match[2], " ".join(words))
    for word in words_of(text):
        typed, sign, value = word.partition("=")
        typed = unquoted(typed)
        if typed.casefold() not in known:
            _refuse_name(where, typed, value, known.values())
        name = known[typed.casefold()]
        if not sign:
            refuse(f"{name} has no value.", f"Type {name}=VALUE.")
        yield name, value


def _refuse_name(where: _Where, typed: str, value: str, names: Iterable[str]) -> NoReturn:
    """Refuse a property that cannot be set: read-only, of a later Windows, not simulated, none."""
    of, kind, twin, option = where
    word = typed.casefold()
    rows, others = ({row.name.casefold(): row for row in pr.listed_of(one)} for one in (kind, twin))
    row, year, names = rows.get(word), pr.later_years(kind).get(word), tuple(names)
    sorts = (("common", "/prop"), ("private", "/priv"))
    (sort, _), (other, there) = sorts if option == "/prop" else sorts[::-1]
    because = f"{of} has no {sort} property {shown(typed)} that could be set to {shown(value)}."
    remedy = allowed(typed, names) if names else f"The lab sets no {sort} property here."
    if row is not None:
        because = f"The lab does not simulate {row.name} of {of}."
        if row.is_read_only or word == "type":
            because = f"{row.name} of {of} is read-only."
    elif word in others:
        because = f"{others[word].name} is a {other} property of {of}, not a {sort} one."
        remedy = f"Type {there} {others[word].name}={value} instead."
    elif option == "esm":
        because = f"System Manager sets no {shown(typed)} of {of}."
    elif word in pr.MANAGED:
        remedy = f"System Manager sets {pr.MANAGED[word]}; here: esm NAME {typed}=N."
    elif year:
        because = f"{shown(typed)} comes with Windows {year}."
    elif option == "/priv":
        remedy += " The product would keep an unknown property with its format; nothing reads it."
    refuse(because[:1].upper() + because[1:], remedy)


def _ours(prop: pr.Property, text: str) -> Any:
    number = _number(prop.name, text)
    if number == pr.INFINITE and prop.infinite != pr.INFINITE:
        return prop.infinite
    if prop.values is not None:
        meanings: Mapping[int, Any] = {int(value): value for value in prop.values}
        if number not in meanings:
            refuse(f"{prop.name} is {number}.", f"Allowed: {', '.join(map(str, meanings))}.")
        return meanings[number]
    if prop.form == "flag":
        return bool(number)
    return number if prop.per_unit == 1 else number / prop.per_unit


def _number(name: str, text: str) -> int:
    word = unquoted(text)
    if not _NUMBER.fullmatch(word):
        refuse(f"{name} is {shown(word)}.", f"Allowed: whole numbers from 0 to {pr.INFINITE}.")
    number = int(word, 16 if word[:2].casefold() == "0x" else 10)
    if number > pr.INFINITE:
        refuse(f"{name} is {number}.", f"Allowed: whole numbers from 0 to {pr.INFINITE}.")
    return pr.INFINITE if number == -1 else number


# --- orders -----------------------------------------------------------------------------------

_KIND_IN_TABLE = {"restype": "resourcetype"}


def properties_order(request: Asked) -> Order:
    """Return what `/prop` asks for: a listing, or common properties set."""
    kind = _KIND_IN_TABLE.get(request.kind, request.kind)
    if not request.option.words:
        return _listed(request, partial(prints.properties, kind))
    config = request.cluster.config
    items: Mapping[str, Mapping[str, Any]] = {
        "group": config.groups_by_name,
        "resource": config.resources_by_name,
        "network": {item.name: item for item in config.networks},
        CLUSTER: {config.name: config},
    }
    if request.kind not in items:
        refuse_setting(_where(kind, request.name or config.name), request.option.words)
    name = config.name if request.kind == CLUSTER else request.named
    values = assigned(items[request.kind][name], request.option.words)
    subject = name if request.kind == CLUSTER else request.subject
    listing = partial(prints.properties, kind)
    return Order(lambda cluster: listing(cluster, name), SetProperties(subject, values))


def _listed(request: Asked, listing: Callable[..., str]) -> Order:
    """Return the listing of one thing or all, of some properties or all."""
    names = _names(request)
    only = tuple(name.casefold() for name in names_in(request.option.value or ""))
    config = request.cluster.config
    shown_here = {name for one in config.resources for name in pr.printed_private(one.private)}
    if request.option.name == "properties":
        shown_here = {
            row.name for row in pr.listed_of(_KIND_IN_TABLE.get(request.kind, request.kind))
        }
    known = {name.casefold() for name in (*shown_here, *(row.name for row in pr.TABLE))}
    for name in (name for name in only if name not in known):
        refuse(f"There is no property {shown(name)}.", allowed(name, sorted(shown_here)))
    return Order(lambda cluster: "\n\n".join(listing(cluster, one, only=only) for one in names))


def private_order(request: Asked) -> Order:
    """Return what `/priv` asks for: a listing, or private properties set."""
    kind = _KIND_IN_TABLE.get(request.kind, request.kind)
    if not request.option.words:
        return _listed(request, partial(prints.private_properties, kind))
    if request.kind != "resource":
        name = request.name or request.cluster.config.name
        refuse_setting(_where(kind, name, is_common=False), request.option.words)
    listing = partial(prints.private_properties, "resource")
    resource = request.cluster.config.resources_by_name[request.named]
    private = assigned_private(resource, request.option.words)
    order = _set(request, {"private": private}, listing)
    is_online = request.cluster.resource_states[resource.name] is ResourceState.ONLINE
    later = [key for key in pr.AT_NEXT_ONLINE if private.get(key) != resource.private.get(key)]
    return order._replace(answer=partial(_stored, resource.name)) if is_online and later else order


def managed_order(cluster: Cluster, words: list[str]) -> Order:
    """Return what `esm "STORE" storage_groups=N` asks for: what System Manager shows and sets.

    System Manager has no lines; this one is the lab's own (handbook 2, 3.2).
    """
    if not words:
        refuse("esm needs a resource.", "Type esm and the name of an Information Store.")
    name = cluster.config.resource_name(unquoted(words[0]))
    resource = cluster.config.resources_by_name[name]

    def answer(after: Cluster) -> str:
        private = after.config.resources_by_name[name].private
        return ", ".join(
            f"{pr.MANAGED[key]} {private[key]}" for key in pr.MANAGED if key in private
        )

    if not pr.MANAGED.keys() & resource.private.keys():
        refuse(f"System Manager has no figures of {name}.", "Name an Information Store.")
    if not words[1:]:
        return Order(answer)
    private = assigned_private(resource, words[1:], managed=True)
    path = f"{resource.group}/{name}" if name in cluster.config.groups_by_name else name
    return Order(answer, SetProperties(path, {"private": private}))


def _stored(name: str, cluster: Cluster) -> str:
    """Return the answer to properties that act only at the next online."""
    because, remedy = f"{name} is Online.", "Take it offline and bring it online again."
    text = refusal_text(OperationRefused(5024, because=because, remedy=remedy))
    return f"{text}\n{prints.private_properties('resource', cluster, name)}"


def _names(request: Asked) -> tuple[str, ...]:
    """Return the names of the things that are listed one after the other."""
    config = request.cluster.config
    node, network = request.sides
    everything: Mapping[str, Iterable[str]] = {
        "node": config.nodes_by_name,
        "group": config.groups_by_name,
        "resource": config.resources_by_name,
        "network": [item.name for item in config.networks],
        "restype": prints.type_names(request.cluster),
        "netinterface": [
            f"{one:<14} {other.name:<20}"
            for one in config.nodes_by_name
            for other in config.networks
            if node in (None, one) and network in (None, other.name)
        ],
        CLUSTER: [config.name],
    }
    return (request.name,) if request.name else tuple(everything[request.kind])


def _set(
    request: Asked, values: Mapping[str, Any], listing: Callable[[Cluster, str], str]
) -> Order:
    event = SetProperties(request.subject, values)
    return Order(lambda cluster: listing(cluster, request.name), event)


def preferred_order(request: Asked) -> Order:
    """Return what `/setowners` asks for."""
    if request.option.value is None:
        refuse("/setowners needs nodes.", "Type /setowners:NODE1,NODE2, or /setowners: for none.")
    nodes = tuple(map(request.cluster.config.node_name, names_in(request.option.value)))
    return _set(request, {"preferred_owners": nodes}, prints.preferred_owners)


def possible_order(request: Asked) -> Order:
    """Return what `/addowner` and `/removeowner` ask for."""
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


_LISTED: Mapping[tuple[str, str], Callable[[Cluster, str], str]] = {
    ("group", "listowners"): prints.preferred_owners,
    ("restype", "listowners"): prints.type_owners,
    ("resource", "listowners"): prints.possible_owners,
    ("resource", "listdep"): prints.dependencies,
    ("resource", "checkpoints"): prints.checkpoints,
}


def listing_order(request: Asked) -> Order:
    """Return what an option asks for that lists something of one thing."""
    printed, name = _LISTED[request.kind, request.option.name], request.named
    return Order(lambda cluster: printed(cluster, name))
