"""The whole of Podal in virtual time: the real controller against the simulated device, over bytes.

The only place, with the campaign, where the simulator knows the controller.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from controller.attestation import Attestation
from controller.request import Request
from controller.runner import Runner
from controller.session import Session
from controller.settings import Settings, default_settings
from simulator.device import Device
from simulator.plant.chance import generator

FRAME_US: Final = 5_000
HOST_EPOCH_US: Final = 1_000_000_000_000
"""The host's clock starts elsewhere than the device's, so that nobody can mix them up."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a rehearsal is."""

    device_us: int
    session: Session


class Rehearsal:
    """A device and a host in one virtual clock.

    Args:
        device: The simulated device.
        settings: Settings of the host; the shipped ones where None.
        seed: Of the host's nonces.

    Attributes:
        runner: The real controller.
        wire_up: May damage or delay what the device says; bytes in, bytes out.
        wire_down: The same for what the host says.
    """

    def __init__(self, device: Device, *, settings: Settings | None = None, seed: int = 0) -> None:
        nonces = generator(seed, 77)
        self.device = device
        self.runner = Runner(
            settings or default_settings(Attestation("rehearsal", HOST_EPOCH_US)),
            lambda: int(nonces.integers(1, 1 << 32)),
            "rehearsal",
        )
        self.wire_up: Callable[[bytes], bytes] = bytes
        self.wire_down: Callable[[bytes], bytes] = bytes
        self.host_alive = True
        self._plugged = True

    @property
    def now_us(self) -> int:
        """Device time."""
        return self.device.now_us

    @property
    def session(self) -> Session:
        """State of the host's session."""
        return self.runner.state.session

    def turn(self, request: Request | None = None) -> str:
        """Go on by one frame; returns the reply to `request`."""
        up = self.wire_up(self.device.advance_to(self.device.now_us + FRAME_US))
        if not self.host_alive:
            return ""
        if self.device.line.plugged is not self._plugged:
            self._plugged = self.device.line.plugged
            if self._plugged:
                self.runner.port_opened(HOST_EPOCH_US + self.device.now_us)
            else:
                self.runner.port_lost()
        turn = self.runner.turn(up, HOST_EPOCH_US + self.device.now_us, request)
        down = self.wire_down(turn.out)
        if down:
            self.device.receive(down)
        return turn.reply

    def forward(self, seconds: float) -> Iterator[Moment]:
        """Go on for so long, a frame at a time."""
        end_us = self.device.now_us + round(seconds * 1e6)
        while self.device.now_us < end_us:
            self.turn()
            yield Moment(self.device.now_us, self.session)

    def run(self, seconds: float) -> None:
        """Go on for so long."""
        for _ in self.forward(seconds):
            pass

    def until(self, session: Session, *, within_s: float) -> bool:
        """Go on until the session is in this state; False when it is not reached in time."""
        return self.session is session or any(
            moment.session is session for moment in self.forward(within_s)
        )
