"""Control runs with the collector of cycles off: it must not make any."""

import gc

import pytest

from controller.request import Stop
from controller.session import Session
from tests.loop.bench import Bench

FEW = 20
"""Leaves room for what other people's libraries do once; a leak per tick would be thousands."""


def session(bench: Bench, seconds: float) -> None:
    """Massage for a while, show people snapshots, stop, and lose the port."""
    bench.start()
    runner = bench.rehearsal.runner
    for _ in range(int(seconds * 4)):
        bench.forward(0.25)
        runner.status()
        runner.image()
    assert bench.session is Session.RUNNING
    bench.rehearsal.turn(Stop())
    bench.forward(2.0)
    runner.port_lost()
    bench.until(Session.READY, within_s=20.0)


@pytest.mark.slow
def test_a_minute_of_massages_leaves_no_cycles_behind():
    bench = Bench(trace=False)
    session(bench, 2.0)
    gc.collect()
    gc.disable()
    try:
        session(bench, 26.0)
        session(bench, 26.0)
        assert gc.collect() <= FEW
    finally:
        gc.enable()
