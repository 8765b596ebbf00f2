"""Playing a scenario: the outcome of each block, as text and as data, beside what was expected.

It has no rules of its own: actions go to a `Simulation`, and the views are those of `listing`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from clusterlab.cluster.draft import Change, LogEntry, Outcome
from clusterlab.cluster.engine import RUN_LIMIT_S
from clusterlab.cluster.errors import ConfigError, OperationRefused, impossible
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.policy import Decision
from clusterlab.cluster.story import StoryLine, lane_lines, node_lanes, story
from clusterlab.clusterexe.listing import (
    group_listing,
    network_table,
    node_listing,
    resource_listing,
)
from clusterlab.lessons.tasks import start
from clusterlab.scenario.commands import Command, Scenario, read_scenario
from clusterlab.scenario.layout import ScenarioBlock, ScenarioError
from clusterlab.scenario.line import DAY_S, paths
from clusterlab.scenario.versions import version_lines
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.files import write_text

REFUSED = "refused: "
"""What stands before a refusal among the lines of an outcome."""
MAX_EVENTS = 20_000
"""Most events in one `run`; with durations of 0 a resource could restart for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockResult:
    """What one block printed and did.

    Attributes:
        outages: For each EVS the seconds without service since the start, by part.
    """

    block: ScenarioBlock
    lines: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    cluster: Cluster
    outages: Mapping[str, Mapping[str, float]]

    @property
    def story(self) -> tuple[StoryLine, ...]:
        """What happened in it, at the level of nodes and groups."""
        return story(self.outcomes)

    @property
    def log(self) -> tuple[LogEntry, ...]:
        """The entries that the event logs got in it."""
        return tuple(entry for outcome in self.outcomes for entry in outcome.log)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The choices of a node that were made in it."""
        return tuple(decision for outcome in self.outcomes for decision in outcome.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """A scenario that was run.

    Attributes:
        blocks: One result for each block of the file.
        simulation: The branch that it ended on, for a panel or to go on with.
    """

    scenario: Scenario
    blocks: tuple[BlockResult, ...]
    simulation: Simulation

    @property
    def text(self) -> str:
        """The file as it reads with the outcomes of this run."""
        return self.scenario.layout.text([result.lines for result in self.blocks])

    @property
    def mismatches(self) -> tuple[BlockResult, ...]:
        """The blocks that have an outcome in the file, and another one in this run."""
        return tuple(
            result
            for result in self.blocks
            if result.block.expected is not None and result.block.expected != result.lines
        )

    @property
    def diff(self) -> str:
        """A unified diff from the outcomes in the file to those of this run; "" if none differs."""
        as_stored = [
            result.lines if result.block.expected is None else result.block.expected
            for result in self.blocks
        ]
        file = self.scenario.file
        lines = difflib.unified_diff(
            self.scenario.layout.text(as_stored).splitlines(),
            self.text.splitlines(),
            f"{file} (expected)",
            f"{file} (this run)",
            lineterm="",
        )
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the run as one JSON document."""
        blocks = [_block_data(result) for result in self.blocks]
        data = {
            "file": self.scenario.file, "matches": not self.mismatches, "blocks": blocks
        }  # fmt: skip
        return json.dumps(data, ensure_ascii=False, indent=2)


# --- running ----------------------------------------------------------------------------------


def run_file(
    path: Path | str, player_of: Callable[[Scenario], Player] | None = None
) -> ScenarioResult:
    """Run the scenario in a file.

    Args:
        path: The file.
        player_of: Returns what plays it; None plays it on a simulation.

    Raises:
        ScenarioError: If the file cannot be read as a scenario; nothing of it was run.
        OSError: If the file cannot be opened.
    """
    scenario = read_scenario(Path(path))
    return run_scenario(scenario, player_of(scenario) if player_of else None)


def run_scenario(scenario: Scenario, player: Player | None = None) -> ScenarioResult:
    r"""Run a scenario that was read.

    Args:
        scenario: The scenario.
        player: Plays it; None plays it on a simulation.

    Raises:
        ScenarioError: If a command asks for a moment that has passed.

    Example:
        >>> print(run_scenario(read_scenario("cluster active=3\nfail NODE3\nrun")).text)
        cluster active=3
        fail NODE3
        run
        ----
             0.0  NODE3 loses power
             8.2  NODE3 Down: it answered no heartbeat, and the regroup removed it
             8.2  EVS3: NODE3 -> NODE4 (failover, its node is lost)
                      not NODE1: owns EVS1 (same anti-affinity class)
                      not NODE2: owns EVS2 (same anti-affinity class)
                      chosen NODE4: owns no group of the same anti-affinity class
                      not NODE3: the present owner, Down
             8.2  EVS3 starts on NODE4
           175.2  EVS3 Online on NODE4
        <BLANKLINE>
    """
    player = player or Player(scenario)
    pairs = zip(scenario.layout.blocks, scenario.blocks, strict=True)
    blocks = tuple(player.play(block, commands) for block, commands in pairs)
    return ScenarioResult(scenario=scenario, blocks=blocks, simulation=player.sim)


def rewrite(path: Path | str, player_of: Callable[[Scenario], Player] | None = None) -> bool:
    """Store the outcomes of a new run in a scenario file; return whether that changed it.

    Comments and layout stay. The file is replaced as a whole at the end, or not at all.
    """
    target = Path(path).resolve()
    result = run_file(target, player_of)
    layout = result.scenario.layout
    text = layout.mark + result.text.replace("\n", layout.newline)
    if text.encode("utf-8") == target.read_bytes():
        return False
    write_text(target, text)
    return True


class Player:
    """Plays one scenario: its branches, and how much of each was printed."""

    def __init__(self, scenario: Scenario) -> None:
        """Start at the beginning, on the branch main."""
        self.scenario = scenario
        self.sim = Simulation(scenario.cluster, scenario.seed)
        if scenario.task and not scenario.is_of_words:
            self.sim = start(scenario.task).branch("main")
        self.branches = {"main": self.sim}
        self.printed = {"main": len(self.sim.history)}
        self.lines: list[str] = []
        self.outcomes: list[Outcome] = []
        self.paths = {name: path for path, name in paths(scenario.cluster.config).items()}

    def save(self) -> Any:
        """Return how things stand, to be given to `restore` as often as one likes."""
        copies = {name: sim.branch(name) for name, sim in self.branches.items()}
        return copies, self.sim.name, dict(self.printed)

    def restore(self, saved: Any) -> None:
        """Go back to how things stood, exactly."""
        copies, shown, printed = saved
        self.branches = {name: sim.branch(name) for name, sim in copies.items()}
        self.sim, self.printed = self.branches[shown], dict(printed)

    def play(self, block: ScenarioBlock, commands: Iterable[Command]) -> BlockResult:
        """Play one block and return what it printed and did."""
        self.lines, self.outcomes = [], []
        for command in commands:
            self.follow(command)
        self.flush()
        deeds = sum(command.is_deed for command in commands)
        for goal in (command for command in commands if command.verb == "goal"):
            self._check_goal(goal, deeds)
        return BlockResult(
            block=block,
            lines=tuple(line.rstrip() for line in self.lines if line.strip()),
            outcomes=tuple(self.outcomes),
            cluster=self.sim.cluster,
            outages=self.sim.parts_out(),
        )

    def follow(self, command: Command) -> None:
        """Do what one command says; what is wrong with it is said with its line."""
        try:
            self.obey(command)
        except ConfigError as error:
            raise ScenarioError(self.scenario.file, command.line, str(error)) from None

    def holds(self, goal: Command) -> bool:
        """Return whether a goal is reached."""
        return goal.condition is not None and goal.condition.holds(self.sim.cluster)

    def _check_goal(self, goal: Command, deeds: int) -> None:
        problem = ""
        if not self.holds(goal):
            problem = f"at the end of the scene it does not hold that {goal.condition or goal.text}"
        elif goal.words and deeds > int(goal.words[0]):
            problem = f"the scene does it with {deeds} deeds, and {goal.words[0]} are allowed"
        if problem:
            raise ScenarioError(self.scenario.file, goal.line, problem)

    def obey(self, command: Command) -> None:
        """Do what one command says."""
        match command.verb:
            case "scene" | "say" | "show" | "predict" | "ask" | "goal":
                pass
            case "do" | "at":
                self.act(command)
            case "run" | "watch":
                self.run(command)
            case "step":
                self.step()
            case "undo":
                self.undo()
            case "branch" | "switch" | "anew":
                self.change_branch(command)
            case _:
                self.flush()
                self.lines += _VIEWS[command.verb](self, command.words)

    # --- what happens -------------------------------------------------------------------------

    def act(self, command: Command) -> None:
        """Let an action happen now or set it for later; a refusal is printed."""
        assert command.event is not None
        at_s = command.moment.at_s(self.sim.cluster) if command.moment else None
        try:
            self.sim.send(command.event, at_s)
        except OperationRefused as refusal:
            self.flush()
            self.lines.append(f"{REFUSED}{refusal.message}")

    def run(self, command: Command) -> None:
        """Let time pass, and say so if nothing is pending."""
        if not (command.moment or command.condition) and self.sim.next_s() is None:
            self.flush()
            self.say("nothing is pending")
        pass_time(self.sim, command)

    def step(self) -> None:
        """Let the next thing happen and print it in detail."""
        self.flush()
        outcome = self.sim.step()
        if outcome is None:
            self.say("nothing is pending")
            return
        self.outcomes.append(outcome)
        self.printed[self.sim.name] = len(self.sim.history)
        lines = [*self.change_lines(last_changes(outcome)), *self.log_lines(outcome.log)]
        self.lines += lines or [f"{self.stamp(self.sim.now_s)}  nothing to be seen yet"]

    def undo(self) -> None:
        """Take back the last action."""
        self.flush()
        self.sim.undo()
        self.printed[self.sim.name] = len(self.sim.history)
        self.say("the last action is undone")

    def change_branch(self, command: Command) -> None:
        """Go on in a copy of this sequence of events, or in another one."""
        self.flush()
        (name,) = command.words
        if command.verb != "switch":
            self.branches[name] = self._new_branch(command.verb, name)
            self.printed[name] = len(self.branches[name].history)
        self.sim = self.branches[name]
        self.say(f"on branch {name}")

    def _new_branch(self, verb: str, name: str) -> Simulation:
        if verb == "branch":
            return self.sim.branch(name)
        return Simulation(self.scenario.cluster, self.scenario.seed, name=name)

    # --- what is printed ----------------------------------------------------------------------

    def stamp(self, at_s: float) -> str:
        """Return a moment as seconds, or as a time of day if the scenario has a clock."""
        if not self.scenario.has_clock:
            return f"{at_s:>8.1f}"
        tenths = round((self.scenario.cluster.config.start_time_s + at_s) * 10)
        days, rest = divmod(tenths, DAY_S * 10)
        clock = f"{rest // 36000:02}:{rest // 600 % 60:02}:{rest // 10 % 60:02}"
        clock += f".{rest % 10}" if rest % 10 else "  "
        return f"{f'+{days}' if days else '':<2} {clock}"

    def say(self, text: str) -> None:
        """Print a remark with the present moment."""
        self.lines.append(f"{self.stamp(self.sim.now_s)}  {text}")

    def flush(self) -> None:
        """Print the story of what was not printed yet."""
        new = self.sim.since(self.printed[self.sim.name])
        before = self.sim.history[self.printed[self.sim.name] - 1].cluster
        self.printed[self.sim.name] += len(new)
        self.outcomes += new
        self.lines += self.story_lines(new, before)

    def story_lines(self, outcomes: Sequence[Outcome], *before: Cluster) -> Iterable[str]:
        """Yield the story of *outcomes*, verdicts on nodes indented."""
        for line in story(outcomes, *before):
            times = f" ({line.times} times)" if line.times > 1 else ""
            yield f"{self.stamp(line.at_s)}  {line.text}{times}"
            yield from (f"{'':>14}{detail}" for detail in line.details)

    def log_lines(self, entries: Iterable[LogEntry]) -> Iterable[str]:
        """Yield log entries, one in a line."""
        for entry in entries:
            what = f"{entry.node:<8} {entry.source} {entry.event_id}  {entry.text}"
            yield f"{self.stamp(entry.at_s)}  {what}"

    def change_lines(self, changes: Iterable[Change]) -> Iterable[str]:
        """Yield changes of state, those of one moment, group and state in one line."""
        for (at_s, subject, state), same in groupby(changes, self._change_key):
            names = ", ".join(dict.fromkeys(self._short(change) for change in same))
            yield f"{self.stamp(at_s)}  {subject}{names}{state}"

    def _change_key(self, change: Change) -> tuple[float, str, str]:
        code = f" ({change.error_code})" if change.error_code else ""
        if change.kind == "owner":
            return change.at_s, f"{change.name}: ", f"{change.old} -> {change.new}"
        if change.kind in ("node", "note"):
            return change.at_s, "", f" {change.new}"
        group = self.sim.cluster.config.resources_by_name[change.name].group
        return change.at_s, f"{group}: ", f" {change.new}{code}"

    def _short(self, change: Change) -> str:
        if change.kind == "owner":
            return ""
        return self.paths.get(change.name, change.name).rpartition("/")[2]


def pass_time(sim: Simulation, command: Command) -> None:
    """Let time pass as `run` or `watch` says, but not through more than `MAX_EVENTS` events.

    Raises:
        ConfigError: If the moment has passed, the state never comes, or too much happens.

    A state that holds already has to end and come again: until EVS3 is Online means until it is
    back.
    """
    condition = command.condition
    until_s = command.moment.at_s(sim.cluster) if command.moment else None
    end_s = sim.now_s + RUN_LIMIT_S if until_s is None else until_s
    was_met = condition is not None and condition.holds(sim.cluster)
    is_reached = False
    for _ in range(MAX_EVENTS):
        next_s = sim.next_s()
        if is_reached or next_s is None or next_s > end_s:
            break
        sim.step()
        is_met = condition is not None and condition.holds(sim.cluster)
        is_reached, was_met = is_met and not was_met, is_met
    else:
        raise impossible("no end", MAX_EVENTS, sim.now_s)
    if condition is not None and not is_reached:
        raise impossible("never true", condition, end_s)
    if until_s is not None:
        sim.run(until_s=until_s)


def last_changes(outcome: Outcome) -> list[Change]:
    """Return what each node, owner and resource became; a state left at once is left out."""
    last = {(change.kind, change.name): change for change in outcome.changes}
    return [change for change in outcome.changes if last[change.kind, change.name] is change]


# --- views ------------------------------------------------------------------------------------


def _table(listing: str) -> list[str]:
    """Return the table of a cluster.exe listing without the sentence above it."""
    return listing.partition("\n\n")[2].splitlines()


def _chosen(player: Player, words: Sequence[str]) -> list[LogEntry]:
    """Return the entries with one of the event ids and with every name."""
    ids = {int(word) for word in words if word.isdecimal()}
    names = [word for word in words if not word.isdecimal()]
    by_path = {path: name for name, path in player.paths.items()}
    return [
        entry
        for entry in player.sim.log
        if (not ids or entry.event_id in ids)
        and all(
            by_path.get(name, name) in (entry.node, entry.group, entry.resource) for name in names
        )
    ]


def _log(player: Player, words: Sequence[str]) -> Iterable[str]:
    return list(player.log_lines(_chosen(player, words))) or ["no such entry in the log"]


def _count(player: Player, words: Sequence[str]) -> Iterable[str]:
    what = " ".join(player.paths.get(word, word) for word in words)
    return [f"{len(_chosen(player, words))} x {what}"]


def _changes(player: Player, words: Sequence[str]) -> Iterable[str]:
    (name,) = words
    config = player.sim.cluster.config
    names = {name, *(member.name for member in config.members.get(name, ()))}
    changes = [
        change
        for outcome in player.sim.history
        for change in last_changes(outcome)
        if change.name in names
    ]
    return list(player.change_lines(changes)) or ["nothing has changed"]


def _outages(player: Player, words: Sequence[str]) -> Iterable[str]:
    for group, outage in player.sim.outages().items():
        if group in (words or (group,)):
            parts = ", ".join(f"{part} {seconds:g}" for part, seconds in outage.parts.items())
            yield f"{group}: {outage.seconds:g} s without service{': ' if parts else ''}{parts}"


def _compare(player: Player, words: Sequence[str]) -> Iterable[str]:
    (name,) = words
    here, there = player.sim.outages(), player.branches[name].outages()
    for group in here:
        if group in there and here[group] != there[group]:
            yield (
                f"{group}: {there[group].seconds:g} s without service on {name}, "
                f"{here[group].seconds:g} s on {player.sim.name}"
            )


_VIEWS: Mapping[str, Callable[[Player, Sequence[str]], Iterable[str]]] = {
    "groups": lambda player, words: _table(group_listing(player.sim.cluster)),
    "nodes": lambda player, words: _table(node_listing(player.sim.cluster)),
    "networks": lambda player, words: network_table(player.sim.cluster).splitlines(),
    "phases": lambda player, words: lane_lines(node_lanes(player.sim.history, player.sim.now_s)),
    "versions": lambda player, words: version_lines(player.sim.cluster.config),
    "resources": lambda player, words: _table(resource_listing(player.sim.cluster, *words)),
    "why": lambda player, words: repr(player.sim.why(*words)).splitlines(),
    "log": _log,
    "count": _count,
    "changes": _changes,
    "story": lambda player, words: player.story_lines(player.sim.history),
    "outages": _outages,
    "compare": _compare,
}


# --- data -------------------------------------------------------------------------------------


def _block_data(result: BlockResult) -> dict[str, Any]:
    cluster = result.cluster
    return {
        "line": result.block.line,
        "commands": [text for _, text in result.block.commands()],
        "outcome": list(result.lines),
        "expected": None if result.block.expected is None else list(result.block.expected),
        "story": [line._asdict() for line in result.story],
        "log": [entry._asdict() for entry in result.log],
        "decisions": [
            {
                **one._asdict(),
                "cause": one.cause.value,
                "verdicts": [v._asdict() for v in one.verdicts],
            }
            for one in result.decisions
        ],
        "now_s": cluster.now_s,
        "nodes": {name: state.value for name, state in cluster.node_states.items()},
        "groups": {
            name: {"owner": cluster.owners[name], "state": cluster.group_state(name).value}
            for name in cluster.config.groups_by_name
        },
        "resources": {name: state.value for name, state in cluster.resource_states.items()},
        "outages": {
            name: {"seconds": round(sum(parts.values()), 3), "parts": dict(parts)}
            for name, parts in result.outages.items()
        },
    }
