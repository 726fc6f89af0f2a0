"""The real processes, brought to a pressing massage and watched from the outside."""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from simulator.steering import ask
from tests.integration.stack import Stack

MARK: Final = "untangle"
"""What no person does by themselves, and what changes nothing."""

PRESSING_N: Final = 1.5
"""Half a newton above what counts as unloaded, so that the act finds force."""

STARTS: Final = 6
"""A machine that is busy with other work may lose frames and end a massage before its drill."""

HOMING_S: Final = 120.0
"""A reset device finds home at 5 mm/s over up to 310 mm; a busy machine may take longer."""

WAIT_FOR_FORCE_S: Final = 25.0
LOOK_S: Final = 0.02
BEAT_S: Final = 0.005
LATE_S: Final = 0.010


DEVICE_PRIORITY: Final = 10
"""Below the 40 of control: a device of its own would not wait for a core of this machine."""


def prefer_real_time(pid: int) -> bool:
    """Ask for SCHED_FIFO for a process and what it will start; return whether that is granted."""
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(DEVICE_PRIORITY))
    except OSError:
        return False
    return True


class NoForceError(Exception):
    """No massage came to press, so there is nothing to try."""


class Pulse(threading.Thread):
    """Measures how late an ordinary thread of this machine wakes up."""

    def __init__(self) -> None:
        super().__init__(name="pulse", daemon=True)
        self._late: list[tuple[float, float]] = []
        self._done = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.is_set():
            begun_s = time.monotonic()
            time.sleep(BEAT_S)
            late_s = time.monotonic() - begun_s - BEAT_S
            if late_s > LATE_S:
                self._late.append((begun_s, late_s))

    def worst_s(self, from_s: float, until_s: float) -> float:
        """Return the most by which a wake-up between these moments was late."""
        return max((late for at, late in self._late if from_s <= at <= until_s), default=0.0)

    def end(self) -> None:
        self._done.set()
        self.join()


class Stage(Stack):
    """A stack whose trace is marked: a sock that is not there is taken out of a head."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.marks = 0
        self.lost = 0
        self.cycled = 0
        self.product_options = ("--state", folder / "state")
        super().__init__(folder, "--seed", str(seed))
        prefer_real_time(self.device.pid)

    def mark(self) -> int:
        """Put a mark into the trace; return its number."""
        self.steer("person", MARK)
        self.marks += 1
        return self.marks - 1

    def bench(self, **request: object) -> dict:
        answer = ask(self.link, request)
        assert answer["ok"], answer
        return answer

    def true_force_n(self) -> float:
        return max(bed["force_n"] for bed in self.bench(do="truth")["beds"])

    def press(self, wait_s: float) -> None:
        """Bring a massage to press, go on for so long, and return while it presses.

        Raises:
            NoForceError: It did not come to that.
        """
        for _ in range(STARTS):
            if self._is_running() and self._until_force():
                time.sleep(wait_s)
                if self._until_force():
                    return
            self.lost += 1
        raise NoForceError

    def _is_running(self) -> bool:
        give_up_s = time.monotonic() + WAIT_FOR_FORCE_S
        while time.monotonic() < give_up_s:
            match self.session():
                case "running":
                    return True
                case "no_device" | "fault" if self.wants_power_cycle():
                    self.until_rest("a device that works again")
                case "fault":
                    self.http("POST", "/api/v1/acknowledge")
                case "ready" | "stopped" | "ended":
                    self.http("POST", "/api/v1/session", {"routine": "evening-wind-down"})
                case _:
                    pass
            time.sleep(LOOK_S * 2)
        return False

    def wants_power_cycle(self) -> bool:
        """Control does not trust the device's clock, or the device trusts itself no more."""
        status = self.status()
        codes = [alarm["code"] for alarm in status.get("alarms", [])]
        return "device_clock" in codes or (status.get("device") or {}).get("state") == "LIMP"

    def _until_force(self) -> bool:
        give_up_s = time.monotonic() + WAIT_FOR_FORCE_S
        while time.monotonic() < give_up_s:
            if self.true_force_n() >= PRESSING_N:
                return True
            time.sleep(LOOK_S)
            if self.session() not in ("running", ""):
                return False
        return False

    def at_rest(self) -> bool:
        """The device has let go and nobody asks anything of it."""
        status = self.status()
        state = status.get("session", {}).get("state", "")
        device = (status.get("device") or {}).get("state")
        return state in ("no_foot", "ready", "stopped", "fault") and device == "READY"

    def until_rest(self, what: str) -> None:
        """Wait until all is at rest; where control asks for a power cycle, it gets one."""
        before = self.cycled

        def rested() -> bool:
            if self.cycled == before and self.wants_power_cycle():
                self.cycled += 1
                self.bench(do="power", act="cycle")
            return self.at_rest()

        self.until(rested, what, HOMING_S)

    def processes(self) -> list[int]:
        """Process ids of the product, its supervisor first."""
        names = ("control", "serve", "stop-lane")
        return [self.product.pid, *filter(None, map(self.child, names))]

    def may_write(self, *, files: bool) -> None:
        """Let the product write to files, or have every byte to a file refused."""
        for pid in self.processes():
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if files else 0, hard))

    def gone(self, pids: Iterable[int]) -> bool:
        return not any(_alive(pid) for pid in pids)

    def clear_away(self) -> dict[str, np.ndarray]:
        """End whatever is left; return the trace, empty where there is none."""
        for pid in self.processes() if self.product.poll() is None else []:
            os.kill(pid, signal.SIGCONT)
        for process in (self.product, self.device):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.log.close()
        if not self.trace_file.exists():
            return {}
        with np.load(self.trace_file) as file:
            return dict(file)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
