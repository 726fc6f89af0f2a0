"""What takes minutes: `make soak`, or one part of it: `make soak ARGS="memory --hours 1"`.

The figures go into build/bench.json, beside those of `make bench`.
"""

import argparse
import sys
from pathlib import Path

from tests.benchmarks import corruption, memory
from tests.benchmarks.entry import OUTPUT, merge


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="make soak ARGS=", description=__doc__)
    parser.add_argument("part", nargs="?", choices=("all", "corruption", "memory"), default="all")
    parser.add_argument("--count", type=int, default=10_000_000, help="damaged messages each way")
    parser.add_argument("--hours", type=float, default=8.0, help="virtual hours of memory")
    parser.add_argument("--jobs", type=int, help="processes for the damage; as many as cores")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    if options.part in ("all", "corruption"):
        merge(corruption.measure(say, options.count, options.jobs, progress=True), options.output)
    if options.part in ("all", "memory"):
        merge(memory.measure(say, options.hours), options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
