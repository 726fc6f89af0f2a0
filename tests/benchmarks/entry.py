"""One figure of the benchmark file."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

OUTPUT: Final = Path("build/bench.json")


class Entry(NamedTuple):
    """A figure and the peer it was measured beside (None: an absolute figure)."""

    name: str
    value: float
    unit: str
    peer: str | None
    peer_value: float | None
    n: int


def interleaved(contenders: dict[str, Callable[[], int]], rounds: int) -> dict[str, list[float]]:
    """Run all contenders in turn, `rounds` times; return CPU seconds per round of each."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(contenders)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            begun = time.process_time()
            contenders[name]()
            taken[name].append(time.process_time() - begun)
    return taken


def ratio(ours: list[float], peer: list[float]) -> float:
    """How many times as fast as the peer: the median of the rounds, paired."""
    return statistics.median(theirs / mine for mine, theirs in zip(ours, peer, strict=True))


def merge(entries: list[Entry], path: Path = OUTPUT) -> None:
    """Write `entries` into the file, in the place of those of the same names."""
    kept: list[dict[str, object]] = json.loads(path.read_text()) if path.exists() else []
    names = {entry.name for entry in entries}
    kept = [row for row in kept if row["name"] not in names]
    kept += [entry._asdict() for entry in entries]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, indent=2) + "\n")
