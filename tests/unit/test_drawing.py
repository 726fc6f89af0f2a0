"""A run takes some cases of a large grid, and whoever has its seed has the same ones again.

Tests that share what is costly are given to one worker.
"""

import subprocess
import sys

import pytest

from tests.conftest import PROJECT, TOGETHER
from tests.drawing import EVERY, drawn

FAULTS = [fault for _place in range(5) for fault in ("off", "stuck", "slow", "garbage")]


def test_of_each_kind_so_many_are_drawn_as_are_asked_for():
    for seed in map(str, range(50)):
        assert sorted(FAULTS[at] for at in drawn(FAULTS, 1, seed)) == sorted(set(FAULTS))
        assert len(drawn(FAULTS, 3, seed)) == 3 * len(set(FAULTS))


def test_the_same_seed_draws_the_same_and_another_one_another():
    assert drawn(FAULTS, 1, "7") == drawn(FAULTS, 1, "7")
    assert len({frozenset(drawn(FAULTS, 1, str(seed))) for seed in range(50)}) > 25


def test_some_seed_draws_each_case():
    assert set().union(*(drawn(FAULTS, 1, str(seed)) for seed in range(50))) == set(range(20))


def test_of_a_kind_with_few_cases_all_are_taken():
    assert drawn(FAULTS, 9, "7") == set(range(len(FAULTS)))


def test_every_case_is_run_where_that_is_wanted():
    assert drawn(FAULTS, 1, EVERY) == set(range(len(FAULTS)))


GRID = """
import pytest
@pytest.mark.drawn(1, of_each=["fault"])
@pytest.mark.parametrize("fault", range(3))
@pytest.mark.parametrize("place", range(4))
def test_grid(fault, place):
    pass
def test_alone():
    pass
"""


def collected(folder, *words: str) -> list[str]:
    """The names of what pytest would run in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only",
         "-c", PROJECT / "pyproject.toml", "-p", "tests.conftest", *words],
        cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.slow
def test_a_grid_is_drawn_from_and_what_is_named_is_run(tmp_path):
    (tmp_path / "test_grid.py").write_text(GRID)
    some = collected(tmp_path, "--draw", "7", "test_grid.py")
    assert len(some) == 3 + 1
    assert "test_alone" in some
    assert some == collected(tmp_path, "--draw", "7", "test_grid.py")
    assert len(collected(tmp_path, "--draw", EVERY, "test_grid.py")) == 12 + 1
    named = "test_grid.py::test_grid[2-1]"
    assert collected(tmp_path, named) == ["test_grid[2-1]"]


@pytest.mark.slow
def test_all_workers_draw_the_same(tmp_path):
    (tmp_path / "test_grid.py").write_text(GRID.replace("range(4)", "range(400)"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2",
         "-c", PROJECT / "pyproject.toml", "-p", "tests.conftest", "test_grid.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def workers(folder, file: str) -> set[str]:
    """Which of two workers ran tests of this file."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "tests.conftest",
         "-n", "2", "--dist", "loadgroup", "."],
        cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if file in line and "PASSED" in line]
    assert said
    return {line.partition("]")[0] for line in said}


@pytest.mark.slow
def test_files_that_are_kept_together_run_on_one_worker(tmp_path):
    together, apart = next(iter(TOGETHER)), "test_apart.py"
    for file in (together, apart):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(
            "import pytest, time\n@pytest.mark.parametrize('each', range(20))\n"
            "def test_each(each): time.sleep(0.02)\n"
        )
    (tmp_path / "pytest.ini").touch()
    assert len(workers(tmp_path, together)) == 1


def test_every_file_that_is_kept_together_is_there():
    assert [file for file in TOGETHER if not (PROJECT / file).is_file()] == []
