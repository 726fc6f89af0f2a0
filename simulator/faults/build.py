"""From a fault by name to its effects on the parts of one machine."""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.faults.board import MainsFault, McuFault, MemoryFault, OtherDevice, PersonFault
from simulator.faults.drives import OrderFault, TangleFault, TroubleFault, late
from simulator.faults.effect import Effect
from simulator.faults.grammar import Fault
from simulator.faults.line import Line, PlugFault, WireFault
from simulator.faults.registry import BEDS, OBJECTS, PERSON_ALL, PERSON_BED, SENSORS, selected
from simulator.faults.sensors import WireEffect, sensor_change, switch_change
from simulator.faults.taxels import TaxelFault
from simulator.microcontroller import Microcontroller
from simulator.plant.bed import BedPlant, Trouble
from simulator.plant.chance import generator
from simulator.plant.panel import PanelPlant
from simulator.plant.person import Person

_SENSOR: Final = {sensor.component: sensor for sensor in SENSORS}
_BED_WIRE: Final = {
    "load_cell": "force_a_n",
    "press_current": "press_ma",
    "spin_current": "spin_mnm",
}
_PANEL_WIRE: Final = {"oscillator": "clock2_us", "converter": "conversions"}
_TROUBLE: Final = {
    ("x", "off"): Trouble.X_DEAD,
    ("y", "off"): Trouble.Y_DEAD,
    ("z", "off"): Trouble.PRESS_DEAD,
    ("spin", "off"): Trouble.SPIN_DEAD,
    ("x", "intermittent"): Trouble.X_DEAD,
    ("y", "intermittent"): Trouble.Y_DEAD,
    ("z", "intermittent"): Trouble.PRESS_DEAD,
    ("x", "stuck"): Trouble.X_JAMMED,
    ("y", "stuck"): Trouble.Y_JAMMED,
    ("z", "stuck"): Trouble.PRESS_JAMMED,
    ("spin", "stuck"): Trouble.SPIN_JAMMED,
    ("z", "garbage"): Trouble.PRESS_RUNAWAY,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """What faults act upon.

    Attributes:
        beds: Left and right.
        power: Supply, relay and hardware watchdog.
        mcu: The microcontroller.
        person: Who sits there.
        line: The cable.
        top: Most that a taxel's converter says.
        seed: Of all chance in faults.
    """

    beds: tuple[BedPlant, BedPlant]
    power: PanelPlant
    mcu: Microcontroller
    person: Person
    line: Line
    top: int
    seed: int


def effects_of(fault: Fault, parts: Parts) -> list[Effect]:
    """Return what a fault of the registry does, one effect for each instance.

    Args:
        fault: Checked, with its value.
        parts: Of the machine.
    """
    return [_effect(fault._replace(instance=name), parts) for name in selected(fault)]


def _effect(fault: Fault, parts: Parts) -> Effect:
    source = generator(parts.seed, 9, zlib.crc32(fault.name.encode()))
    if fault.component in _SENSOR:
        return _sensor(fault, parts, source)
    match fault.component:
        case "flag" | "button":
            return _switch(fault, parts, source)
        case "motor" | "bridge" | "relay" | "spin":
            return _drive(fault, parts, source)
        case "supply" | "mcu":
            return _board(fault, parts, source)
        case "taxels":
            return TaxelFault(fault.instance, fault.kind, fault.value, parts.top, source)
        case "link":
            return _link(fault, parts)
        case _:
            return _person(fault, parts)


def _number(fault: Fault) -> float:
    return fault.value.number if fault.value is not None else 0.0


def _wire_of(fault: Fault, parts: Parts) -> tuple[object, str]:
    """Return the signals and the name of the signal behind a sensor."""
    if fault.component in _PANEL_WIRE:
        return parts.power.wires, _PANEL_WIRE[fault.component]
    bed, _, part = fault.instance.partition("-")
    wires = parts.beds[BEDS.index(bed)].wires
    match fault.component:
        case "encoder":
            return wires, f"{part}_mm"
        case "ntc":
            return wires, f"{part}_c"
        case _:
            return wires, _BED_WIRE[fault.component]


def _sensor(fault: Fault, parts: Parts, source: np.random.Generator) -> Effect:
    wires, name = _wire_of(fault, parts)
    sensor = _SENSOR[fault.component]
    now = getattr(wires, name)
    return WireEffect(wires, name, sensor_change(sensor, fault.kind, fault.value, now, source))


def _switch(fault: Fault, parts: Parts, source: np.random.Generator) -> Effect:
    wires: object
    if fault.component == "button":
        wires, name, held = parts.power.wires, f"{fault.instance}_pressed", True
    else:
        bed, _, axis = fault.instance.partition("-")
        wires, name, held = parts.beds[BEDS.index(bed)].wires, f"{axis}_flag", None
    part = _number(fault)
    now = getattr(wires, name)
    change = switch_change(fault.kind, now, off=False, stuck=held, part=part, source=source)
    return WireEffect(wires, name, change)


def _drive(fault: Fault, parts: Parts, source: np.random.Generator) -> Effect:
    if fault.component == "relay":
        closed = fault.kind == "stuck"
        return OrderFault(parts.power.wires, "relay", lambda _ordered: closed)
    name, _, axis = fault.instance.partition("-")
    bed = parts.beds[BEDS.index(name)]
    number = _number(fault)
    if fault.component == "spin":
        return TangleFault(bed, number)
    if fault.component == "bridge":
        if fault.kind == "stuck":
            return TroubleFault(bed, Trouble.BRIDGE_STUCK, 1.0, source)
        return OrderFault(bed.wires, "enabled", lambda _ordered: False)
    trouble = _TROUBLE.get((axis, fault.kind))
    if trouble is not None:
        return TroubleFault(bed, trouble, number if fault.kind == "intermittent" else 1.0, source)
    order = f"{axis}_speed_mm_s"
    if fault.kind == "delayed":
        return OrderFault(bed.wires, order, late(int(number)))
    return OrderFault(bed.wires, order, lambda ordered: ordered * number)


def _board(fault: Fault, parts: Parts, source: np.random.Generator) -> Effect:
    number = _number(fault)
    if fault.component == "mcu":
        if fault.kind == "garbage":
            return MemoryFault(parts.mcu, int(number), source)
        return McuFault(parts.mcu, fault.kind, number)
    if fault.kind == "wrong":
        return WireEffect(parts.power.wires, "supply_v", lambda _true, _us: number)
    return MainsFault(parts.power, number)


def _link(fault: Fault, parts: Parts) -> Effect:
    line, number = parts.line, _number(fault)
    match fault.kind:
        case "unplug" | "replug":
            return PlugFault(line, number)
        case "other":
            return OtherDevice(line, parts.mcu)
        case _:
            wire = line.up if fault.instance == "up" else line.down
            return WireFault(wire, fault.kind, number)


def _person(fault: Fault, parts: Parts) -> Effect:
    act = PERSON_BED[fault.kind] if fault.kind in PERSON_BED else PERSON_ALL[fault.kind]
    word = OBJECTS[fault.value.word] if fault.value is not None else ""
    begin, end = (text.format(bed=fault.instance, word=word) for text in (act.begin, act.end))
    return PersonFault(parts.person, begin, end)
