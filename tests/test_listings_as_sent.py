"""Listings as people really send them: captured, copied from web pages, filtered, incomplete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.states import GroupState, ResourceState
from clusterlab.clusterexe.evidence import ListingEvidence
from clusterlab.clusterexe.listings import FoundListings, find_listings, listings_in
from clusterlab.clusterfiles import read_listings
from clusterlab.clusterfiles.exporting import listing_texts
from clusterlab.clusterfiles.importing import ListingImport, import_found, seen_in
from clusterlab.studies.whatif import single_failures
from clusterlab.tomlfiles.problems import Problems
from tests.collected import ATTENDANT, FOLDER, clusterlab, run_batch, wingtip

SENT = Path(__file__).parent / "listings"


def found(name: str, tmp_path: Path) -> FoundListings:
    """Return the listings of one file, read as it lies on the disk."""
    (tmp_path / name).write_bytes((SENT / f"{name}.txt").read_bytes())
    return find_listings(tmp_path)


def evidence(name: str, tmp_path: Path) -> ListingEvidence:
    """Return the rows of one file, all of them understood."""
    problems = Problems(name)
    read = ListingEvidence(found(name, tmp_path).listings, problems)
    assert 0 == len(problems)
    return read


def states(read: ListingEvidence) -> list[str]:
    """Return what nodes and groups are."""
    return [f"{row.name} {row.state}" for row in (*read.nodes, *read.groups)]


def imported(*texts: str) -> ListingImport:
    """Return the cluster of texts, each in a file of its own."""
    return import_found(listings_in({f"{i}.txt": t for i, t in enumerate(texts)}, "c"), "c")


def test_three_listings_as_printed(tmp_path: Path):
    """Types are told by names alone, the quorum too, and all that is said by name."""
    result = import_found(found("plain-three-listings", tmp_path), "c")
    cluster = result.cluster
    assert "Paused" == cluster.node_states["NODE3"].value
    assert GroupState.PARTIALLY_ONLINE is cluster.group_state("EVS2")
    store = "Exchange Information Store Instance - (EVS2)"
    assert ResourceState.OFFLINE is cluster.resource_states[store]
    assert 13 == len(cluster.config.resources)
    assert "Network Name, by its name alone: Cluster Name, EVS1 Netname, EVS2 Netname." in (
        result.guesses
    )
    assert any("Disk Q: is the quorum resource" in text for text in result.assumptions)
    assert () == result.unread


@pytest.mark.parametrize("name", ["every-line-followed-by-a-blank-one", "cr-cr-lf"])
def test_blank_lines_end_no_listing(name: str, tmp_path: Path):
    """Captured by PowerShell or a remote shell, every line is followed by an empty one."""
    expected = ["NODE1 Up", "NODE2 Down", "Cluster Group Online", "EVS1 Failed"]
    assert expected == states(evidence(name, tmp_path))


@pytest.mark.parametrize("name", ["web-page-private-properties", "private-properties-as-printed"])
def test_private_properties_prove_a_type(name: str, tmp_path: Path):
    """StatusKerberos and RequireKerberos are those of a Network Name."""
    values = evidence(name, tmp_path).values("private", "EVS1 Netname")
    assert ("EVS1", "1 (0x1)", "8240 (0x2030)") == (
        values["name"],
        values["requirekerberos"],
        values["statuskerberos"],
    )
    assert "01 00 00 00 ... (260 bytes)" == values["resourcedata"]
    (sentence,) = seen_in(found(name, tmp_path), "c")
    assert "Network Name by its private properties: EVS1 Netname." == sentence


def test_owners_keep_their_order_and_an_empty_list_is_seen(tmp_path: Path):
    """No preferred owners is something else than no listing of them."""
    read = evidence("one-group-and-its-owners", tmp_path)
    rows = {(one.kind, one.name): [row.text for row in one.rows] for one in read.listings}
    assert ["NODE1", "NODE3"] == rows["preferred", "EVS1"]
    assert ["NODE1", "NODE2", "NODE3"] == rows["possible", "EVS1 Netname"]
    assert [] == rows["preferred", "Cluster Group"]
    assert {"evs1", "cluster group"} == read.seen()["preferred"]


def test_a_long_name_pushes_the_values(tmp_path: Path):
    """The type is proven, polls are those of the type, and an empty value stays empty."""
    name = "Exchange Information Store Instance - (EVS1)"
    values = evidence("common-properties-long-name", tmp_path).values("resource", name)
    assert ("Microsoft Exchange Information Store", "1 (0x1)", "") == (
        values["type"],
        values["separatemonitor"],
        values["adminextensions"],
    )
    assert values["isalivepollinterval"] == values["looksalivepollinterval"]


def test_rows_without_any_head_are_evidence(tmp_path: Path):
    """What `find` let through tells types."""
    assert (
        "IP Address by the listing of its type: Cluster IP Address, EVS1 IP, EVS2 IP.",
        "Network Name by the listing of its type: Cluster Name, EVS1 Netname, MSDTC Host.",
    ) == seen_in(found("type-of-every-resource-filtered", tmp_path), "c")


def test_a_proof_beats_every_word_of_a_name(tmp_path: Path):
    """A disk may be called mdf.E, and a name "Exchange Disk Name"."""
    said = seen_in(found("type-of-every-resource", tmp_path), "c")
    assert "Physical Disk by the listing of its type: CL1DB Quorum, mdf.E, ldf.F." in said
    assert "Network Name by the listing of its type: Exchange Disk Name." in said
    assert "SQL Server Agent by the listing of its type: SQL Server Agent (INST1)." in said


def test_an_address_and_a_version_are_read(tmp_path: Path):
    """Neither is a table of resources."""
    said = seen_in(found("interface-address", tmp_path), "c")
    assert ("Address of NODE1 Public is 192.0.2.11.",) == said
    read = evidence("version", tmp_path)
    assert ("CL1", "5.2") == (read.version["cluster name"], read.version["cluster version"])


def test_tables_of_powershell_are_named_and_cut_names_refused(tmp_path: Path):
    """Shortened names are never names."""
    listings = found("powershell-tables", tmp_path)
    read = ListingEvidence(listings.listings, Problems("c"))
    assert ["node1 Up", "node2 Down", "Available Storage Offline", "Cluster Group Online",
            "EVS1 Partially Online"] == states(read)  # fmt: skip
    names = ["Cluster Disk 1", "Cluster IP Address", "Cluster Name"]
    assert names == [row.name for row in read.resources]
    assert 4 == sum("a table of PowerShell" in text for text in listings.unread)
    assert 2 == sum("is shortened" in text for text in listings.unread)


def test_indented_rows_with_one_blank_between_columns(tmp_path: Path):
    """Node names of 15 letters leave no second blank."""
    assert ["SQLPRODCLUSTER1V1 Online", "SQLPRODCLUSTER1V2 Online", "Cluster Group Online"] == (
        states(evidence("indented-no-double-blanks", tmp_path))
    )


def test_a_row_in_the_grid_of_another_program(tmp_path: Path):
    """The grid's own lines are no rows, and are reported."""
    read = evidence("rows-only-from-a-query-grid", tmp_path)
    (group,) = read.groups
    assert ("SQL Server (MSSQLSERVER)", "NODE2") == (group.name, group.owner)
    (unread,) = found("rows-only-from-a-query-grid", tmp_path).unread
    assert "rows-only-from-a-query-grid, lines 1 to 2, 4, 6: not understood" in unread


def test_errors_are_facts_and_no_rows(tmp_path: Path):
    """With and without the hexadecimal number."""
    assert ["NODE1 Up", "Cluster Group Online"] == states(
        evidence("errors-between-listings", tmp_path)
    )
    unread = found("errors-between-listings", tmp_path).unread
    assert ["error 5013.", "error 87."] == [text[-len(text.split("reported ")[1]):]
                                            for text in unread]  # fmt: skip


def test_properties_of_sql_server_are_not_those_of_exchange(tmp_path: Path):
    """VirtualServerName and InstanceName."""
    assert ("SQL Server by its private properties: SQL Server (INST1).",) == seen_in(
        found("sql-private-properties", tmp_path), "c"
    )


# --- evidence before guesses ------------------------------------------------------------------

ROWS = """Listing status for all available resources:

Resource             Group                Node            Status
-------------------- -------------------- --------------- ------
CL1DB Quorum         CL1DB                NODE1           Online
CL1DB IP             CL1DB                NODE1           Online
CL1DB Name           CL1DB                NODE1           Online
SMTP Queue Disk      EVS1                 NODE1           Online
MTA Disk M:          EVS1                 NODE1           Online
HTTP Logs (L:)       EVS1                 NODE1           Online
stsprov              EVS1                 NODE1           Online
"""
QUORUM = "Quorum Resource Name\n--------------------\nCL1DB Quorum\n"


def test_only_storage_is_a_quorum():
    """What /quorum names is a disk whatever it is called, and the rest is guessed in the open."""
    result = imported(ROWS, QUORUM)
    config = result.cluster.config
    assert "Physical Disk" == config.resources_by_name["CL1DB Quorum"].type.name
    assert "Physical Disk, by its name alone: SMTP Queue Disk, MTA Disk M:, HTTP Logs (L:)." in (
        result.guesses
    )
    assert any("Type unknown" in text and "stsprov" in text for text in result.guesses)
    assert "Unknown type" == config.resources_by_name["stsprov"].type.name


def test_the_listing_of_resources_alone_is_enough():
    """The quorum is then a guess, and said to be one."""
    result = imported(ROWS)
    assert "CL1DB Quorum" == result.cluster.config.quorum
    assert any("No 'cluster /quorum'" in text for text in result.assumptions)


def test_what_contradicts_a_proof_is_said_and_not_obeyed():
    """The type that is listed wins over the quorum listing."""
    row = "S  CL1DB Quorum         Type                           Third Party Disk\n"
    result = imported(ROWS, QUORUM.replace("CL1DB Quorum", "SMTP Queue Disk"), row)
    assert "Third Party Disk" == result.cluster.config.resources_by_name["CL1DB Quorum"].type.name


@pytest.mark.parametrize(
    "pasted",
    [
        "> " + ROWS.replace("\n", "\n> "),
        ROWS.replace("\n", "\n\n"),
        ROWS.replace("NODE1           Online", "NODE1\tOnline"),
        ROWS.replace(" ", "\u00a0"),
        "Hello,\nplease see below.\n\n" + ROWS + "\nRegards\n\n-- \nAn administrator\n",
        f"C:\\>cluster res\n{ROWS}\nC:\\>exit",
    ],
    ids=["mail", "blank lines", "tabs", "hard blanks", "letter", "prompt"],
)
def test_pasted_text_is_read(pasted: str):
    """However it came here, it is the same cluster."""
    assert imported(ROWS).cluster == imported(pasted).cluster


def test_a_title_without_rows_is_reported_with_its_place():
    """Nothing vanishes."""
    result = imported(ROWS, "Listing status for all available nodes:\n\nNode  Node ID  Status\n")
    assert ("1.txt, line 1: the listing that begins here has no rows.",) == result.unread


def test_heads_in_another_language_are_named():
    """The words of states are not guessed."""
    german = (
        "Knoten         Kennung Status\n-------------- ------- ---------------------\nN1 1 Da\n"
    )
    assert any("not English" in text for text in imported(ROWS, german).unread)


# --- told by the command ----------------------------------------------------------------------


def test_check_prints_what_was_seen_guessed_and_assumed(tmp_path: Path):
    """As text and as data."""
    (tmp_path / "all.txt").write_text(ROWS + QUORUM)
    text = CliRunner().invoke(cli, ["check", str(tmp_path)]).output
    assert "Seen: Physical Disk by cluster /quorum, which names it: CL1DB Quorum." in text
    assert "Guessed: IP Address, by its name alone: CL1DB IP." in text
    assert "Assumed: No 'cluster group'" in text
    data = json.loads(CliRunner().invoke(cli, ["check", "--json", str(tmp_path)]).output)
    assert {"seen", "guessed", "assumed", "not_understood", "problems"} <= data.keys()


def test_check_prints_what_was_seen_where_it_is_too_little(tmp_path: Path):
    """And which listing to add."""
    (tmp_path / "group.txt").write_bytes((SENT / "indented-no-double-blanks.txt").read_bytes())
    result = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert 1 == result.exit_code
    assert "Seen: 3 groups." in result.output
    assert "run cluster resource" in result.output


def test_the_batch_file_only_looks_and_writes_one_folder(tmp_path: Path):
    """Lines of cluster.exe without an option that changes anything."""
    (tmp_path / "all.txt").write_text(ROWS + QUORUM)
    for words in (["collect"], ["collect", str(tmp_path)]):
        result = CliRunner().invoke(cli, words)
        head, lines = result.output.splitlines()[:4], result.output.splitlines()[4:]
        assert (0, "@echo off", "md cluster-listings") == (result.exit_code, head[0], head[3])
        assert all(line.startswith("rem ") for line in head[1:3])
        looks = r"(?: /(?:version|prop|priv|quorum|listnetpri|listowners|listdep))?"
        for line in lines:
            name = r'(?: (?:node|group|resource|network|netint)(?: "[^"]+")?)?'
            assert re.fullmatch(rf"cluster{name}{looks} >>? cluster-listings\\[\w-]+\.txt", line)


def test_private_properties_of_all_resources_in_one_table_are_told_apart():
    """The name of a Network Name is not the name of the resource."""
    table = (
        "T  Resource             Name                           Value\n"
        "SR stsprov              Name                           stsprov\n"
        "S  stsprov              Name                           EVS1\n"
        "D  stsprov              RequireDNS                     1 (0x1)\n"
    )
    config = imported(ROWS, table).cluster.config
    assert {"Name": "EVS1", "RequireDNS": 1} == config.resources_by_name["stsprov"].private
    assert "Network Name" == config.resources_by_name["stsprov"].type.name


def test_a_group_that_did_not_serve_is_named_and_left_out():
    """Nothing can lose it."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.take_offline("EVS1")
    sim.run()
    played = single_failures(sim.cluster)
    assert ("EVS1",) == played.not_serving
    assert "Not serving at the start, so left out: EVS1." in str(played)
    assert "EVS1: it did not serve at the start." in list(played.ways())
    assert ["EVS1"] == played.as_data()["not_serving"]
    cell = played.cell("NODE2")
    assert ["EVS2"] == [fate.group for fate in cell.hit]
    assert cell.fate("EVS2").outage.seconds == cell.seconds_out < 300
    assert "0 lost, 0.0 min" == played.cell("NODE1").text


def test_nodes_that_own_nothing_are_missing_from_a_listing_of_resources(tmp_path: Path):
    """So their number is assumed: one EVS on one node is no finding before the nodes are seen."""
    texts = listing_texts(exchange_cluster(1, 1))
    nodes = next(file for file, text in texts.items() if "all available nodes" in text)
    resources = {file: text for file, text in texts.items() if "available resources" in text}
    for file, text in resources.items():
        (tmp_path / file).write_text(text, "utf-8")
    told = CliRunner().invoke(cli, ["checklist", str(tmp_path)]).output
    assert "the number of EVSs is 1 on 1 node" not in told
    assert "- the number of EVSs: cluster" in told
    (tmp_path / nodes).write_text(texts[nodes], "utf-8")
    assert "the number of EVSs" not in CliRunner().invoke(cli, ["checklist", str(tmp_path)]).output


def test_a_cluster_whose_only_group_is_its_own_has_no_way_to_lose_one():
    """The sentence stands where a list of groups would."""
    cluster = imported("\n".join(ROWS.splitlines()[:7]) + "\n", QUORUM).cluster
    assert () == cluster.config.served_groups
    assert ["no group is taken for one with users."] == list(single_failures(cluster).ways())


@pytest.mark.parametrize("rule", ["--", "---- ---- ----", "---- ---- ---- ---- ----"])
def test_a_table_whose_rule_does_not_fit_its_head_is_not_understood(rule: str):
    """A damaged table of PowerShell is named, and nothing is read from it."""
    text = f"Name State Group ResourceType\n{rule}\nA Online B C\n\n"
    with pytest.raises(ConfigError, match="no listing"):
        import_found(listings_in({"a.txt": text}, "c"), "c")


def test_what_the_batch_files_save_is_understood_wholly(tmp_path: Path):
    """A client who sends what was asked for is never told that a file is no listing."""
    for words in (["collect"], ["collect", FOLDER]):
        run_batch(wingtip(), clusterlab(tmp_path, *words), tmp_path)
    result = read_listings(tmp_path / FOLDER)
    assert ((), ()) == (result.guesses, result.unread)
    assert 1 == len(result.assumptions)  # storage groups, which cluster.exe never lists
    attendant = result.cluster.config.resources_by_name[ATTENDANT]
    assert ("NODE1", "NODE2", "NODE3") == attendant.possible_owners
