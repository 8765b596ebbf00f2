"""The inputs of the design panel: a control for each input of the calculator, made from its table.

Title, unit, range and source of a control come from `requirements.INPUTS`; whether a value is
right is said by `Requirements` alone, so fields take any number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.availability import RANGES, Pool
from clusterlab.design.designfiles import AVAILABILITY
from clusterlab.design.requirements import (
    INPUTS,
    PROFILES,
    DesignFault,
    DesignInput,
    Requirements,
    RequirementsError,
)
from clusterlab.lab.folds import folds
from clusterlab.lab.panels.parts import put, row

MIXED = "mixed"
SLIDERS: Mapping[str, tuple[float, float]] = {
    "mailboxes": (100, 100),
    "quota_mb": (10, 10),
    "growth": (0, 0.05),
    "evs_at_least": (1, 1),
    "passive": (0, 1),
    "storage_groups_max": (1, 1),
    "rto_database_h": (0.5, 0.25),
}
"""Inputs that have a slider: its least value and its step."""
_SLIDER_HIGHS = {"quota_mb": 2000.0, "growth": 2.0, "rto_database_h": 24.0}
"""Where a slider ends before the input does; a file may say more."""

_BY_NAME = {item.name: item for item in INPUTS}
_PLACE = w.Layout(width="400px")
_STYLE = {"description_width": "230px"}


class DesignInputs(w.VBox):
    """Sliders for the main inputs, fields for the others, behind two pages that open.

    Args:
        start: What they show first.
        changed: Called after each change by the user.

    Attributes:
        sliders: By the name of the input.
        fields: The others, by name; those of the availability too.
        profile: Kind of the mailboxes.
    """

    def __init__(self, start: Requirements, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.is_set_by_code = True
        self.sliders = {name: self._slider(_BY_NAME[name]) for name in SLIDERS}
        self.profile = w.Dropdown(
            options=[*PROFILES, MIXED],
            description="profile of the mailboxes",
            tooltip="What a mailbox does (handbook 5, 5.1.5); mixed: see the shares below",
            style=_STYLE,
            layout=w.Layout(width="470px"),
        )
        self.profile.observe(lambda _: self._profile_chosen(), names="value")
        self.fields = {
            item.name: self._field(item.title, item.unit, item.default is None)
            for item in INPUTS
            if item.name not in self.sliders
        }
        self.fields |= {name: self._field(RANGES[name].what, "", False) for name in AVAILABILITY}
        others = [self.fields[item.name] for item in INPUTS if item.name in self.fields]
        pages = folds(
            ("All inputs", "Availability of the nodes"),
            (row(*others), row(*(self.fields[name] for name in AVAILABILITY))),
        )
        super().__init__([row(self.profile, *self.sliders.values()), pages])
        self.show(start)

    @property
    def controls(self) -> dict[str, Any]:
        """All controls by name."""
        return {"profile": self.profile, **self.sliders, **self.fields}

    # --- between values and controls ------------------------------------------------------------

    def show(self, needs: Requirements) -> None:
        """Show other requirements; nobody is told."""
        self.is_set_by_code = True
        numbers = needs.numbers()
        for name, slider in self.sliders.items():
            put(slider, max=max(slider.max, numbers[name]), min=min(slider.min, numbers[name]))
            put(slider, value=numbers[name])
        for item in INPUTS:
            if item.name in self.fields:
                put(self.fields[item.name], value=_shown(getattr(needs, item.name)))
        for name in AVAILABILITY:
            put(self.fields[name], value=_shown(getattr(needs.pool, name)))
        shares = {kind: getattr(needs, f"share_{kind}") for kind in PROFILES}
        put(self.profile, value=next((kind for kind, share in shares.items() if share == 1), MIXED))
        self.is_set_by_code = False

    def requirements(self) -> Requirements:
        """Return what the controls say.

        Raises:
            RequirementsError: With everything that is wrong.
        """
        faults: list[DesignFault] = []
        values: dict[str, Any] = {
            name: self._value(name, faults) for name in (*self.sliders, *self.fields)
        }
        pool_values = {name: values.pop(name) for name in AVAILABILITY}
        given = {name: value for name, value in values.items() if value is not None}
        found = Requirements()
        try:
            if given["quota_mb"] == self._usual_quota(given):
                del given["quota_mb"]
            found = Requirements(**given)
        except RequirementsError as error:
            faults += error.faults
        said = {name: value for name, value in pool_values.items() if value is not None}
        faults += [fault for name, value in said.items() if (fault := _pool_fault(name, value))]
        if faults:
            raise RequirementsError(faults)
        return replace(found, pool=Pool(**said))

    def _usual_quota(self, given: Mapping[str, Any]) -> float:
        shares = (given.get(f"share_{kind}", 0) * PROFILES[kind].quota_mb for kind in PROFILES)
        return float(sum(shares))

    def _value(self, name: str, faults: list[DesignFault]) -> float | int | None:
        """Return the number that a control holds; None for an empty field."""
        if name in self.sliders:
            value: float | int = self.sliders[name].value
            return value
        text = self.fields[name].value.strip().replace(",", ".")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            faults.append(DesignFault(name, f"{name} = {text!r}; allowed: a number"))
            return None
        is_whole = _BY_NAME[name].is_whole if name in _BY_NAME else name == "crews"
        return int(number) if is_whole and number.is_integer() else number

    # --- what the user does ---------------------------------------------------------------------

    def _tell(self) -> None:
        if not self.is_set_by_code:
            self._changed()

    def _profile_chosen(self) -> None:
        if self.is_set_by_code or self.profile.value == MIXED:
            return
        self.is_set_by_code = True
        for kind in PROFILES:
            put(self.fields[f"share_{kind}"], value="1" if kind == self.profile.value else "0")
        put(self.sliders["quota_mb"], value=float(PROFILES[self.profile.value].quota_mb))
        self.is_set_by_code = False
        self._changed()

    def _field_changed(self) -> None:
        if self.is_set_by_code:
            return
        self.is_set_by_code = True
        texts = {kind: self.fields[f"share_{kind}"].value.strip() for kind in PROFILES}
        ones = [kind for kind, text in texts.items() if text in ("1", "1.0")]
        others = [kind for kind, text in texts.items() if text not in ("", "0", "0.0", "1", "1.0")]
        put(self.profile, value=ones[0] if len(ones) == 1 and not others else MIXED)
        self.is_set_by_code = False
        self._changed()

    # --- building -------------------------------------------------------------------------------

    def _slider(self, item: DesignInput) -> Any:
        low, step = SLIDERS[item.name]
        kind = w.IntSlider if item.is_whole else w.FloatSlider
        high = _SLIDER_HIGHS.get(item.name, item.high)
        number = int if item.is_whole else float
        made = kind(
            value=number(low),
            min=number(low),
            max=number(high),
            step=number(step),
            description=_label(item.title, item.unit),
            tooltip=f"{item.title}; {item.source}",
            style=_STYLE,
            layout=w.Layout(width="470px"),
        )
        if not item.is_whole:
            made.readout_format = ".2f" if step < 1 else ".0f"
        made.observe(lambda _: self._tell(), names="value")
        return made

    def _field(self, title: str, unit: str, may_be_empty: bool) -> Any:
        made = w.Text(
            description=_label(title, unit),
            tooltip=title,
            placeholder="by the profile" if may_be_empty else "default",
            continuous_update=False,
            style={"description_width": "290px"},
            layout=_PLACE,
        )
        made.observe(lambda _: self._field_changed(), names="value")
        return made


def _pool_fault(name: str, value: Any) -> DesignFault | None:
    try:
        Pool(**{name: value})
    except ConfigError as error:
        return DesignFault(name, str(error))
    return None


def _label(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title


def _shown(value: float | int | None) -> str:
    return "" if value is None else f"{value:g}" if abs(value) < 1e5 else str(value)
