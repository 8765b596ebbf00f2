"""The tables of a plan: counts of handbook 3, 1.4, names, disks, networks, permissions, CSV."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from clusterlab.cluster.states import Windows
from clusterlab.clusterfiles import ClusterFileError
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planning import (
    LINE,
    PlanTable,
    address_table,
    addresses_in_use,
    count_table,
    disk_table,
    export_tables,
    name_table,
    network_table,
    permission_table,
    plan_tables,
    plan_text,
    rights,
    warnings,
)
from clusterlab.procedures.step import Step
from clusterlab.procedures.stepfiles import steps_of

HANDBOOK = (Path(__file__).parent.parent / "docs/handbook/03-installation.md").read_text("utf-8")


def with_groups(plan: Plan, count: int, disks: tuple[str, ...] = ()) -> Plan:
    """Return *plan* with *count* storage groups in each EVS, the first with other disks."""
    evs = [replace(item, storage_groups=count) for item in plan.evs]
    return replace(plan, evs=(replace(evs[0], disks=disks or evs[0].disks), *evs[1:]))


def test_counts_of_the_handbook() -> None:
    """The table of handbook 3, 1.4: counted and requested addresses of five clusters."""
    rows = re.findall(
        r"^\| (\d) nodes, (\d) EVS \| (\d+) \| \*{0,2}(\d+)\*{0,2} \|$", HANDBOOK, re.M
    )
    assert 5 == len(rows)
    for nodes, evs, counted, requested in (map(int, row) for row in rows):
        assert counted == addresses_in_use(nodes, evs)
        assert requested == addresses_in_use(nodes, evs) + 1
        plan = Plan.standard(nodes, evs)
        assert requested == len(address_table(plan).rows)


@pytest.mark.parametrize(("nodes", "evs"), [(2, 1), (8, 7)])
def test_no_printed_table_is_wider_than_a_page(nodes: int, evs: int) -> None:
    """JupyterLab breaks lines of more than `LINE` characters, and a table falls apart."""
    for table in plan_tables(Plan.standard(nodes, evs)):
        assert max(map(len, str(table).splitlines())) <= LINE, table.name


def test_no_name_is_broken_in_a_printed_table() -> None:
    """A name that is wider than a cell stays whole."""
    name = "exchange-virtual-server-1.emea.corp.example"
    table = PlanTable(name="x", title="X", head=("FQDN", "What"), rows=((name, "an EVS"),))
    assert any(line.startswith(f"{name}  an EVS") for line in str(table).splitlines())


def test_both_figures_and_the_conflict_are_shown() -> None:
    """The counted list and the formula stand side by side, and the conflict is said (3, 1.4)."""
    table = count_table(Plan.standard(2, 1))
    assert ("In use (counted)", "2n + e + 1", "6") in table.rows
    assert ("To request (planning guide)", "2n + e + 2", "7") in table.rows
    assert "Conflict" in table.notes[0]


def test_consumers_add_up() -> None:
    """The rows above the sum of the counted list give the sum."""
    *consumers, counted, _, _ = count_table(Plan.standard(8, 7)).rows
    assert int(counted[2]) == sum(int(row[2]) for row in consumers)


def test_no_reserve_is_a_warning() -> None:
    """Exactly 2n + e + 1 addresses are possible and unwise (3, 1.4)."""
    assert () == warnings(Plan.standard(4, 3))
    (said,) = warnings(replace(Plan.standard(4, 3), reserve=()))
    assert said.startswith("12 addresses are planned, exactly 2n + e + 1; request 13")


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan.standard(1, 1), "one node: the cluster cannot fail over"),
        (Plan.standard(2, 2), "two EVSs on two nodes are active/active"),
        (
            replace(
                Plan.standard(3, 2),
                evs=tuple(replace(evs, home="NODE2") for evs in Plan.standard(3, 2).evs),
            ),
            "EVS1 and EVS2 have the same home NODE2",
        ),
        (with_groups(Plan.standard(2, 1), 1, ("E:", "R:")), "disk E: is usually the CD drive"),
        (with_groups(Plan.standard(2, 1), 1, ("R:",)), "EVS1 has one disk"),
        (with_groups(Plan.standard(4, 3), 3), "21 volumes .* plan mount points from the start"),
        (
            replace(with_groups(Plan.standard(4, 3), 3), windows=Windows.W2K),
            "21 volumes .* there are no mount points here",
        ),
    ],
)
def test_what_is_unwise(plan: Plan, said: str) -> None:
    """Each warning says what is unwise and what to do."""
    (warning,) = warnings(plan)
    assert re.match(said, warning)


def test_mount_points_from_twenty_letters_on() -> None:
    """e x (1 + 2 x SG) up to 20 needs no mount points; with some nothing is said (3, 1.5)."""
    assert () == warnings(with_groups(Plan.standard(4, 3), 2))
    assert () == warnings(with_groups(Plan.standard(5, 4), 2))
    mounted = with_groups(Plan.standard(4, 3), 3, ("R:", "S:", "R:\\SG2"))
    assert () == warnings(mounted)


def test_names_of_the_handbook() -> None:
    """The name plan of handbook 3, 1.6, each name with its FQDN."""
    rows = name_table(Plan.standard(4, 3)).rows
    assert ("Cluster", "CLUS1", "clus1.corp.example", "192.168.10.20", "-", "Q:") in rows
    assert ("EVS", "EVS2", "evs2.corp.example", "192.168.10.22", "-", "T: U:") in rows
    assert 4 + 1 + 3 + 1 == len(rows)


@pytest.mark.parametrize(
    ("groups", "disks", "contents"),
    [
        (1, ("R:", "S:"), ["databases and streaming files", "transaction logs"]),
        (
            1,
            ("R:", "S:", "R:\\SG1"),
            ["queues, data directory", "logs of storage group 1", "databases of storage group 1"],
        ),
        (4, ("R:", "S:"), ["databases and streaming files", "transaction logs"]),
        (4, ("R:", "S:", "R:\\X"), ["data directory", "Exchange data", "Exchange data"]),
    ],
)
def test_contents_of_disks(groups: int, disks: tuple[str, ...], contents: list[str]) -> None:
    """The smallest layout has two disks, the full one 1 + 2 x SG (3, 1.5; 5, 5.2.2)."""
    plan = with_groups(Plan.standard(2, 1), groups, disks)
    rows = [row for row in disk_table(plan).rows if row[2] == "EVS1"]
    assert contents == [row[3] for row in rows]
    kinds = {row[0]: row[1] for row in rows}
    assert "shared" == kinds["R:"]
    assert kinds.get("R:\\SG1", "mount point on R:") == "mount point on R:"


def test_network_settings() -> None:
    """The private network has role 1 and priority 1, and is last in the binding order (2.2)."""
    private = {row[0]: row[2] for row in network_table(Plan.standard()).rows}
    assert "last" == private["Binding order"]
    assert private["Cluster role"].startswith("1")
    assert private["Cluster priority"].startswith("1")
    assert private["Speed and duplex"].startswith("fixed")


def test_every_step_of_the_matrix_exists() -> None:
    """The permission matrix names steps that the handbook has."""
    known = set(re.findall(r"^#### (\w\d\d) ", HANDBOOK, re.M))
    known |= set(re.findall(r"^\| (R\d\d) ", HANDBOOK, re.M))
    assert set() == {step for right in rights() for step in right["steps"]} - known


NO_ACCOUNT = ("none", "read", "physical access")
WORDS = ("Full Administrator", "View Only", "Domain Admin", "Enterprise Admins", "Schema Admins")


@pytest.mark.parametrize("step", steps_of("install").steps, ids=lambda step: step.id)
def test_the_matrix_and_the_steps_agree(step: Step) -> None:
    """A step that needs an account stands in the matrix, with the rights that it names."""
    rows = [right for right in rights() if step.id.partition("/")[2] in right["steps"]]
    assert (step.permission in NO_ACCOUNT) is (rows == [])
    needed = f"{step.permission} ".replace("no Exchange role", "")
    said = " ".join(f"{right['windows']} {right['exchange']}" for right in rows)
    for word in (*WORDS, "local Administrator", "Backup Operator"):
        assert word.casefold() not in needed.casefold() or word.casefold() in said.casefold()


def test_roles_of_the_cluster_service_account() -> None:
    """The account has no Exchange role in 2003 and is Full Administrator in 2000 (3, 1.11)."""
    account = permission_table(Plan.standard()).rows[-1]
    assert ("none", "CORP\\svc-cluster") == (account[2], account[4])
    older = permission_table(replace(Plan.standard(), exchange=2000)).rows[-1]
    assert older[2].startswith("Exchange Full Administrator: organization for the first EVS")


def test_each_domain_needs_its_domain_admins() -> None:
    """DomainPrep is run by the Domain Admins of each prepared domain (3, 1.9)."""
    plan = replace(Plan.standard(), domains=("corp.example", "child.corp.example"))
    (row,) = (row for row in permission_table(plan).rows if row[0] == "DomainPrep")
    assert "Domain Admins of corp.example, child.corp.example, local administrator" == row[1]


@pytest.mark.parametrize("table", plan_tables(Plan.standard(8, 7)), ids=lambda table: table.name)
def test_tables_are_rectangular(table: PlanTable) -> None:
    """Each row has a cell for each column, and the text of a table is no wider than a page."""
    assert {len(table.head)} == {len(row) for row in table.rows}
    assert max(len(line) for line in str(table).splitlines()) <= 160


def test_text_names_everything() -> None:
    """The text of a plan has every table and every warning."""
    text = plan_text(replace(Plan.standard(), reserve=()))
    for table in plan_tables(replace(Plan.standard(), reserve=())):
        assert table.title in text
    assert text.splitlines()[-1].startswith("Warning: 12 addresses are planned")


def test_export_as_csv(tmp_path: Path) -> None:
    """Each table becomes a CSV file that gives the same cells when it is read."""
    plan = Plan.standard(4, 3)
    files = export_tables(plan_tables(plan), tmp_path / "client" / "plan")
    assert [f"{table.name}.csv" for table in plan_tables(plan)] == [file.name for file in files]
    for file, table in zip(files, plan_tables(plan), strict=True):
        assert file.read_bytes().startswith(b"\xef\xbb\xbf")
        with file.open(encoding="utf-8-sig", newline="") as text:
            assert [list(table.head), *map(list, table.rows)] == list(csv.reader(text))


def test_a_cell_is_no_formula_and_no_date_in_excel() -> None:
    """What begins like a formula gets an apostrophe, "1-2" a dash that makes no date."""
    cells = ("=cmd|'/C calc'!A0", "+1", "@sum", "-2+3", "1-2", "-", "9, 11-16")
    table = PlanTable(name="x", title="X", head=tuple("abcdefg"), rows=(cells,))
    shown = ("'=cmd|'/C calc'!A0", "'+1", "'@sum", "'-2+3", "1\N{EN DASH}2", "-", "9, 11-16")
    assert list(shown) == list(csv.reader(table.csv().splitlines()))[1]


def test_export_for_excel_with_semicolons(tmp_path: Path) -> None:
    """Where numbers have a decimal comma, Excel expects semicolons between the cells."""
    table = plan_tables(Plan.standard(4, 3))[2]
    (file,) = export_tables([table], tmp_path, ";")
    rows = file.read_text("utf-8-sig").splitlines()
    assert "1;192.168.10.11;192.168.10.0/24;NODE1, public adapter" == rows[1]


def test_export_where_a_file_stands(tmp_path: Path) -> None:
    """A file where the folder should be is left alone."""
    (tmp_path / "plan").write_text("mine", "utf-8")
    with pytest.raises(ClusterFileError, match="name another folder"):
        export_tables(plan_tables(Plan.standard()), tmp_path / "plan")
    assert "mine" == (tmp_path / "plan").read_text("utf-8")
