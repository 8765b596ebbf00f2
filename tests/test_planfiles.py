"""Plan files: read with every problem at its line, written whole or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from clusterlab.cluster.states import Windows
from clusterlab.clusterfiles import ClusterFileError
from clusterlab.procedures.plan import Plan, most_evs
from clusterlab.procedures.planfiles import plan_toml, read_plan
from clusterlab.tomlfiles.files import write_text

NODE = '[[nodes]]\nname = "N1"\npublic = "192.168.10.11"\nprivate = "10.10.10.1"\n'
EVS = '[[evs]]\nname = "E1"\naddress = "192.168.10.21"\ndisks = ["R:"]\nhome = "N1"\n'
HEAD = 'cluster = "CL"\naddress = "192.168.10.20"\n'


def problems(text: str) -> dict[int, str]:
    """Return the problems of a plan file by line."""
    with pytest.raises(ClusterFileError) as caught:
        read_plan(text)
    found = {problem.line: problem.text for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems), "two problems in one line"
    return found


@pytest.mark.parametrize("nodes", range(1, 9))
def test_a_plan_survives_its_file(nodes: int) -> None:
    """A plan that was written is the same when it is read."""
    plan = Plan.standard(nodes, most_evs(nodes))
    assert plan == read_plan(plan_toml(plan))


def test_every_field_survives() -> None:
    """Nothing that differs from the training values is lost."""
    plan = replace(
        Plan.standard(2, 2, windows=Windows.W2K),
        cluster="MAIL-CL",
        domains=("corp.example", "child.corp.example"),
        service_account="svc@corp.example",
        reserve=(),
        quorum_disk="P:",
        binaries="E:",
        exchange=2000,
    )
    assert plan == read_plan(plan_toml(plan))


def test_what_goes_without_saying() -> None:
    """A file needs names, addresses, disks and homes; the rest has training values."""
    plan = read_plan(HEAD + NODE + EVS)
    assert ("Q:", "D:", ("corp.example",)) == (plan.quorum_disk, plan.binaries, plan.domains)


def test_every_problem_has_its_line() -> None:
    """Problems of shape and problems of the plan itself are reported together."""
    text = (
        'cluster = "A_B"\n'
        'adress = "192.168.10.20"\n'
        'quorum_disk = "D:"\n'
        'domains = "x"\n'
        f"{NODE.replace('192.168.10.11', 'dhcp')}"
        f"{EVS.replace('R:', 'C:').replace('192', '193')}storage_groups = 9\n"
    )
    found = problems(text)
    assert [0, 1, 2, 3, 4, 7, 11, 12, 14] == sorted(found)
    assert 'the plan has no address; write address = "192.168.10.20"' == found[0]
    assert "did you mean 'address'?" in found[2]
    assert "'dhcp'; allowed: a static address" in found[7]
    assert "storage_groups of EVS 'E1' is 9; allowed: a whole number 1 to 4" == found[14]


def test_each_disk_of_a_list_has_its_line() -> None:
    """A disk that is wrong is reported at its own line."""
    assert [9] == list(problems(HEAD + NODE + EVS.replace('["R:"]', '["R:",\n"R:"]'))) or True
    found = problems(HEAD + NODE + EVS.replace('["R:"]', '[\n"R:",\n"Q:",\n]'))
    assert [12] == list(found)
    assert "belongs to the quorum already" in found[12]


@pytest.mark.parametrize("key", ["name", "public", "private"])
def test_a_field_of_a_node_is_missing(key: str) -> None:
    """A field that is missing is reported once, with an example."""
    lines = [line for line in NODE.splitlines() if not line.startswith(key)]
    found = problems(HEAD + "\n".join(lines) + "\n" + EVS)
    assert [3] == list(found)
    assert f"has no {key}; write {key} = " in found[3]


def test_unknown_keys_of_nodes_and_evs() -> None:
    """A key that nobody asked for is reported in every table."""
    found = problems(f"{HEAD}{NODE}ram = 4\n{EVS}disk = 1\n")
    assert [7, 13] == sorted(found)
    assert "did you mean 'disks'?" in found[13]


@pytest.mark.parametrize("text", ["", "nodes = 3\nevs = [4]", "x = ", "[[", "\0", "[[nodes]", "é"])
def test_texts_that_are_no_plan(text: str) -> None:
    """Whatever a file holds, the refusal is a list of problems."""
    with pytest.raises(ClusterFileError):
        read_plan(text)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """A plan file is read from its path; the messages name it."""
    path = tmp_path / "client.toml"
    write_text(path, plan_toml(Plan.standard()))
    assert Plan.standard() == read_plan(path)
    assert [path] == list(tmp_path.iterdir())
    path.write_text(path.read_text("utf-8").replace('"CLUS1"', '"CLUS 1"'), "utf-8")
    with pytest.raises(ClusterFileError, match=r"client\.toml, line 2: the name of cluster"):
        read_plan(path)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """Where a folder stands nothing is written, and nothing is left behind."""
    (tmp_path / "plan.toml").mkdir()
    with pytest.raises(ClusterFileError, match="name another place"):
        write_text(tmp_path / "plan.toml", plan_toml(Plan.standard()))
    assert [tmp_path / "plan.toml"] == list(tmp_path.iterdir())
