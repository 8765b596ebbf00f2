"""Build hooks: put the course into the wheel, and make a README that can be read anywhere.

A wheel carries lessons, learner copies of the exercises, guides and handbook under
``clusterlab/course/``, laid out as in the repository so that links between them hold, and under
``clusterlab/masters/``, in the same way, what ``clusterlab lab --masters`` adds.
An editable install gets none of it: there the repository itself is the course.

An index of packages shows the README alone, with no files beside it. Its links need the address
of the repository, which is written in one place: ``Source`` of ``[project.urls]``. While there is
none, a link becomes the name of the file if ``clusterlab lab`` delivers it, else its words.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PACKED = {
    "course": ("notebooks", "exercises/learner", "docs/guides", "docs/handbook"),
    "masters": ("exercises/source", "exercises/nbgrader_config.py"),
}
"""What the wheel carries beside the package, by the folder that holds it there."""
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)]+)\)")
"""A link to a file beside the README: whether it is a picture, its words, the name of the file."""


class CourseHook(BuildHookInterface[Any]):
    """Adds the course folders to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files of the course as files to include.

        Args:
            version: "standard" for a wheel, "editable" for an editable install.
            build_data: What the builder reads afterwards; changed in place.
        """
        if version != "standard":
            return
        root = Path(self.root)
        for packed, names in PACKED.items():
            for path in (root / name for name in names):
                for file in [path] if path.is_file() else sorted(path.rglob("*")):
                    name = file.relative_to(root)
                    if file.is_file() and not any(part.startswith(".") for part in name.parts):
                        inside = f"clusterlab/{packed}/{name.as_posix()}"
                        build_data["force_include"][str(file)] = inside


class ReadmeHook(MetadataHookInterface):
    """Gives the package a README without links to files beside it."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Write the README into the metadata.

        Args:
            metadata: The table ``project``; changed in place.
        """
        text = (Path(self.root) / "README.md").read_text("utf-8")
        said = (Path(self.root) / "clusterlab/__init__.py").read_text("utf-8")
        version = re.findall(r'^__version__ = "(.*)"$', said, re.MULTILINE)[0]
        text = readable_anywhere(text, metadata.get("urls", {}).get("Source"), version)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def readable_anywhere(readme: str, source: str | None, version: str) -> str:
    """Return a README in which no link needs a file beside it.

    Args:
        readme: The text, in Markdown.
        source: The address of the repository on GitHub, or None while there is none.
        version: The tag that has the files which this README is about.

    Example:
        >>> readable_anywhere("([how](docs/guides/show.md)), [LICENSE](LICENSE)", None, "1.0.0")
        '(`docs/guides/show.md`), LICENSE'
        >>> readable_anywhere("![a cluster](lab.png)", "https://example.org/us/clusterlab", "1.0.0")
        '![a cluster](https://example.org/us/clusterlab/raw/1.0.0/lab.png)'
    """

    def anywhere(link: re.Match[str]) -> str:
        mark, words, name = link.groups()
        if source is not None:
            view = "raw" if mark else "blob"
            return f"{mark}[{words}]({source.rstrip('/')}/{view}/{version}/{name})"
        if name.startswith(PACKED["course"]):
            return f"`{name}`" if words in {"guide", "how"} else f"{words} (`{name}`)"
        return f"*{words}*" if mark else words

    return LINK.sub(anywhere, readme)
