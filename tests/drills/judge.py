"""Judges drills by the trace of the device alone: what it did, and what the foot felt."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tests.drills.acts import Facts
from tests.drills.stage import MARK
from tests.loop.test_stalls import ROW_MS, TTL_MS

Trace = dict[str, np.ndarray]

UNLOADED_N: Final = 1.0
UNLOAD_MS: Final = 400.0
"""Watchdog 100 ms and letting go 300 ms. Source: hazard table, rows D9 and F1."""

STOP_MS: Final = 300.0
"""From a STOP byte to unloaded. Source: invariant F4."""

RISE_MM: Final = 1.0
"""A press that goes up by more is moved; a head that is let go swings by less."""

UNSURE_MS: Final = 30.0
"""Marks before and after the act that lie further apart do not tell when it was."""

ACTIVE: Final = ("ARMED", "RUNNING")


@dataclass(slots=True)
class Verdict:
    """What the trace says about one drill.

    Attributes:
        facts: What the outside saw.
        force_n: True force at the act.
        ended: The device let go after the act, before anybody asked for a new massage.
        below_ms: From the act to less than 1 N for good; of a massage that may go on, from when
            the device let go.
        silent: Nothing was armed again until a person agreed anew.
        moved: Nothing pressed or went up again until a person agreed anew.
        old_orders: Set-points older than 60 ms that the device took.
        detected_by: First trip after the act.
        act_ms: How far the marks around the act lie apart.
        stop_ms: From a STOP to less than 1 N, None no STOP.
        broken: Bounds that did not hold.
    """

    facts: Facts
    force_n: float = 0.0
    ended: bool = False
    below_ms: float | None = None
    silent: bool = True
    moved: bool = False
    old_orders: int = 0
    detected_by: str = ""
    act_ms: float = 0.0
    stop_ms: float | None = None
    broken: list[str] = field(default_factory=list)

    @property
    def pressing(self) -> bool:
        """There was force at the act: without it, it is no drill."""
        return self.force_n >= UNLOADED_N


def judge(trace: Trace, drills: list[Facts]) -> list[Verdict]:
    """Return what `trace` says about all drills one device lived through, in order."""
    marks_us = marks(trace)
    ends_us = [int(marks_us[facts.begin]) for facts in drills[1:]]
    ends_us.append(int(trace["t_us"][-1]))
    return [
        _judge_one(trace, marks_us, facts, until_us)
        for facts, until_us in zip(drills, ends_us, strict=True)
    ]


def marks(trace: Trace) -> np.ndarray:
    """Return when each mark was made."""
    wanted = (trace["event_kind"] == "person") & (trace["event_text"] == MARK)
    found: np.ndarray = trace["event_t_us"][wanted]
    return found


def _judge_one(trace: Trace, marks_us: np.ndarray, facts: Facts, until_us: int) -> Verdict:
    begin_us, acted_us = int(marks_us[facts.begin]), int(marks_us[facts.acted])
    settled_us = int(marks_us[facts.settled])
    begin, settled, until = (row_at(trace, at) for at in (begin_us, settled_us, until_us))
    force_n = np.maximum(trace["force_n_l"], trace["force_n_r"])
    verdict = Verdict(facts, force_n=float(force_n[begin]))
    verdict.act_ms = (acted_us - begin_us) / 1000.0
    verdict.old_orders = old_orders(trace, begin, until)
    watched = row_at(trace, int(marks_us[facts.stopped])) if facts.stopped >= 0 else settled
    idle = np.flatnonzero(~active(trace)[begin:watched])
    verdict.ended = bool(idle.size)
    if verdict.ended:
        let_go = begin + int(idle[0])
        # Of a massage that may go on, only its end can be timed.
        start = begin if facts.must_end else let_go
        verdict.below_ms = _unloading_ms(trace, force_n, start, settled)
        verdict.detected_by = first_trip(trace, begin_us, settled_us)
        verdict.silent = not armed_without_consent(trace, let_go, until)
        verdict.moved = moved_again(trace, force_n, let_go, settled)
    if facts.stopped >= 0:
        verdict.stop_ms = _stop_ms(trace, force_n, watched, settled)
    if facts.let_go_by >= 0:
        gone = row_at(trace, int(marks_us[facts.let_go_by]))
        # Control alone is gone when the device has confirmed that it lets go; all of Podal later.
        whole = facts.drill.target == "product"
        if force_n[gone] >= UNLOADED_N if whole else active(trace)[gone]:
            verdict.broken.append("the process was gone before it had let go of the feet")
    verdict.broken += _broken(verdict)
    return verdict


def row_at(trace: Trace, at_us: int) -> int:
    """Return the row of this moment."""
    return min(int(np.searchsorted(trace["t_us"], at_us)), len(trace["t_us"]) - 1)


def active(trace: Trace) -> np.ndarray:
    """Return in which milliseconds the device could press."""
    names = list(trace["fw_state_names"])
    return np.isin(trace["fw_state"], [names.index(name) for name in ACTIVE])


def _unloading_ms(trace: Trace, force_n: np.ndarray, start: int, end: int) -> float:
    """Return the time from a row until the force is gone for good, infinite where it is not."""
    pressing = np.flatnonzero(force_n[start:end] >= UNLOADED_N)
    if not pressing.size:
        return 0.0
    last = start + int(pressing[-1]) + 1
    if last >= end:
        return float("inf")
    return float(trace["t_us"][last] - trace["t_us"][start]) / 1000.0


def _stop_ms(trace: Trace, force_n: np.ndarray, start: int, end: int) -> float:
    """Return the time from the first STOP after a row until the force is gone."""
    heard = np.flatnonzero(trace["stop_at"][start:end] >= trace["t_us"][start])
    if not heard.size:
        return float("inf")
    return _unloading_ms(trace, force_n, start + int(heard[0]), end)


def first_trip(trace: Trace, from_us: int, until_us: int) -> str:
    """Return why the device let go, as it says itself."""
    at_us, kinds = trace["event_t_us"], trace["event_kind"]
    wanted = (at_us >= from_us) & (at_us <= until_us) & (kinds == "trip")
    return str(trace["event_text"][wanted][0]) if wanted.any() else "reset"


def armed_without_consent(trace: Trace, let_go: int, until: int) -> bool:
    """Return whether the device was armed again before a person had agreed anew."""
    agreed = trace["consent_at"][let_go:until] > trace["t_us"][let_go]
    return bool((active(trace)[let_go:until] & ~agreed).any())


def moved_again(trace: Trace, force_n: np.ndarray, let_go: int, until: int) -> bool:
    """Return whether something pressed or went up after it had let go.

    Finding home after a reset is below the skin, and no reason as long as no head touches it.
    """
    names = list(trace["fw_state_names"])
    free = np.flatnonzero(force_n[let_go:until] < UNLOADED_N)
    if not free.size:
        return True
    rows = slice(let_go + int(free[0]), until)
    homing = trace["fw_state"][rows] == names.index("SILENT")  # drivers off, or finding home
    for bed in "lr":
        force = trace[f"force_n_{bed}"][rows]
        touching = force > 0.0
        parted = np.logical_or.accumulate(~touching)
        z_mm = trace[f"z_mm_{bed}"][rows]
        up = z_mm - np.minimum.accumulate(z_mm) > RISE_MM
        wrong = (force >= UNLOADED_N) | (up & ~homing) | (homing & touching & parted)
        if wrong.any():
            return True
    return False


def old_orders(trace: Trace, begin: int, end: int) -> int:
    """Return how many set-points were too old when the device took them."""
    counter = trace["cmd_seq"][begin:end].astype(np.int64)
    taken = np.flatnonzero(np.diff(counter) != 0) + 1
    taken = taken[counter[taken] != 0]
    return int((trace["cmd_age_ms"][begin:end][taken] - ROW_MS > TTL_MS).sum())


def _broken(verdict: Verdict) -> list[str]:
    """Return which bounds did not hold."""
    facts, found = verdict.facts, list(verdict.facts.problems)
    if verdict.below_ms is not None and verdict.below_ms > UNLOAD_MS:
        found.append(f"unloaded after {verdict.below_ms:.0f} ms")
    if facts.must_end and not verdict.ended:
        found.append("the device went on pressing")
    if not verdict.silent:
        found.append("armed again without a new consent")
    if verdict.ended and facts.session in ("starting", "running", "paused", "ending"):
        found.append(f"the session is {facts.session} by itself")
    if verdict.moved:
        found.append("moved again without a new consent")
    if verdict.old_orders:
        found.append(f"{verdict.old_orders} orders older than 60 ms were obeyed")
    if verdict.stop_ms is not None and verdict.stop_ms > STOP_MS:
        found.append(f"STOP took {verdict.stop_ms:.0f} ms")
    return found
