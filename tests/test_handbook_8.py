"""Chapter 8 of the handbook, read by a program: every block and table of cluster.exe."""

import csv
import re
from collections.abc import Iterator

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.properties import MAX_DWORD, TABLE
from clusterlab.clusterexe.lines import run_line
from clusterlab.clusterexe.listings import TITLES
from clusterlab.clusterexe.prompt import LEFT_OUT, LONG_FORMS, OPTIONS
from clusterlab.clusterexe.settings import FORMATS
from clusterlab.clusterfiles.guesses import type_by_private
from tools.course import ROOT

CHAPTER = (ROOT / "docs/handbook/08-cluster-exe.md").read_text("utf-8")
BLOCKS = [
    list(csv.reader(block.strip().splitlines()))
    for block in re.findall(r"```csv\n(.*?)```", CHAPTER, re.S)
]
OTHERWISE = {("cluster", "HangRecoveryAction"), ("group", "FailbackWindowStart"),
             ("group", "FailbackWindowEnd"), ("resource", "RetryPeriodOnFailure")}  # fmt: skip
"""Default 2 by handbook 1, 2.4; -1 is no hour in files; a range that another property begins."""


def rows(*fields: str) -> list[dict[str, str]]:
    """Return the rows of every block that has these fields."""
    return [
        dict(zip(head, row, strict=False))
        for head, *body in BLOCKS
        if set(fields) <= set(head)
        for row in body
    ]


def described() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what has a property, and its row, of the three blocks of properties."""
    for row in rows("object", "name", "flag", "default"):
        yield row["object"] + ("" if "since" in row else " private"), row
    for row in rows("type", "name", "req"):
        if not row["name"].startswith("(") and not row["type"].startswith("("):
            yield row["type"], row


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_is_a_table(block: list[list[str]]):
    """Each row has as many fields as its head, and something in the first."""
    head, *body = block
    assert len(head) == len(set(head)) >= 3
    assert body
    assert [] == [row for row in body if not row[0] or len(row) != len(head)]


@pytest.mark.parametrize("row", rows("object", "option"))
def test_every_option_is_known(row: dict[str, str]):
    """Short and long form are simulated, or said not to be (8, 1.2)."""
    kind = {"resourcetype": "restype"}.get(row["object"], row["object"])
    known = (*OPTIONS[kind], *LEFT_OUT[kind], *LONG_FORMS, "help", "?")
    for typed in re.findall(r"/([\w\[\]?]+)", row["option"]):
        for word in (re.sub(r"\[.*?\]", "", typed), re.sub(r"[\[\]]", "", typed)):
            assert any(name.startswith(word) for name in known), word


@pytest.mark.parametrize(("of", "row"), list(described()))
def test_every_property_is_in_the_table(of: str, row: dict[str, str]):
    """Name as printed, letters, range and default are those of the chapter (8, 2)."""
    of = "Microsoft Exchange System Attendant" if row["name"] == "DestPath" else of
    (found,) = [one for one in TABLE if (one.of, one.name) == (of, row["name"])]
    assert row["flag"].rstrip("?") in (found.flag, "")
    if (of, row["name"]) in OTHERWISE:
        return
    per_unit = found.per_unit
    assert int(row["min"] or "0", 0) == round(found.low * per_unit)
    assert int(row["max"] or str(MAX_DWORD), 0) == round(found.high * per_unit)
    if re.match(r"(0x)?[0-9a-f]+\b", row["default"]) and row["name"] != "Signature":
        default = row["default"].split(" ")[0]
        assert str(found.default) in (default, str(int(default, 0)) if "." not in default else "")


def test_every_format_is_read():
    """All spellings but binary and security, which no simulated property has (8, 1.4)."""
    known = {word for words in FORMATS.values() for word in words}
    spelled = {word.partition(" ")[0] for row in rows("format", "spellings")
               for word in row["spellings"].split(";")}  # fmt: skip
    assert spelled - known == {"binary", "security"}


@pytest.mark.parametrize("row", rows("names_seen", "strength"))
def test_what_proves_a_type_is_read_as_proof(row: dict[str, str]):
    """Names joined by + come together, others alone (8, 4)."""
    if row["strength"].startswith("proof"):
        names = re.sub(r"\(.*?\)", "", row["names_seen"])
        for one in names.split("|"):
            found = type_by_private([part.strip() for part in one.split("+")])
            assert found, one
            assert found in row["type"]


@pytest.mark.parametrize(
    "row",
    [row for row in rows("kind", "title") if row["title"].startswith("Listing")],
)
def test_every_title_is_recognised(row: dict[str, str]):
    """Titles that the chapter gives begin a listing (8, 3.2)."""
    title = row["title"].removesuffix(" (unsourced)")
    assert any(pattern.fullmatch(title) for pattern in TITLES.values())


def _unusual() -> Iterator[str]:
    block = CHAPTER.partition("## 6. Unusual lines")[2].partition("```")[2].partition("```")[0]
    for line in block.strip().splitlines():
        text = re.split(r"\s+\[|\s{2,}", line)[0]
        yield re.split(", /online|, then ", text)[0]


@pytest.mark.parametrize("line", list(_unusual()))
def test_unusual_lines_are_understood(line: str):
    """Lines in use in public: nothing in them is an unknown word or option (8, 6)."""
    answer = run_line(Simulation(exchange_cluster()), line.partition(" |")[0])
    assert "has no option" not in answer
    assert "no place here" not in answer


@pytest.mark.parametrize("row", rows("rule_id", "lines_in_order"))
def test_every_line_of_remedy_is_understood(row: dict[str, str]):
    """No safe line has a word or option that the prompt does not know (8, 5)."""
    for line in row["lines_in_order"].split(" => "):
        if "cluster " in line:
            answer = run_line(
                Simulation(exchange_cluster()),
                "cluster " + line.partition("cluster ")[2].partition(" (")[0],
            )
            assert "has no option" not in answer
            assert "no place here" not in answer
