"""Breaks the modules that keep a foot safe, one small mistake at a time; counts what is noticed.

`make mutants` names every mutant that no test ends. `equivalent.toml` says of each that no test can
end it, and why; one that is not named there fails the command, and so does a name that is out of
date. Report: build/mutants.json.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TREE: Final = ROOT / "build" / "mutants"
REPORT: Final = ROOT / "build" / "mutants.json"
EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")
COPIED: Final = ("firmware_bridge", "controller", "api", "simulator", "tests", "docs")
LEAST_SHARE: Final = 0.97
"""Of the mutants that can be told from the module, in each module."""

UNIT: Final = "tests/unit/controller/test_"
TESTS: Final = {
    "controller.limits": (f"{UNIT}limits.py",),
    "controller.caps": (f"{UNIT}caps.py",),
    "controller.governor": (f"{UNIT}governor.py", "tests/property/test_governor.py"),
    "controller.failsafe": (f"{UNIT}failsafe.py",),
    "controller.hold": (f"{UNIT}hold.py",),
    "controller.unloading": (f"{UNIT}unloading.py",),
    "controller.permission": (f"{UNIT}permission.py",),
    "controller.trouble": (f"{UNIT}trouble.py",),
    "firmware_bridge.framing": (
        "tests/golden/test_wire_bytes.py",
        "tests/unit/firmware_bridge/test_framing.py",
        "tests/property/test_framing.py",
    ),
}
"""Each module by its own fast tests: what only a distant one notices is not tested yet."""


class Tally(NamedTuple):
    """What became of the mutants of one module."""

    module: str
    fates: Counter[str]
    survivors: list[dict[str, Any]]
    seconds: float

    @property
    def total(self) -> int:
        return self.fates.total()

    @property
    def killed(self) -> int:
        return self.total - self.fates["survived"]

    @property
    def alike(self) -> int:
        """Survivors that no test can tell from the module."""
        return sum(bool(told.get("why")) for told in self.survivors)


def copy_tree() -> None:
    """Copy the sources, so that whoever edits them meanwhile disturbs nothing."""
    shutil.rmtree(TREE, ignore_errors=True)
    leave = shutil.ignore_patterns("__pycache__", "*.so", "browser", "node_modules")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, TREE / folder, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", TREE)


def show(progress: str) -> None:
    """Say on a terminal how far it is; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def judge(module: str, at_once: int, only: str) -> Tally:
    """Run every mutant of `module`, and say how far that is."""
    started_s = time.monotonic()
    notes = TREE / f"{module}.json"
    words = ["-m", "tests.mutation.nursery", module, str(at_once), str(notes), only]
    fates: Counter[str] = Counter()
    survivors: list[dict[str, Any]] = []
    with subprocess.Popen(
        [sys.executable, *words, *TESTS[module]],
        cwd=TREE,
        env={**os.environ, "PYTHONPATH": str(TREE), "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as nursery:
        assert nursery.stdout is not None
        greeting = json.loads(nursery.stdout.readline() or "{}")
        total = greeting.get("total", 0)
        for line in nursery.stdout:
            told = json.loads(line)
            fates[told["fate"]] += 1
            if told["fate"] == "survived":
                survivors.append(told)
            show(f"{module}: {fates.total()} of {total}, {len(survivors)} survived")
    show("")
    if nursery.returncode or fates.total() != total or not total:
        why = f"broke off after {fates.total()} of {total} mutants"
        sys.exit(greeting.get("broken", f"{module}: {why}"))
    survivors.sort(key=lambda told: told["index"])
    return Tally(module, fates, survivors, time.monotonic() - started_s)


def key_of(row: dict[str, Any], module: str = "") -> tuple[str, ...]:
    """Return what a mutant is called; the number of its line may change."""
    return row.get("module", module), row["where"], row["text"], row["change"]


def listed() -> dict[tuple[str, ...], str]:
    """Return why each mutant that may survive does so."""
    rows = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("equivalent", [])
    return {key_of(row): row["why"] for row in rows}


def tell(tally: Tally, reasons: dict[tuple[str, ...], str]) -> bool:
    """Print one module; returns whether every survivor is accounted for."""
    for told in tally.survivors:
        told["why"] = reasons.pop(key_of(told, tally.module), "")
    slow = f", {tally.fates['too slow']} too slow" if tally.fates["too slow"] else ""
    print(f"{score(tally.module, [tally])}  ({tally.seconds:.0f} s{slow})")
    for told in tally.survivors:
        why = told["why"]
        print(f"  line {told['line']} {told['where']}: {told['change']}")
        print(f"      {f'cannot be told apart: {why}' if why else 'NOT LISTED: ' + told['text']}")
    sys.stdout.flush()
    return all(told["why"] for told in tally.survivors)


def score(name: str, tallies: list[Tally]) -> str:
    """Return how many were killed, of all and of those that can be told from the module."""
    total = sum(tally.total for tally in tallies)
    killed = sum(tally.killed for tally in tallies)
    alike = sum(tally.alike for tally in tallies)
    shares = f"{killed / total:.1%}, or {killed / (total - alike):.1%} without {alike} alike"
    return f"{name:<26}{killed:>5} of {total:>4} killed: {shares}"


def verdict(tallies: list[Tally], sound: bool, unused: list[tuple[str, ...]]) -> int:
    """Print and write down the whole; returns the exit code."""
    total = sum(tally.total for tally in tallies)
    killed = sum(tally.killed for tally in tallies)
    print(score("all", tallies))
    for key in unused:
        print(f"out of date in {EQUIVALENT.name}: {' | '.join(key)}")
    rows = [
        {
            "module": tally.module,
            "total": tally.total,
            "killed": tally.killed,
            "alike": tally.alike,
            "fates": tally.fates,
            "survivors": tally.survivors,
        }
        for tally in tallies
    ]
    REPORT.write_text(json.dumps({"total": total, "killed": killed, "modules": rows}, indent=1))
    few = [
        tally.module
        for tally in tallies
        if tally.killed < LEAST_SHARE * (tally.total - tally.alike)
    ]
    if few:
        print(f"below {LEAST_SHARE:.0%}: {', '.join(few)}")
    return int(bool(few) or not sound or bool(unused))


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="governor framing ...; all where none is named")
    parser.add_argument("--at-once", type=int, default=2, help="children at a time")
    parser.add_argument("--only", default="", help="indices of some mutants of one module")
    args = parser.parse_args()
    modules = [name for name in TESTS if not args.modules or name.split(".")[1] in args.modules]
    if unknown := set(args.modules) - {name.split(".")[1] for name in TESTS}:
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    copy_tree()
    reasons = listed()
    tallies, sound = [], True
    for module in modules:
        tallies.append(judge(module, args.at_once, args.only))
        sound = tell(tallies[-1], reasons) and sound
    asked = [key for key in reasons if key[0] in modules and not args.only]
    return verdict(tallies, sound, asked)


if __name__ == "__main__":
    sys.exit(main())
