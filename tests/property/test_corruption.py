"""Damaged messages never become other messages."""

import random

import pytest

from firmware_bridge.codec import up_lengths
from firmware_bridge.framing import MAX_DOWN_BYTES, MAX_UP_BYTES, UpDecoder, wrap_up
from tests.corruption import COLS, ROWS, damage, run_down, run_up, up_payloads


@pytest.mark.slow
@pytest.mark.parametrize(
    ("direction", "most"), [(run_up, MAX_UP_BYTES + 8), (run_down, 2 * MAX_DOWN_BYTES)]
)
def test_no_accepted_message_differs_from_one_sent(direction, most):
    tally = direction(1_000_000, seed=20)
    assert tally.damaged == 1_000_000
    assert tally.wrong == 0
    assert tally.most_buffered_bytes <= most


def test_a_hundred_faults_in_a_thousand_messages_lose_only_those():
    payloads = up_payloads(1000, seed=3)
    rng = random.Random(3)
    hit = set(rng.sample(range(1000), 100))
    wires = [wrap_up(payload) for payload in payloads]
    stream = b"".join(
        damage(wire, rng.choice(("flip1", "flip3", "burst2")), wire, rng) if index in hit else wire
        for index, wire in enumerate(wires)
    )
    found = UpDecoder(up_lengths(ROWS, COLS)).feed(stream)
    assert set(found) == {payload for index, payload in enumerate(payloads) if index not in hit}
