"""The exact Markov chain of an EVS in a pool of nodes, and how any such chain is solved.

`exact_unavailability` follows one tagged EVS, so that a node may also fail while the EVS is being
moved, which the formulas of `availability.py` leave out. Stationary states are found by
elimination without a single subtraction (Grassmann, Taksar and Heyman), so a probability of 1e-12
keeps its digits.

Source: handbook 5, 5.5.3, taken further [derived].
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.availability import Pool

StateT = TypeVar("StateT", bound=Hashable)


def stationary(rates: Mapping[StateT, Mapping[StateT, float]]) -> dict[StateT, float]:
    """Return the long-run probability of each state of a continuous-time Markov chain.

    States are eliminated last to first; only sums, products and quotients of numbers that are not
    negative occur, so small probabilities are as exact as large ones.

    Args:
        rates: For each state the rates into others, none negative. The chain must be able to
            come from each state to the first one.

    Returns:
        Probabilities by state, in the order given, with sum 1.

    Raises:
        ConfigError: If there is a state without a way to the first one.

    Example:
        >>> round(stationary({"up": {"down": 1.0}, "down": {"up": 9.0}})["up"], 12)
        0.9
    """
    states = list(rates)
    rest = {state: {to: r for to, r in rates[state].items() if r > 0} for state in states}
    into: dict[StateT, set[StateT]] = {state: set() for state in states}
    for state, targets in rest.items():
        for to in targets:
            into[to].add(state)
    leaving: dict[StateT, float] = {}
    for index in range(len(states) - 1, 0, -1):
        _eliminate(states[index], set(states[:index]), rest, into, leaving)
    weights = {states[0]: 1.0}
    for state in states[1:]:
        inflow = (weights[s] * rest[s].get(state, 0.0) for s in into[state] if s in weights)
        weights[state] = math.fsum(inflow) / leaving[state]
    total = math.fsum(weights.values())
    return {state: weight / total for state, weight in weights.items()}


def _eliminate(
    state: StateT,
    earlier: set[StateT],
    rest: dict[StateT, dict[StateT, float]],
    into: dict[StateT, set[StateT]],
    leaving: dict[StateT, float],
) -> None:
    """Take *state* out: who went there now goes on to where it would have gone."""
    onward = {to: rate for to, rate in rest[state].items() if to in earlier}
    leaving[state] = math.fsum(onward.values())
    if not leaving[state]:
        raise ConfigError(
            f"no way leads from state {state!r} back to the first one, so there is no long run; "
            "give it a move back"
        )
    for source in into[state] & earlier:
        share = rest[source][state] / leaving[state]
        for to, rate in onward.items():
            if to != source:
                rest[source][to] = rest[source].get(to, 0.0) + share * rate
                into[to].add(source)


def head_start(
    rates: Mapping[StateT, Mapping[StateT, float]], a_hour: Mapping[StateT, float]
) -> float:
    """Return what a chain that begins in its first state gains over one in its long-run state.

    Over a time that is long beside its own, the chain gathers its long-run mean an hour, and this
    once: less than 0 if the first state is one that gathers little.

    Args:
        rates: As for `stationary`.
        a_hour: What is gathered in an hour, by state.

    Example:
        >>> down = {"up": 0.0, "down": 1.0}
        >>> round(head_start({"up": {"down": 1.0}, "down": {"up": 9.0}}, down), 12)
        -0.01
    """
    shares = stationary(rates)
    mean = math.fsum(share * a_hour[state] for state, share in shares.items())
    rest = {state: {to: r for to, r in rates[state].items() if r > 0} for state in shares}
    gains = {state: a_hour[state] - mean for state in shares}
    # Each state's head start is (gain + what its moves lead to) / rate out; the first one's is 0.
    first, *others = shares
    gone: list[tuple[StateT, dict[StateT, float], float]] = []
    for state in reversed(others):
        onward = {to: rate for to, rate in rest.pop(state).items() if to != state}
        total = math.fsum(onward.values())
        gone.append(
            (state, {to: rate / total for to, rate in onward.items()}, gains[state] / total)
        )
        for source, targets in rest.items():
            if rate := targets.pop(state, 0.0):
                gains[source] += rate * gains[state] / total
                for to, onward_rate in onward.items():
                    if to != source:
                        targets[to] = targets.get(to, 0.0) + rate * onward_rate / total
    ahead = {first: 0.0}
    for state, chances, gain in reversed(gone):
        ahead[state] = gain + math.fsum(chance * ahead[to] for to, chance in chances.items())
    return -math.fsum(shares[state] * ahead[state] for state in shares)


SERVING, IN_FAILOVER, BY_HAND, WAITING, FAILED = (
    "serving",
    "in failover",
    "recovered by hand",
    "waiting for a node",
    "Failed, waiting for an operator",
)


def tagged_chain(pool: Pool) -> dict[tuple[int, str], dict[tuple[int, str], float]]:
    """Return the Markov chain of one EVS: how many nodes are down, and what the EVS does.

    The other EVSs need not be followed: a node that hosts one fails at the same rate whatever the
    EVS on it is doing, and a repaired node goes to each waiting EVS with the same chance, so one
    EVS and the number of failed nodes are a Markov chain by themselves. Every time (failover,
    recovery, operator) is exponential with the mean given.

    Returns:
        Rates per hour from (failed nodes, what the EVS does) to others.

    Source: handbook 5, 5.5.3, taken further [derived].
    """
    chain: dict[tuple[int, str], dict[tuple[int, str], float]] = {}
    open_states = [(0, SERVING)]
    while open_states:
        state = open_states.pop()
        if state not in chain:
            chain[state] = {}
            for to, rate in _moves(pool, *state):
                if rate > 0:
                    chain[state][to] = chain[state].get(to, 0.0) + rate
                    open_states.append(to)
    return chain


def _moves(pool: Pool, failed: int, doing: str) -> Iterable[tuple[tuple[int, str], float]]:
    is_hosted = doing != WAITING
    fail = 1 / pool.mtbf_h
    if failed < pool.nodes:
        yield (failed + 1, doing), pool.failure_rate(failed) - (fail if is_hosted else 0.0)
    if is_hosted:
        yield from _own_node_fails(pool, failed, fail)
    if failed:
        yield from _a_node_is_back(pool, failed, doing)
    if doing == IN_FAILOVER:
        yield (failed, SERVING), 60 / pool.failover_min
    elif doing == BY_HAND:
        yield (failed, SERVING), 1 / pool.manual_h
    elif doing == FAILED:
        yield (failed, SERVING), 1 / pool.operator_h


def _own_node_fails(
    pool: Pool, failed: int, rate: float
) -> Iterable[tuple[tuple[int, str], float]]:
    if failed >= pool.passive:
        yield (failed + 1, WAITING), rate
        return
    by_itself = IN_FAILOVER if pool.failover_min else SERVING
    by_hand = BY_HAND if pool.manual_h else SERVING
    yield (failed + 1, by_itself), rate * pool.coverage
    yield (failed + 1, by_hand), rate * (1 - pool.coverage)


def _a_node_is_back(pool: Pool, failed: int, doing: str) -> Iterable[tuple[tuple[int, str], float]]:
    rate = pool.repair_rate(failed)
    waiting = pool.active - pool.hosts(failed)
    if doing != WAITING:
        yield (failed - 1, doing), rate
        return
    yield (failed - 1, FAILED if pool.operator_h else SERVING), rate / waiting
    yield (failed - 1, WAITING), rate * (waiting - 1) / waiting


def exact_unavailability(pool: Pool) -> float:
    """Return the share of time that one EVS does not serve, from its exact chain.

    Shared parts and planned maintenance are left out, as in `Pool.without_node` plus
    `Pool.in_failover`, which it corrects: nodes also fail while an EVS is being moved.

    Example:
        >>> pool = Pool(active=3, passive=1, mtbf_h=2000, mttr_h=12, crews=4, coverage=1)
        >>> f"{pool.without_node + pool.in_failover:.7f} {exact_unavailability(pool):.9f}"
        '0.0000953 0.000095270'

    Source: handbook 5, 5.5.3 [derived].
    """
    shares = stationary(tagged_chain(pool))
    return math.fsum(share for (_, doing), share in shares.items() if doing != SERVING)
