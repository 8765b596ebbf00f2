"""Kernels that are forked from one process, since each test wants a fresh one and most want many.

A fresh kernel spends most of its first second on imports. Here one process imports once; every
kernel is a child of it, with memory, folder, environment and output of its own. What Jupyter
starts, interrupts and ends is a small client (this file, as a program) that stands for its kernel.
Where a process cannot fork, kernels are Jupyter's own.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

STREAMS = (1, 2)
"""What a kernel inherits from its client: standard output and standard error."""
LOOK_EVERY_S = 1.0
START_S = 120.0


CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"  # whose libraries mind a fork


def name_kernel(folder: Path) -> None:
    """Write a kernel of the usual name into a folder, and name the folder to Jupyter.

    The process that forks ends with this one.
    """
    command = [sys.executable, "-IS", __file__, str(folder / "socket"), str(os.getpid())]
    spec = {
        "argv": [*command, "-f", "{connection_file}"],
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "metadata": {"debugger": True, "supported_encryption": ["curve"]},
        "kernel_protocol_version": "5.5",
    }
    place = folder / "kernels" / "python3" / "kernel.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(spec), "utf-8")
    paths = (str(folder), os.environ.get("JUPYTER_PATH"))
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))


# --- the client -------------------------------------------------------------------------------


def stand_for_a_kernel(address: str, owner: str, *arguments: str) -> None:
    """Ask for a kernel, pass signals on to it, and end when it ends."""
    line = _connected(address, owner)
    wish = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    text = json.dumps(wish).encode()
    socket.send_fds(line, [len(text).to_bytes(4, "big")], STREAMS)
    line.sendall(text)
    kernel = int.from_bytes(line.recv(4, socket.MSG_WAITALL), "big")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda given, _: os.kill(kernel, given))
    for stream in STREAMS:
        os.close(stream)
    line.recv(1)


def _connected(address: str, owner: str) -> socket.socket:
    """Return a line to the process that forks, which the first client starts."""
    line = socket.socket(socket.AF_UNIX)
    with suppress(OSError):
        line.connect(address)
        return line
    command = [sys.executable, __file__, address, owner]
    nothing = subprocess.DEVNULL
    subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with suppress(OSError):
            line.connect(address)
            return line
        time.sleep(0.01)
    raise TimeoutError(f"no process that forks kernels answers at {address}")


# --- the process that forks -------------------------------------------------------------------


def fork_kernels(address: str, owner: int) -> None:
    """Fork a kernel for each client, until the owner is gone; of two such processes one stays."""
    server = socket.socket(socket.AF_UNIX)
    with suppress(OSError):
        server.bind(address)
        _import_all()
        server.listen(64)
        server.settimeout(LOOK_EVERY_S)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while _is_there(owner):
            with suppress(TimeoutError):
                line, _ = server.accept()
                if os.fork() == 0:
                    server.close()
                    _be_a_kernel(line, owner)
                line.close()


def _import_all() -> None:
    """Import what kernels import, and keep the collector of garbage away from it."""
    import gc

    import ipykernel.kernelapp
    import ipykernel.zmqshell

    from clusterlab import lab

    assert ipykernel.zmqshell
    for name in lab.__all__:
        getattr(lab, name)
    gc.freeze()


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _be_a_kernel(line: socket.socket, owner: int) -> None:
    """Take over what the client has, and run a kernel; end when the client has ended."""
    import threading

    from ipykernel.kernelapp import IPKernelApp

    line.settimeout(None)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    head, streams, _, _ = socket.recv_fds(line, 4, len(STREAMS))
    wish = json.loads(line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
    for stream, given in zip(STREAMS, streams, strict=True):
        os.dup2(given, stream)
        os.close(given)
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["environment"])
    os.environ.pop("JPY_PARENT_PID", None)  # the client; this kernel's parent is another one
    line.sendall(os.getpid().to_bytes(4, "big"))
    threading.Thread(target=_end_with, args=(line, owner), daemon=True).start()
    app = IPKernelApp.instance()
    app.initialize(wish["arguments"])
    _tell_libraries_of_the_kernel()
    app.start()
    os._exit(0)


def _end_with(line: socket.socket, owner: int) -> None:
    """End this kernel when its client or the owner of all kernels has ended."""
    while _is_there(owner) and not select.select([line], [], [], LOOK_EVERY_S)[0]:
        pass
    os._exit(1)


def _tell_libraries_of_the_kernel() -> None:
    """Repeat what widgets and figures do when a kernel imports them."""
    import ipywidgets
    import plotly.io

    ipywidgets.register_comm_target()
    plotly.io.renderers.default = "plotly_mimetype+notebook"


if __name__ == "__main__":
    if len(sys.argv) > 3:
        stand_for_a_kernel(*sys.argv[1:])
    else:
        del sys.path[0]  # the folder of this file
        fork_kernels(sys.argv[1], int(sys.argv[2]))
