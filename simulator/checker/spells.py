"""Spells of rows: since when, for how long, and what was worst. All in numpy, none by row."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np

from simulator.checker.columns import ROW_US, Bed, Column, Counts, Mask, Rows
from simulator.checker.report import Verdict, Violation

SAME_EPISODE_MS: Final = 1_000  # spells nearer to each other are told as one violation


class Spell(NamedTuple):
    """Rows `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def ms(self) -> int:
        """How long, as a row is a millisecond."""
        return self.end - self.start


def spells(mask: Mask) -> list[Spell]:
    """Return where the mask holds without a break."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return [Spell(start, end) for start, end in edges.reshape(-1, 2).tolist()]


def clusters(mask: Mask, within_ms: int = SAME_EPISODE_MS) -> list[Spell]:
    """Return from the first to the last row of spells less than `within_ms` apart."""
    rows = np.flatnonzero(mask)
    if len(rows) == 0:
        return []
    breaks = np.flatnonzero(np.diff(rows) > within_ms)
    starts = rows[np.concatenate(([0], breaks + 1))]
    ends = rows[np.concatenate((breaks, [len(rows) - 1]))] + 1
    return [Spell(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def lasting(mask: Mask) -> Counts:
    """Return for each row for how many rows the mask has held now, this one counted; else 0."""
    rows = np.arange(len(mask), dtype=np.int64)
    return rows - np.maximum.accumulate(np.where(mask, -1, rows))


def since(mask: Mask, *, before: int) -> Counts:
    """Return for each row how many rows ago the mask last held.

    Args:
        mask: Of the occasions.
        before: How long ago, at the first row, the last one may have been that is not in the trace.
    """
    rows = np.arange(len(mask), dtype=np.int64)
    return rows - np.maximum.accumulate(np.where(mask, rows, -before))


def begins(mask: Mask) -> Mask:
    """Return the rows where the mask begins to hold; what holds at the first row began unseen."""
    found = mask.copy()
    found[1:] &= ~mask[:-1]
    found[0] = False
    return found


def changes(values: Column) -> Mask:
    """Return the rows that differ from the one before; the first does not."""
    found = np.zeros(len(values), dtype=np.bool_)
    found[1:] = values[1:] != values[:-1]
    return found


def latest(values: Column, mask: Mask, otherwise: float) -> Column:
    """Return for each row the value at the last row where the mask held; before it, `otherwise`."""
    rows = np.maximum.accumulate(np.where(mask, np.arange(len(mask)), -1))
    return np.where(rows >= 0, values[np.maximum(rows, 0)], otherwise)


Sentence = Callable[[int], str]
BedJudge = Callable[[Rows, Bed], tuple[int, Iterable[Violation]]]


def each_bed(rows: Rows, judge: BedJudge) -> Verdict:
    """Return what a judge of one bed says of both."""
    times, found = zip(*(judge(rows, bed) for bed in rows.beds), strict=True)
    return Verdict(sum(times), tuple(violation for each in found for violation in each))


def episodes(
    rows: Rows, invariant: str, bed: str, broken: Mask, excess: Column, sentence: Sentence
) -> Iterator[Violation]:
    """Yield a violation for each episode of broken rows.

    Args:
        rows: Of the trace.
        invariant: Its id.
        bed: Where, or empty.
        broken: The rows that break it.
        excess: By how much, in each row.
        sentence: What to say of the worst row.
    """
    for episode in clusters(broken):
        inside = slice(episode.start, episode.end)
        by = np.where(broken[inside], excess[inside], -np.inf)
        worst = episode.start + int(np.argmax(by))
        yield Violation(
            invariant,
            t_us=int(rows.t_us[episode.start]),
            bed=bed,
            text=sentence(worst),
            excess=float(excess[worst]),
            lasting_ms=count(broken[inside]),
        )


def count(mask: Mask) -> int:
    """Return in how many rows the mask holds."""
    return int(np.count_nonzero(mask))


def row_at(rows: Rows, t_us: int) -> int:
    """Return the first row at or after this time; may be the length of the trace."""
    return max(0, -((int(rows.t_us[0]) - t_us) // ROW_US))
