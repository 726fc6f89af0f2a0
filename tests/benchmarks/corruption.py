"""Ten million damaged messages each way, on all cores, with the odds of CRC-32 beside them."""

import multiprocessing
import os
import time
from collections.abc import Callable

from tests.benchmarks.entry import Entry
from tests.corruption import Tally, run

DIRECTIONS = {"up": "from the device", "down": "from the host"}
SHARD = 250_000
SEED = 11


def _shard(job: tuple[str, int, int]) -> tuple[str, Tally]:
    direction, count, seed = job
    return direction, run(direction, count, seed)


def measure(
    say: Callable[[str], None], count: int, workers: int | None = None, *, progress: bool = False
) -> list[Entry]:
    """Damage `count` messages in each direction."""
    begun_s = time.monotonic()
    size = min(SHARD, count)
    jobs = [
        (direction, size, SEED + number)
        for number in range(-(-count // size))
        for direction in DIRECTIONS
    ]
    tallies = {direction: Tally() for direction in DIRECTIONS}
    workers = workers or os.cpu_count() or 1
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for done, (direction, tally) in enumerate(pool.imap_unordered(_shard, jobs), 1):
            tallies[direction].add(tally)
            if progress and done % max(1, len(jobs) // 20) == 0:
                taken_s = time.monotonic() - begun_s
                left_s = taken_s / done * (len(jobs) - done)
                say(
                    f"  damage: {done / len(jobs):4.0%}, {taken_s:.0f} s, about {left_s:.0f} s left"
                )
    for direction, name in DIRECTIONS.items():
        _tell(say, name, tallies[direction])
    both = list(tallies.values())
    damaged = sum(tally.damaged for tally in both)
    chance = damaged / 2**32
    say(
        f"  CRC-32 lets a damaged message through once in 2^32 = 4.3e9: {chance:.1e} expected in "
        f"these {damaged:,}, if damage were random; "
        f"{workers} processes, {time.monotonic() - begun_s:.0f} s"
    )
    wrong = sum(tally.wrong for tally in both)
    return [
        Entry("corrupted_accepted", wrong, "messages", "expected by CRC-32", chance, damaged),
        Entry("resync_frames", 1 + max(t.late for t in both), "frames", "bound", 2.0, damaged),
    ]


def _tell(say: Callable[[str], None], name: str, tally: Tally) -> None:
    say(
        f"damage {name}: {tally.damaged:,} damaged messages, {tally.wrong} accepted that were "
        f"never sent (or twice, or out of order), {tally.false_stops} false STOPs, 0 exceptions; "
        f"{tally.whole:,} whole ones between them, lost {tally.lost} of these; in step "
        f"again with whole frame {1 + tally.late}; at most {tally.most_buffered_bytes} bytes kept"
    )
