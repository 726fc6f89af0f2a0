"""A bench for closed-loop tests: the whole of Podal in virtual time, with words to drive it."""

import copy
import copyreg
from functools import cache
from types import MappingProxyType

import numpy as np

from controller.limits import load_limits
from controller.regions import REGIONS
from controller.request import Start
from controller.session import Session
from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.rehearsal import Rehearsal
from simulator.trace import Trace

EVENING = Start("evening-wind-down")
USER_MAX_N = np.array([row.user_max_n for row in load_limits().regions.values()])
HARD_N = np.array([row.hard_n for row in load_limits().regions.values()])
assert tuple(load_limits().regions) == REGIONS

# What is read only is copied like any other dictionary, so that a whole bench can be.
copyreg.pickle(MappingProxyType, lambda table: (MappingProxyType, (dict(table),)))


class Bench:
    """One seated person, one device, one host."""

    def __init__(self, person="adult", seed=0, *, auto=True, feet=None, trace=True) -> None:
        self.trace = Trace(seed=seed, person=person, routine=EVENING.routine)
        self.device = Device(
            feet or synthetic_feet(PEOPLE[person], SHAPE, seed=seed),
            seed=seed,
            auto=auto,
            trace=self.trace if trace else None,
        )
        self.rehearsal = Rehearsal(self.device, seed=seed)

    @property
    def session(self) -> Session:
        return self.rehearsal.session

    @property
    def state(self):
        return self.rehearsal.runner.state

    def forward(self, seconds: float) -> None:
        self.rehearsal.run(seconds)

    def until(self, session: Session, within_s: float = 30.0) -> None:
        assert self.rehearsal.until(session, within_s=within_s), (
            f"{self.session} ({self.state.reason}) after {within_s} s, not {session}"
        )

    def start(self, request: Start = EVENING) -> None:
        self.until(Session.READY)
        assert self.rehearsal.turn(request) == "ok"
        self.until(Session.RUNNING)

    def until_force(self, force_n: float, within_s: float = 60.0) -> None:
        """Go on until a head truly presses this hard."""
        for _ in self.rehearsal.forward(within_s):
            if max(bed.force_n for bed in self.device.beds) >= force_n:
                return
        raise AssertionError(f"no head pressed {force_n} N within {within_s} s")

    def arrays(self) -> dict[str, np.ndarray]:
        return self.trace.arrays()


def pressing(seed: int, force_n: float) -> Bench:
    """Return a bench of its own, on which a head has just come to press this hard."""
    return copy.deepcopy(_pressed(seed, force_n))


@cache
def _pressed(seed: int, force_n: float) -> Bench:
    bench = Bench(seed=seed)
    bench.start()
    bench.until_force(force_n)
    return bench


def over_limit_n(trace: dict[str, np.ndarray], limits_n: np.ndarray) -> float:
    """The most by which the true force was above the limit of the true region."""
    worst = -np.inf
    for bed in "lr":
        region, force_n = trace[f"region_true_{bed}"], trace[f"force_n_{bed}"]
        limit_n = np.where(region >= 0, limits_n[region], 0.0)
        touching = force_n > 0.0
        if touching.any():
            worst = max(worst, float((force_n - limit_n)[touching].max()))
    return worst


def unloading_ms(trace: dict[str, np.ndarray], from_us: int, below_n: float = 1.0) -> float:
    """Time from `from_us` until both heads press less than `below_n` for good [ms]."""
    t_us = trace["t_us"]
    force_n = np.maximum(trace["force_n_l"], trace["force_n_r"])
    pressing = np.flatnonzero((t_us > from_us) & (force_n >= below_n))
    if pressing.size == 0:
        return 0.0
    last = pressing[-1]
    assert last + 1 < t_us.size, "still pressing at the end of the trace"
    return float(t_us[last + 1] - from_us) / 1000.0


def worst_force_n(trace: dict[str, np.ndarray]) -> float:
    return float(max(trace["force_n_l"].max(), trace["force_n_r"].max()))
