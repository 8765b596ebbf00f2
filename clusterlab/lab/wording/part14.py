"""Words of part 14: availability."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.lessons.words import Option, Pair, QuestionWords, TaskWords, statement

QUESTIONS: Mapping[str, QuestionWords] = {
    "14/spare": QuestionWords(
        text="Three EVSs on four nodes, one repair crew. What costs an EVS the most hours a year?",
        options={
            "a": Option("a second node that fails before the first is repaired",
                        "That is seven minutes a year; nodes are repaired in hours."),
            "b": Option("failovers", "Twelve minutes a year, failed ones included."),
            "c": Option("what all nodes share: array, fabric, directory, site",
                        "At 99.99 % the shared parts cost 53 minutes, more than all the rest."),
        },
        right="c",
        source="handbook 5, 5.5.5",
    ),
    "14/failure": QuestionWords(
        text="A node hosts an EVS and fails; a spare is free. How long is the EVS out?",
        options={
            "a": Option("until the node is repaired", "It has moved to the spare long before."),
            "b": Option("as long as a failover takes, if it works by itself",
                        "Otherwise as long as somebody needs to do it by hand."),
            "c": Option("not at all", "A failover is a restart on another node: users wait."),
        },
        right="b",
        source="handbook 5, 5.5.3; handbook 2, 4.9",
    ),
    "14/office": QuestionWords(
        text="Repairs take 8 hours of work, but work is done from Monday to Friday, 8 to 18. What "
        "becomes of the hours without a node?",
        options={
            "a": Option("about three times as many, like the hours of the week",
                        "Waiting times grow more than that: a shortage needs two failures, and "
                        "each of the two stays open longer."),
            "b": Option("about ten times as many",
                        "Both the chance of a second failure and the time until the first repair "
                        "grow about threefold."),
            "c": Option("the same, since the work is the same", "Users wait at night as well."),
        },
        right="b",
        source="handbook 5, 5.5.3",
    ),
    "14/true-1": statement(
        "Twice as many spare nodes, half the downtime.",
        "the second spare takes away most of the hours without a node, but those are the smallest "
        "part; shared parts and failovers stay.",
        "handbook 5, 5.5.5",
    ),
    "14/true-2": statement(
        "Two parts in series, each 99.9 %, make 99.9 %.",
        "they make 99.8 %: both are needed.",
        "handbook 5, 5.5.2",
    ),
    "14/true-3": statement(
        "99.9 % of an 8-hour day allows about 175 minutes a year.",
        "0.1 % of 2,912 hours.",
        "handbook 5, 5.5.1",
        is_true=True,
    ),
    "14/true-4": statement(
        "With a cluster, planned maintenance costs minutes in place of hours.",
        "an EVS is moved before its node is patched.",
        "handbook 5, 5.5.1 and 5.5.3",
        is_true=True,
    ),
    "14/true-5": statement(
        "A cluster protects against the corruption of a database.",
        "it protects against failures of nodes; whichever node takes over mounts the same file.",
        "handbook 5, 5.5.1",
    ),
    "14/true-6": statement(
        "A year without an outage proves that the design is good.",
        "one year says little: most years have no shortage at all, a few have a long one.",
        "handbook 5, 5.5.3",
    ),
    "14/true-7": statement(
        "Failback to the home node is one more outage, planned or not.",
        "it is a move, and users wait as long as for any planned move.",
        "handbook 5, 5.5.3; handbook 1, 5.6",
        is_true=True,
    ),
    "14/true-8": statement(
        "With no failure seen in a year the MTBF is infinite.",
        "only the upper limit is; the lower one is a few months of all nodes together.",
        "handbook 5, 5.5.4",
    ),
    "14/true-9": statement(
        "While no spare is left, the next node that fails takes its EVS down until a repair.",
        "the group is left Failed; the hours of that are the hours without a node.",
        "handbook 5, 5.5.3",
        is_true=True,
    ),
    "14/true-10": statement(
        "99.99 % means less than an hour a year.",
        "0.01 % of 8,760 hours are 52.56 minutes.",
        "handbook 5, 5.5.1",
        is_true=True,
    ),
}  # fmt: skip

QUIZ = tuple(key for key in QUESTIONS if "/true-" in key)

TASKS: Mapping[str, TaskWords] = {
    "14.1": TaskWords(
        title="what a promise allows",
        findings={
            "day": Pair("All day: {right:.1f} minutes a year.",
                        "All day: not {guess}; 0.05 % of 8,760 hours, in minutes."),
            "office": Pair("Eight hours a day: {right:.1f} minutes a year.",
                           "Eight hours a day: not {guess}; the base is 2,912 hours."),
        },
        read="handbook 5, 5.5.1",
        hints=("99.95 % up is 0.05 % down.", "0.0005 x 8,760 h x 60 min/h = ..."),
    ),
    "14.2": TaskWords(
        title="a chain of parts",
        findings={
            "keeps": Pair("All together: {all:.4f} %.",
                          "All together: {all:.4f} %, which is less than 99.95 %."),
            "least": Pair("A little less would not do.",
                          "Less would do as well; what is the least?"),
        },
        read="handbook 5, 5.5.2",
        hints=("All three are needed: their availabilities are multiplied.",
               "x * 0.9999 * 0.9998 = 0.9995"),
    ),
    "14.3": TaskWords(
        title="how many spares",
        findings={
            "given": Pair("Five EVSs, MTBF and repairs as given.",
                          "Keep what is given: active=5, mttr_h=36, the rest as it is."),
            "enough": Pair("An EVS has no node for {minutes:.1f} minutes a year.",
                           "An EVS has no node for {minutes:.1f} minutes a year; 15 are allowed."),
            "fewest": Pair("One spare less would not do.", "One spare less would do as well."),
        },
        read="handbook 5, 5.5.3",
        hints=("Pool(active=5, passive=1, mttr_h=36).hours_without_node",
               "Compare one, two and three spares, in minutes."),
    ),
    "14.4": TaskWords(
        title="where to spend",
        findings={
            "best": Pair("It buys {minutes:.0f} minutes a year for {price:,}.",
                         "It buys {minutes:.0f} minutes for {price:,}, that is {each:.1f} for "
                         "1,000; another one buys more for the same money."),
        },
        read="handbook 5, 5.5.3 and 5.5.5",
        hints=("Change one input at a time: dataclasses.replace(pool, mttr_h=8).hours_a_year.",
               "Divide the minutes won by the price."),
    ),
    "14.5": TaskWords(
        title="what a few failures prove",
        findings={
            "speaks": Pair("With {count} failures the upper limit is {high:,.0f} h, below 20,000.",
                           "With {count} failures the upper limit is {high:,.0f} h: 20,000 h is "
                           "still possible."),
            "fewest": Pair("One failure less would prove nothing.",
                           "One failure less would be enough."),
        },
        read="handbook 5, 5.5.4",
        hints=("Four nodes, one year: 4 x 8,760 node-hours.",
               "mtbf_limits(3, 4 * 8760).high, then 4, then 5."),
    ),
    "14.6": TaskWords(
        title="repairs in office hours",
        findings={
            "long": Pair("{years:,.0f} years were sampled.",
                         "{years:,.0f} years say too little; sample 10,000 at least."),
            "right": Pair("{hours:.1f} hours a year out, in place of {exact:.1f} with repairs at "
                          "any time.",
                          "{hours:.1f} hours a year is not what this pool gives with repairs in "
                          "office hours. Are pool and habits those of the task?"),
        },
        read="handbook 5, 5.5.3",
        hints=("pool_chain(pool, Habits(repairs=OFFICE_HOURS)) is the chain.",
               "study(chain, 20_000) samples it."),
    ),
    "14.7": TaskWords(
        title="a year within the budget",
        findings={
            "year": Pair("Four quarters of seed 7 were played.",
                         "Play four quarters of Year(terms=Terms(), seed=7) with .after(...)."),
            "expected": Pair("{expected:,.0f} mailbox-hours are expected of these policies.",
                             "{expected:,.0f} mailbox-hours are expected of these policies; 9,000 "
                             "are allowed."),
        },
        read="handbook 5, 5.5.3 and 5.5.5",
        hints=("Money is 10,000 a quarter. What is the largest part of the losses?",
               "expected_mailbox_hours(Terms(), policy) needs no playing. Try two spares.",
               "Failback costs a second move each time."),
    ),
}  # fmt: skip
