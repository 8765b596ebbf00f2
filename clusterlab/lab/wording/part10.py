"""Words of part 10: migration."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "10/first": QuestionWords(
        text="A site with Exchange 5.5 is to get its first Exchange 2003 server. May it be an EVS "
        "of a new cluster?",
        options={
            "a": Option("Yes", "Setup would put the Site Replication Service on a node."),
            "b": Option(
                "No, a stand-alone server comes first",
                "The Site Replication Service is installed with the first server of a site, and "
                "it does not run on a cluster.",
            ),
            "c": Option(
                "Yes, if it owns the Cluster Group", "The Cluster Group has nothing to do with it."
            ),
        },
        right="b",
        source="handbook 4, 4.6 and UE-15",
    ),
    "10/back": QuestionWords(
        text="Which of these ways can be undone until the very last step?",
        options={
            "a": Option("U2, the rolling upgrade", "The upgrade of an EVS goes one way."),
            "b": Option(
                "SW, a cluster beside the old server", "Mailboxes can be moved back; it costs time."
            ),
            "c": Option("CI, the clean installation", "It upgrades the EVS as U2 does."),
        },
        right="b",
        source="handbook 4, 4.7",
    ),
    "10/outage": QuestionWords(
        text="Mailboxes are moved from an old server to an EVS. Who is out, and for how long?",
        options={
            "a": Option("everybody, until all are moved", "Each mailbox moves by itself."),
            "b": Option(
                "each user while his own mailbox moves",
                "Size divided by throughput, and nobody else notices.",
            ),
            "c": Option("nobody", "A user is logged off while his mailbox moves."),
        },
        right="b",
        source="handbook 4, 4.5.3 and 4.7",
    ),
    "10/true-1": statement(
        "Exchange 5.5 can be upgraded in place if it runs on a cluster.",
        "there is no upgrade in place from 5.5 to 2003, clustered or not.",
        "handbook 4, R3",
    ),
    "10/true-2": statement(
        "A stand-alone Exchange server can be made into an EVS.",
        "build the cluster beside it and move the mailboxes.",
        "handbook 4, 4.1",
    ),
    "10/true-3": statement(
        "The old server stays until every user has logged on once.",
        "it redirects their profiles.",
        "handbook 4, M-19 and SW-08",
        is_true=True,
    ),
    "10/true-4": statement(
        "In mixed mode mailboxes move within their site only, unless the tools are those of SP1.",
        "across sites SP1 is needed.",
        "handbook 4, M-18",
        is_true=True,
    ),
    "10/true-5": statement(
        "The Notes connector moves to the cluster together with the mailboxes.",
        "it belongs on a server that is not clustered.",
        "handbook 4, M-15 and 4.8",
    ),
    "10/true-6": statement(
        "Native mode can be taken back within 24 hours.",
        "it is irreversible.",
        "handbook 4, M-24",
    ),
    "10/true-7": statement(
        "In an organization with Exchange 5.5 Setup wants the ADC Tools to be run first.",
        "it is prevented without them.",
        "handbook 4, UE-16",
        is_true=True,
    ),
    "10/true-8": statement(
        "The new EVS gets the name of the old server, so that users notice nothing.",
        "a name in use cannot be used again while the old server exists.",
        "handbook 4, SW-04",
    ),
    "10/true-9": statement(
        "An Exchange 2003 cluster is upgraded in place to Exchange 2007.",
        "2007 runs on 64-bit Windows: new machines, then Move Mailbox.",
        "handbook 4, 4.10",
    ),
    "10/true-10": statement(
        "Folders are replicated to the cluster before the mailboxes move.",
        "otherwise free/busy, the address book and folders are missing for those who moved.",
        "handbook 4, M-16",
        is_true=True,
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("10/true"))

TASKS: Mapping[str, TaskWords] = {
    "10.1": TaskWords(
        title="six clients",
        findings={
            "path": Pair("{letter}: {given}.", "{letter}: not {given}. {because}"),
        },
        read="handbook 4, 4.1",
        hints=(
            "First: which Exchange? Then: is it a cluster? Then: how many EVSs on how many nodes?",
            "way(client).paths of clusterlab.procedures.paths says it; but decide first.",
        ),
    ),
    "10.2": TaskWords(
        title="what can start on the first day",
        findings={
            "a": Pair("a can start: accounts wait for nothing.", ""),
            "b": Pair("b can start: old servers can be patched at any time.", ""),
            "c": Pair("", "c cannot: accounts and service packs come before ForestPrep."),
            "d": Pair("", "d cannot: ForestPrep comes before the Active Directory Connector."),
            "e": Pair("", "e cannot: Setup wants DomainPrep and the ADC Tools."),
            "f": Pair("f can start: the cluster is built beside everything else.", ""),
            "complete": Pair("No step is left out.", "{more} more can start."),
        },
        read="handbook 4, 4.6 and 4.9",
        hints=("Which steps need no other one? M55 has three of them.",),
    ),
    "10.3": TaskWords(
        title="the cluster came first",
        findings={
            "online": Pair("EVS1 is Online on the new cluster.", "There is no EVS1 Online yet."),
            "clean": Pair(
                "No refusal and no warning since then.",
                "Refusals and warnings since then: {count}.",
            ),
        },
        read="handbook 4, 4.6 and UE-15",
        hints=(
            "What does the refusal ask for, and what does that need in turn?",
            "M-06, M-07, M-08 and M-09, then the nodes and the EVSs.",
            "M-03 is not needed yet; M-10 neither.",
        ),
    ),
    "10.4": TaskWords(
        title="minutes and people",
        findings={
            "alone": Pair("Alone: {right} minutes.", "Alone: not {given}."),
            "fewest": Pair("The fewest: {right} minutes.", "The fewest: not {given}."),
            "people": Pair("People for that: {right}.", "People for that: not {given}."),
        },
        read="handbook 4, 4.9",
        hints=(
            "A procedure knows its minutes() and its critical_path().",
            "schedule(people).minutes says how long so many people need.",
        ),
    ),
    "10.5": TaskWords(
        title="the last Exchange 5.5",
        findings={
            "native": Pair("The organization is in native mode.", "It is not in native mode yet."),
            "users": Pair(
                "Profiles and connectors were seen to before.",
                "Exchange 5.5 was removed too early: profiles are not redirected, mail of the "
                "connectors stops.",
            ),
            "clean": Pair("No refusal and no warning.", "Refusals and warnings: {count}."),
        },
        read="handbook 4, 4.6 and 4.11",
        hints=(
            "What still runs on the old servers, besides mailboxes?",
            "M-15, M-19 and M-20 come before M-21; then connector, replication service, mode.",
        ),
    ),
    "10.6": TaskWords(
        title="how long mailboxes move",
        findings={"hours": Pair("{given} hours.", "Not {given} hours.")},
        read="handbook 4, 4.5.3",
        hints=(
            "240 mailboxes of 0.15 GB are 36 GB.",
            "Three wizards at 2 GB an hour move 6 GB an hour.",
        ),
    ),
    "10.7": TaskWords(
        title="what holds",
        findings={
            "a": Pair("", "a does not hold: 5.5 is never upgraded in place (R3)."),
            "b": Pair("b holds: until SW-10 mailboxes can be moved back.", ""),
            "c": Pair("", "c does not hold: the Site Replication Service may not run there."),
            "d": Pair("d holds: or on another server that is not clustered.", ""),
            "e": Pair("", "e does not hold: native mode is for ever."),
            "f": Pair("f holds: each user is out while his own mailbox moves.", ""),
            "complete": Pair("No statement is left out.", "Left out although true: {more}."),
        },
        read="handbook 4, 4.6 to 4.8",
        hints=("Three of them hold.",),
    ),
}
