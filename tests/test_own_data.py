"""Data files of the package: a mistake is named with its line and what is allowed."""

import ast
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from clusterlab.cases import kinds
from clusterlab.cases.kinds import read_kinds
from clusterlab.cluster.engine import HANDLERS
from clusterlab.cluster.eventbase import FIELD, WORDS
from clusterlab.cluster.events import SENT, Due, DueKind
from clusterlab.design.sizing import sheets
from clusterlab.rules.expressions import names_in
from clusterlab.tomlfiles.problems import ClusterFileError
from clusterlab.tomlfiles.tables import Keys, own_lists, text, whole
from tools.modules import PACKAGE, modules, tree

READERS = {"id": text, "weight": whole(1, 3)}
ROW = '[[rows]]\nid = "D1"\nweight = 3\n'


def read(folder: Path, text: str, optional: tuple[str, ...] = ()) -> Mapping[str, list[Keys]]:
    """Return the lists of a data file."""
    file = folder / "rows.toml"
    file.write_text(text, encoding="utf-8")
    return own_lists(file, READERS, optional=optional)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("3", "4", "line 3: weight of row of rows 1 is 4; allowed: a whole number 1 to 3"),
        ('id = "D1"\n', "", "line 1: row of rows 1 has no id; write id = "),
        ("weight", "wait", "line 3: row of rows 1 has no key 'wait'"),
        ("[[rows]]", "[rows]", "rows is a table; write it as [[rows]]"),
    ],
)
def test_a_mistake_in_a_data_file_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    """Nothing of the file is used."""
    with pytest.raises(ClusterFileError) as refused:
        read(tmp_path, ROW.replace(old, new))
    assert said in str(refused.value)


def test_what_is_optional_may_be_left_out(tmp_path: Path) -> None:
    """And every list of a file is returned."""
    found = read(tmp_path, f'{ROW}[[more]]\nid = "D2"', optional=("weight",))
    assert {"rows": [{"id": "D1", "weight": 3}], "more": [{"id": "D2"}]} == found


def test_each_formula_can_be_read() -> None:
    """Names are there once in each part of the sheet."""
    assert ["site", "evs", "whole", "growth", "array"] == list(sheets())
    for lines in sheets().values():
        assert len({line.name for line in lines}) == len(lines)
        assert all(names_in(line.expression) for line in lines)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"four_failures"', '"four_failure"', "did you mean 'four_failures'?"),
        ("restart_action = 2", "restart_action = 3", "allowed for restart_action: 0, 1, 2"),
        ("sets = { failover_threshold = 0 }", "sets = 0", "{ restart_threshold = 0 }"),
        ('"add_spares"', '"add_spare"', "a line of cluster.exe, set_back, "),
        ('places = "every_evs"', 'places = "no_evs"', "every_evs"),
        ("look = ", "looks = ", "has no look"),
    ],
)
def test_a_mistake_in_the_kinds_of_faults_is_named(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    """With its line, and what is allowed."""
    text = Path(kinds.__file__).with_suffix(".toml").read_text("utf-8")
    assert old in text
    file = tmp_path / "kinds.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ClusterFileError) as refused:
        read_kinds(file)
    assert said in str(refused.value)
    line = text[: text.index(old)].count("\n") + 1
    assert f"kinds.toml, line {line}" in str(refused.value) or "has no" in said


def test_each_row_of_the_events_is_of_an_event_and_names_its_fields() -> None:
    """What can happen has a row, and its words name nothing else."""
    kinds_by_name = {kind.__name__: kind for kind in HANDLERS}
    kinds_by_name |= dict.fromkeys([kind.value for kind in DueKind], Due)
    assert {*WORDS} == {*kinds_by_name} >= {kind.__name__ for kind in SENT}
    for name, words in WORDS.items():
        named = {field for text in words.values() for field, _ in FIELD.findall(text)}
        assert named <= {*kinds_by_name[name].__match_args__, "subject"}, name


def test_each_refusal_is_asked_for() -> None:
    """A row that nobody asks for is left over, and a call without a row fails."""
    rows = tomllib.loads((PACKAGE / "cluster" / "refusals.toml").read_text("utf-8"))
    asked = {
        ast.literal_eval(node.args[0])
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "refuse_as"
    }
    assert set(rows) == asked
