"""The simulated device in its own process: a real pty, a real clock, real signals."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from firmware_bridge.errors import LinkLostError
from firmware_bridge.link import Link, Phase
from firmware_bridge.messages import (
    Ack,
    Arm,
    BedTarget,
    DeviceState,
    Down,
    Frame,
    Mask,
    MaskHead,
    SetPoint,
    Trip,
)
from firmware_bridge.port import SerialPort
from simulator.probe import PARKED, grown, target
from simulator.trace_summary import read_trace, stop_times_ms

pytestmark = pytest.mark.realtime

SIM = (sys.executable, "-m", "simulator")
HEEL = target(70.0, 50.0, force_n=20.0)
# The device's clock is the judge; these waits only say when to give up on a loaded machine.
PATIENCE_S = 20.0


class Served:
    """One `podal-sim serve` process."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.link = folder / "device"
        self.trace = folder / "trace.npz"
        self.stats = folder / "stats.json"
        self.process = subprocess.Popen(
            [
                *SIM,
                "serve",
                "--link",
                str(self.link),
                "--seed",
                "1",
                "--trace",
                str(self.trace),
                "--stats",
                str(self.stats),
                *words,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: self.link.exists() or self.process.poll() is not None)

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def rows(self) -> dict[str, np.ndarray]:
        assert self.end() == 0
        return dict(read_trace(self.trace))


class Host:
    """A scripted host on a tty."""

    def __init__(self, path: Path) -> None:
        self.port = SerialPort(str(path))
        self.link = Link(lambda: int.from_bytes(os.urandom(4), "little"))
        self.frame: Frame | None = None
        self.frames: list[Frame] = []
        self.answers: list[object] = []

    def turn(self, order: Callable[[Frame], Down] | None = None) -> None:
        """Take what has come, and answer a frame with an order."""
        data = self.port.read(0.01)
        received = self.link.receive(data, now_us())
        out = self.link.poll(now_us())
        self.answers += received.answers
        if received.frame is not None:
            self.frame = received.frame
            self.frames = [*self.frames[-15:], received.frame]
            if order is not None:
                out += self.link.send(order(received.frame), now_us())
        if out:
            self.port.write(out)

    def until(self, done: Callable[[], bool], order: Callable[[Frame], Down] | None = None) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not done():
            self.turn(order)
            assert time.monotonic() < give_up

    def state(self) -> DeviceState:
        return DeviceState(self.frame.state) if self.frame else DeviceState.SILENT

    def ask(self, message: Down) -> None:
        self.port.write(self.link.send(message, now_us()))
        counter = self.link.counter
        self.until(lambda: any(getattr(a, "of_counter", -1) == counter for a in self.answers))
        answer = next(a for a in self.answers if getattr(a, "of_counter", -1) == counter)
        assert isinstance(answer, Ack), answer

    def mask(self, bed: int) -> Mask:
        counts = np.mean([frame.counts[bed] for frame in self.frames], axis=0)
        cells = grown((counts - 40.0) * 0.1 > 2.0)
        head = MaskHead(bed, 32, 16, 80_000, 25_000, 600)
        return Mask(head, (cells * 60_000).astype(np.uint16))

    def arm(self) -> None:
        self.until(lambda: self.link.phase is Phase.UP and self.state() == DeviceState.READY)
        self.until(lambda: self.frame is not None and self.frame.device_us > 1_900_000)
        self.ask(self.mask(0))
        self.ask(self.mask(1))
        assert self.link.descriptor is not None
        self.ask(Arm(3, self.link.descriptor.limits_crc))

    def press(self, order: BedTarget = HEEL, least_n: float = 19.0) -> None:
        def set_point(frame: Frame) -> SetPoint:
            return SetPoint(frame.device_us, 60, 5, 4, PARKED, order)

        def pressed() -> bool:
            assert self.frame is not None
            assert self.frame.trip == Trip.NONE, Trip(self.frame.trip)
            return self.frame.right.force_a_mn >= least_n * 1000.0

        self.until(pressed, set_point)


def now_us() -> int:
    return time.monotonic_ns() // 1000


def until(done: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    give_up = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def sim(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SIM, *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path)
    yield server
    server.end(signal.SIGKILL)


@pytest.fixture
def host(served: Served) -> Iterator[Host]:
    host = Host(served.link)
    yield host
    host.port.close()


def last_force_ms(rows: dict[str, np.ndarray], from_us: int) -> float:
    """How long after `from_us` any head still pressed 1 N or more [ms]."""
    force_n = np.maximum(rows["force_n_l"], rows["force_n_r"])
    pressed = rows["t_us"][(rows["t_us"] >= from_us) & (force_n >= 1.0)]
    return float(pressed.max() - from_us) / 1000.0 if len(pressed) else 0.0


def test_frames_come_through_the_tty_and_the_end_leaves_nothing(served, host):
    host.until(lambda: host.link.stats.frames > 400)
    assert host.link.bad_crc == 0
    assert host.link.descriptor is not None
    assert host.link.descriptor.simulated
    assert served.end(signal.SIGINT) == 0
    assert not served.link.is_symlink()
    assert not served.link.with_name("device.sock").exists()
    rows = read_trace(served.trace)
    assert len(rows["t_us"]) > 1_500
    assert json.loads(served.stats.read_text())["messages_sent"] > 400


def test_stop_over_the_tty_is_unloaded_within_300_ms_of_the_byte(served, host):
    host.arm()
    host.press()
    host.port.write(bytes(8))
    host.until(lambda: host.state() == DeviceState.READY)
    rows = served.rows()
    (took_ms,) = stop_times_ms(rows)
    assert 0.0 < took_ms <= 300.0
    assert last_force_ms(rows, int(rows["stop_at"].max())) <= 300.0


def test_a_host_that_dies_leaves_no_force_after_400_ms(served, host):
    host.arm()
    host.press()
    host.port.close()
    time.sleep(1.0)
    rows = served.rows()
    last_us = int(rows["t_us"][np.flatnonzero(np.diff(rows["cmd_seq"]) > 0)[-1] + 1])
    assert 0.0 < last_force_ms(rows, last_us) <= 400.0
    assert "WATCHDOG" in rows["event_text"]


def test_a_pulled_cable_is_noticed_by_both_ends_and_nothing_resumes(served, host):
    host.arm()
    host.press()
    # Beside the host, which must not fall silent while the command starts.
    command = [*SIM, "cable", "unplug", "--link", str(served.link)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as pulling:
        with pytest.raises(LinkLostError):
            host.until(
                lambda: False, lambda frame: SetPoint(frame.device_us, 60, 5, 4, PARKED, HEEL)
            )
        host.port.close()
        assert pulling.wait(PATIENCE_S) == 0
    assert not served.link.exists()
    time.sleep(0.6)
    assert sim("cable", "replug", "--link", str(served.link)).returncode == 0
    again = Host(served.link)
    with contextlib.closing(again.port):
        again.until(lambda: again.state() == DeviceState.READY)
        for _ in range(100):
            again.turn(lambda frame: SetPoint(frame.device_us, 60, 5, 4, PARKED, HEEL))
        assert again.state() == DeviceState.READY
    rows = served.rows()
    texts = list(zip(rows["event_kind"], rows["event_text"], strict=True))
    unplugged_us = int(rows["event_t_us"][texts.index(("cable", "unplug"))])
    assert 0.0 < last_force_ms(rows, unplugged_us) <= 400.0
    assert ("cable", "replug") in texts


def test_another_host_may_open_the_tty_after_the_first_has_closed_it(served, host):
    host.until(lambda: host.link.phase is Phase.UP)
    host.port.close()
    time.sleep(0.3)
    again = Host(served.link)
    with contextlib.closing(again.port):
        again.until(lambda: again.link.phase is Phase.UP and again.link.stats.frames > 20)


def test_a_host_that_does_not_read_loses_whole_frames_only(served, host):
    host.until(lambda: host.link.stats.frames > 50)
    time.sleep(1.5)
    before = host.link.stats.frames
    host.until(lambda: host.link.stats.frames > before + 100)
    assert host.link.bad_crc == 0
    assert host.link._decoder.stats.skipped_bytes == 0
    served.end()
    assert json.loads(served.stats.read_text())["messages_dropped"] > 100


def test_the_person_can_be_told_what_to_do(served, host):
    host.until(lambda: host.state() == DeviceState.READY)
    assert sim("person", "withdraw-left", "--link", str(served.link)).returncode == 0
    host.until(lambda: host.frame is not None and not host.frame.left.flags & 16)
    assert sim("person", "press-stop", "--link", str(served.link)).returncode == 0
    host.until(lambda: host.frame is not None and host.frame.trip == Trip.STOP_BUTTON)


def test_a_path_that_is_served_is_refused_and_stays_served(served, host):
    second = sim("serve", "--link", str(served.link))
    assert second.returncode == 1
    assert "another simulated device runs there" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    host.until(lambda: host.link.stats.frames > 50)


def test_a_path_of_something_else_is_refused_and_kept(tmp_path):
    path = tmp_path / "notes"
    path.write_text("mine")
    refused = sim("serve", "--link", str(path))
    assert refused.returncode == 1
    assert "choose another --link" in refused.stderr
    assert path.read_text() == "mine"


def test_what_a_killed_device_left_behind_is_replaced(tmp_path):
    first = Served(tmp_path)
    first.end(signal.SIGKILL)
    assert first.link.is_symlink()
    again = Served(tmp_path)
    host = Host(again.link)
    with contextlib.closing(host.port):
        host.until(lambda: host.link.stats.frames > 10)
    assert again.end() == 0


def test_nobody_to_talk_to_is_one_sentence(tmp_path):
    nobody = sim("person", "sit", "--link", str(tmp_path / "device"))
    assert nobody.returncode == 1
    assert "no simulated device runs at" in nobody.stderr


@pytest.mark.parametrize("code", [0, 7])
def test_serving_beside_a_command_ends_with_its_exit_code(tmp_path, code):
    link = tmp_path / "device"
    script = f"import os, sys; sys.exit({code} if os.path.islink({str(link)!r}) else 99)"
    done = sim("serve", "--link", str(link), "--", sys.executable, "-c", script)
    assert done.returncode == code
    assert not link.is_symlink()


def test_a_signal_reaches_the_command_and_its_end_ends_the_device(tmp_path):
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(5))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [*SIM, "serve", "--link", str(tmp_path / "device"), "--", sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's parent-death signal")
def test_a_killed_device_takes_its_command_with_it(tmp_path):
    told = tmp_path / "pid"
    script = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    process = subprocess.Popen(
        [*SIM, "serve", "--link", str(tmp_path / "device"), "--", sys.executable, "-c", script]
    )
    until(lambda: told.exists() and told.read_text() != "")
    pid = int(told.read_text())
    process.kill()
    process.wait(PATIENCE_S)
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_command_that_does_not_exist_is_one_sentence(tmp_path):
    done = sim("serve", "--link", str(tmp_path / "device"), "--", "no-such-program")
    assert done.returncode == 1
    assert done.stderr.startswith("podal-sim: cannot run no-such-program")
    assert not (tmp_path / "device").is_symlink()


def test_a_bad_recording_is_one_sentence(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04")
    done = sim("serve", "--link", str(tmp_path / "device"), "--replay", str(tmp_path / "bad.npz"))
    assert done.returncode == 1
    assert done.stderr.startswith("podal-sim: cannot replay")
    assert len(done.stderr.strip().splitlines()) == 1


def test_ctrl_c_while_it_still_starts_is_told_by_the_exit_code(tmp_path):
    for delay_s in (0.1, 0.2, 0.3):
        words = [*SIM, "serve", "--link", str(tmp_path / "device"), "--", "sleep", "9"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(delay_s)
            process.send_signal(signal.SIGINT)
            said = process.stderr.read()
        assert process.returncode in (130, -signal.SIGINT), said
        assert "Traceback" not in said or process.returncode == -signal.SIGINT
