"""The cable between the simulated device and its host: a pty, and a link that names it."""

import contextlib
import os
import tty
from collections import deque
from pathlib import Path
from typing import Final

from firmware_bridge.framing import PREFIX
from firmware_bridge.messages import Kind
from simulator.errors import LinkTakenError

READ_BYTES: Final = 65_536
KEPT_BYTES: Final = 32_768
"""Answers and events wait for a slow host up to this much; frames never wait."""

CABLE_BYTES: Final = 8_388_608
"""What a faulty cable has let go of waits for a slow host up to this much."""


class Outlet:
    """Messages on their way to a host that may not be reading.

    A message that has begun is always finished, so the host never sees half of one. A frame that
    finds the way blocked is dropped whole; answers and events wait.

    Attributes:
        sent: Messages written completely.
        dropped: Messages dropped whole.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.dropped = 0
        self._begun = b""
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0

    @property
    def blocked(self) -> bool:
        """Something waits until the host reads."""
        return bool(self._begun or self._waiting)

    def offer(self, messages: list[bytes]) -> None:
        """Take new messages behind those that wait."""
        for message in messages:
            frame = PREFIX.unpack_from(message)[2] == Kind.FRAME
            full = self._waiting_bytes + len(message) > KEPT_BYTES
            if full or (frame and self.blocked):
                self.dropped += 1
            else:
                self._waiting.append(message)
                self._waiting_bytes += len(message)

    def offer_bytes(self, data: bytes) -> None:
        """Take bytes that are in the cable already, whole messages or not, behind what waits."""
        if self._waiting_bytes + len(data) > CABLE_BYTES:
            self.dropped += 1
        elif data:
            self._waiting.append(data)
            self._waiting_bytes += len(data)

    def next_bytes(self) -> bytes:
        """Return what to write next, b"" when nothing waits."""
        if not self._begun and self._waiting:
            self._begun = self._waiting.popleft()
            self._waiting_bytes -= len(self._begun)
        return self._begun

    def wrote(self, count: int) -> None:
        """The host's side has taken so many of the bytes that `next_bytes` gave."""
        self._begun = self._begun[count:]
        if not self._begun:
            self.sent += 1

    def cut(self) -> None:
        """The cable is out: what was on its way is lost."""
        self.dropped += len(self._waiting) + bool(self._begun)
        self._begun = b""
        self._waiting.clear()
        self._waiting_bytes = 0


class Cable:
    """A pty whose slave the host opens through a symbolic link.

    The device keeps its own hand on the slave, so a host may close it and another open it.

    Args:
        link: Path of the link.

    Raises:
        LinkTakenError: Something that is not a link is there, or it cannot be made.
    """

    def __init__(self, link: Path) -> None:
        self.outlet = Outlet()
        self._link = link
        self._master = -1
        self._slave = -1
        if link.exists() and not link.is_symlink():
            raise LinkTakenError(str(link), "there is a file of that name", "choose another --link")
        self.plug()

    @property
    def plugged(self) -> bool:
        """The host can reach the device."""
        return self._master >= 0

    def fileno(self) -> int:
        """Return the master to wait on, -1 while unplugged."""
        return self._master

    def plug(self) -> None:
        """Make a new pty and point the link at it; a plugged cable stays as it is."""
        if self.plugged:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        new = self._link.with_name(f".{self._link.name}.{os.getpid()}")
        try:
            new.unlink(missing_ok=True)
            new.symlink_to(os.ttyname(self._slave))
            new.replace(self._link)
        except OSError as error:
            self._close()
            why = (error.strerror or str(error)).lower()
            raise LinkTakenError(str(self._link), why, "choose another --link") from error

    def unplug(self) -> None:
        """Pull the cable: the host sees its port die."""
        self._close()
        self.outlet.cut()

    def read(self) -> bytes:
        """Return what the host has written, b"" when nothing."""
        if not self.plugged:
            return b""
        try:
            return os.read(self._master, READ_BYTES)
        except OSError:
            # EAGAIN: nothing there. EIO: the last host has closed; the device lives on.
            return b""

    def send(self, messages: list[bytes]) -> None:
        """Write as much as the host's side takes now."""
        if not self.plugged:
            self.outlet.dropped += len(messages)
            return
        self.outlet.offer(messages)
        self._flush()

    def send_bytes(self, data: bytes) -> None:
        """Write what comes out of a faulty cable, as much as the host's side takes now."""
        if self.plugged:
            self.outlet.offer_bytes(data)
            self._flush()

    def _flush(self) -> None:
        while data := self.outlet.next_bytes():
            try:
                self.outlet.wrote(os.write(self._master, data))
            except OSError:
                return  # the host does not read; try again at the next frame

    def remove(self) -> None:
        """Take the link away, if it is still this device's, and close."""
        with contextlib.suppress(OSError):  # already gone is what was wanted
            if self.plugged and str(self._link.readlink()) == os.ttyname(self._slave):
                self._link.unlink()
            elif not self.plugged and not self._link.exists():
                self._link.unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        for descriptor in (self._master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self._master = self._slave = -1
