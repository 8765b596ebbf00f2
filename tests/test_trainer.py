"""The trainer's kit: what it names exists, and no learner is offered the solutions."""

import re
import tomllib
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from clusterlab import Simulation
from clusterlab.cases import case
from clusterlab.cli import cli
from clusterlab.lab.panels.desk import play, read_code
from clusterlab.lab.panels.failover import SCENARIOS
from clusterlab.lessons import tasks_of, tours_of
from clusterlab.symptoms import symptoms
from tools import hatch_build, site, trainer
from tools.fidelity import chapters
from tools.lessons import lessons, stops

CODE = re.compile(r"`((?:11|20B?|22|31B?|71)(?:-[^`]+)?)`")
SECTION = re.compile(r"[Hh]andbook (\d), ((?:\d+(?:\.\d+)*(?:, | and | to )?)+)")
DAYS = [day for agenda in trainer.data()["agenda"] for day in agenda["day"]]
HEADS = ["Say", "Ask", "Where classes stall", "On the board"]
MOST_NET_MIN, LEAST_NET_MIN, MOST_WITHOUT_BREAK_MIN = 360, 300, 170


def written() -> dict[str, str]:
    """Return the pages of docs/trainer/ as they are written, by name."""
    return {path.stem: path.read_text("utf-8") for path in trainer.NOTES.glob("*.md")}


@pytest.mark.parametrize("number", lessons())
def test_each_lesson_has_its_notes(number: str):
    """Say, ask, where classes stall, the board; the heading is that of the lesson."""
    text = written()[f"lesson-{number}"]
    assert text.startswith(f"# Notes for lesson {number}: {lessons()[number].title}\n")
    assert re.findall(r"^## (.+)$", text, re.M) == HEADS
    stalls = text.partition("## Where classes stall")[2].partition("## ")[0]
    named = re.findall(r"^- `(\w+)`:", stalls, re.M)
    assert named
    assert {f"{number}/{stem}" for stem in named} <= set(tours_of(number))


def test_every_code_on_the_board_opens():
    """A code of the desk is one that the panel reads; most lessons of the cluster have one."""
    found = {name: CODE.findall(text) for name, text in written().items()}
    codes = [code for codes in found.values() for code in codes]
    codes += [item["desk"] for day in DAYS for item in day["items"] if "desk" in item]
    for scenario, words, asked in map(read_code, codes):
        play(Simulation(SCENARIOS[scenario]()), words, asked)
    assert [f"lesson-{n:02}" for n in range(7)] == sorted(name for name in found if found[name])[:7]


def test_every_section_that_is_cited_exists():
    """The notes cite the handbook, and nothing that it does not have."""
    known = {key for chapter in chapters() for key in chapter.sections}
    cited = {
        f"{chapter}, {section}"
        for text in written().values()
        for chapter, sections in SECTION.findall(" ".join(text.split()))
        for section in re.findall(r"\d+(?:\.\d+)*", sections)
    }
    assert len(cited) > 40
    assert cited <= known


def test_the_stop_points_are_those_of_the_tours():
    """Each question and prediction of a lesson is in its notes, with the right answer."""
    page = trainer.page("lesson-02")
    waits = [stop for name in lessons()["02"].tours for stop in stops(name)]
    assert all(stop.scene in page for stop in waits)
    assert "to start the store and replay its logs" in page
    assert "| EVS1 NODE1, EVS2 Failed, EVS3 NODE4 |" in page
    assert "| 02.7 | empty NODE2 for maintenance | 3 | 8 | failover |" in page


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day["title"])
def test_a_day_can_be_taught(day: dict):
    """Six hours at most, lunch in between, no more than three hours without a break."""
    lasts = [(trainer.slot(item)[0], item.get("pause", False)) for item in day["items"]]
    assert LEAST_NET_MIN <= sum(minutes for minutes, pause in lasts if not pause) <= MOST_NET_MIN
    blocks, block = [], 0
    for minutes, pause in [*lasts, (0, True)]:
        block = 0 if pause else block + minutes
        blocks.append(block)
    assert max(blocks) <= MOST_WITHOUT_BREAK_MIN
    assert 3 == sum(pause for _, pause in lasts)


def test_an_agenda_names_what_exists():
    """Tours, tasks and cases are there; nothing is done twice in one agenda."""
    for agenda in trainer.data()["agenda"]:
        items = [item for day in agenda["day"] for item in day["items"]]
        done = Counter(
            f"{item['lesson']}/{stem}"
            for item in items
            if "lesson" in item
            for stem in (
                item.get("tours") or " ".join(t[3:] for t in tours_of(item["lesson"]))
            ).split()
        )
        done += Counter(key for item in items for key in item.get("tasks", "").split())
        assert [] == [name for name, times in done.items() if times > 1]
        assert {name for name in done if "/" in name} <= {t for n in lessons() for t in tours_of(n)}
        assert all(case(number) for item in items for number in item.get("cases", ()))


def test_the_kit_is_written_outside_the_course(tmp_path: Path):
    """One file each, nothing asked of another machine; inside the course it is refused."""
    files = {path.name: path.read_text("utf-8") for path in trainer.write(tmp_path / "kit")}
    assert {f"lesson-{number}.html" for number in lessons()} | {"agendas.html"} <= set(files)
    assert not [
        name for name, text in files.items() if re.search(r"(?:src|href)=\"(?!data:)", text)
    ]
    with pytest.raises(ValueError, match="is inside the course"):
        trainer.write(trainer.ROOT / "build" / "kit")


def test_the_event_card_says_what_the_handbook_says():
    """Each chosen key is an entry of chapter 7, with its gist; no number is chosen twice."""
    chosen = [key for keys in trainer.data()["events"].values() for key in keys]
    assert len(chosen) == len(set(chosen))
    card = trainer.page("event-card")
    said = symptoms()
    assert [] == [key for key in chosen if f"| {key} | {said[key].fields['text'][:20]}" not in card]


def test_the_glossary_has_sixty_words_of_the_product():
    """Each has a section that exists and a name that the handbook has."""
    assert 60 == len({word for word, *_ in trainer.words()}) == len(trainer.words())
    found = chapters()
    known = {key for chapter in found for key in chapter.sections}
    assert {at for *_, at in trainer.words()} <= known
    text = "\n".join(chapter.path.read_text("utf-8") for chapter in found)
    assert [] == [name for _, _, name, _ in trainer.words() if name not in text]


def test_page_00_explains_words_of_the_glossary():
    """A word of the start page is one of the glossary."""
    known = {word.casefold() for word, *_ in trainer.words()}
    (rows,) = (rows for head, rows in lessons()["00"].tables if head == "Words")
    words = re.findall(r"^\| ([^|]+?) \|", rows, re.M)[1:]
    asked = {one.strip().casefold() for word in words for one in word.split(",")}
    assert {"node", "resource", "group", "failover", "failback", "move group"} <= asked & known


@pytest.mark.parametrize("number", trainer.read_numbers())
def test_a_handout_has_goals_questions_tables_and_summary(number: str):
    """It is made of the lesson's own words, and gives no answer away."""
    head, body = trainer.handout(number)
    lesson = lessons()[number]
    assert all(goal in head for goal in lesson.goals)
    assert all(line in body for line in lesson.summary)
    assert all(rows in body for _, rows in lesson.tables)
    asked = [stop for name in lesson.tours for stop in stops(name)]
    assert body.count(trainer.BLANK) == len(asked)


@pytest.mark.parametrize("number", trainer.read_numbers())
def test_the_book_has_every_task_with_its_solution(number: str):
    """From the masters: points as on their sheet, a solution, and what the check says of it."""
    tasks = trainer.exercises(number)
    assert set(tasks_of(number)) == set(tasks)
    assert all(one.solution and one.said and one.points for one in tasks.values())
    (master,) = trainer.MASTERS.glob(f"{number}_*/*.ipynb")
    assert not [one.key for one in tasks.values() if one.text.endswith(("says:", "notes:"))]
    assert f"**Points**: {sum(one.points for one in tasks.values())}." in master.read_text("utf-8")


def test_no_learner_is_offered_the_solutions():
    """The book is in the kit; no page of the documentation and nothing delivered has it."""
    book = dict(trainer.kit())["solutions.html"]
    assert "owners = {&quot;Cluster Group&quot;: &quot;NODE2&quot;" in book
    assert "solutions" not in written()
    assert not any("solution" in name for name in trainer.PAGES)
    pages = "\n".join(make() for make in trainer.PAGES.values())
    solved = [one.solution for n in trainer.read_numbers() for one in trainer.exercises(n).values()]
    long = [text for text in solved if len(text) > 30]
    assert len(long) > 70
    assert [] == [text for text in long if text in pages]
    delivered = {*site.COURSE, *(part for parts in hatch_build.PACKED.values() for part in parts)}
    assert not {"docs", "docs/trainer", "tools"} & delivered


def test_the_set_up_has_ten_steps_that_can_be_done():
    """Commands, extras and modules that the pages name exist."""
    steps = re.findall(r"^(\d+)\. \*\*", written()["set-up"], re.M)
    assert [str(number) for number in range(1, 11)] == steps
    text = "\n".join(written().values())
    assert {"doctor", "show", "explain"} <= set(re.findall(r"`clusterlab (\w+)", text))
    assert set(re.findall(r"`clusterlab (\w+)", text)) <= set(cli.commands)
    extras = {
        one for found in re.findall(r"clusterlab\[([\w,]+)\]", text) for one in found.split(",")
    }
    known = tomllib.loads((trainer.ROOT / "pyproject.toml").read_text("utf-8"))
    assert (
        {"notebooks", "demo"} == extras & set(known["project"]["optional-dependencies"]) == extras
    )
    assert all(find_spec(name) for name in re.findall(r"python -m ([\w.]+)", text))


def test_the_survey_asks_about_each_lesson():
    """The first goal of each, without the comma that a list needs."""
    page = trainer.page("survey")
    assert all(f"| {n} | {one.goals[0].rstrip(',.')} |" in page for n, one in lessons().items())
