"""A process that is stopped and goes on: what it says then is old, and nobody may believe it."""

import os
import signal
import time

import pytest

from tests.integration.stack import Stack
from tests.integration.test_stack import armed_after
from tests.loop.bench import USER_MAX_N, over_limit_n
from tests.loop.test_stalls import TTL_MS, taken_ages_ms

pytestmark = pytest.mark.realtime


@pytest.fixture
def stack(tmp_path):
    found = Stack(tmp_path)
    try:
        yield found
    finally:
        if found.product.poll() is None:
            found.end()


def stopped(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


@pytest.mark.timeout(240)
def test_a_control_process_stopped_for_two_seconds_resumes_nothing(stack):
    stack.start()
    before_us = stack.device_us()
    stopped(stack.child("control"), 2.0)
    stack.until_session("fault", "stopped")
    time.sleep(1.0)
    assert stack.session() in ("fault", "stopped")
    assert stack.status()["link"]["stale"] > 0
    trace = stack.end()
    assert taken_ages_ms(trace).max() <= TTL_MS
    assert over_limit_n(trace, USER_MAX_N) <= 1.5
    assert not armed_after(trace, before_us + 1_500_000)


@pytest.mark.timeout(240)
def test_a_device_that_stood_still_for_two_seconds_is_not_pressed_on_with_old_orders(stack):
    stack.start()
    before_us = stack.device_us()
    stopped(stack.device.pid, 2.0)
    stack.until_session("fault", "stopped")
    stack.until(lambda: stack.status()["device"]["state"] == "READY", "the device, back")
    trace = stack.end()
    assert taken_ages_ms(trace).max() <= TTL_MS
    assert over_limit_n(trace, USER_MAX_N) <= 1.5
    assert not armed_after(trace, before_us + 2_500_000)
