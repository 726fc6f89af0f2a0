"""The whole product against the simulated device: real processes, a real pty, real HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np

FACES = (sys.executable, "-m", "api")
DEVICE = (sys.executable, "-m", "simulator")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """`podal-sim serve` and `podal run`, each in a process of its own.

    Args:
        folder: Where link, socket, trace and log are.
        device_options: More options of `podal-sim serve`.

    Attributes:
        product_options: More options of `podal run`.
    """

    product_options: tuple[object, ...] = ()

    def __init__(self, folder: Path, *device_options: str) -> None:
        self.folder = folder
        self.port, self.stop_port = free_port(), free_port()
        self.link, self.socket = folder / "device", folder / "control.sock"
        self.trace_file = folder / "trace.npz"
        self.log = (folder / "log").open("wb")
        self.device = self._start(
            *DEVICE, "serve", "--link", self.link, "--trace", self.trace_file, *device_options
        )
        self.until(self.link.exists, "the device's link")
        self.product = self.start_product()

    def start_product(self) -> subprocess.Popen[bytes]:
        """Start `podal run`: at first, or once more after its end."""
        self.product = self._start(
            *FACES, "run", "--device", self.link, "--socket", self.socket,
            "--port", self.port, "--stop-port", self.stop_port, *self.product_options,
        )  # fmt: skip
        return self.product

    def _start(self, *words: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(word) for word in words],
            stdout=self.log,
            stderr=self.log,
            stdin=subprocess.DEVNULL,
        )

    def second_control(self) -> subprocess.Popen[bytes]:
        """Start another control process on the same device."""
        socket_path = self.folder / "second.sock"
        return self._start(*FACES, "control", "--device", self.link, "--socket", socket_path)

    def says(self) -> str:
        return (self.folder / "log").read_text()

    def until(self, wanted: Callable[[], object], what: str, within_s: float = 30.0) -> None:
        """Wait for `wanted` to be true; generous, because the machine may be busy."""
        give_up_s = time.monotonic() + within_s
        while time.monotonic() < give_up_s:
            if wanted():
                return
            time.sleep(0.02)
        raise AssertionError(f"no {what} within {within_s} s; the log:\n{self.says()}")

    def http(self, method: str, path: str, body: object = None, port: int = 0) -> tuple[int, dict]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}",
            data=data if method == "GET" or data is not None else b"",
            method=method,
            headers={"content-type": "application/json"} if data else {},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return 0, {}

    def status(self) -> dict:
        return self.http("GET", "/api/v1/status")[1]

    def session(self) -> str:
        return self.status().get("session", {}).get("state", "")

    def force_n(self) -> float:
        beds = self.status().get("beds", {})
        return max((bed["force_n"] or 0.0 for bed in beds.values()), default=0.0)

    def until_session(self, *states: str, within_s: float = 30.0) -> None:
        self.until(lambda: self.session() in states, f"session in {states}", within_s)

    def start(self) -> None:
        """Start the evening routine and wait until a head presses."""
        self.until_session("ready", "stopped", "ended")
        wanted = {"routine": "evening-wind-down"}
        self.until(lambda: self.http("POST", "/api/v1/session", wanted)[0] == 201, "a start")
        self.until_session("running")
        self.until(lambda: self.force_n() >= 1.5, "a pressing head")

    def steer(self, do: str, act: str) -> int:
        """Tell the person or the cable something; return the device's time."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(f"{self.link}.sock")
            sock.sendall(json.dumps({"do": do, "act": act}).encode() + b"\n")
            answer = json.loads(sock.makefile().readline())
        assert answer["ok"], answer
        return int(answer["device_us"])

    def device_us(self) -> int:
        """The device's clock now; sitting down once more changes nothing."""
        return self.steer("person", "sit")

    def child(self, name: str) -> int:
        """Process id of `podal run`'s child of this name."""
        tasks = Path(f"/proc/{self.product.pid}/task/{self.product.pid}/children")
        for pid in tasks.read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if name in words:
                return int(pid)
        return 0

    def kill(self, name: str) -> int:
        """Kill a child without warning; return its process id."""
        pid = self.child(name)
        assert pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self) -> dict[str, np.ndarray]:
        """End everything and return the trace."""
        try:
            self.product.send_signal(signal.SIGTERM)
            assert self.product.wait(15) == 0
        finally:
            self.product.kill()
            self.product.wait()
            self.device.send_signal(signal.SIGTERM)
            try:
                self.device.wait(30)
            finally:
                self.device.kill()
                self.device.wait()
                self.log.close()
        with np.load(self.trace_file) as file:
            return dict(file)
