"""Files of steps: what they say, what they share, and how a mistake is named."""

import pickle
import re
import time
from pathlib import Path

import pytest

from clusterlab.procedures import stepfiles
from clusterlab.procedures.effects import ACTS, LINES
from clusterlab.procedures.step import EFFECTS, FINDERS, Found, Step, filled
from clusterlab.procedures.stepfiles import read_steps, steps_of
from clusterlab.tomlfiles.parsing import read_source
from clusterlab.tomlfiles.problems import ClusterFileError
from clusterlab.tomlfiles.tables import Table

OURS = sorted(path.stem for path in Path(stepfiles.__file__).with_name("steps").glob("*.toml"))
LARGEST_S = 0.06
WHOLE = """
title = "A title"
phase = "Part"
scope = "node"
place = "{node}"
how = "Somehow"
minutes = 5
permission = "none"
verify = "Look"
"""


def read(text: str) -> dict[str, Step]:
    """Return the steps of a text by their short ids."""
    document, problems = read_source(text)
    root = Table(document.data, (), "the file", document.lines, problems)
    file = read_steps(root, "own")
    problems.raise_if_any()
    return {step.id.partition("/")[2]: step for step in file.steps}


def wrong(text: str) -> list[str]:
    """Return what is said to be wrong with a text."""
    with pytest.raises(ClusterFileError) as refused:
        read(text)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("name", OURS)
def test_each_file_of_ours_can_be_read_and_pickled(name: str):
    """All names, codes and texts in braces are known; values survive pickling."""
    steps = steps_of(name).steps
    assert steps == pickle.loads(pickle.dumps(steps))
    assert len(steps) == len({step.id for step in steps})


def test_the_largest_file_is_read_in_60_ms():
    """A procedure opens without a wait; the best of five, as the machine may be busy."""
    largest = max(OURS, key=lambda name: len(steps_of(name).steps))
    times = []
    for _ in range(5):
        steps_of.cache_clear()
        begun = time.process_time()
        steps_of(largest)
        times.append(time.process_time() - begun)
    assert min(times) < LARGEST_S


def test_every_step_has_what_stands_in_its_table():
    """One step with everything: a template, shared and own tables, needs, checks, facts."""
    steps = read(f"""
procedure = "own"
[default]
source = "our change, <step>"
[template.node]
{WHOLE}
is_setting = true
[choice.when]
question = "When?"
options = ["now", "later"]
[found.late]
choice = "when"
is = "later"
because = "{{node}} waits."
[harm.ERR-STANDALONE]
sets = {{ "node.{{node}}.lost" = true }}
undoes = ["A01"]
[A01]
like = "node"
[A02]
like = "node"
title = "Another"
does = ["empty_node", "cluster node {{node}} /pause"]
choices = ["when", "why"]
needs = [
    "A01[same]! ERR-STANDALONE damages only last unless NOTHING is_down allows",
    "A01[all]",
]
checks = ["ERR-STANDALONE late plants", "ORDER unset warns"]
unsets = ["cluster.backup"]
[A02.choice.why]
question = "Why?"
options = ["because", ""]
is_open = true
[A02.found.unset]
fact = "cluster.backup"
because = "There is none."
""")
    first, second = steps["A01"], steps["A02"]
    assert ("our change, A01", True) == (first.source, first.is_setting)
    assert ("Another", "node", "our change, A02") == (
        second.title,
        second.scope,
        second.source,
    )
    assert ("empty_node", "cluster node {node} /pause") == second.does
    assert ["when", "why"] == [choice.name for choice in second.choices]
    hard, soft = second.needs
    assert ("own/A01", "same", True) == (hard.step, hard.quantifier, hard.is_hard)
    assert ("ERR-STANDALONE", "damages", "last") == (hard.code, hard.breaking, hard.only)
    assert {"node.{node}.lost": True} == hard.sets
    assert [("NOTHING", "allows")] == [(c.code, c.breaking) for c in hard.cases]
    assert ("ORDER", "warns", {}) == (soft.code, soft.breaking, soft.sets)
    harm, warning = second.checks
    assert (("own/A01",), "plants") == (harm.undoes, harm.breaking)
    assert Found("when", ("later",), "{node} waits.", is_choice=True) == harm.finds
    assert Found("cluster.backup", (None,), "There is none.") == warning.finds
    assert {"cluster.backup": None} == second.sets


def test_a_list_takes_and_leaves_out_what_it_is_like():
    """Three dots stand for what `like` has, "- NAME" for all but one of it."""
    steps = read(f"""
[A01]
{WHOLE}
does = ["empty_node", "join_node"]
needs = []
checks = ["NOTHING is_down", "ORDER no_member warns"]
[A02]
like = "A01"
does = ["...", "- empty_node", "evict_node"]
checks = ["ERR-MSDTC no_msdtc", "...", "- NOTHING"]
""")
    assert ("join_node", "evict_node") == steps["A02"].does
    assert ["ERR-MSDTC", "ORDER"] == [check.code for check in steps["A02"].checks]


def test_a_text_may_stand_in_several_lines():
    """Line breaks in a text are spaces."""
    text = WHOLE.replace('"Somehow"', '"""\nFirst\n  second"""')
    assert "First second" == read(f"[A01]\n{text}")["A01"].how


def test_what_is_open_in_a_step_is_filled_in():
    """A name in angle brackets takes a text, in a list several; others stay."""
    step = read(f"""
[A01]
{WHOLE}
commands = ["move <target>", "<others>", "<media>"]
""")["A01"]
    made = filled(step, target="NODE2", others=("NODE1", "NODE3"))
    assert ("move NODE2", "NODE1", "NODE3", "<media>") == made.commands
    assert step == filled(step)


BAD = {
    "title of the wrong type": ("title = 5", "line 2: title of [A01] is 5; allowed: text"),
    "control character": ('later = "a\\u001bb"', "line 10: later of [A01] is 'a\\x1bb'; allowed: "),
    "minutes": ("minutes = -1", "line 7: minutes of [A01] is -1; allowed: a whole number 0 to"),
    "scope": ('scope = "nod"', "line 4: scope of [A01] is 'nod'; allowed: forest, domain"),
    "unknown key": (
        "minuts = 5",
        "line 10: [A01] has no key 'minuts'; allowed: block, checks, choice",
    ),
    "effect": ('does = ["empty"]', "line 10: does of [A01] has 'empty'; a line of cluster.exe, or"),
    "need": ('needs = ["A02"]', "line 10: needs of [A01] has 'A02'; allowed: \"X01[same]! CODE\""),
    "quantifier": ('needs = ["A02[some]"]', "has 'some'; allowed: one, same, same?, all, prev"),
    "code": ('needs = ["A02[one] ERR-NO"]', "has 'ERR-NO'; a code of a refusal or warning; allow"),
    "only": ('needs = ["A02[one] only once"]', "has 'only once'; allowed: only first, only last"),
    "check": ('checks = ["ORDER"]', 'has \'ORDER\'; allowed: "CODE name", "CODE name word"; wor'),
    "finder": ('checks = ["ORDER no_msdct"]', "did you mean 'no_msdtc'?"),
    "word": ('checks = ["ORDER no_msdtc harms"]', "word: refuses, damages, plants, warns, allows"),
    "choice": ('choices = ["when"]', "line 10: choices of [A01] has 'when'; allowed: none"),
    "name": ('how = "{nod}"', "how of [A01] names {nod}, which nothing fills in; allowed: account"),
    "brace": ('how = "{node"', "how of [A01] is '{node': expected '}' before end of string; write"),
    "facts": ("sets = 5", "line 10: sets of [A01] is 5; allowed: a table, such as"),
    "fact": (
        "sets = { a = 1.5 }",
        "sets of [A01] is 'a = 1.5'; allowed: a text that can be printed",
    ),
    "like": ('like = "B"', "line 10: like of [A01] is 'B'; a template, or a step above it: allow"),
    "without": ('does = ["- empty_node"]', "has '- empty_node'; nothing to leave out; write"),
    "flag": ('is_setting = "yes"', "is_setting of [A01] is 'yes'; allowed: true or false"),
}


@pytest.mark.parametrize(("line", "said"), BAD.values(), ids=BAD)
def test_a_mistake_is_named_with_line_and_key_and_what_is_allowed(line: str, said: str):
    """Each mistake alone: one problem, at its line."""
    key = line.partition(" ")[0]
    lines = WHOLE.strip().splitlines()
    known = [item.partition(" ")[0] for item in lines]
    if key in known:
        lines[known.index(key)] = line
    else:
        lines.append(line)
    problems = wrong("[A01]\n" + "\n".join(lines))
    assert 1 == len(problems)
    assert said in problems[0]


SHARED = {
    "table": ("[templates.a]", "the file has no key 'templates'; allowed: choice, default, found"),
    "file": ('uses = ["instal"]', "line 1: there is no file of ours 'instal'; allowed: connectors"),
    "missing": ('[A01]\ntitle = "T"', "line 1: [A01] has no minutes; write minutes = 120"),
    "no table": ("A01 = 5", "line 1: [A01] is 5; allowed: a table of keys and values"),
    "question": ('[choice.a]\noptions = ["x"]', "line 1: [choice.a] has no question; write"),
    "options": ('[choice.a]\nquestion = "?"\noptions = []', "options of [choice.a] is a list of 0"),
    "because": ('[found.a]\nfact = "x"', "line 1: [found.a] has no because"),
    "found key": (
        '[found.a]\nfact = "x"\nbecause = "y"\nwhy = 1',
        "line 4: [found.a] has no key 'why'; allowed: because, fact, is, values",
    ),
}


@pytest.mark.parametrize(("text", "said"), SHARED.values(), ids=SHARED)
def test_a_mistake_in_a_shared_table_is_named(text: str, said: str):
    """Templates, choices, findings and the file itself are checked as steps are."""
    assert any(said in problem for problem in wrong(text))


def test_a_finding_looks_at_a_choice_of_its_step():
    """A choice that a step does not have would never be found."""
    problems = wrong(f"""[found.late]
choice = "when"
is = "later"
because = "Late."
[A01]{WHOLE}checks = ["ORDER late"]
""")
    assert ["text, line 14: checks of [A01] looks at the choice 'when'; allowed: none"] == problems


def test_every_finder_has_a_sentence():
    """What files can look at by name says in its docstring when it finds something."""
    assert all(finds.__doc__ for finds in FINDERS.values())


def test_every_effect_is_done_and_stands_in_the_guide():
    """What a file can name is a line or an act of `effects.py`, and the guide says what it does."""
    guide = (Path(__file__).parent.parent / "docs/guides/procedures-of-your-own.md").read_text(
        "utf-8"
    )
    said = re.findall(r"^\| `(\w+)` \| \w", guide.partition("## Effects")[2], re.M)
    assert sorted(EFFECTS) == sorted({*LINES, *ACTS}) == sorted(said)
