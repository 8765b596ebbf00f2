"""How the command ends when names, outputs or Ctrl+C get in its way: a sentence and a status."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from clusterlab import __main__ as start
from clusterlab import cli
from clusterlab.cli.base import PathArgument

COMMAND = [sys.executable, "-m", "clusterlab"]
FULL = Path("/dev/full")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="names and pipes of Windows differ")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is full")


def sentence(result: "subprocess.CompletedProcess[bytes]") -> str:
    """Return what the command said on stderr, which is one line and no traceback."""
    said = result.stderr.decode()
    assert 2 == result.returncode, said
    assert said.startswith("Error: "), said
    assert 1 == said.count("\n"), said
    return said


@needs_posix
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([b"run", b"\xff.txt"], r"\udcff.txt: No such file"),
        ([b"new", b"x" * 300], "File name too long"),
        ([b"new", b"no/\x1b[31m.toml"], r"\x1b[31m.toml: No such file"),
    ],
    ids=["not UTF-8", "too long", "steers a terminal"],
)
def test_names_that_no_terminal_can_show(tmp_path: Path, arguments: list[bytes], words: str):
    """The name is escaped, and the rest of the sentence says what is wrong."""
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, check=False, cwd=tmp_path)
    assert words in sentence(result)
    assert [] == list(tmp_path.iterdir())


@needs_posix
def test_a_name_that_is_not_utf_8_is_written_to(tmp_path: Path):
    """What is in the file does not depend on it, so `check` reads it."""
    for command in (b"new", b"check"):
        arguments = [*COMMAND, command, b"\xff.toml"]
        result = subprocess.run(arguments, capture_output=True, check=False, cwd=tmp_path)
        assert (0, b"") == (result.returncode, result.stderr)


@needs_full
def test_a_full_output(tmp_path: Path):
    """What could not be printed is not taken for a fault of the cluster, which is status 1."""
    with FULL.open("wb") as full:
        result = subprocess.run(
            [*COMMAND, "support"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert "the output: No space left on device" in sentence(result)


@needs_full
def test_a_full_output_for_problems():
    """The status is the same where nobody can read what is wrong."""
    with FULL.open("wb") as full:
        result = subprocess.run([*COMMAND, "support", "x"], stderr=full, check=False)
    assert 2 == result.returncode


@needs_posix
@pytest.mark.parametrize(
    ("closed", "status", "words"),
    [(">&-", 2, "the output: it is closed"), ("2>&-", 0, ""), (">&- 2>&-", 0, "")],
)
def test_closed_outputs(closed: str, status: int, words: str):
    """A closed output is named; where there is nothing to say it on, the command just runs."""
    result = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, "support", "IMF"],
        capture_output=True,
        check=False,
    )
    assert status == result.returncode
    assert words in result.stderr.decode()


@needs_posix
def test_a_reader_that_has_seen_enough():
    """``clusterlab support | head -1`` says nothing of a broken pipe."""
    pipe, end = os.pipe()
    os.close(pipe)
    result = subprocess.run([*COMMAND, "support"], stdout=end, stderr=subprocess.PIPE, check=False)
    os.close(end)
    assert b"" == result.stderr


def interrupt(*_: object, **__: object) -> None:
    """Stand for Ctrl+C at the moment of the call."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["_open_streams", "_run"])
def test_ctrl_c_before_the_command(where: str, monkeypatch: pytest.MonkeyPatch):
    """Ctrl+C while the command is being loaded ends with 130, as shells have it."""
    monkeypatch.setattr(start, where, interrupt)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # Ctrl+C still ends these tests
    with pytest.raises(SystemExit) as end:
        start.main()
    assert start.INTERRUPTED == end.value.code


def test_ctrl_c_in_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Ctrl+C while a command runs is the same, without a traceback."""
    monkeypatch.setattr(start, "_open_streams", lambda: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["clusterlab", "run", "a.txt"])
    monkeypatch.setitem(sys.modules, "clusterlab.scenario", SimpleNamespace(run_file=interrupt))
    with pytest.raises(SystemExit) as end:
        start.main()
    assert start.INTERRUPTED == end.value.code
    assert "Traceback" not in capsys.readouterr().err


@needs_posix
def test_ctrl_c_is_a_signal(tmp_path: Path):
    """The real signal, in text that Python runs, as each dataclass is; that must not kill it."""
    listen = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"import os, signal; {listen}; os.kill(os.getpid(), signal.SIGINT)"
    load = f"from clusterlab import __main__ as start; start._run = lambda: exec({code!r})"
    (tmp_path / "stopped.py").write_text(f"{load}\nstart.main()")
    result = subprocess.run(
        [sys.executable, "-m", "stopped"], capture_output=True, check=False, cwd=tmp_path
    )
    assert (130, b"Stopped by Ctrl+C.\n") == (result.returncode, result.stderr)


@needs_posix
def test_ctrl_c_after_the_end():
    """What is done is done: a signal while Python ends does not change the status."""
    kill = "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))"
    listen = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"import atexit, os, signal; {listen}; {kill}"
    load = (
        f"from clusterlab import __main__ as start; start._run = lambda: exec({code!r}, {{}}) or 0"
    )
    result = subprocess.run(
        [sys.executable, "-c", f"{load}\nstart.main()"], capture_output=True, check=False
    )
    assert (0, b"") == (result.returncode, result.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", ""], ["checklist", ""], ["design", ""], ["lint", ""], ["new", ""], ["plan", ""],
        ["run", ""], ["runbook", ""], ["whatif", ""], ["lab", "--folder", ""],
        ["plan", "README.md", "--csv", ""], ["runbook", "README.md", "-o", ""],
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_empty_name_is_no_name(arguments: list[str]):
    """What a script passes by mistake is neither the current folder nor a file called "."."""
    result = CliRunner().invoke(cli.cli, arguments)
    assert 2 == result.exit_code
    assert "an empty name was given; name a file or a folder." in result.stderr


def test_every_path_is_taken_by_one_type():
    """So no command takes an empty name."""
    taken = [one.type for command in cli.cli.commands.values() for one in command.params]
    assert {PathArgument} == {type(kind) for kind in taken if isinstance(kind, click.Path)}


def test_a_folder_without_a_name(monkeypatch: pytest.MonkeyPatch):
    """The root is called by what was typed."""
    root = Path(sys.executable).anchor
    result = CliRunner().invoke(cli.cli, ["check", root])
    assert result.stderr.startswith(f"{root}: ")


@needs_posix
@pytest.mark.parametrize("command", ["check", "lint", "plan", "run", "whatif", "design"])
def test_a_named_pipe_is_refused(command: str, tmp_path: Path):
    """Nobody may ever write to it, so it is not waited for."""
    os.mkfifo(tmp_path / "pipe")
    result = CliRunner().invoke(cli.cli, [command, str(tmp_path / "pipe")])
    assert result.exit_code in {1, 2}
    assert "It is a named pipe, no file; name a file that can be read" in result.stderr


@needs_posix
def test_a_pipe_of_the_shell_is_read():
    """``clusterlab check <(...)`` has a writer, and no name to wait at."""
    code = "import os, sys; r, w = os.pipe(); os.write(w, sys.argv[1].encode()); os.close(w)\n"
    code += "from click.testing import CliRunner; from clusterlab import cli\n"
    code += "print(CliRunner().invoke(cli.cli, ['check', f'/dev/fd/{r}']).output)"
    text = 'nodes = ["NODE1", "NODE2"]\n'
    result = subprocess.run([sys.executable, "-c", code, text], capture_output=True, check=False)
    assert b"NODE2 Up" in result.stdout
