"""The whole simulated device in integer time: bytes and the time in, bytes out.

The same object runs behind a pty in real time and in memory as fast as it can.
"""

from collections.abc import Iterable
from typing import Final

from simulator.faults.build import Parts
from simulator.faults.grammar import Fault
from simulator.faults.line import Line
from simulator.faults.registry import read_faults
from simulator.faults.schedule import Schedule
from simulator.firmware.firmware import Firmware
from simulator.firmware.identity import DESCRIPTOR
from simulator.firmware.nvram import Nvram
from simulator.microcontroller import Microcontroller
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
        faults: What breaks, and when, as text.

    Raises:
        FaultError: This machine cannot have one of the faults.

    Attributes:
        person: Told what to do by `person.act(name, now_us)`.
        mcu: The microcontroller.
        line: The cable to the host.
        faults: What breaks, and when.
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
        faults: str = "",
    ) -> None:
        wires = (HeadWires(), HeadWires())
        panel = PanelWires()
        nonces = generator(seed, 0)
        self.panel = panel
        self.nvram = Nvram()
        self.power = PanelPlant(panel, seed=seed)
        self.mcu = Microcontroller(
            wires, self.power, lambda: int(nonces.integers(1, 1 << 32)), self.nvram
        )
        self.mcu.on_reset = self._write_journal
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
        self.line = Line(seed=seed)
        self.faults = Schedule(
            Parts(
                beds=self.beds,
                power=self.power,
                mcu=self.mcu,
                person=self.person,
                line=self.line,
                top=DESCRIPTOR.matrix.full_scale_counts,
                seed=seed,
            )
        )
        self._tick = 0
        self.scene = Scene(feet, self.beds, self.matrices, self.person, SHAPE)
        self.break_down(read_faults(faults) if faults else ())

    @property
    def firmware(self) -> Firmware:
        """What runs in the microcontroller; tests look into it, the plant does not."""
        return self.mcu.firmware

    @property
    def now_us(self) -> int:
        """Time since the machine was made; the microcontroller's clock begins with each reset."""
        return self._tick * STEP_US

    @property
    def clock_us(self) -> int:
        """What the microcontroller's clock says, as in its frames."""
        return self.now_us + self.mcu.ahead_us

    @property
    def boots(self) -> int:
        """Power-ons and resets."""
        return self.mcu.boots

    def receive(self, data: bytes) -> None:
        """Give the device bytes from the host, at the present time."""
        self.mcu.receive(self.line.to_device(data, self.now_us))

    def act(self, name: str) -> bool:
        """Tell the person to do something now; False for an act that is not known."""
        return self.person.act(name, self.now_us)

    def break_down(self, faults: Iterable[Fault]) -> None:
        """Take faults: those without a time begin now.

        Raises:
            FaultError: This machine cannot have one of them; then none is taken.
        """
        self.faults.add(faults, self.now_us)
        if self.trace is not None:
            self.trace.name_faults(self.faults.taken)

    def switch(self, act: str) -> bool:
        """Switch the mains "on" or "off", or "cycle"; False for anything else."""
        match act:
            case "off":
                self.power.mains = False
            case "on":
                self.power.mains = True
            case "cycle":
                self.power.mains = True
                self.mcu.dead = False
                self.mcu.restart(self.now_us)
            case _:
                return False
        self.note("power", act)
        return True

    def note(self, kind: str, text: str) -> None:
        """Write down what somebody did to the machine."""
        if self.trace is not None:
            self.trace.note(self.now_us, kind, text)

    def advance_to(self, now_us: int) -> bytes:
        """Run until `now_us`; return all bytes that reach the host."""
        return self.line.to_host(self.messages_until(now_us), self.now_us)

    def messages_until(self, now_us: int) -> list[bytes]:
        """Run until `now_us`; return what goes into the cable, whole messages, oldest first."""
        faults = self.faults
        down, power, mcu = self.line.down, self.power, self.mcu
        end = now_us // STEP_US
        while self._tick < end:
            stop = end
            if faults.due_us <= now_us:
                if faults.due_us <= self.now_us:
                    faults.turn(self.now_us)
                stop = min(end, -(-faults.due_us // STEP_US))
            # Nothing but a fault makes the microcontroller hang or run late.
            if faults.on or down.busy or mcu.dead or not power.mains:
                self._run_broken(stop)
            else:
                self._run(stop)
        self._write_journal()
        return self.mcu.firmware.take_messages()

    def _run(self, end: int) -> None:
        """Run while everything works; the innermost loop of every run."""
        firmware_step = self.mcu.firmware.step
        ahead_us = self.mcu.ahead_us
        left, right = self.beds
        power = self.power
        power_step, left_step, right_step = power.step, left.step, right.step
        trace = self.trace
        tick = self._tick
        while tick < end:
            tick += 1
            firmware_step(tick * STEP_US + ahead_us)
            power_step()
            left_step()
            right_step()
            if trace is not None:
                trace.record(tick * STEP_US, ahead_us, self.mcu.firmware, self.beds, 0)
            if tick % SCAN_STEPS == 0:
                self._tick = tick
                counts = self._scan(tick * STEP_US)
                self._count_saturated(counts)
                self.mcu.firmware.scan(tick * STEP_US + ahead_us, counts)
                if power.reset is not None:
                    self.mcu.look_after(tick * STEP_US)
                    return
        self._tick = tick

    def _run_broken(self, end: int) -> None:
        """Run while something is broken; nothing here is in a hurry."""
        faults, mcu, power = self.faults, self.mcu, self.power
        left, right = self.beds
        while self._tick < end:
            self._tick += 1
            now_us = self._tick * STEP_US
            mcu.step(now_us)
            faults.before(now_us)
            power.step()
            left.step()
            right.step()
            if self.trace is not None:
                self.trace.record(now_us, mcu.ahead_us, mcu.firmware, self.beds, faults.on)
            counts = self._scan(now_us) if self._tick % SCAN_STEPS == 0 else None
            faults.after(now_us)
            if counts is not None:
                said = faults.scan(counts, now_us)
                self._count_saturated(said)
                mcu.scan(now_us, said)
            if power.reset is not None:
                mcu.look_after(now_us)
            if self.line.down.busy and self.line.plugged:
                mcu.receive(self.line.down.carry([], now_us))
            if mcu.well and power.mains and not faults.on and not self.line.down.busy:
                return

    def _write_journal(self) -> None:
        journal, person, faults = (
            self.mcu.firmware.journal,
            self.person.journal,
            self.faults.journal,
        )
        if not (journal or person or faults):
            return
        if self.trace is not None:
            for happening in journal:
                self.trace.note_happening(happening, self.mcu.ahead_us)
            for t_us, act in person:
                self.trace.note(t_us, "person", act)
            for t_us, turned, name in faults:
                self.trace.note(t_us, f"fault {turned}", name)
        journal.clear()
        person.clear()
        faults.clear()

    def _scan(self, now_us: int) -> Counts:
        """Return what the taxels say."""
        self.power.scan()
        self.scene.advance(now_us)
        return self.scene.scan()

    def _count_saturated(self, counts: Counts) -> None:
        """Note for the record what the host is told, broken or not."""
        if self.trace is None:
            return
        for bed, plant in enumerate(self.beds):
            plant.saturated = int((counts[bed] >= DESCRIPTOR.matrix.full_scale_counts).sum())
