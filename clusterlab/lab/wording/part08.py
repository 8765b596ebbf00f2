"""Words of part 08: configuration."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "08/failback": QuestionWords(
        text="NODE1 failed at eleven, and EVS1 has run on NODE3 since. At noon NODE1 starts again. "
        "What shall EVS1 do?",
        options={
            "a": Option("Go home at once", "That is a second outage, at noon, and for no reason."),
            "b": Option(
                "Stay; somebody moves it home at a quiet time",
                "Prevent failback is the default and the recommendation.",
            ),
            "c": Option("Go home when NODE3 fails", "That would be a failover, not a failback."),
        },
        right="b",
        source="handbook 3, 5.1 and M32",
    ),
    "08/affect": QuestionWords(
        text='For which of these do you clear "Affect the group"?',
        options={
            "a": Option(
                "Information Store and System Attendant",
                "Without the store nobody has mail: the EVS has to move.",
            ),
            "b": Option(
                "IMAP4, POP3 and MSDTC",
                "Their failure should move neither mailboxes nor the quorum.",
            ),
            "c": Option("Every disk", "Without a disk the EVS has to move."),
        },
        right="b",
        source="handbook 3, 5.1; handbook 2, 5.2",
    ),
    "08/header": QuestionWords(
        text="Users open https://mail.corp.example/exchange. It ends at EVS1. Where do you add the "
        "name?",
        options={
            "a": Option(
                "In the IIS snap-in, on the node that owns EVS1",
                "The directory overwrites it, and the other nodes never hear of it.",
            ),
            "b": Option(
                "In Exchange System Manager, on the HTTP virtual server of EVS1",
                "The directory is the master; each node gets the host header from there.",
            ),
            "c": Option("Nowhere", "The web site answers to the name of the EVS alone."),
        },
        right="b",
        source="handbook 3, 5.4 and M29",
    ),
    "08/mta": QuestionWords(
        text="Two EVSs. The first one that was created shall go, the second one shall stay.",
        options={
            "a": Option(
                "Remove the first one",
                "ERR-REMOVE-MTA: it owns the MTA, one for each cluster, and goes last.",
            ),
            "b": Option(
                "It cannot be done without removing the second one first",
                "The first EVS owns the MTA and goes last; plan names accordingly.",
            ),
            "c": Option(
                "Delete its group",
                "The server object stays in Active Directory (ERR-ORPHAN).",
            ),
        },
        right="b",
        source="handbook 3, 6.1, M21 and M22",
    ),
    "08/true/1": statement(
        "Preferred owners decide where an EVS may run.",
        "they are an order; possible owners decide.",
        "handbook 3, 5.1; handbook 1, 5.1",
    ),
    "08/true/2": statement(
        "An EVS can be a front-end server.",
        "EVSs are back-end servers only; front-ends stand alone or behind NLB.",
        "handbook 3, 5.6; KB 837852",
    ),
    "08/true/3": statement(
        "A new disk of a storage group has to become a dependency of the System Attendant.",
        "else the store may start before the disk.",
        "handbook 3, 5.3",
        is_true=True,
    ),
    "08/true/4": statement(
        "The services of IMAP4 and POP3 are set to Automatic on every node.",
        "Manual: the Cluster service starts them where the EVS is.",
        "handbook 3, 5.2",
    ),
    "08/true/5": statement(
        "A recipient policy must not hold the FQDN of a server as its SMTP domain.",
        "mail between servers would stop, NDR 5.4.8.",
        "handbook 3, 5.5; KB 288175",
        is_true=True,
    ),
    "08/true/6": statement(
        "The Network Name of an EVS can be changed later as the need arises.",
        "clients are configured with it; treat it as fixed.",
        "handbook 3, 1.6",
    ),
    "08/true/7": statement(
        "Before a node is evicted, Exchange is uninstalled from it.",
        "else its resource types are missing when it joins again, and Setup says that Exchange is "
        "there (M23).",
        "handbook 3, 6.2 and M23",
        is_true=True,
    ),
    "08/true/8": statement(
        "With hardening templates the Information Store has to be set to Automatic.",
        "Manual: the Cluster service starts it.",
        "handbook 3, 5.7",
    ),
    "08/true/9": statement(
        "A group without preferred owners fails back as soon as failback is allowed.",
        "without a preferred owner there is no failback, whatever its setting.",
        "handbook 3, 5.1; handbook 1, 5.6",
    ),
    "08/true/10": statement(
        "Host headers of Outlook Web Access are added in Exchange System Manager.",
        "a change in the IIS snap-in is overwritten from the directory.",
        "handbook 3, 5.4 and M29",
        is_true=True,
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("08/true/"))
"""The statements of this part, in their order."""

_ROLES = {
    "a": "ForestPrep needs none; it grants one",
    "b": "forming a cluster is a matter of Windows",
    "c": "Setup writes to the organization",
    "d": "moving a group is a matter of Windows",
    "e": "the wizard creates the server in Active Directory, as you",
    "f": "the account of the Cluster service needs none in Exchange 2003",
}

TASKS: Mapping[str, TaskWords] = {
    "08.1": TaskWords(
        title="who needs an Exchange role",
        findings={
            **{
                letter: Pair(f"{letter}: {why}.", f"{letter}: {why}.")
                for letter, why in _ROLES.items()
            },
            "complete": Pair("None is left out.", "{more} more need a role."),
        },
        read="handbook 3, 1.9",
        hints=(
            "print(permission_table(plan)) shows the matrix.",
            "What changes the organization in Active Directory needs a role; what the Cluster "
            "service does, needs rights of Windows.",
        ),
    ),
    "08.2": TaskWords(
        title="a home for each EVS",
        findings={
            "home": Pair(
                "{group} has its home {home} in its list, and nothing else.",
                "{group} should have {home} alone in its list; it has {listed}.",
            ),
            "stays": Pair(
                "{group} stays where it went when {home} comes back.",
                "When {home} comes back, {group} leaves {away} by itself: a second outage.",
            ),
        },
        read="handbook 3, 5.1 and M32",
        hints=(
            "Two properties of each group: preferred owners, and failback.",
            "Properties of the group, page General and page Failback.",
            'sim.set_properties("EVS1", preferred_owners=("NODE1",), auto_failback_type=0)',
        ),
    ),
    "08.3": TaskWords(
        title="as the checklist wants it",
        findings={
            "kept": Pair("Kept: {rule}.", "Not kept: {rule} is {value}."),
            "online": Pair("Both EVSs are Online.", "Not Online: {out}."),
        },
        read="handbook 3, 4.2, 5.1 and 5.8",
        hints=(
            "print(inspect_cluster(sim.cluster)) says what is wrong, and the line that repairs it.",
            "run_line(sim, line) types a line; or use the panel.",
        ),
    ),
    "08.4": TaskWords(
        title="IMAP4 for EVS1",
        findings={
            "exists": Pair(
                "EVS1 has an IMAP4 resource.", "EVS1 has {count} IMAP4 resources; one was wanted."
            ),
            "depends": Pair(
                "It depends on the System Attendant.",
                "It depends on {needs}, not on the System Attendant.",
            ),
            "online": Pair("It is Online.", "It is {state}."),
            "alone": Pair(
                "It may fail as often as it likes, EVS1 stays.",
                "Five failures of IMAP4 move EVS1 to {owner}.",
            ),
        },
        read="handbook 3, 5.1 and 5.2; handbook 2, 5.2",
        hints=(
            "New Resource in the panel, type Microsoft Exchange IMAP4 Server Instance.",
            'Page Advanced: clear "Affect the group".',
            'create_resource(name, type, "EVS1", depends_on=(attendant,)), then '
            "set_properties(name, restart_action=1), then bring_online(name)",
        ),
    ),
    "08.5": TaskWords(
        title="a node is replaced",
        findings={
            "evicted": Pair("NODE2 was evicted.", "The old NODE2 was never evicted (R11)."),
            "uninstalled": Pair(
                "Exchange was uninstalled from it first.",
                "Exchange was not uninstalled from it (R08).",
            ),
            "joined": Pair("NODE2 is in the cluster.", "NODE2 is not in the cluster."),
            "exchange": Pair(
                "It has Exchange, of the build of the others.",
                "Exchange on NODE2: {kind}, build {build}.",
            ),
            "owner": Pair(
                "NODE2 is a possible owner of {group}.",
                "NODE2 is no possible owner of {group} (G03).",
            ),
            "online": Pair("{group} is Online.", "{group} is not Online."),
        },
        read="handbook 3, 6.2 and M23",
        hints=(
            "Out: R07, R08, R10, R11, R12. In: C02, X03, X04, X05, and G03 for each EVS.",
            'Steps of the removal have keys such as "remove/R07@N2"; free mode lists them.',
        ),
    ),
    "08.6": TaskWords(
        title="an EVS less",
        findings={
            "gone": Pair("The group EVS2 is gone.", "There is still a group EVS2."),
            "object": Pair(
                "EVS2 is gone from Active Directory.",
                "The server object of EVS2 is still in Active Directory.",
            ),
            "disks": Pair(
                "Its disks are free for something else.", "These disks are gone: {lost}."
            ),
            "other": Pair("EVS1 is Online.", "EVS1 is not Online."),
            "clean": Pair("Nothing was refused.", "Refused on the way: {count}."),
        },
        read="handbook 3, 6.1, 6.2 and M22",
        hints=(
            "Mailboxes first, disks last: R01 to R06.",
            "In R03 take Remove Exchange Virtual Server, not Delete.",
        ),
    ),
}
