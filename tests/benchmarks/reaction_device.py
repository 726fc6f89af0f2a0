"""The device's end of the reaction benchmark: the real simulated device, and an echo beside it.

Every 5 ms sharp a frame goes to the host, as a device sends them; as many bytes go to the echo, in
turn before and after it. The device's own arithmetic is done before the cycle begins, so it is in
no interval. Timed is from the end of the write of a frame to the end of the read that brings the
set-point computed from it.
"""

import contextlib
import gc
import json
import os
import select
import sys
import time
import tty
from collections.abc import Callable
from pathlib import Path

from controller.session import SESSION_NUMBER, Session
from firmware_bridge.codec import FRAME_HEAD_BYTES, decode_down, decode_up, encode, frame_length
from firmware_bridge.framing import CRC_BYTES, PREFIX_BYTES, DownDecoder, wrap_down
from firmware_bridge.messages import BedTarget, Frame, SetPoint
from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE

DEVICE_PRIORITY = 60
CYCLE_US = 5_000
APART_US = 2_000
"""The echo is asked so long before or after the host: neither is busy with the other's work."""

SETTLE_CYCLES = 400
LOST_NS = 100_000_000
"""An answer that takes longer counts as having taken this long."""

LOST_MOST = 10
"""With more lost in a row, who should answer has ended."""

RUNNING = SESSION_NUMBER[Session.RUNNING]
FRAME_BYTES = PREFIX_BYTES + frame_length(SHAPE.rows, SHAPE.cols) + CRC_BYTES
_TARGET = BedTarget(0, 0, 0, 0, 0, 0, 0, 0, 0, 255)
ANSWER_BYTES = len(
    wrap_down(encode(SetPoint(1, 60, 1, RUNNING, _TARGET, _TARGET), nonce=1, counter=1))
)


class Line:
    """One pty; its other end is reached through a link."""

    def __init__(self, link: Path) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        link.symlink_to(os.ttyname(self._slave))
        self._poll = select.poll()
        self._poll.register(self._master, select.POLLIN)

    def ask(self, data: bytes, answered: Callable[[bytes], bool], wait_ns: int) -> int:
        """Write `data` and wait for its answer; return the nanoseconds it took, or `wait_ns`."""
        try:
            os.write(self._master, data)
        except BlockingIOError:
            return wait_ns
        begun_ns = time.monotonic_ns()
        left_ns = wait_ns
        while left_ns > 0:
            if self._poll.poll(left_ns / 1e6):
                chunk = os.read(self._master, 65_536)
                taken_ns = time.monotonic_ns() - begun_ns
                if answered(chunk):
                    return taken_ns
            left_ns = begun_ns + wait_ns - time.monotonic_ns()
        return wait_ns

    def take(self) -> bytes:
        """Return what has come without being waited for."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._master, 65_536)
        return b""


class Host:
    """The device with the host at the other end of its line."""

    def __init__(self, link: Path) -> None:
        self._line = Line(link)
        self._device = Device(synthetic_feet(PEOPLE["adult"], SHAPE, seed=0), seed=0)
        self._decoder = DownDecoder()
        self._heard: list[bytes] = []
        self._data = b""
        self._frame_us = -1
        self.running = False

    def prepare(self, now_us: int) -> None:
        """Live until `now_us`, and have the bytes ready."""
        self._device.receive(b"".join(self._heard))
        self._heard.clear()
        messages = self._device.messages_until(now_us)
        self._data = b"".join(messages)
        for message in messages:
            if len(message) == FRAME_BYTES:
                frame = decode_up(message[PREFIX_BYTES:-CRC_BYTES], SHAPE.rows, SHAPE.cols)
                if isinstance(frame, Frame):
                    self._frame_us = frame.device_us

    def ask(self) -> int:
        """Send the frame, wait for its set-point."""
        return self._line.ask(self._data, self._answers, LOST_NS if self.running else 2_000_000)

    def rest(self) -> None:
        """Take what came after the answer."""
        self._note(self._line.take())

    def _answers(self, chunk: bytes) -> bool:
        return self._note(chunk)

    def _note(self, chunk: bytes) -> bool:
        if not chunk:
            return False
        self._heard.append(chunk)
        answers = False
        for payload in self._decoder.feed(chunk):
            _, message = decode_down(payload)
            if isinstance(message, SetPoint):
                self.running = message.host_state == RUNNING
                answers = answers or message.frame_us == self._frame_us
        return answers


class Echo:
    """The line with the echo at its other end."""

    def __init__(self, link: Path) -> None:
        self._line = Line(link)
        self._left = 0

    def ask(self) -> int:
        """Send a frame's bytes, wait for a set-point's."""
        self._left = ANSWER_BYTES
        return self._line.ask(b"\x02" * FRAME_BYTES, self._answers, LOST_NS)

    def _answers(self, chunk: bytes) -> bool:
        self._left -= len(chunk)
        return self._left <= 0


def main(folder: Path, cycles: int) -> None:
    """Serve both lines; once a massage runs, time so many cycles and write them to a file."""
    host, echo = Host(folder / "device"), Echo(folder / "echo")
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(DEVICE_PRIORITY))
    gc.collect()
    gc.freeze()
    gc.disable()
    taken: dict[str, list[int]] = {
        f"{who}_{when}": [] for who in ("ours", "echo") for when in ("first", "second")
    }
    number = run = slipped = lost = 0
    started_us = time.monotonic_ns() // 1000 + CYCLE_US
    while run < SETTLE_CYCLES + cycles:
        number += 1
        host.prepare(number * CYCLE_US)
        due_us = started_us + number * CYCLE_US
        ours_first = number % 2 == 0
        _sleep_until(due_us if ours_first else due_us - APART_US)
        first_ns = host.ask() if ours_first else _ask(echo, host)
        _sleep_until(due_us + APART_US if ours_first else due_us)
        second_ns = _ask(echo, host) if ours_first else host.ask()
        host.rest()
        if host.running:
            run += 1
            lost = lost + 1 if max(first_ns, second_ns) >= LOST_NS else 0
            if lost > LOST_MOST:
                raise SystemExit(f"no answer after {run} cycles: {first_ns} {second_ns} ns")
            if run > SETTLE_CYCLES:
                taken["ours_first" if ours_first else "echo_first"].append(first_ns)
                taken["echo_second" if ours_first else "ours_second"].append(second_ns)
            if run % 2000 == 0:
                print(f"cycle {run}", flush=True)
        elif run:
            raise SystemExit(f"the massage ended after {run} cycles")
        late = (time.monotonic_ns() // 1000 - started_us) // CYCLE_US - number
        if late > 0:
            number += late
            slipped += late
    (folder / "taken.json").write_text(json.dumps({**taken, "slipped": slipped}))


def _ask(echo: Echo, host: Host) -> int:
    return echo.ask() if host.running else 0


def _sleep_until(due_us: int) -> None:
    wait_us = due_us - time.monotonic_ns() // 1000
    if wait_us > 0:
        time.sleep(wait_us / 1e6)


if __name__ == "__main__":
    assert FRAME_BYTES > FRAME_HEAD_BYTES
    main(Path(sys.argv[1]), int(sys.argv[2]))
