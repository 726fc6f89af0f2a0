"""`podal-sim conformance`: the suite against a port, in words and by exit code."""

import math
import sys
from pathlib import Path
from typing import Final

import click

from firmware_bridge.errors import BridgeError
from simulator.conformance import report as words
from simulator.conformance.case import ORDINARY_S, SHORT_S, Case
from simulator.conformance.port import BenchChannel, TtyPort
from simulator.conformance.run import Outcome, Report, Result, run
from simulator.conformance.subject import Subject
from simulator.conformance.suite import chosen

PASSED: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NO_DEVICE: Final = 3


def listing(pattern: str) -> int:
    """Print the cases; return the exit code."""
    cases = chosen(pattern)
    for case in cases:
        click.echo(words.listed(case))
    click.echo(f"{len(cases)} cases")
    return PASSED if cases else USAGE


def conformance(
    port: Path,
    *,
    bench: Path | None,
    only: str,
    json_file: Path | None,
    quick: bool,
    long: bool,
    attended: bool,
) -> int:
    """Run the suite; return the exit code.

    Args:
        port: Of the device.
        bench: Socket or tty of the bench channel; None looks for a socket beside the port.
        only: Pattern of the cases to ask.
        json_file: Where to write the report, None for nowhere.
        quick: Leave out what takes longer than 5 s.
        long: Leave out nothing.
        attended: Ask the person at the terminal to press START and to place feet.
    """
    cases = chosen(only)
    if not cases:
        click.echo(f"podal-sim: no case matches {only!r}; see them with --list", err=True)
        return USAGE
    try:
        tty_port = TtyPort(str(port))
    except BridgeError as error:
        click.echo(f"podal-sim: {error}", err=True)
        return NO_DEVICE
    channel = None
    try:
        beside = port.with_name(port.name + ".sock")
        if bench is not None or beside.is_socket():
            channel = BenchChannel(bench or beside)
        subject = Subject(tty_port, channel, prompt=_prompt if attended else None)
        longest_s = SHORT_S if quick else math.inf if long else ORDINARY_S
        done = run(subject, cases, longest_s=longest_s, tell=_tell, begin=_Progress(len(cases)))
    except OSError as error:
        click.echo(f"podal-sim: cannot open the bench channel: {error.strerror}", err=True)
        return USAGE
    finally:
        tty_port.close()
        if channel is not None:
            channel.close()
    return _conclude(done, json_file)


def _conclude(done: Report, json_file: Path | None) -> int:
    click.echo(words.summary(done))
    if json_file is not None:
        try:
            words.write(done, json_file)
        except OSError as error:
            click.echo(f"podal-sim: cannot write {json_file}: {error.strerror}", err=True)
            return FAILED
    if not done.device:
        return NO_DEVICE
    return FAILED if done.gone or done.count(Result.FAILED) else PASSED


class _Progress:
    """Says on a terminal which case is being asked."""

    def __init__(self, cases: int) -> None:
        self._cases = cases
        self._asked = 0

    def __call__(self, case: Case) -> None:
        self._asked += 1
        if sys.stderr.isatty():
            text = f"{self._asked} of {self._cases}: {case.id}"
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def _tell(outcome: Outcome) -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    click.echo(words.line(outcome))


def _prompt(what: str) -> None:
    click.echo(f"\n>>> please {what}", err=True)
