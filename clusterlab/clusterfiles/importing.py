"""From the listings of a real cluster to a cluster; what no listing says is assumed, and said.

A consultant brings what cluster.exe printed at a client, in whatever files. The cluster is taken as
it was found: the limits of Exchange's design are for `whatif` and the lessons to point at, not a
reason to refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster.errors import instead_of, printable, shown
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.model import DEFAULT_NETWORKS, Cluster, Group, Network, Node, Resource
from clusterlab.cluster.properties import PRIVATE_NAMES, PRIVATE_SECONDS
from clusterlab.cluster.resource_types import GENERIC_SERVICE
from clusterlab.cluster.states import NetworkRole, NodeState, ResourceState, Windows
from clusterlab.clusterexe.evidence import ListingEvidence
from clusterlab.clusterexe.listing import BUILD_NUMBERS
from clusterlab.clusterexe.listings import FoundListings, Listing, find_listings
from clusterlab.clusterexe.rows import Names, NodeRow, OwnedRow, named, names_of, number
from clusterlab.clusterfiles.building import MAX_RESOURCES, Description, build
from clusterlab.clusterfiles.guesses import (
    UNKNOWN,
    exchange_version,
    likely_quorum,
    type_by_name,
    type_by_private,
    type_by_quorum,
    types_by_needs,
    usual_needs,
)
from clusterlab.clusterfiles.reading import GROUP_VALUES, RESOURCE_VALUES
from clusterlab.exchange import evs
from clusterlab.tomlfiles.problems import Problems, name_of


class ListingImport(NamedTuple):
    """A cluster from listings, and what was assumed for it.

    Attributes:
        cluster: As it was found.
        files: Names of the files that were read.
        assumptions: One sentence for each thing that no listing said.
        guesses: One sentence for each kind of thing that was guessed, all of them by name.
        unread: What was not understood, with file and line.
        seen: Folded names of things by the kind of listing that was seen of them.
    """

    cluster: Cluster
    files: tuple[str, ...]
    assumptions: tuple[str, ...]
    guesses: tuple[str, ...]
    unread: tuple[str, ...]
    seen: Mapping[str, frozenset[str]]


def import_listings(folder: Path) -> Cluster:
    """Return the cluster whose listings are in the files of *folder*."""
    return read_listings(folder).cluster


def read_listings(folder: Path) -> ListingImport:
    """Return the cluster whose listings are in *folder*, and what was assumed for it.

    Raises:
        ClusterFileError: With everything that contradicts itself; nothing is loaded.
    """
    return import_found(find_listings(folder), name_of(folder))


def import_found(found: FoundListings, name: str) -> ListingImport:
    """Return the cluster of the listings *found* in a folder called *name*."""
    problems = Problems(name)
    importer = _Importer(found.listings, problems)
    importer.read()
    cluster = build(importer.described, problems)
    texts = (importer.assumptions, importer.guesses(), found.unread)
    assumed, guessed, unread = (tuple(map(printable, sentences)) for sentences in texts)
    return ListingImport(cluster, found.files, assumed, guessed, unread, importer.seen())


def seen_in(found: FoundListings, name: str) -> tuple[str, ...]:
    """Return what the listings *found* prove, also where they are too few for a cluster."""
    importer = _Importer(found.listings, Problems(name))
    importer.prove_types()
    return tuple(map(printable, importer.told()))


_PRIVATE: Mapping[str, str] = {name.casefold(): key for key, name in PRIVATE_NAMES.items()}
BY_NAME = "its name"
"""What tells a type that is only guessed."""
_BECOMING: Mapping[str, ResourceState] = {
    "Online Pending": ResourceState.ONLINE,
    "Offline Pending": ResourceState.OFFLINE,
}


class _Importer(ListingEvidence):
    """Reads listings into a description, in the order in which one explains the next."""

    def __init__(self, listings: Sequence[Listing], problems: Problems) -> None:
        super().__init__(listings, problems)
        self.described = Description(settings={"is_as_found": True})
        self.needs: dict[str, tuple[str, ...]] = {}
        self.proofs: dict[str, tuple[str, str]] = {}  # the type of each resource, what tells it
        self.unknown_types: dict[str, list[str]] = {}

    def read(self) -> None:
        nodes, groups = self.nodes, self.groups
        if not self.resources:
            text = "no 'cluster resource' listing with rows; run cluster resource, save what it"
            self.problems.add(0, f"{text} prints in this folder")
        for kind, rows in (("node", nodes), ("group", groups), ("resource", self.resources)):
            if len(rows) > MAX_RESOURCES:
                text = f"there are more than {MAX_RESOURCES:,} {kind}s; allowed: {MAX_RESOURCES:,}"
                self.problems.add(0, f"{text} (handbook 1, 3); leave out other clusters")
        self.problems.raise_if_any()
        self.add_nodes(nodes, groups)
        self.add_groups(groups)
        self.add_resources()
        self.add_cluster()
        self.settle()

    @property
    def node_names(self) -> Names:
        return names_of(node.name for node in self.described.nodes)

    # --- nodes, networks, the cluster ---------------------------------------------------------

    def add_nodes(self, rows: Sequence[NodeRow], groups: Sequence[OwnedRow]) -> None:
        """Add the nodes; without a listing those that own something, all Up."""
        described = self.described
        if not rows:
            names = self.named_nodes() | {r.owner for r in groups}
            names = (names | {r.owner for r in self.resources}) - {""}
            rows = [NodeRow(name, i, "Up", 0, "") for i, name in enumerate(sorted(names), start=1)]
            self.assume(
                "No 'cluster node': the nodes are those that other listings name, Up, with ids in "
                "the order of their names",
                sorted(names),
            )
        for row in sorted(rows, key=lambda row: row.node_id):
            described.nodes.append(Node(name=row.name, node_id=row.node_id))
            described.where["node", row.name] = (row.file, row.line)
            state = NodeState(row.state)
            if state is NodeState.JOINING:
                self.assume(f"{row.name} was Joining; it is taken as Up")
            elif state is not NodeState.UP:
                described.node_states[row.name] = state
        self.add_windows()
        self.add_networks()

    def named_nodes(self) -> set[str]:
        owners = [*self.of("possible"), *self.of("preferred")]
        found = {row.text.strip() for listing in owners for row in listing.rows}
        return found | {of.name for (kind, _), (of, _) in self.properties.items() if kind == "node"}

    def add_windows(self) -> None:
        """Read the version of Windows from the properties of the nodes."""
        found = set()
        for node in self.described.nodes:
            values = self.values("node", node.name)
            numbers = number(values.get("majorversion", "")), number(values.get("minorversion", ""))
            found |= {windows for windows, build in BUILD_NUMBERS.items() if build == numbers}
        parts = self.version.get("cluster version", "").split(".")
        found |= {windows for windows, build in BUILD_NUMBERS.items()
                  if [str(part) for part in build] == parts[:2]}  # fmt: skip
        if not found:
            self.assume("No 'cluster node NAME /prop': the nodes run Windows Server 2003")
        self.described.settings["windows"] = min(found, default=Windows.WS2003)

    def add_networks(self) -> None:
        """Read the networks from their properties."""
        networks = []
        for (kind, _), (listing, _) in self.properties.items():
            if kind == "network":
                self.described.where["network", listing.name] = (listing.file, listing.line)
                networks.append(Network(name=listing.name, role=self.network_role(listing)))
        if not networks:
            names = ", ".join(f"{n.name} ({n.role.name.lower()})" for n in DEFAULT_NETWORKS)
            self.assume(f"No 'cluster network NAME /prop': the networks are {names}")
        self.described.settings["networks"] = tuple(networks) or DEFAULT_NETWORKS

    def network_role(self, listing: Listing) -> NetworkRole:
        """Return the role of a network; all communications if it does not say."""
        value = self.values("network", listing.name).get("role", "")
        role = number(value)
        if role not in tuple(NetworkRole):
            text = f"Role of network {shown(listing.name)} is {shown(value)}; allowed: 0, 1, 2, 3"
            self.problems.add(listing.line, text, listing.file)
            return NetworkRole.ALL
        return NetworkRole(role)

    def add_cluster(self) -> None:
        """Read the cluster's own properties and its quorum."""
        settings = self.described.settings
        settings["durations"] = evs.all_durations({})
        own = [listing.name for (kind, _), (listing, _) in self.properties.items()
               if kind == "cluster"]  # fmt: skip
        named_by = self.values("private", "Cluster Name").get("name", "")
        named_by = named_by or self.version.get("cluster name", "")
        name = next(iter(own), named_by)
        if name:
            settings["name"] = name
        else:
            self.assume("No 'cluster /prop': the cluster is called CL1")
        ordered = self.values("cluster", name).get("disablegrouppreferredownerrandomization", "")
        settings["disable_group_preferred_owner_randomization"] = number(ordered) == 1
        names = names_of(resource.name for resource in self.described.resources)
        rows = [(listing, row) for listing in self.of("quorum") for row in listing.rows]
        for listing, row in rows[:1]:
            quorum = named(row, names)
            if quorum is None:
                word = row.text.strip()
                text = f"{shown(word)} is no resource; {instead_of(word, names.values())}"
                self.problems.add(row.line, text, listing.file)
            settings["quorum"] = quorum
        if not rows:
            settings["quorum"] = likely_quorum(self.described.resources)
            if settings["quorum"]:
                self.assume(f"No 'cluster /quorum': {settings['quorum']} is the quorum resource")
            else:
                text = "no resource can be the quorum; run cluster /quorum, save what it prints"
                self.problems.add(0, text)
        self.problems.is_whole &= bool(settings["quorum"])

    # --- groups -------------------------------------------------------------------------------

    def add_groups(self, rows: Sequence[OwnedRow]) -> None:
        """Add the groups; without a listing those that resources are in."""
        described = self.described
        if not rows:
            found: dict[str, OwnedRow] = {}
            for row in self.resources:
                group = OwnedRow(row.group, "", row.owner, "", row.line, row.file)
                found.setdefault(row.group.casefold(), group)
            rows = list(found.values())
            self.assume("No 'cluster group': the groups are those that resources are in")
        preferred = self.listed("preferred", self.node_names, "node")
        for group in rows:
            described.where["group", group.name] = (group.file, group.line)
            described.owners[group.name] = self.node_names.get(group.owner.casefold(), group.owner)
            values = self.common("group", group.name, GROUP_VALUES)
            owners = preferred.get(group.name.casefold(), ())
            described.groups.append(Group(name=group.name, preferred_owners=owners, **values))
            self.read_persistent("group", group.name)
        names = [group.name for group in described.groups]
        without = [name for name in names if name.casefold() not in preferred]
        self.assume_some("group", "/listowners", "no preferred owners", without)
        self.assume_some(
            "group",
            "/prop",
            "the defaults of the product",
            [n for n in names if not self.has("group", n)],
        )

    def assume_some(self, kind: str, option: str, what: str, names: list[str]) -> None:
        """Note what is assumed of some groups or resources."""
        if names:
            self.assume(f"No 'cluster {kind} NAME {option}', so {what}, for {len(names)}", names)

    def read_persistent(self, kind: str, name: str) -> None:
        """Read `PersistentState` of a group or resource."""
        value = number(self.values(kind, name).get("persistentstate", ""))
        if value is not None:
            self.described.persistent[name] = bool(value)

    # --- resources ----------------------------------------------------------------------------

    def add_resources(self) -> None:
        """Add the resources with types, dependencies, owners and properties."""
        described = self.described
        groups = names_of(group.name for group in described.groups)
        by_group: dict[str, list[OwnedRow]] = {}
        for row in self.resources:
            by_group.setdefault(groups.get(row.group.casefold(), row.group), []).append(row)
        self.prove_types()
        possible = self.listed("possible", self.node_names, "node")
        types = {
            row.name: kind for group, rows in by_group.items() for row, kind in self.types(rows)
        }
        for row in self.resources:
            resource = self.resource(row, types[row.name], groups, possible)
            described.where["resource", row.name] = (row.file, row.line)
            described.resources.append(resource)
            state = ResourceState(row.state)
            described.states[row.name] = _BECOMING.get(row.state, state)
            self.read_persistent("resource", row.name)
        self.add_usual_needs()
        self.add_classes()
        self.say_what_is_missing(possible)

    def types(self, rows: Sequence[OwnedRow]) -> list[tuple[OwnedRow, ResourceType]]:
        """Return the type of each resource of a group; Exchange's by the tree they stand in."""
        kinds = {row.name: self.proofs[row.name][0] for row in rows}
        needs = {row.name: self.needs.get(row.name.casefold(), ()) for row in rows}
        known = evs.resource_types(exchange_version(kinds, needs))
        folded = {name.casefold(): item for name, item in known.items()}
        found = []
        for row in rows:
            kind = kinds[row.name]
            item = folded.get(kind.casefold())
            if item is None:
                if kind != UNKNOWN:
                    self.unknown_types.setdefault(kind, []).append(row.name)
                item = replace(GENERIC_SERVICE, name=kind, short=kind)
            found.append((row, item))
        return found

    def prove_types(self) -> None:
        """Find the type of each resource, the strongest evidence first (handbook 8, 4)."""
        self.needs = self.listed("dependencies", self.resource_names, "resource")
        printed = {row.text.split("\t")[0]: row.text.split("\t")[3]
                   for one in self.of("typed") for row in one.rows}  # fmt: skip
        quorum = {name: row.text for one in self.of("quorum") for row in one.rows
                  if (name := named(row, self.resource_names))}  # fmt: skip
        for name in self.resource_names.values():
            row = quorum.get(name)
            told = (
                (self.values("resource", name).get("type", "") or printed.get(name, ""),
                 "the listing of its type"),
                (type_by_private(self.values("private", name)), "its private properties"),
                (type_by_quorum(row) if row else "", "cluster /quorum, which names it"),
            )  # fmt: skip
            proofs = [(kind, by) for kind, by in told if kind]
            kind, by = self.proofs[name] = (proofs or [(UNKNOWN, "")])[0]
            for other, weaker in proofs[1:]:
                if other.casefold() != kind.casefold():
                    self.assume(f"{name} is a {kind} by {by}, although "
                                f"{weaker} would make it a {other}")  # fmt: skip
        self.prove_by_needs()
        for name, (_, by) in self.proofs.items():
            if not by and (guess := type_by_name(name)) != UNKNOWN:
                self.proofs[name] = guess, BY_NAME

    def prove_by_needs(self) -> None:
        """Find types that only the dependencies tell."""
        names = self.resource_names
        known = {name: kind for name, (kind, by) in self.proofs.items() if by}
        needs = {names[name]: needed for name, needed in self.needs.items() if name in names}
        for name, kind in types_by_needs(needs, known):
            self.proofs[name] = kind, "the dependencies"

    @property
    def resource_names(self) -> Names:
        titled = self.titles()
        return {**titled, **names_of(row.name for row in self.resources)}

    def by_proof(self) -> dict[tuple[str, str], list[str]]:
        """Return the names of the resources by type and by what tells it."""
        found: dict[tuple[str, str], list[str]] = {}
        for name, proof in self.proofs.items():
            found.setdefault(proof, []).append(name)
        return found

    def told(self) -> list[str]:
        """Return what the listings prove, in sentences."""
        kinds = {"node": len(self.nodes), "group": len(self.groups)}
        kinds["resource"] = len(self.resources)
        counts = [f"{count} {kind}{'s' * (count > 1)}" for kind, count in kinds.items() if count]
        proven = [
            f"{kind} by {by}: {', '.join(names)}."
            for (kind, by), names in self.by_proof().items()
            if by not in ("", BY_NAME)
        ]
        stated = [f"{row.name} of {row.of} is {row.value}."
                  for (kind, _), (_, rows) in self.properties.items() if kind == "interfaces"
                  for row in rows]  # fmt: skip
        stated += [f"{label.capitalize()}: {value}." for label, value in self.version.items()]
        return [f"{', '.join(counts)}.", *proven, *stated] if counts else [*proven, *stated]

    def guesses(self) -> list[str]:
        """Return what only names tell, and what nothing tells, everything by name."""
        said = []
        for (kind, by), names in self.by_proof().items():
            if by == BY_NAME:
                said.append(f"{kind}, by its name alone: {', '.join(names)}.")
            elif not by:
                what = "Type unknown, nothing tells it; here it behaves like a Generic Service"
                said.append(f"{what}: {', '.join(names)}.")
        return said

    def resource(
        self,
        row: OwnedRow,
        kind: ResourceType,
        groups: Names,
        possible: Mapping[str, tuple[str, ...]],
    ) -> Resource:
        owners = possible.get(row.name.casefold())
        is_everywhere = owners is None or set(owners) == set(self.node_names.values())
        return Resource(
            name=row.name,
            type=kind,
            group=groups.get(row.group.casefold(), row.group),
            depends_on=self.needs.get(row.name.casefold(), ()),
            possible_owners=None if is_everywhere else owners,
            private=self.private(row.name),
            **self.common("resource", row.name, RESOURCE_VALUES),
        )

    def private(self, name: str) -> dict[str, Any]:
        _, rows = self.properties.get(("private", name.casefold()), (None, []))
        found: dict[str, Any] = {}
        for row in rows:
            stored = number(row.value) if row.flags.startswith("D") else None
            key = _PRIVATE.get(row.name.casefold(), row.name)
            if row.flags.startswith("M"):
                found[key] = (*found.get(key, ()), *([row.value] if row.value else []))
            elif stored is None:
                found[key] = row.value
            else:
                found[key] = stored / 1000 if key in PRIVATE_SECONDS else stored
        return found

    def add_usual_needs(self) -> None:
        """Give resources without a listing of dependencies those that their type usually has."""
        described = self.described
        members: dict[str, list[Resource]] = {}
        for resource in described.resources:
            members.setdefault(resource.group, []).append(resource)
        guessed = []
        for place, resource in enumerate(described.resources):
            if resource.name.casefold() not in self.needs:
                needs = usual_needs(resource, members[resource.group])
                described.resources[place] = replace(resource, depends_on=needs)
                guessed.append(resource.name)
        self.assume_some("resource", "/listdep", "the dependencies usual for the type", guessed)

    def add_classes(self) -> None:
        """Give EVSs without a listing of properties the class that Exchange sets (2, 5.1)."""
        described = self.described
        attended = {r.group for r in described.resources if r.type.name == evs.SYSTEM_ATTENDANT}
        described.groups = [
            replace(group, anti_affinity_class_names=(evs.EVS_CLASS,))
            if group.name in attended and not self.has("group", group.name)
            else group
            for group in described.groups
        ]

    def say_what_is_missing(self, possible: Mapping[str, tuple[str, ...]]) -> None:
        names = [resource.name for resource in self.described.resources]
        without = [name for name in names if name.casefold() not in possible]
        self.assume_some("resource", "/listowners", "every node is a possible owner", without)
        without = [name for name in names if not self.has("resource", name)]
        self.assume_some("resource", "/prop", "the defaults of the product", without)
        for kind, resources in self.unknown_types.items():
            self.assume(f"Type {shown(kind)} is taken to behave like a Generic Service", resources)
        stores = [
            resource.group
            for resource in self.described.resources
            if resource.type.name == evs.INFORMATION_STORE
            and "storage_groups" not in resource.private
        ]
        if stores:
            self.assume(
                "No listing tells storage groups; 4 are taken, the most there can be", stores
            )

    def settle(self) -> None:
        """Put right what a snapshot of a busy cluster says, and say so."""
        described = self.described
        users: dict[str, list[str]] = {}
        for resource in described.resources:
            for needed in resource.depends_on:
                users.setdefault(needed, []).append(resource.name)
        waiting = [n for n, state in described.states.items() if state is not ResourceState.ONLINE]
        off: list[str] = []
        while waiting:
            for user in users.get(waiting.pop(), ()):
                if described.states[user] is ResourceState.ONLINE:
                    described.states[user] = ResourceState.OFFLINE
                    off.append(user)
                    waiting.append(user)
        if off:
            self.assume("Taken as Offline, because something they need is not Online", off)
        pending = [row.name for row in self.resources if row.state in _BECOMING]
        if pending:
            self.assume("Pending; taken as what they were becoming", pending)
        self.settle_owners()
        online = {
            r.group for r in described.resources if described.states[r.name].value != "Offline"
        }
        quiet = {r.group for r in described.resources} - online
        described.offline |= {name for name in quiet if name not in described.persistent}

    def settle_owners(self) -> None:
        """Give groups on Down nodes to the first node that is Up; they are Offline anyway."""
        described = self.described
        up = [n.name for n in described.nodes if described.is_online_node(n.name)]
        for group, owner in described.owners.items():
            if up and owner in self.node_names.values() and not described.is_online_node(owner):
                described.owners[group] = up[0]
                self.assume(f"{group} is owned by {owner}, which is Down; {up[0]} is taken")
