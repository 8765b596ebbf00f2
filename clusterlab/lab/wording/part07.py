"""Words of part 07: installation."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "07/power": QuestionWords(
        text="The shared storage is about to be switched on for the first time. Which nodes run?",
        options={
            "a": Option(
                "All of them, so that each one learns its disks.",
                "Without a Cluster service nobody decides who may write; two nodes damage the file "
                "system.",
            ),
            "b": Option(
                "One. The others are switched off until the cluster is formed.",
                "One node at a time prepares and verifies the disks; the Cluster service decides "
                "from then on.",
            ),
            "c": Option("None; the storage needs no node.", "Somebody has to make partitions."),
        },
        right="b",
        source="handbook 3, 2.1 and M05",
    ),
    "07/setup": QuestionWords(
        text="Setup of Exchange has run on both nodes of the cluster. How many Exchange servers "
        "are in Active Directory?",
        options={
            "a": Option(
                "Two, one for each node",
                "On a node of a cluster Setup copies binaries and registers resource types.",
            ),
            "b": Option(
                "One", "The server comes with the System Attendant, which nobody has created yet."
            ),
            "c": Option(
                "None",
                "Setup copies binaries and registers resource types; the System Attendant "
                "resource creates the server object.",
            ),
        },
        right="c",
        source="handbook 3, 3.5 and 4.3",
    ),
    "07/standalone": QuestionWords(
        text="Setup of Exchange runs on a node that is in no cluster yet. What does Setup say?",
        options={
            "a": Option(
                "It refuses.",
                "It cannot know what you have in mind: to Setup this is an ordinary server.",
            ),
            "b": Option(
                "Nothing: an ordinary Exchange server is installed.",
                "It stands in Active Directory under the name of the node, and no EVS can ever run "
                "there until it is uninstalled.",
            ),
            "c": Option("It waits until the cluster is formed.", "Setup does not wait."),
        },
        right="b",
        source="handbook 3, 3.4 and M07",
    ),
    "07/late": QuestionWords(
        text="EVS1 was created with possible owner NODE1 alone. When does that show?",
        options={
            "a": Option(
                "At once: the System Attendant does not come Online.",
                "On NODE1 everything is as it should be.",
            ),
            "b": Option(
                "At the first move or failover",
                "A setting that is wrong on another node shows when the group gets there. So the "
                "test of the failover is a step of the installation.",
            ),
            "c": Option("Never", "It shows when NODE1 fails, at the latest."),
        },
        right="b",
        source="handbook 3, M15 and G08",
    ),
    "07/true/1": statement(
        "DomainPrep may be run before ForestPrep, if one waits for replication afterwards.",
        "the schema and the organization are not there yet (ERR-DP-ORDER).",
        "handbook 3, M01",
    ),
    "07/true/2": statement(
        "Setup may run on all nodes at the same time, since each one has its own disk C:.",
        "both restart the Cluster service and write the same registry branch (ERR-PARALLEL).",
        "handbook 3, M10",
    ),
    "07/true/3": statement(
        "Setup asks for NNTP although NNTP is not supported in a cluster.",
        "the service must be installed on each node; no resource is made of it.",
        "handbook 3, 1.8",
        is_true=True,
    ),
    "07/true/4": statement(
        "The Cluster service account needs an Exchange role.",
        "it needs none in Exchange 2003.",
        "handbook 3, 1.9; KB 821834",
    ),
    "07/true/5": statement(
        "MSDTC has to be Online while Setup runs.",
        "Setup refuses without it (ERR-MSDTC).",
        "handbook 3, 2.6 and M08",
        is_true=True,
    ),
    "07/true/6": statement(
        "Exchange may be installed on a shared disk of the cluster.",
        "on a local drive, and on the same one on every node (ERR-PATH).",
        "handbook 3, M12 and M13",
    ),
    "07/true/7": statement(
        "The option Enable Kerberos Authentication can be set while the name is Online.",
        "take the name offline first (5023).",
        "handbook 3, M18",
    ),
    "07/true/8": statement(
        "With four nodes three EVSs can be created.",
        "one fewer than nodes, from three nodes up.",
        "handbook 3, 1.3",
        is_true=True,
    ),
    "07/true/9": statement(
        "A cluster that was formed while its storage was off reports an error.",
        "the wizard succeeds with a Local Quorum, and that shows when the second node is added.",
        "handbook 3, M06",
    ),
    "07/true/10": statement(
        "Nodes are hardened last, after the test of the failover.",
        "else faults of hardening look like faults of Exchange.",
        "handbook 3, 5.7 and M30",
        is_true=True,
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("07/true/"))
"""The statements of this part, in their order."""

TASKS: Mapping[str, TaskWords] = {
    "07.1": TaskWords(
        title="a plan in numbers",
        findings={
            "addresses": Pair(
                "{right} addresses are to be requested.",
                "Addresses: not {given}; the planning guide asks for 2n + e + 2.",
            ),
            "names": Pair("{right} names are needed.", "Names: not {given}; they are n + e + 1."),
            "steps": Pair(
                "The installation has {right} steps.",
                "Steps: not {given}; ask the procedure, or count 16 + 12 n + 15 e.",
            ),
            "minutes": Pair(
                "One person takes {right} minutes.",
                "Minutes for one person: not {given}; ask procedure.minutes().",
            ),
            "shortest": Pair(
                "Nobody can be faster than {right} minutes.",
                "Shortest: not {given}; add up the minutes of the critical path.",
            ),
        },
        read="handbook 3, 1.4 and 7.2",
        hints=(
            "procedure = installation(Plan.standard(nodes=3, evs=2)); len(procedure.tasks)",
            "sum(task.step.minutes for task in procedure.critical_path())",
        ),
    ),
    "07.2": TaskWords(
        title="what can start now",
        findings={
            **{
                letter: Pair(
                    f"{letter}: it can start now.",
                    f"{letter}: it cannot start yet; something that it needs is not done.",
                )
                for letter in "abcdef"
            },
            "complete": Pair("None is left out.", "{more} more can start now."),
        },
        read="handbook 3, 7.1",
        hints=(
            "Do P01 and P02 in a panel in guided mode and look at the list.",
            "One step for each node, and two for the directory.",
        ),
    ),
    "07.3": TaskWords(
        title="form the cluster",
        findings={
            "formed": Pair("The cluster is formed.", "There is no cluster yet (C01)."),
            "quorum": Pair(
                "Its quorum is the shared disk.",
                "Its quorum model is {model}: the disks were not there when it was formed.",
            ),
            "clean": Pair("Nothing was refused or warned of.", "Mistakes on the way: {count}."),
        },
        read="handbook 3, 2.1, 2.3 and 7.1",
        hints=(
            "The disks come first: H01 on the first node, H02 on the other, H03.",
            "Only one node runs at a time until the cluster is formed.",
            "H01@N1, H02@N2, H03@N1, C01@N1",
        ),
    ),
    "07.4": TaskWords(
        title="two nodes wrote to one disk",
        findings={
            "sound": Pair("The disks are sound.", "The disks are still damaged."),
            "formed": Pair("The cluster is formed.", "There is no cluster yet (C01)."),
            "quorum": Pair(
                "Its quorum is the shared disk.", "Its quorum model is {model}, not a shared disk."
            ),
        },
        read="handbook 3, M05",
        hints=(
            "Nothing repairs a file system that two nodes have written to.",
            "Power off all but one, format again (H01), and go on as planned.",
            "H01@N1, H02@N2, H03@N1, C01@N1",
        ),
    ),
    "07.5": TaskWords(
        title="Setup came too early",
        findings={
            "joined": Pair("NODE2 is in the cluster.", "NODE2 is not in the cluster yet."),
            "clustered": Pair(
                "{node} has Exchange as a node of the cluster.",
                "{node} has not Exchange as a node of the cluster but: {kind}.",
            ),
            "build": Pair(
                "Both nodes have the same service pack.",
                "The builds of the nodes: {builds}; SP2 on both was wanted.",
            ),
        },
        read="handbook 3, M07",
        hints=(
            "What Setup installed is an ordinary server. It has to go first.",
            "The list offers the way back: M07.",
            "M07@N2, C02@N2, then everything up to X05@N2",
        ),
    ),
    "07.6": TaskWords(
        title="three settings were forgotten",
        findings={
            "kerberos": Pair("Kerberos is ticked.", "Kerberos is {kerberos}."),
            "data": Pair("The data lies on a disk of EVS1.", "The data lies in {data}."),
            "online": Pair("EVS1 is Online.", "EVS1 is {state}."),
            "survives": Pair(
                "EVS1 survives the loss of its node.",
                "When its node is lost, EVS1 is {state} on the other one.",
            ),
        },
        read="handbook 3, M15, M17 and M18",
        hints=(
            "G03 sets possible owners, E09 and G04 place the data.",
            "E03 can be done again while the Network Name is Offline.",
            'cluster resource "EVS1 Network Name" /offline at the prompt, E03, then '
            'cluster group "EVS1" /online',
        ),
    ),
    "07.7": TaskWords(
        title="how many people",
        findings={
            "enough": Pair(
                "{given} people need {minutes} minutes.",
                "{given} people need {minutes} minutes; 720 were allowed.",
            ),
            "fewest": Pair("Fewer would not do.", "{right} are enough."),
        },
        read="handbook 3, 7.2",
        hints=(
            "procedure.schedule(people) says how long they take.",
            "Try 1, 2, 3 and so on, and stop at the first that is done within 720 minutes.",
        ),
    ),
}
