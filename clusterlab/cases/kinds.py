"""The table of every kind of fault."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.cases.model import Fault, FaultKind
from clusterlab.cases.owners import OWNER_KINDS
from clusterlab.cases.policies import POLICY_KINDS
from clusterlab.cases.surroundings import SURROUNDING_KINDS

KINDS: Mapping[str, FaultKind] = {
    kind.id: kind for kind in (*OWNER_KINDS, *POLICY_KINDS, *SURROUNDING_KINDS)
}
"""Every kind of fault by its id."""

__all__ = ["KINDS", "Fault", "FaultKind"]
