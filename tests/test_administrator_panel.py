"""The Cluster Administrator panel: tree, lists, menus, property pages, and the panel beside it."""

import re
from collections.abc import Iterator
from html import unescape

import ipywidgets as w
import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.engine import apply
from clusterlab.cluster.events import (
    CreateGroup,
    CreateResource,
    Event,
    MoveGroup,
    NodeFailed,
    PauseNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import NetworkRole, RestartAction
from clusterlab.clusterexe import run_line
from clusterlab.clusterexe.lines import read_line
from clusterlab.exchange.evs import cluster_group_resources, evs_resources
from clusterlab.lab import AdministratorLab, FailoverLab
from clusterlab.lab.panels.administrator import MENUS, WORDS
from clusterlab.lab.panels.contents import TreeItem, table, tree

NASTY = '<img src=x onerror="alert(1)">'
STORE = "Exchange Information Store Instance - (EVS1)"


@pytest.fixture
def lab() -> AdministratorLab:
    """A panel of its own: three active nodes and a passive one."""
    return AdministratorLab()


def press(lab: AdministratorLab, *keys: str) -> None:
    """Press buttons one after the other; an error that is shown fails the test."""
    for key in keys:
        lab.buttons[key].click()
        assert "" == lab.errors.text


def refused(lab: AdministratorLab, key: str) -> str:
    """Press a button that is refused; return what is shown, and see that nothing has changed."""
    before = lab.cluster, len(lab.branches.shown.history), list(lab.branches.by_name)
    lab.buttons[key].click()
    assert before == (lab.cluster, len(lab.branches.shown.history), list(lab.branches.by_name))
    return lab.errors.text


def field(lab: AdministratorLab, label: str) -> w.Widget:
    """Return a control of the property pages that are open."""
    assert lab.sheet is not None
    return lab.sheet.fields[label]


def add(lab: AdministratorLab, label: str, name: str) -> None:
    """Choose a name in the left list and add it to the right one."""
    lists = field(lab, label)
    lists.available.value = name
    lists.buttons["add"].click()


def remove(lab: AdministratorLab, label: str, name: str) -> None:
    """Choose a name in the right list and remove it."""
    lists = field(lab, label)
    lists.listed.value = name
    lists.buttons["remove"].click()


def menu(lab: AdministratorLab) -> set[str]:
    """Return the commands that are offered."""
    return {word for word in WORDS if lab.buttons[word].layout.display != "none"}


def cells(lab: AdministratorLab, row: str) -> list[str]:
    """Return the words of one row of the list."""
    rows = [item["cells"] for item in lab.explorer.table["rows"] if item["cells"][0] == row]
    return [cell if isinstance(cell, str) else cell["word"] for cell in rows[0]]


def widgets(root: w.Widget) -> Iterator[w.Widget]:
    """Yield a widget and all that stand in it."""
    yield root
    for child in getattr(root, "children", ()):
        yield from widgets(child)


# --- tree and lists ---------------------------------------------------------------------------


def test_the_tree_is_that_of_the_product(lab: AdministratorLab) -> None:
    """Cluster, groups, resources, configuration, and for each node three folders (1, 8.2)."""
    names = [(item["level"], item["text"]) for item in lab.explorer.tree]
    assert [
        (1, "CL1"),
        (2, "Groups"),
        (3, "Cluster Group"),
        (3, "EVS1"),
        (3, "EVS2"),
        (3, "EVS3"),
        (2, "Resources"),
        (2, "Cluster Configuration"),
        (3, "Resource Types"),
        (3, "Networks"),
        (3, "Network Interfaces"),
        (2, "NODE1"),
        (3, "Active Groups"),
        (3, "Active Resources"),
        (3, "Network Interfaces"),
        (2, "NODE2"),
    ] == names[:16]


def test_every_item_has_a_list() -> None:
    """Whatever is selected in the tree, the list has as many cells in each row as titles."""
    cluster = exchange_cluster()
    for entry in tree(cluster):
        heads, rows = table(cluster, entry.item)
        assert [len(heads)] * len(rows) == [len(cells) for _, cells in rows]


def test_a_state_is_word_and_glyph_and_colour(lab: AdministratorLab) -> None:
    """A group that failed shows as such in the tree, in the list and at a glance."""
    lab.select("resource", "Disk T:")
    press(lab, "Initiate Failure")
    entry = next(item for item in lab.explorer.tree if item["text"] == "EVS2")
    assert {"glyph": "✖", "word": "Failed", "role": "failed"} == entry["state"]
    assert ["Disk T:", "Failed", "NODE2", "Physical Disk"] == cells(lab, "Disk T:")[:4]
    assert "1 " in lab._health.value
    assert "✖ Failed" in lab._health.value


def test_the_list_says_what_is_going_on(lab: AdministratorLab) -> None:
    """A moving group names its target, a pending resource since when it is pending."""
    lab.select("group", "EVS2")
    lab.choosers["to"].value = "NODE4"
    press(lab, "Move Group")
    lab.select("groups")
    assert ["EVS2", "Pending", "NODE2", "moving to NODE4"] == cells(lab, "EVS2")
    lab.select("group", "EVS2")
    press(lab, "to end")
    assert ["Online", "NODE4"] == cells(lab, "Disk T:")[1:3]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (("resources",), ["Disk R:", "Online", "NODE1", "EVS1", "Physical Disk", ""]),
        (("networks",), ["Public", "Up", "All communications (mixed network)"]),
        (("interfaces",), ["NODE1", "Private", "Up"]),
        (("types",), ["Physical Disk", "7"]),
        (("node", "NODE2"), ["Active Groups", "1 Online"]),
        (("node groups", "NODE2"), ["EVS2", "Online", "NODE2", ""]),
        (("cluster",), ["NODE4", "Up", "owns no group"]),
    ],
)
def test_lists(lab: AdministratorLab, item: tuple[str, ...], said: list[str]) -> None:
    """Each item of the tree has its columns."""
    lab.select(*item)
    assert said == cells(lab, said[0])


def test_what_is_offline_is_not_active(lab: AdministratorLab) -> None:
    """Active Resources of a node leave out what is Offline."""
    lab.select("group", "EVS2")
    press(lab, "Take Offline", "to end")
    lab.select("node resources", "NODE2")
    assert [] == lab.explorer.table["rows"]


# --- selecting --------------------------------------------------------------------------------


def test_a_click_in_the_tree_selects(lab: AdministratorLab) -> None:
    """The page tells which item was selected, and list and menu follow."""
    lab.explorer.set_state({"place": "group|EVS1|", "chosen": ""})
    assert TreeItem("group", "EVS1") == lab.item
    lab.explorer.set_state({"chosen": f"resource|{STORE}|"})
    assert TreeItem("resource", STORE) == lab.item
    assert "Initiate Failure" in menu(lab)


def test_opening_goes_into_what_has_a_list(lab: AdministratorLab) -> None:
    """A double click on a group shows its resources; one on a resource shows its properties."""
    lab.explorer._hear({"open": "group|EVS3|"}, None)
    assert TreeItem("group", "EVS3") == lab.folder
    lab.explorer.set_state({"chosen": "resource|Disk V:|"})
    lab.explorer._hear({"open": "resource|Disk V:|"}, None)
    assert lab.sheet is not None
    assert ("General", "Dependencies", "Advanced", "Parameters") == lab.sheet.titles


@pytest.mark.parametrize("kind", MENUS)
def test_each_kind_has_its_menu(lab: AdministratorLab, kind: str) -> None:
    """The commands are those of the handbook, and no others (1, 8.2)."""
    names = {"group": "EVS1", "resource": STORE, "node": "NODE1", "network": "Public",
             "interface": "NODE1", "type": "Physical Disk"}  # fmt: skip
    lab.select(kind, names.get(kind, ""), "Public" if kind == "interface" else "")
    assert MENUS[kind] == menu(lab)


def test_a_group_that_is_gone_is_not_selected(lab: AdministratorLab) -> None:
    """Undoing New Group leaves the folder of groups selected and closes its pages."""
    lab.select("groups")
    press(lab, "New Group")
    field(lab, "Name").value = "Files"
    press(lab, "OK", "Properties", "undo")
    assert TreeItem("groups") == lab.item
    assert lab.sheet is None


def test_there_is_nothing_to_select_under_a_wrong_name(lab: AdministratorLab) -> None:
    """A name that does not exist is refused with the names that do."""
    with pytest.raises(OperationRefused, match=r"Name one of: .*EVS1"):
        lab.select("group", "EVS9")


# --- commands ---------------------------------------------------------------------------------


def test_offline_and_online(lab: AdministratorLab) -> None:
    """A group goes Offline and comes back; the line of the command is shown."""
    lab.select("group", "EVS2")
    press(lab, "Take Offline", "to end")
    assert "Offline" == lab.cluster.group_state("EVS2").value
    assert 'cluster group "EVS2" /offline' in lab._done.value
    assert "CL1 &gt; Groups &gt; EVS2 &gt; Take Offline" in lab._done.value
    press(lab, "Bring Online", "to end")
    assert "Online" == lab.cluster.group_state("EVS2").value


def test_nodes(lab: AdministratorLab) -> None:
    """Pause, resume, stop, start and evict are those of the product."""
    lab.select("node", "NODE4")
    press(lab, "Pause Node")
    assert {"NODE4"} == lab.cluster.paused
    press(lab, "Resume Node", "Stop Cluster Service", "to end")
    assert "Down" == lab.cluster.node_states["NODE4"].value
    press(lab, "Start Cluster Service", "to end")
    assert "Up" == lab.cluster.node_states["NODE4"].value
    assert "is Up" in refused(lab, "Evict Node")
    press(lab, "Stop Cluster Service", "to end", "Evict Node")
    assert "NODE4" not in lab.cluster.config.nodes_by_name
    assert TreeItem("groups") == lab.item


def test_a_node_joins(lab: AdministratorLab) -> None:
    """New Node configures a node, which is Down until its Cluster service is started."""
    lab.select("cluster")
    press(lab, "New Node")
    field(lab, "Name").value = "NODE5"
    press(lab, "OK")
    assert TreeItem("node", "NODE5") == lab.item
    assert "cluster /add:NODE5" in lab._done.value
    assert "Down" == lab.cluster.node_states["NODE5"].value
    press(lab, "Start Cluster Service", "to end")
    assert "Up" == lab.cluster.node_states["NODE5"].value


def test_a_refusal_is_shown_in_the_words_of_the_product(lab: AdministratorLab) -> None:
    """Code, remedy and line are shown; neither the cluster nor the history has changed."""
    lab.select("resource", "Disk Q:")
    said = refused(lab, "Take Offline")
    assert said.startswith("Refused: 5020: ")
    assert said.endswith("Move its group instead.")
    assert 'cluster resource "Disk Q:" /offline' in lab.errors.value


def test_undo_takes_back_a_command(lab: AdministratorLab) -> None:
    """After Undo the group is where it was."""
    lab.select("group", "EVS1")
    lab.choosers["to"].value = "NODE4"
    press(lab, "Move Group", "to end", "undo")
    assert "NODE1" == lab.cluster.owners["EVS1"]


def test_time_can_be_stepped(lab: AdministratorLab) -> None:
    """Next goes to the next happening; the clock shows the moment."""
    lab.select("group", "EVS2")
    press(lab, "Take Offline", "forward")
    assert 2.0 == lab.branches.moment_s
    assert "t = 2.0 s" == lab._clock.value


def test_what_a_cell_does_is_followed() -> None:
    """A simulation that is handed in is shared: what a cell does to it is shown next."""
    sim = Simulation(exchange_cluster())
    lab = AdministratorLab(sim)
    sim.fail_node("NODE3")
    sim.run()
    assert "NODE3                      ✕ Down" in lab._repr_mimebundle_()["text/plain"]
    lab.select("group", "EVS3")
    press(lab, "Take Offline")
    assert TakeOffline("EVS3") == sim.history[-1].event


# --- making, renaming, deleting ---------------------------------------------------------------


def test_a_file_share_is_built_and_taken_away(lab: AdministratorLab) -> None:
    """New Group, New Resource, Bring Online, Rename, Change Group, Delete: all by hand."""
    lab.select("groups")
    press(lab, "New Group")
    field(lab, "Name").value = "Files"
    add(lab, "Preferred owners", "NODE4")
    press(lab, "OK")
    assert ("NODE4",) == lab.cluster.config.groups_by_name["Files"].preferred_owners
    assert TreeItem("group", "Files") == lab.item
    press(lab, "New Resource")
    field(lab, "Name").value = "Share"
    field(lab, "Parameters").texts["ShareName"].value = "data"
    remove(lab, "Possible owners", "NODE2")
    press(lab, "OK")
    share = lab.cluster.config.resources_by_name["Share"]
    assert ("Files", "File Share") == (share.group, share.type.name)
    assert ("NODE1", "NODE3", "NODE4") == share.possible_owners
    assert "data" == share.private["ShareName"]
    assert 'cluster resource "Share" /removeowner:NODE2' in lab._done.value
    assert TreeItem("resource", "Share") == lab.item
    press(lab, "Bring Online", "to end")
    assert "Online" == lab.cluster.resource_states["Share"].value
    press(lab, "Rename")
    field(lab, "New name").value = "Data"
    press(lab, "OK")
    assert TreeItem("resource", "Data") == lab.item
    lab.choosers["group"].value = "EVS1"
    press(lab, "Change Group")
    assert "EVS1" == lab.cluster.config.resources_by_name["Data"].group
    lab.select("resource", "Data")
    assert refused(lab, "Delete").startswith("Refused: 5019")
    press(lab, "Take Offline", "to end", "Delete")
    assert "Data" not in lab.cluster.config.resources_by_name
    lab.select("group", "Files")
    press(lab, "Delete")
    assert "Files" not in lab.cluster.config.groups_by_name


def test_a_renamed_group_stays_selected(lab: AdministratorLab) -> None:
    """Rename shows what the group is called now."""
    lab.select("group", "EVS2")
    press(lab, "Rename")
    assert "EVS2" == field(lab, "New name").value
    field(lab, "New name").value = "Mail 2"
    press(lab, "OK")
    assert TreeItem("group", "Mail 2") == lab.item
    assert 'cluster group "EVS2" /rename:"Mail 2"' in lab._done.value


def test_a_group_with_resources_cannot_be_deleted(lab: AdministratorLab) -> None:
    """Delete of a group that is not empty is refused and says what is in it."""
    lab.select("group", "EVS1")
    assert "EVS1 still has " in refused(lab, "Delete")


# --- property pages ---------------------------------------------------------------------------


def test_preferred_owners_have_an_order(lab: AdministratorLab) -> None:
    """Names are added, moved up and down, and asked for in that order."""
    lab.select("group", "EVS1")
    press(lab, "Properties")
    add(lab, "Preferred owners", "NODE4")
    field(lab, "Preferred owners").buttons["up"].click()
    press(lab, "Apply")
    assert ("NODE4", "NODE1") == lab.cluster.config.groups_by_name["EVS1"].preferred_owners
    assert 'cluster group "EVS1" /setowners:NODE4,NODE1' in lab._done.value
    assert lab.sheet is not None


def test_failover_and_failback_of_a_group(lab: AdministratorLab) -> None:
    """Threshold, period and window of the pages are the properties of the group."""
    lab.select("group", "EVS1")
    press(lab, "Properties")
    for label, value in (("Threshold", 4), ("Period", 2), ("Failback", "Allow failback"),
                         ("When", "Failback between"), ("From", 22), ("To", 6)):  # fmt: skip
        field(lab, label).value = value
    press(lab, "OK")
    group = lab.cluster.config.groups_by_name["EVS1"]
    assert (4, 2, 1) == (
        group.failover_threshold,
        group.failover_period_h,
        group.auto_failback_type,
    )
    assert (22, 6) == (group.failback_window_start, group.failback_window_end)
    assert lab.sheet is None
    assert "/prop FailoverThreshold=4 FailoverPeriod=2 AutoFailbackType=1" in lab._done.value


def test_the_window_can_be_chosen_only_with_failback(lab: AdministratorLab) -> None:
    """What has no effect is greyed out, as in the product."""
    lab.select("group", "EVS1")
    press(lab, "Properties")
    assert [True, True] == [field(lab, label).disabled for label in ("When", "From")]
    field(lab, "Failback").value = "Allow failback"
    field(lab, "When").value = "Failback between"
    assert [False, False] == [field(lab, label).disabled for label in ("When", "From")]


def test_a_possible_owner_is_removed_and_added(lab: AdministratorLab) -> None:
    """Each name has a line of cluster.exe that does the same."""
    lab.select("resource", STORE)
    press(lab, "Properties")
    remove(lab, "Possible owners", "NODE4")
    press(lab, "Apply")
    owners = lab.cluster.config.resources_by_name[STORE].possible_owners
    assert ("NODE1", "NODE2", "NODE3") == owners
    line = f'cluster resource "{STORE}" /removeowner:NODE4'
    assert line in lab._done.value
    other = Simulation(exchange_cluster())
    run_line(other, line)
    assert owners == other.cluster.config.resources_by_name[STORE].possible_owners
    add(lab, "Possible owners", "NODE4")
    press(lab, "OK")
    assert f'cluster resource "{STORE}" /addowner:NODE4' in lab._done.value


def test_advanced_properties(lab: AdministratorLab) -> None:
    """Restart, affect the group, threshold, period, polls and timeout arrive in our units."""
    lab.select("resource", STORE)
    press(lab, "Properties")
    for label, value in (
        ("Affect the group", False), ("Threshold", 5), ("Period", 600.0),
        ("Looks Alive", "Specify value"), ("Looks Alive (ms)", 2500), ("Pending timeout", 300.0),
    ):  # fmt: skip
        field(lab, label).value = value
    press(lab, "OK")
    store = lab.cluster.config.resources_by_name[STORE]
    assert (RestartAction.RESTART, 5, 600.0) == (
        store.restart_action,
        store.restart_threshold,
        store.restart_period_s,
    )
    assert (2.5, None, 300.0) == (
        store.looks_alive_poll_s,
        store.is_alive_poll_s,
        store.pending_timeout_s,
    )
    press(lab, "Properties")
    field(lab, "Restart").value = "Do not restart"
    press(lab, "OK")
    store = lab.cluster.config.resources_by_name[STORE]
    assert RestartAction.DONT_RESTART == store.restart_action


def test_parameters(lab: AdministratorLab) -> None:
    """Private properties are typed as the product writes them."""
    lab.select("resource", STORE)
    press(lab, "Properties")
    field(lab, "databases in each").value = "3"
    press(lab, "OK")
    assert 3 == lab.cluster.config.resources_by_name[STORE].private["databases"]
    assert "esm" in lab._done.value


def test_a_dependency_needs_the_resource_offline(lab: AdministratorLab) -> None:
    """5019 while it is online; offline the line is /adddep."""
    lab.select("resource", "Disk S:")
    press(lab, "Properties")
    add(lab, "Dependencies", "Disk R:")
    assert refused(lab, "Apply").startswith("Refused: 5019")
    assert ("Disk R:",) == field(lab, "Dependencies").chosen
    lab.select("group", "EVS1")
    press(lab, "Take Offline", "to end")
    lab.select("resource", "Disk S:")
    press(lab, "Properties")
    add(lab, "Dependencies", "Disk R:")
    press(lab, "OK")
    assert ("Disk R:",) == lab.cluster.config.resources_by_name["Disk S:"].depends_on
    assert 'cluster resource "Disk S:" /adddep:"Disk R:"' in lab._done.value


def test_several_changes_are_all_made_or_none(lab: AdministratorLab) -> None:
    """Where one change of an Apply is refused the others are not made either."""
    lab.select("resource", "Disk S:")
    press(lab, "Properties")
    remove(lab, "Possible owners", "NODE4")
    add(lab, "Dependencies", "Disk R:")
    assert refused(lab, "OK").startswith("Refused: 5019")
    assert lab.sheet is not None


def test_an_impossible_value_is_refused_by_its_name(lab: AdministratorLab) -> None:
    """A number out of range changes nothing and says what is allowed."""
    lab.select("group", "EVS1")
    press(lab, "Properties")
    field(lab, "Period").value = 5000
    assert "0 to 1193 hours" in refused(lab, "OK")
    lab.select("resource", STORE)
    press(lab, "Properties")
    field(lab, "Period").value = 1e308
    assert "restart_period_s" in refused(lab, "OK")


def test_cancel_changes_nothing(lab: AdministratorLab) -> None:
    """Cancel closes the pages and forgets what was typed."""
    lab.select("group", "EVS1")
    press(lab, "Properties")
    field(lab, "Threshold").value = 0
    press(lab, "Cancel")
    assert lab.sheet is None
    assert 10 == lab.cluster.config.groups_by_name["EVS1"].failover_threshold
    assert 1 == len(lab.branches.shown.history)


def test_an_apply_without_a_change_asks_for_nothing(lab: AdministratorLab) -> None:
    """Opening the pages of anything and pressing Apply leaves the history alone."""
    for item in (("cluster",), ("group", "EVS1"), ("resource", STORE), ("resource", "Disk R:"),
                 ("node", "NODE1"), ("network", "Public"), ("type", "IP Address"),
                 ("interface", "NODE1", "Public")):  # fmt: skip
        lab.select(*item)
        press(lab, "Properties", "Apply", "OK")
        assert "Nothing was to be changed." == lab._done.value
    assert 1 == len(lab.branches.shown.history)


def test_the_role_of_a_network(lab: AdministratorLab) -> None:
    """The page offers the roles in words; a network in use and the last internal one are kept."""
    lab.select("network", "Public")
    press(lab, "Properties")
    field(lab, "Enable").value = False
    assert refused(lab, "OK").startswith("Refused: 5067")
    lab.select("network", "Private")
    press(lab, "Properties")
    field(lab, "Enable").value = False
    press(lab, "OK")
    roles = {network.name: network.role for network in lab.cluster.config.networks}
    assert NetworkRole.NONE == roles["Private"]
    assert 'cluster network "Private" /prop Role=0' in lab._done.value
    lab.select("network", "Public")
    press(lab, "Properties")
    field(lab, "Role").value = "Client access only (public network)"
    assert refused(lab, "OK").startswith("Refused: 5066")


def test_another_quorum_resource_is_designated(lab: AdministratorLab) -> None:
    """The page Quorum of the cluster offers what can hold the quorum."""
    lab.select("cluster")
    press(lab, "Properties")
    field(lab, "Quorum resource").value = "Disk R:"
    press(lab, "OK")
    assert "Disk R:" == lab.cluster.config.quorum
    assert 'cluster /quorum:"Disk R:"' in lab._done.value


def test_open_pages_follow_the_cluster(lab: AdministratorLab) -> None:
    """The state on the page General is that of now."""
    lab.select("resource", "Disk R:")
    press(lab, "Properties")
    lab.send(NodeFailed("NODE1"))
    press(lab, "to end")
    texts = " ".join(one.value for one in widgets(lab.sheet) if isinstance(one, w.HTML))
    assert "NODE4" in texts


# --- lines ------------------------------------------------------------------------------------

SHARE = CreateResource("Share", "File Share", "EVS2")
STEPS = {
    "commands of a group": (
        ("group", "EVS2"), {}, "Take Offline",
    ),
    "a named target": (("group", "EVS2"), {}, "Move Group"),
    "a page of a group": (
        ("group", "EVS1"),
        {"Threshold": 4, "Period": 2, "Failback": "Allow failback", "When": "Failback between",
         "From": 22, "To": 6},
        "OK",
    ),
    "a page of a resource": (
        ("resource", STORE),
        {"Affect the group": False, "Period": 600.0, "Is Alive": "Specify value",
         "Is Alive (ms)": 90_000, "Pending timeout": 240.5},
        "OK",
    ),
    "parameters": (("resource", STORE), {"databases in each": "2", "storage groups": "3"}, "OK"),
    "a network": (("network", "Private"), {"Enable": False}, "OK"),
    "the quorum": (("cluster",), {"Quorum resource": "Disk T:"}, "OK"),
    "a node": (("node", "NODE4"), {}, "Stop Cluster Service"),
}  # fmt: skip


COMMANDS: dict[tuple[str, str], tuple[str, tuple[Event, ...], dict[str, str]]] = {
    ("cluster", "New Group"): ("", (), {"Name": "My Group"}),
    ("cluster", "New Node"): ("", (), {"Name": "NODE9"}),
    ("cluster", "New Resource"): ("", (), {"Name": "My Share"}),
    ("groups", "New Group"): ("", (), {"Name": "My Group"}),
    ("resources", "New Resource"): ("", (), {"Name": "My Share"}),
    ("group", "Bring Online"): ("EVS2", (TakeOffline("EVS2"),), {}),
    ("group", "Take Offline"): ("EVS2", (), {}),
    ("group", "Move Group"): ("EVS2", (), {}),
    ("group", "New Resource"): ("EVS2", (), {"Name": "My Share"}),
    ("group", "Delete"): ("Empty", (CreateGroup("Empty"),), {}),
    ("group", "Rename"): ("EVS2", (), {"New name": "MAIL"}),
    ("resource", "Bring Online"): ("Disk T:", (TakeOffline("EVS2"),), {}),
    ("resource", "Take Offline"): (STORE, (), {}),
    ("resource", "Initiate Failure"): (STORE, (), {}),
    ("resource", "Change Group"): ("Share", (SHARE, MoveGroup("Cluster Group", "NODE2")), {}),
    ("resource", "Delete"): ("Share", (SHARE,), {}),
    ("resource", "Rename"): (STORE, (), {"New name": "Store"}),
    ("node", "Pause Node"): ("NODE4", (), {}),
    ("node", "Resume Node"): ("NODE4", (PauseNode("NODE4"),), {}),
    ("node", "Stop Cluster Service"): ("NODE4", (), {}),
    ("node", "Start Cluster Service"): ("NODE4", (StopClusterService("NODE4"),), {}),
    ("node", "Evict Node"): ("NODE4", (StopClusterService("NODE4"),), {}),
}
"""For each command what it is chosen for, what was done before, and what is typed into its form."""


def test_every_command_is_tried_below() -> None:
    """No command of a menu is left out but Properties, whose pages are tried above."""
    offered = {(kind, word) for kind, words in MENUS.items() for word in words}
    assert {pair for pair in offered if pair[1] != "Properties"} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_line_of_a_command_does_the_same(
    lab: AdministratorLab, command: tuple[str, str]
) -> None:
    """Whatever is chosen in a menu shows lines that lead to the same cluster when typed."""
    kind, word = command
    name, before, texts = COMMANDS[command]
    for event in before:
        lab.send(event)
        press(lab, "to end")
    lab.select(kind, name)
    cluster = lab.cluster
    press(lab, word)
    for label, text in texts.items():
        field(lab, label).value = text
    if texts:
        press(lab, "OK")
    assert "" == lab.errors.text
    assert known(cluster) != known(lab.cluster)
    assert typed(cluster, lines(lab)) == known(lab.cluster)


@pytest.mark.parametrize("name", STEPS)
def test_a_line_does_the_same_as_the_click(lab: AdministratorLab, name: str) -> None:
    """The lines that are shown, typed at a prompt, lead to the same cluster."""
    item, values, key = STEPS[name]
    lab.select(*item)
    lab.choosers["to"].value = "NODE4"
    if key == "OK":
        press(lab, "Properties")
    for label, value in values.items():
        field(lab, label).value = value
    before = lab.cluster
    press(lab, key)
    assert typed(before, lines(lab)) == known(lab.cluster)
    assert known(before) != known(lab.cluster)


def lines(lab: AdministratorLab) -> list[str]:
    """Return the lines of cluster.exe that the panel shows."""
    return [unescape(text) for text in re.findall("<code>(.*?)</code>", lab._done.value)]


def typed(cluster: Cluster, lines: list[str]) -> tuple[object, ...]:
    """Return what is known of *cluster* after somebody has typed *lines*."""
    for line in lines:
        event = read_line(cluster, line).event
        assert event is not None
        cluster = apply(cluster, event).cluster
    return known(cluster)


def known(cluster: Cluster) -> tuple[object, ...]:
    """Return the configuration and the states of a cluster, without its timers."""
    states = cluster.node_states, cluster.resource_states, cluster.owners, cluster.activities
    return cluster.config, *states, cluster.stopping


def test_the_lines_of_a_new_resource_build_the_same(lab: AdministratorLab) -> None:
    """New Resource takes a line for each thing that it sets."""
    lab.select("group", "EVS1")
    press(lab, "New Resource")
    field(lab, "Name").value = "Share"
    add(lab, "Dependencies", "Disk R:")
    remove(lab, "Possible owners", "NODE2")
    field(lab, "Parameters").texts["Path"].value = "R:\\data"
    before = lab.cluster
    press(lab, "OK")
    assert 4 == len(lines(lab))
    assert typed(before, lines(lab)) == known(lab.cluster)


# --- beside the failover panel ----------------------------------------------------------------


def test_two_panels_show_one_cluster() -> None:
    """What is done in one panel is shown in the other at once."""
    failover = FailoverLab()
    lab = AdministratorLab(failover)
    failover.buttons["fail NODE3"].click()
    failover.buttons["to end"].click()
    lab.select("groups")
    assert ["EVS3", "Online", "NODE4", ""] == cells(lab, "EVS3")
    lab.select("group", "EVS1")
    press(lab, "Take Offline", "to end")
    assert "EVS1                 NODE1           Offline" in repr(failover)
    assert "Offline" in failover._live_text.value
    assert failover.branches.shown is lab.branches.shown


def test_acting_in_the_past_makes_a_branch_in_both() -> None:
    """The panel acts at the moment that the failover panel shows."""
    failover = FailoverLab()
    lab = AdministratorLab(failover)
    failover.buttons["fail NODE3"].click()
    failover.buttons["to end"].click()
    failover.buttons["to start"].click()
    lab.select("node", "NODE4")
    press(lab, "Pause Node")
    assert ["main", "main, from 0.0 s"] == list(failover.branches.by_name)
    assert "main, from 0.0 s" == failover.choosers["branch"].value


def test_a_command_takes_back_a_question() -> None:
    """Where the failover panel waits for a prediction, a command here ends the waiting."""
    failover = FailoverLab()
    lab = AdministratorLab(failover)
    failover._predict.value = True
    failover.buttons["fail NODE3"].click()
    assert failover.predictor.event is not None
    lab.select("node", "NODE4")
    press(lab, "Pause Node")
    assert failover.predictor.event is None
    assert {"NODE4"} == failover.branches.cluster.paused


def test_another_scenario_is_followed() -> None:
    """Choosing a scenario in the failover panel shows its cluster here, too."""
    failover = FailoverLab()
    lab = AdministratorLab(failover)
    lab.select("group", "EVS3")
    failover.choosers["scenario"].value = "1 active / 1 passive"
    assert "EVS3" not in {item["text"] for item in lab.explorer.tree}
    assert TreeItem("groups") == lab.item


def test_made_and_renamed_groups_come_to_the_picture() -> None:
    """The failover panel follows New Group, an empty group selected, Rename and Delete."""
    failover = FailoverLab()
    lab = AdministratorLab(failover)
    lab.select("groups")
    press(lab, "New Group")
    field(lab, "Name").value = "Files"
    press(lab, "OK")
    failover.choosers["group"].value = "Files"
    assert "Files" == failover.selected
    press(lab, "Rename")
    field(lab, "New name").value = "Shares"
    press(lab, "OK")
    assert "Shares" in failover.choosers["group"].options
    press(lab, "Delete", "to end")
    assert "Shares" not in repr(failover)
    assert "" == failover.errors.text
    press(lab, "undo", "undo")
    failover.buttons["back"].click()
    assert "" == failover.errors.text


# --- errors, names, twins ---------------------------------------------------------------------


def test_only_clusters_can_be_administered() -> None:
    """Anything else is refused by name."""
    with pytest.raises(ConfigError, match="NODE1: No such file or directory; name a file"):
        AdministratorLab("NODE1")  # type: ignore[arg-type]


def test_an_exception_is_shown(lab: AdministratorLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected is shown with its traceback folded, never swallowed."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError(NASTY)

    monkeypatch.setattr(lab, "_request", broken)
    lab.select("group", "EVS1")
    lab.buttons["Bring Online"].click()
    assert f"ZeroDivisionError: {NASTY}" == lab.errors.text
    assert "<img" not in lab.errors.value


def nasty_cluster() -> Cluster:
    """Return a cluster in which things are named in HTML."""
    base = exchange_cluster(active=1).config
    group = f"EVS {NASTY}"
    config = ClusterConfig(
        name=f"CL {NASTY}",
        nodes=base.nodes,
        groups=(base.groups[0], type(base.groups[0])(name=group)),
        resources=(*cluster_group_resources(), *evs_resources(group, [f"Disk {NASTY}"])),
        quorum=base.quorum,
        durations=base.durations,
    )
    return cluster_from(config, {"Cluster Group": "NODE1", group: "NODE1"})


def test_names_are_never_markup() -> None:
    """HTML in names shows as written; the tree and the list get names as text."""
    lab = AdministratorLab(nasty_cluster())
    lab.select("resource", f"Disk {NASTY}")
    press(lab, "Properties")
    lab.buttons["Delete"].click()
    press(lab, "Initiate Failure", "Rename")
    texts = [one.value for one in widgets(lab) if isinstance(one, w.HTML)]
    assert any("&lt;img" in text for text in texts)
    assert not any("<img" in text for text in texts)


def test_the_twin_is_the_state(lab: AdministratorLab) -> None:
    """What a notebook keeps is the tree and the list that is shown, as text."""
    lab.select("groups")
    lab.send(NodeFailed("NODE3"))
    press(lab, "to end")
    twin = repr(lab)
    assert twin.startswith("Cluster Administrator - CL1 at t = 175.2 s\n\nCL1\n  Groups\n")
    assert "  NODE3                      ✕ Down" in twin
    assert "EVS3          ● Online NODE4" in twin
    assert twin == lab._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize("kind", ["groups", "resources", "nodes", "networks", "cluster"])
def test_only_commands_of_what_is_selected_can_be_done(lab: AdministratorLab, kind: str) -> None:
    """A folder has no properties: the hidden command is no deed, and asking for it is refused."""
    lab.select(kind)
    offered = [word for word in WORDS if not lab.buttons[word].disabled]
    assert set(offered) == set(MENUS.get(lab.item.kind, ()))
    for word in offered:
        press(lab, word)
    if "Properties" not in offered:
        assert "Properties" not in lab.acts()
        with pytest.raises(ConfigError, match="cannot be done now"):
            lab.act("Properties")


def test_controls_have_names(lab: AdministratorLab) -> None:
    """Every control says what it is, also on every property page and form."""
    pages = (
        (("group", "EVS1"), "Properties"),
        (("resource", STORE), "Properties"),
        (("groups",), "New Group"),
        (("group", "EVS1"), "New Resource"),
    )
    for item, word in pages:
        lab.select(*item)
        press(lab, word)
        for one in widgets(lab):
            if isinstance(one, w.Button | w.Dropdown | w.Text | w.IntText | w.Select | w.Checkbox):
                assert one.tooltip


def test_the_panel_is_loaded_when_it_is_named() -> None:
    """`clusterlab.lab` knows the panel by name."""
    import clusterlab.lab

    assert "AdministratorLab" in clusterlab.lab.__all__


def test_a_command_names_its_line_before_it_is_pressed(lab: AdministratorLab) -> None:
    """The tooltip of a command is the cluster.exe line that it stands for."""
    lab.select("group", "EVS2")
    lab.choosers["to"].value = "NODE4"
    assert 'cluster group "EVS2" /moveto:NODE4' == lab.buttons["Move Group"].tooltip
    lab.select("node", "NODE3")
    assert "cluster node NODE3 /evict" == lab.buttons["Evict Node"].tooltip
