"""Traces made by hand, column by column: what they are about is written, the rest is calm."""

from typing import Any

import numpy as np

STATES = ("SILENT", "READY", "ARMED", "RUNNING", "RETRACT", "LATCHED", "LIMP")
HOST_STATES = (
    *("no_device", "no_foot", "ready", "starting", "running"),
    *("paused", "ending", "ended", "stopped", "fault"),
)
REGIONS = (
    *("heel_medial", "heel_lateral", "heel_anterior_medial", "arch", "midfoot_lateral"),
    *("mth1", "mth2", "mth3", "mth4", "mth5", "hallux", "toes"),
)
OFF_SOLE = -1
START_US = 100_000_000
HEEL: dict[str, Any] = {"region": "heel_medial", "u": 0.1, "v": 0.25}
CONSENT_US = START_US - 10_000_000

PARKED: dict[str, Any] = {
    "force_n": np.float32(0.0),
    "depth_mm": np.float32(0.0),
    "gap_mm": np.float32(20.0),
    "z_mm": np.float32(0.0),
    "x_mm": np.float32(80.0),
    "y_mm": np.float32(60.0),
    "spin_rpm": np.float32(0.0),
    "spin_torque_mnm": np.float32(0.0),
    "spin_expected_mnm": np.float32(0.0),
    "press_current_ma": np.float32(0.0),
    "region_true": np.int8(0),
    "u_true": np.float32(0.1),
    "v_true": np.float32(0.25),
    "sole_margin_mm": np.float32(20.0),
    "in_mask": np.bool_(True),
    "zone_believed": np.uint8(0),
    "region_believed": np.int8(0),
    "setpoint_n": np.float32(0.0),
    "applied_n": np.float32(0.0),
    "limit_n": np.float32(20.0),
    "hard_limit_n": np.float32(40.0),
    "rate_limit_n_s": np.float32(15.0),
    "bed_n": np.float32(40.0),
    "resting_n": np.float32(40.0),
    "saturated": np.uint16(0),
    "single_foot": np.bool_(True),
    "foot_moved": np.bool_(False),
}
PRESSING: dict[str, Any] = PARKED | {
    "force_n": np.float32(6.0),
    "depth_mm": np.float32(3.0),
    "gap_mm": np.float32(-3.0),
    "z_mm": np.float32(12.0),
    "press_current_ma": np.float32(106.0),
    "setpoint_n": np.float32(6.0),
    "applied_n": np.float32(6.0),
    "bed_n": np.float32(44.0),
}


class Scene:
    """A trace in the making; columns are constant until they are written to.

    Args:
        ms: How long it is.
        state: Of the device.
        left: Columns of the left bed; the right head is parked.
    """

    def __init__(self, ms: int, state: str = "RUNNING", left: dict[str, Any] = PRESSING) -> None:
        self.ms = ms
        rows = np.arange(ms)
        self.arrays: dict[str, np.ndarray] = {
            "t_us": START_US + rows * 1000,
            "cmd_seq": (1000 + rows // 5).astype(np.uint32),
            "cmd_age_ms": (1 + rows % 5).astype(np.float32),
            "fw_state_names": np.array(STATES),
            "host_state_names": np.array(HOST_STATES),
            "event_t_us": np.array([], np.int64),
            "event_kind": np.array([], np.str_),
            "event_text": np.array([], np.str_),
            "seed": np.array(7),
            "routine": np.array("by-hand"),
            "person": np.array("adult"),
            "commit": np.array(""),
            "faults": np.array(""),
        }
        calm = {
            "fw_state": np.int8(STATES.index(state)),
            "host_state": np.int8(HOST_STATES.index("running")),
            "enable": np.bool_(True),
            "homed": np.bool_(True),
            "frame_age_ms": np.float32(0.0),
            "fault_on": np.uint16(0),
            "stop_at": np.int64(-1),
            "consent_at": np.int64(CONSENT_US),
            "arm_req_at": np.int64(CONSENT_US + 1_000_000),
            "temp_motor_c": np.float32(25.0),
            "temp_surface_c": np.float32(30.0),
        }
        for name, value in calm.items():
            self.arrays[name] = np.broadcast_to(value, ms)
        for suffix, bed in (("_l", left), ("_r", PARKED)):
            for name, value in bed.items():
                self.arrays[name + suffix] = np.broadcast_to(value, ms)

    def put(self, start: int = 0, end: int | None = None, /, **values: Any) -> "Scene":
        """Write values, or rows of values, into columns; per-bed names without a bed are left."""
        for name, value in values.items():
            column = name if name in self.arrays else f"{name}_l"
            written = np.array(self.arrays[column])
            written[start:end] = value
            self.arrays[column] = written
        return self

    def state(self, start: int, name: str) -> "Scene":
        """Put the device into a state from a row on."""
        return self.put(start, fw_state=STATES.index(name))

    def let_go(self, start: int, ms: int = 40) -> "Scene":
        """Take the left head off the foot from a row on, within so long."""
        end = start + ms
        self.put(start, setpoint_n=0.0, applied_n=0.0)
        for name, to in (("force_n", 0.0), ("gap_mm", 1.0), ("z_mm", 8.0), ("bed_n", 40.0)):
            rest = self.arrays[f"{name}_l"][start]
            self.put(start, end, **{name: np.linspace(rest, to, ms)})
            self.put(end, **{name: to})
        return self.put(end, press_current_ma=0.0)

    def event(self, ms: int, kind: str, text: str = "") -> "Scene":
        """Note an event."""
        self.arrays["event_t_us"] = np.append(self.arrays["event_t_us"], self.at_us(ms))
        self.arrays["event_kind"] = np.append(self.arrays["event_kind"], kind)
        self.arrays["event_text"] = np.append(self.arrays["event_text"], text)
        return self

    def at_us(self, ms: int) -> int:
        """Return the time of a row."""
        return START_US + ms * 1000


def parked(ms: int, state: str = "READY") -> Scene:
    """Return a machine whose heads are both at home."""
    return Scene(ms, state, PARKED)


def arming(at: int = 500, consent_s_before: float = 2.0) -> Scene:
    """Return a machine that is armed at a row, and runs 100 ms later."""
    scene = parked(2000).state(at, "ARMED").state(at + 100, "RUNNING")
    scene.put(at - 5, arm_req_at=scene.at_us(at - 5))
    return scene.put(consent_at=scene.at_us(at) - round(consent_s_before * 1e6))


def on(region: str, u: float, v: float, force_n: float) -> dict[str, Any]:
    """Return the columns of a head that presses there."""
    index = REGIONS.index(region)
    return PRESSING | {
        "force_n": np.float32(force_n),
        "setpoint_n": np.float32(force_n),
        "applied_n": np.float32(force_n),
        "limit_n": np.float32(max(force_n, 8.0)),
        "hard_limit_n": np.float32(60.0),
        "press_current_ma": np.float32(40.0 + 11.0 * force_n),
        "region_true": np.int8(index),
        "region_believed": np.int8(index),
        "u_true": np.float32(u),
        "v_true": np.float32(v),
    }


def window(arrays: dict[str, np.ndarray], start: int, end: int) -> dict[str, np.ndarray]:
    """Return the rows from `start` up to `end` as a trace of its own."""
    count = len(arrays["t_us"])
    return {
        name: array[start:end] if array.shape == (count,) else array
        for name, array in arrays.items()
    }
