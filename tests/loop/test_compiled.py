"""The compiled path is the plain one, faster: the same bytes both ways, and the same truth."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compiled import HOT, ROOT, build, why_not

MASSAGE = """
import hashlib
from tests.loop.bench import Bench
import simulator.plant.bed, simulator.firmware.firmware, firmware_bridge.framing
bench = Bench(seed=3)
wire, truth = hashlib.sha256(), hashlib.sha256()
bench.rehearsal.wire_up = lambda data: wire.update(data) or data
bench.rehearsal.wire_down = lambda data: wire.update(data) or data
bench.start()
bench.forward(10.0)
for name, values in sorted(bench.arrays().items()):
    truth.update(name.encode() + values.dtype.str.encode() + values.tobytes())
print(simulator.plant.bed.__file__[-3:], max(bench.arrays()["force_n_l"].max(), 0) > 1.0)
print(wire.hexdigest(), truth.hexdigest())
"""


def massage(tree: Path) -> tuple[str, str]:
    """Return which path it was with whether a head pressed, and the hashes."""
    done = subprocess.run(
        [sys.executable, "-c", MASSAGE],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    path, hashes = done.stdout.splitlines()
    return path, hashes


@pytest.mark.slow
@pytest.mark.drawn(0)  # compiling takes a minute: `make thorough`
@pytest.mark.timeout(300)
def test_plain_and_compiled_give_the_same_bytes_and_the_same_truth(tmp_path):
    if why_not():
        pytest.skip(f"cannot compile here: {why_not()}")
    tree = build(tmp_path / "compiled")
    plain, compiled = massage(ROOT), massage(tree)
    assert plain[0] == ".py True"
    assert compiled[0] == ".so True"
    assert plain[1] == compiled[1]
    assert len(list(tree.rglob("*.so"))) == len(HOT) + 1  # and what they share


def test_nothing_compiled_lies_beside_the_sources():
    folders = ("firmware_bridge", "controller", "api", "simulator")
    assert not [path for folder in folders for path in (ROOT / folder).rglob("*.so")]


def test_every_module_that_is_compiled_is_there():
    assert [path for path in HOT if not (ROOT / path).is_file()] == []
