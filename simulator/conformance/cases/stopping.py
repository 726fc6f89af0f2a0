"""Eight zeros in a row, wherever they stand."""

from firmware_bridge.messages import DeviceState, EventKind, Kind, Trip
from simulator.conformance.case import Section, expect
from simulator.conformance.subject import Subject, told
from simulator.conformance.wire import down

SECTION = Section("stop", "#stop-is-eight-zero-bytes")


def _counts(subject: Subject, data: list[bytes], stops: int, what: str) -> None:
    """Send pieces; `stop_count` must rise by `stops`."""
    subject.next_frames()
    before = subject.frame.stop_count
    for piece in data:
        subject.send(piece)
        subject.wait(3_000)
    if stops:
        subject.until(
            lambda: subject.frame.stop_count - before >= stops, 300_000, f"{stops} STOPs: {what}"
        )
    subject.wait(30_000)
    subject.next_frames()
    came = subject.frame.stop_count - before
    expect(came == stops, f"`stop_count` to rise by {stops}: {what}", came)


@SECTION.add("eight", "Eight zeros are one STOP.", "D14", "F4")
def eight(subject: Subject) -> None:
    _counts(subject, [b"\x01" + bytes(8)], 1, "eight zeros")


@SECTION.add("seven", "Seven zeros are none.")
def seven(subject: Subject) -> None:
    for _ in range(3):
        _counts(subject, [b"\x01" + bytes(7) + b"\x01\x00\x01"], 0, "seven zeros")


@SECTION.add("runs", "A run of n zeros counts n / 8 STOPs, rounded down.")
def runs(subject: Subject) -> None:
    for zeros, stops in ((9, 1), (15, 1), (16, 2), (23, 2), (24, 3), (80, 10)):
        _counts(subject, [b"\x01" + bytes(zeros) + b"\x01"], stops, f"{zeros} zeros")


@SECTION.add("several-runs", "Several runs in one piece are counted each.")
def several_runs(subject: Subject) -> None:
    data = b"\x01" + bytes(8) + b"\x01" + bytes(7) + b"\x01" + bytes(17) + b"\x01"
    _counts(subject, [data], 3, "runs of 8, 7 and 17")


@SECTION.add("end-of-message", "The zero that ends a message belongs to the run behind it.")
def end_of_message(subject: Subject) -> None:
    message = down(subject.payload(Kind.DESCRIBE, b"\x00"))
    _counts(subject, [message + bytes(7) + b"\x01"], 1, "a message and seven zeros")
    message = down(subject.payload(Kind.DESCRIBE, b"\x00"))
    _counts(subject, [message + bytes(6) + b"\x01"], 0, "a message and six zeros")


@SECTION.add("chunks", "A run goes on across pieces, wherever it is cut.")
def chunks(subject: Subject) -> None:
    for cut in range(1, 8):
        data = [b"\x01" + bytes(cut), bytes(8 - cut)]
        _counts(subject, data, 1, f"{cut} and {8 - cut} zeros")
    _counts(subject, [b"\x01"] + [bytes(1)] * 16, 2, "sixteen zeros one by one")
    _counts(subject, [b"\x01" + bytes(4), b"\x01" + bytes(4)], 0, "two runs of four")


@SECTION.add("inside-message", "STOP in the middle of a message is obeyed.", "D14")
def inside_message(subject: Subject) -> None:
    message = down(subject.payload(Kind.DESCRIBE, b"\x00"))
    _counts(subject, [message[:9] + bytes(8)], 1, "behind half a message")
    subject.alive()


@SECTION.add("inside-oversized", "STOP in a block that is being dropped is obeyed.", "D5", "D14")
def inside_oversized(subject: Subject) -> None:
    _counts(subject, [b"\x77" * 6000 + bytes(8)], 1, "behind 6000 bytes without a zero")
    subject.alive()


@SECTION.add("at-once", "STOP counts at its eighth zero, not at the end of the run.", "F4")
def at_once(subject: Subject) -> None:
    subject.next_frames()
    before, since_us = subject.frame.stop_count, subject.frame.device_us
    subject.send(b"\x01" + bytes(8))
    subject.until(lambda: subject.frame.stop_count > before, 100_000, "`stop_count` to rise")
    took_us = subject.frame.device_us - since_us
    expect(
        took_us <= 60_000 + subject.slack_us,
        "within some FRAMEs of the eighth zero",
        f"{took_us} us",
    )


@SECTION.add("in-ready", "STOP in READY: EVENTs STOP, TRIP, STATE, UNLOADED, STATE.", "#stop")
def in_ready(subject: Subject) -> None:
    subject.send(bytes(8))
    subject.until(lambda: subject.event(EventKind.STATE, 1), 1_000_000, "READY again")
    subject.next_frames()
    wanted = [
        (EventKind.STOP, subject.frame.stop_count & 0x7FFF_FFFF),
        (EventKind.TRIP, Trip.STOP),
        (EventKind.STATE, DeviceState.RETRACT),
    ]
    came = [(e.event, e.value) for e in subject.events if e.event != EventKind.CONSENT_LOST]
    expect(came[:3] == wanted, "STOP, TRIP 1, STATE 4 in this order", told(list(subject.events)))
    expect(
        [kind for kind, _ in came[3:5]] == [EventKind.UNLOADED, EventKind.STATE],
        "UNLOADED and STATE 1 behind them",
        told(list(subject.events)),
    )
    expect(subject.frame.trip == Trip.STOP, "trip STOP", subject.frame.trip)


@SECTION.add("in-retract", "STOP while the device lets go already is counted.", "#stop")
def in_retract(subject: Subject) -> None:
    before = subject.frame.stop_count
    subject.send(bytes(8))
    subject.send(b"\x01" + bytes(8))
    subject.send(b"\x01" + bytes(8))
    subject.until(lambda: subject.frame.stop_count == before + 3, 300_000, "three STOPs")
    subject.in_state(DeviceState.READY)


@SECTION.add(
    "hail", "A STOP every 5 ms for a second is counted each, and READY comes behind.", "D14",
    seconds=2.0,
)  # fmt: skip
def hail(subject: Subject) -> None:
    before = subject.frame.stop_count
    for _ in range(200):
        subject.send(b"\x01" + bytes(8))
        subject.wait(5_000)
    subject.until(lambda: subject.frame.stop_count == before + 200, 300_000, "200 STOPs")
    subject.in_state(DeviceState.READY)


@SECTION.add("forgets-masks", "STOP takes the masks.", "#stop")
def forgets_masks(subject: Subject) -> None:
    subject.put_masks()
    subject.until(lambda: subject.bed(0).flags & 2, 300_000, "`MASK_SET`")
    subject.send(bytes(8))
    subject.until(
        lambda: not (subject.bed(0).flags | subject.bed(1).flags) & 2, 300_000, "no `MASK_SET`"
    )
    subject.in_state(DeviceState.READY)


@SECTION.add("session-goes-on", "STOP ends no session.", "#stop")
def session_goes_on(subject: Subject) -> None:
    nonce = subject.nonce
    subject.send(bytes(8))
    subject.wait(50_000)
    subject.alive()
    expect(subject.nonce == nonce, "the session to go on", "another WELCOME")
