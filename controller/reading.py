"""Bytes back to values of the controller; bytes from a stranger can run nothing.

Only classes of the book can be made, each by its fields, nothing is looked up by a name that the
bytes bring. A field that is new since then has its default.
"""

import enum
import re
import struct
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np

from controller.codebook import ARRAY_KINDS, BadValueError, Codebook
from controller.telling import COUNT, FLOAT

MAX_NODES: Final = 6_000_000
"""A black box of the largest size holds some 2 million values."""

MAX_DEPTH: Final = 64
_LONGEST_INT_BYTES: Final = 32
_NUMBERS: Final = re.compile(rf"[<>|][{ARRAY_KINDS}][0-9]{{1,2}}")


class _Class(NamedTuple):
    """A class as the bytes have it."""

    kind: type
    fields: tuple[str, ...]


class Decoder:
    """Bytes to one value.

    Args:
        book: Classes that may occur.
        data: What an `Encoder` has told.
    """

    def __init__(self, book: Codebook, data: bytes) -> None:
        self._book = book
        self._data = memoryview(data)
        self._at = 0
        self._nodes = 0
        self._shared: list[object] = []
        self._classes: list[_Class] = []
        self._plain: dict[bytes, Callable[[], object]] = {
            b"N": lambda: None,
            b"0": lambda: False,
            b"1": lambda: True,
            b"f": self._float,
            b"i": self._int,
            b"b": self._bytes,
            b"s": self._text,
            b"g": self._number,
            b"r": self._again,
            b"k": self._constant,
        }

    def value(self) -> object:
        """Return the value.

        Raises:
            BadValueError: The bytes are none.
        """
        try:
            found = self._value(0)
        except (ValueError, TypeError, OverflowError, struct.error) as error:
            raise BadValueError(f"byte {self._at}: {error}") from None
        if self._at != len(self._data):
            raise BadValueError(f"byte {self._at}: more than one value")
        return found

    def _take(self, size: int) -> memoryview:
        data = self._data[self._at : self._at + size]
        if len(data) < size:
            raise BadValueError(f"byte {self._at}: cut off")
        self._at += size
        return data

    def _count(self) -> int:
        return int(COUNT.unpack(self._take(4))[0])

    def _value(self, depth: int) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise BadValueError(f"byte {self._at}: more or deeper than any black box is")
        tag = bytes(self._take(1))
        if tag == b"c":
            self._learn()
            return self._value(depth)
        read = self._plain.get(tag)
        return read() if read is not None else self._sharing(tag, depth)

    def _float(self) -> float:
        return float(FLOAT.unpack(self._take(8))[0])

    def _bytes(self) -> bytes:
        return bytes(self._take(self._count()))

    def _text(self) -> str:
        return str(self._take(self._count()), "utf-8")

    def _number(self) -> object:
        return self._array()[()]

    def _int(self) -> int:
        size = self._take(1)[0]
        if size > _LONGEST_INT_BYTES:
            raise BadValueError(f"byte {self._at}: a number of {size} bytes")
        return int.from_bytes(self._take(size), "little", signed=True)

    def _again(self) -> object:
        number = self._count()
        if number >= len(self._shared) or self._shared[number] is self:
            raise BadValueError(f"byte {self._at}: refers to nothing before it")
        return self._shared[number]

    def _constant(self) -> object:
        name = self._text()
        if name not in self._book.constants:
            raise BadValueError(f"byte {self._at}: {name!r} is no constant of this version")
        return self._book.constants[name]

    def _sharing(self, tag: bytes, depth: int) -> object:
        number = len(self._shared)
        self._shared.append(self)  # being made: nothing may refer to it yet
        found = self._made(tag, depth)
        self._shared[number] = found
        return found

    def _made(self, tag: bytes, depth: int) -> object:
        match tag:
            case b"t":
                return tuple(self._items(depth))
            case b"l":
                return list(self._items(depth))
            case b"d":
                return dict(self._pairs(depth))
            case b"p":
                return MappingProxyType(dict(self._pairs(depth)))
            case b"a":
                return self._array()
            case b"o":
                return self._object(depth)
            case _:
                raise BadValueError(f"byte {self._at}: no kind of value is marked {tag!r}")

    def _items(self, depth: int) -> Iterator[object]:
        for _ in range(self._count()):
            yield self._value(depth + 1)

    def _pairs(self, depth: int) -> Iterator[tuple[object, object]]:
        for _ in range(self._count()):
            yield self._value(depth + 1), self._value(depth + 1)

    def _array(self) -> np.ndarray[Any, Any]:
        length, flags, sides = self._take(3)
        name = str(self._take(length), "ascii")
        if not _NUMBERS.fullmatch(name):  # numpy would parse more than that
            raise BadValueError(f"byte {self._at}: no array of numbers")
        dtype = np.dtype(name)
        shape = tuple(self._count() for _ in range(sides))
        size = dtype.itemsize
        for side in shape:
            size *= side
        array = np.frombuffer(self._take(size), dtype).reshape(
            shape, order="F" if flags & 2 else "C"
        )
        array = array.copy("F" if flags & 2 else "C")
        array.setflags(write=bool(flags & 1))
        return array

    def _learn(self) -> None:
        """Take in what a class is called and which fields it had then."""
        name, *fields = self._text().split(" ")
        kind = self._book.by_name.get(name)
        if kind is None:
            raise BadValueError(f"byte {self._at}: {name!r} is no value of this version of Podal")
        unknown = set(fields) - set(self._book.fields[kind])
        if unknown:
            raise BadValueError(f"{name} has no {', '.join(sorted(unknown))} in this version")
        self._classes.append(_Class(kind, tuple(fields)))

    def _object(self, depth: int) -> object:
        number = self._count()
        if number >= len(self._classes):
            raise BadValueError(f"byte {self._at}: of no class named before")
        kind, fields = self._classes[number]
        if issubclass(kind, enum.Enum):
            return kind(self._value(depth + 1))
        return kind(**{name: self._value(depth + 1) for name in fields})


def decode_value(book: Codebook, data: bytes) -> object:
    """Return the value in `data`.

    Raises:
        BadValueError: There is none.
    """
    return Decoder(book, data).value()
