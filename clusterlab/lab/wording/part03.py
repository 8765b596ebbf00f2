"""Words of part 03: Cluster Administrator."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "03/disk": QuestionWords(
        text="You select Disk T: of EVS2 and choose Take Offline. What happens?",
        options={
            "a": Option(
                "The disk goes Offline, the rest of EVS2 stays Online.",
                "What needs the disk cannot stay Online without it: System Attendant, store and "
                "protocols go Offline first, in order.",
            ),
            "b": Option(
                "What depends on the disk goes Offline first, then the disk; it all stays there.",
                "An administrator asked for it, so nothing is restarted and nothing fails over.",
            ),
            "c": Option(
                "EVS2 fails over to NODE4.",
                "A failover follows a failure. Take Offline is a request; the cluster obeys it.",
            ),
        },
        right="b",
        source="handbook 1, 1.4 and 2.1",
    ),
    "03/initiate": QuestionWords(
        text="You want to know whether a failure of the store would move EVS2. Which command?",
        options={
            "a": Option(
                "Take Offline of the store",
                "That is obeyed, not treated as a failure; RestartThreshold is not counted.",
            ),
            "b": Option(
                "Initiate Failure of the store, once",
                "It is treated exactly as a failure: the first three are answered by a restart "
                "where it is. Once is not enough to see the failover.",
            ),
            "c": Option(
                "Initiate Failure of the store, four times within 15 minutes",
                "Three restarts are allowed (RestartThreshold 3 in RestartPeriod 900 s); the "
                'fourth failure moves the group, if "Affect the group" is ticked.',
            ),
        },
        right="c",
        source="handbook 1, 4.2",
    ),
    "03/page": QuestionWords(
        text="EVS2 must never run on NODE3. On which page do you say so?",
        options={
            "a": Option(
                "Properties of the group, page General, preferred owners",
                "Preferred owners are an order. A node that is not among them comes later, but it "
                "comes.",
            ),
            "b": Option(
                "Properties of a resource of the group, page General, possible owners",
                "A node that is no possible owner of one resource cannot own the group. Use the "
                "same list on each resource, so that nobody has to search later.",
            ),
            "c": Option(
                "Properties of NODE3",
                "They say what the node is. What may run there is said by the resources.",
            ),
        },
        right="b",
        source="handbook 1, 5.1; handbook 2, 5.2",
    ),
    "03/5019": QuestionWords(
        text="A Network Name is Online. You add a dependency on its page Dependencies and press "
        "OK.",
        options={
            "a": Option("It is accepted.", "5019: the resource must be offline for this change."),
            "b": Option(
                "It is refused.",
                "5019: take the resource offline first. Its users will notice, so do it at a "
                "quiet time.",
            ),
            "c": Option(
                "The cluster takes it offline and brings it back.",
                "Cluster Administrator does not stop anything that you did not ask it to stop.",
            ),
        },
        right="b",
        source="handbook 1, 8.4",
    ),
    "03/true/1": statement(
        "A group whose node list under preferred owners is empty cannot fail over.",
        "the list sets an order; without it any node that can run the group will do.",
        "handbook 1, 5.1 and 5.2",
    ),
    "03/true/2": statement(
        "A paused node gives up its groups at once.",
        "it keeps them and accepts no others; you move them yourself.",
        "handbook 1, 4.7",
    ),
    "03/true/3": statement(
        "Cluster Administrator refuses to evict a node that is Up.",
        "stop its Cluster service first (5009).",
        "handbook 1, 4.8 and 8.4",
        is_true=True,
    ),
    "03/true/4": statement(
        "Everything in the menus can also be typed as a line of cluster.exe.",
        "nearly everything: an Exchange System Attendant is made by the wizard only, since the "
        "wizard creates the server in Active Directory as well.",
        "handbook 3, 4.3",
    ),
    "03/true/5": statement(
        "Initiate Failure of the quorum disk is a good test of the quorum.",
        "it is refused (5068); fail the node that owns it instead.",
        "handbook 1, 4.2 and 8.4",
    ),
    "03/true/6": statement(
        'Clearing "Affect the group" for POP3 keeps a broken POP3 from moving the whole EVS.',
        "it is restarted up to its threshold and then stays Failed where it is.",
        "handbook 2, 5.2",
        is_true=True,
    ),
    "03/true/7": statement(
        "A group can be deleted together with all that is in it.",
        "delete or regroup its resources first, in the order of their dependencies.",
        "handbook 1, 8.4",
    ),
    "03/true/8": statement(
        "A resource that others depend on cannot be deleted.",
        "5001: delete the others first, or remove their dependencies.",
        "handbook 1, 8.4",
        is_true=True,
    ),
    "03/true/9": statement(
        "Failback between 22 and 6 cannot be set, because it passes midnight.",
        "a start that is later than the end means a window over midnight.",
        "handbook 1, 5.6",
    ),
    "03/true/10": statement(
        "Move Group with Best Possible begins at the top of the node list.",
        "unlike a failover, which walks on from the present owner.",
        "handbook 1, 5.2",
        is_true=True,
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("03/true"))

_WISHES = {
    "a": "a failure on purpose is treated as any other failure",
    "b": "a paused node keeps its groups and accepts no others",
    "c": "the group goes there in an orderly way",
    "d": "the cluster stops it and does not start it again",
    "e": "a node that is Down leaves the configuration",
    "f": "the resource, and all that dependencies bind to it, gets another group",
}

TASKS: Mapping[str, TaskWords] = {
    "03.1": TaskWords(
        title="look around",
        findings={
            "owner": Pair(
                "EVS2 is on {right}.",
                "EVS2 is not on {given}: look at the column Owner in the list of Groups.",
            ),
            "failed": Pair(
                "{right} is Failed.",
                "Failed is not {given}: select Resources and look for ✖, or follow the group that "
                "is Failed in the tree.",
            ),
            "paused": Pair(
                "{right} is Paused.",
                "Paused is not {given}: the state of each node stands in the tree.",
            ),
            "missing": Pair(
                "{right} is no possible owner of Disk V:.",
                "{given} is a possible owner of Disk V:, or no node: open its Properties, page "
                "General.",
            ),
        },
        read="handbook 1, 1.2, 5.1 and 8.2",
        hints=(
            "The tree shows the states of groups and nodes; lists show those of resources.",
            "Double-click a resource, or select it and press Properties, to see who may own it.",
        ),
    ),
    "03.2": TaskWords(
        title="the command for it",
        findings={
            letter: Pair(
                f"{letter}: {{command}}; {why}.",
                f"{letter}: not {{given}}. Wanted is a command of which this is true: {why}.",
            )
            for letter, why in _WISHES.items()
        },
        read="handbook 1, 4.2, 4.7, 4.8, 5.2 and 8.2",
        hints=(
            "Each of the six commands is used once.",
            "Two of them are about a node, one about a group, three about a resource.",
        ),
    ),
    "03.3": TaskWords(
        title="possible owners that do not fit",
        findings={
            "survives": Pair(
                "When {lost} is lost, {group} is Online on {owner}.",
                "When {lost} is lost, {group} is {state} on {owner} instead of Online on NODE4.",
            ),
            "same": Pair(
                "All resources have the same possible owners.",
                "These still exclude a node: {narrow}.",
            ),
        },
        read="handbook 1, 5.1; handbook 2, 5.2",
        hints=(
            "Fail each node in turn, ask why, and Undo. The verdicts name the resource.",
            "Two resources exclude nodes; on one of them two nodes are missing.",
            "Properties, page General: add the missing nodes, OK.",
        ),
    ),
    "03.4": TaskWords(
        title="a spare node for each",
        findings={
            "spare": Pair(
                "When {lost} is lost, {group} goes to {owner}.",
                "When {lost} is lost, {group} goes to {owner}.",
            ),
            "both": Pair(
                "Both EVSs survive the loss of NODE1 and then NODE2.",
                "After the loss of NODE1 and then NODE2 this is not Online: {lost}.",
            ),
            "open": Pair(
                "Every node may still own EVS1.",
                "Only {owners} may own EVS1 now; an order was wanted, no prohibition.",
            ),
        },
        read="handbook 1, 5.1 to 5.3; KB 299631",
        hints=(
            "Without your help both go to NODE3, the first free node behind them.",
            "The Node List is: preferred owners in their order, then the other nodes.",
            "Preferred owners of EVS1: NODE1, then NODE4.",
        ),
    ),
    "03.5": TaskWords(
        title="restart policies",
        findings={
            "first": Pair(
                "The first failure of the store is answered by a restart.",
                "After the first failure EVS2 is on {owner}; a restart was wanted.",
            ),
            "second": Pair(
                "A second failure 28 minutes later moves EVS2 to {owner}.",
                "A second failure 28 minutes later leaves EVS2 on {owner}.",
            ),
            "later": Pair(
                "A second failure after more than half an hour does not count.",
                "A second failure 31 minutes after the first moves EVS2 to {owner}.",
            ),
            "http": Pair(
                "HTTP is restarted and never moves EVS2.",
                'RestartAction of HTTP is {action}: wanted are Restart, and "Affect the group" '
                "cleared.",
            ),
        },
        read="handbook 1, 2.2 and 4.2; handbook 2, 5.2",
        hints=(
            "Both resources have a page Advanced.",
            "The threshold is the number of restarts that are allowed, not of failures.",
            'Store: threshold 1, period 1800 s. HTTP: clear "Affect the group".',
        ),
    ),
    "03.6": TaskWords(
        title="a file share",
        findings={
            "group": Pair("There is a group Files.", "There is no group Files yet."),
            "resources": Pair(
                "It has a disk, an address, a name and a share.", "It has no: {missing}."
            ),
            "depends": Pair(
                "The share depends on disk and name.",
                "The share depends on {needs}; wanted are the disk and the Network Name.",
            ),
            "online": Pair("Files is Online.", "Files is {state}."),
            "place": Pair("It is on NODE4.", "It is on {owner}; wanted is NODE4."),
            "survives": Pair(
                "When NODE4 is lost, it comes up on {owner}.",
                "When NODE4 is lost, it is {state} on {owner}.",
            ),
        },
        read="handbook 1, 1.3, 3 and 8.2",
        hints=(
            "A new group belongs to the node that owns the Cluster Group, and is Offline.",
            "Create in the order of the dependencies: disk, address, name, share. Each New "
            "Resource has a page Dependencies.",
            "Move Group to NODE4, then Bring Online.",
        ),
    ),
    "03.7": TaskWords(
        title="tidy up",
        findings={
            "gone": Pair("Old Files is gone.", "Old Files is still there, with: {left}."),
            "others": Pair("The EVSs noticed nothing.", "These had an outage: {others}."),
            "fewest": Pair("Requests made: {count}.", "{count} requests; {fewest} are enough."),
        },
        read="handbook 1, 8.4",
        hints=(
            "What is Online cannot be deleted, and neither can what others need.",
            "One Take Offline of the group is enough for both resources.",
            "Then delete the name, the address and the group.",
        ),
    ),
}
