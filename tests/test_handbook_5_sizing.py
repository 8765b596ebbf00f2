"""The calculator: the worked designs of handbook 5, 5.9, figure by figure, and its refusals."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.requirements import INPUTS, Requirements
from clusterlab.design.sizing import design
from clusterlab.design.storage import letters_for_evss, volumes

A = design(Requirements(mailboxes=3000, processors=2))
"""Design A: 3,000 average mailboxes, 1+1 (handbook 5, 5.9.1)."""
HEAVY = Requirements(mailboxes=12_000, share_average=0, share_heavy=1)
B = design(HEAVY)
"""Design B: 12,000 heavy mailboxes, 4+1 (handbook 5, 5.9.2)."""


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("data_total_gb", 300),
        ("databases_total_gb", 360),
        ("evs_by_policy", 1),
        ("evs_by_cpu", 1),
        ("evs_by_databases", 1),
        ("nodes", 2),
        ("evs1.cpu_use", pytest.approx(0.589, abs=5e-4)),
        ("evs1.users_by_cpu", 4072),
        ("evs1.ram_mb", 2012),
        ("evs1.ram_gb", 4),
        ("evs1.databases_by_size", 8),
        ("evs1.storage_groups", 4),
        ("evs1.databases", 8),
        ("evs1.database_each_gb", 45),
        ("evs1.database_mailboxes", 375),
        ("evs1.sg_database_gb", 90),
        ("evs1.sg_database_lun_gb", pytest.approx(129.6)),
        ("evs1.maintenance_lun_gb", pytest.approx(49.5)),
        ("evs1.sg_logs_a_day", pytest.approx(945)),
        ("evs1.sg_log_lun_gb", pytest.approx(17.01)),
        ("evs1.evs_iops", 2250),
        ("evs1.sg_iops", 562.5),
        ("evs1.raid10_iops", 750),
        ("evs1.raid10_spindles", pytest.approx(5.21, abs=0.005)),
        ("evs1.raid10_disks", 6),
        ("evs1.raid5_iops", 1125),
        ("evs1.raid5_spindles", pytest.approx(7.81, abs=0.005)),
        ("evs1.raid5_disks", 8),
        ("evs1.sg_log_iops", 56.25),
        ("evs1.sg_log_disks", 2),
        ("luns_cluster", 11),
        ("letters_free", 20),
        ("letters_used", 10),
        ("disks_without_spares", 40),
        ("spares", 3),
        ("disks_cluster", 43),
        ("gc_processors", 1),
        ("gc_servers", 2),
        ("front_ends", 2),
        ("backup_h", 1.25),
        ("evs1.restore_h", pytest.approx(2.38, abs=0.005)),
        ("evs1.database_by_rto_gb", pytest.approx(103.3, abs=0.05)),
        ("evs1.database_limit_gb", 50),
    ],
)
def test_design_a(key, expected):
    """Handbook 5, 5.9.1: each row of the worked design."""
    assert expected == A[key]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("data_total_gb", 2400),
        ("databases_total_gb", 2880),
        ("evs_by_policy", 3),
        ("evs_by_cpu", 3),
        ("evs_by_databases", 4),
        ("evs", 4),
        ("nodes", 5),
        ("evs1.cpu_use", pytest.approx(0.402, abs=5e-4)),
        ("evs1.users_by_cpu", 5973),
        ("evs1.ram_mb", 2012),
        ("evs1.database_gb", 720),
        ("evs1.databases_by_size", 15),
        ("evs1.databases", 16),
        ("evs1.database_each_gb", 45),
        ("evs1.database_mailboxes", 187.5),
        ("evs1.sg_database_gb", 180),
        ("evs1.sg_database_lun_gb", pytest.approx(259.2)),
        ("evs1.maintenance_lun_gb", pytest.approx(49.5)),
        ("evs1.sg_logs_a_day", pytest.approx(1260)),
        ("evs1.sg_log_lun_gb", pytest.approx(22.68)),
        ("evs1.evs_iops", 3000),
        ("evs1.sg_iops", 750),
        ("evs1.raid10_iops", 1000),
        ("evs1.raid10_disks", 8),
        ("evs1.raid5_disks", 11),
        ("luns_cluster", 41),
        ("letters_without_mounts", 40),
        ("letters_used", 4),
        ("evs1.disks", 46),
        ("disks_without_spares", 186),
        ("spares", 13),
        ("disks_cluster", 199),
        ("gc_processors", 4),
        ("gc_servers", 2),
        ("front_ends", 2),
        ("backup_h", 2.5),
        ("evs1.restore_h", pytest.approx(2.43, abs=0.006)),
    ],
)
def test_design_b(key, expected):
    """Handbook 5, 5.9.2: each row of the worked design."""
    assert expected == B[key]


def test_design_b_with_smaller_mailboxes():
    """Handbook 5, 5.9.2: with 100 MB policy and processors decide, and 3+1 suffices."""
    made = design(Requirements(mailboxes=12_000, share_average=0, share_heavy=1, quota_mb=100))
    assert 1440 == made["databases_total_gb"]
    assert [3, 3, 2] == [made[f"evs_by_{by}"] for by in ("policy", "cpu", "databases")]
    assert (4, 4000) == (made["nodes"], made["evs1.sg_mailboxes"] * 4)
    assert 0.536 == pytest.approx(made["evs1.cpu_use"], abs=5e-4)
    assert (480, 10, 12, 40) == tuple(
        made[f"evs1.{key}"]
        for key in ("database_gb", "databases_by_size", "databases", "database_each_gb")
    )


def test_backups_that_wait_for_each_other():
    """Handbook 5, 5.9.2: with only four streams at a time the backup takes 10 h."""
    made = design(Requirements(mailboxes=12_000, share_average=0, share_heavy=1, streams_max=4))
    assert 10 == made["backup_h"]


@pytest.mark.parametrize(("made", "availability"), [(A, 99.983), (B, 99.982)], ids=["A", "B"])
def test_the_availability_of_the_worked_designs(made, availability):
    """Handbook 5, 5.9: last row of each."""
    assert availability == round(100 * made.pool.availability, 3)


def test_the_cpu_measured_on_a_server():
    """Handbook 5, 5.1.5: 0.80 megacycles a mailbox let 4 x 2,800 carry 11,200."""
    made = design(Requirements(megacycles=0.60 * 2000 * 2 / 3000))
    assert 11_200 == made["evs1.users_by_cpu"]


def test_the_profiles_of_a_mailbox():
    """Handbook 5, 5.1.5 and 5.2.8: logs a day follow from messages, 6.3 MB of the average one."""
    numbers = Requirements().numbers()
    assert (0.75, 100, 1.1) == tuple(numbers[key] for key in ("iops", "quota_mb", "megacycles"))
    assert 6.3 == pytest.approx(numbers["log_mb"])


def test_mixed_profiles_are_averaged():
    """Half light and half heavy mailboxes are 0.75 I/O a second each."""
    numbers = Requirements(share_light=0.5, share_average=0, share_heavy=0.5).numbers()
    assert 0.75 == pytest.approx(numbers["iops"])


# --- storage ----------------------------------------------------------------------------------


def test_design_a_fits_its_letters():
    """Handbook 5, 5.9.1: ten letters and Q, no mount points."""
    paths = [volume.path for volume in volumes(A)]
    assert [f"{letter}:\\" for letter in "QFGHIJKLMNO"] == paths


def test_the_mount_layout_of_design_b():
    """Handbook 5, 5.9.2: the queue volume is the root, nine volumes are mounted under it."""
    of_evs1 = [volume for volume in volumes(B) if volume.group == "EVS1"]
    logs = [rf"F:\SG{number}LOG" for number in range(1, 5)]
    databases = [rf"F:\SG{number}DB" for number in range(1, 5)]
    assert {"F:\\", *logs, *databases, r"F:\MAINT"} == {volume.path for volume in of_evs1}
    assert ["F", "G", "H", "I"] == sorted({v.letter for v in volumes(B)} - {"Q"})


def test_two_roots_keep_logs_apart_from_databases():
    """Handbook 5, 5.2.4: one root for databases, one for logs; 8 of 20 letters in design B."""
    made = design(
        Requirements(mailboxes=12_000, share_average=0, share_heavy=1, roots_for_each_evs=2)
    )
    assert 8 == made["letters_used"]
    logs = {v.letter for v in volumes(made) if v.content == "log" and v.group == "EVS1"}
    data = {v.letter for v in volumes(made) if v.content == "database" and v.group == "EVS1"}
    assert ({"G"}, {"F"}) == (logs, data)


@pytest.mark.parametrize("storage_groups", [1, 2, 3, 4])
def test_the_table_of_letters(storage_groups):
    """Handbook 5, 5.2.3: with maintenance volumes 20 letters hold 5, 3, 2, 2 EVSs."""
    luns = 1 + 2 * storage_groups + 1
    expected = {1: 5, 2: 3, 3: 2, 4: 2}[storage_groups]
    assert expected == len(letters_for_evss(Requirements())) // luns


def test_a_disk_of_its_own_for_msdtc_takes_a_letter():
    """Handbook 5, 5.2.3: one letter less for EVSs."""
    made = design(Requirements(msdtc_disks=1))
    assert 19 == made["letters_free"] == len(letters_for_evss(made.requirements))
    assert 1 == sum(volume.content == "MSDTC" for volume in volumes(made))


@settings(deadline=None)  # a busy machine is no mistake
@given(
    st.integers(1, 20_000),
    st.sampled_from(["light", "average", "heavy"]),
    st.integers(0, 2),
    st.integers(1, 2),
    st.integers(0, 1),
)
def test_any_design_holds_together(mailboxes, profile, passive, roots, msdtc):
    """No letter is used twice, mailboxes and volumes add up, or every reason is named."""
    shares = {"share_average": 0.0} | {f"share_{profile}": 1.0}
    try:
        made = design(
            Requirements(
                mailboxes=mailboxes,
                passive=passive,
                roots_for_each_evs=roots,
                msdtc_disks=msdtc,
                **shares,
            )
        )
    except ConfigError as error:
        advice = [part in str(error) for part in ("; take", "allowed:")]
        assert any(advice)
        return
    found = volumes(made)
    assert len(found) == made["luns_cluster"] == len({volume.path for volume in found})
    roots_used = {volume.letter: volume.group for volume in found if not volume.is_mounted}
    assert all(roots_used[volume.letter] == volume.group for volume in found)
    assert mailboxes == sum(
        made[f"evs{number}.sg_mailboxes"] * made[f"evs{number}.storage_groups"]
        for number in range(1, made.evs_count + 1)
    )
    spent = sum(volume.disks for volume in found) + made["spares"]
    assert made["disks_cluster"] == spent


# --- what cannot be ---------------------------------------------------------------------------


def test_all_problems_are_reported_at_once():
    """Each with field, value, allowed range and meaning; nothing is computed."""
    with pytest.raises(ConfigError) as error:
        Requirements(mailboxes=-5, growth=math.nan, processors=2.5, quota_mb=0, cpu_max=True)
    lines = str(error.value).splitlines()
    assert ["mailboxes", "growth", "quota_mb", "processors", "cpu_max"] == [
        line.split(" = ")[0] for line in lines
    ]
    assert all("; allowed: a" in line for line in lines)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"share_heavy": 0.5}, "add up to 1.5"),
        ({"rto_database_h": 1.0}, "rto_database_h = 1 is gone"),
        ({"local_letters": 20, "mapped_letters": 6}, "no letter is left"),
    ],
    ids=["shares", "time", "letters"],
)
def test_contradictions_are_named(inputs, text):
    """Inputs that are possible one by one but not together."""
    with pytest.raises(ConfigError, match=text):
        Requirements(**inputs)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"mailboxes": 28_000, "share_average": 0, "share_large": 1}, "do not fit a cluster of 8"),
        ({"rto_database_h": 1.05}, "is over before the first GB"),
        ({"rto_database_h": 1.4}, "databases of at most"),
        ({"passive": 0, "evs_at_least": 3}, "at least 1 from three nodes on"),
        ({"local_letters": 20, "evs_at_least": 4, "roots_for_each_evs": 2}, "mount roots"),
    ],
    ids=["too many", "no time", "little time", "no spare", "no letters"],
)
def test_designs_that_cannot_be(inputs, text):
    """The message says what would help."""
    with pytest.raises(ConfigError, match=text):
        design(Requirements(**inputs))


def test_every_input_has_a_title_a_range_and_a_source():
    """The table from which messages, files and sliders are made."""
    for item in INPUTS:
        assert item.title, item.name
        assert item.low <= item.high
        assert item.source.startswith("handbook 5, ")
        assert item.default is None or item.low <= item.default <= item.high


# --- from design to lab -----------------------------------------------------------------------


def test_a_design_is_a_cluster_that_can_be_failed():
    """One call; node and storage group counts are those of the design."""
    cluster = B.cluster()
    assert 5 == len(cluster.config.nodes)
    store = cluster.config.resources_by_name[cluster.config.resource_name("EVS4/IS")]
    assert 4 == dict(store.private)["storage_groups"]


def test_a_figure_that_is_not_there_is_refused_with_those_near_it():
    """A wrong key never gives a number."""
    with pytest.raises(ConfigError, match=r"evs1\.database_gb"):
        B.explain("database_gb")


def test_the_listing_shows_each_figure_with_its_unit():
    """The text twin of the design panel."""
    assert "evs1.database_gb" in str(A)
    assert "360 GB" in str(A)
