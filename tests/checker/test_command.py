"""`podal-sim check` for people and programs."""

import ast
import json
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simulator.checker import UnfitTraceError, check_trace
from simulator.cli import cli
from tests.checker.builder import Scene
from tests.checker.orders_cases import a_set_point_that_is_no_number
from tests.checker.place_cases import too_near_the_outline

CHECKER = Path(__file__).resolve().parents[2] / "simulator" / "checker"


@pytest.fixture
def clean(tmp_path):
    np.savez(tmp_path / "clean.npz", **Scene(300).arrays)
    return tmp_path / "clean.npz"


@pytest.fixture
def outside(tmp_path):
    arrays = too_near_the_outline().arrays
    arrays["faults"] = np.array("encoder.left-x=stuck@1s; link.up=drop,0.01")
    np.savez(tmp_path / "outside.npz", **arrays)
    return tmp_path / "outside.npz"


def run(*words):
    return CliRunner().invoke(cli, ["check", *map(str, words)])


def test_a_clean_trace_is_told_with_what_it_tried(clean):
    told = run(clean)
    assert told.exit_code == 0
    assert "F1        300  holds" in told.output
    assert "F4          0  not tried" in told.output
    assert told.output.endswith("no violation\n")


def test_a_violation_is_told_with_its_figures_and_how_to_make_it_again(outside):
    told = run(outside)
    assert told.exit_code == 1
    assert "P1       1000  broken 1x" in told.output
    assert (
        "P1 at 100.500 s, left bed, 100 ms: 6.0 N with the head 4.5 mm inside the true outline, "
        "5 mm inside are due\n"
        "   podal-sim serve --foot adult --seed 7 --fault "
        "'encoder.left-x=stuck@1s; link.up=drop,0.01' --trace again.npz  "
        "# at 100.500 s, left bed, routine by-hand\n"
    ) in told.output


def test_the_line_that_makes_a_run_again_is_one_that_serve_understands(outside):
    line = next(line for line in run(outside).output.splitlines() if "podal-sim serve" in line)
    words = shlex.split(line, comments=True)[2:]
    command = cli.commands["serve"]
    params = command.make_context("serve", words).params
    assert (params["foot"], params["seed"]) == ("adult", 7)
    assert params["faults"] == ("encoder.left-x=stuck@1s; link.up=drop,0.01",)


def test_json_is_for_programs(clean, outside):
    told = run(clean, outside, "--json")
    assert told.exit_code == 1
    first, second = json.loads(told.output)["traces"]
    assert (first["file"], first["rows"], first["violations"]) == (str(clean), 300, [])
    assert second["vacuity"]["P1"] == 1000
    (violation,) = second["violations"]
    assert (violation["invariant"], violation["bed"], violation["t_us"]) == (
        "P1",
        "left",
        100_500_000,
    )
    assert violation["excess"] == pytest.approx(0.5)
    assert violation["lasting_ms"] == 100
    assert violation["reproduce"].startswith("podal-sim serve ")


def test_json_holds_numbers_only(tmp_path):
    np.savez(tmp_path / "odd.npz", **a_set_point_that_is_no_number().arrays)
    told = run(tmp_path / "odd.npz", "--json")
    assert told.exit_code == 1
    assert json.loads(told.output)["traces"][0]["violations"][0]["invariant"] == "D4"


def test_the_list_says_what_is_judged_and_what_is_not():
    told = run("--list")
    assert told.exit_code == 0
    judged, left = told.output.split("\nnot judged, as a trace cannot tell:\n")
    assert "\nF1  force stays within the hard limit" in judged
    assert "\nW4  the parser's memory and time are bounded: the trace has neither\n" in left


def test_no_trace_is_a_question_of_usage():
    told = run()
    assert told.exit_code == 2
    assert "name a trace; podal-sim serve --trace FILE.npz writes one" in told.output


def damaged(path, clean):
    path.write_bytes(clean.read_bytes()[:2000])


def another_thing(path, _):
    path.write_text("a letter\n")


def a_single_array(path, _):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def without_a_column(path, _):
    arrays = Scene(300).arrays
    del arrays["gap_mm_r"]
    np.savez(path, **arrays)


def nothing(path, _):
    assert not path.exists()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (nothing, "No such file or directory"),
        (damaged, "it is damaged, or not an .npz archive"),
        (another_thing, "it is damaged, or not an .npz archive"),
        (a_single_array, "it is a single array, not an archive of them"),
        (without_a_column, "it has no column gap_mm_r"),
    ],
)
def test_what_is_not_a_trace_is_named_with_the_next_step(tmp_path, clean, make, why):
    path = tmp_path / "odd.npz"
    make(path, clean)
    told = run(clean, path)
    assert told.exit_code == 2
    assert (
        f"podal-sim: cannot check {path}: {why}; write one with podal-sim serve --trace\n"
        in told.output
    )
    assert "no violation" in told.output, "the other one is judged all the same"


def test_rows_have_to_be_a_millisecond_apart():
    scene = Scene(300)
    scene.put(100, t_us=scene.arrays["t_us"][100:] + 4000)
    with pytest.raises(UnfitTraceError, match="row 100 is 5 ms after the one before, not 1 ms"):
        check_trace(scene.arrays)


def test_columns_have_one_value_for_each_row():
    arrays = Scene(300).arrays
    arrays["force_n_r"] = arrays["force_n_r"][:-1]
    with pytest.raises(UnfitTraceError, match="force_n_r has not one value for each of its 300"):
        check_trace(arrays)


def test_a_trace_has_rows():
    arrays = {
        name: array[:0] if array.shape == (300,) else array
        for name, array in Scene(300).arrays.items()
    }
    with pytest.raises(UnfitTraceError, match="it has no rows"):
        check_trace(arrays)


def test_the_checker_imports_nothing_but_itself_numpy_and_python():
    found = set()
    for path in CHECKER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                found.add(node.module)
    foreign = {
        name
        for name in found
        if name.split(".")[0] not in {*sys.stdlib_module_names, "numpy"}
        and not name.startswith("simulator.checker")
    }
    assert foreign == set()
