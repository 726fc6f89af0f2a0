"""What people may see of a session: one table of codes and figures, and the pressure image."""

import math
import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from controller.bed import Bed
from controller.governor import Clamp, Given
from controller.lateness import FROM_US, Histogram
from controller.massage import Run
from controller.pose import FootPose
from controller.pressure import calibrate
from controller.regions import REGIONS
from controller.session import Session
from controller.settings import Machine, Settings
from controller.state import State
from controller.unloading import quantile_us
from controller.zones import zone_weights
from firmware_bridge.errors import OtherDeviceError
from firmware_bridge.link import Link
from firmware_bridge.messages import BedReport, Flag

IMAGE_HEAD: Final = struct.Struct("<BBBBIQ")
IMAGE_VERSION: Final = 1
ZONE_SHOWN_RATIO: Final = 0.005
"""Zones that bear less than this share of the load are left out of the list."""

_POSE_FIGURES: Final = ("heel_x", "heel_y", "length", "width")


class ZoneLoads:
    """Shares of the load by zone of one bed; remembers the weights of the pose seen last."""

    def __init__(self) -> None:
        self._pose: FootPose | None = None
        self._weights: NDArray[np.float32] | None = None

    def of(self, bed: Bed, settings: Settings, machine: Machine) -> list[dict[str, Any]]:
        """Return the loaded zones of the foot on `bed`."""
        if bed.pose is None or bed.calm_kpa is None:
            return []
        if bed.pose is not self._pose or self._weights is None:
            self._pose = bed.pose
            self._weights = zone_weights(settings.atlas, machine.grid, bed.pose)
        kpa = bed.calm_kpa.ravel()
        whole_kpa = float(kpa.sum())
        if whole_kpa <= 0.0:
            return []
        ratios = self._weights @ kpa / whole_kpa
        return [
            {"no": int(index) + 1, "load_ratio": round(float(ratios[index]), 4)}
            for index in np.flatnonzero(ratios >= ZONE_SHOWN_RATIO)
        ]


def status(
    state: State,
    settings: Settings,
    *,
    link: Link,
    zones: tuple[ZoneLoads, ZoneLoads],
    late: Histogram,
    work: Histogram,
    fifo: bool,
    trouble: str,
    version: str,
) -> dict[str, Any]:
    """Return the status as others rely on it; codes, never sentences."""
    machine = settings.machine
    return {
        "version": version,
        "seq": state.ticks,
        "device": _device(state, machine, link),
        "link": link_table(link),
        "session": _session(state),
        "beds": {
            bed.side.value: _bed(state, index, settings, zones[index])
            for index, bed in enumerate(state.beds)
        },
        "alarms": _alarms(state, link, trouble),
        "loop": _loop(late, work, fifo=fifo),
        "images": None
        if machine is None
        else {
            "rows": machine.grid.rows,
            "cols": machine.grid.cols,
            "pitch_mm": [machine.grid.pitch_x_mm, machine.grid.pitch_y_mm],
        },
    }


def _loop(late: Histogram, work: Histogram, *, fifo: bool) -> dict[str, Any]:
    lateness, effort = late.spread(), work.spread()
    return {
        "late_p50_us": lateness.p50_us,
        "late_p99_us": lateness.p99_us,
        "late_p999_us": lateness.p999_us,
        "late_max_us": lateness.max_us,
        "late_from_us": FROM_US,
        "late_counts": late.coarse(),
        "tick_us": {"p50": effort.p50_us, "p99": effort.p99_us, "max": effort.max_us},
        "fifo": fifo,
    }


def _device(state: State, machine: Machine | None, link: Link) -> dict[str, Any]:
    stats = link.stats
    return {
        "id": machine.device_id if machine else None,
        "state": state.device.name if machine and state.frame else None,
        "simulated": machine.simulated if machine else None,
        "unloading": _unloading(state),
        "link": {
            "phase": link.phase.value,
            "frames": stats.frames,
            "bad_crc": link.bad_crc,
            "gaps": stats.gaps,
            "stale": stats.stale,
            "naks": stats.naks,
            "age_ms": round(state.age_us / 1000, 1) if state.frame else None,
            "round_trip_us": stats.round_trips.last_us,
        },
    }


def _unloading(state: State) -> dict[str, Any]:
    """Return how soon the force was gone after the latest stops."""
    times_us = state.unloading.times_us
    return {"n": len(times_us)} | {
        f"{name}_ms": None if (found := quantile_us(times_us, share)) is None else found / 1000
        for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    }


def link_table(link: Link) -> dict[str, Any]:
    """Return how the wire to the device is doing, since this process began."""
    stats, framing, trips = link.stats, link.framing, link.stats.round_trips
    return {
        "phase": link.phase.value,
        "frames": stats.frames,
        "stale": stats.stale,
        "bad_crc": framing.bad_crc,
        "bad_length": framing.bad_length,
        "skipped_bytes": framing.skipped_bytes,
        "gaps": stats.gaps,
        "duplicates": stats.repeats,
        "foreign": stats.foreign,
        "malformed": stats.malformed,
        "naks": stats.naks,
        "reconnects": stats.reconnects,
        "age_us": stats.age_us,
        "age_max_us": stats.age_max_us,
        "round_trip_us": trips.last_us,
        "round_trip_p50_us": trips.quantile_us(0.5),
        "round_trip_p99_us": trips.quantile_us(0.99),
        "round_trip_max_us": trips.max_us,
        "drift_ppm": link.timebase.drift_ppm,
    }


def _session(state: State) -> dict[str, Any]:
    run = state.run
    shown = (
        run if state.session not in (Session.NO_DEVICE, Session.NO_FOOT, Session.READY) else None
    )
    return {
        "state": state.session.value,
        "routine": shown.routine if shown else None,
        "level": shown.level if shown else None,
        "active_s": round(shown.active_us / 1e6, 2) if shown else 0.0,
        "remaining_s": round(max(shown.total_us - shown.active_us, 0) / 1e6, 2) if shown else None,
        "progress": round(min(shown.active_us / shown.total_us, 1.0), 4) if shown else 0.0,
        "stroke": _stroke(shown) if shown else None,
        "waiting_for": _waiting_for(state),
        # Why the feet on the beds are not accepted is of more use than what ended the last massage.
        "reason": _bed_refusal(state) or state.reason or None,
    }


def _stroke(run: Run) -> dict[str, Any]:
    step = run.step
    return {
        "technique": step.stroke.technique,
        "title": dict(step.stroke.title),
        "foot": step.foot.value,
        "phase": run.phase.value,
    }


def _waiting_for(state: State) -> str | None:
    match state.session:
        case Session.NO_FOOT:
            return "feet"
        case Session.STARTING if not state.feet_ready:
            return "feet"
        case Session.STARTING:
            wanted = state.frame is not None and state.frame.frame.flags & Flag.CONSENT_WANTED
            return "start_button" if wanted else None
        case Session.FAULT:
            return "acknowledge"
        case _:
            return None


def _bed_refusal(state: State) -> str | None:
    if state.session is not Session.NO_FOOT:
        return None
    refusals = [bed.refusal for bed in state.beds if bed.refusal not in ("", "no_load")]
    return refusals[0] if refusals else None


def _alarms(state: State, link: Link, trouble: str) -> list[dict[str, Any]]:
    alarms: list[dict[str, Any]] = []
    if trouble:
        alarms.append(_alarm(trouble, 0, latched=False))
    if state.session is Session.FAULT:
        alarms.append(_alarm(state.reason, state.now_us - state.entered_us, latched=True))
    for why in (link.refused, link.bad_clock):
        if why is not None:
            alarm = {**_alarm(why.code, 0, latched=False), "detail": str(why)}
            other = {"device_id": why.found} if isinstance(why, OtherDeviceError) else {}
            alarms.append({**alarm, **other})
    return alarms


def _alarm(code: str, since_us: int, *, latched: bool) -> dict[str, Any]:
    return {"code": code, "since_ms": since_us // 1000, "latched": latched, "advice": code}


def _bed(state: State, index: int, settings: Settings, zones: ZoneLoads) -> dict[str, Any]:
    bed, given, machine = state.beds[index], state.given[index], settings.machine
    report = None
    if state.frame is not None:
        report = state.frame.frame.left if index == 0 else state.frame.frame.right
    return {
        "contact": _contact(bed),
        "side": bed.pose.side.value if bed.pose and bed.pose.side else None,
        "side_p": round(bed.pose.side_p, 4) if bed.pose else None,
        "pose": _pose(bed.pose) if bed.pose else None,
        "zones": zones.of(bed, settings, machine) if machine else [],
        **_force(bed, given, report),
    }


def _contact(bed: Bed) -> dict[str, Any] | None:
    contact = bed.contact
    if contact is None:
        return None
    return {
        "finding": contact.finding.value,
        "reason": bed.refusal or contact.reason,
        "area_cm2": round(contact.area_cm2, 1),
        "load_n": round(bed.load_n, 1),
        # Nothing that lies nowhere has a centre of pressure.
        "cop_mm": [round(contact.cop_x_mm, 1), round(contact.cop_y_mm, 1)]
        if math.isfinite(contact.cop_x_mm)
        else None,
    }


def _pose(pose: FootPose) -> dict[str, float]:
    table = {f"{name}_mm": round(getattr(pose, f"{name}_mm"), 1) for name in _POSE_FIGURES}
    table |= {f"{name}_sd_mm": round(getattr(pose, f"{name}_sd_mm"), 1) for name in _POSE_FIGURES}
    return {**table, "axis_deg": round(pose.axis_deg, 2), "axis_sd_deg": round(pose.axis_sd_deg, 2)}


def _force(bed: Bed, given: Given, report: BedReport | None) -> dict[str, Any]:
    place = bed.field.at(given.x_mm, given.y_mm) if bed.field else None
    return {
        "zone_under_head": (place.zone or None) if place else None,
        "region_under_head": REGIONS[place.region] if place and place.region >= 0 else None,
        "force_n": round(report.force_a_mn / 1000, 2) if report else None,
        "target_n": round(given.force_n, 2),
        "limit_n": round(given.limit_n, 2),
        "limit_reasons": list(given.reasons),
        "clamps": [_clamp(clamp) for clamp in given.clamps],
        "head": None
        if report is None
        else {
            "x_mm": report.x_um / 1000,
            "y_mm": report.y_um / 1000,
            "z_mm": report.z_um / 1000,
            "spin_rpm": report.spin_mrpm / 1000,
        },
    }


def _clamp(clamp: Clamp) -> dict[str, Any]:
    source, _, where = clamp.reason.partition(":")
    return {
        "asked_n": round(clamp.asked_n, 2),
        "given_n": round(clamp.given_n, 2),
        "margin_n": round(clamp.asked_n - clamp.given_n, 2),
        "source": source,
        "where": where or None,
    }


def image(state: State, machine: Machine) -> bytes:
    """Return both pressure images in tenths of a kPa, 16 bits each, left bed first."""
    if state.frame is None:
        return b""
    frame = state.frame.frame
    head = IMAGE_HEAD.pack(
        IMAGE_VERSION, 2, machine.grid.rows, machine.grid.cols, state.ticks, frame.device_us
    )
    planes = [
        np.minimum(calibrate(counts, calibration) * 10.0, 65_535.0).astype("<u2").tobytes()
        for counts, calibration in zip(frame.counts, machine.calibrations, strict=True)
    ]
    return head + b"".join(planes)
