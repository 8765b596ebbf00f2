"""Handbook 2, sections 1 to 5, 8.4 and 10: Exchange Virtual Servers; one test for each rule."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.events import BringOnline
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.states import ResourceState, Windows
from clusterlab.exchange.evs import EXCHANGE_DURATIONS, EXCHANGE_TYPES, TREES
from tests.plain import moves, refusal, times

VERSIONS = (2000, 2003)


def short(cluster: Cluster, evs: str = "EVS1") -> dict[str, Resource]:
    """Return the resources of an EVS by the short name of their type; the last disk counts."""
    return {r.type.short: r for r in cluster.config.resources if r.group == evs}


def shown(sim: Simulation, evs: str = "EVS1") -> dict[str, str]:
    """Return the states of an EVS by the short names of its types."""
    states = sim.cluster.resource_states
    return {name: states[r.name].value for name, r in short(sim.cluster, evs).items()}


def online_evs(sim: Simulation) -> list[str]:
    """Return the EVSs that are Online."""
    groups = [group.name for group in sim.cluster.config.groups if group.name.startswith("EVS")]
    return [group for group in groups if sim.state(group).value == "Online"]


def edges(cluster: Cluster, evs: str) -> set[tuple[str, str]]:
    """Return "X needs Y" by short names of types."""
    by_name = cluster.config.resources_by_name
    return {
        (resource.type.short, by_name[needed].type.short)
        for resource in cluster.config.resources
        if resource.group == evs
        for needed in resource.depends_on
    }


# --- 1 What an EVS is -------------------------------------------------------------------------


def test_1_1_minimum_contents_of_an_evs():
    """Disks, an address, a name, the SA, and what comes with it; POP3 and IMAP4 are added by hand
    in 2003 (1.1, 1.2).
    """
    found = {name for name in short(exchange_cluster(), "EVS2")}
    assert {"IP", "Disk", "Name", "SA", "IS", "Routing", "SMTP", "HTTP", "Search"} == found
    added = set(short(exchange_cluster(protocols=("POP3", "IMAP4")), "EVS2")) - found
    assert {"POP3", "IMAP4"} == added


def test_1_1_the_sa_needs_a_network_name_and_disks():
    """Creation of the SA is refused without the three resources it needs (1.1)."""
    config = exchange_cluster().config
    sa = short(exchange_cluster())["SA"]
    with pytest.raises(ConfigError, match="must depend on a resource of type 'Network Name'"):
        configure(config, sa.name, depends_on=sa.depends_on[1:])
    with pytest.raises(ConfigError, match="must depend on a resource of type 'Physical Disk'"):
        configure(config, sa.name, depends_on=sa.depends_on[:1])


def test_1_2_instance_names():
    """Names as Cluster Administrator shows them (1.2)."""
    resources = short(exchange_cluster(protocols=("IMAP4",)))
    assert "Exchange Information Store Instance - (EVS1)" == resources["IS"].name
    assert "Exchange IMAP4 Virtual Server Instance - (EVS1)" == resources["IMAP4"].name


def test_1_2_type_names():
    """Display names of the Exchange resource types (1.2)."""
    for version in VERSIONS:
        names = {name: item.name for name, item in EXCHANGE_TYPES[version].items()}
        assert "Microsoft Exchange System Attendant" == names["SA"]
        assert "Microsoft Exchange Information Store" == names["IS"]
        assert "Microsoft Exchange MS Search Instance" == names["Search"]
        assert 9 == len(names)


def test_1_2_an_evs_has_exactly_one_system_attendant():
    """A second SA in a group is refused (1.2)."""
    config = exchange_cluster().config
    sa = short(exchange_cluster())["SA"]
    with pytest.raises(ConfigError, match="'EVS1' has two System Attendants"):
        replace(config, resources=(*config.resources, replace(sa, name="Another")))


def test_1_3_the_first_evs_has_the_only_mta():
    """One MTA per cluster, in the first EVS; a second one is refused (1.3; rule 16)."""
    cluster = exchange_cluster()
    having = [evs for evs in ("EVS1", "EVS2", "EVS3") if "MTA" in short(cluster, evs)]
    assert ["EVS1"] == having
    mta = short(cluster)["MTA"]
    needs = (short(cluster, "EVS2")["SA"].name,)
    second = replace(mta, name="MTA 2", group="EVS2", depends_on=needs)
    with pytest.raises(ConfigError, match="Message Transfer Agent in EVS1, EVS2"):
        replace(cluster.config, resources=(*cluster.config.resources, second))


def test_1_3_the_mta_runs_where_the_first_evs_is_hosted():
    """The node with the MTA is the one that hosts the first EVS; others do not need it (1.3)."""
    sim = Simulation(exchange_cluster())
    sim.take_offline("EVS1")
    sim.run()
    assert ["EVS2", "EVS3"] == online_evs(sim)
    sim.bring_online("EVS1")
    sim.run()
    sim.fail_node("NODE1")
    sim.run()
    assert ("NODE4", "Online") == (sim.owner("EVS1"), sim.state("EVS1/MTA").value)


def test_1_4_a_process_that_ends_is_signalled_at_once():
    """A process that ends is noticed after 0 s: event handle (1.4)."""
    sim = Simulation(exchange_cluster())
    sim.run(13)
    sim.fault_resource("EVS1/IS")
    assert [13] == times(sim, short(sim.cluster)["IS"].name, "Failed")


@pytest.mark.parametrize(
    ("hang_s", "noticed_s"), [(0.0, 180), (0.1, 190), (5.0, 190), (10.0, 190), (10.5, 200)]
)
def test_1_4_a_hang_fails_at_the_first_check_after_the_timeout(hang_s, noticed_s):
    """Failed at the first 10-second check at or after start of the hang + 180 s (1.4)."""
    sim = Simulation(exchange_cluster())
    sim.run(hang_s)
    sim.fault_resource("EVS1/SMTP", is_hang=True)
    sim.run(300)
    assert [noticed_s] == times(sim, short(sim.cluster)["SMTP"].name, "Failed")


def test_1_4_the_checks_count_from_coming_online():
    """The checks of a resource fall at (moment it came online) + k x 10 s (1.4)."""
    sim = Simulation(exchange_cluster())
    sim.fail_resource("EVS1/Routing")
    sim.run(4)
    sim.fault_resource("EVS1/Routing", is_hang=True)
    sim.run(300)
    assert [0, 193.5] == times(sim, short(sim.cluster)["Routing"].name, "Failed")


def test_1_4_the_intervals_of_the_cluster_service_change_nothing():
    """IsAlive and LooksAlive of an Exchange resource do not matter (1.4; rule 14; quiz 14)."""
    noticed = []
    for intervals in ({}, {"is_alive_poll_s": 5.0, "looks_alive_poll_s": 1.0}):
        sim = Simulation(exchange_cluster())
        sim.set_properties("EVS1/IS", **intervals)
        sim.fault_resource("EVS1/IS", is_hang=True)
        sim.run(300)
        noticed.append(times(sim, short(sim.cluster)["IS"].name, "Failed"))
    assert [[180], [180]] == noticed


def test_1_4_is_alive_timeout_is_a_private_property():
    """IsAliveTimeout replaces the 180 s for one resource (1.4)."""
    sim = Simulation(exchange_cluster())
    private = {**short(sim.cluster)["IS"].private, "is_alive_timeout_s": 600}
    sim.take_offline("EVS1/IS")
    sim.run(60)
    sim.set_properties("EVS1/IS", private=private)
    sim.bring_online("EVS1/IS")  # it is read when the resource comes online
    sim.run(100)
    sim.fault_resource("EVS1/IS", is_hang=True)
    sim.run(800)
    assert [700] == times(sim, short(sim.cluster)["IS"].name, "Failed")


def test_1_4_ms_search_is_checked_by_the_cluster_service():
    """EXRES covers all Exchange types except MS Search (1.4)."""
    sim = Simulation(exchange_cluster())
    sim.run(1)
    sim.fault_resource("EVS1/Search")
    sim.run(60)
    assert [5] == times(sim, short(sim.cluster)["Search"].name, "Failed")


def test_1_4_net_stop_looks_like_a_failure():
    """A service stopped behind the cluster's back is restarted (1.4; quiz 13)."""
    sim = Simulation(exchange_cluster())
    sim.fault_resource("EVS1/IS")
    sim.run()
    assert [0.5] == times(sim, short(sim.cluster)["IS"].name, "Online Pending")
    assert "Online" == sim.state("EVS1").value


# --- 2 Dependency trees -----------------------------------------------------------------------

BASE = {("Name", "IP"), ("SA", "Name"), ("SA", "Disk")}
CHILDREN = ("IS", "MTA", "Routing", "SMTP", "HTTP", "IMAP4", "POP3", "Search")


def test_2_1_edges_of_exchange_2003():
    """Everything hangs directly on the System Attendant (2.1; rule 12)."""
    cluster = exchange_cluster(protocols=("IMAP4", "POP3"))
    assert BASE | {(child, "SA") for child in CHILDREN} == edges(cluster, "EVS1")


def test_2_2_edges_of_exchange_2000():
    """The protocols and the search hang on the Information Store (2.2)."""
    under_store = {(c, "IS") for c in ("SMTP", "HTTP", "IMAP4", "POP3", "Search")}
    expected = BASE | {(child, "SA") for child in ("IS", "MTA", "Routing")} | under_store
    assert expected == edges(exchange_cluster(version=2000), "EVS1")


def test_2_the_sa_needs_every_disk():
    """System Attendant needs Physical Disk, each one of the EVS (2.1)."""
    cluster = exchange_cluster(disks_per_evs=3)
    members = cluster.config.members["EVS1"]
    disks = {resource.name for resource in members if resource.type.short == "Disk"}
    assert (3, True) == (len(disks), disks <= set(short(cluster)["SA"].depends_on))


def seconds(kind: str, name: str, groups: int) -> float:
    """Return a duration of handbook 2, 4.9 as printed there, for *groups* storage groups."""
    table: Mapping[str, tuple[float, float]] = {
        "SA": (20, 10), "MTA": (10, 10), "Routing": (3, 2), "SMTP": (5, 3), "HTTP": (5, 3),
        "IMAP4": (3, 2), "POP3": (3, 2), "Search": (10, 5),
        "IS": (20 + 5 * groups, 20 + 5 * groups),
    }  # fmt: skip
    return table[name][0 if kind == "online" else 1]


def formula(kind: str, version: int, groups: int, children: set[str]) -> float:
    """Return the seconds of 2.3 for an EVS with these children."""
    of = {name: seconds(kind, name, groups) for name in (*children, "SA")}
    infrastructure = max(3, 2 + 5) if kind == "online" else max(1, 1 + 1)
    if version == 2003:
        return infrastructure + of["SA"] + max(of[name] for name in children)
    on_sa = [of[name] for name in children & {"MTA", "Routing"}]
    on_store = [of[name] for name in children - {"MTA", "Routing", "IS"}]
    return infrastructure + of["SA"] + max(*on_sa, of["IS"] + max(on_store))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("groups", [1, 2, 3, 4])
def test_2_3_formulas_of_coming_online_and_going_offline(version, groups):
    """online and offline take what the formulas of 2.3 say, for both versions (2.3)."""
    sim = Simulation(exchange_cluster(1, 1, version=version, storage_groups=groups))
    children = set(short(sim.cluster)) & set(CHILDREN)
    sim.take_offline("EVS1")
    sim.run()
    assert formula("offline", version, groups, children) == sim.now_s
    sim.bring_online("EVS1")
    started_s = sim.now_s
    sim.run()
    assert formula("online", version, groups, children) == sim.now_s - started_s


def test_2_3_a_store_that_fails_in_2003_leaves_the_protocols_online():
    """2003: the protocol resources stay Online while the store restarts (2.3; quiz 21)."""
    sim = Simulation(exchange_cluster())
    sim.fail_resource("EVS1/IS")
    sim.run(60)
    others = {name: state for name, state in shown(sim).items() if name != "IS"}
    assert {"Online"} == set(others.values())


def test_2_3_a_store_that_fails_in_2000_takes_the_protocols_with_it():
    """2000: all protocol resources go offline and come back (2.3; quiz 21)."""
    sim = Simulation(exchange_cluster(version=2000))
    sim.fail_resource("EVS1/IS")
    sim.run(60)
    off = [name for name, state in shown(sim).items() if state == "Offline"]
    assert {"SMTP", "HTTP", "IMAP4", "POP3", "Search"} == set(off)
    sim.run()
    assert "Online" == sim.state("EVS1").value


@pytest.mark.parametrize("version", VERSIONS)
def test_2_3_an_sa_that_fails_takes_everything_above_it(version):
    """SA fails: everything above it goes offline in both versions (2.3)."""
    sim = Simulation(exchange_cluster(version=version))
    sim.set_properties("EVS1/SA", restart_action=0)
    sim.fail_resource("EVS1/SA")
    sim.run()
    below = {"IP", "Name", "Disk"}
    expected = {n: "Online" if n in below else "Offline" for n in shown(sim)} | {"SA": "Failed"}
    assert expected == shown(sim)


# --- 3 Limits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("active", "passive"), [(3, 0), (4, 0), (8, 0)])
def test_3_2_with_three_or_more_nodes_one_stays_passive(active, passive):
    """N > 2: at most N - 1 EVSs (3.2; quiz 6)."""
    message = f"has {active} EVSs on {active} nodes; allowed: at most {active - 1}"
    with pytest.raises(ConfigError, match=message):
        exchange_cluster(active, passive)


@pytest.mark.parametrize(("active", "passive"), [(1, 0), (1, 1), (2, 0), (2, 1), (7, 1), (1, 7)])
def test_3_2_clusters_that_are_allowed(active, passive):
    """Two EVSs in two nodes, up to seven in eight (3.2)."""
    assert active + passive == len(exchange_cluster(active, passive).config.nodes)


@pytest.mark.parametrize("value", [0, 5, -1, 2.5, "4"])
def test_3_2_storage_groups_of_an_evs(value):
    """One to four storage groups on a node, so in an EVS (3.2)."""
    with pytest.raises(ConfigError) as caught:
        exchange_cluster(1, 1, storage_groups=[value])
    assert "storage_groups" in str(caught.value)
    assert f"is {value!r}; allowed: 1 to 4" in str(caught.value)


@pytest.mark.parametrize("value", [0, 6])
def test_3_2_databases_of_a_storage_group(value):
    """One to five databases in a storage group (3.2)."""
    with pytest.raises(ConfigError, match=f"databases of .* is {value}; allowed: 1 to 5"):
        exchange_cluster(1, 1, databases=value)


# --- 4.1 Two mechanisms -----------------------------------------------------------------------


def refusals(sim: Simulation, code: int = 5018) -> int:
    """Return how often an error code stood behind a change."""
    return sum(c.error_code == code for outcome in sim.history for c in outcome.changes)


def test_4_1_exchange_writes_the_anti_affinity_string():
    """Each EVS group has the string, the Cluster Group has none (4.1; 5.1)."""
    groups = exchange_cluster().config.groups_by_name
    assert ("Microsoft Exchange Virtual Server",) == groups["EVS1"].anti_affinity_class_names
    assert () == groups["Cluster Group"].anti_affinity_class_names


def test_4_1_a_second_evs_on_a_node_is_refused_with_5018():
    """N > 2: the SA does not come online on a node that runs an EVS (4.1; rule 5; quiz 4)."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.move_group("EVS1", "NODE2")
    sim.run(52 + 1 + 7 + 1)
    assert 1 == refusals(sim)
    assert "Failed" == sim.state("EVS1/SA").value
    change = next(c for o in sim.history for c in o.changes if c.error_code == 5018)
    assert "NODE2 already runs EVS2" in change.because


def test_4_1_5018_is_quoted_in_the_words_of_the_product():
    """The text of 5018 is verbatim (4.1)."""
    error = OperationRefused(5018, because="", remedy="")
    text = "The cluster resource could not be brought online by the resource monitor"
    assert (text, True) == (error.text, error.verbatim)


def test_4_1_losing_nodes_never_lifts_the_block():
    """N counts configured nodes (4.1; rule 5)."""
    sim = Simulation(exchange_cluster(2, 2))
    for node in ("NODE4", "NODE3", "NODE2"):
        sim.fail_node(node)
        sim.run()
    assert ["EVS1"] == online_evs(sim)
    assert refusals(sim)


@pytest.mark.parametrize("how", ["offline", "failed"])
def test_4_1_an_evs_that_is_not_running_does_not_block(how):
    """An EVS whose SA is Offline or Failed does not block (4.1; rule 5)."""
    sim = Simulation(exchange_cluster(2, 1))
    if how == "offline":
        sim.take_offline("EVS2")
    else:
        sim.set_properties("EVS2/SA", restart_action=0)
        sim.fail_resource("EVS2/SA")
    sim.run()
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert (0, "NODE2", "Online") == (refusals(sim), sim.owner("EVS1"), sim.state("EVS1").value)


def test_4_1_of_two_attendants_at_once_the_first_name_gets_the_node():
    """If two SAs ask at the same moment the group that comes first by name gets it (4.1)."""
    sim = Simulation(exchange_cluster(2, 1))
    for evs in ("EVS2", "EVS1"):
        sim.take_offline(evs)
    sim.run()
    for evs in ("EVS2", "EVS1"):
        sim.move_group(evs, "NODE3")
    sim.run()
    start_s = sim.now_s + 1.0
    for evs in ("EVS2", "EVS1"):
        sim.send(BringOnline(evs), at_s=start_s)
    sim.run(start_s + 8.2)
    assert ("Online Pending", "Failed") == (sim.state("EVS1/SA").value, sim.state("EVS2/SA").value)


def test_4_1_two_nodes_host_two_evs():
    """In a two-node cluster the block does not apply (4.1; 3.2)."""
    sim = Simulation(exchange_cluster(2, 0, storage_groups=2))
    sim.fail_node("NODE1")
    sim.run()
    assert (["EVS1", "EVS2"], 0) == (online_evs(sim), refusals(sim))


def test_4_1_windows_2000_sends_an_evs_to_a_busy_node():
    """Without anti-affinity the ordered walk may choose a busy node, where it is refused and then
    tried elsewhere (4.1).
    """
    sim = Simulation(exchange_cluster(windows=Windows.W2K))
    sim.fail_node("NODE3")
    sim.run()
    assert ["NODE1", "NODE2", "NODE4"] == [node for _, node in moves(sim, "EVS3")]
    assert (8, "Online") == (refusals(sim), sim.state("EVS3").value)


def test_4_1_exchange_2000_is_not_refused():
    """While an EVS is still Exchange 2000 there is no block (4.1; index 0.7)."""
    sim = Simulation(exchange_cluster(2, 1, version=2000, storage_groups=2))
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert (0, "NODE2", "Online") == (refusals(sim), sim.owner("EVS1"), sim.state("EVS1").value)


def test_4_1_anti_affinity_forbids_nothing():
    """Taking the string away changes where an EVS is tried, not whether two may share (quiz 5)."""
    sim = Simulation(exchange_cluster(2, 1))
    for evs in ("EVS1", "EVS2"):
        sim.set_properties(evs, anti_affinity_class_names=())
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert (4, "NODE3") == (refusals(sim), sim.owner("EVS1"))


# --- 4.2 Algorithm ----------------------------------------------------------------------------


def test_4_2_a_refused_move_is_a_resource_failure_on_the_target():
    """Three restarts, then a failover that counts; the manual move does not (4.2)."""
    sim = Simulation(exchange_cluster())
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert ["NODE2", "NODE4"] == [node for _, node in moves(sim, "EVS1")]
    assert (4, 1) == (refusals(sim), len(sim.cluster.failovers["EVS1"]))


def test_4_2_a_local_defect_fails_on_one_node_only():
    """SA or any resource fails if the node has a local defect; the EVS runs elsewhere (4.2)."""
    sim = Simulation(exchange_cluster(1, 2))
    sim.set_properties("EVS1/SA", defective_on=frozenset({"NODE2"}))
    sim.fail_node("NODE1")
    sim.run()
    assert ["NODE2", "NODE3"] == [node for _, node in moves(sim, "EVS1")]
    assert "Online" == sim.state("EVS1").value


def overflow() -> Simulation:
    """Return an active/active pair with 3 + 2 storage groups after the failure of NODE1."""
    sim = Simulation(exchange_cluster(2, 0, storage_groups=(3, 2)))
    sim.fail_node("NODE1")
    sim.run(200)
    return sim


def test_4_2_the_fifth_storage_group_makes_the_arriving_store_fail():
    """SG sum over 4: IS Failed, the whole EVS left offline, the other one undisturbed (4.2; rule
    15; quiz 8).
    """
    sim = overflow()
    expected = dict.fromkeys(shown(sim), "Offline") | {"IS": "Failed"}
    assert (expected, ["EVS2"]) == (shown(sim), online_evs(sim))


def test_4_2_a_refused_store_fails_its_first_check():
    """Refused after 10 s, the first 10-second check; four times, 0.5 s apart (4.2, 4.9)."""
    sim = overflow()
    expected = [55.2, 65.7, 76.2, 86.7]
    assert expected == times(sim, short(sim.cluster)["IS"].name, "Failed")


# --- 4.3 Scenario arithmetic ------------------------------------------------------------------


@pytest.mark.parametrize(("active", "passive"), [(1, 1), (2, 1), (3, 1), (2, 2), (1, 2)])
def test_4_3_every_order_of_node_losses(active, passive):
    """EVSs online = min(A, N - f), in whatever order nodes are lost, and at most one EVS runs on a
    node (4.3).
    """
    start = exchange_cluster(active, passive)
    names = [node.name for node in start.config.nodes]
    for order in itertools.permutations(names):
        sim = Simulation(start)
        for down, node in enumerate(order, start=1):
            sim.fail_node(node)
            sim.run()
            expected = min(active, len(names) - down)
            hosts = [sim.owner(evs) for evs in online_evs(sim)]
            assert expected == len(hosts) == len(set(hosts)), order[:down]


@pytest.mark.parametrize(
    ("active", "passive", "row"),
    [
        (1, 1, (1, 0)),
        (2, 1, (2, 1, 0)),
        (3, 1, (3, 2, 1, 0)),
        (2, 2, (2, 2, 1, 0)),
        (7, 1, (7, 6, 5, 4)),
        (6, 2, (6, 6, 5, 4)),
        (4, 4, (4, 4, 4, 4)),
    ],
)
def test_4_3_the_table(active, passive, row):
    """EVSs online after the first to fourth loss of the node that hosts EVS1, EVS2, ... (4.3)."""
    sim = Simulation(exchange_cluster(active, passive))
    found = []
    for number in range(1, len(row) + 1):
        sim.fail_node(f"NODE{number}")
        sim.run()
        found.append(len(online_evs(sim)))
    assert row == tuple(found)


@pytest.mark.parametrize(
    ("groups", "row"), [((2, 2), (2, 0)), ((1, 3), (2, 0)), ((3, 2), (1, 0)), ((4, 4), (1, 0))]
)
def test_4_3_the_table_for_active_active(groups, row):
    """2 nodes, 2 EVSs: the survivor hosts both if the SG sum is at most 4 (4.3)."""
    sim = Simulation(exchange_cluster(2, 0, storage_groups=groups))
    found = []
    for node in ("NODE2", "NODE1"):
        sim.fail_node(node)
        sim.run()
        found.append(len(online_evs(sim)))
    assert row == tuple(found)


# --- 4.4 The reference narrative --------------------------------------------------------------


@pytest.mark.parametrize("node", ["NODE1", "NODE2", "NODE3"])
def test_4_4_the_first_node_loss_is_survived(node):
    """The EVS of the lost node moves to NODE4; the others are untouched (4.4)."""
    sim = Simulation(exchange_cluster())
    evs = f"EVS{node[-1]}"
    sim.fail_node(node)
    sim.run()
    assert ("NODE4", 3) == (sim.owner(evs), len(online_evs(sim)))
    others = [name for name in ("EVS1", "EVS2", "EVS3") if name != evs]
    assert [] == [move for name in others for move in moves(sim, name)]


def test_4_4_the_second_node_loss_leaves_an_evs_failed():
    """The EVS of the second node stays Failed; the two others stay online (4.4; quiz 3)."""
    sim = Simulation(exchange_cluster())
    for node in ("NODE3", "NODE2"):
        sim.fail_node(node)
        sim.run()
    assert (["EVS1", "EVS3"], "Failed") == (online_evs(sim), sim.state("EVS2").value)
    assert {"Offline"} == set(shown(sim, "EVS2").values()) - {"Failed"}
    assert "Failed" == shown(sim, "EVS2")["SA"]


def test_4_4_the_first_node_returns_and_nothing_moves_by_itself():
    """It is the new spare; a Failed EVS needs Move Group by an administrator (4.4; quiz 16)."""
    sim = Simulation(exchange_cluster())
    for node in ("NODE3", "NODE2"):
        sim.fail_node(node)
        sim.run()
    before = (sim.owner("EVS1"), sim.owner("EVS2"), sim.owner("EVS3"))
    sim.start_node("NODE3")
    sim.run()
    assert before == (sim.owner("EVS1"), sim.owner("EVS2"), sim.owner("EVS3"))
    assert "Failed" == sim.state("EVS2").value
    sim.move_group("EVS2", "NODE3")
    sim.run()
    assert ("NODE3", "Online") == (sim.owner("EVS2"), sim.state("EVS2").value)


# --- 4.5 Pending timeouts ---------------------------------------------------------------------


def test_4_5_a_store_may_take_longer_than_180_s_to_come_online():
    """Coming online is not limited for the Information Store (4.5; rule 13; quiz 15)."""
    sim = Simulation(exchange_cluster(1, 1, durations={"replay_logs_per_sg": 500.0}))
    sim.fail_resource("EVS1/IS")
    sim.run()
    assert [0.5 + 20 + 20 + 2000 / 2] == times(sim, short(sim.cluster)["IS"].name, "Online")


def test_4_5_a_store_must_go_offline_within_180_s():
    """Going offline is limited; a terminated store is unclean and replays its logs (4.5)."""
    sim = Simulation(exchange_cluster(1, 1, durations={"is_offline": 500.0}))
    store = short(sim.cluster)["IS"].name
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert [180] == times(sim, store, "Failed")
    pending_s = times(sim, store, "Online Pending")[0]
    assert [pending_s + 20 + 20 + 200 / 2] == times(sim, store, "Online")


def test_4_5_other_exchange_resources_are_bound_by_it_both_ways():
    """An SA that needs longer than 180 s ends Failed (4.5)."""
    sim = Simulation(exchange_cluster(1, 1, durations={"sa_online": 200.0}))
    attendant = short(sim.cluster)["SA"].name
    sim.move_group("EVS1", "NODE2")
    sim.run(400)
    started_s = times(sim, attendant, "Online Pending")[0]
    assert started_s + 180 == times(sim, attendant, "Failed")[0]


# --- 4.6 Step by step -------------------------------------------------------------------------


def test_4_6_a_planned_move_step_by_step():
    """All but the SA stop in parallel, then SA, name and disks, IP; then up again (4.6)."""
    sim = Simulation(exchange_cluster())
    sim.move_group("EVS1", "NODE4")
    resources = short(sim.cluster)
    children = [resources[name].name for name in resources if name in CHILDREN]
    assert {ResourceState.OFFLINE_PENDING} == {sim.cluster.resource_states[n] for n in children}
    sim.run()
    off = {name: times(sim, item.name, "Offline Pending")[0] for name, item in resources.items()}
    assert (0, 40, 50, 50, 51) == (off["IS"], off["SA"], off["Name"], off["Disk"], off["IP"])
    assert [(53, "NODE4")] == moves(sim, "EVS1")
    on = {name: times(sim, item.name, "Online Pending")[0] for name, item in resources.items()}
    assert (53, 53, 55, 60) == (on["IP"], on["Disk"], on["Name"], on["SA"])
    assert {80} == {on[name] for name in resources if name in CHILDREN}


def test_4_6_an_unplanned_failover_replays_logs():
    """No offline phase, then the same steps with log replay (4.6)."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE3")
    sim.run()
    parts = sim.outages()["EVS3"].parts
    expected = {"detect": 8.2, "address": 2.0, "name": 5.0, "SA": 20.0, "store": 140.0}
    assert expected == parts


# --- 4.9 Durations ----------------------------------------------------------------------------


def outage_after(cluster: Cluster, verb: str, *arguments: str) -> float:
    """Return the seconds that EVS1 or EVS2 does not serve after one act."""
    sim = Simulation(cluster)
    getattr(sim, verb)(*arguments)
    sim.run()
    return max(outage.seconds for outage in sim.outages().values())


TABLE = {
    1: (90, 85.2, 95.2, 50.5),
    2: (100, 115.2, 125.2, 80.5),
    3: (110, 145.2, 155.2, 110.5),
    4: (120, 175.2, 185.2, 140.5),
}


@pytest.mark.parametrize("groups", TABLE)
def test_4_9_the_table_of_outages(groups):
    """Planned move, crash without and with the quorum, restart in place, for 1 to 4 SGs (4.9)."""
    cluster = exchange_cluster(2, 1, storage_groups=groups)
    found = (
        outage_after(cluster, "move_group", "EVS2", "NODE3"),
        outage_after(cluster, "fail_node", "NODE2"),
        outage_after(cluster, "fail_node", "NODE1"),
        outage_after(cluster, "fail_resource", "EVS2/IS"),
    )
    assert TABLE[groups] == found


def test_4_9_an_unclean_store_stays_unclean_until_it_was_online():
    """A store that lost its node twice before it came up still replays once, in full (4.9)."""
    sim = Simulation(exchange_cluster(1, 2))
    sim.fail_node("NODE1")
    sim.run(100)
    sim.fail_node(sim.owner("EVS1"))
    sim.run()
    store = short(sim.cluster)["IS"].name
    assert times(sim, store, "Online Pending")[-1] + 140 == times(sim, store, "Online")[-1]
    assert store not in sim.cluster.unclean
    clean_s = sim.now_s
    sim.start_node("NODE1")
    sim.run()
    assert clean_s < sim.now_s
    sim.move_group("EVS1", "NODE1")
    sim.run()
    assert 40 == times(sim, store, "Online")[-1] - times(sim, store, "Online Pending")[-1]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sa_online", 20), ("sa_offline", 10), ("sa_refused", 1),
        ("is_online", 20), ("is_online_per_sg", 5), ("is_offline", 20), ("is_offline_per_sg", 5),
        ("is_refused", 10), ("mta_online", 10), ("mta_offline", 10),
        ("routing_online", 3), ("routing_offline", 2), ("smtp_online", 5), ("smtp_offline", 3),
        ("http_online", 5), ("http_offline", 3), ("imap4_online", 3), ("imap4_offline", 2),
        ("pop3_online", 3), ("pop3_offline", 2), ("search_online", 10), ("search_offline", 5),
        ("exres_check", 10), ("is_alive_timeout", 180),
        ("replay_logs_per_sg", 50), ("replay_logs_per_s", 2),
    ],
)  # fmt: skip
def test_4_9_the_figures_of_the_table(key, value):
    """Each row of the only table of Exchange durations (4.9)."""
    assert value == EXCHANGE_DURATIONS[key].seconds


# --- 5 Default settings -----------------------------------------------------------------------


def test_5_1_settings_of_an_evs():
    """EVSi prefers NODEi only; 10 failovers in 6 hours; Prevent failback (5.1)."""
    for number in (1, 2, 3):
        group = exchange_cluster().config.groups_by_name[f"EVS{number}"]
        assert (f"NODE{number}",) == group.preferred_owners
        assert (10, 6, 0, False) == (
            group.failover_threshold,
            group.failover_period_h,
            group.auto_failback_type,
            group.has_failback_window,
        )


def test_5_2_pop3_imap4_and_msdtc_do_not_affect_the_group():
    """Affect the group: no for POP3, IMAP4 and MSDTC, yes for all others (5.2)."""
    cluster = exchange_cluster(protocols=("POP3", "IMAP4"))
    cleared = {r.type.short for r in cluster.config.resources if r.restart_action == 1}
    assert {"POP3", "IMAP4", "MSDTC"} == cleared
    assert {1, 2} == {int(r.restart_action) for r in cluster.config.resources}


def test_5_2_restart_defaults_and_possible_owners():
    """3 restarts in 900 s, 180 s pending, all nodes possible, on every resource (5.2)."""
    settings = {
        (r.restart_threshold, r.restart_period_s, r.pending_timeout_s, r.possible_owners)
        for r in exchange_cluster().config.resources
    }
    assert {(3, 900, 180, None)} == settings


# --- 8.4 Events -------------------------------------------------------------------------------


def exchange_events(sim: Simulation) -> list[tuple[str, int]]:
    """Return source and id of what was logged about failures."""
    ids = (1069, 1003, 1012, 1019, 2065, 2074)
    return [(entry.source, entry.event_id) for entry in sim.log if entry.event_id in ids]


EXCH = "MSExchangeCluster"


def test_8_4_refused_attempts_log_1003():
    """2003: an online attempt that fails or is refused: 1003, with ClusSvc 1069 (8.4)."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.move_group("EVS1", "NODE2")
    sim.run(61)
    assert [(EXCH, 1003), ("ClusSvc", 1069)] == exchange_events(sim)


def test_8_4_a_pending_timeout_logs_1019():
    """2003: an attempt that exceeds its pending timeout: 1019, then 1003 (8.4)."""
    sim = Simulation(exchange_cluster(1, 1, durations={"sa_online": 200.0}))
    sim.move_group("EVS1", "NODE2")
    sim.run(245)
    assert [(EXCH, 1019), (EXCH, 1003), ("ClusSvc", 1069)] == exchange_events(sim)


def test_8_4_a_store_that_fails_online_logs_1012():
    """2003: an IS that fails while it was Online: 1012; other resources 1069 alone (8.4)."""
    sim = Simulation(exchange_cluster())
    sim.fail_resource("EVS1/IS")
    assert [(EXCH, 1012), ("ClusSvc", 1069)] == exchange_events(sim)
    sim.fail_resource("EVS2/SMTP")
    assert [("ClusSvc", 1069)] == exchange_events(sim)[2:]


def test_8_4_exchange_2000_logs_2065_and_2074():
    """2000: 2065 for an attempt that fails, 2074 for a failure while Online (8.4)."""
    sim = Simulation(exchange_cluster(1, 1, version=2000))
    sim.set_properties("EVS1/SA", defective_on=frozenset({"NODE1"}), restart_threshold=1)
    sim.fail_resource("EVS1/SA")
    sim.run(30)
    assert [(EXCH, 2074), ("ClusSvc", 1069), (EXCH, 2065)] == exchange_events(sim)[:3]


# --- 10 Misconceptions that behaviour can show ------------------------------------------------


def test_10_2_failover_is_an_interruption():
    """Quiz 2: the EVS is offline for seconds to minutes."""
    assert 120 == outage_after(exchange_cluster(), "move_group", "EVS1", "NODE4")


def test_10_7_active_passive_is_a_matter_of_numbers():
    """Quiz 7: the rule of N configured nodes stays, wherever the EVSs are at the moment."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.fail_node("NODE3")
    sim.run()
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert refusals(sim)


def test_10_8_four_storage_groups_each_is_too_much_for_active_active():
    """Quiz 8: the limit is per node, over both EVSs."""
    sim = Simulation(exchange_cluster(2, 0))
    sim.fail_node("NODE2")
    sim.run()
    assert ["EVS1"] == online_evs(sim)


def test_10_11_an_mta_elsewhere_does_not_exist():
    """Quiz 11: NODE2 runs no MTA unless it hosts the first EVS."""
    assert 5013 != refusal(Simulation(exchange_cluster()), "fail_resource", "EVS2/MTA").code
    sim = Simulation(exchange_cluster(1, 1))
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert ("NODE2", "Online") == (sim.owner("EVS1"), sim.state("EVS1/MTA").value)


def test_10_17_pop3_and_imap4_come_with_exchange_2000_only():
    """Quiz 17: created by hand in 2003, automatic in 2000."""
    assert {"POP3", "IMAP4"} == set(TREES[2000]) - set(short(exchange_cluster()))
    assert {"POP3", "IMAP4"} <= set(short(exchange_cluster(version=2000)))
