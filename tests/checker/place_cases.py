"""P1 to P5: where a head presses, and on what."""

import numpy as np

from tests.checker.builder import HEEL, Scene, arming, on
from tests.checker.registry import breaks, keeps


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
