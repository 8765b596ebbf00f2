"""Files of steps: a procedure as tables in TOML, ours in `steps/` and those of users.

A table is a step, and its name the step's short id: `[E03]`. Its keys are the attributes of `Step`;
a few names are kept for what steps share:

    procedure = "install"       what the ids of the steps begin with
    title = "Installation"      what is done, for the runbook
    uses = ["upgrade"]          files of ours whose shared tables can be used here
    [default]                   keys of every step that does not say otherwise
    [template.NAME]             keys of the steps that say like = "NAME"
    [choice.NAME]               a choice; choices = ["NAME"] in a step
    [found.NAME]                what is found when a choice or a fact has a value
    [harm.CODE]                 what damage, planted harm or a warning under that code leaves behind

A step has choices and findings of its own as [E03.choice.NAME] and [E03.found.NAME]. Lists take
what `like` has as "...", without one of it as "- NAME". Needs and checks are written in words:

    needs  = ["X01[same]! ERR-COMPONENT", "R11[others]! only last unless PREREQ is_down allows"]
    checks = ["ERR-MSDTC no_msdtc", "WARN-FAILBACK at_once warns"]

`<step>` stands for the short id of the step, every other name in angle brackets for what `filled`
puts in; names of the plan stand in braces and are filled in for each node, EVS or domain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, get_args

from clusterlab.cluster.errors import instead_of, shown
from clusterlab.procedures import checks, upgrade_checks
from clusterlab.procedures import step as st
from clusterlab.procedures.codes import codes
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.step import FINDERS, Check, Choice, Finder, Need, Step
from clusterlab.tomlfiles import tables as toml
from clusterlab.tomlfiles.tables import Reader, Table, Wrong

_FOLDER = Path(__file__).with_name("steps")
_LOOKS = (checks, upgrade_checks)
"""The modules whose functions are in FINDERS once they are imported."""

Keys = Mapping[str, Any]
"""Some attributes of `Step` with their values."""


@dataclass(frozen=True, kw_only=True)
class StepFile:
    """What a file of steps says.

    Attributes:
        procedure: What the ids of its steps begin with.
        templates: Keys by the name that `like` gives; the file's own and those it uses.
        found: What a choice or a fact is looked at for, by name.
        harms: What damage, planted harm or a warning leaves behind, by code.
        places: Which step each new step of a changed procedure comes after, by full ids.
    """

    procedure: str
    title: str = ""
    steps: tuple[Step, ...] = ()
    templates: Mapping[str, Keys] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)
    found: Mapping[str, Finder] = field(default_factory=dict)
    harms: Mapping[str, Keys] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def step(self, name: str, **fills: st.Fill) -> Step:
        """Return a step by its short id, with `<x>` filled in."""
        found = next(step for step in self.steps if step.id.partition("/")[2] == name)
        return st.filled(found, **fills) if fills else found


@cache
def steps_of(name: str) -> StepFile:
    """Return what a file of ours says; it is read when it is first asked for."""
    root = toml.own_table(_FOLDER / f"{name}.toml")
    file = read_steps(root, name)
    root.problems.raise_if_any()
    return file


def read_steps(root: Table, procedure: str, changed: Iterable[Step] = ()) -> StepFile:
    """Return what the tables of a file say; what is wrong is noted in its problems."""
    own = root.get("procedure", toml.text, procedure)
    names = root.get("uses", toml.texts, ())
    used = [_used(root, name, place) for place, name in enumerate(names)]
    return _Reading(root, own, [file for file in used if file], changed).file()


def _used(root: Table, name: str, place: int) -> StepFile | None:
    ours = sorted(path.stem for path in _FOLDER.glob("*.toml"))
    if name in ours:
        return steps_of(name)
    root.wrong(("uses", place), f"there is no file of ours {shown(name)}; {instead_of(name, ours)}")
    return None


# --- values ---------------------------------------------------------------------------------------


def _words(value: Any) -> str:
    """Return a text, which may be empty."""
    return toml.line(value) if value != "" else ""


def _facts(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(value, 'allowed: a table, such as { "cluster.backup" = true }')
    for key, item in value.items():
        if not isinstance(item, str | int) or not f"{key}{item}".isprintable():
            allowed = "allowed: a text that can be printed, a whole number, true or false"
            raise Wrong(f"{key} = {toml.value_text(item)}", allowed)
    return value


def _one_or_more(value: Any) -> tuple[str | int, ...]:
    if not isinstance(value, str | int | list):
        raise Wrong(value, "allowed: a text, a whole number, true or false, or a list of texts")
    return toml.texts(value) if isinstance(value, list) else (value,)


_KEYS: Mapping[str, Reader] = {
    **dict.fromkeys(
        ("title", "phase", "place", "how", "permission", "verify", "source"), toml.line
    ),
    **dict.fromkeys(("later", "rollback", "mark", "block"), _words),
    **dict.fromkeys(("is_setting", "is_optional", "is_recovery", "is_backwards"), toml.flag),
    "scope": toml.one_of({scope: scope for scope in get_args(st.Scope)}),
    "minutes": toml.whole(0, 100_000),
}
"""What a step says in one word or text."""
_MUST = ("title", "phase", "scope", "place", "how", "minutes", "permission", "verify")
_BREAKINGS: Mapping[str, st.Breaking] = {word: word for word in get_args(st.Breaking)}
_QUANTIFIERS: Mapping[str, st.Quantifier] = {word: word for word in get_args(st.Quantifier)}
_NEED = re.compile(r"(?P<step>[^\[\]\s]+)\[(?P<which>[^\[\]]*)\](?P<hard>!?)")
_NAME = re.compile(r"(?:[a-z][\w-]*/)?[A-Z0-9<][\w<>.@-]*|[a-z][\w-]*/[\w<>.@-]+")


class _Reading:
    """One file while it is read."""

    def __init__(
        self, root: Table, procedure: str, known: list[StepFile], changed: Iterable[Step]
    ) -> None:
        self.root, self.procedure = root, procedure
        self.templates = {k: v for file in known for k, v in file.templates.items()}
        self.choices = {k: v for file in known for k, v in file.choices.items()}
        self.found = {k: v for file in known for k, v in file.found.items()}
        self.harms = {k: v for file in known for k, v in file.harms.items()}
        self.steps: dict[str, Step] = {}
        self.others = {step.id: step for file in known for step in file.steps}
        self.changed = {step.id.partition("/")[2]: step for step in changed}
        self.places: dict[str, str] = {}

    def file(self) -> StepFile:
        """Read all tables in an order in which each knows what it names."""
        title = self.root.get("title", toml.line, "")
        self.harms |= {name: _harm(table, self) for name, table in self._shared("harm")}
        self.choices |= {name: _choice(table, name) for name, table in self._shared("choice")}
        self.found |= {name: _found(table) for name, table in self._shared("found")}
        default = self.root.table("default")
        self.default = self.keys(default, {})
        default.end()
        for name, table in self._shared("template"):
            self.templates[name] = self.keys(table, {})
        for name in self.root.data:
            if name in self.changed or _NAME.fullmatch(name):
                table = self.root.table(name)
                self._step(name, table)
                table.end()
        asked = [key for key in self.root.asked if not _NAME.fullmatch(key)]
        self.root.end((*asked, "and steps, such as [E03]"))
        return StepFile(
            procedure=self.procedure,
            title=title,
            steps=tuple(self.steps.values()),
            templates=self.templates,
            choices=self.choices,
            found=self.found,
            harms=self.harms,
            places=self.places,
        )

    def _shared(self, kind: str) -> Iterator[tuple[str, Table]]:
        return _named(self.root, kind)

    def full(self, step: str) -> str:
        """Return the full id of a step of which a file says the short or the full one."""
        if step in self.changed:
            return self.changed[step].id
        return step if "/" in step else f"{self.procedure}/{step}"

    def _step(self, name: str, table: Table) -> None:
        full, is_new = self.full(name), name not in self.changed
        keys = self.keys(table, self.default if is_new else st.keys_of(self.changed[name]))
        if self.changed and is_new:
            self._place(full, table)
        if not self._is_whole(name, table, keys):
            return
        source = keys.get("source", self.root.problems.file)
        source = source.replace("<step>", full.partition("/")[2])
        self.steps[full] = Step(**{**keys, "id": full, "source": source})
        _check_names(self.steps[full], table)

    def _is_whole(self, name: str, table: Table, keys: Keys) -> bool:
        """Return whether a step has all that it must have; note what is missing."""
        missing = [key for key in _MUST if key not in keys]
        if self.changed and "title" in missing:
            what = f"there is no step {shown(name)} to change, and a new one needs a title"
            table.wrong((), f"{what}; {instead_of(name, self.changed)}")
            return False
        for key in missing:
            table.must(key, "120" if key == "minutes" else '"..."')
        return not missing and table.is_table

    def _place(self, full: str, table: Table) -> None:
        """Note where a new step stands among those of the procedure that is changed."""
        known = [*self.changed, *(step.partition("/")[2] for step in self.steps)]
        name = table.get("comes_after", toml.text, known[-1])
        if name not in known:
            what = f"comes_after of {table.what} is {shown(name)}"
            table.wrong(("comes_after",), f"{what}; {instead_of(name, known)}")
        self.places[full] = self.full(name)

    def keys(self, table: Table, default: Keys) -> Keys:
        """Return what a table says of a step, on top of what it is like, or else the default."""
        like = table.get("like", toml.text, "")
        base = {**default, **(self._like(table, like) if like else {})}
        own: dict[str, Any] = table.values(_KEYS)
        reader = _TableReading(self, table, base)
        return {**base, **own, **reader.parts()}

    def _like(self, table: Table, name: str) -> Keys:
        if name in self.templates:
            return self.templates[name]
        known = {**self.others, **{step.id: step for step in self.changed.values()}, **self.steps}
        step = known.get(self.full(name))
        if step is not None:
            return st.keys_of(step)
        names = [*self.templates, *(key.partition("/")[2] for key in known)]
        table.wrong(
            ("like",),
            f"like of {table.what} is {shown(name)}; a template, or a step above it: "
            f"{instead_of(name, names)}",
        )
        return {}


class _TableReading:
    """The lists and tables of one step or template."""

    def __init__(self, file: _Reading, table: Table, base: Keys) -> None:
        self.file, self.table, self.base = file, table, base
        self.found = {name: _found(t) for name, t in _named(table, "found")}
        self.choices = {name: _choice(t, name) for name, t in _named(table, "choice")}
        self.inherited = {choice.name: choice for choice in base.get("choices", ())}

    def parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        readers: Mapping[str, Callable[[str], Any]] = {
            "commands": str,
            "takes": str,
            "does": self._deed,
            "needs": self._need,
            "checks": self._check,
            "clears": self._code,
            "undoes": self.file.full,
            "choices": self._choice,
        }
        for key, reader in readers.items():
            words = self.table.get(key, toml.lines, None)
            if words is not None:
                parts[key] = self._list(key, words, reader)
        if self.choices and "choices" not in parts:
            parts["choices"] = tuple({**self.inherited, **self.choices}.values())
        facts = _facts_of(self.table)
        return {**parts, **({} if facts is None else {"sets": facts})}

    def _list(
        self, key: str, words: Iterable[str], reader: Callable[[str], Any]
    ) -> tuple[Any, ...]:
        items: list[Any] = []
        inherited: tuple[Any, ...] = self.base.get(key, ())
        for place, word in enumerate(words):
            try:
                if word == "...":
                    items += inherited
                elif word.startswith("- "):
                    items = _without(items, word[2:].strip())
                else:
                    items.append(reader(word))
            except Wrong as wrong:
                self.table.wrong((key, place), f"{key} of {self.table.what} has {wrong}")
        return tuple(items)

    def _deed(self, word: str) -> str:
        if not word.startswith("cluster ") and word not in st.EFFECTS:
            raise Wrong(
                word, f"a line of cluster.exe, or an effect; {instead_of(word, st.EFFECTS)}"
            )
        return word

    def _need(self, word: str) -> Need:
        first, *cases = word.split(" unless ")
        head, *rest = first.split()
        step, quantifier, is_hard = _needed(head)
        only = ""
        if "only" in rest:
            place = rest.index("only")
            only, rest = _only(rest[place:]), rest[:place]
        how = [_BREAKINGS[part] for part in rest if part in _BREAKINGS]
        codes = [self._code(part) for part in rest if part not in _BREAKINGS]
        if len(how) > 1 or len(codes) > 1:
            raise Wrong(word, f"one code and one of {', '.join(_BREAKINGS)}")
        code = codes[0] if codes else "PREREQ" if is_hard else "ORDER"
        breaking = how[0] if how else "refuses" if is_hard else "warns"
        return Need(
            step=self.file.full(step),
            quantifier=quantifier,
            is_hard=is_hard,
            code=code,
            breaking=breaking,
            cases=tuple(map(self._check, cases)),
            sets=self._left(code, breaking).get("sets", {}),
            only=only,
        )

    def _check(self, word: str) -> Check:
        parts = word.split()
        if not 2 <= len(parts) <= 3 or (parts[-1] not in _BREAKINGS and len(parts) == 3):
            allowed = f'"CODE name", "CODE name word"; word: {", ".join(_BREAKINGS)}'
            raise Wrong(word, f"allowed: {allowed}")
        breaking = _BREAKINGS[parts[2]] if len(parts) == 3 else "refuses"
        code = self._code(parts[0])
        left = self._left(code, breaking)
        return Check(code=code, finds=self._finder(parts[1]), breaking=breaking, **left)

    def _finder(self, name: str) -> Finder:
        known = {**FINDERS, **self.file.found, **self.found}
        if name not in known:
            raise Wrong(name, instead_of(name, known))
        return known[name]

    def _code(self, word: str) -> str:
        if word not in codes():
            raise Wrong(word, f"a code of a refusal or warning; {instead_of(word, codes())}")
        return word

    def _left(self, code: str, breaking: st.Breaking) -> Keys:
        is_harm = breaking not in ("refuses", "allows")
        return self.file.harms.get(code, {}) if is_harm else {}

    def _choice(self, name: str) -> Choice:
        known: dict[str, Choice] = {**self.file.choices, **self.inherited, **self.choices}
        if name not in known:
            raise Wrong(name, instead_of(name, known))
        return known[name]


def _named(table: Table, kind: str) -> Iterator[tuple[str, Table]]:
    """Yield the tables [kind.NAME] of a table; all their keys are read when the next is asked."""
    parent = table.table(kind)
    for name in parent.data:
        child = parent.table(name)
        yield name, child
        child.end()


def _without(items: list[Any], name: str) -> list[Any]:
    """Return a list without what a name stands for: the step of a need, a code, the item itself."""

    def is_it(item: Any) -> bool:
        own = getattr(item, "step", None) or getattr(item, "code", None) or item
        return name in (str(own), str(own).partition("/")[2])

    left = [item for item in items if not is_it(item)]
    if len(left) == len(items):
        raise Wrong(f"- {name}", 'nothing to leave out; write "..." before it, and what is there')
    return left


def _needed(word: str) -> tuple[str, st.Quantifier, bool]:
    """Return the step of a need, which of its instances, and whether it is hard."""
    match = _NEED.fullmatch(word)
    if match is None:
        raise Wrong(word, f'allowed: "X01[same]! CODE"; in brackets: {", ".join(_QUANTIFIERS)}')
    if match["which"] not in _QUANTIFIERS:
        raise Wrong(match["which"], instead_of(match["which"], _QUANTIFIERS))
    return match["step"], _QUANTIFIERS[match["which"]], bool(match["hard"])


def _only(words: list[str]) -> str:
    if words[1:] not in (["first"], ["last"]):
        raise Wrong(" ".join(words), "allowed: only first, only last")
    return words[1]


def _facts_of(table: Table) -> Mapping[str, Any] | None:
    """Return the facts that a table sets and unsets; None if it says neither."""
    sets = table.get("sets", _facts, {})
    unsets = table.get("unsets", toml.texts, ())
    if not table.has("sets") and not table.has("unsets"):
        return None
    return {**sets, **dict.fromkeys(unsets)}


def _harm(table: Table, file: _Reading) -> Keys:
    facts = _facts_of(table) or {}
    undoes = tuple(map(file.full, table.get("undoes", toml.texts, ())))
    return {"sets": facts, "undoes": undoes}


def _choice(table: Table, name: str) -> Choice:
    table.must("question", '"..."')
    table.must("options", '["...", "..."]')
    return Choice(
        name=name,
        question=table.get("question", toml.line, "?"),
        options=table.get("options", _options, ("?",)),
        is_open=table.get("is_open", toml.flag, False),
    )


def _found(table: Table) -> Finder:
    """Return what looks at a choice or a fact."""
    table.must("because", '"..."')
    because = table.get("because", toml.line, "?")
    values = tuple(table.get("values", _facts, {}).items())
    key, is_not = "fact" if table.has("fact") else "choice", table.has("is_not")
    table.must(key, '"..."')
    if key == "choice" and not is_not:
        table.must("is", '"..."')
    wanted = table.get("is_not" if is_not else "is", _one_or_more, (None,))
    return st.Found(
        table.get(key, toml.text, "?"), wanted, because, values, key == "choice", is_not
    )


def _options(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, list) and value and all(isinstance(v, str) for v in value)
    if not is_list or not "".join(value).isprintable():
        raise Wrong(value, 'allowed: a list of texts, the right one first, such as ["yes", "no"]')
    return tuple(value)


# --- names in braces ------------------------------------------------------------------------------


@cache
def _names(mark: str) -> frozenset[str]:
    """Return the names in braces that are known for a node, an EVS, a domain or the whole."""
    subject = st.Subject(f"{mark}1", mark, 1) if mark else st.Subject()
    return frozenset({*st.names_of(Plan.standard(nodes=2, evs=1), subject), "group"})


_MARKS = {"domain": "D", "evs": "EVS", "cluster": "", "forest": ""}
"""What subjects of a scope are marked with; all other scopes are for nodes."""


def _check_names(step: Step, table: Table) -> None:
    """Note a name in braces that nobody fills in."""
    choices = {choice.name for choice in step.choices}
    known = _names(_MARKS.get(step.scope, "N")) | choices
    for key, finds in _findings(step):
        if isinstance(finds, st.Found) and finds.is_choice and finds.key not in choices:
            what = f"{key} of {table.what} looks at the choice {shown(finds.key)}"
            table.wrong((key,), f"{what}; {instead_of(finds.key, sorted(choices))}")
    for key, value in _texts_in(step):
        try:
            names = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
        except ValueError as error:
            table.wrong((key,), f"{key} of {table.what} is {shown(value)}: {error}; write {{name}}")
            continue
        for name in names - known:
            what = f"{key} of {table.what} names {{{name}}}, which nothing fills in"
            table.wrong((key,), f"{what}; {instead_of(name, sorted(known))}")


def _texts_in(step: Step) -> Iterator[tuple[str, str]]:
    """Yield the texts of a step in which names of the plan are filled in, with their keys."""
    for key in ("place", "how", "permission", "verify", "later", "rollback"):
        yield key, getattr(step, key)
    for key in ("commands", "does"):
        yield from ((key, item) for item in getattr(step, key) if isinstance(item, str))
    for choice in step.choices:
        yield from (("choice", option) for option in (choice.question, *choice.options))
    for fact, value in step.sets.items():
        yield from (("sets", item) for item in (fact, value) if isinstance(item, str))
    for key, finds in _findings(step):
        yield key, finds.because
        yield from ((key, item) for item in finds.values if isinstance(item, str))


def _findings(step: Step) -> Iterator[tuple[str, st.Found]]:
    """Yield what a file itself says that a step looks at, with the key that names it."""
    cases = (("needs", case) for need in step.needs for case in need.cases)
    for key, check in (*(("checks", check) for check in step.checks), *cases):
        if isinstance(check.finds, st.Found):
            yield key, check.finds
