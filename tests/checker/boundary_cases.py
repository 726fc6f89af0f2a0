"""Pairs of traces on either side of a number: just inside it is kept, just outside broken."""

from collections.abc import Callable

import numpy as np

from tests.checker.builder import HEEL, Scene, arming, on, parked
from tests.checker.registry import BREAKING, KEEPING, Case


def either_side(invariant: str, inside: float, outside: float):
    """Register a trace twice: with a value that keeps the invariant, and one that breaks it."""

    def register(make: Callable[[float], Scene]):
        KEEPING.append(Case(invariant, f"{make.__name__}-{inside}", lambda: make(inside)))
        BREAKING.append(Case(invariant, f"{make.__name__}-{outside}", lambda: make(outside)))
        return make

    return register


def on_the_toes(ms: int, force_n: float = 2.0) -> Scene:
    return Scene(ms, left=on("toes", 0.9, 0.7, force_n))


@either_side("F1", inside=16.9, outside=17.1)
def above_the_limit_of_the_toes(force_n):
    scene = on_the_toes(1000, 13.5).put(fault_on=1, rate_limit_n_s=80.0)
    return scene.put(500, 515, force_n=force_n)


@either_side("F1", inside=1010, outside=990)
def windows_apart(ms):
    scene = Scene(3000, left=on(**HEEL, force_n=59.5)).put(fault_on=1, bed_n=80.0)
    return scene.put(500, 510, force_n=61.0).put(510 + ms, 520 + ms, force_n=61.0)


@either_side("F3", inside=2.7, outside=2.8)
def a_rise(by_n):
    rising_n = 6.0 + np.linspace(0.0, by_n, 50)
    return Scene(800).put(200, 250, force_n=rising_n).put(250, force_n=6.0 + by_n)


@either_side("F3", inside=5.9, outside=6.1)
def a_rise_while_patting(by_n):
    return a_rise(by_n).put(rate_limit_n_s=500.0)


def up_after_contact(force_n: float, light_ms: int) -> Scene:
    scene = Scene(400).put(0, 50, force_n=2.0)
    scene.put(50, force_n=force_n).put(50, applied_n=0.0)  # held by what else there is, not pressed
    way_mm = np.maximum(np.arange(400) - 50 - light_ms, 0) * 0.02
    return scene.put(z_mm=12.0 + np.minimum(way_mm, 0.3), press_current_ma=50.0)


@either_side("F3", inside=0.55, outside=0.45)
def contact_grows_lighter(force_n):
    return up_after_contact(force_n, light_ms=60)


@either_side("F3", inside=25, outside=60)
def contact_is_light_for(ms):
    return up_after_contact(0.45, light_ms=ms)


@either_side("F4", inside=355, outside=365)
def stop_lets_go_in(ms):
    """Below 1 N after five sixths of it."""
    scene = Scene(2000).put(500, stop_at=Scene(1).at_us(500))
    return scene.state(500, "RETRACT").let_go(500, ms)


@either_side("F4", inside=590, outside=610)
def limp_lets_go_in(ms):
    return Scene(2000).state(500, "LIMP").put(500, enable=False).let_go(500, ms)


@either_side("F4", inside=0.95, outside=1.05)
def a_touch_after_stop(force_n):
    return stop_lets_go_in(100).put(1500, 1510, force_n=force_n)


@either_side("F5", inside=3100, outside=3110)
def toes_held_for(ms):
    return on_the_toes(ms)


@either_side("F5", inside=0.95, outside=1.05)
def toes_touched(force_n):
    return on_the_toes(3200).put(500, force_n=force_n).put(0, 500, force_n=1.1)


@either_side("F5", inside=1050, outside=950)
def toes_left_for(ms):
    scene = on_the_toes(4000 + ms).put(y_mm=250.0)
    return scene.put(2000, 2000 + ms, y_mm=300.0)


@either_side("F5", inside=282.5, outside=277.0)
def two_places_and_the_one_between(y_mm):
    way_mm = np.interp(np.arange(4000), [1990, 2010], [250.5, y_mm])
    return on_the_toes(4000).put(y_mm=way_mm)


@either_side("F6", inside=119.0, outside=121.0)
def a_load_on_top(bed_n):
    return Scene(1000).put(500, 600, bed_n=bed_n)


@either_side("F7", inside=59, outside=64)
def blind_and_answered_after(ms):
    scene = Scene(1000).put(0, 250, saturated=2).put(300, 900, saturated=3)
    return scene.let_go(300 + ms)


@either_side("P1", inside=5.1, outside=4.9)
def a_margin(mm):
    return Scene(500).put(sole_margin_mm=mm)


@either_side("P1", inside=54, outside=66)
def off_its_place_and_lifted_in(ms):
    """At 1 N after five sixths of it."""
    scene = Scene(1000).put(500, 600, foot_moved=True).put(500, sole_margin_mm=2.0)
    return scene.let_go(500, ms)


@either_side("P1", inside=0.95, outside=1.05)
def touching_near_the_outline(force_n):
    scene = Scene(500).put(force_n=1.2, press_current_ma=50.0)
    return scene.put(400, force_n=force_n, sole_margin_mm=2.0)


@either_side("P2", inside=17.5, outside=18.5)
def sliding_outside_the_mask_with(force_n):
    scene = Scene(1000, left=on(**HEEL, force_n=18.2)).put(bed_n=60.0)
    scene.put(x_mm=60.0 + np.arange(1000) * 0.02)
    return scene.put(500, force_n=force_n, in_mask=False)


def lost(force_n: float = 0.0, ms: int = 1000, applied_n: float = 5.0) -> Scene:
    """Contact lost at a row, for so long; the press then goes 3 mm up at 4 mm/s."""
    scene = Scene(2000).put(500, 500 + ms, force_n=force_n).put(500, applied_n=applied_n)
    scene.put(500 + ms, force_n=1.2).put(press_current_ma=50.0)
    # One real loss, not followed, so that each of these traces is about the invariant.
    scene.put(100, 110, force_n=0.0)
    return scene.put(600, z_mm=12.0 + np.minimum(np.arange(1400) * 0.004, 3.0))


@either_side("P3", inside=0.55, outside=0.45)
def light_and_followed(force_n):
    return lost(force_n=force_n)


@either_side("P3", inside=45, outside=55)
def lost_for(ms):
    return lost(ms=ms)


@either_side("P3", inside=0.95, outside=1.05)
def lost_with_applied(applied_n):
    return lost(applied_n=applied_n)


@either_side("P4", inside=200, outside=210)
def not_one_foot_for(ms):
    return arming().put(1000, 1000 + ms, single_foot=False)


@either_side("P4", inside=0.9, outside=1.1)
def something_on_the_bed(bed_n):
    return arming().put(1000, 1500, single_foot=False, bed_n=bed_n)


@either_side("P5", inside=0.28, outside=0.27)
def across_the_border(v):
    return Scene(500).put(region_believed=1, v_true=v)


@either_side("P5", inside=0.465, outside=0.455)
def along_the_border(u):
    return Scene(500, left=on("arch", u, 0.25, 6.0)).put(region_believed=5)


@either_side("P5", inside=2.9, outside=3.1)
def pressing_in_the_wrong_place(force_n):
    return Scene(500).put(200, force_n=force_n, region_believed=10)


@either_side("M1", inside=0.04, outside=0.06)
def up_when_latched(mm):
    way_mm = np.minimum(np.arange(400) * 0.004, mm)
    return parked(1000).state(500, "LATCHED").put(600, z_mm=way_mm)


@either_side("M1", inside=520, outside=521)
def limp_with_power_until(ms):
    return parked(1000).state(500, "LIMP").put(ms, enable=False)


@either_side("M2", inside=650, outside=651)
def a_stall_until(ms):
    return Scene(1000).put(500, ms, press_current_ma=450.0)


@either_side("M2", inside=150.0, outside=152.0)
def held_with(ma):
    """65 mA and 14.3 mA for each of 6 N."""
    return Scene(1000).put(press_current_ma=ma).put(300, 310, press_current_ma=160.0)


@either_side("M2", inside=64.0, outside=66.0)
def standing_free_with(ma):
    scene = parked(1000).put(press_current_ma=ma)
    return scene.put(500, 510, press_current_ma=80.0)


@either_side("M2", inside=2.1, outside=1.9)
def pushing_and_moving_at(mm_s):
    scene = Scene(1000).put(z_mm=12.0 - np.arange(1000) * mm_s / 1000.0)
    # It stands at first, with a push too short to count.
    scene.put(0, 400, z_mm=11.5).put(200, 210, press_current_ma=450.0)
    return scene.put(600, 900, press_current_ma=-450.0)


def caught(torque_mnm: float, ms: int) -> Scene:
    """Something catches twice: it is let go of the first time."""
    scene = Scene(2000).put(spin_rpm=45.0, spin_torque_mnm=20.0, spin_expected_mnm=20.0)
    scene.put(1000, 1000 + ms, spin_torque_mnm=torque_mnm)
    scene.put(1500, 1530, spin_torque_mnm=60.0)
    return scene.put(1560, spin_rpm=0.0, spin_torque_mnm=0.0)


@either_side("M4", inside=29.9, outside=30.1)
def caught_with(torque_mnm):
    return caught(torque_mnm, ms=100)


@either_side("M4", inside=29, outside=30)
def caught_for(ms):
    return caught(60.0, ms)


@either_side("M4", inside=0.4, outside=0.6)
def stopped_as_far_as(rpm):
    return caught(20.0, ms=1).put(1560, spin_rpm=rpm)


@either_side("W2", inside=49.0, outside=51.0)
def force_asked_for_a_frame_of(ms):
    return Scene(500).put(200, 220, frame_age_ms=ms)


@either_side("W2", inside=101, outside=102)
def obeyed_without_a_new_set_point_until(ms):
    scene = Scene(2000).state(501 + ms, "RETRACT").let_go(501 + ms)
    return scene.put(500, cmd_seq=scene.arrays["cmd_seq"][500])


@either_side("C5", inside=60.0, outside=60.01)
def consent_given_before(s):
    return arming(consent_s_before=s)


@either_side("C6", inside=20.001, outside=20.01)
def applied_at_a_limit_of_20_n(force_n):
    return Scene(500).put(applied_n=force_n)
