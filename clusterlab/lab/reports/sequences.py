"""The sequences of failures that a report plays: every moment worth a look, drawn and stored small.

Nothing is computed in the page, so all of it is played here by the one player, and drawn by
`cluster_traces` as the panels draw it. A sequence is a list of steps; each keeps what differs from
the step before, and what is drawn or said more than once stands in a table, once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.facts import with_standing
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import Span, Watch
from clusterlab.cluster.story import StoryLine, story
from clusterlab.lab.figures.cluster import Bars, alt_text, cluster_traces
from clusterlab.lab.figures.cluster_parts import Places
from clusterlab.lab.figures.drawing import in_seconds
from clusterlab.lab.figures.palette import THEMES, Theme
from clusterlab.lab.figures.still import Drawn, marks
from clusterlab.lab.reports.findings import result
from clusterlab.studies.play import Aftermath, Failure, Play

WIDTH_PX = 820
MOST_NODES = 8  # with more only single failures are stored; what pairs lose is in the map
TOGETHER_S = 3.5  # what follows within so many seconds is shown as one step
_SENTENCES = re.compile(r"(?<=\.) (?=[A-Z])")


def colors_of(theme: Theme) -> tuple[str, ...]:
    """Return the colours of a theme, those of one meaning at one place in each theme."""
    single = (theme.paper, theme.ink, theme.muted, theme.box, theme.down, theme.grid, theme.edge)
    tables = (theme.strokes, theme.fills, theme.hatches)
    return (*single, *(color for table in tables for color in table.values()), theme.older)


PLACES: Mapping[str, int] = {
    color: place for place, color in reversed(list(enumerate(colors_of(THEMES["light"]))))
}
"""Where each colour of the light theme stands among `colors_of`."""


class FailureSequence(NamedTuple):
    """One sequence of failures as it was played."""

    left: Aftermath
    after: int | None  # the place of the one that it continues; None for a beginning
    own: tuple[Outcome, ...]  # what happened since then, until the cluster was quiet
    watch: Watch


def each_sequence(cluster: Cluster, failures: Sequence[Failure]) -> Iterator[FailureSequence]:
    """Yield every single failure and every ordered pair, in the order of `whatif.each_cell`."""
    for row, one in enumerate(failures):
        first = Play(cluster, keeps_record=True).fail(one)
        base = row * len(failures) + row
        for other in failures:
            if other is one:
                yield _sequence(first.branch(), None, 1, Watch(cluster))
            else:
                second = first.branch().fail(other)
                yield _sequence(second, base, len(first.record), first.watch)


def each_alone(cluster: Cluster, failures: Sequence[Failure]) -> Iterator[FailureSequence]:
    """Yield what each of *failures* does alone, labelled by the words that tables have for it."""
    for one in failures:
        play = Play(cluster, keeps_record=True).fail(one._replace(label=one.words))
        yield _sequence(play, None, 1, Watch(cluster))


def _sequence(play: Play, after: int | None, start: int, watch: Watch) -> FailureSequence:
    own, play.keeps_record = tuple(play.record[start:]), False
    return FailureSequence(play.aftermath(), after, own, watch.copy())


class _Step(NamedTuple):
    cluster: Cluster
    spans: Mapping[str, Sequence[Span]]
    lines: tuple[StoryLine, ...]
    sources: tuple[str, ...]


def steps_of(sequence: FailureSequence) -> Iterator[_Step]:
    """Yield the moments of a sequence at which a node or a group changes, the last one included."""
    lines = story(sequence.own)
    times = sorted({line.at_s for line in lines})
    begins, ends = times[:1], list[float]()
    for early, late in pairwise((*times, float("inf"))):
        if late - begins[-1] > TOGETHER_S:
            ends.append(early)
            begins.append(late)
    watch, start = sequence.watch.copy(), float("-inf")
    outcomes = list(sequence.own)
    for end in ends:
        now, cluster = [], sequence.own[0].cluster
        while outcomes and outcomes[0].cluster.now_s <= end:
            now.append(outcomes.pop(0))
            cluster = now[-1].cluster
            watch.let_pass(cluster.now_s)
            watch.follow(cluster, [change.name for change in now[-1].changes])
        told = tuple(line for line in lines if start < line.at_s <= end)
        groups = cluster.config.served_groups
        spans = {group: watch.spans(group) for group in groups}
        yield _Step(cluster, spans, told, _sources(now))
        start = end


def _sources(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the rules behind the choices of a node, each with its standing."""
    made = [decision for outcome in outcomes for decision in outcome.decisions]
    return tuple(dict.fromkeys(f"{one.rule} ({with_standing(one.source)})" for one in made))


class Store:
    """What a page needs to play the sequences of one cluster, as values for JSON.

    Every sentence and everything that is drawn is kept once; colours are places in `colors_of`.
    """

    def __init__(self, cluster: Cluster, sequences: Sequence[FailureSequence]) -> None:
        self.texts: dict[str, int] = {}
        self.marks: dict[Drawn, int] = {}
        self._places = Places(cluster, WIDTH_PX)
        groups = cluster.config.served_groups
        watch = Watch(cluster)
        first = _Step(cluster, {group: watch.spans(group) for group in groups}, (), ())
        self._start = self._frame(first, cluster.now_s)
        self._frames: dict[int, list[list[int]]] = {}
        # a second failure goes on from the last picture of the first one
        is_large = len(cluster.config.nodes) > MOST_NODES
        kept = (n for n, one in enumerate(sequences) if not is_large or one.after is None)
        order = sorted(kept, key=lambda place: sequences[place].after is not None)
        self.data: dict[str, Any] = {
            "width": WIDTH_PX,
            "height": self._places.height_px,
            "start": [self._start, self._alt(first)],
            "sequences": {place: self._sequence(place, sequences[place]) for place in order},
            "texts": list(self.texts),
            "marks": list(self.marks),
        }

    def _sequence(self, place: int, sequence: FailureSequence) -> dict[str, Any]:
        left = sequence.left
        return {
            "label": self._text(left.label),
            "result": self._text(result(left)),
            "fates": [self._text(str(fate)) for fate in left.fates],
            "after": sequence.after,
            "steps": self._steps(place, sequence),
        }

    def _text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def _steps(self, place: int, sequence: FailureSequence) -> list[list[Any]]:
        before = self._start if sequence.after is None else self._frames[sequence.after]
        kept = []
        steps = list(steps_of(sequence))
        for step in steps:
            frame = self._frame(step, steps[-1].cluster.now_s)
            changed = {
                layer: new
                for layer, (old, new) in enumerate(zip(before, frame, strict=True))
                if old != new
            }
            lines = list(self._lines(step.lines))
            sources = [self._text(source) for source in step.sources]
            kept.append([step.cluster.now_s, lines, sources, self._alt(step), changed])
            before = frame
        self._frames[place] = before
        return kept

    def _lines(self, lines: Sequence[StoryLine]) -> Iterator[list[int]]:
        """Yield each line with its details; the moment is said where it is another one."""
        for early, line in zip((None, *lines), lines, strict=False):
            is_now = early is not None and early.at_s == line.at_s
            moment = "" if is_now else f"{in_seconds(line.at_s)}: "
            times = f" ({line.times} times)" if line.times > 1 else ""
            said = (f"{moment}{line.text}{times}", *line.details)
            yield [self._text(text) for text in said]

    def _alt(self, step: _Step) -> list[int]:
        return [self._text(one) for one in _SENTENCES.split(alt_text(step.cluster, step.spans))]

    def _frame(self, step: _Step, until_s: float) -> list[list[int]]:
        bars = Bars(step.spans, until_s)
        traces = cluster_traces(step.cluster, bars, self._places, THEMES["light"])
        # as in a still picture, bars lie below lines and texts
        traces.sort(key=lambda trace: trace["type"] != "bar")
        return [
            [self.marks.setdefault(placed(mark), len(self.marks)) for mark in marks(trace)]
            for trace in traces
        ]


def placed(mark: Drawn) -> Drawn:
    """Return what is drawn with each colour as its place in `colors_of`."""
    return tuple(placed(value) if isinstance(value, tuple) else _placed(value) for value in mark)


def _placed(value: Any) -> Any:
    return PLACES.get(value, value) if isinstance(value, str) and value[:1] == "#" else value
