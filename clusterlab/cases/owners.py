"""Kinds of faults in who may own what: possible and preferred owners, anti-affinity, failback."""

from __future__ import annotations

from clusterlab.cases.model import (
    ORDINARY,
    FaultKind,
    Lines,
    crash_and_return,
    evs_names,
    given,
    home,
    home_crash,
    line,
    looks,
    members_of,
    set_back,
    set_to,
    spares,
)
from clusterlab.cases.trials import Trial
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import CLUSTER_GROUP

OFFICE_HOURS = {"failback_window_start": 8, "failback_window_end": 18}


def _every_evs(sound: Cluster) -> list[str]:
    return evs_names(sound.config)


def _crowd(sound: Cluster) -> list[str]:
    """Return the EVSs of a cluster in which a node takes one EVS only and others are busy."""
    names = evs_names(sound.config)
    return names if len(names) > 1 and spares(sound) else []


def _neighbour(sound: Cluster, group: str) -> str:
    """Return the home of another EVS."""
    names = evs_names(sound.config)
    return home(sound, names[(names.index(group) + 1) % len(names)])


def _without_spares(sound: Cluster, place: str) -> Cluster:
    free = spares(sound) or [n for n in sound.config.nodes_by_name if n != home(sound, place)]
    rest = tuple(node for node in sound.config.nodes_by_name if node not in free)
    return given(sound, place, possible_owners=rest)


def _add_spares(sound: Cluster, place: str) -> tuple[Lines, ...]:
    owners = _without_spares(sound, place).config.resources_by_name[place].possible_owners or ()
    return (_add_owners(sound, place, owners),)


def _add_owners(sound: Cluster, place: str, owners: tuple[str, ...]) -> Lines:
    missing = [node for node in sound.config.nodes_by_name if node not in owners]
    return tuple(f'cluster resource "{place}" /addowner:{node}' for node in missing)


def _home_only(sound: Cluster, place: str) -> Cluster:
    return given(sound, place, possible_owners=(home(sound, place),))


def _add_others(sound: Cluster, place: str) -> tuple[Lines, ...]:
    return (_add_owners(sound, place, (home(sound, place),)),)


def _return_of_home(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (crash_and_return(home(sound, place)),)


def _old_crowd(sound: Cluster) -> list[str]:
    return _crowd(sound) if sound.config.windows < Windows.WS2003 else []


def _new_crowd(sound: Cluster) -> list[str]:
    return _crowd(sound) if sound.config.windows >= Windows.WS2003 else []


def _prefer_neighbour(sound: Cluster, place: str) -> Cluster:
    owners = (home(sound, place), _neighbour(sound, place))
    return given(sound, place, preferred_owners=owners)


def _restore_class(sound: Cluster, place: str) -> tuple[Lines, ...]:
    prefer_spare = line(sound, place, preferred_owners=(home(sound, place), spares(sound)[0]))
    return (*set_back("anti_affinity_class_names")(sound, place), (prefer_spare,))


def _no_failback(sound: Cluster, place: str) -> tuple[Lines, ...]:
    at_night = {"failback_window_start": 22, "failback_window_end": 5}
    return (
        *set_back("auto_failback_type")(sound, place),
        (line(sound, place, auto_failback_type=1, **at_night),),
    )


def _home_of_another(sound: Cluster, place: str) -> Cluster:
    wrong = {"preferred_owners": (_neighbour(sound, place),), "auto_failback_type": 1}
    return given(sound, place, **wrong, **OFFICE_HOURS)


def _own_home(sound: Cluster, place: str) -> tuple[Lines, ...]:
    return (
        (
            line(sound, place, preferred_owners=(home(sound, place),)),
            line(sound, place, auto_failback_type=0),
        ),
        (line(sound, place, auto_failback_type=0),),
    )


def _several_evs(sound: Cluster) -> list[str]:
    names = evs_names(sound.config)
    return names if len(names) > 1 else []


def _cluster_address(sound: Cluster) -> list[str]:
    members = sound.config.members[CLUSTER_GROUP]
    return [one.name for one in members if one.type.short == "IP"]


OWNER_KINDS = (
    FaultKind(
        id="owners-without-spare",
        title="the spare node is missing from the possible owners of this resource",
        rule="A node takes a group only if it is a possible owner of every resource in it.",
        source="handbook 1, 5.1; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "Disk", "Name", "IS", "SMTP", "HTTP", "Search"),
        plant=_without_spares,
        trials=home_crash,
        repairs=_add_spares,
        look=looks('cluster resource "{}" /listowners'),
    ),
    FaultKind(
        id="owners-home-only",
        title="one node is the only possible owner of this System Attendant",
        rule="A System Attendant that was created when one node had Exchange can own that node "
        "only; the others are added afterwards.",
        source="handbook 1, 5.1; handbook 3, 8 (M15)",
        places=lambda sound: members_of(sound, "SA"),
        plant=_home_only,
        trials=home_crash,
        repairs=_add_others,
        look=looks('cluster resource "{}" /listowners'),
    ),
    FaultKind(
        id="cluster-address-one-owner",
        title="one node is the only possible owner of the address of the cluster",
        rule="The Cluster Group follows the quorum; its address and name have to be able to.",
        source="handbook 1, 5.1 and 5.4",
        places=_cluster_address,
        plant=_home_only,
        trials=home_crash,
        repairs=_add_others,
        look=looks('cluster resource "{}" /listowners'),
    ),
    FaultKind(
        id="preferred-busy-node",
        title="a node with an EVS of its own comes before the spare in the preferred owners",
        rule="On Windows 2000 nothing but the Node List keeps an EVS off a node that has one; "
        "there its System Attendant is refused with 5018.",
        source="handbook 1, 5.2; handbook 2, 4.1",
        places=_old_crowd,
        plant=_prefer_neighbour,
        trials=home_crash,
        repairs=set_back("preferred_owners"),
        look=looks('cluster group "{}" /listowners'),
    ),
    FaultKind(
        id="no-anti-affinity",
        title="AntiAffinityClassNames is empty",
        rule="A failover passes over nodes that own a group of the same anti-affinity class; "
        "Exchange gives each EVS the class.",
        source="handbook 1, 5.3; handbook 2, 4.1; KB 296799",
        places=_new_crowd,
        plant=set_to(anti_affinity_class_names=()),
        trials=home_crash,
        repairs=_restore_class,
        look=looks('cluster group "{}" /prop'),
    ),
    FaultKind(
        id="failback-at-once",
        title="failback is allowed, without a window",
        rule="A group that may go home does so as soon as its node is back: a second outage. "
        "For an EVS prevent failback, and move it at a quiet time.",
        source="handbook 1, 5.6; handbook 2, 5.1; handbook 3, 8 (M32)",
        places=_every_evs,
        plant=set_to(auto_failback_type=1),
        trials=_return_of_home,
        repairs=_no_failback,
        look=looks('cluster group "{}" /prop'),
    ),
    FaultKind(
        id="failback-office-hours",
        title="failback is allowed in office hours",
        rule="A failback window belongs into the night: at its next full hour the group goes "
        "home, with a second outage.",
        source="handbook 1, 5.6; handbook 2, 5.1",
        places=_every_evs,
        plant=set_to(auto_failback_type=1, **OFFICE_HOURS),
        trials=_return_of_home,
        repairs=_no_failback,
        look=looks('cluster group "{}" /prop'),
    ),
    FaultKind(
        id="failback-to-busy-node",
        title="the preferred owner is the home of another EVS, and failback is allowed",
        rule="With a window a group goes to its preferred owner at each full hour, although "
        "nothing has failed; an EVS prefers its own home.",
        source="handbook 1, 5.6; handbook 2, 5.1",
        places=_several_evs,
        plant=_home_of_another,
        trials=lambda sound, place: (ORDINARY,),
        repairs=_own_home,
        look=looks('cluster group "{}" /listowners'),
    ),
)
