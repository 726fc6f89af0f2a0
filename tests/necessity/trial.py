"""Runs and tests with checks switched off, each in a child of its own.

A run begins as in the campaign: a clean massage goes to its onset, and a child branches from it.
The child first switches off what it is told to, then lets the thing break. Up to there nothing was
broken, so that no check had anything to do; those that shape a clean massage as well, such as caps,
show from then on.
"""

import contextlib
import functools
import gc
import os
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Pipe
from typing import Any, Final, NamedTuple

import pytest

from controller.settings import default_settings
from simulator.campaign.case import Onset, read_case
from simulator.campaign.massage import Massage
from simulator.campaign.window import Outcome, Terms, run_case
from tests.necessity.off import switch_all_off

LONGEST_S: Final = 300
"""As in the campaign: after so long a child is ended."""

ROUTINES: Final = tuple(default_settings().library)


class Trial(NamedTuple):
    """One run with something switched off.

    Attributes:
        line: Of the run, as the campaign names it.
        seconds: How long it goes on.
        off: What is switched off, in order; nothing for a control run.
    """

    line: str
    seconds: float
    off: tuple[str, ...] = ()


class Seen(NamedTuple):
    """What came of a trial.

    Attributes:
        broken: Invariants that did not hold, each with what the checker said of it first.
        by: Who noticed first.
        failed: Why there is no trace to judge, "" there is one.
    """

    broken: dict[str, str]
    by: str = ""
    failed: str = ""


def run_trials(trials: Iterable[Trial]) -> Iterator[tuple[Trial, Seen]]:
    """Run each trial; those of one massage share its way to their onsets."""
    waiting: dict[Any, dict[Onset, list[Trial]]] = {}
    for trial in dict.fromkeys(trials):
        case = read_case(trial.line, ROUTINES)
        waiting.setdefault(case.sitting, {}).setdefault(case.onset, []).append(trial)
    for sitting, by_onset in waiting.items():
        massage = Massage(sitting)
        for onset in massage.reach(by_onset):
            gc.freeze()  # what a child collects it would have to copy first
            for trial in by_onset.pop(onset):
                yield trial, _seen(in_child(functools.partial(_run, massage, trial)))
        for left in by_onset.values():
            for trial in left:
                yield trial, Seen({}, failed="the massage never came to this onset")


def _run(massage: Massage, trial: Trial) -> Outcome:
    switch_all_off(trial.off)
    case = read_case(trial.line, ROUTINES)
    return run_case(massage, case, Terms(window_s=trial.seconds))


def _seen(result: Outcome | str) -> Seen:
    if isinstance(result, str):
        return Seen({}, failed=result)
    broken: dict[str, str] = {}
    for each in result.broken:
        broken.setdefault(each.invariant, f"{each.bed} {each.text}".strip())
    return Seen(broken, result.detected_by)


def run_test(node: str, off: tuple[str, ...] = ()) -> Seen:
    """Run one test of the project; what it says is broken is called by its name."""
    status = in_child(functools.partial(_pytest, [node], off))
    if status == pytest.ExitCode.OK:
        return Seen({})
    if status == pytest.ExitCode.TESTS_FAILED:
        return Seen({node: "fails"})
    return Seen({}, failed=f"pytest ended with {status}")


def all_pass(nodes: Iterable[str]) -> bool:
    """Return whether these tests pass with every check in place, all in one go."""
    wanted = sorted(set(nodes))
    return not wanted or in_child(functools.partial(_pytest, wanted, ())) == pytest.ExitCode.OK


def _pytest(nodes: list[str], off: tuple[str, ...]) -> int:

    switch_all_off(off)
    options = ("-q", "-x", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly")
    with (
        open(os.devnull, "w") as nowhere,  # noqa: PTH123
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        return int(pytest.main([*options, *nodes]))


def in_child(do: Callable[[], Any]) -> Any:
    """Return what `do` returns in a child of this process, or as text why it returns nothing."""
    reader, writer = Pipe(duplex=False)
    pid = os.fork()
    if not pid:
        _work(do, writer)
    writer.close()
    try:
        result: Any = reader.recv()
    except EOFError:
        result = "its process ended without a word"
    reader.close()
    os.waitpid(pid, 0)
    return result


def _work(do: Callable[[], Any], writer: Any) -> None:
    try:
        signal.alarm(LONGEST_S)
        gc.disable()
        writer.send(do())
    except BaseException:  # noqa: BLE001 - a child must never come back
        writer.send(traceback.format_exc(limit=-3))
    finally:
        os._exit(0)
