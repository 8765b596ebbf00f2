"""Ask by symptom: what an event, a number, a line of a log or a complaint means (handbook 7).

The entries are those of chapter 7 of the handbook, read from its file when they are first asked
for. What is asked is looked up by its key, then by the numbers and sources in it, then by its
words; entries found by words alone are a search, and said to be one.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from math import log
from pathlib import Path
from textwrap import fill, indent
from typing import Any

from clusterlab import delivery

CHAPTER = "docs/handbook/07-symptoms.md"
FIELDS = ("text", "seen", "means", "look first", "causes", "repair", "kin", "lab", "source")
"""What an entry says, in this order (handbook 7.0)."""
MOST = 3
"""Entries that a search by words shows."""

_WIDTH = 90
_NEARLY_ALL = 0.75
"""Share of the words of a key of cluster.log that a line must have."""
_NOTHING = "-"
_EMPHASIS = re.compile(r"\*\*")
_CAUSE = re.compile(r"(?:^|\s)\d\) ")
_NUMBER = re.compile(
    r"0x[0-9a-f]{1,8}|(?<![\w.])[0-9a-f]{8}(?![\w.])|(?<![\w.:/])-?\d{1,10}(?![\w.:/])", re.I
)
_CODED = re.compile(r"\W*(?:event|error)(?:[ _]?id)?[^\w,;]*(?:0x)?[\da-f]+\W*", re.I)
"""A line that is one number, named as that of an event or error."""
_LISTED = re.compile(r"[\w ]+ \w+(?:, \w+)+")
_DIGITS = re.compile(r"\b\d+\b")
_WORD = re.compile(r"[a-z0-9]+")
_ENDING = re.compile(r"(?<=\w{3})(?:ings?|ed|es|s|e|ly)$")


@cache
def _words() -> Mapping[str, Any]:
    """Return what people say: words to pass over, words for the handbook's, of complaints."""
    words = tomllib.loads(Path(__file__).with_name("symptoms.toml").read_text("utf-8"))
    return {**words, "idle": frozenset(words["idle"].split())}


class UnknownSymptom(LookupError):
    """Nothing in chapter 7 answers what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomEntry:
    """One entry of chapter 7.

    Attributes:
        key: "ClusSvc 1034", "error 5018", "HRESULT 0x8007042b" or 'complaint: "..."'.
        section: Heading of its group in the chapter.
        fields: What it says, by the names of `FIELDS`; a field with nothing to say is left out.
    """

    key: str
    section: str
    fields: Mapping[str, str]

    @property
    def lab(self) -> str | None:
        """The text of a scenario file that shows it, or None where it is not simulated."""
        found = re.match(r"`([^`]*)`", self.fields.get("lab", ""))
        return found[1].replace("; ", "\n") + "\n" if found else None

    @property
    def causes(self) -> tuple[str, ...]:
        """What brings it about, likeliest first."""
        parts = _CAUSE.split(self.fields.get("causes", ""))
        return tuple(part.strip() for part in parts if part.strip())

    @property
    def kin(self) -> tuple[str, ...]:
        """Keys of related entries, and codes of chapters 3 and 4, in the order of the chapter."""
        return tuple(_kin(self.fields.get("kin", "")))

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers in its key, whatever way they are written."""
        return frozenset(_numbers(self.key))

    def __str__(self) -> str:
        """Return the entry as text to read in a terminal."""
        rows = [self.key, "=" * min(len(self.key), _WIDTH)]
        for name, value in self.fields.items():
            rows += _paragraph(name, self.causes if name == "causes" else (value,))
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        """Return the entry as a list of terms for a notebook; every word of it is escaped."""
        rows = [
            f"<dt><b>{escape(_title(name))}</b></dt><dd>{_html(name, value, self.causes)}</dd>"
            for name, value in self.fields.items()
        ]
        return f"<h4>{escape(self.key)}</h4><dl>{''.join(rows)}</dl>"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What chapter 7 says of what was asked.

    Attributes:
        asked: The words as they were asked; "" for the lines of a log.
        symptoms: The entries, best first; never empty.
        is_search: Whether they were found by words alone, so that none of them need be right.
    """

    asked: str
    symptoms: tuple[SymptomEntry, ...]
    is_search: bool = False

    @property
    def heading(self) -> str:
        """One sentence above the entries: how they were found."""
        if not self.asked:
            found = "1 entry" if len(self.symptoms) == 1 else f"{len(self.symptoms)} entries"
            return f"{found} of handbook 7, in the order of the log:"
        if self.is_search:
            return f"Nothing has the key {self.asked!r}. Nearest in meaning, best first:"
        others = len(self.symptoms) - 1
        return f"{others + 1} entries of handbook 7 have it:" if others else "Handbook 7 says:"

    def __str__(self) -> str:
        """Return the heading and every entry as text."""
        return "\n\n".join([self.heading, *(str(one) for one in self.symptoms)])

    def as_data(self) -> list[dict[str, str]]:
        """Return the entries as data for JSON: key, section and fields of each."""
        return [{"key": one.key, "section": one.section, **one.fields} for one in self.symptoms]

    def _repr_html_(self) -> str:
        """Return the heading and every entry for a notebook."""
        parts = (one._repr_html_() for one in self.symptoms)
        return f"<p>{escape(self.heading)}</p>{''.join(parts)}"


def explain(asked: str) -> LookUp:
    """Return what an event, error number, HRESULT, log line or complaint means (handbook 7).

    Args:
        asked: "1034", "ClusSvc 1009", "0x8007042b", "KB 819865", a whole line of an event log or
            of cluster.log, or a complaint in one's own words.

    Raises:
        UnknownSymptom: If nothing answers; the message says what can be asked.

    Example:
        >>> [one.key for one in explain("1034").symptoms]
        ['ClusSvc 1034']
        >>> explain("the EVS only starts on one node").symptoms[0].key
        'complaint: "The EVS comes up on one node only"'
    """
    asked = " ".join(asked.split())
    exact = _by_key(asked) or _by_numbers(asked, _is_bare) or _by_article(asked)
    if exact:
        return LookUp(asked=asked, symptoms=exact)
    found = tuple(_by_words(asked))[:MOST]
    if not found:
        raise UnknownSymptom(
            f"handbook 7 has nothing about {asked!r}; ask for an event (ClusSvc 1034), an error "
            "number (5018), a HRESULT (0x8007042b), a line of a log, or describe what you see"
        )
    return LookUp(asked=asked, symptoms=found, is_search=True)


def explain_lines(text: str) -> LookUp:
    """Return what the lines of a log mean: each entry once, in the order of the log.

    Args:
        text: Lines of an exported event log or of cluster.log. A line that no entry answers by
            its source and number, by a number named as a code or in a column of codes, or by the
            words of its key, is passed over.

    Raises:
        UnknownSymptom: If no line is answered.

    Example:
        >>> explain_lines("10:22,ClusSvc,Error,1069,NODE1").symptoms[0].key
        'ClusSvc 1069'
    """
    by_words = cache(_by_log_words)  # lines that differ in numbers alone are many
    found = dict.fromkeys(
        one.key
        for line in _lines(text)
        for one in _by_numbers(line, _CODED.fullmatch) or by_words(_DIGITS.sub("", line))
    )
    if not found:
        raise UnknownSymptom("no line of it is answered by handbook 7; ask for one by its words")
    return LookUp(asked="", symptoms=tuple(symptoms()[key] for key in found))


@cache
def symptoms() -> Mapping[str, SymptomEntry]:
    """Return every entry of chapter 7 by its key, in the order of the chapter.

    Raises:
        OSError: If this installation holds no handbook.
    """
    found: dict[str, SymptomEntry] = {}
    for part in re.split(r"^## ", _chapter(), flags=re.M)[1:]:
        heading, *entries = re.split(r"^### ", part, flags=re.M)
        section = heading.splitlines()[0]
        for entry in entries:
            one = _entry(entry, section)
            found[one.key] = one
    return found


def entry_of(key: str) -> SymptomEntry | None:
    """Return the entry with this very key; None if there is none, or no handbook is installed.

    Example:
        >>> entry_of("clussvc 1034").key
        'ClusSvc 1034'
    """
    try:
        return next(iter(_by_key(key)), None)
    except OSError:
        return None


@cache
def aliases() -> Mapping[str, str]:
    """Return the keys that are treated under another one: asked key -> key (handbook 7.0.1)."""
    block = _chapter().partition("## 7.0.1")[2].partition("```")[2].partition("```")[0]
    pairs = (line.split(" = ") for line in block.splitlines() if " = " in line)
    return {asked.strip(): key.strip() for asked, key in pairs}


@cache
def _chapter() -> str:
    root = delivery.checkout() or delivery.packed_course()
    return Path(root, CHAPTER).read_text("utf-8")


def _entry(text: str, section: str) -> SymptomEntry:
    key, *lines = (line for line in text.splitlines() if line.strip())
    fields = {}
    for line in lines:
        name, _, value = line.removeprefix("- ").partition(": ")
        if name in FIELDS and value != _NOTHING:
            fields[name] = _EMPHASIS.sub("", value)
    return SymptomEntry(key=key.strip(), section=section, fields=fields)


def _kin(text: str) -> Iterator[str]:
    """Yield the keys of a list such as "ClusSvc 1000, 1009; error 112"."""
    for part in filter(None, text.split("; ")):
        first, *others = part.split(", ") if _LISTED.fullmatch(part) else (part,)
        yield first
        yield from (f"{first.rpartition(' ')[0]} {other}" for other in others)


def _by_key(asked: str) -> tuple[SymptomEntry, ...]:
    plain = asked.casefold()
    keys = {key.casefold(): key for key in symptoms()} | {
        other.casefold(): key for other, key in aliases().items()
    }
    key = keys.get(plain) or keys.get(f'complaint: "{plain.strip(chr(34))}"')
    return (symptoms()[key],) if key else ()


def _lines(text: str) -> Iterator[str]:
    """Yield each line once; of a table without sources also what its column of codes has."""
    first = text.partition("\n")[0].casefold()
    mark = max(",;\t", key=first.count)
    titles = [title.strip(' "\r') for title in first.split(mark)]
    places = [place for place, title in enumerate(titles) if title in _words()["codes"]]
    for line in dict.fromkeys(text.splitlines()):
        yield line
        for place in places if "source" not in titles else ():
            yield f"event {''.join(line.split(mark)[place:][:1]).strip()}"


def _by_numbers(asked: str, is_bare: Callable[[str], object]) -> tuple[SymptomEntry, ...]:
    """Return the entries whose number is in the words; those whose source is too come alone."""
    told = _by_number()
    keys = [key for number in dict.fromkeys(_numbers(asked)) for key in told.get(number, ())]
    is_alone = bool(keys and is_bare(asked))
    homes = _homes()
    found = {homes[key]: None for key in keys if is_alone or _names(asked, key)}
    return tuple(symptoms()[key] for key in found)


def _by_article(asked: str) -> tuple[SymptomEntry, ...]:
    """Return the entries that cite an article of the Knowledge Base, which was asked alone."""
    found = re.fullmatch(r"(?:kb|q)?\s*(\d{6})", asked, re.IGNORECASE)
    cited = re.compile(rf"\b{found[1]}\b") if found else None
    return tuple(
        one for one in symptoms().values() if cited and cited.search(one.fields.get("source", ""))
    )


@cache
def _by_number() -> Mapping[int, Sequence[str]]:
    found: dict[int, list[str]] = {}
    for key in _homes():
        for number in dict.fromkeys(_numbers(key)):
            found.setdefault(number, []).append(key)
    return found


def _is_bare(asked: str) -> bool:
    """Return whether only a number was asked, perhaps with "event" or "error" before it."""
    return not set(_WORD.findall(_NUMBER.sub(" ", asked.casefold()))) - {"event", "error", "id"}


def _names(asked: str, key: str) -> bool:
    """Return whether the words name the source of a key, such as ClusSvc or HRESULT."""
    source = key.partition(" ")[0].casefold()
    if source == "hresult":
        return any(f"{number:08x}" in asked.casefold() for number in _numbers(key))
    if source == "error":
        number = key.split(" ")[1]
        return bool(re.search(rf"\b(?:error|status)[^\d,;\t]{{0,3}}{number}\b", asked, re.I))
    return source in asked.casefold() and not key.startswith(("log:", "Setup:", "complaint:"))


@cache
def _homes() -> Mapping[str, str]:
    return {**{key: key for key in symptoms()}, **aliases()}


def _numbers(text: str) -> Iterator[int]:
    for found in _NUMBER.findall(text):
        is_hex = found[:2].casefold() == "0x" or (len(found) == 8 and not found.isdigit())
        yield int(found, 16) if is_hex else int(found) % 2**32


def _by_words(asked: str) -> list[SymptomEntry]:
    """Return entries by how well their words fit, best first (Okapi BM25)."""
    wanted = list(dict.fromkeys(_stems(asked)))
    bags, lengths, rarity = _index()
    mean = sum(lengths.values()) / len(lengths)
    scores = {
        key: sum(
            rarity[stem] * bag[stem] * 2.2 / (bag[stem] + 1.2 * (0.25 + 0.75 * lengths[key] / mean))
            for stem in wanted
            if stem in bag
        )
        for key, bag in bags.items()
    }
    best = sorted((key for key in scores if scores[key] > 0), key=lambda key: -scores[key])
    return [symptoms()[key] for key in best]


def _by_log_words(line: str) -> tuple[SymptomEntry, ...]:
    """Return the entry of cluster.log whose words are nearly all in a line."""
    sizes, keys = _log_keys()
    shared = Counter(key for stem in set(_stems(line)) for key in keys.get(stem, ()))
    fits = {key: count / sizes[key] for key, count in shared.items()}
    best = max(fits, key=lambda key: fits[key], default="")
    return (symptoms()[best],) if best and fits[best] >= _NEARLY_ALL else ()


@cache
def _log_keys() -> tuple[Mapping[str, int], Mapping[str, Sequence[str]]]:
    """Return how many words each key of cluster.log has, more than one, and the keys by word."""
    stems = {key: set(_stems(key.removeprefix("log:"))) for key in symptoms() if key[:4] == "log:"}
    sizes = {key: len(words) for key, words in stems.items() if len(words) > 1}
    found: dict[str, list[str]] = {}
    for key in sizes:
        for stem in stems[key]:
            found.setdefault(stem, []).append(key)
    return sizes, found


@cache
def _index() -> tuple[Mapping[str, Counter[str]], Mapping[str, int], Mapping[str, float]]:
    """Return the stems of each entry, how many it has, and how rare each stem is."""
    bags = {key: Counter(_weighted(one)) for key, one in symptoms().items()}
    held = Counter(stem for bag in bags.values() for stem in bag)
    rarity = {stem: log(1 + (len(bags) - n + 0.5) / (n + 0.5)) for stem, n in held.items()}
    return bags, {key: bag.total() for key, bag in bags.items()}, rarity


def _weighted(one: SymptomEntry) -> Iterator[str]:
    """Yield the stems of an entry; its key and gist count more, and a complaint's most."""
    times = 6 if one.key.startswith("complaint:") else 3
    for _ in range(times):
        yield from _stems(one.key)
    yield from _stems(_words()["said"].get(one.key.removeprefix("complaint: ").strip('"'), "") * 2)
    for name, count in (("text", 2), ("means", 1), ("look first", 1), ("causes", 1)):
        for _ in range(count):
            yield from _stems(one.fields.get(name, ""))


def _stems(text: str) -> Iterator[str]:
    idle, like = _words()["idle"], _words()["like"]
    for word in _WORD.findall(text.casefold().replace("'", "")):
        if word not in idle and not word.isdigit():
            stem = _ENDING.sub("", word)
            yield like.get(stem, like.get(word, stem))


def _title(name: str) -> str:
    return {"kin": "See also", "lab": "In the lab"}.get(name, name.capitalize())


def _paragraph(name: str, values: Iterable[str]) -> Iterator[str]:
    values = tuple(values)
    numbered = len(values) > 1
    for place, value in enumerate(values, start=1):
        text = f"{place}. {value}" if numbered else value
        head = f"{_title(name) + ':':12}" if place == 1 else " " * 12
        yield head + indent(fill(text, _WIDTH - 12), " " * 12)[12:]


def _html(name: str, value: str, causes: tuple[str, ...]) -> str:
    if name == "causes" and len(causes) > 1:
        return f"<ol>{''.join(f'<li>{escape(one)}</li>' for one in causes)}</ol>"
    return escape(value)
