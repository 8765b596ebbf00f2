"""What upgrades do that no cluster.exe line does: Setup, service packs, and the command of the EVS.

The acts of handbook 4; `effects.py` has all others and calls these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.events import ChooseCommand, StopClusterService
from clusterlab.exchange.kinds import UPGRADE_COMMAND
from clusterlab.exchange.versions import (
    EXCHANGE,
    VERSION,
    WINDOWS,
    ExchangeVersion,
    NodeWindows,
    attendant_of,
)
from clusterlab.procedures.step import Effect
from clusterlab.procedures.work import Work

TARGET = "target.exchange"
"""Fact: the Exchange that Setup puts on a node."""


def _install(work: Work, node: str, product: str, version: str) -> None:
    """Put a version of Exchange or Windows on a node."""
    there = work.built.config.nodes_by_name[node].installed
    work.configure(node, installed={**there, product: version})
    work.history.append(Outcome(work.built))


def _stop_service(work: Work, node: str) -> None:
    if work.built.is_live(node):
        work.send(StopClusterService(node))
    while node in work.built.stopping:
        work.wait(10.0)


def _run_setup(work: Work) -> None:
    node = work.site.subject.name
    _stop_service(work, node)
    version = str(work.facts.get(TARGET, ExchangeVersion.E2003_RTM.value))
    _install(work, node, EXCHANGE, version)


def _run_upgrade(work: Work) -> None:
    evs = work.site.subject.name
    work.send(ChooseCommand(attendant_of(work.built.config, evs).name, UPGRADE_COMMAND))
    work.wait(work.built.config.durations["evs_upgrade"])


def _level_exchange(work: Work) -> None:
    """Bring nodes and EVSs to Service Pack 3; the rolling passes in it are not played."""
    version = ExchangeVersion.E2000_SP3.value
    for node in work.built.config.nodes:
        _install(work, node.name, EXCHANGE, version)
    for evs in work.site.plan.evs:
        attendant = attendant_of(work.built.config, evs.name)
        work.configure(attendant.name, private={**attendant.private, VERSION: version})


def _level_windows(work: Work) -> None:
    for node in work.built.config.nodes:
        _install(work, node.name, WINDOWS, NodeWindows.W2000_SP4.value)


UPGRADE_ACTS: Mapping[Effect, Callable[[Work], None]] = {
    Effect.RUN_SETUP: _run_setup,
    Effect.RUN_UPGRADE: _run_upgrade,
    Effect.LEVEL_EXCHANGE: _level_exchange,
    Effect.LEVEL_WINDOWS: _level_windows,
}
"""Acts by the name of their effect."""
