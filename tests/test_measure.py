"""How large the house may be: limits that fall as it shrinks, and none that rises again."""

import pytest

from tools.measure import figures

# Figure -> the limit that main keeps today, and the limit to reach. Lower the first as main
# shrinks; `python -m tools.measure` prints what it is now.
LIMITS: dict[str, tuple[float, float]] = {
    "lines": (58_152, 57_000),
    "modules": (228, 228),
    "classes": (377, 370),
    "public class names used for two things": (0, 0),
    "files in which a request is spelled, median": (4, 4),
    "shapes of panels": (1, 1),
    "longest chain of imports inside a room": (10, 10),
    "names in the faces of the rooms": (120, 120),
    "most names that a lesson imports": (18, 18),
    "most modules that a lesson imports from": (5, 5),
    "function length, median": (6, 6),
    "function length, nine in ten": (15, 15),
    "largest module": (600, 600),
}


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    """Return each figure of the house by its title."""
    return figures()


@pytest.mark.parametrize("title", LIMITS)
def test_the_house_stays_as_small_as_it_is(measured: dict[str, float], title: str):
    """No figure passes its limit of today."""
    today, _ = LIMITS[title]
    assert measured[title] <= today


def test_no_limit_lies_below_the_one_to_reach():
    """A figure that has reached its limit need not fall further."""
    assert [] == [title for title, (today, final) in LIMITS.items() if today < final]
