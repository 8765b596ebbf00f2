"""The panel of the service-level game: choose a policy, let a quarter pass, see what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean, median
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.game import Year, other_years, share_below
from clusterlab.design.gamerules import CHOICES, QUARTER_H, QUARTERS, Policy, Terms
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.game import losses_rows, year_figure, year_text
from clusterlab.lab.folds import folds
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import labelled, put, row, said_of, show_if
from clusterlab.lab.panels.playing import Playing, Slices
from clusterlab.lab.panels.views import headline_html, meter_html, table_html

FIRST_WIDTH_PX = 900
SPEEDS = {"a year in a minute": QUARTER_H / 15, "four times as fast": QUARTER_H * 4 / 15}
"""Hours of the year that pass in a real second."""
OTHERS = 100  # other years that are played to see where this one lies


class GameLab(Panel):
    """The service-level game.

    Args:
        terms: What is given; the defaults of the game if None.
        seed: Same seed and policies, same year.

    Attributes:
        year: As far as it was played.
        at_h: The moment shown, hours of the year.
        others: Mailbox-hours of other years under the same policies, when the year is over.
        choosers: By field of `Policy`, and "speed".
        buttons: "play", "back", "forward", "to end", "new year".
        seed: The field of the seed.

    Example:
        >>> lab = GameLab(seed=1)
        >>> lab.choosers["spares"].value = 2
        >>> lab.buttons["to end"].click()
        >>> lab
        GameLab(seed 1: 1 of 4 quarters, 600 mailbox-hours lost, 9,500 of 40,000 spent)
    """

    _still_title = "The service-level game"
    kept = ("year", "at_h")

    def __init__(self, terms: Terms | None = None, *, seed: int = 1) -> None:
        super().__init__()
        self.year = Year(terms=terms or Terms(), seed=seed)
        self.at_h = 0.0
        self.others: list[float] = []
        self._player = Playing(self._advance, self._has_more, self._keys.painted, self._failed)
        self._slices = Slices(self._show_others, self._failed)
        self._make_controls()
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX),)
        self._lay_out()
        self._is_rendering = False
        self.render()

    def __repr__(self) -> str:
        year = self.year
        return (
            f"GameLab(seed {year.seed}: {len(year.quarters)} of {QUARTERS} quarters, "
            f"{year.mailbox_hours:,.0f} mailbox-hours lost, {year.spent:,.0f} of "
            f"{year.terms.budget:,.0f} spent)"
        )

    def twin(self) -> str:
        """Return the year in words."""
        return str(self.year)

    def _fields(self) -> dict[str, Any]:
        return {**self.choosers, "seed": self.seed}

    @property
    def policy(self) -> Policy:
        """What the lists say now."""
        return Policy(**{name: self.choosers[name].value for name in CHOICES})

    @property
    def end_h(self) -> float:
        """Until when the year is played."""
        return QUARTER_H * len(self.year.quarters)

    def _begin_quarter(self) -> None:
        if self.at_h >= self.end_h:
            self.year = self.year.after(self.policy)

    def _toggle_play(self) -> None:
        if self._player.is_on:
            self._player.stop()
            return
        self._begin_quarter()
        self._player.start()

    def _to_end(self) -> None:
        """Go to the end of the quarter; at its end, through the next one."""
        self._player.stop()
        self._begin_quarter()
        self.at_h = self.end_h
        self._compare()

    def _forward(self) -> None:
        self._begin_quarter()
        later = [at_h for at_h, _ in self.year.happenings if at_h > self.at_h]
        self.at_h = min(later, default=self.end_h)
        self._compare()

    def _back(self) -> None:
        earlier = [at_h for at_h, _ in self.year.happenings if at_h < self.at_h]
        self.at_h = max(earlier, default=0.0)

    def _new_year(self) -> None:
        self._player.stop()
        self._slices.stop()
        self.year = Year(terms=self.year.terms, seed=self.seed.value)
        self.at_h, self.others = 0.0, []

    def _advance(self, seconds: float) -> None:
        with self.errors.turn:
            speed = SPEEDS[self.choosers["speed"].value]
            self.at_h = min(self.at_h + seconds * speed, self.end_h)
            if self.at_h >= self.end_h:
                self._player.stop()
                self._compare()
            self.render()

    def _has_more(self) -> bool:
        return self.at_h < self.end_h

    def _compare(self) -> None:
        if self.year.is_over and self.at_h >= self.end_h and not self.others:
            self._slices.start(self._steps())

    def _steps(self) -> Iterator[object]:
        year, others = self.year, other_years(self.year)
        while len(self.others) < OTHERS and year is self.year:
            self.others.append(next(others))
            yield None

    def _show(self) -> None:
        self.picture.show()
        self._label()
        told = self._told_so_far()
        latest = f"<b>Latest</b> {escape_text(': '.join(told[-1]))}" if told else ""
        put(self._live, value=latest)
        put(self._money, value=self._money_html())
        self._tell()
        self._show_others()

    def _draw(self, page: Page) -> Any:
        return year_figure(self.year, self.at_h, page=page)

    def _label(self) -> None:
        is_on, is_over = self._player.is_on, self.year.is_over and self.at_h >= self.end_h
        number = len(self.year.quarters) + (self.at_h >= self.end_h)
        text = f"▶ Play quarter {number}" if number <= QUARTERS else "The year is over"
        put(self.buttons["play"], description="❚❚ Pause" if is_on else text, disabled=is_over)
        for name in ("forward", "to end"):
            put(self.buttons[name], disabled=is_over)
        put(self.buttons["back"], disabled=self.at_h <= 0)
        put(self._clock, value=f"day {int(self.at_h / 24)}")

    def _money_html(self) -> str:
        year, price, said = self.year, self.policy.price, said_of("game", "meters")
        spent, lost = year.spent, year.mailbox_hours_until(self.at_h)
        expected, budget = year.expected_mailbox_hours, year.terms.budget
        facts = {"spent": spent, "budget": budget, "lost": lost, "expected": expected}
        meters = (
            meter_html(said["budget"].format(**facts), spent / budget, "offline"),
            meter_html(
                said["lost" if year.quarters else "nothing"].format(**facts),
                lost / expected if expected else 0.0,
                "failed" if lost > expected else "pending",
            ),
        )
        words = ""
        if not year.is_over:
            words = said["next"].format(number=len(year.quarters) + 1, price=price, left=year.left)
            try:
                year.check_affordable(self.policy)
            except ConfigError as problem:
                words += f" Not possible: {problem}."
        return f'<div class="clusterlab-meters">{"".join(meters)}</div><p>{escape_text(words)}</p>'

    def _tell(self) -> None:
        """Say what happened and what it cost; what is unfolded stays so while time passes."""
        shown = [loss for loss in self.year.losses if loss.at_h <= self.at_h]
        rows = list(reversed(losses_rows(shown)))
        story = [(day, escape_text(text)) for day, text in reversed(self._told_so_far())]
        words = escape_text(year_text(self.year, self.at_h))
        losses = table_html("Losses", ("When", "EVS", "Out", "Cause"), rows)
        put(self._story, value=table_html("Story", ("When", "What"), story))
        put(self._losses, value=f"<p>{words}</p>{losses}")

    def _told_so_far(self) -> list[tuple[str, str]]:
        happened = (one for one in self.year.happenings if one[0] <= self.at_h)
        return [(f"day {int(at_h / 24)}", text) for at_h, text in happened]

    def _show_others(self) -> None:
        is_over = self.year.is_over and self.at_h >= self.end_h
        show_if(self._bar, is_over and self._slices.is_on)
        put(self._bar, value=len(self.others))
        put(self._result, value=self._result_html() if is_over else "")

    def _result_html(self) -> str:
        year, others = self.year, self.others
        rows = [
            ("Lost in this year", f"{year.mailbox_hours:,.0f} mailbox-hours"),
            ("Expected of these policies", f"{year.expected_mailbox_hours:,.0f} mailbox-hours"),
            ("Spent", f"{year.spent:,.0f} of {year.terms.budget:,.0f}"),
        ]
        if others:
            share = share_below(year.mailbox_hours, others)
            rows += [
                ("Other years under the same policies", f"{len(others)} of {OTHERS} played"),
                ("Less was lost in", f"{100 * share:.0f} % of them"),
                ("Mean, median, worst of them", f"{fmean(others):,.0f}, {median(others):,.0f}, "
                 f"{max(others):,.0f} mailbox-hours"),
            ]  # fmt: skip
        hour = year.terms.per_mailbox_hour
        expected = year.spent + year.expected_mailbox_hours * hour
        key = "better" if year.score <= expected else "worse"
        words = said_of("game", "meters")[key].format(score=year.score, expected=expected)
        head = headline_html("online" if key == "better" else "failed", words)
        return f"{head}{table_html('Result', ('Result', 'Value'), rows)}"

    def _make_controls(self) -> None:
        lists = {name: _options(name) for name in CHOICES}
        self._add_choosers("game", lambda: None, **lists, speed=SPEEDS)
        for name, value in vars(Policy()).items():
            self.choosers[name].value = value
        self.seed = labelled(
            w.BoundedIntText, "Seed", "Same seed and policies, same year", width="130px",
            value=self.year.seed, min=0, max=999_999,
        )  # fmt: skip
        acts = {"back": self._back, "play": self._toggle_play, "forward": self._forward}
        self._add_buttons("game", acts | {"to end": self._to_end, "new year": self._new_year})
        self._clock = w.HTML().add_class("clusterlab-clock")
        self._live = w.HTML().add_class("clusterlab-live")
        self._money, self._result, self._story, self._losses = (w.HTML() for _ in range(4))
        titles = ("What happened", "The figure as a table")
        self._told = folds(titles, (self._story, self._losses))
        self._bar = w.IntProgress(min=0, max=OTHERS, description="Other years")

    def _lay_out(self) -> None:
        policy = row(*(self.choosers[name] for name in CHOICES))
        times = [self.buttons[name] for name in ("back", "play", "forward", "to end")]
        time = row(*times, self._clock, self.choosers["speed"], self.seed, self.buttons["new year"])
        self._arrange(
            policy, self._money, time, self.errors, self._result, self._bar, self.picture,
            self._live, self._told,
            policy=policy, money=self._money, time=time, picture=self.picture, news=self._live,
            result=self._result, story=self._told,
        )  # fmt: skip

    def _restore(self, snapshot: Any) -> None:
        self._player.stop()
        self._slices.stop()
        self.others = []
        super()._restore(snapshot)
        self._compare()


def _options(name: str) -> list[tuple[str, Any]]:
    is_yes_no = name == "has_drills"
    return [
        (("no", "yes")[bool(value)] if is_yes_no else str(value), value) for value in CHOICES[name]
    ]
