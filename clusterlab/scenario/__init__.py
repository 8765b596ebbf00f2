"""Scenario files: a cluster administrator's story that can be run, compared and rewritten.

`layout` finds the blocks of a file, `commands` reads their words, `running` plays them; `tours` has
the words of a story, and `play` plays it with a learner.
"""

from clusterlab.scenario.commands import Scenario, read_scenario
from clusterlab.scenario.layout import ScenarioError
from clusterlab.scenario.play import TourPlay, Waits
from clusterlab.scenario.running import (
    BlockResult,
    Mismatch,
    ScenarioResult,
    rewrite,
    run_file,
    run_scenario,
)

__all__ = [
    "BlockResult",
    "Mismatch",
    "Scenario",
    "ScenarioError",
    "ScenarioResult",
    "TourPlay",
    "Waits",
    "read_scenario",
    "rewrite",
    "run_file",
    "run_scenario",
]
