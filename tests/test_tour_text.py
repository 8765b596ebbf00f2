"""Tours without a kernel: text, HTML, stills; and the progress that is kept beside a course."""

import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from clusterlab.lab.tourtext import html_of, text_of, twins
from clusterlab.lessons import tour_file, tour_names
from clusterlab.lessons.progress import FILE, note_scene, progress, scene_reached
from clusterlab.scenario import read_scenario

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
    assert all(f"{number}. {scene.title}" in text for number, scene in enumerate(scenes, 1))
    pictures = re.findall(r'<img src="data:image/svg\+xml,([^"]*)" alt="([^"]+)"', html)
    assert html.count("<img") == len(pictures) > 0
    root = ElementTree.fromstring(unquote(pictures[0][0]))
    assert "img" == root.get("role")


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


def test_progress_is_kept_beside_the_course_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One file in the folder of the course; outside a course nothing is kept."""
    monkeypatch.chdir(tmp_path)
    note_scene("02/planned", 3)
    assert [] == list(tmp_path.iterdir())
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path / "notebooks")
    note_scene("02/planned", 3)
    note_scene("02/planned", 2)
    assert {"02/planned": 3} == progress()
    (tmp_path / FILE).write_text("gone")
    assert 0 == scene_reached("02/planned")
