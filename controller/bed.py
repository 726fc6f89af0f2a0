"""What is known of one bed: what the matrix feels, whether a foot lies still, and its pose."""

import math
from typing import Final, NamedTuple

import numpy as np

from controller.contact import Contact, Finding, HeadPlace, find_contact
from controller.field import MAX_DOUBT_MM, SoleField, build_field, pose_doubt_mm
from controller.footing import STILL, Footing, Lying, Stir, conclude, look, take_footing
from controller.geometry import Grid, Side
from controller.pose import FootPose, PoseFit, advance_fit, begin_fit
from controller.pressure import Kpa, calibrate
from controller.settings import Machine, Settings
from firmware_bridge.messages import BedReport, Frame

STILL_US: Final = 1_000_000
STILL_MM: Final = 8.0
"""A foot whose centre of pressure stays this near for this long is still, and is registered; from
then on its whole image says whether it moves. Podal proposal."""

GONE_RATIO: Final = 0.4
GONE_FRAMES: Final = 3
"""Below this share of the load it had when registered, for this many frames, the foot has gone."""

ODD_FRAMES: Final = 4
"""So many judged images in a row (160 ms) must not look like a foot before it counts as none: noise
at the edge of a blob may split a print for one frame."""

CALM_SHARE: Final = 0.25
"""Weight of a judged image in the calm one, at 25 a second: 140 ms, 40 % of the noise."""

SATURATED: Final = 3
"""So many taxels at full scale and the pressure is not known any more. Source: hazard table, C4."""

AROUND_MM: Final = 20.0
"""The head's own radius: what it presses is felt within."""

TOUCHING_MN: Final = 500

SIDE_BELIEF: Final = 0.9
"""Belief in the wrong side from which a foot counts as swapped."""


class Bed(NamedTuple):
    """One bed. A tuple and not a dataclass because it is replaced several times a tick.

    Attributes:
        side: Which bed.
        load_n: Whole load on the matrix, head included.
        head_kpa: Highest pressure around the head, 0 while it is lifted.
        saturated_frames: Frames in a row in which `SATURATED` taxels stood at full scale.
        kpa: The newest image, shape (rows, cols), None before the first.
        contact: The newest judgement of the image, None before the first.
        calm_kpa: Image averaged while no head presses, shape (rows, cols), kPa.
        anchor_x_mm: Centre of pressure when the foot last settled.
        anchor_y_mm: Centre of pressure when the foot last settled.
        still_since_us: When it settled there, -1 while there is no foot.
        fit: Pose fit under way.
        footing: The image that was fitted, to see by whether the foot has moved since.
        stir: What has changed since.
        strange: Something else lies there beside the registered foot.
        pose: Pose of the registered foot.
        field: What that sole allows.
        settled_n: Load when the pose was registered.
        gone_frames: Frames in a row in which that load was missing.
        odd_frames: Judged images in a row that did not look like a foot.
        refusal: Code why what lies there is not accepted, "" where nothing is wrong.
    """

    side: Side
    load_n: float = 0.0
    head_kpa: float = 0.0
    saturated_frames: int = 0
    kpa: Kpa | None = None
    contact: Contact | None = None
    calm_kpa: Kpa | None = None
    anchor_x_mm: float = 0.0
    anchor_y_mm: float = 0.0
    still_since_us: int = -1
    fit: PoseFit | None = None
    footing: Footing | None = None
    stir: Stir = STILL
    strange: bool = False
    pose: FootPose | None = None
    field: SoleField | None = None
    settled_n: float = 0.0
    gone_frames: int = 0
    odd_frames: int = 0
    refusal: str = "no_load"

    @property
    def registered(self) -> bool:
        """A foot lies still here and the sole's field is known."""
        return self.field is not None

    @property
    def watched(self) -> bool:
        """How the foot lay when it was registered is known, and compared with."""
        return self.footing is not None and self.fit is None

    @property
    def gone(self) -> bool:
        """The registered foot no longer bears its load."""
        return self.gone_frames >= GONE_FRAMES


def weigh(beds: tuple[Bed, Bed], frame: Frame, machine: Machine) -> tuple[Bed, Bed]:
    """Return both beds with the loads and peaks of one more frame."""
    counts = frame.counts
    kpa = calibrate(counts, machine.both_beds)
    newton = machine.grid.cell_area_cm2 / 10.0
    left_kpa, right_kpa = np.add.reduce(kpa, axis=(1, 2)).tolist()
    left, right = beds
    if int(np.maximum.reduce(counts, axis=None)) >= machine.full_scale_counts:
        full = np.count_nonzero(counts >= machine.full_scale_counts, axis=(1, 2)).tolist()
    else:
        full = [0, 0]
    return (
        _loaded(left, kpa[0], left_kpa * newton, frame.left, full[0], machine.grid),
        _loaded(right, kpa[1], right_kpa * newton, frame.right, full[1], machine.grid),
    )


def _head_kpa(kpa: Kpa, report: BedReport, grid: Grid) -> float:
    """Return the highest pressure within `AROUND_MM` of a head in contact, 0 without one."""
    if report.force_a_mn < TOUCHING_MN:
        return 0.0
    x_mm, y_mm = report.x_um / 1000, report.y_um / 1000
    bottom = grid.rows - int(max(y_mm - AROUND_MM, 0.0) / grid.pitch_y_mm)
    top = max(grid.rows - 1 - int((y_mm + AROUND_MM) / grid.pitch_y_mm), 0)
    first = int(max(x_mm - AROUND_MM, 0.0) / grid.pitch_x_mm)
    last = int((x_mm + AROUND_MM) / grid.pitch_x_mm) + 1
    window = kpa[top:bottom, first:last]
    return float(window.max()) if window.size else math.inf


def _loaded(bed: Bed, kpa: Kpa, load_n: float, report: BedReport, full: int, grid: Grid) -> Bed:
    missing = bed.field is not None and load_n < GONE_RATIO * bed.settled_n
    return bed._replace(
        kpa=kpa,
        load_n=load_n,
        head_kpa=_head_kpa(kpa, report, grid),
        saturated_frames=bed.saturated_frames + 1 if full >= SATURATED else 0,
        gone_frames=bed.gone_frames + 1 if missing else 0,
    )


def judge(bed: Bed, machine: Machine, head: HeadPlace | None, now_us: int) -> Bed:
    """Return the bed after the shape on it was judged.

    Args:
        bed: The bed before, with its newest image.
        machine: Its matrix.
        head: Where the roller presses the matrix, None while it is lifted.
        now_us: Time of the image.
    """
    kpa = bed.kpa
    if kpa is None:
        return bed
    if head is not None:
        return bed._replace(contact=find_contact(kpa, machine.grid, head=head))
    calm_kpa = kpa if bed.calm_kpa is None else bed.calm_kpa + CALM_SHARE * (kpa - bed.calm_kpa)
    contact = find_contact(calm_kpa, machine.grid)
    return _settle(bed._replace(contact=contact, calm_kpa=calm_kpa), contact, now_us)


def _settle(bed: Bed, contact: Contact, now_us: int) -> Bed:
    """Drop what was known of the foot when it moves or goes."""
    if contact.finding is not Finding.FOOT:
        odd_frames = bed.odd_frames + 1
        if odd_frames < ODD_FRAMES and bed.still_since_us >= 0:
            return bed._replace(odd_frames=odd_frames)
        return _forget(bed, still_since_us=-1, refusal=contact.reason)
    if bed.odd_frames:
        bed = bed._replace(odd_frames=0)
    way_mm = math.hypot(contact.cop_x_mm - bed.anchor_x_mm, contact.cop_y_mm - bed.anchor_y_mm)
    if bed.still_since_us >= 0 and (bed.watched or way_mm <= STILL_MM):
        return bed
    return _forget(bed, still_since_us=now_us, refusal="moving")._replace(
        anchor_x_mm=contact.cop_x_mm,
        anchor_y_mm=contact.cop_y_mm,
    )


def _forget(bed: Bed, *, still_since_us: int, refusal: str) -> Bed:
    return bed._replace(
        still_since_us=still_since_us,
        refusal=refusal,
        fit=None,
        footing=None,
        stir=STILL,
        strange=False,
        pose=None,
        field=None,
        gone_frames=0,
    )


def feel(bed: Bed, machine: Machine, head: HeadPlace | None, now_us: int) -> Bed:
    """Return the bed after a look at whether the registered foot has stirred, or has got company.

    A foot that has stirred is registered anew. One with company is not, or what lies beside it
    would be taken for a part of it: that has to go first, or the foot has to be lifted.
    """
    footing = bed.footing
    if footing is None or bed.fit is not None or bed.kpa is None:
        return bed
    stir = look(footing, bed.kpa, machine.grid, head, bed.stir)
    lying = conclude(stir, footing, bed.pose, in_company=bed.strange)
    if lying is Lying.IN_COMPANY:
        return bed._replace(
            stir=stir, strange=True, pose=None, field=None, gone_frames=0, refusal="not_one_thing"
        )
    if lying is Lying.MOVED or bed.strange:
        return _forget(bed, still_since_us=now_us, refusal="moving")
    return bed._replace(stir=stir)


def register(bed: Bed, settings: Settings, now_us: int) -> Bed:
    """Return the bed after one slice of finding the pose of a foot that lies still."""
    machine = settings.machine
    if machine is None or bed.registered or bed.still_since_us < 0 or bed.calm_kpa is None:
        return bed
    if bed.strange:
        return bed
    if now_us - bed.still_since_us < STILL_US:
        return bed
    if bed.fit is None:
        image = np.asarray(bed.calm_kpa)
        return bed._replace(
            fit=begin_fit(image, machine.grid),
            footing=take_footing(image, machine.grid),
            stir=STILL,
        )
    fit = advance_fit(bed.fit)
    if fit.failed:
        return _retry(bed, fit.failed, now_us)
    if fit.pose is None:
        return bed._replace(fit=fit)
    return _accept(bed._replace(fit=None), fit.pose, settings, machine, now_us)


def _retry(bed: Bed, refusal: str, now_us: int) -> Bed:
    return bed._replace(fit=None, footing=None, refusal=refusal, still_since_us=now_us)


def _accept(bed: Bed, pose: FootPose, settings: Settings, machine: Machine, now_us: int) -> Bed:
    if pose.fitted_side is not bed.side:
        if pose.side is not None and pose.side_p >= SIDE_BELIEF:
            return _retry(bed, "wrong_side", now_us)
        return _retry(bed, "side_unsure", now_us)
    if pose_doubt_mm(pose) > MAX_DOUBT_MM:
        return _retry(bed, "pose_unsure", now_us)
    field = build_field(
        pose,
        grid=machine.grid,
        limits=settings.limits,
        carriage=machine.carriage,
        atlas=settings.atlas,
        ceiling=machine.ceiling,
        standing=settings.standing,
    )
    anchored = bed
    if bed.contact is not None:  # where the foot is now that it lies still
        anchored = bed._replace(anchor_x_mm=bed.contact.cop_x_mm, anchor_y_mm=bed.contact.cop_y_mm)
    return anchored._replace(pose=pose, field=field, settled_n=bed.load_n, refusal="")
