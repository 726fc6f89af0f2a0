"""The whole stack presses, and something breaks: true force stays within the hard limits."""

import pytest

from simulator.faults.registry import read_faults
from tests.loop.bench import HARD_N, over_limit_n, pressing

OVER_N = 3.0
"""Over the hard limit of the true region, for the few milliseconds of finding out: invariant F1."""

QUICK = ("load_cell=wrong,0.5", "mcu=off", "motor.right-z=garbage")
THOROUGH = (
    "load_cell=off",
    "load_cell=wrong,0",
    "load_cell=stuck",
    "load_cell=delayed",
    "load_cell=slow",
    "press_current=off",
    "encoder=stuck",
    "encoder.left-z=wrong,x-1; encoder.right-z=wrong,x-1",
    "motor.left-z=wrong; motor.right-z=wrong",
    "motor.left-z=garbage; motor.right-z=garbage",
    "bridge=off",
    "relay=off",
    "supply=off",
    "mcu=intermittent",
    "mcu=wrong",
    "mcu=delayed",
    "mcu=garbage",
    "oscillator=wrong,x1.2",
    "ntc=off",
    "button.stop=stuck",
    "taxels=stuck",
    "taxels=wrong,saturated",
    "taxels=wrong,transposed",
    "taxels.left-row-12=off",
    "converter=stuck",
    "link=flip",
    "link=drop",
    "link=dup",
    "link=replay",
    "link=garbage",
    "link=unplug",
    "link=other",
    "link.down=stall",
    "person=withdraw",
    "person=slide",
    "person=stand",
    "person=pain",
    "person=hand",
    "spin=tangle",
)


def worst_over_n(spec: str) -> tuple[float, str, str]:
    """Return the worst force over the hard limit, and where device and host end."""
    bench = pressing(seed=1, force_n=5.0)  # as hard as the evening routine presses early on
    from_us = bench.device.now_us
    bench.device.break_down(read_faults(spec))
    bench.forward(3.0)
    rows = bench.arrays()
    since = rows["t_us"] > from_us
    kept = {name: rows[name][since] for name in rows if rows[name].shape == since.shape}
    assert (rows["fault_on"][since] > 0).any()
    machine = bench.device.firmware.machine
    return over_limit_n(kept, HARD_N), f"{machine.state.name} {machine.trip.name}", bench.session


@pytest.mark.slow
@pytest.mark.parametrize("spec", QUICK)
def test_the_true_force_stays_within_the_hard_limits(spec):
    over_n, _, _ = worst_over_n(spec)
    assert over_n <= OVER_N


@pytest.mark.slow
@pytest.mark.drawn(10)
@pytest.mark.parametrize("spec", THOROUGH)
def test_the_true_force_stays_within_the_hard_limits_whatever_breaks(spec):
    over_n, _, _ = worst_over_n(spec)
    assert over_n <= OVER_N
