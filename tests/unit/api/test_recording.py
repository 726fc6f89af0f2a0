from pathlib import Path

import numpy as np
import pytest

from api.recording import RecordingError, load_recording


def _saved(folder: Path, **arrays: object) -> Path:
    path = folder / "feet.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def _frames(count: int = 3) -> np.ndarray:
    frames = np.zeros((count, 20, 10), dtype=np.float32)
    frames[:, 5:9, 3:6] = 40.0
    return frames


def _complaint(path: Path, **options: object) -> str:
    with pytest.raises(RecordingError) as caught:
        load_recording(path, **options)  # type: ignore[arg-type]
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def test_frames_and_pitch_are_read_from_the_file(tmp_path: Path) -> None:
    recording = load_recording(_saved(tmp_path, frames=_frames(), pitch_mm=5.0))
    assert len(recording) == 3
    assert (recording.grid.pitch_x_mm, recording.grid.pitch_y_mm) == (5.0, 5.0)
    assert recording.unit == "kPa"
    np.testing.assert_array_equal(recording.image(1), _frames()[1])


def test_a_pair_of_pitches_is_row_then_column(tmp_path: Path) -> None:
    path = _saved(tmp_path, frames=_frames(), pitch_mm=np.array([8.6, 5.0]))
    grid = load_recording(path).grid
    assert (grid.pitch_y_mm, grid.pitch_x_mm) == (8.6, 5.0)
    grid = load_recording(path, pitch_mm=(7.0, 6.0)).grid
    assert (grid.pitch_y_mm, grid.pitch_x_mm) == (7.0, 6.0)


def test_one_matrix_is_one_frame(tmp_path: Path) -> None:
    assert len(load_recording(_saved(tmp_path, frames=_frames()[0], pitch_mm=5.0))) == 1


def test_the_peak_is_the_maximum_of_every_taxel(tmp_path: Path) -> None:
    frames = _frames()
    frames[1, 0, 0] = 99.0
    peak = load_recording(_saved(tmp_path, frames=frames, pitch_mm=5.0)).peak()
    assert len(peak) == 1
    np.testing.assert_array_equal(peak.image(0), frames.max(axis=0))


def test_counts_of_unknown_unit_are_scaled_to_be_judged(tmp_path: Path) -> None:
    counts = (_frames() * 20).astype(np.uint16)
    recording = load_recording(_saved(tmp_path, frames=counts, pitch_mm=5.0))
    assert recording.unit == "raw"
    assert recording.image(0).max() == pytest.approx(100.0)
    assert recording.image(0).max() / recording.kpa_per_unit == pytest.approx(800.0)


def test_figures_too_small_for_kpa_are_of_unknown_unit(tmp_path: Path) -> None:
    recording = load_recording(_saved(tmp_path, frames=_frames() / 1000.0, pitch_mm=5.0))
    assert recording.unit == "raw"


def test_only_the_array_asked_for_needs_to_be_readable(tmp_path: Path) -> None:
    odd = np.array([{"a": 1}], dtype=object)
    recording = load_recording(_saved(tmp_path, frames=_frames(), pitch_mm=5.0, notes=odd))
    assert len(recording) == 3


def test_without_frames_the_other_arrays_are_offered(tmp_path: Path) -> None:
    path = _saved(
        tmp_path, left=_frames(), right=_frames(), mask=np.ones((20, 10), bool), pitch_mm=5.0
    )
    text = _complaint(path)
    assert "it holds left, right: choose one with --key" in text
    assert load_recording(path, key="right").key == "right"


def test_an_archive_without_any_frames_says_so(tmp_path: Path) -> None:
    assert "no other pressure frames" in _complaint(_saved(tmp_path, t_s=np.arange(4.0)))


@pytest.mark.parametrize(
    ("value", "trouble"),
    [(np.nan, "not a finite number"), (np.inf, "not a finite number"), (-1.0, "negative")],
)
def test_a_frame_with_an_impossible_value_is_named(
    tmp_path: Path, value: float, trouble: str
) -> None:
    frames = _frames()
    frames[2, 4, 4] = value
    text = _complaint(_saved(tmp_path, frames=frames, pitch_mm=5.0))
    assert trouble in text
    assert "frame 2 " in text


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((3, 20)),
        np.zeros((2, 2, 20, 10)),
        np.zeros((5, 20, 10), dtype=complex),
        np.zeros((5, 20, 10), dtype="U3"),
        np.zeros((5, 20, 1000)),
    ],
)
def test_an_array_that_is_no_picture_is_refused(tmp_path: Path, frames: np.ndarray) -> None:
    assert "no picture of a sole" in _complaint(_saved(tmp_path, frames=frames, pitch_mm=5.0))


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path, frames=np.array([{}], dtype=object), pitch_mm=5.0)
    assert "plain numbers" in _complaint(path)


def test_no_frame_at_all_is_refused(tmp_path: Path) -> None:
    assert "no frame" in _complaint(_saved(tmp_path, frames=_frames()[:0], pitch_mm=5.0))


def test_an_unknown_pitch_is_asked_for(tmp_path: Path) -> None:
    assert "--pitch-mm 5" in _complaint(_saved(tmp_path, frames=_frames()))


@pytest.mark.parametrize("pitch_mm", [0.0, -5.0, np.nan, 500.0, np.arange(3.0), "five"])
def test_a_pitch_that_cannot_be_right_is_refused(tmp_path: Path, pitch_mm: object) -> None:
    assert "--pitch-mm" in _complaint(_saved(tmp_path, frames=_frames(), pitch_mm=pitch_mm))


@pytest.mark.parametrize("kept", [0, 10, 300, -30])
def test_a_truncated_archive_is_refused(tmp_path: Path, kept: int) -> None:
    path = _saved(tmp_path, frames=_frames(), pitch_mm=5.0)
    path.write_bytes(path.read_bytes()[:kept])
    assert "only the beginning" in _complaint(path)


def test_a_damaged_array_is_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path, frames=_frames(), pitch_mm=5.0)
    content = bytearray(path.read_bytes())
    content[400:420] = bytes(20 * [0xA5])
    path.write_bytes(content)
    assert "damaged" in _complaint(path)


def test_a_missing_file_a_folder_and_a_text_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in _complaint(tmp_path / "none.npz")
    assert "is a folder" in _complaint(tmp_path)
    text = tmp_path / "feet.npz"
    text.write_text("1,2,3")
    assert "not a NumPy archive" in _complaint(text)
