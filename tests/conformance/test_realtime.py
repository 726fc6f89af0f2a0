"""The command against a device in a process of its own: a real pty and the real bench channel."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.realtime

SIM = (sys.executable, "-m", "simulator")
PATIENCE_S = 20.0


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Path]:
    """The link of a device whose person does as they are told."""
    path = tmp_path / "device"
    words = ("serve", "--link", str(path), "--person", "manual", "--seed", "1")
    with subprocess.Popen([*SIM, *words]) as process:
        give_up = time.monotonic() + PATIENCE_S
        while not path.exists() and time.monotonic() < give_up:
            time.sleep(0.02)
        yield path
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SIM, "conformance", *words], capture_output=True, text=True, timeout=100, check=False
    )


def test_what_is_asked_in_virtual_time_is_asked_over_a_real_pty(link, tmp_path):
    report = tmp_path / "report.json"
    for pattern in ("stop.*", "mask.moved", "power.anew"):
        done = ask("--port", str(link), "--quick", "--only", pattern, "--json", str(report))
        assert done.returncode == 0, done.stdout + done.stderr
        table = json.loads(report.read_text())
        assert table["failed"] == 0
        assert table["passed"] >= 1
        assert table["device"]["device_id"] == "podal-sim-1"


def test_a_device_that_never_answers_ends_in_a_sentence(tmp_path):
    master, slave = os.openpty()
    try:
        done = ask("--port", os.ttyname(slave), "--only", "stop.*")
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 3
    assert "no WELCOME within 5 s" in done.stdout


def test_a_device_that_dies_in_the_middle_ends_in_a_sentence(link):
    words = [*SIM, "conformance", "--port", str(link), "--only", "f*"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as suite:
        assert suite.stdout is not None
        first = suite.stdout.readline()
        assert first.startswith("pass"), first
        unplug = [*SIM, "cable", "unplug", "--link", str(link)]
        assert subprocess.run(unplug, check=False, timeout=PATIENCE_S).returncode == 0
        said = suite.stdout.read()
        assert suite.wait(PATIENCE_S) == 1
    assert "the device went away in" in said
