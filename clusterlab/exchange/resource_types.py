"""Resource types of Exchange: what EXRES answers, creates and upgrades, by Exchange version.

`exres.py` has what it refuses and how long it takes, `versions.py` which version runs where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from clusterlab.cluster.errors import OperationRefused, refuse
from clusterlab.cluster.events import DueKind, comes
from clusterlab.cluster.kinds import (
    FailureEvent,
    FailureEvents,
    MenuCommand,
    OnlineRefusal,
    ResourceType,
    with_private,
)
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Resource
from clusterlab.cluster.resource_types import (
    NETWORK_NAME,
    PHYSICAL_DISK,
    polled_detection_s,
    table_s,
)
from clusterlab.cluster.states import ResourceState, RestartAction
from clusterlab.exchange import exres, versions
from clusterlab.tomlfiles.tables import own_table

EVS_CLASS = "Microsoft Exchange Virtual Server"
"""The string Exchange writes into AntiAffinityClassNames of each EVS (handbook 1, 5.3)."""


def attendant_created(config: ClusterConfig, attendant: Resource) -> ClusterConfig:
    """Return *config* with all that EXRES creates when *attendant* is created.

    These are the other automatic resources of the tree of its version, the MTA only in the first
    EVS, and the string of Exchange in the group's AntiAffinityClassNames. The store has one
    storage group with a mailbox and a public store.

    Source: handbook 2, 1.1, 1.3, 2.1 and 2.2; handbook 3, E06 and 4.1.
    """
    _check_attendant_needs(config, attendant)
    version = next(v for v, types in EXCHANGE_TYPES.items() if types["SA"] == attendant.type)
    mta = EXCHANGE_TYPES[version]["MTA"].name
    has_mta = all(item.type.name != mta for item in config.resources)
    children = (
        replace(child, possible_owners=attendant.possible_owners)
        for child in evs_children(
            attendant.group,
            attendant.name,
            version=version,
            storage_groups=1,
            databases=2,
            has_mta=has_mta,
        )
    )
    known = {**attendant.private, versions.SERVER_OBJECT: _name_of(config, attendant)}
    config = with_private(config, attendant, known)
    return replace(
        config,
        resources=(*config.resources, *children),
        groups=tuple(
            _with_evs_class(group) if group.name == attendant.group else group
            for group in config.groups
        ),
    )


def _name_of(config: ClusterConfig, attendant: Resource) -> str:
    """Return the name that the server object gets: that of the Network Name, or of the group."""
    needed = map(config.resources_by_name.get, attendant.depends_on)
    names = (r.private.get("Name") for r in needed if r and r.type.name == NETWORK_NAME.name)
    return next((str(name) for name in names if name), attendant.group)


def created_by_exres(config: ClusterConfig, resource: Resource) -> NoReturn:
    """Refuse to create by hand what comes with the System Attendant (handbook 2, 1.2)."""
    because = f"{resource.type.name} is created with the System Attendant, not by hand."
    refuse(because, "Create a System Attendant.", source="handbook 2, 1.2")


def _check_attendant_needs(config: ClusterConfig, attendant: Resource) -> None:
    members = config.members[attendant.group]
    types = {config.resources_by_name[name].type.name for name in attendant.depends_on}
    disks = [item.name for item in members if item.type.name == PHYSICAL_DISK.name]
    missing = [name for name in disks if name not in attendant.depends_on]
    missing += [] if disks else [PHYSICAL_DISK.name]
    missing += [] if NETWORK_NAME.name in types else [NETWORK_NAME.name]
    if missing:
        must = "A System Attendant must depend on a Network Name and on every Physical Disk"
        because = f"{must} of its group; missing: {', '.join(missing)}."
        refuse(because, "Add these dependencies.", source="handbook 3, E06 and 10 (ERR-DEP)")


def _with_evs_class(group: Group) -> Group:
    others = (name for name in group.anti_affinity_class_names if name != EVS_CLASS)
    return replace(group, anti_affinity_class_names=(*others, EVS_CLASS))


_CLUSTER_LOG = "MSExchangeCluster"
_EVENTS_2003 = FailureEvents(
    online_attempt=FailureEvent(_CLUSTER_LOG, 1003, "Failed to bring the resource online."),
    pending_timeout=FailureEvent(
        _CLUSTER_LOG, 1019, "Failed to bring this resource online because of timeout."
    ),
)
_STORE_2074 = FailureEvent(
    _CLUSTER_LOG, 2074, "Cluster Service failed the isalive checking for the resource."
)
_EVENTS_2000 = FailureEvents(
    online_attempt=FailureEvent(_CLUSTER_LOG, 2065, "Failed to bring the resource online."),
    while_online=_STORE_2074,
)
_STORE_RPC = FailureEvent(_CLUSTER_LOG, 1012, "RPC-related failure of the store instance.")


USERS_OF_STORE_EVENTS = (
    FailureEvent(_CLUSTER_LOG, 2086, "Could not set the start bit in the metabase."),
    FailureEvent(_CLUSTER_LOG, 2065, "Failed to bring the resource online."),
)


def store_refusal_2000(cluster: Cluster, resource: Resource) -> OnlineRefusal | None:
    """Refuse as `store_refusal`; the store was taken for started, its first check failed (8.4)."""
    refusal = exres.store_refusal(cluster, resource)
    return refusal and refusal._replace(instead=(_STORE_2074,), of_users=USERS_OF_STORE_EVENTS)


def _type(version: int, name: str, short: str, part: str, key: str, **more: Any) -> ResourceType:
    events = _EVENTS_2003 if version == EXCHANGE_2003 else _EVENTS_2000
    facts: dict[str, Any] = {
        "online_s": table_s(f"{key}_online"),
        "offline_s": table_s(f"{key}_offline"),
        "detection_s": exres.exres_detection_s,
        "failure_events": events,
        "needs_iis": short in ("SMTP", "HTTP", "IMAP4", "POP3", "Routing"),
    }
    return ResourceType(name=name, short=short, service_part=part, **{**facts, **more})


UPGRADE_COMMAND = "Upgrade Exchange Virtual Server"
"""What Exchange adds to the menu of a System Attendant (handbook 4, 4.3.1)."""


def begin_upgrade(cluster: Cluster, attendant: Resource) -> ClusterConfig:
    """Return the configuration while the upgrade of an EVS runs (handbook 4, 4.3.1 and 4.12).

    Raises:
        OperationRefused: If the Exchange of its node is not newer (UE-01), or its System Attendant
            is not Offline, or its disks, address and name are not Online (UE-12).
    """
    _check_versions_for_upgrade(cluster, attendant)
    check_ready_for_upgrade(cluster, attendant)
    private = {**attendant.private, versions.UPGRADING_ON: cluster.owners[attendant.group]}
    return with_private(cluster.config, attendant, private)


def _check_versions_for_upgrade(cluster: Cluster, attendant: Resource) -> None:
    node, evs = cluster.owners[attendant.group], attendant.group
    here = versions.node_version(cluster.config.nodes_by_name[node])
    version = versions.evs_version(attendant)
    if here is None or version is None:
        remedy = "Say which Exchange the EVS and its node have."
        because = f"No version of Exchange is named for {evs} or {node}."
        refuse(because, remedy, source="handbook 4, 4.0")
    if here.rank > version.rank:
        return
    because, source = f"{evs} is Exchange {version.value}, and {node} has {here.value}.", _UPGRADE
    if here is version:
        remedy = "Nothing needs to be done: an upgrade cannot be undone."
        refuse(because, remedy, source=source)
    text = "Version of Exchange on this machine does not match the version of Exchange server"
    remedy, said = "Move the EVS to a node with a newer Exchange.", f"{text} {evs}."
    raise OperationRefused(
        "UE-01", text=said, is_verbatim=True, because=because, remedy=remedy, source=source
    )


_UPGRADE = "handbook 4, 4.3.1 and R12"


def check_ready_for_upgrade(cluster: Cluster, attendant: Resource) -> None:
    """Refuse with UE-12 unless the SA is Offline and all that it needs is Online (4, 4.3.1)."""
    states, off = cluster.resource_states, (ResourceState.OFFLINE, ResourceState.FAILED)
    wrong = [
        f"{name} is {states[name].value}"
        for name in cluster.config.needs_of(attendant)
        if states[name] is not ResourceState.ONLINE
    ]
    if states[attendant.name] not in off:
        wrong.append(f"{attendant.name} is {states[attendant.name].value}")
    if wrong:
        because, text = f"{'; '.join(wrong)}.", f"{UPGRADE_COMMAND} was refused."
        remedy = "Take the System Attendant offline; bring disks, address and name online."
        source = "handbook 4, 4.3.1; unsourced wording"
        raise OperationRefused("UE-12", text=text, because=because, remedy=remedy, source=source)


def upgrade_s(cluster: Cluster, attendant: Resource) -> float | None:
    """Return the seconds that the command takes; None beside another one: it hangs (UE-11)."""
    others = [
        timer
        for timer in cluster.timers
        if comes(timer.event, DueKind.COMMAND_ENDED) and timer.event.subject != attendant.name
    ]
    return None if others else cluster.config.durations["evs_upgrade"]


def end_upgrade(cluster: Cluster, attendant: Resource) -> ClusterConfig:
    """Return the configuration after the upgrade: version and dependency tree (one way, R12).

    If its node has failed meanwhile, or the group has moved, what was written stays half done, and
    the command has to be repeated.

    Source: handbook 4, 4.3.4 and 4.5.2.
    """
    node, config = cluster.owners[attendant.group], cluster.config
    version = versions.node_version(config.nodes_by_name[node])
    is_whole = attendant.private.get(versions.UPGRADING_ON) == node and cluster.is_live(node)
    if not is_whole or version is None:
        return config
    kept = {key: value for key, value in attendant.private.items() if key != versions.UPGRADING_ON}
    config = with_private(config, attendant, {**kept, versions.VERSION: version.value})
    return in_tree_of(config, attendant.group, int(version.product))


def in_tree_of(config: ClusterConfig, group: str, version: int) -> ClusterConfig:
    """Return *config* with the Exchange resources of a group in the tree of another version.

    Source: handbook 4, 4.3.4; handbook 2, 2.1 and 2.2.
    """
    types = EXCHANGE_TYPES[version]
    by_name = {kind.name: kind for kind in types.values()}
    members = {r.type.short: r.name for r in config.members[group] if r.type.name in by_name}

    def changed(resource: Resource) -> Resource:
        kind = by_name.get(resource.type.name)
        if resource.group != group or kind is None:
            return resource
        needed = TREES[version].get(kind.short)
        depends_on = (members[needed],) if needed else resource.depends_on
        return replace(resource, type=kind, depends_on=depends_on)

    resources = tuple(map(changed, config.resources))
    return replace(config, resources=resources, added_types=tuple(types.values()))


UPGRADE = MenuCommand(UPGRADE_COMMAND, begin_upgrade, upgrade_s, end_upgrade)

EXCHANGE_2000 = 2000
EXCHANGE_2003 = 2003


TREES: Mapping[int, Mapping[str, str]] = {
    EXCHANGE_2003: dict.fromkeys(
        ("IS", "MTA", "Routing", "SMTP", "HTTP", "Search", "IMAP4", "POP3"), "SA"
    ),
    EXCHANGE_2000: {
        **dict.fromkeys(("IS", "MTA", "Routing"), "SA"),
        **dict.fromkeys(("SMTP", "HTTP", "Search", "IMAP4", "POP3"), "IS"),
    },
}
"""What each Exchange resource needs, by version; the SA needs name and disks (handbook 2, 2)."""


def _types(version: int) -> Mapping[str, ResourceType]:
    is_2003 = version == EXCHANGE_2003
    make = partial(_type, version)
    store_events = _EVENTS_2003._replace(while_online=_STORE_RPC) if is_2003 else _EVENTS_2000
    types = (
        # Whether Exchange 2000 refuses a second EVS is open (handbook 0, 0.7): not here.
        make(
            exres.SYSTEM_ATTENDANT, "SA", "SA", "sa", config_check=exres.check_attendant,
            needs_types=("Network Name", "Physical Disk"), on_created=attendant_created,
            has_wizard=True,
            online_refusal=exres.attendant_refusal if is_2003 else versions.version_refusal,
            on_online=versions.online_note, move_check=versions.check_way_back,
            commands=(UPGRADE,),
        ),
        make(
            exres.INFORMATION_STORE, "IS", "store", "is", online_s=exres.store_online_s,
            offline_s=exres.store_offline_s,
            online_refusal=exres.store_refusal if is_2003 else store_refusal_2000,
            config_check=exres.check_store, on_online=exres.memory_shared,
            on_changed=exres.memory_warning, is_timeout_exempt=True, failure_events=store_events,
        ),
        make(
            "Microsoft Exchange Message Transfer Agent", "MTA", "protocols", "mta",
            config_check=exres.check_mta, loss=exres.mta_loss,
        ),
        make("Microsoft Exchange Routing Service", "Routing", "protocols", "routing"),
        make("Microsoft Exchange SMTP Server Instance", "SMTP", "protocols", "smtp"),
        make("Microsoft Exchange HTTP Server Instance", "HTTP", "protocols", "http"),
        make("Microsoft Exchange IMAP4 Server Instance", "IMAP4", "protocols", "imap4"),
        make("Microsoft Exchange POP3 Server Instance", "POP3", "protocols", "pop3"),
        make(
            "Microsoft Exchange MS Search Instance", "Search", "protocols", "search",
            detection_s=polled_detection_s,  # Gathercl.dll, not EXRES (handbook 2, 1.4)
        ),
    )  # fmt: skip
    names = {item.short: item.name for item in types}
    return {item.short: _in_tree(item, TREES[version].get(item.short), names) for item in types}


def _in_tree(item: ResourceType, needed: str | None, names: Mapping[str, str]) -> ResourceType:
    """Return a type that must depend on another one, as EXRES creates it (handbook 2, 2)."""
    if needed is None:
        return item
    is_automatic = item.short in ("IS", "MTA", "Routing", "Search")
    more: dict[str, Any] = {"on_created": created_by_exres, "has_wizard": True}
    return replace(item, needs_types=(names[needed],), **(more if is_automatic else {}))


EXCHANGE_TYPES: Mapping[int, Mapping[str, ResourceType]] = {
    version: _types(version) for version in (EXCHANGE_2000, EXCHANGE_2003)
}
"""Resource types by Exchange version and short name (handbook 2, 1.2)."""


INSTANCE_NAMES = own_table(Path(__file__).with_name("instance_names.toml")).data


def evs_children(
    group: str,
    attendant: str,
    *,
    version: int,
    storage_groups: int,
    databases: int,
    has_mta: bool,
    protocols: Sequence[str] = (),
) -> tuple[Resource, ...]:
    """Return the resources of an EVS that need its System Attendant, directly or not.

    Source: handbook 2, 2.1 and 2.2.
    """
    optional = {"IMAP4", "POP3"} - set(("IMAP4", "POP3") if version == EXCHANGE_2000 else protocols)
    left_out = optional | (set() if has_mta else {"MTA"})
    children = [short for short in TREES[version] if short not in left_out]
    private = {"IS": {"storage_groups": storage_groups, "databases": databases}}

    def instance(short: str) -> str:
        return attendant if short == "SA" else f"{INSTANCE_NAMES[short]} - ({group})"

    def exchange(short: str) -> Resource:
        # POP3 and IMAP4 do not affect the group (handbook 2, 5.2)
        may_move = short not in ("IMAP4", "POP3")
        action = RestartAction.RESTART_AND_AFFECT_GROUP if may_move else RestartAction.RESTART
        return Resource(
            name=instance(short),
            type=EXCHANGE_TYPES[version][short],
            group=group,
            depends_on=(instance(TREES[version][short]),),
            restart_action=action,
            private=private.get(short, {}),
        )

    return tuple(map(exchange, children))
