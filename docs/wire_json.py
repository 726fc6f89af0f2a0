"""The protocol page for programs: messages, codes, check values and a session as one JSON file."""

import binascii
import enum
import json
import struct
from typing import Any, Final

from docs import wire_session
from docs.wire_tables import TYPES, layout_of
from firmware_bridge import codec, messages
from firmware_bridge.framing import MAX_DOWN_BYTES, MAX_UP_BYTES, STOP, cobs_encode
from firmware_bridge.messages import DOWN_KINDS, UP_KINDS

_TAILS: Final[dict[type, dict[str, object]]] = {
    messages.Mask: {"name": "limits_mn", "type": "u16", "count": "rows x cols", "unit": "mN"},
    messages.Limits: {"name": "ceiling_mn", "type": "u32", "count": "1 .. 32", "unit": "mN"},
    messages.LimitsState: {"name": "ceiling_mn", "type": "u32", "count": "1 .. 32", "unit": "mN"},
    messages.Page: {"name": "data", "type": "u8", "count": "0 .. 512", "unit": ""},
    messages.Frame: {"name": "counts", "type": "u16", "count": "2 x rows x cols", "unit": ""},
}
_ENUMS: Final[tuple[type[enum.IntEnum | enum.IntFlag], ...]] = (
    messages.Kind,
    messages.DeviceState,
    messages.Trip,
    messages.Refusal,
    messages.EventKind,
    messages.Kept,
    messages.CalibrationPhase,
    messages.Flag,
    messages.BedFlag,
)
_COBS: Final = (b"", b"\0", b"\0\0", b"\x11\x22\0\x33", b"\x11\0", bytes(range(1, 256)))


def _fields(message: type, start: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    at = start
    for name, wire in codec.columns(message):
        found.append(
            {
                "offset": at,
                "type": TYPES[wire.code],
                "name": name,
                "unit": wire.unit,
                "low": wire.low,
                "high": wire.high,
                "meaning": wire.doc,
            }
        )
        at += struct.calcsize(wire.code)
    return found


def _messages() -> list[dict[str, Any]]:
    found = []
    for ways, way in ((DOWN_KINDS, "to_device"), (UP_KINDS, "to_host")):
        for message, kind in ways.items():
            entry: dict[str, Any] = {
                "kind": int(kind),
                "name": kind.name,
                "way": way,
                "fields": _fields(layout_of(message), codec.HEADER_BYTES),
            }
            if message in _TAILS:
                entry["then"] = _TAILS[message]
            found.append(entry)
    return found


def text() -> str:
    """Return the file."""
    table = {
        "version": messages.PROTOCOL_VERSION,
        "byte_order": "little",
        "stop": STOP.hex(),
        "sync": "a55a",
        "longest_payload_to_device": MAX_DOWN_BYTES,
        "longest_payload_to_host": MAX_UP_BYTES,
        "header": _fields(messages.Header, 0),
        "messages": _messages(),
        "codes": {
            members.__name__: {member.name: int(member) for member in members} for members in _ENUMS
        },
        "checks": {
            "crc32": [
                {"of": data.hex(), "is": binascii.crc32(data)}
                for data in (b"", b"\0", b"123456789", bytes(range(256)))
            ],
            "cobs": [{"of": data.hex(), "is": cobs_encode(data).hex()} for data in _COBS],
        },
        "session": [
            {"from": way, "name": name, "says": says, "wire": wire.hex()}
            for way, name, says, wire in wire_session.session()
        ],
    }
    return json.dumps(table, indent=1) + "\n"
