"""The calculator's formulas: one line for each figure, worked out in this order.

`SITE` is worked out once, `EVS` for each Exchange Virtual Server with `evs_mailboxes` of its own,
`WHOLE` at the end with sums over all of them. Names that no line defines are inputs
(`requirements.py`) or sums that `sizing.py` names.

Source: handbook 5, 5.1 to 5.4, 5.6 and 5.9.
"""

from __future__ import annotations

from clusterlab.design.figures import Formula


def _f(name: str, title: str, expression: str, section: str, unit: str = "") -> Formula:
    return Formula(
        name=name, title=title, unit=unit, expression=expression, source=f"handbook 5, {section}"
    )


SITE: tuple[Formula, ...] = (
    _f("mailboxes_planned", "Mailboxes with growth", "ceil(mailboxes * (1 + growth))", "5.2.7"),
    _f(
        "data_total_gb",
        "Data of all mailboxes",
        "mailboxes_planned * quota_mb / 1000",
        "5.2.7",
        "GB",
    ),
    _f(
        "databases_total_gb",
        "Databases of all mailboxes",
        "data_total_gb + retention * data_total_gb + white_space * data_total_gb",
        "5.2.7",
        "GB",
    ),
    _f("evs_by_policy", "EVSs by policy", "ceil(mailboxes_planned / mailboxes_max)", "5.1.7"),
    _f(
        "evs_by_cpu",
        "EVSs by processor",
        "ceil(mailboxes_planned * megacycles / (cpu_max * processors * mhz))",
        "5.1.7",
    ),
    _f(
        "evs_by_databases",
        "EVSs by size of databases",
        "ceil(databases_total_gb / (database_max_gb * (databases_max - public_stores)))",
        "5.1.7",
    ),
    _f(
        "evs",
        "Exchange Virtual Servers",
        "max(evs_by_policy, evs_by_cpu, evs_by_databases, evs_at_least)",
        "5.1.7",
    ),
    _f("nodes", "Nodes", "evs + passive", "5.1.7"),
    _f("standby_share", "Share of passive nodes", "passive / nodes", "5.1.3"),
    _f(
        "letters_free",
        "Drive letters free for EVSs",
        "26 - local_letters - 1 - msdtc_disks - mapped_letters",
        "5.2.3",
    ),
    _f("gc_processors", "Global catalog processors", "ceil(evs * processors / gc_ratio)", "5.6.2"),
    _f(
        "gc_servers",
        "Global catalog servers",
        "max(2, ceil(gc_processors / processors_per_gc))",
        "5.6.2",
    ),
    _f("front_ends", "Front-end servers", "max(2, ceil(evs / back_ends_per_front_end))", "5.6.3"),
)

EVS: tuple[Formula, ...] = (
    _f(
        "cpu_use",
        "Processor use at peak",
        "evs_mailboxes * megacycles / (processors * mhz)",
        "5.1.5",
    ),
    _f(
        "users_by_cpu",
        "Mailboxes that the processors carry",
        "floor(cpu_max * processors * mhz / megacycles)",
        "5.1.5",
    ),
    _f(
        "ram_mb",
        "Memory needed",
        "min(4096, max(1024, ram_base_mb + ram_per_mailbox_mb * evs_mailboxes))",
        "5.1.6",
        "MB",
    ),
    _f(
        "ram_gb",
        "Memory to buy",
        "4 if evs_mailboxes > 2000 else ceil(ram_mb / 1024)",
        "5.1.6",
        "GB",
    ),
    _f("data_gb", "Data", "evs_mailboxes * quota_mb / 1000", "5.2.7", "GB"),
    _f(
        "database_gb",
        "Databases",
        "data_gb + retention * data_gb + white_space * data_gb",
        "5.2.7",
        "GB",
    ),
    _f(
        "storage_groups",
        "Storage groups",
        "min(storage_groups_max, ceil(database_gb / database_max_gb))",
        "5.2.7",
    ),
    _f("sg_mailboxes", "Mailboxes of a storage group", "evs_mailboxes / storage_groups", "5.2.8"),
    _f("sg_logs_a_day", "Logs of a storage group a day", "sg_mailboxes * log_mb / 5", "5.2.8"),
    _f(
        "replay_h",
        "Replay of the logs since the full backup",
        "sg_logs_a_day * full_backup_days / replay_per_s / 3600",
        "5.2.7",
        "h",
    ),
    _f(
        "database_by_rto_gb",
        "Largest database that is back in time",
        "restore_mb_s * 3.6 * (rto_database_h - detect_h - replay_h)",
        "5.2.7",
        "GB",
    ),
    _f(
        "database_limit_gb",
        "Limit of a database",
        "min(database_max_gb, database_by_rto_gb)",
        "5.2.7",
        "GB",
    ),
    _f(
        "databases_by_size",
        "Databases by their limit",
        "max(1, ceil(database_gb / max(database_limit_gb, 1e-9)))",
        "5.2.7",
    ),
    _f(
        "databases_even",
        "The same, even over the storage groups",
        "ceil(databases_by_size / storage_groups) * storage_groups",
        "5.2.7",
    ),
    _f(
        "databases",
        "Mailbox databases",
        "databases_even if databases_even + public_stores <= databases_max else databases_by_size",
        "5.2.7",
    ),
    _f("database_each_gb", "One database", "database_gb / databases", "5.2.7", "GB"),
    _f("database_mailboxes", "Mailboxes of a database", "evs_mailboxes / databases", "5.9"),
    _f(
        "sg_database_gb",
        "Databases of a storage group",
        "database_gb / storage_groups",
        "5.2.7",
        "GB",
    ),
    _f(
        "sg_database_lun_gb",
        "Database volume of a storage group",
        "sg_database_gb * (1 + index) * (1 + lun_overhead)",
        "5.2.7",
        "GB",
    ),
    _f(
        "maintenance_lun_gb",
        "Maintenance and recovery volume",
        "defragmentation * database_each_gb",
        "5.2.7",
        "GB",
    ),
    _f(
        "sg_log_lun_gb",
        "Log volume of a storage group",
        "sg_logs_a_day * 5 / 1000 * log_days * log_safety",
        "5.2.8",
        "GB",
    ),
    _f("evs_iops", "Database I/O", "evs_mailboxes * iops", "5.3.1", "1/s"),
    _f("sg_iops", "Database I/O of a storage group", "evs_iops / storage_groups", "5.3.1", "1/s"),
    _f("sg_reads", "Reads of it", "sg_iops * reads / (reads + writes)", "5.3.1", "1/s"),
    _f("sg_writes", "Writes of it", "sg_iops * writes / (reads + writes)", "5.3.1", "1/s"),
    _f("raid10_iops", "Disk I/O with RAID 1+0", "sg_reads + 2 * sg_writes", "5.3.1", "1/s"),
    _f("raid5_iops", "Disk I/O with RAID 5", "sg_reads + 4 * sg_writes", "5.3.1", "1/s"),
    _f(
        "raid10_spindles",
        "Spindles with RAID 1+0",
        "raid10_iops / (disk_iops * disk_use)",
        "5.3.2",
    ),
    _f("raid5_spindles", "Spindles with RAID 5", "raid5_iops / (disk_iops * disk_use)", "5.3.2"),
    _f(
        "raid10_disks",
        "Disks of a database volume, RAID 1+0",
        "2 * max(ceil(raid10_spindles / 2), ceil(sg_database_lun_gb / data_disk_gb))",
        "5.3.2",
    ),
    _f(
        "raid5_disks",
        "Disks of a database volume, RAID 5",
        "max(3, ceil(raid5_spindles), ceil(sg_database_lun_gb / data_disk_gb) + 1)",
        "5.3.2",
    ),
    _f("sg_log_iops", "Log I/O of a storage group", "log_share * sg_iops", "5.3.1", "1/s"),
    _f(
        "sg_log_disks",
        "Disks of a log volume, RAID 1",
        "2 * ceil(max(sg_log_iops / (log_disk_iops * disk_use), sg_log_lun_gb / log_disk_gb))",
        "5.3.2",
    ),
    _f(
        "maintenance_disks",
        "Disks of the maintenance volume, RAID 1",
        "2 * ceil(maintenance_lun_gb / data_disk_gb)",
        "5.2.2",
    ),
    _f("luns", "Volumes of the EVS", "1 + 2 * storage_groups + 1", "5.2.2"),
    _f(
        "disks",
        "Disks of the EVS",
        "storage_groups * (raid10_disks + sg_log_disks) + queue_disks + maintenance_disks",
        "5.9",
    ),
    _f(
        "restore_h",
        "Restore of one database",
        "detect_h + database_each_gb / (restore_mb_s * 3.6) + replay_h",
        "5.2.10",
        "h",
    ),
    _f(
        "evs_restore_h",
        "Restore of all databases, a stream for each storage group",
        "detect_h + sg_database_gb / (restore_mb_s * 3.6) * ceil(storage_groups / streams_max) "
        "+ replay_h",
        "5.2.10 [derived]",
        "h",
    ),
    _f(
        "backup_stream_h",
        "Backup of a storage group",
        "sg_database_gb / (backup_mb_s * 3.6)",
        "5.2.10",
        "h",
    ),
)

WHOLE: tuple[Formula, ...] = (
    _f("luns_cluster", "Volumes of the cluster", "luns_evss + 1 + msdtc_disks", "5.2.2"),
    _f(
        "letters_without_mounts",
        "Letters if every volume has one",
        "luns_evss",
        "5.2.3",
    ),
    _f(
        "letters_with_mounts",
        "Letters with mount points",
        "evs * roots_for_each_evs",
        "5.2.4",
    ),
    _f(
        "letters_used",
        "Letters used by EVSs",
        "letters_without_mounts if letters_without_mounts <= letters_free else letters_with_mounts",
        "5.2.3",
    ),
    _f("disks_without_spares", "Disks without spares", "disks_evss + 2 + 2 * msdtc_disks", "5.9"),
    _f("spares", "Spare disks", "ceil(disks_without_spares / disks_for_a_spare)", "5.9"),
    _f("disks_cluster", "Disks of the cluster", "disks_without_spares + spares", "5.9"),
    _f(
        "backup_h",
        "Backup of everything",
        "longest_stream_h * ceil(streams / min(streams_max, streams))",
        "5.2.10",
        "h",
    ),
)
