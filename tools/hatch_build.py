"""Build hook: puts the course into the wheel.

A wheel carries the notebooks, the learner copies of the exercises and the handbook under
``clusterlab/course/``, laid out as in the repository so that links between them hold. An
editable install gets none of it: there the repository itself is the course.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COURSE_FOLDERS = ("notebooks", "exercises/learner", "docs/handbook")


class CourseHook(BuildHookInterface[Any]):
    """Adds the course folders to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the course folders as files to include.

        Args:
            version: "standard" for a wheel, "editable" for an editable install.
            build_data: What the builder reads afterwards; changed in place.
        """
        if version != "standard":
            return
        root = Path(self.root)
        for folder in COURSE_FOLDERS:
            for file in sorted((root / folder).rglob("*")):
                name = file.relative_to(root)
                if file.is_file() and not any(part.startswith(".") for part in name.parts):
                    build_data["force_include"][str(file)] = f"clusterlab/course/{name.as_posix()}"
