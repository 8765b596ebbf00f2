"""What all tests share: the order in which they run, and the option that stores new outcomes."""

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.kernels import CAN_FORK, name_kernel

pytest.register_assert_rewrite("tests.walking", "tests.spoiling")

LONG = (
    "tests/browser/test_lessons.py",
    "tests/browser/test_tours.py",
    "tests/browser/",
    "tests/test_exercises.py",
    "tests/test_tours.py",
    "tests/test_code_style.py",
    "tests/test_wheel.py",
    "notebooks/",
    "exercises/",
    "tests/test_walks.py",
    "tests/test_listings.py",
    "tests/test_any_text.py",
    "tests/test_whatif.py",
    "tests/test_montecarlo.py",
)
"""What takes long is begun first, so that at the end no worker waits long for the other one.

Tests of the browser stand together: a worker keeps its browser as long as they go on.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--rewrite``; commit what it stores only when you can explain each changed line."""
    parser.addoption(
        "--rewrite", action="store_true", help="store new outcomes in tests/scenarios/*.txt"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let notebooks, gradings and JupyterLab start kernels that are forked, where that can be."""
    if CAN_FORK:
        config.option.nbval_current_env = False
    if CAN_FORK and not hasattr(config, "workerinput"):
        folder = TemporaryDirectory(ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        name_kernel(Path(folder.name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones first; within a file the order stays."""
    items.sort(key=lambda item: place_of(item.nodeid))


def place_of(nodeid: str) -> int:
    """Return how early a test is begun."""
    places = (place for place, start in enumerate(LONG) if nodeid.startswith(start))
    return next(places, len(LONG))


def pytest_collection_finish() -> None:
    """Spare the collector of garbage the ten thousand tests that stay until the end."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
