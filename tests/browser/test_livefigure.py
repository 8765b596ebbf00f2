"""The live figure in a real JupyterLab: what crosses the wire, what is painted, what comes back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab_page import LabPage, LabServer, fresh_page

pytestmark = pytest.mark.browser

# The last cell is the one in which tests ask Python.
FIGURES = """\
import plotly.graph_objects as go
from clusterlab.lab.livefigure import LiveFigure

def drawn(y):
    figure = go.Figure(layout={"height": 300, "margin": dict.fromkeys("lrtb", 30)})
    marker = {"size": 30, "color": "#009E73"}
    figure.add_trace(go.Scatter(x=[1, 2, 3], y=y, mode="markers", marker=marker))
    return figure

first, second = (LiveFigure(drawn([1, 2, 3]), alt=name) for name in ("first", "second"))
clicked, hovered = [], []
first.data[0].on_click(lambda trace, points, state: clicked.extend(points.point_inds))
first.data[0].on_hover(lambda trace, points, state: hovered.extend(points.point_inds))
first.observe(lambda change: first.update_layout(paper_bgcolor="#111111"), names="theme")
first"""
# In a box, as in a panel: only a bare figure sends its state when it is displayed.
CHANGED_FIRST = """\
import ipywidgets
second.update_from(drawn([3, 2, 1]))
ipywidgets.VBox([second])"""
BUNDLE_BYTES = 1_000_000
ASK = 2


@pytest.fixture(scope="module")
def shown(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with two painted figures; the second was changed in Python before it was shown."""
    with fresh_page(chromium, lab_server) as page:
        page.open_notebook(lab_server.write_notebook("figures.ipynb", FIGURES, CHANGED_FIRST, ""))
        page.run_all()
        page.figure(1).wait_for()
        page.wait_until_listening()
        yield page


def test_both_figures_are_painted(shown: LabPage) -> None:
    """Each figure shows its three markers and carries its description."""
    for number, name in enumerate(("first", "second")):
        figure = shown.figure(number)
        expect(figure.locator(".scatterlayer .point")).to_have_count(3)
        expect(figure).to_have_role("figure")
        expect(figure).to_have_accessible_name(name)


def test_bundle_crosses_once(shown: LabPage) -> None:
    """However many figures a page has, and however often they are run, plotly comes once."""
    shown.run_all()
    expect(shown.figure(1)).to_be_visible()
    assert 1 == len(shown.frames.big(BUNDLE_BYTES))


def test_change_before_the_first_view_is_shown(shown: LabPage) -> None:
    """What Python changes between construction and display is not lost."""
    shown.expect_data(1, "data[0].y", [3, 2, 1])


def test_change_after_the_first_view_is_shown(shown: LabPage) -> None:
    """What Python changes later moves the markers in place."""
    shown.run_text(ASK, "second.update_from(drawn([5, 5, 5]))")
    shown.expect_data(1, "data[0].y", [5, 5, 5])


def test_click_reaches_python(shown: LabPage) -> None:
    """A click on a marker calls the trace's handler with the marker's number."""
    shown.click_point(trace=0, point=1)
    shown.expect_printed(ASK, "print(clicked)", "[1]")


def test_hover_reaches_python(shown: LabPage) -> None:
    """Resting on a marker calls the trace's handler for it."""
    shown.hover_point(trace=0, point=2)
    shown.expect_printed(ASK, "print(hovered[-1])", "2")


def test_update_reaches_all_views(shown: LabPage) -> None:
    """A figure shown twice changes in both places, also after a third place was cleared."""
    shown.run_text(ASK, "display(first, first)")
    expect(shown.figure(3)).to_be_visible()
    shown.run_text(ASK, "display(first)\nfirst.update_from(drawn([7, 8, 9]))")
    expect(shown.figure(3)).to_have_count(0)
    for number in (0, 2):
        shown.expect_data(number, "data[0].y", [7, 8, 9])


def test_width_follows_the_page(shown: LabPage) -> None:
    """On a narrower page the figure shrinks, keeps its height, and Python knows its width."""
    before = shown.figure(0).evaluate("el => getComputedStyle(el).width")
    shown.page.set_viewport_size({"width": 900, "height": 900})
    expect(shown.figure(0)).not_to_have_css("width", before)
    shown.expect_data(0, "_fullLayout.width === el.clientWidth", True)
    shown.expect_data(0, "_fullLayout.height", 300)
    width = shown.figure(0).evaluate("el => el.clientWidth")
    shown.expect_printed(ASK, "print(first.width_px)", str(width))
    shown.page.set_viewport_size({"width": 1280, "height": 900})


def test_theme_follows_the_page(shown: LabPage) -> None:
    """Choosing the dark theme sets the figure's trait, and its observer restyles the figure."""
    shown.set_theme("JupyterLab Dark")
    shown.expect_data(0, "layout.paper_bgcolor", "#111111")
    shown.expect_printed(ASK, "print(first.theme, second.theme)", "dark dark")
    shown.set_theme("JupyterLab Light")
    shown.expect_printed(ASK, "print(first.theme)", "light")


def test_theme_follows_a_page_that_says_it_as_vs_code_does(shown: LabPage) -> None:
    """The body names the kind of theme; high contrast is dark unless it says light."""
    kinds = {
        "vscode-dark": "dark",
        "vscode-light": "light",
        "vscode-high-contrast": "dark",
        "vscode-high-contrast-light": "light",
    }
    body = shown.page.locator("body")
    body.evaluate("(body) => delete body.dataset.jpThemeLight")
    for kind, theme in kinds.items():
        body.evaluate("(body, kind) => { body.dataset.vscodeThemeKind = kind; }", kind)
        shown.expect_printed(ASK, "print(first.theme)", theme)
    body.evaluate("(body) => delete body.dataset.vscodeThemeKind")
    body.evaluate("(body) => { body.dataset.jpThemeLight = 'true'; }")


def test_reduced_motion_follows_the_system(shown: LabPage) -> None:
    """Where the system asks for less motion, Python knows."""
    shown.page.emulate_media(reduced_motion="reduce")
    shown.expect_printed(ASK, "print(first.reduced_motion)", "True")


def test_restarted_kernel_paints_again(shown: LabPage) -> None:
    """After a restart a figure left over does no harm and new ones need no transfer."""
    shown.run_text(ASK, "")
    shown.restart()
    shown.hover_point(trace=0, point=0)
    shown.run_all()
    shown.expect_data(1, "data[0].y", [3, 2, 1])
    assert 1 == len(shown.frames.big(BUNDLE_BYTES))


def test_page_stayed_clean(shown: LabPage) -> None:
    """All of this caused no error on the page and asked no address outside this machine."""
    assert [] == shown.problems
    assert [] == shown.outside


def test_silent_kernel_is_explained(chromium: Browser, lab_server: LabServer) -> None:
    """Where the kernel does not answer, a sentence in the figure's place says what to do."""
    with fresh_page(chromium, lab_server) as page:
        explain_silence(page, lab_server)


def explain_silence(lab_page: LabPage, lab_server: LabServer) -> None:
    """Show a figure whose kernel is mute, and let the time pass that it waits for."""
    mute = "LiveFigure._answer = lambda *_: None\n"
    cells = FIGURES.replace("def drawn", mute + "def drawn"), ""
    lab_page.page.clock.install()
    lab_page.open_notebook(lab_server.write_notebook("mute.ipynb", *cells))
    lab_page.run_all()
    expect(lab_page.page.locator(".clusterlab-figure")).to_be_attached()
    lab_page.page.clock.run_for(21_000)
    expect(lab_page.page.locator(".clusterlab-figure")).to_contain_text("Restart Kernel")
    assert [] == lab_page.problems
