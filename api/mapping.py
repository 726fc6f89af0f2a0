"""What recorded frames show: each frame through contact, pose, regions and zones."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from api.recording import Recording
from controller.contact import CONTACT_KPA, Contact, Finding, find_contact
from controller.measures import RegionMeasure, ZoneMeasure, measure_regions, measure_zones
from controller.pose import FootPose, begin_fit, finish_fit
from controller.zones import load_atlas

_UNKNOWN_P: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class FrameMap:
    """What one frame shows. Pose, regions and zones are absent where the frame does not tell."""

    frame: int
    contact: Contact
    finding: Finding
    reason: str
    pose: FootPose | None
    regions: dict[str, RegionMeasure]
    zones: tuple[ZoneMeasure, ...]

    @property
    def side(self) -> str | None:
        """The side, if the frame tells it."""
        return self.pose.side.value if self.pose and self.pose.side else None

    @property
    def side_p(self) -> float:
        """Belief in the likelier side."""
        return self.pose.side_p if self.pose else _UNKNOWN_P


def map_recording(recording: Recording) -> Iterator[FrameMap]:
    """Map every frame, in order."""
    for index in range(len(recording)):
        yield map_frame(recording, index)


def map_frame(recording: Recording, index: int) -> FrameMap:
    """Map one frame of a recording."""
    image, grid = recording.image(index), recording.grid
    contact = find_contact(image, grid)
    if contact.finding is not Finding.FOOT:
        return FrameMap(index, contact, contact.finding, contact.reason, None, {}, ())
    fit = finish_fit(begin_fit(image, grid))
    if fit.pose is None:
        return FrameMap(index, contact, Finding.REFUSED, fit.failed, None, {}, ())
    if fit.pose.side is None:
        return FrameMap(index, contact, Finding.FOOT, "no_side", fit.pose, {}, ())
    regions = measure_regions(image, grid, fit.pose, threshold_kpa=CONTACT_KPA)
    zones = measure_zones(image, grid, fit.pose, load_atlas(), threshold_kpa=CONTACT_KPA)
    return FrameMap(index, contact, Finding.FOOT, "", fit.pose, regions, zones)


def json_row(found: FrameMap, recording: Recording) -> dict[str, Any]:
    """One line of the JSON output; peaks are in the recording's own unit."""
    unit = recording.kpa_per_unit
    contact = found.contact
    return {
        "frame": found.frame,
        "contact": found.finding.value,
        "reason": found.reason,
        "side": found.side,
        "side_p": round(found.side_p, 5),
        "pose": _pose_row(found.pose),
        "regions": {
            name: {
                "area_cm2": round(region.area_cm2, 3),
                "peak_kpa": round(region.peak_kpa / unit, 3),
                "load_ratio": round(region.load_ratio, 5),
            }
            for name, region in found.regions.items()
        },
        "zones": [{"no": zone.no, "load_ratio": round(zone.load_ratio, 5)} for zone in found.zones],
        "unit": recording.unit,
        "area_cm2": round(contact.area_cm2, 3),
        "load_n": round(contact.load_n, 3) if recording.unit == "kPa" else None,
        "cop_mm": None
        if math.isnan(contact.cop_x_mm)
        else [round(contact.cop_x_mm, 2), round(contact.cop_y_mm, 2)],
    }


def _pose_row(pose: FootPose | None) -> dict[str, float] | None:
    if pose is None:
        return None
    figures = {
        "heel_x_mm": (pose.heel_x_mm, pose.heel_x_sd_mm),
        "heel_y_mm": (pose.heel_y_mm, pose.heel_y_sd_mm),
        "axis_deg": (pose.axis_deg, pose.axis_sd_deg),
        "length_mm": (pose.length_mm, pose.length_sd_mm),
        "width_mm": (pose.width_mm, pose.width_sd_mm),
    }
    row = {name: round(figure, 3) for name, (figure, _) in figures.items()}
    return row | {f"{name}_sd": round(sd, 3) for name, (_, sd) in figures.items()}
