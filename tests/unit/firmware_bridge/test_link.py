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

    def __init__(self, descriptor=DESCRIPTOR, nonce=0xCAFE, version=1, boot_nonce=9) -> None:
        self.boot_nonce = boot_nonce
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
                        message.host_nonce, self.boot_nonce, self.version, len(self.packed), pages,
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


def test_round_trips_go_on_being_measured_after_many_set_points_that_were_never_obeyed():
    link, device, now_us = connected()
    for number in range(500):
        link.send(SetPoint(1, 60, 0, 4, TARGET, TARGET), now_us + number * 5000)
    now_us += 500 * 5000
    link.send(SetPoint(1, 60, 0, 4, TARGET, TARGET), now_us)
    link.receive(device.frame(setpoint_counter=link.counter), now_us + 6000)
    assert link.stats.round_trips.last_us == 6000
    assert link.stats.round_trips.total == 1


def in_step(link, device, now_us, *, frames=1, wire_us=0):
    """Frames that come as they are made; returns the last result and the time."""
    received = None
    for _ in range(frames):
        now_us += 5000
        received = link.receive(device.frame(), now_us + wire_us)
    return received, now_us


def lose_stops(data: bytes) -> bytes:
    return data.replace(bytes(8), b"")


def test_repeats_of_the_last_stop_do_not_confirm_the_next_one():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    link.stop()
    first, repeat = link.poll(now_us), link.poll(now_us + 5000)
    device.answer(first)
    link.receive(device.frame(), now_us + 6000)
    assert not link.stopping
    link.stop()
    assert link.poll(now_us + 7000) == bytes(8)  # and the wire loses it
    device.answer(repeat)  # still under way from the first wish
    link.receive(device.frame(), now_us + 8000)
    assert link.stopping
    device.answer(link.poll(now_us + 13_000))
    link.receive(device.frame(), now_us + 14_000)
    assert not link.stopping


def test_stops_that_were_lost_long_ago_do_not_keep_a_new_one_from_being_confirmed():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)
    link.stop()
    for number in range(20):
        said = link.poll(now_us + number * 5000)
    device.answer(said)
    link.receive(device.frame(), now_us + 100_000)
    assert not link.stopping
    _, now_us = in_step(link, device, now_us, frames=400)
    link.stop()
    device.answer(link.poll(now_us))
    link.receive(device.frame(), now_us)
    assert not link.stopping


def test_a_reboot_does_not_confirm_a_stop_and_the_new_session_goes_on_asking():
    device = ScriptedDevice()
    device.answer(bytes(40))
    link, device, now_us = connected(device)
    link.receive(device.frame(), now_us)
    link.stop()
    link.poll(now_us)  # lost
    rebooted, now_us = ScriptedDevice(nonce=0xBEEF, boot_nonce=10), now_us + 1_100_000
    sent = []
    for _ in range(20):
        now_us += 5000
        said = link.poll(now_us)
        sent.append(bytes(8) in said)
        link.receive(rebooted.answer(lose_stops(said)) + rebooted.frame(), now_us)
    assert link.phase is Phase.UP
    assert all(sent)  # while greeting, while describing, and after
    assert link.stopping
    rebooted.answer(link.poll(now_us + 5000))
    link.receive(rebooted.frame(), now_us + 5000)
    assert not link.stopping


def test_a_backlog_that_is_the_first_thing_after_the_handshake_is_not_taken_for_the_present():
    link, device, now_us = connected()
    backlog = [device.frame() for _ in range(15)]  # while this host was asleep
    device.device_us += 2_000_000 - 75_000
    now_us += 2_000_000
    for frame in backlog:
        assert link.receive(frame, now_us).frame is None
    used_us = []
    for _ in range(60):
        received, now_us = in_step(link, device, now_us)
        if received.frame is not None:
            used_us.append(now_us - received.frame_at_us)
    assert used_us
    assert max(used_us) == 0  # all of them live


def test_a_clock_that_jumps_is_named_and_its_frames_are_not_used_but_still_confirm_a_stop():
    for jump_us, what in ((3_000_000, "jumped ahead"), (-500_000, "went back")):
        link, device, now_us = connected()
        _, now_us = in_step(link, device, now_us, frames=200)
        device.device_us += jump_us
        received, now_us = in_step(link, device, now_us, frames=3)
        assert received.frame is None
        assert link.phase is Phase.UP
        assert link.bad_clock.code == "device_clock"
        assert what in str(link.bad_clock)
        link.stop()
        device.answer(link.poll(now_us))
        in_step(link, device, now_us)
        assert not link.stopping


def test_a_device_that_lagged_when_its_session_began_has_no_wrong_clock():
    link, device, now_us = connected()
    link.receive(device.frame(), now_us)  # right after the handshake
    device.device_us += 200_000  # it catches up, and leaves the frames between out
    received = link.receive(device.frame(), now_us + 1_000)
    assert received.frame is None
    _, now_us = in_step(link, device, now_us + 1_000, frames=60)
    received, now_us = in_step(link, device, now_us)
    assert received.frame is not None
    assert link.bad_clock is None


@pytest.mark.parametrize("percent", [-20, -3, 3, 20])
def test_a_clock_that_runs_wrong_is_named_within_seven_seconds(percent):
    link, device, now_us = connected()
    for _ in range(7 * 200):
        device.device_us += 50 * percent  # of the 5000 us until the next frame
        _, now_us = in_step(link, device, now_us)
    assert link.bad_clock.code == "device_clock"
    assert f"{abs(percent)}.0 %" in str(link.bad_clock) or "jumped" in str(link.bad_clock)


def test_a_bad_clock_stays_bad_until_the_device_is_switched_off_and_on():
    link, device, now_us = connected()
    _, now_us = in_step(link, device, now_us, frames=60)
    device.device_us += 9_000_000
    _, now_us = in_step(link, device, now_us)
    for boot_nonce, bad in ((9, True), (10, False)):
        link.close()
        device = ScriptedDevice(nonce=boot_nonce, boot_nonce=boot_nonce)
        while link.phase is not Phase.UP:
            now_us += 5000
            link.receive(device.answer(link.poll(now_us)), now_us)
        received, now_us = in_step(link, device, now_us)
        assert (link.bad_clock is not None) == bad
        assert (received.frame is None) == bad


@pytest.mark.slow
def test_a_clock_two_tenths_of_a_percent_slow_is_worked_with_for_hours():
    link, device, now_us = connected()
    for _ in range(120 * 200):
        device.device_us -= 10
        received, now_us = in_step(link, device, now_us)
        assert received.frame is not None
    assert 1_900 <= link.timebase.drift_ppm <= 2_100


def test_when_all_frames_stay_old_a_new_handshake_finds_out_how_old():
    link, device, now_us = connected()
    _, now_us = in_step(link, device, now_us, frames=10)
    late_us, greeted = 300_000, False
    for _ in range(1_600):
        received, now_us = in_step(link, device, now_us, wire_us=late_us)
        assert received.frame is None or greeted
        greeted = greeted or bool(link.poll(now_us + late_us))
    assert greeted
    assert link.bad_clock is None


def test_the_round_trip_of_a_set_point_is_measured():
    link, device, now_us = connected()
    link.send(SetPoint(1, 60, 0, 4, TARGET, TARGET), now_us)
    link.receive(device.frame(setpoint_counter=link.counter), now_us + 7000)
    assert link.stats.round_trips.last_us == 7000


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


@pytest.mark.parametrize(
    ("theirs", "code", "next_step"),
    [
        (2, "device_newer", "update Podal"),
        (0, "device_older", "update the firmware"),
        (1, "device_version", "update both"),
    ],
)
def test_no_common_version_says_which_side_to_update(theirs, code, next_step):
    link = Link(lambda: 7)
    header, hello = decode_down(DownDecoder().feed(link.poll(0))[0])
    assert (hello.version_low, hello.version_high) == (1, 1)
    payload = bytearray(encode(Nak(header.kind, header.counter, 4), nonce=0, counter=0))
    payload[1] = theirs
    link.receive(wrap_up(bytes(payload)), 1000)
    assert link.phase is Phase.REFUSED
    assert link.refused.code == code
    assert next_step in str(link.refused)


def test_a_late_refusal_of_a_version_does_not_end_a_session():
    link, device, now_us = connected()
    link.receive(device.say(Nak(1, 1, 4), nonce=0), now_us)
    assert link.phase is Phase.UP


def test_a_descriptor_whose_hash_was_not_the_one_announced_is_refused():
    device = ScriptedDevice()
    device.crc ^= 1
    link, *_ = connected(device)
    assert "hash" in str(link.refused)


def test_a_frame_is_fresh_for_fifty_milliseconds():
    assert FRESH_US == 50_000
