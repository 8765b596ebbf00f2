"""The face of a room: which names it hands to lessons, guides and scripts, loaded when asked for.

A room's `__init__` names its modules and what each of them hands on. Nothing of a module is loaded
before one of its names is used, so that `import clusterlab` stays quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def face(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that loads its names and modules when asked.

    Args:
        package: Dotted name of the package.
        modules: Module -> the names that it hands on, separated by spaces.

    Raises:
        AttributeError: By the returned function, for a name that the package does not hand on.

    Example:
        >>> load = face("clusterlab", {"clusterlab.exchange.evs": "exchange_cluster"})
        >>> load("exchange_cluster").__name__
        'exchange_cluster'
    """
    homes = {name: module for module, names in modules.items() for name in names.split()}

    def load(name: str) -> Any:
        if f"{package}.{name}" in modules:
            return import_module(f"{package}.{name}")
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return load
