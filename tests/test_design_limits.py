"""What breaks first, patterns side by side, and what failures cost users."""

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.limits import (
    GROWING,
    LIMITS,
    breaks,
    figures_at,
    loss_of,
    starting_value,
)
from clusterlab.design.requirements import Requirements
from clusterlab.design.sizing import PATTERNS, Design, design, patterns
from clusterlab.design.storage import carried, letters_for_evss
from clusterlab.rules.expressions import holds
from clusterlab.studies.whatif import double_failures

A = design(Requirements(mailboxes=3000, processors=2))
B = design(Requirements(mailboxes=12_000, share_average=0, share_heavy=1))
SMALL = design(Requirements(mailboxes=2000, quota_mb=20, mailboxes_max=2500))
TWO_ROOTS = design(Requirements(mailboxes=9000, evs_at_least=3, roots_for_each_evs=3))
DESIGNS = [A, B, SMALL, TWO_ROOTS]


def passed(made: Design, name: str, value: int) -> set[str]:
    """Return the limits that are passed at a value, each judged by itself."""
    figures = figures_at(made, name, value)
    return {limit.key for limit in LIMITS if holds(limit.condition, figures)}


@pytest.mark.parametrize("made", DESIGNS)
@pytest.mark.parametrize("name", GROWING)
def test_each_break_is_the_first_value_that_passes(made: Design, name: str):
    """Trying values one by one finds the same as the search: every one near, others in steps."""
    highest = {"mailboxes": 28_000, "quota_mb": 10_000, "storage_groups": 4, "evs_at_least": 8}
    start = starting_value(made, name)
    found = {item.limit.key: item.value for item in breaks(made, name)}
    tried = {*range(start, highest[name] + 1, 211), start, highest[name]}
    for value in filter(None, found.values()):
        tried |= set(range(max(start, value - 3), min(value + 3, highest[name]) + 1))
    first: dict[str, int | None] = dict.fromkeys(found)
    for value in sorted(tried, reverse=True):
        for key in passed(made, name, value):
            first[key] = value
    assert first == found


def test_breaks_come_in_the_order_in_which_they_are_met():
    """What breaks first stands first, what never breaks last."""
    values = [item.value for item in breaks(A, "mailboxes")]
    met = [value for value in values if value is not None]
    assert sorted(met) == met == values[: len(met)]


@pytest.mark.parametrize(
    ("made", "name", "key", "value"),
    [
        (A, "mailboxes", "policy", 4001),  # handbook 5, 5.0: 4,000 on an active node
        (A, "mailboxes", "processor", 4073),  # 5.9.1: maximum users by CPU 4,072
        (A, "evs_at_least", "letters", 3),  # 5.2.3: two EVSs of 10 letters in 20
        (A, "evs_at_least", "nodes", 8),  # 7+1 is the largest
        (TWO_ROOTS, "evs_at_least", "roots", 7),  # 7 x 3 roots > 20
        (B, "quota_mb", "databases", 264),  # 19 databases of 50 GB / (3,000 x 1.2)
    ],
)
def test_limits_of_the_handbook_are_met_where_it_says(made, name, key, value):
    """Limits that the handbook names are found at its values."""
    assert value == {item.limit.key: item.value for item in breaks(made, name)}[key]


def test_the_numbers_beside_a_break_show_that_it_is_one():
    """The arithmetic never prints two equal numbers for a limit that is passed."""
    for made in DESIGNS:
        for item in breaks(made, "mailboxes"):
            if item.value is not None:
                left, right = item.arithmetic.split(" > ")
                assert left != right, str(item)


def test_what_does_not_grow_is_refused():
    """Only four inputs grow; the message names them."""
    with pytest.raises(ConfigError, match="'mhz' does not grow; allowed: 'mailboxes'"):
        breaks(A, "mhz")


# --- patterns -----------------------------------------------------------------------------------


def test_every_pattern_is_the_design_with_so_many_nodes():
    """A pattern that is enough is the design that was asked for by its nodes."""
    for item in patterns(B.requirements):
        if item.design is not None:
            assert (item.active, item.active + item.passive) == (
                item.design.evs_count,
                item.design["nodes"],
            )
            assert item.pool == item.design.pool


def test_patterns_that_are_too_small_say_what_is_needed():
    """12,000 heavy mailboxes need four EVSs (handbook 5, 5.9.2)."""
    problems = {item.name: item.problem for item in patterns(B.requirements)}
    assert [f"{active}+{passive}" for active, passive in PATTERNS] == list(problems)
    assert ("needs 4 EVSs", "", "") == (problems["3+1"], problems["4+1"], problems["6+2"])


def test_no_pattern_is_better_than_its_shared_parts():
    """One passive node or two: shared storage and failovers remain (handbook 5, 5.1.3)."""
    found = {item.name: item for item in patterns(B.requirements)}
    assert found["7+1"].pool.without_node > 50 * found["6+2"].pool.without_node
    assert found["7+1"].pool.hours_a_year < 1.2 * found["6+2"].pool.hours_a_year


# --- what moves, and what it costs ----------------------------------------------------------------


@pytest.mark.parametrize("made", DESIGNS)
def test_free_letters_are_counted_down(made: Design):
    """What is left at the end is what no EVS uses."""
    items = carried(made)
    used = {letter for item in items if item.mailboxes for letter in item.letters}
    assert len(letters_for_evss(made.requirements)) - len(used) == items[-1].letters_left
    assert sum(item.mailboxes for item in items) == made["mailboxes_planned"]
    assert sum(item.disks for item in items) == made["disks_without_spares"]


def test_a_loss_is_counted_in_mailboxes():
    """Two failures in 4+1 cut off one EVS of 3,000; the others keep their storage groups."""
    sweep = double_failures(B.cluster())
    for cell in sweep.cells:
        loss = loss_of(B, cell)
        on_line = 4 - len(cell.lost)
        assert (3000 * len(cell.lost), 4 * on_line) == (
            loss.cut_off,
            sum(loss.storage_groups.values()),
        )
        assert bool(cell.lost) is (loss.restore_h > 0)
    loss = loss_of(B, sweep.cell("NODE4", "NODE3"))
    assert {"NODE1": 4, "NODE2": 4, "NODE5": 4} == loss.storage_groups
    assert 1 + 180 / 36 + 1260 / 2 / 3600 == pytest.approx(loss.restore_h)
    assert "NODE4, then NODE3: 3,000 mailboxes cut off, 3,000 wait up to 2.9 min" == str(loss)


def test_an_active_active_pair_loses_what_does_not_fit():
    """With more than four storage groups in all a pair cannot carry both (handbook 5, 5.1.2)."""
    made = design(Requirements(mailboxes=6000, passive=0))
    loss = loss_of(made, double_failures(made.cluster()).cell("NODE1"))
    assert (3000, {"NODE2": 4}) == (loss.cut_off, loss.storage_groups)
