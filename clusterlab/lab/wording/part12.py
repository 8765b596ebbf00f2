"""Words of part 12: designing a cluster."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "12/decides": QuestionWords(
        text="12,000 heavy mailboxes of 200 MB, four processors of 2,800 MHz in each node. What "
        "decides how many EVSs are needed?",
        options={
            "a": Option("4,000 mailboxes on a node", "That asks for three EVSs; not the most."),
            "b": Option("the processors", "18,000 of 8,960 megacycles: three EVSs; not the most."),
            "c": Option(
                "the databases",
                "2,880 GB in databases of 50 GB, 19 of them on each EVS: four EVSs.",
            ),
        },
        right="c",
        source="handbook 5, 5.1.7 and 5.9.2",
    ),
    "12/passive": QuestionWords(
        text="Four EVSs on five nodes, three of them with 2,000 mailboxes and one with 4,000. How "
        "strong must the passive node be?",
        options={
            "a": Option("for 10,000 mailboxes", "It can receive one EVS, never all of them."),
            "b": Option("for 4,000 mailboxes", "It must carry the largest EVS it may receive."),
            "c": Option("for 2,500, the average", "The largest one may be the one that fails."),
        },
        right="b",
        source="handbook 5, 5.1.4",
    ),
    "12/second": QuestionWords(
        text="7+1 becomes 6+2. Which part of the downtime shrinks to about an eightieth?",
        options={
            "a": Option("all of it", "Shared storage and the failovers themselves stay."),
            "b": Option(
                "the time without a node",
                "Only a third failure finds no empty node now. It was minutes a year before.",
            ),
            "c": Option("the failovers", "Each failure still costs one failover."),
        },
        right="b",
        source="handbook 5, 5.1.3 and 5.5.5",
    ),
    "12/true-1": statement(
        "A passive node must be able to carry all EVSs together.",
        "it can receive one; size it for the largest.",
        "handbook 5, 5.1.4",
    ),
    "12/true-2": statement(
        "8 GB of memory make an Exchange 2003 node faster than 4 GB.",
        "more than 4 GB brings nothing and costs page-table entries.",
        "handbook 5, 5.1.6",
    ),
    "12/true-3": statement(
        "From three nodes on at least one node must be passive.",
        "as many EVSs as nodes is active/active, and that is for two nodes only.",
        "handbook 5, 5.1.2",
        is_true=True,
    ),
    "12/true-4": statement(
        "3+1 is the pattern that Microsoft recommends.",
        "three active nodes, one passive: the balance of cost and protection.",
        "handbook 5, 5.1.3",
        is_true=True,
    ),
    "12/true-5": statement(
        "Sixteen processors carry twice as many mailboxes as eight.",
        "Exchange 2003 uses eight at most, and hardly more than four.",
        "handbook 5, 5.1.5",
    ),
    "12/true-6": statement(
        "Windows Server 2003 Standard Edition is enough for a two-node cluster.",
        "Standard and Web Edition have no server cluster.",
        "handbook 5, 5.1.1",
    ),
    "12/true-7": statement(
        "/3GB belongs on the passive node too.",
        "every node that may host an EVS is tuned alike.",
        "handbook 5, 5.1.4 and 5.1.6",
        is_true=True,
    ),
    "12/true-8": statement(
        "A cluster protects the mailboxes against the loss of the storage array.",
        "there is one copy of the data, whichever node runs the EVS.",
        "handbook 5, 5.5.3",
    ),
    "12/true-9": statement(
        "A rule that could not be judged is a rule that is kept.",
        "it is open until somebody answers the question behind it.",
        "handbook 5, 5.8.1",
    ),
    "12/true-10": statement(
        "A design that promises more than its array cannot keep the promise with more nodes.",
        "the shared parts set the ceiling.",
        "handbook 5, 5.5.3",
        is_true=True,
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("12/true"))

_CLIENT = Pair("The client's figures are his.", "The client's own figures were changed.")
_POSSIBLE = Pair(
    "A cluster can be designed.", "No cluster can be designed; design(...) names every reason."
)

TASKS: Mapping[str, TaskWords] = {
    "12.1": TaskWords(
        title="how many nodes",
        findings={
            "EVSs": Pair(
                "{value} EVSs.", "EVSs: not {guess}. Take the largest of the three counts."
            ),
            "nodes": Pair("{value} nodes.", "Nodes: not {guess}. EVSs and passive nodes."),
        },
        read="handbook 5, 5.1.7",
        hints=(
            "Policy, processors, databases: three counts, and the largest decides.",
            "Databases: 6,000 x 0.5 GB x 1.2, over 50 GB x 19.",
            'design(Requirements(mailboxes=6000, share_average=0, share_large=1))["evs"]',
        ),
    ),
    "12.2": TaskWords(
        title="the largest mailbox",
        findings={
            "fits": Pair("Three EVSs are enough.", "It takes {evs} EVSs; three are paid for."),
            "largest": Pair("Nothing larger does.", "{next} MB would do as well."),
        },
        read="handbook 5, 5.1.7 and 5.2.7",
        hints=(
            'Which of the counts grows with the quota? made.explain("evs_by_databases")',
            "Three EVSs hold 3 x 19 databases of 50 GB.",
            'design(replace(needs, quota_mb=...))["evs"], until it becomes 4',
        ),
    ),
    "12.3": TaskWords(
        title="nothing found",
        findings={
            "client": Pair("The client's figures are his.", "These are the client's own: {names}."),
            "possible": _POSSIBLE,
            "clean": Pair("No rule finds anything.", "Found: {rules}. Read what is to be done."),
        },
        read="handbook 5, 5.2.4 and 5.8.2",
        hints=(
            "print(lint(facts_of_design(design(needs)))) says what to do.",
            "The root of all mounts is a single point of failure, and letters are left.",
            "replace(needs, roots_for_each_evs=2)",
        ),
    ),
    "12.4": TaskWords(
        title="any two failures",
        findings={
            "client": _CLIENT,
            "possible": _POSSIBLE,
            "served": Pair(
                "Whichever two nodes fail, everybody is served.", "{course}: an EVS is lost."
            ),
            "fewest": Pair("No cluster with fewer nodes does it.", "{nodes} nodes; 5 are enough."),
        },
        read="handbook 5, 5.1.2 and 5.1.3",
        hints=(
            "running EVSs = min(n, N - k) after k failures.",
            "n + 2 nodes for n EVSs, and n as small as the mailboxes allow.",
            "Requirements(mailboxes=12000, passive=2)",
        ),
    ),
    "12.5": TaskWords(
        title="errors of an interview",
        findings={
            "a": Pair("a is an error: R39.", "a: there is a rule about memory; look again."),
            "b": Pair("b is an error: R40.", "b: the store's address space fragments."),
            "c": Pair("c is an error.", "c is advice (R64): it works, at a time nobody chose."),
            "d": Pair("d is an error: R53.", "d: it is not supported on a cluster."),
            "e": Pair("e is an error.", "e is a warning (R32): it works, with more disks."),
            "f": Pair("f is an error.", "f is a warning (R57): it works until that one fails."),
            "complete": Pair("No error is missing.", "{more} more are errors."),
        },
        read="handbook 5, 5.8.2",
        hints=(
            "lint(facts_of_design(made, {...})) judges answers.",
            '{"has_3gb": False}, {"ram_mb": 8192}, {"components": "Lotus Notes connector"}, ...',
            "Three of the six are errors.",
        ),
    ),
    "12.6": TaskWords(
        title="back in two hours",
        findings={
            "client": _CLIENT,
            "one": Pair("One input was changed.", "Changed: {names}; exactly one is wanted."),
            "possible": _POSSIBLE,
            "in_time": Pair(
                "A database is back after {hours} h.", "A database is back after {hours} h only."
            ),
        },
        read="handbook 5, 5.2.7 and 5.2.10",
        hints=(
            "Two hours less one to decide, less the replay: how many GB come back in that time?",
            "Faster restores make larger databases possible; more EVSs make smaller ones.",
            "replace(needs, restore_mb_s=20.0)",
        ),
    ),
    "12.7": TaskWords(
        title="a requirements file",
        findings={
            "reads": Pair("The file can be read.", "{count} problems; the first: {first}."),
            "count": Pair(
                "5,000 mailboxes that grow by a fifth.", "Mailboxes or growth are others."
            ),
            "shares": Pair(
                "Half of them average, half heavy.",
                "The shares are others; four of them add up to 1.",
            ),
            "passive": Pair("Two passive nodes.", "Two passive nodes were wanted."),
            "answer": Pair(
                "The operators are not trained yet.", "The one answer is missing: is_trained."
            ),
        },
        read="handbook 5, 5.0 and 5.8.1",
        hints=(
            "print(design_toml(DesignFile())) prints a file with every key explained.",
            "mailboxes, growth, share_average, share_heavy, passive; then [interview].",
            "A share is a number from 0 to 1, an answer of yes or no is true or false.",
        ),
    ),
}
