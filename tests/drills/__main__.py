"""Kills, stops and unplugs the real processes in the middle of a massage, and asks the device.

`make drills`, or `make drills ARGS="--kills 100 --stops 100 --unplugs 50 --seed 7"`. The device is
a process of its own with its own watchdog; what counts is its trace, not what the host says. Exit
code 1 where a bound did not hold.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.drills.other_clock import library
from tests.drills.plan import Counts, make_plan
from tests.drills.report import summary, table
from tests.drills.run import run
from tests.drills.stage import prefer_real_time

BAR = 30


class Bar:
    """How far it is, on a terminal in one line, elsewhere in a line now and then."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._begun_s = time.monotonic()
        self._told = 0

    def __call__(self, done: int) -> None:
        taken_s = time.monotonic() - self._begun_s
        left_s = taken_s / max(done, 1) * (self._total - done)
        filled = BAR * done // self._total
        line = (
            f"[{'#' * filled}{'.' * (BAR - filled)}] {done}/{self._total} drills, "
            f"{taken_s:.0f} s, about {left_s:.0f} s left"
        )
        if sys.stderr.isatty():
            print(f"\r{line}  ", end="\n" if done == self._total else "", file=sys.stderr)
        elif done * 20 // self._total > self._told or done == self._total:
            self._told = done * 20 // self._total
            print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="make drills ARGS=", description=__doc__)
    parser.add_argument("--kills", type=int, default=10, help="kill -9: control, others in the mix")
    parser.add_argument("--stops", type=int, default=10, help="SIGSTOP for 10 ms to 10 s")
    parser.add_argument("--unplugs", type=int, default=6, help="and in again, or another device")
    parser.add_argument("--terms", type=int, default=4, help="SIGTERM")
    parser.add_argument("--deaf", type=int, default=2, help="the device stops reading")
    parser.add_argument("--full", type=int, default=2, help="no file takes a byte")
    parser.add_argument("--clock", type=int, default=2, help="control's wall clock an hour off")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="devices at once")
    parser.add_argument("--json", type=Path, help="write all of it to this file")
    parser.add_argument("--keep", type=Path, help="keep the traces in this folder")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    clocks = options.clock if library() else 0
    if options.clock and not clocks:
        print("clock: not done, Debian's package libfaketime is not installed")
    plan = make_plan(
        Counts(
            kills=options.kills,
            stops=options.stops,
            unplugs=options.unplugs,
            terms=options.terms,
            deaf=options.deaf,
            full=options.full,
            clock=clocks,
        ),
        options.seed,
    )
    before, fifo = os.getloadavg(), prefer_real_time(0)
    result = run(
        plan, seed=options.seed, jobs=options.jobs, keep=options.keep, progress=Bar(len(plan))
    )
    document = {"seed": options.seed, "fifo": fifo, "load_average_before": before}
    document |= summary(result, plan)
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    _say(document)
    return 1 if document["broken"] else 0


def _say(document: dict) -> None:
    print(table(document))
    load = ", ".join(f"{value:.1f}" for value in document["load_average"])
    fifo = "SCHED_FIFO" if document["fifo"] else "no SCHED_FIFO"
    print(f"seed {document['seed']}, {document['taken_s']:.0f} s, load average {load}, {fifo}")
    print(
        f"force above a person's limit: at most {document['over_limit_n']:.2f} N; massages that "
        f"ended before their drill: {document['massages_lost_before_their_drill']}; power cycles "
        f"that were asked for: {document['power_cycles']}"
    )
    for finding in document["broken"]:
        print(f"BROKEN drill {finding['drill']} ({finding['name']}): {finding['what']}")


if __name__ == "__main__":
    sys.exit(main())
