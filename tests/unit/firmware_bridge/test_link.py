"""The conversation with a device: sessions, freshness, STOP; over real bytes, in virtual time."""

import itertools
import zlib

import numpy as np
import pytest

from firmware_bridge.codec import Malformed, decode_down, encode
from firmware_bridge.descriptor import limits_crc, pack_descriptor
from firmware_bridge.framing import DownDecoder, wrap_up
from firmware_bridge.link import FRESH_US, Link, Phase
from firmware_bridge.messages import (
    Ack,
    BedReport,
    BedTarget,
    Describe,
    Event,
    Frame,
    Hello,
    Nak,
    Page,
    Retract,
    SetPoint,
    Welcome,
)
from tests.samples import DESCRIPTOR

REPORT = BedReport(0, 0, 0, 0, 0, 0, 0, 0, 3000, 2900, 0)
TARGET = BedTarget(0, 0, 0, 0, 0, 0, 0, 0, 0, 255)
IMAGE = np.zeros((2, 32, 16), np.uint16)


class ScriptedDevice:
    """Answers as the protocol page says, and remembers what it heard."""

    def __init__(self, descriptor=DESCRIPTOR, nonce=0xCAFE, version=1) -> None:
        self.packed = pack_descriptor(descriptor)
        self.crc = limits_crc(descriptor["limits"])
        self.nonce, self.version = nonce, version
        self.decoder = DownDecoder()
        self.heard = []
        self.counter = 0
        self.device_us = 0

    def say(self, message, nonce=None) -> bytes:
        self.counter += 1
        nonce = self.nonce if nonce is None else nonce
        return wrap_up(encode(message, nonce=nonce, counter=self.counter))

    def frame(self, **more) -> bytes:
        self.device_us += 5000
        fields = {
            "device_us": self.device_us, "state": 1, "trip": 0, "flags": 0,
            "stop_count": self.decoder.stops, "setpoint_counter": 0, "consent_age_ms": 0,
            "left": REPORT, "right": REPORT, "counts": IMAGE,
        }  # fmt: skip
        return self.say(Frame(**{**fields, **more}))

    def answer(self, data: bytes) -> bytes:
        out = b""
        for payload in self.decoder.feed(data):
            header, message = decode_down(payload)
            assert not isinstance(message, Malformed)
            self.heard.append((header, message))
            if isinstance(message, Hello):
                self.counter = 0
                pages = -(-len(self.packed) // 512)
                out += self.say(
                    Welcome(
                        message.host_nonce, 9, self.version, len(self.packed), pages,
                        zlib.crc32(self.packed), self.crc,
                    )
                )  # fmt: skip
            elif isinstance(message, Describe):
                start = message.page * 512
                out += self.say(Page(message.page, self.packed[start : start + 512]))
        return out


def connected(device=None) -> tuple[Link, ScriptedDevice, int]:
    device = device or ScriptedDevice()
    link = Link(itertools.count(1).__next__)
    now_us = 1_000_000_000
    for _ in range(12):
        link.receive(device.answer(link.poll(now_us)), now_us)
        now_us += 5000
        if link.phase in (Phase.UP, Phase.REFUSED):
            break
    return link, device, now_us


def test_a_handshake_ends_with_a_descriptor_and_a_session():
    link, device, _ = connected()
    assert link.phase is Phase.UP
    assert link.descriptor.device_id == "bench-1"
    assert link.limits_crc == device.crc


def test_the_greeting_is_repeated_until_it_is_heard():
    link = Link(lambda: 7)
    sent = [now for now in range(0, 1_000_000, 5000) if link.poll(now)]
    assert sent == [0, 250_000, 500_000, 750_000]


def test_each_greeting_has_its_own_nonce_and_only_the_last_may_be_answered():
    link = Link(itertools.count(1).__next__)
    early = ScriptedDevice().answer(link.poll(0))
    link.poll(250_000)
    link.receive(early, 260_000)
    assert link.phase is Phase.GREETING
    assert link.stats.foreign == 1


def test_a_fresh_frame_comes_through_with_its_age():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    received = link.receive(device.frame(), now_us + 5000 + 1500)
    assert received.frame.device_us == device.device_us
    assert now_us + 6500 - received.frame_at_us == 1500


def test_a_backlog_after_a_stall_is_discarded_whole():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    backlog = b"".join(device.frame() for _ in range(100))  # half a second of frames
    received = link.receive(backlog, now_us + 2_000_000)
    assert received.frame is None
    assert link.stats.stale == 1
    device.device_us += 1_500_000
    fresh = link.receive(device.frame(), now_us + 2_005_000)
    assert fresh.frame is not None


def test_of_several_frames_in_one_chunk_only_the_newest_counts():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    chunk = device.frame() + device.frame()
    assert link.receive(chunk, now_us + 10_000).frame.device_us == device.device_us


def test_repeated_and_reordered_frames_are_dropped_and_counted():
    link, device, now_us = connected()
    one, two = device.frame(), device.frame()
    assert link.receive(two, now_us).frame is not None
    assert link.receive(one + two, now_us + 5000).frame is None
    assert link.stats.repeats == 2


def test_lost_frames_are_counted():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    for _ in range(3):
        device.frame()
    link.receive(device.frame(), now_us + 20_000)
    assert link.stats.gaps == 3


def test_another_session_is_not_listened_to():
    link, device, now_us = connected()
    device.nonce ^= 1
    assert link.receive(device.frame(), now_us).frame is None
    assert link.stats.foreign == 1


def test_events_and_answers_are_handed_on_in_order():
    link, device, now_us = connected()
    chunk = device.say(Event(5, 2, 0, 4)) + device.say(Ack(4, 9)) + device.say(Nak(4, 10, 6))
    received = link.receive(chunk, now_us)
    assert [event.event for event in received.events] == [2]
    assert received.answers == (Ack(4, 9), Nak(4, 10, 6))
    assert link.stats.naks == 1


def test_stop_is_sent_every_five_milliseconds_until_its_count_rises():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    link.stop()
    sent = []
    for tick in range(12):
        at_us = now_us + tick * 1000
        if link.poll(at_us) == bytes(8):
            sent.append(at_us - now_us)
    assert sent == [0, 5000, 10_000]
    link.receive(device.frame(), now_us + 12_000)
    assert link.stopping
    device.answer(bytes(8))
    link.receive(device.frame(), now_us + 13_000)
    assert not link.stopping
    assert link.poll(now_us + 20_000) == b""


def test_a_stop_without_a_session_is_sent_and_kept_until_a_device_confirms_it():
    link = Link(itertools.count(1).__next__)
    link.stop()
    assert link.poll(0).startswith(bytes(8))
    link.close()
    assert link.stopping


def test_old_stops_of_the_device_do_not_confirm_a_new_one():
    device = ScriptedDevice()
    device.answer(bytes(24))
    link = Link(itertools.count(1).__next__)
    link.stop()
    now_us = 0
    for _ in range(10):
        heard = link.poll(now_us).replace(bytes(8), b"")  # this wire loses every STOP
        link.receive(device.answer(heard) + device.frame(), now_us)
        now_us += 5000
    assert link.phase is Phase.UP
    assert link.stopping


def test_after_a_second_of_silence_the_session_is_over_and_a_new_greeting_goes_out():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    assert link.poll(now_us + 900_000) == b""
    assert link.phase is Phase.UP
    link.poll(now_us + 1_001_000)
    assert link.phase is Phase.GREETING


def test_the_round_trip_of_a_set_point_is_measured():
    link, device, now_us = connected()
    link.send(SetPoint(1, 60, 0, 4, TARGET, TARGET), now_us)
    link.receive(device.frame(setpoint_counter=link.counter), now_us + 7000)
    assert link.stats.round_trip_us == 7000


def test_messages_are_counted_within_the_session():
    link, device, now_us = connected()
    before = link.counter
    device.answer(link.send(Retract(0), now_us) + link.send(Retract(0), now_us))
    assert [header.counter for header, _ in device.heard[-2:]] == [before + 1, before + 2]
    assert all(header.nonce == device.nonce for header, _ in device.heard[-2:])


def changed(**more) -> dict:
    return {**DESCRIPTOR, **more}


@pytest.mark.parametrize(
    "device",
    [
        ScriptedDevice(changed(schema=2)),
        ScriptedDevice(changed(matrix={**DESCRIPTOR["matrix"], "rows": 1000})),
        ScriptedDevice(version=3),
    ],
    ids=["schema", "matrix", "version"],
)
def test_a_device_that_cannot_be_used_is_refused_with_one_sentence_and_asked_again_later(device):
    link, device, now_us = connected(device)
    assert link.phase is Phase.REFUSED
    assert "\n" not in str(link.refused)
    assert link.poll(now_us + 1_000_000) == b""
    assert link.poll(now_us + 2_100_000) != b""


def test_a_descriptor_whose_hash_was_not_the_one_announced_is_refused():
    device = ScriptedDevice()
    device.crc ^= 1
    link, *_ = connected(device)
    assert "hash" in str(link.refused)


def test_a_frame_is_fresh_for_fifty_milliseconds():
    assert FRESH_US == 50_000
