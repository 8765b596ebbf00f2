"""The availability panel: inputs of a pool as sliders, and where the hours of a year go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.clients import ANY, Client, read_client
from clusterlab.design.availability import HOURS_A_YEAR, Limits, Pool, cost_a_year, mtbf_limits
from clusterlab.design.chains import ALWAYS, NIGHT, OFFICE_HOURS, Chain, Habits, pool_chain
from clusterlab.exchange.exres import evs_names
from clusterlab.lab.figures import availability as drawn
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.folds import folds
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import labelled, on_change, put, row
from clusterlab.lab.panels.playing import Slices
from clusterlab.lab.panels.views import headline_html, meter_html, table_html
from clusterlab.tomlfiles.tables import own_table

FIRST_WIDTH_PX = 900
HOURS_A_MONTH = 730.0
STORAGE_MTTR_H = 8.0
"""How long a failure of the storage lasts where it is sampled: as a node (handbook 5, 5.5.4)."""
SLICE_YEARS = 8192.0  # cluster-years sampled between two looks at the page: some tenths of a second
YEARS = {"50,000 years": 50_000, "200,000 years": 200_000, "1,000,000 years": 1_000_000}
REPAIRS = {"at any hour": None, "in office hours": OFFICE_HOURS}
FAILBACKS = {"never": None, "at night": NIGHT, "at once": ALWAYS}

_SAID = own_table(Path(__file__).with_name("availability.toml")).data
GROUPS = {title: _SAID[title] for title in ("Nodes", "Failover", "Maintenance")}
INPUTS = {name: item for group in GROUPS.values() for name, item in group.items()}
"""What each slider is called, its ends, its step and its tooltip; and by columns."""
PROMISED = (0.99, 0.995, 0.999, 0.9995, 0.9999)  # availabilities that contracts promise
SHARED = (0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 1.0)
"""Availabilities of the shared parts to choose from."""


class AvailabilityLab(Panel):
    """Availability of a pool of nodes: sliders, the hours of a year, gains, cost, sampling.

    Args:
        pool: What is shown first, or a client's file; the defaults of the handbook if None.

    Attributes:
        pool: What the sliders say now.
        study: What was sampled last, or None.
        sliders: By name of the input of `Pool`.
        choosers: "repairs", "failback", "storage", "years".
        numbers: "failures", "months", "cost": the fields of what was seen and what an hour costs.
        buttons: "sample", "stop".

    Example:
        >>> lab = AvailabilityLab()
        >>> lab.sliders["passive"].value = 2
        >>> lab
        AvailabilityLab(3+2: one EVS is down for 88.3 min a year, 99.983 % available)
    """

    _still_title = "Availability"

    def __init__(self, pool: Pool | Path | str | None = None) -> None:
        super().__init__()
        if isinstance(pool, Path | str):
            pool = _pool_of(read_client(pool, ANY))
        self.pool = pool or Pool()
        self.study: Any = None
        self._slices = Slices(self._show_sampling, self._failed)
        self._make_sliders()
        self._make_controls()
        self._live = w.HTML().add_class("clusterlab-live")
        self._cost, self._sampled, self._twin = (w.HTML() for _ in range(3))
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX),)
        self._lay_out()
        self._is_rendering = False
        self.render()

    def __repr__(self) -> str:
        return f"AvailabilityLab({drawn.head_text(self.pool)})"

    def twin(self) -> str:
        """Return where the hours go, as a table."""
        return drawn.availability_table(self.pool)

    def looks(self) -> str:
        """Return the twin, and what the downtime costs."""
        return "\n".join((self.twin(), *map(": ".join, self._cost_rows())))

    def _fields(self) -> dict[str, Any]:
        return {**self.sliders, **self.choosers, **self.numbers}

    def _restore(self, snapshot: Any) -> None:
        super()._restore(snapshot)
        self._take_sliders()

    def open_file(self, path: Path) -> None:
        """Take the nodes and EVSs of a client's file, and what it requires."""
        self.pool = _pool_of(read_client(path, ANY))
        self._forget_study()
        self._is_rendering = True
        self._show_pool()
        self._is_rendering = False
        self.render()

    def _take_sliders(self) -> None:
        values = {name: slider.value for name, slider in self.sliders.items()}
        self.pool = Pool(**values)
        self._forget_study()

    @property
    def habits(self) -> Habits:
        """What the lists below the figure say."""
        down = 1 - self.pool.shared
        has_storage = self.choosers["storage"].value and down > 0
        mtbf_h = STORAGE_MTTR_H * self.pool.shared / down if has_storage else float("inf")
        return Habits(
            repairs=REPAIRS[self.choosers["repairs"].value],
            failback=FAILBACKS[self.choosers["failback"].value],
            storage_mtbf_h=mtbf_h,
            storage_mttr_h=STORAGE_MTTR_H,
        )

    def chain(self) -> Chain:
        """Return what is sampled: the pool with the habits chosen."""
        return pool_chain(self.pool, self.habits)

    def by_formula(self) -> tuple[float, str]:
        """Return the hours a year of the formulas, and what they stand for beside the sample."""
        shared = self.pool.shared if self.choosers["storage"].value else 1.0
        has_hours = self.habits.repairs or self.habits.failback
        words = "By the formulas, repairs at any time and no failback" if has_hours else ""
        return replace(self.pool, shared=shared).hours_a_year, words or "By the formulas"

    def _sample(self) -> None:
        from clusterlab.design.montecarlo import Study, pooled, study

        chain, years = self.chain(), self.choosers["years"].value
        self.study = None
        self._done = (0.0, float(years))

        def steps() -> Iterator[object]:
            found: list[Study] = []
            while (played := SLICE_YEARS * len(found)) < years:
                part = min(SLICE_YEARS, years - played)
                found.append(study(chain, part, seed=len(found)))
                self.study = pooled(found)
                self._done = (self.study.years, float(years))
                yield self.study

        self._slices.start(steps())

    def _forget_study(self) -> None:
        self._slices.stop()
        self.study = None
        self._done = (0.0, 1.0)

    def _show(self) -> None:
        self.picture.show()
        put(self._live, value=self._answer_html())
        put(self._cost, value=_table("What the downtime costs", self._cost_rows()))
        put(self._twin, value=f"<pre>{escape_text(self.twin())}</pre>")
        self._show_sampling()

    def _answer_html(self) -> str:
        promised, hours = self.choosers["promised"].value, self.pool.hours_a_year
        share = hours / ((1 - promised) * HOURS_A_YEAR)
        key, role = ("kept", "online") if share <= 1 else ("broken", "failed")
        words = _SAID["answer"][key].format(
            share=share,
            percent=100 * share,
            allowed=drawn.time_text(hours / share),
            promised=100 * promised,
        )
        head = headline_html(role, drawn.percent_text(self.pool.availability))
        large = f'<div class="clusterlab-large">{head}{_SAID["answer"]["large"]}</div>'
        return large + meter_html(words, share, "pending" if share <= 1 else role)

    def _draw(self, page: Page) -> Any:
        return drawn.availability_figure(self.pool, page=page)

    def _show_sampling(self) -> None:
        played, wanted = self._done
        put(self._bar, max=wanted, value=min(played, wanted))
        put(self.buttons["stop"], disabled=not self._slices.is_on)
        put(self._sampled, value=self._sampled_html())

    def _sampled_html(self) -> str:
        if self.study is None:
            return f"<p>{_SAID['answer']['nothing']}</p>"
        formula_h, which = self.by_formula()
        low_h, high_h = self.study.limits
        played, wanted = self._done
        state = "sampling" if self._slices.is_on else "done"
        if not self._slices.is_on and played < wanted:
            state = "stopped, what is known so far"
        rows = [
            ("Sampled", f"{self.study.hours_a_year:.4f} h a year down"),
            ("95 % limits", f"{low_h:.4f} to {high_h:.4f} h"),
            (which, f"{formula_h:.4f} h"),
            ("Cluster-years", f"{played:,.0f} of {wanted:,.0f}: {state}"),
        ]
        shared = "shared storage included" if self.choosers["storage"].value else "no shared parts"
        return _table(f"One EVS, {shared}", rows)

    def _cost_rows(self) -> list[tuple[str, str]]:
        limits = self.mtbf_limits()
        per_hour = self.numbers["cost"].value
        cost = cost_a_year(self.pool, per_hour)
        seen = cost_a_year(self.pool, per_hour, limits) if limits.value < float("inf") else None
        return [
            ("With the MTBF of the slider", f"{cost.value:,.0f} a year for all EVSs"),
            ("MTBF that was seen", _hours(limits)),
            ("With the MTBF that was seen", _money(seen) if seen else "no failure seen: no mean"),
        ]

    def mtbf_limits(self) -> Limits:
        """Return the MTBF that the failures typed in speak for, with its 90 % limits."""
        node_hours = self.numbers["months"].value * HOURS_A_MONTH * self.pool.nodes
        return mtbf_limits(self.numbers["failures"].value, node_hours)

    def _make_sliders(self) -> None:
        self.sliders = {name: _slider(item) for name, item in INPUTS.items()}
        self.sliders["shared"] = labelled(
            w.SelectionSlider, _SAID["fields"]["shared"][0], _SAID["fields"]["shared"][-1],
            width="100%", options=[("%.5g %%" % (100 * share), share) for share in SHARED],
        )  # fmt: skip
        self._show_pool()
        for slider in self.sliders.values():
            on_change(slider, self._guard(self._take_sliders))

    def _show_pool(self) -> None:
        for name, slider in self.sliders.items():
            value = getattr(self.pool, name)
            if name == "shared":
                shares = sorted({*SHARED, value})
                put(slider, options=tuple(("%.7g %%" % (100 * s), s) for s in shares))
            else:
                put(slider, max=max(slider.max, value), min=min(slider.min, value))
            put(slider, value=value)

    def _make_controls(self) -> None:
        self._add_choosers(
            "availability", self._forget_study, repairs=REPAIRS, failback=FAILBACKS,
            storage=(("left out", False), ("fails too", True)), years=YEARS.items(),
        )  # fmt: skip
        promises = [(drawn.percent_text(share), share) for share in PROMISED]
        self._add_choosers("availability", lambda: None, promised=promises)
        self.choosers["promised"].value = PROMISED[2]
        render = self._guard(lambda: None)
        values = {"failures": 4, "months": 6, "cost": 1000}
        self.numbers = {name: _number(name, value, render) for name, value in values.items()}
        self._add_buttons("availability", {"sample": self._sample, "stop": self._slices.stop})
        self._done = (0.0, 1.0)
        self._bar = w.FloatProgress(min=0, max=1, layout=w.Layout(width="160px"))

    def _lay_out(self) -> None:
        pages = []
        for title, names in GROUPS.items():
            more = (self.sliders["shared"],) if title == "Failover" else ()
            pages.append(row(*(self.sliders[name] for name in names), *more))
        inputs = folds(list(GROUPS), pages)
        inputs.children[1].unfold()
        inputs.add_class("clusterlab-inputs")
        habits = [self.choosers[name] for name in ("repairs", "failback", "storage", "years")]
        main = w.VBox([row(self._live, self.choosers["promised"], name="head"), self.picture])
        main.add_class("clusterlab-main")
        table = folds(["The figure as a table"], [self._twin])
        sample = w.VBox([
            w.HTML("<b>Habits, which have no formula: sampled</b>"),
            row(*habits),
            row(self.buttons["sample"], self.buttons["stop"], self._bar),
            self._sampled,
        ])  # fmt: skip
        cost = w.VBox([w.HTML("<b>Cost a year</b>"), row(*self.numbers.values()), self._cost])
        self._arrange(
            self.errors, row(inputs, main, name="body"), row(sample, cost, name="columns"), table,
            inputs=inputs, picture=self.picture, news=self._live, table=table, habits=sample,
            cost=cost, **self.sliders,
        )  # fmt: skip


def _pool_of(client: Client) -> Pool:
    """Return the pool of a cluster that there is, else of the design or the plan."""
    if client.there is None and client.design is not None:
        return client.design.pool
    config, wanted = client.cluster.config, client.wanted
    active = len(evs_names(config))
    pool = Pool() if wanted is None else wanted.requirements.pool
    return replace(pool, active=active, passive=len(config.nodes) - active)


def _slider(item: Sequence[Any]) -> Any:
    text, low, high, step, tooltip = item
    is_whole = all(float(number).is_integer() for number in (low, step))
    kind = w.IntSlider if is_whole and high <= 8 else w.FloatSlider
    digits = 0 if float(step).is_integer() else len(str(step).partition(".")[2])
    shape = "d" if kind is w.IntSlider else f".{digits}f"
    return labelled(
        kind, text, tooltip, width="100%", min=low, max=high, step=step,
        readout_format=shape,
    )  # fmt: skip


def _number(name: str, value: float, act: Callable[[], None]) -> Any:
    text, low, high, step, tooltip = _SAID["fields"][name]
    kind = w.BoundedIntText if step == 1 else w.BoundedFloatText
    return labelled(kind, text, tooltip, act, value=value, min=low, max=high, step=step)


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    return table_html(title, (title, "Value"), [tuple(map(escape_text, row)) for row in rows])


def _hours(limits: Limits) -> str:
    if limits.value == float("inf"):
        return f"more than {limits.low:,.0f} h (90 %)"
    return f"{limits.value:,.0f} h (90 %: {limits.low:,.0f} to {limits.high:,.0f} h)"


def _money(cost: Limits) -> str:
    return f"{cost.value:,.0f} a year (90 %: {cost.low:,.0f} to {cost.high:,.0f})"
