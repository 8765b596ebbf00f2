"""Words of part 09: upgrading."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "09/acts": QuestionWords(
        text="Setup of Exchange 2003 has run on both nodes, everything else was left alone. Which "
        "version has EVS1?",
        options={
            "a": Option("2003", "Setup changes the binaries of a node, and nothing of an EVS."),
            "b": Option(
                "2000, and it serves its users", "No node has the binaries of 2000 any more."
            ),
            "c": Option(
                "2000, and it is out",
                "Version of node and of EVS are two things; they have to be equal.",
            ),
        },
        right="c",
        source="handbook 4, R5 and R7",
    ),
    "09/window": QuestionWords(
        text="NODE2 is new, NODE1 and EVS1 are still old. EVS1 is Online on NODE1. NODE1 fails. "
        "What does the cluster do?",
        options={
            "a": Option(
                "It leaves EVS1 alone, since NODE2 does not fit.",
                "The Cluster service knows nothing of Exchange versions.",
            ),
            "b": Option(
                "It brings EVS1 online on NODE2.",
                "The System Attendant does not come online on newer binaries.",
            ),
            "c": Option(
                "It tries NODE2, fails, and gives up.",
                "Nothing tells it beforehand; EVS1 ends as Failed on NODE2.",
            ),
        },
        right="c",
        source="handbook 4, R8 and 4.5.2",
    ),
    "09/order": QuestionWords(
        text="Four nodes, three EVSs, NODE4 idle. The documented order empties NODE1 first: EVS1 "
        "goes to NODE4 and comes back. What is different if NODE4 is upgraded first?",
        options={
            "a": Option(
                "Nothing; the same steps in another order.",
                "Each EVS moves once, onto a node that is new already.",
            ),
            "b": Option(
                "Each EVS is out once instead of twice.",
                "It goes to a new node and is upgraded there; it need not come back.",
            ),
            "c": Option(
                "EVSs are protected all the time.",
                "While versions are mixed one node cannot stand in for all.",
            ),
        },
        right="b",
        source="handbook 4, 4.3.3",
    ),
    "09/true-1": statement(
        "Exchange 2003 is installed after Windows Server 2003.",
        "Exchange 2000 does not run on Windows Server 2003, so Exchange is first.",
        "handbook 4, R1 and R2",
    ),
    "09/true-2": statement(
        "The upgrade of an EVS can be undone as long as the old node is there.",
        "it goes one way; only a restore leads back.",
        "handbook 4, R12",
    ),
    "09/true-3": statement(
        "Setup runs on a node that owns no group at all, not even the Cluster Group.",
        "it recycles the Cluster service of the node.",
        "handbook 4, 4.3.1",
        is_true=True,
    ),
    "09/true-4": statement(
        "Two EVSs can be upgraded in two windows at the same time, to save an evening.",
        "Setup stops responding; one EVS at a time.",
        "handbook 4, R11 and UE-11; KB 822582",
    ),
    "09/true-5": statement(
        "From the first Setup until the last one of two nodes, nothing protects the EVS.",
        "there is always one node whose binaries do not fit.",
        "handbook 4, 4.5.1",
        is_true=True,
    ),
    "09/true-6": statement(
        "ForestPrep was run for Exchange 2000, so it need not run again.",
        "the schema of 2003 is larger; Setup refuses without it.",
        "handbook 4, P08",
    ),
    "09/true-7": statement(
        "A service pack of Exchange 2003 needs Upgrade Exchange Virtual Server as well.",
        "only those of Exchange 2000 upgraded the EVS by themselves.",
        "handbook 4, R6",
        is_true=True,
    ),
    "09/true-8": statement(
        "Upgrade the back-end cluster first, the front-end servers afterwards.",
        "front-ends come first.",
        "handbook 4, R14",
    ),
    "09/true-9": statement(
        "After the upgrade the protocols no longer wait for the Information Store.",
        "the command rewrites the tree: they need the System Attendant.",
        "handbook 4, 4.3.4",
        is_true=True,
    ),
    "09/true-10": statement(
        "A node that fails during Setup costs an EVS.",
        "its EVS is elsewhere; what it costs is the time without a standby.",
        "handbook 4, 4.5.2",
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("09/true"))

_WHOLE = {
    "online": Pair("EVS1 is Online.", "EVS1 is out ({part}) on {node}."),
    "new": Pair("EVS1 has Exchange 2003.", "EVS1 still has Exchange {is}."),
    "protected": Pair(
        "The other node could take EVS1 over.", "No other node could take EVS1 over now."
    ),
}

TASKS: Mapping[str, TaskWords] = {
    "09.1": TaskWords(
        title="what comes online where",
        findings={
            "a": Pair("a: node and EVS are equal.", ""),
            "b": Pair("", "b: the EVS has to be upgraded there first."),
            "c": Pair("", "c: the node is older than the EVS (UE-01)."),
            "d": Pair("d: service packs of Exchange 2000 upgrade the EVS by themselves.", ""),
            "e": Pair("", "e: a service pack of Exchange 2003 needs the command first."),
            "f": Pair("", "f: an EVS does not go back to an older Windows (UE-18)."),
            "g": Pair("g: from the older Windows to the newer one it goes.", ""),
            "complete": Pair("No pair is left out.", "{more} more come online."),
        },
        read="handbook 4, 4.0.3",
        hints=(
            "Compare the EVS with the node: equal, newer, older?",
            "fit(evs, node, windows, last).result of clusterlab.exchange.versions says it.",
        ),
    ),
    "09.2": TaskWords(
        title="while nothing protects",
        findings={
            "ends": Pair("The protection ends with {given}.", "It does not end with {given}."),
            "begins": Pair(
                "It begins again with {given}.", "It does not begin again with {given}."
            ),
        },
        read="handbook 4, 4.5.1",
        hints=(
            "Timeline(run).lamps says for each node whether its failure would be survived.",
            "Do step after step and look when the lamp of the owner of EVS1 changes.",
        ),
    ),
    "09.3": TaskWords(
        title="the old node fails",
        findings={
            **_WHOLE,
            "short": Pair(
                "EVS1 was out {seconds} s since the preparation.",
                "EVS1 was out {seconds} s since the preparation; 1,200 s were allowed.",
            ),
        },
        read="handbook 4, 4.5.2",
        hints=(
            "NODE2 is new, and EVS1 is there already, Failed. What does it lack?",
            "Go forward: System Attendant offline, check, Upgrade Exchange Virtual Server, online.",
            "NODE1 still needs power, Setup and a restart before it can protect anything.",
        ),
    ),
    "09.4": TaskWords(
        title="Setup says no",
        findings={
            "new": Pair("NODE2 has Exchange 2003.", "NODE2 still has Exchange {is}."),
            "sound": Pair(
                "Front-ends and Active Directory Connector were upgraded before.",
                "Setup let something pass that must come before: {codes}.",
            ),
            "fewest": Pair("{count} steps were enough.", "{count} steps; {fewest} are enough."),
        },
        read="handbook 4, 4.2 and 4.12",
        hints=(
            "Setup names one reason at a time; each refusal says what is missing.",
            "What it does not refuse counts too: handbook 4, R14, and the row of P10.",
        ),
    ),
    "09.5": TaskWords(
        title="the new node fails",
        findings=_WHOLE,
        read="handbook 4, 4.5.2",
        hints=(
            "EVS1 is 2003, NODE1 is 2000: there is no way back. Which node can run it?",
            "Start NODE2 (StartNode), move EVS1 there (MoveGroup), then go on with the steps.",
        ),
    ),
    "09.6": TaskWords(
        title="two orders",
        findings={
            "U4": Pair("Documented order: {right}.", "Documented order: not {given}."),
            "U4S": Pair("Idle node first: {right}.", "Idle node first: not {given}."),
        },
        read="handbook 4, 4.3.3 and 4.5.3",
        hints=(
            "Count the gaps in the lane of EVS2, from the first step of the path on.",
            "In the documented order an EVS leaves its node and comes back.",
        ),
    ),
    "09.7": TaskWords(
        title="what may be done in which order",
        findings={
            "a": Pair("", "a does not hold: Setup wants the ForestPrep of 2003 (UE-08)."),
            "b": Pair("b holds: Setup refuses without MSDTC (UE-03).", ""),
            "c": Pair("", "c does not hold: an EVS would wait, offline, through each Setup left."),
            "d": Pair("", "d does not hold: Setup stops responding (UE-11)."),
            "e": Pair("", "e does not hold: the upgrade of an EVS goes one way."),
            "f": Pair("f holds: the backup is the only way back.", ""),
            "g": Pair("g holds: without it the configuration is not supported.", ""),
            "complete": Pair("No statement is left out.", "Left out although true: {more}."),
        },
        read="handbook 4, 4.11",
        hints=("Each of the wrong ones is a row of handbook 4, 4.11.",),
    ),
}
