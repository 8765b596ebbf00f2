"""What is right in the tasks of lesson 13: partitions and sizing."""

from collections.abc import Iterable, Mapping

from clusterlab.design.limits import breaks
from clusterlab.design.requirements import Requirements
from clusterlab.design.sizing import design
from clusterlab.design.storage import volumes
from clusterlab.lessons import trials as tr
from clusterlab.lessons.lesson12 import AVERAGE, HEAVY, made_of, needs_of, of_client


def _letters(answer: object) -> tr.Findings:
    made = design(Requirements(mailboxes=9000, storage_groups_max=2))
    used = int(made["letters_used"])
    right = {"used": used, "left": int(made["letters_free"]) - used}
    yield from tr.numbers("13.1", answer, right)


def _roots(answer: object) -> tr.Findings:
    needs = Requirements(mailboxes=9000, local_letters=8, mapped_letters=2)
    right = {"free": int(design(needs)["letters_free"])}
    right["roots"] = right["free"] // 7
    yield from tr.numbers("13.3", answer, right)


def _disks(answer: object) -> tr.Findings:
    made = design(Requirements(mailboxes=2400, share_average=0, share_heavy=1))
    right = {"raid10": int(made["evs1.raid10_disks"]), "raid5": int(made["evs1.raid5_disks"])}
    yield from tr.numbers("13.4", answer, right)


def _first_limit(answer: object) -> tr.Findings:
    found = breaks(design(Requirements(mailboxes=3000, processors=2)), "quota_mb")
    first = next(item for item in found if item.limit.key == "databases")
    assert first.value is not None, "databases end within the range"
    yield from tr.numbers("13.5", answer, {"mb": first.value})


def _moves(answer: object) -> tr.Findings:
    is_list = isinstance(answer, Iterable) and not isinstance(answer, str | bytes | Mapping)
    if not is_list:
        raise tr.OtherAnswerWanted('Give a set of paths: check("13.6", {"G:/", "G:/MAINT"}).')
    given = {str(path).strip().upper().replace("/", "\\") for path in answer}  # type: ignore[attr-defined]
    right = {volume.path.upper() for volume in volumes(design(HEAVY)) if volume.group == "EVS2"}
    others = ", ".join(sorted(given - right))
    yield tr.Finding("none_else", not others, {"others": others})
    yield tr.all_named("all", given, right)


def _letters_alone(answer: object) -> tr.Findings:
    needs = needs_of("13.7", answer)
    yield of_client(needs, AVERAGE)
    made = made_of(needs)
    yield tr.Finding("possible", made is not None)
    if made is None:
        return
    yield tr.Finding("evs", made.evs_count >= 3, {"evs": made.evs_count})
    facts = {"needed": made["letters_without_mounts"], "free": made["letters_free"]}
    yield tr.Finding("letters", not made.uses_mount_points, facts)
    largest = float(made["evs1.database_each_gb"])
    yield tr.Finding("databases", largest <= 50, {"gb": f"{largest:.1f}"})


GRADERS: Mapping[str, tr.Grader] = {
    "13.1": _letters,
    "13.2": lambda answer: tr.causes("13.2", answer, "abcdef", "be"),
    "13.3": _roots,
    "13.4": _disks,
    "13.5": _first_limit,
    "13.6": _moves,
    "13.7": _letters_alone,
}
