"""Break-fix cases: a seed plants faults in a sound cluster, symptoms show, repairs are tried out.

A `FaultKind` (table `KINDS`) says where it can be planted, how, which failures show it and which
lines repair it. `case(seed)` chooses a sound cluster and one to three faults that do
not hide each other, plays the failures that show them (`trials.py`), and hands out complaints, an
event log and listings, but not the faults. `Case.check(simulation)` plays the same failures on the
learner's cluster: whatever makes them end as on the sound one is a repair, and whatever ends worse
than before is harm.
"""

from clusterlab.cases.case import Case, case
from clusterlab.cases.kinds import KINDS

__all__ = ["KINDS", "Case", "case"]
