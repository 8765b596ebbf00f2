"""Listings of cluster.exe: printed, exported, and read back from whatever a consultant brings."""

from __future__ import annotations

import re
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import NetworkRole, NodeState, ResourceState, Windows
from clusterlab.clusterexe.listing import (
    dependencies,
    possible_owners,
    preferred_owners,
    properties,
)
from clusterlab.clusterexe.listings import MAX_BYTES, listings_in
from clusterlab.clusterexe.rows import divided, names_of
from clusterlab.clusterfiles import (
    ClusterFileError,
    cluster_toml,
    export_listings,
    load_cluster,
    read_cluster,
)
from clusterlab.clusterfiles.building import MAX_RESOURCES, broken_rules
from clusterlab.clusterfiles.exporting import in_listings, listing_texts
from clusterlab.clusterfiles.importing import ListingImport, import_found, import_listings
from tests.clusters import PLAIN_NAME, clusters, large_cluster
from tests.truths import broken

FUZZ = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
TEXTS = listing_texts(exchange_cluster())
NODES = """Listing status for all available nodes:

Node           Node ID Status
-------------- ------- ---------------------
MAILNODE1            1 Up
MAILNODE2            2 Down
"""
GROUPS = """Listing status for all available resource groups:

Group                Node            Status
-------------------- --------------- ------
Cluster Group        MAILNODE1       Online
A group with a name longer than its column MAILNODE1       Partially Online
"""
RESOURCES = """Listing status for all available resources:

Resource             Group                Node            Status
-------------------- -------------------- --------------- ------
Cluster IP Address   Cluster Group        MAILNODE1       Online
Cluster Name         Cluster Group        MAILNODE1       Online
Disk Q:              Cluster Group        MAILNODE1       Online
Very Long Resource Name (MAIL) A group with a name longer than its column MAILNODE1       Online
Disk R:              A group with a name longer than its column MAILNODE1       Offline
"""


def found(*texts: str) -> ListingImport:
    """Return what is read from texts, each in a file of its own."""
    files = {f"{number}.txt": text for number, text in enumerate(texts, start=1)}
    return import_found(listings_in(files, "client"), "client")


def problems(*texts: str) -> list[str]:
    """Return the problems of listings, each with its place."""
    with pytest.raises(ClusterFileError) as caught:
        found(*texts)
    return [str(problem) for problem in caught.value.problems]


def about(result: ListingImport, words: str) -> str:
    """Return the one sentence of the import that has *words* in it."""
    said = (*result.assumptions, *result.guesses, *result.unread)
    (sentence,) = [text for text in said if words in text]
    return sentence


# --- printed ----------------------------------------------------------------------------------


def test_properties_are_printed_in_the_units_of_the_product():
    """Milliseconds and the greatest DWORD for never, in decimal and in hex (handbook 1, 2.2)."""
    rows = properties("resource", exchange_cluster(), "Disk R:").splitlines()
    assert "Listing properties for 'Disk R:':" == rows[0]
    assert "S  Disk R:              Type                           Physical Disk" in rows
    assert "D  Disk R:              RestartPeriod                  900000 (0xdbba0)" in rows
    assert "D  Disk R:              IsAlivePollInterval            4294967295 (0xffffffff)" in rows


def test_owners_and_dependencies_are_printed_below_their_titles():
    """A resource without a list of its own has every node as possible owner."""
    cluster = exchange_cluster(2, 1)
    assert ["NODE1", "NODE2", "NODE3"] == possible_owners(cluster, "Disk Q:").splitlines()[4:]
    assert ["NODE2"] == preferred_owners(cluster, "EVS2").splitlines()[4:]
    last = dependencies(cluster, "EVS1 Network Name").splitlines()[-1]
    assert "EVS1 IP Address      EVS1                 NODE1           Online" == last


# --- exported and imported --------------------------------------------------------------------


@settings(FUZZ, max_examples=120)
@given(clusters(PLAIN_NAME))
def test_what_is_exported_is_imported_as_the_same_cluster(cluster: Cluster):
    """Names as administrators give them, policies, properties and states survive."""
    texts = listing_texts(cluster)
    result = import_found(listings_in(texts, "client"), "client")
    assert in_listings(cluster) == result.cluster
    told = ("although its private", "No listing tells storage groups")  # and cluster.exe never does
    assert [] == [text for text in result.assumptions if not any(word in text for word in told)]
    assert ((), ()) == (result.guesses, result.unread)


def test_a_folder_is_exported_and_imported(tmp_path: Path):
    """Every listing is a file, and the folder is a cluster again."""
    folder = tmp_path / "client"
    files = export_listings(exchange_cluster(), folder)
    assert sorted(files) == sorted(path.name for path in folder.iterdir())
    cluster = import_listings(folder)
    assert in_listings(exchange_cluster()) == cluster
    assert cluster == load_cluster(folder)
    assert cluster.config.is_as_found


def test_an_imported_cluster_can_be_kept_as_a_cluster_file():
    """What was read from listings is written as TOML and reads back the same."""
    cluster = found(NODES, GROUPS, RESOURCES).cluster
    assert cluster == read_cluster(cluster_toml(cluster))


def test_an_imported_cluster_can_be_simulated(tmp_path: Path):
    """It fails over like the cluster it was taken from."""
    export_listings(exchange_cluster(), tmp_path / "client")
    sim = Simulation(import_listings(tmp_path / "client"))
    sim.fail_node("NODE3")
    sim.run()
    assert ("NODE4", "Online") == (sim.owner("EVS3"), sim.state("EVS3").value)


def test_nothing_is_exported_into_a_folder_with_files(tmp_path: Path):
    """A client's files are never overwritten."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ClusterFileError, match="there are files already; name a new folder"):
        export_listings(exchange_cluster(), tmp_path)
    assert ["notes.txt"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("name", [" MAIL", "EVS1  ", "x" * 990])
def test_names_that_listings_cannot_hold_are_refused_before_anything_is_written(
    name: str, tmp_path: Path
):
    """Whole or not at all: the folder is not even made."""
    cluster = exchange_cluster(1, 1)
    disks = [replace(r, name=name) if r.name == "Disk Q:" else r for r in cluster.config.resources]
    disks = [
        replace(r, depends_on=tuple(name if n == "Disk Q:" else n for n in r.depends_on))
        for r in disks
    ]
    config = replace(cluster.config, resources=tuple(disks), quorum=name)
    with pytest.raises(ClusterFileError, match="nothing was written"):
        export_listings(cluster_from(config, cluster.owners), tmp_path / "client")
    assert [] == list(tmp_path.iterdir())


def test_a_cluster_over_the_limits_of_exchange_is_imported_as_found():
    """Two EVSs in two of two nodes with a third one are read, and the rule is named."""
    cluster = exchange_cluster(3, 1)
    config = replace(cluster.config, nodes=cluster.config.nodes[:3], is_as_found=True)
    texts = listing_texts(cluster_from(config, cluster.owners))
    result = import_found(listings_in(texts, "client"), "client")
    assert 3 == len(result.cluster.config.nodes)
    assert any("3 EVSs on 3 nodes" in rule for rule in broken_rules(result.cluster.config))


def test_exchange_2000_is_known_by_its_tree():
    """Protocols that depend on the store are those of Exchange 2000 (handbook 2, 2.2)."""
    cluster = exchange_cluster(1, 1, version=2000, windows=Windows.W2K)
    texts = listing_texts(cluster)
    assert in_listings(cluster) == import_found(listings_in(texts, "c"), "c").cluster


# --- as a consultant brings them --------------------------------------------------------------


def test_long_names_push_the_columns_to_the_right():
    """Names are told apart by what other listings say (handbook 1, 8.1)."""
    cluster = found(NODES, GROUPS, RESOURCES).cluster
    resource = cluster.config.resources_by_name["Very Long Resource Name (MAIL)"]
    assert "A group with a name longer than its column" == resource.group
    assert ResourceState.OFFLINE is cluster.resource_states["Disk R:"]
    assert NodeState.DOWN is cluster.node_states["MAILNODE2"]


def test_a_doubtful_row_is_settled_by_the_titles_of_other_listings():
    """Two ways to divide a row exist only for pushed names; a title decides."""
    groups = names_of(["EVS1", "Mail EVS1"])
    row = "A resource with a name Mail EVS1"
    assert ("A resource with a name", "Mail EVS1") == divided(row, groups, {})
    titles = names_of(["A resource with a name Mail"])
    assert ("A resource with a name Mail", "EVS1") == divided(row, groups, titles)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp850", "cp1252"])
def test_files_of_any_name_and_encoding_are_read(encoding: str, tmp_path: Path):
    """Redirection and editors of Windows write different encodings and line ends."""
    text = (NODES + "\n" + GROUPS + "\n" + RESOURCES).replace("Disk R:", "Plätze R:")
    (tmp_path / "ausgabe von heute.log").write_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert "Plätze R:" in import_listings(tmp_path).config.resources_by_name


@pytest.mark.parametrize("name", ["MÜNCHEN-1", "Ärzte", "Größe", "Straße 1", "café"])
@pytest.mark.parametrize("encoding", ["cp850", "cp1252"])
def test_names_of_a_client_keep_their_umlauts(name: str, encoding: str, tmp_path: Path):
    """The command prompt of Western Europe writes cp850 into a file, an editor cp1252."""
    text = (NODES + "\n" + GROUPS + "\n" + RESOURCES).replace("Disk R:", f"{name} Müll R:")
    (tmp_path / "all.txt").write_bytes(text.encode(encoding))
    assert f"{name} Müll R:" in import_listings(tmp_path).config.resources_by_name


def test_prompts_commands_and_other_output_are_passed_over():
    """A whole session pasted into a file is as good as separate files."""
    session = (
        f"C:\\>cluster node\n{NODES}C:\\>cluster group\n{GROUPS}\nC:\\>cluster res\n{RESOURCES}"
    )
    session += "\nC:\\>dir\n Volume in drive C has no label.\n"
    assert found(NODES, GROUPS, RESOURCES).cluster == found(session).cluster


def test_one_thing_may_be_listed_alone():
    """Single-object titles are known as well (handbook 1, 8.1)."""
    one = RESOURCES.replace("all available resources", "resource 'Disk Q:'")
    assert found(NODES, GROUPS, RESOURCES).cluster == found(NODES, GROUPS, one).cluster


def test_what_no_listing_says_is_assumed_and_said():
    """With the resources alone everything else is a guess, and each guess is a sentence."""
    result = found(TEXTS["resource.txt"])
    assert list(exchange_cluster().config.resources_by_name) == list(
        result.cluster.config.resources_by_name
    )
    assert "NODE1, NODE2, NODE3" in about(result, "No 'cluster node':")
    assert "Cluster Group, EVS1, EVS2, EVS3" in about(result, "no preferred owners")
    assert "Disk Q: is the quorum resource" in about(result, "/quorum")
    for words in ("/listdep", "resource NAME /listowners", "resource NAME /prop", "storage groups"):
        assert about(result, words)
    types = [r.type.name for r in exchange_cluster().config.resources]
    assert types == [r.type.name for r in result.cluster.config.resources]


def test_the_usual_dependencies_are_those_of_the_handbook():
    """Without /listdep an EVS gets the tree of Exchange 2003 (handbook 2, 2.1)."""
    result = found(TEXTS["resource.txt"], TEXTS["group.txt"])
    for resource in exchange_cluster().config.resources:
        guessed = result.cluster.config.resources_by_name[resource.name]
        assert set(resource.depends_on) == set(guessed.depends_on)


def test_an_unknown_type_behaves_like_a_generic_service():
    """A third party's type is kept by name, and said."""
    text = TEXTS["resource prop.txt"].replace("Physical Disk", "SAN Mirror Disk", 2)
    text = text.replace("SAN Mirror Disk", "Physical Disk", 1)
    texts = {**TEXTS, "resource prop.txt": text}
    result = import_found(listings_in(texts, "client"), "client")
    assert "behave like a Generic Service: Disk R:" in about(result, "'SAN Mirror Disk'")
    assert "SAN Mirror Disk" == result.cluster.config.resources_by_name["Disk R:"].type.name


def test_a_snapshot_of_a_busy_cluster_is_settled():
    """Pending is taken as what it was becoming; what needs something Offline is Offline."""
    text = RESOURCES.replace("MAILNODE1       Offline", "MAILNODE1       Online Pending")
    result = found(NODES, GROUPS, text)
    assert ResourceState.ONLINE is result.cluster.resource_states["Disk R:"]
    assert "Disk R:" in about(result, "Pending")
    text = TEXTS["resource.txt"].replace(
        "EVS1 IP Address      EVS1                 NODE1           Online",
        "EVS1 IP Address      EVS1                 NODE1           Failed",
    )
    result = import_found(listings_in({**TEXTS, "resource.txt": text}, "c"), "c")
    assert () == broken(result.cluster)
    assert "EVS1 Network Name" in about(result, "Taken as Offline")


def test_a_group_on_a_down_node_goes_to_one_that_is_up():
    """Ownership on paper says nothing; the first node that is Up is taken, and said."""
    groups = GROUPS + "Empty                MAILNODE2       Offline\n"
    result = found(NODES, groups, RESOURCES)
    assert "MAILNODE1" == result.cluster.owners["Empty"]
    assert about(result, "Empty is owned by MAILNODE2, which is Down")


def test_networks_windows_and_the_name_are_read():
    """From the properties of networks, nodes and the cluster."""
    cluster = configure(exchange_cluster(1, 1).config, "Public", role=NetworkRole.CLIENT)
    start = cluster_from(replace(cluster, name="MAIL"), exchange_cluster(1, 1).owners)
    config = import_found(listings_in(listing_texts(start), "c"), "c").cluster.config
    assert [NetworkRole.INTERNAL, NetworkRole.CLIENT] == [n.role for n in config.networks]
    assert "MAIL" == config.name


def test_an_error_that_was_saved_is_repeated():
    """What cluster.exe could not list is missing for a reason."""
    result = found(NODES, GROUPS, RESOURCES, "System error 5065 has occurred (0x000013c9).")
    assert about(result, "4.txt, line 1: cluster.exe reported error 5065")


# --- what is wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ((NODES.replace(" Down", " Donw"), GROUPS, RESOURCES), "did you mean 'Down'?"),
        ((NODES, GROUPS.replace("MAILNODE1 ", "MAILNODE3 "), RESOURCES), "'MAILNODE3' is no node"),
        ((NODES, GROUPS, RESOURCES.replace("Online", "Onlin")), "did you mean 'Online'?"),
        ((NODES, GROUPS, RESOURCES.replace("Cluster Group", "Clustr Group")), "no group is found"),
        ((NODES, GROUPS), "no 'cluster resource' listing with rows"),
        (("nothing of the kind",), "there is no listing of cluster.exe"),
        (
            (NODES, GROUPS, RESOURCES.replace("Disk Q:", "Thing  ").replace("Disk R:", "Thing 2")),
            "run cluster /quorum",
        ),
        (
            (NODES, GROUPS, RESOURCES, "Quorum Resource Name\n----\nDisk Z:\n"),
            "'Disk Z:' is no resource; allowed: Cluster IP Address",
        ),
        (
            (*TEXTS.values(), "Listing possible owners for resource 'Disk Q:':\n--\nNODE9\n"),
            "'NODE9' is no node; allowed: NODE1",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_place(texts: tuple[str, ...], words: str):
    """File, line, word and what is allowed are named."""
    assert any(words in problem for problem in problems(*texts))


def test_all_problems_are_reported_at_once():
    """Of several files, each with its line."""
    found_problems = problems(
        NODES.replace(" Down", " Gone"),
        GROUPS.replace("Partially Online", "Fine"),
        RESOURCES,
        "Listing properties for 'x':\n\nT  Group  Name  Value\n-- ---- ---- ----\nrubbish\n",
    )
    places = {problem.partition(":")[0] for problem in found_problems}
    assert {"1.txt, line 6", "2.txt, line 6", "4.txt, line 5"} <= places


def test_a_property_out_of_range_is_refused():
    """The range is that of handbook 1, 2.1."""
    text = re.sub(r"FailoverPeriod +6 \(0x6\)", "FailoverPeriod 1194", TEXTS["group.txt"])
    found_problems = problems(*{**TEXTS, "group.txt": text}.values())
    assert 4 == len(found_problems)
    words = "FailoverPeriod of group 'EVS1' is '1194'; allowed: a whole number 0 to 1193"
    assert words in found_problems[1]


def test_what_is_no_folder_with_text_is_refused(tmp_path: Path):
    """Pictures, missing folders and empty ones end in one sentence."""
    with pytest.raises(ClusterFileError, match="name a folder with the listings"):
        import_listings(tmp_path / "nix")
    with pytest.raises(ClusterFileError, match=re.escape("there is no listing of cluster.exe")):
        import_listings(tmp_path)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0\0")
    with pytest.raises(ClusterFileError, match=r"picture.png: it is no text"):
        import_listings(tmp_path)


# --- any text at all --------------------------------------------------------------------------

ROWS = st.sampled_from(
    [line for text in TEXTS.values() for line in text.splitlines()[:12]]
    + ["", "", "-- --", "C:\\>", "Listing", "Online", "NODE1 1 Up", "System error 1 has occurred"]
)


def read_or_refuse(text: str) -> None:
    """Read texts; anything but a sound cluster or a refusal is a failure."""
    with suppress(ClusterFileError):
        assert () == broken(found(text).cluster)


@settings(FUZZ, max_examples=700)
@given(st.text(max_size=120), st.sampled_from([NODES, GROUPS, RESOURCES, ""]))
def test_any_text_is_read_or_refused(text: str, listing: str):
    """No text makes the importer stumble, with a listing in front of it or not."""
    read_or_refuse(listing.rstrip("\n") + text)


@settings(FUZZ, max_examples=800)
@given(st.lists(ROWS, max_size=30), st.booleans())
def test_any_order_of_the_right_rows_is_read_or_refused(rows: list[str], has_resources: bool):
    """Nor do rows of listings in any order."""
    front = TEXTS["resource.txt"] + "\n" if has_resources else ""
    read_or_refuse(front + "\n".join(rows))


@settings(FUZZ, max_examples=400)
@given(st.randoms(use_true_random=False))
def test_any_change_of_good_listings_is_read_or_refused(chance):
    """Nor listings in which lines are lost, doubled, exchanged or cut."""
    lines = "\n".join(SMALL.values()).split("\n")
    for _ in range(chance.randint(1, 4)):
        place, other = chance.randrange(len(lines)), chance.choice(lines)
        line = lines[place]
        cut = chance.randint(0, len(line))
        lines[place : place + 1] = chance.choice(
            [[], [line, line], [other], [line[:cut]], [line[:cut] + other[cut:]], [line[cut:]]]
        )
    read_or_refuse("\n".join(lines))


SMALL = listing_texts(exchange_cluster(1, 1))


def test_a_file_of_10_megabytes_is_refused_before_it_is_read(tmp_path: Path):
    """A long file costs neither time nor memory."""
    (tmp_path / "long.txt").write_bytes(RESOURCES.encode() * (10_000_000 // len(RESOURCES) + 1))
    tracemalloc.start()
    with pytest.raises(ClusterFileError, match=f"longer than {MAX_BYTES:,} bytes"):
        import_listings(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000_000


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 300_000,
        "x" * 2_000,
        (NODES + GROUPS + RESOURCES) * 30,
        RESOURCES + "a " * 480 + "MAILNODE1 Online\n",
    ],
    ids=["lines", "long line", "repeated", "words"],
)
def test_hard_texts_are_read_or_refused(text: str):
    """Texts made to keep a reader busy end like any other."""
    read_or_refuse(text)


def test_more_resources_than_the_product_takes_are_refused():
    """Before anything is built of them (handbook 1, 3)."""
    rows = "".join(
        f"Resource {number:<11} Cluster Group        MAILNODE1       Online\n"
        for number in range(20_000)
    )
    (problem,) = problems(NODES, GROUPS, RESOURCES + rows)
    assert "there are more than 1,674 resources; allowed: 1,674" in problem


def test_the_largest_cluster_of_the_product_can_be_exported_and_imported(tmp_path: Path):
    """1,674 resources in one chain of dependencies (handbook 1, 3)."""
    cluster = large_cluster(MAX_RESOURCES)
    export_listings(cluster, tmp_path / "client")
    assert in_listings(cluster) == import_listings(tmp_path / "client")


def test_a_period_that_the_product_cannot_store_is_never_printed():
    """The model keeps periods within a DWORD of milliseconds (handbook 1, 2.2)."""
    with pytest.raises(ConfigError):
        configure(exchange_cluster().config, "EVS1/IS", pending_timeout_s=5_000_000.0)
