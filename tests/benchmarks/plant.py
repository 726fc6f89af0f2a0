"""The simulated device alone, both heads pressing, beside MuJoCo's step of a comparable body.

Ours: plant, matrix and firmware of both beds, over bytes, without the controller. A host of twenty
lines rolls both heads to and fro at 8 N. CPU seconds, so that neighbours do not count.

MuJoCo's: two beds, each a carriage (two slides), a press axis (slide), a head (a sphere of 20 mm on
a hinge that spins) with velocity and force actuators, pressing a foot (a box on an ankle hinge with
a spring) through a soft contact of 6 N/mm with friction; 10 degrees of freedom, 2 contacts, 1 ms
steps, implicit-fast integrator, orders set from Python each step as a controller would. It has no
firmware, no sensors with errors, no pressure matrix and no memory of the tissue; we have no rigid
body dynamics in three dimensions. So it is a scale, not a race.
"""

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from firmware_bridge.codec import decode_down
from firmware_bridge.framing import DownDecoder
from firmware_bridge.messages import BedTarget, Mask, SetPoint
from simulator.device import SHAPE
from tests.benchmarks.entry import Entry
from tests.loop.bench import Bench

PRESS_N: Final = 8.0
FEED_MM_S: Final = 40.0
SLICE_S: Final = 4.0
ROUNDS: Final = 5
SETTLE_S: Final = 4.0
FRAME_US: Final = 5_000

BODY: Final = """
<mujoco>
  <option timestep="0.001" integrator="implicitfast" gravity="0 0 -9.81"/>
  <default><geom condim="4" friction="0.6 0.01 0.001"/></default>
  <worldbody>{beds}</worldbody>
  <actuator>{drives}</actuator>
</mujoco>"""
BED: Final = """
  <body name="carriage{n}" pos="{x} 0 0">
    <joint name="x{n}" type="slide" axis="1 0 0" damping="5"/>
    <geom type="box" size=".02 .02 .01" mass="0.5" contype="0" conaffinity="0"/>
    <body><joint name="y{n}" type="slide" axis="0 1 0" damping="5"/>
      <geom type="box" size=".02 .02 .01" mass="0.5" contype="0" conaffinity="0"/>
      <body><joint name="z{n}" type="slide" axis="0 0 1" damping="20" frictionloss="0.5"/>
        <geom type="cylinder" size=".01 .02" mass="0.3" contype="0" conaffinity="0"/>
        <body pos="0 0 0.03"><joint name="spin{n}" type="hinge" axis="1 0 0" damping="0.01"/>
          <geom name="head{n}" type="sphere" size=".02" mass="0.2" solref="-6000 -60"/>
        </body></body></body></body>
  <body pos="{x} -0.1 0.07">
    <joint name="ankle{n}" type="hinge" axis="1 0 0" stiffness="40" damping="2"/>
    <geom type="box" pos="0 0.1 0" size=".05 .13 .015" mass="1.2" solref="-6000 -60"/>
  </body>"""
DRIVES: Final = """
  <velocity joint="x{n}" kv="200"/><velocity joint="y{n}" kv="200"/>
  <motor joint="z{n}"/><velocity joint="spin{n}" kv="0.1"/>"""


class Rolling:
    """A device whose both heads roll to and fro under load, and its host."""

    def __init__(self) -> None:
        self._masks: dict[int, Mask] = {}
        bench = Bench(trace=False)
        decoder = DownDecoder()

        def note(data: bytes) -> bytes:
            for payload in decoder.feed(data):
                message = decode_down(payload)[1]
                if isinstance(message, Mask):
                    self._masks[message.head.bed] = message
            return data

        bench.rehearsal.wire_down = note
        bench.start()
        self.device = bench.device
        self._link = bench.rehearsal.runner.link
        self._host_us = bench.device.now_us + 1_000_000_000_000
        self._ways = [self._way(bed) for bed in (0, 1)]
        self.both_ms = self.all_ms = 0
        self.run(SETTLE_S)
        self.both_ms = self.all_ms = 0

    def _way(self, bed: int) -> tuple[float, float, float]:
        """Return x and the ends in y of the longest column where so much may be pressed."""
        allowed = self._masks[bed].limits_mn >= PRESS_N * 1000
        longest = (0, 0, 0)
        for col in range(SHAPE.cols):
            start = None
            for row in [*range(SHAPE.rows), None]:
                if row is not None and allowed[row, col]:
                    start = row if start is None else start
                elif start is not None:
                    end = SHAPE.rows if row is None else row
                    longest = max(longest, (end - start, start, col))
                    start = None
        rows, start, col = longest
        margin = 2
        top_mm = (SHAPE.rows - start - margin) * SHAPE.pitch_y_mm
        bottom_mm = (SHAPE.rows - start - rows + margin) * SHAPE.pitch_y_mm
        return (col + 0.5) * SHAPE.pitch_x_mm, bottom_mm, top_mm

    def _target(self, bed: int) -> BedTarget:
        x_mm, low_mm, high_mm = self._ways[bed]
        way_mm = high_mm - low_mm
        at_mm = self.device.now_us / 1e6 * FEED_MM_S % (2.0 * way_mm)
        y_mm = low_mm + (at_mm if at_mm < way_mm else 2.0 * way_mm - at_mm)
        force_mn = round(PRESS_N * 1000)
        return BedTarget(
            round(x_mm * 1000),
            round(y_mm * 1000),
            80_000,
            force_mn,
            15_000,
            10_000,
            0,
            25_000,
            0,
            0,
        )

    def run(self, seconds: float) -> float:
        """Go on for so long; return the CPU seconds that the device took."""
        taken_s = 0.0
        device = self.device
        end_us = device.now_us + round(seconds * 1e6)
        while device.now_us < end_us:
            begun = time.process_time()
            up = device.advance_to(device.now_us + FRAME_US)
            taken_s += time.process_time() - begun
            self._host_us += FRAME_US
            frame = self._link.receive(up, self._host_us).frame
            if frame is None:
                continue
            order = SetPoint(frame.device_us, 60, 1, 4, self._target(0), self._target(1))
            down = self._link.send(order, self._host_us)
            begun = time.process_time()
            device.receive(down)
            taken_s += time.process_time() - begun
            self.all_ms += 5
            self.both_ms += 5 * all(bed.force_n > 1.0 for bed in device.beds)
        return taken_s


def mujoco_bed() -> tuple[Any, Callable[[float], float], Callable[[], tuple[int, float]]]:
    """Return the module, its run for so many seconds (CPU seconds), and contacts with force."""
    import mujoco  # noqa: PLC0415 - for this measure alone

    beds = "".join(BED.format(n=n, x=0.3 * n) for n in (0, 1))
    drives = "".join(DRIVES.format(n=n) for n in (0, 1))
    model = mujoco.MjModel.from_xml_string(BODY.format(beds=beds, drives=drives))
    data = mujoco.MjData(model)
    weight_n = 9.81 * (0.2 + 0.3)

    def run(seconds: float) -> float:
        steps = round(seconds * 1000)
        control, step = data.ctrl, mujoco.mj_step
        begun = time.process_time()
        for number in range(steps):
            feed = FEED_MM_S / 1000 * (1.0 if number // 500 % 2 else -1.0)
            control[1] = control[5] = feed
            control[2] = control[6] = PRESS_N + weight_n
            control[3] = control[7] = 1.0
            step(model, data)
        return time.process_time() - begun

    def touching() -> tuple[int, float]:
        total = 0.0
        for contact in range(data.ncon):
            out = np.zeros(6)
            mujoco.mj_contactForce(model, data, contact, out)
            total += float(out[0])
        return data.ncon, total

    return mujoco, run, touching


def measure(say: Callable[[str], None]) -> list[Entry]:
    """Measure both, interleaved; return the entry."""
    rolling = Rolling()
    mujoco, mujoco_run, touching = mujoco_bed()
    mujoco_run(1.0)
    gc.collect()
    gc.disable()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(SLICE_S / rolling.run(SLICE_S))
        theirs.append(SLICE_S / mujoco_run(SLICE_S))
    gc.enable()
    ratio, peer = statistics.median(ours), statistics.median(theirs)
    contacts, force_n = touching()
    share = rolling.both_ms / rolling.all_ms
    say(
        f"plant and firmware alone: {ratio:.0f} times real time, both heads pressing "
        f"{share:.0%} of the time; MuJoCo {mujoco.__version__} mj_step of a comparable body "
        f"({contacts} contacts, {force_n:.0f} N): {peer:.0f} times; medians of {ROUNDS} rounds of "
        f"{SLICE_S:g} s, CPU time"
    )
    if share < 0.8 or contacts < 2:
        raise AssertionError("not both heads press: the measure would be of something else")
    n = round(ROUNDS * SLICE_S * 1000)
    return [Entry("plant_time_ratio", ratio, "x real time", "MuJoCo mj_step", peer, n)]
