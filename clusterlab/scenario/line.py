"""The words of one command line, taken one by one, so that an error names the one that is wrong.

A group or a resource is named in full, or by a path such as EVS1/IS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clusterlab.cluster.errors import OperationRefused, instead_of, shown
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.properties import MAX_DWORD
from clusterlab.scenario.layout import SAY, ScenarioError

DAY_S = 24 * 3600
MAX_SECONDS = 366 * DAY_S
"""A scenario lasts a year at most."""


class When(NamedTuple):
    """When: seconds since the start, or with *is_clock* a time of day."""

    seconds: float
    is_clock: bool

    def at_s(self, cluster: Cluster) -> float:
        """Return the simulated second; a time of day is the next one, now included."""
        if not self.is_clock:
            return self.seconds
        clock_s = cluster.config.start_time_s + cluster.now_s
        return round(cluster.now_s + round(self.seconds - clock_s, 3) % DAY_S, 3)


class CommandLine:
    """The words of one command line while they are being read."""

    def __init__(self, file: str, number: int, text: str) -> None:
        """Split *text* at blanks, except inside double quotes; what `say` says stays whole."""
        self.file, self.number = file, number
        first, _, rest = text.partition(" ")
        if first.casefold() == SAY:
            self._words: list[str] = [first, *filter(None, [rest.strip()])]
            return
        if text.count('"') % 2:
            raise self.error(f'the quote in {shown(text)} is not closed; allowed: "NAME"')
        found = re.findall(r'(?:[^\s"]|"[^"]*")+', text)
        self._words = [word.replace('"', "") for word in found]

    def error(self, problem: str) -> ScenarioError:
        """Return the error that names this line."""
        return ScenarioError(self.file, self.number, problem)

    def has_more(self) -> bool:
        """Return whether words are left."""
        return bool(self._words)

    def peek(self) -> str:
        """Return the next word without taking it; "" if none is left."""
        return self._words[0] if self._words else ""

    def take(self, what: str) -> str:
        """Return the next word, which must be there."""
        if not self._words:
            raise self.error(f"the line ends where {what} is expected")
        return self._words.pop(0)

    def take_if(self, word: str) -> bool:
        """Take the next word if it is *word*."""
        is_next = self.has_more() and self._words[0].casefold() == word
        if is_next:
            self._words.pop(0)
        return is_next

    def left(self) -> tuple[str, ...]:
        """Return the words that are left without taking them."""
        return tuple(self._words)

    def rest(self) -> Iterable[str]:
        """Yield the words that are left."""
        while self._words:
            yield self._words.pop(0)

    def end(self) -> None:
        """Raise ScenarioError if words are left."""
        if self._words:
            raise self.error(f"{shown(self._words[0])} is one word too many; end the line before")

    def pick(self, what: str, word: str, allowed: Iterable[str]) -> str:
        """Return the one of *allowed* that *word* names, whatever its case."""
        names = {name.casefold(): name for name in allowed}
        if word.casefold() not in names:
            article = "an" if what[0].lower() in "aeiou" else "a"
            raise self.error(
                f"{shown(word)} is not {article} {what}; {instead_of(word, names.values())}"
            )
        return names[word.casefold()]

    def whole(self, what: str, word: str, low: int = 0, high: int = MAX_DWORD) -> int:
        """Return *word* as a whole number."""
        if not re.fullmatch(r"-?[0-9]{1,12}", word) or not low <= int(word) <= high:
            raise self.error(f"{what} is {shown(word)}; allowed: a whole number {low} to {high}")
        return int(word)

    def seconds(self, what: str, word: str) -> float:
        """Return *word* as seconds."""
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,3})?", word) or float(word) > MAX_SECONDS:
            raise self.error(
                f"{what} is {shown(word)}; allowed: seconds, 0 to {MAX_SECONDS}, at most 3 decimals"
            )
        return float(word)

    def clock(self, what: str, word: str) -> float:
        """Return a time of day as seconds since midnight."""
        match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", word)
        if not match:
            raise self.error(f"{what} is {shown(word)}; allowed: a time of day, 0:00 to 23:59:59")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600.0 + minutes * 60 + seconds

    def moment(self) -> When:
        """Return the moment that the next word names."""
        word = self.take("a moment (seconds, or a time of day)")
        if ":" in word:
            return When(self.clock("the moment", word), True)
        return When(self.seconds("the moment", word), False)

    def settings(self, allowed: Iterable[str], what: str) -> Iterable[tuple[str, str]]:
        """Yield key and value of the remaining words, each of the form key=value."""
        keys, seen = list(allowed), set()
        for word in self.rest():
            key, sign, value = word.partition("=")
            key = self.pick(what, key, keys)
            if not sign or not value:
                raise self.error(f"{shown(word)} has no value; allowed: {key}=VALUE")
            if key in seen:
                raise self.error(f"{key!r} is given twice; give it once")
            seen.add(key)
            yield key, value


# --- names ------------------------------------------------------------------------------------


def read_group(line: CommandLine, config: ClusterConfig) -> str:
    """Return the name of the group that the next word names."""
    return line.pick("group", line.take("a group"), config.groups_by_name)


def paths(config: ClusterConfig) -> Mapping[str, str]:
    """Return for each resource its path, such as "EVS1/IS", with its name.

    A type that a group has twice, such as its disks, is written with the name: "EVS1/Disk R:".
    """
    table: dict[str, str] = {}
    for group, members in config.members.items():
        shorts = [member.type.short for member in members]
        for member in members:
            is_alone = shorts.count(member.type.short) == 1
            table[f"{group}/{member.type.short if is_alone else member.name}"] = member.name
    return table


def read_resource(line: CommandLine, config: ClusterConfig) -> str:
    """Return the name of the resource that the next word names."""
    word = line.take("a resource such as EVS1/IS")
    try:
        return config.resource_name(word)
    except OperationRefused:
        return line.pick("resource", word, paths(config))
