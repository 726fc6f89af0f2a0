"""Values of the controller as bytes and back, exactly; bytes from a stranger can run nothing.

Only classes that the controller's own annotations name can be read back, each by its fields, and
classes are told apart by name in the bytes: a field that is new since then has its default.
Sharing is kept, because the core compares by identity: what was one object is one again.
"""

import dataclasses
import enum
import struct
import typing
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np

from controller.errors import ControllerError

MAX_NODES: Final = 6_000_000
"""A black box of the largest size holds some 2 million values."""

MAX_DEPTH: Final = 64
TAKE_BYTES: Final = 65_536
"""Large arrays are told in parts of this size."""

_LONGEST_INT_BYTES: Final = 32
_COUNT: Final = struct.Struct("<I")
_FLOAT: Final = struct.Struct("<d")
_ARRAY_KINDS: Final = "biuf"
"""Kinds of numpy numbers that are kept: truth, signed, unsigned, floating."""


@dataclasses.dataclass(eq=False)
class BadValueError(ControllerError):
    """Bytes that are no value, or a value that cannot be told as bytes."""

    why: str

    def __str__(self) -> str:
        return self.why


class Codebook(NamedTuple):
    """Classes that may be told.

    Attributes:
        fields: Names of the fields by class, in order; none for an enumeration.
        by_name: The classes by the name in the bytes.
        constants: Values that code knows by identity, by their name.
    """

    fields: Mapping[type, tuple[str, ...]]
    by_name: Mapping[str, type]
    constants: Mapping[str, object]


def codebook(*roots: type, constants: Mapping[str, object] = MappingProxyType({})) -> Codebook:
    """Return the book of `roots` and of every class that their annotations lead to."""
    fields: dict[type, tuple[str, ...]] = {}
    ahead: list[Any] = list(roots)
    while ahead:
        found = ahead.pop()
        ahead += typing.get_args(found)
        names = _field_names(found)
        if names is None or found in fields:
            continue
        fields[found] = names
        if names:
            hints = typing.get_type_hints(found)
            ahead += [hints[name] for name in names]
    return Codebook(fields, {_name(kind): kind for kind in fields}, constants)


def _field_names(kind: Any) -> tuple[str, ...] | None:
    """Return the names of a value class, () of an enumeration, None of anything else."""
    if not isinstance(kind, type):
        return None
    if issubclass(kind, enum.Enum):
        return ()
    if issubclass(kind, tuple):
        return getattr(kind, "_fields", None)
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return None


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


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
            self._out += b"f" + _FLOAT.pack(typing.cast("float", value))
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
        self._out += tag + _COUNT.pack(len(data))
        self._out += data

    def _put_shared(self, kind: type, value: object) -> None:
        number = self._seen.get(id(value))
        if number is not None:
            self._out += b"r" + _COUNT.pack(number)
            return
        if id(value) in self._constants:
            self._put_bytes(b"k", self._constants[id(value)].encode())
            return
        self._seen[id(value)] = len(self._seen)
        if kind is tuple or kind is list:
            items = typing.cast("tuple[object, ...]", value)
            self._out += (b"t" if kind is tuple else b"l") + _COUNT.pack(len(items))
            self._ahead += reversed(items)
        elif kind is dict or kind is MappingProxyType:
            table = typing.cast("Mapping[object, object]", value)
            self._out += (b"d" if kind is dict else b"p") + _COUNT.pack(len(table))
            self._ahead += reversed([part for pair in table.items() for part in pair])
        elif isinstance(value, np.ndarray):
            self._put_array(b"a", value)
        else:
            self._put_object(kind, value)

    def _put_object(self, kind: type, value: object) -> None:
        fields = self._book.fields.get(kind)
        if fields is None:
            raise BadValueError(f"a value of {_name(kind)} cannot be told as bytes")
        number = self._classes.get(kind)
        if number is None:
            number = self._classes[kind] = len(self._classes)
            self._put_bytes(b"c", " ".join((_name(kind), *fields)).encode())
        self._out += b"o" + _COUNT.pack(number)
        if isinstance(value, enum.Enum):
            self._ahead.append(value.value)
        elif isinstance(value, tuple):
            self._ahead += reversed(value)
        else:
            self._ahead += [getattr(value, name) for name in reversed(fields)]

    def _put_array(self, tag: bytes, array: np.ndarray[Any, Any]) -> None:
        if array.dtype.kind not in _ARRAY_KINDS:
            raise BadValueError(f"an array of {array.dtype} cannot be told as bytes")
        columns = array.flags.f_contiguous and not array.flags.c_contiguous
        flags = (2 if columns else 0) + (1 if array.flags.writeable else 0)
        head = array.dtype.str.encode()
        self._out += tag + bytes((len(head), flags, array.ndim)) + head
        self._out += b"".join(_COUNT.pack(side) for side in array.shape)
        # As the array lies in memory; where that has gaps, a copy without them.
        flat = (array.T if columns else np.ascontiguousarray(array)).reshape(-1).view(np.uint8)
        starts = range(0, flat.size, TAKE_BYTES)
        self._ahead += [flat[start : start + TAKE_BYTES].data for start in reversed(starts)]


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
        return int(_COUNT.unpack(self._take(4))[0])

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
        return float(_FLOAT.unpack(self._take(8))[0])

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
        dtype = np.dtype(str(self._take(length), "ascii"))
        if dtype.kind not in _ARRAY_KINDS or dtype.fields is not None or dtype.subdtype:
            raise BadValueError(f"byte {self._at}: no array of numbers")
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


def decode_value(book: Codebook, data: bytes) -> object:
    """Return the value in `data`.

    Raises:
        BadValueError: There is none.
    """
    return Decoder(book, data).value()
