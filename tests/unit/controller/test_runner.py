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
