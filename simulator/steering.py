"""Acting on a running simulated device: one JSON object a line over a socket beside its link."""

import contextlib
import errno
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from simulator.errors import LinkTakenError, NotServedError

LINE_BYTES: Final = 4096
CLIENTS: Final = 8
ANSWER_S: Final = 5.0

Request = dict[str, Any]
Answer = dict[str, Any]


def socket_path(link: Path) -> Path:
    """Return where the device at `link` listens."""
    return link.with_name(link.name + ".sock")


class Steering:
    """The device's end.

    Args:
        link: Path of the device's link.
        handle: Does what a request asks and answers it.

    Raises:
        LinkTakenError: A device runs there already, or the path cannot be used.
    """

    def __init__(self, link: Path, handle: Callable[[Request], Answer]) -> None:
        self._path = socket_path(link)
        self._handle = handle
        self._clients: dict[int, tuple[socket.socket, bytes]] = {}
        self._listener = _claim(link, self._path)

    def descriptors(self) -> list[int]:
        """Return what to wait on for input."""
        return [self._listener.fileno(), *self._clients]

    def serve(self, descriptor: int) -> None:
        """Take what has arrived on one of the descriptors."""
        if descriptor == self._listener.fileno():
            self._accept()
        elif descriptor in self._clients:
            self._read(descriptor)

    def close(self) -> None:
        """Hang up and take the socket away."""
        for client, _ in self._clients.values():
            client.close()
        self._clients.clear()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it has hung up already
        if len(self._clients) >= CLIENTS:
            client.close()
            return
        client.setblocking(False)
        self._clients[client.fileno()] = (client, b"")

    def _read(self, descriptor: int) -> None:
        client, kept = self._clients[descriptor]
        try:
            data = client.recv(LINE_BYTES)
            kept += data
            *lines, kept = kept.split(b"\n")
            for line in lines:
                client.sendall(json.dumps(self._answer(line)).encode() + b"\n")
        except OSError:
            data = b""
        if not data or len(kept) > LINE_BYTES:
            client.close()
            del self._clients[descriptor]
        else:
            self._clients[descriptor] = (client, kept)

    def _answer(self, line: bytes) -> Answer:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"ok": False, "detail": "not a line of JSON"}
        if not isinstance(request, dict):
            return {"ok": False, "detail": "not a JSON object"}
        return self._handle(request)


def ask(link: Path, request: Request) -> Answer:
    """Return the answer of the device that runs at `link`.

    Raises:
        NotServedError: None does, or it does not answer.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_S)
        try:
            client.connect(os.fspath(socket_path(link)))
            client.sendall(json.dumps(request).encode() + b"\n")
            line = b""
            while not line.endswith(b"\n"):
                data = client.recv(LINE_BYTES)
                if not data:
                    raise NotServedError(str(link))
                line += data
        except OSError as error:
            raise NotServedError(str(link)) from error
    answer: Answer = json.loads(line)
    return answer


def _claim(link: Path, path: Path) -> socket.socket:
    """Return the listening socket; holding it is what makes a device the owner of its link."""
    if _answers(path):
        raise LinkTakenError(
            str(link),
            "another simulated device runs there",
            "stop that one, or choose another --link",
        )
    listener = socket.socket(socket.AF_UNIX)
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        listener.bind(os.fspath(path))
    except OSError as error:
        listener.close()
        why = "the path is too long" if "too long" in str(error) else os.strerror(error.errno or 0)
        raise LinkTakenError(str(link), why.lower(), "choose another --link") from error
    listener.listen(CLIENTS)
    listener.setblocking(False)
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(1.0)
        found = client.connect_ex(os.fspath(path))
        return found in (0, errno.EAGAIN)
    return False
