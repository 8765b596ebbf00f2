"""What ``clusterlab doctor`` finds, and what it says about what it does not find."""

import os
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from clusterlab import doctor


def test_every_direct_dependency_is_looked_at_once():
    """The packages of the project file are all there, each with the version found."""
    names = [check.name for check in doctor.examine()]
    assert {"Python", "click", "plotly", "jupyterlab", "nbgrader"} <= set(names)
    assert sorted(set(names)) == sorted(names)


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it():
    """A consultant without JupyterLab learns which line to type."""
    check = doctor._check_package(Requirement("no-such-package>=2"), "notebooks")
    assert (False, True) == (check.ok, check.needed)
    assert "not installed (needed: >=2)" == check.found
    assert check.remedy.endswith('-m pip install "clusterlab[notebooks]"')


def test_a_package_that_is_too_old_is_named_with_the_version_needed():
    """The version found and the version needed stand side by side."""
    check = doctor._check_package(Requirement("click>=999"), "")
    assert not check.ok
    assert check.found.endswith("(needed: >=999)")


def test_what_only_the_tests_need_is_not_needed_for_the_course():
    """A learner's machine without the test tools is not ill."""
    assert not doctor._check_package(Requirement("no-such-package"), "dev").needed
    assert not doctor._check_browser().needed


def test_a_part_missing_from_the_page_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without the widgets' page side a panel would stay an empty line."""
    monkeypatch.setattr(doctor, "_jupyter_path", lambda: [str(tmp_path)])
    check = doctor._check_extension("anywidget", "anywidget")
    assert (False, "missing") == (check.ok, check.found)
    assert check.remedy.endswith("pip install --force-reinstall --no-deps anywidget")


def test_the_browser_may_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch):
    """CLUSTERLAB_CHROMIUM goes before any browser found on the machine."""
    program = os.path.abspath(__file__)
    monkeypatch.setenv("CLUSTERLAB_CHROMIUM", program)
    assert program == doctor.find_chromium()


def test_a_machine_without_a_browser_learns_how_to_get_one(monkeypatch: pytest.MonkeyPatch):
    """The browser tests need Chromium, and Debian's package is named."""
    monkeypatch.delenv("CLUSTERLAB_CHROMIUM", raising=False)
    monkeypatch.setattr(doctor, "BROWSER_FILES", ())
    monkeypatch.setenv("PATH", "")
    check = doctor._check_browser()
    assert "missing" == check.found
    assert "apt-get install chromium" in check.remedy


def test_the_first_cell_of_the_course_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    """With everything there it is one sentence without versions, the same on each machine."""
    good = doctor.Diagnosis(name="plotly", found="7.1.0", ok=True)
    bad = doctor.Diagnosis(name="anywidget", found="not installed", ok=False, remedy="Run: pip.")
    absent = doctor.Diagnosis(name="nbval", found="not installed", ok=False, needed=False)
    monkeypatch.setattr(doctor, "examine", lambda: (good, absent))
    assert "Everything that the course needs is here." == repr(doctor.check_setup())
    monkeypatch.setattr(doctor, "examine", lambda: (good, bad, absent))
    expected = "Before you go on:\nanywidget: not installed. Run: pip."
    assert expected == repr(doctor.check_setup())


def test_in_a_browser_nothing_is_advised(monkeypatch: pytest.MonkeyPatch):
    """There nothing can be installed, and what is missing is not needed."""
    monkeypatch.setattr(doctor, "examine", lambda: pytest.fail("nothing is looked for"))
    monkeypatch.setattr(doctor.sys, "platform", "emscripten")
    assert "Everything that the course needs is here." == repr(doctor.check_setup())
