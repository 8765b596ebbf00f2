"""A tour on a client's cluster: its names for the lesson's, and nothing that is untrue there.

Each scene is played there, and what comes of it has to be what the lesson tells, but for moments; a
scene of which that does not hold is left out. So is a sentence or a question that takes for granted
a figure or a setting of the lesson's cluster (`clients.toml`), where the client's is not alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from pathlib import Path
from types import MappingProxyType

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.exchange.exres import storage_groups
from clusterlab.scenario.commands import Command, Reader, Scenario, words_command
from clusterlab.scenario.layout import Layout, ScenarioBlock
from clusterlab.scenario.line import CommandLine
from clusterlab.scenario.running import Player
from clusterlab.tomlfiles.tables import own_table

SAY = own_table(Path(__file__).with_name("clients.toml")).data
_LOOKS = {"scene", "say", "show", "ask"}
_PLAIN = ("anew", "branch", "look")  # what is followed by text: no name in quotation marks


class _Names:
    """The client's names for the lesson's: EVSs with their nodes, and empty nodes, in order."""

    def __init__(
        self, lesson: Cluster, client: Cluster, acts: str, more: Mapping[str, str]
    ) -> None:
        evss, theirs = _evs(lesson), _evs(client)
        told = {evs: -acts.count(evs) - acts.count(lesson.owners[evs]) for evs in evss}
        acted_on = sorted(sorted(evss, key=told.__getitem__)[: len(theirs)], key=evss.index)
        groups = dict(zip(acted_on, theirs, strict=False))
        homes = {client.owners[other]: lesson.owners[evs] for evs, other in groups.items()}
        groups[lesson.config.core_group_name] = client.config.core_group_name
        self.of = {one.name: one.name for one in lesson.config.networks if one.name in _all(client)}
        self.of |= dict(zip(_idle(lesson), _idle(client), strict=False)) | groups
        self.of |= {node: home for home, node in homes.items()}
        self.of |= {text: other for text, other in more.items() if other}
        ours = _all(lesson) | more.keys()
        for group, other in groups.items():
            free = list(client.config.members[other])
            for item in lesson.config.members[group]:
                if alike := next((one for one in free if one.type is item.type), None):
                    self.of[item.name] = alike.name
                    free.remove(alike)
        self.ours, self._absent = _any_of(ours), _any_of(ours - self.of.keys())
        self._others = _any_of(_all(client) - set(self.of.values()))

    def absent(self, text: str) -> str:
        """Return a name of the lesson that nothing stands for, or ""."""
        found = re.search(self._absent, text)
        return found[0] if found else ""

    def put(self, text: str, quote: str = "") -> str:
        """Return a text with the client's names."""

        def new(found: re.Match[str]) -> str:
            name = self.of.get(found[0].strip('"'), found[0])
            return f"{quote}{name}{quote}" if " " in name else name

        return re.sub(f"{quote}{self.ours}{quote}|{self.ours}", new, text)

    def compare(self, told: Sequence[str], here: Sequence[str]) -> bool:
        """Return whether an outcome is the lesson's; ConfigError if more than moments differ."""
        ours = [self.put(x) for x in told if not re.search(f"{SAY['others']}|{self._absent}", x)]
        theirs = [x for x in here if not re.search(f"{SAY['others']}|{self._others}", x)]
        pairs = [
            tuple(" ".join(x.split()) for x in y) for y in zip_longest(ours, theirs, fillvalue="")
        ]
        for one, other in pairs:
            if re.sub(SAY["moments"], "", one) != re.sub(SAY["moments"], "", other):
                raise ConfigError(SAY["differs"].format(told=one, here=other))
        return all(one == other for one, other in pairs)


def _evs(cluster: Cluster) -> list[str]:
    return [item.group for item in cluster.config.resources if item.type.short == "SA"]


def _idle(cluster: Cluster) -> list[str]:
    busy = {cluster.owners[group] for group in cluster.config.served_groups}
    return [node.name for node in cluster.config.nodes if node.name not in busy]


def _all(cluster: Cluster) -> set[str]:
    config, networks = cluster.config, {network.name for network in cluster.config.networks}
    return networks | {*config.nodes_by_name, *config.groups_by_name, *config.resources_by_name}


def _any_of(names: set[str]) -> str:
    either = "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))
    return rf"(?<![\w-])(?:{either or '(?!)'})(?![\w-])"


def _set(cluster: Cluster) -> str:
    """Return how large a cluster is and what is set for it, as text."""
    config = cluster.config
    items = [
        (one.group, one.type.short, one.restart_action, one.restart_threshold, one.restart_period_s,
         one.pending_timeout_s, one.possible_owners, storage_groups(one))
        for one in config.resources
    ]  # fmt: skip
    groups = [replace(one, anti_affinity_class_names=one.anti_affinity_class_names and ("",))
              for one in config.groups]  # fmt: skip
    return repr((groups, items, [*config.nodes_by_name], config.durations, cluster.owners))


def on_client(
    lesson: Scenario, cluster: Cluster, player_of: Callable[..., Player], also: Sequence[str] = (),
    *, more: Mapping[str, str] = MappingProxyType({}), is_alike: bool = True,
) -> Scenario:  # fmt: skip
    """Return a tour as it is on a client's cluster; its first scene says what is left out there.

    It begins at the lesson's time of day; *also* is said in the first scene. *more* are words of
    the lesson with the client's, "" if nothing stands for them.
    """
    assert lesson.tour is not None
    start_s = lesson.cluster.config.start_time_s
    cluster = replace(cluster, config=replace(cluster.config, start_time_s=start_s))
    acts = (one.text for block in lesson.blocks for one in block if one.verb not in _LOOKS)
    names = _Names(lesson.cluster, cluster, "\n".join(acts), more)
    titles = ["The beginning", *(names.put(scene[0].words[0]) for scene in lesson.scenes)]
    has_set = any(map(_is_setting, lesson.blocks[0]))
    is_alike = is_alike and not has_set and names.put(_set(lesson.cluster)) == _set(cluster)
    player = player_of(replace(lesson, cluster=cluster))
    reader = Reader(cluster.config, lesson.tour)
    made: list[Sequence[Command]] = []
    left_out, broken = dict[int, str](), ""
    for place, block in enumerate(lesson.layout.blocks):
        saved, config, branches = player.save(), reader.config, set(reader.branches)
        verbs = {one.verb for one in lesson.blocks[place]}
        is_new = any(re.match(SAY["afresh"], one.text) for one in lesson.blocks[place])
        try:
            if broken and not is_new:
                raise ConfigError(SAY["after"].format(title=broken))
            made.append(tuple(_read(block, names, lesson, reader, place == 0)))
            lines = player.play(block, made[-1]).lines
            is_alike = names.compare(block.expected or (), lines) and is_alike
            broken = ""
        except ConfigError as error:
            player.restore(saved)
            reader.config, reader.branches, is_alike = config, branches, False
            left_out[place] = getattr(error, "problem", str(error)).partition("; allowed")[0]
            broken = broken or (titles[place] if verbs - _LOOKS else "")
            made[place:] = [()]
            before = {one.verb for one in made[place - 1]}
            if broken and "predict" in before and not before & {"run", "watch"}:
                made[place - 1], left_out[place - 1] = (), SAY["before"]
    shown = [tuple(_told(commands, names, is_alike)) for commands in made]
    left_out |= {n: SAY["untrue"] for n, one in enumerate(made) if one and not shown[n]}
    homes = [f"{group} on {cluster.owners[group]}" for group in _evs(cluster)]
    said = [f"{', '.join(homes)}; empty: {', '.join(_idle(cluster)) or 'no node'}."]
    for why, places in groupby(sorted(left_out), left_out.__getitem__):
        said.append(SAY["left_out"].format(title="; ".join(titles[n] for n in places), why=why))
    title = Command(line=0, verb="scene", words=(f"The cluster {cluster.config.name}",))
    texts = (Command(line=0, verb="say", words=(text,)) for text in (*said, *also))
    blocks = (shown[0], (title, *texts), *filter(None, shown[1:]))
    layout = Layout((ScenarioBlock(line=0, lines=(), expected=None),) * len(blocks), "\n", "")
    asked = {
        key: replace(words, text=names.put(words.text), options={
            letter: type(one)(*map(names.put, one)) for letter, one in words.options.items()})
        for key, words in lesson.tour.questions.items()
    }  # fmt: skip
    told = replace(lesson.tour, questions=asked)
    return replace(lesson, layout=layout, blocks=blocks, tour=told, cluster=cluster)


def _read(
    block: ScenarioBlock, names: _Names, lesson: Scenario, reader: Reader, is_first: bool
) -> Iterator[Command]:
    """Yield the commands of a block with the client's names; what is said keeps the lesson's."""
    assert lesson.tour is not None
    for number, written in block.commands():
        verb, text = written.split()[0], written
        if is_first and verb in ("tour", "panel", "cluster", "set"):
            continue  # what is set for the client's cluster stays as it is
        if verb == "predict":
            text = " ".join(word for word in written.split() if not names.absent(word))
        if verb not in ("say", "scene"):
            if absent := names.absent(text):
                raise ConfigError(SAY["absent"].format(name=absent))
            text = names.put(text, "" if verb in _PLAIN else '"')
        line = CommandLine(lesson.file, number, text)
        made = words_command(line, lesson.tour) if lesson.is_of_words else reader.command(line)
        if not (is_first and _is_setting(made)):
            yield made


def _is_setting(one: Command) -> bool:
    """Return whether a command changes what the client's is: the cluster or requirements."""
    return one.panel in ("", "design") and bool(re.match(SAY["sets"], one.text))


def _told(commands: Sequence[Command], names: _Names, is_alike: bool) -> Iterator[Command]:
    """Yield what is true of a scene on the client's cluster; nothing if no word is left of it."""
    texts = {one.line: _held(one.words[0], names, is_alike) for one in commands
             if one.verb in ("say", "scene")}  # fmt: skip
    does = any(one.verb not in _LOOKS for one in commands)
    has_words = is_alike or any(texts[one.line] for one in commands if one.verb == "say")
    if not does and not (has_words and all(texts[one.line] for one in commands[:1])):
        return
    for one in commands:
        if one.verb in ("say", "scene"):
            text = texts[one.line] or (SAY["untitled"] if one.verb == "scene" else "")
            yield from [replace(one, words=(text,))] if text else []
        elif is_alike or one.verb != "ask":
            yield one
    if any(_is_setting(one) and not one.is_deed for one in commands):
        yield Command(line=0, verb="say", words=(SAY["setting"],))


def _held(text: str, names: _Names, is_alike: bool) -> str:
    """Return the sentences that hold, but none without the one that it continues."""
    held, is_whole = [], True
    for one in re.split(SAY["sentence"], text):
        is_granted = re.search(SAY["granted"], re.sub(names.ours, "", one), re.IGNORECASE)
        is_known = not (names.absent(one) or re.search(SAY["unknown"], one))
        is_true = is_known and (is_alike or not is_granted)
        is_whole = is_true and (is_whole or not re.match(SAY["continues"], one))
        held += [one] if is_whole else []
    return names.put(" ".join(held))
