"""The device in memory, in virtual time, behind the port and the bench that the suite asks for."""

from simulator.bench import Bench
from simulator.conformance.subject import Subject
from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE

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


def subject(port: MemoryPort | None = None, *, bench: bool = True) -> Subject:
    port = port or MemoryPort()
    return Subject(port, Bench(port.device) if bench else None)
