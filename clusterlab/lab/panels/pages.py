"""Property pages of Cluster Administrator: what is on each page, and what an Apply asks for.

A sheet is made for one item of one cluster. `events` compares its controls with that cluster, so
only what was changed is asked for, each request with a cluster.exe line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as w

from clusterlab.cluster import events as ev
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.networks import internal_networks
from clusterlab.cluster.properties import (
    MANAGED,
    NO_WINDOW,
    PRIVATE_NAMES,
    PRIVATE_PROPERTIES,
    PRIVATE_SECONDS,
    is_own,
)
from clusterlab.cluster.states import NetworkRole, RestartAction
from clusterlab.clusterexe.listing import stored
from clusterlab.clusterexe.settings import assigned_private
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.figures.palette import RESOURCE_LOOKS, Look, node_look
from clusterlab.lab.panels import contents
from clusterlab.lab.panels.contents import TreeItem
from clusterlab.lab.panels.parts import Guard, TwoLists, labelled, put, row
from clusterlab.lab.panels.views import state_html

WIDE, ROOM = "min(100%, 520px)", "150px"  # how wide controls and their labels are

FROM_TYPE, OWN = "Use value from resource type", "Specify value"
PREVENT, ALLOW = "Prevent failback", "Allow failback"
IMMEDIATELY, BETWEEN = "Immediately", "Failback between"
DO_NOT_RESTART, RESTART = "Do not restart", "Restart"

Read = Callable[[Cluster], Mapping[str, str | Look]]
"""What cannot be changed on a page: names and values, of the cluster as it is now."""


class Sheet(w.Tab):
    """The property pages of one item; `events` returns what its controls ask for, in order."""

    def __init__(
        self,
        pages: Mapping[str, Sequence[w.Widget | Read]],
        fields: Mapping[str, Any] | None = None,
        events: Callable[[], list[ev.Event]] = list,
    ) -> None:
        self.fields = dict(fields or {})
        self.events = events
        self._facts = {one: w.HTML() for page in pages.values() for one in page if callable(one)}
        shown = [w.VBox([self._facts.get(one, one) for one in page]) for page in pages.values()]
        super().__init__(shown, titles=tuple(pages))
        self.selected_index = 0

    def show(self, cluster: Cluster) -> None:
        """Let what cannot be changed here follow the cluster."""
        for read, text in self._facts.items():
            rows = "".join(
                f'<tr><th scope="row">{name}</th><td>{_said(value)}</td></tr>'
                for name, value in read(cluster).items()
            )
            put(text, value=f'<table class="clusterlab-facts"><tbody>{rows}</tbody></table>')


def sheet_of(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    """Return the property pages of an item (handbook 1, 8.2)."""
    made = _SHEETS[item.kind](cluster, item, guard)
    made.show(cluster)
    return made


# --- pieces -----------------------------------------------------------------------------------


def _said(value: str | Look) -> str:
    return state_html(value) if isinstance(value, Look) else escape_text(value)


def _title(text: str) -> w.HTML:
    return w.HTML(f"<b>{text}</b>")


def _note(text: str) -> w.HTML:
    return w.HTML(f'<span class="clusterlab-source">{escape_text(text)}</span>')


def _number(label: str, value: float, tooltip: str, unit: str = "") -> Any:
    kind = w.IntText if isinstance(value, int) else w.FloatText
    text = f"{label} ({unit})" if unit else label
    return labelled(kind, text, tooltip, width="260px", room=ROOM, value=value)


def typed(label: str, value: str, tooltip: str) -> w.Text:
    """Return a field for a text on a page."""
    return labelled(w.Text, label, tooltip, width=WIDE, room=ROOM, value=value)


def chosen(label: str, options: list[str], value: str, tooltip: str) -> w.Dropdown:
    """Return a list to choose from on a page."""
    return labelled(w.Dropdown, label, tooltip, width=WIDE, room=ROOM, options=options, value=value)


def _radio(options: Iterable[str], value: str, tooltip: str) -> w.RadioButtons:
    return w.RadioButtons(
        options=list(options), value=value, tooltip=tooltip, layout=w.Layout(width="auto")
    )


def _follow(guard: Guard, by: Any, value: object, *shown: Any) -> None:
    """Enable controls only while another one has a value, as the product greys them out."""

    def follow() -> None:
        for control in shown:
            put(control, disabled=by.value != value)

    by.observe(lambda _: guard(follow)(), names="value")
    follow()


def _changed(old: object, new: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in new.items() if getattr(old, key) != value}


def _set(name: str, **properties: Any) -> list[ev.Event]:
    return [ev.SetProperties(name, properties)] if properties else []


# --- groups -----------------------------------------------------------------------------------


def _group_sheet(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    group = cluster.config.groups_by_name[item.name]
    owners = TwoLists(
        "Available nodes", "Preferred owners", cluster.config.nodes_by_name,
        group.preferred_owners, guard, is_ordered=True,
    )  # fmt: skip
    threshold = _number("Threshold", group.failover_threshold, "Failovers within the period")
    period = _number("Period", group.failover_period_h, "FailoverPeriod, hours", "hours")
    allow = _radio((PREVENT, ALLOW), (PREVENT, ALLOW)[group.auto_failback_type], "Failback")
    when = _radio(
        (IMMEDIATELY, BETWEEN), BETWEEN if group.has_failback_window else IMMEDIATELY, "When"
    )
    start = _number("from hour", max(group.failback_window_start, 0), "Hour 0 to 23")
    end = _number("to hour", max(group.failback_window_end, 0), "Hour 0 to 23, exclusive")
    _follow(guard, allow, ALLOW, when)
    _follow(guard, when, BETWEEN, start, end)

    def wanted() -> dict[str, Any]:
        is_window = when.value == BETWEEN
        return {
            "failover_threshold": threshold.value,
            "failover_period_h": period.value,
            "auto_failback_type": int(allow.value == ALLOW),
            "failback_window_start": start.value if is_window else NO_WINDOW,
            "failback_window_end": end.value if is_window else NO_WINDOW,
        }

    def events() -> list[ev.Event]:
        preferred = _changed(group, {"preferred_owners": owners.chosen})
        return [*_set(group.name, **preferred), *_set(group.name, **_changed(group, wanted()))]

    def facts(now: Cluster) -> Mapping[str, str | Look]:
        return {
            "Name": group.name,
            "State": contents.group_state(now, group.name),
            "Node": now.owners[group.name],
        }

    fields = {
        "Preferred owners": owners, "Threshold": threshold, "Period": period,
        "Failback": allow, "When": when, "From": start, "To": end,
    }  # fmt: skip
    pages = {
        "General": (facts, owners),
        "Failover": (threshold, period, _note(
            "A group that has failed over this often within the period stays Failed "
            "(handbook 1, 4.3)."
        )),
        "Failback": (allow, when, start, end, _note(
            "From 22 to 6 passes midnight. With a window a group goes home at the next full hour "
            "inside it, even if nothing failed (handbook 1, 5.6)."
        )),
    }  # fmt: skip
    return Sheet(pages, fields, events)


# --- resources --------------------------------------------------------------------------------


def subject_of(cluster: Cluster, resource: Resource) -> str:
    """Return how an event names a resource; one called like a group goes by its path."""
    is_group = resource.name in cluster.config.groups_by_name
    return f"{resource.group}/{resource.name}" if is_group else resource.name


def _resource_sheet(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    resource = cluster.config.resources_by_name[item.name]
    general, owners, owner_events = _owner_page(cluster, resource, guard)
    needs, need_events = _dependency_page(cluster, resource, guard)
    advanced, fields, advanced_events = _advanced_page(cluster, resource, guard)
    texts, private_events = _parameters(cluster, resource)
    pages = {
        "General": general,
        "Dependencies": (needs,),
        "Advanced": advanced,
        "Parameters": tuple(texts.values()) or (_note("This resource has no parameters here."),),
    }
    fields |= {"Possible owners": owners, "Dependencies": needs, **texts}
    parts = (owner_events, need_events, advanced_events, private_events)
    return Sheet(pages, fields, lambda: [event for part in parts for event in part()])


Part = Callable[[], list[ev.Event]]


def _owner_page(
    cluster: Cluster, resource: Resource, guard: Guard
) -> tuple[Sequence[w.Widget], TwoLists, Part]:
    nodes = tuple(cluster.config.nodes_by_name)
    before = nodes if resource.possible_owners is None else resource.possible_owners
    owners = TwoLists("Available nodes", "Possible owners", nodes, before, guard)
    name = subject_of(cluster, resource)

    def facts(now: Cluster) -> Mapping[str, str | Look]:
        return {
            "Name": resource.name,
            "Group": resource.group,
            "Resource type": resource.type.name,
            "State": RESOURCE_LOOKS[now.resource_states[resource.name]],
            "Node": now.owners[resource.group],
        }

    note = _note(
        "The lab gives each node one Resource Monitor, so nothing is run in a separate one."
    )

    def events() -> list[ev.Event]:
        is_same = set(owners.chosen) == set(before)
        return [] if is_same else _set(name, possible_owners=owners.chosen)

    return (facts, owners, note), owners, events


def _dependency_page(cluster: Cluster, resource: Resource, guard: Guard) -> tuple[TwoLists, Part]:
    others = [one.name for one in cluster.config.members[resource.group] if one is not resource]
    needs = TwoLists(
        "Available resources", "Resource dependencies", others, resource.depends_on, guard
    )
    name = subject_of(cluster, resource)

    def events() -> list[ev.Event]:
        before, after = resource.depends_on, needs.chosen
        added = [ev.AddDependency(name, one) for one in after if one not in before]
        return [*added, *(ev.RemoveDependency(name, one) for one in before if one not in after)]

    return needs, events


def _poll(
    guard: Guard, label: str, own_s: float | None, default_s: float
) -> tuple[w.RadioButtons, Any]:
    """Return the choice and the value of a poll interval, in milliseconds as in the product."""
    choice = _radio((FROM_TYPE, OWN), FROM_TYPE if own_s is None else OWN, f'"{label}" interval')
    value_ms = stored(default_s if own_s is None else own_s, 1000)
    value = _number(f'"{label}"', value_ms, f"Poll interval of {label}", "ms")
    _follow(guard, choice, OWN, value)
    return choice, value


def _advanced_page(
    cluster: Cluster, resource: Resource, guard: Guard
) -> tuple[Sequence[w.Widget], dict[str, Any], Part]:
    durations, action = cluster.config.durations, resource.restart_action
    is_restarting = action != RestartAction.DONT_RESTART
    restart = _radio(
        (DO_NOT_RESTART, RESTART), RESTART if is_restarting else DO_NOT_RESTART, "After a failure"
    )
    affect = w.Checkbox(
        action == RestartAction.RESTART_AND_AFFECT_GROUP, description="Affect the group",
        indent=False, tooltip="Past the threshold the whole group fails over",
    )  # fmt: skip
    threshold = _number("Threshold", resource.restart_threshold, "Restarts within the period")
    period = _number("Period", float(resource.restart_period_s), "RestartPeriod, seconds", "s")
    looks, looks_ms = _poll(
        guard, "Looks Alive", resource.looks_alive_poll_s, durations["looks_alive"]
    )
    alive, alive_ms = _poll(guard, "Is Alive", resource.is_alive_poll_s, durations["is_alive"])
    timeout = _number(
        "Pending timeout", float(resource.pending_timeout_s), "PendingTimeout, seconds", "s"
    )
    _follow(guard, restart, RESTART, affect, threshold, period)

    def wanted() -> dict[str, Any]:
        actions = {False: RestartAction.RESTART, True: RestartAction.RESTART_AND_AFFECT_GROUP}
        is_off = restart.value == DO_NOT_RESTART
        return {
            "restart_action": RestartAction.DONT_RESTART if is_off else actions[affect.value],
            "restart_threshold": threshold.value,
            "restart_period_s": period.value,
            "looks_alive_poll_s": looks_ms.value / 1000 if looks.value == OWN else None,
            "is_alive_poll_s": alive_ms.value / 1000 if alive.value == OWN else None,
            "pending_timeout_s": timeout.value,
        }

    fields = {
        "Restart": restart, "Affect the group": affect, "Threshold": threshold, "Period": period,
        "Looks Alive": looks, "Looks Alive (ms)": looks_ms,
        "Is Alive": alive, "Is Alive (ms)": alive_ms, "Pending timeout": timeout,
    }  # fmt: skip
    name = subject_of(cluster, resource)
    polls = [_title("Looks Alive poll interval"), looks, looks_ms]
    polls += [_title("Is Alive poll interval"), alive, alive_ms]
    page = row(
        w.VBox([_title("If the resource fails"), restart, affect, threshold, period]),
        w.VBox([*polls, timeout]),
        name="columns",
    )
    return (page,), fields, lambda: _set(name, **_changed(resource, wanted()))


def _parameters(cluster: Cluster, resource: Resource) -> tuple[dict[str, w.Text], Part]:
    own = {key: value for key, value in resource.private.items() if not is_own(key)}
    known = {**PRIVATE_PROPERTIES.get(resource.type.name, {}), **own}
    texts = {
        label: typed(label, _parameter(key, value), f"Private property {label}")
        for key, value in known.items()
        for label in (PRIVATE_NAMES.get(key, key),)
    }
    texts |= {
        MANAGED[key]: typed(MANAGED[key], str(value), f"{MANAGED[key]}, set in System Manager")
        for key, value in resource.private.items()
        if key in MANAGED
    }
    before = {label: text.value for label, text in texts.items()}

    def events() -> list[ev.Event]:
        changed = {name: text.value for name, text in texts.items() if text.value != before[name]}
        if not changed:
            return []
        managed = [f"{key}={changed.pop(name)}" for key, name in MANAGED.items() if name in changed]
        words = [f'{name}="{value}"' for name, value in changed.items()]
        private = assigned_private(resource, words)
        private = assigned_private(replace(resource, private=private), managed, managed=True)
        return _set(subject_of(cluster, resource), private=private)

    return texts, events


def _parameter(key: str, value: Any) -> str:
    if key in PRIVATE_SECONDS:
        return str(stored(value, 1000))
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(int(value)) if isinstance(value, bool) else str(value)


# --- networks and the cluster -----------------------------------------------------------------

_CARRIES = (NetworkRole.CLIENT, NetworkRole.INTERNAL, NetworkRole.ALL)


def _network_sheet(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    role = next(one.role for one in cluster.config.networks if one.name == item.name)
    is_used = role != NetworkRole.NONE
    enable = w.Checkbox(
        is_used, description="Enable this network for cluster use", indent=False,
        tooltip="Without it the network carries neither clients nor heartbeats",
    )  # fmt: skip
    words = {contents.ROLE_WORDS[one]: one for one in _CARRIES}
    carries = _radio(words, contents.ROLE_WORDS[role if is_used else NetworkRole.ALL], "Role")
    _follow(guard, enable, True, carries)

    def events() -> list[ev.Event]:
        new = words[carries.value] if enable.value else NetworkRole.NONE
        return _set(item.name, role=new) if new != role else []

    def facts(now: Cluster) -> Mapping[str, str | Look]:
        return {"Name": item.name, "State": contents.network_state_of(now, item.name)}

    fields = {"Enable": enable, "Role": carries}
    return Sheet({"General": (facts, enable, carries)}, fields, events)


def _cluster_sheet(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
    config = cluster.config
    storage = [one.name for one in config.resources if one.type.can_be_quorum]
    tooltip = "Resources whose type can hold the quorum"
    quorum = chosen("Quorum resource", storage, config.quorum, tooltip)

    def events() -> list[ev.Event]:
        return [ev.DesignateQuorum(quorum.value)] if quorum.value != config.quorum else []

    nodes = ", ".join(config.nodes_by_name)
    pages = {
        "General": (lambda now: {"Name": config.name, "Nodes": nodes},),
        "Quorum": (quorum, lambda now: {"Model": now.config.quorum_model.value}),
        "Network Priority": (_priority,),
    }
    return Sheet(pages, {"Quorum resource": quorum}, events)


def _priority(cluster: Cluster) -> Mapping[str, str | Look]:
    names = [network.name for network in internal_networks(cluster.config)]
    return {"Networks used for internal cluster communications": ", ".join(names) or "none"}


# --- what can only be read --------------------------------------------------------------------


def _read_only(
    read: Callable[[Cluster, TreeItem], Mapping[str, str | Look]],
) -> Callable[[Cluster, TreeItem, Guard], Sheet]:
    def made(cluster: Cluster, item: TreeItem, guard: Guard) -> Sheet:
        return Sheet({"General": (lambda now: read(now, item),)})

    return made


def _node_facts(cluster: Cluster, item: TreeItem) -> Mapping[str, str | Look]:
    node = cluster.config.nodes_by_name[item.name]
    return {
        "Name": node.name,
        "State": node_look(cluster, node.name)[0],
        "Node ID": str(node.node_id),
        "Groups": ", ".join(cluster.groups_on(node.name)) or "none",
        "Resource types not installed": ", ".join(sorted(node.missing_types)) or "none",
    }


def _type_facts(cluster: Cluster, item: TreeItem) -> Mapping[str, str | Look]:
    uses = [one.name for one in cluster.config.resources if one.type.name == item.name]
    return {"Name": item.name, "Resources": ", ".join(uses) or "none"}


def _interface_facts(cluster: Cluster, item: TreeItem) -> Mapping[str, str | Look]:
    state = contents.interface_state_of(cluster, item.name, item.of)
    return {"Node": item.name, "Network": item.of, "State": state}


_SHEETS: Mapping[str, Callable[[Cluster, TreeItem, Guard], Sheet]] = {
    "cluster": _cluster_sheet,
    "group": _group_sheet,
    "resource": _resource_sheet,
    "node": _read_only(_node_facts),
    "network": _network_sheet,
    "type": _read_only(_type_facts),
    "interface": _read_only(_interface_facts),
}
