"""Byte-compile each wheel of /wheels in place, without what the browser's Python never reads."""

import hashlib
import importlib._bootstrap_external as bootstrap
import importlib.util
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

NEVER_READ = {
    "plotly": (
        "plotly/labextension/",
        ".data/",
        "plotly/package_data/datasets/",
        "plotly/package_data/plotly.min.js",
        "plotly/express/",
        "plotly/figure_factory/",
        "plotly/matplotlylib/",
    ),
    "networkx": ("/tests/",),
    "anywidget": (".data/",),
    "clusterlab": ("clusterlab/course/", "clusterlab/masters/"),
    "ipywidgets": ("/tests/",),
    "jedi": ("jedi/third_party/django-stubs/",),
}
SOURCELESS = frozenset({"narwhals", "networkx", "plotly", "prompt-toolkit", "pygments"})
"""Large packages of which nobody reads the source: the compiled form alone is kept."""
WHEELS = Path("/wheels")


def compiled_name(name: str, *, alone: bool) -> str:
    """Return where Python looks for the compiled form of a file, with its source or alone."""
    if alone:
        return f"{name}c"
    folder, _, file = name.rpartition("/")
    start = f"{folder}/" if folder else ""
    return f"{start}__pycache__/{file.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"


def compiled(name: str, data: bytes) -> bytes | None:
    """Return the compiled form, which names the hash of its source; None for what is no Python."""
    place = f"/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/{name}"
    try:
        code = compile(data, place, "exec", dont_inherit=True)
    except SyntaxError:  # a template, or a test of broken code
        return None
    hashed = importlib.util.source_hash(data)
    pack: Any = vars(bootstrap)["_code_to_hash_pyc"]
    return bytes(pack(code, hashed, False))


def renew(wheel: Path, leave_out: tuple[str, ...], *, alone: bool) -> str:
    """Write a wheel anew with its compiled files; return the hash of what was written."""
    part = wheel.with_suffix(".part")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if any(place in name for place in leave_out) or "/__pycache__/" in name:
                continue
            data = old.read(name)
            code = compiled(name, data) if name.endswith(".py") else None
            if code is None or not alone:
                new.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
            if code is not None:
                place = compiled_name(name, alone=alone)
                new.writestr(zipfile.ZipInfo(place), code, zipfile.ZIP_DEFLATED)
    part.replace(wheel)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


lock = json.loads((WHEELS / "pyodide-lock.json").read_text("utf-8"))
for package, entry in lock["packages"].items():
    leave_out, alone = NEVER_READ.get(package, ()), package in SOURCELESS
    entry["sha256"] = renew(WHEELS / entry["file_name"], leave_out, alone=alone)
(WHEELS / "pyodide-lock.json").write_text(json.dumps(lock, indent=1, sort_keys=True))
