"""Measure everything, print it for people, and write build/bench.json for programs."""

import json
import tempfile
import time
from pathlib import Path

from tests.benchmarks import corruption, decode, virtual
from tests.benchmarks.entry import Entry
from tests.integration.stack import Stack

OUTPUT = Path("build/bench.json")
CORRUPTED = 500_000


def say(line: str) -> None:
    print(line, flush=True)


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
        *corruption.measure(say, CORRUPTED),
        *first_frame(),
    ]
    virtual.profile(say)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([entry._asdict() for entry in entries], indent=2) + "\n")
    say(f"written to {OUTPUT}")


if __name__ == "__main__":
    main()
