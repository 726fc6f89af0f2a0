"""The byte port: the only seam between the host and a device, real or not."""

import errno
import os
import select
from typing import Final, Protocol

import serial

from firmware_bridge.errors import LinkLostError, PortUnavailableError
from firmware_bridge.outbox import BLOCKED_US

BAUD: Final = 3_000_000
"""2 x 32 x 16 taxels of 16 bits at 200 Hz need 4.3 Mbit/s; USB CDC ignores the figure."""

READ_BYTES: Final = 65_536
WRITE_TIMEOUT_S: Final = BLOCKED_US / 1e6

TAKES_NOTHING: Final = "it takes no bytes"

_LOST: Final = (OSError, serial.SerialException)
"""A dying tty raises plain OSError from some calls and SerialException from others."""


class Port(Protocol):
    """A two-way byte stream.

    Attributes:
        name: What a person would call it.
    """

    name: str

    def fileno(self) -> int:
        """Return a descriptor to wait on, or -1 where there is none (virtual time)."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, waiting at most `timeout_s`; b"" when nothing came.

        Raises:
            LinkLostError: The port died.
        """
        ...

    def take(self) -> bytes:
        """Return what a wait on the descriptor has found; never waits.

        Raises:
            LinkLostError: The port died.
        """
        ...

    def write_some(self, data: bytes) -> int:
        """Send what the port takes now; return how many bytes that were, 0 when it is full.

        Raises:
            LinkLostError: The port died.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send all of `data`, waiting for it: for scripts, not for a loop.

        Raises:
            LinkLostError: The port died, or took no bytes for WRITE_TIMEOUT_S.
        """
        ...

    def close(self) -> None:
        """Give the port back; safe to call twice."""
        ...


class SerialPort:
    """A tty, opened exclusively.

    Args:
        path: The tty's path.

    Raises:
        PortUnavailableError: It is missing, busy, or not a tty.
    """

    __slots__ = ("_descriptor", "_serial", "name")

    def __init__(self, path: str) -> None:
        self.name = path
        try:
            self._serial = serial.Serial(
                path, BAUD, exclusive=True, timeout=0, write_timeout=WRITE_TIMEOUT_S
            )
        except _LOST as error:
            raise _unavailable(path, error) from error
        except ValueError as error:
            raise PortUnavailableError(path, str(error), "name a serial port") from error
        self._descriptor = int(self._serial.fileno())

    def fileno(self) -> int:
        """Return the tty's descriptor."""
        return self._descriptor

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, waiting at most `timeout_s`; b"" when nothing came."""
        try:
            if not select.select([self._descriptor], [], [], timeout_s)[0]:
                return b""
        except (*_LOST, ValueError, TypeError) as error:
            raise LinkLostError(self.name, _why(error)) from error
        return self.take()

    def take(self) -> bytes:
        """Return what a wait on the descriptor has found; never waits."""
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return b""
        except (*_LOST, ValueError, TypeError) as error:
            raise LinkLostError(self.name, _why(error)) from error
        # An idle tty reads as empty, and so does one that has ended: only a tty that claims to
        # have something and then has nothing is gone.
        if not data:
            raise LinkLostError(self.name, "the port has ended")
        return data

    def write_some(self, data: bytes) -> int:
        """Send what the tty takes now; return how many bytes that were, 0 when it is full."""
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except (*_LOST, TypeError) as error:
            raise LinkLostError(self.name, _why(error)) from error

    def write(self, data: bytes) -> None:
        """Send all of `data`; what has been taken is sent, however late this process looks."""
        left = data
        while left := left[self.write_some(left) :]:
            if not self._is_writable(WRITE_TIMEOUT_S):
                raise LinkLostError(self.name, TAKES_NOTHING)

    def _is_writable(self, timeout_s: float) -> bool:
        try:
            return bool(select.select([], [self._descriptor], [], timeout_s)[1])
        except (*_LOST, TypeError, ValueError) as error:
            raise LinkLostError(self.name, _why(error)) from error

    def close(self) -> None:
        """Give the tty back; safe to call twice."""
        self._descriptor = -1
        try:
            self._serial.close()
        except _LOST:
            return  # the tty is gone already, which is what was asked for


def _unavailable(path: str, error: OSError) -> PortUnavailableError:
    number = error.errno
    text = str(error)
    if number == errno.ENOENT:
        return PortUnavailableError(
            path,
            "there is no such port",
            "plug the device in or name its port with --device",
            "device_missing",
        )
    if number in (errno.EBUSY, errno.EWOULDBLOCK) or "exclusively lock" in text:
        return PortUnavailableError(
            path, "another program uses it", "end that program and try again", "device_busy"
        )
    if number == errno.EACCES:
        return PortUnavailableError(
            path,
            "permission denied",
            "add yourself to the group that owns it (often dialout)",
            "device_denied",
        )
    return PortUnavailableError(path, _why(error), "check that it is a serial port")


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
