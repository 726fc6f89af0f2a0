"""Memory of the control side over hours of massage, in virtual time.

The real runner, tape included, runs in a process of its own as the control process runs it:
collected once, frozen, no cyclic garbage collection after that, so that any reference cycle it
makes is a leak. It sees the bytes of a simulated device in this process, plays massage after
massage, and makes what people are shown 20 times a second. The device is switched off and on again
after 35 minutes, which is beyond its cap of 30, or after 10, so that every kind of end of a session
is among them.

What is compared is memory at rest, when the device has been off for some seconds: a large foot on
the beds takes more than a small one, and would pass for growth.
"""

import gc
import json
import multiprocessing
import struct
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from controller.attestation import Attestation
from controller.box_file import body_pieces
from controller.request import Acknowledge, Request, Start
from controller.session import Session
from controller.settings import default_settings
from controller.taped import TapedRunner
from simulator.device import SHAPE, Device
from simulator.plant.chance import generator
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from tests.benchmarks.entry import Entry

FRAME_US: Final = 5_000
HOST_EPOCH_US: Final = 1_000_000_000_000
POWERED_S: Final = (35 * 60, 10 * 60, 10 * 60)
"""How long the device is on, in turn; three, so that each of the four people has each of them."""

OFF_S: Final = 50
"""How long it is off: control has given it up after 1 s, and its tape of the last half minute, kept
in pieces of 10 s, holds nothing any more but that."""

TELL_S: Final = 600
WARM_SHARE: Final = 0.25
"""The first quarter fills caches and the allocator's arenas; the slope is that of the rest."""

PERSONS: Final = ("adult", "elderly", "small", "large")
ASK_EVERY_TURNS: Final = 200
SURE: Final = 2.0
"""Standard errors within which a slope is none: one chance in twenty."""

LEAST_SAMPLES: Final = 6
UNITS: Final = (
    ("resident_kb", "KB/h", 4.0, 64.0),
    ("objects", "1/h", 1.0, 200.0),
    ("blocks", "1/h", 1.0, 200.0),
)
"""What is measured, its unit, the least slope that means anything (a page or one an hour), and the
most that may hide in the noise of a verdict "flat": some 10 MB a week. Podal proposal."""

_TIME = struct.Struct("<Q")


class Sample(NamedTuple):
    """Memory of the control side at one moment."""

    virtual_s: float
    resident_kb: int
    objects: int
    blocks: int
    sessions: int
    session: str


def _resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4


def _request(session: Session) -> Request | None:
    """Ask as a person would who wants one massage after another."""
    if session in (Session.READY, Session.ENDED, Session.STOPPED):
        return Start("evening-wind-down", minutes=10)
    return Acknowledge() if session is Session.FAULT else None


def control_side(pipe: Connection, seed: int) -> None:
    """Turn for each chunk that comes; an empty one asks for a sample, no time at all to end."""
    nonces = generator(seed, 77)
    runner = TapedRunner(
        default_settings(Attestation("memory", HOST_EPOCH_US)),
        lambda: int(nonces.integers(1, 1 << 32)),
        "memory",
    )
    sessions = turns = 0
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        data = pipe.recv_bytes()
        if not data:
            break
        (now_us,) = _TIME.unpack_from(data)
        if now_us == 0:
            objects = len(gc.get_objects())
            blocks = sys.getallocatedblocks()
            pipe.send((_resident_kb(), objects, blocks, sessions, str(runner.state.session)))
            continue
        turns += 1
        request = _request(runner.state.session) if turns % ASK_EVERY_TURNS == 0 else None
        before = runner.state.session
        turn = runner.turn(data[_TIME.size :], now_us, request)
        sessions += before is not Session.RUNNING and runner.state.session is Session.RUNNING
        if runner.snapshot_due(now_us):
            json.dumps(runner.status(), allow_nan=False)
            runner.image()
        if (box := runner.tape.box(now_us)) is not None:
            for _ in body_pieces(box.recording):
                pass  # each goes to the process that writes
            del box
        pipe.send_bytes(b"\x01" + turn.out)  # nothing to send is an answer too
    pipe.send(gc.collect())


def samples(hours: float, say: Callable[[str], None], *, seed: int = 0) -> tuple[list[Sample], int]:
    """Run so many virtual hours; return the samples, and how many objects were in cycles."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=control_side, args=(theirs, seed), daemon=True)
    child.start()
    theirs.close()
    found: list[Sample] = []
    machine = Machine(seed)
    host_us = HOST_EPOCH_US
    begun_s = time.monotonic()
    try:
        while host_us < HOST_EPOCH_US + hours * 3600e6:
            host_us += FRAME_US
            if machine.rested:
                found.append(_sample(ours, host_us))
                machine.switch_on()
            elif (host_us - HOST_EPOCH_US) % (TELL_S * 1_000_000) == 0:
                _tell(say, _sample(ours, host_us), hours, time.monotonic() - begun_s)
            ours.send_bytes(_TIME.pack(host_us) + machine.advance())
            machine.receive(ours.recv_bytes()[1:])
        ours.send_bytes(b"")
        return found, ours.recv()
    finally:
        child.terminate()
        child.join()
        ours.close()


def _sample(ours: Connection, host_us: int) -> Sample:
    ours.send_bytes(_TIME.pack(0))
    return Sample((host_us - HOST_EPOCH_US) / 1e6, *ours.recv())


class Machine:
    """The device with somebody's feet on it, on and off in turn; somebody else at each power-on.

    Attributes:
        rested: It has been off for `OFF_S`.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._boot = -1
        self.switch_on()

    def switch_on(self) -> None:
        """Power it, with the next person."""
        self._boot += 1
        person = PEOPLE[PERSONS[self._boot % len(PERSONS)]]
        seed = self._seed + self._boot
        self._device = Device(
            synthetic_feet(person, SHAPE, seed=seed), seed=seed, auto=True, trace=None
        )
        self._off_us = 0

    @property
    def _powered(self) -> bool:
        return self._device.now_us < POWERED_S[self._boot % len(POWERED_S)] * 1_000_000

    @property
    def rested(self) -> bool:
        return self._off_us >= OFF_S * 1_000_000

    def advance(self) -> bytes:
        """Return what it says in the time of one frame; nothing while it is off."""
        if not self._powered:
            self._off_us += FRAME_US
            return b""
        return self._device.advance_to(self._device.now_us + FRAME_US)

    def receive(self, data: bytes) -> None:
        """Give it bytes; lost while it is off."""
        if self._powered:
            self._device.receive(data)


def _tell(say: Callable[[str], None], sample: Sample, hours: float, taken_s: float) -> None:
    done = sample.virtual_s / 3600 / hours
    say(
        f"  memory: {sample.virtual_s / 3600:.2f} of {hours:g} virtual hours, "
        f"{sample.resident_kb} KB resident, {sample.objects} objects, {sample.blocks} blocks, "
        f"{sample.sessions} massages, {sample.session}; "
        f"about {taken_s / done * (1 - done):.0f} s left"
    )


def slope(hours_of: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return the least-squares slope by the hour, and its standard error."""
    (by_hour, start), *_ = np.linalg.lstsq(
        np.stack([hours_of, np.ones_like(hours_of)], axis=1), values, rcond=None
    )
    rest = values - by_hour * hours_of - start
    spread = float(((hours_of - hours_of.mean()) ** 2).sum())
    error = float(np.sqrt((rest**2).sum() / max(len(values) - 2, 1) / spread))
    return float(by_hour), error


def verdict(by_hour: float, error: float, *, least: float, most: float) -> str:
    """Return what a slope says; noise in which a leak could hide says nothing."""
    noise = SURE * error
    if abs(by_hour) > max(noise, least):
        return "GROWS" if by_hour > 0 else "falls"
    return "flat" if noise <= most else "too noisy to tell; more --hours"


def measure(say: Callable[[str], None], hours: float) -> list[Entry]:
    """Run so many virtual hours and judge the slope of what came after the first quarter."""
    begun_s = time.monotonic()
    found, in_cycles = samples(hours, say)
    later = [sample for sample in found if sample.virtual_s >= hours * 3600 * WARM_SHARE]
    say(
        f"  {hours:g} virtual hours, {found[-1].sessions if found else 0} massages, no cyclic "
        f"collection: {in_cycles} objects in cycles at the end; {time.monotonic() - begun_s:.0f} s"
    )
    cycles = Entry("memory_in_cycles", in_cycles, "objects", "bound", 0.0, 1)
    if len(later) < LEAST_SAMPLES:
        say(f"memory of control: {len(later)} times at rest are too few for a slope; more --hours")
        return [cycles]
    at_hours = np.array([sample.virtual_s / 3600 for sample in later])
    return [*(_judge(say, at_hours, later, *unit) for unit in UNITS), cycles]


def _judge(
    say: Callable[[str], None],
    at_hours: np.ndarray,
    later: list[Sample],
    name: str,
    unit: str,
    least: float,
    most: float,
) -> Entry:
    """Say how one figure went from rest to rest, and what that means."""
    values = np.array([float(getattr(sample, name)) for sample in later])
    by_hour, error = slope(at_hours, values)
    say(
        f"memory of control at rest, {name}: {values[0]:.0f} after the first quarter, "
        f"{values[-1]:.0f} at the end of {at_hours[-1] - at_hours[0]:.1f} h more, slope "
        f"{by_hour:+.2f} +- {error:.2f} {unit} ({len(later)} samples): "
        f"{verdict(by_hour, error, least=least, most=most)}"
    )
    key = "memory_slope" if name == "resident_kb" else f"memory_slope_{name}"
    return Entry(key, by_hour, unit, "standard error", error, len(later))
