"""M1 to M4 and T1: drives and their warmth."""

import numpy as np

from tests.checker.builder import Scene, parked
from tests.checker.registry import breaks, keeps


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


def home_lost(slower_mm_s: float) -> Scene:
    """A carriage on its way at 70 mm/s, which grows slower by so much each millisecond."""
    scene = parked(1000, "READY").state(500, "LATCHED").put(500, homed=False)
    speed_mm_s = np.full(1000, 70.0)
    speed_mm_s[515:] -= slower_mm_s * np.arange(485)
    return scene.put(x_mm=20.0 + np.cumsum(np.maximum(speed_mm_s, 0.0)) / 1000.0)


@keeps("M3")
def a_carriage_that_runs_out_when_home_is_lost() -> Scene:
    return home_lost(2.0)


@breaks("M3")
def a_carriage_that_runs_on_when_home_is_lost() -> Scene:
    return home_lost(0.0)


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
