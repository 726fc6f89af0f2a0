"""W2, W3, W5 and D4: what the device is told."""

import numpy as np

from tests.checker.builder import Scene, arming
from tests.checker.registry import breaks, keeps


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
