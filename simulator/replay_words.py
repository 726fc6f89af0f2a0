"""The first difference between what was sent and what would be sent now, in words."""

from typing import Any

from controller.runner import Turn
from controller.tape import Entry
from firmware_bridge.codec import Malformed, decode_down
from firmware_bridge.framing import DownDecoder


def first_difference(then: Entry, now: Turn) -> str:
    """Return what differs first, "" nothing."""
    if now.stop != then.stop:
        return "STOP is sent, it was not" if now.stop else "no STOP is sent, it was"
    if len(now.messages) != len(then.messages):
        return f"sends {_kinds(now.messages)}, it was {_kinds(then.messages)}"
    for new, old in zip(now.messages, then.messages, strict=True):
        if new != old:
            return _message(new, old)
    if now.set_point != then.set_point:
        return _message(now.set_point, then.set_point)
    if now.reply != then.reply:
        return f"reply {now.reply!r}, it was {then.reply!r}"
    return ""


def _kinds(messages: tuple[bytes, ...]) -> str:
    return ", ".join(_kind(_decoded(data)[1]) for data in messages) or "nothing"


def _kind(message: object) -> str:
    return "damaged bytes" if message is None else type(message).__name__


def _decoded(data: bytes) -> tuple[object, object]:
    """Return header and message, None for both where the bytes are not one."""
    payloads = DownDecoder().feed(data)
    if len(payloads) != 1:
        return None, None
    header, message = decode_down(payloads[0])
    return (header, None) if isinstance(message, Malformed) else (header, message)


def _message(new: bytes, old: bytes) -> str:
    """Return how two messages differ."""
    if not new or not old:
        kind = _kind(_decoded(new or old)[1])
        return f"sends {kind}, it was nothing" if new else f"sends nothing, it was {kind}"
    new_header, new_message = _decoded(new)
    old_header, old_message = _decoded(old)
    kinds = _kind(new_message), _kind(old_message)
    if kinds[0] != kinds[1]:
        return f"sends {kinds[0]}, it was {kinds[1]}"
    if old_message is None:
        at = next(
            (i for i, pair in enumerate(zip(new, old, strict=False)) if pair[0] != pair[1]), 0
        )
        return f"byte {at} of a message that cannot be read"
    found = _field(new_message, old_message, "") or _field(new_header, old_header, "header.")
    return f"{kinds[0]}, {found or 'its bytes, though they mean the same'}"


def _field(new: Any, old: Any, where: str) -> str:
    """Return the first field that differs in two tuples of the same kind."""
    for name, here, there in zip(getattr(new, "_fields", ()), new, old, strict=False):
        if hasattr(here, "_fields"):
            found = _field(here, there, f"{where}{name}.")
            if found:
                return found
        elif hasattr(here, "tobytes"):
            if here.tobytes() != there.tobytes():
                return f"field {where}{name}"
        elif here != there:
            return f"field {where}{name}: {here}, it was {there}"
    return ""
