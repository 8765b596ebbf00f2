"""The tasks of all lessons: how each starts, what its check finds, and what is kept beside it.

What is right in a task is decided in the module of its lesson, which is loaded when a task of it
is asked for: `GRADERS` has the checks by the numbers of the tasks; `STARTS` and `RUNS` have how
those begin that are about a simulation or about a run of a procedure. Each check tries the
learner's cluster out in the simulation, so every answer that works counts. Files are kept beside
the notebook of the exercise and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterlab.cluster.errors import ConfigError
from clusterlab.lessons import TaskWords, lesson_numbers, tasks_of
from clusterlab.lessons.trials import Finding, Findings, OtherAnswerWanted, Runs, Starts, given
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.files import write_whole

if TYPE_CHECKING:
    from clusterlab.procedures.run import Run

HINTS_FILE = "hints.txt"
"""Which hints that cost a point were shown: a line for each, such as "02.3 hint 3"."""


def findings(task: str, answer: object) -> Findings:
    """Yield what the check of *task* finds; nothing if nothing was done yet."""
    if task in _table(task, "STARTS"):
        is_touched = _is_touched(task, answer)
    elif task in _table(task, "RUNS"):
        is_touched = _has_steps(task, answer)
    else:
        is_touched = True
    if is_touched:
        yield from _table(task, "GRADERS")[task](answer)


def _is_touched(task: str, answer: object) -> bool:
    say = f'Give the simulation: check("{task}", sim); this was {type(answer).__name__}.'
    history, before = given(answer, Simulation, say).history, start(task).history
    if history[: len(before)] != before:
        raise OtherAnswerWanted(f'Begin with sim = start("{task}") and act on that simulation.')
    return len(history) > len(before)


def _has_steps(task: str, answer: object) -> bool:
    beginning = begin(task)
    say = f'Give the run: check("{task}", run); this was {type(answer).__name__}.'
    run, count = given(answer, type(beginning), say), len(beginning.entries)
    if run.entries[:count] != beginning.entries or run.procedure != beginning.procedure:
        raise OtherAnswerWanted(f'Begin with begin("{task}") and go on with that run.')
    return len(run.entries) > count


def start(task: str) -> Simulation:
    """Return the simulation that a task begins with, the same one each time.

    Raises:
        ConfigError: If the task has none.

    Example:
        >>> start("02.2").state("EVS2").value
        'Failed'
    """
    starts: Starts = _table(task, "STARTS")
    _check(task, "STARTS", "start")
    return starts[task]()


def begin(task: str) -> Run:
    """Return the run of a procedure that a task begins with, the same one each time.

    Example:
        >>> begin("07.3")
        Run(install CLUS2: 21 of 55 tasks, 385 min, 0 mistakes)
        >>> begin("10.3").refusal.code
        'UE-15'
    """
    runs: Runs = _table(task, "RUNS")
    _check(task, "RUNS", "beginning")
    return runs[task]()


def beginning(task: str) -> Any:
    """Return what a task begins with: a simulation, a run of a procedure, or `...` for nothing."""
    table = {**_table(task, "STARTS"), **_table(task, "RUNS")}
    return table[task]() if task in table else ...


def words_of_task(task: str) -> TaskWords:
    """Return the words of a task."""
    number = task.partition(".")[0]
    known = tasks_of(number) if number in lesson_numbers() else {}
    if task not in known:
        allowed = ", ".join(known or lesson_numbers())
        raise ConfigError(f"there is no task {task!r}; allowed: {allowed}")
    return known[task]


def share(task: str, words: TaskWords, findings: Sequence[Finding]) -> float:
    """Return which share of the points was earned: parts that are right, less other mistakes.

    What was right when the task began earns nothing.
    """
    grader, starts = _table(task, "GRADERS")[task], _table(task, "STARTS")
    before = _share(words, [*grader(starts[task]())]) if task in starts else 0.0
    return max(_share(words, findings) - before, 0) / (1 - before)


def _share(words: TaskWords, findings: Sequence[Finding]) -> float:
    counted = [found.parts for found in findings if found.parts != (0, 0)] or [
        (found.is_right * worth if worth else found.is_right - 1, worth)
        for found in findings
        for worth in [words.parts.count(found.condition)]
    ]
    count = max(sum(of for _, of in counted), len(words.parts))
    return max(sum(earned for earned, _ in counted), 0) / count if count else 0.0


def beside(task: str, name: str) -> Path | None:
    """Return the path of a file beside the notebook of a task; None if Python works elsewhere."""
    here = Path.cwd()
    is_there = here.name.startswith(f"{task[:2]}_") and (here / f"{here.name}.ipynb").is_file()
    return here / name if is_there else None


def hints_taken(task: str) -> int:
    """Return how many hints were shown that cost a point."""
    return len(_hint_lines(task, f"{task} "))


def take_hint(task: str, number: int) -> None:
    """Write down that a hint was shown which costs a point."""
    file, line = beside(task, HINTS_FILE), f"{task} hint {number}"
    if file is not None and line not in (known := _hint_lines(task)):
        write_whole({file: "".join(f"{one}\n" for one in sorted({*known, line})).encode()})


def _hint_lines(task: str, start: str = "") -> set[str]:
    file, lines = beside(task, HINTS_FILE), ""
    if file is not None:
        with suppress(OSError, ValueError):
            lines = file.read_text("utf-8")
    return {line.strip() for line in lines.splitlines() if line.strip().startswith(start)} - {""}


def _check(task: str, table: str, what: str) -> None:
    near = _table(task, table)
    if task not in near:
        known = near or [one for number in lesson_numbers() for one in _table(f"{number}.", table)]
        raise ConfigError(f"task {task!r} has no {what}; allowed: {', '.join(known)}")


def _table(task: str, name: str) -> Mapping[str, Any]:
    number = task.partition(".")[0]
    if number not in lesson_numbers():
        return {}
    table: Mapping[str, Any] = getattr(
        import_module(f"clusterlab.lessons.lesson{number}"), name, {}
    )
    return table
