"""Two seconds in which one side does not run: nothing that is old by then is obeyed or used."""

import os
import signal
import time

import numpy as np
import pytest

from tests.integration.stack import Stack
from tests.loop.bench import unloading_ms
from tests.loop.test_stalls import ROW_MS, taken_ages_ms

pytestmark = pytest.mark.realtime

STALL_S = 2.0
OLDEST_MS = 60.0


@pytest.fixture
def stack(tmp_path):
    found = Stack(tmp_path)
    try:
        yield found
    finally:
        if found.product.poll() is None:
            os.kill(found.device.pid, signal.SIGCONT)
            os.kill(found.child("control"), signal.SIGCONT)
            found.end()


def stall(pid: int) -> None:
    """Let a process not run for a while."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(STALL_S)
    os.kill(pid, signal.SIGCONT)


def discarded(stack) -> int:
    """Frames that control has seen and not used: too old, or of a session that was over."""
    link = stack.status()["link"]
    return link["stale"] + link["foreign"]


def armed(trace) -> np.ndarray:
    """In which milliseconds the device was armed or running."""
    names = list(trace["fw_state_names"])
    return np.isin(trace["fw_state"], [names.index("ARMED"), names.index("RUNNING")])


def pressed_for_old_n(trace) -> float:
    """The greatest force the device was after for an order that had outlived its time."""
    old = trace["cmd_age_ms"] > OLDEST_MS + ROW_MS
    return float(np.maximum(trace["applied_n_l"], trace["applied_n_r"])[old].max(initial=0.0))


@pytest.mark.timeout(180)
def test_while_control_stands_still_the_device_lets_go_and_later_obeys_nothing_old(stack):
    stack.start()
    pid = stack.child("control")
    before_us = stack.device_us()
    stall(pid)
    after_us = stack.device_us()
    stack.until_session("stopped", "fault")
    stack.until(lambda: stack.status()["device"]["state"] == "READY", "the device at rest")
    time.sleep(1.0)
    assert stack.child("control") == pid
    trace = stack.end()
    assert unloading_ms(trace, before_us) <= 400.0 + 50.0  # the stall came after `before_us`
    assert taken_ages_ms(trace).max() <= OLDEST_MS
    assert pressed_for_old_n(trace) == 0.0
    late = trace["t_us"] > before_us + 600_000
    assert not armed(trace)[late].any()
    assert (trace["t_us"] > after_us + 500_000).any()


@pytest.mark.timeout(180)
def test_after_the_device_stood_still_control_uses_nothing_of_what_had_piled_up(stack):
    stack.start()
    before = discarded(stack)
    stall(stack.device.pid)
    stack.until_session("stopped", "fault")
    assert stack.status()["session"]["reason"] in ("frames_lost", "link_lost")
    stack.until(lambda: stack.status()["device"]["state"] == "READY", "the device at rest")
    time.sleep(1.0)
    assert stack.session() in ("stopped", "fault")
    assert discarded(stack) > before
    trace = stack.end()
    assert taken_ages_ms(trace).max() <= OLDEST_MS
    assert pressed_for_old_n(trace) == 0.0
    assert trace["frame_age_ms"].max() <= OLDEST_MS
    force_n = np.maximum(trace["force_n_l"], trace["force_n_r"])
    assert force_n[-500:].max() < 1.0
    assert not armed(trace)[-500:].any()
