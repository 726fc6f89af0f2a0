"""Switches off each protective check of device and host in turn: something must turn red.

`make necessity` judges every row of `checks.toml`, `make necessity ARGS="over-force dwell"` these.
Runs of the campaign are judged by the checker, which knows neither host nor device; where no trace
can tell, a test of the project must fail. Report of all rows: build/necessity.json.
"""

import argparse
import functools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.necessity.data import Check, load
from tests.necessity.judge import Verdict, judge, trials_of
from tests.necessity.trial import Seen, Trial, all_pass, run_test, run_trials

REPORT: Final = Path(__file__).resolve().parents[2] / "build" / "necessity.json"
PROOFS: Final = ("red", "red with partner", "named test", "explained")


def main(arguments: list[str]) -> int:
    """Judge the rows that are named, or all; 1 where one of them is not as it says."""
    parser = argparse.ArgumentParser(prog="make necessity", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows to judge (default: all)")
    options = parser.parse_args(arguments)
    checks = load()
    unknown = sorted(set(options.names) - set(checks))
    if unknown:
        parser.error(f"there is no check {unknown[0]!r}; their names are in checks.toml")
    begun_s = time.monotonic()
    chosen = {name: checks[name] for name in options.names or checks}
    verdicts = []
    for verdict in judge_all(chosen, checks):
        verdicts.append(verdict)
        _progress("")
        print("\n".join(_told(verdict)), flush=True)
        _progress(f"{len(verdicts)} of {len(chosen)} checks")
    _progress("")
    seconds = time.monotonic() - begun_s
    print(_summary(verdicts, seconds))
    if not options.names:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps(_report(verdicts, seconds), indent=1) + "\n", "utf-8")
    return 0 if all(verdict.shown for verdict in verdicts) else 1


def judge_all(chosen: Mapping[str, Check], checks: Mapping[str, Check]) -> Iterator[Verdict]:
    """Judge some rows, in their order; a run that several of them need is run once."""
    wanted: dict[Trial, None] = {}
    for check in chosen.values():
        for trials in trials_of(check, checks):
            wanted |= dict.fromkeys(trial for trial in trials if trial is not None)
    found: dict[Trial, Seen] = {}
    for trial, seen in run_trials(wanted):
        found[trial] = seen
        _progress(f"{len(found)} of {len(wanted)} runs")
    nodes = {node for check in chosen.values() for node in check.tests}
    known = nodes if all_pass(nodes) else set()
    _progress("the tests pass with every check")

    @functools.cache
    def tested(node: str, off: tuple[str, ...]) -> Seen:
        return Seen({}) if node in known and not off else run_test(node, off)

    for check in chosen.values():
        yield judge(check, checks, found.__getitem__, tested)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _told(verdict: Verdict) -> list[str]:
    check = verdict.check
    head = f"{'' if verdict.shown else 'NOT SHOWN '}{check.name} ({check.side}): {check.proof}"
    return [head, *(f"    {line}" for line in verdict.says)]


def _summary(verdicts: list[Verdict], seconds: float) -> str:
    counts = Counter((verdict.check.side, verdict.check.proof) for verdict in verdicts)
    rows = [f"{'':8}{'checks':>8}" + "".join(f"{proof:>18}" for proof in PROOFS)]
    for side in ("device", "host"):
        each = [counts[side, proof] for proof in PROOFS]
        rows.append(f"{side:8}{sum(each):8}" + "".join(f"{count:18}" for count in each))
    missing = [verdict.check.name for verdict in verdicts if not verdict.shown]
    rows.append(f"not shown: {', '.join(missing) or 'none'}; {seconds:.0f} s")
    return "\n".join(rows)


def _report(verdicts: list[Verdict], seconds: float) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 1),
        "checks": [
            {
                "name": verdict.check.name,
                "side": verdict.check.side,
                "what": verdict.check.what,
                "rows": verdict.check.rows,
                "proof": verdict.check.proof,
                "shown": verdict.shown,
                "says": verdict.says,
            }
            for verdict in verdicts
        ],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
