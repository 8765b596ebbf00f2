"""Private properties of the resource types: which there are, and how the product writes them.

Handbook 1, 3 lists those that a type requires; a resource may have others that it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterlab.cluster.model import ClusterConfig

PRIVATE_SECONDS: Mapping[str, str] = {"is_alive_timeout_s": "IsAliveTimeout"}
"""Private properties that we keep in seconds and the product in milliseconds (2, 1.4)."""

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

ONLY_OFFLINE = ("RequireKerberos",)
"""Private properties that change only while the resource is offline (handbook 3, 4.2)."""


def check_network(config: ClusterConfig, private: Mapping[str, Any]) -> None:
    """Refuse an IP Address on a network that the cluster does not have."""
    if private.get("network"):
        config.network_name(str(private["network"]))


def private_word(key: str, value: Any) -> str:
    """Return a private property as `/priv` takes it.

    Example:
        >>> private_word("is_alive_timeout_s", 45.0), private_word("Name", "EVS 1")
        ('IsAliveTimeout=45000', 'Name="EVS 1"')
    """
    if key in PRIVATE_SECONDS:
        return f"{PRIVATE_SECONDS[key]}={round(value * 1000)}"
    name = "Network" if key == "network" else key
    if isinstance(value, tuple | list):
        texts = [f'"{item}"' for item in value]
        return f"{name}={','.join(texts)}"
    if isinstance(value, int):
        return f"{name}={int(value)}"
    return f'{name}="{value}"'
