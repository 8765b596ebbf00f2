"""Requirements files: read with every problem at its line, written whole or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab.clients import read_client
from clusterlab.clusterfiles import ClusterFileError
from clusterlab.clusterfiles.filekinds import FileKind
from clusterlab.design.availability import Pool
from clusterlab.design.designfiles import (
    AVAILABILITY,
    DesignFile,
    design_toml,
    read_design,
    starter,
)
from clusterlab.design.requirements import INPUTS, Requirements
from clusterlab.design.rules import QUESTIONS
from clusterlab.tomlfiles.files import write_text


def problems(text: str) -> dict[int, str]:
    """Return the problems of a requirements file by line."""
    with pytest.raises(ClusterFileError) as caught:
        read_design(text)
    found = {problem.line: problem.text for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems), "two problems in one line"
    return found


@pytest.mark.parametrize("active", range(1, 8))
def test_requirements_survive_their_file(active: int) -> None:
    """Requirements that were written are the same when they are read."""
    file = starter(active, 1)
    assert file == read_design(design_toml(file))


def test_every_field_survives() -> None:
    """Nothing that differs from the defaults is lost: inputs, availability, answers."""
    requirements = Requirements(
        mailboxes=12_000,
        share_average=0.25,
        share_heavy=0.75,
        quota_mb=150.5,
        iops=0.8,
        pool=Pool(mtbf_h=8760, crews=2, shared=0.999),
    )
    answers = {"is_trained": False, "rtt_ms": 2.5, "backup_tool": 'NT"B\\', "os_edition": "Web"}
    file = DesignFile(requirements=requirements, interview=answers)
    assert file == read_design(design_toml(file))


def test_the_file_asks_everything() -> None:
    """Each input, each figure of the availability and each question stands in a new file."""
    text = design_toml(DesignFile())
    names = [item.name for item in INPUTS] + list(AVAILABILITY) + [q.name for q in QUESTIONS]
    assert [] == [name for name in names if f"\n{name} = " not in text.replace("\n# ", "\n")]


def test_what_is_left_out_has_its_default() -> None:
    """A file needs the mailboxes alone."""
    assert DesignFile(requirements=Requirements(mailboxes=500)) == read_design("mailboxes = 500")


def test_every_problem_has_its_line() -> None:
    """Wrong values, wrong words and unknown keys of all parts are reported together."""
    text = (
        "mailboxes = -4\n"
        "growth = nan\n"
        "mailbox_max = 3\n"
        'rto_database_h = "four"\n'
        "processors = 2.5\n"
        "share_average = 0.5\n"
        "[availability]\n"
        "mtbf_h = inf\n"
        "active = 3\n"
        "[interview]\n"
        "is_trained = 3\n"
        'os_edition = "Home"\n'
        "rtt_ms = inf\n"
    )
    found = problems(text)
    assert [1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13] == sorted(found)
    assert (
        "mailboxes of the file is -4; allowed: a whole number from 1 to 28000, "
        "mailboxes today" == found[1]
    )
    assert "did you mean 'mailboxes_max'?" in found[3]
    assert "allowed: a number from 0.1 to 240 h" in found[4]
    assert "must add up to 1" in found[6]
    assert "mtbf_h = inf (hours between failures of a node); allowed" in found[8]
    assert "[availability] has no key 'active'" in found[9]
    assert "allowed: 'Enterprise', 'Datacenter'" in found[12]


def test_mailboxes_must_be_said() -> None:
    """Nobody can design a cluster for mailboxes that were not counted."""
    assert "write mailboxes = 3000" in problems("growth = 0.1")[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mailboxes = 1\nrto_database_h = 0.5", 2),
        ("mailboxes = 1\ndetect_h = 5", 2),
        ("mailboxes = 1\nlocal_letters = 20\nmapped_letters = 20", 2),
    ],
)
def test_a_contradiction_stands_at_an_input_that_takes_part(text: str, line: int) -> None:
    """What contradicts is reported where one of the inputs was given."""
    assert [line] == list(problems(text))


def test_a_contradiction_that_follows_from_a_problem_is_not_reported() -> None:
    """Shares that do not add up because one of them is wrong are that one problem."""
    assert [3] == list(problems("mailboxes = 1\nshare_average = 0.5\nshare_light = 2"))


def test_a_missing_quote_hides_nothing_else() -> None:
    """A line that is not TOML is reported beside the other problems."""
    found = problems("mailboxes = 0\n[interview]\nbackup_method = streaming\n")
    assert [1, 3] == sorted(found)


def test_what_cannot_be_built_is_reported_at_its_line(tmp_path: Path) -> None:
    """Too many nodes and a restore that takes too long are found together, nothing is computed."""
    path = tmp_path / "needs.toml"
    path.write_text("rto_database_h = 1.05\nmailboxes = 28000\nshare_average = 0\nshare_large = 1")
    with pytest.raises(ClusterFileError) as caught:
        read_client(path, (FileKind.DESIGN,))
    assert [1, 2] == [problem.line for problem in caught.value.problems]
    assert "over before the first GB" in caught.value.problems[0].text
    assert "do not fit a cluster of 8" in caught.value.problems[1].text


def test_answers_reach_the_rules(tmp_path: Path) -> None:
    """What the client says in the file is known to the design rules."""
    path = tmp_path / "needs.toml"
    write_text(path, design_toml(replace(starter(3, 1), interview={"has_3gb": False})))
    facts = read_client(path, (FileKind.DESIGN,)).facts
    assert (False, 4) == (facts["has_3gb"], facts["nodes"])


def test_a_file_is_written_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where nothing can be written the file that stood there stays."""
    path = tmp_path / "no" / "needs.toml"
    with pytest.raises(ClusterFileError, match="name another place"):
        write_text(path, design_toml(DesignFile()))
    assert not path.parent.exists()


_LINES = design_toml(DesignFile()).replace("\n# ", "\n").splitlines()
_VALUES = st.sampled_from(
    ["-1", "1e400", "nan", "true", '"x"', "[1]", "{a = 1}", "1979-05-27", "9" * 400, "0.5", "", "7"]
)


@settings(deadline=None)  # a busy machine is no mistake
@given(st.lists(st.tuples(st.integers(0, len(_LINES) - 1), _VALUES), min_size=1, max_size=4))
def test_a_damaged_file_is_read_or_refused(damage: list[tuple[int, str]]) -> None:
    """Whatever stands behind the equals signs, nothing but a list of problems comes of it."""
    lines = design_toml(DesignFile()).splitlines()
    for number, value in damage:
        if "=" in lines[number]:
            name = lines[number].removeprefix("# ").split("=")[0]
            lines[number] = f"{name}= {value}"
    text = "\n".join(lines)
    try:
        file = read_design(text)
    except ClusterFileError:
        assert all(line and words for line, words in problems(text).items())
    else:
        assert file == read_design(design_toml(file))
