"""Memory that keeps without power: two slots, so that a cut write leaves the record before it."""

import struct
import zlib
from typing import Final

SLOT_BYTES: Final = 1024
_HEAD: Final = struct.Struct("<IH")
_CRC: Final = struct.Struct("<I")
_BLANK: Final = b"\xff" * SLOT_BYTES


class Nvram:
    """Two slots of bytes; it outlives every power-on.

    Attributes:
        slots: Raw content; a slot is sequence (u32), length (u16), record, CRC-32 of these.
    """

    def __init__(self) -> None:
        self.slots = [bytearray(_BLANK), bytearray(_BLANK)]

    @property
    def blank(self) -> bool:
        """Nothing has ever been written."""
        return all(slot == _BLANK for slot in self.slots)

    def read(self) -> bytes | None:
        """Return the newest whole record, None where there is none."""
        found = [whole for whole in map(_whole, self.slots) if whole is not None]
        return max(found)[1] if found else None

    def write(self, record: bytes) -> None:
        """Keep `record` in the slot that does not hold the newest one.

        Raises:
            ValueError: It is longer than a slot.
        """
        sequences = [-1 if whole is None else whole[0] for whole in map(_whole, self.slots)]
        body = _HEAD.pack(max(sequences) + 1, len(record)) + record
        slot = body + _CRC.pack(zlib.crc32(body))
        if len(slot) > SLOT_BYTES:
            raise ValueError(f"{len(slot)} bytes do not fit a slot of {SLOT_BYTES}")
        self.slots[sequences.index(min(sequences))][: len(slot)] = slot


def _whole(slot: bytearray) -> tuple[int, bytes] | None:
    """Return sequence and record of a slot, None where it is blank, cut or spoilt."""
    sequence, length = _HEAD.unpack_from(slot)
    end = _HEAD.size + length
    if end + _CRC.size > SLOT_BYTES:
        return None
    if zlib.crc32(slot[:end]) != _CRC.unpack_from(slot, end)[0]:
        return None
    return sequence, bytes(slot[_HEAD.size : end])
