"""The Cluster Administrator panel: the product's tree, lists, menus and property pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.clusterexe.commands import VERBS, command_line
from clusterlab.lab.figures.drawing import escape_text, plain_text
from clusterlab.lab.panels import contents, parts
from clusterlab.lab.panels.branches import Branches
from clusterlab.lab.panels.deeds import Deed, words_of
from clusterlab.lab.panels.failover import FailoverLab
from clusterlab.lab.panels.forms import FORMS
from clusterlab.lab.panels.pages import Sheet, sheet_of, subject_of
from clusterlab.lab.panels.parts import put, row
from clusterlab.lab.panels.timepanel import ClusterPanel
from clusterlab.lab.panels.views import command_cells, state_html
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.tables import own_table

BEST_POSSIBLE = "Best Possible"
PROPERTIES = "Properties"
TARGETS = {"Move Group": "to", "Change Group": "group"}  # the dropdown beside a command
NEW = ("New Group", "New Node", "New Resource")
NOTHING_DONE = "Each command shows its cluster.exe line here, and where the product has it."

_SAID = own_table(Path(__file__).with_suffix(".toml")).data
WORDS: Sequence[str] = _SAID["words"]  # every command, in the order of the menu
MENUS = {kind: frozenset(words) for kind, words in _SAID["menus"].items()}
"""The commands for each kind of item."""
REQUESTS = {(verb.kind, verb.menu): verb.event for verb in VERBS}  # what each command asks for


class AdministratorLab(ClusterPanel):
    """Cluster Administrator on a simulation, alone or beside a failover panel.

    Args:
        start: A `FailoverLab` to stand beside, so that each shows at once what is done in the
            other; or a simulation or a cluster of its own, where what is done elsewhere shows at
            the next click here or with `render()`; None takes three active nodes and a passive one.

    Attributes:
        branches: Every sequence of events and the moment shown; the failover panel's own.
        item: What is selected, and what the commands are about.
        buttons: By what stands on them: "Bring Online", "Properties", "OK", "Apply"; and
            "forward", "to end", "undo".
        choosers: Dropdowns: "to", the target of Move Group, and "group", that of Change Group.
        sheet: The property pages that are open, or None.
        explorer: Tree and list.

    Raises:
        ConfigError: If *start* is something else.

    Example:
        >>> lab = AdministratorLab()
        >>> lab.select("group", "EVS2")
        >>> lab.buttons["Take Offline"].click()
        >>> lab.buttons["to end"].click()
        >>> lab.branches.cluster.group_state("EVS2").value
        'Offline'
    """

    kept = ("folder", "item")
    told = ("forward", "to end", "undo", "Cancel", PROPERTIES, *FORMS)

    def __init__(
        self, start: FailoverLab | Simulation | Cluster | Path | str | None = None
    ) -> None:
        beside = start if isinstance(start, FailoverLab) else None
        if beside is not None:
            super().__init__(beside.branches, beside.errors.turn)
            self._do, self._travel = beside.do, beside.travel
        else:
            simulation = parts.simulation_of(start)
            super().__init__(Branches(simulation))
            self._do, self._travel = self.branches.send, lambda move: move()
        self.folder = self.item = contents.GROUPS
        self.sheet: Sheet | None = None
        self._make_controls()
        self._lay_out()
        parts.show_if(self.opener, beside is None)  # the panel beside this one opens its own
        self._is_rendering = False
        self.render()

    def open_file(self, path: Path) -> None:
        """Show the cluster of a client's file or folder instead."""
        self.branches.open(parts.simulation_of(path))
        self._close()
        self.folder = self.item = contents.GROUPS
        put(self._done, value=NOTHING_DONE)

    @property
    def cluster(self) -> Cluster:
        """The cluster at the moment shown."""
        return self.branches.cluster

    @property
    def listing(self) -> str:
        """The list of what is selected in the tree, as text."""
        self.render()  # a cell may have acted on the simulation
        shown = contents.table(self.cluster, self.folder)
        return f"{contents.name_of(self.cluster, self.folder)}:\n\n{contents.table_text(shown)}"

    def twin(self) -> str:
        """Return in words: the tree, and the list of what is selected in it."""
        listing, cluster = self.listing, self.cluster
        head = f"Cluster Administrator - {cluster.config.name} at t = {cluster.now_s:.1f} s"
        return f"{head}\n\n{contents.tree_text(cluster)}\n\n{listing}"

    def select(self, kind: str, name: str = "", of: str = "") -> None:
        """Select an item, such as ("group", "EVS1"), ("resource", "Disk R:") or ("networks",).

        Raises:
            OperationRefused: If there is no such group, resource, node or network.
        """
        self._close()
        self.folder, self.item = self._found(kind, name, of)
        self.render()

    def _found(self, kind: str, name: str, of: str) -> tuple[contents.TreeItem, contents.TreeItem]:
        config = self.cluster.config
        item = contents.TreeItem(kind, _full_name(config, kind, name), of)
        if kind == "resource":
            return contents.TreeItem("group", config.resources_by_name[item.name].group), item
        is_listed = kind in ("network", "interface", "type")
        return contents.TreeItem(f"{kind}s") if is_listed else item, item

    def act(self, words: str) -> None:
        """Do one of `acts()`, let an event happen, or "select KIND NAME"."""
        verb, _, rest = words.strip().partition(" ")
        if verb == "select":
            kind, _, name = rest.partition(" ")
            self.select(kind, name)
            self._told_selection()
        else:
            super().act(words)

    def _told_selection(self) -> None:
        self._tell_deed(f"select {self.item.kind} {self.item.name}".rstrip())

    def _selected(self) -> None:
        if (self.explorer.folder, self.explorer.item) != (self.folder, self.item):
            self._close()
            self.folder, self.item = self.explorer.folder, self.explorer.item
            self._told_selection()

    def _opened(self, item: contents.TreeItem) -> None:
        """Go into an item that has a list of its own, else show its properties."""
        is_place = item in {entry.item for entry in contents.tree(self.cluster)}
        if is_place and item != self.folder:
            self._close()
            self.folder = self.item = item
        elif PROPERTIES in MENUS.get(item.kind, ()):
            self._open_sheet(PROPERTIES)

    def send(self, *events: Event) -> None:
        """Let *events* happen at the moment shown: all of them, or none if one is refused."""
        with self.errors:
            self._request(events)
            self._changed()

    def _request(self, events: Sequence[Event]) -> bool:
        """Carry out requests; False if one is refused, and then nothing has changed."""
        try:
            self.branches.try_out(*events)
        except (OperationRefused, ConfigError) as refusal:
            is_typed = isinstance(refusal, OperationRefused)  # else a value has no place in a line
            self.errors.show(refusal, self._lines_html(events[:1]) if is_typed else "")
            if isinstance(refusal, OperationRefused):
                words = words_of(events[0], self.cluster.config)
                self.branches.report(Deed(words, events[0], refusal))
            put(self._done, value="")
            return False
        lines = ""
        for event in events:
            lines += self._lines_html([event])
            self._do(event)
        put(self._done, value=lines or "Nothing was to be changed.")
        return True

    def _lines_html(self, events: Iterable[Event]) -> str:
        config = self.cluster.config
        cells = (command_cells(event, config) for event in events)
        return "".join(f"<div>{line} ({path})</div>" for line, path in cells)

    def _command(self, word: str) -> Callable[[], None]:
        def act() -> None:
            self._close()
            self._request([self._event(word)])

        if word == PROPERTIES or word in FORMS:
            return self._guard(lambda: self._open_sheet(word))
        return self._guard(act)

    def _event(self, word: str) -> Event:
        item, cluster = self.item, self.cluster
        name = item.name
        if item.kind == "resource":
            name = subject_of(cluster, cluster.config.resources_by_name[name])
        if word not in TARGETS:
            return REQUESTS[item.kind, word](name)
        to = self.choosers[TARGETS[word]].value
        return REQUESTS[item.kind, word](name, None if to == BEST_POSSIBLE else to)

    def _open_sheet(self, word: str, page: int = 0) -> None:
        is_form = word in FORMS
        self.sheet = FORMS.get(word, sheet_of)(self.cluster, self.item, self._guard)
        self.sheet.selected_index = page
        name = escape_text(contents.name_of(self.cluster, self.item))
        put(self._sheet_title, value=f"<b>{word}</b>{'' if word in NEW else f': {name}'}")
        parts.show_if(self.buttons["Apply"], not is_form)
        put(self._sheet_place, children=(self._sheet_title, self.sheet, self._sheet_buttons))
        parts.show_if(self._sheet_place, True)

    def _close(self) -> None:
        self.sheet = None
        put(self._sheet_place, children=())
        parts.show_if(self._sheet_place, False)

    def _apply(self) -> None:
        if self.sheet is not None and self._request(self.sheet.events()):
            self._open_sheet(PROPERTIES, self.sheet.selected_index)

    def _accept(self) -> None:
        """Ask for what was changed, and close the pages unless it is refused."""
        events = [] if self.sheet is None else self.sheet.events()
        if self._request(events):
            self._close()
            self._follow(events)

    def _follow(self, events: Sequence[Event]) -> None:
        event = events[0] if events else None
        if event is None:
            return
        named = [field for field in event.__match_args__ if event.kind_of(field) == "new"]
        if not named:
            return
        kind, name = event.__match_args__[0], str(getattr(event, named[0]))
        if kind != "resource":
            self.folder = self.item = contents.TreeItem(kind, name)
        elif named == [kind]:
            self.folder, self.item = self._found(kind, name, "")
        else:
            self.item = contents.TreeItem(kind, name)

    def _make_controls(self) -> None:
        self.buttons |= {word: parts.button(word, word, self._command(word)) for word in WORDS}
        branches = self.branches
        moves = {"forward": branches.forward, "to end": branches.to_end, "undo": branches.undo}
        acts = {key: partial(self._travel, move) for key, move in moves.items()}
        asks = {"OK": self._accept, "Cancel": self._close, "Apply": self._apply}
        self._add_buttons("administrator", acts | asks)
        self._add_choosers("administrator", lambda: None, to=[], group=[])  # lines change
        opened = lambda item: self._guard(lambda: self._opened(item))()  # noqa: E731
        self.explorer = contents.Explorer(opened)
        selected = self._guard(self._selected)
        self.explorer.observe(lambda _: selected(), names=["place", "chosen"])
        self._clock = w.HTML().add_class("clusterlab-clock")
        self._health, self._about, self._sheet_title = (w.HTML() for _ in range(3))
        self._done = w.HTML(NOTHING_DONE).add_class("clusterlab-done").add_class("clusterlab-live")
        self._sheet_buttons = row(*(self.buttons[word] for word in ("OK", "Cancel", "Apply")))
        self._sheet_place = w.VBox().add_class("clusterlab-sheet")
        parts.show_if(self._sheet_place, False)

    def _lay_out(self) -> None:
        times = [self.buttons[key] for key in ("forward", "to end", "undo")]
        menu: list[w.Widget] = []
        for word in WORDS:
            menu.append(self.buttons[word])
            if word in TARGETS:
                menu.append(self.choosers[TARGETS[word]])
        self._menu = row(self._about, *menu, name="menu")
        head = row(self._health, self._clock, *times)
        self._arrange(
            head, self.errors, self._done, self._menu, self._sheet_place, self.explorer,
            time=head, done=self._done, menu=self._menu, sheet=self._sheet_place,
            explorer=self.explorer,
        )  # fmt: skip

    def _restore(self, snapshot: Any) -> None:
        self._close()
        super()._restore(snapshot)

    def _show(self) -> None:
        cluster = self.cluster
        self._keep_selected(cluster)
        self.explorer.fill(cluster, self.folder, self.item)
        put(self._clock, value=f"t = {cluster.now_s:.1f} s")
        put(self._health, value=_health_html(cluster))
        self._label_menu(cluster)
        if self.sheet is not None:
            self.sheet.show(cluster)

    def _keep_selected(self, cluster: Cluster) -> None:
        if self.folder not in {entry.item for entry in contents.tree(cluster)}:
            self._close()
            self.folder = self.item = contents.GROUPS
        rows = {item for item, _ in contents.table(cluster, self.folder)[1]}
        if self.item not in rows | {self.folder}:
            self._close()
            self.item = self.folder

    def _label_menu(self, cluster: Cluster) -> None:
        """Offer the commands of the selected item; each names its cluster.exe line."""
        words = MENUS.get(self.item.kind, ())
        offers = {
            "Move Group": [BEST_POSSIBLE, *cluster.config.nodes_by_name],
            "Change Group": list(cluster.config.groups_by_name),
        }
        for word, names in offers.items():
            to = self.choosers[TARGETS[word]]
            parts.show_if(to, word in words)
            parts.set_options(to, names, to.value if to.value in names else names[0])
        for word in WORDS:
            made, is_offered = self.buttons[word], word in words
            parts.show_if(made, is_offered)
            put(made, disabled=not is_offered, tooltip=self._tooltip(word) if is_offered else word)
        name = escape_text(contents.name_of(cluster, self.item))
        put(self._about, value=f"<b>{name}</b>{'' if words else ': no commands'}")

    def _tooltip(self, word: str) -> str:
        """Return the cluster.exe line of a command, or the command again where it asks first."""
        if word == PROPERTIES or word in FORMS:
            return word
        return plain_text(command_line(self._event(word), self.cluster.config)) or word


def _full_name(config: ClusterConfig, kind: str, name: str) -> str:
    kinds = ("group", "resource", "node", "network")
    return str(getattr(config, f"{kind}_name")(name)) if kind in kinds else name


def _health_html(cluster: Cluster) -> str:
    by_kind: dict[str, list[str]] = {}
    for kind, look, count in contents.summary(cluster):
        by_kind.setdefault(kind, []).append(f"{count} {state_html(look)}")
    words = " &emsp; ".join(f"{kind} {' '.join(found)}" for kind, found in by_kind.items())
    return f"<b>{escape_text(cluster.config.name)}</b> &emsp; {words}"
