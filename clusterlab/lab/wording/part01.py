"""Words of part 01: Exchange virtual servers."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lab.wording.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "01/name": QuestionWords(
        text="EVS2 runs on NODE2. Which server name do Outlook users have in their profiles?",
        options={
            "a": Option("NODE2", "A node name works only as long as EVS2 happens to be there."),
            "b": Option(
                "EVS2",
                "Clients are set up with the network name of the EVS, so they find it on any node.",
            ),
            "c": Option("CL1, the cluster name", "The cluster name is for administration."),
        },
        right="b",
        source="handbook 2, 1",
    ),
    "01/mta": QuestionWords(
        text="EVS1 was created first. It moves from NODE1 to NODE4. Where does the Message "
        "Transfer Agent run now?",
        options={
            "a": Option("on NODE1", "The MTA is a resource of EVS1 and moves with it."),
            "b": Option(
                "on NODE4",
                "The one MTA of the cluster belongs to the first EVS and runs where that EVS is.",
            ),
            "c": Option("on every node", "A cluster has one MTA, so one node runs it."),
        },
        right="b",
        source="handbook 2, 1.3; KB 259197",
    ),
    "01/store-fails": QuestionWords(
        text="Exchange 2003: the Information Store of EVS1 fails and is restarted in place. What "
        "do SMTP and HTTP do meanwhile?",
        options={
            "a": Option(
                "They go Offline and come back.",
                "So it was in Exchange 2000, where they depend on the store. In 2003 they "
                "depend on the System Attendant.",
            ),
            "b": Option(
                "They stay Online.",
                "They depend on the System Attendant, not on the store.",
            ),
            "c": Option(
                "They move to another node.",
                "A group moves as a whole or not at all; nothing leaves it alone.",
            ),
        },
        right="b",
        source="handbook 2, 2.1 to 2.3; KB 821833",
    ),
    "01/active": QuestionWords(
        text="Two nodes, two EVSs. After a failover both EVSs run on NODE1. What kind of cluster "
        "is it at this moment?",
        options={
            "a": Option(
                "active/passive, since NODE2 is idle",
                "What counts is the number of EVSs and nodes, not where the EVSs are now.",
            ),
            "b": Option(
                "active/active",
                "There are as many EVSs as nodes; where they are at the moment does not matter.",
            ),
        },
        right="b",
        source="handbook 2, 3.1; KB 815180",
    ),
    "01/most": QuestionWords(
        text="How many EVSs may a cluster of eight nodes have?",
        options={
            "a": Option("4", "Four is the number of storage groups on a node."),
            "b": Option("7", "With more than two nodes one must stay passive: at most N - 1 EVSs."),
            "c": Option("8", "That would be active/active, which only two nodes may be."),
        },
        right="b",
        source="handbook 2, 3.2",
    ),
    "01/hang": QuestionWords(
        text="An administrator sets the IsAlive interval of the store to 5 s. The store hangs "
        "without ending. When is it Failed?",
        options={
            "a": Option(
                "within 5 s",
                "IsAlive only returns what the last check of EXRES found; asking more often "
                "does not make EXRES look more often.",
            ),
            "b": Option(
                "within 10 s",
                "EXRES looks every 10 s, but a store that does not answer gets IsAliveTimeout, "
                "180 s, first.",
            ),
            "c": Option(
                "after 180 s, at the next 10-second check",
                "EXRES looks every 10 s, which cannot be changed, and gives a hang IsAliveTimeout.",
            ),
        },
        right="c",
        source="handbook 2, 1.4; KB 810860, KB 836566",
    ),
    "quiz/6": statement(
        "Four nodes with four EVSs is a valid active/active cluster.",
        "active/active is allowed in two-node clusters only.",
        "handbook 2, 3.2; KB 815180",
    ),
    "quiz/7": statement(
        "Whether a cluster is active/active or active/passive changes with each move.",
        "it is the number of EVSs against the number of nodes, not where they are at present.",
        "handbook 2, 3.1; KB 815180",
    ),
    "quiz/8": statement(
        "Each EVS can always have four storage groups.",
        "the limit is per node, over both EVSs of an active/active cluster after a failover.",
        "handbook 2, 1.2 and 3.2; KB 259197",
    ),
    "quiz/9": statement(
        "More RAM cures memory fragmentation in active/active.",
        "virtual address space is the limit, not physical memory.",
        "handbook 2, 3.3; KB 325044",
    ),
    "quiz/10": statement(
        "Every EVS has its own MTA.",
        "one for each cluster, in its first EVS.",
        "handbook 2, 1.3; KB 259197",
    ),
    "quiz/11": statement(
        "NODE2 does not host the first EVS. Its MTA service is stopped, and that is normal.",
        "the one MTA runs where the first EVS is; on all other nodes the service is stopped.",
        "handbook 2, 1.3",
        is_true=True,
    ),
    "quiz/12": statement(
        "When a cluster is taken apart, the EVS that was created first is removed last.",
        "it owns the MTA that the others use.",
        "handbook 2, 1.3",
        is_true=True,
    ),
    "quiz/14": statement(
        "Set IsAlive to 5 s to detect Exchange failures faster.",
        "Exchange's own check is fixed at 10 s; IsAlive only asks for its last result.",
        "handbook 2, 1.4; KB 810860",
    ),
    "quiz/17": statement(
        "Creating an EVS of Exchange 2003 gives POP3 and IMAP4.",
        "in 2003 they are created by hand; in 2000 they came by themselves.",
        "handbook 2, 1.2",
    ),
    "quiz/18": statement(
        "It is the System Attendant resource, not Setup, that creates the Exchange server in "
        "Active Directory.",
        "Setup on a node only installs the programs.",
        "handbook 2, 1",
        is_true=True,
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("quiz/"))

TASKS: Mapping[str, TaskWords] = {
    "01.1": TaskWords(
        title="storage groups for active/active",
        findings={
            "pair": Pair(
                "Two nodes and two EVSs: active/active.",
                "Nodes: {n}, EVSs: {e}; active/active needs two of each.",
            ),
            "needs": Pair(
                "EVS1 has {count} storage groups.",
                "EVS1 has {count} storage groups and needs at least three.",
            ),
            "survives": Pair(
                "After the loss of {node} both EVSs are Online.",
                "After the loss of {node} this is not Online: {lost}. The survivor would have to "
                "mount {total} storage groups.",
            ),
        },
        read="handbook 2, 3.2 and 4.2; KB 259197",
        hints=(
            "The limit of four storage groups is one of the node, not of the EVS.",
            "After a failure one node mounts the storage groups of both EVSs.",
            "storage_groups=(3, ...) takes one figure for each EVS; the sum may be four.",
        ),
    ),
    "01.2": TaskWords(
        title="the smallest cluster for five EVSs",
        findings={
            "five": Pair("Five EVSs.", "EVSs: {e}; five are wanted."),
            "survives": Pair(
                "With two nodes lost all EVSs are Online.",
                "With NODE1 and NODE2 lost this is not Online: {failed}.",
            ),
            "smallest": Pair(
                "No node more than needed: {n} nodes.",
                "{spare} nodes are passive; fewer will do.",
            ),
        },
        read="handbook 2, 4.3",
        hints=(
            "A node runs one EVS when the cluster has more than two nodes.",
            "Failures survived without losing an EVS = nodes - EVSs.",
        ),
    ),
    "01.3": TaskWords(
        title="what goes offline with the store",
        findings={
            "all_named": Pair(
                "{version}: these are the resources.",
                "{version}: {more} more resources go Offline.",
            ),
            "none_extra": Pair(
                "{version}: these are the resources.",
                "{version}: this does not depend on the Information Store: {extra}.",
            ),
        },
        read="handbook 2, 2.1 to 2.3; KB 821833",
        hints=(
            "Only what needs the store, directly or over others, goes Offline when it fails.",
            "Compare the two trees of the lesson: what hangs on the IS in each?",
            "One of the two sets is empty.",
        ),
    ),
    "01.4": TaskWords(
        title="the stopped MTA",
        findings={
            "a": Pair("a holds: one MTA, in the EVS that was created first.", ""),
            "b": Pair(
                "",
                "b does not hold: a stopped MTA is normal on a node that does not host the first "
                "EVS.",
            ),
            "c": Pair("c holds: so switch this monitoring off for EVS2 and EVS3, not EVS1.", ""),
            "d": Pair("", "d does not hold: a restart gives EVS2 no MTA; it has no such resource."),
            "e": Pair(
                "",
                "e does not hold: EVSs without an MTA use that of the first EVS, and mail between "
                "Exchange 2003 servers goes by SMTP.",
            ),
            "complete": Pair("Nothing is left out.", "Left out although true: {more}."),
        },
        read="handbook 2, 1.3; KB 259197",
        hints=(
            "Which resources does EVS2 have? The lesson lists them, section 4.",
            "Ask of each statement: would it still hold if every node were in perfect health?",
        ),
    ),
    "01.5": TaskWords(
        title="half an EVS",
        findings={
            "online": Pair(
                "EVS2 is Online.",
                "EVS2 is {state} on {owner}: some of its resources are still meant to be Offline.",
            ),
            "fewest": Pair("Done with {count} request.", "{count} requests; {fewest} is enough."),
        },
        read="handbook 1, 2.1",
        hints=(
            "Taking the System Attendant offline took everything that needs it offline, too.",
            "Bring Online on a resource brings what it needs, not what needs it.",
            "Groups can be brought online as well as resources.",
        ),
    ),
    "01.6": TaskWords(
        title="everyone home",
        findings={
            "home": Pair(
                "{group} is Online on {home}.", "{group} is {state} on {owner}, not on {home}."
            ),
            "unrefused": Pair(
                "No System Attendant was refused.",
                "A System Attendant was refused with 5018 {count} times: its node ran another EVS.",
            ),
            "fewest": Pair("Requests made: {count}.", "{count} requests; {fewest} are enough."),
        },
        read="handbook 2, 4.1 and 4.2; KB 329208",
        hints=(
            "At each moment exactly one node is free.",
            "Move first the EVS whose home is the free node, and let each move end: sim.run().",
        ),
    ),
    "01.7": TaskWords(
        title="POP3 must not move the EVS",
        findings={
            "restarts": Pair(
                "POP3 is restarted after a failure.",
                "After its first failure POP3 is not restarted.",
            ),
            "stays": Pair(
                "However often POP3 fails, EVS1 stays.",
                'POP3 may still move EVS1 ({state} on {owner}): "Affect the group" is ticked.',
            ),
            "others": Pair(
                "All other resources may still move EVS1.",
                "These should still be able to move EVS1: {others}.",
            ),
        },
        read="handbook 1, 4.3; handbook 2, 5.2",
        hints=(
            'The box "Affect the group" is part of the property RestartAction.',
            "RestartAction: 0 never restarts, 1 restarts only, 2 restarts and affects the group.",
            'sim.set_properties("EVS1/POP3", restart_action=...)',
        ),
    ),
}
