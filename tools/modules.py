"""Reads the package's own source: its modules, what each imports, what stands in it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.course import ROOT

PACKAGE = ROOT / "clusterlab"


def modules() -> list[Path]:
    """Return the file of each module of the package, in order."""
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """Return the dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """Return the room of a dotted module name; a module at the top is a room of its own."""
    return module.split(".")[1] if "." in module else "__init__"


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file, which all callers share."""
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    """Return the dotted names that a module imports; a class or function counts as its module."""
    return imported(tree(path), deep=not top_level_only)


def imported(module: ast.Module, *, deep: bool = True) -> set[str]:
    """Return the dotted names imported in a syntax tree, inside functions too if *deep*.

    Raises:
        ValueError: If an import is relative.
    """
    nodes = ast.walk(module) if deep else iter(module.body)
    return {name for node in nodes for name in _names(node)}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            raise ValueError("write `from clusterlab...` instead of a relative import")
        yield from (_module_of(str(node.module), alias.name) for alias in node.names)


def _module_of(module: str, name: str) -> str:
    """Return ``module.name`` if that is a module of ours, else ``module``."""
    file = ROOT.joinpath(*module.split("."), name)
    is_module = file.with_suffix(".py").is_file() or (file / "__init__.py").is_file()
    return f"{module}.{name}" if is_module else module


def ours(names: set[str]) -> set[str]:
    """Return the names that belong to clusterlab, apart from the package's own version."""
    return {name for name in names if name.startswith("clusterlab.")}


def runtime_imports(path: Path) -> set[str]:
    """Return what a module imports when it runs; imports for annotations alone load nothing."""
    body = [node for node in tree(path).body if not _is_for_types(node)]
    return imported(ast.Module(body=body, type_ignores=[]))


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def import_graph() -> dict[str, set[str]]:
    """Return which modules of ours each module imports when it runs."""
    return {dotted(path): ours(runtime_imports(path)) - {dotted(path)} for path in modules()}
