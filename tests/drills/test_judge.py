"""What the judge of the drills makes of traces, on traces of ten seconds made by hand."""

import numpy as np
import pytest

from tests.drills.acts import Facts
from tests.drills.judge import judge
from tests.drills.plan import Drill
from tests.drills.report import bounds_broken, starved, summary
from tests.drills.run import Result
from tests.drills.stage import MARK

STATES = ["SILENT", "READY", "ARMED", "RUNNING", "RETRACT", "LATCHED", "LIMP"]
ROWS = 10_000
ACT, ACTED, SETTLED = 3_000, 3_002, 8_000


def a_trace(unloaded_ms: int = 120, let_go_ms: int = 100) -> dict[str, np.ndarray]:
    """A massage that presses with 4 N until the act, and is let go so long after it."""
    t_us = np.arange(1, ROWS + 1) * 1000
    row = np.arange(ROWS)
    state = np.full(ROWS, STATES.index("READY"))
    state[row < ACT + let_go_ms] = STATES.index("RUNNING")
    force_n = np.where(row < ACT + unloaded_ms, 4.0, 0.0)
    z_mm = np.where(row < ACT + unloaded_ms, 9.0, 0.0)
    marks = np.array([ACT, ACTED, SETTLED])
    return {
        "t_us": t_us,
        "fw_state": state,
        "fw_state_names": np.array(STATES),
        "force_n_l": force_n.copy(),
        "force_n_r": np.zeros(ROWS),
        "z_mm_l": z_mm,
        "z_mm_r": np.zeros(ROWS),
        "cmd_seq": np.where(row < ACT, row // 5 + 1, 0),
        "cmd_age_ms": np.full(ROWS, 8.0),
        "consent_at": np.full(ROWS, 1_000_000),
        "stop_at": np.full(ROWS, -1),
        "event_t_us": np.array([*t_us[marks], t_us[min(ACT + let_go_ms, ROWS - 1)]]),
        "event_kind": np.array(["person"] * 3 + ["trip"]),
        "event_text": np.array([MARK] * 3 + ["WATCHDOG"]),
    }


def facts(kind: str = "kill", target: str = "control", **more: object) -> Facts:
    found = Facts(Drill(0, kind, target, 0.0), begin=0, acted=1, settled=2, session="no_foot")
    found.must_end = True
    for name, value in more.items():
        setattr(found, name, value)
    return found


def verdict(trace, **more):
    (found,) = judge(trace, [facts(**more)])
    return found


def test_a_massage_let_go_in_time_breaks_nothing_and_is_timed_from_the_act():
    found = verdict(a_trace())
    assert bounds_broken(found) == []
    assert found.pressing
    assert found.below_ms == pytest.approx(120.0)
    assert found.detected_by == "WATCHDOG"
    assert found.act_ms == pytest.approx(2.0)


def test_force_for_longer_than_the_bound_is_found():
    found = verdict(a_trace(unloaded_ms=401))
    assert bounds_broken(found) == ["unloaded after 401 ms"]


def test_force_that_never_goes_is_found():
    assert verdict(a_trace(unloaded_ms=6_000)).below_ms == float("inf")


def test_a_massage_that_goes_on_though_it_must_end_is_found():
    trace = a_trace(unloaded_ms=7_000, let_go_ms=7_000)
    assert bounds_broken(verdict(trace)) == ["the device went on pressing"]
    assert bounds_broken(verdict(trace, must_end=False)) == []


def test_an_instant_without_force_is_no_drill():
    trace = a_trace()
    trace["force_n_l"][:] = 0.2
    assert not verdict(trace).pressing


def test_armed_again_without_a_new_consent_is_found_even_after_the_drill_was_over():
    trace = a_trace()
    trace["fw_state"][9_000:] = STATES.index("ARMED")
    assert bounds_broken(verdict(trace)) == ["armed again without a new consent"]
    trace["consent_at"][8_900:] = trace["t_us"][8_900]
    assert bounds_broken(verdict(trace)) == []


@pytest.mark.parametrize(("column", "value"), [("force_n_r", 1.2), ("z_mm_r", 1.5)])
def test_pressing_or_going_up_again_is_found(column, value):
    trace = a_trace()
    trace[column][5_000:5_050] = value
    broken = bounds_broken(verdict(trace))
    assert "moved again without a new consent" in broken


def test_finding_home_below_the_skin_after_a_reset_is_no_such_motion():
    trace = a_trace()
    trace["fw_state"][ACT + 100 :] = STATES.index("SILENT")
    trace["z_mm_l"][5_000:] = 2.0
    assert bounds_broken(verdict(trace)) == []
    trace["force_n_l"][6_000] = 0.1
    assert bounds_broken(verdict(trace)) == ["moved again without a new consent"]


def test_an_old_order_that_was_obeyed_is_counted_once():
    trace = a_trace()
    trace["cmd_seq"][3_050:3_080] = 9_999
    trace["cmd_age_ms"][3_050:3_080] = 61.0 + np.arange(1, 31)
    found = verdict(trace)
    assert found.old_orders == 1
    assert bounds_broken(found) == ["1 orders older than 60 ms were obeyed"]


def test_a_session_that_runs_by_itself_is_found():
    broken = bounds_broken(verdict(a_trace(), session="running"))
    assert broken == ["the session is running by itself"]


@pytest.mark.parametrize("target", ["product", "control"])
def test_a_process_that_is_gone_before_it_has_let_go_is_found(target):
    broken = bounds_broken(verdict(a_trace(), kind="term", target=target, let_go_by=1))
    assert broken == ["the process was gone before it had let go of the feet"]


def test_control_may_go_when_the_device_lets_go_and_all_of_podal_when_the_feet_are_free():
    trace = a_trace(unloaded_ms=120, let_go_ms=1)
    assert bounds_broken(verdict(trace, kind="term", target="control", let_go_by=1)) == []
    assert bounds_broken(verdict(trace, kind="term", target="product", let_go_by=1)) != []


def test_a_stop_after_a_drill_has_300_ms():
    trace = a_trace(unloaded_ms=4_301, let_go_ms=4_000)
    trace["event_t_us"] = np.insert(trace["event_t_us"], 2, trace["t_us"][6_900])
    trace["event_kind"] = np.insert(trace["event_kind"], 2, "person")
    trace["event_text"] = np.insert(trace["event_text"], 2, MARK)
    trace["stop_at"][7_000:] = trace["t_us"][7_000]
    found = verdict(trace, must_end=False, must_go_on=True, stopped=2, settled=3, session="stopped")
    assert not found.ended
    assert bounds_broken(found) == ["STOP took 301 ms"]


def test_only_a_starved_machine_may_end_a_massage_that_must_go_on():
    on_time = verdict(a_trace(), kind="full", must_end=False, must_go_on=True)
    assert bounds_broken(on_time) == ["ended the massage (WATCHDOG)"]
    late = verdict(a_trace(), kind="full", must_end=False, must_go_on=True, late_ms=90.0)
    assert starved(late)
    assert bounds_broken(late) == []


def test_a_row_of_which_nothing_could_be_judged_fails_the_run():
    plan = [Drill(0, "kill", "control", 0.0)]
    document = summary(Result(no_force=plan), plan)
    assert [finding["what"] for finding in document["broken"]] == ["not one could be judged"]
