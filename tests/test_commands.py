"""cluster.exe lines and Cluster Administrator paths of requests (handbook 1, 8.1 and 8.2)."""

import pytest

from clusterlab import exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.events import (
    REQUESTS,
    AddDependency,
    AddNode,
    BringOnline,
    ChangeGroup,
    ChooseCommand,
    CreateGroup,
    CreateResource,
    DeleteGroup,
    DeleteResource,
    DesignateQuorum,
    EvictNode,
    InitiateFailure,
    MoveGroup,
    NodeFailed,
    PauseNode,
    RemoveDependency,
    RenameGroup,
    RenameResource,
    ResumeNode,
    SetProperties,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.clusterexe.commands import VERBS, command_line, menu_path

CONFIG = exchange_cluster().config
STORE = "Exchange Information Store Instance - (EVS1)"


@pytest.mark.parametrize(
    ("event", "line", "path"),
    [
        (StartNode("NODE1"), "cluster node NODE1 /start", "CL1 > NODE1 > Start Cluster Service"),
        (
            StopClusterService("node1"),
            "cluster node NODE1 /stop",
            "CL1 > NODE1 > Stop Cluster Service",
        ),
        (PauseNode("NODE1"), "cluster node NODE1 /pause", "CL1 > NODE1 > Pause Node"),
        (ResumeNode("NODE1"), "cluster node NODE1 /resume", "CL1 > NODE1 > Resume Node"),
        (EvictNode("NODE9"), "cluster node NODE9 /evict", "CL1 > NODE9 > Evict Node"),
        (AddNode("NODE5"), "cluster /add:NODE5", "CL1 > New > Node"),
        (
            DesignateQuorum("Disk R:"),
            'cluster /quorum:"Disk R:"',
            "CL1 > Properties > Quorum",
        ),
        (StartNode("NODE1", "fixquorum"), "NODE1> net start clussvc /fixquorum", ""),
        (
            StartNode("NODE1", "forcequorum", ("NODE1", "NODE2")),
            "NODE1> net start clussvc /forcequorum NODE1,NODE2",
            "",
        ),
        (CreateGroup("EVS4"), 'cluster group "EVS4" /create', "CL1 > Groups > EVS4 > New > Group"),
        (DeleteGroup("EVS2"), 'cluster group "EVS2" /delete', "CL1 > Groups > EVS2 > Delete"),
        (
            RenameGroup("evs2", "Mail 2"),
            'cluster group "EVS2" /rename:"Mail 2"',
            "CL1 > Groups > EVS2 > Rename",
        ),
        (
            CreateResource("IP 4", "IP Address", "EVS2"),
            'cluster resource "IP 4" /create /group:"EVS2" /type:"IP Address"',
            "CL1 > Resources > IP 4 > New > Resource",
        ),
        (
            DeleteResource("EVS1/IS"),
            f'cluster resource "{STORE}" /delete',
            f"CL1 > Resources > {STORE} > Delete",
        ),
        (
            RenameResource("disk r:", "Log"),
            'cluster resource "Disk R:" /rename:"Log"',
            "CL1 > Resources > Disk R: > Rename",
        ),
        (
            ChangeGroup("Disk R:", "EVS2"),
            'cluster resource "Disk R:" /moveto:"EVS2"',
            "CL1 > Resources > Disk R: > Change Group",
        ),
        (
            AddDependency("Disk R:", "Disk S:"),
            'cluster resource "Disk R:" /adddep:"Disk S:"',
            "CL1 > Resources > Disk R: > Properties > Dependencies",
        ),
        (
            RemoveDependency("Disk R:", "Disk S:"),
            'cluster resource "Disk R:" /removedep:"Disk S:"',
            "CL1 > Resources > Disk R: > Properties > Dependencies",
        ),
        (
            MoveGroup("EVS2", "NODE4"),
            'cluster group "EVS2" /moveto:NODE4',
            "CL1 > Groups > EVS2 > Move Group > NODE4",
        ),
        (
            MoveGroup("EVS2"),
            'cluster group "EVS2" /moveto',
            "CL1 > Groups > EVS2 > Move Group > Best Possible",
        ),
        (
            TakeOffline("EVS2"),
            'cluster group "EVS2" /offline',
            "CL1 > Groups > EVS2 > Take Offline",
        ),
        (
            BringOnline("EVS1/IS"),
            f'cluster resource "{STORE}" /online',
            f"CL1 > Resources > {STORE} > Bring Online",
        ),
        (
            InitiateFailure("EVS1/IS"),
            f'cluster resource "{STORE}" /fail',
            f"CL1 > Resources > {STORE} > Initiate Failure",
        ),
        (
            SetProperties("EVS1", {"failover_threshold": 4, "failover_period_h": 2}),
            'cluster group "EVS1" /prop FailoverThreshold=4 FailoverPeriod=2',
            "CL1 > Groups > EVS1 > Properties",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_a_request_has_a_line_and_a_path(event: object, line: str, path: str) -> None:
    """Each request is shown as it is typed and as it is clicked, with full names."""
    assert line == command_line(event, CONFIG)
    assert path == menu_path(event, CONFIG)


def test_pulling_the_plug_has_neither() -> None:
    """A loss of power is nothing that an administrator asks for."""
    assert ("", "") == (
        command_line(NodeFailed("NODE1"), CONFIG),
        menu_path(NodeFailed("NODE1"), CONFIG),
    )


def test_owners_are_set_by_an_option_of_their_own() -> None:
    """Preferred owners are no property: cluster.exe sets them with /setowners."""
    event = SetProperties("EVS1", {"preferred_owners": ("NODE4", "NODE1")})
    assert 'cluster group "EVS1" /setowners:NODE4,NODE1' == command_line(event, CONFIG)


def test_possible_owners_come_and_go_one_by_one() -> None:
    """Each possible owner that is added or removed takes a line; cluster.exe has no other way."""
    event = SetProperties("Disk R:", {"possible_owners": ("NODE1", "NODE2")})
    line = 'cluster resource "Disk R:" /removeowner:'
    assert f"{line}NODE3\n{line}NODE4" == command_line(event, CONFIG)
    narrow = configure(CONFIG, "Disk R:", possible_owners=("NODE1",))
    assert 'cluster resource "Disk R:" /addowner:NODE2' == command_line(event, narrow)


def test_times_are_typed_in_milliseconds() -> None:
    """The product keeps periods of resources in milliseconds, and "never" as all ones."""
    event = SetProperties("EVS1/IS", {"restart_period_s": 900.0, "retry_period_s": None})
    assert (
        f'cluster resource "{STORE}" /prop RestartPeriod=900000 RetryPeriodOnFailure=4294967295'
        == command_line(event, CONFIG)
    )


def test_the_role_of_a_network_is_a_property() -> None:
    """What a network is used for is typed as a number (handbook 1, 2.5)."""
    event = SetProperties("public", {"role": 2})
    assert 'cluster network "Public" /prop Role=2' == command_line(event, CONFIG)


def test_a_property_without_a_name_in_the_product_has_no_line() -> None:
    """What only this model knows cannot be typed."""
    assert "" == command_line(SetProperties("EVS1/IS", {"defective_on": ("NODE1",)}), CONFIG)


def test_the_table_covers_every_request() -> None:
    """Every request stands in it but the setting of properties, and what programs add to menus."""
    assert set(REQUESTS) - {SetProperties, ChooseCommand} == {verb.event for verb in VERBS}


def test_a_resource_with_everything_takes_a_line_for_each_thing() -> None:
    """/create takes group and type; dependencies, owners and private properties follow."""
    event = CreateResource(
        "Name 4", "Network Name", "EVS2", ("EVS2 IP Address",), ("NODE1", "NODE2"), {"Name": "M 4"}
    )
    assert [
        'cluster resource "Name 4" /create /group:"EVS2" /type:"Network Name"',
        'cluster resource "Name 4" /adddep:"EVS2 IP Address"',
        'cluster resource "Name 4" /removeowner:NODE3',
        'cluster resource "Name 4" /removeowner:NODE4',
        'cluster resource "Name 4" /priv Name="M 4"',
    ] == command_line(event, CONFIG).splitlines()
