"""A step while it is being done: what it has changed so far, and how it changes the cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import LogEntry, Outcome
from clusterlab.cluster.engine import apply
from clusterlab.cluster.events import Event, StartNode, StopClusterService
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import NodeState
from clusterlab.clusterexe.lines import read_line, return_s
from clusterlab.procedures.codes import Refusal, text_of
from clusterlab.procedures.step import Site
from clusterlab.studies.play import Play

PATIENCE_S = 1800.0
"""How long anybody waits for a node that starts or groups on their way: a service that finds no
cluster tries again for ever (handbook 1, 4.13).
"""


@dataclass
class Work:
    """A step being done: what it has changed so far; nothing leaves before all of it is done."""

    site: Site
    facts: dict[str, Any]
    cluster: Cluster | None
    log: list[LogEntry] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    history: list[Outcome] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)

    @property
    def built(self) -> Cluster:
        """The cluster, which is there."""
        assert self.cluster is not None
        return self.cluster

    def send(self, event: Event) -> None:
        """Let *event* happen to the cluster."""
        outcome = apply(self.built, event)
        self.cluster = outcome.cluster
        self.log += outcome.log
        self.history.append(outcome)

    def type(self, line: str) -> None:
        """Do what a cluster.exe line says, and wait until its prompt returns."""
        self.typed.append(line)
        order = read_line(self.built, line)
        if order.event is not None:
            self.send(order.event)
            if order.wait_s:
                self.wait(return_s(self.built, order) - self.built.now_s)

    def wait(self, seconds: float) -> None:
        """Let simulated time pass, if there is a cluster."""
        if self.cluster is not None:
            play = Play(self.cluster, keeps_record=True).run(self.cluster.now_s + seconds)
            self.cluster, happened = play.cluster, play.record[1:]
            self.log += [entry for outcome in happened for entry in outcome.log]
            self.history += happened

    def wait_while(self, goes_on: Callable[[Cluster], bool]) -> None:
        """Let time pass while *goes_on* says so of the cluster, at most `PATIENCE_S`."""
        until_s = self.built.now_s + PATIENCE_S
        while goes_on(self.built) and self.built.now_s < until_s:
            self.wait(5.0)

    def check_member(self, node: str) -> None:
        """Refuse what is done on a node of the cluster where *node* is none."""
        cluster = self.site.plan.cluster
        if node not in self.built.config.nodes_by_name:
            text = text_of("PREREQ", X="This step", Y=f"{node} in cluster {cluster}")
            because, remedy = f"{node} was evicted, or has not joined.", "Join it first."
            raise Refusal("PREREQ", text=text, because=because, remedy=remedy)

    def stop_service(self, node: str) -> None:
        """Stop the Cluster service of a node where it runs, once groups that leave it are gone."""
        self.check_member(node)
        self.wait_while(
            lambda cluster: any(group in cluster.activities for group in cluster.groups_on(node))
        )
        if self.built.is_live(node):
            self.send(StopClusterService(node))
        self.wait_while(lambda cluster: node in cluster.stopping)

    def start_service(self, node: str) -> None:
        """Start a node and wait until it is in the cluster."""
        self.check_member(node)
        self.send(StartNode(node))
        self.wait_while(lambda cluster: node in cluster.starting)
        self.wait_while(lambda cluster: cluster.node_states[node] is NodeState.JOINING)
        if self.built.node_states[node] is NodeState.DOWN:
            text = text_of("PREREQ", X=f"Starting {node}", Y="a cluster that it reaches")
            because = f"{node} is started, finds no cluster and can form none."
            remedy = "See what is broken: networks, the quorum disk, other nodes; then again."
            raise Refusal("PREREQ", text=text, because=because, remedy=remedy)

    def configure(self, name: str, **properties: Any) -> None:
        """Let something of the cluster be so; nobody asked for it and nothing can refuse it."""
        if self.cluster is not None:
            config = configure(self.cluster.config, name, **properties)
            self.cluster = replace(self.cluster, config=config)
