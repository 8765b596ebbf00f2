"""Makes the course a static web site: Python runs in the reader's browser, nothing is installed.

`python -m tools.site OUT` writes OUT/site: a start page, the failover lab without code, the lessons
and exercises in JupyterLite, the guides and the handbook as pages. Any web server can hand it out;
no page asks another machine. Making it needs node and npm; reading it, a browser.

What the browser's Python gets are wheels in the versions of `constraints.txt`, compiled by the same
Python that will run them. Whatever was made before in OUT is made anew.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools.course import ROOT

FILES = Path(__file__).parent / "sitefiles"
PYODIDE = "314.0.6"
"""The release that the pinned jupyterlite-pyodide-kernel is made for."""
BUILDERS = (
    "jupyterlite-core", "jupyterlite-pyodide-kernel", "jupyter-server", "jupyterlab-server",
    "jupyterlab-widgets", "anywidget",
)  # fmt: skip
RUNTIME = (
    "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json",
)  # fmt: skip
KERNEL = ("micropip", "comm", "jedi", "ipython")
"""What the kernel starts with; piplite, pyodide-kernel and ipykernel come with its extension."""
ON_THE_PAGE = frozenset({"jupyterlab-widgets", "widgetsnbextension"})
"""Dependencies that only the page's JavaScript needs."""
BROWSER = {
    "python_version": "3.14",
    "python_full_version": "3.14.2",
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "platform_machine": "wasm32",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "implementation_version": "3.14.2",
    "platform_release": "",
    "platform_version": "",
    "extra": "",
}
"""What dependency markers are read against: the browser's Python, not this one."""
FOR_BROWSER = (
    "--no-deps", "--only-binary=:all:", "--python-version=3.14", "--implementation=cp",
    "--abi=cp314", "--platform=pyemscripten_2026_0_wasm32",
)  # fmt: skip
COURSE = ("notebooks", "exercises/learner", "docs/handbook")


class SiteError(Exception):
    """The site cannot be made here; the message says what is missing."""


def make(out: Path) -> Path:
    """Make the site in *out* and return the folder to hand out.

    Raises:
        SiteError: If node or npm is missing.
        subprocess.CalledProcessError: If a tool failed; it has said why.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise SiteError(
                f"{program} is missing. Making the site needs node 20 or newer with npm "
                "(Debian: apt-get install nodejs npm)."
            )
    out = out.absolute()
    for old in ("_site", "content", "wheels", "static", ".jupyterlite.doit.db"):
        remove(out / old)
    python = builder(out / "builder")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out / "wheels", ROOT)
    for folder in COURSE:
        hidden = shutil.ignore_patterns(".*", "__pycache__", "clusterlab-*")
        shutil.copytree(ROOT / folder, out / "content" / folder, ignore=hidden)
    pyodide = out / "static" / "pyodide"
    fill(pyodide, out, python)
    run("node", FILES / "compile.mjs", pyodide)
    for name in ("jupyter-lite.json", "jupyter_lite_config.json"):
        shutil.copy(FILES / name, out)
    run(python, "-m", "jupyterlite_core", "build", cwd=out)
    site = out / "_site"
    for font in site.glob("build/fa-*"):
        if font.suffix in (
            ".eot",
            ".svg",
            ".ttf",
        ):  # for browsers without woff2, which run no Python
            font.unlink()
    pages = ("-d", out / "doctrees", ROOT / "docs", site / "pages")
    # Learners read here: the trainer's notes hold the answers.
    without = ("-D", "exclude_patterns=trainer", "-D", "suppress_warnings=toc.not_readable")
    run(sys.executable, "-m", "sphinx", "-W", "-q", *without, *pages)
    for page in ("index.html", "lab.html"):
        shutil.copy(FILES / page, site)
    stored_picture(site / "picture.html")
    return site


def run(*command: object, cwd: Path = ROOT) -> None:
    """Run a program that must end well."""
    subprocess.run([str(word) for word in command], check=True, cwd=cwd)


def remove(path: Path) -> None:
    """Remove what an earlier run made."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def builder(folder: Path) -> Path:
    """Return the Python of an environment with JupyterLite, made if it is not there yet.

    Its page holds the extensions of that environment, so it is one of its own.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.is_file():
        venv.create(folder, with_pip=True)
    pins = ROOT / "constraints.txt"
    run(python, "-m", "pip", "install", "-q", "-c", pins, *BUILDERS, "packaging")
    return python


def fill(pyodide: Path, out: Path, python: Path) -> None:
    """Put Python for the browser into a folder: its runtime, the wheels, and the list of both."""
    pyodide.mkdir(parents=True)
    cache = out / "cache"
    cache.mkdir(exist_ok=True)
    packed = cache / f"pyodide-{PYODIDE}.tgz"
    if not packed.is_file():
        run("npm", "pack", f"pyodide@{PYODIDE}", "--silent", "--pack-destination", cache)
    with tarfile.open(packed) as archive:
        for name in RUNTIME:
            member = archive.extractfile(f"package/{name}")
            assert member is not None
            (pyodide / name).write_bytes(member.read())
    listed = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))
    tested: dict[str, str] = {
        canonicalize_name(name): f"{name}=={entry['version']}"
        for name, entry in listed["packages"].items()
    }
    extension = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
    ours = [*python.parents[1].joinpath(extension).glob("*.whl"), *(out / "wheels").glob("*.whl")]
    wheels = gathered({name_of(wheel): wheel for wheel in ours}, tested, cache / "wheels")
    for wheel in wheels.values():
        shutil.copy(wheel, pyodide)
    listed["packages"] = {name: entry(name, wheel) for name, wheel in sorted(wheels.items())}
    text = json.dumps(listed, indent=1, sort_keys=True)
    (pyodide / "pyodide-lock.json").write_text(text, encoding="utf-8")


def gathered(wheels: dict[str, Path], tested: dict[str, str], cache: Path) -> dict[str, Path]:
    """Return the wheels by name, with whatever they need, and need for that.

    A version comes from `constraints.txt`, else from what this Pyodide was tested with.
    """
    wheels = {name: wheel for name, wheel in wheels.items() if name not in ON_THE_PAGE}
    pins = dict(constraints())
    todo = [Requirement(name) for name in KERNEL]
    todo += [needed for wheel in wheels.values() for needed in needs(wheel)]
    while todo:
        name = canonicalize_name(todo.pop(0).name)
        if name in wheels:
            continue
        wanted = tested.get(name, name) if name in KERNEL or name not in pins else pins[name]
        folder = cache / wanted
        if not list(folder.glob("*.whl")):
            download = (sys.executable, "-m", "pip", "download", "-q", *FOR_BROWSER)
            run(*download, "-d", folder, wanted)
        (wheels[name],) = folder.glob("*.whl")
        todo += needs(wheels[name])
    return wheels


def constraints() -> Iterator[tuple[str, str]]:
    """Yield the name and the exact version of each line of `constraints.txt`."""
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if "==" in line and not line.startswith("#"):
            yield canonicalize_name(line.partition("==")[0]), line.partition(";")[0].strip()


def name_of(wheel: Path) -> str:
    """Return the name of a wheel's package as indexes spell it."""
    return canonicalize_name(parse_wheel_filename(wheel.name)[0])


def needs(wheel: Path) -> list[Requirement]:
    """Return what a wheel needs in the browser."""
    lines = metadata(wheel).get_all("Requires-Dist") or []
    found = [Requirement(line) for line in lines]
    return [
        one
        for one in found
        if canonicalize_name(one.name) not in ON_THE_PAGE
        and (one.marker is None or one.marker.evaluate(dict(BROWSER)))
    ]


def metadata(wheel: Path) -> Message:
    """Return what a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode("utf-8"))


def entry(name: str, wheel: Path) -> dict[str, object]:
    """Return what Pyodide's list of packages says of a wheel."""
    return {
        "name": name,
        "version": str(parse_wheel_filename(wheel.name)[1]),
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(set(top_names(wheel))),
        "unvendored_tests": False,
        "depends": sorted({canonicalize_name(one.name) for one in needs(wheel)}),
    }


def top_names(wheel: Path) -> Iterator[str]:
    """Yield the names that a wheel lets Python import."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            top, _, rest = name.partition("/")
            if rest == "__init__.py":
                yield top
            elif not rest and top.endswith(".py"):
                yield top.removesuffix(".py")


def stored_picture(path: Path) -> None:
    """Write the playable picture that stands on the page of the lab while Python loads."""
    from clusterlab import exchange_cluster
    from clusterlab.lab import report

    report(exchange_cluster(), title="Three Exchange virtual servers on four nodes").write(path)


if __name__ == "__main__":
    try:
        print(make(Path(sys.argv[1] if len(sys.argv) > 1 else "build/site")))
    except SiteError as error:
        sys.exit(str(error))
