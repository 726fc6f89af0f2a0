"""READ, LIMITS, CALIBRATION and COMMIT; whatever is written is put back at the end of its case."""

import json
import struct
import zlib
from typing import Final, NamedTuple

from firmware_bridge.messages import Flag, Kind, Refusal
from simulator.conformance import messages
from simulator.conformance.case import Section, SkippedError, expect
from simulator.conformance.messages import Answer
from simulator.conformance.subject import ANSWER_US, Subject

SECTION = Section("technician", "#what-a-technician-writes")
READ, LIMITS, CALIBRATION, COMMIT = 0x08, 0x09, 0x0A, 0x0B
LIMITS_STATE, CALIBRATION_STATE = 0x87, 0x88
NAMES: Final = (
    "total_over_resting_mn",
    "rise_mn_s",
    "tap_rise_mn_s",
    "approach_um_s",
    "press_um_s",
    "dwell_ms",
    "consent_ms",
    "pause_ms",
    "session_ms",
)
_RECORD: Final = struct.Struct("<BBIIiIIH")


class Limits(NamedTuple):
    """What LIMITS_STATE says."""

    which: int
    writes: int
    crc: int
    values: tuple[int, ...]
    ceiling_mn: tuple[int, ...]

    def body(self) -> bytes:
        """Return the body of LIMITS that keeps these."""
        return struct.pack(f"<{9 + len(self.ceiling_mn)}I", *self.values, *self.ceiling_mn)


class Record(NamedTuple):
    """A calibration as it travels."""

    channel: int
    bed: int
    device_crc: int
    gain_ppm: int = 1_000_000
    zero_mn: int = 0
    table_version: int = 0
    table_crc: int = 0
    made_day: int = 20_000


class Calibrated(NamedTuple):
    """What CALIBRATION_STATE says."""

    phase: int
    writes: int
    digest: int
    token: int
    record: Record


def _reply(subject: Subject, kind: int, body: bytes) -> bytes | Answer:
    """Send one of the technician's messages; return the state that comes, or the NAK."""
    counter = subject.say(kind, body)
    found: list[bytes | Answer] = []

    def came() -> bool:
        found.extend(answer for answer in subject.answers if answer.of_counter == counter)
        found.extend(
            heard.payload[10:]
            for heard in subject.heard
            if heard.kind in (LIMITS_STATE, CALIBRATION_STATE)
            and int.from_bytes(heard.payload[10:14], "little") == counter
        )
        return bool(found)

    subject.until(came, ANSWER_US, f"an answer to type {kind:#04x}")
    if isinstance(found[0], Answer) and found[0].refusal == Refusal.UNKNOWN_TYPE:
        raise SkippedError("a device without a technician's switch")
    return found[0]


def _refused(subject: Subject, kind: int, body: bytes, refusal: Refusal) -> None:
    reply = _reply(subject, kind, body)
    came = reply if isinstance(reply, Answer) else f"a state: {reply.hex(' ')}"
    good = isinstance(reply, Answer) and reply.refusal == refusal
    expect(good, f"NAK {refusal.name} to type {kind:#04x}", came)


def _limits(subject: Subject, kind: int, body: bytes) -> Limits:
    reply = _reply(subject, kind, body)
    steps = len(subject.table["limits"]["bed_ceiling"])
    good = isinstance(reply, bytes) and len(reply) == 49 + 4 * steps
    expect(good, f"LIMITS_STATE of {59 + 4 * steps} bytes", reply)
    assert isinstance(reply, bytes)
    _, which, writes, crc = struct.unpack_from("<IBII", reply)
    numbers = struct.unpack_from(f"<{9 + steps}I", reply, 13)
    return Limits(which, writes, crc, numbers[:9], numbers[9:])


def _in_force(subject: Subject) -> Limits:
    return _limits(subject, READ, b"\x00\x00")


def _compiled(subject: Subject) -> Limits:
    return _limits(subject, READ, b"\x01\x00")


def _calibration(subject: Subject, kind: int, body: bytes) -> Calibrated:
    reply = _reply(subject, kind, body)
    expect(isinstance(reply, bytes) and len(reply) == 41, "CALIBRATION_STATE of 51 bytes", reply)
    assert isinstance(reply, bytes)
    _, *head = struct.unpack_from("<IBIII", reply)
    expect(zlib.crc32(reply[17:]) == head[2], "the digest of the record", reply.hex(" "))
    return Calibrated._make((*head, Record._make(_RECORD.unpack_from(reply, 17))))


def _kept(subject: Subject, channel: int, bed: int) -> Calibrated:
    return _calibration(subject, READ, bytes((channel, bed)))


def _device_crc(subject: Subject) -> int:
    return zlib.crc32(str(subject.table["device_id"]).encode())


def _taxels(subject: Subject, **more: int) -> Record:
    return Record(4, 0, _device_crc(subject), table_version=7, table_crc=99)._replace(**more)


def _key(subject: Subject, on: bool) -> None:
    subject.bench({"do": "key", "on": on})
    subject.until(
        lambda: bool(subject.frame.flags & Flag.KEY_ON) is on,
        500_000,
        f"KEY_ON {'set' if on else 'off'}",
    )


def _unlocked(subject: Subject) -> None:
    """Turn the key on, anew: a new act begins."""
    _reply(subject, READ, b"\x00\x00")
    _key(subject, False)
    _key(subject, True)


def _hash(subject: Subject, limits: Limits) -> int:
    """Return the hash that these limits have, by the page."""
    table = dict(subject.table["limits"]) | dict(zip(NAMES, limits.values, strict=True))
    table["bed_ceiling"] = [
        {"y_um": step["y_um"], "force_mn": force_mn}
        for step, force_mn in zip(table["bed_ceiling"], limits.ceiling_mn, strict=True)
    ]
    return zlib.crc32(json.dumps(table, sort_keys=True, separators=(",", ":")).encode())


@SECTION.add("read-limits", "READ tells the limits in force: those of the descriptor.", "H6")
def read_limits(subject: Subject) -> None:
    limits = _in_force(subject)
    wanted = tuple(subject.limit(name) for name in NAMES)
    expect(limits.values == wanted, f"{wanted}", limits.values)
    ceiling = tuple(step["force_mn"] for step in subject.table["limits"]["bed_ceiling"])
    expect(limits.ceiling_mn == ceiling, f"{ceiling}", limits.ceiling_mn)
    expect(limits.crc == subject.limits_crc, hex(subject.limits_crc), hex(limits.crc))
    expect(limits.which == 0, "`which` 0", limits.which)


@SECTION.add("read-compiled", "No limit in force is above what is compiled in.", "H4", "C6")
def read_compiled(subject: Subject) -> None:
    now, most = _in_force(subject), _compiled(subject)
    expect(most.which == 1, "`which` 1", most.which)
    pairs = zip(now.values + now.ceiling_mn, most.values + most.ceiling_mn, strict=True)
    expect(all(a <= b for a, b in pairs), "all at or below", (now, most))


@SECTION.add(
    "read-calibration", "READ tells each calibration with its digest, and no token.", "H3", "S4"
)
def read_calibration(subject: Subject) -> None:
    for channel in (2, 3, 4):
        for bed in (0, 1):
            found = _kept(subject, channel, bed)
            expect((found.record.channel, found.record.bed) == (channel, bed), "its own", found)
            expect(found.phase in (0, 1) and found.token == 0, "kept, without token", found)
            expect(850_000 <= found.record.gain_ppm <= 1_150_000, "a gain in range", found)


@SECTION.add("read-range", "READ of what does not exist gets OUT_OF_RANGE.")
def read_range(subject: Subject) -> None:
    for body in (b"\x05\x00", b"\xff\x00", b"\x02\x02"):
        _refused(subject, READ, body, Refusal.OUT_OF_RANGE)


@SECTION.add("lengths", "READ, LIMITS, CALIBRATION and COMMIT of a wrong length get BAD_LENGTH.")
def lengths(subject: Subject) -> None:
    for kind, size in ((READ, 2), (LIMITS, 40), (CALIBRATION, 24), (COMMIT, 8)):
        for wrong in (0, size - 1, size + 1):
            _refused(subject, kind, bytes(wrong), Refusal.BAD_LENGTH)


def _needs_locked(subject: Subject) -> None:
    _reply(subject, READ, b"\x00\x00")
    if subject.can("key"):
        _key(subject, False)
    elif subject.frame.flags & Flag.KEY_ON:
        raise SkippedError("the technician's key is on")


@SECTION.add("locked-limits", "Without the key LIMITS gets LOCKED.", "H4", "C6")
def locked_limits(subject: Subject) -> None:
    _needs_locked(subject)
    before = _in_force(subject)
    _refused(subject, LIMITS, before.body(), Refusal.LOCKED)
    expect(_in_force(subject) == before, "limits as before", _in_force(subject))


@SECTION.add("locked-calibration", "Without the key CALIBRATION and COMMIT get LOCKED.", "H3", "S4")
def locked_calibration(subject: Subject) -> None:
    _needs_locked(subject)
    _refused(subject, CALIBRATION, _RECORD.pack(*_taxels(subject)), Refusal.LOCKED)
    _refused(subject, COMMIT, struct.pack("<II", 1, 1), Refusal.LOCKED)


@SECTION.add(
    "lower",
    "With the key limits are lowered: a new hash, and the old one arms no more.",
    "H6",
    "C6",
    needs="key",
)
def lower(subject: Subject) -> None:
    _unlocked(subject)
    before = _in_force(subject)
    lowered = before._replace(
        values=(before.values[0], before.values[1] - 1_000, *before.values[2:]),
        ceiling_mn=tuple(force - 500 for force in before.ceiling_mn),
    )
    after = _limits(subject, LIMITS, lowered.body())
    try:
        expect(after.values == lowered.values, "the values written", after.values)
        expect(after.ceiling_mn == lowered.ceiling_mn, "the ceiling written", after.ceiling_mn)
        expect(after.writes == before.writes + 1, "`writes` one more", after.writes)
        wanted = _hash(subject, lowered)
        expect(after.crc == wanted, f"hash {wanted:#010x}", f"{after.crc:#010x}")
        subject.refused(Kind.ARM, messages.arm(3, subject.limits_crc), Refusal.LIMITS_DIFFER)
        subject.greet()
        subject.forget()
        expect(subject.limits_crc == after.crc, "the new hash in WELCOME", hex(subject.limits_crc))
        expect(subject.limit("rise_mn_s") == lowered.values[1], "the new descriptor", "the old one")
    finally:
        restored = _limits(subject, LIMITS, before.body())
        subject.greet()
        _key(subject, False)
    expect(restored.crc == before.crc, "the former hash again", hex(restored.crc))


@SECTION.add(
    "above", "No key raises a limit above what is compiled in.", "H4", "C6", "A1", needs="key"
)
def above(subject: Subject) -> None:
    _unlocked(subject)
    before, most = _in_force(subject), _compiled(subject)
    for at in range(len(NAMES)):
        values = list(before.values)
        values[at] = most.values[at] + 1
        body = before._replace(values=tuple(values)).body()
        _refused(subject, LIMITS, body, Refusal.ABOVE_CEILING)
    higher = (most.ceiling_mn[0] + 1, *before.ceiling_mn[1:])
    _refused(subject, LIMITS, before._replace(ceiling_mn=higher).body(), Refusal.ABOVE_CEILING)
    expect(_in_force(subject) == before, "limits as before", _in_force(subject))
    _key(subject, False)


@SECTION.add(
    "steps", "LIMITS with other steps, or steps that rise, gets OUT_OF_RANGE.", "H5", needs="key"
)
def steps(subject: Subject) -> None:
    _unlocked(subject)
    before = _in_force(subject)
    more = (*before.ceiling_mn, before.ceiling_mn[-1])
    _refused(subject, LIMITS, before._replace(ceiling_mn=more).body(), Refusal.OUT_OF_RANGE)
    if len(before.ceiling_mn) > 1 and before.ceiling_mn[0] > 1_000:
        rising = (500, *(600 for _ in before.ceiling_mn[1:]))
        _refused(subject, LIMITS, before._replace(ceiling_mn=rising).body(), Refusal.OUT_OF_RANGE)
    expect(_in_force(subject) == before, "limits as before", _in_force(subject))
    _key(subject, False)


@SECTION.add(
    "armed",
    "While armed neither limits nor calibrations are taken.",
    "H4",
    "C6",
    needs="key",
    seconds=1.0,
)
def armed(subject: Subject) -> None:
    _unlocked(subject)
    before = _in_force(subject)
    subject.arm()
    _refused(subject, LIMITS, before.body(), Refusal.WRONG_STATE)
    _refused(subject, CALIBRATION, _RECORD.pack(*_taxels(subject)), Refusal.WRONG_STATE)
    _refused(subject, COMMIT, struct.pack("<II", 1, 1), Refusal.WRONG_STATE)
    _key(subject, False)


@SECTION.add("propose", "A proposal changes nothing before COMMIT.", "H3", "L1", needs="key")
def propose(subject: Subject) -> None:
    _unlocked(subject)
    before = _kept(subject, 4, 0)
    record = _taxels(subject)
    proposed = _calibration(subject, CALIBRATION, _RECORD.pack(*record))
    expect(proposed.phase == 2 and proposed.token != 0, "PROPOSED and a token", proposed)
    expect(proposed.record == record, "the record as sent", proposed.record)
    expect(_kept(subject, 4, 0) == before, "the former one still kept", _kept(subject, 4, 0))
    _key(subject, False)


@SECTION.add("commit", "COMMIT with token and digest keeps the record.", "H3", "S4", needs="key")
def commit(subject: Subject) -> None:
    _unlocked(subject)
    before = _kept(subject, 4, 0)
    for record in (_taxels(subject), before.record._replace(device_crc=_device_crc(subject))):
        proposed = _calibration(subject, CALIBRATION, _RECORD.pack(*record))
        kept = _calibration(subject, COMMIT, struct.pack("<II", proposed.token, proposed.digest))
        phases = (1,) if record != before.record else (0, 1)  # the factory's own may say FACTORY
        expect(kept.phase in phases and kept.token == 0, "COMMITTED, without token", kept)
        expect(kept.record == record, "the record", kept.record)
        expect(kept.writes == proposed.writes + 1, "`writes` one more", kept.writes)
        expect(_kept(subject, 4, 0).record == record, "READ to tell it", _kept(subject, 4, 0))
    _key(subject, False)


@SECTION.add(
    "tokens",
    "COMMIT with another token or digest gets NO_PROPOSAL, and ends it.",
    "H3",
    needs="key",
)
def tokens(subject: Subject) -> None:
    _unlocked(subject)
    body = _RECORD.pack(*_taxels(subject))
    for token, digest in ((1, 0), (0, 1)):
        made = _calibration(subject, CALIBRATION, body)
        wrong = struct.pack("<II", made.token ^ token or 9, made.digest ^ digest)
        _refused(subject, COMMIT, wrong, Refusal.NO_PROPOSAL)
        right = struct.pack("<II", made.token, made.digest)
        _refused(subject, COMMIT, right, Refusal.NO_PROPOSAL)
    _key(subject, False)


@SECTION.add(
    "stop-ends",
    "STOP, HELLO and a turn of the key each end a proposal.",
    "H3",
    needs="key",
    seconds=1.0,
)
def stop_ends(subject: Subject) -> None:
    def stop() -> None:
        subject.send(bytes(8))
        subject.wait(200_000)

    def turn() -> None:
        _key(subject, False)
        _key(subject, True)

    _unlocked(subject)
    for what in (stop, subject.greet, turn):
        made = _calibration(subject, CALIBRATION, _RECORD.pack(*_taxels(subject)))
        what()
        right = struct.pack("<II", made.token, made.digest)
        _refused(subject, COMMIT, right, Refusal.NO_PROPOSAL)
    _key(subject, False)


@SECTION.add(
    "too-old", "A proposal of more than 10 s ago gets NO_PROPOSAL.", "H3", needs="key", seconds=11.0
)
def too_old(subject: Subject) -> None:
    _unlocked(subject)
    made = _calibration(subject, CALIBRATION, _RECORD.pack(*_taxels(subject)))
    subject.wait(10_300_000)
    _refused(subject, COMMIT, struct.pack("<II", made.token, made.digest), Refusal.NO_PROPOSAL)
    _key(subject, False)


@SECTION.add(
    "other-device",
    "A calibration for another device gets OTHER_DEVICE.",
    "H3",
    "D11",
    "S4",
    needs="key",
)
def other_device(subject: Subject) -> None:
    _unlocked(subject)
    record = _taxels(subject, device_crc=_device_crc(subject) ^ 1)
    _refused(subject, CALIBRATION, _RECORD.pack(*record), Refusal.OTHER_DEVICE)
    _key(subject, False)


@SECTION.add(
    "gain",
    "A gain outside 0.85 to 1.15, or a zero beyond 2 N, gets OUT_OF_RANGE.",
    "H3",
    "H5",
    needs="key",
)
def gain(subject: Subject) -> None:
    _unlocked(subject)
    channel_a = Record(2, 0, _device_crc(subject))
    for more in ({"gain_ppm": 849_999}, {"gain_ppm": 1_150_001}, {"gain_ppm": 9_810_000},
                 {"zero_mn": 2_001}, {"zero_mn": -2_001}, {"channel": 1}, {"channel": 5},
                 {"bed": 2}, {"table_version": 1}, {"table_crc": 1}):  # fmt: skip
        record = channel_a._replace(**more)
        _refused(subject, CALIBRATION, _RECORD.pack(*record), Refusal.OUT_OF_RANGE)
    for more in ({"gain_ppm": 1_000_001}, {"zero_mn": 1}):
        record = _taxels(subject, **more)
        _refused(subject, CALIBRATION, _RECORD.pack(*record), Refusal.OUT_OF_RANGE)
    _key(subject, False)


@SECTION.add(
    "implausible",
    "A zero that an unloaded load cell does not show gets IMPLAUSIBLE.",
    "H3",
    "H5",
    needs="key",
)
def implausible(subject: Subject) -> None:
    _unlocked(subject)
    for zero_mn in (2_000, -2_000):
        record = Record(2, 0, _device_crc(subject), zero_mn=zero_mn)
        _refused(subject, CALIBRATION, _RECORD.pack(*record), Refusal.IMPLAUSIBLE)
    _key(subject, False)


@SECTION.add(
    "one-channel",
    "Channel A and channel B are not fitted in the same act.",
    "C7",
    "H3",
    needs="key",
)
def one_channel(subject: Subject) -> None:
    _unlocked(subject)
    device_crc = _device_crc(subject)
    same = _kept(subject, 2, 0).record._replace(device_crc=device_crc)
    made = _calibration(subject, CALIBRATION, _RECORD.pack(*same))
    _calibration(subject, COMMIT, struct.pack("<II", made.token, made.digest))
    for bed in (0, 1):
        other = _kept(subject, 3, bed).record._replace(device_crc=device_crc)
        _refused(subject, CALIBRATION, _RECORD.pack(*other), Refusal.OTHER_CHANNEL)
    _key(subject, False)
