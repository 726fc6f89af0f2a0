"""A wall clock may jump by an hour at any moment: nothing that acts reads it.

The process that presses keeps time by the monotonic clock alone. Files for people carry a date,
and the modules that write or show it are named here.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ACTING = ("controller", "firmware_bridge", "api")
MONOTONIC = {"monotonic", "monotonic_ns", "sleep"}
FOR_PEOPLE = {
    "controller/black_box.py",
    "controller/box_file.py",
    "api/commands/blackbox.py",
}
"""They write when a recording was made, into its name and its head, and show it to people."""


def wall_clocks(source: str) -> list[str]:
    """Return how `source` could read a clock that somebody may set."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found += [name.name for name in names if name.name.split(".")[0] == "datetime"]
                found += [name.asname for name in names if name.name == "time" and name.asname]
            case ast.ImportFrom(module="datetime" | "email.utils" as module):
                found.append(str(module))
            case ast.ImportFrom(module="time", names=names):
                found += [name.name for name in names if name.name not in MONOTONIC]
            case ast.Attribute(value=ast.Name(id="time"), attr=attr) if attr not in MONOTONIC:
                found.append(f"time.{attr}")
            case _:
                pass
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import time\nnow = time.time()",
        "import time\nnow = time.clock_gettime(time.CLOCK_REALTIME)",
        "from time import time_ns",
        "import time as t",
        "from datetime import datetime",
        "import datetime",
    ],
)
def test_a_wall_clock_is_recognised(source):
    assert wall_clocks(source)


def test_a_monotonic_clock_is_none():
    assert wall_clocks("import time\nnow = time.monotonic_ns()\ntime.sleep(1)") == []


@pytest.mark.parametrize("package", ACTING)
def test_nothing_that_acts_reads_a_wall_clock(package):
    files = {path: str(path.relative_to(ROOT)) for path in sorted((ROOT / package).rglob("*.py"))}
    assert len(files) > 10
    found = {name: wall_clocks(path.read_text()) for path, name in files.items()}
    assert {name for name, clocks in found.items() if clocks} - FOR_PEOPLE == set()
