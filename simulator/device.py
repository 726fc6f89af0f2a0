"""The whole simulated device in integer time: bytes and the time in, bytes out.

The same object runs behind a pty in real time and in memory as fast as it can.
"""

from typing import Final

from simulator.firmware.firmware import Firmware
from simulator.firmware.identity import DESCRIPTOR
from simulator.firmware.nvram import Nvram
from simulator.plant.bed import BedPlant
from simulator.plant.chance import generator
from simulator.plant.feet import Foot
from simulator.plant.footprint import MatrixShape
from simulator.plant.matrix import Counts, Matrices
from simulator.plant.panel import PanelPlant
from simulator.plant.person import Person
from simulator.plant.scene import Scene
from simulator.trace import Trace
from simulator.wires import HeadWires, PanelWires

STEP_US: Final = 1_000
SCAN_STEPS: Final = 1_000 // DESCRIPTOR.rate_hz
SHAPE: Final = MatrixShape(
    rows=DESCRIPTOR.matrix.rows,
    cols=DESCRIPTOR.matrix.cols,
    pitch_x_mm=DESCRIPTOR.matrix.pitch_x_um / 1000.0,
    pitch_y_mm=DESCRIPTOR.matrix.pitch_y_um / 1000.0,
)


class Device:
    """Firmware, machine, feet and person.

    Args:
        feet: Left and right foot.
        seed: Of all chance in it; the same seed and the same calls give the same bytes.
        auto: The person acts by themselves.
        trace: Where the truth is written, a row a millisecond; None writes none.

    Attributes:
        person: Told what to do by `person.act(name, now_us)`.
        firmware: The microcontroller; tests look into it, the plant does not.
        panel: Buttons, key switch and supply.
        nvram: What the microcontroller keeps without power.
        power: Plant truth of supply, relay and hardware watchdog.
        beds: Plant truth of both beds.
        matrices: Plant truth of what the taxels feel.
        scene: What stands on the beds.
    """

    def __init__(
        self,
        feet: tuple[Foot, Foot],
        *,
        seed: int = 0,
        auto: bool = True,
        trace: Trace | None = None,
    ) -> None:
        wires = (HeadWires(), HeadWires())
        panel = PanelWires()
        nonces = generator(seed, 0)
        self.panel = panel
        self.nvram = Nvram()
        self.firmware = Firmware(wires, panel, lambda: int(nonces.integers(1, 1 << 32)), self.nvram)
        self.power = PanelPlant(panel, seed=seed)
        self.beds = (
            BedPlant(wires[0], self.power, seed=seed, bed=0),
            BedPlant(wires[1], self.power, seed=seed, bed=1),
        )
        self.person = Person(panel, auto=auto, seed=seed)
        self.trace = trace
        self.matrices = Matrices(
            SHAPE,
            pa_per_count=DESCRIPTOR.matrix.pa_per_count,
            zero_counts=DESCRIPTOR.matrix.zero_counts,
            full_scale_counts=DESCRIPTOR.matrix.full_scale_counts,
            seed=seed,
        )
        self._tick = 0
        self.scene = Scene(feet, self.beds, self.matrices, self.person, SHAPE)

    @property
    def now_us(self) -> int:
        """Time since power-on."""
        return self._tick * STEP_US

    def receive(self, data: bytes) -> None:
        """Give the device bytes from the host, at the present time."""
        self.firmware.receive(data)

    def act(self, name: str) -> bool:
        """Tell the person to do something now; False for an act that is not known."""
        return self.person.act(name, self.now_us)

    def advance_to(self, now_us: int) -> bytes:
        """Run until `now_us`; return all bytes to the host."""
        return b"".join(self.messages_until(now_us))

    def messages_until(self, now_us: int) -> list[bytes]:
        """Run until `now_us`; return the messages to the host, whole ones, oldest first."""
        firmware_step = self.firmware.step
        left, right = self.beds
        power_step, left_step, right_step = self.power.step, left.step, right.step
        trace = self.trace
        tick = self._tick
        end = now_us // STEP_US
        while tick < end:
            tick += 1
            firmware_step(tick * STEP_US)
            power_step()
            left_step()
            right_step()
            if trace is not None:
                trace.record(tick * STEP_US, self.firmware, self.beds)
            if tick % SCAN_STEPS == 0:
                self._tick = tick
                self._scan(tick * STEP_US)
        self._tick = tick
        self._write_journal()
        return self.firmware.take_messages()

    def _write_journal(self) -> None:
        firmware, person = self.firmware.journal, self.person.journal
        if self.trace is not None:
            for happening in firmware:
                self.trace.note_happening(happening)
            for t_us, act in person:
                self.trace.note(t_us, "person", act)
        if firmware or person:
            firmware.clear()
            person.clear()

    def _scan(self, now_us: int) -> None:
        self.power.scan()
        self.scene.advance(now_us)
        counts = self.scene.scan()
        if self.trace is not None:
            self._count_saturated(counts)
        self.firmware.scan(now_us, counts)

    def _count_saturated(self, counts: Counts) -> None:
        for bed, plant in enumerate(self.beds):
            plant.saturated = int((counts[bed] >= DESCRIPTOR.matrix.full_scale_counts).sum())
