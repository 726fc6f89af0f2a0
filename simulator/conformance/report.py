"""A run in words."""

import json
from pathlib import Path

from simulator.conformance.case import Case
from simulator.conformance.run import Outcome, Report, Result


def line(outcome: Outcome) -> str:
    """Return one case and what came of it."""
    case = outcome.case
    word = {Result.PASSED: "pass", Result.FAILED: "FAIL", Result.SKIPPED: "skip"}[outcome.result]
    text = f"{word}  {case.id:32} {case.title}  [{', '.join(case.rows)}]"
    if outcome.result is Result.FAILED:
        return f"{text}\n      {outcome.detail}"
    if outcome.result is Result.SKIPPED:
        return f"{text}  ({outcome.detail})"
    return text


def listed(case: Case) -> str:
    """Return one case that was not asked."""
    needs = f"  needs {', '.join(case.needs)}" if case.needs else ""
    return f"{case.id:32} {case.title}  [{', '.join(case.rows)}]{needs}"


def summary(report: Report) -> str:
    """Return the counts, by section and in all."""
    lines = [f"{'section':16} {'passed':>6} {'failed':>6} {'skipped':>7}"]
    sections = list(dict.fromkeys(outcome.case.section for outcome in report.outcomes))
    for section in sections:
        of = [outcome.result for outcome in report.outcomes if outcome.case.section == section]
        counts = [of.count(result) for result in Result]
        lines.append(f"{section:16} {counts[0]:6} {counts[1]:6} {counts[2]:7}")
    counts = [report.count(result) for result in Result]
    lines.append(f"{'all':16} {counts[0]:6} {counts[1]:6} {counts[2]:7}")
    reasons: dict[str, int] = {}
    for outcome in report.outcomes:
        if outcome.result is Result.SKIPPED:
            reasons[outcome.detail] = reasons.get(outcome.detail, 0) + 1
    lines += [f"skipped {count}: {why}" for why, count in reasons.items()]
    if report.gone:
        lines.append(report.gone)
    return "\n".join(lines)


def write(report: Report, path: Path) -> None:
    """Write the run as JSON.

    Raises:
        OSError: The file cannot be written.
    """
    path.write_text(json.dumps(report.table(), indent=1) + "\n", encoding="utf-8")
