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
    "exchange wont mount on the standby node": "The EVS comes up on one node only",
    "EVS1 ping-pongs between both servers every few minutes": "The group bounces between the nodes",
    "Outlook clients freeze for minutes after the cluster switched over": "Outlook hangs after a "
    "failover",
    "the standby server does not show the SAN drives in disk management": "The second node does "
    "not see the disks",
    "server 2 cannot be added back to the cluster after a reboot": "The node will not join",
    "blackout last night, this morning no exchange service runs anywhere": "Nothing starts after "
    "the power cut",
    "Q: drive has no free space": "The quorum disk is full",
    "all groups moved when the network team replaced a switch": "Everything failed over although "
    "only the switch was restarted",
    "net stop MSExchangeIS does not last, the service is back after a minute": "The store "
    "restarts by itself when I stop it",
    "cluster IP is offline since the new NIC": "After changing a network card the cluster "
    "address stays down",
    "why doesn't EVS2 fail back automatically": "The EVS did not go home after the repair",
    "resource hangs at offline pending during a manual failover": "Moving the group takes 20 "
    "minutes",
    "Exchange refuses to start on whichever server we pick": "The EVS comes up nowhere",
    "our mailbox cluster is flapping": "The group bounces between the nodes",
    "some people can read mail, others get an error, but cluadmin is all green": "The EVS is "
    "online but a database is down",
    "I get access denied when I open the cluster by its name in the console": "Cluster "
    "Administrator cannot connect",
    "POP3 is set to disabled again every time the cluster switches": "A service is Disabled "
    "again after each failover",
    "the office lost its network link but the cluster did not do anything": "The client network "
    "is down and nothing fails over",
    "messages from the internet do not get delivered to us": "Mail waits in the queue of the "
    "senders",
    "webmail works with the server name but not with our alias": "OWA works by the EVS name only",
    "intranet page on node1 is gone since the cluster moved": "Web sites of the node do not "
    "start after a failover and restart",
    "is it normal that X.400 is only running on the first virtual server": "The MTA is stopped "
    "on the second EVS",
    "ntbackup stops with RPC server is unavailable": "Backup of the EVS fails with RPC server "
    "unavailable",
    "how do I get rid of a virtual server": "The EVS cannot be removed",
    "we evicted NODE2 and now setup does not let us reuse it": "The evicted node cannot be used "
    "again",
    "EVS3 landed on NODE1 instead of NODE4": "The EVS went to the wrong node",
    "two servers died and now one mailbox server stays offline": "After two node failures one "
    "EVS stays down",
    "drive S does not come online, red cross": "The disk shows Failed",
    "Exchange services only run on SERVER-A, a switchover to SERVER-B always fails": ""
    "The EVS comes up on one node only",
    "mail cluster fails over again and again all day": "The group bounces between the nodes",
    "users get a password prompt after we fail over": "Outlook hangs after a failover",
    "shutting down the virtual server takes half an hour": "Moving the group takes 20 minutes",
    "LUNs are missing on the passive server": "The second node does not see the disks",
    "rebooted server stays outside the cluster, its cluster service keeps stopping": ""
    "The node will not join",
    "UPS was empty, after power came back the cluster service starts nowhere": "Nothing starts "
    "after the power cut",
    "someone filled up the quorum": "The quorum disk is full",
    "we swapped a broken NIC and the virtual IP will not come online": "After changing a network "
    "card the cluster address stays down",
    "killed store.exe, a minute later it is running again": "The store restarts by itself when I "
    "stop it",
    "database dismounted but no failover took place": "The EVS is online but a database is down",
    "firmware update of the network switch took down both nodes": "Everything failed over "
    "although only the switch was restarted",
    "EVS1 is still on the spare node although the first node is up again": "The EVS did not go "
    "home after the repair",
    "the second server is healthy but Exchange will not run there": "The EVS comes up on one "
    "node only",
    "virtual server moves between the two machines all the time": "The group bounces between the "
    "nodes",
    "Outlook says disconnected until I restart it, since this morning's failover": ""
    "Outlook hangs after a failover",
    "taking the group offline lasts very long": "Moving the group takes 20 minutes",
    "no drive letters in Explorer on the standby box": "The second node does not see the disks",
    "node 2 was repaired and does not come back into the cluster": "The node will not join",
    "the data centre lost power and neither node forms the cluster": "Nothing starts after the "
    "power cut",
    "MSDTC log ate the space on Q:": "The quorum disk is full",
    "cluadmin says RPC server unavailable": "Cluster Administrator cannot connect",
    "one mailbox store is not mounted, everything else is fine": "The EVS is online but a "
    "database is down",
    "users lost their network and the cluster stayed where it was": "The client network is down "
    "and nothing fails over",
    "the passive node was free, why did it choose another one": "The EVS went to the wrong node",
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
    ("text", "keys"),
    [
        ("mailbox,size\nanna,5\nbert,1069\n1,2,5018\n", []),
        ("Error,5\nid;status\n1;5\n7,8,9\n1069\n", []),
        ("Event ID,Source\n10,Print\n", []),
        ("Count,Event ID\n5,1034\n", ["ClusSvc 1034"]),
        ("name;Code\nx;5018\n5018;x\n", ["error 5018"]),
        ("x,error 5018\n", ["error 5018"]),
        ("Event ID: 1034\n", ["ClusSvc 1034"]),
        ("the call ended with 0x8007042b\n", ["HRESULT 0x8007042b"]),
    ],
)
def test_a_plain_number_in_a_file_is_no_code(text: str, keys: list[str]):
    """Only a column of events or codes counts, and what is written as a code."""
    try:
        found = [one.key for one in explain_lines(text).symptoms]
    except UnknownSymptom:
        found = []
    assert keys == [key for key in found if not key.startswith("Setup:")][: len(keys) or None]


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


@pytest.mark.parametrize(
    ("asked", "key"),
    [("5024", "error 5024"), ("8240", "error 8240"), ("0x2030", "error 8240")],
)
def test_codes_that_the_prompt_and_the_checklist_print_can_be_asked_for(asked: str, key: str):
    """A property that acts later (5024), and a name without its computer object (8240)."""
    assert key in [entry.key for entry in explain(asked).symptoms]
