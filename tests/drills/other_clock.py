"""A control process whose wall clock is told by a file: Debian's libfaketime, where it is there.

Only control gets another clock. Without a supervisor: the library (0.9.10) breaks `time.sleep` of
Python 3.11, on which supervising relies and control does not.
"""

import subprocess
from pathlib import Path
from typing import Final

import numpy as np

from tests.drills.stage import Stage
from tests.integration.stack import FACES

LIBRARIES: Final = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
)
"""Where Debian's package puts it."""

SEES_IT_S: Final = 2.5
"""The library looks at its file once a second."""

END_S: Final = 15.0


def library() -> str:
    """Return the library, "" where it is not installed."""
    return next((path for path in LIBRARIES if Path(path).exists()), "")


class OtherClock(Stage):
    """A stage whose control process lives by the clock in the file `clock`."""

    def start_product(self) -> subprocess.Popen[bytes]:
        """Start control under its own clock, and both faces under that of everybody."""
        self.tell("+0")
        shared = ("--socket", self.socket)
        self.product = self._start(
            "env",
            *self._clock(),
            *FACES,
            "control",
            "--device",
            self.link,
            *shared,
            *self.product_options,
        )
        self.until(self.socket.exists, "the socket of control")
        self._faces = [
            self._start(*FACES, "serve", *shared, "--port", self.port),
            self._start(*FACES, "stop-lane", *shared, "--port", self.stop_port),
        ]
        return self.product

    def _clock(self) -> tuple[str, ...]:
        return (
            f"LD_PRELOAD={library()}",
            f"FAKETIME_TIMESTAMP_FILE={self.folder / 'clock'}",
            "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        )

    def tell(self, offset: str) -> None:
        """Set the wall clock so far off, such as +1h."""
        (self.folder / "clock").write_text(offset + "\n")

    def wall_s(self) -> float:
        """Return what time it is for who lives by that clock."""
        words = ["env", *self._clock(), "date", "+%s"]
        return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    def is_other(self) -> bool:
        """Whether control lives by that clock."""
        return library() in Path(f"/proc/{self.product.pid}/maps").read_text()

    def end(self) -> dict[str, np.ndarray]:
        """End everything and return the trace; control must end well."""
        try:
            return super().end()
        finally:
            self._end_faces()

    def clear_away(self) -> dict[str, np.ndarray]:
        """End whatever is left; return the trace, empty where there is none."""
        found = super().clear_away()
        self._end_faces()
        return found

    def _end_faces(self) -> None:
        for face in self._faces:
            face.terminate()
        for face in self._faces:
            face.wait(END_S)
