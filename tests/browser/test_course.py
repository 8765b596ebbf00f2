"""The course in JupyterLab: how its start page is found again."""

import pytest
from playwright.sync_api import expect

from clusterlab.delivery import START_PAGE

from .lab_page import LabPage, LabServer

pytestmark = pytest.mark.browser


def test_help_and_launcher_open_the_start_page(lab_page: LabPage, lab_server: LabServer) -> None:
    """Wherever a learner is, an entry of the menu Help and a card of the launcher lead back."""
    lab_server.write_notebook(str(START_PAGE), "")
    lab_page.open_notebook(lab_server.write_notebook("elsewhere.ipynb", ""))
    front = lab_page.page.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel")
    lab_page.menu("Help", "clusterlab course")
    expect(front).to_have_text(START_PAGE.name)
    lab_page.page.evaluate("() => window.jupyterapp.commands.execute('launcher:create')")
    expect(front).to_have_text("Launcher")
    lab_page.page.locator(".jp-LauncherCard:visible").get_by_text("clusterlab course").click()
    expect(front).to_have_text(START_PAGE.name)
    assert [] == lab_page.problems
