"""What the status says of a port behind which no good device is."""

import itertools

import numpy as np

from controller.runner import SILENT_US, Runner
from controller.settings import default_settings
from tests.samples import DESCRIPTOR
from tests.unit.firmware_bridge.test_link import ScriptedDevice


def codes(runner: Runner) -> list[str]:
    return [alarm["code"] for alarm in runner.status()["alarms"]]


def fresh() -> Runner:
    runner = Runner(default_settings(), itertools.count(1).__next__, "test")
    runner.port_opened(0)
    return runner


def test_a_port_that_speaks_nothing_or_garbage_is_named():
    rng = np.random.default_rng(1)
    for noise in (0, 500):
        runner = fresh()
        for now_us in range(0, SILENT_US + 10_000, 10_000):
            runner.turn(rng.bytes(noise), now_us)
            assert codes(runner) == []
        runner.turn(b"", SILENT_US + 10_000)
        assert codes(runner) == ["device_silent"]
        assert runner.status()["session"]["state"] == "no_device"


def test_an_over_generous_device_is_refused_and_named_and_nothing_is_asked_of_it():
    limits = {**DESCRIPTOR["limits"], "bed_ceiling": [{"y_um": 0, "force_mn": 61_000}]}
    device, runner = ScriptedDevice({**DESCRIPTOR, "limits": limits}), fresh()
    said = b""
    for now_us in range(0, 6_000_000, 10_000):
        said = runner.turn(device.answer(said), now_us).out
    assert codes(runner) == ["device_refused"]
    assert "61000 mN is above the compiled ceiling" in runner.status()["alarms"][0]["detail"]
    assert {type(message).__name__ for _, message in device.heard} == {"Hello", "Describe"}


def talked(runner: Runner, device: ScriptedDevice, from_us: int, seconds: float) -> int:
    """Both talk for so long, a frame every 5 ms; returns the time."""
    said = b""
    for now_us in range(from_us, from_us + round(seconds * 1e6), 5_000):
        data = device.answer(said)
        said = runner.turn(data + device.frame(), now_us).out
    return from_us + round(seconds * 1e6)


def replugged(runner: Runner, now_us: int) -> None:
    runner.port_lost()
    runner.port_opened(now_us)


def device_called(device_id: str, boot_nonce: int) -> ScriptedDevice:
    return ScriptedDevice(
        {**DESCRIPTOR, "device_id": device_id}, nonce=boot_nonce, boot_nonce=boot_nonce
    )


def test_the_same_device_after_a_power_cycle_is_worked_with_anew():
    runner = fresh()
    now_us = talked(runner, device_called("one", 5), 0, 0.5)
    assert runner.status()["device"]["id"] == "one"
    replugged(runner, now_us)
    assert runner.status()["device"]["id"] is None
    talked(runner, device_called("one", 6), now_us, 0.5)
    assert runner.status()["device"]["id"] == "one"
    assert runner.link.boot_nonce == 6
    assert runner.status()["link"]["reconnects"] == 1


def test_another_device_is_refused_until_a_person_accepts_this_very_one():
    runner = fresh()
    now_us = talked(runner, device_called("one", 5), 0, 0.5)
    replugged(runner, now_us)
    other = device_called("two", 6)
    now_us = talked(runner, other, now_us, 3.0)
    assert codes(runner) == ["other_device"]
    (alarm,) = runner.status()["alarms"]
    assert alarm["device_id"] == "two"
    assert runner.status()["device"]["id"] is None
    assert runner.settings.machine is None
    assert {type(message).__name__ for _, message in other.heard} == {"Hello", "Describe"}
    assert runner.accept_device("three") == "no_other_device"
    assert codes(runner) == ["other_device"]
    assert runner.accept_device("two") == "ok"
    now_us = talked(runner, other, now_us, 0.5)
    assert codes(runner) == []
    assert runner.status()["device"]["id"] == "two"
    assert runner.accept_device("two") == "no_other_device"
    replugged(runner, now_us)
    talked(runner, device_called("one", 7), now_us, 0.5)
    assert codes(runner) == ["other_device"]  # now the first one is the stranger


def test_a_device_that_was_never_worked_with_is_not_the_known_one():
    limits = {**DESCRIPTOR["limits"], "bed_ceiling": [{"y_um": 0, "force_mn": 61_000}]}
    runner = fresh()
    now_us = talked(runner, ScriptedDevice({**DESCRIPTOR, "limits": limits}), 0, 0.5)
    assert codes(runner) == ["device_refused"]
    replugged(runner, now_us)
    talked(runner, device_called("two", 6), now_us, 0.5)
    assert codes(runner) == []


def test_a_device_with_a_bad_clock_is_named_and_not_worked_with():
    runner, device = fresh(), device_called("one", 5)
    now_us = talked(runner, device, 0, 0.5)
    device.device_us += 2_000_000
    talked(runner, device, now_us, 0.1)
    assert codes(runner) == ["device_clock"]
    assert runner.settings.machine is None
    assert runner.status()["session"]["state"] == "no_device"
