"""Scenario files: a cluster administrator's story that can be run, compared and rewritten.

`layout` finds the blocks of a file, `commands` reads their words, `running` plays them; `tours` has
the words of a story, and `play` plays it with a learner.
"""

from clusterlab.scenario.commands import read_scenario
from clusterlab.scenario.running import run_file, run_scenario

__all__ = ["read_scenario", "run_file", "run_scenario"]
