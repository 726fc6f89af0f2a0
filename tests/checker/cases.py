"""For each invariant, traces that keep it and traces that break it, written by hand.

A keeping trace is about the invariant, and breaks none; a breaking one breaks it, and no other but
those named beside it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tests.checker.builder import CONSENT_US, Scene, on, parked

HEEL = {"region": "heel_medial", "u": 0.1, "v": 0.25}


class Case(NamedTuple):
    invariant: str
    name: str
    make: Callable[[], Scene]
    others: frozenset[str] = frozenset()


KEEPING: list[Case] = []
BREAKING: list[Case] = []


def keeps(invariant):
    def register(make):
        KEEPING.append(Case(invariant, make.__name__, make))
        return make

    return register


def breaks(invariant, *others):
    def register(make):
        BREAKING.append(Case(invariant, make.__name__, make, frozenset(others)))
        return make

    return register


# Force


def at_the_hard_limit() -> Scene:
    scene = Scene(3000, left=on(**HEEL, force_n=59.5))
    return scene.put(fault_on=1, bed_n=80.0, rate_limit_n_s=80.0)


@keeps("F1")
def a_short_window_above_the_hard_limit() -> Scene:
    return at_the_hard_limit().put(1000, 1020, force_n=62.9)


@breaks("F1")
def above_the_hard_limit_for_longer_than_a_window() -> Scene:
    return at_the_hard_limit().put(1000, 1021, force_n=60.5)


@breaks("F1")
def too_far_above_the_hard_limit() -> Scene:
    return at_the_hard_limit().put(1000, 1010, force_n=63.1)


@breaks("F1")
def windows_too_near_each_other() -> Scene:
    return at_the_hard_limit().put(500, 510, force_n=61.0).put(1200, 1210, force_n=61.0)


@keeps("F1")
def windows_a_second_apart() -> Scene:
    return at_the_hard_limit().put(500, 510, force_n=61.0).put(1510, 1520, force_n=61.0)


@breaks("F1")
def any_force_off_the_sole() -> Scene:
    scene = Scene(500, left=on(**HEEL, force_n=0.6))
    return scene.put(100, 200, region_true=-1)


@breaks("F1")
def the_toes_bear_less_than_the_heel() -> Scene:
    return Scene(500, left=on("toes", 0.9, 0.7, 14.2)).put(fault_on=1, limit_n=14.0, applied_n=14.0)


@keeps("F2")
def what_a_user_may_choose_and_the_margin() -> Scene:
    return Scene(500, left=on(**HEEL, force_n=41.4)).put(bed_n=80.0)


@breaks("F2")
def more_than_a_user_may_choose() -> Scene:
    return Scene(500, left=on(**HEEL, force_n=41.6)).put(bed_n=80.0)


@keeps("F2")
def more_than_a_user_may_choose_after_a_fault() -> Scene:
    scene = more_than_a_user_may_choose().put(100, 200, fault_on=1).put(0, 100, force_n=40.0)
    scene.arrays["faults"] = np.array("load_cell.left=slow@100.1s for 100ms")
    return scene


@keeps("F3")
def a_rise_as_fast_as_allowed() -> Scene:
    return Scene(800).put(200, 400, force_n=np.linspace(6.0, 9.0, 200)).put(400, force_n=9.0)


@breaks("F3")
def a_rise_faster_than_the_set_point_allows() -> Scene:
    return Scene(800).put(200, 250, force_n=np.linspace(6.0, 8.9, 50)).put(250, force_n=8.9)


@breaks("F3")
def a_rise_that_no_rate_limit_allows() -> Scene:
    scene = Scene(800).put(rate_limit_n_s=500.0)
    return scene.put(200, 250, force_n=np.linspace(6.0, 13.0, 50)).put(250, force_n=13.0)


def approaching(mm_s: float, force_n: float = 0.0, ms: int = 400) -> Scene:
    scene = Scene(ms).put(force_n=force_n, gap_mm=-0.5 if force_n else 2.0, bed_n=40.0)
    return scene.put(z_mm=10.0 + np.arange(ms) * mm_s / 1000.0)


@keeps("F3")
def an_approach_at_5_mm_s() -> Scene:
    return approaching(5.0)


@breaks("F3")
def an_approach_at_6_mm_s() -> Scene:
    return approaching(6.0)


@breaks("F3")
def a_fast_press_that_touches_with_less_than_1_n() -> Scene:
    scene = approaching(6.0, force_n=0.9)
    return scene.put(0, 100, force_n=0.0, z_mm=10.6)


@keeps("F3")
def a_press_in_contact_at_25_mm_s() -> Scene:
    return approaching(25.0, force_n=6.0, ms=200)


@breaks("F3")
def a_press_in_contact_at_26_mm_s() -> Scene:
    return approaching(26.0, force_n=6.0, ms=200)


@keeps("F3")
def contact_made_is_not_an_approach_because_it_grows_lighter() -> Scene:
    return approaching(20.0, ms=200).put(force_n=0.8).put(0, 60, force_n=2.0)


def stopped(at: int = 500, unloaded_ms: int = 40) -> Scene:
    scene = Scene(2000).put(at, stop_at=Scene(1).at_us(at)).state(at, "RETRACT")
    return scene.let_go(at, unloaded_ms)


@keeps("F4")
def a_stop_that_lets_go_in_time() -> Scene:
    return stopped(unloaded_ms=290)


@breaks("F4")
def a_stop_that_lets_go_too_late() -> Scene:
    return stopped(unloaded_ms=400)


@breaks("F4")
def a_foot_pressed_again_after_stop() -> Scene:
    scene = stopped()
    return scene.put(1500, 1510, force_n=1.2)


@breaks("F4")
def stops_that_follow_do_not_prolong_the_time() -> Scene:
    scene = stopped(unloaded_ms=400)
    for at in range(505, 900, 5):
        scene.put(at, stop_at=scene.at_us(at))
    return scene


@breaks("F4")
def a_trip_that_lets_go_too_late() -> Scene:
    return Scene(2000).state(500, "LATCHED").let_go(500, 400)


@breaks("F4")
def a_stop_before_the_trace_that_has_not_let_go() -> Scene:
    scene = Scene(2000, "RETRACT").put(stop_at=Scene(1).at_us(-200))
    return scene.let_go(0, 200)


@keeps("F4")
def a_limp_press_that_opens_by_itself() -> Scene:
    return Scene(2000).state(500, "LIMP").put(500, enable=False).let_go(500, 450)


@breaks("F4")
def a_limp_press_that_does_not_open() -> Scene:
    return Scene(2000).state(500, "LIMP").put(500, enable=False).let_go(500, 700)


@keeps("F4")
def a_new_arm_ends_what_stop_ordered() -> Scene:
    scene = stopped().state(800, "READY").state(1000, "ARMED").state(1100, "RUNNING")
    scene.put(990, consent_at=scene.at_us(990), arm_req_at=scene.at_us(995))
    rise_n = np.linspace(0.0, 6.0, 600)
    return scene.put(1200, 1800, force_n=rise_n, setpoint_n=6.0, applied_n=6.0)


@keeps("F5")
def toes_held_for_3_s() -> Scene:
    return Scene(3090, left=on("toes", 0.9, 0.7, 2.0))


@breaks("F5")
def toes_held_for_longer() -> Scene:
    return Scene(3200, left=on("toes", 0.9, 0.7, 2.0))


@breaks("F5")
def a_heel_held_for_longer_than_15_s() -> Scene:
    return Scene(15_200, left=on(**HEEL, force_n=2.0))


@breaks("F5")
def a_circle_within_15_mm() -> Scene:
    turn = np.arange(4000) / 1000.0 * 2.0 * np.pi
    scene = Scene(4000, left=on("toes", 0.9, 0.7, 2.0))
    return scene.put(x_mm=80.0 + 5.0 * np.cos(turn), y_mm=250.0 + 5.0 * np.sin(turn))


@keeps("F5")
def a_stroke_that_leaves_for_a_second() -> Scene:
    scene = Scene(6000, left=on("toes", 0.9, 0.7, 2.0))
    y_mm = np.interp(
        np.arange(6000), [0, 2000, 2400, 3600, 4000, 6000], [250, 250, 210, 210, 250, 250]
    )
    return scene.put(y_mm=y_mm)


@breaks("F5")
def a_stroke_that_comes_back_too_soon() -> Scene:
    scene = Scene(6000, left=on("toes", 0.9, 0.7, 2.0))
    y_mm = np.interp(
        np.arange(6000), [0, 2000, 2400, 2600, 3000, 6000], [250, 250, 210, 210, 250, 250]
    )
    return scene.put(y_mm=y_mm)


@keeps("F6")
def a_short_load_on_top() -> Scene:
    return Scene(1000).put(500, 550, bed_n=200.0)


@breaks("F6")
def a_person_who_stands_up_under_the_head() -> Scene:
    return Scene(1000).put(500, 560, bed_n=200.0, resting_n=196.0)


def touching_from(start: int) -> Scene:
    scene = Scene(3000)
    scene.put(0, start, force_n=0.0, gap_mm=2.0, bed_n=40.0, press_current_ma=0.0)
    force_n = np.linspace(0.01, 6.0, 500)
    return scene.put(start, start + 500, force_n=force_n, press_current_ma=40.0 + 11.0 * force_n)


@breaks("F6")
def resting_is_what_was_there_before_contact() -> Scene:
    return touching_from(500).put(1500, 1600, bed_n=125.0, resting_n=119.0)


def blinded(answer_ms: int) -> Scene:
    scene = Scene(1000).put(300, 900, saturated=3)
    return scene.let_go(300 + answer_ms)


@keeps("F7")
def a_blind_matrix_answered_in_time() -> Scene:
    return blinded(55)


@breaks("F7")
def a_blind_matrix_answered_late() -> Scene:
    return blinded(100)


# Place


@keeps("P1")
def off_its_place_just_after_the_foot_moves() -> Scene:
    return Scene(1000).put(500, 600, foot_moved=True).put(500, sole_margin_mm=2.0).let_go(500)


@breaks("P1")
def too_near_the_outline() -> Scene:
    return Scene(1000).put(500, 600, sole_margin_mm=4.5)


@breaks("P1")
def off_its_place_long_after_the_foot_moves() -> Scene:
    return Scene(1000).put(500, 600, foot_moved=True).put(500, sole_margin_mm=2.0).let_go(540)


@keeps("P2")
def sliding_inside_the_mask() -> Scene:
    scene = Scene(1000, left=on(**HEEL, force_n=20.0)).put(bed_n=60.0)
    return scene.put(x_mm=60.0 + np.arange(1000) * 0.02)


@breaks("P2")
def sliding_out_of_the_mask() -> Scene:
    return sliding_inside_the_mask().put(700, 800, in_mask=False)


def withdrawn(advance_mm: float) -> Scene:
    scene = Scene(1500).put(500, force_n=0.0, gap_mm=10.0, bed_n=0.0, press_current_ma=0.0)
    way_mm = np.minimum(np.arange(1000) * 0.004, advance_mm)
    return scene.put(500, z_mm=12.0 + way_mm)


@keeps("P3")
def a_foot_withdrawn_and_not_followed() -> Scene:
    return withdrawn(1.9)


@breaks("P3")
def a_foot_withdrawn_and_followed() -> Scene:
    return withdrawn(2.5)


@keeps("P3")
def a_press_that_goes_up_after_a_new_arm() -> Scene:
    scene = withdrawn(3.0)
    scene.state(600, "RETRACT").state(700, "READY").state(800, "ARMED").state(900, "RUNNING")
    scene.put(600, 900, applied_n=0.0).put(500, 900, z_mm=12.0)
    scene.put(900, z_mm=12.0 + np.arange(600) * 0.004)
    return scene.put(750, consent_at=scene.at_us(750), arm_req_at=scene.at_us(760))


@keeps("P4")
def a_hand_answered_in_time() -> Scene:
    scene = Scene(1500).put(500, single_foot=False)
    return scene.state(690, "RETRACT").let_go(690)


@breaks("P4")
def a_hand_answered_late() -> Scene:
    scene = Scene(1500).put(500, single_foot=False)
    return scene.state(750, "RETRACT").let_go(750)


@breaks("P4")
def a_start_on_a_shoe() -> Scene:
    return arming().put(400, 600, single_foot=False)


@keeps("P4")
def an_empty_bed_beside_a_massaged_foot() -> Scene:
    return a_hand_answered_in_time().put(single_foot_r=False, bed_n_r=0.0)


@breaks("P4")
def pressing_into_an_empty_bed() -> Scene:
    scene = Scene(1500).put(single_foot_r=False, bed_n_r=0.0)
    return scene.put(500, applied_n_r=3.0, setpoint_n_r=3.0)


@keeps("P5")
def a_border_within_reach() -> Scene:
    return Scene(500).put(region_believed=1, v_true=0.35)


@breaks("P5")
def the_other_side_of_the_foot() -> Scene:
    return Scene(500).put(region_believed=1, v_true=0.2)


@breaks("P5")
def the_other_end_of_the_foot() -> Scene:
    return Scene(500).put(region_believed=10)


@breaks("P5")
def force_for_no_region() -> Scene:
    return Scene(500).put(region_believed=-1, limit_n=0.0, applied_n=0.0)


# Motion


@keeps("M1")
def drives_off_when_limp() -> Scene:
    return parked(1000).state(500, "LIMP").put(515, enable=False)


@breaks("M1")
def drives_on_when_limp() -> Scene:
    return parked(1000).state(500, "LIMP").put(525, enable=False)


@breaks("M1")
def drives_on_through_a_reset() -> Scene:
    return parked(1000).state(500, "SILENT").put(500, homed=False)


@keeps("M1")
def drives_on_to_home_after_a_reset() -> Scene:
    scene = parked(1000).state(500, "SILENT").put(500, homed=False)
    return scene.put(500, 510, enable=False).put(900, homed=True).state(900, "READY")


@breaks("M1")
def a_latched_press_that_goes_up() -> Scene:
    scene = parked(1000).state(500, "LATCHED")
    return scene.put(600, 800, z_mm=np.arange(200) * 0.004).put(800, z_mm=0.8)


@keeps("M2")
def a_stall_given_up_in_time() -> Scene:
    return Scene(1000).put(500, 645, press_current_ma=450.0)


@breaks("M2")
def a_stall_held() -> Scene:
    return Scene(1000).put(500, 700, press_current_ma=-450.0)


@keeps("M2")
def a_press_that_pushes_and_moves() -> Scene:
    scene = a_stall_given_up_in_time().put(960, z_mm=10.8)
    return scene.put(660, 960, press_current_ma=-450.0, z_mm=12.0 - np.arange(300) * 0.004)


def homing(mm_s: float = 5.0) -> Scene:
    scene = parked(1000, "SILENT").put(homed=False).put(0, 10, enable=False)
    return scene.put(100, 600, x_mm=80.0 + np.arange(500) * mm_s / 1000).put(
        600, x_mm=80 + mm_s / 2
    )


@keeps("M3")
def a_carriage_that_homes_slowly() -> Scene:
    return homing()


@breaks("M3")
def a_carriage_that_homes_fast() -> Scene:
    return homing(6.0)


@breaks("M3")
def a_force_applied_before_homing() -> Scene:
    return homing().put(700, 710, applied_n=2.0)


@breaks("M3")
def a_press_against_the_skin_before_homing() -> Scene:
    scene = homing().put(force_n=0.5, gap_mm=-0.5)
    return scene.put(700, 900, z_mm=np.arange(200) * 0.002).put(900, z_mm=0.4)


def tangled(stops_after_ms: int, back_ms: int = 0) -> Scene:
    scene = Scene(2000).put(spin_rpm=45.0, spin_torque_mnm=20.0, spin_expected_mnm=20.0)
    end = 530 + stops_after_ms
    scene.put(500, end, spin_torque_mnm=60.0).put(end, spin_rpm=0.0, spin_torque_mnm=0.0)
    return scene.put(end, end + back_ms, spin_rpm=-45.0, spin_torque_mnm=-20.0)


@keeps("M4")
def a_sock_let_go() -> Scene:
    return tangled(40, back_ms=300)


@breaks("M4")
def a_sock_wound_on() -> Scene:
    return tangled(60)


@breaks("M4")
def a_sock_wound_back() -> Scene:
    return tangled(40, back_ms=400)


@breaks("M4")
def a_sock_wound_on_after_a_halt() -> Scene:
    return tangled(40).put(1000, 1400, spin_rpm=45.0, spin_torque_mnm=20.0)


@keeps("T1")
def as_warm_as_allowed() -> Scene:
    return parked(500).put(temp_surface_c=43.0, temp_motor_c=70.0)


@breaks("T1")
def a_hot_head() -> Scene:
    return parked(500).put(200, temp_surface_c=43.5)


@breaks("T1")
def a_hot_motor() -> Scene:
    return parked(500).put(200, temp_motor_c=71.0)


# Orders


def silent_host(ms: int) -> Scene:
    scene = Scene(2000).state(500 + ms, "RETRACT").let_go(500 + ms)
    return scene.put(500, cmd_seq=scene.arrays["cmd_seq"][500])


@keeps("W2")
def a_silent_host_answered_in_time() -> Scene:
    return silent_host(100)


@breaks("W2")
def a_silent_host_obeyed() -> Scene:
    return silent_host(110)


@breaks("W2")
def a_force_asked_for_an_old_frame() -> Scene:
    return Scene(500).put(200, 220, frame_age_ms=51.0)


@keeps("W2")
def no_force_asked_for_an_old_frame() -> Scene:
    return Scene(500).let_go(200).put(200, frame_age_ms=300.0)


@keeps("W3")
def numbers_that_rise_with_gaps() -> Scene:
    scene = Scene(500)
    return scene.put(250, cmd_seq=scene.arrays["cmd_seq"][250:] + 40)


@breaks("W3")
def an_old_number_obeyed() -> Scene:
    return Scene(500).put(250, 255, cmd_seq=990)


@keeps("W3")
def a_new_session_counts_from_one() -> Scene:
    scene = arming()
    scene.put(0, 300, cmd_seq=9000)
    return scene


@keeps("W5")
def a_set_point_of_60_ms() -> Scene:
    return Scene(500).put(200, 210, cmd_age_ms=60.0)


@breaks("W5")
def a_set_point_of_61_ms() -> Scene:
    return Scene(500).put(200, 210, cmd_age_ms=61.0)


@keeps("D4")
def numbers() -> Scene:
    return Scene(500)


@breaks("D4")
def a_set_point_that_is_no_number() -> Scene:
    return Scene(500).put(200, setpoint_n=np.nan)


@breaks("D4")
def an_endless_temperature() -> Scene:
    return Scene(500).put(200, temp_motor_c=-np.inf)


# Consent


def arming(at: int = 500, consent_s_before: float = 2.0) -> Scene:
    scene = parked(2000).state(at, "ARMED").state(at + 100, "RUNNING")
    scene.put(at - 5, arm_req_at=scene.at_us(at - 5))
    return scene.put(consent_at=scene.at_us(at) - round(consent_s_before * 1e6))


@keeps("S1")
def armed_on_the_way() -> Scene:
    return arming()


@breaks("S1")
def running_without_being_armed() -> Scene:
    return arming().state(500, "READY").state(600, "RUNNING")


@breaks("S1")
def armed_out_of_silence() -> Scene:
    scene = arming()
    scene.put(0, 500, fw_state=0, enable=False)
    return scene


def rearmed(consent_ms: int = 1200, asked_ms: int = 1300) -> Scene:
    scene = Scene(3000).state(500, "RETRACT").let_go(500).state(900, "READY")
    scene.state(1500, "ARMED")
    scene.put(consent_ms, consent_at=scene.at_us(consent_ms))
    return scene.put(asked_ms, arm_req_at=scene.at_us(asked_ms))


@breaks("S1")
def armed_again_without_an_arm() -> Scene:
    return rearmed(asked_ms=400)


@breaks("S1")
def a_force_applied_when_ready() -> Scene:
    return arming().put(200, 210, applied_n=2.0)


@breaks("S1")
def a_press_that_goes_up_when_ready() -> Scene:
    return arming().put(200, 300, z_mm=np.arange(100) * 0.004).put(300, z_mm=0.4)


@keeps("S2")
def armed_when_homed() -> Scene:
    return arming()


@breaks("S2")
def armed_when_not_homed() -> Scene:
    return arming().put(homed=False)


@keeps("S3")
def a_new_consent_after_a_trip() -> Scene:
    return rearmed()


@breaks("S3")
def armed_again_by_the_consent_before_the_trip() -> Scene:
    return rearmed(consent_ms=400)


@breaks("S3")
def armed_after_a_reset_by_the_consent_before_it() -> Scene:
    scene = arming(1500).put(consent_at=Scene(1).at_us(100))
    scene.put(500, 900, fw_state=0, enable=False)
    return scene


@breaks("S3")
def armed_after_stop_by_the_consent_before_it() -> Scene:
    return arming().put(200, stop_at=Scene(1).at_us(200)).put(consent_at=Scene(1).at_us(100))


SESSION_MS = 30 * 60 * 1000


def long_session(ms: int) -> Scene:
    scene = parked(ms, "RUNNING").put(setpoint_n=6.0, applied_n=6.0)
    return scene.put(consent_at=CONSENT_US)


@keeps("C4")
def half_an_hour() -> Scene:
    return long_session(SESSION_MS + 900)


@breaks("C4")
def more_than_half_an_hour() -> Scene:
    return long_session(SESSION_MS + 1200)


@keeps("C4")
def half_an_hour_since_power_on() -> Scene:
    scene = long_session(SESSION_MS + 61_000).event(60_000, "power", "cycle")
    scene.put(60_000, 60_200, setpoint_n=0.0, applied_n=0.0)
    scene.put(60_000, 60_050, fw_state=0, enable=False)
    scene.put(60_050, consent_at=scene.at_us(60_050), arm_req_at=scene.at_us(60_060))
    return scene.put(60_050, 60_100, fw_state=1).put(60_100, 60_200, fw_state=2)


@keeps("C5")
def consent_a_minute_old() -> Scene:
    return arming(consent_s_before=60.0)


@breaks("C5")
def consent_older_than_a_minute() -> Scene:
    return arming(consent_s_before=60.1)


@breaks("C5")
def no_consent_at_all() -> Scene:
    return arming().put(consent_at=-1)


@breaks("C5")
def a_pause_of_more_than_5_minutes() -> Scene:
    return parked(300_100, "ARMED")


@keeps("C6")
def limits_in_their_order() -> Scene:
    return Scene(500).put(applied_n=20.0)


@breaks("C6")
def more_applied_than_the_host_allows() -> Scene:
    return Scene(500).put(200, 300, applied_n=20.1)


@breaks("C6")
def more_applied_than_the_device_allows() -> Scene:
    return Scene(500).put(200, 300, hard_limit_n=5.9)


@breaks("C6")
def a_host_limit_above_the_ceiling() -> Scene:
    return Scene(500, left=on("arch", 0.4, 0.25, 6.0)).put(200, 300, limit_n=28.1)


@breaks("C6")
def a_device_limit_above_every_ceiling() -> Scene:
    return Scene(500).put(200, 300, hard_limit_n=60.1)


def asked_to_arm(running_after_ms: int | None) -> Scene:
    scene = parked(32_000).put(1000, arm_req_at=Scene(1).at_us(1000))
    if running_after_ms is not None:
        scene.state(1500, "ARMED").state(1000 + running_after_ms, "RUNNING")
    return scene


@keeps("L2")
def running_within_half_a_minute() -> Scene:
    return asked_to_arm(29_900)


@breaks("L2")
def never_running() -> Scene:
    return asked_to_arm(None)


@breaks("L2")
def running_too_late() -> Scene:
    return asked_to_arm(30_500)
