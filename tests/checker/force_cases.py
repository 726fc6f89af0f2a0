"""F1 to F7: how hard, how fast, how long."""

import numpy as np

from tests.checker.builder import HEEL, Scene, on
from tests.checker.registry import breaks, keeps


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


def run_away(cut_ms: int, fault_on: int = 1) -> Scene:
    scene = approaching(5.0).put(100, fault_on=fault_on)
    scene.put(100, 110, z_mm=10.5 + np.arange(10) * 0.02).put(110, z_mm=10.7)
    scene.put(100 + cut_ms, setpoint_n=0.0, applied_n=0.0, press_current_ma=0.0)
    return scene.state(100 + cut_ms, "LIMP").put(100 + cut_ms, enable=False)


@keeps("F3")
def a_press_that_runs_away_and_is_cut_within_20_ms() -> Scene:
    return run_away(20)


@breaks("F3")
def a_press_that_runs_away_and_is_cut_too_late() -> Scene:
    return run_away(21)


@breaks("F3")
def a_fast_press_that_no_fault_has_broken() -> Scene:
    return run_away(10, fault_on=0)


@breaks("F3")
def a_force_that_rises_too_fast_because_a_press_runs_away() -> Scene:
    scene = Scene(800).put(200, 210, force_n=np.linspace(6.0, 9.2, 10)).put(210, force_n=9.2)
    scene.put(200, fault_on=1).state(210, "LIMP").put(210, enable=False)
    return scene.let_go(300)


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
