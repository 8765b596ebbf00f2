"""The simulation's own log, written as Windows would: event logs in four forms, and cluster.log."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_DNS, uuid5

from clusterlab import Simulation
from clusterlab.cluster.draft import LogEntry
from clusterlab.cluster.states import NodeState, ResourceState

START = datetime(2006, 11, 30, 11, 50)
"""The moment of 0 s, in local time; what happens later goes on after noon."""
UTC_AHEAD_S = 3600
"""The local time is that of Berlin in winter."""

TEXTS = {
    1069: "Cluster resource '{resource}' in Resource Group '{group}' failed.",
    1122: "The node (re)established communication with cluster node '{peer}' on network '{net}'.",
    1123: "The node lost communication with cluster node '{peer}' on network '{net}'.",
    1126: "The interface for cluster node '{peer}' on network 'Private' is unreachable.",
    1135: "Cluster node {peer} was removed from the active cluster membership.",
    1200: 'The Cluster Service is attempting to bring online the Resource Group "{group}".',
    1201: 'The Cluster Service brought the Resource Group "{group}" online.',
    1203: 'The Cluster Service is attempting to offline the Resource Group "{group}".',
    1204: 'The Cluster Service brought the Resource Group "{group}" offline.',
    1205: 'The Cluster Service failed to bring the Resource Group "{group}" completely online.',
}
STRINGS = {
    1069: "{resource} {group}", 1122: "{peer} {net}", 1123: "{peer} {net}",
    1126: "{peer} Private", 1135: "{peer}",
    **dict.fromkeys((1200, 1201, 1203, 1204, 1205), "{group}"),
}  # fmt: skip
"""What dumpel prints: the strings that the texts are filled with."""


def _names(entry: LogEntry, sim: Simulation) -> dict[str, str]:
    config = sim.cluster.config
    peers = [one.name for one in config.nodes if one.name in entry.text and one.name != entry.node]
    nets = [one.name for one in config.networks if entry.text.endswith(f" {one.name}.")]
    return {
        "group": entry.group,
        "resource": entry.resource,
        "peer": peers[0] if peers else "",
        "net": nets[0] if nets else "",
    }


def rows(
    sim: Simulation, node: str = "", texts: Mapping[int, str] = TEXTS, ahead_s: float = 0
) -> list[tuple[datetime, LogEntry, str]]:
    """Return moment, entry and text of what the event log of a node, or of all, shows."""
    return [
        (
            START + timedelta(seconds=int(entry.at_s + ahead_s)),
            entry,
            texts.get(entry.event_id, "{group}").format(**_names(entry, sim)),
        )
        for entry in sim.log
        if node in {"", entry.node}
    ]


def event_viewer(found: Iterable[tuple[datetime, LogEntry, str]], when: str = "%d.%m.%Y") -> str:
    """Return a log as Event Viewer saves it as CSV, newest first."""
    out = io.StringIO()
    for at, entry, text in reversed(list(found)):
        line = [f"{at:{when}}", f"{at:%H:%M:%S}", entry.source, "Information", "Failover Mgr"]
        csv.writer(out).writerow([*line, entry.event_id, "N/A", entry.node, text])
    return out.getvalue()


def with_titles(found: Iterable[tuple[datetime, LogEntry, str]]) -> str:
    """Return a log as `eventquery /v /fo csv` prints it."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    titles = "Type,Event,Date Time,Source,ComputerName,Category,User,Description"
    writer.writerow(titles.split(","))
    for at, entry, text in found:
        when = f"{at:%m/%d/%Y %I:%M:%S %p}"
        writer.writerow(
            ["Error", entry.event_id, when, entry.source, entry.node, "None", "N/A", text]
        )
    return out.getvalue()


def eventquery(found: Iterable[tuple[datetime, LogEntry, str]]) -> str:
    """Return a log as the table that `eventquery /v` prints."""
    widths = {"Type": 13, "Event": 6, "Date Time": 24, "Source": 24, "ComputerName": 15}
    widths |= {"Category": 15, "User": 20, "Description": 120}
    lines = [
        " ".join(f"{title:{width}}" for title, width in widths.items()),
        " ".join("-" * width for width in widths.values()),
    ]
    for at, entry, text in found:
        when = f"{at:%m/%d/%Y %I:%M:%S %p}"
        row = ["Error", str(entry.event_id), when, entry.source, entry.node, "None", "N/A", text]
        lines.append(" ".join(f"{v:{w}}" for v, w in zip(row, widths.values(), strict=True)))
    return "\n".join(lines) + "\n"


def one_value_a_line(found: Iterable[tuple[datetime, LogEntry, str]]) -> str:
    """Return a log as `eventquery /v /fo list` prints it."""
    lines = ["-" * 78, "Listing the events in 'system' log of host 'NODE1'", "-" * 78]
    for at, entry, text in found:
        values = {
            "Type": "Error", "Event": entry.event_id, "Date Time": f"{at:%m/%d/%Y %I:%M:%S %p}",
            "Source": entry.source, "ComputerName": entry.node, "Category": "None", "User": "N/A",
            "Description": text,
        }  # fmt: skip
        lines += ["", *(f"{title + ':':14} {value}" for title, value in values.items())]
    return "\n".join(lines) + "\n"


def copied(found: Iterable[tuple[datetime, LogEntry, str]]) -> str:
    """Return events as Event Viewer copies them, one after the other, for a mail or a forum."""
    return "\n".join(
        f"Event Type:\tError\nEvent Source:\t{entry.source}\nEvent Category:\tFailover Mgr \n"
        f"Event ID:\t{entry.event_id}\nDate:\t\t{at:%m/%d/%Y}\nTime:\t\t{at:%I:%M:%S %p}\n"
        f"User:\t\tN/A\nComputer:\t{entry.node}\nDescription:\n{text} \n\n"
        "For more information, see Help and Support Center.\n"
        for at, entry, text in found
    )


def dumpel(found: Iterable[tuple[datetime, LogEntry, str]]) -> str:
    """Return a log as dumpel prints it, with blanks between the columns."""
    lines = [
        f"{at:%m/%d/%Y %I:%M:%S %p} 4 2 {entry.event_id} {entry.source} N/A {entry.node} {text}"
        for at, entry, text in found
    ]
    return "\n".join(lines) + "\n"


_CODES = {
    ResourceState.ONLINE: 2,
    ResourceState.OFFLINE: 3,
    ResourceState.FAILED: 4,
    ResourceState.ONLINE_PENDING: 129,
    ResourceState.OFFLINE_PENDING: 130,
}


def cluster_log(sim: Simulation, node: str) -> str:
    """Return the cluster.log of a node."""
    start = (START - timedelta(seconds=UTC_AHEAD_S)).replace(tzinfo=UTC)
    lines = [(0.0, f"[NMINIT] Local node name = {node}.")]
    ids = {one.name: str(uuid5(NAMESPACE_DNS, one.name)) for one in sim.cluster.config.resources}
    for group in sim.cluster.config.groups:
        ids[group.name] = str(uuid5(NAMESPACE_DNS, f"group {group.name}"))
        lines.append((0.0, f"[FM] Name for Group {ids[group.name]} is '{group.name}'."))
    for one in sim.cluster.config.resources:
        told = f"Group {ids[one.group]} contains Resource {ids[one.name]}."
        lines.append((0.0, f"[FM] {told}"))
        lines.append((0.0, f"[FM] Name for Resource {ids[one.name]} is '{one.name}'."))
        lines.append((0.0, f"{one.type.name} <{one.name}>: Create: entry"))
    for outcome in sim.history:
        if outcome.cluster.node_states[node] is NodeState.DOWN:
            continue
        for entry in outcome.log:
            if entry.node == node and entry.event_id == 1123:
                names = _names(entry, sim)
                text = f"(node: {names['peer']}, network: {names['net']})"
                lines.append((entry.at_s, f"[NM] Communication was lost with interface 1 {text}"))
            if entry.node == node and entry.event_id == 1135:
                lines.append((entry.at_s, "[EP] Nodes down event received"))
        for change in outcome.changes:
            known = sim.cluster.config.resources_by_name.get(change.name)
            if known and outcome.cluster.owners[known.group] == node:
                code = _CODES[ResourceState(change.new)]
                says = f"Posting state {code} notification for resource <{change.name}>"
                lines.append((change.at_s, f"[RM] RmpSetResourceStatus, {says}"))
    return "".join(
        f"000009e0.000007f8::{start + timedelta(seconds=at_s):%Y/%m/%d-%H:%M:%S.%f}"[:-3]
        + f" INFO {said}\n"
        for at_s, said in lines
    )
