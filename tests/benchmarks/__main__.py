"""Measure everything, print it for people, and write build/bench.json for programs."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import corruption, decode, plant, reaction, virtual
from tests.benchmarks.entry import Entry, merge
from tests.compiled import build, why_not
from tests.integration.stack import Stack

CORRUPTED = 500_000
STARTS = 3
COMPILED = """
import json
from tests.benchmarks import plant, virtual
say = lambda line: print("compiled, " + line, flush=True)
entries = [*virtual.whole_massage(say), *plant.measure(say)]
print(json.dumps(entries))
"""


def say(line: str) -> None:
    print(line, flush=True)


def compiled(plain: list[Entry]) -> list[Entry]:
    """The same two measures of the compiled path, in a process of its own."""
    if why_not():
        say(f"compiled: not measured, {why_not()}")
        return []
    tree = build()
    done = subprocess.run(
        [sys.executable, "-c", COMPILED],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, rows = done.stdout.splitlines()
    for line in lines:
        say(line)
    beside = {entry.name: entry.value for entry in plain}
    return [
        Entry(f"{name}_compiled", value, unit, "plain", beside[name], n)
        for name, value, unit, _peer, _value, n in json.loads(rows)
    ]


def first_frame() -> list[Entry]:
    """From starting the product to the first frame it has used."""
    taken_s = []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            stack = Stack(Path(folder))
            begun_s = time.monotonic()
            stack.until(lambda stack=stack: stack.status().get("device", {}).get("id"), "a device")
            taken_s.append(time.monotonic() - begun_s)
            stack.end()
    middle_s = statistics.median(taken_s)
    say(
        f"start: first frame in the status {middle_s:.2f} s after the product was started "
        f"(median of {STARTS}, worst {max(taken_s):.2f} s)"
    )
    return [Entry("start_to_first_frame_s", middle_s, "s", "bound", 1.5, STARTS)]


def speed() -> list[Entry]:
    """Virtual time, plain and compiled."""
    plain = [*virtual.whole_massage(say), *plant.measure(say)]
    return [*plain, *compiled(plain)]


PARTS: dict[str, Callable[[], list[Entry]]] = {
    "decode": decode.measure,
    "speed": speed,
    "force": lambda: virtual.force(say),
    "stops": lambda: virtual.stops(say),
    "damage": lambda: corruption.measure(say, CORRUPTED),
    "start": first_frame,
    "reaction": lambda: reaction.measure(say),
}


def main(names: list[str]) -> None:
    """Run the benchmarks of these names, all where none is given."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    for name in names or PARTS:
        merge(PARTS[name]())
    if not names:
        virtual.profile(say)
    say("written to build/bench.json")


if __name__ == "__main__":
    main(sys.argv[1:])
