"""The faces' end of the control socket: newest snapshot in, requests and STOP out (asyncio)."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.errors import ControlRefusedError, ControlUnreachableError
from controller.mail import IMAGE, REPLY, STATUS, STOP_FRAME, FrameReader, MailError, request_frame

SILENCE_S: Final = 1.0
"""A snapshot older than this is not shown as the present. Twenty are due in this time."""
NEVER_S: Final = float("-inf")
REPLY_S: Final = 1.0
STOP_REPLY_S: Final = 0.2
LOOP_KEYS: Final = (
    "late_p50_us", "late_p99_us", "late_p999_us", "late_max_us", "late_from_us", "late_counts",
    "tick_us", "fifo",
)  # fmt: skip
BACKOFF_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True, slots=True)
class Newest:
    """The latest snapshot, encoded once by control and shared by every client.

    Attributes:
        status: Body of GET /api/v1/status as JSON text.
        status_no: Grows by one with each new status.
        image: Binary pressure image, None before the first.
        image_no: Grows by one with each new image.
    """

    status: str
    status_no: int
    image: bytes | None
    image_no: int


def status_without_control(version: str, code: str) -> str:
    """Return the status that is true while no control process answers."""
    bed: dict[str, object] = {
        "contact": None, "side": None, "side_p": None, "pose": None, "zones": [], "head": None,
        "zone_under_head": None, "force_n": None, "target_n": None, "limit_n": None,
        "limit_reasons": [], "clamps": [],
    }  # fmt: skip
    session: dict[str, object] = {
        "state": "no_device", "routine": None, "active_s": 0.0, "remaining_s": None,
        "progress": 0.0, "stroke": None, "waiting_for": None, "reason": code,
    }  # fmt: skip
    return json.dumps(
        {
            "version": version,
            "seq": 0,
            "device": {"id": None, "state": None, "simulated": None, "link": None},
            "link": None,
            "session": session,
            "images": None,
            "beds": {"left": bed, "right": bed},
            "alarms": [{"code": code, "since_ms": 0, "latched": False, "advice": code}],
            "loop": dict.fromkeys(LOOP_KEYS),
        }
    )


class _Connection(asyncio.Protocol):
    """One connection to control; hands each frame to `on_frame`, its end to `closed`."""

    def __init__(self, on_frame: Callable[[int, bytes], None]) -> None:
        self._reader = FrameReader()
        self._on_frame = on_frame
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - narrows the type
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for kind, body in self._reader.feed(data):
                self._on_frame(kind, body)
        except MailError:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's shape
        if not self.closed.done():
            self.closed.set_result(None)

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class ControlLink:
    """Keeps one connection to the control process and the newest it said."""

    def __init__(
        self, path: Path, *, version: str, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._version = version
        self._now_s = now_s
        self._connection: _Connection | None = None
        self._newest = Newest("", 0, None, 0)
        self._image_came = False
        self._heard_s = NEVER_S
        self._news = asyncio.Event()
        self._last_id = 0
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._stops: deque[asyncio.Future[dict[str, Any]]] = deque()

    async def keep_connected(self) -> None:
        """Connect, and connect again whenever the control process went away, until cancelled."""
        tries = 0
        while True:
            try:
                await self._serve_connection()
                tries = 0
            except OSError:
                pass  # absence is shown by the status; the next try follows
            await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
            tries += 1

    async def _serve_connection(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(
            lambda: _Connection(self._on_frame), str(self._path)
        )
        self._connection = connection
        try:
            await connection.closed
        finally:
            connection.abort()
            self._connection = None
            self._heard_s = NEVER_S
            self._fail_waiting()
            self._tell()

    def _fail_waiting(self) -> None:
        waiting = [*self._asked.values(), *self._stops]
        self._asked.clear()
        self._stops.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(ControlUnreachableError("control_absent"))

    def _on_frame(self, kind: int, body: bytes) -> None:
        last = self._newest
        if kind == STATUS:
            text = body.decode("utf-8", errors="replace")
            # A snapshot that came without an image: the image before it is the past.
            image = last.image if self._image_came else None
            self._newest = Newest(text, last.status_no + 1, image, last.image_no)
            self._image_came = False
            self._heard_s = self._now_s()
            self._tell()
        elif kind == IMAGE:
            self._newest = Newest(last.status, last.status_no, body, last.image_no + 1)
            self._image_came = True
            self._tell()
        elif kind == REPLY:
            self._on_reply(body)

    def _on_reply(self, body: bytes) -> None:
        try:
            reply = json.loads(body)
            reply_id = int(reply["id"])
        except (ValueError, TypeError, KeyError):
            raise MailError("a reply without a readable id") from None
        if reply_id == 0:
            future = self._stops.popleft() if self._stops else None
        else:
            future = self._asked.pop(reply_id, None)
        if future is not None and not future.done():
            future.set_result(reply)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def trouble(self) -> str | None:
        """Return why the newest snapshot may not be shown as the present, or None."""
        if self._connection is None or self._heard_s == NEVER_S:
            return "control_absent"
        return "control_silent" if self._now_s() - self._heard_s > SILENCE_S else None

    def newest(self) -> Newest:
        """Return the newest snapshot, or the truth about its absence."""
        code = self.trouble()
        if code is None:
            return self._newest
        return Newest(status_without_control(self._version, code), -1, None, -1)

    async def wait_newer(self, than: Newest, *, timeout_s: float) -> bool:
        """Return True as soon as there is something newer, False after `timeout_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    newest = self.newest()
                    if (newest.status_no, newest.image_no) != (than.status_no, than.image_no):
                        return True
                    await self._news.wait()
        return False

    async def ask(self, do: str, **fields: object) -> Mapping[str, Any]:
        """Send one request and return the reply of the control process.

        `sent_us` is this machine's monotonic clock: a control process that was asleep can see
        that a start is old, and refuse it.

        Raises:
            ControlUnreachableError: nobody is connected, or nobody answered in time.
            ControlRefusedError: the control process said no, and why.
        """
        connection = self._open_connection()
        self._last_id += 1
        reply_id = self._last_id
        future = asyncio.get_running_loop().create_future()
        self._asked[reply_id] = future
        request = {"id": reply_id, "do": do, "sent_us": time.monotonic_ns() // 1000, **fields}
        reply = await self._exchange(connection, request_frame(request), future, REPLY_S)
        if reply.get("ok") is not True:
            raise ControlRefusedError(str(reply.get("code", "")), str(reply.get("detail", "")))
        return reply

    async def stop(self) -> None:
        """Send STOP and return when the control process has confirmed it.

        Raises:
            ControlUnreachableError: not confirmed within 200 ms; the caller must say so.
        """
        connection = self._open_connection()
        future = asyncio.get_running_loop().create_future()
        self._stops.append(future)
        await self._exchange(connection, STOP_FRAME, future, STOP_REPLY_S)

    def _open_connection(self) -> _Connection:
        if self._connection is None or self._connection.transport is None:
            raise ControlUnreachableError("control_absent")
        return self._connection

    async def _exchange(
        self,
        connection: _Connection,
        data: bytes,
        future: asyncio.Future[dict[str, Any]],
        timeout_s: float,
    ) -> dict[str, Any]:
        assert connection.transport is not None  # noqa: S101 - checked by _open_connection
        connection.transport.write(data)
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            connection.abort()  # replies would no longer match; a fresh connection is cheap
            raise ControlUnreachableError("control_silent") from None
