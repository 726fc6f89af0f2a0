"""`podal run`: its processes live and end together. The control process is the real one."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from api.listeners import listen
from tests.integration.api.servers import eventually

pytestmark = pytest.mark.realtime

PODAL = (sys.executable, "-m", "api")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Run:
    """One `podal run`."""

    def __init__(self, folder):
        self.port, self.stop_port = free_port(), free_port()
        self.socket = folder / "control.sock"
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*PODAL, "run", *self.options], stdout=log, stderr=log)

    @property
    def options(self):
        ports = ("--port", str(self.port), "--stop-port", str(self.stop_port))
        return (*ports, "--socket", str(self.socket))

    def says(self, words):
        return words in self.log.read_text()

    def children(self):
        """Return the process ids by sub-command."""
        found = {}
        tasks = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in tasks.read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "api" in words:  # neither a zombie nor just forked
                found[words[words.index("api") + 1]] = int(pid)
        return found

    def podal(self, *arguments):
        return subprocess.run(
            [*PODAL, *arguments], capture_output=True, text=True, timeout=30, check=False
        )


@pytest.fixture
def run(tmp_path):
    found = Run(tmp_path)
    try:
        eventually(lambda: found.says("Podal is at"))
        yield found
    finally:
        if found.process.poll() is None:
            found.process.terminate()
        found.process.wait(10)


def gone(pid):
    """Whether a process has ended (a zombie that nobody reaps has, too)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_tells_the_address_and_serves_it(run):
    assert run.says(f"http://127.0.0.1:{run.port}")
    assert set(run.children()) == {"control", "serve", "stop-lane"}
    status = run.podal("status", "--port", str(run.port), "--json")
    assert json.loads(status.stdout)["session"]["state"] == "no_device"
    assert status.returncode == 3


def test_a_massage_without_a_device_is_refused_with_its_own_exit_code(run):
    started = run.podal("start", "evening-wind-down", "--port", str(run.port))
    assert started.returncode == 3
    assert "not connected" in started.stderr


def test_there_is_no_other_machine_to_accept_without_one(run):
    ended = run.podal("device", "accept", "--port", str(run.port))
    assert ended.returncode == 1
    assert ended.stderr.strip().endswith("No other machine waits to be accepted.")


def test_there_is_nothing_to_acknowledge_without_a_fault(run):
    ended = run.podal("acknowledge", "--port", str(run.port))
    assert ended.returncode == 1
    assert "no fault" in ended.stderr


def test_a_stop_is_confirmed_by_both_ways(run):
    stopped = run.podal(
        "stop", "--json", "--port", str(run.port), "--stop-port", str(run.stop_port)
    )
    ways = json.loads(stopped.stdout)
    assert [ways[way]["confirmed"] for way in ("stop lane", "API")] == [True, True]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_everything(run, number, code):
    pids = run.children().values()
    run.process.send_signal(number)
    assert run.process.wait(10) == code
    assert all(map(gone, pids))
    assert not run.socket.exists()


def test_nothing_is_left_when_the_supervisor_is_killed(run):
    pids = run.children().values()
    run.process.kill()
    eventually(lambda: all(map(gone, pids)))


@pytest.mark.parametrize("name", ["control", "serve", "stop-lane"])
def test_a_child_that_is_killed_is_started_again(run, name):
    before = run.children()
    os.kill(before[name], signal.SIGKILL)
    eventually(lambda: run.children().get(name, before[name]) != before[name])
    eventually(lambda: run.podal("status", "--port", str(run.port)).returncode == 3)
    after = run.children()
    assert {other: pid for other, pid in after.items() if other != name} == {
        other: pid for other, pid in before.items() if other != name
    }


@pytest.mark.parametrize("option", ["--port", "--stop-port"])
def test_a_port_that_is_taken_is_one_clear_sentence(tmp_path, option):
    with listen("127.0.0.1", 0, option=option) as taken:
        ports = {"--port": free_port(), "--stop-port": free_port()}
        ports[option] = taken.getsockname()[1]
        words = [str(word) for pair in ports.items() for word in pair]
        ended = subprocess.run(
            [*PODAL, "run", *words, "--socket", str(tmp_path / "c.sock")],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    (sentence,) = ended.stderr.splitlines()
    assert str(ports[option]) in sentence
    assert option in sentence
    assert ended.stdout == ""
    assert not (tmp_path / "c.sock").exists()


def test_a_second_run_on_the_same_socket_is_refused(run):
    ports = ("--port", str(free_port()), "--stop-port", str(free_port()))
    second = run.podal("run", *ports, "--socket", str(run.socket))
    assert second.returncode == 1
    assert str(run.socket) in second.stderr
    assert run.podal("status", "--port", str(run.port)).returncode == 3


def test_a_device_that_does_not_exist_is_one_clear_sentence(tmp_path):
    ended = subprocess.run(
        [*PODAL, "run", "--device", str(tmp_path / "nothing"), "--port", str(free_port())],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 3
    (sentence,) = ended.stderr.splitlines()
    assert str(tmp_path / "nothing") in sentence


def test_a_device_that_is_no_serial_port_is_waited_for(tmp_path):
    device = tmp_path / "not-a-tty"
    device.touch()
    port, stop_port = str(free_port()), str(free_port())
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*PODAL, "run", "--device", str(device), "--port", port, "--stop-port", stop_port,
             "--socket", str(tmp_path / "c.sock")],
            stdout=out,
            stderr=out,
        )  # fmt: skip
    try:
        eventually(lambda: "Podal is at" in log.read_text())
        assert str(device) in log.read_text()
    finally:
        process.terminate()
        assert process.wait(10) == 0


def test_the_api_process_never_loads_numpy():
    check = "import api.commands.serve, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_the_stop_lane_is_made_of_the_standard_library():
    heavy = "{'numpy', 'fastapi', 'uvicorn', 'pydantic', 'asyncio', 'starlette'}"
    check = f"import api.stop_lane, sys; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_help_loads_no_command():
    check = (
        "import sys, api.cli; api.cli.podal.main(['--help'], standalone_mode=False);"
        "sys.exit(any(m.startswith(('api.commands.', 'numpy', 'fastapi', 'controller'))"
        " for m in sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", check], capture_output=True, check=False)
    assert ended.returncode == 0, ended
