"""The picture of the partitions and the design panel: what they show, and what a click does."""

import re
from itertools import pairwise

import plotly.graph_objects as go
import pytest

from clusterlab import ConfigError
from clusterlab.design.designfiles import DesignFile, design_toml, read_design
from clusterlab.design.requirements import Requirements, RequirementsError
from clusterlab.design.sizing import Design, design
from clusterlab.design.storage import volumes
from clusterlab.lab import DesignLab
from clusterlab.lab.figures.drawing import Page, text_width_px, traces_of
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.figures.partitions import (
    GROUPS,
    PAINTS,
    SCALED,
    letters,
    partition_figure,
    partition_text,
)
from clusterlab.lab.figures.still import still
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.designviews import volumes_html
from tests.plain import trace_named

A = design(Requirements(mailboxes=3000, processors=2))
B = design(Requirements(mailboxes=12_000, share_average=0, share_heavy=1))
LARGEST = design(Requirements(mailboxes=24_000, evs_at_least=7, msdtc_disks=1, mapped_letters=3))
DESIGNS = [A, B, LARGEST]


def texts(figure: go.Figure, name: str) -> list[str]:
    """Return the texts of one trace."""
    return list(trace_named(figure, name).text)


# --- the picture ----------------------------------------------------------------------------------


def tiles(figure: go.Figure) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of every tile of a volume that is drawn to scale."""
    found = []
    for content in SCALED:
        trace = trace_named(figure, f"boxes:{content}")
        xs, ys = [], []
        for x, y in zip(trace.x, trace.y, strict=True):
            if x is None:
                found.append((min(xs), min(ys), max(xs), max(ys)))
                xs, ys = [], []
            else:
                xs.append(x)
                ys.append(y)
    return found


@pytest.mark.parametrize("width_px", [600, 1100])
@pytest.mark.parametrize("made", DESIGNS)
def test_areas_are_to_each_other_as_the_sizes(made: Design, width_px: int):
    """A GB takes the same area in every database, log and maintenance volume of the picture."""
    plan = [volume for content in SCALED for volume in volumes(made) if volume.content == content]
    boxes = tiles(partition_figure(made, page=Page(width_px)))
    line = 3.0  # outlines are drawn inside
    areas = [(x1 - x0 + line) * (y1 - y0 + line) for x0, y0, x1, y1 in boxes]
    per_gb = [area / volume.gb for area, volume in zip(areas, plan, strict=True)]
    assert per_gb == pytest.approx([per_gb[0]] * len(plan), rel=0.02)


@pytest.mark.parametrize("made", DESIGNS)
def test_the_sample_is_as_large_as_it_says(made: Design):
    """The box beside "= 10 GB" has the area that 10 GB have in a database."""
    figure = partition_figure(made)
    sample = trace_named(figure, "scale")
    area = (max(sample.x) - min(sample.x)) * (max(sample.y) - min(sample.y))
    said = re.search(r"= (\d+) GB: areas show sizes", figure.data[-1].text[1])
    assert said is not None
    left, top, right, bottom = tiles(figure)[0]
    database = next(v for v in volumes(made) if v.content == "database")
    per_gb = (right - left + 3) * (bottom - top + 3) / database.gb
    assert int(said[1]) * per_gb == pytest.approx(area, rel=0.02)


@pytest.mark.parametrize("width_px", [600, 1000])
@pytest.mark.parametrize("made", DESIGNS)
def test_every_volume_stands_in_the_card_of_its_group(made: Design, width_px: int):
    """Each volume is one text inside the outline of its group, and says what it is."""
    figure = partition_figure(made, page=Page(width_px))
    trace = trace_named(figure, "volumes")
    cards = traces_of(figure, GROUPS)
    for volume, text, x, y in zip(volumes(made), trace.text, trace.x, trace.y, strict=True):
        card = cards[volume.group]
        assert min(card.x) < x < max(card.x)
        assert min(card.y) < y < max(card.y)
        size = f"{volume.gb:,.0f} GB" if volume.gb >= 1 else f"{volume.gb:g} GB"
        assert size in text or not volume.gb or width_px < 1000
        folder = volume.path.partition("\\")[2]
        assert volume.content in text or (folder and folder in text)


def widest(text: str) -> float:
    """Return the width of the longest line of a text."""
    return max(text_width_px(line) for line in text.split("<br>"))


@pytest.mark.parametrize("width_px", [600, 720, 1180])
@pytest.mark.parametrize("made", DESIGNS)
def test_words_fit_between_their_neighbours(made: Design, width_px: int):
    """No text of a volume runs into that of the next one, from 600 pixels up."""
    figure = partition_figure(made, page=Page(width_px))
    trace = trace_named(figure, "volumes")
    rows: dict[float, list[tuple[float, str]]] = {}
    for x, y, text in zip(trace.x, trace.y, trace.text, strict=True):
        rows.setdefault(y, []).append((x, text.replace("<b>", "").replace("</b>", "")))
    for row in rows.values():
        for (left, text), (right, other) in pairwise(row):
            half = (widest(text) + widest(other)) / 2
            assert half <= right - left
    assert figure.layout.xaxis.range[1] >= max(trace.x)


def test_the_alphabet_says_who_uses_each_letter():
    """Design B uses F to I and Q; five letters are local, the others free."""
    users = letters(B)
    assert 26 == len(users)
    assert ["EVS1", "EVS2", "EVS3", "EVS4"] == [users[letter] for letter in "FGHI"]
    assert ("quorum", "local", 16) == (users["Q"], users["E"], [*users.values()].count("free"))
    mapped = {letter for letter, user in letters(LARGEST).items() if user == "mapped"}
    assert {"X", "Y", "Z"} == mapped


def test_the_chosen_group_is_marked_by_outline_and_words():
    """What moves as one has a strong outline and says so."""
    figure = partition_figure(B, selected="EVS2")
    widths = {name: trace.line.width for name, trace in traces_of(figure, GROUPS).items()}
    assert ["EVS2"] == [name for name, width in widths.items() if width == max(widths.values())]
    words = [text for text in texts(figure, "groups") if "moves as one" in text]
    assert 1 == len(words)
    assert "<b>EVS2</b> moves as one: 10 volumes, 46 disks, 1,177 GB" in words[0]


def test_only_the_opened_group_shows_its_volumes():
    """The other groups are one line each, so a picture of five EVSs fits a screen."""
    whole, one = partition_figure(B), partition_figure(B, opened="EVS2")
    assert ["<b>G:\\</b>"] == [text[:10] for text in texts(one, "volumes") if ":\\</b>" in text]
    assert texts(one, "groups") == texts(whole, "groups")
    assert one.layout.height < 450 < whole.layout.height


def test_free_letters_are_counted_down_in_the_picture():
    """Each card of an EVS says how many letters are left after it."""
    left = [text for text in texts(partition_figure(B), "left") if text.strip()]
    assert ["19 letters left", "18 letters left", "17 letters left", "16 letters left"] == left


def test_each_content_has_a_dash_and_a_colour_that_no_state_has():
    """Two contents are told apart without colour, and none looks like a state."""
    states = {fill for theme in THEMES.values() for fill in theme.fills.values()}
    looks = [(look.dash, look.width_px, look.line) for look in PAINTS.values()]
    assert len(looks) == len(set(looks))
    shown = {PAINTS[content].fill for content in PAINTS if content in ("log",)}
    assert set() == shown & states


def test_a_live_picture_follows_from_the_smallest_to_the_largest_design():
    """All designs have the same traces, so the picture changes in place."""
    live = LiveFigure(partition_figure(A), alt="partitions")
    for made in (LARGEST, B, A):
        live.update_from(partition_figure(made, selected="EVS1"))
        assert len(volumes(made)) == len(texts(live, "volumes"))


@pytest.mark.parametrize("made", DESIGNS)
def test_words_and_table_say_the_same(made: Design):
    """The text twin names what each group takes along; the table has a row for each volume."""
    assert "At a failover EVS1 takes along 10 volumes" in partition_text(made)
    html = volumes_html(made, "EVS1")
    assert len(volumes(made)) + 1 == html.count("<tr")
    assert "<svg" in still(partition_figure(made)).svg


# --- the panel ------------------------------------------------------------------------------------


@pytest.fixture
def lab() -> DesignLab:
    """Return a panel with 9,000 average mailboxes on 3+1."""
    return DesignLab()


def test_a_slider_changes_design_picture_and_figures(lab: DesignLab):
    """More mailboxes make a fourth EVS; what was before stands beside."""
    before = texts(lab.figure, "groups")
    lab.inputs.sliders["mailboxes"].value = 14_000
    assert lab.design is not None
    assert (5, 41) == (lab.design["nodes"], lab.design["luns_cluster"])
    assert len(before) + 1 == len(texts(lab.figure, "groups"))
    assert "was 9,000" in lab._figures.value
    assert "DesignLab(4+1: 5 nodes, 14,000 mailboxes)" == repr(lab)


def test_the_panel_is_the_calculator(lab: DesignLab):
    """Whatever is set, the panel shows what `design` makes of the same requirements."""
    lab.inputs.profile.value = "heavy"
    lab.inputs.sliders["mailboxes"].value = 12_000
    assert lab.file.requirements == B.requirements
    assert lab.design is not None
    assert {key: figure.value for key, figure in B.figures.items()} == {
        key: figure.value for key, figure in lab.design.figures.items()
    }
    assert 200 == lab.inputs.sliders["quota_mb"].value


def test_every_input_reaches_the_requirements(lab: DesignLab):
    """A field changes the input it is named after, also those of the availability."""
    lab.inputs.fields["disk_iops"].value = "130"
    lab.inputs.fields["mtbf_h"].value = "8760"
    lab.inputs.fields["iops"].value = "0,9"
    needs = lab.file.requirements
    assert (130, 8760, 0.9) == (needs.disk_iops, needs.pool.mtbf_h, needs.iops)
    lab.inputs.fields["iops"].value = ""
    assert lab.file.requirements.iops is None


def test_shares_make_a_mixed_profile(lab: DesignLab):
    """Shares are typed one by one; until they add up there is no design, and it is said why."""
    lab.inputs.fields["share_average"].value = "0.5"
    assert lab.design is None
    assert "add up to 0.5" in lab._problems.value
    lab.inputs.fields["share_heavy"].value = "0.5"
    assert ("mixed", 0.5) == (lab.inputs.profile.value, lab.file.requirements.share_heavy)


def test_impossible_requirements_are_all_named_and_nothing_is_shown_of_them(lab: DesignLab):
    """All problems at once; figures and picture are hidden, buttons off, until it is possible."""
    lab.inputs.sliders["mailboxes"].value = 28_000
    lab.inputs.profile.value = "large"
    lab.inputs.sliders["rto_database_h"].value = 1.25
    assert ["mailboxes", "rto_database_h"] == [name for name, _ in lab.faults]
    assert all(text[:20] in lab._problems.value for _, text in lab.faults)
    assert "none" == lab._whole.layout.display
    assert lab.buttons["fail"].disabled
    with pytest.raises(RequirementsError):
        _ = lab.file if lab.design else design(lab.inputs.requirements())
    lab.inputs.sliders["rto_database_h"].value = 4
    lab.inputs.sliders["mailboxes"].value = 2000
    assert ((), "", None) == (lab.faults, lab._problems.value, lab._whole.layout.display)


@pytest.mark.parametrize("text", ["abc", "-1", "nan", "1e999"])
def test_what_is_no_number_is_named(lab: DesignLab, text: str):
    """A field that cannot be right says its name and what is allowed."""
    lab.inputs.fields["mhz"].value = text
    lab.inputs.fields["mtbf_h"].value = text
    assert ["mhz", "mtbf_h"] == [name for name, _ in lab.faults]
    assert all("allowed: a number" in text for _, text in lab.faults)


def test_a_figure_opens_to_its_arithmetic_and_stays_open(lab: DesignLab):
    """What is explained stands above the figures and follows the sliders."""
    titles = dict(lab.choosers["explain"].options)
    assert ("", "evs1.database_gb") == (titles["choose a figure ..."], titles["EVS1: Databases"])
    lab.explain("evs1.database_gb")
    assert "300 + 0.1 × 300 + 0.1 × 300" in lab._explained.value
    lab.inputs.sliders["mailboxes"].value = 6000
    assert "handbook 5, 5.2.7" in lab._explained.value


def test_answers_change_the_findings(lab: DesignLab):
    """A question is answered in the tab of the findings; taken back it is open again."""
    lab.tabs.selected_index = 1
    lab.choosers["question"].value = "has_3gb"
    lab._choice.value = False
    assert lab.report is not None
    assert "R40" in [finding.rule.id for finding in lab.report.findings]
    assert "R40" in lab._findings.value
    lab._choice.value = "not said"
    assert {} == lab.interview
    lab.choosers["question"].value = "rtt_ms"
    lab._text.value = "700"
    assert {"rtt_ms": 700.0} == lab.interview
    lab._text.value = "far"
    assert "rtt_ms = 'far'" in lab.errors.text


def test_limits_and_patterns_follow_the_sliders(lab: DesignLab):
    """The tab in front is filled with what belongs to the design of now."""
    lab.tabs.selected_index = 3
    assert "12,001" in lab._breaks.value
    lab.choosers["grows"].value = "evs_at_least"
    assert "passed now" in lab._breaks.value
    lab.tabs.selected_index = 4
    assert "needs 3 EVSs" in lab._patterns.value
    assert "<b>3+1</b> (this design)" in lab._patterns.value


def test_a_click_on_a_card_chooses_the_group(lab: DesignLab):
    """A click marks what moves as one, a second click takes the mark away."""
    act = lab._guard(lambda: lab._mark_group(lab.figure.data[2].meta["name"]))
    act()
    assert "EVS2" == lab.choosers["group"].value
    assert any("EVS2</b> moves as one" in text for text in texts(lab.figure, "groups"))
    act()
    assert "none" == lab.choosers["group"].value


def test_a_group_that_is_gone_is_no_longer_chosen(lab: DesignLab):
    """With fewer EVSs the mark goes away instead of an error."""
    lab.choose("EVS3")
    lab.inputs.sliders["mailboxes"].value = 2000
    assert ("none", "") == (lab.choosers["group"].value, lab.errors.text)


def test_the_nodes_of_the_design_fail_on_screen(lab: DesignLab):
    """One click hands the cluster to a failover panel, another to a sweep with mailboxes."""
    lab.buttons["fail"].click()
    assert lab.failover is not None
    assert ["NODE1", "NODE2", "NODE3", "NODE4"] == [
        node.name for node in lab.failover.simulation.cluster.config.nodes
    ]
    lab.buttons["sweep"].click()
    assert lab.whatif is not None
    assert 16 == len(lab.whatif.sweep.cells)
    html = lab._stage.children[1].value
    assert "NODE3, then NODE2" in html
    assert "<b>3,000</b>" in html


def test_what_the_panel_says_can_be_kept_in_a_file(lab: DesignLab):
    """Requirements and answers survive a file, and open the same panel again."""
    lab.inputs.sliders["growth"].value = 0.25
    lab.answer("is_trained", False)
    file = read_design(design_toml(lab.file))
    again = DesignLab(file)
    assert (file, lab.interview) == (again.file, again.interview)


def test_a_reader_without_a_kernel_sees_text_and_picture(lab: DesignLab):
    """The mime bundle holds figures, volumes and findings as text, and a still picture."""
    bundle = lab._repr_mimebundle_()
    assert "- Warning: All mounts of an EVS under one root" in bundle["text/plain"]
    assert bundle["text/html"].startswith("<img ")


def test_only_requirements_open_a_panel():
    """Anything else is refused with what is allowed."""
    with pytest.raises(ConfigError, match="shows Requirements or a DesignFile, not 3000"):
        DesignLab(3000)  # type: ignore[arg-type]
    with pytest.raises(RequirementsError, match="do not fit a cluster of 8"):
        DesignLab(DesignFile(requirements=Requirements(mailboxes=28_000, quota_mb=500)))
