"""Kinds of faults in what happens after a failure: restarts, thresholds, timeouts, dependencies."""

from __future__ import annotations

from clusterlab.cases.model import (
    FaultKind,
    Lines,
    cable_out,
    disk_away,
    evs_names,
    fails,
    four_failures,
    given,
    hangs,
    home,
    home_crash,
    looks,
    members_of,
    resource,
    set_back,
    set_to,
    spares,
    store_of,
)
from clusterlab.cases.trials import Pause, Trial
from clusterlab.cluster.events import MoveGroup
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.networks import client_networks
from clusterlab.cluster.states import RestartAction
from clusterlab.exchange.evs import storage_groups

SEVEN_HOURS_S = 7 * 3600.0
DAY_S = 24 * 3600.0
PROPERTIES = looks('cluster resource "{}" /prop')
_AFFECT = RestartAction.RESTART_AND_AFFECT_GROUP


def _every_evs(sound: Cluster) -> list[str]:
    return evs_names(sound.config)


def _store_fails(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (fails(sound, store_of(sound, place), 4),)


def _store_fails_twice(sound: Cluster, place: str) -> tuple[Trial, ...]:
    once = fails(sound, store_of(sound, place), 4)
    words = f"{once.words}, and four times again seven hours later"
    return (Trial(words, (*once.steps, Pause(SEVEN_HOURS_S), *once.steps)),)


def _one_and_four(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return fails(sound, place), fails(sound, place, 4)


def _cable_of_home(sound: Cluster, place: str) -> tuple[Trial, ...]:
    network = client_networks(sound.config)[0].name
    return (cable_out(home(sound, place), network),)


def _disk_away_at_home(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (disk_away(place, home(sound, place)),)


def _planned_move(sound: Cluster, place: str) -> tuple[Trial, ...]:
    group = resource(sound, place).group
    others = [node for node in sound.config.nodes_by_name if node != home(sound, place)]
    target = [*spares(sound), *others][0]
    return (Trial(f"{group} is moved to {target}", (MoveGroup(group, target),)),)


def _hang(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (hangs(sound, place),)


def _one_failure(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (fails(sound, place),)


def _deaf_store(sound: Cluster, place: str) -> Cluster:
    private = {**resource(sound, place).private, "is_alive_timeout_s": 2 * 3600.0}
    return given(sound, place, private=private)


def _hearing_store(sound: Cluster, place: str) -> tuple[Lines, ...]:
    return ((f'cluster resource "{place}" /priv IsAliveTimeout=180000',),)


def _search_of(sound: Cluster, store: str) -> str:
    members = sound.config.members[resource(sound, store).group]
    return next(one.name for one in members if one.type.short == "Search")


def _store_after_search(sound: Cluster, place: str) -> Cluster:
    needed = (*resource(sound, place).depends_on, _search_of(sound, place))
    return given(sound, place, depends_on=needed)


def _search_fails(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (fails(sound, _search_of(sound, place)),)


def _store_alone(sound: Cluster, place: str) -> tuple[Lines, ...]:
    store, search = f'cluster resource "{place}"', f'"{_search_of(sound, place)}"'
    return ((f"{store} /offline", f"{store} /removedep:{search}", f"{store} /online"),)


def _pairs(sound: Cluster) -> list[str]:
    """Return the stores of a cluster in which both EVSs may have to share a node."""
    return [] if spares(sound) else members_of(sound, "IS")


def _with_groups(sound: Cluster, store: str, change: int) -> dict[str, int]:
    count = storage_groups(resource(sound, store)) + change
    return {**resource(sound, store).private, "storage_groups": count}


def _one_group_more(sound: Cluster, place: str) -> Cluster:
    return given(sound, place, private=_with_groups(sound, place, 1))


def _each_crash(sound: Cluster, place: str) -> tuple[Trial, ...]:
    other = next(name for name in members_of(sound, "IS") if name != place)
    crashes = (*home_crash(sound, other), *home_crash(sound, place))
    # A storage group more or less takes half a minute; which EVS keeps it is free.
    return tuple(crash._replace(margin=1.5) for crash in crashes)


def _one_group_less(sound: Cluster, place: str) -> tuple[Lines, ...]:
    other = next(name for name in members_of(sound, "IS") if name != place)
    counts = {place: _with_groups(sound, place, 0), other: _with_groups(sound, other, -1)}
    return tuple(
        (f'cluster resource "{name}" /priv storage_groups={private["storage_groups"]}',)
        for name, private in counts.items()
    )


POLICY_KINDS = (
    FaultKind(
        id="failover-threshold-zero",
        title="FailoverThreshold is 0",
        rule="FailoverThreshold says how many failovers a resource may cause within "
        "FailoverPeriod; with 0 the group is given up at once.",
        source="handbook 1, 4.3; handbook 2, 5.1",
        places=_every_evs,
        plant=set_to(failover_threshold=0),
        trials=_store_fails,
        repairs=set_back("failover_threshold"),
        look=looks('cluster group "{}" /prop'),
    ),
    FaultKind(
        id="failover-period-long",
        title="one failover is allowed in 1193 hours",
        rule="Failovers count for FailoverPeriod hours; with a long period and a threshold of 1 "
        "the second failover is refused weeks later.",
        source="handbook 1, 2.1 and 4.3; handbook 2, 5.1",
        places=_every_evs,
        plant=set_to(failover_threshold=1, failover_period_h=1193),
        trials=_store_fails_twice,
        repairs=lambda sound, place: (
            *set_back("failover_threshold", "failover_period_h")(sound, place),
            *set_back("failover_threshold")(sound, place),
        ),
        look=looks('cluster group "{}" /prop'),
    ),
    FaultKind(
        id="optional-protocol-affects-group",
        title='"Affect the group" is ticked',
        rule="A resource for which nobody would fail over does not affect the group: POP3, IMAP4.",
        source="handbook 1, 4.3; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "POP3", "IMAP4"),
        plant=set_to(restart_action=_AFFECT),
        trials=four_failures,
        repairs=set_back("restart_action"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="msdtc-affects-group",
        title='"Affect the group" is ticked',
        rule="MSDTC does not affect the group: its failures would take the quorum along.",
        source="handbook 2, 5.2; handbook 3, 2.6 and 5.8",
        places=lambda sound: [r.name for r in sound.config.resources if r.type.short == "MSDTC"],
        plant=set_to(restart_action=_AFFECT),
        trials=four_failures,
        repairs=set_back("restart_action"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="not-restarted",
        title='it is set to "Do not restart"',
        rule="With RestartAction 0 a failed resource stays Failed, and nothing moves.",
        source="handbook 1, 2.2 and 4.2; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "IS", "SMTP", "HTTP"),
        plant=set_to(restart_action=RestartAction.DONT_RESTART),
        trials=_one_and_four,
        repairs=set_back("restart_action"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="attendant-does-not-affect-group",
        title='"Affect the group" is cleared',
        rule="Disks, address, name, System Attendant and store affect the group: without one of "
        "them there is no EVS, so it has to fail over.",
        source="handbook 1, 4.3; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "SA"),
        plant=set_to(restart_action=RestartAction.RESTART),
        trials=four_failures,
        repairs=set_back("restart_action"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="address-does-not-affect-group",
        title='"Affect the group" is cleared',
        rule="A node that loses its client network fails the IP Address; the group follows only "
        "if the address affects it.",
        source="handbook 1, 4.9; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "IP"),
        plant=set_to(restart_action=RestartAction.RESTART),
        trials=_cable_of_home,
        repairs=set_back("restart_action"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="restart-threshold-zero",
        title="RestartThreshold is 0",
        rule="With RestartThreshold 0 the first failure moves the whole group instead of a "
        "restart of seconds.",
        source="handbook 1, 4.2; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "SMTP", "HTTP", "Routing"),
        plant=set_to(restart_threshold=0),
        trials=_one_failure,
        repairs=set_back("restart_threshold"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="restart-threshold-huge",
        title="RestartThreshold is 1000",
        rule="A group fails over only after RestartThreshold restarts on its node; where a "
        "restart cannot help, each of them is lost time.",
        source="handbook 1, 4.2; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "Disk"),
        plant=set_to(restart_threshold=1000),
        trials=_disk_away_at_home,
        repairs=set_back("restart_threshold"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="restart-period-short",
        title="RestartPeriod is 2 seconds",
        rule="Restarts count only within RestartPeriod; if it is shorter than a few attempts, the "
        "threshold is never reached and nothing fails over.",
        source="handbook 1, 4.2; handbook 2, 5.2",
        places=lambda sound: members_of(sound, "Disk"),
        plant=set_to(restart_period_s=2.0),
        trials=_disk_away_at_home,
        repairs=set_back("restart_period_s"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="no-retry",
        title='RetryPeriodOnFailure is "never"',
        rule="A resource whose restarts are used up gets one more attempt after "
        "RetryPeriodOnFailure, unless that is never.",
        source="handbook 1, 2.2 and 4.3",
        places=lambda sound: members_of(sound, "POP3", "IMAP4"),
        plant=set_to(retry_period_s=None),
        trials=four_failures,
        repairs=set_back("retry_period_s"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="attendant-pending-timeout",
        title="PendingTimeout is 15 seconds",
        rule="A resource that is not Online within its PendingTimeout has failed; only the store "
        "is exempt.",
        source="handbook 1, 1.4; handbook 2, 4.5",
        places=lambda sound: members_of(sound, "SA"),
        plant=set_to(pending_timeout_s=15.0),
        trials=home_crash,
        repairs=set_back("pending_timeout_s"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="store-pending-timeout",
        title="PendingTimeout is 20 seconds",
        rule="A store that is not offline within its PendingTimeout is terminated and has to "
        "replay its logs.",
        source="handbook 2, 4.5",
        places=lambda sound: members_of(sound, "IS"),
        plant=set_to(pending_timeout_s=20.0),
        trials=_planned_move,
        repairs=set_back("pending_timeout_s"),
        look=PROPERTIES,
    ),
    FaultKind(
        id="is-alive-daily",
        title="IsAlivePollInterval is a day",
        rule="Only IsAlive finds a hang; its interval is 60 seconds by default.",
        source="handbook 1, 2.3 and 4.1",
        places=lambda sound: members_of(sound, "Name", "Search"),
        plant=set_to(is_alive_poll_s=DAY_S),
        trials=_hang,
        repairs=lambda sound, place: (
            *set_back("is_alive_poll_s")(sound, place),
            (f'cluster resource "{place}" /prop IsAlivePollInterval=60000',),
        ),
        look=PROPERTIES,
    ),
    FaultKind(
        id="exchange-is-alive-timeout",
        title="IsAliveTimeout is two hours",
        rule="An Exchange resource that hangs counts as failed after its private IsAliveTimeout, "
        "180000 ms by default; it is raised for diagnosed false failures only.",
        source="handbook 2, 1.4 and 5.2; KB 836566",
        places=lambda sound: members_of(sound, "IS"),
        plant=_deaf_store,
        trials=_hang,
        repairs=_hearing_store,
        look=looks('cluster resource "{}" /priv'),
    ),
    FaultKind(
        id="store-needs-search",
        title="it depends on MS Search",
        rule="In Exchange 2003 everything hangs directly under the System Attendant; what a "
        "resource needs takes it offline when it fails.",
        source="handbook 2, 2.1 and 2.3; KB 821833",
        places=lambda sound: members_of(sound, "IS"),
        plant=_store_after_search,
        trials=_search_fails,
        repairs=_store_alone,
        look=looks('cluster resource "{}" /listdep'),
    ),
    FaultKind(
        id="five-storage-groups",
        title="both EVSs together have five storage groups",
        rule="A node mounts four storage groups at most, over all its EVSs; a store that would "
        "make more is not brought online.",
        source="handbook 2, 3.2 and 4.2; KB 259197",
        places=_pairs,
        plant=_one_group_more,
        trials=_each_crash,
        repairs=_one_group_less,
        look=looks('cluster resource "{}" /priv'),
    ),
)
