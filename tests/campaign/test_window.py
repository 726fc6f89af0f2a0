"""Who noticed first is told by what the device and the host said, in its order."""

import numpy as np
import pytest

from simulator.campaign.case import CLEAN, HOST_DEAD, Case, Onset, Sitting
from simulator.campaign.window import ACT_S, LIVELY_S, NOBODY, WINDOW_S, detected, lasts_s


def events(*entries):
    """The event table of a trace: time, kind and text of each."""
    columns = zip(*entries, strict=True) if entries else ((), (), ())
    names = ("event_t_us", "event_kind", "event_text")
    return {name: np.array(column) for name, column in zip(names, columns, strict=True)}


@pytest.mark.parametrize(
    ("entries", "noticed", "who", "after_ms"),
    [
        ([(7_000, "trip", "SENSOR")], None, "device SENSOR", 2.0),
        ([(7_000, "trip", "left OVER_FORCE")], None, "device OVER_FORCE", 2.0),
        ([(7_000, "trip", "SENSOR")], (6_000, "host foot_gone"), "host foot_gone", 1.0),
        ([(6_000, "trip", "SENSOR")], (7_000, "host sensor"), "device SENSOR", 1.0),
        # A device that obeys has noticed nothing itself.
        ([(6_000, "trip", "HOST_RETRACT")], (6_000, "host foot_gone"), "host foot_gone", 1.0),
        ([(6_000, "trip", "STOP")], (9_000, "host stop_button"), "host stop_button", 4.0),
        # What was before the onset has nothing to do with it.
        ([(4_000, "trip", "SENSOR")], None, NOBODY, None),
        ([(7_000, "state", "RETRACT")], None, NOBODY, None),
        ([], None, NOBODY, None),
    ],
)
def test_the_first_to_say_so_has_noticed(entries, noticed, who, after_ms):
    assert detected(events(*entries), 5_000, noticed) == (who, after_ms)


@pytest.mark.parametrize(
    ("what", "onset", "window_s", "due_s"),
    [
        (CLEAN, Onset.MOVING, WINDOW_S, WINDOW_S),
        (CLEAN, Onset.IDLE, WINDOW_S, LIVELY_S),
        (CLEAN, Onset.POWER_ON, 2 * LIVELY_S, 2 * LIVELY_S),
        (CLEAN, Onset.IDLE, 5.0, 5.0),
        ("matrix=off", Onset.IDLE, WINDOW_S, WINDOW_S),
        ("stop=host", Onset.MOVING, WINDOW_S, ACT_S),
        (HOST_DEAD, Onset.MOVING, WINDOW_S, ACT_S),
    ],
)
def test_a_clean_run_that_begins_anew_is_long_enough_to_be_found_alive(
    what, onset, window_s, due_s
):
    case = Case(what, onset, Sitting("adult", "evening-wind-down", "left", 1))
    assert lasts_s(case, window_s) == due_s
