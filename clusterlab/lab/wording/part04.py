"""Words of part 04: quorum and networks."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "04/internal": QuestionWords(
        text="The private network fails for all nodes. What happens to the EVSs?",
        options={
            "a": Option(
                "They fail over.", "Whereto? No node is better off than another, and all are Up."
            ),
            "b": Option(
                "Nothing.",
                "Public has role 3, clients and cluster: it carries the heartbeats from now on.",
            ),
            "c": Option(
                "The cluster breaks apart.",
                "It would, if Public had role 2. A network for clients only never carries "
                "heartbeats.",
            ),
        },
        right="b",
        source="handbook 1, 2.5 and 4.9; KB 174794",
    ),
    "04/everybody": QuestionWords(
        text="The client network fails for all nodes: its switch is dead. What does the cluster "
        "do with the EVSs?",
        options={
            "a": Option(
                "It moves them.", "To a node that has the same dead switch: nothing would be won."
            ),
            "b": Option(
                "It takes them offline.",
                "No interface is to blame, so no IP Address fails, and nothing that stands on it.",
            ),
            "c": Option(
                "It leaves them Online.",
                "Nobody reaches anything, so no interface is to blame. Users wait all the same.",
            ),
        },
        right="c",
        source="handbook 1, 4.9; KB 814459",
    ),
    "04/alone": QuestionWords(
        text="NODE1 owns the quorum disk and EVS1. All its cables are pulled; the disks stay "
        "connected. Who has the quorum half a minute later?",
        options={
            "a": Option(
                "NODE1: it owns the disk and can defend it",
                "So it was until Windows 2000. NODE1 would keep EVS1, and no user could reach it.",
            ),
            "b": Option(
                "NODE2: NODE1 gives way",
                "From Windows Server 2003 on a node without any client network gives way to those "
                "that have one.",
            ),
            "c": Option(
                "nobody, and everything stops",
                "With a shared quorum disk somebody wins: the one that holds the reservation.",
            ),
        },
        right="b",
        source="handbook 1, 4.10; KB 286342; details unsourced",
    ),
    "04/even": QuestionWords(
        text="A majority node set of four nodes is cut into two and two. Who goes on?",
        options={
            "a": Option("the half with the owner of the quorum", "There is no arbitration here."),
            "b": Option("the half with NODE1", "The lowest Node ID decides nothing here."),
            "c": Option("nobody", "Three of four are needed, and each half has two."),
        },
        right="c",
        source="handbook 1, 6; KB 947713",
    ),
    "04/dead": QuestionWords(
        text="The quorum disk dies, for all nodes. The disks of the EVSs are well. What is left?",
        options={
            "a": Option(
                "everything but the Cluster Group",
                "Without a quorum no Cluster service stays up, and without it no group.",
            ),
            "b": Option(
                "one node with all EVSs", "None of the nodes can reserve the disk, so all stop."
            ),
            "c": Option("nothing", "Every Cluster service stops, and no attempt to form succeeds."),
        },
        right="c",
        source="handbook 1, 4.12",
    ),
    "04/true-1": statement(
        "A lost heartbeat network moves groups.",
        "as long as one network for internal traffic works nothing moves.",
        "handbook 1, 4.9",
    ),
    "04/true-2": statement(
        "The public network should be for clients only, so that heartbeats do not disturb it.",
        "make it mixed (role 3): it is the only way left when the private one fails.",
        "handbook 1, 2.5; KB 174794",
    ),
    "04/true-3": statement(
        "Heartbeats are sent every 1.2 seconds; two missed ones are event 1123.",
        "1123 comes after 2.4 s, for each peer and each network.",
        "handbook 1, 2.4; KB 892422",
        is_true=True,
    ),
    "04/true-4": statement(
        "If the client network fails at one node only, its EVS moves.",
        "the interface is Failed, the IP Address fails, its restarts fail, the group fails over.",
        "handbook 1, 4.9; KB 242600",
        is_true=True,
    ),
    "04/true-5": statement(
        "A majority node set of two nodes survives the loss of one.",
        "2 of 2 are needed. It is worse than one node alone.",
        "handbook 1, 6",
    ),
    "04/true-6": statement(
        "A majority node set of four survives more than one of three.",
        "both survive one failure: 3 of 4 and 2 of 3 are needed.",
        "handbook 1, 6",
    ),
    "04/true-7": statement(
        "A node that is Down no longer counts for the majority.",
        "N counts configured nodes. Only evicting changes it.",
        "handbook 1, 6",
    ),
    "04/true-8": statement(
        "With a shared quorum disk one node of eight is enough.",
        "whoever owns the disk goes on, alone if need be.",
        "handbook 1, 6",
        is_true=True,
    ),
    "04/true-9": statement(
        "After /fixquorum you go on working as usual.",
        "it is for repair: one node, no quorum log, the groups offline. Then a normal start.",
        "handbook 1, 6.1; KB 258078",
    ),
    "04/true-10": statement(
        "/forcequorum stays in force until it is taken back.",
        "it ends when the last of the forced nodes is stopped; start normally then.",
        "handbook 1, 6.1; KB 258078",
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("04/true"))

TASKS: Mapping[str, TaskWords] = {
    "04.1": TaskWords(
        title="how many may be lost",
        findings={
            "size": Pair(
                "Of {n} nodes {right} may be lost: {needed} are needed.",
                "Of {n} nodes: not {guess}. More than half of all configured nodes are needed.",
            ),
        },
        read="handbook 1, 6; KB 947713",
        hints=(
            "Half of the nodes is not enough.",
            "Half of N, without the rest, and one more: that many are needed.",
            "{2: 0, 3: 1, ...}",
        ),
    ),
    "04.2": TaskWords(
        title="a second way for heartbeats",
        findings={
            "clients": Pair(
                "Clients still reach Public.", "Public is no longer open to clients: roles 2 and 3."
            ),
            "together": Pair(
                "Without Private all nodes stay together.",
                "When Private fails the cluster breaks apart; these are Down then: {down}.",
            ),
            "one": Pair("One change.", "{count} changes; one is wanted."),
        },
        read="handbook 1, 2.5 and 4.9",
        hints=(
            "Which network is left when Private fails, and what may it carry?",
            "Roles: 0 none, 1 cluster only, 2 clients only, 3 both.",
            'ways.set_properties("Public", role=...)',
        ),
    ),
    "04.3": TaskWords(
        title="read the log",
        findings={
            "a": Pair("", "a does not hold: no 1135 was logged, so nobody was removed."),
            "b": Pair(
                "b holds: each of them logs 1123 for its peers on Public, 1127 blames one.", ""
            ),
            "c": Pair(
                "", "c does not hold: then 1130 would say so, and no interface would be to blame."
            ),
            "d": Pair("d holds: three restarts, and the fourth failure moves the group.", ""),
            "e": Pair(
                "", "e does not hold: nothing was lost on Private, so heartbeats never stopped."
            ),
            "f": Pair("f holds: from 0 s to 124 s, most of it for the orderly move.", ""),
            "complete": Pair("Nothing is left out.", "Left out although true: {more}."),
        },
        read="handbook 1, 4.9 and 8.3",
        hints=(
            "Which network does every line name?",
            "1127 names the interface that is to blame, 1130 a network that is down for all.",
            "Count the 1069.",
        ),
    ),
    "04.4": TaskWords(
        title="who goes on",
        findings={
            "a": Pair(
                "a: {owner}. NODE1 reaches no client and gives way.",
                "a: not {guess}. On Windows Server 2003 a node without any client network gives "
                "way to those that have one.",
            ),
            "b": Pair(
                "b: {owner}, which has the disk and no client.",
                "b: not {guess}. On Windows 2000 the owner of the disk defends it, clients or not.",
            ),
            "c": Pair(
                "c: {owner}, which had it and never lost it.",
                "c: not {guess}. The owner of the quorum has all its cables; NODE3 is alone.",
            ),
            "d": Pair(
                "d: {owner}. 3 of 4 are needed, and each half has 2.",
                "d: not {guess}. Count: 3 of 4 are needed.",
            ),
        },
        read="handbook 1, 4.10 and 6; KB 286342",
        hints=(
            "Two questions: shared disk or majority? And who still reaches the clients?",
            "From Windows Server 2003 on the client networks decide first, then the owner.",
            "In d nobody has three nodes together.",
        ),
    ),
    "04.5": TaskWords(
        title="a dead quorum disk",
        findings={
            "quorum": Pair(
                "{quorum} is the quorum now.",
                "Disk Q: is still the quorum, and it is dead. Which other disk could be it?",
            ),
            "normal": Pair(
                "The cluster runs normally.",
                "The cluster runs with /{switch}: that is for repair. Stop it and start normally.",
            ),
            "nodes": Pair("All three nodes are Up.", "Up: {up}. Three are wanted."),
            "online": Pair("EVS1 and EVS2 are Online.", "Online: {online}. Both are wanted."),
        },
        read="handbook 1, 4.12, 6.1 and 6.2; KB 258078, KB 280353",
        hints=(
            "The services start again every minute and would be in the way: stop them on NODE2 "
            "and NODE3.",
            "Start NODE1 with the switch that mounts no quorum, bring one disk of EVS1 online, "
            "make it the quorum.",
            'fix.start_node("NODE1", "fixquorum"), fix.bring_online("Disk R:"), '
            'fix.designate_quorum("Disk R:"); then stop NODE1 and start all three.',
        ),
    ),
    "04.6": TaskWords(
        title="one of three",
        findings={
            "online": Pair(
                "EVS1 is Online on {owner}.",
                "EVS1 is {state} on {owner}: one node of three is no majority.",
            ),
            "forced": Pair(
                "NODE1 counts as the full set.", "Forced: {forced}. NODE1 alone is wanted."
            ),
            "fewest": Pair("{count} request.", "{count} requests; {fewest} is enough."),
        },
        read="handbook 1, 6 and 6.1; KB 258078",
        hints=(
            "There is a start switch for majority node sets.",
            "It takes the list of the nodes that are to count as all.",
            'last.start_node("NODE1", "forcequorum", ("NODE1",))',
        ),
    ),
    "04.7": TaskWords(
        title="a node less",
        findings={
            "survives": Pair(
                "Any one of the others may be lost.",
                "With one of these lost not both EVSs are Online: {lost}. How many are needed, "
                "and how many are there?",
            ),
            "undisturbed": Pair("No EVS was disturbed.", "These were out meanwhile: {disturbed}."),
        },
        read="handbook 1, 4.8 and 6",
        hints=(
            "3 of 4 are needed, and 3 are there.",
            "A node that is Down still counts, until the cluster is told to forget it.",
            'less.evict_node("NODE4")',
        ),
    ),
}
