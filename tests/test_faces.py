"""The faces of the rooms: what lessons, guides and scripts may import."""

import json
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FACES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for path in (ROOT / "clusterlab").glob("*/__init__.py")
    if "_MODULES" in path.read_text("utf-8")
)


@pytest.mark.parametrize("face", FACES)
def test_a_face_hands_on_each_name_that_it_promises(face: str):
    """Each name of `__all__` can be imported from the room itself."""
    room = import_module(face)
    for name in room.__all__:
        assert not isinstance(getattr(room, name), type(json)), f"{face}.{name} is a module"


@pytest.mark.parametrize("face", FACES)
def test_a_face_refuses_a_name_that_it_does_not_hand_on(face: str):
    """A misspelt name is refused as any module refuses it."""
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        import_module(face).no_such_name  # noqa: B018
