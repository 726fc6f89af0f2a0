"""Runs sittings side by side, each in a process, and each of its runs in a child of that.

A run is a fork of its massage, so it can spoil nothing but itself; a run that crashes, or that
does not end, is an outcome like any other.
"""

import gc
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Final

from simulator.campaign.case import Case, Onset
from simulator.campaign.massage import Massage
from simulator.campaign.window import Outcome, Terms, run_case

LONGEST_S: Final = 300
"""Real time after which a run is ended: two hundred times what one takes."""

NEVER_REACHED: Final = "the massage never came to this onset"


class _Worker:
    """A process with one sitting.

    Attributes:
        pid: Of the process.
        left: Runs it has not told of yet.
    """

    def __init__(self, cases: Sequence[Case], terms: Terms) -> None:
        self.left = dict.fromkeys(cases)
        reader, writer = Pipe(duplex=False)
        self.pid = _fork(lambda: _sit(cases, writer, terms))
        writer.close()
        self.reader: Connection[Any, Any] = reader

    def hear(self) -> Outcome | None:
        """Return an outcome, None where there will be no more."""
        try:
            outcome: Outcome = self.reader.recv()
        except EOFError:
            return None
        self.left.pop(outcome.case, None)
        return outcome

    def end(self) -> str:
        """Wait for its end; return what went wrong, "" nothing."""
        self.reader.close()
        _, status = os.waitpid(self.pid, 0)
        return _why(status)

    def kill(self) -> None:
        """End it now."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self.end()


def run_all(cases: Iterable[Case], *, jobs: int, terms: Terms) -> Generator[Outcome, None, None]:
    """Run all cases, those of one sitting side by side in the list; outcomes as they come.

    Args:
        cases: What to run.
        jobs: Sittings at once.
        terms: How long each lasts, and where traces go.
    """
    waiting = deque(list(group) for _, group in groupby(cases, key=lambda case: case.sitting))
    working: dict[object, _Worker] = {}
    try:
        while waiting or working:
            while waiting and len(working) < jobs:
                worker = _Worker(waiting.popleft(), terms)
                working[worker.reader] = worker
            for reader in wait([worker.reader for worker in working.values()]):
                worker = working[reader]
                outcome = worker.hear()
                if outcome is not None:
                    yield outcome
                    continue
                why = worker.end() or "it was not run"
                del working[reader]
                yield from (Outcome(case, failed=why) for case in worker.left)
    finally:
        for worker in working.values():
            worker.kill()


def _sit(cases: Sequence[Case], writer: "Connection[Any, Any]", terms: Terms) -> None:
    """Go through one massage, and branch where a run begins."""
    massage = Massage(cases[0].sitting)
    by_onset: dict[Onset, list[Case]] = {}
    for case in cases:
        by_onset.setdefault(case.onset, []).append(case)
    # A collection in a child would touch, and so copy, every page it shares with its parent.
    gc.disable()
    for onset in massage.reach(by_onset):
        gc.freeze()
        for case in by_onset.pop(onset):
            why = _branch(massage, case, writer, terms)
            if why:
                writer.send(Outcome(case, failed=why))
    for left in by_onset.values():
        for case in left:
            writer.send(Outcome(case, failed=NEVER_REACHED))


def _branch(massage: Massage, case: Case, writer: "Connection[Any, Any]", terms: Terms) -> str:
    """Run one case in a child; return what went wrong with the child itself."""

    def go() -> None:
        signal.alarm(LONGEST_S)
        try:
            outcome = run_case(massage, case, terms)
        except Exception:  # noqa: BLE001 - whatever it is, it is what the campaign looks for
            outcome = Outcome(case, failed=traceback.format_exc(limit=-3))
        writer.send(outcome)

    _, status = os.waitpid(_fork(go), 0)
    return _why(status)


def _why(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        late = number == signal.SIGALRM
        return f"not done after {LONGEST_S} s" if late else signal.Signals(number).name
    code = os.waitstatus_to_exitcode(status)
    return f"its process ended with {code}" if code else ""


def _fork(do: Callable[[], None]) -> int:
    """Do something in a child, and return its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        do()
        code = 0
    except BrokenPipeError:
        pass  # whoever asked has gone
    except BaseException:  # noqa: BLE001 - a child must never come back
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
