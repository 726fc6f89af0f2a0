"""Faults as text: every fault can be written and read back, and no text does harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import FaultError
from simulator.faults.grammar import Fault, Value, parse
from simulator.faults.registry import ROWS, checked, read_faults, selected, specs

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
instances = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,12}", fullmatch=True)
numbers = st.decimals(0, 999_999_999, places=6).map(float)
values = st.one_of(
    st.builds(lambda number: Value("", number), numbers),
    st.builds(
        lambda number, sign: Value("x", number * sign or 0.0), numbers, st.sampled_from([1, -1])
    ),
    st.builds(
        lambda number, sign: Value("+", number * sign or 0.0), numbers, st.sampled_from([1, -1])
    ),
    st.builds(
        Value,
        st.just("word"),
        st.just(0.0),
        st.from_regex(r"[a-wyz][a-z0-9-]{0,9}", fullmatch=True),
    ),
)
times = st.integers(0, 999_999_999_999)
faults = st.builds(
    Fault,
    names,
    st.one_of(st.just(""), instances),
    names,
    st.one_of(st.none(), values),
    st.one_of(st.none(), times),
    st.one_of(st.none(), times.filter(bool)),
)


@pytest.mark.slow
@given(st.lists(faults, min_size=1, max_size=4))
def test_what_is_written_is_read_back(several):
    assert parse("; ".join(map(str, several))) == tuple(several)


@given(st.one_of(st.text(max_size=60), st.text("abx.=,@;+-0123456789 forms", max_size=40)))
def test_no_text_does_more_than_be_refused(text):
    refused = None
    found: tuple[Fault, ...] = ()
    try:
        found = read_faults(text)
    except FaultError as error:
        refused = error
    if refused is None:
        assert all(selected(fault) for fault in found)
    else:
        assert 0 <= refused.at <= len(text)
        assert len(str(refused)) < 500


@pytest.mark.parametrize("spec", specs())
def test_every_fault_of_the_list_is_taken_with_its_default(spec):
    (fault,) = read_faults(spec)
    assert checked(fault) == fault
    assert read_faults(str(fault)) == (fault,)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.component}={row.kind}")
def test_every_end_of_every_range_is_taken_and_nothing_beyond(row):
    place = f"{row.component}.{row.instances[0]}={row.kind}"
    for amount in row.amounts:
        for number in (amount.least, amount.most):
            assert read_faults(f"{place},{Value(amount.mode, number)}")
        beyond = Value(amount.mode, amount.most + 1.0)
        if not any(
            other.mode == amount.mode and beyond.number <= other.most for other in row.amounts
        ):
            with pytest.raises(FaultError):
                read_faults(f"{place},{beyond}")
    for word in row.words:
        assert read_faults(f"{place},{word}")
    if not row.amounts:
        with pytest.raises(FaultError, match="takes"):
            read_faults(f"{place},7")


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("", 0, "names no fault"),
        ("load_cell.left", 14, "expected ="),
        ("load_cell.left=", 15, "a kind"),
        ("load_cell.left=off for", 19, "expected ,value"),
        ("load_cell.left=off for 0s", 25, "duration above 0"),
        ("load_cell.left=off @soon", 20, "a time such as"),
        ("toaster=off", 0, "there is load_cell, "),
        ("load_cell.left=jumpy", 15, "load_cell can be off, stuck, "),
        ("load_cell.middle=off", 10, "load_cell has left, right"),
        ("mcu=wrong,x9", 9, "takes factor 0.1 to 4"),
        ("taxels.left-32-0=off", 7, "left-ROW-COL"),
        ("link.sideways=drop", 5, "link has up, down"),
        ("relay=off; toaster=off", 11, "there is"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_there_is(text, at, says):
    with pytest.raises(FaultError) as caught:
        read_faults(text)
    assert says in caught.value.why
    assert caught.value.at == at


def test_a_place_that_stands_for_several_means_all_of_them():
    assert selected(read_faults("encoder.left=stuck")[0]) == ("left-x", "left-y", "left-z")
    assert selected(read_faults("load_cell=off")[0]) == ("left", "right")
    assert selected(read_faults("link.both=drop")[0]) == ("up", "down")
