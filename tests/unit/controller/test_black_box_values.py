"""Values told as bytes come back as they were; bytes from a stranger make nothing else."""

import enum
import math
import pickle
import struct
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.codebook import BadValueError, codebook
from controller.reading import decode_value
from controller.telling import Encoder, encode_value


class Colour(enum.StrEnum):
    RED = "red"


class Thing(NamedTuple):
    figure: float
    colour: Colour = Colour.RED
    other: "Thing | None" = None


class Stranger(NamedTuple):
    figure: float


NONE_YET = Thing(0.0)
BOOK = codebook(Thing, constants={"NONE_YET": NONE_YET})

scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**200), max_value=2**200)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.just(Colour.RED)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.floats(allow_nan=False).map(Thing)
    ),
    max_leaves=30,
)


def again(value: object) -> object:
    return decode_value(BOOK, encode_value(BOOK, value))


@pytest.mark.slow
@given(values)
def test_a_value_comes_back_as_it_was(value) -> None:
    found = again(value)
    assert found == value
    assert type(found) is type(value)


@given(values)
def test_told_a_little_at_a_time_it_is_the_same_bytes(value) -> None:
    encoder, parts = Encoder(BOOK, value), []
    while not encoder.done:
        parts.append(encoder.take(1))
    assert b"".join(parts) == encode_value(BOOK, value)


def test_numbers_keep_their_last_bit() -> None:
    for figure in (0.1, -0.0, 5e-324, math.inf, math.pi):
        assert struct.pack("<d", again(figure)) == struct.pack("<d", figure)
    nan = struct.unpack("<d", b"\x01\x02\x03\x04\x05\x06\xf8\x7f")[0]
    assert struct.pack("<d", again(nan)) == struct.pack("<d", nan)
    assert type(again(np.float32(0.1))) is np.float32


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.uint16).reshape(3, 4),
        np.arange(12, dtype=np.float32).reshape(3, 4).T,
        np.arange(200_000, dtype=np.float64),
        np.arange(24).reshape(2, 3, 4)[:, ::2],
        np.zeros((0, 3), dtype=np.bool_),
        np.array(1.5),
    ],
    ids=["rows", "columns", "large", "gaps", "empty", "single"],
)
def test_an_array_keeps_its_numbers_its_type_and_its_order_in_memory(array) -> None:
    found = again(array)
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert found.flags.c_contiguous or found.flags.f_contiguous == array.flags.f_contiguous
    assert found.flags.c_contiguous or not array.flags.c_contiguous
    assert found.flags.writeable == array.flags.writeable


def test_what_was_one_object_is_one_again_and_a_constant_is_that_constant() -> None:
    thing = Thing(1.0)
    first, second, third = again((thing, [thing], Thing(1.0)))
    assert second[0] is first
    assert third is not first
    assert again(NONE_YET) is NONE_YET


def test_a_table_that_cannot_be_written_comes_back_as_one() -> None:
    found = again(MappingProxyType({"a": 1}))
    assert type(found) is MappingProxyType
    assert dict(found) == {"a": 1}


def test_what_the_book_does_not_name_cannot_be_told() -> None:
    for value in (Stranger(1.0), object(), len, np.array([object()], dtype=object), 1j):
        with pytest.raises(BadValueError):
            encode_value(BOOK, value)


def test_a_class_that_the_book_does_not_name_cannot_be_made() -> None:
    data = encode_value(codebook(Stranger), Stranger(1.0))
    with pytest.raises(BadValueError, match="no value of this version"):
        decode_value(BOOK, data)
    for name in ("os.system", "builtins.eval", "subprocess.Popen"):
        text = name.encode()
        evil = b"c" + struct.pack("<I", len(text)) + text + b"o" + struct.pack("<I", 0)
        with pytest.raises(BadValueError, match="no value of this version"):
            decode_value(BOOK, evil)


def test_a_pickle_is_no_value() -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return print, ("run",)

    with pytest.raises(BadValueError):
        decode_value(BOOK, pickle.dumps(Evil()))


def test_a_field_that_is_new_since_then_has_its_default_and_one_that_is_gone_is_told() -> None:
    name = f"{Thing.__module__}.Thing"
    for fields, tail in ((" figure", struct.pack("<d", 2.5)), (" weight", struct.pack("<d", 2.5))):
        text = (name + fields).encode()
        told = (
            b"c" + struct.pack("<I", len(text)) + text + b"o" + struct.pack("<I", 0) + b"f" + tail
        )
        if "figure" in fields:
            assert decode_value(BOOK, told) == Thing(2.5)
        else:
            with pytest.raises(BadValueError, match="has no weight in this version"):
                decode_value(BOOK, told)


@given(values, st.data())
def test_cut_off_or_flipped_it_is_another_value_or_none_and_nothing_else_happens(value, data):
    told = bytearray(encode_value(BOOK, value))
    cut = told[: data.draw(st.integers(0, len(told) - 1))]
    with pytest.raises(BadValueError):
        decode_value(BOOK, bytes(cut))
    told[data.draw(st.integers(0, len(told) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        decode_value(BOOK, bytes(told))
    except BadValueError:
        return


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_none(data) -> None:
    try:
        decode_value(BOOK, data)
    except BadValueError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"t\xff\xff\xff\xff",
        b"l" + struct.pack("<I", 1) * 3,
        b"t\x01\x00\x00\x00" * 100_000 + b"N",
        b"t\x01\x00\x00\x00r\x00\x00\x00\x00",
        b"a\x03\x00\x02<f8" + struct.pack("<II", 2**31, 2**31),
        b"a\x02\x00\x01|O" + struct.pack("<I", 1) + bytes(8),
        b"a\x03\x00\x01(1," + struct.pack("<I", 1) + bytes(8),
        b"i\xff" + bytes(255),
        b"k\x04\x00\x00\x00EVIL",
    ],
    ids=["many", "list", "deep", "itself", "huge", "objects", "program", "long", "constant"],
)
def test_what_would_need_more_than_there_is_or_refers_to_itself_is_refused(data) -> None:
    with pytest.raises(BadValueError):
        decode_value(BOOK, data)
