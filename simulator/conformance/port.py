"""Where the bytes go: a tty in real time, and the bench channel beside it."""

import json
import os
import select
import socket
import stat
import time
import tty
from pathlib import Path
from typing import Any, Final, Protocol

from firmware_bridge.errors import LinkLostError
from firmware_bridge.port import SerialPort

READ_BYTES: Final = 65_536
WRITE_S: Final = 5.0
"""A device may be slow to take a flood, but not that slow."""

BENCH_S: Final = 5.0
BENCH_LINE_BYTES: Final = 4096


class SubjectPort(Protocol):
    """A way to the device, and the clock that goes with it.

    Attributes:
        name: What a person would call it.
        slack_us: How late what happens may be seen here; 0 in virtual time.
    """

    name: str
    slack_us: int

    def now_us(self) -> int:
        """Return the host's time."""
        ...

    def send(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            LinkLostError: The port died, or takes nothing.
        """
        ...

    def receive(self, wait_us: int) -> bytes:
        """Return what has come, waiting at most `wait_us` for the first of it.

        Raises:
            LinkLostError: The port died.
        """
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


class Bench(Protocol):
    """The channel beside the wire."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one request.

        Raises:
            LinkLostError: Nobody answers.
        """
        ...


class TtyPort:
    """A tty in real time.

    Args:
        path: Of the tty.

    Raises:
        PortUnavailableError: It cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self.slack_us = 150_000
        self._port = SerialPort(path)
        self._early = b""

    def now_us(self) -> int:
        """Return monotonic time."""
        return time.monotonic_ns() // 1000

    def send(self, data: bytes) -> None:
        """Send all of `data`; what comes meanwhile is kept, so that neither side waits for ever."""
        left = memoryview(data)
        give_up = time.monotonic() + WRITE_S
        descriptor = self._port.fileno()
        while left:
            reading, writing, _ = select.select([descriptor], [descriptor], [], 0.1)
            if reading:
                self._early += self._port.read(0.0)
            if writing:
                try:
                    left = left[os.write(descriptor, left) :]
                except BlockingIOError:
                    time.sleep(0.001)
                except OSError as error:
                    raise LinkLostError(self.name, error.strerror or str(error)) from error
            if left and time.monotonic() > give_up:
                raise LinkLostError(self.name, f"it took no byte for {WRITE_S:.0f} s")

    def receive(self, wait_us: int) -> bytes:
        """Return what has come."""
        if self._early:
            data, self._early = self._early, b""
            return data
        return self._port.read(wait_us / 1e6)

    def close(self) -> None:
        """Give the tty back."""
        self._port.close()


class BenchChannel:
    """The bench channel of a test device: a Unix socket, or a second tty.

    Args:
        path: Of the socket or the tty.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._name = str(path)
        self._kept = b""
        self._socket: socket.socket | None = None
        if stat.S_ISSOCK(path.stat().st_mode):
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(self._name)
            self._descriptor = self._socket.fileno()
        else:
            self._descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
            if os.isatty(self._descriptor):
                tty.setraw(self._descriptor)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one request."""
        try:
            os.write(self._descriptor, json.dumps(request).encode() + b"\n")
            answer = json.loads(self._line())
        except OSError as error:
            raise LinkLostError(self._name, error.strerror or str(error)) from error
        except ValueError as error:
            raise LinkLostError(self._name, "its answer is not a line of JSON") from error
        if not isinstance(answer, dict):
            raise LinkLostError(self._name, "its answer is not a JSON object")
        return answer

    def _line(self) -> bytes:
        give_up = time.monotonic() + BENCH_S
        while b"\n" not in self._kept:
            wait_s = give_up - time.monotonic()
            if wait_s <= 0 or not select.select([self._descriptor], [], [], wait_s)[0]:
                raise LinkLostError(self._name, f"no answer within {BENCH_S:.0f} s")
            data = os.read(self._descriptor, BENCH_LINE_BYTES)
            if not data:
                raise LinkLostError(self._name, "the bench channel has ended")
            self._kept += data
            if len(self._kept) > 16 * BENCH_LINE_BYTES:
                raise LinkLostError(self._name, "an endless line")
        line, self._kept = self._kept.split(b"\n", 1)
        return line

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        else:
            os.close(self._descriptor)
