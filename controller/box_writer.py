"""The process that writes black boxes: all that waits for a disk, far from the loop.

It needs nothing but the standard library, so it is small. It reads from its standard input what
control hands over, and answers each box with one line of JSON. Files appear whole or not at all.
"""

import errno
import json
import os
import signal
import socket
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, Final

MAGIC: Final = b"PODALBOX"
VERSION: Final = 1
HEAD: Final = struct.Struct("<8sHI")
SUFFIX: Final = ".podalbox"
UNFINISHED: Final = ".unfinished"

KEEP: Final = 20
"""So many boxes are kept, the newest; one with 32 x 16 taxels is some 8.5 MB."""

BEGIN: Final = 1
"""Name of the box, a zero byte, and the beginning of the file, as it is."""
DATA: Final = 2
"""More of it, to be deflated."""
END: Final = 3
PART: Final = struct.Struct("<BI")
MAX_PART_BYTES: Final = 16_000_000

_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BoxFile:
    """One box on its way to the disk.

    Args:
        folder: Where it will be; made where it is missing.
        name: Without its suffix; one that is there already is not overwritten.
        head: Beginning of the file.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, folder: Path, name: str, head: bytes) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        clean = "".join(letter for letter in name if letter in _NAME)[:100] or "box"
        self.path = folder / f"{clean}{SUFFIX}"
        number = 2
        while self.path.exists():
            self.path = folder / f"{clean}-{number}{SUFFIX}"
            number += 1
        self._folder = folder
        self._unfinished = folder / f"{clean}{UNFINISHED}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        # What two feet feel like is nobody's business but the owner's.
        self._descriptor = os.open(self._unfinished, flags, 0o600)
        self._deflate = zlib.compressobj(1)
        self._crc = 0
        self._write(head)

    def add(self, data: bytes) -> None:
        """Write more of the body."""
        self._write(self._deflate.compress(data))

    def finish(self) -> int:
        """Write the end, and let the file appear; return its size."""
        self._write(self._deflate.flush())
        self._write(struct.pack("<I", self._crc))
        os.fsync(self._descriptor)
        size = os.fstat(self._descriptor).st_size
        os.close(self._descriptor)
        self._descriptor = -1
        self._unfinished.rename(self.path)
        return size

    def give_up(self) -> None:
        """Leave nothing behind."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._unfinished.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        self._crc = zlib.crc32(data, self._crc)
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left) :]


def prune(folder: Path, keep: int, spared: Path) -> None:
    """Remove all but the newest boxes; `spared` stays whatever the clock says."""
    boxes = [path for path in folder.iterdir() if path.suffix == SUFFIX and path != spared]
    boxes.sort(key=lambda path: path.stat().st_mtime_ns)
    for path in boxes[: max(len(boxes) - keep + 1, 0)]:
        path.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what a crash has left unfinished."""
    try:
        for path in folder.glob(f"*{UNFINISHED}"):
            path.unlink(missing_ok=True)
    except OSError:
        return  # a folder that cannot be read will say so when a box is written


def trouble_code(error: OSError) -> str:
    """Return the code of what keeps a box from being written."""
    full = error.errno in _FULL
    return "disk_full" if full else "not_written"


class Writer:
    """Parts to boxes; of one that fails the rest is swallowed, and the next has its own chance.

    Args:
        folder: Where the boxes are kept.
        keep: How many.
    """

    def __init__(self, folder: Path, keep: int = KEEP) -> None:
        self._folder = folder
        self._keep = keep
        self._box: BoxFile | None = None
        self._failed: OSError | None = None

    def take(self, kind: int, data: bytes) -> dict[str, Any] | None:
        """Deal with one part; return the answer when a box has ended."""
        try:
            return self._take(kind, data)
        except OSError as error:
            self._failed = error
            self.abandon()
        return self._answer() if kind == END else None

    def _take(self, kind: int, data: bytes) -> dict[str, Any] | None:
        if kind == BEGIN:
            self.abandon()
            self._failed = None
            name, _, head = data.partition(b"\x00")
            self._box = BoxFile(self._folder, name.decode("ascii", "ignore"), head)
        elif self._box is None:
            return self._answer() if kind == END else None
        elif kind == DATA:
            self._box.add(data)
        elif kind == END:
            size = self._box.finish()
            path, self._box = self._box.path, None
            prune(self._folder, self._keep, path)
            return {"path": str(path), "bytes": size}
        return None

    def _answer(self) -> dict[str, Any]:
        error = self._failed or OSError("nothing was begun")
        return {"trouble": trouble_code(error), "detail": error.strerror or str(error)}

    def abandon(self) -> None:
        """Leave nothing of a box that did not come to its end."""
        box, self._box = self._box, None
        if box is not None:
            try:
                box.give_up()
            except OSError:
                return  # swept at the next start


def serve(folder: Path, sock: socket.socket, keep: int = KEEP) -> None:
    """Write what comes until the other end closes."""
    sweep(folder)
    writer = Writer(folder, keep)
    stream = sock.makefile("rb")
    while len(head := stream.read(PART.size)) == PART.size:
        kind, length = PART.unpack(head)
        if length > MAX_PART_BYTES:
            break
        data = stream.read(length)
        if len(data) < length:
            break
        answer = writer.take(kind, data)
        if answer is not None:
            try:
                sock.sendall(json.dumps(answer).encode() + b"\n")
            except OSError:
                continue  # who has gone wants no answer, but the box all the same
    writer.abandon()


def main(folder: str, keep: str) -> None:
    """Run as a process: the socket is standard input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when control has; a box may be on its way
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.nice(10)
    with socket.socket(fileno=os.dup(0)) as sock:
        serve(Path(folder), sock, int(keep))


if __name__ == "__main__":
    main(*sys.argv[1:3])
