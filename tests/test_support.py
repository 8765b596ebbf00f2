"""What may run on a cluster: the matrix of handbook 2, section 6, and the list of a client."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from clusterlab import ConfigError, cli
from clusterlab.exchange.support import (
    Status,
    _by_words,
    _names,
    assess,
    component,
    components,
    instead,
    matrix_text,
)

HANDBOOK = Path(__file__).parent.parent / "docs" / "handbook" / "02-exchange-virtual-servers.md"


def handbook_rows() -> dict[str, str]:
    """Return the first two columns of the table in handbook 2, section 6."""
    section = re.search(r"(?ms)^## 6\. .*?^### 6\.1", HANDBOOK.read_text("utf-8"))
    assert section
    cells = [line.strip("|").split("|") for line in section[0].splitlines() if line[:2] == "| "]
    return {row[0].strip(): row[1].strip(" *") for row in cells[1:]}


# What the handbook puts into one row, or says in more words.
ROWS = {
    "SMTP, HTTP, POP3, IMAP4": ("SMTP", "HTTP", "POP3", "IMAP4"),
    "Recipient Update Service, routing group master, bridgehead role": (
        "Recipient Update Service", "routing group master", "bridgehead role",
    ),
    "SMTP connector, routing group connector": ("SMTP connector", "routing group connector"),
    "OWA, ActiveSync, OMA against an EVS": ("OWA", "Exchange ActiveSync", "OMA"),
    "IBM PROFS (OV/VM), SNADS connectors": ("IBM PROFS", "IBM SNADS"),
    "Key Management Service, Instant Messaging, Chat, Conferencing": (
        "Key Management Service", "Instant Messaging", "Chat", "Conferencing",
    ),
    "RPC proxy (RPC over HTTP)": ("RPC over HTTP",),
    "Domain controller on a node": ("DC",),
    "NTFS/SMB network-attached file shares as cluster storage": ("NAS",),
}  # fmt: skip


@pytest.mark.parametrize(("row", "said"), handbook_rows().items())
def test_the_matrix_says_what_the_handbook_says(row: str, said: str):
    """Each row of handbook 2, section 6, is in the matrix with the same answer."""
    for name in ROWS.get(row, (row,)):
        may_run = not said.startswith("not ")
        assert may_run is component(name).can_stay, name


def test_one_instance_per_cluster():
    """One MTA and what hangs on it; everything else that may run may run in each EVS (2, 1.3)."""
    single = [item.name for item in components() if item.status is Status.ONE_PER_CLUSTER]
    assert ["MTA", "X.400 connector"] == single


def test_conflicts_and_what_nobody_sourced_are_marked():
    """Where sources disagree the row says so and follows the support article."""
    conflicts = [item for item in components() if item.mark == "conflict"]
    names = ["Connector for Microsoft Mail", "Connector for Lotus cc:Mail"]
    assert names == [item.name for item in conflicts]
    assert [] == [item for item in conflicts if item.can_stay]
    assert "conflict" in assess(["MS Mail"]).text


def test_whatever_may_not_run_has_somewhere_to_go():
    """Each "no" names a topology, each "yes" none, and each topology is used."""
    assert [] == [item.name for item in components() if item.can_stay is bool(item.instead)]
    assert set(instead()) == {item.instead for item in components() if item.instead}


def test_no_name_means_two_things():
    """Names and aliases, folded, lead to one component each."""
    names = list(_names())
    assert [] == [name for name, item in names if component(name) is not item]
    assert len(_by_words()) <= len(names)


@pytest.mark.parametrize(
    "name",
    ["Notes", "lotus notes CONNECTOR", "Connector for Lotus Notes", "the Domino connector"],
)
def test_names_as_people_write_them(name: str):
    """Case, word order and small words do not matter."""
    assert "Connector for Lotus Notes" == component(name).name


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Lotus Nots", "'Connector for Lotus Notes'"),
        ("Calender Connector", "'Calendar Connector'"),
        ("Groupwize", "'Connector for Novell GroupWise'"),
        ("replication", "'Site Replication Service'"),
    ],
)
def test_an_unknown_name_proposes_what_is_near(name: str, near: str):
    """A slip of the pen is answered with the likeliest names, then with all of them."""
    with pytest.raises(
        ConfigError, match=re.escape(f"{name!r} is not known to the handbook")
    ) as no:
        assess(["OWA", name])
    assert near in str(no.value)
    assert "Known: System Attendant" in str(no.value)


@pytest.mark.parametrize("name", ["", "???", "x" * 5000, "<b>zq</b>"])
def test_nonsense_is_a_short_message(name: str):
    """Whatever is pasted, the answer is one message that names no component by chance."""
    with pytest.raises(ConfigError, match="is not known to the handbook") as no:
        component(name)
    assert "did you mean" not in str(no.value)
    assert 2000 > len(str(no.value))


def test_a_list_of_a_client():
    """What stays, what moves, and each topology once, with the servers it takes."""
    found = assess(["mailboxes", "OWA", "Notes connector", "Domino", "Calendar Connector", "MTA"])
    assert ["Information Store", "Outlook Web Access", "MTA"] == [i.name for i in found.stays]
    assert ["Connector for Lotus Notes", "Calendar Connector"] == [i.name for i in found.moves]
    assert ["notes", "calendar"] == [item.key for item in found.topologies]
    assert "connector server for Lotus Notes" in repr(found)
    assert 92 >= max(map(len, found.text.splitlines()))


def test_one_name_is_a_list_of_one():
    """A text is not taken apart into letters."""
    assert ["Intelligent Message Filter"] == [item.name for item in assess("IMF").moves]
    assert "No components were named." == repr(assess([]))


def test_the_matrix_as_a_listing():
    """One line for each component, marks included."""
    lines = matrix_text().splitlines()
    assert len(components()) + 2 == len(lines)
    assert any("Microsoft Mail" in line and "conflict" in line for line in lines)
    assert 78 >= max(map(len, lines))


# --- the command --------------------------------------------------------------------------------


def test_the_command_reports_on_the_names_given():
    """`clusterlab support NAME...` prints the report."""
    result = CliRunner().invoke(cli.cli, ["support", "Notes", "OWA"])
    assert (0, True) == (result.exit_code, "Must run elsewhere" in result.output)


def test_the_command_without_names_prints_the_matrix():
    """Nothing asked, everything told."""
    result = CliRunner().invoke(cli.cli, ["support"])
    assert (0, matrix_text()) == (result.exit_code, result.output.rstrip("\n"))


def test_the_command_answers_an_unknown_name_with_status_2():
    """The sentence of the error, no traceback; what is known is answered all the same."""
    known = CliRunner().invoke(cli.cli, ["support", "OWA", "fax", "BlackBerry"])
    assert "Outlook Web Access: supported" in known.stdout
    assert 2 == known.stderr.count("is not known to the handbook")
    result = CliRunner().invoke(cli.cli, ["support", "Lotus Nots"])
    assert 2 == result.exit_code
    assert "did you mean 'Connector for Lotus Notes'" in result.stderr
