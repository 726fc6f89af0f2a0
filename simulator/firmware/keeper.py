"""What a technician may write and the device keeps: its limits, lowered, and its calibrations.

Limits go down from what is compiled in and never above it. A calibration is written in two
phases, and is checked again when it is committed. The key switch, not the host, unlocks both.
"""

import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from firmware_bridge.codec import HEADER_BYTES, PAGE_BYTES, decode_down, encode
from firmware_bridge.descriptor import limits_crc, pack_descriptor
from firmware_bridge.messages import (
    U32_MAX,
    Calibration,
    CalibrationPhase,
    CalibrationState,
    Commit,
    Down,
    Kept,
    Limits,
    LimitsState,
    LimitTable,
    Read,
    Refusal,
)
from simulator.firmware.identity import TABLE
from simulator.firmware.nvram import Nvram

COMMIT_US: Final = 10_000_000
"""A proposal that is not committed in this time is discarded. Podal proposal, unmeasured."""

UNLOADED_N: Final = 0.5
"""An unloaded load cell must read this near to 0 with the zero proposed. Podal proposal."""

FACTORY_GAIN_PPM: Final = 1_000_000
DEVICE_CRC: Final = zlib.crc32(TABLE["device_id"].encode())
_LENGTH: Final = struct.Struct("<H")
_WRITES: Final = struct.Struct("<II")
_CHANNELS: Final = (Kept.CHANNEL_A, Kept.CHANNEL_B, Kept.TAXELS)
_OTHER: Final = {Kept.CHANNEL_A: Kept.CHANNEL_B, Kept.CHANNEL_B: Kept.CHANNEL_A}


def _limits_of(table: dict[str, Any]) -> Limits:
    return Limits(
        LimitTable(*(table[name] for name in LimitTable._fields)),
        tuple(step["force_mn"] for step in table["bed_ceiling"]),
    )


def table_of(limits: Limits) -> dict[str, Any]:
    """Return the object `limits` of the descriptor with these limits in it."""
    compiled = TABLE["limits"]
    steps = zip(compiled["bed_ceiling"], limits.ceiling_mn, strict=True)
    ceiling = [{"y_um": step["y_um"], "force_mn": force_mn} for step, force_mn in steps]
    return {**compiled, **limits.table._asdict(), "bed_ceiling": ceiling}


COMPILED: Final = _limits_of(TABLE["limits"])


def refuse_limits(limits: Limits) -> Refusal | None:
    """Return why these limits cannot be kept, None where they can."""
    ceiling_mn = limits.ceiling_mn
    if len(ceiling_mn) != len(COMPILED.ceiling_mn) or list(ceiling_mn) != sorted(
        ceiling_mn, reverse=True
    ):
        return Refusal.OUT_OF_RANGE
    wanted = (*limits.table, *ceiling_mn)
    if any(new > most for new, most in zip(wanted, (*COMPILED.table, *COMPILED.ceiling_mn))):  # noqa: B905 - the same length, checked above
        return Refusal.ABOVE_CEILING
    return None


def refuse_record(record: Calibration) -> Refusal | None:
    """Return why this calibration cannot be of this device, None where it can."""
    if record.device_crc != DEVICE_CRC:
        return Refusal.OTHER_DEVICE
    if record.channel == Kept.TAXELS:
        plain = (record.gain_ppm, record.zero_mn) == (FACTORY_GAIN_PPM, 0)
    else:
        plain = (record.table_version, record.table_crc) == (0, 0)
    return None if plain else Refusal.OUT_OF_RANGE


class Keeper:
    """The part of the firmware that keeps what was written.

    Args:
        nvram: Where it is kept.
        nonces: Gives a new 32-bit number at each call.

    Attributes:
        limits: In force; never above what is compiled in.
        calibrations: In force, by channel and bed.
        writes: How often anything has been kept.
        damaged: What was kept cannot be read: nothing but new limits until they are written.
        packed: Compressed descriptor with the limits in force.
        pages: The same, cut.
        limits_crc: Hash of the limits in force.
    """

    def __init__(self, nvram: Nvram, nonces: Callable[[], int]) -> None:
        self._nvram = nvram
        self._nonces = nonces
        self.limits = COMPILED
        self._factory: dict[tuple[int, int], Calibration] = {
            (channel, bed): Calibration(int(channel), bed, DEVICE_CRC, FACTORY_GAIN_PPM, 0, 0, 0, 0)
            for channel in _CHANNELS
            for bed in (0, 1)
        }
        self.calibrations = dict(self._factory)
        self.writes = 0
        self._proposed: Calibration | None = None
        self._token = 0
        self._until_us = -1
        self._fitted: set[int] = set()
        kept = nvram.read()
        self.damaged = not nvram.blank and (kept is None or not self._load(kept))
        self._describe()

    # Reading

    def state_of(self, read: Read, of_counter: int) -> LimitsState | CalibrationState:
        """Return what the device keeps, as an answer to `read`."""
        if read.what == Kept.LIMITS:
            return self.limits_state(of_counter)
        if read.what == Kept.COMPILED_LIMITS:
            crc = limits_crc(TABLE["limits"])
            return LimitsState(of_counter, read.what, self.writes, crc, *COMPILED)
        return self.calibration_state(self.calibrations[read.what, read.bed], of_counter)

    def limits_state(self, of_counter: int) -> LimitsState:
        """Return the limits in force."""
        return LimitsState(of_counter, int(Kept.LIMITS), self.writes, self.limits_crc, *self.limits)

    def calibration_state(self, record: Calibration, of_counter: int) -> CalibrationState:
        """Return one calibration, with the token where it is only proposed."""
        if record is self._proposed:
            phase, token = CalibrationPhase.PROPOSED, self._token
        else:
            factory = record == self._factory[record.channel, record.bed]
            phase = CalibrationPhase.FACTORY if factory else CalibrationPhase.COMMITTED
            token = 0
        return CalibrationState(
            of_counter, int(phase), self.writes, digest_of(record), token, record
        )

    # Writing

    def key_turned(self) -> None:
        """The key switch was turned: a proposal ends, and so does the act of the technician."""
        self._fitted.clear()
        self.forget()

    def forget(self) -> None:
        """Discard what was proposed."""
        self._proposed = None
        self._token = 0

    def keep_limits(self, limits: Limits) -> Refusal | None:
        """Keep these limits from now on, or return why not."""
        refusal = refuse_limits(limits)
        if refusal is None:
            self.limits = limits
            self._keep()
            self._describe()
        return refusal

    def propose(self, record: Calibration, now_us: int, unloaded_n: float) -> Calibration | Refusal:
        """Return the proposal that may now be committed, or why there is none.

        Args:
            record: What is proposed; it replaces what was proposed before.
            now_us: Device time.
            unloaded_n: What channel A of that bed reads now by the factory's calibration.
        """
        self.forget()
        refusal = Refusal.FAULT_PRESENT if self.damaged else refuse_record(record)
        if refusal is not None:
            return refusal
        if self._fitted & {_OTHER.get(Kept(record.channel))}:
            return Refusal.OTHER_CHANNEL
        if record.channel == Kept.CHANNEL_A:
            reads_n = unloaded_n * record.gain_ppm * 1e-6 - record.zero_mn * 1e-3
            if not -UNLOADED_N <= reads_n <= UNLOADED_N:
                return Refusal.IMPLAUSIBLE
        self._proposed = record
        self._token = (self._nonces() & U32_MAX) or 1
        self._until_us = now_us + COMMIT_US
        return record

    def commit(self, order: Commit, now_us: int) -> Calibration | Refusal:
        """Return the calibration that is kept from now on, or why none is."""
        record, token = self._proposed, self._token
        self.forget()
        if record is None or now_us > self._until_us:
            return Refusal.NO_PROPOSAL
        if (order.token, order.digest) != (token, digest_of(record)):
            return Refusal.NO_PROPOSAL
        self.calibrations[record.channel, record.bed] = record
        self._fitted.add(record.channel)
        self._keep()
        return record

    # Keeping

    def _describe(self) -> None:
        table = table_of(self.limits)
        self.limits_crc = limits_crc(table)
        self.packed = pack_descriptor({**TABLE, "limits": table})
        starts = range(0, len(self.packed), PAGE_BYTES)
        self.pages = tuple(self.packed[at : at + PAGE_BYTES] for at in starts)

    def _keep(self) -> None:
        self.writes += 1
        self.damaged = False
        kept = _joined((self.limits, *self.calibrations.values()))
        self._nvram.write(_WRITES.pack(DEVICE_CRC, self.writes) + kept)

    def _load(self, data: bytes) -> bool:
        """Take what was kept; False, and nothing taken, where this device cannot have kept it."""
        if len(data) < _WRITES.size:
            return False
        device_crc, writes = _WRITES.unpack_from(data)
        limits, *records = _split(data[_WRITES.size :]) or (None,)
        if device_crc != DEVICE_CRC or not isinstance(limits, Limits) or refuse_limits(limits):
            return False
        kept = dict(self._factory)
        for record in records:
            if not isinstance(record, Calibration) or refuse_record(record):
                return False
            kept[record.channel, record.bed] = record
        self.limits, self.calibrations, self.writes = limits, kept, writes
        return True


def digest_of(record: Calibration) -> int:
    """Return the CRC-32 of a calibration as it travels, header left out."""
    return zlib.crc32(encode(record, nonce=0, counter=0)[HEADER_BYTES:])


def _joined(messages: Iterable[Down]) -> bytes:
    payloads = [encode(message, nonce=0, counter=0) for message in messages]
    return b"".join(_LENGTH.pack(len(payload)) + payload for payload in payloads)


def _split(data: bytes) -> list[object]:
    found: list[object] = []
    at = 0
    while at + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        found.append(decode_down(data[at : at + length])[1])
        at += length
    return found
