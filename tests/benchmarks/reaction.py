"""How soon a frame is answered by its set-point, beside the barest echo on a pty.

The real control process at 200 Hz within a massage, the real API serving twenty phones, the real
simulated device; the echo under the same scheduling policy, asked in the same cycles. A second
measurement has control as a thread of the API's process, the way it is usually built.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.benchmarks.entry import Entry
from tests.benchmarks.reaction_device import ANSWER_BYTES, FRAME_BYTES
from tests.integration.stack import free_port

CYCLES = 20_000
RUNS = 3
THREAD_CYCLES = 4_000
PHONES = 20
ATTEMPTS = 4
BENCH = "tests.benchmarks.reaction"
QUANTILES = (0.5, 0.99, 0.999)


class MassageEndedError(Exception):
    """The massage ended before everything was measured; holds what the processes said."""


class Measured(NamedTuple):
    """One run.

    Attributes:
        ours_us: p50, p99, p99.9 and the longest.
        echo_us: The same of the echo.
        n: Cycles.
    """

    ours_us: tuple[float, ...]
    echo_us: tuple[float, ...]
    n: int

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times as long as the echo."""
        return tuple(ours / echo for ours, echo in zip(self.ours_us, self.echo_us, strict=True))


@contextmanager
def process(log: Path, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside this one, and end it."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            [sys.executable, "-m", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        try:
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def http(port: int, method: str, path: str, body: object = None) -> dict[str, object]:
    """Return what the API answers, {} for a refusal or no answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return dict(json.loads(answer.read()))
    except (urllib.error.URLError, OSError, ValueError):
        return {}


def until(wanted: Callable[[], object], what: str, within_s: float = 30.0) -> None:
    """Wait until `wanted` is true."""
    give_up_s = time.monotonic() + within_s
    while not wanted():
        if time.monotonic() > give_up_s:
            raise RuntimeError(f"no {what} within {within_s:g} s")
        time.sleep(0.05)


def policy(pid: int) -> str:
    """Return the scheduling policy of a process."""
    if os.sched_getscheduler(pid) == os.SCHED_FIFO:
        return f"SCHED_FIFO {os.sched_getparam(pid).sched_priority}"
    return "the usual policy, FIFO was not granted"


def one_run(folder: Path, cycles: int, say: Callable[[str], None], *, thread: bool) -> Measured:
    """One massage; returns what was measured.

    Raises:
        MassageEndedError: It did not last as long as was to be measured.
    """
    port, log = free_port(), folder / "log"
    control_socket, link = folder / "control.sock", folder / "device"
    with ExitStack() as stack:

        def start(*words: object, output: Path = log) -> subprocess.Popen[bytes]:
            return stack.enter_context(process(output, *words))

        device = start(f"{BENCH}_device", folder, cycles)
        until((folder / "echo").exists, "device")
        echo = start(f"{BENCH}_echo", folder / "echo", FRAME_BYTES, ANSWER_BYTES)
        if thread:
            start(f"{BENCH}_thread", link, control_socket, port)
        else:
            start("api", "serve", "--port", port, "--socket", control_socket)
            control = start(
                "api", "control", "--device", link, "--socket", control_socket,
                "--state", folder / "state",
            )  # fmt: skip
        wanted = {"routine": "evening-wind-down", "minutes": 10}
        until(lambda: http(port, "POST", "/api/v1/session", wanted), "massage")
        start(f"{BENCH}_phones", port, PHONES, output=folder / "phones")
        if not thread:
            say(f"  control: {policy(control.pid)}; echo: {policy(echo.pid)}")
        code = device.wait(cycles * 0.02 + 60)
        loop = http(port, "GET", "/api/v1/status").get("loop")
    if code:
        raise MassageEndedError(log.read_text())
    say(f"  phones took {(folder / 'phones').read_text().strip()}")
    say(f"  control says of itself {json.dumps(loop)}")
    taken = json.loads((folder / "taken.json").read_text())
    say_places(taken, say)
    return Measured(
        spread_us(taken["ours_first"] + taken["ours_second"]),
        spread_us(taken["echo_first"] + taken["echo_second"]),
        cycles,
    )


def spread_us(taken_ns: list[int]) -> tuple[float, ...]:
    """Return p50, p99, p99.9 and the longest in microseconds."""
    values_us = np.array(taken_ns) / 1000.0
    return (*(float(np.quantile(values_us, share)) for share in QUANTILES), float(values_us.max()))


def say_places(taken: dict[str, list[int]], say: Callable[[str], None]) -> None:
    """Print both places within a cycle apart, so that one can see that they do not matter."""
    for place in ("first", "second"):
        ours, echo = spread_us(taken[f"ours_{place}"]), spread_us(taken[f"echo_{place}"])
        ratios = ", ".join(f"{mine / theirs:.2f}" for mine, theirs in zip(ours, echo, strict=True))
        say(f"  asked {place}: ratios {ratios}; cycles that began late: {taken['slipped']}")


def line(name: str, values_us: tuple[float, ...]) -> str:
    """Return one row for people."""
    return f"  {name:<28}" + "".join(f"{value:>9.0f}" for value in values_us)


def one_whole_run(cycles: int, say: Callable[[str], None], *, thread: bool) -> Measured:
    """Return what one massage gave that was not cut short; a starved machine stops massages."""
    for _ in range(ATTEMPTS - 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                return one_run(Path(folder), cycles, say, thread=thread)
            except MassageEndedError as error:
                say(f"  begun anew, the massage was cut short: {str(error).strip()[-300:]}")
    with tempfile.TemporaryDirectory() as folder:
        return one_run(Path(folder), cycles, say, thread=thread)


def runs(
    say: Callable[[str], None], cycles: int, count: int, *, thread: bool = False
) -> list[Measured]:
    """Measure several times, each from a fresh start."""
    measured = []
    ours = "control in the API's process" if thread else "podal control"
    for number in range(count):
        say(f"reaction, run {number + 1} of {count}: {cycles} cycles, {PHONES} phones")
        run = one_whole_run(cycles, say, thread=thread)
        measured.append(run)
        say(f"  {'us from frame to set-point':<28}{'p50':>9}{'p99':>9}{'p99.9':>9}{'max':>9}")
        say(line("os.read echo", run.echo_us))
        say(line(ours, run.ours_us))
        say("  ratio" + " " * 23 + "".join(f"{value:>9.2f}" for value in run.ratios))
    return measured


def measure(
    say: Callable[[str], None], cycles: int = CYCLES, count: int = RUNS, *, thread: bool = True
) -> list[Entry]:
    """Return the figures of all runs: medians."""
    measured = runs(say, cycles, count)
    entries = [
        Entry(
            name,
            statistics.median(run.ratios[place] for run in measured),
            "times as long",
            "os.read echo",
            statistics.median(run.echo_us[place] for run in measured),
            cycles,
        )
        for name, place in (("reaction_p99_vs_echo", 1), ("reaction_p999_vs_echo", 2))
    ]
    if thread:
        (beside,) = runs(say, min(cycles, THREAD_CYCLES), 1, thread=True)
        entries += [
            Entry(name, beside.ratios[place], "times as long", "os.read echo",
                  beside.echo_us[place], beside.n)
            for name, place in (("reaction_thread_p99_vs_echo", 1),
                                ("reaction_thread_p999_vs_echo", 2))
        ]  # fmt: skip
    for entry in entries:
        say(f"{entry.name}: {entry.value:.2f} (echo {entry.peer_value:.0f} us)")
    return entries


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--no-thread", action="store_true")
    parser.add_argument("--only-thread", action="store_true")
    given = parser.parse_args()
    if given.only_thread:
        runs(print, given.cycles, given.runs, thread=True)
    else:
        measure(print, given.cycles, given.runs, thread=not given.no_thread)
