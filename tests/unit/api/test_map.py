import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from api.cli import podal
from controller.geometry import Grid, Side
from tests.soles import Stand, drawn_sole, recorded

GRID = Grid(64, 40, pitch_x_mm=5.0, pitch_y_mm=5.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    foot = drawn_sole(GRID, Stand(side=Side.RIGHT, heel_x_mm=100.0), load_n=600.0)
    path = tmp_path / "feet.npz"
    np.savez(path, frames=np.stack((np.zeros_like(foot), foot, foot)), pitch_mm=5.0)
    return path


def _run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(podal, ["map", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def test_json_lines_are_one_object_for_each_frame(file: Path) -> None:
    code, out, err = _run(file, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert err == ""
    assert [row["frame"] for row in rows] == [0, 1, 2]
    assert [row["side"] for row in rows] == [None, "right", "right"]


def test_the_peak_is_one_line(file: Path) -> None:
    _, out, _ = _run(file, "--json", "--peak")
    assert [json.loads(line)["side"] for line in out.splitlines()] == ["right"]


def test_people_read_a_table_of_runs(file: Path) -> None:
    code, out, _ = _run(file)
    assert code == 0
    assert "3 x 64 x 40, 5 x 5 mm a taxel, kPa" in out
    assert "none (no_load)" in out
    assert "1 - 2  foot" in out


def test_the_option_replaces_the_pitch_of_the_file(file: Path) -> None:
    _, out, _ = _run(file, "--json", "--pitch-mm", "5.5,5")
    pose = json.loads(out.splitlines()[1])["pose"]
    _, out, _ = _run(file, "--json")
    assert pose["length_mm"] > 1.05 * json.loads(out.splitlines()[1])["pose"]["length_mm"]


def test_a_file_that_cannot_be_used_ends_in_one_sentence(tmp_path: Path) -> None:
    code, out, err = _run(tmp_path / "none.npz", "--json")
    assert (code, out) == (1, "")
    assert err == f"podal: {tmp_path / 'none.npz'} does not exist: check the name.\n"


@pytest.mark.parametrize("pitch", ["five", "1,2,3", "0", "nan", "-5", "5,"])
def test_a_pitch_that_is_none_is_a_mistake_of_usage(file: Path, pitch: str) -> None:
    code, _, err = _run(file, "--pitch-mm", pitch)
    assert code == 2
    assert "--pitch-mm" in err


def test_without_a_file_it_is_a_mistake_of_usage() -> None:
    assert _run()[0] == 2


@pytest.mark.parametrize(
    ("name", "options", "side"),
    [
        ("emed_pressuRe_walk.npz", (), "right"),
        ("fscan_footPress_walk_LR.npz", ("--key", "frames_L"), "left"),
        ("fscan_footPress_walk_LR.npz", ("--key", "frames_R"), "right"),
        ("mun104_template.npz", ("--key", "left", "--pitch-mm", "5"), "left"),
        ("mun104_template.npz", ("--key", "right", "--pitch-mm", "5,5"), "right"),
    ],
)
def test_peaks_of_the_recordings_show_their_side(
    name: str, options: tuple[str, ...], side: str
) -> None:
    code, out, _ = _run(recorded(name), "--json", "--peak", *options)
    assert code == 0
    assert json.loads(out)["side"] == side
