"""Property lists of cluster.exe: formats, defaults, queries, and who may stand first."""

from __future__ import annotations

import re

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.states import Windows
from clusterlab.clusterexe.commands import command_line
from clusterlab.clusterexe.lines import run_line
from clusterlab.exchange.evs import EVS_CLASS
from tests.plain import plain

STORE = '"Exchange Information Store Instance - (EVS1)"'
ATTENDANT = '"Exchange System Attendant Instance - (EVS1)"'


@pytest.fixture
def sim() -> Simulation:
    """Return a cluster with three EVSs on four nodes."""
    return Simulation(exchange_cluster())


@pytest.mark.parametrize(
    "line",
    [
        "FailoverThreshold=3",
        "FailoverThreshold=3:DWORD",
        "failoverthreshold = 0x3:dword",
    ],
)
def test_a_format_is_read_in_any_case_and_never_stored(line: str, sim: Simulation):
    """With blanks round the equals sign as the documentation shows it (handbook 8, 1.4)."""
    run_line(sim, f"cluster group EVS1 /prop {line}")
    assert 3 == sim.cluster.config.groups_by_name["EVS1"].failover_threshold


@pytest.mark.parametrize("form", ["multistr", "MultiString", ""])
def test_a_class_with_a_format_is_the_same_class(form: str, sim: Simulation):
    """The format is no part of the name."""
    words = f'AntiAffinityClassNames="A", "{EVS_CLASS}"' + f":{form}" * bool(form)
    run_line(sim, f"cluster group EVS1 /prop {words}")
    assert ("A", EVS_CLASS) == sim.cluster.config.groups_by_name["EVS1"].anti_affinity_class_names


@pytest.mark.parametrize("word", ["FailoverThreshold=3:string", "AntiAffinityClassNames=x:dword"])
def test_a_wrong_format_stores_nothing(word: str, sim: Simulation):
    """The data type does not match."""
    before = sim.cluster
    assert "data type does not match" in run_line(sim, f"cluster group EVS1 /prop {word}")
    assert before == sim.cluster


def test_a_default_comes_back(sim: Simulation):
    """A common property gets its default, a private one is deleted, by both spellings."""
    run_line(sim, "cluster group EVS1 /prop FailoverThreshold=3 FailoverPeriod=2")
    run_line(sim, "cluster group EVS1 /prop:FailoverThreshold,FailoverPeriod /usedefault")
    group = sim.cluster.config.groups_by_name["EVS1"]
    assert (10, 6) == (group.failover_threshold, group.failover_period_h)
    for back in ("/priv IsAliveTimeout=usedefault", "/priv:IsAliveTimeout /usedefault"):
        run_line(sim, f"cluster res {STORE} /priv IsAliveTimeout=600000:DWORD")
        assert "600000" in run_line(sim, f"cluster res {STORE} /priv")
        run_line(sim, f"cluster res {STORE} {back}")
        assert "IsAliveTimeout" not in run_line(sim, f"cluster res {STORE} /priv")


@pytest.mark.parametrize("name", ["EVS1/SA", "EVS1/SMTP"])
def test_every_exchange_resource_takes_its_timeout(name: str, sim: Simulation):
    """KB 836566 names no type of its own."""
    assert "45000 (0xafc8)" in run_line(sim, f"cluster res {name} /priv IsAliveTimeout=45000")


def test_one_property_can_be_asked_for(sim: Simulation):
    """Of one thing or of all."""
    rows = run_line(sim, "cluster group EVS1 /prop:FailoverThreshold").splitlines()[4:]
    assert ["D  EVS1                 FailoverThreshold              10 (0xa)"] == rows
    text = run_line(sim, "cluster res /prop:Type")
    assert len(sim.cluster.config.resources) == sum(" Type " in row for row in text.splitlines())


def test_an_address_that_is_online_is_stored_for_later(sim: Simulation):
    """5024; Kerberos of an Online name is refused (5023)."""
    line = 'cluster res "EVS1 IP Address" /priv Address=10.0.0.9'
    assert "System error 5024" in run_line(sim, line)
    assert "10.0.0.9" == sim.cluster.config.resources_by_name["EVS1 IP Address"].private["Address"]
    line = 'cluster res "EVS1 Network Name" /priv RequireKerberos=1:DWORD'
    assert "System error 5023" in run_line(sim, line)


def test_a_node_that_is_up_may_stand_first(sim: Simulation):
    """It reaches the cluster, and one that is Down does not."""
    assert run_line(sim, "cluster group") == run_line(sim, "cluster node2 group")
    sim.fail_node("NODE2")
    sim.run(until_s=60)
    assert "NODE2 cannot be reached" in run_line(sim, "cluster NODE2 group")


@pytest.mark.parametrize(
    "line",
    [
        "cluster /quorum /maxlogsize:8192",
        "cluster /quorum /path:Q:\\LOG\\",
        "cluster /rename:CL2",
        "cluster network Private /rename:X",
        "cluster network Private /priv MulticastDisabled=1",
        "cluster group EVS1 /prop Description=Mail",
        "cluster restype X /create",
        'cluster res "Disk R:" /addcrypto:"A\\B\\C"',
    ],
)
def test_what_is_documented_and_not_simulated_says_so(line: str, sim: Simulation):
    """No documented option is unknown (handbook 8, 1.2)."""
    assert "The lab does not simulate" in run_line(sim, line)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('cluster res "Disk R:" /prop Name=X', "Name of resource Disk R: is read-only"),
        ('cluster res "Disk R:" /prop Type=X', "Type of resource Disk R: is read-only"),
        ('cluster res "EVS1 Network Name" /priv StatusDNS=0', "Network Name is read-only"),
        ("cluster group EVS1 /prop Priority=1", "comes with Windows 2012"),
        ("cluster netint /node:NODE1 /net:Public /prop Address=1", "is read-only"),
        ("cluster netint /node:NODE1", "Name both"),
        ("cluster /quorum /path:R:\\MSCS\\", "R: is not Disk Q:"),
        ("cluster group EVS1 /path:Q:\\", "has no option"),
        ("cluster res /prop:Nonsense", "There is no property 'nonsense'"),
        ("cluster group EVS1 /prop:FailoverTreshold", "did you mean 'FailoverThreshold'"),
        ("cluster res /priv:Adress", "did you mean 'Address'"),
        ("cluster /priv HangRecoveryAction=3", "Type /prop HangRecoveryAction=3 instead"),
        ("cluster group EVS1 /priv FailoverPeriod=3", "is a common property of group EVS1"),
        ('cluster res "EVS1 Network Name" /prop RequireDNS=1', "Type /priv RequireDNS=1 instead"),
        ('cluster res "Disk R:" /priv Foo=2:DWORD', "keep an unknown property with its format"),
    ],
)
def test_what_cannot_be_set_says_why(line: str, words: str, sim: Simulation):
    """Read-only, of a later Windows, not both of an interface, another disk (handbook 8, 2)."""
    assert words in run_line(sim, line)
    assert 1 == len(sim.history)


@pytest.mark.parametrize(
    ("name", "word"),
    [(STORE, "storage_groups"), (STORE, "databases"), (ATTENDANT, "server_object")],
)
@pytest.mark.parametrize("form", ["", ":DWORD"])
def test_what_the_lab_keeps_is_no_property_of_the_product(
    name: str, word: str, form: str, sim: Simulation
):
    """What cluster.exe does not have, it neither shows nor sets (handbook 8, 2.3)."""
    assert f"has no private property '{word}'" in run_line(
        sim, f"cluster res {name} /priv {word}=2{form}"
    )
    assert word not in run_line(sim, f"cluster res {name} /priv")
    assert 1 == len(sim.history)


def test_a_line_may_go_through_find(sim: Simulation):
    """Lines in use in public scripts are filtered as the prompt would (handbook 8, 6)."""
    up = run_line(sim, 'cluster node | find "Up"').splitlines()
    assert ["NODE1", "NODE2", "NODE3", "NODE4"] == [row.split()[0] for row in up]
    assert "" == run_line(sim, 'cluster res /priv | find "VirtualServerName"')
    assert "" == run_line(sim, "cluster node | find up")
    assert 4 == len(run_line(sim, "cluster node | findstr /i up").splitlines())


def test_storage_groups_are_set_as_in_system_manager(sim: Simulation):
    """System Manager has no lines; the lab's own shows, sets and refuses (handbook 2, 3.2)."""
    assert "storage groups 4, databases in each 1" == run_line(sim, "esm EVS1/IS")
    assert "storage groups 2, databases in each 1" == run_line(sim, "esm EVS1/IS storage_groups=2")
    assert "now has storage groups 2" in sim.history[-1].event.in_words()
    for line, words in {
        "esm": "needs a resource",
        'esm "Disk R:"': "Name an Information Store",
        "esm EVS1/IS storage_groups=9": "allowed: 1 to 4",
        "esm EVS1/SA": "Name an Information Store",
        "esm EVS1/IS server_object=1": "sets no 'server_object'",
    }.items():
        assert words in run_line(sim, line)


def test_what_sets_storage_groups_has_its_line(sim: Simulation):
    """The line of a request is the one that does it, and never one of cluster.exe."""
    private = {"storage_groups": 2, "databases": 1, "is_alive_timeout_s": 30.0}
    store = STORE.strip('"')
    lines = command_line(SetProperties(store, {"private": private}), sim.cluster.config)
    assert [
        f"esm {STORE} storage_groups=2",
        f"cluster resource {STORE} /priv IsAliveTimeout=30000:DWORD",
    ] == lines.splitlines()
    for line in lines.splitlines():
        run_line(sim, line)
    assert private == sim.cluster.config.resources_by_name[store].private


def test_the_old_name_answers_until_the_new_one_is_online(sim: Simulation):
    """Name= is stored at once and acts at the next online (5024; handbook 2, 7.8)."""
    run_line(sim, 'cluster res "EVS1 Network Name" /priv Name=NEWEVS')
    assert "NODE4" in run_line(sim, "cluster EVS1 node")
    assert "neither an object" in run_line(sim, "cluster NEWEVS node")
    run_line(sim, "cluster group EVS1 /offline /wait")
    assert "neither an object" in run_line(sim, "cluster EVS1 node")
    assert "cannot be reached" in run_line(sim, "cluster NEWEVS node")


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("cluster EVS1 node", "NODE4                4 Up"),
        ("cluster cl1.example.com node", "NODE4                4 Up"),
        ("cluster -c:EVS2 node", "NODE4                4 Up"),
        ("cluster . node", "NODE4                4 Up"),
        ("NODE4> cluster node /pause", "NODE4                4 Paused"),
        ('cluster /quorum:"Disk Q:" /path:Q:\\MSCS\\ /maxlogsize:4096', "Disk Q:"),
        ("cluster /quorum /maxlogsize:4096", "Disk Q:"),
        ("cluster resourcetyp", "Microsoft Exchange MS Search Instance"),
        ('cluster restype "Physical Disk" /listowners', "NODE4"),
        ("cluster res EVS1/SA /addcheck:Software\\X", "Software\\X"),
    ],
)
def test_documented_lines_do_what_they_say(line: str, last: str, sim: Simulation):
    """First words, prompts, the quorum log, types and checkpoints (handbook 8, 1.1 and 1.2)."""
    assert run_line(sim, line).splitlines()[-1].endswith(last)


def test_a_name_that_is_offline_reaches_nothing(sim: Simulation):
    """A Network Name answers only while it is Online (handbook 8, 1.1)."""
    run_line(sim, "cluster group EVS2 /offline /wait")
    assert "EVS2 cannot be reached" in run_line(sim, "cluster EVS2 node")


def test_windows_nt_has_no_networks():
    """Its appendix lists five commands (handbook 8, 1.1)."""
    sim = Simulation(plain(2, windows=Windows.NT4))
    assert "Windows NT 4.0 has no cluster network" in run_line(sim, "cluster net")


def test_older_windows_list_fewer_properties():
    """Windows 2000 has neither anti-affinity nor extensions (handbook 8, 2.1)."""
    sim = Simulation(exchange_cluster(1, 1, version=2000, windows=Windows.W2K))
    text = run_line(sim, "cluster group EVS1 /prop")
    assert "FailoverPeriod" in text
    assert "AntiAffinityClassNames" not in text
    assert "AdminExtensions" not in text


def test_a_property_is_printed_with_the_letters_of_its_table(sim: Simulation):
    """A signature is a DWORD; the codes of a Network Name are read-only, 0 while Online (2.3)."""
    row = run_line(sim, 'cluster res "Disk R:" /priv:Signature').splitlines()[-1]
    assert re.fullmatch(r"D  Disk R: +Signature +(\d+) \(0x([0-9a-f]+)\)", row)
    row = run_line(sim, 'cluster res "EVS1 Network Name" /priv:StatusKerberos').splitlines()[-1]
    assert ["DR", "StatusKerberos", "0", "(0x0)"] == [*row.split()[:1], *row.split()[4:]]
    run_line(sim, "cluster group EVS1 /offline /wait")
    row = run_line(sim, 'cluster res "EVS1 Network Name" /priv:StatusKerberos').splitlines()[-1]
    assert row.endswith("(0xffffffff)")


def test_a_property_without_a_value_here_says_so(sim: Simulation):
    """An interface has an address (8, 2.1), which the lab does not keep."""
    line = "cluster netint /node:NODE1 /net:Public /prop:{}"
    assert "The lab keeps no such property" in run_line(sim, line.format("Address"))
    assert "The lab keeps" not in run_line(sim, line.format("Node"))
