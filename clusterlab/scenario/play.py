"""Playing a tour with a learner: which scene, what it waits for, other stories, the way back.

It plays the file's own story on a simulation of its own and knows no widget. A panel shows copies
of that simulation, tells what the learner did, and shows what `TourPlay` says next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, NamedTuple

from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import GroupState
from clusterlab.lessons import QuestionWords
from clusterlab.scenario.commands import VIEWS, Command, Scenario
from clusterlab.scenario.running import REFUSED, Player
from clusterlab.simulation import Simulation

SHOWN = frozenset(VIEWS) - {"step", "undo"} | {"compare", "look"}
"""The commands whose lines the story shows."""
SETTLED_S = 60.0
"""A goal counts once it would hold for this long if nothing else were done."""


class Waits(Enum):
    """What a scene waits for."""

    PREDICTION = "predict"
    DEED = "do"
    ANSWER = "ask"
    GOAL = "goal"
    TIME = "watch"
    NEXT = "next"


Heard = Literal["right", "tried", "elsewhere"]
"""What a deed of the learner was to the story."""


class Card(NamedTuple):
    """One thing that the story column shows.

    Attributes:
        kind: "say", "predict" (guesses answered), "came" (of a deed), or a view such as "why".
        names: What a view was asked for, or the groups of a prediction.
    """

    kind: str
    lines: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


_Saved = tuple[Any, tuple[str, ...] | None]
"""What a player keeps, and the guess."""


@dataclass(slots=True)
class TourPlay:
    r"""A tour while it is played.

    Attributes:
        index: Which scene, from 0.
        cards: What it has said and shown so far.
        parts: What of the panel it shows.
        guess: The groups of the prediction asked for and not answered yet; None without one.
        guesses: By group the node that the learner said, or "Failed"; kept until the next one.
        answered: The letter that was chosen in this scene; "" before.
        elsewhere: The deeds, in words, that lead into another story; empty in this one.
        deeds: The deeds tried for a goal.

    Example:
        >>> from clusterlab.scenario import read_scenario
        >>> scenario = read_scenario(
        ...     'tour "One"\ncluster active=3\n\nscene "A"\ndo fail NODE3\nwatch')
        >>> play = TourPlay(scenario, Player(scenario))
        >>> play.waits.value
        'do'
        >>> from clusterlab.cluster.events import NodeFailed
        >>> play.hear(NodeFailed("NODE1")), play.hear(NodeFailed("NODE3"))
        ('elsewhere', 'elsewhere')
        >>> play.again()
        >>> play.hear(NodeFailed("NODE3")), play.waits.value
        ('right', 'watch')
    """

    scenario: Scenario
    player: Player
    index: int = field(init=False, default=0)
    waits: Waits = field(init=False, default=Waits.NEXT)
    cards: list[Card] = field(init=False, default_factory=list)
    parts: tuple[str, ...] = field(init=False, default=())
    guess: tuple[str, ...] | None = field(init=False, default=None)
    guesses: dict[str, str] = field(init=False, default_factory=dict)
    answered: str = field(init=False, default="")
    elsewhere: list[str] = field(init=False, default_factory=list)
    deeds: list[str] = field(init=False, default_factory=list)
    _step: int = field(init=False, default=0)
    _saved: list[_Saved] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Play what stands in front of the first scene, and begin that scene."""
        for command in self.scenario.blocks[0]:
            self.player.follow(command)
        self._begin()

    # --- what is to be shown ------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many scenes there are."""
        return len(self.scenario.scenes)

    @property
    def title(self) -> str:
        """The title of this scene."""
        return self.commands[0].words[0]

    @property
    def is_last(self) -> bool:
        """Whether no scene follows."""
        return self.index == self.count - 1

    @property
    def wanted(self) -> Command | None:
        """The command that this scene waits at; None if it is over."""
        return self.commands[self._step] if self._step < len(self.commands) else None

    @property
    def asked(self) -> str:
        """The name of the question of this scene; "" if there is none."""
        return next((one.words[0] for one in self.commands if one.verb == "ask"), "")

    @property
    def question(self) -> QuestionWords | None:
        """The question of this scene, answered or not."""
        tour = self.scenario.tour
        return tour.questions[self.asked] if tour and self.asked else None

    @property
    def cluster(self) -> Cluster:
        """The cluster as the story has it now."""
        return self.player.sim.cluster

    def branches(self) -> tuple[dict[str, Simulation], str]:
        """Return copies of the sequences of events so far, and the name of the one to show."""
        copies = {name: sim.branch(name) for name, sim in self.player.branches.items()}
        return copies, self.player.sim.name

    def watched(self) -> Simulation:
        """Return the story as it is once the time that is watched has passed, as a copy."""
        assert self.wanted is not None
        saved = self._save()
        self.player.obey(self.wanted)
        sim = self.player.sim
        self._restore(saved)
        return sim

    @property
    def commands(self) -> tuple[Command, ...]:
        """What stands in this scene."""
        return self.scenario.scenes[self.index]

    # --- what the learner does ----------------------------------------------------------------

    def hear(self, deed: Event | str) -> Heard:
        """Be told of a deed, however it was done; the story goes on if it is the one wanted."""
        words = deed.in_words() if isinstance(deed, Event) else deed
        if self.elsewhere:
            return self.leave(words)
        if self.waits is Waits.GOAL:
            self.deeds.append(words)
            return "tried"
        wanted = self.wanted
        is_right = wanted is not None and deed == (wanted.event or wanted.text)
        if self.waits is Waits.DEED and is_right:
            self._follow()
            return "right"
        return self.leave(words)

    def leave(self, words: str) -> Heard:
        """Be told, in words, of something that leads into another story."""
        self.elsewhere.append(words)
        return "elsewhere"

    def reach(self, shown: Simulation | str) -> bool:
        """Be told how things stand; return whether the goal of this scene is reached for good.

        Args:
            shown: The sequence of events shown, or what a panel with words of its own says.
        """
        goal = self.wanted
        if self.waits is not Waits.GOAL or goal is None or self.too_many:
            return False
        is_reached = goal.is_said_in(shown) if isinstance(shown, str) else _lasts(goal, shown)
        if is_reached:
            self._finish()
        return is_reached

    @property
    def too_many(self) -> bool:
        """Whether more deeds were tried for the goal than it allows."""
        goal = self.wanted
        limit = goal.words if goal is not None and goal.verb == "goal" else ()
        return bool(limit) and len(self.deeds) > int(limit[0])

    def say(self, guesses: Mapping[str, str]) -> None:
        """Say where groups will be; a scene that asks for nothing else is over then."""
        self.guesses = dict(guesses)
        if self.waits is Waits.PREDICTION:
            self._step += 1
            self._go_on()

    def answer(self, letter: str) -> None:
        """Answer the question of this scene; it may be answered again."""
        self.answered = letter
        if self.waits is Waits.ANSWER:
            self._step += 1
            self._go_on()

    def let_pass(self) -> None:
        """Let the time pass that is watched."""
        if self.waits is Waits.TIME:
            self._follow()

    # --- going through the scenes -------------------------------------------------------------

    def show_me(self) -> None:
        """Do for the learner what the scene waits for; a prediction is left open."""
        self.elsewhere.clear()
        match self.waits:
            case Waits.DEED | Waits.TIME:
                self._follow()
            case Waits.ANSWER:
                assert self.question is not None
                self.answer(self.question.right)
            case Waits.PREDICTION:
                self.say({})
            case Waits.GOAL:
                self._finish()
            case Waits.NEXT:
                pass

    def next(self) -> None:
        """Begin the next scene; what this one still waits for is done by itself."""
        self._finish()
        if not self.is_last:
            self.index += 1
            self._begin()

    def back(self) -> None:
        """Begin the scene before this one, or this one if it is the first, exactly as it was."""
        self.go_to(max(self.index - 1, 0))

    def again(self) -> None:
        """Begin this scene again, exactly as it was."""
        self.go_to(self.index)

    def go_to(self, index: int) -> None:
        """Begin any scene, counted from 0; the scenes before it are played by themselves."""
        if index < len(self._saved):
            self.index = index
            self._restore(self._saved[index])
            self._begin()
            return
        while self.index < min(index, self.count - 1):
            self.next()

    # --- inside -------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self.index == len(self._saved):
            self._saved.append(self._save())
        self._step, self.answered = 0, ""
        self.cards, self.elsewhere, self.deeds = [], [], []
        self._go_on()

    def _finish(self) -> None:
        """Play the rest of the scene."""
        self.elsewhere.clear()
        while self._step < len(self.commands):
            self._follow(stops=False)
        self._go_on()

    def _follow(self, *, stops: bool = True) -> None:
        """Do the command that the scene is at, and go on until it waits again."""
        self._do(self.commands[self._step])
        self._step += 1
        if stops:
            self._go_on()

    def _go_on(self) -> None:
        while self._step < len(self.commands):
            command = self.commands[self._step]
            waits = self._waits_at(command)
            if waits is not None:
                self.waits = waits
                return
            self._follow(stops=False)
        self.waits = Waits.NEXT

    def _waits_at(self, command: Command) -> Waits | None:
        if command.is_deed:
            return Waits.DEED
        if command.verb == "predict":
            self.guess, self.guesses = command.words, {}
            is_before_deed = any(later.is_deed for later in self.commands[self._step :])
            return None if is_before_deed else Waits.PREDICTION
        words = {"ask": Waits.ANSWER, "goal": Waits.GOAL, "watch": Waits.TIME}
        return words.get(command.verb)

    def _do(self, command: Command) -> None:
        player = self.player
        if command.verb == "say":
            self.cards.append(Card("say", command.words))
        elif command.verb == "show":
            self.parts = command.words
        elif command.verb in SHOWN:
            player.flush()
            player.lines = []
            player.follow(command)
            self.cards.append(Card(command.verb, tuple(player.lines), command.words))
        else:
            said, is_told = len(player.lines), self.scenario.is_of_words
            player.follow(command)
            came = [line for line in player.lines[said:] if is_told or line.startswith(REFUSED)]
            self.cards += [Card("came", (line,)) for line in came]
        if command.verb in ("watch", "run"):
            self._answer_guess()

    def _answer_guess(self) -> None:
        """Show what became of the prediction, once its groups have come to rest."""
        if self.guess is None:
            return
        states = {self.player.sim.state(group) for group in self.guess}
        if GroupState.PENDING not in states:
            self.cards.append(Card("predict", (), self.guess))
            self.guess = None

    def _save(self) -> _Saved:
        return self.player.save(), self.guess

    def _restore(self, saved: _Saved) -> None:
        state, self.guess = saved
        self.player.restore(state)


def _lasts(goal: Command, sim: Simulation) -> bool:
    """Return whether a goal holds, and goes on holding if nothing else is done."""
    assert goal.condition is not None
    trial, end_s = sim.branch("trial"), sim.now_s + SETTLED_S
    while goal.condition.holds(trial.cluster):
        next_s = trial.next_s()
        if next_s is None or next_s > end_s:
            return True
        trial.step()
    return False
