"""The columns of a trace that the checker reads, by name and with their shape proven."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ROW_US: Final = 1_000  # docs/reference/trace.md: one row a millisecond
BEDS: Final = (("left", "_l"), ("right", "_r"))

Column = NDArray[Any]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class UnfitTraceError(ValueError):
    """The arrays are not a trace; says which of them, and why."""


@dataclass(frozen=True, slots=True)
class Bed:
    """Columns of one bed, as docs/reference/trace.md names them.

    Attributes:
        name: `left` or `right`.
    """

    name: str
    force_n: Column
    gap_mm: Column
    z_mm: Column
    x_mm: Column
    y_mm: Column
    spin_rpm: Column
    spin_torque_mnm: Column
    spin_expected_mnm: Column
    press_current_ma: Column
    region_true: Column
    u_true: Column
    v_true: Column
    sole_margin_mm: Column
    in_mask: Column
    region_believed: Column
    setpoint_n: Column
    applied_n: Column
    limit_n: Column
    hard_limit_n: Column
    rate_limit_n_s: Column
    bed_n: Column
    resting_n: Column
    saturated: Column
    single_foot: Column
    foot_moved: Column


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of the machine, as docs/reference/trace.md names them, and its beds.

    Attributes:
        left: Columns of the left bed.
        right: Columns of the right bed.
        faults: Those that the run was given, in the trace or not.
    """

    t_us: Column
    fw_state: Column
    host_state: Column
    enable: Column
    homed: Column
    cmd_seq: Column
    cmd_age_ms: Column
    frame_age_ms: Column
    fault_on: Column
    stop_at: Column
    consent_at: Column
    arm_req_at: Column
    temp_motor_c: Column
    temp_surface_c: Column
    fw_state_names: Column
    host_state_names: Column
    event_t_us: Column
    event_kind: Column
    event_text: Column
    left: Bed
    right: Bed
    faults: str

    def __len__(self) -> int:
        return len(self.t_us)

    @property
    def beds(self) -> tuple[Bed, Bed]:
        """Both beds."""
        return self.left, self.right

    def device_is(self, *names: str) -> Mask:
        """Return in which rows the device is in one of these states."""
        return np.isin(self.fw_state, _indices(self.fw_state_names, names))

    def host_is(self, *names: str) -> Mask:
        """Return in which rows the host is in one of these states, as its set-points say."""
        return np.isin(self.host_state, _indices(self.host_state_names, names))


MACHINE_COLUMNS: Final = tuple(
    field.name for field in fields(Rows) if field.name not in ("left", "right", "faults")
)
BED_COLUMNS: Final = tuple(field.name for field in fields(Bed) if field.name != "name")
_NOT_ROWS: Final = ("fw_state_names", "host_state_names", "event_t_us", "event_kind", "event_text")


def read_rows(arrays: Mapping[str, Column]) -> Rows:
    """Return the columns of a trace.

    Raises:
        UnfitTraceError: A column is missing or of another length, or the rows are not a millisecond
            apart.
    """
    names = (*MACHINE_COLUMNS, *(name + suffix for _, suffix in BEDS for name in BED_COLUMNS))
    missing = [name for name in names if name not in arrays]
    if missing:
        raise UnfitTraceError(f"it has no column {missing[0]}")
    count = len(arrays["t_us"])
    for name in names:
        if name not in _NOT_ROWS and arrays[name].shape != (count,):
            raise UnfitTraceError(f"{name} has not one value for each of its {count} rows")
    _check_clock(arrays["t_us"])
    left, right = (
        Bed(bed, **{name: arrays[name + suffix] for name in BED_COLUMNS}) for bed, suffix in BEDS
    )
    return Rows(
        **{name: arrays[name] for name in MACHINE_COLUMNS},
        left=left,
        right=right,
        faults=str(arrays.get("faults", "")),
    )


def _check_clock(t_us: Column) -> None:
    if len(t_us) == 0:
        raise UnfitTraceError("it has no rows")
    odd = np.flatnonzero(np.diff(t_us) != ROW_US)
    if len(odd):
        row = int(odd[0]) + 1
        apart_ms = (int(t_us[row]) - int(t_us[row - 1])) / 1000.0
        raise UnfitTraceError(f"row {row} is {apart_ms:g} ms after the one before, not 1 ms")


def _indices(known: Column, names: Iterable[str]) -> list[int]:
    return [index for index, name in enumerate(known.tolist()) if name in names]
