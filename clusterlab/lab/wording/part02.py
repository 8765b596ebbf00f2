"""Words of part 02: how failover works."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lab.wording.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "02/longest": QuestionWords(
        text="A node crashes and its EVS comes up elsewhere. What takes longest?",
        options={
            "a": Option(
                "to notice the crash",
                "Six missed heartbeats and the regroup take 8.2 s in all.",
            ),
            "b": Option(
                "to bring disks, address and name online",
                "7 s: the disks come up while the address and the name do.",
            ),
            "c": Option("to start the System Attendant", "20 s in this model."),
            "d": Option(
                "to start the store and replay its logs",
                "A store that was not stopped cleanly replays its transaction logs first: 140 s "
                "for four storage groups in this model.",
            ),
        },
        right="d",
        source="handbook 2, 4.6 and 4.9",
    ),
    "02/forbids": QuestionWords(
        text="NODE3 is down, EVS3 is on NODE4. Now NODE2 fails too. What keeps EVS2 from coming "
        "online on NODE1 or NODE4?",
        options={
            "a": Option(
                "its preferred owners",
                "Preferred owners set an order; they never forbid a node.",
            ),
            "b": Option(
                "AntiAffinityClassNames",
                "That steers the choice of a node and is ignored when every candidate owns an EVS.",
            ),
            "c": Option(
                "its System Attendant",
                "With more than two nodes configured the System Attendant refuses to come online "
                "beside another EVS: error 5018.",
            ),
            "d": Option(
                "the quorum",
                "The quorum is a shared disk that NODE1 owns; one node is enough to keep it.",
            ),
        },
        right="c",
        source="handbook 2, 4.1; KB 329208",
    ),
    "02/planned": QuestionWords(
        text="Which outage of an EVS with four storage groups is longer?",
        options={
            "a": Option(
                "Move Group, since everything must be stopped first",
                "Stopping takes 52 s, but a store that stopped cleanly has no logs to replay.",
            ),
            "b": Option(
                "the crash of its node",
                "No stopping, but the crash must be noticed, and the store replays its logs: "
                "175.2 s against 120 s.",
            ),
            "c": Option(
                "both the same", "They share the way up, not the way down nor the log replay."
            ),
        },
        right="b",
        source="handbook 2, 4.6 and 4.9",
    ),
    "02/fourth": QuestionWords(
        text="RestartThreshold is 3, RestartPeriod 900 s. The store fails at 0, 200, 400 and "
        "600 s. When does EVS1 leave its node?",
        options={
            "a": Option("at 0 s", "Then RestartThreshold would have to be 0."),
            "b": Option(
                "at 400 s", "The third failure is still answered by a restart: three are allowed."
            ),
            "c": Option(
                "at 600 s", "The fourth failure within the period is one more than allowed."
            ),
            "d": Option(
                "never",
                "RestartAction is 2: past the threshold the resource affects the group.",
            ),
        },
        right="c",
        source="handbook 1, 4.2 and 4.3",
    ),
    "02/outside": QuestionWords(
        text="EVS1 has one preferred owner, NODE1. May it fail over to NODE4?",
        options={
            "a": Option(
                "Yes",
                "Preferred owners come first in the Node List, the other nodes follow by Node ID. "
                "Only possible owners exclude.",
            ),
            "b": Option(
                "No",
                "That would be so if NODE4 were no possible owner of one of its resources.",
            ),
        },
        right="a",
        source="handbook 1, 5.1; KB 299631",
    ),
    "02/return": QuestionWords(
        text="EVS3 runs on NODE4, EVS2 is Failed, NODE2 and NODE3 are down. NODE3 is repaired and "
        "started. What happens by itself?",
        options={
            "a": Option(
                "EVS3 goes home to NODE3.", "Failback is off by default: AutoFailbackType 0."
            ),
            "b": Option(
                "EVS2 starts on NODE3.",
                "A group that was given up waits for an administrator; a node that joins does "
                "not start it.",
            ),
            "c": Option("Nothing.", "NODE3 is the new spare; an administrator moves EVS2 to it."),
        },
        right="c",
        source="handbook 1, 4.13 and 5.6; handbook 2, 4.4",
    ),
    "quiz/1": statement(
        "A cluster keeps two copies of each mailbox.",
        "there is one copy on the shared disk; only its ownership moves.",
        "handbook 2, 4.8",
    ),
    "quiz/2": statement(
        "Failover is invisible; connections survive.",
        "the EVS is offline for seconds to minutes, and clients reconnect.",
        "handbook 2, 4.7",
    ),
    "quiz/3": statement(
        "In a four-node cluster with three EVSs two node failures are survivable.",
        "the second EVS finds no free node and stays Failed.",
        "handbook 2, 4.3 and 4.4",
    ),
    "quiz/4": statement(
        "A node of a three-node cluster can host two EVSs in an emergency.",
        "with more than two nodes the System Attendant is refused with 5018.",
        "handbook 2, 4.1; KB 329208",
    ),
    "quiz/5": statement(
        "AntiAffinityClassNames is what forbids two EVSs on one node.",
        "it only steers the choice of a node; EXRES forbids, with 5018.",
        "handbook 2, 4.1; KB 296799",
    ),
    "quiz/13": statement(
        "To stop the store for maintenance use Take Offline, never net stop.",
        "after net stop the cluster sees a failure and restarts the store or fails the group over.",
        "handbook 2, 1.4; KB 810860",
        is_true=True,
    ),
    "quiz/15": statement(
        "The store may take longer than 180 s to come online.",
        "coming online is exempt from the pending timeout; going offline is not.",
        "handbook 2, 4.5",
        is_true=True,
    ),
    "quiz/16": statement(
        "When the failed node returns, its EVS goes home.",
        "by default failback is prevented.",
        "handbook 1, 5.6; handbook 2, 5.1",
    ),
    "quiz/21": statement(
        "In Exchange 2003 the SMTP and HTTP resources stay Online while the store restarts.",
        "they are its siblings under the System Attendant; in 2000 they depended on the store.",
        "handbook 2, 2.1 to 2.3; KB 821833",
        is_true=True,
    ),
    "quiz/22": statement(
        "A corrupt database will fail over to a healthy copy.",
        "there is no second copy, and a dismounted database triggers no failover.",
        "handbook 2, 4.8",
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("quiz/"))

TASKS: Mapping[str, TaskWords] = {
    "02.1": TaskWords(
        title="place the groups",
        findings={
            "cluster_group": Pair(
                "Cluster Group: {owner}, which won the arbitration when NODE1 died and kept it.",
                "Cluster Group: not {guess}. It follows the quorum disk to the survivor that wins "
                "the arbitration, and nothing takes it back.",
            ),
            "evs1": Pair(
                "EVS1: {owner}, the next node after NODE3 in the Node List.",
                "EVS1: not {guess}. A failover walks the Node List on from the present owner and "
                "wraps; it does not begin at the top. Nodes that own an EVS are passed over.",
            ),
            "evs2": Pair(
                "EVS2: {owner}; its node never failed.",
                "EVS2: not {guess}. Groups of nodes that stay up are not touched.",
            ),
        },
        read="handbook 1, 5.2 to 5.4; KB 299631, KB 296799",
        hints=(
            "Write down the Node List of each EVS: preferred owners, then the others by Node ID.",
            "Play it in two steps; after the first one EVS1 is on NODE3.",
            "The walk goes on after NODE3, not from the top of the list.",
        ),
    ),
    "02.2": TaskWords(
        title="bring EVS2 back",
        findings={
            "online": Pair(
                "EVS2 is Online on {owner}.",
                "EVS2 is {state} on {owner}: it needs a node without an EVS, and nobody moves it "
                "there but you.",
            ),
            "others": Pair(
                "EVS1 and EVS3 were left alone.", "These EVSs were moved or stopped: {others}."
            ),
            "fewest": Pair("Requests made: {count}.", "{count} requests; {fewest} are enough."),
        },
        read="handbook 1, 4.3, 4.13 and 5.5; handbook 2, 4.4",
        hints=(
            "Which node could run EVS2 if it were up?",
            "Start a node, wait until it is Up, and look whether EVS2 comes by itself.",
            "Move Group of a Failed group brings it online on the target.",
        ),
    ),
    "02.3": TaskWords(
        title="never on NODE2",
        findings={
            "never": Pair(
                "Whatever fails, EVS1 never comes to NODE2.",
                "When NODE1, NODE3 and NODE4 are lost, EVS1 comes to NODE2: NODE2 is still a "
                "possible owner of all its resources.",
            ),
            "survives": Pair(
                "EVS1 survives any two failures.", "EVS1 is not Online after the loss of {lost}."
            ),
            "all_three": Pair(
                "NODE1, NODE3 and NODE4 may run it.", "It may run on: {owners}. Three are wanted."
            ),
        },
        read="handbook 1, 5.1; KB 299631",
        hints=(
            "Preferred owners change the order, possible owners exclude.",
            "Possible owners belong to resources. One resource without a node excludes the node "
            "for the whole group.",
            'sim.set_properties("EVS1/SA", possible_owners=("NODE1", ...))',
        ),
    ),
    "02.4": TaskWords(
        title="read the log",
        findings={
            "a": Pair(
                "",
                "a does not hold: the loss of a node shows as 1123, 1126 and 1135 in the logs of "
                "the others, and NODE1 itself goes on logging here.",
            ),
            "b": Pair("b holds: failure number four within 900 s is one more than allowed.", ""),
            "c": Pair("c holds: with RestartAction 1 the group would have stayed.", ""),
            "d": Pair("", "d does not hold: EVS1 prefers NODE1 only."),
            "e": Pair("e holds: the walk passes nodes that own a group of the same class.", ""),
            "f": Pair(
                "", "f does not hold: the four failures (1069) come first and bring about the 1203."
            ),
            "complete": Pair("Nothing is left out.", "Left out although true: {more}."),
        },
        read="handbook 1, 4.2, 4.3, 5.3 and 8.3; handbook 2, 8.4",
        hints=(
            "Count the 1069 and look at their times.",
            "Which node logs 1203 and 1204, and which one 1200?",
            "Why NODE4 and not NODE2? Look at who owns what.",
        ),
    ),
    "02.5": TaskWords(
        title="a store that fails every 400 s",
        findings={
            "not_before": Pair(
                "Three failures are answered by restarts.",
                "EVS1 moves already at failure {number}.",
            ),
            "fourth": Pair(
                "The fourth failure moves EVS1 to {owner}.",
                "The fourth failure does not move EVS1: it is on {owner}. Which failures still "
                "count at 1200 s?",
            ),
            "one": Pair("One property was changed.", "Changed: {changed}. One is enough."),
        },
        read="handbook 1, 2.2, 4.2 and 4.3",
        hints=(
            "At 1200 s the failure of 0 s is no longer younger than RestartPeriod.",
            "A lower threshold would count three failures within 900 s as too many.",
            'sim.set_properties("EVS1/IS", restart_period_s=...), more than 1200.',
        ),
    ),
    "02.6": TaskWords(
        title="home at night",
        findings={
            "not_by_day": Pair(
                "NODE2 is back at 15:08, and EVS2 stays away until the evening.",
                "EVS2 went home by day, at {hour}: users had a second outage.",
            ),
            "home": Pair(
                "By 6 in the morning EVS2 is on NODE2.",
                "At 6 in the morning EVS2 is still on {owner}.",
            ),
            "not_after_six": Pair(
                "If NODE2 returns at 7:38, EVS2 waits for the next night.",
                "If NODE2 returns after 6, EVS2 goes home at {hour}, in working hours.",
            ),
        },
        read="handbook 1, 5.6 and 5.7",
        hints=(
            "Three properties of the group: is failback allowed, from which hour, to which hour?",
            "auto_failback_type=1 alone moves the group as soon as the node joins.",
            "A window from 22 to 6 passes midnight; the end does not belong to it.",
        ),
    ),
    "02.7": TaskWords(
        title="empty NODE2 for maintenance",
        findings={
            "empty": Pair("NODE2 owns nothing.", "NODE2 still owns: {left}."),
            "online": Pair("All three EVSs are Online.", "Only these are Online: {online}."),
            "short": Pair(
                "EVS2 was out for {seconds} s.",
                "EVS2 was out for {seconds} s; 120 s are enough if its store stops cleanly and "
                "the target is free.",
            ),
            "others": Pair("EVS1 and EVS3 noticed nothing.", "These had an outage too: {others}."),
            "shielded": Pair(
                "No group can come to NODE2 meanwhile.",
                "NODE2 is {state}: a group that fails over now could land on it.",
            ),
        },
        read="handbook 1, 4.7; handbook 2, 4.6",
        hints=(
            "A node can be told to keep its groups and to accept no others.",
            "Pause NODE2, then move its EVS to the node that owns none.",
        ),
    ),
}
