"""The checks that a reviewer would run first: lint rules and types."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Addresses and folders of one machine have no place in a file that others install from.
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9a-z.+!]*")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in the repository."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_lint_rules_are_kept():
    """The rules chosen in pyproject.toml hold for code, tests, tools and notebooks."""
    result = run("ruff", "check", "--no-cache", ".")
    assert 0 == result.returncode, result.stdout + result.stderr


def test_the_types_fit():
    """Package and tools pass mypy as pyproject.toml sets it up."""
    result = run("mypy")
    assert 0 == result.returncode, result.stdout + result.stderr


def test_constraints_name_versions_and_nothing_else():
    """Each line is one package with one exact version, and no package comes twice."""
    text = (ROOT / "constraints.txt").read_text("utf-8")
    pins = [line for line in text.splitlines() if not line.startswith("#")]
    assert [] == [line for line in pins if not PIN.fullmatch(line)]
    names = [line.split("==")[0].lower().replace("_", "-") for line in pins]
    assert sorted(set(names)) == sorted(names)


def test_the_two_commands_are_one_line_each():
    """The README's commands for Linux start in an empty folder and use the pinned versions."""
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv .venv ")]
    assert ["lab", "pytest"] == [command.split()[-1] for command in commands]
    assert all("-c constraints.txt" in command for command in commands)


def test_the_windows_lines_do_the_same_as_the_others():
    """Word by word: the launcher, the environment's folder, backslashes; no quotes in quotes."""
    readme = (ROOT / "README.md").read_text("utf-8")
    elsewhere = [line for line in readme.splitlines() if line.startswith("python3 -m venv .venv ")]
    windows = re.findall(r'^cmd /c "([^"]*)"$', readme, re.MULTILINE)
    assert 2 == len(elsewhere) == len(windows)
    for line, other in zip(windows, elsewhere, strict=True):
        assert "/" not in line.replace("py -3", "")
        here = line.replace("py -3 ", "python3 ").replace(".venv\\Scripts\\", ".venv/bin/")
        assert shlex.split(other) == shlex.split(here)
