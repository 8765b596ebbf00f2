"""The controls for what is decided on the pages of a step: check boxes, lists, fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError
from clusterlab.lab.panels.parts import put
from clusterlab.procedures.procedure import Task
from clusterlab.procedures.step import Choice

UNDECIDED = "choose ..."
"""The entry of a list in which nothing has been chosen yet."""
_OF_NODES = ("node", "owners")
"""Names of choices that may be answered with a node."""


class Decisions(w.VBox):
    """The choices of one task.

    Args:
        changed: Called after each new choice.

    Attributes:
        controls: By name of the choice.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self.controls: dict[str, Any] = {}
        self._changed = changed
        self._shown: object = None
        self._task: Task | None = None

    def show(self, task: Task, nodes: Sequence[str], *, is_exam: bool) -> None:
        """Show the choices of *task* in a plan of *nodes*; an exam chooses nothing beforehand."""
        key = (task.key, is_exam)
        if key == self._shown:
            return
        self._shown, self._task = key, task
        self.controls = {
            choice.name: self._control(choice, task, _options(choice, task, nodes), is_exam)
            for choice in task.step.choices
        }
        put(self, children=tuple(self.controls.values()))

    def forget(self) -> None:
        """Make the next `show` begin anew, because another run is shown."""
        self._shown = None

    def choose(self, name: str, value: str) -> None:
        """Choose *value* for the choice *name*.

        Raises:
            ConfigError: If there is no such choice, or it does not take this value.
        """
        if name not in self.controls:
            raise ConfigError(f"no choice {name!r} here; allowed: {', '.join(self.controls)}")
        control, offered = self.controls[name], self._offered(name)
        if isinstance(control, w.Combobox):
            control.value = value
        elif value not in offered:
            raise ConfigError(f"{name} is {value!r}; allowed: {', '.join(offered)}")
        else:
            is_box = isinstance(control, w.Checkbox)
            control.value = not _is_negative(value) if is_box else value

    def values(self) -> Mapping[str, str]:
        """Return what is chosen, by name.

        Raises:
            ConfigError: If something has not been chosen yet.
        """
        return {name: self._value(name) for name in self.controls}

    def said(self) -> Mapping[str, str]:
        """Return what is chosen so far, for what is shown."""
        return {
            name: self._value(name)
            for name, control in self.controls.items()
            if not self._is_open(name)
        }

    def _value(self, name: str) -> str:
        control = self.controls[name]
        if isinstance(control, w.Checkbox):
            ticked, unticked = sorted(self._offered(name), key=_is_negative)
            return ticked if control.value else unticked
        if self._is_open(name):
            raise ConfigError(f"{control.description!r} is not decided; choose first")
        return str(control.value)

    def _is_open(self, name: str) -> bool:
        value = self.controls[name].value
        return value == UNDECIDED or (value == "" and "" not in self._offered(name))

    def _offered(self, name: str) -> tuple[str, ...]:
        assert self._task is not None
        return self._task.options(name)

    def _control(
        self, choice: Choice, task: Task, options: tuple[str, ...], is_exam: bool
    ) -> w.Widget:
        made = _widget(task.text(choice.question), options, choice.is_open, is_exam)
        made.observe(lambda _: self._changed(), names="value")
        return made


def _options(choice: Choice, task: Task, nodes: Sequence[str]) -> tuple[str, ...]:
    """Return what is offered; where other words are accepted, each node beside what is right."""
    more = nodes if choice.is_open and choice.name in _OF_NODES else ()
    return tuple(dict.fromkeys((*task.options(choice.name), *more)))


def _widget(question: str, options: tuple[str, ...], is_open: bool, is_exam: bool) -> w.Widget:
    wide = w.Layout(width="auto", max_width="100%")
    if _is_check_box(options):
        return w.Checkbox(
            value=not is_exam and not _is_negative(options[0]),
            description=question,
            indent=False,
            layout=wide,
        )
    style = {"description_width": "initial"}
    if is_open:
        made = w.Combobox(
            value="" if is_exam else options[0],
            options=sorted(option for option in options if option),
            description=question,
            placeholder="type it",
            continuous_update=False,
            style=style,
            layout=wide,
        )
    else:
        shown = [UNDECIDED, *sorted(options)] if is_exam else list(options)
        made = w.Dropdown(options=shown, description=question, style=style, layout=wide)
    made.add_class("clusterlab-decision")
    return made


def _is_check_box(options: tuple[str, ...]) -> bool:
    return len(options) == 2 and f"not {options[0]}" == options[1]


def _is_negative(option: str) -> bool:
    return option.startswith("not ")
