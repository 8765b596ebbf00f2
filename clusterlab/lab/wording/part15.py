"""Words of part 15: Datacenter programmes and support."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

_HOLDS = Pair("{id} is {right}.", "{id}: {guess} is not right. {why}")

QUESTIONS: Mapping[str, QuestionWords] = {
    "15/parts": QuestionWords(
        text="Server, adapter, switch and array of a client each stand in the catalogue, from four "
        "makers, never tested together. Is it a supported cluster?",
        options={
            "a": Option("yes, every part is listed", "Parts are not what is listed for clusters."),
            "b": Option("no: the whole solution must be listed",
                        "What is qualified is the solution as it was tested together."),
            "c": Option("yes, if all drivers are signed",
                        "Signatures matter for D8, but do not make a solution."),
        },
        right="b",
        source="handbook 5, 5.7.1",
    ),
    "15/why": QuestionWords(
        text="Why would a client run Exchange 2003 on Datacenter Edition?",
        options={
            "a": Option("for more than eight nodes", "Enterprise Edition already has eight."),
            "b": Option("for more memory", "The store cannot use it."),
            "c": Option("for support and change discipline",
                        "The programme is what is bought, not capacity."),
        },
        right="c",
        source="handbook 5, 5.7.2",
    ),
    "15/contact": QuestionWords(
        text="Under the Datacenter High Availability Program: whom does the client call at night?",
        options={
            "a": Option("Microsoft", "Microsoft is reached through the provider."),
            "b": Option("the Datacenter Support Provider",
                        "It is the single contact, and passes on to Microsoft and the maker."),
            "c": Option("the maker of the array", "The provider calls the maker."),
        },
        right="b",
        source="handbook 5, 5.7.2",
    ),
    "15/true-1": statement(
        "There is a certificate called Certified Datacenter Support Provider for Clustering "
        "Exchange.",
        "the words come from consultants; the status is that of a Datacenter Support Provider.",
        "handbook 5, 5.7.3",
    ),
    "15/true-2": statement(
        "The cluster list also covers Network Load Balancing.",
        "its policy leaves Network Load Balancing out.",
        "handbook 5, 5.7.1",
    ),
    "15/true-3": statement(
        "A stretched cluster must stand in the catalogue as geographic.",
        "geographically dispersed is a category of its own.",
        "handbook 5, 5.7.1",
        is_true=True,
    ),
    "15/true-4": statement(
        "On a third-party cluster product Microsoft may ask to reproduce a problem on a listed "
        "cluster.",
        "support is limited there, and may end with the other maker.",
        "handbook 5, 5.7.1",
        is_true=True,
    ),
    "15/true-5": statement(
        "Without the Datacenter programme there is no support.",
        "Premier or the maker's support remain, without the parts of the programme.",
        "handbook 5, 5.7.2",
    ),
    "15/true-6": statement(
        "A Windows Server 2008 cluster is judged by Validate, not by the list.",
        "those clusters are not listed any more.",
        "handbook 5, 5.7.1",
        is_true=True,
    ),
    "15/true-7": statement(
        "Standard Edition of Exchange may run on Datacenter.",
        "only Enterprise Edition with a supported service pack.",
        "handbook 5, 5.7.2 and 5.7.3",
    ),
    "15/true-8": statement(
        "An open-file agent of the backup is software in the kernel, and needs qualification.",
        "multipath, antivirus, replication and backup agents all belong to D8.",
        "handbook 5, 5.7.3",
        is_true=True,
    ),
    "15/true-9": statement(
        "A promise of uptime that does not say whether patch nights count is half a promise.",
        "D10 asks how uptime is measured as well.",
        "handbook 5, 5.7.3",
        is_true=True,
    ),
    "15/true-10": statement(
        "After a configuration was qualified, hotfixes may be installed as they come.",
        "changes are managed: classes of hotfixes, and a matrix of what to test again.",
        "handbook 5, 5.7.2 and 5.7.3",
    ),
}  # fmt: skip

QUIZ = tuple(key for key in QUESTIONS if "/true-" in key)

TASKS: Mapping[str, TaskWords] = {
    "15.1": TaskWords(
        title="who is asked for what",
        findings={
            "none_extra": Pair("Everything named belongs to the programme alone.",
                               "This counts without the programme too: {extra}."),
            "all_named": Pair("Nothing is left out.", "{more} more belong to the programme alone."),
        },
        read="handbook 5, 5.7.2 and 5.7.3",
        hints=("PROGRAMMES says which requirements count for whom.",
               "set(PROGRAMMES[...]) - set(PROGRAMMES[...])"),
    ),
    "15.2": TaskWords(
        title="an interview",
        findings={f"D{number}": _HOLDS for number in (3, 4, 6, 7, 8, 10)},
        read="handbook 5, 5.7.3",
        hints=("Evidence is what lies on the table; a plan is a promise.",
               "A list of parts is not a listed solution."),
    ),
    "15.3": TaskWords(
        title="what stops support",
        findings={
            "none_extra": Pair("Each of these stops support.",
                               "Without these, support suffers but does not stop: {extra}."),
            "all_named": Pair("Nothing is left out.", "{more} more stop support."),
        },
        read="handbook 5, 5.7.3",
        hints=("A promise is a gap too.", "ready.gaps has them, with their weight."),
    ),
    "15.4": TaskWords(
        title="the shortest way",
        findings={
            "supported": Pair("Then the client is supported.",
                              "Then these still stop support: {left}."),
            "score": Pair("Ready to {score:.0f} %.", "Ready to {score:.0f} % only; 80 are wanted."),
            "fewest": Pair("Fewer would not do.", "{count} of them; {fewest} are enough."),
        },
        read="handbook 5, 5.7.3",
        hints=("First everything that stops support.", "Then the heaviest gap that is missing."),
    ),
    "15.5": TaskWords(
        title="what the catalogue says",
        findings={
            "a": Pair("", "a does not hold: the solution is listed as a whole."),
            "b": Pair("b holds: firmware belongs to what was tested together.", ""),
            "c": Pair("c holds: geographic is a category of its own.", ""),
            "d": Pair("", "d does not hold: Network Load Balancing is left out of the policy."),
            "e": Pair("", "e does not hold: Enterprise Edition gives eight nodes as well."),
            "f": Pair("f holds: four partitions of eight processors.", ""),
            "complete": Pair("Nothing is left out.", "Left out although true: {more}."),
        },
        read="handbook 5, 5.7.1 and 5.7.2",
        hints=("What is listed: parts or solutions?", "Mailbox servers scale to 8 processors."),
    ),
    "15.6": TaskWords(
        title="a promise that can be kept",
        findings={
            "kept": Pair("The design reaches {reached:.3f} %.",
                         "The design reaches {reached:.3f} % only, planned downtime included."),
            "highest": Pair("The next one could not be kept.", "A higher one can be kept as well."),
        },
        read="handbook 5, 5.5.3 and 5.7.3",
        hints=("Pool(...).availability counts planned downtime.", "Pool(active=2, mttr_h=36)"),
    ),
}  # fmt: skip
