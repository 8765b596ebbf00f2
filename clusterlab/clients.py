"""One client, one file: what is wanted, what is there, and what is planned.

A client file has a table for each, [requirements], [cluster] and [plan], which says what a file of
its own would say; any of them may be missing. Files that say one of them alone are read as well.
What a table may say is decided by its reader; here is what they must agree in, and how the plan
follows from the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from itertools import chain, count, islice, zip_longest
from pathlib import Path
from typing import Any

from clusterlab.cluster.errors import ConfigError, printable
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.listings import find_listings
from clusterlab.clusterfiles.filekinds import FileKind, as_part, kind_of, part_of
from clusterlab.clusterfiles.importing import import_found, seen_in
from clusterlab.clusterfiles.reading import cluster_of
from clusterlab.clusterfiles.writing import starter_text
from clusterlab.design.designfiles import DesignFile, design_toml, designed, starter
from clusterlab.design.rules import facts_of_cluster, facts_of_design
from clusterlab.design.sizing import Design
from clusterlab.design.storage import volumes
from clusterlab.exchange.exres import evs_names, storage_groups
from clusterlab.procedures.catalogue import installation, read_work
from clusterlab.procedures.plan import NAME_LENGTH, Plan, PlanError, PlannedEvs, PlannedNode
from clusterlab.procedures.planfiles import plan_of, plan_toml, read_plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run
from clusterlab.rules.expressions import Fact
from clusterlab.tomlfiles.files import read_start, write_text
from clusterlab.tomlfiles.parsing import MAX_BYTES, Document, read_source
from clusterlab.tomlfiles.problems import ClusterFileError, Problem, Problems, name_of
from clusterlab.tomlfiles.tables import own_table

SAY: Mapping[str, Any] = own_table(Path(__file__).with_suffix(".toml")).data
MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Client:
    """What is known of a client: requirements, their design, the cluster that is there, the plan.

    Attributes:
        told: What a folder of listings shows: seen, guessed, assumed, not understood.
        seen: Properties that the listings show, for the checklist.
        document: What the file says; None for a folder or for values.
    """

    name: str = ""
    wanted: DesignFile | None = None
    design: Design | None = None
    there: Cluster | None = None
    plan: Plan | None = None
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: Mapping[str, frozenset[str]] | None = None
    file: str = ""
    document: Document | None = None

    @property
    def is_alone(self) -> bool:
        """Whether only one thing is known: what is wanted, what is there, or what is planned."""
        return sum(one is not None for one in (self.wanted, self.there, self.plan)) == 1

    @property
    def cluster(self) -> Cluster:
        """The cluster that there is; without it the planned one, else that of the design."""
        if self.there is not None:
            return self.there
        if self.plan is not None:
            return planned_cluster(self.plan)
        if self.design is None or self.wanted is None:
            raise ConfigError("the file says nothing of a cluster; add [cluster] or [requirements]")
        return self.design.cluster(self.wanted.cluster or "CL1")

    @property
    def interview(self) -> Mapping[str, Fact]:
        """The client's answers by question."""
        return {} if self.wanted is None else self.wanted.interview

    @property
    def facts(self) -> dict[str, Fact]:
        """What the design rules know: of the cluster that there is, else of the design."""
        if self.there is None and self.design is not None:
            return facts_of_design(self.design, self.interview)
        return facts_of_cluster(self.cluster, self.interview)


def planned_cluster(plan: Plan) -> Cluster:
    """Return the cluster that there is when everything in a plan is done."""
    run = Run(installation(plan))
    for task in run.left():
        run = run.attempt(task.key)
    if run.cluster is None:
        raise ConfigError(f"the plan of {plan.cluster} leads to no cluster; check it with 'plan'")
    return run.cluster


# --- reading --------------------------------------------------------------------------------------

_READERS: Mapping[FileKind, Callable[[Document, Problems], Mapping[str, Any]]] = {
    FileKind.DESIGN: lambda *said: dict(zip(("wanted", "design"), designed(*said), strict=True)),
    FileKind.CLUSTER: lambda *said: {"there": cluster_of(*said)},
    FileKind.PLAN: lambda *said: {"plan": plan_of(*said)},
}
"""What each kind of file says of a client, as it is read."""
ANY = tuple(_READERS)
"""The kinds of file that say something of a client."""


def read_client(
    path: Path | str,
    others: Sequence[FileKind] = (FileKind.CLUSTER,),
    *,
    must: FileKind | None = None,
    may_differ: bool = False,
    told: dict[str, tuple[str, ...]] | None = None,
) -> Client:
    """Return what a file or a folder with listings says of a client.

    Args:
        path: The file or folder.
        others: Kinds of file that are taken beside a client file; one that does not tell its kind
            is taken for the first.
        must: What a client file has to say.
        may_differ: Whether it may contradict itself.
        told: Takes what a folder of listings shows, also of one that is refused.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.
    """
    path, told = Path(path), {} if told is None else told
    if path.is_dir():
        found = find_listings(path)
        told |= {"seen": seen_in(found, name_of(path)), "not_understood": found.unread}
        result = import_found(found, name_of(path))
        told |= {"guessed": result.guesses, "assumed": result.assumptions}
        return Client(there=result.cluster, told=told, seen=result.seen)
    document, problems = read_source(path)
    kind = kind_of(document) or (FileKind.CLUSTER if "nodes" in document.data else others[0])
    kinds = [kind if kind in others else others[0]]
    if kind is FileKind.CLIENT:
        kinds = [one for one in _READERS if one.part in document.data or one is must]
    said: dict[str, Any] = {}
    for one in kinds:
        try:
            said |= _READERS[one](part_of(document, one, problems), problems)
        except ClusterFileError:  # the others may have problems, too
            continue
    problems.raise_if_any()
    name = document.data.get("client", "") if kind is FileKind.CLIENT else ""
    client = Client(name=name, told=told, file=path.name, document=document, **said)
    if differing := [] if may_differ else list(contradictions(client)):
        raise ClusterFileError(differing)
    if client.there is None and kind is FileKind.CLIENT:
        told["assumed"] = (SAY["played"]["design" if client.plan is None else "plan"],)
    return client


def work_of(path: Path, name: str = "") -> Procedure:
    """Return what `read_work` does; a client file must not contradict itself."""
    work = read_work(path, name)
    if kind_of(read_source(path)[0]) is FileKind.CLIENT:
        read_client(path)
    return work


# --- what must agree ------------------------------------------------------------------------------


def contradictions(client: Client) -> Iterator[Problem]:
    """Yield each pair of statements that cannot both be right, at the line of one of them."""
    if client.document is None:
        return
    line, remedy = client.document.lines.line, SAY["design"]["remedy"].format(file=client.file)
    for name, what, here, most in _more_than_wanted(client):
        at = line("requirements", f"{what}_max")
        said = SAY["there"]["max"].format(name=name, what=SAY[what], there=here, line=at, most=most)
        yield Problem(client.file, _line_of(client.document, "evs", name), said)
    if client.plan is None:
        return
    if client.design is not None:
        needs = client.document.data["requirements"]
        for where, what, values in _not_designed(client, client.plan):
            named = line("requirements", next((k for k in SAY["decides"][what] if k in needs), ""))
            said = SAY["design"][what].format(line=named, **values)
            yield Problem(client.file, line("plan", *where), f"{said}; {remedy}")
    if client.there is not None:
        remedy = SAY["there"]["remedy"].format(cluster=client.plan.cluster)
        for (key, name), where, what, values in _not_planned(client.plan, client.there):
            said = SAY["there"][what].format(name=name, line=line("plan", *where), **values)
            yield Problem(client.file, _line_of(client.document, key, name), f"{said}; {remedy}")


def _not_designed(client: Client, plan: Plan) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Yield where a plan has something else than what follows, what, and both."""
    one, other = _counted(plan), _counted(plan_for(client))
    for where in one:
        if where in other and one[where] != other[where]:
            evs = plan.evs[where[1]].name if len(where) > 1 else ""
            here, there = _only(one[where], other[where]), _only(other[where], one[where])
            yield where, where[-1], {"evs": evs, "plan": here, "other": there}


def _counted(plan: Plan) -> dict[Any, Any]:
    """Return what of a plan its design decides."""
    said: dict[Any, Any] = {("nodes",): len(plan.nodes), ("evs",): len(plan.evs)}
    for place, evs in enumerate(plan.evs):
        said["evs", place, "storage_groups"] = evs.storage_groups
        said["evs", place, "disks"] = frozenset(evs.disks)
    return {("cluster",): plan.cluster, **said}


def _only(value: Any, other: Any) -> Any:
    """Return the first few disks that *other* does not have, and how many more; else the value."""
    if not isinstance(value, frozenset):
        return value
    names, said = sorted(value - other), SAY["design"]
    first, more = ", ".join(names[:MOST_NAMED]) or said["none"], len(names) - MOST_NAMED
    return said["more"].format(names=first, count=more) if more > 0 else first


def _not_planned(plan: Plan, there: Cluster) -> Iterator[tuple[Any, Any, str, dict[str, Any]]]:
    """Yield what is there and not in the plan of the same cluster, and where it belongs."""
    if plan.cluster.casefold() != there.config.name.casefold():
        return
    nodes = {node.name.casefold() for node in plan.nodes}
    for node in there.config.nodes:
        if node.name.casefold() not in nodes:
            yield ("nodes", node.name), ("nodes",), "nodes", {}
    planned = {evs.name.casefold(): (place, evs) for place, evs in enumerate(plan.evs)}
    for name, home in _homes(there).items():
        place, evs = planned.get(name.casefold(), (0, None))
        if evs is None:
            yield ("evs", name), ("evs",), "evs", {}
        elif home.casefold() != evs.home.casefold():
            yield ("evs", name), ("evs", place, "home"), "home", {"there": home, "plan": evs.home}
        elif (here := _stored(there, name)["storage_groups"]) > evs.storage_groups:
            values = {"there": here, "plan": evs.storage_groups}
            yield ("evs", name), ("evs", place, "storage_groups"), "storage_groups", values


def _more_than_wanted(client: Client) -> Iterator[tuple[str, str, int, int]]:
    """Yield each EVS with more storage groups or databases than the requirements allow."""
    there, wanted = client.there, client.wanted
    if there is None or wanted is None or wanted.cluster not in ("", there.config.name):
        return
    for name in evs_names(there.config):
        for what, here in _stored(there, name).items():
            if here > (most := getattr(wanted.requirements, f"{what}_max")):
                yield name, what, here, most


def _stored(there: Cluster, evs: str) -> dict[str, int]:
    """Return how many storage groups and databases an EVS has."""
    stores = [one for one in there.config.members[evs] if one.type.short == "IS"]
    groups = sum(map(storage_groups, stores))
    return {"storage_groups": groups,
            "databases": sum(storage_groups(one) * int(one.private.get("databases", 1))
                             for one in stores)}  # fmt: skip


def _homes(there: Cluster) -> dict[str, str]:
    """Return the first preferred owner of each EVS, or its owner."""
    groups = [there.config.groups_by_name[name] for name in evs_names(there.config)]
    return {one.name: (*one.preferred_owners, there.owners[one.name])[0] for one in groups}


def _line_of(document: Document, key: str, name: str) -> int:
    """Return the line of [cluster] in which a node or an EVS is; an EVS may be written in full."""
    for listed in (key, "groups"):
        for place, one in enumerate(document.data["cluster"].get(listed, ())):
            if name in (one, isinstance(one, dict) and one["name"]):
                return document.lines.line("cluster", listed, place, "name")
    return document.lines.line("cluster")


# --- the plan that follows ------------------------------------------------------------------------


def client_text(active: int, passive: int, *, name: str, file: str) -> str:
    """Return a client file to start from: what is wanted, and a cluster that is there."""
    there = as_part(starter_text(active, passive, name=name, file=file), FileKind.CLUSTER)
    wanted = as_part(design_toml(starter(active, passive)), FileKind.DESIGN)
    return str(SAY["starter"]["head"]).format(file=printable(file), wanted=wanted, there=there)


def plan_for(client: Client) -> Plan:
    """Return the plan that follows from the design.

    Names, addresses and homes that are planned already stay; a new plan takes the names of the
    cluster that there is. Nodes, EVSs, storage groups and disks are those of the design.

    Raises:
        ClusterFileError: If no such cluster can be built.
        ConfigError: If there is no design.
    """
    made, there, old = client.design, client.there, client.plan
    if made is None or client.wanted is None:
        raise ConfigError("the file has no [requirements], so no plan follows from it")
    size = int(made["nodes"])
    base = old or Plan.standard(size, made.evs_count)
    cluster, known, homes = base.cluster, [node.name for node in base.nodes], dict[str, str]()
    if old is not None:
        homes = {evs.name: evs.home for evs in old.evs}
    elif there is not None:
        cluster, homes = there.config.name, _homes(there)
        known = [node.name for node in there.config.nodes]
    names, places = _names(known, "NODE", size), volumes(made)
    taken = [base.address, *base.reserve, *(evs.address for evs in base.evs)]
    taken += [address for node in base.nodes for address in (node.public, node.private)]
    public, private = (_free(net, taken) for net in (base.public_network, base.private_network))
    nodes = [
        replace(node, name=name)
        if node
        else PlannedNode(name=name, public=next(public), private=next(private))
        for name, node in zip_longest(names, base.nodes[:size])
    ]
    evss = []
    for place, name in enumerate(_names(homes, "EVS", made.evs_count)):
        group = f"EVS{place + 1}"
        evs = PlannedEvs(
            name=name,
            address=base.evs[place].address if place < len(base.evs) else next(public),
            disks=tuple(v.path.rstrip("\\") for v in places if v.group == group),
            home=homes[name] if homes.get(name) in names else names[place],
            storage_groups=int(made[f"{group.lower()}.storage_groups"]),
        )
        evss.append(evs)
    cluster = client.wanted.cluster or cluster
    try:
        return replace(base, cluster=cluster, nodes=tuple(nodes), evs=tuple(evss))
    except PlanError as error:
        where = client.document.lines.line("requirements") if client.document else 0
        said = [SAY["design"]["impossible"].format(why=why) for _, why in error.faults]
        raise ClusterFileError([Problem(client.file, where, one) for one in said]) from None


def plan_there(client: Client) -> Plan:
    """Return a plan of the cluster that there is, with NetBIOS names and training addresses.

    Else it is the plan of the file, or what follows from the design; ConfigError if none can be.
    """
    there = client.there
    if there is None:
        return client.plan or plan_for(client)
    homes = _homes(there)
    base = Plan.standard(len(there.config.nodes), len(homes))
    nodes = (replace(one, name=_netbios(node.name))
             for one, node in zip(base.nodes, there.config.nodes, strict=True))  # fmt: skip
    evss = (replace(one, name=_netbios(name), home=_netbios(home),
                    storage_groups=_stored(there, name)["storage_groups"])
            for one, (name, home) in zip(base.evs, homes.items(), strict=True))  # fmt: skip
    return replace(base, cluster=_netbios(there.config.name), nodes=tuple(nodes), evs=tuple(evss))


def _netbios(name: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "-", name)[:NAME_LENGTH].strip("-")


def _names(known: Iterable[str], word: str, number: int) -> list[str]:
    """Return so many names: those that are known, and numbered ones behind them."""
    known = list(known)
    folded = {name.casefold() for name in known}
    fresh = (f"{word}{one}" for one in count(1) if f"{word}{one}".casefold() not in folded)
    return list(islice(chain(known, fresh), number))


def _free(network: str, taken: Iterable[str]) -> Iterator[str]:
    """Yield the addresses above the highest one taken; the plan refuses those outside of it."""
    last = max(IPv4Address(one) for one in taken if IPv4Address(one) in IPv4Network(network))
    yield from (str(last + step) for step in count(1))


def fill(path: Path, client: Client, *, force: bool = False) -> str:
    """Write the plan that follows from the design into a client file; return what was done.

    Raises:
        ClusterFileError: If the plan that is there contradicts the design and *force* is not
            given, or no plan follows, or it cannot be written; the file is then as it was.
    """
    if client.document is None or kind_of(client.document) is not FileKind.CLIENT:
        return ""
    plan, lines = plan_for(client), client.document.lines
    rows, kept = lines.text.rstrip().split("\n"), list[str]()
    if client.plan is not None:
        differing = tuple(contradictions(replace(client, there=None)))
        if not differing:
            return "[plan] agrees with the design."
        if not force:
            raise ClusterFileError(differing)
        first = lines.line("plan") - 1
        later = (line for (key, *_), line in lines.lines.items() if key != "plan" and line > first)
        end = min(later, default=len(rows) + 1) - 1
        while end < len(rows) and rows[end - 1][:1] in ("", "#"):
            end -= 1  # what stands above the next table belongs to it
        rows, kept = rows[:first], rows[end:]
    text = "\n".join((*rows, "", as_part(plan_toml(plan), FileKind.PLAN), *kept)).rstrip() + "\n"
    assert read_plan(text) == plan, "a plan that was written is read as it was"
    is_dos = b"\r\n" in read_start(path, MAX_BYTES)
    write_text(path, text.replace("\n", "\r\n") if is_dos else text)
    return f"Written: [plan] of {path} (next: clusterlab plan {path})"
