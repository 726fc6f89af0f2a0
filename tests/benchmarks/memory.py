"""Memory of the control side over hours of massage, in virtual time.

The real Runner runs in a process of its own as the control process runs it: collected once, frozen,
no cyclic garbage collection after that, so that any reference cycle it makes is a leak. It sees the
bytes of a simulated device in this process, plays massage after massage, and makes what people are
shown 20 times a second. The device is switched off and on each 35 minutes, which is beyond its cap
of 30, so that every kind of end of a session is among them.
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

from controller.request import Acknowledge, Request, Start
from controller.runner import Runner
from controller.session import Session
from controller.settings import default_settings
from simulator.device import SHAPE, Device
from simulator.plant.chance import generator
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from tests.benchmarks.entry import Entry

FRAME_US: Final = 5_000
HOST_EPOCH_US: Final = 1_000_000_000_000
POWER_CYCLE_S: Final = 35 * 60
SAMPLE_S: Final = 300
WARM_SHARE: Final = 0.25
"""The first quarter fills caches and the allocator's arenas; the slope is that of the rest."""

PERSONS: Final = ("adult", "elderly", "small", "large")
ASK_EVERY_TURNS: Final = 200
_TIME = struct.Struct("<Q")


class Sample(NamedTuple):
    """Memory of the control side at one moment."""

    virtual_s: float
    resident_kb: int
    objects: int
    blocks: int
    sessions: int


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
    runner = Runner(default_settings(), lambda: int(nonces.integers(1, 1 << 32)), "memory")
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
    host_us = HOST_EPOCH_US
    end_us = host_us + round(hours * 3600e6)
    begun_s = time.monotonic()
    boot = 0
    device = _device(seed, boot)
    sample_us = host_us + SAMPLE_S * 1_000_000
    try:
        while host_us < end_us:
            host_us += FRAME_US
            if device.now_us >= POWER_CYCLE_S * 1_000_000:
                boot += 1
                device = _device(seed + boot, boot)
            up = device.advance_to(device.now_us + FRAME_US)
            ours.send_bytes(_TIME.pack(host_us) + up)
            device.receive(ours.recv_bytes()[1:])
            if host_us >= sample_us:
                sample_us += SAMPLE_S * 1_000_000
                ours.send_bytes(_TIME.pack(0))
                *counts, session = ours.recv()
                found.append(Sample((host_us - HOST_EPOCH_US) / 1e6, *counts))
                _tell(say, found[-1], session, hours, time.monotonic() - begun_s)
        ours.send_bytes(b"")
        return found, ours.recv()
    finally:
        child.terminate()
        child.join()
        ours.close()


def _device(seed: int, boot: int) -> Device:
    feet = synthetic_feet(PEOPLE[PERSONS[boot % len(PERSONS)]], SHAPE, seed=seed)
    return Device(feet, seed=seed, auto=True, trace=None)


def _tell(
    say: Callable[[str], None], sample: Sample, session: str, hours: float, taken_s: float
) -> None:
    done = sample.virtual_s / 3600 / hours
    say(
        f"  memory: {sample.virtual_s / 3600:.2f} of {hours:g} virtual hours, "
        f"{sample.resident_kb} KB resident, {sample.objects} objects, {sample.blocks} blocks, "
        f"{sample.sessions} massages, {session}; about {taken_s / done * (1 - done):.0f} s left"
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


def measure(say: Callable[[str], None], hours: float) -> list[Entry]:
    """Run so many virtual hours and judge the slope of what came after the first quarter."""
    begun_s = time.monotonic()
    found, in_cycles = samples(hours, say)
    later = [sample for sample in found if sample.virtual_s >= hours * 3600 * WARM_SHARE]
    at_hours = np.array([sample.virtual_s / 3600 for sample in later])
    entries: list[Entry] = []
    for name, unit in (("resident_kb", "KB/h"), ("objects", "1/h"), ("blocks", "1/h")):
        values = np.array([float(getattr(sample, name)) for sample in later])
        by_hour, error = slope(at_hours, values)
        say(
            f"memory of control, {name}: {values[0]:.0f} after the first quarter, "
            f"{values[-1]:.0f} at the end, slope {by_hour:+.1f} +- {error:.1f} {unit}"
        )
        key = "memory_slope" if name == "resident_kb" else f"memory_slope_{name}"
        entries.append(Entry(key, by_hour, unit, "standard error", error, len(later)))
    entries.append(Entry("memory_in_cycles", in_cycles, "objects", "bound", 0.0, 1))
    say(
        f"  {hours:g} virtual hours, {found[-1].sessions} massages, no cyclic collection: "
        f"{in_cycles} objects in cycles at the end; {time.monotonic() - begun_s:.0f} s"
    )
    return entries
