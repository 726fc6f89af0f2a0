"""The machine Podal works with is still the known one after Podal was started anew."""

import json
import signal
import subprocess
import sys

import pytest

from tests.integration.stack import FACES, Stack

pytestmark = pytest.mark.realtime

OWN, OTHER = "podal-sim-1", "podal-sim-2"


class Home(Stack):
    """A stack with a home of its own, whose Podal can end and come back."""

    def __init__(self, folder):
        self.file = folder / "state" / "podal" / "known-device.json"
        super().__init__(folder)

    def end_podal(self):
        self.product.send_signal(signal.SIGTERM)
        assert self.product.wait(15) == 0

    def start_podal(self, *options):
        self.product = self._start(
            *FACES, "run", "--device", self.link, "--socket", self.socket,
            "--port", self.port, "--stop-port", self.stop_port, *options,
        )  # fmt: skip

    def podal(self, *words):
        return _ran("api", *words, "--port", str(self.port))

    def plug_other(self):
        """Put another machine behind the link."""
        before_ns = self._linked_ns()
        self._fault("link=other")
        self.until(lambda: self._linked_ns() not in (0, before_ns), "a new port")

    def plug_own(self):
        """Put the own machine behind the link again."""
        self._fault("--clear")

    def _fault(self, word):
        done = _ran("simulator", "fault", "--link", str(self.link), word)
        assert done.returncode == 0, done.stderr

    def _linked_ns(self):
        """When the link to the port was made; 0 while the cable is out."""
        try:
            return self.link.lstat().st_ctime_ns
        except FileNotFoundError:
            return 0

    def device_id(self):
        return (self.status().get("device") or {}).get("id")

    def strangers(self):
        """The ids of the machines that wait for a person's word."""
        alarms = self.status().get("alarms", [])
        return [alarm["device_id"] for alarm in alarms if alarm["code"] == "other_device"]

    def works_with(self, wanted):
        self.until(lambda: self.device_id() == wanted, f"work with {wanted}")
        assert self.strangers() == []

    def waits_for_word(self, wanted):
        self.until(lambda: self.strangers() == [wanted], f"question about {wanted}")
        assert self.device_id() is None

    def remembers(self, wanted):
        def said():
            return self.file.exists() and json.loads(self.file.read_text())["device_id"] == wanted

        self.until(said, f"file that names {wanted}")


def _ran(module, *words):
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = Home(tmp_path)
    try:
        yield found
    finally:
        found.end()


def test_another_machine_is_refused_after_a_restart_until_a_person_accepts_it(home):
    home.works_with(OWN)
    home.remembers(OWN)
    home.end_podal()
    home.plug_other()
    home.start_podal()
    home.waits_for_word(OTHER)
    refused = home.http("POST", "/api/v1/session", {"routine": "evening-wind-down"})
    assert refused[0] == 503
    assert refused[1]["code"] == "no_device"
    told = home.podal("status").stdout
    assert OTHER in told
    assert "podal device accept" in told

    assert home.podal("device", "accept", OWN).returncode == 1
    assert home.podal("device", "accept", OTHER).returncode == 0
    home.works_with(OTHER)
    home.remembers(OTHER)
    home.end_podal()
    home.start_podal()
    home.works_with(OTHER)
    home.plug_own()
    home.waits_for_word(OWN)  # now the first one is the stranger


def test_a_control_process_that_was_killed_still_knows_its_machine(home):
    home.works_with(OWN)
    home.remembers(OWN)
    home.plug_other()
    home.waits_for_word(OTHER)
    killed = home.kill("control")
    home.until(lambda: home.child("control") not in (0, killed), "a new control process")
    home.until(lambda: home.strangers() == [], "its first word")
    home.waits_for_word(OTHER)
    home.plug_own()
    home.works_with(OWN)


def test_a_damaged_memory_is_told_and_the_next_machine_is_the_first_one(home):
    home.works_with(OWN)
    home.remembers(OWN)
    home.end_podal()
    home.file.write_bytes(home.file.read_bytes()[:-20])
    home.start_podal()
    home.works_with(OWN)
    assert f"{home.file} cannot be used" in home.says()
    home.remembers(OWN)


def test_a_memory_that_cannot_be_written_is_told_and_podal_works(home, tmp_path):
    home.works_with(OWN)
    home.end_podal()
    (tmp_path / "file").touch()
    home.start_podal("--state", tmp_path / "file" / "below")
    home.works_with(OWN)
    home.until(lambda: "the machine is not remembered" in home.says(), "a word about it")
