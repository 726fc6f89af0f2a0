"""The truth of a run, a row a millisecond, and what happened in it; for judging, never for control.

The same code writes it for a run in real time and for one in virtual time.
"""

import struct
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.messages import BedTarget, DeviceState, EventKind, SetPoint, Trip
from simulator.firmware.firmware import Firmware
from simulator.firmware.head import Head
from simulator.firmware.machine import Happening
from simulator.plant.bed import BedPlant
from simulator.trace_columns import (
    COLUMNS,
    FORMAT,
    FW_STATE_NAMES,
    HOST_STATE_NAMES,
    ROW_CODES,
    ROW_TYPE,
)

_ROW: Final = struct.Struct(ROW_CODES)
_CHUNK_ROWS: Final = 8192
_NO_REGION: Final = 255

_NO_TARGET: Final = BedTarget(0, 0, 0, 0, 0, 0, 0, 0, 0, _NO_REGION)

BedRow = tuple[float | int | bool, ...]


class Trace:
    """A growing record.

    Args:
        seed: Of the run.
        routine: What the host was asked to run, where known.
        person: Whose feet.
        commit: Which source, where known.
    """

    def __init__(
        self, *, seed: int = 0, routine: str = "", person: str = "", commit: str = ""
    ) -> None:
        self._meta = {"routine": routine, "person": person, "commit": commit, "faults": ""}
        self._seed = seed
        self._chunks: list[bytearray] = []
        self._rows = 0
        self._events: list[tuple[int, str, str]] = []
        self._places = (_TruePlace(), _TruePlace())
        self._moments: tuple[int, ...] = (-1, -1, -1)
        self._moments_at_us: tuple[int, ...] = (-1, -1, -1)

    def __len__(self) -> int:
        return self._rows

    def record(
        self,
        now_us: int,
        ahead_us: int,
        firmware: Firmware,
        beds: tuple[BedPlant, BedPlant],
        fault_on: int,
    ) -> None:
        """Append the row of this millisecond.

        Args:
            now_us: Time of the machine.
            ahead_us: The microcontroller's clock less that time.
            firmware: What it does.
            beds: Plant truth.
            fault_on: How many named faults are active.
        """
        at = self._rows % _CHUNK_ROWS
        if at == 0:
            self._chunks.append(bytearray(_CHUNK_ROWS * _ROW.size))
        machine, order = firmware.machine, firmware.order
        obeying = machine.setpoint_counter != 0
        moments = (machine.stop_at_us, machine.consent_at_us, machine.arm_at_us)
        if moments != self._moments:
            self._follow(moments, ahead_us)
        _ROW.pack_into(
            self._chunks[-1],
            at * _ROW.size,
            now_us,
            machine.state,
            order.host_state if order is not None else 0,
            beds[0].powered or beds[1].powered,
            machine.homed,
            machine.setpoint_counter,
            (now_us + ahead_us - machine.order_frame_us) * 1e-3 if obeying else -1.0,
            order.frame_age_ms if order is not None else -1.0,
            fault_on,
            *self._moments_at_us,
            max(beds[0].motor_c, beds[1].motor_c),
            max(beds[0].surface_c, beds[1].surface_c),
            *self._bed(0, beds[0], machine.heads[0], order),
            *self._bed(1, beds[1], machine.heads[1], order),
        )
        self._rows += 1

    def _bed(self, bed: int, plant: BedPlant, head: Head, order: SetPoint | None) -> BedRow:
        place = self._places[bed]
        place.follow(plant)
        force_n = plant.force_n
        target = _NO_TARGET if order is None else (order.left, order.right)[bed]
        region = target.limit_region
        return (
            force_n,
            plant.depth_mm,
            plant.gap_mm,
            plant.z_mm,
            plant.x_mm,
            plant.y_mm,
            plant.spin_rpm,
            plant.spin_torque_mnm,
            plant.spin_expected_mnm,
            plant.wires.press_ma,
            place.region,
            place.u,
            place.v,
            place.margin_mm,
            head.in_mask,
            target.limit_zone,
            -1 if region == _NO_REGION else min(region, 127),
            target.force_mn * 1e-3,
            head.applied_n,
            target.limit_mn * 1e-3,
            head.limit_n,
            head.rise_n * 1e3,
            plant.bed_n,
            plant.load_n,
            plant.saturated,
            plant.single_foot,
            plant.foot_moving,
        )

    def _follow(self, moments: tuple[int, ...], ahead_us: int) -> None:
        """Keep when the last of each was; a new firmware knows nothing of the one before."""
        self._moments_at_us = tuple(
            kept if moment in (before, -1) else moment - ahead_us
            for moment, before, kept in zip(
                moments, self._moments, self._moments_at_us, strict=True
            )
        )
        self._moments = moments

    def name_faults(self, names: list[str]) -> None:
        """Say which faults the run was given."""
        self._meta["faults"] = "; ".join(names)

    def note(self, t_us: int, kind: str, text: str) -> None:
        """Append one event."""
        self._events.append((t_us, kind, text))

    def note_happening(self, happening: Happening, ahead_us: int = 0) -> None:
        """Append an event of the firmware in words, at the time of the machine."""
        t_us, kind, bed, value = happening
        name = EventKind(kind).name.lower().replace("_", " ")
        match kind:
            case EventKind.STATE:
                text = DeviceState(value).name
            case EventKind.TRIP:
                text = Trip(value).name
            case EventKind.UNLOADED:
                text = f"after {value} ms"
            case EventKind.FOOT_PLACED:
                text = f"{value / 1000:.1f} N"
            case _:
                text = ""
        place = "" if bed > 1 else ("left ", "right ")[bed]
        self.note(t_us - ahead_us, name, (place + text).strip())

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return all arrays of the trace by name; rows are copies."""
        table = np.frombuffer(b"".join(self._chunks), ROW_TYPE, self._rows)
        found: dict[str, NDArray[np.generic]] = {
            column.name: np.ascontiguousarray(table[column.name]) for column in COLUMNS
        }
        found["fw_state_names"] = np.array(FW_STATE_NAMES)
        found["host_state_names"] = np.array(HOST_STATE_NAMES)
        found["event_t_us"] = np.array([event[0] for event in self._events], dtype=np.int64)
        found["event_kind"] = np.array([event[1] for event in self._events], dtype=np.str_)
        found["event_text"] = np.array([event[2] for event in self._events], dtype=np.str_)
        found["seed"] = np.array(self._seed)
        found["format"] = np.array(FORMAT)
        for name, value in self._meta.items():
            found[name] = np.array(value)
        return found

    def save(self, path: Path) -> None:
        """Write everything to an .npz, whole or not at all.

        Raises:
            OSError: The file cannot be written.
        """
        part = path.with_name(path.name + ".part")
        # Fast compression: most columns are constant for long, and an exit must not take seconds.
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, array in self.arrays().items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        part.replace(path)


class _TruePlace:
    """Where on the sole the head truly is; worked out anew only when it has moved."""

    __slots__ = ("_at", "margin_mm", "region", "u", "v")

    def __init__(self) -> None:
        self._at: tuple[object, ...] = ()
        self.region = -1
        self.u = self.v = -1.0
        self.margin_mm = -1000.0

    def follow(self, plant: BedPlant) -> None:
        """Look again where the head of `plant` is."""
        sole = plant.sole
        at = (plant.x_mm, plant.y_mm, plant.stance)
        if at == self._at or sole is None:
            return
        self._at = at
        along_mm, across_mm = plant.foot_point()
        self.u, self.v = sole.uv_at(along_mm, across_mm)
        self.margin_mm = sole.margin_at(along_mm, across_mm)
        self.region = sole.region_at(along_mm, across_mm)
