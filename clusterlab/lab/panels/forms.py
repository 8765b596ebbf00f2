"""What Cluster Administrator asks before it makes or renames something: New Group and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as w

from clusterlab.cluster import events as ev
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.properties import PRIVATE_PROPERTIES
from clusterlab.cluster.resource_types import known_types
from clusterlab.lab.panels.contents import TreeItem
from clusterlab.lab.panels.pages import Sheet, chosen, subject_of, typed
from clusterlab.lab.panels.parts import Guard, TwoLists, put


def _new_group(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    name = typed("Name", "", "Name of the new group")
    owners = TwoLists(
        "Available nodes", "Preferred owners", cluster.config.nodes_by_name, (), guard,
        is_ordered=True,
    )  # fmt: skip

    def events() -> list[ev.Event]:
        made: list[ev.Event] = [ev.CreateGroup(name.value)]
        if owners.chosen:
            made.append(ev.SetProperties(name.value, {"preferred_owners": owners.chosen}))
        return made

    fields = {"Name": name, "Preferred owners": owners}
    return Sheet({"New Group": tuple(fields.values())}, fields, events)


def _new_node(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    name = typed("Name", "", "Name of the computer that joins")
    return Sheet({"New Node": (name,)}, {"Name": name}, lambda: [ev.AddNode(name.value)])


def _new_resource(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    config = cluster.config
    groups = list(config.groups_by_name)
    name = typed("Name", "", "Name of the new resource")
    kind = chosen("Resource type", list(known_types(config)), "File Share", "Its type")
    group = chosen(
        "Group", groups, item.name if item.kind == "group" else groups[0], "The group it joins"
    )
    owners = TwoLists(
        "Available nodes", "Possible owners", config.nodes_by_name, config.nodes_by_name, guard
    )
    needs = TwoLists("Available resources", "Resource dependencies", (), (), guard)
    parameters = _Parameters()

    def follow() -> None:
        needs.offer([one.name for one in config.members[group.value]])
        parameters.offer(kind.value)

    for control in (kind, group):
        control.observe(lambda _: guard(follow)(), names="value")
    follow()

    def events() -> list[ev.Event]:
        is_everybody = set(owners.chosen) == set(config.nodes_by_name)
        return [
            ev.CreateResource(
                name.value,
                kind.value,
                group.value,
                needs.chosen,
                None if is_everybody else owners.chosen,
                parameters.given() or None,
            )
        ]

    fields = {
        "Name": name, "Resource type": kind, "Group": group, "Possible owners": owners,
        "Dependencies": needs, "Parameters": parameters,
    }  # fmt: skip
    pages = {
        "New Resource": (name, kind, group),
        "Possible Owners": (owners,),
        "Dependencies": (needs,),
        "Parameters": (parameters,),
    }
    return Sheet(pages, fields, events)


class _Parameters(w.VBox):
    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, w.Text] = {}
        self._defaults: Mapping[str, Any] = {}

    def offer(self, type_name: str) -> None:
        """Show the properties of another type, with their defaults."""
        self._defaults = PRIVATE_PROPERTIES.get(type_name, {})
        self.texts = {
            key: typed(key, str(value), f"Private property {key}")
            for key, value in self._defaults.items()
        }
        nothing = w.HTML("This type has no parameters here.")
        put(self, children=tuple(self.texts.values()) or (nothing,))

    def given(self) -> dict[str, Any]:
        """Return the properties that differ from their defaults, numbers as numbers."""
        return {
            key: int(text.value) if _is_number(self._defaults[key], text.value) else text.value
            for key, text in self.texts.items()
            if text.value != str(self._defaults[key])
        }


def _is_number(default: Any, value: str) -> bool:
    return isinstance(default, int) and value.isdecimal()


def _rename(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    name = typed("New name", item.name, f"What {item.name} is to be called")

    def events() -> list[ev.Event]:
        if item.kind == "group":
            return [ev.RenameGroup(item.name, name.value)]
        resource = cluster.config.resources_by_name[item.name]
        return [ev.RenameResource(subject_of(cluster, resource), name.value)]

    return Sheet({"Rename": (name,)}, {"New name": name}, events)


FORMS: Mapping[str, Callable[[Cluster, TreeItem, Guard], Sheet]] = {
    "New Group": _new_group,
    "New Node": _new_node,
    "New Resource": _new_resource,
    "Rename": _rename,
}
"""Commands that ask for something first, and what makes the sheet of each for an item."""
