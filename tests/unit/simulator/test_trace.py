"""The record of the truth: every promised array, one row a millisecond."""

import numpy as np
import pytest

from simulator.device import Device
from simulator.errors import TraceError
from simulator.probe import Probe, target
from simulator.trace import Trace
from simulator.trace_columns import COLUMNS, HOST_STATE_NAMES
from simulator.trace_summary import read_trace, stop_times_ms, summarise

# The contract of the trace, written out here so that a renamed column is noticed.
PROMISED = (
    "t_us fw_state host_state enable homed cmd_seq cmd_age_ms frame_age_ms fault_on stop_at "
    "consent_at arm_req_at temp_motor_c temp_surface_c"
)
PROMISED_PER_BED = (
    "force_n depth_mm gap_mm z_mm x_mm y_mm spin_rpm spin_torque_mnm spin_expected_mnm "
    "press_current_ma region_true u_true v_true sole_margin_mm in_mask zone_believed "
    "region_believed setpoint_n applied_n limit_n hard_limit_n rate_limit_n_s bed_n resting_n "
    "saturated single_foot foot_moved"
)
PROMISED_EVENTS = ("event_t_us", "event_kind", "event_text")
PROMISED_META = ("seed", "commit", "routine", "person", "faults")


@pytest.fixture
def traced(feet) -> Probe:
    probe = Probe(Device(feet, seed=1, trace=Trace(seed=7, person="adult", routine="none")))
    probe.arm()
    order = target(70.0, 50.0, force_n=20.0, limit_n=25.0)
    probe.press(4.0, right=order._replace(limit_zone=31, limit_region=1))
    probe.device.receive(bytes(8))
    probe.idle(1.0)
    return probe


@pytest.fixture
def rows(traced) -> dict[str, np.ndarray]:
    return traced.device.trace.arrays()


@pytest.mark.slow
def test_every_promised_array_is_there_and_of_one_length(rows):
    names = PROMISED.split()
    names += [name + side for name in PROMISED_PER_BED.split() for side in ("_l", "_r")]
    assert {len(rows[name]) for name in names} == {len(rows["t_us"])}
    assert {column.name for column in COLUMNS} == set(names)
    assert {*PROMISED_EVENTS, *PROMISED_META, "fw_state_names", "host_state_names"} <= set(rows)
    assert len({len(rows[name]) for name in PROMISED_EVENTS}) == 1


def test_there_is_a_row_for_each_millisecond_and_the_first_is_the_first(traced, rows):
    np.testing.assert_array_equal(
        rows["t_us"], np.arange(1, traced.device.now_us // 1000 + 1) * 1000
    )


@pytest.mark.slow
def test_what_the_host_believes_is_what_it_said(rows):
    pressing = rows["setpoint_n_r"] > 0.0
    assert pressing.any()
    assert set(rows["zone_believed_r"][pressing]) == {31}
    assert set(rows["region_believed_r"][pressing]) == {1}
    assert set(rows["limit_n_r"][pressing]) == {25.0}
    assert set(rows["region_believed_l"][pressing]) == {-1}
    assert rows["host_state_names"][rows["host_state"][-1]] == "running"
    assert tuple(rows["host_state_names"]) == HOST_STATE_NAMES


def test_before_the_first_order_ages_are_minus_one(rows):
    assert rows["cmd_age_ms"][0] == rows["frame_age_ms"][0] == -1.0
    assert rows["stop_at"][0] == rows["consent_at"][0] == rows["arm_req_at"][0] == -1


def test_truth_and_firmware_agree_about_a_pressed_heel(rows):
    held = (rows["applied_n_r"] == 20.0) & (rows["fw_state"] == 3)
    late = np.flatnonzero(held)[-200:]
    assert rows["force_n_r"][late] == pytest.approx(20.0, abs=0.5)
    assert rows["depth_mm_r"][late] == pytest.approx(-rows["gap_mm_r"][late])
    assert set(rows["region_true_r"][late]) <= {0, 1}
    assert (rows["sole_margin_mm_r"][late] > 10.0).all()
    assert (rows["in_mask_r"][late]).all()
    assert (rows["hard_limit_n_r"][late] == 60.0).all()
    assert 0.0 <= rows["cmd_age_ms"][late].min() <= rows["cmd_age_ms"][late].max() <= 20.0
    assert rows["bed_n_r"][late] == pytest.approx(rows["resting_n_r"][late], abs=0.01)


def test_stops_and_consents_are_timed(rows):
    (stop_us,) = set(rows["stop_at"][rows["stop_at"] >= 0])
    assert stop_times_ms(rows)[0] < 100.0
    assert rows["force_n_r"][rows["t_us"] > stop_us + 100_000].max() < 1.0
    assert rows["arm_req_at"].max() > rows["consent_at"].max() > 0


def test_events_are_named(rows):
    kinds = list(rows["event_kind"])
    assert {"person", "foot placed", "state", "stop", "trip", "unloaded"} <= set(kinds)
    assert rows["event_text"][kinds.index("trip")] == "STOP"


def test_what_is_saved_is_what_is_read(traced, rows, tmp_path):
    path = tmp_path / "trace.npz"
    traced.device.trace.save(path)
    read = read_trace(path)
    assert set(read) == set(rows)
    for name, array in rows.items():
        np.testing.assert_array_equal(read[name], array)
    assert not list(tmp_path.glob("*.part"))


def test_a_summary_names_force_regions_stop_and_states(traced, tmp_path):
    path = tmp_path / "trace.npz"
    traced.device.trace.save(path)
    text = summarise(path)
    assert "largest force 20." in text
    assert "heel_" in text
    assert "STOP under force: 1, below 1 N within" in text
    assert "RETRACT" in text


@pytest.mark.parametrize("content", [b"", b"not a trace", b"PK\x03\x04 cut off"])
def test_something_else_is_not_a_trace(tmp_path, content):
    path = tmp_path / "else.npz"
    path.write_bytes(content)
    with pytest.raises(TraceError, match=r"else\.npz"):
        summarise(path)


def test_an_archive_of_other_arrays_is_not_a_trace(tmp_path):
    path = tmp_path / "else.npz"
    np.savez(path, frames=np.zeros(3))
    with pytest.raises(TraceError, match="it has no t_us"):
        summarise(path)


def test_an_empty_trace_can_be_saved_and_read(tmp_path):
    path = tmp_path / "trace.npz"
    Trace().save(path)
    assert len(read_trace(path)["t_us"]) == 0
    assert "0.0 s" in summarise(path)
