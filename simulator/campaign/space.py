"""What the campaign draws from: every row of the registry, everywhere, by how much, how long.

Amounts are the registry's own default, the edges of what it takes, and for sensors what lies in
between and is harder to notice: a scale a quarter off, a zero off by a small part of the range.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from simulator.faults.grammar import Fault, Value, parse
from simulator.faults.registry import BEDS, DEVICE, ROWS, SENSORS, Row, Sensor

DURATIONS_US: Final = (None, 300_000, 30_000)
"""For good, 300 ms and 30 ms. Source: campaign 4.5 of the safety study."""

CELLS: Final = ("12-8", "row-12", "col-7")
"""A taxel, a row and a column in the middle of a bed, beside the whole matrix: rows C1 and C2."""

MILD: Final = ("x0.8", "x1.25")
MILD_PART: Final = 80.0
"""A wrong zero is this part of the sensor's range: 5 N of a load cell's 400. Podal proposals."""

_SENSOR: Final = {sensor.component: sensor for sensor in SENSORS}


class Variant(NamedTuple):
    """One way in which a row of the registry can be met.

    Attributes:
        row: Its place in `ROWS`.
        fault: With its amount, without its duration.
    """

    row: int
    fault: Fault


def variants() -> list[list[Variant]]:
    """Return all variants there are, row by row."""
    return [list(_variants(number, row)) for number, row in enumerate(ROWS)]


def _variants(number: int, row: Row) -> Iterator[Variant]:
    amounts: list[Value | None] = [_value(text) for text in dict.fromkeys(_amounts(row))]
    for instance in _instances(row):
        for value in amounts or [None]:
            yield Variant(number, Fault(row.component, instance, row.kind, value))


def _instances(row: Row) -> tuple[str, ...]:
    if row.instances == DEVICE:
        return ("",)
    if row.component == "taxels":
        return (*row.instances, *(f"{bed}-{cells}" for bed in BEDS for cells in CELLS))
    return row.instances


def _amounts(row: Row) -> Iterator[str]:
    """Return the values of a row as text, its default first."""
    if row.default:
        yield row.default
    elif row.amounts:
        yield ""  # a value that may be left out: what is said now
    yield from row.words
    for amount in row.amounts:
        for edge in (amount.least, amount.most):
            # A chance of nothing is no fault.
            if edge != 0.0 or row.component != "link":
                yield str(Value(amount.mode, edge))
    sensor = _SENSOR.get(row.component)
    if sensor is not None:
        yield from _in_between(row, sensor)


def _in_between(row: Row, sensor: Sensor) -> Iterator[str]:
    low, high = sensor.span
    most = max((amount.most for amount in row.amounts), default=0.0)
    if row.kind == "stuck":
        for end in (low, sensor.dead, high):
            yield str(Value("", min(end, most)))
    elif row.kind == "wrong":
        little = min((high - low) / MILD_PART, most)
        yield from MILD
        yield from (str(Value("+", sign * little)) for sign in (1.0, -1.0))


def _value(text: str) -> Value | None:
    return parse(f"a=b,{text}")[0].value if text else None
