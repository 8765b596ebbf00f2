"""cluster.exe: its lines are read and done, its listings printed, and requests put into its words.

`lines` reads a line into an event; `commands` goes the other way; `listing` is what is printed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clusterlab.clusterexe.commands import command_line, menu_path
    from clusterlab.clusterexe.lines import read_line, refusal_text, return_s, run_line
    from clusterlab.clusterexe.listing import group_listing, node_listing, resource_listing

__all__ = [
    "command_line",
    "group_listing",
    "menu_path",
    "node_listing",
    "read_line",
    "refusal_text",
    "resource_listing",
    "return_s",
    "run_line",
]


def __getattr__(name: str) -> Any:
    """Load what this room shows when it is first asked for."""
    homes = {"command_line": "commands", "menu_path": "commands"}
    homes |= dict.fromkeys(("read_line", "refusal_text", "return_s", "run_line"), "lines")
    homes |= dict.fromkeys(("group_listing", "node_listing", "resource_listing"), "listing")
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{homes[name]}"), name)
