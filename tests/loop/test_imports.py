"""Nothing is imported in the middle of a massage: a late import is ten milliseconds of nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

MASSAGE = """
import json, sys
import controller.control
from tests.loop.bench import Bench
bench = Bench(trace=False)
before = set(sys.modules)
bench.start()
bench.forward(10.0)
json.dumps(bench.rehearsal.runner.status())
bench.rehearsal.runner.image()
print(sorted(set(sys.modules) - before))
"""


@pytest.mark.slow
def test_a_massage_imports_nothing():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", MASSAGE], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
