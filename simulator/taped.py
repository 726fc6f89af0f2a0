"""A rehearsal with a black box: what a run of the campaign leaves behind for `podal-sim replay`."""

import zlib
from datetime import UTC, datetime
from pathlib import Path

from controller.box_file import box_bytes, head_of
from controller.box_writer import SUFFIX
from controller.settings import Settings
from controller.taped import TapedRunner
from simulator.device import Device
from simulator.plant.chance import generator
from simulator.rehearsal import HOST_EPOCH_US, Rehearsal

NOWHEN = datetime(2000, 1, 1, tzinfo=UTC)
"""Virtual time has no date, and the same run leaves the same file."""


class TapedRehearsal(Rehearsal):
    """A device and a host in one virtual clock, and a tape of the host.

    Args:
        device: The simulated device.
        settings: Settings of the host; the shipped ones where None.
        seed: Of the host's nonces.

    Attributes:
        host: The real controller, on tape.
    """

    def __init__(self, device: Device, *, settings: Settings | None = None, seed: int = 0) -> None:
        super().__init__(device, settings=settings, seed=seed)
        nonces = generator(seed, 77)  # anew: the runner before this one has drawn none
        self.host = TapedRunner(
            self.runner.settings, lambda: int(nonces.integers(1, 1 << 32)), "rehearsal"
        )
        self.runner = self.host

    def want(self, why: str) -> None:
        """Ask for what is on the tape now, whatever happened: a violated invariant, say."""
        self.host.want(why, HOST_EPOCH_US + self.device.now_us)

    def black_box(self) -> bytes:
        """Return the file of what was worth keeping since it was asked last, b"" nothing was."""
        now_us = HOST_EPOCH_US + self.device.now_us
        box = self.host.box(now_us, at_once=True)
        if box is None:
            return b""
        head = head_of(
            box, podal="rehearsal", device_id=self.host.device_id, now_us=now_us, wall=NOWHEN
        )
        return box_bytes(head, box.recording)

    def keep(self, folder: Path, why: str) -> Path:
        """Write the black box of a run that `why` names into `folder`; return its path.

        Raises:
            OSError: It cannot be written.
        """
        self.want(why)
        data = self.black_box()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{why}-{zlib.crc32(data):08x}{SUFFIX}"
        path.write_bytes(data)
        return path
