"""The properties that can be set, each once: for checks, files, the prompt and property pages.

Those of groups, resources, networks and the cluster stand in `PROPERTIES` (handbook 1, 2); private
properties are those that a type requires (handbook 1, 3), and a resource may have others.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from clusterlab.cluster.states import NetworkRole, RestartAction

MAX_DWORD = 0xFFFFFFFF
"""Greatest value of the product's counts, and of its periods in milliseconds (handbook 1, 2.2)."""
MAX_S = MAX_DWORD / 1000
"""The longest period that the product can store, in seconds."""
INFINITE = MAX_DWORD
"""How the product stores "never" and "not set" (handbook 1, 2)."""
NO_WINDOW = -1
"""`FailbackWindowStart` and `FailbackWindowEnd` when no window is set (handbook 1, 2.1)."""


class Property(NamedTuple):
    """One property.

    Attributes:
        of: What has it: "group", "resource", "network" or "cluster".
        form: "whole" (a number), "seconds", "choice" (a number with a name), "nodes", "texts" or
            "flag".
        name: The product's; "" if it has none.
        low: Least value.
        high: Greatest value.
        unit: What a message says behind the range.
        none: The word for None in files; "" if None is no value.
        infinite: What `INFINITE` is here; a number like any other unless said otherwise.
        values: What its numbers mean, where they are names.
    """

    of: str
    form: str
    name: str = ""
    low: float = 0
    high: float = MAX_DWORD
    unit: str = ""
    none: str = ""
    infinite: int | None = INFINITE
    values: type[IntEnum] | None = None

    @property
    def per_unit(self) -> int:
        """How many of the product's units make one of ours."""
        return 1000 if self.form == "seconds" else 1


def _seconds(name: str, low: float = 0, none: str = "") -> Property:
    infinite = None if none else INFINITE
    return Property("resource", "seconds", name, low, MAX_S, "seconds", none, infinite)


def _hour(name: str) -> Property:
    unit = "(an hour; -1: none)"
    return Property("group", "whole", name, NO_WINDOW, 23, unit, infinite=NO_WINDOW)


PROPERTIES: Mapping[str, Property] = {
    "preferred_owners": Property("group", "nodes"),
    "failover_threshold": Property("group", "whole", "FailoverThreshold", unit="failovers"),
    "failover_period_h": Property("group", "whole", "FailoverPeriod", high=1193, unit="hours"),
    "auto_failback_type": Property(
        "group", "whole", "AutoFailbackType", high=1, unit="(0 prevents failback, 1 allows it)"
    ),
    "failback_window_start": _hour("FailbackWindowStart"),
    "failback_window_end": _hour("FailbackWindowEnd"),
    "anti_affinity_class_names": Property("group", "texts", "AntiAffinityClassNames"),
    "possible_owners": Property("resource", "nodes", none="all"),
    "restart_action": Property("resource", "choice", "RestartAction", values=RestartAction),
    "restart_threshold": Property("resource", "whole", "RestartThreshold", unit="restarts"),
    "restart_period_s": _seconds("RestartPeriod"),
    "retry_period_s": _seconds("RetryPeriodOnFailure", none="never"),
    "pending_timeout_s": _seconds("PendingTimeout", 0.01),
    "looks_alive_poll_s": _seconds("LooksAlivePollInterval", 0.01, none="type"),
    "is_alive_poll_s": _seconds("IsAlivePollInterval", 0.01, none="type"),
    "defective_on": Property("resource", "nodes"),
    "role": Property("network", "choice", "Role", values=NetworkRole),
    "disable_group_preferred_owner_randomization": Property(
        "cluster", "flag", "DisableGroupPreferredOwnerRandomization"
    ),
}
"""By our name, in the order of the product's listings (handbook 1, 2.1, 2.2, 2.4 and 2.5)."""

STORED: Mapping[str, Property] = {key: prop for key, prop in PROPERTIES.items() if prop.name}
"""Those that the product stores by a name of its own."""
RANDOMIZATION = "disable_group_preferred_owner_randomization"
"""The property of the cluster itself that is simulated (handbook 1, 2.4)."""


def properties_of(kind: str) -> dict[str, Property]:
    """Return the properties of a kind of thing by name."""
    return {key: prop for key, prop in PROPERTIES.items() if prop.of == kind}


# --- private properties -----------------------------------------------------------------------

PRIVATE_SECONDS: Mapping[str, str] = {"is_alive_timeout_s": "IsAliveTimeout"}
"""Private properties that we keep in seconds and the product in milliseconds (2, 1.4)."""
PRIVATE_NAMES: Mapping[str, str] = {**PRIVATE_SECONDS, "network": "Network"}
"""Names of the product where ours differ."""

WITNESS = "MNSFileShare"
"""Share that votes as a third node in a majority node set of two (KB 921181; 1, 6)."""

PRIVATE_PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    "Physical Disk": {"Signature": "", "SkipChkdsk": 0, "ConditionalMount": 1},
    "IP Address": {"Address": "", "SubnetMask": "", "network": "", "EnableNetBIOS": 1},
    "Network Name": {"Name": "", "RequireDNS": 0, "RequireKerberos": 0},
    "File Share": {"Path": "", "ShareName": ""},
    "Print Spooler": {"DefaultSpoolDirectory": ""},
    "Generic Application": {"CommandLine": "", "CurrentDirectory": ""},
    "Generic Service": {"ServiceName": ""},
    "Generic Script": {"ScriptFilePath": ""},
    "DHCP Service": {"DatabasePath": "", "BackupPath": ""},
    "WINS Service": {"DatabasePath": "", "BackupPath": ""},
    "Majority Node Set": {WITNESS: ""},
}
"""Private properties by type, with their defaults (handbook 1, 3; handbook 3, 4.2)."""

AT_NEXT_ONLINE = ("Address", "SubnetMask", "network", "EnableNetBIOS", "Name")
"""Private properties that are stored at once and act at the next online: 5024 (handbook 8, 1.5)."""
ONLY_OFFLINE = ("RequireKerberos",)
"""Private properties that change only while the resource is offline (handbook 3, 4.2)."""


def private_defaults(type_name: str) -> Mapping[str, Any]:
    """Return the private properties that a resource of this type may have, with their defaults.

    IsAliveTimeout can be set on every Exchange resource, and is not there before (KB 836566).
    """
    is_exchange = type_name.startswith("Microsoft Exchange ")
    seconds = dict.fromkeys(PRIVATE_SECONDS, 180.0) if is_exchange else {}
    return {**PRIVATE_PROPERTIES.get(type_name, {}), **seconds}
