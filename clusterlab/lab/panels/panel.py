"""What every panel on a page is: frame, style, keys, errors, picture, twin, and what tours need.

A panel is a box of widgets that shows something and lets it be changed. It says what it shows
(`_show`), its twin in words (`twin`), its picture (`Picture`) and the parts it is made of
(`_arrange`); all the rest is here. It knows no rule of the domain and draws nothing.

A tour, and whoever else leads a learner through a panel, uses these:

- `acts()`: names in words of what can be done now;
- `act(words)`: do one of them, as if the learner had;
- `on_deed(observer)`: be told what was done, however it was done;
- `show_only(parts)` and `show_all()`: what of the panel is on screen;
- `snapshot()` and `restore(snapshot)`: the state, exactly;
- `mark(target)`: put a mark around something in the picture.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import RLock
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar

import ipywidgets as w
import plotly.graph_objects as go
from traitlets import TraitError

from clusterlab.cluster.errors import ConfigError, OperationRefused, impossible, wrong
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.figures.still import still
from clusterlab.lab.folds import Fold
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.deeds import Deed
from clusterlab.lab.panels.parts import (
    Guard,
    Keys,
    button,
    chooser,
    keep_all_messages,
    on_change,
    said_of,
    style_sheet,
)
from clusterlab.lab.panels.picture import Draw, Picture
from clusterlab.lab.panels.views import refusal_html

HIDDEN = "clusterlab-hidden"  # class of what `show_only` leaves out
Hits = Mapping[str, Callable[[str], None]]
"""From the kind of a shape to what follows a click on it, given the shape's name."""


class ErrorArea(w.HTML):
    """Where a panel says what went wrong; nothing is swallowed.

    Used as a context manager around every callback: what it catches, it shows, a refusal of the
    product as the lesson it is, anything else as an alert with its traceback folded.

    JupyterLab lets the messages of widgets arrive in two threads of the kernel, so callbacks also
    have to take turns.
    """

    def __init__(self, turn: RLock | None = None) -> None:
        super().__init__()
        self.caught: Exception | None = None
        self.turn = turn or RLock()
        self.add_class("clusterlab-errors")

    def __enter__(self) -> ErrorArea:
        self.turn.acquire()
        self.clear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        try:
            if isinstance(error, Exception):
                self.show(error)
            return isinstance(error, Exception)
        finally:
            self.turn.release()

    @property
    def text(self) -> str:
        """What is shown, as plain text; "" if nothing is."""
        if isinstance(self.caught, OperationRefused):
            return f"Refused: {self.caught.message}"
        return "" if self.caught is None else f"{type(self.caught).__name__}: {self.caught}"

    def clear(self) -> None:
        """Show nothing."""
        self.caught = None
        self.value = ""

    def show(self, error: Exception, note: str = "") -> None:
        """Show an exception; *note* is HTML that is added to a refusal."""
        self.caught = error
        if isinstance(error, OperationRefused):
            self.value = _alert("pending", refusal_html(error) + note)
        elif isinstance(error, ConfigError):
            self.value = _alert("pending", f"<b>Not possible</b>: {escape_text(str(error))}.")
        else:
            trace = "".join(traceback.format_exception(error))
            self.value = _alert(
                "failed",
                f"<b>The panel met an error</b>: {escape_text(self.text)}. Choose the scenario "
                "again to start afresh."
                f"<details><summary>Details</summary><pre>{_lines(trace)}</pre></details>",
            )


def _alert(role: str, html: str) -> str:
    return f'<div role="alert" class="clusterlab-alert clusterlab-{role}">{html}</div>'


def _lines(text: str) -> str:
    return "\n".join(escape_text(line) for line in text.splitlines())


class Panel(w.VBox):
    """A panel; see the module's first lines for what it offers to tours.

    Args:
        turn: The lock of a panel beside this one, if they show the same.

    Attributes:
        errors: What went wrong, as shown.
        opener: The field for the name of a client's file.
        buttons: By what they do, for example "fail NODE3", "play" or "move".
        choosers: Lists to choose from, by name.
        parts: What `show_only` may name, besides buttons and choosers.
        pictures: What is drawn; the first one is kept as a still.
    """

    has_menus: ClassVar[bool] = False
    """Whether the objects of its picture open menus with their commands."""
    kept: ClassVar[tuple[str, ...]] = ()
    """Attributes that are its state besides the controls; their values never change inside."""
    is_low = False  # whether its pictures have to save height
    fronts: ClassVar[Mapping[str, str]] = {}
    """Parts that are all the tabs, with the one of this title in front."""
    _still_title = ""  # a few words for the still picture
    styles: ClassVar[tuple[str, ...]] = ()
    """Files beside this one with rules of style that only this panel needs."""

    def __init__(self, turn: RLock | None = None) -> None:
        keep_all_messages()
        super().__init__()
        self.add_class("clusterlab-panel")
        self._is_rendering = True  # nothing that is set while building is a user's choice
        self.errors = ErrorArea(turn)
        self.buttons: dict[str, w.Button] = {}
        self.choosers: dict[str, w.Dropdown] = {}
        self.parts: dict[str, w.Widget] = {}
        self.pictures: tuple[Picture, ...] = ()
        self._keys = Keys()
        self._style = style_sheet(*self.styles)
        self._observers: list[Callable[[Deed], None]] = []
        self._deeds: list[Deed] = []  # done, and told when the panel shows what came of it
        self._shown: tuple[str, ...] | None = None
        self._heard: set[str] = set()
        self.opener = self._opener(self.open_file)

    # --- what a panel says --------------------------------------------------------------------

    def twin(self) -> str:
        """Return what the panel shows, in words: what is kept for readers without a kernel."""
        return repr(self)

    def looks(self) -> str:
        """Return all that can be read in the panel, what is folded or in a tab included."""
        return self.twin()

    def came(self) -> tuple[str, ...]:
        """Return in sentences what came of the last deed, if it is more than what is shown."""
        return () if self.errors.caught is None else (self.errors.text,)

    def _show(self) -> None:
        """Show everything as it is now; controls may be set without being taken for a user's."""

    def _fields(self) -> Mapping[str, Any]:
        """Return the controls that have a value, by the name that `act("set NAME=VALUE")` takes."""
        return self.choosers

    def _deed_of(self, key: str) -> str:
        """Return the deed that a button is, in words; "" if it is told in another way."""
        return key

    def _inner(self) -> tuple[Panel, ...]:
        """Return the panels that stand in this one; what can be done in them can be done here."""
        return ()

    # --- frame --------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """The first picture."""
        return self.pictures[0]

    @property
    def figure(self) -> LiveFigure:
        """The live figure of the first picture."""
        return self.picture.figure

    def __repr__(self) -> str:
        return self.twin()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Return the live view, and for readers without a kernel the twin and a still picture."""
        twin = self.twin()  # which may bring the view up to date
        data: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        return data | {"text/plain": twin} | self._still()

    def _first(self) -> go.Figure | None:
        """Return what the still picture shows, or None."""
        return self.picture.first() if self.pictures else None

    def _still(self) -> dict[str, str]:
        if (figure := self._first()) is not None:
            return {"text/html": still(figure, self._still_title)._repr_html_()}
        return self._inner()[0]._still() if self._inner() else {}

    def _arrange(self, *rows: w.Widget, **parts: w.Widget) -> None:
        """Put *rows* below each other into the frame; *parts* are what `show_only` may name.

        A panel that can open a file has the field for its name at the end, or among its parts.
        """
        if "open" not in parts and type(self).open_file is not Panel.open_file:
            rows, parts = (*rows, self.opener), {**parts, "open": self.opener}
        self.parts = parts
        self.children = (self._style, *rows, self._keys)
        self._listen()
        self._hide()

    def _picture_of(self, draw: Draw, width_px: int, hits: Hits = MappingProxyType({})) -> Picture:
        """Return a picture that follows the theme and the width of the page."""

        def hit(trace: Any, points: Any, _: Any) -> None:
            if points.point_inds:  # a figure tells all traces of each click
                self._guard(lambda: hits[trace.meta["kind"]](trace.meta["name"]))()

        def listen(figure: LiveFigure) -> None:
            for trace in figure.data:
                if trace.meta is not None and trace.meta["kind"] in hits:
                    trace.on_click(hit)

        picture = Picture(draw, width_px, listen, self._refresh)
        picture.is_low = self.is_low
        return picture

    def _add_buttons(
        self, of: str, acts: Mapping[str, Callable[[], None]], guard: Guard | None = None
    ) -> None:
        """Add buttons with their acts, in the words of `buttons.toml`."""
        for key, act in acts.items():
            text, tip, *classes = said_of("buttons", of)[key]
            self.buttons[key] = button(text, tip, (guard or self._guard)(act), *classes)

    def _add_choosers(
        self, of: str, act: Callable[[], object] | None = None, **options: Iterable[Any]
    ) -> None:
        """Add lists with what they offer, in the words of `choosers.toml`; *act* follows each."""
        callback = (lambda: None) if act is None else self._guard(act)
        for key, offered in options.items():
            text, *more = said_of("choosers", of)[key]
            self.choosers[key] = chooser(text, offered, callback, *more)

    def open_file(self, path: Path) -> None:
        """Show what a client's file or folder says instead; one that is wrong changes nothing.

        Raises:
            ConfigError: With everything that is wrong, or if the panel opens no file.
        """
        raise ConfigError(f"{type(self).__name__} opens no file")

    def _opener(self, take: Callable[[Path], object]) -> w.Text:
        """Return a field for the name of a client's file or folder, which *take* then shows."""
        tip = "A client's file, or a folder with listings"
        field = w.Text(description="Open", placeholder="client.toml", tooltip=tip)
        field.continuous_update, field.style.description_width = False, "initial"
        act = self._guard(lambda: take(Path(field.value.strip())) if field.value.strip() else None)
        field.observe(lambda _: act(), names="value")
        return field

    def render(self) -> None:
        """Show everything as it is now, all changes in place; then tell of what was done."""
        with self.errors.turn:
            if self._is_rendering:
                return
            self._is_rendering = True
            try:
                self._show()
            finally:
                self._is_rendering = False
        while self._deeds:
            self._did(self._deeds.pop(0))

    def _changed(self) -> None:
        """Show what was changed, here and wherever else the same is shown."""
        self.render()

    def _guard(self, act: Callable[[], object]) -> Callable[[], None]:
        """Return a callback that shows what goes wrong, and the panel afterwards.

        It waits for its turn before it asks who changed the control: a click that arrives while
        another thread renders is still a click.
        """

        def callback() -> None:
            with self.errors.turn:
                if self._is_rendering:
                    return
                with self.errors:
                    try:
                        act()
                    except (ConfigError, OperationRefused):
                        self._changed()  # a control that was moved goes back
                        raise
                    self._changed()

        return callback

    def _refresh(self, change: Any = None) -> None:
        """Show the same in another way; what went wrong before stays on screen."""
        try:
            self.render()
        except Exception as error:
            self.errors.show(error)

    def _failed(self, error: Exception) -> None:
        self.errors.show(error)
        self.render()

    # --- what can be done, and doing it -------------------------------------------------------

    def acts(self) -> tuple[str, ...]:
        """Return names in words of what can be done now; each of them is taken by `act`.

        "set NAME" stands for "set NAME=VALUE", where VALUE is what the control itself shows.
        """
        pressed = [
            words
            for key, made in self.buttons.items()
            if not made.disabled and (words := self._deed_of(key))
        ]
        inner = (words for panel in self._inner() for words in panel.acts())
        return (*pressed, *(f"set {name}" for name in self._fields()), *inner)

    def act(self, words: str) -> None:
        """Do one of `acts()`, as if the learner had; what goes wrong is shown in `errors`.

        Raises:
            ConfigError: If the panel knows no such deed, or it cannot be done now.
        """
        words = words.strip()
        name, _, value = words.removeprefix("set ").partition("=")
        if words.startswith("set ") and name.strip() in self._fields():
            self._set(name.strip(), value.strip())
        elif words in self.buttons and self._deed_of(words):
            self._press(words)
        elif inner := self._inner():
            takers = [panel for panel in inner if words.partition("=")[0] in panel.acts()]
            (takers or inner)[0].act(words)
        else:
            raise impossible("nothing to do here", words, ", ".join(self.acts()))

    def _press(self, key: str) -> None:
        if self.buttons[key].disabled:
            raise ConfigError(f"{key!r} cannot be done now: {self.buttons[key].tooltip}")
        self.buttons[key].click()

    def _set(self, name: str, text: str) -> None:
        field = self._fields()[name]
        if (options := getattr(field, "_options_labels", None)) is not None:
            if text not in options:
                allowed = ", ".join(options)
                raise wrong(name, text, allowed)
            field.label = text
            return
        try:
            field.value = _value_like(field.value, text)
        except Exception as error:
            raise wrong(name, text, str(error)) from None

    def on_deed(self, observer: Callable[[Deed], None]) -> Callable[[], None]:
        """Tell *observer* of each deed, however it was done, until what is returned is called.

        A deed is told after the panel shows what came of it, also one that was refused. What goes
        wrong in an observer is shown in `errors`.
        """
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def _did(self, deed: Deed) -> None:
        try:
            for observer in tuple(self._observers):
                observer(deed)
        except Exception as error:
            self.errors.show(error)

    def _listen(self) -> None:
        """Hear of each button and field, once; what they do themselves comes first."""
        for key, made in self.buttons.items():
            if self._is_new(made):
                made.on_click(lambda _, key=key: self._pressed(key))
        for name, field in self._fields().items():
            if self._is_new(field):
                on_change(field, partial(self._field_changed, name))

    def _is_new(self, control: w.Widget) -> bool:
        is_new = control.model_id not in self._heard
        self._heard.add(control.model_id)
        return is_new

    def _pressed(self, key: str) -> None:
        if words := self._deed_of(key):
            self._tell_deed(words)

    def _field_changed(self, name: str) -> None:
        if not self._is_rendering and name in self._fields():
            field = self._fields()[name]
            shown = getattr(field, "label", None)
            value = f"{field.value:g}" if isinstance(field.value, float) else field.value
            self._tell_deed(f"set {name}={value if shown is None else shown}")

    def _tell_deed(self, words: str) -> None:
        """Tell of a deed that was just done, unless it went wrong."""
        caught = self.errors.caught
        if caught is None or isinstance(caught, OperationRefused):
            self._did(Deed(words, refusal=caught))

    # --- what is on screen --------------------------------------------------------------------

    def show_only(self, parts: Iterable[str]) -> None:
        """Show these parts, buttons and choosers, and what holds them; errors are always shown.

        Raises:
            ConfigError: If there is no such part.
        """
        parts = tuple(parts)
        for name in parts:
            if name not in self._named():
                known = ", ".join(self._named())
                raise ConfigError(f"the panel has no part {name!r}; allowed: {known}")
        for name in self.fronts.keys() & parts if parts != self._shown else ():
            tabs = self.parts[name]
            tabs.selected_index = tabs.titles.index(self.fronts[name])
        self._shown = parts
        self._hide()

    def show_all(self) -> None:
        """Show every part again."""
        self._shown = None
        self._hide()

    def _named(self) -> dict[str, w.Widget]:
        inner = {name: one for panel in self._inner() for name, one in panel._named().items()}
        return {**inner, **self.parts, **self.buttons, **self.choosers}

    def _hide(self) -> None:
        """Hide what was not chosen; what comes or goes is chosen by its name."""
        named = self._named()
        names = named if self._shown is None else self._shown
        wanted = {named[name].model_id for name in names if name in named}
        for child in self.children:
            is_wanted, _ = _hide_but(child, wanted, {one.model_id for one in named.values()})
            if is_wanted and self._shown is not None:
                _unfold(child, wanted)
            is_kept = self._shown is None or child in (self._style, self._keys, self.errors)
            set_hidden(child, not (is_wanted or is_kept))

    # --- state and mark -----------------------------------------------------------------------

    def snapshot(self) -> Any:
        """Return the state of the panel, to be given to `restore` as often as one likes."""
        kept = {name: getattr(self, name) for name in self.kept}
        return kept, {name: field.value for name, field in self._fields().items()}

    def restore(self, snapshot: Any) -> None:
        """Go back to a state that `snapshot` returned; nobody is told of a deed."""
        with self.errors:
            self._is_rendering = True
            try:
                self._restore(snapshot)
            finally:
                self._is_rendering = False
            self._changed()

    def _restore(self, snapshot: Any) -> None:
        (kept, values), fields = snapshot, self._fields()
        for name, value in kept.items():
            setattr(self, name, value)
        for name, value in values.items():
            with suppress(TraitError):  # what was chosen is there no longer
                fields[name].value = value

    def mark(self, target: str = "") -> None:
        """Put a mark around what *target* names in the pictures; "" takes the mark away.

        What is not in the picture is not marked; it may come later.
        """
        for picture in self.pictures:
            picture.mark(target)
        for panel in self._inner():
            panel.mark(target)


def _hide_but(widget: w.Widget, wanted: set[str], named: set[str]) -> tuple[bool, bool]:
    """Hide what of a widget is not wanted; text without a name stays beside what is shown.

    Return whether it is wanted or holds what is, and whether it has or holds a name.
    """
    if widget.model_id in wanted:
        _reveal(widget)
        return True, True
    children = [(child, *_hide_but(child, wanted, named)) for child in _children(widget)]
    is_wanted = any(found for _, found, _ in children)
    for child, found, has_name in children if is_wanted else ():
        set_hidden(child, has_name and not found)
    return is_wanted, widget.model_id in named or any(has_name for *_, has_name in children)


def _unfold(widget: w.Widget, wanted: set[str]) -> bool:
    """Open the folds that hold what is wanted; return whether the widget is that or holds it."""
    is_wanted = widget.model_id in wanted or any(
        [_unfold(child, wanted) for child in _children(widget)]
    )
    if is_wanted and isinstance(widget, Fold):
        widget.unfold()
    return is_wanted


def _reveal(widget: w.Widget) -> None:
    set_hidden(widget, False)
    for child in _children(widget):
        _reveal(child)


def _children(widget: w.Widget) -> tuple[w.Widget, ...]:
    return tuple(getattr(widget, "children", ()))


def set_hidden(widget: w.Widget, is_hidden: bool) -> None:
    """Hide a widget, or show it again."""
    if (HIDDEN in widget._dom_classes) != is_hidden:
        (widget.add_class if is_hidden else widget.remove_class)(HIDDEN)


def _value_like(value: Any, text: str) -> Any:
    if isinstance(value, bool):
        if text not in ("yes", "no"):
            raise ValueError("yes, no")
        return text == "yes"
    return type(value)(text)
