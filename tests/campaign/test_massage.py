"""A massage comes to its onsets by the truth of the plant, and nothing on the way disturbs it."""

import pytest

from controller.limits import LEVELS
from controller.session import Session
from simulator.campaign.case import Onset, Sitting
from simulator.campaign.massage import (
    CONTENT_RATIO,
    FULL_N,
    NEAR_MM,
    PRESS_N,
    REACHED_RATIO,
    TOUCH_N,
    Massage,
)
from simulator.trace import Trace

ROUTINE = "evening-wind-down"


def order_n(massage, bed):
    order = massage.device.firmware.order
    return (order.left, order.right)[bed].force_mn / 1000


@pytest.mark.slow
@pytest.mark.parametrize(("foot", "bed"), [("left", 0), ("right", 1)])
def test_every_onset_is_what_it_is_called_on_the_foot_that_comes_first(foot, bed):
    massage = Massage(Sitting("adult", ROUTINE, foot, 2))
    plant, other = massage.device.beds[bed], massage.device.beds[1 - bed]
    reached = []
    for onset in massage.reach(list(Onset)):
        reached.append(onset)
        force_n = plant.force_n
        assert other.force_n == 0.0
        match onset:
            case Onset.POWER_ON:
                assert massage.device.now_us == 0
            case Onset.IDLE:
                assert massage.rehearsal.session is Session.READY
            case Onset.APPROACH:
                assert force_n == 0.0 < plant.gap_mm < NEAR_MM
            case Onset.FIRST_CONTACT:
                assert TOUCH_N <= force_n < PRESS_N
            case Onset.MOVING:
                assert force_n >= PRESS_N
            case Onset.FULL_FORCE:
                asked_n = order_n(massage, bed)
                assert asked_n >= CONTENT_RATIO * FULL_N * LEVELS[massage.start.level]
                assert force_n >= REACHED_RATIO * asked_n
    assert sorted(reached) == sorted(Onset)


@pytest.mark.slow
def test_the_way_to_an_onset_is_the_same_whatever_else_is_asked_for():
    sitting = Sitting("small", ROUTINE, "left", 5)
    one, two = Massage(sitting), Massage(sitting)
    for _ in one.reach([Onset.IDLE, Onset.APPROACH, Onset.FIRST_CONTACT]):
        pass
    for _ in two.reach([Onset.FIRST_CONTACT]):
        pass
    assert one.device.now_us == two.device.now_us
    assert [bed.force_n for bed in one.device.beds] == [bed.force_n for bed in two.device.beds]
    assert one.rehearsal.runner.state.given == two.rehearsal.runner.state.given


def test_the_seed_decides_the_level():
    levels = {Massage(Sitting("adult", ROUTINE, "left", seed)).start.level for seed in range(3)}
    assert levels == set(LEVELS)


def test_a_trace_begins_with_what_happened_before_and_with_no_rows_of_it():
    massage = Massage(Sitting("adult", ROUTINE, "left", 1))
    for _ in massage.reach([Onset.IDLE]):
        pass
    begun_us = massage.device.now_us
    trace = massage.begin_trace()
    assert type(trace) is Trace
    massage.rehearsal.run(0.05)
    arrays = trace.arrays()
    assert arrays["t_us"][0] == begun_us + 1000
    assert len(arrays["t_us"]) == 50
    before = arrays["event_t_us"] <= begun_us
    assert "foot placed" in arrays["event_kind"][before].tolist()
    assert arrays["consent_at"][0] > 0
