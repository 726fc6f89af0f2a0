"""Whether a check is shown to be necessary: what runs and tests say with it and without it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.necessity.data import Check
from tests.necessity.trial import Seen, Trial


class Verdict(NamedTuple):
    """What came of one row.

    Attributes:
        check: The row.
        shown: It is as the row says.
        says: What was seen, a line each.
    """

    check: Check
    shown: bool
    says: tuple[str, ...]


class Trials(NamedTuple):
    """The runs that one line of a row needs.

    Attributes:
        control: With the check, and without its partners.
        without: Without either.
        alone: Without the check only, None where there is no partner.
    """

    control: Trial
    without: Trial
    alone: Trial | None


def trials_of(check: Check, checks: Mapping[str, Check]) -> list[Trials]:
    """Return the runs that a row needs, a line each."""
    before = [*check.ill, *(what for name in check.partners for what in checks[name].off)]

    def trial(line: str, *off: str) -> Trial:
        return Trial(line, check.seconds, tuple(dict.fromkeys(off)))

    return [
        Trials(
            trial(line, *before),
            trial(line, *before, *check.off),
            trial(line, *check.ill, *check.off) if check.partners else None,
        )
        for line in check.runs
    ]


def judge(
    check: Check,
    checks: Mapping[str, Check],
    seen: Callable[[Trial], Seen],
    tested: Callable[[str, tuple[str, ...]], Seen],
) -> Verdict:
    """Return the verdict on one row.

    Args:
        check: The row.
        checks: All of them: it may have partners.
        seen: What came of a trial.
        tested: What came of a test with things switched off.
    """
    lines = [_of_run(check, trials, seen) for trials in trials_of(check, checks)]
    partners = tuple(what for name in check.partners for what in checks[name].off)
    lines += [_of_test(check.off, partners, node, tested) for node in check.tests]
    if check.explained:
        lines.append((True, check.explained))
    return Verdict(check, all(ok for ok, _ in lines), tuple(text for _, text in lines))


def _of_run(check: Check, trials: Trials, seen: Callable[[Trial], Seen]) -> tuple[bool, str]:
    line = trials.without.line
    control, without = seen(trials.control), seen(trials.without)
    for each in (control, without):
        if each.failed:
            return False, f"{line}: no outcome: {each.failed.strip().splitlines()[-1]}"
    early = [name for name in check.breaks if name in control.broken]
    if early:
        return False, f"{line}: red with the check, too: {early[0]} {control.broken[early[0]]}"
    red = [name for name in check.breaks if name in without.broken]
    if not red:
        other = ", ".join(without.broken) or "nothing"
        return False, f"{line}: not red; {other} broken, noticed by {without.by}"
    text = f"{line}: {red[0]}: {without.broken[red[0]]}"
    if trials.alone is None:
        return True, text
    alone = seen(trials.alone)
    needless = [name for name in check.breaks if name in alone.broken]
    if needless:
        return False, f"{line}: red without its partner, too: {needless[0]}"
    return True, f"{text}; with its partner noticed by {alone.by}"


def _of_test(
    off: tuple[str, ...],
    partners: tuple[str, ...],
    node: str,
    tested: Callable[[str, tuple[str, ...]], Seen],
) -> tuple[bool, str]:
    wanted = {partners: False, (*partners, *off): True} | ({off: False} if partners else {})
    for what, fails in wanted.items():
        result = tested(node, what)
        if result.failed:
            return False, f"{node}: no outcome: {result.failed.strip().splitlines()[-1]}"
        if bool(result.broken) is not fails:
            return False, f"{node}: {'fails' if result.broken else 'passes'} without {list(what)}"
    return True, f"{node} fails"
