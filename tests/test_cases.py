"""Every kind of fault: it shows, and each accepted way repairs it; what a check says."""

from dataclasses import replace

import pytest

from clusterlab.cases import KINDS, case
from clusterlab.cases.case import number, shuffled
from clusterlab.cases.checking import plant, settled, symptom, trials_of
from clusterlab.cases.model import Fault, FaultKind
from clusterlab.cases.trials import SHAPES, norm_of, rested, sound_cluster
from clusterlab.cluster.errors import ConfigError
from clusterlab.clusterexe import run_line
from clusterlab.clusterexe.listing import group_listing
from clusterlab.simulation import Simulation


def places(kind: FaultKind) -> list[tuple[str, Fault]]:
    """Return a place for a kind of fault in each cluster that can have it."""
    found = [(shape, kind.places(sound_cluster(shape))) for shape in SHAPES]
    return [(shape, Fault(kind=kind, place=names[-1])) for shape, names in found if names]


def typed(sim: Simulation, lines: tuple[str, ...]) -> list[str]:
    """Type lines of cluster.exe and return the answers that are refusals."""
    answers = [run_line(sim, line) for line in lines]
    return [answer for answer in answers if answer.startswith(("System error", "Not possible"))]


def solved(number: int) -> Simulation:
    """Return the simulation of a case after the lines of its solution."""
    sim = case(number).simulation()
    for lines in case(number).repairs():
        typed(sim, lines)
    return sim


def test_there_are_more_than_twenty_kinds_of_faults():
    """The table has at least 24 kinds, each with a rule and the section it stands in."""
    assert len(KINDS) >= 24
    assert [] == [key for key, kind in KINDS.items() if not kind.source.startswith("handbook ")]
    assert list(KINDS) == [kind.id for kind in KINDS.values()]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_planted_fault_shows(kind: FaultKind):
    """Its first trial ends worse than on the sound cluster, in each cluster that can have it."""
    found = places(kind)
    assert found
    hidden = [
        shape
        for shape, fault in found
        if not symptom(shape, plant(shape, (fault,)), trials_of(shape, fault)[:1])
    ]
    assert [] == hidden


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_accepted_way_repairs_it(kind: FaultKind):
    """After the lines of any way the failures end as on the sound cluster; nothing is refused."""
    for shape, fault in places(kind):
        for lines in kind.repairs(sound_cluster(shape), fault.place):
            sim = Simulation(plant(shape, (fault,)))
            assert [] == typed(sim, lines)
            assert "" == symptom_after(shape, fault, sim)


def symptom_after(shape: str, fault: Fault, sim: Simulation) -> str:
    """Return what is still wrong after a repair."""
    cluster = rested(settled(sim.cluster), norm_of(shape))
    return symptom(shape, cluster, trials_of(shape, fault))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sound_cluster_has_no_symptom(shape: str):
    """Nothing ends worse on a sound cluster than on itself, for each fault it could have."""
    sound = sound_cluster(shape)
    for kind in KINDS.values():
        for place in kind.places(sound)[:1]:
            assert "" == symptom(shape, sound, kind.trials(sound, place))


# --- a case -----------------------------------------------------------------------------------


def test_a_case_shows_symptoms_and_no_fault():
    """Its text has complaints with their times and listings, and neither titles nor lines."""
    shown = repr(case(3))
    assert "Monday. EVS2: no mailbox can be opened, from 10:36 to 10:37 (80 s)." in shown
    assert group_listing(case(3).start) in shown
    assert "Search" not in shown


def test_the_log_gives_the_time_of_day():
    """Entries carry the clock of the cluster's room; one day can be asked for."""
    assert case(3).log("Monday") == case(3).log()
    assert case(3).log(lines=1).splitlines()[1].startswith("10:36:00  NODE2   ClusSvc 1069  ")
    with pytest.raises(ConfigError, match=r"nothing was noted on 'Friday'; allowed: Monday"):
        case(3).log("Friday")


def test_hints_come_in_three_levels():
    """First the expectation, then the rule, then the line that shows the fault."""
    assert case(3).hints(1)[0].endswith("On a sound cluster: EVS2: out 10 s.")
    assert "(handbook 2, 2.1" in case(3).hints(2)[0]
    assert case(3).hints(3)[0].endswith("/listdep")
    with pytest.raises(ConfigError, match="there is no hint of level 4; allowed: 1 to 3"):
        case(3).hints(4)


def test_the_solution_names_fault_rule_and_lines():
    """The solution ends with lines that can be typed."""
    assert case(3).solution().splitlines()[0].endswith("it depends on MS Search.")
    assert "/removedep:" in case(3).solution()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "seed is -1; allowed: whole numbers from 0 to 999999"),
        ((True,), "seed is True; allowed"),
        ((0, 4), "faults is 4; allowed: 1 to 3, or None"),
        ((0, 1, ("nonsense",)), "there is no kind of fault 'nonsense'; allowed: 'owners-without"),
    ],
)
def test_what_cannot_be_a_case_is_refused(arguments: tuple, message: str):
    """Wrong arguments name what is allowed."""
    with pytest.raises(ConfigError, match=message):
        case(*arguments)


def test_the_number_and_kind_of_faults_can_be_chosen():
    """A lesson asks for a single fault of one kind; a hard case for three."""
    chosen = case(5, 1, ("spare-paused",))
    assert ["spare-paused"] == [fault.kind.id for fault in chosen.faults]
    assert 3 == len(case(0, 3).faults) == len(case(0, 3).incidents)


# --- a check ----------------------------------------------------------------------------------


def test_an_untouched_case_is_not_solved():
    """The report names what still happens, not what is wrong."""
    report = case(3).check(case(3).simulation())
    assert not report.passed
    assert "Not solved: 0 of 1 faults repaired." == report.summary
    assert "still there: When EVS2/Search fails: EVS2: out 80 s instead of 10 s." in repr(report)


def test_a_solved_case_names_the_fault():
    """After the repair the fault may be named."""
    report = case(3).check(solved(3))
    assert report.passed
    assert "Solved: 1 of 1 faults repaired." == report.summary
    assert "it depends on MS Search. When EVS2/Search fails: no user waits" in repr(report)


def test_one_of_two_repairs_is_half_the_way():
    """Faults are told apart: what is repaired is named, the other one is still there."""
    sim = case(11).simulation()
    typed(sim, case(11).repairs()[0])
    report = case(11).check(sim)
    assert [True, False] == [finding.is_repaired for finding in report.findings]
    assert not report.passed


def test_an_outage_cannot_be_repaired_by_not_counting_it():
    """A store that no longer affects the group does not repair a group that is given up."""
    this = case(0, 1, ("failover-threshold-zero",))
    group = this.faults[0].place
    sim = this.simulation()
    sim.set_properties(f"{group}/IS", restart_action=1)
    assert not this.check(sim).findings[0].is_repaired


def test_new_damage_is_harm():
    """A repair that spoils another group is reported with the failure that shows it."""
    sim = solved(11)
    sim.set_properties("EVS1", failover_threshold=0)
    report = case(11).check(sim)
    assert [True, True] == [finding.is_repaired for finding in report.findings]
    assert not report.passed
    assert any("When EVS1/IS fails 4 times: EVS1: out" in sentence for sentence in report.harm)


def test_harm_beside_what_is_usually_tried_is_found():
    """Whatever was changed is tried with every failure that could show it."""
    sim = solved(11)
    sim.set_properties("EVS1/SMTP", restart_threshold=0)
    harm = case(11).check(sim).harm
    assert "When EVS1/SMTP fails: EVS1: out 90 s instead of 6 s." in harm
    assert all("EVS1/SMTP" in sentence for sentence in harm)


def test_no_kind_of_resource_is_left_out():
    """A changed address is tried too, although no kind of fault would look at it."""
    sim = solved(11)
    sim.set_properties("EVS1/Name", restart_action=0)
    harm = case(11).check(sim).harm
    assert any(sentence.startswith("When EVS1/Name fails: EVS1: no service") for sentence in harm)


def test_a_change_is_tried_with_what_shows_such_a_fault():
    """An interval that is far too long shows only when something hangs."""
    sim = solved(11)
    sim.set_properties("EVS1/Name", is_alive_poll_s=86400.0)
    harm = case(11).check(sim).harm
    assert any(sentence.startswith("When EVS1/Name hangs: EVS1: no service") for sentence in harm)


def test_a_node_that_was_thrown_out_is_harm():
    """An evicted node is missed, even where nothing fails for want of it."""
    sim = solved(11)
    sim.stop_cluster_service("NODE8")
    sim.run(until_s=sim.now_s + 60)
    sim.evict_node("NODE8")
    assert "NODE8 is no longer a node of the cluster." in case(11).check(sim).harm


def test_a_resource_that_was_deleted_is_harm():
    """An EVS without one of its resources is no repaired EVS."""
    sim = solved(3)
    name = "Exchange POP3 Virtual Server Instance - (EVS1)"
    typed(sim, (f'cluster resource "{name}" /offline', f'cluster resource "{name}" /delete'))
    harm = case(3).check(sim).harm
    assert "EVS1 has lost its Microsoft Exchange POP3 Server Instance." in harm


def test_what_a_learner_broke_has_to_be_put_right_first():
    """A node left Down is not held against the configuration; the report asks to start it."""
    sim = solved(3)
    sim.fail_node("NODE1")
    sim.run(until_s=sim.now_s + 300)
    sim.lose_network("Private")
    sim.lose_disk("Disk V:", "NODE2")
    report = case(3).check(sim)
    assert "NODE1 is Down; start it." in report.unfinished
    assert "the connection Private is broken; undo the loss." in report.unfinished
    assert "Disk V: cannot be reached; undo the loss." in report.unfinished
    assert not report.passed


def test_a_start_switch_has_to_go():
    """A cluster that runs with a start switch is not at work."""
    start = replace(case(3).start, switch="noquorumlogging")
    unfinished = case(3).check(Simulation(start)).unfinished
    assert "runs with a start switch; stop and start it without." in unfinished[0]


def test_a_check_leaves_the_simulation_as_it_is():
    """Trials are played on a copy."""
    sim = solved(3)
    before = (sim.cluster, len(sim.history))
    case(3).check(sim)
    assert before == (sim.cluster, len(sim.history))


def test_a_check_goes_step_by_step():
    """Each step says how far it is; the last one has the report."""
    steps = list(case(3).check_steps(solved(3)))
    assert list(range(len(steps))) == [done for done, _, _ in steps]
    assert {len(steps) - 1} == {total for _, total, _ in steps}
    assert [None] * (len(steps) - 1) == [report for _, _, report in steps[:-1]]
    assert "Solved: 1 of 1 faults repaired." == steps[-1][2].summary


# --- chance -----------------------------------------------------------------------------------


def test_chance_spreads_evenly():
    """Of 8000 numbers each of eight remainders comes about a thousand times."""
    counts = [0] * 8
    for seed in range(8000):
        counts[number(seed, "spread") % 8] += 1
    assert all(900 < count < 1100 for count in counts)


def test_a_shuffle_keeps_everything():
    """The order depends on the seed, the content does not."""
    orders = {tuple(shuffled(seed, "order", "abcd")) for seed in range(200)}
    assert 24 == len(orders)
    assert {"abcd"} == {"".join(sorted(order)) for order in orders}
