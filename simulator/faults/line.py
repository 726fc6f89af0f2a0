"""What a cable does to the bytes in it: one way and the other, in device time.

Bounded everywhere: what does not fit is lost, as in any buffer.
"""

import re
from collections import deque
from typing import Final

import numpy as np

from simulator.faults.effect import Effect
from simulator.plant.chance import generator

HELD_BYTES: Final = 4_194_304
"""Most that a delay holds back: two seconds of frames fit well."""

STALL_BYTES: Final = 16_384
"""Most that buffers take when nobody reads: about what a pty took, 19.5 kB."""

REMEMBERED: Final = 200
"""Old messages that a replay chooses from: a second of set-points."""

GARBAGE_MOST: Final = 100_000
"""Most noise at once, however long nobody asked."""

_BLOCKS: Final = re.compile(rb"\x00?[^\x00]+(?:\x00|\Z)|\x00")
_PER_MESSAGE: Final = ("dup", "reorder", "replay", "truncate")


def blocks_of(data: bytes) -> list[bytes]:
    """Return the messages in bytes to the device, each with the zero bytes around it."""
    return _BLOCKS.findall(data)


class Wire:
    """One direction of the cable.

    Args:
        seed: Of its chance.
        way: 0 up, 1 down.

    Attributes:
        busy: Bytes must go through `carry`.
        lost_bytes: Bytes that a full buffer or a pulled cable has lost.
    """

    __slots__ = (
        "_chance",
        "_held",
        "_held_bytes",
        "_kinds",
        "_late",
        "_old",
        "_us",
        "busy",
        "lost_bytes",
    )

    def __init__(self, *, seed: int, way: int) -> None:
        self.busy = False
        self.lost_bytes = 0
        self._chance = generator(seed, 8, way)
        self._kinds: list[tuple[str, float]] = []
        self._held: deque[tuple[int, bytes]] = deque()
        self._held_bytes = 0
        self._late: bytes | None = None
        self._old: deque[bytes] = deque(maxlen=REMEMBERED)
        self._us = 0

    @property
    def stalled(self) -> bool:
        """Nobody reads at the far end."""
        return any(kind == "stall" for kind, _ in self._kinds)

    def begin(self, kind: str, amount: float, now_us: int) -> None:
        """A fault of this direction begins."""
        if not self._kinds:
            self._us = now_us
        self._kinds.append((kind, amount))
        self.busy = True

    def end(self, kind: str, amount: float) -> None:
        """It is over; what it held back comes at the next `carry`."""
        self._kinds.remove((kind, amount))
        if not any(kind in ("delay", "stall") for kind, _ in self._kinds):
            self._held = deque((0, data) for _, data in self._held)
        self.busy = bool(self._kinds or self._held)

    def cut(self) -> None:
        """The cable is out: what was in it is lost."""
        self.lost_bytes += self._held_bytes
        self._held.clear()
        self._held_bytes = 0
        self._late = None
        self.busy = bool(self._kinds)

    def carry(self, messages: list[bytes], now_us: int) -> bytes:
        """Return what comes out now when these messages go in."""
        for kind, amount in self._kinds:
            if kind in _PER_MESSAGE:
                messages = self._by_message(kind, amount, messages)
        data = b"".join(messages)
        for kind, amount in self._kinds:
            if kind == "drop":
                data = self._dropped(data, amount)
            elif kind == "flip":
                data = self._flipped(data, amount)
            elif kind == "garbage":
                data = self._noise(amount, now_us) + data
        self._us = now_us
        return self._through_time(data, now_us)

    def _by_message(self, kind: str, chance: float, messages: list[bytes]) -> list[bytes]:
        found: list[bytes] = []
        for message in messages:
            hit = float(self._chance.random()) < chance
            if kind == "truncate":
                found.append(message[: self._below(len(message))] if hit else message)
            elif kind == "dup":
                found += [message, message] if hit else [message]
            elif kind == "replay":
                self._old.append(message)
                found.append(message)
                if hit:
                    found.append(self._old[self._below(len(self._old))])
            elif hit and self._late is None:
                self._late = message
            else:
                found.append(message)
                if self._late is not None:
                    found.append(self._late)
                    self._late = None
        return found

    def _below(self, count: int) -> int:
        return int(self._chance.integers(count)) if count else 0

    def _dropped(self, data: bytes, chance: float) -> bytes:
        values = np.frombuffer(data, np.uint8)
        return values[self._chance.random(len(values)) >= chance].tobytes()

    def _flipped(self, data: bytes, chance: float) -> bytes:
        values = np.frombuffer(data, np.uint8)
        hit = self._chance.random(len(values)) < chance
        bits = np.left_shift(1, self._chance.integers(8, size=len(values))).astype(np.uint8)
        return np.where(hit, values ^ bits, values).astype(np.uint8).tobytes()

    def _noise(self, per_s: float, now_us: int) -> bytes:
        count = round(per_s * (now_us - self._us) / 1e6)
        return self._chance.bytes(min(max(count, 0), GARBAGE_MOST))

    def _through_time(self, data: bytes, now_us: int) -> bytes:
        """Hold `data` back where a fault says so; return what is due."""
        until_us, most = now_us, HELD_BYTES
        for kind, amount in self._kinds:
            if kind == "stall":
                until_us, most = 1 << 62, STALL_BYTES
            elif kind == "delay":
                until_us = max(until_us, now_us + round(amount * 1000) if amount else 1 << 62)
        if until_us == now_us and not self._held:
            return data
        if self._held_bytes + len(data) > most:
            self.lost_bytes += len(data)
        elif data:
            self._held.append((until_us, data))
            self._held_bytes += len(data)
        return self._due(now_us)

    def _due(self, now_us: int) -> bytes:
        out = []
        while self._held and self._held[0][0] <= now_us:
            data = self._held.popleft()[1]
            self._held_bytes -= len(data)
            out.append(data)
        self.busy = bool(self._kinds or self._held)
        return b"".join(out)


class Line:
    """The whole cable.

    Args:
        seed: Of its chance.

    Attributes:
        up: Device to host.
        down: Host to device.
        plugged: Host and device see each other.
    """

    __slots__ = ("down", "plugged", "up")

    def __init__(self, *, seed: int) -> None:
        self.up = Wire(seed=seed, way=0)
        self.down = Wire(seed=seed, way=1)
        self.plugged = True

    def plug(self) -> None:
        """The cable is in."""
        self.plugged = True

    def unplug(self) -> None:
        """The cable is out."""
        self.plugged = False
        self.up.cut()
        self.down.cut()

    def to_host(self, messages: list[bytes], now_us: int) -> bytes:
        """Return what the host gets now of what the device sends."""
        if not self.plugged:
            return b""
        return self.up.carry(messages, now_us) if self.up.busy else b"".join(messages)

    def to_device(self, data: bytes, now_us: int) -> bytes:
        """Return what the device gets now of what the host sends."""
        if not self.plugged:
            return b""
        return self.down.carry(blocks_of(data), now_us) if self.down.busy else data


class WireFault(Effect):
    """A fault of one direction."""

    __slots__ = ("_amount", "_kind", "_wire")

    def __init__(self, wire: Wire, kind: str, amount: float) -> None:
        self._wire = wire
        self._kind = kind
        self._amount = amount

    def begin(self, now_us: int) -> None:
        self._wire.begin(self._kind, self._amount, now_us)

    def end(self, now_us: int) -> None:
        self._wire.end(self._kind, self._amount)


class PlugFault(Effect):
    """The cable is out: for so long, or while the fault lasts."""

    __slots__ = ("_line", "_out_us", "_until_us")

    def __init__(self, line: Line, out_ms: float) -> None:
        self._line = line
        self._out_us = round(out_ms * 1000)
        self._until_us = 0

    def begin(self, now_us: int) -> None:
        self._until_us = now_us + self._out_us
        self._line.unplug()

    def after(self, now_us: int) -> None:
        if self._out_us and now_us >= self._until_us:
            self._line.plug()

    def end(self, now_us: int) -> None:
        self._line.plug()
