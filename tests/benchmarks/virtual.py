"""The whole way in virtual time: how fast, where the time goes, and how soon a STOP unloads."""

import cProfile
import gc
import pstats
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from controller.request import Stop
from controller.session import Session
from simulator.device import Device
from simulator.faults.line import Line
from tests.benchmarks.entry import Entry
from tests.loop.bench import USER_MAX_N, Bench, over_limit_n, unloading_ms, worst_force_n

PACKAGES = ("simulator/plant", "simulator/firmware", "simulator", "firmware_bridge", "controller")


class Timed:
    """A device that counts the CPU time it takes; a compiled one lets nobody into its class."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.taken_s = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._device, name)

    @property
    def line(self) -> Line:
        return self._device.line

    def advance_to(self, now_us: int) -> bytes:
        begun = time.process_time()
        out = self._device.advance_to(now_us)
        self.taken_s += time.process_time() - begun
        return out

    def receive(self, data: bytes) -> None:
        begun = time.process_time()
        self._device.receive(data)
        self.taken_s += time.process_time() - begun


def whole_massage(say: Callable[[str], None]) -> list[Entry]:
    """Three minutes over real bytes; CPU seconds, so that neighbours do not count."""
    bench = Bench(trace=False)
    bench.start()
    timed = Timed(bench.device)
    bench.rehearsal.device = timed  # type: ignore[assignment]
    gc.collect()
    gc.freeze()
    gc.disable()  # as the control process does
    begun_s, from_us = time.process_time(), bench.device.now_us
    bench.until(Session.ENDED, within_s=190)
    taken_s = time.process_time() - begun_s
    gc.enable()
    virtual_s = (bench.device.now_us - from_us) / 1e6
    say(
        f"virtual time: {virtual_s:.0f} s of massage in {taken_s:.1f} s of one core: "
        f"{virtual_s / taken_s:.1f} times real time; "
        f"the device alone, one head pressing at a time, {virtual_s / timed.taken_s:.0f} times"
    )
    n = round(virtual_s * 200)
    return [Entry("virtual_time_ratio", virtual_s / taken_s, "x real time", None, None, n)]


def profile(say: Callable[[str], None]) -> None:
    """Print where the time of ten seconds of massage goes, by package and by function."""
    bench = Bench(trace=False)
    bench.start()
    profiler = cProfile.Profile()
    profiler.enable()
    bench.forward(10.0)
    profiler.disable()
    table = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    own_s: dict[str, float] = {}
    root = str(Path(__file__).resolve().parents[2]) + "/"
    for (file, _line, _name), (_calls, _primitive, own, _total, _callers) in table.items():
        name = file.removeprefix(root)
        package = next((p for p in PACKAGES if name.startswith(p)), "numpy and the interpreter")
        own_s[package] = own_s.get(package, 0.0) + own
    whole_s = sum(own_s.values())
    say("where the time goes (share of own time, under the profiler):")
    for package, own in sorted(own_s.items(), key=lambda item: -item[1]):
        say(f"  {own / whole_s:5.0%}  {package}")
    rows = sorted(table.items(), key=lambda item: -item[1][2])[:12]
    for (file, line, name), (calls, _primitive, own, _total, _callers) in rows:
        say(f"  {own / whole_s:5.1%}  {calls:>7} x  {file.removeprefix(root)}:{line} {name}")


def stops(say: Callable[[str], None], runs: int = 40) -> list[Entry]:
    """STOP at forty different moments of forty different massages."""
    unload_ms, forces_n = [], []
    for seed in range(runs):
        bench = Bench(seed=seed)
        bench.start()
        bench.until_force(2.5)
        bench.forward(0.1 + 0.43 * seed)
        forces_n.append(max(bed.force_n for bed in bench.device.beds))
        bench.rehearsal.turn(Stop())
        bench.forward(0.8)
        trace = bench.arrays()
        unload_ms.append(unloading_ms(trace, int(trace["stop_at"][-1])))
    say(
        f"STOP byte to below 1 N, {runs} virtual runs: median {np.median(unload_ms):.0f} ms, "
        f"worst {max(unload_ms):.0f} ms (bound 300), from up to {max(forces_n):.1f} N"
    )
    return [Entry("stop_to_1n_ms_max", float(max(unload_ms)), "ms", "bound", 300.0, runs)]


def force(say: Callable[[str], None]) -> list[Entry]:
    """The force of a whole massage, by the truth of the plant."""
    bench = Bench()
    bench.start()
    bench.until(Session.ENDED, within_s=190)
    trace = bench.arrays()
    over_n = over_limit_n(trace, USER_MAX_N)
    say(
        f"force: at most {worst_force_n(trace):.1f} N; nearest to the user maximum of the true "
        f"region: {over_n:+.1f} N (bound +1.5)"
    )
    return [Entry("force_over_user_max_n", over_n, "N", "bound", 1.5, len(trace["t_us"]))]
