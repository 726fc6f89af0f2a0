"""Where a mask is taken, where it is refused, and what takes it away."""

from functools import partial

import numpy as np

from firmware_bridge.messages import BedFlag, DeviceState, Kind, Refusal
from simulator.conformance import messages
from simulator.conformance.case import Section, SkippedError, expect
from simulator.conformance.subject import Subject

SECTION = Section("mask", "#mask")
HEEL_UM = (80_000, 25_000)


def _is_set(subject: Subject, bed: int) -> bool:
    return bool(subject.bed(bed).flags & BedFlag.MASK_SET)


def _settle(subject: Subject) -> None:
    subject.feet()
    subject.next_frames(16)


@SECTION.add("taken", "A mask on the loaded cells gets ACK and sets MASK_SET on its bed alone.")
def taken(subject: Subject) -> None:
    _settle(subject)
    for bed in (1, 0):
        subject.greet()
        subject.accepted(Kind.MASK, subject.mask(bed))
        subject.until(partial(_is_set, subject, bed), 300_000, f"MASK_SET on bed {bed}")
        expect(not _is_set(subject, 1 - bed), f"none on bed {1 - bed}", "it is set")


@SECTION.add("again", "A new mask takes the place of the one before.")
def again(subject: Subject) -> None:
    _settle(subject)
    for limit_mn in (60_000, 10_000, 60_000):
        subject.accepted(Kind.MASK, subject.mask(0, limit_mn))
    subject.until(lambda: _is_set(subject, 0), 300_000, "MASK_SET")


@SECTION.add("shape", "A mask of another matrix gets MASK_SHAPE.", "C10")
def shape(subject: Subject) -> None:
    rows, cols = subject.matrix
    for high, wide in ((rows - 1, cols), (rows, cols - 1), (8, 4), (rows + 1, cols)):
        if (high, wide) != (rows, cols) and high * wide <= 2048:
            body = messages.mask(0, np.full((high, wide), 1000))
            subject.refused(Kind.MASK, body, Refusal.MASK_SHAPE)


@SECTION.add("transposed", "A mask with rows and cols exchanged gets MASK_SHAPE.", "C10")
def transposed(subject: Subject) -> None:
    rows, cols = subject.matrix
    if rows == cols:
        raise SkippedError("its matrix is square")
    body = messages.mask(0, np.full((cols, rows), 1000))
    subject.refused(Kind.MASK, body, Refusal.MASK_SHAPE)


@SECTION.add("nothing", "A mask that allows nothing gets MASK_NOT_LOADED.", "A3")
def nothing(subject: Subject) -> None:
    _settle(subject)
    rows, cols = subject.matrix
    subject.refused(
        Kind.MASK, messages.mask(0, np.zeros((rows, cols), dtype=np.int64)), Refusal.MASK_NOT_LOADED
    )


@SECTION.add("half", "A mask over half of the foot gets MASK_NOT_LOADED.", "A3", "B2")
def half(subject: Subject) -> None:
    _settle(subject)
    cells = subject.allowed(0)
    loaded = np.flatnonzero(cells.any(axis=1))
    middle = int(loaded[0] + loaded[-1]) // 2
    for keep in (slice(None, middle), slice(middle, None)):
        part = np.zeros_like(cells)
        part[keep] = cells[keep]
        subject.refused(Kind.MASK, subject.mask(0, cells=part), Refusal.MASK_NOT_LOADED)


@SECTION.add("beside", "A mask beside the foot gets MASK_NOT_LOADED.", "A3", "B2")
def beside(subject: Subject) -> None:
    _settle(subject)
    cells = ~subject.allowed(1)
    subject.refused(Kind.MASK, subject.mask(1, cells=cells), Refusal.MASK_NOT_LOADED)


@SECTION.add("far", "A masked cell further than 60 mm from any load gets MASK_NOT_LOADED.", "A3")
def far(subject: Subject) -> None:
    _settle(subject)
    pitch_x_um, pitch_y_um = subject.pitch_um
    for bed in (0, 1):
        row, col = np.nonzero(subject.image_kpa(bed) > 0.5)  # all that may be taken for load
        rows, cols = subject.matrix
        every_row, every_col = np.indices((rows, cols))
        dy = (every_row[..., None] - row) * pitch_y_um
        dx = (every_col[..., None] - col) * pitch_x_um
        away = np.sqrt(dx * dx + dy * dy).min(axis=2)
        if away.max() > 65_000:
            cells = subject.allowed(bed)
            cells[np.unravel_index(int(away.argmax()), away.shape)] = True
            subject.refused(Kind.MASK, subject.mask(bed, cells=cells), Refusal.MASK_NOT_LOADED)
            return
    raise SkippedError("no cell is that far from the feet")


@SECTION.add(
    "empty-bed", "On a bed without a foot every mask gets MASK_NOT_LOADED.", "A3", "B1",
    needs="person", seconds=3.0,
)  # fmt: skip
def empty_bed(subject: Subject) -> None:
    _settle(subject)
    body = subject.mask(1)
    subject.person("withdraw-right")
    subject.until(lambda: not subject.bed(1).flags & BedFlag.FOOT, 2_000_000, "a right bed empty")
    subject.wait(300_000)
    subject.refused(Kind.MASK, body, Refusal.MASK_NOT_LOADED)
    rows, cols = subject.matrix
    everywhere = messages.mask(1, np.full((rows, cols), 60_000))
    subject.refused(Kind.MASK, everywhere, Refusal.MASK_NOT_LOADED)


@SECTION.add("refused-keeps", "A mask that is refused leaves the one before in force.", "#answers")
def refused_keeps(subject: Subject) -> None:
    _settle(subject)
    subject.accepted(Kind.MASK, subject.mask(0))
    rows, cols = subject.matrix
    subject.refused(
        Kind.MASK, messages.mask(0, np.zeros((rows, cols), dtype=np.int64)), Refusal.MASK_NOT_LOADED
    )
    subject.next_frames()
    expect(_is_set(subject, 0), "MASK_SET", "none")


@SECTION.add("retract-forgets", "RETRACT takes the masks.", "#letting-go")
def retract_forgets(subject: Subject) -> None:
    subject.put_masks()
    subject.accepted(Kind.RETRACT, b"\x00")
    subject.next_frames()
    expect(not _is_set(subject, 0) and not _is_set(subject, 1), "no MASK_SET", "it is set")


@SECTION.add("in-retract", "While letting go, a mask gets WRONG_STATE.", seconds=6.0)
def in_retract(subject: Subject) -> None:
    subject.arm()
    body = subject.mask(0)
    subject.press(0, 6_000)
    subject.order = None
    subject.say(Kind.RETRACT, b"\x00")
    subject.refused(Kind.MASK, body, Refusal.WRONG_STATE)
    subject.in_state(DeviceState.READY)


@SECTION.add("while-armed", "Armed with both heads lifted, a mask of the same place is taken.")
def while_armed(subject: Subject) -> None:
    subject.arm()
    for bed in (0, 1):
        subject.accepted(Kind.MASK, subject.mask(bed))
    subject.next_frames()
    expect(subject.frame.state == DeviceState.ARMED, "ARMED", subject.summary())


def _armed_with_pose(subject: Subject, heel_um: tuple[int, int], axis_cdeg: int) -> None:
    """Arm with masks of this pose: ARM keeps it as what was consented to."""
    subject.feet()
    subject.next_frames(16)
    if not subject.can("person"):
        subject.arm()
        subject.order = None
        subject.accepted(Kind.RETRACT, b"\x00")
        raise SkippedError("needs person of the bench channel")
    for bed in (0, 1):
        subject.accepted(Kind.MASK, subject.mask(bed, heel_um=heel_um, axis_cdeg=axis_cdeg))
    subject.consent()
    subject.accepted(Kind.ARM, messages.arm(3, subject.limits_crc))
    subject.order = (subject.parked(0), subject.parked(1))
    subject.in_state(DeviceState.ARMED)


@SECTION.add(
    "moved", "Armed, a mask more than 20 mm away from the consented one gets MASK_MOVED.",
    "B2", "P1", needs="person",
)  # fmt: skip
def moved(subject: Subject) -> None:
    _armed_with_pose(subject, HEEL_UM, 300)
    for dx, dy in ((21_000, 0), (0, -21_000), (15_000, 15_000), (-100_000, 0), (1 << 30, 0)):
        heel = (HEEL_UM[0] + dx, HEEL_UM[1] + dy)
        body = subject.mask(0, heel_um=heel, axis_cdeg=300)
        subject.refused(Kind.MASK, body, Refusal.MASK_MOVED)
    for dx, dy in ((19_000, 0), (0, -19_000), (13_000, 13_000)):
        heel = (HEEL_UM[0] + dx, HEEL_UM[1] + dy)
        subject.accepted(Kind.MASK, subject.mask(0, heel_um=heel, axis_cdeg=300))


@SECTION.add(
    "turned", "Armed, a mask turned more than 15 degrees gets MASK_MOVED.", "B2", "P1",
    needs="person",
)  # fmt: skip
def turned(subject: Subject) -> None:
    _armed_with_pose(subject, HEEL_UM, 300)
    for axis in (1_900, -1_300, 18_000, -9_000):
        body = subject.mask(1, heel_um=HEEL_UM, axis_cdeg=axis)
        subject.refused(Kind.MASK, body, Refusal.MASK_MOVED)
    for axis in (1_700, -1_100):
        subject.accepted(Kind.MASK, subject.mask(1, heel_um=HEEL_UM, axis_cdeg=axis))


@SECTION.add(
    "no-creeping", "Small moves do not add up: each is judged by the mask at ARM.", "B2",
    needs="person",
)  # fmt: skip
def no_creeping(subject: Subject) -> None:
    _armed_with_pose(subject, HEEL_UM, 0)
    near = (HEEL_UM[0] + 15_000, HEEL_UM[1])
    further = (HEEL_UM[0] + 30_000, HEEL_UM[1])
    subject.accepted(Kind.MASK, subject.mask(0, heel_um=near))
    subject.refused(Kind.MASK, subject.mask(0, heel_um=further), Refusal.MASK_MOVED)
    subject.accepted(Kind.MASK, subject.mask(0, heel_um=HEEL_UM))


@SECTION.add("while-pressing", "While a head presses, no bed takes a mask.", "A3", seconds=6.0)
def while_pressing(subject: Subject) -> None:
    subject.arm()
    bodies = [subject.mask(bed) for bed in (0, 1)]
    subject.press(1, 5_000)
    for body in bodies:
        subject.refused(Kind.MASK, body, Refusal.WRONG_STATE)
    expect(subject.frame.state == DeviceState.RUNNING, "RUNNING as before", subject.summary())


@SECTION.add("on-the-way", "While a head is on its way up, no mask is taken.", "A3", seconds=3.0)
def on_the_way(subject: Subject) -> None:
    subject.arm()
    body = subject.mask(0)
    subject.order = (subject.target(0, 5_000), subject.parked(1))
    subject.until(lambda: subject.bed(0).z_um > 3_000, 6_000_000, "a press on its way up")
    subject.refused(Kind.MASK, body, Refusal.WRONG_STATE)
