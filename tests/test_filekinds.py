"""All kinds of TOML files are told apart by `clusterfiles/filekinds.py`."""

from collections.abc import Callable

import pytest

from clusterlab.clients import client_text
from clusterlab.clusterfiles import ClusterFileError, read_cluster
from clusterlab.clusterfiles.filekinds import FileKind
from clusterlab.clusterfiles.writing import starter_text
from clusterlab.design.designfiles import DesignFile, design_toml, read_design
from clusterlab.procedures.catalogue import read_procedure
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planfiles import plan_toml, read_plan

TEXTS = {
    FileKind.CLUSTER: starter_text(3, 1, name="CL1", file="c.toml"),
    FileKind.PLAN: plan_toml(Plan.standard()),
    FileKind.DESIGN: design_toml(DesignFile()),
    FileKind.PROCEDURE: 'based_on = "install"\n',
}
READERS: dict[FileKind, Callable[[str], object]] = {
    FileKind.CLUSTER: read_cluster,
    FileKind.PLAN: read_plan,
    FileKind.DESIGN: read_design,
    FileKind.PROCEDURE: read_procedure,
}


CLIENT = client_text(3, 1, name="CL1", file="c.toml")


@pytest.mark.parametrize("wanted", TEXTS)
@pytest.mark.parametrize("given", TEXTS)
def test_the_wrong_kind_of_file_is_refused_in_one_sentence(given: FileKind, wanted: FileKind):
    """It says what the file is, which commands take it, and how to begin the right one."""
    if given is wanted:
        READERS[wanted](TEXTS[given])
        return
    with pytest.raises(ClusterFileError) as caught:
        READERS[wanted](TEXTS[given])
    assert [
        f"text: this is {given.words}, not {wanted.words}; {given.commands} can use it; "
        f"to begin {wanted.words}: {wanted.new}"
    ] == [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("wanted", "how"),
    [
        (FileKind.PLAN, "'clusterlab design FILE' makes it"),
        (FileKind.DESIGN, "'clusterlab new --design FILE' shows one"),
        (FileKind.CLUSTER, "'clusterlab new --cluster FILE' shows one"),
    ],
)
def test_a_client_file_without_a_part_says_how_to_get_it(wanted: FileKind, how: str):
    """Each reader takes its part; one that is missing is named with what makes it."""
    text = CLIENT.replace(f"[{wanted.part}", "[plan" if "plan" not in how else f"[{wanted.part}")
    with pytest.raises(ClusterFileError) as caught:
        READERS[wanted](text)
    assert str(caught.value).endswith(
        f"text: it has no [{wanted.part}], which says what {wanted.words} says; {how}"
    )


def test_a_client_file_is_no_procedure():
    """A procedure of one's own names a client file as its plan; it is not one."""
    with pytest.raises(ClusterFileError, match="this is a client file, not a procedure"):
        read_procedure(CLIENT)


@pytest.mark.parametrize("kind", TEXTS)
def test_a_misspelt_key_is_still_named(kind: FileKind):
    """A file of the right kind keeps its own messages, with their lines."""
    with pytest.raises(ClusterFileError, match=r"text, line 1: .* has no key 'clustr'"):
        READERS[kind](f"clustr = 1\n{TEXTS[kind]}")


@pytest.mark.parametrize("kind", TEXTS)
def test_a_file_name_in_place_of_the_text_is_told_apart(kind: FileKind):
    """Who forgets Path reads what to write, with a path of Windows too."""
    with pytest.raises(ClusterFileError, match=r"as the text itself; for a file write Path\("):
        READERS[kind](r"C:\Users\Müller\plan.toml")
