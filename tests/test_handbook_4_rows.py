"""Handbook 4: the files of steps say the same as its tables, row by row.

Prerequisites are compared in `test_handbook_4_paths.py`. Where we differ on purpose, the rows are
named here with the reason.
"""

import re

import pytest

from clusterlab.procedures import Plan, upgrade_path
from clusterlab.procedures.assumptions import ASSUMPTIONS
from clusterlab.procedures.procedure import Procedure, Task
from tests import handbook_4

# Section, path and size, and the ids of a row in it: printed to ours.
TABLES = [
    ("4.2", "U2", (2, 1), {}),
    ("4.3.2", "U2", (2, 1), {}),
    ("4.3.3", "U4", (4, 3), {"U4-i": "U4-2"}),
    ("4.3.3", "U4S", (4, 3), {}),
    ("4.3.6", "AA2", (2, 2), {}),
    ("4.3.7", "CI", (2, 1), {}),
    ("4.3.9", "SP", (2, 1), {}),
    ("4.4.2", "W", (2, 1), {}),
    ("4.6", "M55", (2, 1), {}),
    ("4.7", "SW", (2, 1), {}),
]
WANTED = {"U4": "U4-", "U4S": "U4S-"}
"""Of two paths in one section."""


def pairs(section: str, path: str, size: tuple[int, int], ids: dict[str, str]):
    """Yield each row of a path with its task, and the id that is printed."""
    procedure = upgrade_path(path, Plan.standard(*size))
    for printed, row in handbook_4.rows(section).items():
        if printed.startswith(WANTED.get(path, "")):
            own = printed
            for theirs, ours in ids.items():
                own = own.replace(theirs, ours)
            tasks = [task for task in procedure.tasks if task.short.partition("@")[0] == own]
            assert tasks, f"{printed} has no step"
            yield printed, row, tasks[0], procedure


# --- scope --------------------------------------------------------------------------------------

SCOPES = {
    "cluster": {"cluster"},
    "node": {"node"},
    "EVS": {"evs"},
    "EVSi": {"evs"},
    "EVS1": {"evs"},
    "forest": {"forest"},
    "org": {"forest"},
    "site": {"forest"},
    "server": {"forest"},
    "each": {"forest"},
    "domain": {"forest"},
    "cluster/org": {"cluster"},
    "EVS/node": {"evs"},
    "EVS/cluster": {"evs"},
    "-": {"forest"},
}
OTHER_SCOPE = {
    # The handbook moves groups of the cluster; ours is done for the node that they leave.
    *("U2-01", "U2-09", "U4-ib", "SP-03", "SP-09", "W-04"),
    # The handbook evicts and joins in the cluster; ours is done for the node.
    *("CI-01", "CI-03"),
    # Ours are done once, for all nodes or EVSs.
    *("P04", "P06", "P07", "P15", "M-12", "M-13", "M-14", "SW-03", "SW-04", "SW-05"),
    # Ours belong to the organization, or to the cluster whose front-ends they are.
    *("SP-01", "M-16", "M-18", "SW-07"),
}


@pytest.mark.parametrize(("section", "path", "size", "ids"), TABLES)
def test_a_step_is_done_for_what_its_row_says(section: str, path: str, size, ids):
    """The Scope column, word by word, but for the rows of OTHER_SCOPE (4.2 to 4.7)."""
    for printed, row, task, _ in pairs(section, path, size, ids):
        if "Scope" in row:
            is_same = task.step.scope in SCOPES[row["Scope"].split()[0]]
            assert is_same is (printed not in OTHER_SCOPE), printed


# --- codes --------------------------------------------------------------------------------------

NOT_ASKED = {("AA-05", "UE-12"), ("CI-05", "UE-12")}
"""These steps take the System Attendant offline themselves."""


def codes_in(text: str) -> set[str]:
    """Return the codes that a text names, "UE-02,03" as two."""
    lists = re.findall(r"UE-(\d\d(?:,\d\d)*)\b", text)
    return {f"UE-{number}" for found in lists for number in found.split(",")}


def codes_of(task: Task, procedure: Procedure) -> set[str]:
    """Return the codes that a step asks for or speaks of, or that steps after it ask for."""
    users = [procedure.task(key).step for key in procedure.users[task.key]]
    asked = {check.code for step in (task.step, *users) for check in step.checks}
    needed = {need.code for step in (task.step, *users) for need in step.needs}
    return asked | needed | codes_in(task.step.later)


@pytest.mark.parametrize(("section", "path", "size", "ids"), TABLES)
def test_a_step_has_the_codes_of_its_row(section: str, path: str, size, ids):
    """What the columns of a row call UE-nn is asked for, or said, by its step (4.2 to 4.7)."""
    for printed, row, task, procedure in pairs(section, path, size, ids):
        wanted = {(printed, code) for code in codes_in(" ".join(row.values()))}
        ours = {(printed, code) for code in codes_of(task, procedure)}
        assert wanted - ours <= NOT_ASKED, printed


# --- outage and way back ------------------------------------------------------------------------

MOVE, UPGRADE = {"T_MOVE"}, {"T_OFF", "T_MOVE_OFF", "T_CMD", "T_ON"}
OUTAGES = {
    "-": set(),
    "move": MOVE,
    "one move each": MOVE,
    "upgrade": UPGRADE,
    "start": {"T_OFF"},
    "running": {"T_MOVE_OFF", "T_CMD"},
    "stop": {"T_ON"},
}


@pytest.mark.parametrize(("section", "path", "size", "ids"), TABLES)
def test_an_evs_is_out_when_its_row_says_so(section: str, path: str, size, ids):
    """The Outage column: nobody is out, or for a move, or for the upgrade of an EVS (4.3)."""
    for printed, row, task, _ in pairs(section, path, size, ids):
        cell = row.get("Outage", row.get("Outage of EVSi"))
        if cell is not None:
            out = {name for name in task.step.takes if ASSUMPTIONS[name].is_outage}
            wanted = OUTAGES[cell.rpartition(": ")[2]]
            assert out <= wanted, printed
            assert bool(out) is bool(wanted), printed


ALSO_WAY_BACK = {"U2-09", "CI-06"}
"""Groups are moved back as in U2-01, and the node is joined again as in CI-01."""


@pytest.mark.parametrize(("section", "path", "size", "ids"), TABLES)
def test_a_way_back_is_named_where_the_row_names_one(section: str, path: str, size, ids):
    """The Rollback column: empty with us where it is "-" (4.2, 4.3 and 4.6)."""
    for printed, row, task, _ in pairs(section, path, size, ids):
        if "Rollback" in row and printed not in ALSO_WAY_BACK:
            assert (row["Rollback"] != "-") is bool(task.step.rollback), printed
