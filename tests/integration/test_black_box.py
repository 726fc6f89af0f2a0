"""Real processes keep a black box of a stop; what keeps it from the disk is told, and no more."""

import os
import resource
import signal
import time
from pathlib import Path

import pytest

from controller.box_file import boxes_in, read_head
from simulator.replay import replay_file
from tests.integration.stack import Stack

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(180)]


class BoxStack(Stack):
    """The stack, and its black boxes."""

    @property
    def folder_of_boxes(self) -> Path:
        return Path(os.environ["XDG_STATE_HOME"]) / "podal" / "black-box"

    def boxes(self) -> list[Path]:
        return boxes_in(self.folder_of_boxes)

    def told(self) -> dict:
        return self.status().get("black_box", {})

    def writer(self) -> int:
        """Process id of the process that writes black boxes."""
        control = self.child("control")
        children = Path(f"/proc/{control}/task/{control}/children").read_text().split()
        [pid] = [
            int(pid)
            for pid in children
            if "controller.box_writer" in Path(f"/proc/{pid}/cmdline").read_text()
        ]
        return pid

    def stop(self) -> None:
        assert self.http("POST", "/api/v1/stop")[0] in (200, 202)
        self.until_session("stopped")


@pytest.fixture
def stack(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = BoxStack(tmp_path)
    try:
        yield found
    finally:
        if found.product.poll() is None:
            found.end()


def test_a_stop_is_written_two_seconds_later_and_replays_bit_for_bit(stack) -> None:
    stack.start()
    time.sleep(3.0)
    stack.stop()
    stack.until(lambda: stack.told().get("written") == 1, "a black box")
    [path] = stack.boxes()
    assert path.name == stack.told()["last"]
    assert f"black box of stop written: {path}" in stack.says()
    head = read_head(path)
    assert head.why == ("stop",)
    assert head.podal == stack.status()["version"]
    assert head.before_s > 3.0
    assert 2.0 <= head.after_s < 3.5
    outcome = replay_file(path)
    assert outcome.difference is None, outcome.difference
    assert outcome.turns == head.turns > 1000


def test_a_pulled_cable_replays_too(stack) -> None:
    stack.start()
    stack.steer("cable", "unplug")
    stack.until_session("fault")
    stack.until(lambda: stack.told().get("written") == 1, "a black box")
    outcome = replay_file(stack.boxes()[0])
    assert outcome.difference is None, outcome.difference
    assert outcome.head.why == ("link_lost",)
    stack.steer("cable", "replug")


def test_who_ends_podal_in_the_middle_of_a_massage_has_its_box(stack) -> None:
    stack.start()
    stack.end()
    stack.until(stack.boxes, "a black box")
    outcome = replay_file(stack.boxes()[0])
    assert outcome.difference is None, outcome.difference
    assert outcome.head.why == ("stop",)


def test_a_full_disk_loses_the_box_and_says_so_and_the_next_massage_is_as_any(stack) -> None:
    """The kernel refuses the writer's writes, as it does on a full disk."""
    stack.start()
    _, hard = resource.prlimit(stack.writer(), resource.RLIMIT_FSIZE)
    resource.prlimit(stack.writer(), resource.RLIMIT_FSIZE, (20_000, hard))
    stack.stop()
    stack.until(lambda: stack.told().get("lost") == 1, "a lost box")
    assert stack.told()["trouble"] == "disk_full"
    assert stack.boxes() == []
    assert list(stack.folder_of_boxes.iterdir()) == []
    stack.start()
    resource.prlimit(stack.writer(), resource.RLIMIT_FSIZE, (hard, hard))
    stack.stop()
    stack.until(lambda: stack.told().get("written") == 1, "a black box")
    assert stack.told()["trouble"] is None
    assert replay_file(stack.boxes()[0]).difference is None


def test_a_disk_that_stands_still_delays_the_box_and_nothing_else(stack) -> None:
    stack.start()
    os.kill(stack.writer(), signal.SIGSTOP)
    stack.stop()
    time.sleep(4.0)
    stack.start()
    frames = stack.status()["link"]["frames"]
    time.sleep(2.0)
    status = stack.status()
    assert status["session"]["state"] == "running"
    assert status["link"]["frames"] - frames > 300
    assert status["black_box"]["written"] == 0
    os.kill(stack.writer(), signal.SIGCONT)
    stack.until(lambda: stack.told()["written"] == 1, "a black box")
    assert replay_file(stack.boxes()[-1]).difference is None


def test_without_its_writer_a_massage_goes_on_and_the_loss_is_told(stack) -> None:
    stack.start()
    os.kill(stack.writer(), signal.SIGKILL)
    stack.stop()
    stack.until(lambda: stack.told()["trouble"] == "not_written", "word of it")
    assert stack.told()["lost"] == 1
    wanted = {"routine": "evening-wind-down"}
    stack.until(lambda: stack.http("POST", "/api/v1/session", wanted)[0] == 201, "a start")
    stack.until_session("running")
