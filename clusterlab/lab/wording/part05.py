"""Words of part 05: what if."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "05/second": QuestionWords(
        text="Three EVSs on four nodes. NODE3 has failed, EVS3 runs on NODE4. Which EVS does the "
        "next failure cost?",
        options={
            "a": Option("always EVS3", "EVS3 is served again; it is lost only if NODE4 fails."),
            "b": Option(
                "the one whose node fails now",
                "No empty node is left. Whoever loses its node now finds every other one taken: "
                "5018.",
            ),
            "c": Option("none", "One spare node is one spare node; EVS3 has it already."),
        },
        right="b",
        source="handbook 2, 4.1 and 4.3",
    ),
    "05/point": QuestionWords(
        text="Four nodes, three EVSs, a private and a public network. What of these is a single "
        "point of failure of EVS1?",
        options={
            "a": Option("NODE1", "EVS1 comes up on NODE4; that is what the cluster is for."),
            "b": Option(
                "the private network",
                "The public one is mixed and carries the heartbeats from then on.",
            ),
            "c": Option(
                "Disk S: of EVS1",
                "There is one copy of each disk. No node can bring EVS1 online without it.",
            ),
        },
        right="c",
        source="handbook 1, 2.5 and 4.9; handbook 2, 4.8",
    ),
    "05/owner": QuestionWords(
        text="One resource of EVS2 may come online on NODE1 and NODE2 only. NODE2 "
        "fails. Where can EVS2 go?",
        options={
            "a": Option(
                "to NODE4, without that resource",
                "A group moves as a whole: a node must be possible owner of every resource.",
            ),
            "b": Option(
                "to NODE1 only",
                "NODE3 and NODE4 may not run that one resource, so they are no candidates.",
            ),
            "c": Option(
                "anywhere; preferred owners decide", "Preferred owners order; they allow nothing."
            ),
        },
        right="b",
        source="handbook 1, 5.1; KB 299631",
    ),
    "05/true-1": statement(
        "A cluster that survives each single failure survives each pair, only slower.",
        "the spare node is gone after the first one.",
        "handbook 2, 4.3",
    ),
    "05/true-2": statement(
        "NODE3 and then NODE2 costs the same EVS as NODE2 and then NODE3.",
        "the first one's EVS gets the spare node, the second one's is lost.",
        "handbook 2, 4.1 and 4.3",
    ),
    "05/true-3": statement(
        "The failure of an empty node costs nothing by itself.",
        "nobody notices. What it takes away is the place for the next one.",
        "handbook 2, 4.3",
        is_true=True,
    ),
    "05/true-4": statement(
        "More nodes do away with every single point of failure.",
        "disks, the quorum disk and the client network are there once, however many nodes there "
        "are.",
        "handbook 2, 4.8; handbook 1, 4.12",
    ),
    "05/true-5": statement(
        "Two passive nodes let every EVS survive any two node failures.",
        "with N nodes, A EVSs and f nodes lost min(A, N - f) are served.",
        "handbook 2, 4.3",
        is_true=True,
    ),
    "05/true-6": statement(
        "A missing possible owner shows in the cluster's daily work.",
        "it shows when the group wants to go there, and that is too late.",
        "handbook 1, 5.1",
    ),
    "05/true-7": statement(
        "What a preferred owner list leaves out is excluded.",
        "the other nodes follow by Node ID; only possible owners exclude.",
        "handbook 1, 5.1; KB 299631",
    ),
    "05/true-8": statement(
        "An EVS that was given up is tried once more after an hour.",
        "RetryPeriodOnFailure; here it counts as lost all the same.",
        "handbook 1, 2.2 and 4.3",
        is_true=True,
    ),
    "05/true-9": statement(
        "The setting that saves one EVS may cost another one.",
        "where nodes are scarce a setting decides who gets them, not how many there are.",
        "handbook 2, 4.3",
        is_true=True,
    ),
    "05/true-10": statement(
        "If the private network fails the cluster loses an EVS.",
        "a mixed public network carries the heartbeats; nothing moves.",
        "handbook 1, 2.5 and 4.9",
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("05/true"))

TASKS: Mapping[str, TaskWords] = {
    "05.1": TaskWords(
        title="a file with mistakes",
        findings={
            "reads": Pair("The file can be read.", "Mistakes left: {count}; the first: {first}."),
            "homes": Pair(
                "Three nodes, EVS1 at home on NODE1, EVS2 on NODE2.",
                "It describes another cluster: three nodes, EVS1 on NODE1 and EVS2 on NODE2 are "
                "meant.",
            ),
            "disks": Pair(
                "Each EVS has its two disks.",
                "The disks are others now: R: and S: are those of EVS1, T: and U: of EVS2.",
            ),
        },
        read="handbook 2, 1.2 and 3.2",
        hints=(
            "read_cluster(client_file()) names every mistake with its line.",
            "A key is misspelt, a node has another name, and a number is too large.",
            'client_file().replace("disk =", "disks =") and two more of that kind',
        ),
    ),
    "05.2": TaskWords(
        title="how many cells",
        findings={
            "single": Pair(
                "{count} of the four single failures cost an EVS.",
                "Single failures: not {guess}. Is there an empty node for whoever must move?",
            ),
            "pairs": Pair(
                "{count} of the twelve pairs cost an EVS.",
                "Pairs: not {guess}. What is left for the second one, also when NODE4 is the "
                "first?",
            ),
        },
        read="handbook 2, 4.1 and 4.3",
        hints=(
            "Three EVSs need three nodes.",
            "Two nodes fewer leave two nodes, whichever two they are.",
            "min(A, N - f) EVSs are served: A EVSs, N nodes, f of them lost.",
        ),
    ),
    "05.3": TaskWords(
        title="the order decides",
        findings={
            "two": Pair("Two nodes.", "Two different nodes are wanted."),
            "differ": Pair(
                "{course} costs {lost}; {back} costs {other}.",
                "{course} and {back} both cost {lost}.",
            ),
            "active": Pair(
                "Both ran an EVS of their own.",
                "NODE4 was empty at the start. Nodes with an EVS are wanted.",
            ),
        },
        read="handbook 2, 4.1 and 4.3",
        hints=(
            "Who fails first finds an empty node.",
            "Any two of the nodes that run an EVS will do.",
            '("NODE3", "NODE2")',
        ),
    ),
    "05.4": TaskWords(
        title="the shortest way",
        findings={
            "loses": Pair(
                "{course}: EVS1 is lost.",
                "{course}: EVS1 is served. Is there an empty node left for it?",
            ),
            "shortest": Pair("Nothing shorter loses it.", "{count} failures; {fewest} are enough."),
        },
        read="handbook 2, 4.1 and 4.3",
        hints=(
            "Two empty nodes survive two failures.",
            "After the third failure one node is left for two EVSs.",
            "shortest_way_to_lose(exchange_cluster(active=2, passive=2), 'EVS1')",
        ),
    ),
    "05.5": TaskWords(
        title="what must not break",
        findings={
            "a": Pair("", "a does not hold: EVS1 comes up on NODE4."),
            "b": Pair("", "b does not hold: Public is mixed and carries the heartbeats."),
            "c": Pair("c holds: no client reaches any node, and nothing moves.", ""),
            "d": Pair("d holds: there is one copy of it, and EVS1 needs it on every node.", ""),
            "e": Pair("e holds: without the quorum no Cluster service stays up.", ""),
            "f": Pair("", "f does not hold: the IP Address fails, and EVS1 moves to NODE4."),
            "complete": Pair("Nothing is left out.", "Of these, {more} more lose EVS1."),
        },
        read="handbook 1, 4.9 and 4.12; handbook 2, 4.8",
        hints=(
            "Ask of each: is there another one of it?",
            "A node has three colleagues, a cable of one node too; a disk has none.",
            "single_points_of_failure(exchange_cluster(active=3, passive=1)) tells all of them.",
        ),
    ),
    "05.6": TaskWords(
        title="one setting",
        findings={
            "survives": Pair(
                "Whichever node fails, every EVS is served.",
                "An EVS is still lost when one node fails ({lost}).",
            ),
            "one": Pair("One setting.", "{count} settings were changed; one is enough."),
        },
        read="handbook 1, 5.1; KB 299631",
        hints=(
            "Which single failure loses something, and what? single_failures(weak.cluster)",
            "which_setting_saves(weak.cluster, cell.failures, ...) tries all of them for you.",
            'weak.set_properties("Disk S:", possible_owners=(...)) with all four nodes',
        ),
    ),
    "05.7": TaskWords(
        title="listings of a client",
        findings={
            "fewest": Pair(
                "{evs}: {nodes}.",
                "{evs}: not {guess}. shortest_way_to_lose tells, and proves it.",
            ),
        },
        read="handbook 1, 5.1 and 8.1",
        hints=(
            "read_listings(client_listings()).cluster is the cluster.",
            "shortest_way_to_lose(cluster, name).failures is a tuple; count it.",
            "One of the two has a resource that only two nodes may run.",
        ),
    ),
}
