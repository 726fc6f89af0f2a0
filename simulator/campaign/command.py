"""`podal-sim campaign`: from the command line to a report and an exit code."""

import json
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import click

from controller.routine import load_library
from simulator.campaign.case import Case, CaseError, read_case
from simulator.campaign.draw import Size, draw
from simulator.campaign.pool import run_all
from simulator.campaign.tally import Tally
from simulator.campaign.window import Terms
from simulator.campaign.words import Progress, summary

PASSED: Final = 0
FAILED: Final = 1


def chosen(
    size: Size, seed: int, only: Sequence[str], part: tuple[int, int] = (1, 1)
) -> list[Case]:
    """Return the runs to do: those named, or else a part of those drawn.

    Args:
        size: How many to draw.
        seed: Of the draw.
        only: Lines of runs; none draws.
        part: Which part of how many; sittings stay whole.

    Raises:
        CaseError: A line names no run.
    """
    routines = sorted(load_library())
    if only:
        return [read_case(line, routines) for line in only]
    cases = draw(size, routines, seed)
    sittings = {case.sitting: None for case in cases}
    number, parts = part
    mine = set(list(sittings)[number - 1 :: parts])
    return [case for case in cases if case.sitting in mine]


def read_part(text: str) -> tuple[int, int]:
    """Return which part of how many `K/N` means.

    Raises:
        CaseError: It means none.
    """
    number, _, parts = text.partition("/")
    if number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts):
        return int(number), int(parts)
    raise CaseError(text, "a part is such as 1/2")


def campaign(
    cases: Sequence[Case], *, seed: int, jobs: int | None, terms: Terms, report: Path | None
) -> int:
    """Run all cases and tell what came of it; return the exit code.

    Args:
        cases: What to run.
        seed: Of their draw, for the record.
        jobs: Processes at once, None as many as there are cores.
        terms: How long each run lasts, and where its trace goes.
        report: Where the report for programs goes, None nowhere.

    Raises:
        OSError: A result cannot be written.
    """
    if terms.folder is not None:
        terms.folder.mkdir(parents=True, exist_ok=True)
    tally, progress = Tally(seed), Progress(len(cases))
    try:
        with closing(run_all(cases, jobs=jobs or _cores(), terms=terms)) as outcomes:
            for outcome in outcomes:
                tally.add(outcome)
                progress.add(outcome)
    finally:
        progress.clear()
    click.echo(summary(tally))
    if report is not None:
        report.write_text(json.dumps(tally.table(), indent=1) + "\n", encoding="utf-8")
    return PASSED if tally.well else FAILED


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
