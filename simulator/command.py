"""A command that lives no longer than the simulated device it was started beside."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import Final

from simulator.errors import CommandError

PR_SET_PDEATHSIG: Final = 1
PATIENCE_S: Final = 15.0
"""How long a command may take to end after it was asked to."""


class Command:
    """A child process in a group of its own.

    It gets each signal once, from its parent, also when a terminal sends one to everybody. Where
    the parent is killed outright the kernel ends the child (Linux; elsewhere it is left with a dead
    port, which a host notices by itself).

    Args:
        words: Program and arguments.

    Raises:
        CommandError: There is no such program, or it may not be run.
    """

    def __init__(self, words: tuple[str, ...]) -> None:
        parent = os.getpid()
        try:
            self._child = subprocess.Popen(  # noqa: S603 - running what was typed is the point
                words,
                process_group=0,
                preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509
            )
        except OSError as error:
            raise CommandError(words[0], (error.strerror or str(error)).lower()) from error
        self._asked_s: float | None = None

    def exit_code(self) -> int | None:
        """Return the command's exit code as a shell gives it, None while it runs."""
        code = self._child.poll()
        if code is None and self._asked_s is not None:
            if time.monotonic() - self._asked_s > PATIENCE_S:
                self._signal(signal.SIGKILL)
            return None
        return code if code is None or code >= 0 else 128 - code

    def ask_to_end(self, number: int) -> None:
        """Pass a signal on; if that does not help for long, the command is killed."""
        if self._asked_s is None:
            self._asked_s = time.monotonic()
        self._signal(number)

    def end(self) -> None:
        """End whatever is left of the command's group."""
        if self._child.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._child.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._child.wait()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._child.pid, number)
        except ProcessLookupError:
            return  # it has ended in the meantime


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
