"""The device that is remembered: the file, whatever may be in its place, and a slow disk."""

import contextlib
import json
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.known import (
    FILE_NAME,
    MAX_BYTES,
    NOBODY,
    RETRY_US,
    DamagedFileError,
    Known,
    Memory,
    load,
    packed,
    parsed,
    save,
)

ONE = Known("podal-sim-1", "serial-1")
TWO = Known("podal-sim-2")
TEXTS = st.text(max_size=64).filter(str.isprintable)


def kept(memory: Memory, known: Known, at_us: int = 0) -> None:
    """Keep `known` until the file says so."""
    give_up_s = time.monotonic() + 20.0
    while memory.known != known:
        memory.keep(known, at_us)
        assert time.monotonic() < give_up_s
        time.sleep(0.001)


@given(device_id=TEXTS.filter(bool), serial_number=TEXTS)
def test_what_was_written_is_what_is_read(device_id, serial_number):
    known = Known(device_id, serial_number)
    assert parsed(packed(known)) == known


@given(place=st.integers(0, len(packed(ONE)) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_never_names_another_device(place, byte):
    data = bytearray(packed(ONE))
    data[place] = byte
    with contextlib.suppress(DamagedFileError):
        assert parsed(bytes(data)) == ONE


@given(st.integers(0, len(packed(ONE)) - 2))
def test_half_a_file_names_nobody(length):
    with pytest.raises(DamagedFileError):
        parsed(packed(ONE)[:length])


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
).map(lambda table: json.dumps(table).encode()))  # fmt: skip
def test_no_other_file_names_anybody(data):
    with pytest.raises(DamagedFileError):
        parsed(data)


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"device_id": ""}, {"device_id": "x" * 65}, {"device_id": 7}, {"more": 1}],
)
def test_a_file_of_another_kind_names_nobody(change):
    with pytest.raises(DamagedFileError):
        parsed(json.dumps({**json.loads(packed(ONE)), **change}).encode())


def test_before_the_first_device_nobody_is_known_and_nothing_is_said(tmp_path, caplog):
    assert load(tmp_path / "not" / "there") == NOBODY
    assert caplog.text == ""


def as_folder(path):
    path.mkdir()


def as_fifo(path):
    os.mkfifo(path)


def as_endless(path):
    path.symlink_to("/dev/zero")


def as_loop(path):
    path.symlink_to(path)


def as_empty(path):
    path.touch()


def as_huge(path):
    path.write_bytes(packed(ONE) + b" " * MAX_BYTES)


@pytest.mark.parametrize("other", [as_folder, as_fifo, as_endless, as_loop, as_empty, as_huge])
def test_whatever_lies_in_its_place_is_told_and_ends_nothing(tmp_path, caplog, other):
    other(tmp_path / FILE_NAME)
    assert load(tmp_path) == NOBODY
    assert "the next device counts as the first one" in caplog.text
    assert str(tmp_path / FILE_NAME) in caplog.text


def test_a_device_is_remembered_by_the_next_start(tmp_path):
    folder = tmp_path / "state" / "podal"
    kept(Memory(folder), ONE)
    assert Memory(folder).known == ONE
    kept(Memory(folder), TWO)
    assert Memory(folder).known == TWO
    assert [entry.name for entry in folder.iterdir()] == [FILE_NAME]
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / FILE_NAME).stat().st_mode & 0o077 == 0


def test_what_the_file_says_already_is_not_written_again(tmp_path):
    save(tmp_path, packed(ONE))
    before = (tmp_path / FILE_NAME).stat()
    memory = Memory(tmp_path)
    for at_us in range(100):
        memory.keep(ONE, at_us)
    memory.close()
    after = (tmp_path / FILE_NAME).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_without_a_folder_nothing_is_remembered():
    memory = Memory(None)
    memory.keep(ONE, 0)
    assert memory.known == NOBODY


def test_a_link_planted_in_the_place_of_the_new_file_is_not_followed(tmp_path, caplog):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f".{FILE_NAME}.new").symlink_to(victim)
    memory = Memory(tmp_path)
    memory.keep(ONE, 0)
    memory.close()
    memory.keep(ONE, 1)
    assert victim.read_text() == "mine"
    assert "the machine is not remembered" in caplog.text


def test_a_folder_that_cannot_be_written_is_told_once_and_tried_again_later(tmp_path, caplog):
    folder = tmp_path / "state"
    folder.touch()
    memory = Memory(folder)
    caplog.clear()
    for at_us in (0, 1, RETRY_US - 1, RETRY_US + 1, RETRY_US + 2):
        memory.keep(ONE, at_us)
        memory.close()
    assert caplog.text.count("the machine is not remembered") == 1
    folder.unlink()
    kept(memory, ONE, 3 * RETRY_US)
    assert load(folder) == ONE


def test_a_disk_that_does_not_answer_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / f".{FILE_NAME}.new")  # opening it to write waits for a reader
    memory = Memory(tmp_path)
    begun_s = time.monotonic()
    for at_us in range(10_000):
        memory.keep(ONE, at_us)
    memory.close()
    waited_s = time.monotonic() - begun_s
    reader = os.open(tmp_path / f".{FILE_NAME}.new", os.O_RDONLY)
    memory.close()
    os.close(reader)
    assert waited_s < 5.0
    assert memory.known == NOBODY
