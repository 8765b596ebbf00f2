"""The `%cluster` magic: cluster.exe in a cell of a notebook.

%load_ext clusterlab
%cluster use sim
%cluster group "EVS2" /moveto:NODE4 /wait
"""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.errors import shown
from clusterlab.clusterexe.commands import CLUSTER, VERBS
from clusterlab.clusterexe.lines import run_line
from clusterlab.simulation import Simulation


def load_ipython_extension(ipython: Any) -> None:
    """Give IPython the line magic `%cluster`, with its completion; `%load_ext` calls this."""
    magic = ClusterMagic(ipython)
    ipython.register_magic_function(magic.run, "line", "cluster")
    ipython.set_hook("complete_command", magic.words, str_key="%cluster")


class ClusterMagic:
    """`%cluster use NAME` says which simulation or failover panel all later lines work on.

    Without it the only one among the variables of the shell is taken, each time anew.
    """

    def __init__(self, ipython: Any) -> None:
        self.name = ""
        self._ipython = ipython

    def run(self, line: str) -> None:
        """Print what cluster.exe answers to *line*, which has no `cluster` in front."""
        word, _, rest = line.strip().partition(" ")
        print(self._use(rest.strip()) if word == "use" else self._answer(line))

    def words(self, _shell: object, typed: Any) -> list[str]:
        """Return the words that can stand after what was typed: kinds, names, options."""
        kind, _, rest = typed.line.removeprefix("%cluster").lstrip().partition(" ")
        kinds = list(dict.fromkeys(verb.kind for verb in VERBS if verb.kind != CLUSTER))
        if kind not in kinds:
            return ["use", *kinds] if kind != "use" else list(self._usable())
        target = self._usable().get(self.name) or next(iter(self._usable().values()), None)
        if target is None or "/" in rest or (rest.strip() and rest.endswith(" ")):
            return [verb.option for verb in VERBS if verb.kind == kind]
        config = getattr(target, "simulation", target).cluster.config
        names = [item.name for item in getattr(config, f"{kind}s")]
        return [f'"{name}"' if " " in name else name for name in names]

    def _use(self, name: str) -> str:
        if name not in self._usable():
            return self._choose(f"{shown(name)} is neither a simulation nor a failover panel")
        self.name = name
        return f"%cluster works on {name}."

    def _answer(self, line: str) -> str:
        usable = self._usable()
        if self.name and self.name not in usable:
            return self._choose(
                f"{shown(self.name)} is no simulation and no failover panel any more"
            )
        if not self.name and len(usable) != 1:
            return self._choose(f"There are {len(usable)} simulations and failover panels")
        target = usable[self.name] if self.name else next(iter(usable.values()))
        command = f"cluster {line}"
        if isinstance(target, Simulation):
            return run_line(target, command)
        answer: str = target.run_line(command)
        return answer

    def _usable(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self._ipython.user_ns.items()
            if not name.startswith("_") and (isinstance(value, Simulation) or _is_panel(value))
        }

    def _choose(self, problem: str) -> str:
        usable = self._usable()
        remedy = f"allowed: {', '.join(usable)}" if usable else "make one: sim = Simulation(...)"
        return f"{problem}. Type %cluster use NAME; {remedy}."


def _is_panel(value: Any) -> bool:
    """Return whether *value* is a panel with a prompt; panels are not loaded to find out."""
    return hasattr(type(value), "run_line") and hasattr(type(value), "simulation")
