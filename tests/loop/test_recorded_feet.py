"""Massages on real feet: recorded soles laid on the simulated beds, judged by the plant's truth."""

import pytest

from controller.session import Session
from simulator.feet_chooser import recorded_feet
from tests.loop.bench import USER_MAX_N, Bench, over_limit_n, worst_force_n

RECORDINGS = [
    "emed_pressuRe_walk.npz",
    "fscan_footPress_walk_LR.npz:frames_L",
    "mun104_template.npz:right",
    "gpl3-speedpp2ds/speedpp2ds_100hz_s0-4.npz",
]


@pytest.mark.slow
@pytest.mark.drawn(1)
@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recorded_foot_is_massaged_to_the_end_within_its_limits(recordings, name):
    pitch_mm = None if "emed" in name or "fscan" in name else 5.0
    feet = recorded_feet(str(recordings / name), pitch_mm=pitch_mm)
    bench = Bench(seed=1, feet=feet)
    bench.start()
    bench.until(Session.ENDED, within_s=190)
    trace = bench.arrays()
    assert over_limit_n(trace, USER_MAX_N) <= 1.5
    assert worst_force_n(trace) > 5.0
    for bed in "lr":
        pressing = trace[f"force_n_{bed}"] > 1.0
        assert trace[f"sole_margin_mm_{bed}"][pressing].min() > 0.0
