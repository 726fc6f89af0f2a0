"""The simulated device in real time, behind a pty."""

import gc
import json
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

from simulator.bench import Bench
from simulator.cable import Cable
from simulator.command import Command
from simulator.device import Device
from simulator.steering import Steering

FRAME_US: Final = 5_000
CATCH_UP_US: Final = 1_000_000
"""A device that was kept from running catches up this much; more is skipped, and said."""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files to write at the end; None writes none."""

    trace: Path | None = None
    stats: Path | None = None


class Signals:
    """Signals as bytes on a descriptor, so that one poll waits for everything."""

    def __init__(self) -> None:
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)

    def __enter__(self) -> Self:
        self._wakeup = signal.set_wakeup_fd(self._writing.fileno())
        self._before = [signal.signal(number, _nothing) for number in SIGNALS]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in zip(SIGNALS, self._before, strict=True):
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._reading.close()
        self._writing.close()

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._reading.fileno()

    def take(self) -> list[int]:
        """Return the signals since the last call."""
        try:
            return list(self._reading.recv(64))
        except BlockingIOError:
            return []


class Server:
    """One device behind one link.

    Args:
        device: What runs.
        link: Path of the link to its pty.
        words: A command to run beside it, empty for none.
        outputs: Files to write at the end.

    Raises:
        LinkTakenError: The link cannot be had.
    """

    def __init__(
        self, device: Device, link: Path, *, words: tuple[str, ...] = (), outputs: Outputs
    ) -> None:
        self._device = device
        self._outputs = outputs
        self._steering = Steering(link, Bench(device).ask)
        self._slipped_us = 0
        self._stop: int | None = None
        self._words = words
        self._command: Command | None = None
        try:
            self._cable = Cable(link)
        except BaseException:
            self._steering.close()
            raise

    def run(self) -> int:
        """Run until a signal, or until the command ends; return the exit code.

        Raises:
            CommandError: The command cannot be started.
        """
        gc.collect()
        gc.freeze()
        with Signals() as signals:
            try:
                # Only now: a signal that comes while the command starts must reach it.
                self._command = Command(self._words) if self._words else None
                code = self._loop(signals)
            finally:
                self._close()
            self._write_outputs()
        return code

    def _loop(self, signals: Signals) -> int:
        started_us = _clock_us() - self._device.now_us
        while True:
            now_us = _clock_us() - started_us
            behind_us = now_us - self._device.now_us
            if behind_us > CATCH_UP_US:
                skipped_us = behind_us - CATCH_UP_US
                started_us += skipped_us
                now_us -= skipped_us
                self._say_slip(skipped_us)
            self._send(now_us)
            code = self._finished(signals)
            if code is not None:
                return code
            self._wait(signals, FRAME_US - now_us % FRAME_US)
            # What has arrived is obeyed at the time it arrived, not at the last frame.
            self._send(_clock_us() - started_us)
            if not self._device.line.down.stalled and (data := self._cable.read()):
                self._device.receive(data)

    def _wait(self, signals: Signals, wait_us: int) -> None:
        steering = self._steering.descriptors()
        reading = [signals.fileno(), *steering]
        writing = []
        if self._cable.plugged:
            if not self._device.line.down.stalled:
                reading.append(self._cable.fileno())
            if self._cable.outlet.blocked:
                writing.append(self._cable.fileno())
        for descriptor in select.select(reading, writing, [], wait_us / 1e6)[0]:
            if descriptor in steering:
                self._steering.serve(descriptor)

    def _finished(self, signals: Signals) -> int | None:
        for number in signals.take():
            if number == signal.SIGCHLD:
                continue
            self._stop = number
            if self._command is not None:
                self._command.ask_to_end(number)
        if self._command is not None:
            return self._command.exit_code()
        return None if self._stop is None else 0

    def _follow_line(self) -> None:
        """Pull the pty, or make a new one, as the cable of the device is."""
        if self._device.line.plugged is not self._cable.plugged:
            if self._cable.plugged:
                self._cable.unplug()
            else:
                self._cable.plug()

    def _send(self, now_us: int) -> None:
        """Run until `now_us`, and send what the device says through its cable."""
        device = self._device
        messages = device.messages_until(now_us)
        self._follow_line()
        if device.line.up.busy:
            self._cable.send_bytes(device.line.to_host(messages, device.now_us))
        else:
            self._cable.send(messages)

    def _say_slip(self, skipped_us: int) -> None:
        self._slipped_us += skipped_us
        sys.stderr.write(
            f"podal-sim: this machine was busy; {skipped_us / 1e6:.1f} s of the device's "
            "time were skipped\n"
        )

    def _close(self) -> None:
        if self._command is not None:
            self._command.end()
        self._cable.remove()
        self._steering.close()

    def _write_outputs(self) -> None:
        if self._outputs.trace is not None and self._device.trace is not None:
            self._device.trace.save(self._outputs.trace)
        if self._outputs.stats is not None:
            self._outputs.stats.write_text(json.dumps(self._stats(), indent=2) + "\n")

    def _stats(self) -> dict[str, int]:
        firmware, outlet = self._device.firmware, self._cable.outlet
        return {
            "device_us": self._device.now_us,
            "slipped_us": self._slipped_us,
            "messages_sent": outlet.sent,
            "messages_dropped": outlet.dropped,
            "stops": firmware.machine.stop_count,
            "foreign": firmware.dropped.foreign,
            "repeated": firmware.dropped.repeated,
            "malformed": firmware.dropped.malformed,
            "bad_crc": firmware.framing.bad_crc,
            "bad_length": firmware.framing.bad_length,
        }


def _clock_us() -> int:
    return time.monotonic_ns() // 1000


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Leave a signal to the wake-up descriptor."""
