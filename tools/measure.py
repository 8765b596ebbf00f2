"""Measures how large the house is: ``python -m tools.measure`` prints one figure a line.

`tests/test_measure.py` holds the limits. Coverage is measured by hand, since it takes a whole run
of the tests; coverage.py is not among the packages for development::

    pip install coverage
    coverage run --branch --source=clusterlab -m pytest -n0 -m "not browser" -p no:nbval
    coverage report

What only a notebook's kernel or a panel in the browser runs is not counted that way. Compare two
commits by the same command, and leave out doctests and notebooks from both or from neither.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from statistics import median

from clusterlab.cluster.events import REQUESTS
from tools.course import notebooks
from tools.modules import PACKAGE, dotted, import_graph, modules, room, tree

PANELS = PACKAGE / "lab" / "panels"
_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


def figures() -> dict[str, float]:
    """Return each figure of the house by its title."""
    lengths = function_lengths()
    lessons = [lesson_imports(path) for path in notebooks()]
    return {
        "lines": sum(module_lengths().values()),
        "modules": len(modules()),
        "classes": len(list(classes())),
        "public class names used for two things": len(doubled_names()),
        "files in which a request is spelled, median": median(request_files().values()),
        "shapes of panels": panel_shapes(),
        "longest chain of imports inside a room": max(chains().values()),
        "names in the faces of the rooms": sum(faces().values()),
        "most names that a lesson imports": max(names for names, _ in lessons),
        "most modules that a lesson imports from": max(homes for _, homes in lessons),
        "function length, median": median(lengths),
        "function length, nine in ten": lengths[int(len(lengths) * 0.9)],
        "function length, longest": lengths[-1],
        "largest module": max(module_lengths().values()),
    }


def module_lengths() -> dict[str, int]:
    """Return the lines of each module, with docstrings and blank lines."""
    return {dotted(path): len(path.read_text("utf-8").splitlines()) for path in modules()}


def classes() -> Iterator[tuple[str, str]]:
    """Yield name and module of each class, those inside functions and classes too."""
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                yield node.name, dotted(path)


def doubled_names() -> dict[str, list[str]]:
    """Return the public class names that stand for two things, with their modules."""
    homes: dict[str, list[str]] = {}
    for name, module in classes():
        homes.setdefault(name, []).append(module)
    return {
        name: where
        for name, where in sorted(homes.items())
        if len(where) > 1 and not name.startswith("_")
    }


def request_files() -> dict[str, int]:
    """Return for each request of an administrator how many modules name its class."""
    words = [set(re.findall(r"\w+", path.read_text("utf-8"))) for path in modules()]
    names = [request.__name__ for request in REQUESTS]
    return {name: sum(name in one for one in words) for name in names}


def panel_shapes() -> int:
    """Return how many shapes panels have: that of `Panel`, and one for each that is no `Panel`."""
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for path in PANELS.glob("*.py")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef)
    }
    labs = [name for name in bases if name.endswith("Lab")]
    own = sum(not _derives(name, bases) for name in labs)
    return own + (own < len(labs))


def _derives(name: str, bases: Mapping[str, set[str]]) -> bool:
    """Return whether a class is `Panel` or derives from it, if by way of others."""
    return name == "Panel" or any(_derives(base, bases) for base in bases.get(name, ()))


def chains() -> dict[str, int]:
    """Return for each room how many of its modules import one another in a row."""
    graph = import_graph()

    @cache
    def depth(module: str) -> int:
        inside = (name for name in graph[module] if room(name) == room(module))
        return 1 + max(map(depth, inside), default=0)

    longest: dict[str, int] = {}
    for module in graph:
        longest[room(module)] = max(depth(module), longest.get(room(module), 0))
    return longest


def faces() -> dict[str, int]:
    """Return how many names the package and each of its rooms hand out."""
    rooms = ["clusterlab", *(f"clusterlab.{path.parent.name}" for path in _faces())]
    return {name: len(getattr(import_module(name), "__all__", ())) for name in rooms}


def _faces() -> list[Path]:
    return sorted(PACKAGE.glob("*/__init__.py"))


def lesson_imports(path: Path) -> tuple[int, int]:
    """Return how many names of ours a notebook imports, and from how many modules."""
    found: Counter[str] = Counter()
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            found.update(_imported_from(_MAGIC.sub("", "".join(cell["source"]))))
    return found.total(), len(found)


def _imported_from(source: str) -> Iterator[str]:
    """Yield for each name of ours that a cell imports the module that it comes from."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "clusterlab":
            yield from (str(node.module) for _ in node.names)


def function_lengths() -> list[int]:
    """Return the lines of each function, in order, without its docstring."""
    return sorted(
        _length(node)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    is_docstring = ast.get_docstring(node) is not None
    described = (first.end_lineno or first.lineno) - first.lineno + 1 if is_docstring else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - described


def report() -> str:
    """Return all figures, then the names, faces, chains and lessons behind them."""
    parts: dict[str, Mapping[str, object]] = {
        "Names in each face": faces(),
        "Longest chain of imports in each room": chains(),
        "Files in which each request is spelled": request_files(),
        "Class names used for two things": {
            name: ", ".join(where) for name, where in doubled_names().items()
        },
        "Names and modules that each lesson imports": {
            path.stem: "{} from {}".format(*lesson_imports(path)) for path in notebooks()
        },
    }
    rows = [f"{title:46} {value:>8,g}" for title, value in figures().items()]
    for title, part in parts.items():
        rows += ["", title, *(f"  {name:44} {value:>8}" for name, value in part.items())]
    return "\n".join(rows)


if __name__ == "__main__":
    print(report())
