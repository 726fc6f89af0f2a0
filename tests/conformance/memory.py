"""The device in memory, in virtual time, behind the port and the bench that the suite asks for."""

from simulator.conformance.subject import Subject
from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.plant.person_acts import ACTS

FEET = synthetic_feet(PEOPLE["adult"], SHAPE, seed=1)


class MemoryPort:
    """A device whose time passes only while somebody waits for it."""

    name = "memory"
    slack_us = 0

    def __init__(self, *, seed: int = 1) -> None:
        self.device = Device(FEET, seed=seed, auto=False)
        self.device.act("place")

    def now_us(self) -> int:
        return self.device.now_us

    def send(self, data: bytes) -> None:
        self.device.receive(data)

    def receive(self, wait_us: int) -> bytes:
        end_us = self.device.now_us + max(wait_us, 1_000)
        while self.device.now_us < end_us:
            messages = self.device.messages_until(self.device.now_us + 1_000)
            if messages:
                return b"".join(messages)
        return b""

    def close(self) -> None:
        pass


class MemoryBench:
    """The bench channel of that device."""

    def __init__(self, port: MemoryPort) -> None:
        self.port = port

    def ask(self, request: dict) -> dict:
        device = self.port.device
        match request:
            case {"do": "hello"}:
                return {
                    "ok": True,
                    "bench": 1,
                    "device_id": "podal-sim-1",
                    "can": ["truth", "person", "key"],
                    "acts": list(ACTS),
                    "faults": [],
                }
            case {"do": "truth"}:
                return {"ok": True, **self.truth()}
            case {"do": "person", "act": act}:
                return {"ok": device.act(act)}
            case {"do": "key", "on": on}:
                device.firmware._panel.bench_unlocked = on
                return {"ok": True}
            case _:
                return {"ok": False, "detail": "no such request"}

    def truth(self) -> dict:
        device = self.port.device
        machine = device.firmware.machine
        return {
            "device_us": device.now_us,
            "state": int(machine.state),
            "boots": 1,
            "motors_powered": any(head.wires.enabled for head in machine.heads),
            "relay": True,
            "beds": [
                {
                    "enabled": bed.wires.enabled,
                    "force_n": bed.force_n,
                    "load_n": bed.load_n,
                }
                for bed in device.beds
            ],
        }


def subject(port: MemoryPort | None = None, *, bench: bool = True) -> Subject:
    port = port or MemoryPort()
    return Subject(port, MemoryBench(port) if bench else None)
