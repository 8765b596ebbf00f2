"""What a resource type is: a row of functions that its DLL answers with.

The Cluster service calls them and knows nothing of what is behind: `resource_types.py` has the
types of Windows, other rooms plug in their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from clusterlab.cluster.states import QuorumModel

if TYPE_CHECKING:
    from clusterlab.cluster.model import Cluster, ClusterConfig, Resource


class FailureEvent(NamedTuple):
    """An event that a resource DLL logs beside ClusSvc 1069."""

    source: str
    event_id: int
    text: str


class OnlineRefusal(NamedTuple):
    """A resource DLL's answer that an attempt to come online will fail.

    Attributes:
        error_code: The product's error, if any.
        instead: What it logs, in this order, in place of what its type logs for an attempt.
        of_users: What each resource that needs it logs at the same moment.
    """

    after_s: float
    because: str
    source: str
    error_code: int | None = None
    instead: tuple[FailureEvent, ...] = ()
    of_users: tuple[FailureEvent, ...] = ()


class FailureEvents(NamedTuple):
    """What a resource DLL logs by occasion; *converted* when its `on_online` wrote something."""

    online_attempt: FailureEvent | None = None
    pending_timeout: FailureEvent | None = None
    while_online: FailureEvent | None = None
    converted: FailureEvent | None = None


def nothing(*asked: object) -> None:
    """Refuse, check and log nothing: what most resource types do."""


def created_alone(config: ClusterConfig, resource: Resource) -> ClusterConfig:
    """Add nothing to *config* when *resource* has been created: what most resource types do."""
    return config


def as_configured(cluster: Cluster, resource: Resource) -> ClusterConfig:
    """Write nothing when *resource* has come online: what most resource types do."""
    return cluster.config


def no_loss(config: ClusterConfig, deleted: Resource) -> str:
    """Say nothing when a resource is deleted: what most resource types do."""
    return ""


def with_private(
    config: ClusterConfig, resource: Resource, private: Mapping[str, Any]
) -> ClusterConfig:
    """Return *config* with other private properties of a resource, as its DLL writes them."""
    changed = replace(resource, private=private)
    resources = tuple(changed if r.name == resource.name else r for r in config.resources)
    return replace(config, resources=resources)


class MenuCommand(NamedTuple):
    """An item that a program adds to the menu of its resources; it takes time.

    Attributes:
        name: As the menu shows it.
        begin: Returns the configuration while it runs; may refuse.
        takes_s: Seconds until it ends; None if it never does.
        end: Returns the configuration afterwards, or as it is if it was interrupted.
    """

    name: str
    begin: Callable[[Cluster, Resource], ClusterConfig]
    takes_s: Callable[[Cluster, Resource], float | None]
    end: Callable[[Cluster, Resource], ClusterConfig]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResourceType:
    """A class of resources and what its DLL does; the functions are module-level ones.

    Attributes:
        short: One word for paths and pictures: "EVS1/IS" is the resource of type IS in EVS1.
        service_part: Which part of an outage the time until Online counts as.
        online_s: Seconds to come online on the present owner.
        offline_s: Seconds to go offline in an orderly way.
        detection_s: Seconds from a fault (process ended, or hang) until it is noticed.
        online_refusal: The DLL's own check when asked to come online.
        config_check: Raises ConfigError for a description that this type cannot accept.
        is_timeout_exempt: Whether coming online is free of `PendingTimeout`.
        quorum_model: How it arbitrates for the cluster; None if it cannot (handbook 1, 3).
        failure_events: What its DLL logs beside ClusSvc 1069.
        needs_types: Types of which one each must be among its dependencies (handbook 1, 3).
        on_created: Returns the configuration with what its wizard adds; may refuse.
        has_wizard: Whether cluster.exe cannot create it (handbook 3, 4.3).
        on_online: Returns the configuration with what its DLL writes when it has come online.
        move_check: Raises OperationRefused for a node that it must not be moved to.
        commands: What its program adds to its menu in Cluster Administrator.
        on_changed: Returns what is logged when its properties change from one to the other.
        loss: Returns what the cluster lacks when it has been deleted, in a sentence; "" if nothing.
        needs_iis: Whether it fails when IIS Admin ends on its node (handbook 2, 1.4).
    """

    name: str
    short: str
    service_part: str
    online_s: Callable[[Cluster, Resource], float]
    offline_s: Callable[[Cluster, Resource], float]
    detection_s: Callable[[Cluster, Resource, bool], float]
    online_refusal: Callable[[Cluster, Resource], OnlineRefusal | None] = nothing
    config_check: Callable[[ClusterConfig, Resource], None] = nothing
    is_timeout_exempt: bool = False
    quorum_model: QuorumModel | None = None
    failure_events: FailureEvents = FailureEvents()  # noqa: RUF009  a frozen value
    needs_types: tuple[str, ...] = ()
    on_created: Callable[[ClusterConfig, Resource], ClusterConfig] = created_alone
    has_wizard: bool = False
    on_online: Callable[[Cluster, Resource], ClusterConfig] = as_configured
    move_check: Callable[[Cluster, Resource, str], None] = nothing
    commands: tuple[MenuCommand, ...] = ()
    on_changed: Callable[[Resource, Resource], FailureEvent | None] = nothing
    loss: Callable[[ClusterConfig, Resource], str] = no_loss
    needs_iis: bool = False

    def __repr__(self) -> str:
        """Return its name; what its DLL does is no reading."""
        return f"<ResourceType {self.name}>"

    @property
    def can_be_quorum(self) -> bool:
        """Whether it can be the quorum resource."""
        return self.quorum_model is not None
