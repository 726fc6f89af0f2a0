"""The time base: offset and drift of the device's clock, whatever delays the wire adds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.timebase import (
    CREEP_PPM,
    DRIFT_MAX_PPM,
    FOLLOWED_PPM,
    SECONDS,
    TimeBase,
    observe,
)

FRAME_US = 5_000
EPOCH_US = 7_000_000_123
skews = st.integers(-100_000, 100_000)
jitters = st.lists(st.integers(0, 3_000), min_size=7, max_size=97)


def heard(skew_ppm, jitter_us, *, seconds=8, base=None, from_us=0, delay_us=0):
    """The time base after frames of a clock that runs this wrong, over a wire that jitters."""
    base = base or TimeBase()
    for number in range(seconds * 200):
        sent_us = from_us + number * FRAME_US
        device_us = sent_us - sent_us * skew_ppm // 1_000_000
        arrival_us = EPOCH_US + sent_us + delay_us + jitter_us[number % len(jitter_us)]
        base = observe(base, device_us=device_us, arrival_us=arrival_us)
    return base


@settings(deadline=None, max_examples=50)
@given(skews, jitters)
def test_the_drift_is_found_to_a_few_parts_in_a_thousand_whatever_the_jitter(skew_ppm, jitter_us):
    base = heard(skew_ppm, jitter_us)
    # One step ends up to one frame early or late, and holds the jitter of two least delays.
    spread_us = max(jitter_us) - min(jitter_us)
    allowed = 1 + abs(skew_ppm) * FRAME_US * 2 // 1_000_000 + spread_us
    assert abs(base.drift_ppm - skew_ppm) <= allowed
    if abs(skew_ppm) > DRIFT_MAX_PPM + allowed:
        assert base.drifts
    if abs(skew_ppm) < DRIFT_MAX_PPM - allowed:
        assert not base.drifts


@settings(deadline=None, max_examples=50)
@given(st.integers(-20_000, FOLLOWED_PPM), jitters)
def test_a_clock_within_its_tolerance_never_makes_a_fresh_frame_look_old(skew_ppm, jitter_us):
    base = TimeBase()
    for number in range(30 * 200):
        sent_us = number * FRAME_US
        device_us = sent_us - sent_us * skew_ppm // 1_000_000
        arrival_us = EPOCH_US + sent_us + jitter_us[number % len(jitter_us)]
        base = observe(base, device_us=device_us, arrival_us=arrival_us)
        age_us = arrival_us - base.host_us(device_us)
        assert 0 <= age_us <= 25_000


@settings(deadline=None, max_examples=50)
@given(st.integers(10_000, 2_000_000), st.integers(1, 30), jitters)
def test_a_delay_that_stays_is_not_taken_for_the_offset(delay_us, seconds, jitter_us):
    base = heard(0, jitter_us)
    late = heard(
        0, jitter_us, seconds=seconds, base=base, from_us=8_000_000, delay_us=delay_us
    )  # fmt: skip
    forgiven_us = late.offset_us - base.offset_us
    assert forgiven_us <= (seconds + 3) * (CREEP_PPM + FOLLOWED_PPM) + max(jitter_us)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, 1 << 40)), max_size=200))
def test_any_times_leave_integers_in_bounded_memory(pairs):
    base = TimeBase()
    for device_us, arrival_us in pairs:
        base = observe(base, device_us=device_us, arrival_us=arrival_us)
        assert len(base.least_us) <= SECONDS
        assert type(base.offset_us) is int
        assert base.host_us(device_us) <= arrival_us


def test_before_five_seconds_nothing_is_said_about_drift():
    assert heard(50_000, [0], seconds=5).drift_ppm is None


def test_a_single_stall_is_no_drift():
    base = heard(0, [0], seconds=4)
    base = heard(0, [0], seconds=1, base=base, from_us=4_000_000, delay_us=900_000)
    base = heard(0, [0], seconds=4, base=base, from_us=6_000_000)
    assert base.drift_ppm == 0


def test_a_device_that_lags_more_and_more_for_four_seconds_has_no_wrong_clock():
    base = heard(0, [0], seconds=4)
    for second in range(4, 8):
        delay_us = (second - 3) * 40_000
        base = heard(
            0, [0], seconds=1, base=base, from_us=second * 1_000_000, delay_us=delay_us
        )  # fmt: skip
        assert not base.drifts
    for second in range(8, 12):
        base = heard(0, [0], seconds=1, base=base, from_us=second * 1_000_000)
        assert not base.drifts


def test_a_second_without_frames_starts_the_history_anew():
    base = heard(0, [0], seconds=8)
    base = heard(0, [0], seconds=1, base=base, from_us=10_000_000)
    assert base.drift_ppm is None
