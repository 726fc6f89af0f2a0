"""Where Podal listens: TCP ports on this machine and the control socket's path."""

import ipaddress
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final

from api.errors import PortTakenError, SocketFolderError

SEND_BUFFER_BYTES: Final = 64 * 1024
"""Small, so that a phone that wakes up is not shown seconds of the past."""

USER_TIMEOUT_MS: Final = 10_000
"""A peer that takes nothing for this long is gone, even when its machine still answers."""

BACKLOG: Final = 128
MAX_SOCKET_PATH_BYTES: Final = 103
"""Room for a path in `sockaddr_un`: 108 bytes on Linux, 104 on macOS, one of them a zero."""


def is_loopback(host: str) -> bool:
    """Return whether `host` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int, *, option: str) -> socket.socket:
    """Return a listening socket; accepted connections inherit its options.

    Raises:
        PortTakenError: the port cannot be had; `option` names how to choose another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTakenError(host, port, option, error.errno or 0) from None
    return listener


def default_socket_path(port: int) -> Path:
    """Return where control listens by default: one socket for each API port, ours alone."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        folder = Path(runtime) / "podal"
    else:
        folder = Path(tempfile.gettempdir()) / f"podal-{os.getuid()}"
    return folder / f"control-{port}.sock"


def prepare_socket_folder(path: Path) -> None:
    """Make the folder of the control socket, private to this user.

    Raises:
        SocketFolderError: it is somebody else's, or cannot be made.
    """
    folder = path.parent
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        raise SocketFolderError(folder, "its path is too long for a local socket")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise SocketFolderError(folder, error.strerror or str(error)) from None
    if not stat.S_ISDIR(found.st_mode):
        raise SocketFolderError(folder, "it is not a folder")
    if found.st_uid != os.getuid():
        raise SocketFolderError(folder, "it belongs to another user")
    if found.st_mode & 0o022:
        raise SocketFolderError(folder, "others may write to it")


def control_answers(path: Path) -> bool:
    """Return whether a control process already listens on this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
