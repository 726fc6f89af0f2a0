"""`podal doctor`: what is well on this computer, and what to do about the rest."""

import os
import platform
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from api.http_client import NotServedError, call, is_podal
from api.listeners import control_answers
from api.sentences import alarm_sentences, link_sentence, state_sentence

PACKAGES: Final = ("numpy", "pyserial", "fastapi", "uvicorn", "websockets", "click")
DAMAGED_RATIO: Final = 0.001
"""A sound USB cable damages nothing; more than this is worth a word. Podal proposal."""
LATE_US: Final = 10_000
"""Two frames: a loop that is later than this once in a hundred times deserves a word."""

SERIAL_PATTERNS: Final = ("serial/by-id/*", "ttyACM*", "ttyUSB*", "cu.usb*")


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, what was seen, what to do next."""

    level: Level
    what: str
    seen: str
    next_step: str = ""

    def __str__(self) -> str:
        mark = {Level.OK: "ok     ", Level.ADVICE: "advice ", Level.PROBLEM: "problem"}[self.level]
        return f"{mark}  {self.what}: {self.seen}" + (
            f" -> {self.next_step}" if self.next_step else ""
        )

    def as_dict(self) -> dict[str, str]:
        """Return the finding for programs."""
        return {
            "level": self.level.value,
            "what": self.what,
            "seen": self.seen,
            "next": self.next_step,
        }


def examine(host: str, port: int, stop_port: int, control_socket: Path) -> list[Finding]:
    """Look at everything; changes nothing and never touches a serial port."""
    device = list(_device(host, port))
    # A machine that answers has its port, whatever that port is called.
    connected = any(found.what == "device" and found.level is Level.OK for found in device)
    return [
        _python(),
        *_packages(),
        *([] if connected else _serial_ports()),
        _tcp_port("API port", host, port, "--port"),
        _tcp_port("stop port", host, stop_port, "--stop-port"),
        _control(control_socket),
        *device,
        _scheduler(),
    ]


def _python() -> Finding:
    seen = platform.python_version()
    if tuple(map(int, platform.python_version_tuple()[:2])) >= (3, 11):
        return Finding(Level.OK, "Python", seen)
    return Finding(Level.PROBLEM, "Python", seen, "install Python 3.11 or newer")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(Level.OK, name, version(name))
        except PackageNotFoundError:
            yield Finding(Level.PROBLEM, name, "not installed", "run: pip install -e .")


def _serial_ports() -> Iterator[Finding]:
    names = (path for pattern in SERIAL_PATTERNS for path in Path("/dev").glob(pattern))
    paths = sorted({path.resolve() for path in names})
    if not paths:
        next_step = "plug the machine in, or start a simulated one: podal-sim serve"
        yield Finding(Level.ADVICE, "serial ports", "none", next_step)
    for path in paths:
        if os.access(path, os.R_OK | os.W_OK):
            yield Finding(Level.OK, "serial port", f"{path}, may be opened")
        else:
            next_step = "add yourself to its group (often dialout), then log in again"
            yield Finding(Level.PROBLEM, "serial port", f"{path}, permission denied", next_step)


def _tcp_port(what: str, host: str, port: int, option: str) -> Finding:
    if is_podal(host, port):
        return Finding(Level.OK, what, f"{port} is served by Podal")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = error.strerror or str(error)
            return Finding(Level.PROBLEM, what, f"{port}: {why}", f"choose another with {option}")
    return Finding(Level.OK, what, f"{port} is free")


def _control(path: Path) -> Finding:
    if control_answers(path):
        return Finding(Level.OK, "control process", f"answers on {path}")
    return Finding(Level.ADVICE, "control process", "not running", "start it with: podal run")


def _device(host: str, port: int) -> Iterator[Finding]:
    try:
        status = call(host, port, "GET", "/api/v1/status").body
    except NotServedError:
        return
    device = status.get("device") or {}
    if device.get("id") is None:
        lines = " ".join(alarm_sentences(status)) or state_sentence(status)
        yield Finding(Level.ADVICE, "device", "not connected", lines)
    else:
        yield Finding(Level.OK, "device", f"{device['id']}, {device.get('state')}")
    if wire := link_sentence(status):
        yield _wire(status["link"], wire)
    state = (status.get("session") or {}).get("state")
    level = Level.PROBLEM if state == "fault" else Level.OK
    if device.get("id") is not None:
        yield Finding(level, "massage", state_sentence(status), " ".join(alarm_sentences(status)))
        yield from loop_findings(status.get("loop") or {})


def loop_findings(loop: Mapping[str, Any]) -> Iterator[Finding]:
    """Tell how punctual the control loop has been since it started."""
    late_us, work_us = loop.get("late_p99_us"), loop.get("tick_us")
    if late_us is None or work_us is None:
        return
    seen = (
        f"frames taken at most {late_us / 1000:.1f} ms late in 99 of 100 cases, "
        f"{loop.get('late_max_us', 0) / 1000:.1f} ms at the worst; "
        f"{work_us['p50']} us of work for each, {work_us['max']} at the most; "
        + ("real-time scheduling" if loop.get("fifo") else "no real-time scheduling")
    )
    if late_us > LATE_US:
        next_step = "this computer is busy: end other programs, or allow real-time scheduling"
        yield Finding(Level.ADVICE, "control loop", seen, next_step)
    else:
        yield Finding(Level.OK, "control loop", seen)


def _wire(link: Mapping[str, Any], seen: str) -> Finding:
    lost = link["bad_crc"] + link["bad_length"] + link["gaps"]
    if lost > DAMAGED_RATIO * link["frames"]:
        return Finding(Level.ADVICE, "wire", seen, "try another cable or another USB port")
    return Finding(Level.OK, "wire", seen)


def _scheduler() -> Finding:
    """Ask for real-time scheduling the way control does, and give it back at once."""
    what = "real-time scheduling"
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, *before)
    except (OSError, AttributeError):
        next_step = "works without; for steadier timing allow rtprio in /etc/security/limits.d"
        return Finding(Level.ADVICE, what, "not allowed", next_step)
    return Finding(Level.OK, what, "SCHED_FIFO is allowed")
