"""Recorded feet: which frame, where, whose side, and what a bad file says."""

import numpy as np
import pytest

from simulator.device import SHAPE, Device
from simulator.errors import RecordingError
from simulator.feet_chooser import recorded_feet
from simulator.plant.footprint import MatrixShape, synthetic_kpa
from simulator.plant.measure import chirality, measure
from simulator.plant.people import PEOPLE
from simulator.plant.recording import load_recording
from simulator.plant.sole import Stance
from simulator.probe import Probe, target

PLATE = MatrixShape(rows=66, cols=40, pitch_x_mm=5.0, pitch_y_mm=5.0)


def drawn_step(lateral: int = 1, axis_deg: float = 5.0) -> np.ndarray:
    """A synthetic step on a 5 mm plate: touching down, fully on, and leaving."""
    stance = Stance(lateral, 100.0, 30.0, lateral * axis_deg)
    full = synthetic_kpa(PEOPLE["adult"], stance, PLATE) * 10.0
    heel, toes = full.copy(), full.copy()
    heel[:45] = 0.0
    toes[30:] = 0.0
    return np.stack([heel, full * 0.5, full, toes]).astype(np.float32)


@pytest.fixture
def step(tmp_path):
    path = tmp_path / "step.npz"
    np.savez(path, frames=drawn_step(), pitch_mm=5.0)
    return path


def test_the_frame_of_fullest_contact_is_taken(step):
    recording = load_recording(str(step))
    assert recording.pitch_x_mm == 5.0
    assert recording.side is None
    np.testing.assert_allclose(recording.image, drawn_step()[2])
    np.testing.assert_allclose(recording.peak, drawn_step().max(axis=0))


def test_heel_and_axis_are_found_as_drawn(step):
    measured = measure(load_recording(str(step)))
    assert measured is not None
    assert measured.lateral == 1
    assert measured.heel_x_mm == pytest.approx(100.0, abs=5.0)
    assert measured.heel_y_mm == pytest.approx(30.0, abs=6.0)
    assert measured.axis_deg == pytest.approx(5.0, abs=4.0)
    assert measured.length_mm == pytest.approx(PEOPLE["adult"].length_mm, abs=12.0)


@pytest.mark.parametrize("lateral", [1, -1])
def test_the_side_is_told_by_the_midfoot(tmp_path, lateral):
    path = tmp_path / "foot.npz"
    np.savez(path, frames=drawn_step(lateral))
    assert chirality(load_recording(str(path))) == lateral


def test_a_named_side_wins_over_the_image(step, tmp_path):
    path = tmp_path / "sided.npz"
    np.savez(path, frames_L=drawn_step())
    assert load_recording(str(path)).side == "left"
    left, right = recorded_feet(str(path))
    assert (left.stance.lateral, right.stance.lateral) == (-1, 1)
    _, forced = recorded_feet(str(step), side="left")
    assert forced.stance.lateral == 1


def test_both_beds_get_the_seated_load_and_mirrored_images(step):
    left, right = recorded_feet(str(step))
    for foot in (left, right):
        assert foot.resting_kpa.shape == (SHAPE.rows, SHAPE.cols)
        assert foot.resting_kpa.sum() * SHAPE.cell_n_per_kpa == pytest.approx(60.0)
    np.testing.assert_allclose(left.resting_kpa, right.resting_kpa[:, ::-1])
    assert left.stance.heel_x_mm == pytest.approx(160.0 - right.stance.heel_x_mm)
    assert left.stance.axis_deg == -right.stance.axis_deg


def test_the_load_of_a_light_person_is_lighter(step):
    _, right = recorded_feet(str(step), person="child")
    assert right.resting_kpa.sum() * SHAPE.cell_n_per_kpa == pytest.approx(32.0)


def test_resampling_keeps_where_the_load_is(step):
    recording = load_recording(str(step))
    measured = measure(recording)
    _, right = recorded_feet(str(step))
    rows, cols = np.indices(recording.image.shape)
    x = ((cols + 0.5) * 5.0 * recording.image).sum() / recording.image.sum()
    y = ((66 - rows - 0.5) * 5.0 * recording.image).sum() / recording.image.sum()
    rows, cols = np.indices(right.resting_kpa.shape)
    bed_x = ((cols + 0.5) * 10.0 * right.resting_kpa).sum() / right.resting_kpa.sum()
    bed_y = ((SHAPE.rows - rows - 0.5) * 10.0 * right.resting_kpa).sum() / right.resting_kpa.sum()
    assert bed_x - x == pytest.approx(80.0 - measured.middle_x_mm, abs=0.1)
    assert bed_y - y == pytest.approx(160.0 - measured.middle_y_mm, abs=0.1)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"other": drawn_step()}, "no array called frames"),
        ({"frames": np.zeros((0, 20, 20))}, "no frames"),
        ({"frames": np.zeros((3, 20, 20))}, "no frame is loaded"),
        ({"frames": np.full((3, 20, 20), np.nan)}, "not numbers"),
        ({"frames": np.full((3, 20, 20), -1.0)}, "negative"),
        ({"frames": np.ones((3, 2, 2))}, "not of a foot"),
        ({"frames": np.ones((3, 2000, 20))}, "not of a foot"),
        ({"frames": np.ones(30)}, "not frames of numbers"),
        ({"frames": np.array(["a", "b"])}, "not frames of numbers"),
        ({"frames": drawn_step(), "pitch_mm": 0.0}, "pitch"),
        ({"frames": drawn_step(), "pitch_mm": 9.0}, "measures"),
    ],
)
def test_a_bad_file_is_one_clear_sentence(tmp_path, arrays, says):
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    with pytest.raises(RecordingError) as caught:
        recorded_feet(str(path))
    sentence = str(caught.value)
    assert says in sentence
    assert str(path) in sentence
    assert "\n" not in sentence
    assert ";" in sentence  # and names the next step


def test_a_truncated_file_says_that_it_is_damaged(step):
    step.write_bytes(step.read_bytes()[:2000])
    with pytest.raises(RecordingError, match="damaged"):
        recorded_feet(str(step))


def test_a_pickle_is_not_opened(tmp_path):
    path = tmp_path / "pickled.npz"
    np.savez(path, frames=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(RecordingError, match="plain arrays"):
        recorded_feet(str(path))


def test_a_missing_key_names_those_there_are(step):
    with pytest.raises(RecordingError, match="frames, pitch_mm"):
        recorded_feet(f"{step}:nothing")


def test_a_missing_file_is_named():
    with pytest.raises(RecordingError, match="no such file"):
        recorded_feet("nowhere.npz")


@pytest.mark.parametrize(
    ("name", "lateral", "length_mm"),
    [
        ("emed_pressuRe_walk.npz", 1, 271.0),
        ("fscan_footPress_walk_LR.npz", -1, 240.0),
        ("mun104_template.npz:right", 1, 260.0),
        ("mun104_template.npz:left", -1, 260.0),
        ("gpl3-speedpp2ds/speedpp2ds_100hz_s0-4.npz", 1, 280.0),
    ],
)
def test_a_real_foot_can_be_pressed(recordings, name, lateral, length_mm):
    path = recordings / name.partition(":")[0]
    if not path.exists():
        pytest.skip(f"needs {path}")
    recording = load_recording(f"{recordings / name}")
    measured = measure(recording)
    assert measured is not None
    assert measured.lateral == lateral
    assert measured.length_mm == pytest.approx(length_mm, abs=15.0)
    feet = recorded_feet(f"{recordings / name}")
    probe = Probe(Device(feet, seed=1))
    probe.arm()
    stance = feet[1].stance
    order = target(stance.heel_x_mm + 6.0, stance.heel_y_mm + 30.0, force_n=12.0)
    probe.press(4.0, right=order)
    assert probe.device.beds[1].force_n == pytest.approx(12.0, abs=0.5)


def test_the_side_of_single_steps_is_mostly_right(recordings):
    path = recordings / "gpl3-speedpp2ds" / "speedpp2ds_100hz_s0-4.npz"
    if not path.exists():
        pytest.skip(f"needs {path}")
    with np.load(path) as archive:
        frames, start, length = (archive[name] for name in ("frames", "start", "length"))
    recording = load_recording(str(path))
    right = 0
    for first, count in list(zip(start, length, strict=True))[::5]:
        peak = frames[first : first + count].max(axis=0).astype(float)
        single = type(recording)(peak, peak, 5.0, 5.0, None)
        right += chirality(single) == 1
    assert right >= 0.95 * len(start[::5])
