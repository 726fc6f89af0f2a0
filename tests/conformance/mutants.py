"""Devices that break one rule each: our own, with something between it and the wire."""

import struct
import zlib
from collections.abc import Callable, Iterable

from simulator.conformance.wire import HEADER, down
from tests.conformance.memory import MemoryPort

Payloads = Iterable[bytes]
HELLO, DESCRIBE, MASK, ARM, SETPOINT, RETRACT, ACKNOWLEDGE = range(1, 8)
WELCOME, PAGE, FRAME, EVENT, ACK, NAK = range(0x81, 0x87)


def unstuffed(block: bytes) -> bytes | None:
    out = bytearray()
    at = 0
    while at < len(block):
        code = block[at]
        part = block[at + 1 : at + code]
        if code == 0 or len(part) != code - 1:
            return None
        out += part
        at += code
        if code < 255 and at < len(block):
            out.append(0)
    return bytes(out)


def up(payload: bytes) -> bytes:
    head = b"\xa5\x5a" + len(payload).to_bytes(2, "little") + payload
    return head + struct.pack("<I", zlib.crc32(head))


def patched(payload: bytes, at: int, layout: str, value: int) -> bytes:
    data = bytearray(payload)
    struct.pack_into("<" + layout, data, at, value)
    return bytes(data)


def field(payload: bytes, at: int, layout: str) -> int:
    return struct.unpack_from("<" + layout, payload, at)[0]


class Mutant(MemoryPort):
    """The device, and a liar on its wire: each part is one method to override."""

    def __init__(self) -> None:
        super().__init__()
        self._half = b""
        self._extra: list[bytes] = []

    def send(self, data: bytes) -> None:
        data = self.bytes_down(data)
        *blocks, self._half = (self._half + data).split(b"\x00")
        for block in blocks:
            plain = unstuffed(block)
            if plain is None or len(plain) <= 4 + HEADER.size:
                self.device.receive(block + b"\x00")
                continue
            good = zlib.crc32(plain[:-4]) == int.from_bytes(plain[-4:], "little")
            payload = self.payload_down(plain[:-4], good)
            if payload is not None:
                self.device.receive(block + b"\x00" if payload == plain[:-4] else down(payload))
        if not self._half.strip(b"\x00"):
            return
        if len(self._half) > 4400:  # the device drops it; so do we
            self.device.receive(self._half)
            self._half = b"\x01"

    def receive(self, wait_us: int) -> bytes:
        end_us = self.device.now_us + max(wait_us, 1_000)
        while self.device.now_us < end_us:
            messages = self.device.messages_until(self.device.now_us + 1_000)
            self.each_ms()
            payloads = [message[4:-4] for message in messages]
            extra, self._extra = self._extra, []
            out = [self.wrapped(p) for p in self.payloads_up([*payloads, *extra])]
            if out:
                return b"".join(out)
        return b""

    def bytes_down(self, data: bytes) -> bytes:
        return data

    def payload_down(self, payload: bytes, good: bool) -> bytes | None:  # noqa: ARG002
        return payload

    def payloads_up(self, payloads: list[bytes]) -> list[bytes]:
        return [p for p in map(self.payload_up, payloads) if p is not None]

    def payload_up(self, payload: bytes) -> bytes | None:
        return payload

    def wrapped(self, payload: bytes) -> bytes:
        return up(payload)

    def each_ms(self) -> None:
        pass


def lies(kind: int, at: int, layout: str, value: Callable[[int], int]) -> type[Mutant]:
    """A device that says something else in one field of one message."""

    class Liar(Mutant):
        def payload_up(self, payload: bytes) -> bytes:
            if payload[0] != kind:
                return payload
            return patched(payload, at, layout, value(field(payload, at, layout)))

    return Liar


def mishears(kind: int, at: int, layout: str, value: Callable[[int], int]) -> type[Mutant]:
    """A device that understands something else in one field of one message."""

    class Deaf(Mutant):
        def payload_down(self, payload: bytes, good: bool) -> bytes:
            if not good or payload[0] != kind or len(payload) <= at + struct.calcsize(layout) - 1:
                return payload
            return patched(payload, at, layout, value(field(payload, at, layout)))

    return Deaf


class HalfTheFrames(Mutant):
    def payload_up(self, payload: bytes) -> bytes | None:
        return None if payload[0] == FRAME and payload[6] & 1 else payload


class ShortFrames(Mutant):
    def payload_up(self, payload: bytes) -> bytes:
        return payload[:-2] if payload[0] == FRAME else payload


class RepeatedCounters(Mutant):
    def payload_up(self, payload: bytes) -> bytes:
        counter = field(payload, 6, "I")
        return patched(payload, 6, "I", counter - counter % 2) if counter > 8 else payload


class ClockSteps(Mutant):
    def payload_up(self, payload: bytes) -> bytes:
        if payload[0] == FRAME and field(payload, 6, "I") % 40 == 0:
            return patched(payload, 10, "Q", max(field(payload, 10, "Q") - 20_000, 0))
        return payload


class FrozenImage(Mutant):
    image = b""

    def payload_up(self, payload: bytes) -> bytes:
        if payload[0] != FRAME:
            return payload
        self.image = self.image or payload[110:]
        return payload[:110] + self.image


class BackwardEvents(Mutant):
    def payloads_up(self, payloads: list[bytes]) -> list[bytes]:
        bodies = [p[10:] for p in payloads if p[0] == EVENT]
        return [p[:10] + bodies.pop() if p[0] == EVENT else p for p in payloads]


class UpsideDown(Mutant):
    """Row 0 is the heel end."""

    def payload_up(self, payload: bytes) -> bytes:
        if payload[0] != FRAME:
            return payload
        half = (len(payload) - 110) // 2
        width = half // 32
        rows = [payload[110 + i * width : 110 + (i + 1) * width] for i in range(64)]
        return payload[:110] + b"".join(rows[:32][::-1] + rows[32:][::-1])


class NoisyWire(Mutant):
    count = 0

    def wrapped(self, payload: bytes) -> bytes:
        self.count += 1
        data = up(payload)
        return data[:-1] + bytes((data[-1] ^ 1,)) if self.count % 50 == 0 else data


class OldNonce(Mutant):
    """Some messages still carry the nonce of the session before."""

    nonces = (0, 0)

    def payload_up(self, payload: bytes) -> bytes:
        if payload[0] == WELCOME:
            self.nonces = (self.nonces[1], field(payload, 2, "I"))
        if payload[0] == FRAME and self.nonces[0] and field(payload, 6, "I") % 30 == 0:
            return patched(payload, 2, "I", self.nonces[0])
        return payload


class Tardy(Mutant):
    """Answers come 400 ms late."""

    def __init__(self) -> None:
        super().__init__()
        self._late: list[tuple[int, bytes]] = []

    def payloads_up(self, payloads: list[bytes]) -> list[bytes]:
        now_us = self.device.now_us
        self._late += [(now_us + 400_000, p) for p in payloads if p[0] in (ACK, NAK, PAGE)]
        due = [p for at, p in self._late if at <= now_us]
        self._late = [(at, p) for at, p in self._late if at > now_us]
        return due + [p for p in payloads if p[0] not in (ACK, NAK, PAGE)]


class SecondPageShort(Mutant):
    def payload_up(self, payload: bytes) -> bytes:
        return payload[:-1] if payload[0] == PAGE else payload


class CountersForgotten(Mutant):
    """Takes every counter: repeated, lower, whatever."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._own: dict[int, int] = {}

    def payload_down(self, payload: bytes, good: bool) -> bytes:
        if not good or payload[0] == HELLO:
            return payload
        self._count += 1
        self._own[self._count] = field(payload, 6, "I")
        return patched(payload, 6, "I", self._count)

    def payload_up(self, payload: bytes) -> bytes:
        if payload[0] in (ACK, NAK):
            counter = field(payload, 11, "I")
            return patched(payload, 11, "I", self._own.get(counter, counter))
        return payload


class DeafInside(Mutant):
    """STOP behind half a message is taken for its end."""

    def bytes_down(self, data: bytes) -> bytes:
        if b"\x00" * 8 in data and data[:1] != b"\x00" and len(data) > 9:
            return data.replace(b"\x00" * 8, b"\x00")
        return data


class SevenIsEnough(Mutant):
    def bytes_down(self, data: bytes) -> bytes:
        return data.replace(b"\x01" + bytes(7) + b"\x01", b"\x01" + bytes(8) + b"\x01")


class ForgetsRuns(Mutant):
    """A run of zeros ends with the piece in which it came."""

    def bytes_down(self, data: bytes) -> bytes:
        return b"\x01" + data if data[:1] == b"\x00" and len(data) < 8 else data


class OneStopARun(Mutant):
    def bytes_down(self, data: bytes) -> bytes:
        while bytes(9) in data:
            data = data.replace(bytes(9), bytes(8))
        return data


class BlindToCrc(Mutant):
    def payload_down(self, payload: bytes, good: bool) -> bytes:
        return payload + b"" if good else self._mended(payload)

    def _mended(self, payload: bytes) -> bytes:
        self.device.receive(down(payload))
        return payload


class AnyNonce(Mutant):
    def payload_down(self, payload: bytes, good: bool) -> bytes:
        if not good or payload[0] == HELLO:
            return payload
        return patched(payload, 2, "I", self.device.firmware.nonce)


class IgnoresTheUnknown(Mutant):
    def payload_down(self, payload: bytes, good: bool) -> bytes | None:
        return None if good and payload[0] not in range(1, 12) else payload


class Choked(Mutant):
    """An oversized block ends its hearing for good."""

    choked = False

    def bytes_down(self, data: bytes) -> bytes:
        self.choked = self.choked or len(data) > 4400
        return b"" if self.choked else data


class Dropped(Mutant):
    """RETRACT gets its ACK, and nothing else."""

    def payload_down(self, payload: bytes, good: bool) -> bytes | None:
        if not good or payload[0] != RETRACT:
            return payload
        head = struct.pack("<BBII", ACK, 1, self.device.firmware.nonce, 1 << 30)
        self._extra.append(head + struct.pack("<BI", RETRACT, field(payload, 6, "I")))
        return None


class TakesEveryMask(Mutant):
    def payload_up(self, payload: bytes) -> bytes:
        if payload[0] == NAK and payload[10] == MASK:
            return bytes((ACK,)) + payload[1:15]
        return payload


class Fresh(Mutant):
    """Every set-point names the moment, whatever it says."""

    def payload_down(self, payload: bytes, good: bool) -> bytes:
        if good and payload[0] == SETPOINT and len(payload) == 84:
            return patched(payload, 10, "Q", self.device.now_us)
        return payload


class NoWatchdog(Mutant):
    def each_ms(self) -> None:
        self.device.firmware.machine._heard_us = self.device.now_us


class SlowWatchdog(Mutant):
    """Three times as patient as it says."""

    def each_ms(self) -> None:
        machine = self.device.firmware.machine
        silent_us = self.device.now_us - machine._heard_us
        if 95_000 <= silent_us < 97_000:
            machine._heard_us -= 0
            self._patience = getattr(self, "_patience", 0) + 1
            if self._patience % 5:
                machine._heard_us = self.device.now_us - 50_000


class KeepsConsent(Mutant):
    given = -1

    def each_ms(self) -> None:
        machine = self.device.firmware.machine
        self.given = max(self.given, machine._consent_us)
        machine._consent_us = self.given


class EveryRefusal(Mutant):
    """Refuses each of two hundred set-points a second by a message."""

    def each_ms(self) -> None:
        self.device.firmware._refused_us = -(1 << 40)


class KeepsThePerson(Mutant):
    """Carries masks and consent from one session into the next."""

    def each_ms(self) -> None:
        machine = self.device.firmware.machine
        machine.forget_person = lambda: None


def clamped(low: int, high: int) -> Callable[[int], int]:
    return lambda value: min(max(value, low), high)


MUTANTS: dict[str, tuple[type[Mutant], str]] = {
    "another hash of the limits": (lies(WELCOME, 26, "I", lambda v: v ^ 1), "descriptor.hash"),
    "another host nonce": (lies(WELCOME, 10, "I", lambda v: v + 1), "greeting.repeats"),
    "a boot nonce by session": (
        lies(WELCOME, 14, "I", lambda v, n=[0]: n.append(0) or v + len(n)), "greeting.boot-nonce"),
    "version 2": (lies(WELCOME, 18, "B", lambda _: 2), "greeting.version"),
    "another descriptor CRC": (lies(WELCOME, 22, "I", lambda v: v ^ 4), "descriptor.sum"),
    "short pages": (SecondPageShort, "descriptor.sum"),
    "half the frames": (HalfTheFrames, "frame.rate"),
    "short frames": (ShortFrames, "whole-run.lengths"),
    "repeated counters": (RepeatedCounters, "whole-run.counters"),
    "a clock that steps back": (ClockSteps, "whole-run.clock"),
    "a frozen image": (FrozenImage, "frame.alive-image"),
    "an image upside down": (UpsideDown, "frame.contact-cell"),
    "a noisy wire": (NoisyWire, "whole-run.undamaged"),
    "an old nonce": (OldNonce, "whole-run.nonces"),
    "events backwards": (BackwardEvents, "stop.in-ready"),
    "STOP not counted": (lies(FRAME, 22, "I", lambda _: 0), "stop.eight"),
    "an unknown trip": (lies(FRAME, 19, "B", lambda _: 200), "frame.known"),
    "consent for ever": (lies(FRAME, 30, "I", lambda _: 5), "frame.no-order"),
    "counts above full scale": (lies(FRAME, 110, "H", lambda _: 60_000), "frame.counts"),
    "a limit above the ceiling": (lies(FRAME, 62, "I", lambda v: v * 2), "force.ceiling"),
    "a force it does not follow": (lies(FRAME, 58, "I", lambda v: v * 2), "force.mask-limit"),
    "half the true force": (lies(FRAME, 34, "i", lambda v: v // 2), "force.true-force"),
    "a carriage that hides": (lies(FRAME, 46, "i", lambda _: 60_000), "setpoint.travel"),
    "event times in ms": (lies(EVENT, 10, "Q", lambda v: v // 1000), "frame.event-times"),
    "UNLOADED without a time": (
        lies(EVENT, 20, "i", lambda v: 0 if v > 20 else v), "letting-go.unloaded"),
    "answers to another counter": (lies(ACK, 11, "I", lambda v: v - 1), "header.names"),
    "one refusal for all": (lies(NAK, 15, "B", lambda _: 2), "header.unknown-type"),
    "answers 400 ms late": (Tardy, "framing.whole"),
    "any counter": (CountersForgotten, "header.same-counter"),
    "any counter, lower": (CountersForgotten, "header.lower-counter"),
    "no STOP inside a message": (DeafInside, "stop.inside-message"),
    "STOP at seven zeros": (SevenIsEnough, "stop.seven"),
    "STOP not across pieces": (ForgetsRuns, "stop.chunks"),
    "one STOP a run": (OneStopARun, "stop.runs"),
    "no CRC": (BlindToCrc, "framing.bad-crc"),
    "any nonce": (AnyNonce, "header.other-nonce"),
    "nonce of the former session": (AnyNonce, "header.former-nonce"),
    "a replayed session": (AnyNonce, "setpoint.replay"),
    "silent about unknown types": (IgnoresTheUnknown, "header.unknown-type"),
    "choked by an oversized block": (Choked, "framing.oversized"),
    "RETRACT in name only": (Dropped, "letting-go.retract-armed"),
    "every mask": (TakesEveryMask, "mask.half"),
    "every frame is fresh": (Fresh, "setpoint.stale"),
    "a backlog executed": (Fresh, "setpoint.backlog"),
    "no watchdog": (NoWatchdog, "setpoint.watchdog"),
    "a slow watchdog": (SlowWatchdog, "setpoint.first-in-time"),
    "a watchdog fed by refusals": (NoWatchdog, "setpoint.stale-feeds-not"),
    "consent kept after STOP": (KeepsConsent, "consent.stop"),
    "consent kept after the massage": (KeepsConsent, "consent.once"),
    "masks kept for the next host": (KeepsThePerson, "greeting.forgets-masks"),
    "a NAK for each set-point": (EveryRefusal, "setpoint.nak-rate"),
    "host nonce 0": (mishears(HELLO, 10, "I", lambda v: v or 5), "greeting.zero-host-nonce"),
    "any version": (mishears(HELLO, 14, "B", lambda _: 1), "greeting.newer-only"),
    "any hash in ARM": (mishears(ARM, 11, "I", lambda _: 0x578217C1), "arm.hash"),
    "both beds always": (mishears(ARM, 10, "B", lambda v: v and 3), "arm.one-bed"),
    "any reach of x": (mishears(SETPOINT, 22, "i", clamped(15_000, 145_000)), "header.range-x"),
    "any force": (mishears(SETPOINT, 34, "I", clamped(0, 60_000)), "header.range-force"),
    "no slew": (mishears(SETPOINT, 38, "I", lambda _: 80_000), "force.slew"),
    "no limit of the host": (mishears(SETPOINT, 47, "I", lambda _: 60_000), "force.host-limit"),
    "no end of a set-point": (mishears(SETPOINT, 18, "B", lambda _: 60), "force.expiry"),
    "no spin": (mishears(SETPOINT, 42, "i", lambda _: 0), "force.spin"),
    "fast feed": (mishears(SETPOINT, 30, "I", lambda v: v and 200_000), "force.rolls"),
    "any trip acknowledged": (mishears(ACKNOWLEDGE, 10, "B", lambda _: 1),
                              "letting-go.acknowledge-other"),
}  # fmt: skip
