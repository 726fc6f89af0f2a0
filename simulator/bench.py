"""The bench channel of a device: tells the truth, acts on the person, breaks things.

Requests and answers are those of the bench annex of the protocol page; no product uses it.
"""

from collections.abc import Callable
from typing import Any, Final

from simulator.device import Device
from simulator.errors import FaultError
from simulator.faults.registry import read_faults, specs
from simulator.plant.bed import BedPlant
from simulator.plant.person_acts import ACTS

Request = dict[str, Any]
Answer = dict[str, Any]

VERSION: Final = 1
CAN: Final = ("truth", "person", "fault", "power", "key", "cable")


class Bench:
    """The channel's end in the device.

    Args:
        device: What it is about.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._does: dict[str, Callable[[Request], Answer]] = {
            "hello": self._hello,
            "truth": self._truth,
            "person": self._person,
            "fault": self._fault,
            "clear": self._clear,
            "power": self._power,
            "key": self._key,
            "cable": self._cable,
        }

    def ask(self, request: Request) -> Answer:
        """Do what `request` says and return the answer to it."""
        wanted = request.get("do")
        do = self._does.get(wanted) if isinstance(wanted, str) else None
        if do is None:
            return _refused(f"do is one of {', '.join(self._does)}")
        return do(request)

    def _hello(self, _request: Request) -> Answer:
        return {
            "ok": True,
            "bench": VERSION,
            "device_id": self._device.mcu.device_id,
            "can": list(CAN),
            "acts": list(ACTS),
            "faults": specs(),
        }

    def _truth(self, _request: Request) -> Answer:
        device = self._device
        return {
            "ok": True,
            "device_us": device.clock_us,
            "state": int(device.firmware.machine.state),
            "boots": device.boots,
            "motors_powered": any(bed.powered for bed in device.beds),
            "relay": device.power.live,
            "beds": [_bed(bed) for bed in device.beds],
            "faults_on": device.faults.on,
        }

    def _person(self, request: Request) -> Answer:
        act = request.get("act")
        if not isinstance(act, str) or not self._device.act(act):
            return _refused(f"act is one of {', '.join(ACTS)}")
        return self._done()

    def _fault(self, request: Request) -> Answer:
        spec = request.get("spec")
        if not isinstance(spec, str):
            return _refused("spec is a text such as load_cell.left=stuck for 200ms")
        try:
            self._device.break_down(read_faults(spec))
        except FaultError as error:
            return _refused(str(error))
        return self._done()

    def _clear(self, _request: Request) -> Answer:
        self._device.faults.clear(self._device.now_us)
        return self._done()

    def _power(self, request: Request) -> Answer:
        act = request.get("act")
        if not isinstance(act, str) or not self._device.switch(act):
            return _refused("act is one of on, off, cycle")
        return self._done()

    def _key(self, request: Request) -> Answer:
        on = request.get("on")
        if not isinstance(on, bool):
            return _refused("on is true or false")
        self._device.panel.bench_unlocked = on
        self._device.note("key", "on" if on else "off")
        return self._done()

    def _cable(self, request: Request) -> Answer:
        act = request.get("act")
        if act == "unplug":
            self._device.line.unplug()
        elif act == "replug":
            self._device.line.plug()
        else:
            return _refused("act is one of unplug, replug")
        self._device.note("cable", act)
        return self._done()

    def _done(self) -> Answer:
        return {"ok": True, "device_us": self._device.clock_us}


def _refused(why: str) -> Answer:
    return {"ok": False, "detail": why}


def _bed(bed: BedPlant) -> Answer:
    return {
        "enabled": bed.wires.enabled,
        "force_n": bed.force_n,
        "gap_mm": bed.gap_mm,
        "x_mm": bed.x_mm,
        "y_mm": bed.y_mm,
        "z_mm": bed.z_mm,
        "spin_rpm": bed.spin_rpm,
        "load_n": bed.load_n,
        "motor_c": bed.motor_c,
        "surface_c": bed.surface_c,
    }
