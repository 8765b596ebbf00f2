"""Checks of the exercises of parts 12 and 13: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from clusterlab.design.designfiles import DesignFile, design_toml
from clusterlab.design.requirements import Requirements
from clusterlab.design.sizing import design
from clusterlab.design.storage import volumes
from clusterlab.lab.exercises import TASKS, check, question, quiz
from clusterlab.lessons import tasks_of
from clusterlab.lessons.lesson12 import HEAVY
from tests.test_exercise_checks import lines

TOLD = """\
mailboxes = 5000
growth = 0.2
share_average = 0.5
share_heavy = 0.5
passive = 2
[interview]
is_trained = false
"""
OF_EVS2 = [volume.path for volume in volumes(design(HEAVY)) if volume.group == "EVS2"]
SOON = replace(HEAVY, rto_database_h=2.0)

RIGHT: Mapping[str, object] = {
    "12.1": {"EVSs": 4, "nodes": 5},
    "12.2": {"mb": 263},
    "12.3": replace(HEAVY, roots_for_each_evs=2),
    "12.4": Requirements(mailboxes=12_000, passive=2),
    "12.5": {"a", "b", "d"},
    "12.6": replace(SOON, restore_mb_s=20.0),
    "12.7": TOLD,
    "13.1": {"used": 18, "left": 2},
    "13.2": "be",
    "13.3": {"free": 15, "roots": 2},
    "13.4": {"raid10": 8, "raid5": 9},
    "13.5": {"mb": 264},
    "13.6": set(OF_EVS2),
    "13.7": Requirements(mailboxes=9000, storage_groups_max=2),
}

WRONG = [
    ("12.1", {"EVSs": 2, "nodes": 5}, "EVSs: not 2"),
    ("12.1", {"EVSs": 4, "nodes": 4}, "Nodes: not 4"),
    ("12.2", {"mb": 264}, "It takes 4 EVSs"),
    ("12.2", {"mb": 200}, "201 MB would still fit"),
    ("12.3", HEAVY, "Findings: All mounts of an EVS under one root"),
    ("12.3", Requirements(mailboxes=3000), "the client's own"),
    ("12.4", Requirements(mailboxes=12_000), "an EVS is lost"),
    ("12.4", Requirements(mailboxes=12_000, passive=3), "6 nodes; 5 are enough"),
    ("12.5", "abcd", "c is only advice (R64)"),
    ("12.5", "ab", "1 more are errors"),
    ("12.6", SOON, "Changed: none"),
    ("12.6", replace(SOON, restore_mb_s=20.0, passive=2), "change exactly one"),
    ("12.6", replace(SOON, detect_h=1.5), "No cluster can be designed"),
    ("12.7", TOLD.replace("0.2", "20"), "1 problems; the first"),
    ("12.7", TOLD.replace("passive = 2", ""), "The client wants two passive nodes"),
    ("12.7", design_toml(DesignFile()), "The shares differ"),
    ("13.1", {"used": 15, "left": 2}, "Letters used: not 15"),
    ("13.1", {"used": 18}, "Letters left: not answered"),
    ("13.2", "bef", "never between a shared and a local disk"),
    ("13.2", "b", "Still missing: 1"),
    ("13.3", {"free": 16, "roots": 2}, "Free letters: not 16"),
    ("13.3", {"free": 15, "roots": 3}, "Roots: not 3"),
    ("13.4", {"raid10": 6, "raid5": 9}, "RAID 1+0: not 6"),
    ("13.4", {"raid10": 8, "raid5": 6}, "RAID 5: not 6"),
    ("13.5", {"mb": 263}, "MB: not 263"),
    ("13.5", {"mb": 100}, "MB: not 100"),
    ("13.6", {"G:\\"}, "Volumes still missing: 9"),
    ("13.6", {*OF_EVS2, "Q:\\"}, "These do not move with EVS2: Q:\\"),
    ("13.7", Requirements(mailboxes=9000, quota_mb=50), "the client's own: quota_mb"),
    ("12.4", Requirements(mailboxes=12_000, passive=2, quota_mb=50), "the client's own: quota_mb"),
    ("12.6", replace(SOON, detect_h=0.5), "the client's own: detect_h"),
    ("13.7", Requirements(mailboxes=9000), "30 letters are needed, 20 are free"),
    ("13.7", Requirements(mailboxes=3000), "These are the client's own: mailboxes"),
]


@pytest.mark.parametrize(("task", "answer"), RIGHT.items())
def test_a_right_answer_passes(task: str, answer: object):
    """The check of each task accepts the right answer."""
    assert (True, "") == (bool(result := check(task, answer)), lines(result, "missing"))


@pytest.mark.parametrize(("task", "wrong", "said"), WRONG)
def test_what_is_wrong_is_told_with_where_to_read(task: str, wrong: object, said: str):
    """The sentence names the mistake; the source of the rule follows."""
    result = check(task, wrong)
    assert not result
    assert said in lines(result, "missing"), result
    assert "handbook" in lines(result, "read")


@pytest.mark.parametrize(
    ("task", "answer", "said"),
    [
        ("12.1", 4, "Give numbers"),
        ("12.2", {"mb": 2.5}, "Give whole megabytes"),
        ("12.3", 12_000, "Give requirements"),
        ("12.7", 7, "Give the text of the file"),
        ("13.2", "g", "Give letters from a to f"),
        ("13.6", "G:\\", "Give a set of paths"),
    ],
)
def test_another_kind_of_answer_is_told_what_to_give(task: str, answer: object, said: str):
    """Who gives something else is shown an example."""
    assert said in lines(check(task, answer), "missing")


def test_other_ways_to_the_same_end_pass():
    """More EVSs make smaller databases, and a file with every key says the same."""
    assert check("12.6", replace(SOON, evs_at_least=6))
    assert check("13.7", Requirements(mailboxes=9000, storage_groups_max=2, evs_at_least=3))
    assert check("13.6", {path.replace("\\", "/") for path in OF_EVS2})


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task of parts 12 and 13 goes untested."""
    here = {task for task in TASKS if task[:2] in ("12", "13")}
    wrong = [task for task, *_ in WRONG]
    assert here == set(RIGHT) == {*tasks_of("12"), *tasks_of("13")}
    assert [] == [task for task in here if wrong.count(task) < 2]


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("12/decides", "c"), ("12/passive", "b"), ("12/second", "b"),
        ("13/letters", "b"), ("13/root", "c"), ("13/raid", "b"), ("13/promise", "b"),
        ("13/together", "b"), ("13/wall", "b"),
    ],
)  # fmt: skip
def test_questions_of_the_lessons(key: str, right: str):
    """Each question of lessons 12 and 13 has the answer of the handbook."""
    assert question(key).answer(right)


@pytest.mark.parametrize("part", ["12", "13"])
def test_each_part_has_ten_statements_half_of_them_wrong(part: str):
    """Four to six of the statements are often said and wrong."""
    rights = [item.words.right for item in quiz(part).questions]
    assert 10 == len(rights)
    assert 4 <= rights.count("false") <= 6
