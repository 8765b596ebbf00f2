"""The tables of a plan: names, addresses, disks, networks, permissions; and what is unwise in it.

A table is a value that prints as text, becomes one CSV file, and stands in the runbook. What makes
a plan impossible is said by `plan.py`; `warnings` says what is possible and asks for trouble.
"""

from __future__ import annotations

import csv
import io
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path

from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2000
from clusterlab.procedures.plan import DATA_LETTERS, Plan, PlannedEvs
from clusterlab.rules.expressions import Fact, holds
from clusterlab.tomlfiles.files import write_texts
from clusterlab.tomlfiles.problems import ClusterFileError, Problem, name_of
from clusterlab.tomlfiles.tables import Keys, Reader, line, own_lists, own_rows, own_table, texts

CELLS = (34, 28, 22)
"""Most characters in a line of a cell of a printed table, the widest that a page has room for."""
LINE = 110
"""Most characters in a line of a printed table; JupyterLab breaks longer ones."""
CD_DRIVE = "E:"
"""Where the CD drive of a node usually is (handbook 5, 5.2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTable:
    """One table of a plan.

    Attributes:
        name: Name of its CSV file, without the ending.
        notes: What stands below it: rules, conflicts, sources.
    """

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the table in columns, long cells in several lines."""
        lines = [self.title, *_columns((self.head, *self.rows))]
        for note in self.notes:
            lines += textwrap.wrap(f"- {note}", width=96, subsequent_indent="  ")
        return "\n".join(lines)

    def csv(self, separator: str = ",") -> str:
        r"""Return the table as CSV: a heading, lines that end as Excel wants them.

        What Excel would take for a formula gets an apostrophe, and what it would take for a date
        ("1-2") a longer dash.

        Args:
            separator: Between the cells; Excel in countries with a decimal comma expects ";".

        Example:
            >>> PlanTable(name="x", title="X", head=("a", "b"), rows=(("1", "2, 3"),)).csv()
            'a,b\r\n1,"2, 3"\r\n'
        """
        text = io.StringIO(newline="")
        rows = ([_for_excel(cell) for cell in row] for row in (self.head, *self.rows))
        csv.writer(text, delimiter=separator).writerows(rows)
        return text.getvalue()


_FORMULA = re.compile(r"[=+@\t\r]|-.", re.DOTALL)
"""How a cell begins that Excel computes."""
_LIKE_A_DATE = re.compile(r"(\d{1,4})-(\d{1,4})")


def _for_excel(cell: str) -> str:
    """Return what makes Excel show *cell* as it is."""
    if _FORMULA.match(cell):
        return f"'{cell}"
    return _LIKE_A_DATE.sub("\\1\N{EN DASH}\\2", cell) if _LIKE_A_DATE.fullmatch(cell) else cell


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, its cells as wide as a line of `LINE` allows."""
    for most in CELLS:
        wrapped = [[_broken(cell, most) for cell in row] for row in rows]
        columns = zip(*wrapped, strict=True)
        widths = [max(len(line) for cell in column for line in cell) for column in columns]
        if sum(widths) + 2 * len(widths) <= LINE:
            break
    for number, row in enumerate(wrapped):
        for parts in zip_longest(*row, fillvalue=""):
            cells = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
            yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def _broken(cell: str, most: int) -> list[str]:
    """Return the lines of a cell; a name is never broken."""
    lines = textwrap.wrap(cell, most, break_long_words=False, break_on_hyphens=False)
    return lines or [""]


def addresses_in_use(nodes: int, evs: int) -> int:
    """Return how many static addresses a cluster uses, counted one by one: 2n + e + 1.

    Example:
        >>> addresses_in_use(nodes=4, evs=3)
        12

    Source: handbook 3, 1.4.
    """
    return 2 * nodes + evs + 1


def volumes(evs: PlannedEvs) -> int:
    """Return how many volumes an EVS should have: queue, and logs and databases for each SG.

    Source: handbook 5, 5.2.2.
    """
    return 1 + 2 * evs.storage_groups


def warnings(plan: Plan) -> tuple[str, ...]:
    """Return what is possible in *plan* and asks for trouble, each with its remedy.

    Example:
        >>> warnings(Plan.standard(4, 3))
        ()

    Source: handbook 3, 1.3 to 1.6; handbook 5, 5.2.2 to 5.2.4.
    """
    found = []
    for row in _warnings():
        for facts in _asked(plan, row.get("for", "plan")):
            if holds(row["when"], facts):
                found.append(row["text"].format_map(facts))
    return tuple(found)


@cache
def _warnings() -> tuple[Keys, ...]:
    path, said = Path(__file__).with_name("plan_warnings.toml"), ("when", "text", "for")
    return tuple(own_lists(path, dict.fromkeys(said, line), optional=("for",))["warnings"])


def _asked(plan: Plan, what: str) -> Iterator[Mapping[str, Fact]]:
    if what == "evs":
        for evs in plan.evs:
            yield {"name": evs.name, "disks": len(evs.disks)}
    elif what == "home":
        for home in dict.fromkeys(evs.home for evs in plan.evs):
            guests = [evs.name for evs in plan.evs if evs.home == home]
            yield {"home": home, "guests": len(guests), "names": " and ".join(guests)}
    else:
        disks = [disk for evs in plan.evs for disk in evs.disks]
        can_mount = plan.windows >= Windows.WS2003 and plan.exchange != EXCHANGE_2000
        yield {
            **_facts(plan),
            "reserve": len(plan.reserve),
            "cd": CD_DRIVE,
            "has_cd_letter": CD_DRIVE in disks,
            "has_mounts": any(len(disk) > len("R:") for disk in disks),
            "can_mount": can_mount,
        }


# --- the tables ---------------------------------------------------------------------------------


def plan_tables(plan: Plan) -> tuple[PlanTable, ...]:
    """Return all tables of a plan, in the order in which a consultant shows them.

    Example:
        >>> [table.name for table in plan_tables(Plan.standard())]
        ['names', 'address-count', 'addresses', 'disks', 'networks', 'permissions']

    Source: handbook 3, 1.3 to 1.10 and 2.2.
    """
    made = (name_table, count_table, address_table, disk_table, network_table, permission_table)
    return tuple(table(plan) for table in made)


@cache
def _said() -> Mapping[str, Keys]:
    root = own_table(Path(__file__).with_name("plan_tables.toml"))
    readers: Mapping[str, Reader] = {"title": line, "head": texts, "notes": texts, "rows": list}
    said = own_rows(root, readers, must=("title", "head", "notes"))
    root.problems.raise_if_any()
    return said


def _table(name: str, plan: Plan, rows: Iterable[Sequence[str]] = ()) -> PlanTable:
    """Return a table: *rows*, and what the file says of it, with the names of the plan."""
    said, facts = _said()[name], _facts(plan)

    def filled(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(" ".join(text.split()).format_map(facts) for text in texts)

    return PlanTable(
        name=name,
        title=said["title"].format_map(facts),
        head=filled(said["head"]),
        rows=(*map(tuple, rows), *map(filled, said.get("rows", ()))),
        notes=filled(said["notes"]),
    )


def _facts(plan: Plan) -> Mapping[str, Fact]:
    """Return what the texts of the tables name in braces."""
    nodes, evs = len(plan.nodes), len(plan.evs)
    used = addresses_in_use(nodes, evs)
    return {
        "nodes": nodes,
        "evs": evs,
        "used": used,
        "requested": used + 1,  # the planning guide's figure [conflict]
        "planned": used + len(plan.reserve),
        "names": len(plan.names),
        "domain": plan.domains[0],
        "public": plan.public_network,
        "private": plan.private_network,
        "needed": sum(volumes(evs) for evs in plan.evs),
        "letters": len(DATA_LETTERS),
        "role": CSA_ROLES.get(plan.exchange, "none"),
        "account": plan.service_account,
    }


def name_table(plan: Plan) -> PlanTable:
    """Return every name with its addresses and disks (handbook 3, 1.6)."""
    rows = [
        *(("Node", n.name, n.public, n.private, f"C: {plan.binaries} local") for n in plan.nodes),
        ("Cluster", plan.cluster, plan.address, "-", plan.quorum_disk),
        *(("EVS", evs.name, evs.address, "-", " ".join(evs.disks)) for evs in plan.evs),
        *(("Reserve", "-", address, "-", "-") for address in plan.reserve),
    ]
    full = {name: f"{name.lower()}.{plan.domains[0]}" for name in plan.names} | {"-": "-"}
    return _table("names", plan, ((kind, name, full[name], *rest) for kind, name, *rest in rows))


def count_table(plan: Plan) -> PlanTable:
    """Return the addresses by consumer: the counted list and the planning guide's formula."""
    return _table("address-count", plan)


def address_table(plan: Plan) -> PlanTable:
    """Return every address in order, numbered."""
    public, private = plan.public_network, plan.private_network
    uses = [
        *((node.public, public, f"{node.name}, public adapter") for node in plan.nodes),
        *((node.private, private, f"{node.name}, private adapter") for node in plan.nodes),
        (plan.address, public, f"{plan.cluster}, Cluster IP Address"),
        *((evs.address, public, f"{evs.name} IP Address") for evs in plan.evs),
        *((address, public, "reserve") for address in plan.reserve),
    ]
    return _table("addresses", plan, ((str(n), *use) for n, use in enumerate(uses, start=1)))


def disk_table(plan: Plan) -> PlanTable:
    """Return every disk with its group and contents (handbook 3, 1.5)."""
    local, files = "each node, local", rf"{plan.binaries}\Program Files\Exchsrvr"
    rows = [
        ("C:", local, "-", "Windows"),
        (plan.binaries, local, "-", f"Exchange binaries, {files}"),
        (plan.quorum_disk, "shared", "Cluster Group", "quorum, 500 MB; nothing else but MSDTC"),
    ]
    for evs in plan.evs:
        for disk, contents in zip(evs.disks, _contents(evs), strict=True):
            kind = "shared" if len(disk) == len("R:") else f"mount point on {disk[:2]}"
            rows.append((disk, kind, evs.name, contents))
    return _table("disks", plan, rows)


def _contents(evs: PlannedEvs) -> tuple[str, ...]:
    groups = range(1, evs.storage_groups + 1)
    if len(evs.disks) == volumes(evs):
        pairs = ((f"logs of storage group {n}", f"databases of storage group {n}") for n in groups)
        return ("queues, data directory", *(text for pair in pairs for text in pair))
    if len(evs.disks) == 2:  # the smallest layout of handbook 3, 1.5
        return ("databases and streaming files", "transaction logs")
    return ("data directory", *("Exchange data" for _ in evs.disks[1:]))


def network_table(plan: Plan) -> PlanTable:
    """Return the settings of the public and the private network (handbook 3, 2.2)."""
    return _table("networks", plan)


@cache
def rights() -> tuple[Keys, ...]:
    """Return the permission matrix: a task, what its account needs, and the steps it is for.

    Source: handbook 3, 1.9.
    """
    readers = {**dict.fromkeys(("task", "windows", "exchange"), line), "steps": texts}
    return tuple(own_lists(Path(__file__).with_name("rights.toml"), readers)["right"])


CSA_ROLES = {
    EXCHANGE_2000: "Exchange Full Administrator: organization for the first EVS, administrative "
    "group for later ones"
}
"""Exchange roles of the Cluster service account; none in Exchange 2003 (handbook 3, 1.11)."""


def permission_table(plan: Plan) -> PlanTable:
    """Return the permission matrix with the accounts to be filled in (handbook 3, 1.9, 1.10)."""
    domains = ", ".join(plan.domains)
    rows = (
        (r["task"], r["windows"].format(domains=domains), r["exchange"], " ".join(r["steps"]), "")
        for r in rights()
    )
    return _table("permissions", plan, rows)


def plan_text(plan: Plan) -> str:
    """Return the tables and warnings of a plan as text."""
    said = [f"Warning: {warning}" for warning in warnings(plan)]
    return "\n\n".join((*(str(table) for table in plan_tables(plan)), *said))


def export_tables(
    tables: Sequence[PlanTable], folder: Path, separator: str = ",", *, force: bool = True
) -> tuple[Path, ...]:
    """Write each of *tables* as a CSV file into *folder*; return the files.

    The files start with a byte order mark, so that Excel reads them as UTF-8.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"{error.strerror or error}; name another folder"
        raise ClusterFileError([Problem(name_of(folder), 0, text)]) from None
    texts = {folder / f"{table.name}.csv": f"\ufeff{table.csv(separator)}" for table in tables}
    write_texts(texts, force=force)
    return tuple(texts)
