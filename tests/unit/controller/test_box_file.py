"""A black box's file is whole or refused, whatever somebody has made of it."""

import contextlib
import pickle
import random
import struct
import zlib
from datetime import UTC, datetime

import pytest

from controller import box_file
from controller.box_file import (
    MAX_BODY_BYTES,
    BadBoxError,
    Head,
    box_bytes,
    boxes_in,
    head_bytes,
    head_of,
    parse_box,
    read_box,
    read_head,
)
from controller.request import Start
from controller.settings import default_settings
from controller.taped import TapedRunner

NOW_US = 5_000_000


@pytest.fixture(scope="module")
def box():
    runner = TapedRunner(default_settings(), lambda: 7, "test")
    runner.port_opened(NOW_US)
    for turn in range(20):
        runner.turn(bytes([turn]) * 50, NOW_US + turn * 5000, Start("x") if turn == 9 else None)
    runner.want("stop", NOW_US + 50_000)
    found = runner.box(NOW_US, at_once=True)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def head(box) -> Head:
    wall = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    return head_of(box, podal="1.2.3", device_id="D1", now_us=NOW_US + 3_050_000, wall=wall)


@pytest.fixture(scope="module")
def data(box, head) -> bytes:
    return box_bytes(head, box.recording)


def made(head: Head, body: bytes) -> bytes:
    """A file with this body and a right check sum."""
    told = head_bytes(head) + body
    return told + struct.pack("<I", zlib.crc32(told))


def test_it_says_when_why_and_by_whom_before_anything_is_inflated(head, data, tmp_path) -> None:
    path = tmp_path / "a.podalbox"
    path.write_bytes(data)
    found = read_head(path)
    assert found == head
    assert found.at == "2026-03-04T05:06:04Z"
    assert found.why == ("stop",)
    assert found.podal == "1.2.3"
    assert found.turns == 20


def test_what_was_recorded_is_what_is_read(box, data, tmp_path) -> None:
    path = tmp_path / "a.podalbox"
    path.write_bytes(data)
    _, recording = read_box(path)
    assert recording.entries == box.recording.entries
    assert recording.entries[10].request == Start("x")


def test_cut_off_anywhere_it_is_refused(data) -> None:
    for end in range(0, len(data), 97):
        with pytest.raises(BadBoxError):
            parse_box(data[:end], "cut")


def test_a_flipped_bit_anywhere_is_refused(data) -> None:
    chance = random.Random(1)
    for _ in range(300):
        flipped = bytearray(data)
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with pytest.raises(BadBoxError):
            parse_box(bytes(flipped), "flipped")


@pytest.mark.slow
def test_flipped_inside_with_a_right_check_sum_it_is_another_recording_or_refused(
    box, head
) -> None:
    """Who can compute a CRC can write any value of the controller, but nothing else."""
    body = b"".join(box_file.body_pieces(box.recording))
    chance = random.Random(2)
    for _ in range(60):
        flipped = bytearray(body)
        flipped[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(BadBoxError):
            parse_box(made(head, zlib.compress(bytes(flipped))), "forged")


def test_a_pickle_in_its_place_does_not_run(head, tmp_path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (tmp_path / "ran").touch, ()

    with pytest.raises(BadBoxError):
        parse_box(made(head, zlib.compress(pickle.dumps(Evil()))), "evil")
    with pytest.raises(BadBoxError, match="not a black box"):
        parse_box(pickle.dumps(Evil()), "evil")
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
def test_a_bomb_is_refused_before_it_fills_the_memory(head) -> None:
    deflate = zlib.compressobj(9)
    zeros = bytes(1_000_000)
    body = b"".join(deflate.compress(zeros) for _ in range(MAX_BODY_BYTES // 1_000_000 + 2))
    with pytest.raises(BadBoxError, match="longer inside"):
        parse_box(made(head, body + deflate.flush()), "bomb")


def test_another_format_and_a_head_that_is_none_are_named(head, data) -> None:
    other = bytearray(data)
    other[8] = 9
    with pytest.raises(BadBoxError, match="version 9, this Podal reads 1"):
        parse_box(bytes(other), "newer")
    for text in (b"[]", b"{}", b"nonsense", b"[" * 50_000, b'{"why": 3}'):
        told = box_file.HEAD.pack(b"PODALBOX", 1, len(text)) + text + b"body"
        with pytest.raises(BadBoxError, match="head"):
            parse_box(told + struct.pack("<I", zlib.crc32(told)), "head")


def test_the_newest_comes_first_and_a_missing_folder_has_none(tmp_path) -> None:
    for name in ("20260101T000000Z-stop", "20260301T000000Z-fault", "20260201T000000Z-stop"):
        (tmp_path / f"{name}.podalbox").touch()
    (tmp_path / "notes.txt").touch()
    assert [path.stem[:8] for path in boxes_in(tmp_path)] == ["20260301", "20260201", "20260101"]
    assert boxes_in(tmp_path / "none") == []
