"""For each invariant, traces that keep it and traces that break it, written by hand.

A keeping trace is about the invariant, and breaks none; a breaking one breaks it, and no other but
those named beside it.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.checker.builder import Scene


class Case(NamedTuple):
    invariant: str
    name: str
    make: Callable[[], Scene]
    others: frozenset[str] = frozenset()


KEEPING: list[Case] = []
BREAKING: list[Case] = []


def keeps(invariant):
    def register(make):
        KEEPING.append(Case(invariant, make.__name__, make))
        return make

    return register


def breaks(invariant, *others):
    def register(make):
        BREAKING.append(Case(invariant, make.__name__, make, frozenset(others)))
        return make

    return register
