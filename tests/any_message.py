"""Messages of every kind with any content, made from the message table alone.

A kind that is added to the table comes with it: nothing here names a message but the two that carry
a matrix, whose shape their own head states.
"""

import random
import typing
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from firmware_bridge.codec import PAGE_BYTES, decode_down, decode_up
from firmware_bridge.messages import DOWN_KINDS, UP_KINDS, Down, Frame, Header, Mask, Up, Wire

ROWS, COLS = 32, 16
MOST_STEPS = 32
KINDS = (*DOWN_KINDS, *UP_KINDS)


class Chance(NamedTuple):
    """Where content comes from: `integer(low, high)`, both included, and `octets(count)`."""

    integer: Callable[[int, int], int]
    octets: Callable[[int], bytes]


def seeded(rng: random.Random) -> Chance:
    """Every value as likely as any other, the ends of a range rather more so."""

    def integer(low: int, high: int) -> int:
        return rng.choice(
            (low, high, 0 if low <= 0 <= high else low, *[rng.randint(low, high)] * 3)
        )

    return Chance(integer, rng.randbytes)


def make(kind: type, chance: Chance, *, rows: int = ROWS, cols: int = COLS) -> Any:
    """Return a message of `kind`; the matrix it may carry has `rows` x `cols` cells."""
    values: dict[str, Any] = {}
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        metadata = getattr(hint, "__metadata__", ())
        if metadata and isinstance(metadata[0], Wire):
            values[name] = chance.integer(metadata[0].low, metadata[0].high)
        elif hint is bytes:
            values[name] = chance.octets(chance.integer(0, PAGE_BYTES))
        elif isinstance(hint, type) and issubclass(hint, tuple):
            values[name] = make(hint, chance)
        elif typing.get_origin(hint) is tuple:
            steps = chance.integer(1, MOST_STEPS)
            values[name] = tuple(chance.integer(0, 2**32 - 1) for _ in range(steps))
        else:
            shape = (2, rows, cols) if kind is Frame else (rows, cols)
            cells = np.frombuffer(chance.octets(2 * int(np.prod(shape))), "<u2")
            values[name] = cells.reshape(shape)
    if kind is Mask:
        values["head"] = values["head"]._replace(rows=rows, cols=cols)
    return kind(**values)


@st.composite
def messages(draw: Any, kinds: tuple[type, ...] = KINDS) -> Any:
    """Any message of these kinds."""
    chance = Chance(
        lambda low, high: draw(st.integers(low, high)),
        lambda count: draw(st.binary(min_size=count, max_size=count)),
    )
    kind = draw(st.sampled_from(kinds))
    return make(kind, chance, rows=draw(st.integers(8, 12)), cols=draw(st.integers(4, 8)))


def samples(kind: type, count: int, seed: int = 0) -> Iterator[Any]:
    """Yield `count` messages of `kind`."""
    rng = random.Random(f"{seed} {kind.__name__}")
    for _ in range(count):
        yield make(kind, seeded(rng))


def decoded(payload: bytes, like: Down | Up) -> Any:
    """Return the message that `payload` brings to who receives messages like that."""
    if type(like) in DOWN_KINDS:
        return decode_down(payload)[1]
    shape = like.counts.shape[1:] if isinstance(like, Frame) else (ROWS, COLS)
    return decode_up(payload, *shape)


def plain(value: Any) -> Any:
    """Return `value` so that two of them can be compared with ==."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, tuple) and not isinstance(value, Header):
        return type(value), tuple(plain(part) for part in value)
    return value
