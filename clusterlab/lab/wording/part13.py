"""Words of part 13: partitions and sizing."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "13/letters": QuestionWords(
        text="Each EVS has four storage groups: ten volumes. 20 letters are free. How many such "
        "EVSs fit without mount points?",
        options={
            "a": Option(
                "7, for each node has its own letters",
                "An EVS may come to any node: a letter is taken on all of them.",
            ),
            "b": Option("2", "2 x 10 letters, and none is left."),
            "c": Option("1", "Ten letters are left for a second one."),
        },
        right="b",
        source="handbook 5, 5.2.3",
    ),
    "13/root": QuestionWords(
        text=r"All volumes of EVS1 are mounted in folders of F:\. The disk F: fails. What happens?",
        options={
            "a": Option(
                "only the queues are gone",
                "The folders that others are mounted in are on it, and they depend on it.",
            ),
            "b": Option("EVS1 fails over and is well", "It is the same dead disk on every node."),
            "c": Option(
                "EVS1 is lost",
                "The root is a single point of failure for all that is mounted under it.",
            ),
        },
        right="c",
        source="handbook 5, 5.2.4 (MP12)",
    ),
    "13/raid": QuestionWords(
        text="A storage group reads 500 and writes 250 times a second. What do the disks do with "
        "RAID 1+0, and what with RAID 5?",
        options={
            "a": Option("750 and 750", "A write costs more than one operation."),
            "b": Option("1,000 and 1,500", "A write costs two operations, or four."),
            "c": Option("1,500 and 1,000", "The other way round: RAID 5 pays four for a write."),
        },
        right="b",
        source="handbook 5, 5.3.1",
    ),
    "13/true-1": statement(
        "A drive letter of EVS1 can be used by EVS2 on another node.",
        "every node must be able to host every EVS, so a letter counts for the whole cluster.",
        "handbook 5, 5.2.3",
    ),
    "13/true-2": statement(
        "Two EVSs can share a disk if each has a partition of its own.",
        "the disk is what fails over, with all its partitions.",
        "handbook 5, 5.2.2",
    ),
    "13/true-3": statement(
        "Mount points need Windows Server 2003 and Exchange Server 2003.",
        "neither Windows 2000 clusters nor Exchange 2000 have them.",
        "handbook 5, 5.2.4 (MP1)",
        is_true=True,
    ),
    "13/true-4": statement(
        "A mounted disk depends on the disk it is mounted in.",
        "it is in the same group, and must come online after it.",
        "handbook 5, 5.2.4 (MP5 and MP6)",
        is_true=True,
    ),
    "13/true-5": statement(
        "A large quorum disk can hold a mount point.",
        "no mount points on the quorum disk.",
        "handbook 5, 5.2.4 (MP7)",
    ),
    "13/true-6": statement(
        "500 MB are enough for the quorum disk.",
        "the smallest size for an efficient NTFS volume.",
        "handbook 5, 5.2.5",
        is_true=True,
    ),
    "13/true-7": statement(
        "In Exchange 2003 one storage group is filled before a second one is made.",
        "that was the habit of Exchange 2000; now databases are spread.",
        "handbook 5, 5.2.1",
    ),
    "13/true-8": statement(
        "The databases of a storage group share one stream of logs.",
        "so they are backed up and restored together.",
        "handbook 5, 5.2.1",
        is_true=True,
    ),
    "13/true-9": statement(
        "Disks are counted by gigabytes.",
        "performance comes before capacity: the larger count of the two.",
        "handbook 5, 5.3.2",
    ),
    "13/true-10": statement(
        "Restoring takes about twice as long as backing up.",
        "and the time to decide comes on top.",
        "handbook 5, 5.2.10",
        is_true=True,
    ),
}

QUIZ = tuple(key for key in QUESTIONS if key.startswith("13/true"))

TASKS: Mapping[str, TaskWords] = {
    "13.1": TaskWords(
        title="letters",
        findings={
            "used": Pair(
                "{value} letters.",
                "Letters used: not {guess}. Queue, maintenance, two for each storage group.",
            ),
            "left": Pair("{value} are left.", "Letters left: not {guess}. 20 were free."),
        },
        read="handbook 5, 5.2.2 and 5.2.3",
        hints=(
            "9,000 average mailboxes are three EVSs.",
            "1 + 2 x 2 + 1 volumes for each of them.",
            'design(...)["letters_used"] and ["letters_free"]',
        ),
    ),
    "13.2": TaskWords(
        title="what may be mounted where",
        findings={
            "a": Pair("a is supported.", "a: never on the quorum disk (MP7)."),
            "b": Pair("b is supported.", "b: same group, dependent on the root: MP5 and MP6."),
            "c": Pair("c is supported.", "c: program files stay on a local disk (MP2)."),
            "d": Pair("d is supported.", "d: root and mounted disk must be in one group (MP5)."),
            "e": Pair("e is supported.", "e: queues are among what may be mounted (MP2)."),
            "f": Pair("f is supported.", "f: never between a shared and a local disk (MP8)."),
            "complete": Pair("Nothing is missing.", "{more} more are supported."),
        },
        read="handbook 5, 5.2.4",
        hints=(
            "MP1 to MP13 are one table.",
            "Root and mounted disk live together: group, dependency, shared bus.",
            "Two of the six are supported.",
        ),
    ),
    "13.3": TaskWords(
        title="roots",
        findings={
            "free": Pair(
                "{value} letters are free.",
                "Free letters: not {guess}. 26, less local, quorum and mapped ones.",
            ),
            "roots": Pair("{value} roots for each.", "Roots: not {guess}. Seven EVSs share them."),
        },
        read="handbook 5, 5.2.3 and 5.2.4",
        hints=(
            "26 - 8 - 1 - 2 letters.",
            "They are divided among seven EVSs, without a rest.",
            "floor(letters_free / 7)",
        ),
    ),
    "13.4": TaskWords(
        title="disks of a database volume",
        findings={
            "raid10": Pair(
                "RAID 1+0: {value} disks.",
                "RAID 1+0: not {guess}. A write costs two, disks are pairs, and all must fit.",
            ),
            "raid5": Pair("RAID 5: {value} disks.", "RAID 5: not {guess}. A write costs four."),
        },
        read="handbook 5, 5.3.1 and 5.3.2",
        hints=(
            "2,400 I/O a second in four storage groups, two reads for one write.",
            "A disk gives 180 x 0.8 = 144 of them and holds 68 GB; the larger count decides.",
            'made.explain("evs1.raid10_disks") and made.explain("evs1.raid5_disks")',
        ),
    ),
    "13.5": TaskWords(
        title="where databases end",
        findings={
            "mb": Pair(
                "At {value} MB even 19 databases are larger than 50 GB each.",
                "MB: not {guess}. 19 databases of 50 GB hold all of it just before.",
            ),
        },
        read="handbook 5, 5.2.1 and 5.2.7",
        hints=(
            "3,000 mailboxes x quota x 1.2 against 19 x 50 GB.",
            'breaks(design(needs), "quota_mb") lists every limit with its value.',
            "Look for the line 'Databases of an EVS'.",
        ),
    ),
    "13.6": TaskWords(
        title="what comes along",
        findings={
            "none_else": Pair("Nothing of another group.", "Not with EVS2: {others}."),
            "all": Pair("Everything of EVS2.", "{more} more volumes move with EVS2."),
        },
        read="handbook 5, 5.2.2 and 5.9.2",
        hints=(
            "A root takes along whatever is mounted under it.",
            "One queue, four logs, four databases, one maintenance volume.",
            "carried(made)[2].volumes; each of them has a path",
        ),
    ),
    "13.7": TaskWords(
        title="without mount points",
        findings={
            "client": Pair("The client's figures are his.", "9,000 average mailboxes are wanted."),
            "possible": Pair(
                "A cluster can be designed.",
                "No cluster can be designed; design(...) names every reason.",
            ),
            "evs": Pair("{evs} EVSs.", "{evs} EVSs; three at least are wanted."),
            "letters": Pair(
                "{needed} letters of {free}.", "{needed} letters are needed, {free} are free."
            ),
            "databases": Pair(
                "No database is larger than 50 GB.", "A database has {gb} GB; 50 are allowed."
            ),
        },
        read="handbook 5, 5.2.3",
        hints=(
            "Three EVSs may have six letters each.",
            "1 + 2 x storage groups + 1 volumes: how many storage groups make six?",
            "Requirements(mailboxes=9000, storage_groups_max=2)",
        ),
    ),
}
