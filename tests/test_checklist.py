"""The checklist of a built cluster (handbook 3, 4.2, 5.1, 5.8; handbook 2, 5)."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.model import Cluster, Network
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import NetworkRole, QuorumModel, RestartAction, Windows
from clusterlab.clusterfiles import cluster_toml, export_listings, load_cluster, read_cluster
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows, with_versions
from clusterlab.procedures import Plan, Run, installation
from clusterlab.procedures.acceptance import acceptance_test
from clusterlab.procedures.checklist import checklist_rules, inspect_cluster
from clusterlab.rules.judging import Deviation

Change = Callable[[Simulation], None]
NAMES = ("EVS1 Network Name", "EVS2 Network Name", "EVS3 Network Name")


def built() -> Cluster:
    """Return the 3+1 cluster with POP3, one version, and the properties of handbook 3, 4.2."""
    cluster = exchange_cluster(protocols=("POP3",))
    cluster = with_versions(cluster, ExchangeVersion.E2003_SP2, NodeWindows.W2003_SP2)
    private = {
        "IP": {"network": "Public", "EnableNetBIOS": 1},
        "Name": {"RequireDNS": 1, "RequireKerberos": 1},
    }
    return with_resources(
        cluster, lambda r: {"private": {**r.private, **private.get(r.type.short, {})}}
    )


def with_resources(cluster: Cluster, changes: Callable[[Any], dict[str, Any]]) -> Cluster:
    """Return *cluster* with fields of its resources replaced; taken as it was found."""
    config = cluster.config
    resources = tuple(replace(resource, **changes(resource)) for resource in config.resources)
    return with_config(cluster, resources=resources)


def with_config(cluster: Cluster, **changes: Any) -> Cluster:
    """Return *cluster* with fields of its configuration replaced; taken as it was found."""
    config = replace(cluster.config, is_as_found=True, **changes)
    return cluster_from(config, dict(cluster.owners))


def found(cluster: Cluster, facts: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    """Return rule, subject and value of every deviation."""
    deviations = inspect_cluster(cluster, facts).findings
    return [(item.rule.id, item.subject, item.value) for item in deviations]


def facts() -> dict[str, Any]:
    """Return what a run by the handbook leaves behind."""
    of_node = {
        "binding": "Public",
        "speed": "fixed",
        "public": "static",
        "role": "member server",
    }
    of_evs = {"headers": "Exchange System Manager", "smtp": True, "tested": True}
    nodes = {f"node.NODE{n}.{key}": value for n in (1, 2, 3, 4) for key, value in of_node.items()}
    evs = {f"evs.EVS{n}.{key}": value for n in (1, 2, 3) for key, value in of_evs.items()}
    paths = {f"evs.EVS{n}.data": f"{letter}:\\exchsrvr" for n, letter in enumerate("RTV", start=1)}
    return {**nodes, **evs, **paths}


def test_a_cluster_built_by_the_handbook_is_clean() -> None:
    """Settings of handbook 3, 4.2 and 5.1 give no deviation, and all could be checked."""
    inspection = inspect_cluster(built(), facts())
    assert () == inspection.findings
    assert () == inspection.unchecked
    left = {rule.id for rule in checklist_rules()} - {rule.id for rule in inspection.passed}
    assert {"name-status"} == left  # only the product itself shows how a name was registered


def test_what_nobody_knows_is_not_checked() -> None:
    """A private property that a file does not give is said as not checked."""
    inspection = inspect_cluster(exchange_cluster())
    assert inspection.is_clean
    unknown = {rule.title: subjects for rule, subjects in inspection.unchecked}
    assert NAMES == unknown["RequireKerberos"]
    assert "EVS1" in unknown["the SMTP FQDN"]
    assert "Not checked, because it is not known here:\n- RequireKerberos: EVS1" in str(inspection)


def test_a_built_cluster_has_the_defaults_of_the_product() -> None:
    """With the facts of a run what was not set has its default: Kerberos is off (3, 4.2)."""
    rules = [rule for rule, _, _ in found(exchange_cluster(), {})]
    assert ["4", "4", "4", "dns", "dns", "dns"] == rules


CHANGES: list[tuple[str, str, dict[str, Any], str]] = [
    ("failback", "EVS2", {"auto_failback_type": 1}, "allowed at once"),
    (
        "failback",
        "EVS2",
        {"auto_failback_type": 1, "failback_window_start": 22, "failback_window_end": 6},
        "allowed from 22:00 to 6:00",
    ),
    ("preferred-owners", "EVS3", {"preferred_owners": ()}, "none"),
    ("preferred-owners", "EVS3", {"preferred_owners": ("NODE3", "NODE4")}, "NODE3, NODE4"),
    ("failover-threshold", "EVS1", {"failover_threshold": 1}, "1 failovers"),
    ("failover-period", "EVS1", {"failover_period_h": 1}, "1 hours"),
    ("anti-affinity", "EVS1", {"anti_affinity_class_names": ()}, "empty"),
    ("8-group", "MSDTC", {"restart_action": 2}, "on"),
    ("protocols-stay", "EVS1/POP3", {"restart_action": 2}, "on"),
    ("affects-group", "EVS1/IS", {"restart_action": 1}, "off"),
    ("affects-group", "Disk R:", {"restart_action": 0}, "off, no restart"),
    ("restarts", "EVS1/SMTP", {"restart_threshold": 5}, "5 in 900 s"),
    ("possible-owners", "EVS1/IS", {"possible_owners": ("NODE1", "NODE2", "NODE3")}, ""),
    ("4", "EVS1 Network Name", {"private": {"RequireKerberos": 0}}, "0"),
    ("dns", "EVS1 Network Name", {"private": {"RequireDNS": 0}}, "0"),
    ("netbios", "EVS1 IP Address", {"private": {"EnableNetBIOS": 0}}, "0"),
    ("client-network", "EVS1 IP Address", {"private": {"network": "Private"}}, "network Private"),
    ("second-heartbeat", "Public", {"role": NetworkRole.CLIENT}, "Private"),
]


@pytest.mark.parametrize(("rule", "name", "properties", "value"), CHANGES)
def test_a_setting_and_the_way_back(
    rule: str, name: str, properties: dict[str, Any], value: str
) -> None:
    """Each setting is found by its rule alone, and the lines shown put it right."""
    sim = Simulation(built())
    if "private" in properties:
        sim = Simulation(_with_private(name, properties["private"]))
    else:
        sim.set_properties(name, **properties)
    (deviation,) = inspect_cluster(sim.cluster).findings
    assert rule == deviation.rule.id
    assert value in (deviation.value, "")
    follow(sim, deviation)
    assert () == inspect_cluster(sim.cluster).findings


def _with_private(name: str, private: dict[str, Any]) -> Cluster:
    return with_resources(
        built(), lambda r: {"private": {**r.private, **private}} if r.name == name else {}
    )


def follow(sim: Simulation, deviation: Deviation) -> None:
    """Type the lines of a deviation."""
    from clusterlab.clusterexe import run_line

    assert deviation.commands
    for line in deviation.commands:
        run_line(sim, line)
        sim.run()


@pytest.mark.parametrize(
    ("rule", "key", "value"),
    [
        ("6", "node.NODE2.binding", "Private"),
        ("7", "node.NODE2.speed", "auto"),
        ("static", "node.NODE2.public", "leased (DHCP)"),
        ("9", "node.NODE2.role", "domain controller"),
        ("data", "evs.EVS2.data", "C:\\exchsrvr"),
        ("data", "evs.EVS2.data", "R:\\exchsrvr"),
        ("host-headers", "evs.EVS2.headers", "IIS snap-in"),
    ],
)
def test_a_fact_of_the_run(rule: str, key: str, value: str) -> None:
    """What the cluster does not know is taken from the facts of the run (3, 5.8)."""
    subject = key.split(".")[1]
    assert [(rule, subject, value)] == found(built(), {**facts(), key: value})


@pytest.mark.parametrize(
    ("nodes", "evs", "version", "older"),
    [
        (["NODE2"], [], ExchangeVersion.E2003_RTM, "NODE2"),
        ([], ["EVS2"], ExchangeVersion.E2003_SP1, "EVS2"),
        (["NODE1", "NODE3"], ["EVS3"], ExchangeVersion.E2003_RTM, "NODE1 NODE3 EVS3"),
    ],
)
def test_what_is_older_than_the_newest(
    nodes: list[str], evs: list[str], version: ExchangeVersion, older: str
) -> None:
    """Nodes and EVSs have one version, which the cluster itself knows (3, 5.8 row 12)."""
    cluster = with_versions(built(), version, NodeWindows.W2003, nodes=nodes, evs=evs)
    deviations = inspect_cluster(cluster).findings
    assert older.split() == [item.subject for item in deviations]
    assert {("12", version.value)} == {(item.rule.id, item.value) for item in deviations}
    assert "bring it to Exchange 2003 SP2" == deviations[0].remedy


def test_two_evs_with_one_home() -> None:
    """Two EVSs with the same home are named both, and one goes where nobody lives."""
    sim = Simulation(built())
    sim.set_properties("EVS2", preferred_owners=("NODE1",))
    both = inspect_cluster(sim.cluster).findings
    assert ["EVS1", "EVS2"] == [item.subject for item in both]
    assert ('cluster group "EVS2" /setowners:NODE2',) == both[1].commands
    follow(sim, both[1])
    assert inspect_cluster(sim.cluster).is_clean


@pytest.mark.parametrize("short", ["SA", "IS"])
def test_a_missing_dependency(short: str) -> None:
    """The SA needs its name and every disk, the store the SA (3, 4.1); the lines add it."""
    cluster = with_resources(
        built(), lambda r: {"depends_on": r.depends_on[:-1]} if r.type.short == short else {}
    )
    deviations = inspect_cluster(cluster).findings
    assert ["tree"] * 3 == [item.rule.id for item in deviations]
    assert ("Disk S:" if short == "SA" else "Attendant") in deviations[0].remedy
    sim = Simulation(cluster)
    for deviation in deviations:
        follow(sim, deviation)
    assert inspect_cluster(sim.cluster).is_clean


def test_only_one_network() -> None:
    """Nodes joined by a single network are not supported (3, 1.2)."""
    cluster = with_config(built(), networks=(Network(name="Public", role=NetworkRole.ALL),))
    assert [("5", "networks", "Public 3")] == found(cluster)


def test_two_mixed_networks() -> None:
    """A network with role 1 has to exist (3, 5.8 row 5)."""
    networks = tuple(Network(name=name, role=NetworkRole.ALL) for name in ("Public", "Private"))
    assert [("5", "networks", "Public 3, Private 3")] == found(
        with_config(built(), networks=networks)
    )


def test_without_msdtc() -> None:
    """MSDTC has to exist, for Setup and service packs (3, 5.8 row 8)."""
    resources = tuple(r for r in built().config.resources if r.name != "MSDTC")
    assert [("8", "cluster", "none")] == found(with_config(built(), resources=resources))


def test_a_local_quorum_of_four_nodes() -> None:
    """A Local Quorum belongs to a cluster of one node (3, 2.4)."""
    rules = {rule for rule, _, _ in found(exchange_cluster(quorum=QuorumModel.LOCAL))}
    assert {"quorum", "8"} == rules


def test_active_active() -> None:
    """As many EVSs as nodes leave none passive (3, 5.8 row 10)."""
    assert ("10", "cluster", "2 on 2 nodes") in found(exchange_cluster(2, 0))


def test_too_many_evs() -> None:
    """What resource types refuse in a new cluster is reported of one that was found."""
    cluster = with_config(built(), nodes=built().config.nodes[:3])
    assert {"10", "limits"} == {rule for rule, _, _ in found(cluster)}


def test_a_resource_is_missing() -> None:
    """What the System Attendant wizard creates has to be there (3, 4.1)."""
    resources = tuple(
        r for r in built().config.resources if (r.group, r.type.short) != ("EVS2", "HTTP")
    )
    cluster = with_config(built(), resources=resources)
    assert [("automatic", "EVS2", "without HTTP")] == found(cluster)


def test_exchange_in_the_cluster_group() -> None:
    """An EVS in the Cluster Group takes the quorum along (3, step E01)."""
    cluster = with_resources(
        built(), lambda r: {"group": "Cluster Group"} if r.group == "EVS1" else {}
    )
    alone = {subject for rule, subject, _ in found(cluster) if rule == "quorum-alone"}
    assert {"Disk R:", "Disk S:"} < alone
    assert 8 == len({name for name in alone if name.startswith("Exchange ")})


def test_a_node_without_exchange() -> None:
    """A node without the resource types is named, and nobody wants it as an owner."""
    types = frozenset(r.type.name for r in built().config.resources if "Exchange" in r.type.name)
    last = replace(built().config.nodes[3], missing_types=types)
    cluster = with_config(built(), nodes=(*built().config.nodes[:3], last))
    assert [("exchange-on-nodes", "NODE4", "without Exchange")] == found(cluster)


@pytest.mark.parametrize("windows", [Windows.W2K, Windows.WS2003])
def test_exchange_2000_has_its_own_tree(windows: Windows) -> None:
    """Exchange 2000 hangs protocols on the store and knows no Kerberos (2, 2.2; 3, 1.11)."""
    inspection = inspect_cluster(exchange_cluster(1, 1, version=2000, windows=windows), {})
    assert "dependencies" in {rule.title for rule in inspection.passed}
    assert () == inspection.findings


def test_windows_2000_hears_nothing_of_what_came_in_2003() -> None:
    """No word of Kerberos, DNS status or anti-affinity, whatever is wrong (1, 10; 3, 1.11)."""
    start = exchange_cluster(2, 1, version=2000, windows=Windows.W2K)
    told = str(inspect_cluster(with_resources(start, lambda _: {"private": {"StatusDNS": 5}})))
    assert not re.search("kerberos|requiredns|netbios|affinity", told, re.IGNORECASE)


def test_a_cluster_without_exchange() -> None:
    """Where there is no EVS only the rules of the Cluster service are looked at."""
    text = 'nodes = ["A", "B"]'
    assert inspect_cluster(read_cluster(text)).is_clean


def test_files_and_listings(tmp_path: Path) -> None:
    """A cluster file and a client's listings give the same deviations as the cluster."""
    sim = Simulation(built())
    sim.set_properties("EVS2", auto_failback_type=1)
    sim.set_properties("EVS1/IS", restart_action=RestartAction.RESTART)
    expected = found(sim.cluster)
    assert 2 == len(expected)
    assert expected == found(read_cluster(cluster_toml(sim.cluster)))
    export_listings(sim.cluster, tmp_path / "client")
    assert expected == found(load_cluster(tmp_path / "client"))


def test_the_report() -> None:
    """A deviation says what, value, expected, reason, remedy, source and the line to type."""
    sim = Simulation(built())
    sim.set_properties("EVS2", auto_failback_type=1)
    text = str(inspect_cluster(sim.cluster))
    assert text.startswith("1 finding, 24 rules kept\n- Advice, EVS2: failback is allowed at once;")
    for words in ("expected: prevented", "To do: choose Prevent", "(handbook 3, 5.1"):
        assert words in text
    assert '\n    cluster group "EVS2" /prop AutoFailbackType=0\nNot checked' in text
    assert max(map(len, text.splitlines())) <= 96


def test_rules_have_different_ids() -> None:
    """Each rule can be named."""
    assert len(checklist_rules()) == len({rule.id for rule in checklist_rules()})


# --- a cluster that a run has built -------------------------------------------------------------


def run_with(key: str, **choices: str) -> Run:
    """Return a finished run of 2 nodes and 1 EVS in which one task was done otherwise."""
    run = Run(installation(Plan.standard(2, 1)))
    before = [task.key for task in run.procedure.tasks]
    place = before.index(run.procedure.task(key).key)
    run = run.do_rest(until=before[place - 1]).attempt(key, **choices)
    for task in run.procedure.tasks[place + 1 :]:
        run = run.attempt(task.key)
    return run


@pytest.mark.parametrize(("nodes", "evs"), [(2, 1), (4, 3), (8, 7)])
def test_a_run_by_the_book_is_clean(nodes: int, evs: int) -> None:
    """Who installs as the handbook says has nothing to correct, and everything can be checked."""
    run = Run(installation(Plan.standard(nodes, evs))).do_rest()
    assert run.cluster is not None
    inspection = inspect_cluster(run.cluster, run.situation.facts)
    assert ((), ()) == (inspection.findings, inspection.unchecked)
    assert all(trial.is_ok for trial in acceptance_test(run.simulation().cluster))


@pytest.mark.parametrize(
    ("key", "choices", "rule"),
    [
        ("E03@EVS1", {"kerberos": "not ticked"}, "4"),
        ("N02@N2", {"role": "domain controller"}, "9"),
        ("N03@N2", {"address": "leased (DHCP)"}, "static"),
        ("N04@N2", {"speed": "auto"}, "7"),
        ("N05@N2", {"first": "Private"}, "6"),
        ("C04", {"public_role": "2"}, "second-heartbeat"),
        ("C04", {"private_role": "3"}, "5"),
        ("G02@EVS1", {"failback": "immediately"}, "failback"),
        ("G04@EVS1", {"data": "C:\\exchsrvr"}, "data"),
        ("G05@EVS1", {"tool": "IIS snap-in"}, "host-headers"),
    ],
)
def test_a_forgotten_setting_is_found(key: str, choices: dict[str, str], rule: str) -> None:
    """What a learner decides otherwise in a run is found in the cluster afterwards."""
    run = run_with(key, **choices)
    assert run.cluster is not None
    rules = {item.rule.id for item in inspect_cluster(run.cluster, run.situation.facts).findings}
    assert rule in rules


# --- the acceptance test (handbook 3, 5.8 rows 1 to 3) ------------------------------------------


def trials(cluster: Cluster) -> list[tuple[int, str, str, bool]]:
    """Return the acceptance test without what was expected."""
    return [(t.row, t.done, t.found, t.is_ok) for t in acceptance_test(cluster)]


def test_acceptance_of_three_and_one() -> None:
    """Each EVS moves, survives one failure; after the second one EVS stays down (5.8, row 3)."""
    found = trials(built())
    assert [1, 1, 1, 2, 2, 2, 3] == [trial[0] for trial in found]
    assert (1, "move EVS1 to NODE4", "Online on NODE4", True) == found[0]
    assert "fail NODE1, then NODE2" == found[-1][1]
    assert "EVS2 Failed on NODE3" in found[-1][2]
    assert all(trial[3] for trial in found)


def test_two_passive_nodes_survive_two_failures() -> None:
    """With two passive nodes both EVSs are expected to be online, and are."""
    last = acceptance_test(exchange_cluster(2, 2))[-1]
    assert "EVS1 Online, EVS2 Online, the others unaffected" == last.expected
    assert last.is_ok


def test_a_missing_possible_owner_fails_the_test() -> None:
    """What G03 leaves out shows at the move and at the failure."""
    sim = Simulation(built())
    sim.set_properties("EVS2/IS", possible_owners=("NODE2",))
    failed = [trial for trial in trials(sim.cluster) if not trial[3]]
    assert ["move EVS2 to NODE4", "stop the Cluster service on NODE2"] == [t[1] for t in failed]
    assert failed[0][2].startswith("5016: ")


def test_what_the_second_failure_shows_alone() -> None:
    """An EVS that finds no free node among two passive ones fails row 3, not row 2."""
    sim = Simulation(exchange_cluster(2, 2))
    sim.set_properties("EVS2/IS", possible_owners=("NODE2", "NODE3"))
    failed = [(trial.row, trial.done) for trial in acceptance_test(sim.cluster) if not trial.is_ok]
    assert [(1, "move EVS2 to NODE4"), (3, "fail NODE1, then NODE2")] == failed


def test_an_evs_that_cannot_leave_its_node() -> None:
    """An EVS with its home as only owner fails every row (3, M15)."""
    sim = Simulation(built())
    sim.set_properties("EVS1/IS", possible_owners=("NODE1",))
    assert [1, 2, 3] == [row for row, _, _, is_ok in trials(sim.cluster) if not is_ok]


def test_an_evs_that_is_offline_fails_the_test() -> None:
    """An EVS that was taken offline is not tested by moving it, nor unaffected by failures."""
    sim = Simulation(built())
    sim.take_offline("EVS3")
    sim.run()
    failed = [(row, text) for row, _, text, is_ok in trials(sim.cluster) if not is_ok]
    assert [1, 2, 3] == [row for row, _ in failed]
    assert "Offline on NODE4" == failed[0][1]


def test_active_active_with_too_many_storage_groups() -> None:
    """Two EVSs with four storage groups each cannot share a node (2, 4.2)."""
    found = trials(exchange_cluster(2, 0))
    assert [(2, False), (2, False)] == [(trial[0], trial[3]) for trial in found]
    halves = trials(exchange_cluster(2, 0, storage_groups=2))
    assert [True, True] == [trial[3] for trial in halves]


def test_nothing_to_test() -> None:
    """Without an EVS, and on one node, there is nothing to move."""
    assert () == acceptance_test(read_cluster('nodes = ["A", "B"]'))
    assert () == acceptance_test(exchange_cluster(1, 0))


def test_the_acceptance_test_leaves_the_cluster_alone() -> None:
    """Each trial starts from the same cluster."""
    cluster = built()
    before = repr(cluster)
    assert acceptance_test(cluster) == acceptance_test(cluster)
    assert before == repr(cluster)
