"""Values of the controller as bytes, exactly, a little at a time.

Sharing is kept, because the core compares by identity: what was one object is one again. Each value
is a letter and what belongs to it; a class says its name and fields before its first value.
"""

import enum
import struct
import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from controller.codebook import ARRAY_KINDS, BadValueError, Codebook, name_of

TAKE_BYTES: Final = 65_536
"""Large arrays are told in parts of this size."""

COUNT: Final = struct.Struct("<I")
FLOAT: Final = struct.Struct("<d")


class Encoder:
    """One value to bytes, a few nodes at a time, so that a loop need not wait for all of it.

    Args:
        book: Classes that may occur.
        value: What to tell; it must not change until the end.
    """

    def __init__(self, book: Codebook, value: object) -> None:
        self._book = book
        self._ahead: list[object] = [value]
        self._root = value  # keeps everything alive, so that no identity is used twice
        self._constants = {id(known): name for name, known in book.constants.items()}
        self._seen: dict[int, int] = {}
        self._classes: dict[type, int] = {}
        self._out = bytearray()

    @property
    def done(self) -> bool:
        """All of it has been told."""
        return not self._ahead

    def take(self, nodes: int) -> bytes:
        """Return the bytes of the next `nodes` values at most, some `TAKE_BYTES` at most.

        Raises:
            BadValueError: A value is of no class that may be told.
        """
        ahead = self._ahead
        for _ in range(nodes):
            if not ahead or len(self._out) > TAKE_BYTES:
                break
            self._put(ahead.pop())
        out, self._out = self._out, bytearray()
        return bytes(out)

    def _put(self, value: object) -> None:
        kind = type(value)
        if kind is float:
            self._out += b"f" + FLOAT.pack(typing.cast("float", value))
        elif kind is int:
            self._put_int(typing.cast("int", value))
        elif value is None:
            self._out += b"N"
        elif kind is bool:
            self._out += b"1" if value else b"0"
        elif kind is bytes:
            self._put_bytes(b"b", typing.cast("bytes", value))
        elif kind is str:
            self._put_bytes(b"s", typing.cast("str", value).encode())
        elif kind is memoryview:
            self._out += typing.cast("memoryview", value)  # part of an array
        elif isinstance(value, np.generic):
            self._put_array(b"g", np.asarray(value))
        else:
            self._put_shared(kind, value)

    def _put_int(self, value: int) -> None:
        size = value.bit_length() // 8 + 1
        self._out += b"i" + bytes((size,)) + value.to_bytes(size, "little", signed=True)

    def _put_bytes(self, tag: bytes, data: bytes) -> None:
        self._out += tag + COUNT.pack(len(data))
        self._out += data

    def _put_shared(self, kind: type, value: object) -> None:
        number = self._seen.get(id(value))
        if number is not None:
            self._out += b"r" + COUNT.pack(number)
            return
        if id(value) in self._constants:
            self._put_bytes(b"k", self._constants[id(value)].encode())
            return
        self._seen[id(value)] = len(self._seen)
        if kind is tuple or kind is list:
            items = typing.cast("tuple[object, ...]", value)
            self._out += (b"t" if kind is tuple else b"l") + COUNT.pack(len(items))
            self._ahead += reversed(items)
        elif kind is dict or kind is MappingProxyType:
            table = typing.cast("Mapping[object, object]", value)
            self._out += (b"d" if kind is dict else b"p") + COUNT.pack(len(table))
            self._ahead += reversed([part for pair in table.items() for part in pair])
        elif isinstance(value, np.ndarray):
            self._put_array(b"a", value)
        else:
            self._put_object(kind, value)

    def _put_object(self, kind: type, value: object) -> None:
        fields = self._book.fields.get(kind)
        if fields is None:
            raise BadValueError(f"a value of {name_of(kind)} cannot be told as bytes")
        number = self._classes.get(kind)
        if number is None:
            number = self._classes[kind] = len(self._classes)
            self._put_bytes(b"c", " ".join((name_of(kind), *fields)).encode())
        self._out += b"o" + COUNT.pack(number)
        if isinstance(value, enum.Enum):
            self._ahead.append(value.value)
        elif isinstance(value, tuple):
            self._ahead += reversed(value)
        else:
            self._ahead += [getattr(value, name) for name in reversed(fields)]

    def _put_array(self, tag: bytes, array: np.ndarray[Any, Any]) -> None:
        if array.dtype.kind not in ARRAY_KINDS:
            raise BadValueError(f"an array of {array.dtype} cannot be told as bytes")
        columns = array.flags.f_contiguous and not array.flags.c_contiguous
        flags = (2 if columns else 0) + (1 if array.flags.writeable else 0)
        head = array.dtype.str.encode()
        self._out += tag + bytes((len(head), flags, array.ndim)) + head
        self._out += b"".join(COUNT.pack(side) for side in array.shape)
        # As the array lies in memory; where that has gaps, a copy without them.
        flat = (array.T if columns else np.ascontiguousarray(array)).reshape(-1).view(np.uint8)
        starts = range(0, flat.size, TAKE_BYTES)
        self._ahead += [flat[start : start + TAKE_BYTES].data for start in reversed(starts)]


def encode_value(book: Codebook, value: object) -> bytes:
    """Return all of `value` as bytes.

    Raises:
        BadValueError: It holds what cannot be told.
    """
    encoder = Encoder(book, value)
    out = b""
    while not encoder.done:
        out += encoder.take(100_000)
    return out
