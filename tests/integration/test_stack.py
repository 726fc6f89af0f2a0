"""Hard days of the whole product: stops, kills and a pulled cable, judged by the device's trace."""

import time

import numpy as np
import pytest

from tests.integration.stack import Stack
from tests.loop.bench import USER_MAX_N, over_limit_n, unloading_ms

pytestmark = pytest.mark.realtime


@pytest.fixture
def stack(tmp_path):
    found = Stack(tmp_path)
    try:
        yield found
    finally:
        if found.product.poll() is None:
            found.end()


def armed_after(trace, at_us):
    """Whether the device was armed or running at any time after `at_us`."""
    names = list(trace["fw_state_names"])
    late = trace["fw_state"][trace["t_us"] > at_us]
    return bool(np.isin(late, [names.index("ARMED"), names.index("RUNNING")]).any())


@pytest.mark.timeout(300)
def test_six_stops_by_http_each_unload_within_300_ms(stack, record_property):
    presses = []
    for number in range(6):
        stack.start()
        time.sleep(0.2 * number)
        before_us = stack.device_us()
        sent_s = time.monotonic()
        path, port = ("/stop", stack.stop_port) if number % 2 else ("/api/v1/stop", stack.port)
        assert stack.http("POST", path, port=port)[0] == 200
        presses.append((before_us, sent_s, time.monotonic() - sent_s))
        stack.until_session("stopped", "no_foot")
        time.sleep(0.5)
    trace = stack.end()
    stops_us = [int(at) for at in np.unique(trace["stop_at"]) if at > 0]
    unload_ms, byte_ms = [], []
    for before_us, _, _ in presses:
        heard_us = min(at for at in stops_us if at >= before_us)
        pressing = int(np.searchsorted(trace["t_us"], heard_us))
        until = pressing + 800
        window = {name: trace[name][:until] for name in ("t_us", "force_n_l", "force_n_r")}
        unload_ms.append(unloading_ms(window, heard_us))
        byte_ms.append((heard_us - before_us) / 1000.0)
    record_property("stop_to_1n_ms", [round(ms, 1) for ms in unload_ms])
    record_property("post_to_byte_ms", [round(ms, 1) for ms in byte_ms])
    print("STOP byte to below 1 N, ms:", [round(ms) for ms in unload_ms])
    print("POST to byte at the device, ms:", [round(ms, 1) for ms in byte_ms])
    assert max(unload_ms) <= 300.0
    assert over_limit_n(trace, USER_MAX_N) <= 1.5


def test_when_the_api_is_killed_the_massage_goes_on_and_stop_still_works(stack):
    stack.start()
    active_s = stack.status()["session"]["active_s"]
    killed = stack.kill("serve")
    stack.until(lambda: stack.child("serve") not in (0, killed), "a new API")
    stack.until(lambda: stack.session() == "running", "the massage, still running")
    assert stack.status()["session"]["active_s"] > active_s
    stack.kill("serve")
    assert stack.http("POST", "/stop", port=stack.stop_port)[0] == 200
    stack.until_session("stopped")
    trace = stack.end()
    assert unloading_ms(trace, int(trace["stop_at"][-1])) <= 300.0


def test_when_control_is_killed_the_device_lets_go_by_itself_and_nothing_resumes(stack):
    stack.start()
    before_us = stack.device_us()
    killed = stack.kill("control")
    stack.until(lambda: stack.child("control") not in (0, killed), "a new control process")
    stack.until_session("no_foot", "ready")
    time.sleep(3.0)
    assert stack.session() in ("no_foot", "ready")
    trace = stack.end()
    assert unloading_ms(trace, before_us) <= 400.0 + 50.0  # the kill came after `before_us`
    assert not armed_after(trace, before_us + 600_000)


def test_when_the_cable_is_pulled_the_device_lets_go_and_replugging_resumes_nothing(stack):
    stack.start()
    pulled_us = stack.steer("cable", "unplug")
    stack.until_session("fault")
    assert stack.status()["session"]["reason"] in ("link_lost", "frames_lost")
    time.sleep(1.0)
    stack.steer("cable", "replug")
    stack.until(lambda: stack.status()["device"]["state"] == "READY", "the device, back")
    time.sleep(2.0)
    assert stack.session() == "fault"
    assert stack.http("POST", "/api/v1/session", {"routine": "evening-wind-down"})[0] == 409
    assert stack.http("POST", "/api/v1/acknowledge")[0] == 200
    stack.until_session("ready")
    trace = stack.end()
    assert unloading_ms(trace, pulled_us) <= 400.0
    assert not armed_after(trace, pulled_us + 600_000)


def test_ending_podal_in_the_middle_of_a_massage_unloads_first(stack):
    stack.start()
    before_us = stack.device_us()
    trace = stack.end()
    assert unloading_ms(trace, before_us) <= 1000.0
    assert trace["stop_at"][-1] >= before_us


def test_a_second_program_cannot_have_the_device_and_is_told_why(stack):
    stack.until_session("ready")
    other = stack.second_control()
    stack.until(lambda: "another program uses it" in stack.says(), "a sentence that says why")
    assert stack.session() == "ready"
    other.terminate()
    assert other.wait(10) == 0
