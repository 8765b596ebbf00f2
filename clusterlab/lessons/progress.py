"""How far a learner came in each tour: one small file beside the course, which may be thrown away.

It is never in a notebook, and losing it loses nothing else. Outside a course nothing is kept.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from clusterlab.tomlfiles.files import write_whole

FILE = "clusterlab-progress.json"
START_PAGE = Path("notebooks", "00_start_here.ipynb")


def course_folder() -> Path | None:
    """Return the folder of the course that Python works in, or None."""
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / START_PAGE).is_file()), None)


def progress() -> dict[str, int]:
    """Return by tour how many scenes were reached; none if nothing readable is kept."""
    folder = course_folder()
    if folder is None:
        return {}
    try:
        kept = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    return {name: scene for name, scene in kept.items() if isinstance(scene, int)}


def scene_reached(tour: str) -> int:
    """Return the scene of a tour that was reached, counted from 0."""
    return progress().get(tour, 0)


def note_scene(tour: str, scene: int) -> None:
    """Keep that a scene was reached, unless a later one was already."""
    folder = course_folder()
    kept = progress()
    if folder is None or not tour or scene <= kept.get(tour, 0):
        return
    text = json.dumps({**kept, tour: scene}, indent=1, sort_keys=True) + "\n"
    with suppress(OSError):  # a folder that may not be written keeps nothing
        write_whole({folder / FILE: text.encode()})
