"""Faults in a running device, from another process, over a real socket and a real pty."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_simulator_serve import Host, Served, sim, until

pytestmark = pytest.mark.realtime


@pytest.fixture
def served(tmp_path: Path):
    server = Served(tmp_path, "--fault", "ntc.left-motor=stuck,30 @100ms for 200ms")
    yield server
    server.end(9)


def test_faults_come_and_go_while_the_device_runs(served):
    link = ("--link", str(served.link))
    host = Host(served.link)
    host.until(lambda: host.frame is not None)
    assert sim("fault", *link, "load_cell.right=stuck,7").returncode == 0
    host.until(lambda: host.frame is not None and host.frame.right.force_a_mn == 7_000)
    assert sim("fault", *link, "--clear").returncode == 0
    host.until(lambda: host.frame is not None and abs(host.frame.right.force_a_mn) < 1_000)
    assert sim("power", *link, "cycle").returncode == 0
    assert json.loads(sim("truth", *link).stdout)["boots"] == 2
    refused = sim("fault", *link, "toaster=off")
    assert refused.returncode == 2
    assert "there is load_cell" in refused.stderr
    host.port.close()
    rows = served.rows()
    noted = list(zip(rows["event_kind"].tolist(), rows["event_text"].tolist(), strict=True))
    for name in ("ntc.left-motor=stuck,30", "load_cell.right=stuck,7"):
        assert ("fault on", name) in noted
        assert ("fault off", name) in noted
    assert ("power", "cycle") in noted
    assert rows["fault_on"].max() >= 1


def test_a_replugged_cable_is_a_new_port(served):
    link = ("--link", str(served.link))
    before = served.link.lstat().st_ctime_ns
    assert sim("fault", *link, "link=replug,200").returncode == 0
    until(lambda: served.link.exists() and served.link.lstat().st_ctime_ns != before)
    host = Host(served.link)
    host.until(lambda: host.link.stats.frames > 20)
    host.port.close()


def test_a_burst_over_the_pty_arrives_whole(served):
    host = Host(served.link)
    host.until(lambda: host.link.stats.frames > 20)
    assert sim("fault", "--link", str(served.link), "link.up=delay for 1s").returncode == 0
    frames = host.link.stats.frames
    counted = host.link.stats
    host.until(lambda: counted.stale + counted.foreign + counted.frames - frames > 150)
    host.port.close()


def test_a_fault_that_does_not_exist_stops_the_start(tmp_path):
    words = [sys.executable, "-m", "simulator", "serve", "--link", str(tmp_path / "device")]
    ended = subprocess.run(
        [*words, "--fault", "toaster=off"], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
