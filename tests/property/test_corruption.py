"""Damaged messages never become other messages."""

import random

import numpy as np
import pytest

from firmware_bridge.codec import up_lengths
from firmware_bridge.framing import (
    MAX_DOWN_BYTES,
    MAX_UP_BYTES,
    DownDecoder,
    UpDecoder,
    wrap_down,
    wrap_up,
)
from tests.corruption import (
    CLEAN,
    COLS,
    KINDS,
    ROWS,
    Stream,
    damage,
    down_payloads,
    run,
    up_payloads,
)


def check(tally, direction):
    most = MAX_UP_BYTES + 8 if direction == "up" else MAX_DOWN_BYTES + MAX_DOWN_BYTES // 254 + 5
    assert set(tally.kinds) == set(KINDS)
    assert all(tally.kinds.values())
    assert tally.wrong == 0
    assert tally.false_stops == 0
    assert tally.most_buffered_bytes <= most
    assert tally.whole >= tally.damaged / 2
    assert tally.late <= 1  # the second whole message comes at once, whatever came before
    # One in some 100,000: the last byte of one message is dropped and the next one begins with its
    # like, so that the same bytes come as if the first byte of the next one had been dropped.
    assert tally.lost <= 2
    assert tally.lost_in_a_row <= 1


@pytest.mark.parametrize("direction", ["up", "down"])
def test_of_damaged_messages_none_is_accepted_and_no_whole_one_is_lost(direction):
    check(run(direction, 10_000, seed=4), direction)


@pytest.mark.slow
@pytest.mark.drawn(5, of_each=["direction"])
@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("direction", ["up", "down"])
def test_none_of_a_million_damaged_messages_each_way_is_accepted(direction, tenth):
    """By tenths: a run takes five of them, `make thorough` all, `make soak` ten times as many."""
    tally = run(direction, 100_000, seed=20 + tenth)
    assert tally.damaged >= 100_000
    check(tally, direction)


@pytest.mark.parametrize("name", KINDS)
def test_each_way_to_damage_changes_that_message_alone(name):
    wires = [bytes([number]) * (40 + number) for number in range(3)]
    kinds = np.array([CLEAN, KINDS.index(name), CLEAN])
    for seed in range(50):
        damaged = damage(Stream(wires), kinds, np.random.default_rng(seed))
        ends = damaged.ends.tolist()
        first, hit, last = (damaged.data[a:b] for a, b in zip([0, *ends], ends, strict=False))
        assert first == wires[0]
        assert hit != wires[1] or name == "insert"  # a byte beside its like is no damage
        assert (last == wires[2]) == (name != "splice")


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_hundred_faults_in_a_thousand_messages_lose_only_those(direction):
    up = direction == "up"
    payloads = (up_payloads if up else down_payloads)(1000, seed=3)
    wires = list(map(wrap_up if up else wrap_down, payloads))
    rng = random.Random(3)
    hit = set(rng.sample(range(1000), 100))
    kinds = np.array(
        [KINDS.index(rng.choice(("flip1", "flip3", "burst2"))) if n in hit else CLEAN
         for n in range(1000)]
    )  # fmt: skip
    stream = damage(Stream(wires), kinds, np.random.default_rng(3)).data
    found = (UpDecoder(up_lengths(ROWS, COLS)) if up else DownDecoder()).feed(stream)
    assert found == [payload for number, payload in enumerate(payloads) if number not in hit]
