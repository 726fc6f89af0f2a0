"""What control does between two frames, and what it only thinks of, changes no order."""

import pytest

from tests.loop.bench import Bench


def orders(seconds: float, between) -> list[bytes]:
    """Return all that is sent in a massage, `between` called after every turn."""
    bench = Bench(trace=False)
    sent: list[bytes] = []

    def hear(data: bytes) -> bytes:
        sent.append(data)
        between(bench)
        return data

    bench.rehearsal.wire_down = hear
    bench.start()
    bench.forward(seconds)
    return sent


@pytest.mark.slow
def test_reflecting_at_once_or_with_the_next_frame_gives_the_same_orders():
    late = orders(4.0, lambda _: None)
    assert len(late) > 1000
    assert orders(4.0, lambda bench: bench.rehearsal.runner.reflect()) == late


@pytest.mark.slow
def test_a_step_in_thought_changes_nothing():
    def think(bench):
        runner = bench.rehearsal.runner
        before = runner.state, runner.link.counter, runner.settings
        runner.rehearse(runner.state.now_us + 4_000)
        assert (runner.state, runner.link.counter, runner.settings) == before

    assert orders(4.0, think) == orders(4.0, lambda _: None)
