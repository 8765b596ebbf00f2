"""The arrows between the rooms: who may import whom, and what stays unloaded."""

import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tools.course import ROOT
from tools.modules import PACKAGE, dotted, import_graph, imports, modules, ours, room

# Room -> the rooms it may import. A module at the top of the package is a room of its own.
ROOMS: dict[str, set[str]] = {
    "faces": set(),
    "studies": {"cluster", "faces", "simulation"},
    "cluster": {"faces"},
    "clusterexe": {"cluster", "tomlfiles", "faces"},
    "simulation": {"cluster", "clusterexe"},
    "exchange": {"cluster", "faces", "simulation", "tomlfiles"},
    "tomlfiles": {"cluster"},
    "rules": {"tomlfiles"},
    "procedures": {
        "cluster",
        "studies",
        "clusterexe",
        "faces",
        "simulation",
        "exchange",
        "clusterfiles",
        "tomlfiles",
        "rules",
    },
    "design": {
        "cluster",
        "studies",
        "faces",
        "simulation",
        "exchange",
        "clusterfiles",
        "tomlfiles",
        "rules",
    },
    "clusterfiles": {"cluster", "clusterexe", "exchange", "tomlfiles"},
    "clients": {
        "cluster",
        "clusterexe",
        "clusterfiles",
        "design",
        "exchange",
        "procedures",
        "rules",
        "tomlfiles",
    },
    "lessons": {
        "cases",
        "cluster",
        "clusterexe",
        "clusterfiles",
        "design",
        "exchange",
        "procedures",
        "rules",
        "simulation",
        "studies",
        "tomlfiles",
    },
    "scenario": {
        "cluster",
        "clusterexe",
        "simulation",
        "exchange",
        "clusterfiles",
        "lessons",
        "tomlfiles",
    },
    "cases": {"cluster", "clusterexe", "studies", "simulation", "exchange", "tomlfiles"},
    "lab": {
        "cluster",
        "eventlogs",
        "studies",
        "faces",
        "clusterexe",
        "simulation",
        "exchange",
        "procedures",
        "design",
        "clients",
        "clusterfiles",
        "lessons",
        "rules",
        "scenario",
        "cases",
        "tomlfiles",
        "symptoms",
    },
    "eventlogs": {"cluster", "clusterfiles", "exchange", "studies", "tomlfiles"},
    "classroom": {"delivery", "tomlfiles"},
    "coursefiles": {"delivery"},
    "delivery": set(),
    "symptoms": {"delivery"},
    "doctor": {"delivery"},
    "cli": {
        "cluster",
        "studies",
        "clusterexe",
        "simulation",
        "exchange",
        "procedures",
        "design",
        "clients",
        "clusterfiles",
        "tomlfiles",
        "scenario",
        "cases",
        "lab",
        "lessons",
        "classroom",
        "coursefiles",
        "delivery",
        "doctor",
        "eventlogs",
        "symptoms",
    },
    "__main__": {"cli"},
    "__init__": {"cluster", "eventlogs", "exchange", "faces", "lab", "simulation", "symptoms"},
}

# Room -> the libraries that its modules may import.
LIBRARIES: dict[str, set[str]] = {
    "faces": set(),
    "studies": set(),
    "cluster": {"networkx"},
    "clusterexe": set(),
    "simulation": set(),
    "exchange": set(),
    "tomlfiles": set(),
    "rules": set(),
    "procedures": {"networkx"},
    "design": {"numpy", "tomlkit"},
    "clusterfiles": {"tomlkit"},
    "clients": {"tomlkit"},
    "lessons": set(),
    "scenario": set(),
    "cases": set(),
    "lab": {"anywidget", "IPython", "ipywidgets", "networkx", "plotly", "traitlets"},
    "eventlogs": {"IPython"},
    "classroom": set(),
    "coursefiles": {"ipykernel", "jupyter_server", "nbformat", "tornado", "traitlets"},
    "delivery": set(),
    "symptoms": set(),
    "doctor": {"jupyter_client", "jupyter_core", "packaging"},
    "cli": {"click", "jupyterlab", "voila"},
    "__main__": {"click"},
    "__init__": set(),
}

MODULES = modules()


def test_every_room_is_in_the_table():
    """A new room must be entered in the two tables above before it can be used."""
    assert set() == {room(dotted(path)) for path in MODULES} - set(ROOMS)
    assert set(ROOMS) == set(LIBRARIES)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_imports_only_rooms_below_its_own(path: Path):
    """The Cluster service knows nothing of Exchange, the core nothing of the lab."""
    here = room(dotted(path))
    rooms = {room(name) for name in ours(imports(path))}
    assert set() == rooms - ROOMS[here] - {here}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_imports_only_the_libraries_of_its_room(path: Path):
    """The core is pure Python, so that it also runs inside a browser."""
    roots = {name.split(".")[0] for name in imports(path)}
    libraries = roots - set(sys.stdlib_module_names) - {"clusterlab"}
    assert set() == libraries - LIBRARIES[room(dotted(path))]


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_numpy_is_for_large_studies_alone(path: Path):
    """Only design/montecarlo.py imports numpy, which Python in a browser does not have."""
    allowed = {"numpy"} if dotted(path) == "clusterlab.design.montecarlo" else set()
    assert set() == {name.split(".")[0] for name in imports(path)} & {"numpy"} - allowed


def test_the_core_imports_graph_functions_only_where_they_are_used():
    """networkx is slow to load, so ``cluster`` imports it inside functions only."""
    top = {name for path in (PACKAGE / "cluster").glob("*.py") for name in top_names(path)}
    assert "networkx" not in top


def top_names(path: Path) -> set[str]:
    """Return the first part of each name that a module imports when it is loaded."""
    return {name.split(".")[0] for name in imports(path, top_level_only=True)}


def test_no_module_imports_itself_round_a_circle():
    """Imports run one way, inside a room too."""
    graph = import_graph()
    assert set(graph) <= set(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", ["diagrams", "exercises", "livefigure"])
def test_what_panels_are_made_of_does_not_import_panels(name: str):
    """Diagrams, exercises and the live figure work without any panel."""
    path = PACKAGE / "lab" / f"{name}.py"
    found = imports(path) if path.is_file() else set()
    assert set() == {one for one in found if one.startswith("clusterlab.lab.panels")}


def test_the_command_line_loads_slow_parts_only_when_asked():
    """``clusterlab --help`` loads neither the lab, the scenarios nor JupyterLab."""
    slow = {
        "clusterlab.lab",
        "clusterlab.clusterfiles",
        "clusterlab.scenario",
        "clusterlab.doctor",
        "jupyterlab.labapp",
    }
    assert set() == imports(PACKAGE / "cli" / "__init__.py", top_level_only=True) & slow


DESIGN = ", ".join(
    sorted(dotted(path) for path in (PACKAGE / "design").glob("*.py") if path.stem != "montecarlo")
)
"""All of the calculator but what samples with numpy."""


@pytest.mark.parametrize(
    "module",
    ["clusterlab", "clusterlab.cluster.engine", DESIGN],
    ids=["clusterlab", "engine", "design"],
)
def test_importing_the_core_loads_no_library(module: str):
    """A fresh interpreter that imports the core has loaded none of the heavy libraries."""
    code = (
        f"import sys, {module}; "
        "print(sorted({'plotly', 'ipywidgets', 'networkx', 'click', 'numpy'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "[]\n" == result.stdout, result.stderr


def test_sampling_without_numpy_is_refused_in_words():
    """In a browser lesson 14 opens; what it cannot sample there says why."""
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from clusterlab.design.availability import Pool\n"
        "from clusterlab.design.chains import pool_chain\n"
        "from clusterlab.design.montecarlo import study\n"
        "try: study(pool_chain(Pool(active=3, passive=1)), 100)\n"
        "except ValueError as error: print(error)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert result.stdout.startswith("sampling needs numpy, which this"), result.stderr
