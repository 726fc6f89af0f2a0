"""The columns of a trace as one table: name, type and where each value comes from."""

from typing import Final, NamedTuple

import numpy as np

FORMAT: Final = 1
BED_SUFFIXES: Final = ("_l", "_r")

FW_STATE_NAMES: Final = ("SILENT", "READY", "ARMED", "RUNNING", "RETRACT", "LATCHED", "LIMP")
HOST_STATE_NAMES: Final = (
    "no_device",
    "no_foot",
    "ready",
    "starting",
    "running",
    "paused",
    "ending",
    "ended",
    "stopped",
    "fault",
)


class Column(NamedTuple):
    """One array of the trace.

    Attributes:
        name: Of the array; per-bed ones get a suffix.
        code: Its struct letter.
        source: What it is, and from whom.
    """

    name: str
    code: str
    source: str


MACHINE_COLUMNS: Final = (
    Column(
        "t_us",
        "q",
        "time since the machine was switched on; the clock in FRAME begins anew at each reset",
    ),
    Column("fw_state", "b", "index into fw_state_names"),
    Column("host_state", "b", "index into host_state_names; the newest set-point says it"),
    Column("enable", "?", "the drives of either head can move it by power"),
    Column("homed", "?", "homing done"),
    Column("cmd_seq", "I", "header counter of the set-point obeyed now, 0 none"),
    Column("cmd_age_ms", "f", "age of that set-point's frame, -1 none"),
    Column("frame_age_ms", "f", "age of its frame as the host saw it, -1 before the first"),
    Column("fault_on", "H", "named faults active"),
    Column("stop_at", "q", "device time of the last STOP, by wire or button, -1 none"),
    Column("consent_at", "q", "device time of the last START or foot placed, -1 none"),
    Column("arm_req_at", "q", "device time of the last ARM received, -1 none"),
    Column("temp_motor_c", "f", "warmer of both press motors"),
    Column("temp_surface_c", "f", "warmer of both heads"),
)
BED_COLUMNS: Final = (
    Column("force_n", "f", "true force between head and sole"),
    Column("depth_mm", "f", "true indentation"),
    Column("gap_mm", "f", "head to skin, negative in contact"),
    Column("z_mm", "f", "press"),
    Column("x_mm", "f", "carriage"),
    Column("y_mm", "f", "carriage"),
    Column("spin_rpm", "f", "head rotation"),
    Column(
        "spin_torque_mnm",
        "f",
        "true torque on the spin drive: friction of the head, and what is caught in it",
    ),
    Column("spin_expected_mnm", "f", "that friction alone"),
    Column("press_current_ma", "f", "of the press motor; channel B is made from it"),
    Column("region_true", "b", "true limit region under the head, -1 off the sole"),
    Column("u_true", "f", "along the sole, 0 heel to 1 toes"),
    Column("v_true", "f", "across the sole, 0 medial to 1 lateral"),
    Column("sole_margin_mm", "f", "head to the true outline, inside positive"),
    Column("in_mask", "?", "the mask allows pressing at the head's middle"),
    Column("zone_believed", "B", "the newest set-point says it, 0 none"),
    Column("region_believed", "b", "the newest set-point says it, -1 none"),
    Column("setpoint_n", "f", "the newest set-point's force"),
    Column("applied_n", "f", "obeyed by the firmware now"),
    Column("limit_n", "f", "the newest set-point's limit: all caps of the host"),
    Column("hard_limit_n", "f", "the device's own limit under the head's contact"),
    Column("rate_limit_n_s", "f", "fastest rise allowed by set-point and device"),
    Column("bed_n", "f", "true load on the bed, head included"),
    Column("resting_n", "f", "true load that the foot would put on the bed without the head"),
    Column("saturated", "H", "taxels that read full scale in the last scan, broken ones included"),
    Column("single_foot", "?", "one foot and nothing else stands on the bed"),
    Column("foot_moved", "?", "the foot is being placed or pulled away now"),
)
COLUMNS: Final = MACHINE_COLUMNS + tuple(
    column._replace(name=column.name + suffix) for suffix in BED_SUFFIXES for column in BED_COLUMNS
)
ROW_CODES: Final = "<" + "".join(column.code for column in COLUMNS)
ROW_TYPE: Final = np.dtype(
    [(column.name, np.dtype(column.code).newbyteorder("<")) for column in COLUMNS]
)
