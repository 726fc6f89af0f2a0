"""The control process: owns the port and the loop, and does nothing else.

One blocking loop on one thread. It waits for the port and the local socket together, so that a STOP
wakes it at once, and it never waits for anybody who reads.
"""

import gc
import json
import logging
import os
import secrets
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from controller.attestation import Attestation
from controller.black_box import FOLDER, BlackBox
from controller.clamp_log import ClampLog
from controller.known import Known, Memory
from controller.mailbox import Letter, Mailbox
from controller.request import Pause, Request, Stop, parse_request
from controller.routine import Routine
from controller.runner import TICK_US, Turn
from controller.session import Session
from controller.settings import Settings, default_settings
from controller.state import State
from controller.taped import TapedRunner
from firmware_bridge.discovery import (
    Candidate,
    Search,
    find_ports,
    is_known,
    ranked,
    tried,
    worked,
)
from firmware_bridge.errors import LinkLostError, PortUnavailableError
from firmware_bridge.link import Phase
from firmware_bridge.outbox import Outbox
from firmware_bridge.port import TAKES_NOTHING, Port, SerialPort

STOPPING_US: Final = 5_000
"""While a STOP is not confirmed, or a port is full, the loop turns this often."""

REOPEN_US: Final = (50_000, 200_000, 500_000, 1_000_000, 2_000_000)
"""Waits between attempts to open the port; the last one repeats."""

LOOK_US: Final = 2_000_000
"""While a port is of no use the others are looked at this often."""

FRAME_US: Final = 5_000
FOLLOW_US: Final = 500
"""After a set-point this process sleeps, up to a millisecond: under SCHED_FIFO the part of the
kernel that carries the bytes on would wait for whatever else it does on the same core."""

REHEARSE_US: Final = 300
"""So long before the next frame is due, and up to a millisecond sooner because `poll` counts in
these, a step in thought; it takes some 0.2 ms. Podal proposal."""

LEAVE_US: Final = 400_000
"""Longest wait, when told to end, until the device has confirmed that it lets go."""

LATE_US: Final = 1_000_000
"""A request to start or go on is meant for now; the clock is this machine's monotonic one."""

FIFO_PRIORITY: Final = 40

_log = logging.getLogger("podal.control")


@dataclass(slots=True)
class _Signals:
    """Set by signal handlers, read by the loop."""

    leave: bool = False

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.leave = True


def now_us() -> int:
    """Return the host's monotonic time."""
    return time.monotonic_ns() // 1000


def random_u32() -> int:
    """Return an unpredictable number for a session nonce."""
    return secrets.randbits(32)


class Control:
    """The loop and what it holds.

    Args:
        device: A port's path, or "auto".
        mailbox: Where the faces ask.
        settings: Settings without a machine.
        version: Version of the product.
        find: Returns the ports that could be our device, for "auto".
        state_folder: Where the device is remembered; None forgets it with the process.
    """

    def __init__(
        self,
        device: str,
        mailbox: Mailbox,
        settings: Settings,
        version: str,
        *,
        find: Callable[[], Sequence[Candidate]] = find_ports,
        state_folder: Path | None = None,
    ) -> None:
        self._device = device
        self._mailbox = mailbox
        self._settings = settings
        self.runner = TapedRunner(settings, random_u32, version)
        boxes = state_folder / FOLDER if state_folder is not None else None
        self.black_box = BlackBox(self.runner, boxes, version)
        self._memory = Memory(state_folder)
        self.runner.device_id = self._memory.known.device_id
        self._find = find
        self._search = Search(self._memory.known.serial_number)
        self._look_us = 0
        self._port: Port | None = None
        self._at = Candidate(device)
        self._outbox = Outbox()
        self._polls_out = False
        self._poll = select.poll()
        self._poll.register(mailbox.fileno(), select.POLLIN)
        self._ready = False
        self._follow_us = 0
        self._rehearse_us = 0
        self._attempts = 0
        self._said = ""
        self._clamps = ClampLog(_log)
        self._reopen_us = 0
        self._signals = _Signals()

    def run(self) -> int:
        """Turn until told to leave; returns an exit code."""
        signal.signal(signal.SIGTERM, self._signals.on_signal)
        signal.signal(signal.SIGINT, self._signals.on_signal)
        leave_us = 0
        while True:
            at_us = self.once()
            if self._signals.leave and not leave_us:
                leave_us = at_us
                self._turn(Stop())
            if leave_us and self._may_leave(at_us - leave_us):
                self.close_port()
                self._memory.close()
                self.black_box.close(at_us)
                return 0

    def once(self) -> int:
        """Wait for what comes next, deal with it, and return the time."""
        letters = self._wait(self._wait_us(now_us()))
        at_us = now_us()
        if not self._ready and not letters and self._between_frames(at_us):
            return at_us
        self._rehearse_us = 0
        if self._port is None:
            self._open_if_due(at_us)
        self._serve(letters, at_us)
        state = self.runner.state
        if state.fresh and state.now_us >= at_us:
            self.runner.work.add(now_us() - at_us)
            self._follow_us = at_us + FOLLOW_US
            if state.session is Session.RUNNING:
                self._rehearse_us = at_us + FRAME_US - REHEARSE_US
        elif not self._follow_us or at_us > self._follow_us + FRAME_US:
            self._follow_up(at_us)
        return at_us

    def _between_frames(self, at_us: int) -> bool:
        """Do what was put off until the set-point is on its way; return False for a bare tick."""
        if self._follow_us:
            self._follow_up(at_us)
            return True
        if self._rehearse_us:
            self._rehearse_us = 0
            self.runner.rehearse(at_us)
            return True
        return False

    def _follow_up(self, at_us: int) -> None:
        """Do what no set-point waits for, one thing between two frames."""
        self._follow_us = 0
        busy = self.runner.reflect()
        self._leave_useless_port(at_us)
        self._remember_device(at_us)
        if self.runner.snapshot_due(at_us, busy=busy):
            table = self.black_box.told_in(self.runner.status())
            status = json.dumps(table, allow_nan=False)
            self._mailbox.publish(status.encode(), self.runner.image())
        elif not busy:
            self.black_box.go_on(at_us)

    def _remember_device(self, at_us: int) -> None:
        """Have the device that is worked with known after the next start too."""
        machine, known = self.runner.settings.machine, self._memory.known
        if machine is None:
            return
        serial_number = self._at.serial_number
        if not serial_number and machine.device_id == known.device_id:
            serial_number = known.serial_number  # a port given by its path tells none
        self._memory.keep(Known(machine.device_id, serial_number), at_us)

    def _wait_us(self, at_us: int) -> int:
        due_us = self.runner.state.now_us + TICK_US - at_us
        if self._follow_us:
            due_us = min(due_us, self._follow_us - at_us)
        elif self._rehearse_us:
            due_us = min(due_us, (self._rehearse_us - at_us) // 1000 * 1000)
        if self.runner.link.stopping or self._outbox.waits:
            due_us = min(due_us, STOPPING_US)
        return max(due_us, 0)

    def _may_leave(self, waited_us: int) -> bool:
        idle = self._port is None or not self.runner.link.stopping
        return idle or waited_us > LEAVE_US

    def _wait(self, timeout_us: int) -> list[Letter]:
        """Wait for bytes, letters or the next tick; return the letters."""
        letters: list[Letter] = []
        for descriptor, events in self._poll.poll(timeout_us / 1000):
            if self._port is not None and descriptor == self._port.fileno():
                self._ready = events != select.POLLOUT
            elif descriptor == self._mailbox.fileno():
                for taken in self._mailbox.accept():
                    self._poll.register(taken, select.POLLIN)
            elif descriptor in self._mailbox.clients:
                letters += self._mailbox.collect(descriptor)
            else:
                self._poll.unregister(descriptor)  # a client that was dropped
        return letters

    def _serve(self, letters: list[Letter], at_us: int) -> None:
        """Turn once, or once for each letter; a STOP goes before all else."""
        if not letters:
            self._turn(None)
            return
        letters.sort(key=lambda letter: not _is_stop(letter))
        for letter in letters:
            if letter.client.sock.fileno() < 0 and not _is_stop(letter):
                continue  # who has gone waits for nothing; a STOP is meant all the same
            self._mailbox.reply(letter.client, self._answer(letter, at_us))

    def _answer(self, letter: Letter, at_us: int) -> dict[str, Any]:
        if letter.table is None:
            self._turn(Stop())
            return {"id": 0, "ok": True}
        number = letter.table.get("id", 0)
        match letter.table.get("do"):
            case "routines":
                return {"id": number, "ok": True, "routines": routine_list(self._settings)}
            case "limits":
                return {"id": number, "ok": True, "limits": limit_list(self._settings)}
            case "accept_device":
                code = self._accept_device(letter.table, at_us)
                return {"id": number, "ok": code == "ok", "code": code, "detail": ""}
            case _:
                pass
        request = parse_request(letter.table)
        if request is None:
            return {"id": number, "ok": False, "code": "bad_request", "detail": ""}
        if _is_late(letter.table, request, at_us):
            return {"id": number, "ok": False, "code": "too_late", "detail": ""}
        code = self._turn(request)
        return {"id": number, "ok": code == "ok", "code": code, "detail": ""}

    def _accept_device(self, table: dict[str, Any], at_us: int) -> str:
        """Take the other device because a person said so; return a code."""
        device_id = table.get("device_id")
        if device_id is not None and not isinstance(device_id, str):
            return "bad_request"
        if _is_late(table, None, at_us):
            return "too_late"
        return self.runner.accept_device(device_id)

    def _turn(self, request: Request | None) -> str:
        """One turn of the runner over what the port has; a dead port ends its session."""
        chunk = b""
        if self._ready and self._port is not None:
            self._ready = False
            try:
                chunk = self._port.take()
            except LinkLostError as error:
                self._lose(error, now_us())
        # Only now: what was read cannot have come later, even if this process was stopped here.
        at_us = now_us()
        session = self.runner.state.session
        turn = self.runner.turn(chunk, at_us, request)
        if self._port is not None:
            try:
                self._write(turn, self._port, at_us)
            except LinkLostError as error:
                self._lose(error, at_us)
        if self.runner.state.session is not session:
            _log_change(session, self.runner.state)
        self._clamps.tell(self.runner.state.given, at_us)
        if self.runner.link.phase is not Phase.UP or self.runner.settings.barred or self._said:
            self._log_stranger()
        return turn.reply

    def _write(self, turn: Turn, port: Port, at_us: int) -> None:
        """Write what the port takes now; the rest waits, and the newest set-point replaces an old.

        Raises:
            LinkLostError: The port died, or has taken nothing for too long.
        """
        outbox = self._outbox
        if turn.stop:
            outbox.put_stop(turn.stop)
        for message in turn.messages:
            outbox.put(message)
        if turn.set_point:
            outbox.put_latest(turn.set_point)
        while data := outbox.next_bytes():
            count = port.write_some(data)
            outbox.wrote(count, at_us)
            if not count:
                break
        if outbox.is_stuck(at_us):
            raise LinkLostError(port.name, TAKES_NOTHING)
        if outbox.waits is not self._polls_out:
            self._polls_out = outbox.waits
            events = select.POLLIN | select.POLLOUT if self._polls_out else select.POLLIN
            self._poll.modify(port.fileno(), events)

    def _log_stranger(self) -> None:
        """Say once why what is at the port is not worked with."""
        refused = self.runner.link.refused or self.runner.link.bad_clock
        why = str(refused) if refused is not None else ""
        if not why and self.runner.trouble == "device_silent" and self._port is not None:
            why = (
                f"nobody at {self._port.name} answers as a Podal device; check that it is its port"
            )
        if why and why != self._said:
            _log.warning("%s", why)
        self._said = why

    def _open_if_due(self, at_us: int) -> None:
        if self._port is not None or at_us < self._reopen_us or self._signals.leave:
            return
        try:
            self._port = self._open()
        except PortUnavailableError as error:
            self.runner.trouble = error.code
            self._wait_longer(str(error), at_us)
            return
        self._look_us = at_us + LOOK_US
        self.runner.port_opened(at_us)
        self._poll.register(self._port.fileno(), select.POLLIN)

    def _open(self) -> Port:
        """Return the port of the device; with "auto" the first of its candidates that opens.

        Raises:
            PortUnavailableError: It is not there, or not to be had.
        """
        if self._device != "auto":
            return SerialPort(self._device)  # a link is followed anew each time
        refused = PortUnavailableError(
            "auto", "no device found", "plug the device in", "device_missing"
        )
        for candidate in ranked(self._find(), self._search):
            self._search = tried(self._search, candidate.path)
            self._at = candidate
            try:
                return SerialPort(candidate.path)
            except PortUnavailableError as error:
                refused = error
        raise refused

    def _leave_useless_port(self, at_us: int) -> None:
        """Leave a port at which nobody can be worked with, where there is another one to try."""
        link = self.runner.link
        if link.phase is Phase.UP:
            if self._search.tried:
                self._search = worked(self._search, self._at)
            return
        if self._device != "auto" or self._port is None or at_us < self._look_us:
            return
        if link.refused is None and self.runner.trouble != "device_silent":
            return
        self._look_us = at_us + LOOK_US
        others = [other for other in self._find() if other.path != self._at.path]
        if self.runner.waits_for_word:
            # A person is asked about this device; only the known one is worth leaving it for.
            others = [other for other in others if is_known(other, self._search)]
        if others:
            self.close_port()
            self.runner.port_lost()
            self._reopen_us = at_us

    def _lose(self, error: LinkLostError, at_us: int) -> None:
        if self.runner.link.phase is Phase.UP:
            self._attempts = 0  # it was a device, and may soon be one again
        self.close_port()
        self.runner.port_lost()
        self._wait_longer(str(error), at_us)

    def _wait_longer(self, why: str, at_us: int) -> None:
        """Try again later, each time a little later; say why once."""
        if self._attempts == 0:
            _log.warning("%s; Podal keeps trying", why)
        self._reopen_us = at_us + REOPEN_US[min(self._attempts, len(REOPEN_US) - 1)]
        self._attempts += 1

    def close_port(self) -> None:
        """Give the port back, and forget what waited for it; safe to call twice."""
        if self._port is None:
            return
        self._outbox.clear()
        self._polls_out = False
        self._poll.unregister(self._port.fileno())
        self._port.close()
        self._port = None


def _is_late(table: dict[str, Any], request: Request | None, at_us: int) -> bool:
    """Return whether a wish that leads to pressing was made too long ago to be meant now.

    A control process that was frozen would otherwise start a massage when it wakes.
    """
    sent_us = table.get("sent_us")
    if not isinstance(sent_us, int) or isinstance(request, Stop | Pause):
        return False
    return at_us - sent_us > LATE_US


def _is_stop(letter: Letter) -> bool:
    return letter.table is None or letter.table.get("do") == "stop"


def _log_change(before: Session, after: State) -> None:
    reason = f" ({after.reason})" if after.reason else ""
    _log.info("session %s -> %s%s", before, after.session, reason)


def routine_list(settings: Settings) -> list[dict[str, Any]]:
    """Return the routines as others rely on them."""
    return [_routine_table(routine) for routine in settings.library.values()]


def _routine_table(routine: Routine) -> dict[str, Any]:
    return {
        "id": routine.id,
        "title": dict(routine.title),
        "minutes": {
            "min": routine.minutes_min,
            "default": routine.minutes_default,
            "max": routine.minutes_max,
        },
        "strokes": [
            {
                "technique": stroke.technique,
                "title": dict(stroke.title),
                "seconds": stroke.seconds,
                "foot": foot.value,
            }
            for foot in routine.feet
            for stroke in routine.strokes
        ],
    }


def limit_list(settings: Settings) -> dict[str, dict[str, float]]:
    """Return the limits by region."""
    return {
        name: {key: getattr(row, key) for key in row.__dataclass_fields__}
        for name, row in settings.limits.regions.items()
    }


def prefer_real_time() -> bool:
    """Ask for SCHED_FIFO; return whether the system grants it."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    except (AttributeError, OSError):
        return False
    return True


def _run(control: Control) -> int:
    """Run; what a bug ends leaves a black box that shows it again."""
    try:
        return control.run()
    except Exception:
        control.close_port()
        control.black_box.close(now_us(), why="crash")
        raise


def main(
    device: str, socket_path: Path, version: str = "", *, state_folder: Path | None = None
) -> int:
    """Run the control process until it is told to end.

    Args:
        device: A port's path, or "auto".
        socket_path: Where the faces ask.
        version: Version of the product.
        state_folder: Where the device is remembered; None forgets it with the process.

    Returns:
        Exit code.

    Raises:
        ControllerError: A shipped file is damaged, or the socket is served already.
    """
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    # Who starts Podal was told who must not be massaged; asking each person comes on top of it.
    settings = default_settings(Attestation("owner", now_us()))
    mailbox = Mailbox(socket_path)
    try:
        control = Control(device, mailbox, settings, version, state_folder=state_folder)
        control.runner.fifo = prefer_real_time()
        gc.collect()
        gc.freeze()
        gc.disable()
        return _run(control)
    finally:
        mailbox.close()
