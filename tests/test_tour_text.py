"""Tours without a kernel: text, HTML, stills; and the progress that is kept beside a course."""

import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from clusterlab.cli import cli
from clusterlab.lab import question, tour
from clusterlab.lab.tourtext import html_of, text_of, twins
from clusterlab.lessons import tour_file, tour_names
from clusterlab.lessons.progress import FILE, KEEP_NOTHING, kept, note, progress, reached, state
from clusterlab.scenario import read_scenario
from clusterlab.scenario.play import Waits

SHORT = (
    'tour "T"\ncluster active=3\n\nscene "<b>A</b>"\nsay\n  Is 1 < 2? *Always*, "they" say.\n'
    "predict EVS3\ndo fail NODE3\nwatch until EVS3 Online\n"
)


@pytest.mark.parametrize("name", tour_names())
def test_a_tour_reads_as_a_whole_without_a_kernel(name: str):
    """Each scene is there with its title, and every picture says in words what it shows."""
    scenario = read_scenario(tour_file(name))
    scenes = twins(scenario)
    text, html = text_of("T", scenes), html_of("T", scenes)
    assert len(scenario.scenes) == len(scenes) == html.count("<h5>")
    assert all(f"{number}. {title}" in text for number, (title, *_) in enumerate(scenes, 1))
    pictures = re.findall(r'<img src="data:image/svg\+xml,([^"]*)" alt="([^"]+)"', html)
    assert html.count("<img") == len(pictures) > 0
    root = ElementTree.fromstring(unquote(pictures[0][0]))
    assert "img" == root.get("role")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("14/hours", "Set “Repair” to 36."),
        ("14/parts", "Set “Shared parts” to 99.9 %."),
        ("12/patterns", "Set “passive nodes” to 2."),
        ("14/nines", "Set “Spare nodes” to 1."),
        ("05/points", "Set “Fails first” to Disk R:."),
        ("15/interview", "Set D3 to promised."),
    ],
)
def test_what_is_to_be_set_is_called_as_its_label_calls_it(name: str, words: str):
    """A control with a label is named by it, another one by the name of its card."""
    assert f"> {words}" in text_of("T", twins(read_scenario(tour_file(name))))


def test_no_answer_is_given_away():
    """A question stands there with its answers, not with the right one."""
    text = text_of("T", twins(read_scenario(tour_file("02/planned"))))
    assert "b) the crash of its node" in text
    assert "No stopping" not in text


def test_what_stands_in_a_file_is_text():
    """Markup in a file is shown as it is; only emphasis becomes anything else."""
    html = html_of("<i>T</i>", twins(read_scenario(SHORT)))
    assert "&lt;b&gt;A&lt;/b&gt;" in html
    assert "&lt;i&gt;T&lt;/i&gt;" in html
    assert "Is 1 &lt; 2? <em>Always</em>, &quot;they&quot; say." in html
    assert "<strong>Your turn:</strong> Pull the plug of NODE3." in html


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a course, with the learner in it."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").write_text("{}")
    page = {"cells": [{"source": ["# How failover works\n", "Text"]}]}
    (tmp_path / "notebooks" / "02_failover.ipynb").write_text(json.dumps(page))
    for name in KEEP_NOTHING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path / "notebooks")
    return tmp_path


def test_progress_is_kept_beside_the_course_alone(course: Path, monkeypatch: pytest.MonkeyPatch):
    """One file in the folder of the course; elsewhere, and where copies are graded, nothing."""
    note("02/planned", 3)
    note("02/planned", 2)
    assert {"02/planned": 3} == kept()
    for folder in (course / "exercises" / "autograded", course.parent):
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        note("02/planned", 5)
        assert {} == kept()
    monkeypatch.chdir(course)
    assert 3 == reached("02/planned")
    (course / FILE).write_text("gone")
    assert 0 == reached("02/planned")


def test_what_is_done_is_counted_by_lesson(course: Path):
    """Scenes reached, questions answered rightly and tasks done; what was shown does not count."""
    del course
    question("02/longest").answer("a")
    lab = tour("02/first_failure")
    lab.next()
    while lab.play.waits is not Waits.ANSWER:
        lab.show_me()
    lab.show_me()
    lesson = progress().lessons["02 How failover works"]
    assert 0 == lesson["questions"][0]
    assert "begun" == state(lesson)
    note("question 02/longest")
    note("task 02.3")
    lesson = progress().lessons["02 How failover works"]
    assert [1, 1] == [lesson[kind][0] for kind in ("questions", "tasks")]
    assert "1 of 7" in repr(progress()).splitlines()[3]


def test_the_page_to_print_shows_a_name_as_text(course: Path):
    """The command writes the page whole, or says what is missing."""
    out = course / "page.html"
    result = CliRunner().invoke(cli, ["progress", "--name", "<Ann>", "--out", str(out)])
    assert 0 == result.exit_code, result.output
    assert "<h1>&lt;Ann&gt;</h1>" in out.read_text("utf-8")
    assert "both --name and --out" in CliRunner().invoke(cli, ["progress", "--name", "A"]).output
    again = ["progress", "--name", "B", "--out", str(out)]
    assert "replace it with --force" in CliRunner().invoke(cli, again).output
    assert "<h1>&lt;Ann&gt;</h1>" in out.read_text("utf-8")
    assert 0 == CliRunner().invoke(cli, [*again, "--force"]).exit_code
    named = ["progress", "--name", "A", "--out", str(course / "README.md")]
    assert "is no name of a page" in CliRunner().invoke(cli, named).output
    nowhere = str(course / "missing" / "page.html")
    result = CliRunner().invoke(cli, ["progress", "--name", "A", "--out", nowhere])
    assert 2 == result.exit_code
    assert "page.html: No such file or directory; name another place" in result.stderr
