"""The device Podal works with, remembered from one start to the next.

One line in a file of the state folder. It is read before the loop turns. It is written by a thread
of its own, because a disk may take seconds to confirm and the loop waits for nothing; the thread
holds no lock that the loop wants, and hardly ever the interpreter's.
"""

import json
import logging
import os
import stat
import threading
import zlib
from pathlib import Path
from typing import Any, Final, NamedTuple

FILE_NAME: Final = "known-device.json"
VERSION: Final = 1
MAX_BYTES: Final = 4_096
"""Far more than such a file is long; a longer one is none of ours."""

MAX_TEXT: Final = 64
"""Of an id, as in a device's descriptor; serial numbers of USB are shorter."""

RETRY_US: Final = 60_000_000
"""A file that could not be written is tried again after this long: disks are made room on."""

LAST_WAIT_S: Final = 0.5
"""Longest wait for the file when Podal ends. Podal proposal: a quarter of what its supervisor
allows, `api.supervise.END_S`."""

_KEYS: Final = {"version", "device_id", "serial_number", "crc32"}

_log = logging.getLogger("podal.control")


class Known(NamedTuple):
    """A device as it is remembered.

    Attributes:
        device_id: By its descriptor, "" none is known.
        serial_number: Of the USB port it was at, "" it had none.
    """

    device_id: str = ""
    serial_number: str = ""


NOBODY: Final = Known()


class DamagedFileError(ValueError):
    """The file says nothing that can be believed."""


def packed(known: Known) -> bytes:
    """Return the file that says `known`."""
    table = {"version": VERSION, **known._asdict(), "crc32": _crc32(known)}
    return json.dumps(table).encode() + b"\n"


def _crc32(known: Known) -> int:
    return zlib.crc32(json.dumps([VERSION, *known]).encode())


def parsed(data: bytes) -> Known:
    """Return the device that a file names.

    Raises:
        DamagedFileError: It is not exactly such a file.
    """
    try:
        table = json.loads(data)
    except (ValueError, RecursionError):
        raise DamagedFileError("it is not JSON") from None
    if not isinstance(table, dict):
        raise DamagedFileError("it is not a table")
    if table.get("version") != VERSION:
        raise DamagedFileError("it was written by another version of Podal")
    if set(table) != _KEYS:
        raise DamagedFileError("its keys are not those of such a file")
    known = Known(_text(table, "device_id", least=1), _text(table, "serial_number", least=0))
    if table["crc32"] != _crc32(known):
        raise DamagedFileError("its check sum is wrong")
    return known


def _text(table: dict[str, Any], name: str, *, least: int) -> str:
    found = table[name]
    if not isinstance(found, str) or not least <= len(found) <= MAX_TEXT:
        raise DamagedFileError(f"{name} is no text of at most {MAX_TEXT} characters")
    if not found.isprintable():
        raise DamagedFileError(f"{name} is not printable")
    return found


def load(folder: Path) -> Known:
    """Return the device remembered in `folder`; whatever is wrong is said, and nobody is known."""
    path = folder / FILE_NAME
    try:
        return parsed(_read(path))
    except FileNotFoundError:
        return NOBODY
    except DamagedFileError as error:
        why = str(error)
    except OSError as error:
        why = error.strerror or type(error).__name__
    _log.warning("%s cannot be used (%s); the next device counts as the first one", path, why)
    return NOBODY


def _read(path: Path) -> bytes:
    """Read a file that may be anything, without ever waiting for somebody at its other end.

    Raises:
        DamagedFileError: It is not a file of this kind.
        OSError: It cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise DamagedFileError("it is not a file")
        data = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise DamagedFileError("it is too long")
    return data


def save(folder: Path, data: bytes) -> None:
    """Write the file so that after a power cut it is the old or the new one, and whole.

    Raises:
        OSError: The folder or the disk does not allow it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = folder / f".{FILE_NAME}.new"
    with open(new, "wb", opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE_NAME)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


class _Writer(threading.Thread):
    """Writes one file and ends; `trouble` then says why it could not, "" it could."""

    def __init__(self, folder: Path, known: Known) -> None:
        super().__init__(name="known-device", daemon=True)
        self.known = known
        self.trouble = ""
        self._folder = folder
        self._data = packed(known)

    def run(self) -> None:
        try:
            save(self._folder, self._data)
        except OSError as error:
            self.trouble = error.strerror or type(error).__name__


class Memory:
    """What the file says, and the writing of it.

    Args:
        folder: Where it lies; None remembers nothing beyond this process.

    Attributes:
        known: The device that the file names.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.known = load(folder) if folder is not None else NOBODY
        self._writer: _Writer | None = None
        self._retry_us: int | None = None

    def keep(self, known: Known, at_us: int) -> None:
        """Have `known` written where the file says otherwise; returns at once."""
        if self._writer is not None and not self._writer.is_alive():
            self._take_result(self._writer, at_us)
        if self._folder is None or self._writer is not None or known == self.known:
            return
        if self._retry_us is None or at_us >= self._retry_us:
            self._writer = _Writer(self._folder, known)
            self._writer.start()

    def _take_result(self, writer: _Writer, at_us: int) -> None:
        self._writer = None
        if not writer.trouble:
            self.known, self._retry_us = writer.known, None
            return
        if self._retry_us is None:
            _log.warning(
                "the machine is not remembered, %s cannot be written (%s); after the next start of "
                "Podal any machine is accepted: see that the folder can be written to",
                self._folder,
                writer.trouble,
            )
        self._retry_us = at_us + RETRY_US

    def close(self) -> None:
        """Give a file under way a moment to reach the disk; half a file never counts."""
        if self._writer is not None:
            self._writer.join(LAST_WAIT_S)
