"""What people look at and touch: diagrams, the live figure, panels and exercises.

Nothing is imported here before it is asked for, so that each part loads only what it needs.
The rules of the cluster live in the other rooms; this one only shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clusterlab.lab.panels.failover import FailoverLab

__all__ = ["FailoverLab"]


def __getattr__(name: str) -> Any:
    """Load a panel when it is named for the first time."""
    if name == "FailoverLab":
        from clusterlab.lab.panels.failover import FailoverLab

        return FailoverLab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
