"""axe-core looks at every panel in both themes and finds nothing of ours."""

import pytest
from playwright.sync_api import Browser

from .lab_page import LabPage, LabServer, shown_panel

pytestmark = pytest.mark.browser

PANELS = (
    "AdministratorLab",
    "AvailabilityLab",
    "CaseLab",
    "ConnectorLab",
    "DesignLab",
    "DeskLab",
    "FailoverLab",
    "GameLab",
    "ProcedureLab",
    "ReadinessLab",
    "TreeLab",
    "UpgradeLab",
    "WhatIfLab",
)
FOUND = """async () => {
    const panel = document.querySelector(".clusterlab-panel");
    const {violations} = await axe.run(panel, {iframes: false, preload: false});
    const words = (id, {html}) => `${id}: ${html.slice(0, 160)}`;
    return violations.flatMap(({id, nodes}) => nodes.map((node) => words(id, node)));
}"""


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_has_no_violation(
    chromium: Browser, lab_server: LabServer, axe: str, name: str
) -> None:
    """Names, roles, contrast and order of one panel, light and dark."""
    source = f"from clusterlab.lab import {name}\nlab = {name}()\nlab"
    with shown_panel(chromium, lab_server, source) as page:
        assert [] == violations(page, axe)


def violations(page: LabPage, axe: str) -> list[str]:
    """Return what axe-core finds, in both themes."""
    page.page.evaluate(axe)
    found: list[str] = []
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.set_theme(theme)
        found += page.page.evaluate(FOUND)
    return found


def test_a_tour_and_an_open_menu_have_no_violation(
    chromium: Browser, lab_server: LabServer, axe: str
) -> None:
    """A scene that waits for a deed, with and without the menu of the node it is about."""
    source = 'from clusterlab.lab import tour\nlab = tour("02/first_failure")\nlab.next()\nlab'
    with shown_panel(chromium, lab_server, source) as page:
        assert [] == violations(page, axe)
        page.page.locator('.clusterlab-spot[data-key="nodes:NODE3"]').press("Enter")
        page.page.get_by_role("menu").wait_for()
        assert [] == page.page.evaluate(FOUND)
