"""A tiny scripted host for tests and benches: shakes hands, uploads masks, arms, presses.

It uses the product's own link but none of its judgement, so it can also ask for what a good host
never would.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.link import Link, Phase
from firmware_bridge.messages import (
    Ack,
    Arm,
    BedTarget,
    CalibrationState,
    DeviceState,
    Down,
    Event,
    Frame,
    LimitsState,
    Mask,
    MaskHead,
    Nak,
    Refusal,
    SetPoint,
)
from simulator.device import Device

CYCLE_US: Final = 5_000
PARKED: Final = BedTarget(
    x_um=80_000,
    y_um=60_000,
    feed_um_s=0,
    force_mn=0,
    slew_mn_s=0,
    spin_mrpm=0,
    vibration_hz=0,
    limit_mn=0,
    limit_zone=0,
    limit_region=255,
)


def target(
    x_mm: float,
    y_mm: float,
    *,
    force_n: float = 0.0,
    limit_n: float = 60.0,
    feed_mm_s: float = 100.0,
    slew_n_s: float = 20.0,
) -> BedTarget:
    """Return an order for one head in everyday units."""
    return PARKED._replace(
        x_um=round(x_mm * 1000),
        y_um=round(y_mm * 1000),
        feed_um_s=round(feed_mm_s * 1000),
        force_mn=round(force_n * 1000),
        slew_mn_s=round(slew_n_s * 1000),
        limit_mn=round(limit_n * 1000),
    )


class RefusedError(Exception):
    """The device refused what the script needs."""


class Probe:
    """A host in virtual time, wired to a device in memory.

    Args:
        device: The device to talk to.

    Attributes:
        link: The product's link.
        frame: The newest frame, or None.
        events: All events so far.
        answers: All ACKs and NAKs so far.
        kept: All limits and calibrations told so far.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.link = Link(iter(range(1000, 1 << 31)).__next__)
        self.frame: Frame | None = None
        self._frames: list[Frame] = []
        self.events: list[Event] = []
        self.answers: list[Ack | Nak] = []
        self.kept: list[LimitsState | CalibrationState] = []
        self.now_us = device.now_us
        self._asked_counter = 0

    @property
    def state(self) -> DeviceState:
        """State by the newest frame."""
        return DeviceState(self.frame.state) if self.frame else DeviceState.SILENT

    def tick(self, message: Down | None = None, *, for_us: int = CYCLE_US) -> None:
        """Send `message` and whatever the link wants, then let `for_us` pass."""
        data = self.link.poll(self.now_us)
        if message is not None:
            data += self.link.send(message, self.now_us)
            self._asked_counter = self.link.counter
        self.device.receive(data)
        self.now_us += for_us
        received = self.link.receive(self.device.advance_to(self.now_us), self.now_us)
        if received.frame is not None:
            self.frame = received.frame
            self._frames = [*self._frames[-15:], received.frame]
        self.events += received.events
        self.answers += received.answers
        self.kept += received.kept

    def idle(self, seconds: float) -> None:
        """Let time pass without orders."""
        for _ in range(round(seconds * 1e6) // CYCLE_US):
            self.tick()

    def connect(self) -> None:
        """Shake hands and wait until the device is ready and the feet stand.

        Raises:
            TimeoutError: The device did not become ready within 5 s.
        """
        for _ in range(1000):
            self.tick()
            ready = self.link.phase is Phase.UP and self.state == DeviceState.READY
            if ready and self.now_us >= 2_000_000:
                return
        raise TimeoutError("the device did not become ready; look at its state")

    def ask(self, message: Down) -> Ack | Nak:
        """Send `message` and return its answer.

        Raises:
            TimeoutError: No answer came within 50 ms.
        """
        self.tick(message)
        counter = self.link.counter
        for _ in range(10):
            for answer in self.answers:
                if answer.of_counter == counter:
                    return answer
            self.tick()
        raise TimeoutError(f"no answer to {type(message).__name__}")

    def ask_technically(self, message: Down) -> LimitsState | CalibrationState | Refusal:
        """Send what a technician asks, and return what the device tells or why it refuses.

        Raises:
            TimeoutError: No answer came within 50 ms.
        """
        told_before, answers_before = len(self.kept), len(self.answers)
        self.tick(message)
        counter = self._asked_counter
        for _ in range(10):
            for told in self.kept[told_before:]:
                if told.of_counter == counter:
                    return told
            for answer in self.answers[answers_before:]:
                if answer.of_counter == counter and isinstance(answer, Nak):
                    return Refusal(answer.refusal)
            self.tick()
        raise TimeoutError(f"no answer to {type(message).__name__}")

    def mask(self, bed: int, limit_n: float = 60.0, *, least_kpa: float = 2.0) -> Mask:
        """Return a mask over what the bed feels, grown by one cell, all of one limit."""
        return self.mask_of(bed, grown(self.image_kpa(bed) > least_kpa), limit_n)

    def mask_of(self, bed: int, cells: NDArray[np.bool_], limit_n: float) -> Mask:
        """Return a mask of these cells."""
        head = MaskHead(
            bed=bed,
            rows=cells.shape[0],
            cols=cells.shape[1],
            heel_x_um=80_000,
            heel_y_um=25_000,
            axis_cdeg=600,
        )
        return Mask(head, (cells * round(limit_n * 1000)).astype(np.uint16))

    def image_kpa(self, bed: int) -> NDArray[np.float64]:
        """Return the mean pressure of the last frames on a bed, nominally calibrated."""
        if not self._frames:
            return np.zeros((1, 1))
        mean = np.mean([frame.counts[bed] for frame in self._frames], axis=0)
        image: NDArray[np.float64] = (mean - 40.0) * 0.1
        return image

    def arm(self, limit_n: float = 60.0) -> None:
        """Connect, upload masks over both feet, and arm.

        Raises:
            RefusedError: The device refused.
        """
        self.connect()
        descriptor = self.link.descriptor
        for order in (
            self.mask(0, limit_n),
            self.mask(1, limit_n),
            Arm(beds=3, limits_crc=descriptor.limits_crc if descriptor else 0),
        ):
            answer = self.ask(order)
            if not isinstance(answer, Ack):
                raise RefusedError(f"{type(order).__name__} refused: {answer.refusal}")

    def set_point(
        self, left: BedTarget = PARKED, right: BedTarget = PARKED, *, ttl_ms: int = 60
    ) -> SetPoint:
        """Return a set-point from the newest frame."""
        return SetPoint(
            frame_us=self.frame.device_us if self.frame else 0,
            ttl_ms=ttl_ms,
            frame_age_ms=5,
            host_state=4,
            left=left,
            right=right,
        )

    def press(self, seconds: float, left: BedTarget = PARKED, right: BedTarget = PARKED) -> None:
        """Repeat one order at every frame for a while."""
        for _ in range(round(seconds * 1e6) // CYCLE_US):
            self.tick(self.set_point(left, right))


def grown(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells and their eight neighbours."""
    padded = np.pad(cells, 1)
    result = np.zeros_like(cells)
    for down in range(3):
        for right in range(3):
            result |= padded[down : down + cells.shape[0], right : right + cells.shape[1]]
    return result
