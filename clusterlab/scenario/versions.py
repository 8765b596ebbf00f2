"""How a scenario names versions: of nodes, of EVSs, and the command that upgrades an EVS.

Each reader takes the rest of a line and returns an event; `actions.py` lists them by first word.
What comes of versions is decided in `exchange/versions.py`.
"""

from __future__ import annotations

from clusterlab.cluster.events import ChooseCommand, Event, SetProperties
from clusterlab.cluster.model import Cluster, ClusterConfig, Resource
from clusterlab.cluster.states import Windows
from clusterlab.exchange import versions as vs
from clusterlab.exchange.resource_types import EXCHANGE_TYPES, TREES, UPGRADE_COMMAND
from clusterlab.scenario.line import CommandLine

NODE_SETTINGS = ("exchange", "windows")
"""What `set` takes for a node, beside what it takes for groups, resources and networks."""
_KEYS = {"exchange": vs.EXCHANGE, "windows": vs.WINDOWS}
_EXCHANGE = tuple(v.value for v in vs.ExchangeVersion if v.product in map(str, TREES))
"""Exchange 5.5 has no cluster of ours (handbook 4, R3)."""
_UNKNOWN = "not named"
_WINDOWS = tuple(w.value for w in vs.NodeWindows if w is not vs.NodeWindows.NT4)


def read_exchange(line: CommandLine, key: str, value: str) -> vs.ExchangeVersion:
    """Return the version that a word names, such as 2003 or "2000 SP3"."""
    return vs.ExchangeVersion(line.pick("version of Exchange", vs.spelled(value), _EXCHANGE))


def read_node_settings(line: CommandLine, config: ClusterConfig) -> SetProperties:
    """Read `NODE exchange="2003 SP1" windows=2003`: what a node has from now on."""
    node = line.pick("node", line.take("a node"), config.nodes_by_name)
    if not line.has_more():
        raise line.error("the line ends where a setting is expected; allowed: NAME=VALUE")
    has = dict(config.nodes_by_name[node].installed)
    for key, value in line.settings(NODE_SETTINGS, "property of a node"):
        if key == "windows":
            has[vs.WINDOWS] = line.pick("Windows of a node", vs.spelled(value), _WINDOWS)
        else:
            has[vs.EXCHANGE] = read_exchange(line, key, value).value
    return SetProperties(node, {"installed": has})


def read_evs_version(line: CommandLine, config: ClusterConfig, evs: str) -> SetProperties:
    """Read `version="2003 SP1"` of an EVS, whose name was taken: the version that it has already.

    It is one of the product whose resources the EVS has; the command alone leads to another.
    """
    attendant = _attendant(line, config, evs)
    ((_, value),) = line.settings((vs.VERSION,), "property of a version")
    version = read_exchange(line, vs.VERSION, value)
    if attendant.type not in EXCHANGE_TYPES[int(version.product)].values():
        product = next(p for p, t in EXCHANGE_TYPES.items() if attendant.type in t.values())
        allowed = ", ".join(text for text in _EXCHANGE if text.startswith(str(product)))
        raise line.error(
            f"{evs} has the resources of Exchange {product}, and no version {value!r}; allowed: "
            f"{allowed}; or upgrade {evs}"
        )
    private = {**attendant.private, vs.VERSION: version.value}
    return SetProperties(attendant.name, {"private": private})


def read_upgrade(line: CommandLine, config: ClusterConfig) -> Event:
    """Read `upgrade EVS`: Upgrade Exchange Virtual Server is chosen for its System Attendant."""
    evs = line.pick("EVS", line.take("an EVS"), _evs(config))
    return ChooseCommand(_attendant(line, config, evs).name, UPGRADE_COMMAND)


def _evs(config: ClusterConfig) -> list[str]:
    return [item.group for item in config.resources if item.type.short == "SA"]


def _attendant(line: CommandLine, config: ClusterConfig, evs: str) -> Resource:
    return vs.attendant_of(config, line.pick("EVS", evs, _evs(config)))


def with_exchange(cluster: Cluster, exchange: vs.ExchangeVersion) -> Cluster:
    """Return *cluster* with this Exchange on all nodes and EVSs, on the Windows of the cluster."""
    is_2003 = cluster.config.windows >= Windows.WS2003
    windows = vs.NodeWindows.W2003 if is_2003 else vs.NodeWindows.W2000_SP4
    return vs.with_versions(cluster, exchange, windows)


def version_lines(config: ClusterConfig) -> list[str]:
    """Return a table of what each node and each EVS has; an EVS the Windows it was last Online on.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> cluster = exchange_cluster(1, 1)
        >>> cluster = with_exchange(cluster, vs.ExchangeVersion.E2003_SP1)
        >>> for line in version_lines(cluster.config):
        ...     print(line)
        Node or EVS     Exchange    Windows
        --------------- ----------- --------
        NODE1           2003 SP1    2003
        NODE2           2003 SP1    2003
        EVS1            2003 SP1    2003
    """
    rows = [("Node or EVS", "Exchange", "Windows"), ("-" * 15, "-" * 11, "-" * 8)]
    for node in config.nodes:
        has = node.installed
        rows.append((node.name, has.get(vs.EXCHANGE, _UNKNOWN), has.get(vs.WINDOWS, _UNKNOWN)))
    for item in config.resources:
        if item.type.short == "SA":
            has = {key: item.private.get(key, _UNKNOWN) for key in (vs.VERSION, vs.LAST_WINDOWS)}
            rows.append((item.group, has[vs.VERSION], has[vs.LAST_WINDOWS]))
    return [f"{name:<15} {exchange:<11} {windows}" for name, exchange, windows in rows]
