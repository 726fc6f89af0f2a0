"""Recorded pressure images as feet: the frame of fullest contact, resting at the seated load.

Everything recorded so far walks at full body weight; nobody has published a seated recording, so
one frame is held and scaled down.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import RecordingError

Floats = NDArray[np.float64]

DEFAULT_PITCH_MM: Final = 5.0
"""Where a file does not say: the usual plate has 4 taxels a square centimetre."""

KEYS: Final = ("frames", "frames_L", "frames_l", "left", "frames_R", "frames_r", "right")
LOADED_RATIO: Final = 0.02
STEP_RATIO: Final = 0.2
MOST_CELLS: Final = (256, 128)
LEFT_NAME: Final = re.compile(r"(?i)(^|_)(l|left)($|_)")
RIGHT_NAME: Final = re.compile(r"(?i)(^|_)(r|right)($|_)")


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One image of one foot.

    Attributes:
        image: Shape (rows, cols), row 0 = toe end, in the unit of the file.
        peak: Most of each cell during the same step: shows the whole sole, toes included.
        pitch_x_mm: Column pitch.
        pitch_y_mm: Row pitch.
        side: "left", "right", or None where neither file nor name says it.
    """

    image: Floats
    peak: Floats
    pitch_x_mm: float
    pitch_y_mm: float
    side: str | None


def load_recording(name: str, *, pitch_mm: float | None = None) -> Recording:
    """Return the fullest frame of ``FILE`` or ``FILE:key``.

    Raises:
        RecordingError: The file is missing, damaged, or holds no frames of one foot.
    """
    path, key = _split(name)
    try:
        arrays = _read(path)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordingError(path, _why(error)) from error
    key = _choose(path, key, arrays)
    frames = _frames(path, key, arrays[key])
    pitch_y_mm, pitch_x_mm = _pitch(path, arrays.get("pitch_mm"), pitch_mm)
    side = "left" if LEFT_NAME.search(key) else "right" if RIGHT_NAME.search(key) else None
    image, peak = _fullest(path, frames)
    return Recording(image, peak, pitch_x_mm, pitch_y_mm, side)


def _split(name: str) -> tuple[str, str]:
    path, colon, key = name.rpartition(":")
    return (path, key) if colon and not Path(name).exists() else (name, "")


def _read(path: str) -> dict[str, NDArray[Any]]:
    # numpy leaves a file it opened itself open when the archive in it is damaged.
    with Path(path).open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"frames": loaded}
        with loaded:
            return {key: loaded[key] for key in loaded.files}


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if "pickle" in str(error).lower():
        return "it is not an .npz of plain arrays"
    return f"the file is damaged ({type(error).__name__})"


def _choose(path: str, key: str, arrays: dict[str, NDArray[Any]]) -> str:
    if key in arrays:
        return key
    found = ", ".join(sorted(arrays)) or "nothing"
    if key:
        raise RecordingError(path, f"it has no array {key!r}", f"it holds: {found}")
    for usual in KEYS:
        if usual in arrays:
            return usual
    raise RecordingError(
        path, "it has no array called frames", f"name one as {path}:KEY; it holds: {found}"
    )


def _frames(path: str, key: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or array.dtype.kind not in "fiu":
        shape = "x".join(map(str, array.shape))
        raise RecordingError(path, f"{key!r} ({shape} {array.dtype}) is not frames of numbers")
    count, rows, cols = array.shape
    if not count:
        raise RecordingError(path, f"{key!r} holds no frames")
    if not (8 <= rows <= MOST_CELLS[0] and 4 <= cols <= MOST_CELLS[1]):
        raise RecordingError(path, f"{key!r} has images of {rows}x{cols} cells, not of a foot")
    if array.dtype.kind == "f" and not bool(np.isfinite(array).all()):
        raise RecordingError(path, f"{key!r} holds values that are not numbers")
    if float(array.min()) < 0.0:
        raise RecordingError(path, f"{key!r} holds negative pressures")
    return array


def _fullest(path: str, frames: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the frame with the largest loaded area, and the peaks of the step it belongs to."""
    least = LOADED_RATIO * float(frames.max())
    if least <= 0.0:
        raise RecordingError(path, "no frame is loaded")
    areas = (frames > least).sum(axis=(1, 2))
    fullest = int(areas.argmax())
    # The foot is on the ground as long as a fair part of that area is; then comes another step.
    lifted = np.flatnonzero(areas < STEP_RATIO * areas[fullest])
    first = int(lifted[lifted < fullest].max(initial=-1)) + 1
    last = int(lifted[lifted > fullest].min(initial=len(frames)))
    peak = frames[first:last].max(axis=0)
    return np.asarray(frames[fullest], dtype=np.float64), np.asarray(peak, dtype=np.float64)


def _pitch(path: str, stored: NDArray[Any] | None, given: float | None) -> tuple[float, float]:
    values = np.ravel(stored).tolist() if stored is not None else []
    if given is not None:
        values = [given]
    if not values:
        values = [DEFAULT_PITCH_MM]
    pitch = (float(values[0]), float(values[-1]))
    if not all(1.0 <= each <= 40.0 for each in pitch):
        raise RecordingError(path, f"a pitch of {pitch} mm is not one of a pressure matrix")
    return pitch
