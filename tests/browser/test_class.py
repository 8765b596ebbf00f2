"""A class on one server: two learners log in and work, one hands in, feedback comes back."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tools import course

from .class_server import MISSING, Class, can_be_served, running_class
from .lab_page import LabPage, LabServer

pytestmark = pytest.mark.browser
EXERCISE = "02_how_failover_works"
ANSWER = 'causes = {"b", "c", "e"}'
_ACTIVATE = """async (text) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const place = notebook.widgets.findIndex(
        (cell) => cell.model.sharedModel.source.startsWith(text));
    notebook.activeCellIndex = place;
    await notebook.scrollToItem(place, "center");
}"""
_START = """() => {
    window.clusterlabRun = window.jupyterapp.commands.execute("notebook:run-all-cells");
}"""
_RUN = """async () => {
    await window.clusterlabRun;
    const notebook = window.jupyterapp.shell.currentWidget.content;
    await notebook.scrollToItem(notebook.widgets.findIndex(
        (cell) => cell.model.type === "code"), "start");
    const { cells } = notebook.model.toJSON();
    const run = cells.filter((cell) => cell.cell_type === "code" && cell.source.length > 0);
    const shown = run.flatMap((cell) => cell.outputs);
    return [run.map((cell) => cell.execution_count),
            shown.filter((one) => one.output_type === "error")];
}"""


@pytest.fixture(scope="module")
def served(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A class on this machine alone; where its programs are missing, the test says which."""
    if not can_be_served():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    lab = "\nc.LabApp.expose_app_in_browser = True\n"
    with running_class(tmp_path_factory.mktemp("served") / "class", lab=lab) as running:
        yield running


def log_in(served: Class, browser: Browser, name: str) -> LabPage:
    """Open a page for a learner, who has not been there before."""
    course = served.folder / "learners" / name / "clusterlab-course"
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    learner = LabPage(page, LabServer(url=f"{served.url}user/{name}/", token="", root=course))
    page.goto(served.url)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").first.fill(served.password)
    page.get_by_role("button", name="Sign in").click()
    return learner


def test_two_learners_work_and_one_hands_in(chromium: Browser, served: Class):
    """Both see lesson 02 and run it; an exercise is given out, handed in, marked and given back."""
    learners = [log_in(served, chromium, name) for name in ("anna", "ben")]
    served.exercise("give", "02")
    for learner in learners:
        learner.page.wait_for_url(f"{learner.server.url}lab/**")
        expect(learner.page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
        assert 0 == learner.page.get_by_text("Jupyter news").count()
        learner.wait_until_idle()
    for learner in learners:
        without_problems(learner).tidy()
        learner.open_notebook("notebooks/02_how_failover_works.ipynb")
        learner.page.evaluate(_START)
    for learner in learners:
        counts, errors = learner.page.evaluate(_RUN)
        assert counts == [*range(1, 1 + len(counts))]
        assert [] == errors
        expect(learner.page.locator(".clusterlab-panel:visible").first).to_be_visible()
    anna, ben = learners
    handed_in(anna)
    served.exercise("grade", "02")
    given_back(anna)
    assert not (ben.server.root / "exercises" / "learner" / EXERCISE / "feedback").exists()
    for learner in learners:
        without_problems(learner).page.context.close()


def without_problems(learner: LabPage) -> LabPage:
    """Return a page again, on which nothing went wrong and which asked no other machine."""
    assert ([], []) == (learner.problems, learner.outside)
    return learner


def handed_in(learner: LabPage) -> None:
    """Answer one task of an exercise, save it, and hand it in from the list."""
    page = learner.page
    name = f"exercises/learner/{EXERCISE}/{EXERCISE}.ipynb"
    without_problems(learner).tidy()
    learner.open_notebook(name)
    page.evaluate(_ACTIVATE, "causes = ...")
    page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(ANSWER)
    with page.expect_response(
        lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url
    ):
        learner.menu("File", "Save Notebook")
    assert json_holds(learner.server.root / name)
    learner.menu("Nbgrader", "Assignment List")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#submitted_assignments_list")).to_contain_text(EXERCISE)


def json_holds(notebook: Path) -> bool:
    """Return whether a learner's copy of an exercise has the answer, and is not the one given."""
    text = notebook.read_text("utf-8")
    given = (course.LEARNER / EXERCISE / notebook.name).read_text("utf-8")
    answer = ANSWER.replace('"', r"\"")
    return answer in text and answer not in given


def given_back(learner: LabPage) -> None:
    """Fetch the feedback from the list; it has the points of the task that was done."""
    page = learner.page
    page.get_by_role("button", name="Fetch Feedback").click()
    expect(page.get_by_text("view feedback")).to_be_visible()
    folder = learner.server.root / "exercises" / "learner" / EXERCISE / "feedback"
    (feedback,) = folder.glob("*/*.html")
    assert "(Score: 3.0 / 24.0)" in feedback.read_text("utf-8")
