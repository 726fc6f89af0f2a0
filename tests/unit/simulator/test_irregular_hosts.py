"""A sound machine never blames its own parts, however irregular the host and restless the feet."""

import math

import numpy as np
import pytest

from firmware_bridge.messages import Ack, Acknowledge, Arm, BedTarget, DeviceState, EventKind, Trip
from simulator.device import SHAPE, Device
from simulator.plant.feet import Foot, synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.probe import Probe, target

OWN = {
    Trip.RUNAWAY,
    Trip.STALLED,
    Trip.POSITION_LOST,
    Trip.RETRACT_FAILED,
    Trip.SENSOR,
    Trip.CHANNELS_DISAGREE,
    Trip.ENTANGLED,
    Trip.SELF_TEST,
    Trip.CLOCK,
    Trip.MEMORY,
    Trip.SUPPLY,
    Trip.HUNG,
}
"""What a machine without a fault must not say of itself."""

HABITS = ("gaps", "flips", "pats", "jumps", "spins", "rolls")
ACTS = (
    "slide-right",
    "rotate-left",
    "withdraw-right",
    "place-right",
    "withdraw-left",
    "place-left",
)


def somewhere(
    source: np.random.Generator, feet: tuple[Foot, Foot], bed: int
) -> tuple[float, float]:
    """Return a place under the sole, or a little beside it."""
    sole, stance = feet[bed].sole, feet[bed].stance
    turn = math.radians(stance.axis_deg)
    along = float(source.uniform(0.06, 0.97)) * sole.build.length_mm
    across = float(source.normal(0.0, 15.0)) * stance.lateral
    x_mm = stance.heel_x_mm + along * math.sin(turn) + across * math.cos(turn)
    y_mm = stance.heel_y_mm + along * math.cos(turn) - across * math.sin(turn)
    return min(max(x_mm, 16.0), 144.0), min(max(y_mm, 1.0), 309.0)


def order(source: np.random.Generator, feet: tuple[Foot, Foot], bed: int, habit: str) -> BedTarget:
    x_mm, y_mm = somewhere(source, feet, bed)
    force_n = float(source.choice([0.0, 0.8, 3.0, 12.0, 25.0, 60.0]))
    return target(
        x_mm,
        y_mm,
        force_n=force_n,
        feed_mm_s=float(source.choice([20.0, 60.0, 200.0])),
        slew_n_s=float(source.choice([20.0, 80.0])),
    )._replace(
        spin_mrpm=int(source.choice([-45_000, 20_000, 45_000])) if habit == "spins" else 0,
        vibration_hz=int(source.choice([0, 0, 30])) if habit == "pats" else 0,
    )


def changed(source: np.random.Generator, at: BedTarget, anew: BedTarget, habit: str) -> BedTarget:
    """Return what this habit makes of an order a moment later."""
    if habit == "pats":
        return at._replace(force_mn=0 if at.force_mn else int(source.integers(800, 15_000)))
    if habit == "rolls":
        return at._replace(x_um=anew.x_um, y_um=anew.y_um, force_mn=anew.force_mn or at.force_mn)
    return anew


def again(probe: Probe) -> bool:
    """A person looks, agrees, and the same host begins anew; return whether the device lets it."""
    for act in ("place-left", "place-right"):
        probe.device.act(act)
    probe.idle(3.0)
    machine = probe.device.firmware.machine
    if probe.state == DeviceState.LATCHED:
        probe.ask(Acknowledge(machine.trip))
        probe.idle(3.0)
    probe.device.act("press-start")
    probe.idle(0.4)
    crc = probe.link.descriptor.limits_crc if probe.link.descriptor else 0
    asked = (probe.mask(0), probe.mask(1), Arm(beds=3, limits_crc=crc))
    return all(isinstance(probe.ask(message), Ack) for message in asked)


def irregular(person: str, seed: int, habit: str, seconds: float) -> list[tuple[Trip, int]]:
    """Drive a machine badly for so long; return what has tripped, and when [us]."""
    source = np.random.default_rng([seed, HABITS.index(habit)])
    feet = synthetic_feet(PEOPLE[person], SHAPE, seed=seed)
    probe = Probe(Device(feet, seed=seed))
    probe.arm()
    end_us = probe.now_us + round(seconds * 1e6)
    orders = [order(source, feet, bed, habit) for bed in (0, 1)]
    next_us = 0
    while probe.now_us < end_us:
        if probe.device.firmware.machine.state not in (DeviceState.ARMED, DeviceState.RUNNING):
            if not again(probe):
                break
            next_us = 0
        if probe.now_us >= next_us:
            anew = [order(source, feet, bed, habit) for bed in (0, 1)]
            orders = [changed(source, at, new, habit) for at, new in zip(orders, anew, strict=True)]
            least_ms, most_ms = {"pats": (60, 400), "jumps": (5, 300)}.get(habit, (300, 3000))
            next_us = probe.now_us + int(source.integers(least_ms, most_ms)) * 1000
            if source.random() < 0.04:
                probe.device.act(str(source.choice(ACTS)))
        probe.tick(probe.set_point(*orders), for_us=1_000)
        if habit == "flips":  # older than their time, then there again: press and let go in turn
            gap_ms = int(source.integers(55, 91)) if source.random() < 0.2 else 4
        elif habit == "gaps":
            gap_ms = int(source.integers(0, 91))
        else:
            gap_ms = 4
        for _ in range(gap_ms // 5):
            probe.tick()
        if gap_ms % 5:
            probe.tick(for_us=gap_ms % 5 * 1000)
    return [
        (Trip(event.value), event.device_us)
        for event in probe.events
        if event.event == EventKind.TRIP
    ]


def expect_no_blame(person: str, seed: int, habit: str, seconds: float) -> None:
    blamed = [
        (trip.name, at_us) for trip, at_us in irregular(person, seed, habit, seconds) if trip in OWN
    ]
    assert not blamed, f"{person}, seed {seed}, {habit}: {blamed}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("person", "habit"),
    [
        ("adult", "gaps"),
        ("bony-toe", "flips"),
        ("stiff", "pats"),
        ("soft", "jumps"),
        ("wet", "spins"),
        ("flat", "rolls"),
    ],
)
def test_an_irregular_host_is_not_taken_for_a_broken_machine(person, habit):
    expect_no_blame(person, 1, habit, 8.0)


@pytest.mark.slow
@pytest.mark.drawn(1, of_each=["habit"])
@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_nobody_s_feet_make_an_irregular_host_a_broken_machine(person, habit):
    for seed in (2, 3):
        expect_no_blame(person, seed, habit, 40.0)
