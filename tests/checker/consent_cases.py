"""S1 to S3, C4 to C6 and L2: who may start what, and for how long."""

import numpy as np

from tests.checker.builder import CONSENT_US, Scene, arming, on, parked
from tests.checker.registry import breaks, keeps


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


def run_away_when_ready(cut_ms: int) -> Scene:
    scene = arming().state(800, "RETRACT").state(900, "READY").put(1300, fault_on=1)
    scene.put(1300, 1310, z_mm=np.arange(10) * 0.004).put(1310, z_mm=0.04)
    return scene.state(1300 + cut_ms, "LIMP").put(1300 + cut_ms, enable=False)


@keeps("S1")
def a_press_that_runs_away_when_ready_and_is_cut_within_20_ms() -> Scene:
    return run_away_when_ready(20)


@breaks("S1")
def a_press_that_runs_away_when_ready_and_is_cut_too_late() -> Scene:
    return run_away_when_ready(21)


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
