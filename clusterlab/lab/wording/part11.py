"""Words of part 11: connectors, and what else stays off the cluster."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "11/why": QuestionWords(
        text="Why can the Connector for Lotus Notes not simply be installed on a node, next to "
        "the EVS?",
        options={
            "a": Option(
                "Setup refuses it on a node.",
                "Whether Setup would refuse is not the point; support does.",
            ),
            "b": Option(
                "No cluster resource starts, checks or moves it, and it needs a Notes client of "
                "that one server.",
                "When the EVS moves, the connector, its ID file, its settings and its queues stay "
                "where they are.",
            ),
            "c": Option(
                "It would be too slow there.",
                "It is faster on a server without mailboxes, but that is not the reason.",
            ),
        },
        right="b",
        source="handbook 2, 6.1; KB 921057",
    ),
    "11/where": QuestionWords(
        text="The connector server is out for ten minutes. Where is the mail that people in Notes "
        "write to mailboxes on EVS2 meanwhile?",
        options={
            "a": Option("lost", "A sender keeps what it cannot hand on, and tries again."),
            "b": Option(
                "on EVS2", "It does not get that far: the connector server stands in between."
            ),
            "c": Option(
                "on the Domino side",
                "Mail waits before the first server that does not take it.",
            ),
        },
        right="c",
        source="handbook 2, 4.7 and 6.1",
    ),
    "11/failover": QuestionWords(
        text="Twenty messages for Notes wait on EVS1, since the connector server is out. Now NODE1 "
        "crashes and EVS1 fails over to NODE4. Where are the twenty?",
        options={
            "a": Option(
                "on the disk of EVS1, which NODE4 owns now",
                "The SMTP queue is shared data: it moves with the EVS.",
            ),
            "b": Option("on NODE1, until it is repaired", "Queues are not on the node's own disk."),
            "c": Option("lost with NODE1", "They lie on a shared disk, and survive."),
        },
        right="a",
        source="handbook 2, 4.7",
    ),
    "11/single": QuestionWords(
        text="The connector server is a single point of failure. For what?",
        options={
            "a": Option(
                "for all mail", "Mail between EVSs and with the Internet does not pass it."
            ),
            "b": Option(
                "for traffic with Notes",
                "For that only. A second connector server with a higher cost takes over.",
            ),
            "c": Option("for the cluster", "Nothing is configured on the cluster for it."),
        },
        right="b",
        source="handbook 2, 6.1",
    ),
    "11/order": QuestionWords(
        text="The new connector has the settings of the old one, its address space too. What comes "
        "next?",
        options={
            "a": Option(
                "start the new connector, then stop the old one, so that no mail waits",
                "Mail can wait. While both run, each of them synchronizes every contact.",
            ),
            "b": Option(
                "stop the old connector and let its queues empty, then start the new one",
                "Mail waits on both sides meanwhile, and nothing is there twice.",
            ),
            "c": Option(
                "remove the old server, which takes its connector along",
                "That orphans the contacts, and the mailboxes are still on it.",
            ),
        },
        right="b",
        source="handbook 4, 4.8",
    ),
    "quiz/19": statement(
        "Install the Notes connector on the EVS, so that it is highly available.",
        "it is not supported there; it belongs on a stand-alone connector server.",
        "handbook 2, 6.1; KB 259197",
    ),
    "quiz/20": statement(
        "Cluster the front-end servers with the Cluster service.",
        "the role is not supported on a server cluster; use Network Load Balancing.",
        "handbook 2, 6; KB 837852",
    ),
    "quiz/23": statement(
        "Set the host headers of Outlook Web Access in IIS Manager.",
        "what is set there is overwritten; use Exchange System Manager.",
        "handbook 2, 7.5; KB 287726",
    ),
    "quiz/24": statement(
        "Use setup /disasterrecovery to rebuild a node of a cluster.",
        "evict it, build it anew, join it, and run Setup as usual (nobody has sourced this one).",
        "handbook 2, 9.2",
    ),
    "quiz/25": statement(
        "The Intelligent Message Filter came with Service Pack 2, so it is supported on a cluster.",
        "its use on a cluster stays unsupported; run it on the gateway.",
        "handbook 2, 6; KB 907747",
    ),
    "11/gateway": statement(
        "The mailboxes are clustered, the gateway is not.",
        "connectors run on a stand-alone server beside the cluster.",
        "handbook 2, 6.1",
        is_true=True,
    ),
    "11/lost": statement(
        "While the connector server is out, mail to Notes is lost.",
        "it waits on the EVSs until the server is back.",
        "handbook 2, 6.1",
    ),
    "11/queue": statement(
        "Messages that wait on an EVS survive the crash of its node.",
        "the queue lies on a shared disk and moves with the EVS.",
        "handbook 2, 4.7",
        is_true=True,
    ),
    "11/mta": statement(
        "While the first EVS is out, mail between Exchange 5.5 and all other EVSs waits.",
        "the one MTA of the cluster belongs to it.",
        "handbook 2, 1.3",
        is_true=True,
    ),
    "11/first": statement(
        "The first Exchange 2003 server of an Exchange 5.5 site may be a cluster.",
        "Setup puts the Site Replication Service on it, which may not run on a cluster.",
        "handbook 2, 6; handbook 5, 5.6.1",
    ),
}

_OURS = ("11/gateway", "11/lost", "11/queue", "11/mta", "11/first")
QUIZ = (*(key for key in QUESTIONS if key.startswith("quiz/")), *_OURS)

TASKS: Mapping[str, TaskWords] = {
    "11.1": TaskWords(
        title="the list of a client",
        findings={
            "none_extra": Pair(
                "Nothing is moved that may stay.", "This may stay on the cluster: {extra}."
            ),
            "all_named": Pair(
                "Everything that must move is named.", "{more} more of the list must move."
            ),
        },
        read="handbook 2, 6",
        hints=(
            "Ask for each: does EXRES have a resource type for it?",
            "assess([...]) sorts a list; but decide first.",
        ),
    ),
    "11.2": TaskWords(
        title="where it waits",
        findings={
            "a": Pair("a holds: mail waits before the server that is out.", ""),
            "b": Pair("b holds: an EVS keeps what it cannot hand on.", ""),
            "c": Pair("", "c does not hold: their EVS works, so it takes what they send."),
            "d": Pair("", "d does not hold: that mail does not pass the connector server."),
            "e": Pair("", "e does not hold: a sender tries again; nothing is thrown away."),
            "f": Pair("f holds: the queue lies on a disk of the EVS.", ""),
            "complete": Pair("Nothing is left out.", "Left out although true: {more}."),
        },
        read="handbook 2, 4.7 and 6.1",
        hints=(
            "Go along the way of a message until it meets the server that is out.",
            "Mail from one EVS to another needs no connector.",
        ),
    ),
    "11.3": TaskWords(
        title="how long it may be out",
        findings={
            "short": Pair(
                "At most {peak} messages wait on the Domino bridgehead.",
                "Up to {peak} messages wait on the Domino bridgehead, 200 are allowed. When does "
                "it try again?",
            ),
            "longest": Pair(
                "One second more would be too long.",
                "It could be out a little longer without harm.",
            ),
        },
        read="handbook 2, 4.7 and 6.1",
        hints=(
            "30 messages a minute: after how many seconds are there 200?",
            "The bridgehead tries again every 60 s. A server that returns at 400 s is found at "
            "420 s.",
        ),
    ),
    "11.4": TaskWords(
        title="how fast it must be",
        findings={
            "drained": Pair(
                "Fifteen minutes after its return nothing waits any more.",
                "Fifteen minutes after its return {left} messages still wait.",
            ),
            "smallest": Pair(
                "A server that converts one message less a minute would not do.",
                "A slower server would do as well.",
            ),
        },
        read="handbook 2, 6.1",
        hints=(
            "After half an hour 900 messages wait in each direction.",
            "While they drain, 30 more come each minute.",
            "(limit - 30) x 15 = 900",
        ),
    ),
    "11.5": TaskWords(
        title="maintenance that Notes hardly notices",
        findings={
            "empty": Pair("NODE2 owns nothing.", "NODE2 still owns: {left}."),
            "online": Pair("EVS2 is Online on {owner}.", "EVS2 is {state} on {owner}."),
            "most": Pair(
                "At most {peak} messages waited for EVS2.",
                "Up to {peak} messages waited on the connector server, 25 are allowed.",
            ),
        },
        read="handbook 2, 4.6 and 4.7",
        hints=(
            "10 messages a minute come for EVS2: how long may it be out?",
            "A planned move to a free node takes 120 s.",
        ),
    ),
    "11.6": TaskWords(
        title="two failures in one day",
        findings={
            "supported": Pair("It is supported.", "It is not supported on a cluster."),
            "waits": Pair(
                "No message waits longer than {seconds} s.",
                "{stream}: a message waits for {seconds} s, 300 s are allowed.",
            ),
        },
        read="handbook 2, 6.1",
        hints=(
            "Play the day with each of them: mail_flow(day_of_failures(), key, out=...).",
            "Which one still has a way while the connector server is out?",
        ),
    ),
    "11.7": TaskWords(
        title="an Exchange 5.5 site",
        findings={
            "a": Pair("", "a does not hold: the Site Replication Service may not run there."),
            "b": Pair("b holds: it comes with the first server, which stands alone.", ""),
            "c": Pair("c holds: the one MTA belongs to EVS1.", ""),
            "d": Pair("", "d does not hold: it carries changes of the directory, no mail."),
            "e": Pair("", "e does not hold: there is one MTA for each cluster."),
            "f": Pair("f holds: it runs on the MTA.", ""),
            "complete": Pair("Nothing is left out.", "Left out although true: {more}."),
        },
        read="handbook 2, 1.3 and 6; handbook 5, 5.6.1",
        hints=(
            "What needs a stand-alone server, and what has one instance for each cluster?",
            'Look at mail_flow(sim, "srs") with EVS1 out, then with EVS2 out.',
        ),
    ),
    "11.8": TaskWords(
        title="what a colleague began",
        findings={
            "contacts": Pair("Every contact is there once.", "The contacts are {contacts}."),
            "removed": Pair("The old server is gone.", "The old server is still there."),
            "clean": Pair(
                "No refusal and no warning since then.",
                "Refusals and warnings since then: {count}.",
            ),
        },
        read="handbook 4, 4.8",
        hints=(
            "What makes the contacts double as long as it runs?",
            "run.recoveries() says which way back there is; it comes after NC-05.",
            "Then the steps that are left, each after the one before it: do_rest() knows them.",
        ),
    ),
}
