"""Words of part 06: troubleshooting."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

_REPAIRED = Pair("Repaired: {title}.", "{evidence}")
_HARMLESS = Pair("Nothing else became worse.", "Something became worse. {harm}")
_FINISHED = Pair("The cluster is at work.", "Not finished: {left}")
_CASE = {"repaired": _REPAIRED, "harmless": _HARMLESS, "finished": _FINISHED}

QUESTIONS: Mapping[str, QuestionWords] = {
    "06/where": QuestionWords(
        text="A log has 320 lines. Where do you begin to read?",
        options={
            "a": Option(
                "at its end: what is newest matters most",
                "The end shows what the Cluster service gave up. Why stands where it began.",
            ),
            "b": Option(
                "at the first line that reports a failure or a loss",
                "What follows it is mostly its consequence.",
            ),
            "c": Option(
                "at the error that comes most often",
                "What comes most often is a restart that is tried again and again.",
            ),
        },
        right="b",
        source="handbook 1, 4.2 to 4.5 and 8.3",
    ),
    "06/busy": QuestionWords(
        text="EVS3 was tried on NODE1 and NODE2, which run an EVS each, and never on NODE4, which "
        "is free. What can be the reason?",
        options={
            "a": Option(
                "NODE4 is no preferred owner of EVS3.",
                "Preferred owners set an order and exclude nobody.",
            ),
            "b": Option(
                "AntiAffinityClassNames is empty.",
                "Then NODE4 would come later, but it would come.",
            ),
            "c": Option(
                "NODE4 is not Up, or no possible owner of one of the resources of EVS3.",
                "Only these two exclude a node from a failover.",
            ),
        },
        right="c",
        source="handbook 1, 5.1",
    ),
    "06/one": QuestionWords(
        text="You suspect three settings. What do you do?",
        options={
            "a": Option(
                "Set all three right, then repeat the failure.",
                "If it is repaired you do not know by what, and what the other two did.",
            ),
            "b": Option(
                "Set one right, repeat the failure, go on to the next.",
                "Each attempt has one cause and one effect.",
            ),
        },
        right="b",
        source="handbook 3, 5.8",
    ),
    "06/true-1": statement(
        "With FailoverThreshold 0 a group fails over as often as it needs to.",
        "it never fails over because of a resource: 0 failovers are allowed.",
        "handbook 1, 4.3",
    ),
    "06/true-2": statement(
        "The IsAlive interval of the store decides how fast a hang of the store is found.",
        "EXRES checks on its own every 10 seconds; a hang counts after IsAliveTimeout.",
        "handbook 2, 1.4; KB 810860",
    ),
    "06/true-3": statement(
        "With RestartThreshold 0 the first failure of a resource moves its group.",
        "no restart in place is allowed before.",
        "handbook 1, 4.2 and 12",
        is_true=True,
    ),
    "06/true-4": statement(
        "A resource that an administrator took offline comes back with the next failover.",
        "what was taken offline stays offline, on every node, until somebody brings it online.",
        "handbook 1, 2.1",
    ),
    "06/true-5": statement(
        "A node that is scrapped but not evicted still counts in a majority node set.",
        "every configured node counts; only evicting changes the number.",
        "handbook 1, 6",
        is_true=True,
    ),
    "06/true-6": statement(
        'Clearing "Affect the group" for the store is a way to spare its users failovers.',
        "a store that is Failed on a node where it cannot run helps nobody; it has to move.",
        "handbook 2, 5.2",
    ),
    "06/true-7": statement(
        "A private network is enough for heartbeats; the public one may be for clients only.",
        "then the private network is a single point of failure: its loss breaks the cluster apart.",
        "handbook 1, 2.5 and 4.9; handbook 3, 2.2",
    ),
    "06/true-8": statement(
        "A fault is repaired when the property has its default again.",
        "it is repaired when the failure that showed it ends as it should; a default may be as "
        "wrong as any other value.",
        "handbook 3, 5.8",
    ),
    "06/true-9": statement(
        "A window without failback, or failback without a preferred owner, moves nothing.",
        "both have to be there: AutoFailbackType 1 and a preferred owner; the window only says "
        "when.",
        "handbook 1, 5.6",
        is_true=True,
    ),
    "06/true-10": statement(
        "It does no harm to make a data disk of an EVS the quorum.",
        "the EVS then follows the quorum to whoever wins it, free or not, and the loss of that "
        "disk stops the Cluster service.",
        "handbook 1, 4.12 and 5.4; handbook 3, 2.4",
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("06/true"))

TASKS: Mapping[str, TaskWords] = {
    "06.1": TaskWords(
        title="from the first error",
        findings={
            "first": Pair(
                "The log begins with 1123: heartbeats are missing.",
                "Not {guess}: what is the number of the very first entry?",
            ),
            "failed": Pair(
                "The System Attendant is the first to fail.",
                "Not {guess}: find the first 1069 and read which resource it names.",
            ),
            "nodes": Pair(
                "It was tried on NODE1 and NODE2, and on no other node.",
                "The nodes on which it failed: too many {extra}, missing {more}. Each 1069 says "
                "on which node it was logged.",
            ),
        },
        read="handbook 1, 4.5 and 8.3; handbook 2, 4.1",
        hints=(
            "print(this.log(lines=20)) shows the beginning.",
            "1069 is a failed resource; its short name is SA, IS, SMTP, ...",
            'print(this.log()) and look for the nodes in front of "ClusSvc 1069".',
        ),
    ),
    "06.2": TaskWords(
        title="the node that nobody used",
        findings=_CASE,
        read="handbook 1, 4.7 and 5.1",
        hints=(
            "Which node should have taken EVS3, and what does the listing say of it?",
            "One line is enough: cluster node NODE4 /...",
        ),
    ),
    "06.3": TaskWords(
        title="two minutes for one failure",
        findings={
            "a": Pair("", "a does not hold: a lost node shows as 1123, 1126 and 1135."),
            "b": Pair("b holds: one 1069, and 1203 follows at once.", ""),
            "c": Pair("", "c does not hold: on NODE4 the group is Online (1201), nothing failed."),
            "d": Pair("d holds: otherwise the group would have stayed.", ""),
            "e": Pair("e holds: with any other number SMTP would have been restarted first.", ""),
            "f": Pair("", "f does not hold: with 0 the group would not have moved at all."),
            "complete": Pair("Nothing is left out.", "Left out although true: {more}."),
        },
        read="handbook 1, 4.2 and 4.3",
        hints=(
            "How many 1069 are there before the group is taken offline?",
            "What would three restarts in place look like in the log?",
        ),
    ),
    "06.4": TaskWords(
        title="home, but at night",
        findings={
            **_CASE,
            "goes_home": Pair(
                "EVS1 goes home by itself, in a window from {start} to {end}.",
                "EVS1 does not go home at night by itself: the window is {start} to {end} (-1: "
                "none). The firm wants it to begin at 18 or later and to end by 7.",
            ),
        },
        read="handbook 1, 5.6 and 5.7; handbook 2, 5.1",
        hints=(
            "Three properties of the group decide: AutoFailbackType and both ends of the window.",
            'cluster group "EVS1" /prop FailbackWindowStart=... FailbackWindowEnd=...',
        ),
    ),
    "06.5": TaskWords(
        title="apart for five minutes",
        findings=_CASE,
        read="handbook 1, 2.5 and 4.9; handbook 3, 2.2",
        hints=(
            "Which network failed, and which one should have carried the heartbeats then?",
            "cluster network NAME /prop shows its role: 1 private, 2 clients only, 3 both.",
        ),
    ),
    "06.6": TaskWords(
        title="another way",
        findings={
            **_CASE,
            "untouched": Pair(
                "AntiAffinityClassNames is as it was.",
                "AntiAffinityClassNames was changed; here another way is wanted.",
            ),
        },
        read="handbook 1, 5.1 to 5.3; handbook 2, 4.1",
        hints=(
            "EVS1 is tried on NODE2 first. What else decides the order?",
            "The Node List is the preferred owners, then the others by Node ID.",
            'cluster group "EVS1" /setowners:NODE1,...',
        ),
    ),
    "06.7": TaskWords(
        title="three at once",
        findings=_CASE,
        read="handbook 1, 4.3, 5.1 and 5.6; handbook 2, 5",
        hints=(
            "Take one day after the other; each day has its own fault.",
            "for hint in this.hints(2): print(hint) names the rules.",
            "for hint in this.hints(3): print(hint) names the lines that show them.",
        ),
    ),
}
