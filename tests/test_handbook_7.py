"""Handbook 7: every entry parses, refers to what is there, and is found by those who ask for it."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from clusterlab.cli import cli
from clusterlab.scenario import read_scenario, run_scenario
from clusterlab.symptoms import (
    CHAPTER,
    FIELDS,
    MOST,
    SymptomEntry,
    UnknownSymptom,
    aliases,
    explain,
    explain_lines,
    symptoms,
)

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / CHAPTER).read_text("utf-8")
ENTRIES = list(symptoms().values())
COMPLAINTS = [one for one in ENTRIES if one.key.startswith("complaint:")]
LABS = [one for one in ENTRIES if one.lab]

# In other words than the chapter's, as somebody on the telephone would say it.
PARAPHRASES = {
    "the mail server only starts on one of the machines": "The EVS comes up on one node only",
    "it keeps jumping from node to node": "The group bounces between the nodes",
    "users wait in Outlook when the EVS has failed over": "Outlook hangs after a failover",
    "a planned move takes forever": "Moving the group takes 20 minutes",
    "passive machine cannot see the shared drives": "The second node does not see the disks",
    "a node refuses to join the cluster": "The node will not join",
    "nothing came up after the power failure": "Nothing starts after the power cut",
    "no space left on the quorum drive": "The quorum disk is full",
    "I replaced a network card and now the cluster IP address is down": "After changing a network "
    "card the cluster address stays down",
    "I stopped the information store and it came back by itself": "The store restarts by itself "
    "when I stop it",
    "the switch was rebooted and everything failed over": "Everything failed over although only "
    "the switch was restarted",
    "EVS did not return to its preferred node after we fixed it": "The EVS did not go home after "
    "the repair",
    "a disk does not come online": "The disk shows Failed",
    "stuck in offline pending": "Moving the group takes 20 minutes",
    "an EVS cannot be deleted": "The EVS cannot be removed",
}


def test_every_entry_has_its_nine_fields_in_order():
    """An entry is a key and nine lines, always the same ones in the same order (7.0)."""
    for entry in re.split(r"^### ", TEXT, flags=re.M)[1:]:
        body = entry.partition("\n## ")[0]
        names = [line[2:].partition(":")[0] for line in body.splitlines() if line.startswith("- ")]
        assert list(FIELDS) == names, body.splitlines()[0]


def test_keys_are_unique():
    """No two entries have one key, and no key is also treated under another."""
    headings = re.findall(r"^### (.+)$", TEXT, flags=re.M)
    assert sorted(set(headings)) == sorted(headings)
    assert set() == set(headings) & set(aliases())


def test_every_key_of_another_leads_to_an_entry():
    """A number that is treated under another key finds it (7.0.1)."""
    assert set() == set(aliases().values()) - set(symptoms())


def test_every_reference_resolves():
    """Whatever an entry calls its kin is an entry, another number of one, or a code."""
    known = set(symptoms()) | set(aliases())
    for chapter in ("03-installation", "04-upgrade"):
        text = (ROOT / f"docs/handbook/{chapter}.md").read_text("utf-8")
        known |= set(re.findall(r"\b(?:ERR|WARN|UE)-[A-Z0-9-]+", text))
    assert {} == {one.key: kin for one in ENTRIES for kin in one.kin if kin not in known}


def test_every_source_is_in_the_list():
    """A source in square brackets is in the chapter's own list (7.8)."""
    listed = set(re.findall(r"^- \[(Y\d+)\]", TEXT, flags=re.M))
    assert set() == set(re.findall(r"\[(Y\d+)\]", TEXT)) - listed


@pytest.mark.parametrize("one", LABS, ids=lambda one: one.key)
def test_every_lab_runs(one: SymptomEntry):
    """The scenario of an entry can be played, and shows something."""
    result = run_scenario(read_scenario(one.lab))
    assert result.text.strip()


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: one.key)
def test_every_key_finds_its_entry(one: SymptomEntry):
    """Whoever asks for a key gets that entry alone, as text and as HTML."""
    found = explain(one.key.upper())
    assert (one,) == found.symptoms
    assert not found.is_search
    assert one.key in str(found)


@pytest.mark.parametrize("one", COMPLAINTS, ids=lambda one: one.key)
def test_a_complaint_is_found_by_its_own_words(one: SymptomEntry):
    """The words of a complaint, in another order and without its key, find it among three."""
    words = re.sub(r'^complaint: "|"$', "", one.key).split()
    found = explain(" ".join(reversed(words)))
    assert one in found.symptoms[:MOST]


@pytest.mark.parametrize("asked", PARAPHRASES)
def test_a_complaint_is_found_by_other_words(asked: str):
    """People's own words find the right entry among the first three, named as a search."""
    found = explain(asked)
    assert found.is_search
    assert f'complaint: "{PARAPHRASES[asked]}"' in [one.key for one in found.symptoms]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("1034", "ClusSvc 1034"),
        ("event id 1034", "ClusSvc 1034"),
        ("ClusDisk 1034", "ClusSvc 1034"),
        ("0x8007042B", "HRESULT 0x8007042b"),
        ("8007042b", "HRESULT 0x8007042b"),
        ("-2147023829", "HRESULT 0x8007042b"),
        ("error 5018", "error 5018"),
        ("5018", "error 5018"),
        ("C103798A", "HRESULT 0xC103798A"),
        (
            "5/4/2006,11:12:13 AM,ClusSvc,Error,Failover Mgr,1069,N/A,NODE1,Cluster resource 'Disk "
            "R:' in Resource Group 'EVS1' failed.",
            "ClusSvc 1069",
        ),
        (
            "00000a1c.00000b2c::2006/05/04-11:12:13.123 ERR  [JOIN] Unable to get join version "
            "data from sponsor 10.0.0.1 using NTLM package, status 5.",
            "log: [JOIN] Unable to get join version data from sponsor, using NTLM package, "
            "status 5",
        ),
        (
            "00000668.00000abc::2005/03/01-10:11:12.000 WARN [NM] Communication was lost with "
            "interface 1f2 (node: NODE2, network: Private)",
            "log: [NM] Communication was lost with interface ... (node, network)",
        ),
    ],
)
def test_numbers_and_lines_of_logs_are_found(asked: str, first: str):
    """A number in any spelling, and a whole line of a log, lead to their entry."""
    assert first == explain(asked).symptoms[0].key


@pytest.mark.parametrize("asked", ["", "zzz qqq", "99999", "<xyzzy>1</xyzzy>", "9" * 5000])
def test_what_nothing_answers_is_said(asked: str):
    """Nothing is made up where the chapter is silent; the message says what can be asked."""
    with pytest.raises(UnknownSymptom, match="ask for an event"):
        explain(asked)


def test_words_of_the_chapter_are_escaped():
    """What is shown in a notebook is text, whatever it holds."""
    one = SymptomEntry(key="<b>1</b>", section="", fields={"causes": "1) <i> 2) &", "text": "<u>"})
    html = one._repr_html_()
    assert [] == [tag for tag in ("<b>1", "<i>", "<u>") if tag in html]
    assert "&lt;b&gt;1&lt;/b&gt;" in html


LOG = """\
5/4/2006,11:12:12 AM,ClusSvc,Error,Failover Mgr,1069,N/A,NODE1,Cluster resource 'Disk R:' failed.
5/4/2006,11:12:13 AM,ClusSvc,Error,Failover Mgr,1069,N/A,NODE1,Cluster resource 'Disk R:' failed.
00000668.00000abc::2006/05/04 [NM] Communication was lost with interface 1f2 (node: N2, network: P)
5/4/2006,11:12:15 AM,Print,Information,None,10,N/A,NODE1,Document 1 was printed.
"""


def test_the_lines_of_a_log_are_answered_once_each_in_order():
    """Lines that no entry answers are passed over; nothing is guessed."""
    lost = "log: [NM] Communication was lost with interface ... (node, network)"
    assert ["ClusSvc 1069", lost] == [one.key for one in explain_lines(LOG).symptoms]
    with pytest.raises(UnknownSymptom, match="no line"):
        explain_lines("nothing\n1\n")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["1034", "--show"], 0, "In the lab:"),
        (["ClusSvc", "1009", "--json"], 0, '"key": "ClusSvc 1009"'),
        (["99999"], 1, "ask for an event"),
        ([], 2, "one of them"),
        (["--file", "no such log"], 2, "no such log"),
    ],
)
def test_the_command_explains(words: list[str], status: int, said: str):
    """`clusterlab explain` prints the entry, and says what to do where there is none."""
    result = CliRunner().invoke(cli, ["explain", *words])
    assert status == result.exit_code
    assert said in result.output


def test_the_command_reads_a_log_from_a_file_or_standard_input(tmp_path: Path):
    """An export of Windows is UTF-16 as often as not."""
    file = tmp_path / "system.csv"
    file.write_text(LOG, "utf-16")
    by_file = CliRunner().invoke(cli, ["explain", "--file", str(file)])
    by_stdin = CliRunner().invoke(cli, ["explain", "--file", "-"], input=LOG)
    assert 0 == by_file.exit_code == by_stdin.exit_code
    assert by_file.output == by_stdin.output
    assert "ClusSvc 1069" in by_file.output


@pytest.mark.parametrize("asked", ["KB 819865", "kb819865", "819865", "Q819865"])
def test_an_article_leads_to_what_cites_it(asked: str):
    """Consultants ask by the number of an article; one that nothing cites answers nothing."""
    assert {"KB 819865"} <= {
        part for one in explain(asked).symptoms for part in one.fields["source"].split("; ")
    }
    with pytest.raises(UnknownSymptom):
        explain("KB 999999")
