"""The grammar of a command prompt: words, quotes, objects, options and their abbreviations.

It says which words a line has and what each may be; what they do is decided in `lines.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from clusterlab.cluster.errors import OperationRefused, instead_of, refuse_as, shown
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.states import ResourceState, Windows
from clusterlab.clusterexe.commands import CLUSTER
from clusterlab.tomlfiles.tables import own_table

MAX_LINE = 8191
"""Characters of a line at the command prompt of Windows Server 2003 (KB 830473)."""

_TYPED = own_table(Path(__file__).with_name("prompt.toml")).data
OBJECTS: Mapping[str, str] = _TYPED["objects"]
"""The word after `cluster`, and the kind of thing it means (handbook 8, 1.1)."""
OPTIONS: Mapping[str, tuple[str, ...]]
LEFT_OUT: Mapping[str, tuple[str, ...]]
OPTIONS, LEFT_OUT = (
    {kind: tuple(names.split()) for kind, names in _TYPED[part].items()}
    for part in ("options", "left_out")
)
LONG_FORMS: Mapping[str, str] = _TYPED["spellings"]
"""Other spellings of options (handbook 8, 1.2)."""
NEW_IN_W2K = ("network", "netinterface")
"""Object words that Windows NT 4.0 does not have (handbook 8, 1.1)."""

HELP = ("help", "?")
"""What can be typed for every kind: `cluster group /?` tells the options of groups."""

_SHORT = ("res", "net", "netint")
"""Shortest forms of the object words that have one."""
_WORD = re.compile(r'(?:"[^"]*"|[^\s"])+')
_PART = re.compile(r'(?:"[^"]*"|[^,;"])+')


class TypedOption(NamedTuple):
    """An option of a line.

    Attributes:
        name: Its full name without the slash.
        value: What follows its colon, quotes included; None without a colon.
        words: The words behind it, quotes included: the assignments of `/prop`.
    """

    name: str
    value: str | None
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The value without its quotes; "" if there is none."""
        return unquoted(self.value or "")


class TypedLine(NamedTuple):
    """A line of cluster.exe, taken apart.

    Attributes:
        kind: What it is about, one of the values of `OBJECTS`, or `CLUSTER`.
        name: Of the thing it is about, as typed; "" if none was named.
        options: In the order they were typed.
    """

    kind: str
    name: str
    options: tuple[TypedOption, ...]


def refuse(because: str, remedy: str) -> NoReturn:
    """Refuse a line that the product would not understand, or that the lab does not simulate."""
    raise OperationRefused(None, because=because, remedy=remedy, source="handbook 1, 8.1")


def allowed(word: str, names: Iterable[str]) -> str:
    """Return what is allowed instead of *word*, as a sentence.

    Example:
        >>> allowed("gruop", ["node", "group"]), allowed("x", ["node"])
        ("Allowed: node, group; did you mean 'group'?", 'Allowed: node.')
    """
    text = instead_of(word, names)
    return f"A{text[1:]}" if text.endswith("?") else f"A{text[1:]}."


def unquoted(word: str) -> str:
    """Return a word without its quotes."""
    return word.replace('"', "")


def names_in(value: str) -> tuple[str, ...]:
    """Return the names of a list with commas between; a quoted comma belongs to a name.

    Example:
        >>> names_in('NODE4,"My, Node"')
        ('NODE4', 'My, Node')
    """
    return tuple(unquoted(part).strip() for part in _PART.findall(value) if unquoted(part).strip())


def words_of(text: str) -> list[str]:
    """Return the words of a line, each with its quotes.

    Example:
        >>> words_of('cluster group "Cluster Group" /moveto:NODE2')
        ['cluster', 'group', '"Cluster Group"', '/moveto:NODE2']
    """
    if len(text) > MAX_LINE:
        refuse(f"The line has {len(text)} characters.", f"Type at most {MAX_LINE}.")
    if text.count('"') % 2:
        refuse("A quote is not closed.", 'Names with spaces need a " on both sides.')
    return _WORD.findall(text)


def prompt_of(config: ClusterConfig, text: str) -> tuple[str, str]:
    """Return the node whose prompt stands in front of a line, or "", and the rest of the line."""
    before, mark, rest = text.partition(">")
    nodes = {name.casefold(): name for name in config.nodes_by_name}
    node = nodes.get(before.strip().casefold(), "") if mark else ""
    return (node, rest) if node else ("", text)


def read_words(cluster: Cluster, words: Iterable[str]) -> TypedLine:
    """Return what the words after `cluster` say."""
    rest = _behind_cluster_name(cluster, list(words))
    kind, name = CLUSTER, ""
    if rest and not _is_option(rest[0]):
        kind = _kind(cluster, rest.pop(0).casefold())
        if rest and not _is_option(rest[0]):
            name = unquoted(rest.pop(0))
    return TypedLine(kind, name, tuple(_options(kind, rest)))


def _kind(cluster: Cluster, word: str) -> str:
    """Return what an object word, or the beginning of a long one, means."""
    kind = next(kind for name, kind in OBJECTS.items() if name.startswith(word))
    if kind in NEW_IN_W2K and cluster.config.windows is Windows.NT4:
        refuse(f"Windows NT 4.0 has no cluster {kind}.", "Type cluster node, group or resource.")
    return kind


def _is_object(word: str) -> bool:
    """Return whether a word is an object word, short, long or in between."""
    folded = word.casefold()
    return folded in OBJECTS or any(
        name.startswith(folded) and any(folded.startswith(short) for short in _SHORT)
        for name in OBJECTS
    )


def _is_option(word: str) -> bool:
    return word.startswith("/")


def _behind_cluster_name(cluster: Cluster, words: list[str]) -> list[str]:
    """Return the words behind the name of the cluster, if it is named at all."""
    if words and words[0].casefold().startswith(("/cluster:", "-c:")):
        name = unquoted(words[0]).partition(":")[2]
    elif words and not _is_option(words[0]) and not _is_object(words[0]):
        name = unquoted(words[0])
    else:
        return words
    _check_reached(cluster, name)
    rest = words[1:]
    if rest and not _is_option(rest[0]) and not _is_object(rest[0]):
        wrong = unquoted(rest[0])
        refuse(f"There is no object {shown(wrong)}.", allowed(wrong, OBJECTS))
    return rest


def _check_reached(cluster: Cluster, name: str) -> None:
    """Refuse a first word that reaches nothing: cluster, node, Network Name, with or without DNS.

    Source: handbook 8, 1.1.
    """
    config, first = cluster.config, name.casefold().partition(".")[0]
    nodes = {node.casefold(): cluster.is_live(node) for node in config.nodes_by_name}
    names: dict[str, bool] = {}
    for one in config.resources_by_type.get("Network Name", ()):
        is_online = cluster.resource_states[one.name] is ResourceState.ONLINE
        stored = cluster.private_in_use(one) if is_online else one.private
        names[str(stored.get("Name") or one.group).casefold()] = is_online
    reached = {"": True, **names, **nodes, config.name.casefold(): True}
    if first not in reached:
        refuse_as("typed nobody", shown(name), allowed(name, [config.name, *OBJECTS]))
    if not reached[first]:
        refuse(f"{name} cannot be reached.", "Name a node that is Up, or the cluster.")


def _options(kind: str, words: list[str]) -> Iterable[TypedOption]:
    while words:
        word = words.pop(0)
        if not _is_option(word):
            refuse_as("typed word", shown(word))
        typed, colon, value = word[1:].partition(":")
        name = _full_name(kind, typed)
        follow: list[str] = []
        while words and not _is_option(words[0]) and name in ("properties", "privproperties"):
            follow.append(words.pop(0))
        yield TypedOption(name, value if colon else None, tuple(follow))


def _full_name(kind: str, typed: str) -> str:
    known = OPTIONS[kind] + LEFT_OUT[kind]
    word = typed.casefold()
    word = next((name for long, name in LONG_FORMS.items()
                 if len(word) > len(name) and long.startswith(word)), word)  # fmt: skip
    word = LONG_FORMS.get(word, word)
    if word in HELP:
        return word
    fitting = [word] if word in known else [name for name in known if name.startswith(word)]
    if not word or not fitting:
        options = [f"/{name}" for name in OPTIONS[kind]]
        refuse(f"{_about(kind)} has no option {shown('/' + typed)}.", allowed(f"/{typed}", options))
    if len(fitting) > 1:
        names = ", ".join(f"/{name}" for name in fitting)
        refuse(f"{shown('/' + typed)} could be {names}.", "Type more letters of it.")
    if fitting[0] not in OPTIONS[kind]:
        names = ", ".join(f"/{name}" for name in OPTIONS[kind])
        refuse(f"The lab does not simulate /{fitting[0]} of {_about(kind)}.", f"It has {names}.")
    return fitting[0]


def _about(kind: str) -> str:
    return "cluster" if kind == CLUSTER else f"cluster {kind}"
