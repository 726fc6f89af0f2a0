"""Measure everything, print it for people, and write build/bench.json for programs."""

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import decode, virtual
from tests.benchmarks.entry import Entry
from tests.corruption import run_down, run_up
from tests.integration.stack import Stack

OUTPUT = Path("build/bench.json")
CORRUPTED = 500_000


def say(line: str) -> None:
    print(line, flush=True)


def corruption() -> list[Entry]:
    """Half a million damaged messages in each direction."""
    wrong = 0
    for name, direction in (("from the device", run_up), ("from the host", run_down)):
        tally = direction(CORRUPTED, 11, _show_progress)
        wrong += tally.wrong
        say(
            f"damage: {tally.damaged} damaged messages {name}: {tally.wrong} accepted that were "
            f"never sent, {tally.accepted} whole ones between them got through, at most "
            f"{tally.most_buffered_bytes} bytes kept"
        )
    chance = 2 * CORRUPTED / 2**32
    say(f"  (a damaged message passes CRC-32 by chance once in 2^32: {chance:.1e} expected here)")
    return [Entry("corrupted_accepted", wrong, "messages", "expected", chance, 2 * CORRUPTED)]


def _show_progress(done: int) -> None:
    if sys.stderr.isatty() and done % 16_000 == 0:
        sys.stderr.write(f"\r  {done / CORRUPTED:4.0%}")


def first_frame() -> list[Entry]:
    """From starting the product to the first frame it has used."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder))
        device_up_s = time.monotonic()
        stack.until(lambda: stack.status().get("device", {}).get("id"), "a device")
        taken_s = time.monotonic() - device_up_s
        stack.end()
    say(f"start: first frame in the status {taken_s:.2f} s after the product was started")
    return [Entry("start_to_first_frame_s", taken_s, "s", None, None, 1)]


def main() -> None:
    """Run all benchmarks."""
    entries = [
        *decode.measure(),
        *virtual.whole_massage(say),
        *virtual.force(say),
        *virtual.stops(say),
        *corruption(),
        *first_frame(),
    ]
    virtual.profile(say)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([entry._asdict() for entry in entries], indent=2) + "\n")
    say(f"written to {OUTPUT}")


if __name__ == "__main__":
    main()
