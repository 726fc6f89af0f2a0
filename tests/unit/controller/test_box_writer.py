"""The process that writes black boxes: whole files or none, the newest, and a word about each."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time

import pytest

from controller.box_writer import BEGIN, DATA, END, PART, SUFFIX

BOX = ((BEGIN, b"one\x00HEAD"), (DATA, os.urandom(100_000)), (END, b""))


class Process:
    """A writer for a folder, and this end of its socket."""

    def __init__(self, folder, keep=3, **popen) -> None:
        self.sock, theirs = socket.socketpair()
        self.sock.settimeout(20)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "controller.box_writer", str(folder), str(keep)],
            stdin=theirs.fileno(),
            **popen,
        )
        theirs.close()
        self._lines = self.sock.makefile("rb")

    def send(self, *parts) -> None:
        for kind, data in parts:
            self.sock.sendall(PART.pack(kind, len(data)) + data)

    def answer(self) -> dict:
        return json.loads(self._lines.readline())

    def end(self) -> int:
        self._lines.close()
        self.sock.close()
        return self.process.wait(20)


@pytest.fixture
def writer(tmp_path):
    found = Process(tmp_path / "boxes")
    yield found
    assert found.end() == 0


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_box_appears_when_it_is_whole_and_only_its_owner_can_read_it(writer, tmp_path) -> None:
    folder = tmp_path / "boxes"
    writer.send(*BOX[:2])
    time.sleep(0.3)
    assert not [name for name in names(folder) if name.endswith(SUFFIX)]
    writer.send(BOX[2])
    answer = writer.answer()
    path = folder / f"one{SUFFIX}"
    assert answer == {"path": str(path), "bytes": path.stat().st_size}
    assert names(folder) == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.read_bytes().startswith(b"HEAD")


def test_a_box_of_the_same_name_does_not_take_its_place(writer, tmp_path) -> None:
    writer.send(*BOX, *BOX)
    assert writer.answer()["path"] != writer.answer()["path"]
    assert len(names(tmp_path / "boxes")) == 2


def test_only_the_newest_are_kept(writer, tmp_path) -> None:
    for number in range(6):
        writer.send((BEGIN, f"box{number}\x00".encode()), *BOX[1:])
        assert "path" in writer.answer()
        time.sleep(0.02)
    assert names(tmp_path / "boxes") == [f"box{number}{SUFFIX}" for number in (3, 4, 5)]


def test_a_name_cannot_lead_out_of_the_folder(writer, tmp_path) -> None:
    writer.send((BEGIN, b"../../etc/x y\x00"), *BOX[1:])
    assert writer.answer()["path"] == str(tmp_path / "boxes" / f"etcxy{SUFFIX}")


def test_half_a_box_leaves_nothing_and_the_next_one_is_whole(writer, tmp_path) -> None:
    writer.send(*BOX[:2], (BEGIN, b"two\x00"), *BOX[1:])
    assert writer.answer()["path"].endswith(f"two{SUFFIX}")
    assert names(tmp_path / "boxes") == [f"two{SUFFIX}"]


def test_signals_that_are_meant_for_control_do_not_cost_a_box(writer, tmp_path) -> None:
    writer.send(*BOX)
    assert "path" in writer.answer()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        writer.process.send_signal(number)
    writer.send(*BOX)
    assert "path" in writer.answer()


def test_a_box_that_was_handed_over_is_written_though_control_is_gone(tmp_path) -> None:
    writer = Process(tmp_path)
    writer.send(*BOX)
    assert writer.end() == 0
    assert names(tmp_path) == [f"one{SUFFIX}"]


def test_what_a_crash_left_unfinished_is_swept_away(tmp_path) -> None:
    (tmp_path / "old.unfinished").write_bytes(b"half")
    writer = Process(tmp_path)
    writer.send(*BOX)
    writer.answer()
    assert writer.end() == 0
    assert names(tmp_path) == [f"one{SUFFIX}"]


def test_a_file_that_may_not_grow_is_told_and_leaves_nothing(tmp_path) -> None:
    """The kernel refuses to write on, as it does on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    writer = Process(tmp_path, preexec_fn=limit)
    writer.send(*BOX)
    assert writer.answer()["trouble"] == "disk_full"
    assert names(tmp_path) == []
    writer.send((BEGIN, b"small\x00"), (DATA, b"little"), (END, b""))
    assert writer.answer()["path"].endswith(f"small{SUFFIX}")
    assert writer.end() == 0


def test_a_folder_that_cannot_be_made_is_told(tmp_path) -> None:
    (tmp_path / "file").touch()
    writer = Process(tmp_path / "file" / "boxes")
    writer.send(*BOX)
    answer = writer.answer()
    assert answer["trouble"] == "not_written"
    assert "irectory" in answer["detail"]
    assert writer.end() == 0
