"""A campaign in words: what is going on, and what came of it."""

import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import click

from simulator.campaign.tally import LOSS_MOST_MS, OCCASIONS, STOP_MOST_MS, Tally
from simulator.campaign.window import NOBODY, Outcome

BAR: Final = 24
REDRAW_S: Final = 0.2
RULE_OF_THREE: Final = 3
"""None in n runs bounds the true rate at 95 % by 3/n. Source: safety study, section 4."""

EXAMPLES: Final = 5
"""So many runs of each broken invariant are printed, the worst first."""


class Progress:
    """Says on a terminal how far it is, and nothing anywhere else.

    Args:
        runs: How many there are to be.
    """

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._done = 0
        self._broken = 0
        self._begun_s = self._drawn_s = time.monotonic()
        self._shows = sys.stderr.isatty()

    def add(self, outcome: Outcome) -> None:
        """Count one run."""
        self._done += 1
        self._broken += bool(outcome.broken or outcome.failed)
        now_s = time.monotonic()
        if self._shows and (now_s - self._drawn_s > REDRAW_S or self._done == self._runs):
            self._drawn_s = now_s
            left_s = (now_s - self._begun_s) / self._done * (self._runs - self._done)
            text = progress(self._done, self._runs, self._broken, left_s)
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    def clear(self) -> None:
        """Leave the line to others."""
        if self._shows:
            click.echo("\r\x1b[K", nl=False, err=True)


def progress(done: int, runs: int, violating: int, left_s: float) -> str:
    """Return the line that says how far it is."""
    full = BAR * done // max(runs, 1)
    minutes, seconds = divmod(round(left_s), 60)
    bar = "#" * full + "." * (BAR - full)
    return f"[{bar}] {done} of {runs} runs, {violating} violating, {minutes}:{seconds:02d} left"


def summary(tally: Tally) -> str:
    """Return the whole report for people."""
    table = tally.table()
    return "\n".join([*_faults(table), "", *_figures(table), *_wrong(table)])


def _faults(table: dict[str, Any]) -> Iterator[str]:
    yield f"{'fault':26} {'runs':>4} {'viol':>4} {'over N':>7} {'for ms':>6}  noticed first by"
    for name, row in table["faults"].items():
        who = ", ".join(f"{by} {count}" for by, count in row["detected_by"].items())
        yield (
            f"{name:26} {row['runs']:4} {row['violations']:4} {row['worst_over_limit_n']:7.2f} "
            f"{row['worst_over_limit_ms']:6.0f}  {who}"
        )


def _figures(table: dict[str, Any]) -> Iterator[str]:
    runs = table["runs"]
    nobody = sum(row["detected_by"].get(NOBODY, 0) for row in table["faults"].values())
    broken = len({entry["reproduce"] for entry in table["violations"]})
    yield f"seed {table['seed']}: {runs} runs with a fault, {nobody} of them noticed by nobody"
    yield f"{table['clean_runs']} clean runs, {table['clean_trips']} trips in them"
    if broken:
        yield f"{len(table['violations'])} violations in {broken} runs"
    elif runs >= RULE_OF_THREE:
        yield f"no violations; at 95 % fewer than one in {runs // RULE_OF_THREE} runs with a fault"
    else:
        yield "no violations"
    yield _spread("STOP to below 1 N", table["stop_to_1n_ms"], STOP_MOST_MS)
    yield _spread("beside a fault", table["stop_beside_a_fault_to_1n_ms"], None)
    yield _spread("lost link to below 1 N", table["link_loss_to_1n_ms"], LOSS_MOST_MS)
    few = ", ".join(f"{name} {table['vacuity'][name]}" for name in table["vacuous"])
    yield f"met fewer than {OCCASIONS} times: {few or 'no invariant'}"
    yield f"fingerprint {table['fingerprint']}"


def _spread(what: str, values: dict[str, Any], most_ms: float | None) -> str:
    if not values["n"]:
        return f"{what}: not met"
    bound = "" if most_ms is None else f" (at most {most_ms:.0f})"
    return (
        f"{what}: p50 {values['p50']:.0f}, p99 {values['p99']:.0f}, max {values['max']:.0f} ms"
        f"{bound}, n {values['n']}"
    )


def _wrong(table: dict[str, Any]) -> Iterator[str]:
    by_invariant: dict[str, list[dict[str, Any]]] = {}
    for entry in table["violations"]:
        by_invariant.setdefault(entry["invariant"], []).append(entry)
    for name, entries in by_invariant.items():
        yield ""
        yield f"{name} in {len(entries)} runs"
        worst = sorted(entries, key=lambda entry: -float(entry["excess"]))
        for entry in worst[:EXAMPLES]:
            yield f"  {' '.join(filter(None, (entry['bed'], entry['text'])))}"
            yield f"    {entry['reproduce']}"
        if len(entries) > EXAMPLES:
            yield f"  and {len(entries) - EXAMPLES} more; --json has them all"
    for entry in table["clean_trip_runs"]:
        yield ""
        yield f"trip in a clean run: {entry['by']}"
        yield f"  {entry['reproduce']}"
    for line in table["late"]:
        yield ""
        yield "let go too late"
        yield f"  {line}"
    for entry in table["failed"]:
        yield ""
        yield f"no outcome: {entry['why'].strip()}"
        yield f"  {entry['reproduce']}"
