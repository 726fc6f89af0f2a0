"""Asks the cases one by one and keeps what came of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from firmware_bridge.errors import LinkLostError
from simulator.conformance.case import (
    ORDINARY_S,
    Case,
    FailedError,
    SkippedError,
)
from simulator.conformance.subject import Subject, UnansweringError

SILENT_CASES: Final = 2
"""So many cases in a row without any WELCOME end the run: there is nobody to ask."""

HEX_BYTES: Final = 64


class Result(StrEnum):
    """What came of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case and what came of it.

    Attributes:
        case: The question.
        result: Passed, failed or skipped.
        detail: Why it failed or was skipped.
        took_ms: By the clock of the port.
    """

    case: Case
    result: Result
    detail: str
    took_ms: int


@dataclass(slots=True)
class Report:
    """A run.

    Attributes:
        device: What the device says it is.
        outcomes: One for each case that was asked or skipped.
        gone: Why the run ended early, empty when it did not.
    """

    device: dict[str, Any] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    gone: str = ""

    def count(self, result: Result) -> int:
        """Return how many cases came to this."""
        return sum(outcome.result is result for outcome in self.outcomes)

    def table(self) -> dict[str, Any]:
        """Return it as it is written to a file."""
        return {
            "device": self.device,
            "cases": [
                {
                    "id": outcome.case.id,
                    "title": outcome.case.title,
                    "rows": list(outcome.case.rows),
                    "result": outcome.result.value,
                    "detail": outcome.detail,
                    "ms": outcome.took_ms,
                }
                for outcome in self.outcomes
            ],
            **{result.value: self.count(result) for result in Result},
            "ended_early": self.gone,
        }


def run(
    subject: Subject,
    cases: Sequence[Case],
    *,
    longest_s: float = ORDINARY_S,
    tell: Callable[[Outcome], None] = lambda _: None,
    begin: Callable[[Case], None] = lambda _: None,
) -> Report:
    """Ask all `cases`.

    Args:
        subject: The device.
        cases: What to ask, in order.
        longest_s: Leave out cases that take longer.
        tell: Told of each outcome.
        begin: Told of each case before it is asked.

    Returns:
        What came of it; `gone` is set when the device stopped answering.
    """
    report = Report()
    silent = 0
    try:
        subject.open_bench()
    except LinkLostError as error:
        report.gone = f"the bench channel: {error}"
        return report
    for case in cases:
        why = _left_out(subject, case, longest_s)
        if why:
            outcome = Outcome(case, Result.SKIPPED, why, 0)
        else:
            begin(case)
            try:
                outcome = _ask(subject, case)
                silent = 0
            except LinkLostError as error:
                report.gone = f"the device went away in {case.id}: {error}"
                outcome = Outcome(case, Result.FAILED, report.gone, 0)
            except UnansweringError as error:
                silent += 1
                outcome = Outcome(case, Result.FAILED, str(error), 0)
                if silent >= SILENT_CASES or not report.device:
                    report.gone = f"no session could be had for {case.id}: {error}"
        report.outcomes.append(outcome)
        if subject.table and not report.device:
            report.device = _device(subject)
        tell(outcome)
        if report.gone:
            break
    return report


def _left_out(subject: Subject, case: Case, longest_s: float) -> str:
    if case.seconds > longest_s:
        return f"longer than {longest_s:.0f} s; run without --quick, or with --long"
    missing = [need for need in case.needs if not subject.can(need)]
    if missing:
        return f"needs {', '.join(missing)} of the bench channel"
    return ""


def _ask(subject: Subject, case: Case) -> Outcome:
    outcome = _ask_once(subject, case)
    if outcome.result is Result.FAILED and subject.late and subject.slack_us:
        # This host was too slow to keep the device fed; what came of that is not the device's.
        outcome = _ask_once(subject, case)
    return outcome


def _ask_once(subject: Subject, case: Case) -> Outcome:
    since_us = subject.now_us()
    result, detail = Result.PASSED, ""
    try:
        subject.allow(120_000_000)
        subject.ready()
        subject.allow(int(case.seconds * 4e6) + 30_000_000)
        case.ask(subject)
    except SkippedError as skipped:
        result, detail = Result.SKIPPED, str(skipped)
    except FailedError as failed:
        result, detail = Result.FAILED, f"{failed}{_bytes(subject)}"
    finally:
        took_ms = (subject.now_us() - since_us) // 1000
    try:
        subject.allow(10_000_000)
        subject.leave()
    except FailedError:
        pass  # the next case begins with a new session in any case
    return Outcome(case, result, detail, took_ms)


def _bytes(subject: Subject) -> str:
    """Return the last bytes both ways, for who must find the mistake."""
    words = f"; last sent {_hex(subject.last_sent)}"
    if subject.heard:
        words += f"; last heard {_hex(subject.heard[-1].payload)}"
    return words


def _hex(data: bytes) -> str:
    more = f" .. ({len(data)} bytes)" if len(data) > HEX_BYTES else ""
    return data[:HEX_BYTES].hex(" ") + more


def _device(subject: Subject) -> dict[str, Any]:
    names = ("device_id", "model", "firmware", "simulated", "rate_hz")
    return {name: subject.table.get(name) for name in names} | {
        "rows": subject.matrix[0],
        "cols": subject.matrix[1],
        "bench": bool(subject.bench_hello),
    }
