"""Who the device listens to: hello, nonce, counter, version."""

from firmware_bridge.codec import decode_up, encode, read_header, up_lengths
from firmware_bridge.framing import UpDecoder, wrap_down
from firmware_bridge.messages import (
    Describe,
    DeviceState,
    EventKind,
    Hello,
    Nak,
    Refusal,
    Retract,
    SetPoint,
    Trip,
)
from simulator.firmware.identity import DESCRIPTOR
from simulator.probe import Probe, target

HEEL = target(70.0, 50.0, force_n=20.0)


def test_a_device_says_nothing_before_it_is_greeted(probe):
    assert probe.device.advance_to(3_000_000) == b""
    assert probe.device.firmware.machine.state == DeviceState.SILENT
    assert not probe.device.beds[0].wires.enabled


def test_a_greeting_brings_the_descriptor_and_then_frames_at_200_hz(probe):
    probe.connect()
    frames, gaps = probe.link.stats.frames, probe.link.stats.gaps
    probe.idle(1.0)
    assert probe.link.descriptor == DESCRIPTOR
    assert probe.link.stats.frames - frames == 200
    assert probe.link.stats.gaps == gaps


def test_frames_flow_while_the_device_tests_itself(probe):
    for _ in range(60):
        probe.tick()
        if probe.frame is not None:
            break
    assert probe.state == DeviceState.SILENT
    started_us = probe.now_us
    while probe.state == DeviceState.SILENT:
        probe.tick()
    assert 50_000 < probe.now_us - started_us < 1_500_000


def test_every_session_has_a_new_nonce_and_counts_from_one(probe):
    probe.connect()
    first = probe.device.firmware.nonce
    probe.link.close()
    probe.connect()
    assert probe.device.firmware.nonce not in (0, first)
    assert probe.link.stats.sessions == 2


def test_a_message_of_another_session_is_dropped_and_counted(armed):
    dropped = armed.device.firmware.dropped
    foreign = encode(Retract(0), nonce=armed.device.firmware.nonce ^ 1, counter=10_000)
    armed.device.receive(wrap_down(foreign))
    armed.tick(armed.set_point())
    assert dropped.foreign == 1
    assert armed.state == DeviceState.ARMED


def test_a_message_sent_twice_is_obeyed_once(armed):
    payload = encode(armed.set_point(), nonce=armed.device.firmware.nonce, counter=100)
    armed.device.receive(wrap_down(payload) * 3)
    assert armed.device.firmware.dropped.repeated == 2


def test_a_counter_that_falls_back_is_dropped(armed):
    nonce = armed.device.firmware.nonce
    armed.device.receive(wrap_down(encode(armed.set_point(), nonce=nonce, counter=200)))
    armed.device.receive(wrap_down(encode(Retract(0), nonce=nonce, counter=199)))
    armed.tick()
    assert armed.state == DeviceState.ARMED
    assert armed.device.firmware.dropped.repeated == 1


def test_a_host_of_another_version_is_told_so_outside_any_session(probe):
    hello = encode(Hello(host_nonce=7, version_low=2, version_high=9), nonce=0, counter=1)
    probe.device.receive(wrap_down(hello))
    sent = probe.device.advance_to(100_000)
    (payload,) = UpDecoder(up_lengths(32, 16)).feed(sent)
    header, answer = read_header(payload), decode_up(payload, 32, 16)
    assert (header.nonce, answer) == (0, Nak(1, 1, Refusal.VERSION))
    assert probe.device.firmware.nonce == 0


def test_a_greeting_under_force_first_lets_go(pressing):
    device = pressing.device
    pressing.link.close()
    pressing.tick()
    assert device.firmware.machine.state == DeviceState.RETRACT
    assert device.firmware.nonce == 0
    while device.firmware.nonce == 0:
        pressing.tick()
    assert max(bed.force_n for bed in device.beds) < 0.3
    assert device.firmware.machine.consent_us == -1
    assert not device.firmware.machine.has_mask(1)


def test_what_a_person_agreed_to_was_for_the_host_of_that_session(probe):
    probe.connect()
    before = probe.device.firmware.machine.consent_us
    probe.link.close()
    probe.connect()
    assert before > 0
    assert probe.device.firmware.machine.consent_us == -1


def test_a_page_that_does_not_exist_is_refused(probe):
    probe.connect()
    answer = probe.ask(Describe(200))
    assert isinstance(answer, Nak)
    assert answer.refusal == Refusal.OUT_OF_RANGE


def test_a_message_out_of_its_range_is_refused_by_name(armed):
    bad = armed.set_point()._replace(ttl_ms=61)
    answer = armed.ask(bad)
    assert isinstance(answer, Nak)
    assert (answer.of_kind, answer.refusal) == (5, Refusal.OUT_OF_RANGE)


def test_the_boot_nonce_stays_and_the_stop_count_stays_over_sessions(probe):
    probe.connect()
    boot = probe.link.boot_nonce
    probe.device.receive(bytes(8))
    probe.link.close()
    probe.connect()
    assert probe.link.boot_nonce == boot
    assert probe.frame is not None
    assert probe.frame.stop_count == 1


def test_events_name_each_change_of_state(armed):
    states = [event.value for event in armed.events if event.event == EventKind.STATE]
    assert states == [DeviceState.READY, DeviceState.ARMED]


def test_a_host_that_asks_to_retract_gets_it_and_a_ready_device(pressing):
    pressing.ask(Retract(3))
    pressing.idle(1.0)
    assert pressing.state == DeviceState.READY
    assert pressing.frame is not None
    assert pressing.frame.trip == Trip.HOST_RETRACT
    assert max(bed.force_n for bed in pressing.device.beds) == 0.0


def test_a_set_point_outside_a_massage_is_refused_at_most_every_50_ms(probe: Probe):
    probe.connect()
    before = len(probe.answers)
    for _ in range(100):
        probe.tick(SetPoint(0, 60, 5, 2, HEEL, HEEL))
    refusals = probe.answers[before:]
    assert 9 <= len(refusals) <= 11
    assert {answer.refusal for answer in refusals} == {Refusal.WRONG_STATE}
