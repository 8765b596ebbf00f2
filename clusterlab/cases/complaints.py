"""What users and the event log say about what was suffered, with the time of day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clusterlab.cases.trials import MORNING_S, Suffered, lasting

_EVERYTHING = ("IP", "Disk", "Name", "SA", "IS")
"""Short names of what an EVS cannot do anything without."""

_WORDS: Mapping[str, str] = {
    "SMTP": "mail waits in the queues of the senders",
    "HTTP": "Outlook Web Access shows an error page",
    "POP3": "POP3 clients get no connection",
    "IMAP4": "IMAP4 clients get no connection",
    "Routing": "mail to other servers waits",
    "Search": "searches in mailboxes find nothing",
    "MTA": "mail to X.400 and Exchange 5.5 waits",
}
"""What users notice when one resource is missing, by short name (handbook 2, 1.2 and 4.7)."""


def clock(seconds: float) -> str:
    """Return a moment of a trial as the time of day.

    Example:
        >>> clock(0), clock(725)
        ('10:00', '10:12')
    """
    total = int(MORNING_S + seconds) // 60
    return f"{total // 60 % 24:02}:{total % 60:02}"


def complaints(seen: Suffered) -> Iterator[str]:
    """Yield what users say, one sentence for each stretch without service."""
    who: dict[str, list[str]] = {}
    for group in seen.gaps:
        for what in _of_group(seen, group):
            who.setdefault(what, []).append(group)
    for what, groups in who.items():
        yield f"{', '.join(groups)}: {what}."


def _of_group(seen: Suffered, group: str) -> Iterator[str]:
    for gap in seen.gaps[group]:
        what = _noticed(seen, group, gap.missing)
        since = f"from {clock(gap.start_s)}" if gap.start_s else "since the morning"
        if gap.end_s >= seen.end_s:
            yield f"{what}, {since} on"
        else:
            yield f"{what}, {since} to {clock(gap.end_s)} ({lasting(gap.end_s - gap.start_s)})"
    if not seen.is_open(group):
        yield from _idle(seen, group)


def _noticed(seen: Suffered, group: str, missing: tuple[str, ...]) -> str:
    if group == seen.cluster.config.core_group_name and "SA" not in _shorts(seen, group):
        return f"Cluster Administrator cannot reach {seen.cluster.config.name}"
    if not missing or set(missing).intersection(_EVERYTHING):
        return "no mailbox can be opened"
    return ", ".join(_WORDS.get(short, f"{short} does not answer") for short in missing)


def _shorts(seen: Suffered, group: str) -> set[str]:
    return {resource.type.short for resource in seen.cluster.config.members.get(group, ())}


def _idle(seen: Suffered, group: str) -> Iterator[str]:
    by_name = seen.cluster.config.resources_by_name
    for name in seen.idle[group]:
        short = by_name[name].type.short
        if short in _WORDS:
            yield f"{_WORDS[short]}, still at {clock(seen.end_s)}"


def log_lines(seen: Suffered) -> list[str]:
    """Return the event logs of a trial, each entry with its time of day."""
    return [
        f"{clock(entry.at_s)}:{int(entry.at_s) % 60:02}  {entry.node:<7} {entry.source} "
        f"{entry.event_id}  {entry.text}"
        for entry in seen.log
    ]
