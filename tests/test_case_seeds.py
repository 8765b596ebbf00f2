"""Every seed from 0 to 99: the same case each time, not solved already, solved by its lines."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusterlab.cases import KINDS, Case, case
from clusterlab.cases.checking import plant, symptom, trials_of
from clusterlab.clusterexe import run_line

SEEDS = range(100)
SAME = "from clusterlab.cases import case; print([repr(case(s)) + case(s).log() for s in range(4)])"


@pytest.fixture(scope="module")
def cases() -> dict[int, Case]:
    """Return the case of each seed."""
    return {seed: case(seed) for seed in SEEDS}


def solved_by(this: Case) -> Iterator[str]:
    """Yield what keeps the lines of the solution from solving a case."""
    sim = this.simulation()
    for line in (line for lines in this.repairs() for line in lines):
        answer = run_line(sim, line)
        if answer.startswith(("System error", "Not possible")):
            yield f"{line}: {answer}"
    report = this.check(sim)
    if not report.passed:
        yield repr(report)


def test_the_lines_of_the_solution_solve_every_case(cases: dict[int, Case]):
    """Typed at the prompt, they repair each fault and do no harm."""
    assert [] == [(seed, text) for seed in SEEDS for text in solved_by(cases[seed])]


def test_no_case_is_solved_already(cases: dict[int, Case]):
    """Without a repair each fault is still there."""
    reports = {seed: cases[seed].check(cases[seed].simulation()) for seed in SEEDS}
    repaired = [
        seed
        for seed, report in reports.items()
        if any(finding.is_repaired for finding in report.findings)
    ]
    assert [] == repaired


def test_every_case_has_one_to_three_faults_and_complaints(cases: dict[int, Case]):
    """Each fault has its morning, and each morning somebody complains."""
    for this in cases.values():
        assert 1 <= len(this.faults) == len(this.incidents) <= 3
        days = {sentence.partition(".")[0] for sentence in this.complaints()}
        assert set(this.incidents) == days


def test_the_faults_of_a_case_do_not_hide_each_other(cases: dict[int, Case]):
    """What shows a fault ends well where only the other faults are; tried on every third seed."""
    for seed in SEEDS[::3]:
        this = cases[seed]
        assert len(this.faults) == len({fault.place for fault in this.faults})
        for fault in this.faults:
            others = tuple(other for other in this.faults if other is not fault)
            cluster = plant(this.shape, others)
            assert "" == symptom(this.shape, cluster, trials_of(this.shape, fault)), seed


def test_every_kind_of_fault_occurs(cases: dict[int, Case]):
    """Among these seeds no kind is missing."""
    found = {fault.kind.id for this in cases.values() for fault in this.faults}
    assert set(KINDS) == found


def test_clusters_have_two_to_eight_nodes(cases: dict[int, Case]):
    """Small and large clusters occur."""
    assert {2, 3, 4, 5, 8} <= {len(this.start.config.nodes) for this in cases.values()}


def test_a_case_made_anew_is_equal(cases: dict[int, Case]):
    """Nothing is remembered from case to case."""
    for seed in SEEDS[::25]:
        case.cache_clear()
        assert cases[seed] == case(seed)


def test_every_machine_makes_the_same_case():
    """Two interpreters with different hashes of strings tell the same stories."""
    told = [
        subprocess.run(
            [sys.executable, "-c", SAME],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert "Monday" in told[0]
