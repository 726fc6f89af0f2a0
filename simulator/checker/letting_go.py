"""F4: after STOP, or a trip, the foot is free in time and stays so."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from simulator.checker.columns import Mask, Rows
from simulator.checker.force import CONTACT_N
from simulator.checker.report import Verdict, Violation
from simulator.checker.spells import begins, changes, episodes, row_at

UNLOAD_MS: Final = 300  # F4
# Row A12: with the drives off the press opens by itself, below 1 N within 500 ms.
UNPOWERED_UNLOAD_MS: Final = 500
STOP: Final = "STOP"
UNLOADING: Final = (
    ("RETRACT", UNLOAD_MS),
    ("LATCHED", UNLOAD_MS),
    ("LIMP", UNPOWERED_UNLOAD_MS),
    ("SILENT", UNPOWERED_UNLOAD_MS),
)


class Order(NamedTuple):
    """A moment from which a foot has to be let go.

    Attributes:
        row: Where the trace shows it.
        t_us: When it was.
        within_ms: How soon the force has to be gone.
        what: `STOP`, or the state that the device went into.
    """

    row: int
    t_us: int
    within_ms: int
    what: str


def unloading(rows: Rows) -> Verdict:
    """F4. The first STOP or trip after each ARM counts, until the next ARM.

    A later one does not prolong the time. One older than the trace is judged where no ARM can have
    followed it unseen. Switched on is not let go: the state of the first row is not counted.
    """
    orders = list(_first_orders(rows))
    found = [violation for order, end in orders for violation in _loaded(rows, order, end)]
    times = sum(order.row > 0 or order.what == STOP for order, _ in orders)
    return Verdict(times, tuple(found))


def _loaded(rows: Rows, order: Order, end: int) -> Iterator[Violation]:
    late = np.zeros(len(rows), dtype=np.bool_)
    late[row_at(rows, order.t_us + order.within_ms * 1000) : end] = True
    for bed in rows.beds:
        force_n = bed.force_n

        def sentence(row: int, force_n: np.ndarray = force_n) -> str:
            after_ms = (int(rows.t_us[row]) - order.t_us) / 1000.0
            return (
                f"{force_n[row]:.1f} N {after_ms:.0f} ms after {order.what} and no new ARM; below "
                f"{CONTACT_N:.0f} N was due within {order.within_ms} ms"
            )

        yield from episodes(
            rows, "F4", bed.name, late & (force_n >= CONTACT_N), force_n - CONTACT_N, sentence
        )


def _first_orders(rows: Rows) -> Iterator[tuple[Order, int]]:
    """Yield the first order after each ARM, and of the trace, with the row of the next ARM."""
    armed = rows.device_is("ARMED", "RUNNING")
    arms = np.flatnonzero(begins(armed)).tolist()
    orders = sorted((*_stops(rows, armed), *_trips(rows)))
    for start, end in zip((-1, *arms), (*arms, len(rows)), strict=True):
        mine = [order for order in orders if start < order.row <= end]
        if mine:
            yield mine[0], end


def _stops(rows: Rows, armed: Mask) -> Iterator[Order]:
    fresh = changes(rows.stop_at)
    # A trace that begins armed has been armed after the last STOP before it.
    fresh[0] = not armed[0]
    for row in np.flatnonzero(fresh & (rows.stop_at >= 0)).tolist():
        yield Order(row, int(rows.stop_at[row]), UNLOAD_MS, STOP)


def _trips(rows: Rows) -> Iterator[Order]:
    for name, within_ms in UNLOADING:
        there = rows.device_is(name)
        entered = begins(there)
        entered[0] = there[0]
        for row in np.flatnonzero(entered).tolist():
            yield Order(row, int(rows.t_us[row]), within_ms, name)
