"""The prompt: what a line of cluster.exe does and prints (handbook 1, 8.1 and 8.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.events import (
    REQUESTS,
    AddCheckpoint,
    AddDependency,
    AddNode,
    BringOnline,
    ChangeGroup,
    ChooseCommand,
    CleanUpNode,
    CreateGroup,
    CreateResource,
    DeleteGroup,
    DeleteResource,
    DesignateQuorum,
    Event,
    EvictNode,
    InitiateFailure,
    MoveGroup,
    NodeFailed,
    PauseNode,
    RemoveCheckpoint,
    RemoveDependency,
    RenameGroup,
    RenameResource,
    ResumeNode,
    SetMaintenance,
    SetNetworkPriority,
    SetProperties,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.properties import STORED
from clusterlab.cluster.states import Windows
from clusterlab.clusterexe import run_line
from clusterlab.clusterexe.commands import command_line
from clusterlab.clusterexe.lines import read_line
from clusterlab.clusterexe.listing import properties
from clusterlab.clusterexe.prompt import MAX_LINE, OBJECTS, OPTIONS
from clusterlab.lab import FailoverLab
from clusterlab.lab.magic import load_ipython_extension

CLUSTER = exchange_cluster()
STORE = "Exchange Information Store Instance - (EVS1)"


def new() -> Simulation:
    """Return three active nodes and a passive one, all Up."""
    return Simulation(CLUSTER)


# --- listings ---------------------------------------------------------------------------------


def test_a_line_without_an_option_lists_all() -> None:
    """The option left out means /status, the name left out means all."""
    assert run_line(new(), "cluster node /status") == run_line(new(), "CLUSTER Node")
    assert "NODE1" in run_line(new(), "cluster node")
    assert "EVS3" in run_line(new(), "cluster group")


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("cluster group evs2", f"{'EVS2':<20} {'NODE2':<15} Online"),
        ("cluster CL1 group EVS2 /stat", f"{'EVS2':<20} {'NODE2':<15} Online"),
        ("cluster /cluster:cl1 group EVS2", f"{'EVS2':<20} {'NODE2':<15} Online"),
        ("cluster . network", f"{'Public':<20} Up"),
        ("cluster net private", f"{'Private':<20} Up"),
        ("cluster netint /node:node3 /net:public", f"{'NODE3':<14} {'Public':<20} Up"),
        ("cluster node NODE2 /listint", f"{'NODE2':<14} {'Public':<20} Up"),
        ("cluster /ver", "Cluster Version: 5.2"),
        ("cluster /quorum", CLUSTER.config.quorum),
        ("cluster group EVS2 /listowners", "NODE2"),
        (f'cluster res "{STORE}" /listowners', "NODE4"),
    ],
)
def test_a_listing_ends_with_what_was_asked_for(line: str, last: str) -> None:
    """Objects, names and options in any case, abbreviated, with and without the cluster's name."""
    assert last == run_line(new(), line).splitlines()[-1]


def test_properties_are_listed_for_one_or_for_all() -> None:
    """/prop of a group is the listing that files are read from as well."""
    answer = run_line(new(), "cluster group EVS1 /prop")
    assert properties("group", CLUSTER, "EVS1") == answer
    assert answer in run_line(new(), "cluster group /prop")


def test_help_names_every_option() -> None:
    """`cluster` alone says what can be typed."""
    words = set(run_line(new(), "cluster").replace("/", " ").split())
    assert set() == {name for names in OPTIONS.values() for name in names} - words
    assert run_line(new(), "cluster /?") == run_line(new(), "cluster")


@pytest.mark.parametrize("kind", ["node", "group", "resource", "network", "restype"])
def test_each_object_tells_its_own_options(kind: str) -> None:
    """`cluster group /?` is what an administrator types first."""
    rows = run_line(new(), f"cluster {kind} /?").splitlines()
    assert rows == run_line(new(), f"cluster {kind} /help").splitlines()
    assert 3 == len(rows)
    assert set(OPTIONS[kind]) == {word[1:] for word in rows[-1].split() if word[0] == "/"}


def test_groups_are_listed_by_node() -> None:
    """/node:N lists what N owns (8.1); it goes with the listing alone."""
    rows = run_line(new(), "cluster group /node:node1").splitlines()
    assert ["Cluster", "EVS1"] == [row.split()[0] for row in rows[4:]]
    answer = run_line(new(), "cluster group EVS1 /moveto:NODE4 /node:NODE1")
    assert answer.startswith("/moveto takes no /node. /node goes with /status")


# --- time -------------------------------------------------------------------------------------


def test_a_move_returns_after_twenty_seconds() -> None:
    """Without /wait the prompt returns after 20 s, whatever has become of the group (8.1)."""
    sim = new()
    answer = run_line(sim, "cluster group EVS2 /moveto:NODE4")
    assert 20.0 == sim.now_s
    assert answer.endswith("Pending")


def test_a_move_with_wait_returns_when_the_group_is_online() -> None:
    """With /wait the prompt returns when the group has arrived (8.1)."""
    sim = new()
    answer = run_line(sim, "cluster group EVS2 /move:NODE4 /wait")
    assert f"{'EVS2':<20} {'NODE4':<15} Online" == answer.splitlines()[-1]
    other = new()
    other.move_group("EVS2", "NODE4")
    other.run()
    assert other.now_s == sim.now_s


def test_wait_takes_the_seconds_it_is_given() -> None:
    """/wait:5 returns after 5 s."""
    sim = new()
    run_line(sim, "cluster group EVS2 /move:NODE4 /wait:5")
    assert 5.0 == sim.now_s


def test_a_resource_is_waited_for() -> None:
    """With /wait until its state has changed, without 10 s on Windows Server 2003 (8, 1.3)."""
    sim = new()
    assert run_line(sim, f'cluster res "{STORE}" /off /wait').endswith("Offline")
    stopped_s = sim.now_s
    assert run_line(sim, f'cluster res "{STORE}" /on').endswith("Online Pending")
    assert stopped_s + 10.0 == sim.now_s


def test_windows_2000_waits_for_a_resource_without_being_asked() -> None:
    """/online of a resource returns when it is Online there (8, 1.3)."""
    sim = Simulation(exchange_cluster(1, 1, version=2000, windows=Windows.W2K))
    run_line(sim, f'cluster res "{STORE}" /off')
    assert run_line(sim, f'cluster res "{STORE}" /on').endswith("Online")


def test_a_start_waits_only_when_asked_to() -> None:
    """/start returns at once, with /wait when the node is Up."""
    sim = new()
    assert run_line(sim, "cluster node NODE4 /stop /wait").endswith("Down")
    stopped_s = sim.now_s
    run_line(sim, "cluster node NODE4 /start")
    assert stopped_s == sim.now_s
    sim.undo()
    assert run_line(sim, "cluster node NODE4 /start /wait").endswith("Up")


def test_undo_takes_back_a_line_with_its_time() -> None:
    """A line is one action."""
    sim = new()
    run_line(sim, "cluster group EVS2 /moveto:NODE4 /wait")
    sim.undo()
    assert CLUSTER.owners == sim.cluster.owners
    assert 0.0 == sim.now_s


# --- settings ---------------------------------------------------------------------------------


def test_every_listed_property_can_be_typed_back() -> None:
    """A property line of the listing, typed as Name=Value, changes nothing: one table for both."""
    sim = new()
    names = {prop.name for prop in STORED.values()}
    for kind, name, text in (
        ("group", "EVS1", properties("group", CLUSTER, "EVS1")),
        ("resource", STORE, properties("resource", CLUSTER, STORE)),
    ):
        rows = [row[24:].split() for row in text.splitlines()[4:]]
        words = [f"{row[-3]}={row[-2]}" for row in rows if len(row) >= 3 and row[-3] in names]
        assert len(words) >= 5
        assert text == run_line(sim, f'cluster {kind} "{name}" /prop {" ".join(words)}')
    assert CLUSTER.config == sim.cluster.config


def test_milliseconds_and_all_ones_are_understood() -> None:
    """Periods are typed in milliseconds; 0xFFFFFFFF is never, -1 is the same."""
    sim = new()
    line = f'cluster res "{STORE}" /prop restartperiod=60000 RetryPeriodOnFailure='
    for never in ("0xFFFFFFFF", "4294967295", "-1"):
        run_line(sim, line + never)
        store = sim.cluster.config.resources_by_name[STORE]
        assert (60.0, None) == (store.restart_period_s, store.retry_period_s)
        sim.undo()


def test_private_properties_are_set_in_the_units_of_the_product() -> None:
    """/priv takes the names and units that its own listing shows."""
    sim = new()
    sim.set_properties(STORE, private={"databases": 1, "is_alive_timeout_s": 30.0})
    answer = run_line(sim, f'cluster res "{STORE}" /priv isalivetimeout=45000')
    assert {"databases": 1, "is_alive_timeout_s": 45.0} == (
        sim.cluster.config.resources_by_name[STORE].private
    )
    assert answer.endswith("45000 (0xafc8)")


def test_owners_and_dependencies_are_added_and_removed() -> None:
    """/addowner, /removeowner, /adddep and /removedep change one name each."""
    sim = new()
    sim.take_offline(STORE)
    sim.run()
    assert not run_line(sim, f'cluster res "{STORE}" /removeowner:node4').endswith("NODE4")
    assert run_line(sim, f'cluster res "{STORE}" /addowner:node4').endswith("NODE4")
    needs = sim.cluster.config.resources_by_name[STORE].depends_on
    disk = next(one.name for one in CLUSTER.config.members["EVS1"] if "Disk" in one.name)
    run_line(sim, f'cluster res "{STORE}" /adddep:"{disk}"')
    assert (*needs, disk) == sim.cluster.config.resources_by_name[STORE].depends_on
    run_line(sim, f'cluster res "{STORE}" /removedep:"{disk}"')
    assert needs == sim.cluster.config.resources_by_name[STORE].depends_on


# --- the same as a click ----------------------------------------------------------------------

_EVENTS: list[tuple[Event, tuple[Event, ...]]] = [
    (StopClusterService("NODE3"), ()),
    (StartNode("NODE3"), (StopClusterService("NODE3"),)),
    (PauseNode("NODE4"), ()),
    (ResumeNode("NODE4"), (PauseNode("NODE4"),)),
    (EvictNode("NODE4"), (StopClusterService("NODE4"),)),
    (AddNode("My Node"), ()),
    (CleanUpNode("NODE4"), (NodeFailed("NODE4"), EvictNode("NODE4"))),
    (SetNetworkPriority(("Public", "Private")), ()),
    (SetMaintenance("Disk R:", True), ()),
    (SetProperties("CL1", {"disable_group_preferred_owner_randomization": True}), ()),
    (CreateGroup("My Group"), ()),
    (DeleteGroup("My Group"), (CreateGroup("My Group"),)),
    (RenameGroup("EVS2", "My Group"), ()),
    (CreateResource("My IP", "IP Address", "EVS2"), ()),
    (
        CreateResource(
            "My Name", "Network Name", "EVS2", ("EVS2 IP Address",), ("NODE1",), {"RequireDNS": 1}
        ),
        (),
    ),
    (DeleteResource("My IP"), (CreateResource("My IP", "IP Address", "EVS2"),)),
    (RenameResource("EVS2/IS", "My Store"), ()),
    (ChangeGroup("My IP", "EVS1"), (CreateResource("My IP", "IP Address", "Cluster Group"),)),
    (AddDependency(STORE, "Disk R:"), (TakeOffline("EVS1/IS"),)),
    (
        RemoveDependency(STORE, "Disk R:"),
        (TakeOffline("EVS1/IS"), AddDependency(STORE, "Disk R:")),
    ),
    (
        SetProperties("EVS2 IP Address", {"private": {"Address": "10.0.0.5", "network": "Public"}}),
        (),
    ),
    (DesignateQuorum(next(r.name for r in CLUSTER.config.members["EVS1"] if "Disk" in r.name)), ()),
    (AddCheckpoint("Disk R:", r"SOFTWARE\Mine"), ()),
    (RemoveCheckpoint("Disk R:", "K"), (AddCheckpoint("Disk R:", "K"),)),
    (MoveGroup("EVS2", "NODE4"), ()),
    (MoveGroup("EVS2"), ()),
    (TakeOffline("EVS2"), ()),
    (BringOnline("EVS2"), (TakeOffline("EVS2"),)),
    (TakeOffline("EVS1/IS"), ()),
    (BringOnline("EVS1/IS"), (TakeOffline("EVS1/IS"),)),
    (InitiateFailure("EVS1/IS"), ()),
    (SetProperties("EVS1", {"preferred_owners": ("NODE4", "NODE1")}), ()),
    (SetProperties("EVS1", {"preferred_owners": ()}), ()),
    (SetProperties("EVS1", {"failover_threshold": 4, "failover_period_h": 2}), ()),
    (SetProperties("EVS1", {"anti_affinity_class_names": ("A, b", "c")}), ()),
    (SetProperties("EVS1", {"failback_window_start": 22, "failback_window_end": -1}), ()),
    (SetProperties("EVS1/IS", {"restart_period_s": 4.001, "retry_period_s": None}), ()),
    (SetProperties("EVS1/IS", {"restart_action": 1, "is_alive_poll_s": 1.5}), ()),
    (SetProperties("Public", {"role": 2}), ()),
]


def test_every_request_is_among_the_round_trips() -> None:
    """No request is left out of the test below but the menus of programs, which have no line."""
    assert set(REQUESTS) - {ChooseCommand} == {type(event) for event, _ in _EVENTS}


@pytest.mark.parametrize(("event", "before"), _EVENTS, ids=repr)
def test_a_line_does_the_same_as_its_click(event: Event, before: tuple[Event, ...]) -> None:
    """The line that is shown for a click, typed, leads to the same cluster at the same time."""
    clicked, typed = new(), new()
    for sim in (clicked, typed):
        for earlier in before:
            sim.send(earlier)
            sim.run()
    lines = command_line(event, clicked.cluster.config).splitlines()
    for line in lines:
        run_line(typed, line)
    clicked.send(event)
    clicked.run(until_s=typed.now_s)
    assert clicked.cluster == typed.cluster
    assert len(typed.history) > len(lines)


def test_a_start_switch_is_typed_at_its_node() -> None:
    """`net start clussvc` needs the prompt of a node, and does then what the click does."""
    clicked, typed = new(), new()
    for sim in (clicked, typed):
        for node in sim.cluster.config.nodes_by_name:
            sim.send(NodeFailed(node))
        sim.run()
    event = StartNode("NODE2", "fixquorum")
    line = command_line(event, CLUSTER.config)
    assert "NODE2> net start clussvc /fixquorum" == line
    run_line(typed, line)
    clicked.send(event)
    assert clicked.cluster == typed.cluster
    assert "Put its prompt in front" in run_line(new(), "net start clussvc /fixquorum")


# --- refusals ---------------------------------------------------------------------------------


def test_a_refusal_is_a_system_error_with_its_number() -> None:
    """The product prints the code twice, decimal and hexadecimal."""
    first, second = run_line(new(), 'cluster res "Disk Q:" /off').splitlines()
    assert "System error 5020 has occurred (0x0000139c)." == first
    assert second.startswith("5020: the quorum resource cannot be taken offline.")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "The line is empty"),
        ("dir", "Begin with cluster"),
        ("cluster gruop", "did you mean 'group'?"),
        ("cluster CL2 group", "nor the name of this cluster"),
        ("cluster group EVS9", "has no group 'EVS9'"),
        ("cluster group /offline", "needs a name"),
        ("cluster group EVS1 /sta /x", "has no option '/x'"),
        ("cluster node NODE1 /sta", "/status, /start"),
        ("cluster group EVS1 /node", "/node needs a name. Type /node:NAME."),
        ("cluster group EVS1 /delete", "EVS1 still has"),
        ("cluster group EVS1 /create", "There is a group EVS1 already."),
        ("cluster res X /create /group:EVS1", "has a group and a type"),
        ("cluster res X /create /group:EVS1 /type:Y", "There is no resource type 'Y'."),
        ("cluster res EVS1/IS /delete /group:EVS1", "/group goes with /create"),
        ('cluster res "Disk Q:" /delete', "System error 5020"),
        ('cluster res "Disk R:" /delete', "System error 5001"),
        ('cluster res "Disk R:" /move:EVS2', "System error 5015"),
        ('cluster res "Disk R:" /move:EVS2 /wait', "at once"),
        (f'cluster res "{STORE}" /adddep:"Disk R:"', "System error 5019"),
        ("cluster group EVS1 offline", "The word 'offline' has no place here"),
        ('cluster group "EVS1', "A quote is not closed"),
        ("cluster group EVS1 /on /off", "/online and /offline do not go together"),
        ("cluster group EVS1 /on /on", "is there twice"),
        ("cluster group EVS1 /online:NODE4", "does not simulate /online with a node"),
        ("cluster group EVS1 /prop /wait", "takes no /wait"),
        ("cluster group EVS1 /move /wait:soon", "Allowed: whole seconds"),
        ("cluster group EVS1 /move /wait:99999", "Allowed: whole seconds"),
        ("cluster group EVS1 /prop FailoverTreshold=1", "did you mean 'FailoverThreshold'?"),
        ("cluster group EVS1 /prop FailoverThreshold=many", "Allowed: whole numbers"),
        ("cluster group EVS1 /prop FailoverPeriod=1194", "FailoverPeriod of group 'EVS1' is 1194"),
        ("cluster group EVS1 /prop FailoverPeriod", "has no value"),
        (f'cluster res "{STORE}" /prop RestartAction=3', "Allowed: 0, 1, 2"),
        (f'cluster res "{STORE}" /addowner:NODE1', "already a possible owner"),
        (f'cluster res "{STORE}" /removedep:"Disk Q:"', "System error 5002"),
        ("cluster node NODE1 /prop MajorVersion=6", "read-only"),
        ("cluster /add:A,B", "one node at a time"),
        ("cluster network Public /prop Role=1", "System error 5067"),
        ("net stop server", "net start clussvc"),
        ("x" * (MAX_LINE + 1), "Type at most"),
    ],
)
def test_a_wrong_line_is_refused_in_words(line: str, words: str) -> None:
    """Every refusal says what is wrong and what is allowed, and changes nothing."""
    sim = new()
    assert words in run_line(sim, line)
    assert 1 == len(sim.history)


_NAMES = ("NODE1", "node4", "EVS1", '"EVS2"', f'"{STORE}"', '"Disk Q:"', "Public", "CL1", "EVS1/SA")
_WORDS = st.one_of(
    st.sampled_from((*OBJECTS, "cluster", "net", "start", "clussvc", "NODE2>", "/cluster:cl1")),
    st.sampled_from(_NAMES),
    st.sampled_from([f"/{name}" for names in OPTIONS.values() for name in names]),
    st.builds(
        "/{}:{}".format,
        st.sampled_from([name for names in OPTIONS.values() for name in names]),
        st.sampled_from((*_NAMES, "5", "-1", "x", "", "NODE1,NODE2")),
    ),
    st.builds(
        "{}={}".format,
        st.sampled_from([prop.name for prop in STORED.values()]),
        st.sampled_from(("0", "1", "5", "99999", "-1", "0xffffffff", "x", '"a b",c', "")),
    ),
    st.text(max_size=6),
)
_LINES = st.one_of(
    st.text(max_size=60),
    st.lists(_WORDS, max_size=7).map(" ".join),
    st.lists(_WORDS, max_size=6).map(lambda words: " ".join(["cluster", *words])),
    st.builds(
        lambda kind, name, rest: " ".join(["cluster", kind, name, *rest]),
        st.sampled_from(tuple(OBJECTS)),
        st.sampled_from(_NAMES),
        st.lists(_WORDS, max_size=3),
    ),
)


@settings(
    max_examples=2000, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(_LINES)
def test_any_text_is_answered(line: str) -> None:
    """Whatever is typed ends in an answer; what was not carried out has changed nothing."""
    sim = new()
    answer = run_line(sim, line)
    assert answer.strip()
    if answer.startswith(("System error", "Not possible")):
        assert 1 == len(sim.history)


def test_reading_a_line_does_nothing() -> None:
    """A panel can ask first what a line would do."""
    assert MoveGroup("EVS2", "NODE4") == read_line(CLUSTER, "cluster group evs2 /move:node4").event


# --- the magic --------------------------------------------------------------------------------


class FakeShell:
    """A shell with variables, which keeps the magics that it is given."""

    def __init__(self, **variables: object) -> None:
        """Start with *variables* and no magic."""
        self.user_ns: dict[str, object] = dict(variables)
        self.magics: dict[str | None, Callable[[str], None]] = {}

    def set_hook(self, name: str, hook: object, str_key: str) -> None:
        """Completion is tested in a real IPython."""

    def register_magic_function(
        self, func: Callable[[str], None], magic_kind: str = "line", magic_name: str | None = None
    ) -> None:
        """Keep a line magic."""
        assert "line" == magic_kind
        self.magics[magic_name] = func


def typed_in(shell: FakeShell, capsys: pytest.CaptureFixture[str], *lines: str) -> list[str]:
    """Return what the magic prints for each line."""
    load_ipython_extension(shell)
    answers = []
    for line in lines:
        shell.magics["cluster"](line)
        answers.append(capsys.readouterr().out.removesuffix("\n"))
    return answers


def test_the_magic_works_on_the_variable_it_was_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`%cluster use b` makes all later lines work on b."""
    a, b = new(), new()
    answers = typed_in(FakeShell(a=a, b=b), capsys, "use b", "node NODE4 /pause", "node")
    assert "%cluster works on b." == answers[0]
    assert run_line(b, "cluster node") == answers[2]
    assert [1, 2] == [len(a.history), len(b.history)]


def test_the_magic_takes_the_only_simulation(capsys: pytest.CaptureFixture[str]) -> None:
    """With one simulation among the variables `use` can be left out."""
    sim = new()
    assert [run_line(sim, "cluster group")] == typed_in(FakeShell(sim=sim, x=1), capsys, "group")


def test_the_magic_says_what_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a simulation, or with a wrong name, the remedy is printed and nothing raised."""
    none, several, wrong = (
        typed_in(FakeShell(), capsys, "node"),
        typed_in(FakeShell(a=new(), b=new()), capsys, "node"),
        typed_in(FakeShell(a=new(), b=new()), capsys, "use c"),
    )
    assert "make one" in none[0]
    assert "Type %cluster use NAME; allowed: a, b." in several[0]
    assert "'c' is neither" in wrong[0]


# --- the panel --------------------------------------------------------------------------------


def entered(lab: FailoverLab, line: str) -> str:
    """Type a line into the panel's prompt, press Enter, and return what is shown."""
    lab._keys._handle_custom_msg({"line": line}, [])
    return str(lab._prompt.answer.value)


def test_a_line_in_the_panel_does_what_a_click_does() -> None:
    """Enter runs the line on the branch shown, time passes, Undo takes it back."""
    lab = FailoverLab()
    shown = entered(lab, "cluster group evs2 /move:node4 /wait")
    assert "NODE4           Online" in shown
    assert "NODE4" == lab.simulation.owner("EVS2")
    assert lab.simulation.now_s == lab.branches.moment_s > 20.0
    lab.buttons["undo"].click()
    assert "NODE2" == lab.simulation.owner("EVS2")


def test_a_line_typed_in_the_past_makes_a_branch() -> None:
    """The moment shown is the one at which the line acts; no future is destroyed."""
    lab = FailoverLab()
    lab.buttons["fail NODE3"].click()
    lab.buttons["to end"].click()
    lab.buttons["to start"].click()
    entered(lab, "cluster node NODE4 /pause")
    assert 2 == len(lab.branches.by_name)


def test_a_refusal_in_the_panel_is_shown_twice() -> None:
    """The prompt prints the system error; the panel shows the lesson where it always does."""
    lab = FailoverLab()
    assert "System error 5020" in entered(lab, 'cluster res "Disk Q:" /offline')
    assert "5020" in lab.errors.text
    assert "Begin with cluster" in entered(lab, "dir")


def test_a_line_waits_for_a_prediction() -> None:
    """With "Ask me first" the question comes before the answer."""
    lab = FailoverLab()
    lab._predict.value = True
    assert "waits for your prediction" in entered(lab, "cluster node NODE3 /stop")
    assert 1 == len(lab.simulation.history)


def test_what_is_typed_is_never_run_by_the_page() -> None:
    """A line with HTML in it is shown as it was written."""
    shown = entered(FailoverLab(), "<img src=x onerror=alert(1)>")
    assert "<img" not in shown
    assert "&lt;img" in shown


def test_the_magic_works_on_a_panel(capsys: pytest.CaptureFixture[str]) -> None:
    """`%cluster use` takes a panel as well; it then shows what happened."""
    lab = FailoverLab()
    typed_in(FakeShell(lab=lab), capsys, "use lab", "node NODE4 /pause")
    assert "NODE4 Paused" in repr(lab)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["group", "node", "resource", "use"]),
        ("use ", ["sim"]),
        ("group ", ['"Cluster Group"', "EVS1", "EVS2", "EVS3"]),
        ("group E", ["EVS1", "EVS2", "EVS3"]),
        ("group EVS1 /m", ["/moveto"]),
        ("node NODE1 ", ["/evict", "/forcecleanup", "/pause", "/resume", "/start", "/stop"]),
    ],
)
def test_the_magic_completes_kinds_names_and_options(typed: str, expected: list[str]):
    """Tab after `%cluster` offers what can stand there, in a real IPython."""
    from IPython.core.completer import provisionalcompleter
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    try:
        shell.run_line_magic("load_ext", "clusterlab")
        shell.user_ns["sim"] = Simulation(exchange_cluster())
        line = f"%cluster {typed}"
        shell.Completer.use_jedi = False
        with provisionalcompleter():
            found = shell.Completer.completions(line, len(line))
            assert expected == sorted(one.text for one in found)
    finally:
        shell.history_manager.end_session()
