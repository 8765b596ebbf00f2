"""A class on this machine alone, served as `clusterlab class` writes it, for test and benchmark."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import clusterlab
from clusterlab.classroom import write_class

from .lab_page import until_it_answers

MISSING = (
    "JupyterHub or its proxy is missing: pip install 'clusterlab[class]', then with node 18 or "
    "newer npm install --global --prefix .venv configurable-http-proxy"
)
SETTINGS = """
c.JupyterHub.bind_url = "http://127.0.0.1:{}"
c.JupyterHub.hub_port = {}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{}"
"""


class Class:
    """A class that is being served.

    Attributes:
        url: Where learners log in.
        folder: What `clusterlab class` wrote.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}/"
        self.password = (folder / "password.txt").read_text("utf-8").strip()

    def exercise(self, *words: str) -> None:
        """Run the trainer's script."""
        command = [self.folder / "exercise.sh", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stderr


def can_be_served() -> bool:
    """Return whether JupyterHub and its proxy are installed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return bool(find_spec("jupyterhub") and shutil.which("configurable-http-proxy", path=path))


@contextmanager
def running_class(folder: Path, hub: str = "", lab: str = "") -> Iterator[Class]:
    """Serve a class from a new folder; lines of settings may be added to those written."""
    write_class(folder)
    with ExitStack() as taken:
        sockets = [taken.enter_context(socket.socket()) for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1] for one in sockets]
    for name, more in {
        "jupyterhub_config.py": SETTINGS.format(*ports) + hub,
        "settings/jupyter_server_config.py": lab,
    }.items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(more)
    environment = {**os.environ, "CLUSTERLAB_IN_CONTAINER": "1"}
    environment["PYTHONPATH"] = str(Path(clusterlab.__file__).parents[1])
    log_path = folder / "hub.log"
    with log_path.open("wb") as log:
        server = subprocess.Popen(folder / "start.sh", env=environment, stdout=log, stderr=log)
        try:
            until_it_answers(f"http://127.0.0.1:{ports[0]}/hub/login", server, log_path)
            yield Class(folder, ports[0])
        finally:
            server.terminate()
            server.wait(timeout=120)
