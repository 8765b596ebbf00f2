"""Procedures of one's own: alone, or as changes of one of ours; read, run, saved, printed."""

import re
from pathlib import Path

import pytest

from clusterlab.clusterfiles import ClusterFileError
from clusterlab.lab.panels.procedure import ProcedureLab
from clusterlab.procedures import Plan, Run, installation, read_procedure
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.planfiles import plan_toml
from clusterlab.procedures.runbook import runbook_html, runbook_markdown
from clusterlab.procedures.step import TaskState
from clusterlab.tomlfiles.files import write_text
from tests.test_cli import call

ALONE = """
procedure = "patch-day"
title = "Patch day of the mail cluster"
begins_after = "install"

[default]
phase = "Patch day"
scope = "node"
place = "{node}"
permission = "local Administrator"
minutes = 10
verify = "{node} is Up"
source = "change 1234, <step>"

[K01]
title = "Tell the users"
scope = "cluster"
place = "mail"
how = "Write to all users of {cluster}"
verify = "The mail came back to nobody"
is_setting = true

[K02]
title = "Empty and pause the node"
how = "Move every group off {node}; Pause Node"
does = ["empty_node", "cluster node {node} /pause"]
needs = ["K01[one]!", "K03[prev]"]
checks = ["OWN-RULE at_noon", "ERR-CLUSSVC service_is_down"]
block = "patch"

[K02.choice.when]
question = "When do you begin?"
options = ["after 20:00", "at noon"]

[K02.found.at_noon]
choice = "when"
is = "at noon"
because = "Users of {cluster} work until 20:00."

[K03]
title = "Resume the node"
how = "Resume Node"
does = ["cluster node {node} /resume"]
needs = ["K02[same]!"]
block = "patch"
"""
CHANGED = """
procedure = "fabrikam"
based_on = "install"

[P01]
minutes = 90
verify = "Signed by the network team"

[N06]
is_optional = false
needs = ["...", "K01[one]!"]

[K01]
comes_after = "P02"
title = "Have the change approved"
phase = "Planning"
scope = "cluster"
place = "change board"
how = "Hand in the plan of {cluster}"
needs = ["P01[one]!"]
minutes = 30
permission = "none"
verify = "The number of the change is known"
"""


def wrong(text: str, plan: Plan | None = None) -> list[str]:
    """Return what is said to be wrong with a file."""
    with pytest.raises(ClusterFileError) as refused:
        read_procedure(text, plan)
    return [str(problem) for problem in refused.value.problems]


def test_a_procedure_of_ones_own_can_be_run_to_its_end():
    """It begins with the finished cluster, does its lines there, and nothing is refused."""
    procedure = read_procedure(ALONE)
    keys = ["K01", "K02@N1", "K03@N1", "K02@N2", "K03@N2"]
    assert keys == [task.short for task in procedure.tasks]
    run = Run(procedure)
    assert run.cluster is not None
    run = run.do_rest()
    assert ((), 0) == (run.left(), run.cost().mistakes)
    assert "cluster node NODE2 /pause" in [line for record in run.records for line in record.lines]
    assert "change 1234, K02" == procedure.task("K02@N1").step.source


def test_a_choice_of_ones_own_is_refused_in_ones_own_words():
    """What the file finds is said with the client's names."""
    run = Run(read_procedure(ALONE)).do("K01").attempt("K02@N1", when="at noon")
    error = run.records[-1].refusal
    assert error is not None
    assert "Users of CLUS2 work until 20:00." in str(error)
    assert TaskState.DONE is run.do("K02@N1").state("patch-day/K02@N1")


def test_a_procedure_of_ours_is_changed_in_minutes_texts_and_steps():
    """Changed steps stay where they are; a new one stands where it says, and others need it."""
    plan = Plan.standard(nodes=4, evs=3)
    ours, own = installation(plan), read_procedure(CHANGED, plan)
    assert len(ours.tasks) + 1 == len(own.tasks)
    assert ours.minutes() + 30 + 30 == own.minutes()
    assert ["P01", "P02", "K01"] == [task.short for task in own.tasks[:3]]
    assert "Signed by the network team" == own.task("P01").step.verify
    assert "fabrikam/K01" in own.task("N06@N4").needs
    assert ours.task("E06@EVS1").step == own.task("E06@EVS1").step
    run = Run(own).do_rest()
    assert ((), 0) == (run.left(), run.cost().mistakes)


@pytest.mark.parametrize("name", PROCEDURES)
def test_each_procedure_of_ours_can_be_the_base(name: str):
    """A file that changes nothing gives the same tasks, whatever the procedure."""
    ours = None
    for size in ((4, 3), (2, 1), (2, 2)):
        try:
            ours = PROCEDURES[name](Plan.standard(*size))
        except ValueError:
            continue
        own = read_procedure(f'based_on = "{name}"', ours.plan)
        assert [task.key for task in ours.tasks] == [task.key for task in own.tasks]
    assert ours is not None


def test_a_saved_run_holds_the_file_that_it_was_made_of():
    """It can be replayed on another machine, without the file."""
    plan = Plan.standard(nodes=2, evs=2)
    run = Run(read_procedure(CHANGED, plan)).do("P01").do("P02")
    again = Run.from_json(run.to_json())
    assert (run.entries, run.situation) == (again.entries, again.situation)
    assert run.procedure.steps == again.procedure.steps


def test_the_plan_stands_beside_the_file(tmp_path: Path):
    """The names are those of the plan file that the procedure names."""
    write_text(tmp_path / "client.toml", plan_toml(Plan.standard(nodes=3, evs=2)))
    file = tmp_path / "own.toml"
    file.write_text('plan = "client.toml"\n' + CHANGED, encoding="utf-8")
    assert 3 == len(read_procedure(file).plan.nodes)
    (tmp_path / "client.toml").write_text('cluster = "C"', encoding="utf-8")
    with pytest.raises(ClusterFileError) as refused:
        read_procedure(file)
    said = [str(problem) for problem in refused.value.problems]
    assert any(line.startswith("client.toml, ") or "client.toml: " in line for line in said)
    assert "own.toml, line 1: plan is 'client.toml', which cannot be used" in said


def test_the_panel_and_the_command_take_the_file(tmp_path: Path):
    """`ProcedureLab("FILE.toml")` and `clusterlab runbook FILE.toml`."""
    file = tmp_path / "change.toml"
    file.write_text(CHANGED, encoding="utf-8")
    lab = ProcedureLab(str(file))
    lab.select("K01")
    assert "Have the change approved" == lab.run.procedure.task(lab.selected).title
    assert repr(lab).startswith("fabrikam CLUS2, guided: 0 of 56 done")
    write_text(tmp_path / "plan.toml", plan_toml(Plan.standard(nodes=3, evs=2)))
    assert 3 == len(ProcedureLab(tmp_path / "plan.toml").run.procedure.plan.nodes)
    printed = call("runbook", str(file))
    assert f"Written: {tmp_path / 'change-runbook.html'}\n" == printed.stdout
    page = (tmp_path / "change-runbook.html").read_text("utf-8")
    assert "Signed by the network team" in page
    both = call("runbook", str(file), "--procedure", "remove")
    assert (2, "leave 'remove' out" in both.stderr) == (both.exit_code, True)
    file.write_text(CHANGED.replace("minutes = 30", "minutes = -30"), encoding="utf-8")
    refused = call("runbook", str(file))
    assert 1 == refused.exit_code
    assert "change.toml, line 21: minutes of [K01] is -30; allowed: a whole" in refused.stderr


def test_words_of_a_file_are_shown_as_words():
    """Tags and signs of Markdown are escaped in page, runbook and panel."""
    hostile = ALONE.replace("Tell the users", "<script>alert(1)</script> **bold**")
    procedure = read_procedure(hostile)
    assert "<script>alert" not in runbook_html(procedure)
    assert r"\<script>alert(1)\</script> \*\*bold\*\*" in runbook_markdown(procedure)
    assert "# Patch day of the mail cluster: cluster CLUS2" in runbook_markdown(procedure)
    lab = ProcedureLab(procedure)
    lab.select("K01")
    for widget in lab.children:
        assert "<script>alert" not in str(getattr(widget, "value", ""))


def test_the_files_of_the_guide_are_procedures():
    """Both files of the guide can be walked to their ends."""
    guide = Path(__file__).parent.parent / "docs" / "guides" / "procedures-of-your-own.md"
    texts = re.findall(r"```toml\n(.*?)```", guide.read_text("utf-8"), re.S)
    titles = ["Installation at Fabrikam, change 1234", "Patch day of the mail cluster"]
    procedures = [read_procedure(text) for text in texts]
    assert titles == [procedure.title for procedure in procedures]
    for procedure in procedures:
        assert ((), 0) == ((run := Run(procedure).do_rest()).left(), run.cost().mistakes)


BAD = {
    "no step": ('procedure = "own"', "text: the file has no step; write one as [A01]"),
    "name": ('procedure = "My Change"', "line 1: procedure of the file is 'My Change'; allowed: s"),
    "ours": ('procedure = "install"\nbased_on = "remove"', "a procedure of ours has this name; ta"),
    "base": ('based_on = "instal"', "line 1: based_on of the file is 'instal'; allowed: install,"),
    "size": ('based_on = "upgrade-U4"', "line 1: based_on is 'upgrade-U4': path U4 is for 3 or 4"),
    "after": (
        'based_on = "install"\nbegins_after = "x"',
        "line 2: begins_after of the file is",
    ),
    "key": ('based_on = "install"\nsteps = 3', "line 2: the file has no key 'steps'; allowed: ba"),
    "step": ('based_on = "install"\n[E99]\nminutes = 3', "there is no step 'E99' to change, and a"),
    "place": (f"{CHANGED}\ncomes_after = 'P3'", "Cannot overwrite a value"),
    "behind": (CHANGED.replace('"P02"', '"P99"'), "comes_after of [K01] is 'P99'; allowed: P01,"),
    "unknown": (CHANGED.replace("K01[one]", "K02[one]"), "N06 needs 'K02', which is no step; al"),
    "below": (CHANGED.replace('"P02"', '"G10"'), "needs K01, which comes below it; put it furth"),
    "circle": (CHANGED.replace("P01[one]!", "N06[all]!"), "needs N06@N1, which comes below it; p"),
    "optional": (f"{CHANGED}is_optional = true", "N06 needs K01, which is not counted; leave one"),
    "plan": ('cluster = "C"\naddress = "1"', "this is a plan, not a procedure; 'clusterlab plan'"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_what_does_not_fit_together_is_named(text: str, said: str):
    """The line, what is wrong there, and what is allowed."""
    assert any(said in problem for problem in wrong(text)), wrong(text)
