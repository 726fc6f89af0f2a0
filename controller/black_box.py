"""Control's side of the black box: hands boxes to the process that writes them, a little at a time.

Nothing here waits. What the writer does not take now is offered again later; a box that it does not
take at all is lost, counted and told, and the loop has not noticed.
"""

import contextlib
import json
import logging
import re
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from controller.box_file import body_pieces, head_bytes, head_of
from controller.box_writer import BEGIN, DATA, END, KEEP, PART, trouble_code
from controller.codebook import BadValueError
from controller.tape import Box
from controller.taped import TapedRunner

PATIENCE_US: Final = 120_000_000
"""A writer that has not answered so long after a box was begun gets no more of it."""

CLOSE_S: Final = 1.0
"""When control ends, its feet are free already; so long a box may still take. The supervisor waits
for 2 s in all."""

END_S: Final = 0.3
"""So long the writer, whose socket is closed then, is waited for."""

SEND_BYTES: Final = 65_536
FOLDER: Final = "black-box"
_log = logging.getLogger("podal.blackbox")


class BlackBox:
    """Boxes on their way from the runner's tape to the writer.

    Args:
        runner: Whose tape it is.
        folder: Where boxes are kept; None keeps none.
        version: Version of the product.

    Attributes:
        written: Boxes on the disk, since this process began.
        lost: Boxes that could not be written.
        trouble: Code why the last one was not, "" it was.
    """

    def __init__(self, runner: TapedRunner, folder: Path | None, version: str) -> None:
        self._runner = runner
        self._version = version
        self.written = 0
        self.lost = 0
        self.trouble = ""
        self._last = ""
        self._parts: Iterator[bytes] | None = None
        self._left = memoryview(b"")
        self._begun_us = 0
        self._asked: deque[tuple[str, ...]] = deque()
        self._heard = b""
        self._sock: socket.socket | None = None
        self._writer: subprocess.Popen[bytes] | None = None
        if folder is not None:
            self._start(folder)

    def _start(self, folder: Path) -> None:
        """Start the writer; it is there before the loop is, so that the loop never waits for it."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "controller.box_writer", str(folder), str(KEEP)]
        try:
            self._writer = subprocess.Popen(command, stdin=theirs.fileno())  # noqa: S603 - our own module
        except OSError as error:
            ours.close()
            self.trouble = trouble_code(error)
            _log.warning("black boxes are not written: %s", error.strerror)
            return
        finally:
            theirs.close()
        ours.setblocking(False)
        self._sock = ours

    def go_on(self, now_us: int) -> None:
        """Do one small piece of work, if there is any; never waits."""
        sock = self._sock
        if sock is None:
            return
        if self._asked and now_us - self._begun_us > PATIENCE_US:
            self._lose_writer("the disk takes nothing")
            return
        try:
            if self._left or self._parts is not None:
                self._hand_over(sock)
            elif self._asked:
                self._listen(sock.recv(4096))
            else:
                self._begin(now_us)
        except (BlockingIOError, TimeoutError):
            return
        except OSError:
            self._lose_writer("the process that writes them has ended")
        except BadValueError as error:
            self._parts = None  # the next box begins anew
            self._hear({"trouble": "not_written", "detail": str(error)})

    def _hand_over(self, sock: socket.socket) -> None:
        if not self._left and self._parts is not None:
            self._left = memoryview(next(self._parts, b""))
            if not self._left:
                self._parts = None
                return
        self._left = self._left[sock.send(self._left[:SEND_BYTES]) :]

    def _begin(self, now_us: int, *, at_once: bool = False) -> None:
        box = self._runner.box(now_us, at_once=at_once)
        if box is None:
            return
        self._begun_us = now_us
        self._asked.append(box.why)
        self._parts = self._told(box, now_us)

    def _told(self, box: Box, now_us: int) -> Iterator[bytes]:
        """Yield the parts of `box` as the writer takes them."""
        device_id = self._runner.device_id
        wall = datetime.now(UTC)
        head = head_of(box, podal=self._version, device_id=device_id, now_us=now_us, wall=wall)
        name = f"{re.sub('[-:]', '', head.at)}-{box.why[0]}"
        yield _part(BEGIN, name.encode() + b"\x00" + head_bytes(head))
        for piece in body_pieces(box.recording):
            yield _part(DATA, piece)
        yield _part(END, b"")

    def _listen(self, data: bytes) -> None:
        """Hear how a box has fared."""
        if not data:
            raise ConnectionResetError
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            self._hear(json.loads(line))

    def _hear(self, answer: dict[str, Any]) -> None:
        why = ", ".join(self._asked.popleft()) if self._asked else ""
        path = answer.get("path")
        if path is None:
            self.lost += 1
            self.trouble = str(answer.get("trouble"))
            _log.warning("the black box of %s is lost: %s", why, answer.get("detail"))
            return
        self.written += 1
        self.trouble = ""
        self._last = Path(path).name
        _log.info("black box of %s written: %s", why, path)

    def _lose_writer(self, why: str) -> None:
        """Go on without a writer: nothing else depends on it."""
        if self._sock is not None:
            self._sock.close()
        self._sock, self._parts, self._left = None, None, memoryview(b"")
        self.lost += len(self._asked)
        self._asked.clear()
        self.trouble = "not_written"
        _log.warning("black boxes are not written any more: %s", why)

    def close(self, now_us: int, *, why: str = "") -> None:
        """Hand over what is wanted still, and end; takes `CLOSE_S` at most.

        Args:
            now_us: Host time.
            why: Code of what else is a reason to keep a box, "" nothing.
        """
        if why:
            self._runner.want(why, now_us)
        give_up_s = time.monotonic() + CLOSE_S
        while self._sock is not None and time.monotonic() < give_up_s:
            if not self._asked and not self._left:
                self._begin(now_us, at_once=True)
                if self._parts is None:
                    break
            if self._sock is not None:
                self._sock.settimeout(max(give_up_s - time.monotonic(), 0.001))
            self.go_on(now_us)
        if self._sock is not None:
            self._sock.close()
            self._sock = None
        if self._writer is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # it ends by itself, whenever
                self._writer.wait(END_S)

    def told_in(self, status: dict[str, Any]) -> dict[str, Any]:
        """Return the status with what people should know of black boxes."""
        status["black_box"] = {
            "written": self.written,
            "lost": self.lost,
            "last": self._last or None,
            "trouble": self.trouble or None,
        }
        return status


def _part(kind: int, data: bytes) -> bytes:
    return PART.pack(kind, len(data)) + data
