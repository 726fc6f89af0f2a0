"""Starting the processes of Podal, keeping them alive, and leaving nothing behind."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

END_S: Final = 2.0
"""A child has this long to end by itself: control unloads the feet within 0.3 s."""

BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_S: Final = 10.0
"""A child that ran this long starts again without delay when it dies."""

READY_S: Final = 30.0
POLL_S: Final = 0.1
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True, eq=False)
class Child:
    """One process to keep alive.

    Attributes:
        name: What a person calls it; also the sub-command that runs it.
        arguments: Its command line after the sub-command.
        descriptors: Open files it inherits.
    """

    name: str
    arguments: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    start_at_s: float = 0.0
    failures: int = 0


@dataclass(slots=True, eq=False)
class Supervisor:
    """Runs children until a signal; `children` end in the order given, the first one alone first.

    Attributes:
        children: Control first, so that it lets go of the feet before anything else ends.
        is_ready: Whether people can be told the address.
        on_ready: Tells them.
        warn: Tells what went wrong, in one sentence.
    """

    children: tuple[Child, ...]
    is_ready: Callable[[], bool]
    on_ready: Callable[[], None]
    warn: Callable[[str], None]
    now_s: Callable[[], float] = time.monotonic
    _caught: list[int] = field(default_factory=list)

    def run(self) -> int:
        """Run until a signal, or until a child cannot start; return the exit code."""
        alarm, wake = socket.socketpair()
        alive_read, alive_write = os.pipe()
        old = {number: signal.signal(number, self._catch) for number in _SIGNALS}
        old[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _wake_only)
        wake.setblocking(False)
        old_wake = signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        try:
            return self._supervise(alarm, alive_read)
        finally:
            self._end_all()
            signal.set_wakeup_fd(old_wake)
            for number, handler in old.items():
                signal.signal(number, handler)
            for descriptor in (alive_read, alive_write):
                os.close(descriptor)
            alarm.close()
            wake.close()

    def _catch(self, number: int, _: FrameType | None) -> None:
        self._caught.append(number)

    def _supervise(self, alarm: socket.socket, alive_read: int) -> int:
        failed = self._until_ready(alarm, alive_read)
        if failed is not None:
            return failed
        while not self._caught:
            for child in self.children:
                self._keep(child, alive_read)
            _wait(alarm)
        return 130 if self._caught[0] == signal.SIGINT else 0

    def _until_ready(self, alarm: socket.socket, alive_read: int) -> int | None:
        """Start all; return None when they serve or a signal came, else the exit code."""
        give_up_s = self.now_s() + READY_S
        for child in self.children:
            child.process, child.started_s = _start(child, alive_read), self.now_s()
        while not self._caught:
            for child in self.children:
                code = None if child.process is None else child.process.poll()
                if code is not None:
                    self._say(f"{child.name} could not start ({_why(code)}).")
                    return code if code > 0 else 1
            if self.is_ready():
                with contextlib.suppress(OSError):  # see _say
                    self.on_ready()
                return None
            if self.now_s() > give_up_s:
                self._say(f"Podal did not answer within {READY_S:.0f} s; see podal doctor.")
                return 1
            _wait(alarm)
        return None

    def _keep(self, child: Child, alive_read: int) -> None:
        """Start `child` when it is due; when it has died, say so and set the next start."""
        now_s = self.now_s()
        if child.process is None:
            if now_s >= child.start_at_s:
                child.process, child.started_s = _start(child, alive_read), now_s
            return
        code = child.process.poll()
        if code is None:
            return
        child.failures = 0 if now_s - child.started_s > STEADY_S else child.failures + 1
        child.start_at_s = now_s + BACKOFF_S[min(child.failures, len(BACKOFF_S) - 1)]
        self._say(f"{child.name} ended ({_why(code)}); it is started again, the massage is not.")
        child.process = None

    def _say(self, sentence: str) -> None:
        """Warn, if anything takes the words: a full disk or a closed pipe ends no massage."""
        with contextlib.suppress(OSError):
            self.warn(sentence)

    def _end_all(self) -> None:
        for group in (self.children[:1], self.children[1:]):
            for child in group:
                if child.process is not None and child.process.poll() is None:
                    child.process.terminate()
            deadline_s = self.now_s() + END_S
            for child in group:
                _end(child, max(0.0, deadline_s - self.now_s()))


def _wait(alarm: socket.socket) -> None:
    """Wait for a signal, or for the next look."""
    if select.select([alarm], [], [], POLL_S)[0]:
        alarm.recv(4096)


def _wake_only(_: int, __: FrameType | None) -> None:
    """Do nothing; the signal has woken the loop."""


def _start(child: Child, alive_read: int) -> subprocess.Popen[bytes]:
    """Start `child` in a session of its own, so that Ctrl-C reaches the supervisor alone.

    `-P` keeps a folder called `api` in the working directory from being run instead of ours.
    """
    command = [sys.executable, "-P", "-m", "api", child.name, *child.arguments]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        [*command, "--alive-fd", str(alive_read)],
        pass_fds=(alive_read, *child.descriptors),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(child: Child, timeout_s: float) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        child.process.kill()
        child.process.wait()
    child.process = None


def _why(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def end_with_supervisor(alive_fd: int | None) -> None:
    """End this process when the supervisor is gone, however it went.

    The supervisor holds the only writing end of a pipe; reading its end returns when it dies, by
    SIGKILL as well. The thread waits in the kernel and costs the process nothing.
    """
    if alive_fd is None:
        return

    def watch() -> None:
        os.read(alive_fd, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(END_S)
        os._exit(1)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()
