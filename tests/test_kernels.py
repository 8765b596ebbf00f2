"""Forked kernels are as separate as kernels of their own, and end as those do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.blocking.client import BlockingKernelClient as Client
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.kernels import CAN_FORK

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="kernels are Jupyter's own here")
PATIENCE_S = 120.0


@contextmanager
def kernel(folder: Path, **environment: str) -> Iterator[tuple[KernelManager, Client]]:
    """Use a kernel that begins in a folder."""
    manager, client = start_new_kernel(
        kernel_name="python3", cwd=str(folder), env=os.environ | environment
    )
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client: Client, code: str) -> str:
    """Run code and return what it printed, or the name of its error."""
    said: list[str] = []

    def note(message: dict[str, dict[str, str]]) -> None:
        content = message["content"]
        said.append(content.get("text", "") + content.get("ename", ""))

    client.execute_interactive(code, output_hook=note, timeout=PATIENCE_S)
    return "".join(said)


def test_what_one_kernel_does_no_other_knows(tmp_path: Path):
    """Names, folder and environment are those of the kernel alone."""
    (tmp_path / "other").mkdir()
    show = (
        "import os; print(os.path.basename(os.getcwd()), os.environ.get('WHO'), 'x' in globals())"
    )
    with kernel(tmp_path, WHO="me") as (_, first), kernel(tmp_path / "other") as (_, second):
        assert "" == printed(first, "x = 1; import clusterlab; clusterlab.spoilt = True")
        assert f"{tmp_path.name} me True\n" == printed(first, show)
        assert "other None False\n" == printed(second, show)
        assert "AttributeError" == printed(second, "import clusterlab; clusterlab.spoilt")


def test_a_kernel_is_interrupted_restarted_and_ended(tmp_path: Path):
    """What happens to the process that Jupyter started happens to its kernel."""
    with kernel(tmp_path) as (manager, client):
        number = int(printed(client, "import os; print(os.getpid())"))
        client.execute("import time; print('begun'); time.sleep(600)")
        while client.get_iopub_msg(timeout=PATIENCE_S)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        assert "KeyboardInterrupt" == client.get_shell_msg(timeout=PATIENCE_S)["content"]["ename"]
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=PATIENCE_S)
        assert number != int(printed(client, "import os; print(os.getpid())"))
        until_gone(number)


def until_gone(process: int) -> None:
    """Wait until there is no such process."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"process {process} has not ended")


@pytest.mark.parametrize("opened", ["", "from clusterlab.lab import FailoverLab; FailoverLab()"])
def test_a_kernel_with_a_panel_drops_no_message(opened: str, tmp_path: Path):
    """Many messages wait for a reader that comes late; without a panel, the kernel drops some."""
    many = 20_000
    code = f"{opened}\nfor _ in range({many}): display({{'text/plain': 'x' * 1000}}, raw=True)"
    with kernel(tmp_path) as (_, client):
        asked = client.execute(code)
        client.get_shell_msg(timeout=PATIENCE_S)  # all was sent, and nothing read
        came = 0
        with suppress(Empty):
            while True:
                message = client.get_iopub_msg(timeout=PATIENCE_S if opened else 1.0)
                came += message["msg_type"] == "display_data"
                ended = message["content"].get("execution_state") == "idle"
                if ended and message["parent_header"]["msg_id"] == asked:
                    break
    assert (many == came) == bool(opened)
