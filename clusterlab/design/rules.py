"""The design rules R01 to R71 of the handbook, as one table of conditions.

A rule is broken when its condition holds. The condition is text over named facts, so what is shown
is what was judged; a rule whose facts are not all known is *not checked*, which is said, never
guessed. Where the facts come from is decided by `facts.py`.

Source: handbook 5, 5.8.2.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from clusterlab.design.figures import Fact, holds, names_in, with_values

WIDTH = 96
"""Characters in a line of a report."""


class Severity(Enum):
    """How bad a broken rule is (handbook 5, 5.8.2)."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


E, W, A = Severity.ERROR, Severity.WARNING, Severity.ADVICE


@dataclass(frozen=True, slots=True)
class Rule:
    """One design rule.

    Attributes:
        id: As in the handbook.
        severity: Error: unsupported or cannot work; warning: works, known risk; advice.
        condition: Holds when the rule is broken.
        title: The finding in words.
        remedy: What to do.
        reason: Why.
        source: Sources of the handbook's chapter.
    """

    id: str
    severity: Severity
    condition: str
    title: str
    remedy: str
    reason: str
    source: str

    @property
    def facts(self) -> tuple[str, ...]:
        """What it asks about."""
        return names_in(self.condition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that is broken.

    Attributes:
        rule: Which.
        value: The condition with the values put in.
    """

    rule: Rule
    value: str

    def __str__(self) -> str:
        """Return the finding as a paragraph."""
        rule = self.rule
        text = (
            f"{rule.id} {rule.severity.value}: {rule.title} ({self.value}). "
            f"{rule.reason} To do: {rule.remedy}. [handbook 5, 5.8.2; {rule.source}]"
        )
        return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent="    "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the rules say of a design or a cluster.

    Attributes:
        findings: Rules that are broken, errors first.
        passed: Rules that were judged and kept.
        unchecked: Rules that could not be judged, with the facts that are missing.
    """

    findings: tuple[Finding, ...]
    passed: tuple[Rule, ...]
    unchecked: Mapping[str, tuple[str, ...]]

    @property
    def has_errors(self) -> bool:
        """Whether an error was found."""
        return any(finding.rule.severity is E for finding in self.findings)

    def __str__(self) -> str:
        """Return the findings, then how many rules were kept and which could not be judged."""
        lines = [str(finding) for finding in self.findings] or ["Nothing found."]
        lines.append(f"{len(self.passed)} rules kept.")
        if self.unchecked:
            missing = sorted({fact for facts in self.unchecked.values() for fact in facts})
            text = (
                f"{len(self.unchecked)} rules not checked ({', '.join(self.unchecked)}), since "
                f"nobody said: {', '.join(missing)}."
            )
            lines += textwrap.wrap(text, WIDTH, subsequent_indent="    ")
        return "\n".join(lines)


def lint(facts: Mapping[str, Fact]) -> Report:
    """Return what the rules say of *facts*.

    Example:
        >>> report = lint({"nodes": 4, "evs": 4, "passive": 0})
        >>> [finding.rule.id for finding in report.findings], report.has_errors
        (['R05'], True)

    Source: handbook 5, 5.8.2.
    """
    findings, passed, unchecked = [], [], {}
    for rule in RULES:
        is_broken = holds(rule.condition, facts)
        if is_broken is None:
            unchecked[rule.id] = tuple(name for name in rule.facts if name not in facts)
        elif is_broken:
            findings.append(Finding(rule=rule, value=with_values(rule.condition, facts)))
        else:
            passed.append(rule)
    order = list(Severity)
    findings.sort(key=lambda finding: order.index(finding.rule.severity))
    return Report(findings=tuple(findings), passed=tuple(passed), unchecked=unchecked)


RULES: tuple[Rule, ...] = (
    Rule(
        "R01", E, 'os_edition != "Enterprise" and os_edition != "Datacenter"',
        "The edition of Windows has no server cluster", "take Enterprise or Datacenter Edition",
        "Standard and Web Edition have no Cluster service.", "S1, S94",
    ),
    Rule(
        "R02", E, 'exchange_edition != "Enterprise"',
        "The edition of Exchange cannot be clustered", "take Exchange Enterprise Edition",
        "Only Enterprise Edition is aware of clusters.", "S92",
    ),
    Rule(
        "R03", E, "nodes > node_limit",
        "More nodes than the edition takes", "take fewer nodes or another edition",
        "The limit is the edition's.", "S1",
    ),
    Rule(
        "R04", E, "has_32_and_64_bit_nodes",
        "32-bit and 64-bit nodes in one cluster", "take nodes of one kind",
        "The mix is not supported.", "S1",
    ),
    Rule(
        "R05", E,
        "(nodes >= 3 and evs >= nodes) or (nodes == 2 and evs > 2) or (nodes == 1 and evs > 1)",
        "Too many EVSs for the nodes", "take one EVS fewer than nodes, from three nodes on",
        "A node hosts one EVS, and from three nodes on one must be passive.", "S4, S6, derived",
    ),
    Rule(
        "R06", W, "nodes == 2 and evs == 2",
        "Active/active", "make it active/passive",
        "The store's virtual memory fragments, and after a failure one node carries all.", "S6",
    ),
    Rule(
        "R07", E, "nodes == 2 and evs == 2 and storage_groups > 4",
        "Active/active with more than four storage groups in all", "take four or fewer",
        "Four storage groups are a limit of each node, after a failover too.", "S5",
    ),
    Rule(
        "R08", E, "nodes == 2 and evs == 2 and (users_per_node > 1900 or cpu_use > 0.4)",
        "Active/active beyond its limits", "plan for at most 1,900 users and 40 % on each node",
        "One node must be able to carry both EVSs.", "S6, figures unsourced",
    ),
    Rule(
        "R09", W, "passive == 1 and evs >= 6",
        "One spare for six or more EVSs", "consider two passive nodes",
        "One failure takes the protection of many EVSs away.", "derived",
    ),
    Rule(
        "R10", W, "passive_node_is_weaker",
        "The passive node is weaker than an active one", "make it equal",
        "It must carry the largest EVS.", "S66",
    ),
    Rule(
        "R11", E,
        "storage_groups_of_evs > 4 or databases_of_group > 5 or databases_of_evs > 20",
        "Beyond the limits of the store", "plan for at most 4 storage groups of 5 databases",
        "They are the product's limits.", "S17",
    ),
    Rule(
        "R12", A, "databases_in_one_group > 1",
        "All databases of an EVS in one storage group", "spread them over storage groups",
        "Exchange 2003 favours several, each with its own log stream.", "S99",
    ),
    Rule(
        "R13", W, "database_each_gb > 50 or database_each_gb > database_by_rto_gb",
        "A database that takes long to restore", "split it",
        "Backup and restore of one database decide how long users wait.", "S36, S37",
    ),
    Rule(
        "R14", W, "restore_h > rto_database_h",
        "A database is not back in time", "split it, restore faster, or keep a backup on disk",
        "The service level is missed.", "S38",
    ),
    Rule(
        "R15", W, "defragmentation_gb < 1.10 * database_each_gb",
        "No volume on which a database can be defragmented", "add a maintenance volume",
        "It needs free space of 110 % of the database.", "S35",
    ),
    Rule(
        "R16", E, "letters_without_mounts > letters_free and not uses_mount_points",
        "Not enough drive letters", "use mount points",
        "Letters are shared by all nodes of a cluster.", "S20",
    ),
    Rule(
        "R17", E, "uses_mount_points and (windows < 2003 or exchange < 2003)",
        "Mount points where they do not exist", "use letters, or upgrade first",
        "They need Windows Server 2003 and Exchange 2003.", "S20",
    ),
    Rule(
        "R18", E, "mounts_outside_group > 0 or mounts_without_dependency > 0",
        "A mounted disk apart from its root", "put it into the root's group, dependent on the root",
        "Otherwise it comes online before the folder it is mounted in, or elsewhere.", "S21, S22",
    ),
    Rule(
        "R19", E, "mounts_on_quorum > 0 or mounts_between_local_and_shared > 0",
        "A mount point on the quorum, or between a local and a shared disk", "mount elsewhere",
        "Neither is supported.", "S21",
    ),
    Rule(
        "R20", E, "binaries_on_mount_point",
        "Exchange program files on a mounted volume", "install on a local disk",
        "Only data may lie there.", "S20",
    ),
    Rule(
        "R21", W, "uses_mount_points and roots_for_each_evs < 2 and 2 * evs <= letters_free",
        "All mounts of an EVS under one root", "take two roots, since letters allow it",
        "The root is a single point of failure.", "S22",
    ),
    Rule(
        "R22", W, "uses_mount_points and has_windows_sp1 and not has_mountmgr_update",
        "Mount points on SP1 without the update of Mountmgr.sys", "install the update",
        "Volumes may fail to mount.", "S23",
    ),
    Rule(
        "R23", E, "volumes_of_two_evss > 0",
        "A volume shared by two EVSs", "give each its own",
        "A disk is the unit of failover.", "S26, S100",
    ),
    Rule(
        "R24", W, "logs_share_spindles",
        "Logs and databases of a storage group on the same spindles", "separate them",
        "One fault takes both, and their I/O disturbs each other.", "S33, S50",
    ),
    Rule(
        "R25", W, "groups_share_log_volume",
        "Two storage groups share a log volume", "give each its own",
        "Logs are no longer written in sequence.", "S18",
    ),
    Rule(
        "R26", E, "quorum_mb < 50",
        "The quorum disk is too small", "make it 500 MB",
        "Windows does not choose a disk below 50 MB.", "S25",
    ),
    Rule(
        "R27", W, "quorum_mb >= 50 and quorum_mb < 500",
        "A small quorum disk", "make it 500 MB",
        "NTFS works well from there on.", "S24",
    ),
    Rule(
        "R28", W, 'quorum_has_other_data or quorum_raid == "0" or quorum_raid == "none"',
        "The quorum disk is shared or not mirrored", "isolate and mirror it",
        "Loss of the quorum stops the cluster.", "S24, S26",
    ),
    Rule(
        "R29", W, "quorum_log_kb < 4096",
        "A small quorum log", "set it to 4,096 KB",
        "The analyser warns below that.", "S27",
    ),
    Rule(
        "R30", E, "has_dynamic_disks or has_software_raid",
        "Dynamic disks or software RAID on the shared bus", "take basic disks and hardware RAID",
        "The cluster cannot own them.", "S103; dynamic disks unsourced",
    ),
    Rule(
        "R31", A, "not is_aligned or allocation_unit_kb != 4",
        "Partitions not aligned, or another allocation unit than 4 KB",
        "align to 32 KB with 4 KB units, before data are loaded",
        "It gains up to a fifth of the I/O.", "S30, S32",
    ),
    Rule(
        "R32", W, 'database_raid == "5"',
        "RAID 5 for databases", "take RAID 1+0",
        "A write costs four disk operations instead of two.", "S33, S45",
    ),
    Rule(
        "R33", W, "database_disks < database_spindles and database_disks >= spindles_at_full_use",
        "Fewer disks than the I/O needs with a reserve", "add disks",
        "Latency rises above 20 ms.", "S48, S49",
    ),
    Rule(
        "R34", E, "database_disks < spindles_at_full_use",
        "Fewer disks than the I/O needs at all", "add disks",
        "They are overloaded at peak.", "derived",
    ),
    Rule(
        "R35", W, "cpu_use >= 0.8",
        "Processors at their limit", "take more or faster ones, or more EVSs",
        "Above 80 % the server is overloaded.", "S11",
    ),
    Rule(
        "R36", W, "processors > 8",
        "More than eight processors", "partition the machine, or bind the store to eight",
        "Exchange does not use more.", "S9",
    ),
    Rule(
        "R37", A, "processors == 8 and mhz >= 1400 and not has_index_or_antivirus",
        "Eight fast processors", "buy four",
        "Other limits are hit before these are busy.", "S8",
    ),
    Rule(
        "R38", W, "ram_mb > 4096 and ram_mb <= 6144",
        "More than 4 GB of memory", "reduce to 4 GB",
        "It brings nothing and costs page-table entries.", "S13",
    ),
    Rule(
        "R39", E, "ram_mb > 6144",
        "More than 6 GB of memory", "reduce to 4 GB",
        "The kernel runs out of page-table entries.", "S13",
    ),
    Rule(
        "R40", E, "ram_mb >= 1024 and not has_3gb",
        "/3GB is missing on a node that can host an EVS", "add /3GB /USERVA=3030 to boot.ini",
        "The address space of the store fragments.", "S15, S16",
    ),
    Rule(
        "R41", E, "networks < 2",
        "Only one network", "add a second, independent one",
        "A cluster on one network is not supported.", "S52",
    ),
    Rule(
        "R42", W, "private_networks < 1",
        "No network for internal communications only", "add one with role 1",
        "Heartbeats should have a network of their own.", "S53",
    ),
    Rule(
        "R43", W, "mixed_networks < 1",
        "The public network carries no heartbeats", "give it role 3",
        "Otherwise nothing is left when the private network fails.", "S55",
    ),
    Rule(
        "R44", E, "private_is_teamed",
        "Teamed adapters on the private network", "remove the team; add a second private network",
        "It is not supported.", "S56",
    ),
    Rule(
        "R45", W, "private_negotiates_speed or private_is_bound_first or has_one_card_for_both",
        "The private adapter is not set up for heartbeats",
        "fix its speed, bind it last, take a card of its own",
        "Heartbeats get lost.", "S109, S54, S52",
    ),
    Rule(
        "R46", E, "rtt_ms > 500 or not is_one_lan",
        "Nodes too far apart", "stay below 500 ms on one VLAN",
        "Windows does not know that a cluster is stretched.", "S58; 500 ms unsourced",
    ),
    Rule(
        "R47", E, "sites >= 2 and not is_listed_as_geographic",
        "A stretched cluster that is not listed as such", "take a listed geographic solution",
        "Stretching a listed local cluster makes it unlisted.", "S58",
    ),
    Rule(
        "R48", E, 'quorum_model == "majority node set" and nodes == 2 and not has_witness',
        "A majority node set of two nodes", "take a shared quorum disk, or a witness",
        "No node may fail.", "S62",
    ),
    Rule(
        "R49", W, "replication_is_the_backup",
        "Replication instead of backup", "add backups",
        "Corruption is replicated too.", "S110",
    ),
    Rule(
        "R50", W, "replicated_log_write_ms > 10 or replicated_database_write_ms > 20",
        "Replicated writes are slow", "shorten the distance or replicate asynchronously",
        "Users wait for each write.", "S48, S49, S61",
    ),
    Rule(
        "R51", E, 'catalog_id == ""',
        "Not a listed cluster solution", "find a listed one",
        "Only complete listed solutions are supported.", "S79",
    ),
    Rule(
        "R52", W, "has_third_party_cluster",
        "Another cluster product than the Cluster service", "tell the client what support remains",
        "Microsoft helps as far as it can, no further.", "S82",
    ),
    Rule(
        "R53", E, 'components_to_move != ""',
        "Components that may not run on a cluster", "move them to a stand-alone server",
        "They are not supported there.", "S5, S71, S73",
    ),
    Rule(
        "R71", E, "has_message_filter",
        "Intelligent Message Filter on the cluster", "run it on the SMTP gateway",
        "It is not supported there, with SP2 neither.", "S73",
    ),
    Rule(
        "R54", E, "has_front_end_on_cluster",
        "A front-end server on the cluster", "take stand-alone servers with NLB",
        "The role is not supported there.", "S70",
    ),
    Rule(
        "R55", W, "front_ends < 2 or front_ends < ceil(evs / 4)",
        "Too few front-end servers", "add some",
        "One is a single point of failure; one serves about four EVSs.", "S77",
    ),
    Rule(
        "R56", W, "4 * gc_processors < exchange_processors",
        "Too few global catalog processors", "add a global catalog server",
        "One serves about four Exchange processors.", "S74",
    ),
    Rule(
        "R57", W, "gc_servers < 2",
        "One global catalog server in the site", "add one",
        "Exchange stops without a global catalog.", "S74",
    ),
    Rule(
        "R58", E, "has_domain_controller_node",
        "A node is a domain controller", "demote it",
        "It is not supported with Exchange.", "S76 and handbook 3, 1.2",
    ),
    Rule(
        "R59", W, "needs_mta_on_several_evss",
        "MTA-dependent connectors on several EVSs", "plan for one MTA",
        "There is one in each cluster.", "S72",
    ),
    Rule(
        "R60", W, "log_days_held < log_days",
        "A log volume holds too few days", "enlarge it",
        "When it is full the databases dismount.", "unsourced",
    ),
    Rule(
        "R61", W, 'backup_method == "VSS" and backup_tool == "NTBackup"',
        "NTBackup cannot take VSS backups of Exchange", "take a third-party requestor",
        "It has none for Exchange.", "S78a",
    ),
    Rule(
        "R62", E, "has_vss_full_and_streaming_incremental",
        "Full backups with VSS and incremental ones by streaming", "choose one",
        "The store refuses the mix.", "S78b",
    ),
    Rule(
        "R63", W, "plans_recovery_group_after_vss or plans_recovery_group_after_failover",
        "The plan relies on the recovery storage group where it does not work",
        "correct the runbook",
        "VSS cannot restore into it, and it does not mount by itself after a failover.",
        "S78d, S42",
    ),
    Rule(
        "R64", A, "has_failback",
        "Failback is allowed", "set Prevent failback",
        "It is a second outage, at a time nobody chose.", "S2",
    ),
    Rule(
        "R65", W, "availability < target_availability",
        "Less available than promised", "design again, or promise less",
        "See handbook 5, 5.5.", "S63",
    ),
    Rule(
        "R66", A, "target_availability >= 0.9999 and has_single_array",
        "A high promise on one array", "show what the array costs",
        "A cluster does not protect storage.", "derived",
    ),
    Rule(
        "R67", A, 'os_edition == "Datacenter" and wants_datacenter_for_speed',
        "Datacenter Edition for speed", "take Enterprise Edition",
        "Exchange uses 4 GB and eight processors at most.", "S8, S13, S90",
    ),
    Rule(
        "R68", W, "has_nas_disks",
        "A network share as cluster disk", "take block storage",
        "It is not a disk the cluster can own.", "S83a, S83b",
    ),
    Rule(
        "R69", A, "not is_trained",
        "Operators who do not know clusters", "train them on a test cluster, a virtual one is fine",
        "Projects fail for lack of preparation.", "S4",
    ),
    Rule(
        "R70", A, "has_deleted_msdtc",
        "MSDTC was deleted after Setup", "keep it, offline if wanted",
        "Every Setup and service pack needs it.", "S29",
    ),
)  # fmt: skip
"""In the order of the handbook's table."""
