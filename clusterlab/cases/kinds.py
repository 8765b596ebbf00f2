"""The kinds of faults: what `kinds.toml` says of each, and the functions that it names.

Where a fault can be, what plants it, which failures show it and what repairs it stands in the file
where it is a property or a line of cluster.exe, and here where a cluster has to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

from clusterlab.cases import model as m
from clusterlab.cases.model import Fault, FaultKind, Lines, home
from clusterlab.cases.trials import Trial
from clusterlab.cluster import events as ev
from clusterlab.cluster import states as st
from clusterlab.cluster.model import Cluster, Node
from clusterlab.cluster.networks import client_networks
from clusterlab.exchange.evs import CLUSTER_GROUP, storage_groups
from clusterlab.exchange.exres import evs_names
from clusterlab.tomlfiles import tables as toml

Places = Callable[[Cluster], Sequence[str]]
Plant = Callable[[Cluster, str], Cluster]
Trials = Callable[[Cluster, str], tuple[Trial, ...]]
Repairs = Callable[[Cluster, str], tuple[Lines, ...]]

SET_BACK = "set_back"
"""The repair that sets back what a kind sets."""
GHOSTS = 2
"""Nodes that were scrapped and never evicted."""
SEVEN_HOURS_S = 7 * 3600.0
OFFICE_HOURS = {"failback_window_start": 8, "failback_window_end": 18}


# --- where a fault can be -------------------------------------------------------------------------


def _several_evs(sound: Cluster) -> list[str]:
    names = list(evs_names(sound.config))
    return names if len(names) > 1 else []


def _crowd(sound: Cluster) -> list[str]:
    """Return the EVSs of a cluster in which a node takes one EVS only and others are busy."""
    names = list(evs_names(sound.config))
    return names if len(names) > 1 and m.spares(sound) else []


def _only_spare(sound: Cluster) -> list[str]:
    free = m.spares(sound)
    return free if len(free) == 1 else []


def _cluster_address(sound: Cluster) -> list[str]:
    members = sound.config.members[CLUSTER_GROUP]
    return [one.name for one in members if one.type.short == "IP"]


def _crowded_disks(sound: Cluster) -> list[str]:
    """Return data disks of EVSs that could not all be at home on the lowest node."""
    is_shared = sound.config.quorum_model is st.QuorumModel.SHARED_DISK
    names = evs_names(sound.config)
    return m.members_of(sound, "Disk") if is_shared and m.spares(sound) and len(names) > 1 else []


def _network(role: st.NetworkRole, sound: Cluster) -> list[str]:
    return [network.name for network in sound.config.networks if network.role is role]


def _private_networks(sound: Cluster) -> list[str]:
    """Return the private networks of a cluster in which a survivor cannot take everything."""
    is_crowded = m.spares(sound) and len(evs_names(sound.config)) > 1
    return _network(st.NetworkRole.INTERNAL, sound) if is_crowded else []


def _mixed_networks(sound: Cluster) -> list[str]:
    """Return the mixed networks of a cluster that loses an EVS when it breaks apart."""
    return _network(st.NetworkRole.ALL, sound) if len(evs_names(sound.config)) > 1 else []


def _names_of_ghosts(sound: Cluster) -> list[str]:
    count = len(sound.config.nodes)
    return [f"NODE{number}" for number in range(count + 1, count + 1 + GHOSTS)]


def _haunted(sound: Cluster) -> list[str]:
    is_majority = sound.config.quorum_model is st.QuorumModel.MAJORITY
    return _names_of_ghosts(sound)[:1] if is_majority else []


_PLACES: Mapping[str, Places] = {
    "every_evs": lambda sound: list(evs_names(sound.config)),
    "old_crowd": lambda sound: _crowd(sound) if sound.config.windows < st.Windows.WS2003 else [],
    "new_crowd": lambda sound: _crowd(sound) if sound.config.windows >= st.Windows.WS2003 else [],
    "pairs": lambda sound: [] if m.spares(sound) else m.members_of(sound, "IS"),  # may share a node
    "msdtc": lambda sound: [r.name for r in sound.config.resources if r.type.short == "MSDTC"],
    **toml.by_name(
        _several_evs, _only_spare, _cluster_address, _crowded_disks, _private_networks,
        _mixed_networks, _haunted,
    ),
}  # fmt: skip


# --- what plants it -------------------------------------------------------------------------------


def _neighbour(sound: Cluster, group: str) -> str:
    names = evs_names(sound.config)
    return home(sound, names[(names.index(group) + 1) % len(names)])


def _without_spares(sound: Cluster, place: str) -> Cluster:
    free = m.spares(sound) or [n for n in sound.config.nodes_by_name if n != home(sound, place)]
    rest = tuple(node for node in sound.config.nodes_by_name if node not in free)
    return m.given(sound, place, possible_owners=rest)


def _prefer_neighbour(sound: Cluster, place: str) -> Cluster:
    owners = (home(sound, place), _neighbour(sound, place))
    return m.given(sound, place, preferred_owners=owners)


def _home_of_another(sound: Cluster, place: str) -> Cluster:
    wrong = {"preferred_owners": (_neighbour(sound, place),), "auto_failback_type": 1}
    return m.given(sound, place, **wrong, **OFFICE_HOURS)


def _deaf_store(sound: Cluster, place: str) -> Cluster:
    private = {**m.resource(sound, place).private, "is_alive_timeout_s": 2 * 3600.0}
    return m.given(sound, place, private=private)


def _search_of(sound: Cluster, store: str) -> str:
    members = sound.config.members[m.resource(sound, store).group]
    return next(one.name for one in members if one.type.short == "Search")


def _store_after_search(sound: Cluster, place: str) -> Cluster:
    needed = (*m.resource(sound, place).depends_on, _search_of(sound, place))
    return m.given(sound, place, depends_on=needed)


def _with_groups(sound: Cluster, store: str, change: int) -> dict[str, int]:
    count = storage_groups(m.resource(sound, store)) + change
    return {**m.resource(sound, store).private, "storage_groups": count}


def _quorum_moved(sound: Cluster, place: str) -> Cluster:
    config = replace(sound.config, quorum=place)
    return replace(sound, config=config, quorum_owners=(home(sound, place),))


def _with_ghosts(sound: Cluster, place: str) -> Cluster:
    names = _names_of_ghosts(sound)
    first_id = len(sound.config.nodes) + 1
    ghosts = tuple(Node(name=name, node_id=first_id + i) for i, name in enumerate(names))
    config = replace(sound.config, nodes=(*sound.config.nodes, *ghosts))
    states = {**sound.node_states, **dict.fromkeys(names, st.NodeState.DOWN)}
    return replace(sound, config=config, node_states=states)


def _paused(sound: Cluster, place: str) -> Cluster:
    states = {**sound.node_states, place: st.NodeState.PAUSED}
    return replace(sound, node_states=states, paused=sound.paused | {place})


def _taken_offline(sound: Cluster, place: str) -> Cluster:
    off = {place}
    return replace(
        sound,
        resource_states={**sound.resource_states, place: st.ResourceState.OFFLINE},
        persistent=sound.persistent - off,
        wanted=sound.wanted - off,
    )


_PLANTS: Mapping[str, Plant] = {
    "home_only": lambda sound, place: m.given(sound, place, possible_owners=(home(sound, place),)),
    "one_group_more": lambda sound, place: m.given(
        sound, place, private=_with_groups(sound, place, 1)
    ),
    "stopped": lambda sound, place: replace(
        sound, node_states={**sound.node_states, place: st.NodeState.DOWN}
    ),
    **toml.by_name(
        _without_spares, _prefer_neighbour, _home_of_another, _deaf_store,
        _store_after_search, _quorum_moved, _with_ghosts, _paused, _taken_offline,
    ),
}  # fmt: skip


# --- what shows it --------------------------------------------------------------------------------


def _spares_crash(sound: Cluster, place: str) -> tuple[Trial, ...]:
    free = m.spares(sound)[:2]
    words = f"{free[0]} and then {free[1]} lose power"
    return (Trial(words, tuple(map(ev.NodeFailed, free))),)


def _each_crash(sound: Cluster, place: str) -> tuple[Trial, ...]:
    other = next(name for name in m.members_of(sound, "IS") if name != place)
    crashes = [m.crash(home(sound, name)) for name in (other, place)]
    # A storage group more or less takes half a minute; which EVS keeps it is free.
    return tuple(crash._replace(margin=1.5) for crash in crashes)


def _store_fails_twice(sound: Cluster, place: str) -> tuple[Trial, ...]:
    once = m.fails(sound, m.store_of(sound, place), 4)
    words = f"{once.words}, and four times again seven hours later"
    return (Trial(words, (*once.steps, SEVEN_HOURS_S, *once.steps)),)


def _planned_move(sound: Cluster, place: str) -> tuple[Trial, ...]:
    group = m.resource(sound, place).group
    others = [node for node in sound.config.nodes_by_name if node != home(sound, place)]
    target = [*m.spares(sound), *others][0]
    return (Trial(f"{group} is moved to {target}", (ev.MoveGroup(group, target),)),)


def _cable_of_home(sound: Cluster, place: str) -> tuple[Trial, ...]:
    network = client_networks(sound.config)[0].name
    node = home(sound, place)
    words = f"{node} loses its cable to network {network}"
    return (Trial(words, (ev.InterfaceLost(node, network),)),)


def _disk_away_at_home(sound: Cluster, place: str) -> tuple[Trial, ...]:
    node = home(sound, place)
    return (Trial(f"{node} cannot reach {place}", (ev.DiskLost(place, node),)),)


def _other_network_away(sound: Cluster, place: str) -> tuple[Trial, ...]:
    other = next(n.name for n in sound.config.networks if n.name != place)
    return (m.network_away(other),)


_TRIALS: Mapping[str, Trials] = {
    "home_crash": lambda sound, place: (m.crash(home(sound, place)),),
    "four_failures": lambda sound, place: (m.fails(sound, place, 4),),
    "ordinary": lambda sound, place: (m.ORDINARY,),
    "return_of_home": lambda sound, place: (m.crash_and_return(home(sound, place)),),
    "first_crash": lambda sound, place: (m.crash(home(sound, evs_names(sound.config)[-1])),),
    "one_failure": lambda sound, place: (m.fails(sound, place),),
    "one_and_four": lambda sound, place: (m.fails(sound, place), m.fails(sound, place, 4)),
    "store_fails": lambda sound, place: (m.fails(sound, m.store_of(sound, place), 4),),
    "search_fails": lambda sound, place: (m.fails(sound, _search_of(sound, place)),),
    "hang": lambda sound, place: (
        Trial(f"{m.path(sound, place)} hangs", (ev.ResourceFaulted(place, True),)),
    ),
    **toml.by_name(
        _spares_crash, _each_crash, _store_fails_twice, _planned_move, _cable_of_home,
        _disk_away_at_home, _other_network_away,
    ),
}  # fmt: skip


# --- what repairs it ------------------------------------------------------------------------------


def _add_spares(sound: Cluster, place: str) -> tuple[Lines, ...]:
    owners = _without_spares(sound, place).config.resources_by_name[place].possible_owners or ()
    return (_add_owners(sound, place, owners),)


def _add_owners(sound: Cluster, place: str, owners: tuple[str, ...]) -> Lines:
    missing = [node for node in sound.config.nodes_by_name if node not in owners]
    return tuple(f'cluster resource "{place}" /addowner:{node}' for node in missing)


def _restore_class(sound: Cluster, place: str) -> tuple[Lines, ...]:
    prefer_spare = m.line(sound, place, preferred_owners=(home(sound, place), m.spares(sound)[0]))
    return (*m.set_back("anti_affinity_class_names")(sound, place), (prefer_spare,))


def _no_failback(sound: Cluster, place: str) -> tuple[Lines, ...]:
    at_night = {"failback_window_start": 22, "failback_window_end": 5}
    return (
        *m.set_back("auto_failback_type")(sound, place),
        (m.line(sound, place, auto_failback_type=1, **at_night),),
    )


def _own_home(sound: Cluster, place: str) -> tuple[Lines, ...]:
    return (
        (
            m.line(sound, place, preferred_owners=(home(sound, place),)),
            m.line(sound, place, auto_failback_type=0),
        ),
        (m.line(sound, place, auto_failback_type=0),),
    )


def _store_alone(sound: Cluster, place: str) -> tuple[Lines, ...]:
    store, search = f'cluster resource "{place}"', f'"{_search_of(sound, place)}"'
    return ((f"{store} /offline /wait", f"{store} /removedep:{search}", f"{store} /online /wait"),)


def _one_group_less(sound: Cluster, place: str) -> tuple[Lines, ...]:
    other = next(name for name in m.members_of(sound, "IS") if name != place)
    counts = {place: _with_groups(sound, place, 0), other: _with_groups(sound, other, -1)}
    return tuple(
        (f'esm "{name}" storage_groups={private["storage_groups"]}',)
        for name, private in counts.items()
    )


def _without_ghosts(sound: Cluster, place: str) -> tuple[Lines, ...]:
    names = _names_of_ghosts(sound)
    return (
        tuple(f"cluster node {name} /evict" for name in names),
        tuple(f"cluster node {name} /start /wait" for name in names),
    )


def _brought_online(sound: Cluster, place: str) -> tuple[Lines, ...]:
    group = m.resource(sound, place).group
    return (
        (f'cluster resource "{place}" /online /wait',),
        (f'cluster group "{group}" /online /wait',),
    )


_REPAIRS: Mapping[str, Repairs] = {
    "old_owners": m.set_back("preferred_owners"),
    "threshold_back": m.set_back("failover_threshold"),
    "add_others": lambda sound, place: (_add_owners(sound, place, (home(sound, place),)),),
    "quorum_back": lambda sound, place: ((f'cluster /quorum:"{sound.config.quorum}"',),),
    **toml.by_name(
        _add_spares, _restore_class, _no_failback, _own_home, _store_alone,
        _one_group_less, _without_ghosts, _brought_online,
    ),
}  # fmt: skip


# --- the file -------------------------------------------------------------------------------------


def _types_or_name(value: Any) -> Places:
    """Return what looks for resources of types, or the function of a name."""
    if isinstance(value, list):
        shorts = toml.texts(value)
        return lambda sound: m.members_of(sound, *shorts)
    place: Places = _PLACE(value)
    return place


def _properties(value: Any) -> dict[str, Any]:
    """Return properties with the values that a cluster has; "never" is None."""
    if not isinstance(value, dict):
        raise toml.Wrong(value, "allowed: a table, such as { restart_threshold = 0 }")
    return {key: _value(key, item) for key, item in value.items()}


def _value(key: str, item: Any) -> Any:
    if key in _ENUMS:
        numbers = [member.value for member in _ENUMS[key]]
        if item not in numbers:
            raise toml.Wrong(item, f"allowed for {key}: {', '.join(map(str, numbers))}")
        return _ENUMS[key](item)
    if isinstance(item, list):
        return tuple(item)
    return None if item == "never" else item


def _ways(value: Any) -> tuple[str, ...]:
    """Return names of repairs, and lines of cluster.exe."""
    words = toml.texts(value)
    for place, word in enumerate(words):
        if not word.startswith("cluster ") and word not in (SET_BACK, *_REPAIRS):
            allowed = f"allowed: a line of cluster.exe, {', '.join((SET_BACK, *_REPAIRS))}"
            raise toml.Wrong(word, allowed, place)
    return words


_ENUMS: Mapping[str, type[Enum]] = {"restart_action": st.RestartAction, "role": st.NetworkRole}
_PLACE = toml.one_of(_PLACES)
_KEYS: Mapping[str, toml.Reader] = {
    **dict.fromkeys(("title", "rule", "source", "look"), toml.line),
    "places": _types_or_name,
    "sets": _properties,
    "plant": toml.one_of(_PLANTS),
    "trials": toml.one_of(_TRIALS),
    "repairs": _ways,
}


def read_kinds(path: Path) -> Mapping[str, FaultKind]:
    """Return the kinds of faults of a file by their ids."""
    root = toml.own_table(path)
    rows = toml.own_rows(root, _KEYS, must=("title", "rule", "source", "places", "trials", "look"))
    root.problems.raise_if_any()
    return {name: _kind(name, **row) for name, row in rows.items()}


def _kind(
    name: str,
    *,
    repairs: Sequence[str] = (SET_BACK,),
    sets: Mapping[str, Any] | None = None,
    **keys: Any,
) -> FaultKind:
    properties = sets or {}
    plant = keys.pop("plant", None) or (lambda sound, place: m.given(sound, place, **properties))
    ways = [_way(word, properties) for word in repairs]
    return FaultKind(
        id=name,
        plant=plant,
        repairs=lambda sound, place: tuple(lines for way in ways for lines in way(sound, place)),
        **keys,
    )


def _way(word: str, properties: Mapping[str, Any]) -> Repairs:
    """Return the ways to repair that a word or a line stands for."""
    if word.startswith("cluster "):
        return lambda sound, place: ((word.format(place),),)
    return m.set_back(*properties) if word == SET_BACK else _REPAIRS[word]


KINDS: Mapping[str, FaultKind] = read_kinds(Path(__file__).with_name("kinds.toml"))
"""Every kind of fault by its id."""

__all__ = ["KINDS", "Fault", "FaultKind"]
