"""The masks the device must hold before it may be armed: each made for the foot as it lies now."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from controller.bed import Bed
from controller.geometry import Side
from controller.pose import FootPose
from firmware_bridge.messages import BedFlag, BedReport, Down, Mask, MaskHead, Refusal

MASK_EVERY_US: Final = 200_000
"""A mask that is not answered is sent again."""


class Answered(NamedTuple):
    """An order that the device has answered: its `Refusal`, None where it took it."""

    order: Down
    refusal: int | None


class Masked(NamedTuple):
    """The mask sent last for one bed.

    Attributes:
        order: The mask, None before the first of a start.
        pose: Of the foot it was made for.
        sent_us: When it was sent.
        taken: The device has said that it took this very mask.
        moved: The device has refused it: too far from where a person consented.
    """

    order: Mask | None = None
    pose: FootPose | None = None
    sent_us: int = 0
    taken: bool = False
    moved: bool = False

    def holds(self, bed: Bed, report: BedReport) -> bool:
        """Return whether the device has this mask in force, and the foot lies as it says."""
        in_force = self.taken and bool(report.flags & BedFlag.MASK_SET)
        return in_force and self.pose is bed.pose is not None

    def is_due(self, bed: Bed, report: BedReport, now_us: int) -> bool:
        """Return whether a mask for the foot as it lies now must be sent."""
        awaited = self.pose is bed.pose and now_us - self.sent_us < MASK_EVERY_US
        return not awaited and not self.holds(bed, report)


Masks = tuple[Masked, Masked]
UNMASKED: Final[Masks] = (Masked(), Masked())


def hear_answers(masks: Masks, answers: Iterable[Answered]) -> Masks:
    """Return the masks after `answers`; one to an older mask says nothing."""
    left, right = masks
    for answered in answers:
        left, right = _heard(left, answered), _heard(right, answered)
    return left, right


def _heard(masked: Masked, answered: Answered) -> Masked:
    if masked.order is not answered.order:
        return masked
    refusal = answered.refusal
    return masked._replace(taken=refusal is None, moved=refusal == Refusal.MASK_MOVED)


def mask_for(bed: Bed, now_us: int) -> tuple[Masked, Mask]:
    """Return the mask of the registered foot on `bed`, as a note of it and as the order to send."""
    pose, field = bed.pose, bed.field
    if pose is None or field is None:  # the caller checked; the type cannot say so
        raise AssertionError("a mask is only made for a registered foot")
    head = MaskHead(
        bed=0 if bed.side is Side.LEFT else 1,
        rows=field.mask_mn.shape[0],
        cols=field.mask_mn.shape[1],
        heel_x_um=round(pose.heel_x_mm * 1000),
        heel_y_um=round(pose.heel_y_mm * 1000),
        axis_cdeg=round(pose.axis_deg * 100),
    )
    order = Mask(head, field.mask_mn)
    return Masked(order, pose, now_us), order
