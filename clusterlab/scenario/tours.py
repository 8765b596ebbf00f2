"""The words that turn a scenario into a tour: scenes, what they say, and what they wait for.

A scene is one block of the file. Whatever a scenario may do happens by itself where it stands in
the scene; `do` in front of it leaves it to the learner. Nothing here shows anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.lessons import QuestionWords, read_questions
from clusterlab.lessons.tasks import words_of_task
from clusterlab.scenario.line import CommandLine
from clusterlab.tomlfiles.tables import own_table

PARTS: Mapping[str, tuple[str, ...]] = {
    panel: tuple(parts.split())
    for panel, parts in own_table(Path(__file__).with_name("panels.toml")).data.items()
}
"""For each panel that can be toured, what of it a scene may show."""
OF_CLUSTER = ("failover", "administrator")
"""The panels of a cluster in time; the others take words of their own, as their buttons have."""
OWN_VERBS = ("do", "act", "look", "goal")
"""What a tour of a panel with words of its own may say, besides the words of its scenes."""
FIRST_PANEL = "failover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """What a tour says about itself in its first block.

    Attributes:
        panel: The panel that it is played on.
        questions: The questions beside the file, by key.
        kinds: What may fail on the panel `whatif`; empty for its default.
        task: The task of an exercise that it is about, such as "02.2", or "".
    """

    title: str
    panel: str
    questions: Mapping[str, QuestionWords]
    kinds: tuple[str, ...] = ()
    task: str = ""


class Condition(NamedTuple):
    """A state that is waited for.

    Attributes:
        node: Where a group or resource has to be; "" for anywhere.
    """

    name: str
    state: str
    node: str = ""

    def holds(self, cluster: Cluster) -> bool:
        """Return whether a cluster is in this state."""
        config = cluster.config
        if self.name in config.nodes_by_name:
            return cluster.node_states[self.name].value == self.state
        is_group = self.name in config.groups_by_name
        state: GroupState | ResourceState = (
            cluster.group_state(self.name) if is_group else cluster.resource_states[self.name]
        )
        group = self.name if is_group else config.resources_by_name[self.name].group
        return state.value == self.state and self.node in ("", cluster.owners[group])

    def __str__(self) -> str:
        """Return it in words, such as "EVS3 is Online on NODE4"."""
        return f"{self.name} is {self.state}{f' on {self.node}' if self.node else ''}"


# --- the first block --------------------------------------------------------------------------


def read_tour(lines: list[CommandLine], folder: Path | None) -> Tour | None:
    """Take `tour` and `panel`, or `task`, off the front; None if it is a plain scenario."""
    if lines and lines[0].peek().casefold() == "task":
        return _read_task(lines.pop(0))
    if not lines or lines[0].peek().casefold() != "tour":
        return None
    head = lines.pop(0)
    head.take("'tour'")
    title, panel = head.take('the title, such as "The first failure"'), FIRST_PANEL
    kinds: tuple[str, ...] = ()
    head.end()
    if lines and lines[0].peek().casefold() == "panel":
        line = lines.pop(0)
        line.take("'panel'")
        panel = line.pick("panel", line.take("a panel"), PARTS)
        kinds = tuple(line.rest()) if panel == "whatif" else ()
        line.end()
    questions = read_questions(folder) if folder else {}
    return Tour(title=title, panel=panel, questions=questions, kinds=kinds)


def _read_task(line: CommandLine) -> Tour:
    """Read `task 02.2`, which says that it begins as this task of an exercise does."""
    line.take("'task'")
    task = line.take("a task, such as 02.2")
    line.end()
    try:
        words = words_of_task(task)
    except ConfigError as error:
        raise line.error(str(error)) from None
    if not words.panel:
        raise line.error(f"task {task} is answered in its notebook, not by deeds")
    return Tour(title=f"Task {task}", panel=words.panel, questions={}, task=task)


# --- states -----------------------------------------------------------------------------------


def read_condition(line: CommandLine, config: ClusterConfig, name: str) -> Condition:
    """Read `STATE [on NODE]` of a node, a group or a resource whose name was taken."""
    kind: type[NodeState | GroupState | ResourceState] = ResourceState
    if name in config.nodes_by_name:
        kind = NodeState
    elif name in config.groups_by_name:
        kind = GroupState
    what = f"state of a {kind.__name__.removesuffix('State').lower()}"
    word = line.take(what)
    state = line.pick(what, word, [item.value for item in kind])
    if kind is NodeState or not line.take_if("on"):
        return Condition(name, state)
    return Condition(name, state, line.pick("node", line.take("a node"), config.nodes_by_name))


# --- scenes -----------------------------------------------------------------------------------


def read_parts(line: CommandLine, tour: Tour) -> tuple[str, ...]:
    """Read the rest of `show`: parts of the panel."""
    allowed = PARTS[tour.panel]
    parts = tuple(line.pick("part of this panel", word, allowed) for word in line.rest())
    if not parts:
        raise line.error(f"the line ends where a part is expected; allowed: {', '.join(allowed)}")
    return parts


def read_question(line: CommandLine, tour: Tour) -> str:
    """Read the rest of `ask`: the key of a question in questions.toml beside the file."""
    return line.pick("question", line.take("a question of questions.toml"), tour.questions)


SCENE_WORDS: Mapping[str, Callable[[CommandLine, Tour], tuple[str, ...]]] = {
    "scene": lambda line, tour: (line.take('a title, such as "NODE3 loses power"'),),
    "say": lambda line, tour: (line.take("what the scene says, below it and indented"),),
    "show": read_parts,
    "ask": lambda line, tour: (read_question(line, tour),),
}
"""The words of a scene that need no cluster, by the first word."""
TOUR_VERBS = (*SCENE_WORDS, "predict", "do", "goal", "watch", "compare", "anew")
"""Every first word that only a tour has."""
