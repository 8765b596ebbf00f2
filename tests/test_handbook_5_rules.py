"""The design rules R01 to R73: each is the handbook's, each can be broken alone and kept."""

import re
from pathlib import Path

import pytest

from clusterlab import exchange_cluster
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import Windows
from clusterlab.design.requirements import Requirements
from clusterlab.design.rules import (
    QUESTIONS,
    answers,
    design_rules,
    facts_of_cluster,
    facts_of_design,
    lint,
)
from clusterlab.design.sizing import design
from clusterlab.rules.expressions import holds
from clusterlab.rules.judging import Severity

RULES = design_rules()
HANDBOOK = Path(__file__).parent.parent / "docs" / "handbook" / "05-design.md"

GOOD = facts_of_design(
    design(Requirements(mailboxes=9000, roots_for_each_evs=2)),
    {
        "os_edition": "Enterprise",
        "exchange_edition": "Enterprise",
        "has_32_and_64_bit_nodes": False,
        "has_windows_sp1": True,
        "has_mountmgr_update": True,
        "passive_node_is_weaker": False,
        "alternate_node_is_weaker": False,
        "has_index_or_antivirus": True,
        "has_3gb": True,
        "quorum_has_other_data": False,
        "quorum_log_kb": 4096,
        "has_dynamic_disks": False,
        "has_software_raid": False,
        "has_nas_disks": False,
        "is_aligned": True,
        "allocation_unit_kb": 4,
        "binaries_on_mount_point": False,
        "mounts_between_local_and_shared": 0,
        "private_is_teamed": False,
        "public_is_teamed": False,
        "private_negotiates_speed": False,
        "private_is_bound_first": False,
        "has_one_card_for_both": False,
        "sites": 1,
        "rtt_ms": 1,
        "is_one_lan": True,
        "replication_is_the_backup": False,
        "replicated_log_write_ms": 5,
        "replicated_database_write_ms": 10,
        "catalog_id": "4711",
        "has_third_party_cluster": False,
        "components": "SMTP, HTTP",
        "has_domain_controller_node": False,
        "needs_mta_on_several_evss": False,
        "backup_method": "streaming",
        "has_vss_full_and_streaming_incremental": False,
        "plans_recovery_group_after_vss": False,
        "plans_recovery_group_after_failover": False,
        "has_failback": False,
        "has_single_array": False,
        "is_trained": True,
        "has_deleted_msdtc": False,
    },
) | {"networks": 2, "private_networks": 1, "mixed_networks": 1, "quorum_model": "shared disk"}
"""A sound design of three EVSs on four nodes, everything answered well."""

AA = {"nodes": 2, "evs": 2}

BREAKING = {
    "R01": {"os_edition": "Standard"},
    "R02": {"exchange_edition": "Standard"},
    "R03": {"nodes": 9},
    "R04": {"has_32_and_64_bit_nodes": True},
    "R05": {"evs": 4},
    "R06": AA,
    "R07": {**AA, "storage_groups": 5},
    "R08": {**AA, "users_per_node": 1901},
    "R09": {"evs": 6, "nodes": 7},
    "R10": {"passive_node_is_weaker": True},
    "R11": {"databases_of_group": 6},
    "R12": {"databases_in_one_group": 3},
    "R13": {"database_each_gb": 50.1, "defragmentation_gb": 60},
    "R14": {"restore_h": 4.5},
    "R15": {"defragmentation_gb": 10},
    "R16": {"letters_free": 5, "uses_mount_points": False},
    "R17": {"uses_mount_points": True, "windows": 2000},
    "R18": {"mounts_without_dependency": 1},
    "R19": {"mounts_on_quorum": 1},
    "R20": {"binaries_on_mount_point": True},
    "R21": {"uses_mount_points": True, "roots_for_each_evs": 1},
    "R22": {"uses_mount_points": True, "has_mountmgr_update": False},
    "R23": {"volumes_of_two_evss": 1},
    "R24": {"logs_share_spindles": True},
    "R25": {"groups_share_log_volume": True},
    "R26": {"quorum_mb": 49},
    "R27": {"quorum_mb": 499},
    "R28": {"quorum_raid": "0"},
    "R29": {"quorum_log_kb": 64},
    "R30": {"has_dynamic_disks": True},
    "R31": {"is_aligned": False},
    "R32": {"database_raid": "5"},
    "R33": {"database_disks": 5},
    "R34": {"database_disks": 4},
    "R35": {"cpu_use": 0.8},
    "R36": {"processors": 16},
    "R37": {"processors": 8, "has_index_or_antivirus": False},
    "R38": {"ram_mb": 5000},
    "R39": {"ram_mb": 8192},
    "R40": {"has_3gb": False},
    "R41": {"networks": 1},
    "R42": {"private_networks": 0},
    "R43": {"mixed_networks": 0},
    "R44": {"private_is_teamed": True},
    "R45": {"private_negotiates_speed": True},
    "R46": {"rtt_ms": 501},
    "R47": {"sites": 2, "is_listed_as_geographic": False},
    "R48": {"quorum_model": "majority node set", "nodes": 2, "has_witness": False},
    "R49": {"replication_is_the_backup": True},
    "R50": {"replicated_log_write_ms": 11},
    "R51": {"catalog_id": ""},
    "R52": {"has_third_party_cluster": True},
    "R53": {"components_to_move": "NNTP"},
    "R54": {"has_front_end_on_cluster": True},
    "R55": {"front_ends": 1},
    "R56": {"gc_processors": 2},
    "R57": {"gc_servers": 1},
    "R58": {"has_domain_controller_node": True},
    "R59": {"needs_mta_on_several_evss": True},
    "R60": {"log_days_held": 2},
    "R61": {"backup_method": "VSS", "backup_tool": "NTBackup"},
    "R62": {"has_vss_full_and_streaming_incremental": True},
    "R63": {"plans_recovery_group_after_vss": True},
    "R64": {"has_failback": True},
    "R65": {"target_availability": 0.99985},
    "R66": {"target_availability": 0.9999, "has_single_array": True},
    "R67": {"os_edition": "Datacenter", "wants_datacenter_for_speed": True},
    "R68": {"has_nas_disks": True},
    "R69": {"is_trained": False},
    "R70": {"has_deleted_msdtc": True},
    "R71": {"has_message_filter": True},
    "R72": {"alternate_node_is_weaker": True},
    "R73": {"public_is_teamed": True},
}


def broken(facts):
    """Return the ids of the rules that *facts* break."""
    return {finding.rule.id for finding in lint(facts).findings}


def test_the_rules_are_those_of_the_handbook():
    """Handbook 5, 5.8.2: same ids, same order, same severity."""
    rows = re.findall(r"^\| (R\d\d) \| ([EWA]) \|", HANDBOOK.read_text("utf-8"), re.M)
    letters = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.ADVICE: "A"}
    assert rows == [(rule.id, letters[rule.severity]) for rule in RULES]


def test_a_sound_design_breaks_no_rule():
    """Three EVSs on four nodes with every question answered well."""
    assert set() == broken(GOOD)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_is_broken_by_what_it_forbids(rule):
    """Handbook 5, 5.8.2: the row's condition, changed alone in a sound design."""
    found = lint(GOOD | BREAKING[rule.id]).findings
    mine = [finding for finding in found if finding.rule is rule]
    assert 1 == len(mine)
    for text in (rule.id, rule.title.split()[0], rule.remedy.split()[0], "handbook 5, 5.8.2"):
        assert text in " ".join(str(mine[0]).split())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_is_kept_by_a_sound_design(rule):
    """Where its facts are known, a sound design keeps it."""
    assert True not in [holds(condition, GOOD) for condition in rule.broken]


@pytest.mark.parametrize("rule", ["R22", "R48", "R61", "R62", "R63", "R71"])
def test_older_versions_hear_nothing_of_what_they_lack(rule):
    """Majority node sets, VSS, recovery storage groups and the message filter came in 2003."""
    assert rule in broken(GOOD | BREAKING[rule])
    assert rule not in broken(GOOD | BREAKING[rule] | {"windows": 2000, "exchange": 2000})


def test_rules_without_facts_are_not_checked():
    """What nobody said is named, never guessed."""
    report = lint({})
    assert {rule.id for rule in RULES} == {rule.id for rule, _ in report.unchecked}
    assert ("os_edition",) == report.unchecked[0][1]
    assert "73 rules that ask for: allocation_unit_kb" in str(report)


def test_every_fact_is_worked_out_or_asked_for():
    """Each name in a condition comes from a design, a cluster or a question."""
    known = set(GOOD) | set(facts_of_cluster(exchange_cluster()))
    known |= {question.name for question in QUESTIONS}
    assert set() == {name for rule in RULES for name in rule.facts} - known


def test_findings_come_errors_first():
    """A report begins with what cannot stay."""
    found = lint(GOOD | {"is_trained": False, "quorum_mb": 100, "networks": 1}).findings
    assert ["R41", "R27", "R69"] == [finding.rule.id for finding in found]


def test_a_finding_shows_what_was_judged():
    """The values stand in the sentence of the rule."""
    found = lint(GOOD | {"quorum_mb": 49}).findings
    assert "The quorum disk is too small: 49 MB; 50 MB is needed" == found[0].sentence


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_finding_is_said_in_words(rule):
    """No condition, no name of a fact, no truth value reaches a reader."""
    (mine,) = (found for found in lint(GOOD | BREAKING[rule.id]).findings if found.rule is rule)
    for text in (" and (", "or not no", " < ", " > ", "==", "_", "{", "True", "yes"):
        assert text not in str(mine)


# --- clusters ---------------------------------------------------------------------------------


def test_the_training_cluster_is_sound():
    """3+1 breaks no rule that a configured cluster can tell."""
    report = lint(facts_of_cluster(exchange_cluster(active=3, passive=1)))
    assert () == report.findings
    assert {"R03", "R05", "R11", "R41", "R42", "R43"} <= {rule.id for rule in report.passed}


def test_active_active_is_found_in_a_cluster():
    """Handbook 5, 5.1.2: two EVSs on two nodes are discouraged; 8 storage groups an error."""
    assert {"R06", "R07"} == broken(
        facts_of_cluster(exchange_cluster(active=2, passive=0, storage_groups=4))
    )


def test_a_windows_2000_cluster_of_five_nodes_is_too_large():
    """Handbook 5, 5.1.1: four nodes at most."""
    facts = facts_of_cluster(exchange_cluster(active=3, passive=1, windows=Windows.W2K))
    assert "R03" in broken(facts | {"nodes": 5})


# --- answers ----------------------------------------------------------------------------------


def test_components_are_sorted_by_the_matrix():
    """Handbook 2, 6: what must move is named; a filter and a front-end have rules of their own."""
    facts = answers({"components": "SMTP, Lotus Notes connector, IMF, front-end"})
    assert facts["has_message_filter"]
    assert facts["has_front_end_on_cluster"]
    assert {"R53", "R54", "R71"} == broken(GOOD | facts)


def test_wrong_answers_are_named_at_once():
    """Each with the question and what is allowed."""
    with pytest.raises(ConfigError) as error:
        answers({"os_edition": "Home", "quorum_mb": -1, "is_trained": "no", "trained": True})
    lines = str(error.value).splitlines()
    assert ["os_edition", "quorum_mb", "is_trained", "there"] == [line.split()[0] for line in lines]
    assert "'is_trained'" in lines[-1]


def test_an_answer_wins_over_what_was_worked_out():
    """The client knows the machine that is there."""
    made = design(Requirements())
    assert 1 == facts_of_design(made, {"front_ends": 1})["front_ends"]
