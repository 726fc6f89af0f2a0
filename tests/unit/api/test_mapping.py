import json
from pathlib import Path

import numpy as np
import pytest

from api.mapping import json_row, map_frame, map_recording
from api.recording import Recording, load_recording
from controller.geometry import Grid, Side
from controller.regions import REPORTED
from tests.soles import Stand, drawn_sole

GRID = Grid(64, 40, pitch_x_mm=5.0, pitch_y_mm=5.0)


def _recording(tmp_path: Path, *images: np.ndarray) -> Recording:
    path = tmp_path / "feet.npz"
    np.savez(path, frames=np.stack(images), pitch_mm=5.0)
    return load_recording(path)


def _foot(side: Side = Side.LEFT) -> np.ndarray:
    return drawn_sole(GRID, Stand(side=side, heel_x_mm=100.0), load_n=600.0)


def test_a_foot_is_mapped_whole(tmp_path: Path) -> None:
    row = json_row(map_frame(_recording(tmp_path, _foot()), 0), _recording(tmp_path, _foot()))
    assert (row["frame"], row["contact"], row["reason"], row["side"]) == (0, "foot", "", "left")
    assert 0.95 < row["side_p"] <= 1.0
    names = {"heel_x_mm", "heel_y_mm", "axis_deg", "length_mm", "width_mm"}
    assert set(row["pose"]) == names | {f"{name}_sd" for name in names}
    assert row["pose"]["heel_x_mm"] == pytest.approx(100.0, abs=4.0)
    assert set(row["regions"]) == set(REPORTED)
    assert set(row["regions"]["hallux"]) == {"area_cm2", "peak_kpa", "load_ratio"}
    assert {33, 36} <= {zone["no"] for zone in row["zones"]}
    assert row["load_n"] == pytest.approx(600.0, rel=0.02)
    json.dumps(row, allow_nan=False)


def test_an_empty_frame_and_a_thing_have_neither_side_nor_pose(tmp_path: Path) -> None:
    thing = np.zeros(GRID.shape, dtype=np.float32)
    thing[20:26, 10:16] = 50.0
    recording = _recording(tmp_path, np.zeros(GRID.shape, dtype=np.float32), thing, _foot())
    rows = [json_row(found, recording) for found in map_recording(recording)]
    assert [row["contact"] for row in rows] == ["none", "refused", "foot"]
    for row in rows[:2]:
        assert row["reason"]
        assert row["side"] is None
        assert row["side_p"] == 0.5
        assert row["pose"] is None
        assert row["regions"] == {}
        assert row["zones"] == []
        json.dumps(row, allow_nan=False)


def test_a_print_that_does_not_tell_its_side_has_no_zones(tmp_path: Path) -> None:
    both = _foot(Side.LEFT) + _foot(Side.LEFT)[:, ::-1]
    recording = _recording(tmp_path, both)
    row = json_row(map_frame(recording, 0), recording)
    assert (row["side"], row["reason"], row["zones"]) == (None, "no_side", [])
    assert row["pose"] is not None
    assert row["side_p"] < 0.9


def test_raw_counts_give_the_same_places_and_keep_their_own_figures(tmp_path: Path) -> None:
    foot = _foot()
    counts = np.round(foot * 7.0).astype(np.uint16)
    kpa = _recording(tmp_path, foot)
    in_kpa = json_row(map_frame(kpa, 0), kpa)
    raw = _recording(tmp_path, counts)
    in_counts = json_row(map_frame(raw, 0), raw)
    assert in_counts["side"] == in_kpa["side"]
    assert in_counts["pose"]["heel_y_mm"] == pytest.approx(in_kpa["pose"]["heel_y_mm"], abs=1.0)
    assert in_counts["unit"] == "raw"
    assert in_counts["load_n"] is None
    peaks = [row["regions"]["heel_lateral"]["peak_kpa"] for row in (in_counts, in_kpa)]
    assert peaks[0] == pytest.approx(7.0 * peaks[1], rel=0.02)
