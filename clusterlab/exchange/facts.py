"""Facts of Exchange that stand in a table: how long its resources take (handbook 2, 4.9)."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.cluster.facts import Duration

_49 = "handbook 2, 4.9; unsourced"

EXCHANGE_DURATIONS: Mapping[str, Duration] = {
    "sa_online": Duration(20.0, "System Attendant online", _49),
    "sa_offline": Duration(10.0, "System Attendant offline", _49),
    "evs_upgrade": Duration(
        300.0, "Upgrade Exchange Virtual Server", "handbook 4, 4.5.3 (T_CMD); assumption"
    ),
    "sa_refused": Duration(1.0, "System Attendant refused with 5018", _49),
    "is_online": Duration(20.0, "Information Store online, without storage groups", _49),
    "is_online_per_sg": Duration(5.0, "Information Store online, each storage group", _49),
    "is_offline": Duration(20.0, "Information Store offline, without storage groups", _49),
    "is_offline_per_sg": Duration(5.0, "Information Store offline, each storage group", _49),
    "is_refused": Duration(10.0, "Information Store refused: its first check", _49),
    "mta_online": Duration(10.0, "Message Transfer Agent online", _49),
    "mta_offline": Duration(10.0, "Message Transfer Agent offline", _49),
    "routing_online": Duration(3.0, "Routing Service online", _49),
    "routing_offline": Duration(2.0, "Routing Service offline", _49),
    "smtp_online": Duration(5.0, "SMTP instance online", _49),
    "smtp_offline": Duration(3.0, "SMTP instance offline", _49),
    "http_online": Duration(5.0, "HTTP instance online", _49),
    "http_offline": Duration(3.0, "HTTP instance offline", _49),
    "imap4_online": Duration(3.0, "IMAP4 instance online", _49),
    "imap4_offline": Duration(2.0, "IMAP4 instance offline", _49),
    "pop3_online": Duration(3.0, "POP3 instance online", _49),
    "pop3_offline": Duration(2.0, "POP3 instance offline", _49),
    "search_online": Duration(10.0, "MS Search instance online", _49),
    "search_offline": Duration(5.0, "MS Search instance offline", _49),
    "exres_check": Duration(
        10.0, "EXRES checks a resource this often", "handbook 2, 1.4; KB 810860"
    ),
    "is_alive_timeout": Duration(
        180.0,
        "a hang counts as a failure after this (IsAliveTimeout)",
        "handbook 2, 1.4; KB 836566",
    ),
    "replay_logs_per_sg": Duration(50.0, "logs to replay for each storage group, unclean", _49),
    "replay_logs_per_s": Duration(2.0, "logs replayed in a second", _49),
}
