"""The description of a cluster: impossible ones are refused, values stay values, names are data."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.errors import instead_of
from clusterlab.cluster.events import MoveGroup, NodeFailed, RenameGroup, RenameResource
from clusterlab.cluster.model import KEPT, Cluster, ClusterConfig, Group, Network, Node, Resource
from clusterlab.cluster.properties import RANDOMIZATION, STORED, properties_of
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import NodeState
from clusterlab.cluster.story import log_text
from clusterlab.clusterexe.listing import group_listing, node_listing, resource_listing
from tests.plain import group_resources, plain, refusal, simulated


def described(config: ClusterConfig, **fields: object) -> ClusterConfig:
    """Return *config* with other fields."""
    return replace(config, **fields)  # type: ignore[arg-type]


def message(error: pytest.ExceptionInfo[ConfigError]) -> str:
    """Return the text of an error."""
    return str(error.value)


# --- bad input --------------------------------------------------------------------------------


def test_a_simulation_of_no_cluster_is_refused():
    """Forgotten brackets are the usual mistake: the answer shows them."""
    with pytest.raises(ConfigError) as error:
        Simulation(exchange_cluster)  # type: ignore[arg-type]
    assert "write Simulation(exchange_cluster())" in message(error)


def test_more_nodes_than_the_edition_allows():
    """Nine nodes: the cluster, the number and the limit are named."""
    with pytest.raises(ConfigError) as caught:
        exchange_cluster(8, 1)
    assert "cluster 'CL1' has 9 nodes; allowed: 1 to 8" in message(caught)


def test_an_explicit_limit_lifts_that_of_the_edition():
    """Growth studies may ask for more nodes by name."""
    assert 32 == len(exchange_cluster(31, 1, node_limit=32).config.nodes)
    with pytest.raises(ConfigError, match="has 33 nodes; allowed: 1 to 32"):
        exchange_cluster(32, 1, node_limit=32)


def test_a_cluster_without_nodes():
    """At least one node."""
    config = plain().config
    with pytest.raises(ConfigError, match="has 0 nodes; allowed: 1 to 8"):
        described(config, nodes=())


def test_two_nodes_that_differ_only_in_case():
    """Names are the same whatever their case."""
    nodes = (Node(name="N1", node_id=1), Node(name="n1", node_id=2))
    with pytest.raises(ConfigError) as caught:
        described(plain().config, nodes=nodes)
    assert "the nodes 'N1', 'n1' have the same name" in message(caught)


def test_two_groups_or_resources_that_differ_only_in_case():
    """The same for groups and resources."""
    config = plain().config
    with pytest.raises(ConfigError, match="the groups 'G1', 'g1' have the same name"):
        described(config, groups=(*config.groups, Group(name="g1")))
    twin = replace(config.resources_by_name["G1 Disk"], name="g1 DISK")
    with pytest.raises(ConfigError, match="the resources 'G1 Disk', 'g1 DISK' have the same name"):
        described(config, resources=(*config.resources, twin))


UNSHOWN = ("Fi\x1b[2Jles", "A\nB", "A\x00", "\u202eevs", "A\u2028B", "A\ud800")


@pytest.mark.parametrize("name", UNSHOWN)
def test_a_name_that_would_act_on_a_terminal(name):
    """No control character, line break or turn of direction is a name; the message escapes it."""
    config = plain().config
    for wrong in (
        lambda: described(config, groups=(*config.groups, Group(name=name))),
        lambda: described(config, name=name),
        lambda: configure(config, "G1 Disk", private={"Label": name}),
        lambda: configure(config, "G1", anti_affinity_class_names=(name,)),
    ):
        with pytest.raises(ConfigError, match="allowed: characters that can be shown") as caught:
            wrong()
        assert message(caught).isprintable()


@pytest.mark.parametrize("name", UNSHOWN)
def test_words_of_others_are_escaped_in_every_refusal(name):
    """Behind "allowed:" too, and when it was typed as the name of something new."""
    assert (
        str(ConfigError(f"no {name}; {instead_of(name, [name])}")).replace("\n", "").isprintable()
    )
    sim = Simulation(exchange_cluster())
    for act in (sim.create_group, sim.take_offline, sim.add_node, sim.evict_node):
        with pytest.raises((OperationRefused, ConfigError)) as caught:
            act(name)
        assert message(caught).isprintable()


def test_what_a_cell_shows_of_a_cluster_is_short():
    """The last line of a cell may be a simulation, a cluster, an outcome, a type or a resource."""
    sim = Simulation(exchange_cluster(active=3, passive=1))
    outcome = sim.send(MoveGroup("EVS2", "NODE4"))
    assert repr(outcome).startswith("0 s: Move Group EVS2 to NODE4\n  Exchange ")
    sim.run()
    assert "EVS2 Online on NODE4" in repr(sim.cluster)
    shown = (sim, sim.cluster, sim.cluster.config, sim.cluster.config.resources[9], *sim.history)
    assert max(len(repr(value)) for value in shown) < 2000
    assert {True} == {"\n" not in repr(sim.cluster), "\n" not in repr(sim.cluster.config)}


def test_every_property_stands_in_the_table_once():
    """What an administrator sets on a group, a resource or a network has its row there."""
    fixed = {"name", "type", "group", "depends_on", "private"}
    for kind, item in (("group", Group), ("resource", Resource), ("network", Network)):
        assert set(properties_of(kind)) == {field.name for field in fields(item)} - fixed
    assert set(properties_of("cluster")) == {RANDOMIZATION, "hang_recovery_action"}
    assert len({prop.name for prop in STORED.values()}) == len(STORED)


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name(name):
    """Everything has a name."""
    config = plain().config
    with pytest.raises(ConfigError, match="one of the groups has an empty name"):
        described(config, groups=(*config.groups, Group(name=name)))


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("EVS1", "preferred_owners", "group 'EVS1' prefers node 'NODE9'"),
        ("EVS1/IS", "possible_owners", "has the possible owner 'NODE9'"),
        ("EVS1/IS", "defective_on", "is defective on node 'NODE9'"),
    ],
)
def test_an_unknown_owner(name, key, words):
    """An unknown preferred or possible owner: the object, the name and the nodes that exist."""
    with pytest.raises(ConfigError) as caught:
        configure(exchange_cluster().config, name, **{key: ("NODE1", "NODE9")})
    assert words in message(caught)
    assert "not a node of cluster 'CL1' (nodes: NODE1, NODE2, NODE3, NODE4)" in message(caught)


def test_an_owner_named_twice():
    """A list of owners names each node once."""
    with pytest.raises(ConfigError, match="prefers node 'NODE1' twice; name each node once"):
        configure(exchange_cluster().config, "EVS1", preferred_owners=("NODE1", "NODE1"))


def test_a_list_that_is_a_single_name():
    """A string in place of a list is named, and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        configure(exchange_cluster().config, "EVS1", preferred_owners="NODE1")
    assert "preferred_owners of 'EVS1' is 'NODE1'; allowed: a list of names" == message(caught)


def test_a_dependency_on_another_group():
    """The resource, what it depends on and the group it may depend in."""
    config = exchange_cluster().config
    with pytest.raises(ConfigError) as caught:
        configure(config, "EVS1 Network Name", depends_on=("EVS1 IP Address", "EVS2 IP Address"))
    assert "resource 'EVS1 Network Name' depends on 'EVS2 IP Address' of group 'EVS2'" in message(
        caught
    )
    assert "allowed: resources of its own group 'EVS1'" in message(caught)


def test_a_dependency_on_nothing_that_exists():
    """The resource and the name that does not exist."""
    with pytest.raises(ConfigError, match="'G1 Disk' depends on 'X', which does not exist"):
        configure(plain().config, "G1 Disk", depends_on=("X",))


def test_dependencies_in_a_circle():
    """The resources of the circle and the group are named."""
    with pytest.raises(ConfigError) as caught:
        configure(plain().config, "G1 IP", depends_on=("G1 Service",))
    assert "'G1 IP', 'G1 Name', 'G1 Service' in group 'G1' run in a circle" in message(caught)


def test_as_many_evs_as_nodes():
    """Three EVSs on three nodes: the cluster, both numbers and the way out."""
    with pytest.raises(ConfigError) as caught:
        exchange_cluster(3, 0)
    assert "cluster 'CL1' has 3 EVSs on 3 nodes; allowed: at most 2" in message(caught)
    assert "add a node or remove an EVS" in message(caught)


def test_too_many_storage_groups_or_databases():
    """More than 4 storage groups, more than 5 databases: the store is named."""
    store = "Exchange Information Store Instance - \\(EVS1\\)"
    with pytest.raises(ConfigError, match=f"storage_groups of '{store}' is 5; allowed: 1 to 4"):
        exchange_cluster(storage_groups=5)
    with pytest.raises(ConfigError, match=f"databases of '{store}' is 6; allowed: 1 to 5"):
        exchange_cluster(databases=6)


@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), float("inf"), "10", None, True])
def test_a_negative_duration(seconds):
    """A duration that is negative, endless or no number: its key and value."""
    for make in (
        lambda: exchange_cluster(durations={"regroup": seconds}),
        lambda: configure(exchange_cluster().config, "durations", regroup=seconds),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        assert f"duration 'regroup' is {seconds!r}; allowed: 0 or more seconds" == message(caught)


@pytest.mark.parametrize("key", ["looks_alive", "is_alive", "exres_check", "replay_logs_per_s"])
def test_an_interval_or_a_rate_of_zero(key):
    """What is divided by is not 0."""
    with pytest.raises(ConfigError, match=f"duration '{key}' is 0; allowed: 0.001 or more"):
        exchange_cluster(durations={key: 0})


def test_an_unknown_duration():
    """A key that is in neither table: it and the keys that exist."""
    for make in (
        lambda: exchange_cluster(durations={"lunch": 1.0}),
        lambda: configure(exchange_cluster().config, "durations", lunch=1.0),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        assert "there is no duration 'lunch'; allowed: " in message(caught)
        assert "regroup" in message(caught)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"active": 0}, "active is 0; allowed: a whole number from 1 to 200"),
        ({"active": "3"}, "active is '3'; allowed"),
        ({"passive": -1}, "passive is -1; allowed: a whole number from 0 to 200"),
        ({"active": 10**9}, "active is 1000000000; allowed: a whole number from 1 to 200"),
        ({"disks_per_evs": 0}, "disks_per_evs is 0; allowed: a whole number from 1 to 200"),
        ({"windows": "2003"}, "windows of cluster 'CL1' is '2003'; allowed: Windows.NT4, "),
        ({"quorum": "disk"}, "quorum is 'disk'; allowed: QuorumModel.SHARED_DISK, "),
        ({"storage_groups": None}, "storage_groups is None; allowed: 1 to 4, or a list"),
        ({"durations": 5}, "durations is 5; allowed: seconds by key"),
        ({"node_limit": "8"}, "node_limit of cluster 'CL1' is '8'; allowed: whole numbers"),
        ({"name": 5}, "the name of cluster 5 is no name; allowed: a text"),
        ({"version": 2007}, "Exchange version is 2007; allowed: 2003, 2000"),
        ({"protocols": ("NNTP",)}, "protocol is 'NNTP'; allowed: IMAP4, POP3"),
        ({"storage_groups": (1, 2)}, "storage_groups has 2 figures for 3 EVSs"),
        ({"start_time_s": 86400}, "start_time_s of cluster 'CL1' is 86400; allowed: 0 up to 86399"),
    ],
)
def test_arguments_of_exchange_cluster(arguments, words):
    """Each argument that cannot be is named with what is allowed."""
    with pytest.raises(ConfigError) as caught:
        exchange_cluster(**arguments)
    assert words in message(caught)


@pytest.mark.parametrize(
    ("name", "properties", "words"),
    [
        ("EVS1", {"preferred_owners": None}, "preferred_owners of 'EVS1' is None; allowed: a list"),
        ("EVS1", {"anti_affinity_class_names": None}, "is None; allowed: a list of names"),
        ("EVS1/IS", {"depends_on": 5}, "allowed: a list of names"),
        ("EVS1/IS", {"defective_on": None}, "allowed: a list of names"),
        ("EVS1/IS", {"private": "x"}, "allowed: values by name"),
        ("NODE1", {"missing_types": b"x"}, "missing_types of 'NODE1' is b'x'; allowed: a list"),
        ("NODE1", {"installed": 2003}, "installed of 'NODE1' is 2003; allowed: values by name"),
        ("Public", {"role": "client"}, "role of network 'Public' is 'client'; allowed: NetworkR"),
        ("CL1", {RANDOMIZATION: 7}, "is 7; allowed: True or False"),
    ],
)
def test_a_property_of_the_wrong_kind(name, properties, words):
    """What is no list, table, role or flag is refused with what is allowed; nothing changes."""
    sim = Simulation(exchange_cluster())
    before = sim.cluster
    with pytest.raises(ConfigError) as caught:
        sim.set_properties(name, **properties)
    assert words in message(caught)
    assert before is sim.cluster


def test_a_role_may_be_given_as_its_number():
    """The number of a role is kept as the role, so that a cluster file can name it."""
    config = configure(exchange_cluster().config, "Public", role=2)
    assert "client" == config.networks[1].role.name.lower()


def test_names_that_are_no_text():
    """Whatever stands in for a name is looked up, and refused if there is no such thing."""
    sim = Simulation(exchange_cluster())
    for act in (sim.state, sim.create_group, sim.add_node, sim.take_offline, sim.clean_up_node):
        with pytest.raises((OperationRefused, ConfigError)):
            act(None)
    with pytest.raises(OperationRefused, match="no resource"):
        sim.set_properties(7, restart_threshold=1)


@pytest.mark.parametrize("seed", [None, 1.5, "lucky"])
def test_a_seed_is_a_whole_number(seed):
    """Any other seed is refused at the start, not at the first random choice."""
    with pytest.raises(ConfigError, match=r"seed is .*; allowed: a whole number"):
        Simulation(exchange_cluster(), seed=seed)


@pytest.mark.parametrize("moment_s", [float("nan"), float("inf"), "60"])
def test_a_moment_that_is_none(moment_s):
    """Time goes to a number of seconds; the clock never stands at infinity."""
    sim = Simulation(exchange_cluster())
    for go in (
        lambda: sim.run(until_s=moment_s),
        lambda: sim.send(NodeFailed("NODE1"), at_s=moment_s),
        lambda: sim.at(moment_s),
        lambda: sim.branch("other", at_s=moment_s),
    ):
        with pytest.raises(ConfigError, match=r"_s is .*; allowed"):
            go()
    assert (0.0, 1) == (sim.now_s, len(sim.history))


def test_an_unknown_property():
    """The object, the property and those that can be set; names and types cannot."""
    config = exchange_cluster().config
    for name, key in (("EVS1", "colour"), ("EVS1", "name"), ("EVS1/IS", "type")):
        with pytest.raises(ConfigError, match=f"has no property '{key}' that can be set; allowed"):
            configure(config, name, **{key: "x"})


def test_a_resource_in_an_unknown_group():
    """The resource, its group and the groups that exist."""
    config = plain().config
    with pytest.raises(ConfigError) as caught:
        described(config, resources=(*config.resources, *group_resources("G9")))
    assert "resource 'G9 Disk' is in group 'G9', which does not exist" in message(caught)
    assert "'Cluster Group', 'G1'" in message(caught)


def test_a_quorum_that_does_not_exist():
    """The quorum resource is one of the resources."""
    with pytest.raises(ConfigError, match="the quorum resource 'Disk X:' does not exist"):
        described(plain().config, quorum="Disk X:")


def test_a_group_on_a_node_that_cannot_run_it():
    """At rest every group sits on a possible owner, and each group sits somewhere."""
    config = configure(plain().config, "G1 IP", possible_owners=("N2", "N3"))
    with pytest.raises(ConfigError) as caught:
        cluster_from(config, {"Cluster Group": "N1", "G1": "N1"})
    assert "group 'G1' cannot be online on 'N1'" in message(caught)
    assert "'N2', 'N3'" in message(caught)
    with pytest.raises(ConfigError, match="cannot be online on None"):
        cluster_from(config, {"Cluster Group": "N1"})


def test_an_impossible_property_leaves_the_state_unchanged():
    """A ConfigError from a running cluster changes nothing."""
    sim = Simulation(exchange_cluster())
    before = sim.cluster
    with pytest.raises(ConfigError):
        sim.set_properties("EVS1", preferred_owners=("NODE9",))
    assert sim.cluster is before


# --- names ------------------------------------------------------------------------------------


def test_names_in_other_case():
    """Every request and every list takes names whatever their case."""
    sim = Simulation(exchange_cluster())
    sim.set_properties("evs1", preferred_owners=["node2", "Node1"])
    assert ("NODE2", "NODE1") == sim.cluster.config.groups_by_name["EVS1"].preferred_owners
    sim.take_offline("EVS1/smtp")
    sim.pause_node("node3")
    sim.move_group("evs2", "Node4")
    sim.run()
    assert ("NODE4", "Online") == (sim.owner("eVs2"), sim.state("evs2").value)
    assert NodeState.PAUSED is sim.state("node3")
    assert "Offline" == sim.state("evs1/SMTP").value


STRANGE = (
    "Mail \"A\" '1'",
    "<img src=x onerror=alert(1)>",
    "Почта 東京 ÄÖß",
    "{owner} %s \\n",
    "../../etc",
)


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names_are_data(name):
    """Quotes, HTML, braces and other alphabets in a name come out as they went in."""
    config = ClusterConfig(
        name=name,
        nodes=(Node(name=name, node_id=1), Node(name="N2", node_id=2)),
        groups=(Group(name="Cluster Group"), Group(name=name, preferred_owners=(name,))),
        resources=(
            *(r for r in plain().config.resources if r.group == "Cluster Group"),
            *group_resources(name),
        ),
        quorum="Disk Q:",
    )
    sim = Simulation(cluster_from(config, {"Cluster Group": "N2", name: name}))
    sim.fail_node(name)
    sim.run()
    assert ("N2", "Online") == (sim.owner(name), sim.state(name).value or "")
    for text in (
        node_listing(sim.cluster),
        group_listing(sim.cluster),
        resource_listing(sim.cluster),
        log_text(sim.log),
        str(sim.why(name)),
    ):
        assert name in text
    assert name in refusal(sim, "fail_node", name).because


def test_a_resource_is_found_by_its_path():
    """The path EVS1/IS is the resource of type IS in EVS1, whatever the case."""
    config = exchange_cluster().config
    store = "Exchange Information Store Instance - (EVS1)"
    for name in ("EVS1/IS", "evs1/is", f"EVS1/{store}", store, store.upper()):
        assert store == config.resource_name(name)
    for name in ("EVS9/IS", "EVS1/XY", "/", "", "EVS1"):
        with pytest.raises(OperationRefused, match="no resource"):
            config.resource_name(name)


# --- values -----------------------------------------------------------------------------------


def pickled(cluster: Cluster) -> Cluster:
    """Return what comes out of a pickle."""
    return pickle.loads(pickle.dumps(cluster))  # type: ignore[no-any-return]


def busy() -> Cluster:
    """Return a cluster in the middle of much."""
    sim = Simulation(exchange_cluster(protocols=("POP3",)), seed=3)
    sim.fail_node("NODE2")
    sim.run(20)
    sim.move_group("EVS1")
    sim.fault_resource("EVS3/Search")
    sim.pause_node("NODE4")
    return sim.cluster


@pytest.mark.parametrize("make", [exchange_cluster, plain, busy])
@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, pickled])
def test_a_cluster_can_be_copied_and_pickled(make, copied):
    """A copy is equal, and goes on exactly like the original."""
    original = make()
    twin = copied(original)
    assert original == twin
    one, other = Simulation(original), Simulation(twin)
    for sim in (one, other):
        sim.run()
    assert one.cluster == other.cluster
    assert one.log == other.log


def test_a_cluster_is_frozen():
    """Neither a cluster nor its configuration can be changed in place."""
    cluster = exchange_cluster()
    for value, field in (
        (cluster, "now_s"),
        (cluster.config, "name"),
        (cluster.config.nodes[0], "name"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field, "x")


def test_configure_returns_a_new_description():
    """The old description is left as it was; lists become tuples."""
    config = exchange_cluster().config
    changed = configure(config, "EVS1", preferred_owners=["NODE2"])
    assert ("NODE1",) == config.groups_by_name["EVS1"].preferred_owners
    assert ("NODE2",) == changed.groups_by_name["EVS1"].preferred_owners
    assert 2.0 == configure(config, "durations", regroup=2.0).durations["regroup"]
    assert 1.0 == config.durations["regroup"]


def test_a_refusal_can_be_pickled():
    """A refusal survives pickling with all it says."""
    error = refusal(simulated(), "move_group", "G1", "N9")
    twin = pickle.loads(pickle.dumps(error))
    assert str(error) == str(twin)
    assert (error.code, error.because, error.remedy, error.source) == (
        twin.code,
        twin.because,
        twin.remedy,
        twin.source,
    )


def test_every_field_of_a_cluster_says_what_it_is():
    """What is renamed, evicted, shifted or compared is read off the fields; none is silent."""
    words = {"node", "group", "resource", "network", "machine", "key", "group or resource"}
    assert {item.name for item in fields(Cluster)} == set(KEPT)
    assert words == {word for kept in KEPT.values() for word in kept.keyed_by}
    cluster = exchange_cluster()
    tables = {name for name in KEPT if isinstance(getattr(cluster, name), Mapping | frozenset)}
    assert [] == [name for name in tables if not KEPT[name].keyed_by]


@pytest.mark.parametrize(("kind", "name"), [("group", "EVS1"), ("resource", "Disk R:")])
def test_after_a_new_name_the_old_one_stands_nowhere(kind: str, name: str):
    """Whatever table keeps it, under whatever key; and the new one stands where it stood."""
    sim = Simulation(exchange_cluster())
    sim.lose_disk("Disk R:", "NODE2")
    sim.fail_resource("Disk R:")
    sim.send(RenameGroup(name, "NEW") if kind == "group" else RenameResource(name, "NEW"))
    held = {
        field: repr(getattr(sim.cluster, field))
        for field in KEPT
        if field not in ("config", "timers")
    }
    assert [] == [field for field, text in held.items() if f"'{name}'" in text]
    assert [field for field in KEPT if "NEW" in held.get(field, "")]
