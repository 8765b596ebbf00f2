"""Scenario files: a cluster administrator's story that can be run, compared and rewritten.

`layout` finds the blocks of a file, `commands` reads their words, `running` plays them.
"""

from clusterlab.scenario.commands import Scenario, read_scenario
from clusterlab.scenario.layout import ScenarioError
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
    "read_scenario",
    "rewrite",
    "run_file",
    "run_scenario",
]
