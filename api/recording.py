"""Recorded pressure frames from a NumPy archive, checked before anything is computed from them."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from api.errors import ApiError
from controller.geometry import Grid
from controller.pressure import Kpa

Array = NDArray[Any]

DEFAULT_KEY: Final = "frames"
PITCH_KEY: Final = "pitch_mm"
_CELLS: Final = (4, 512)  # rows or columns of anything that could show a foot
_PITCH_MM: Final = (1.0, 40.0)
# An array that never reaches this is not in kPa: standing feet press 80 to 100 kPa, seated 20.
_LOWEST_PEAK_KPA: Final = 1.0
# Where the unit is unknown, what the strongest taxels bear stands for this many kPa, so that the
# thresholds of contact (2 kPa) become 2 % of it.
_ASSUMED_PEAK_KPA: Final = 100.0


@dataclass(eq=False)
class RecordingError(ApiError):
    """A recording that cannot be used: which one, why, and what to do."""

    path: Path
    why: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.path} {self.why}: {self.next_step}."


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Frames of one matrix, (n, rows, cols), row 0 = toes, finite and not negative.

    ``unit`` is "kPa" or "raw"; ``kpa_per_unit`` makes raw figures large enough to be judged like
    pressures, and is 1 for kPa.
    """

    path: Path
    key: str
    frames: Array
    grid: Grid
    unit: str
    kpa_per_unit: float

    def __len__(self) -> int:
        return int(self.frames.shape[0])

    def image(self, index: int) -> Kpa:
        """One frame as pressures (or figures scaled to be judged like them)."""
        image: Kpa = self.frames[index].astype(np.float32)
        image *= np.float32(self.kpa_per_unit)
        return image

    def peak(self) -> "Recording":
        """The same recording as one frame: the maximum of every taxel."""
        peak = self.frames.max(axis=0, keepdims=True)
        return Recording(
            path=self.path,
            key=f"{self.key}, maximum of {len(self)} frames",
            frames=peak,
            grid=self.grid,
            unit=self.unit,
            kpa_per_unit=self.kpa_per_unit,
        )


def load_recording(
    path: Path, *, key: str | None = None, pitch_mm: tuple[float, float] | None = None
) -> Recording:
    """Read one array of frames.

    Args:
        path: a NumPy archive (.npz).
        key: name of the array, ``frames`` if not given; a 2-D array is one frame.
        pitch_mm: (row, column) pitch that replaces the file's own ``pitch_mm``.

    Raises:
        RecordingError: the file, the array or the pitch cannot be used.
    """
    with _opened(path) as archive:
        name = _chosen_key(path, archive, key)
        frames = _checked_frames(path, name, _read(path, archive, name))
        row_mm, column_mm = pitch_mm or _own_pitch(path, archive)
    rows, cols = frames.shape[1:]
    unit, kpa_per_unit = _unit(frames)
    return Recording(
        path=path,
        key=name,
        frames=frames,
        grid=Grid(rows, cols, pitch_x_mm=column_mm, pitch_y_mm=row_mm),
        unit=unit,
        kpa_per_unit=kpa_per_unit,
    )


def checked_pitch(row_mm: float, column_mm: float) -> tuple[float, float]:
    """The pitch, if a matrix could have it.

    Raises:
        ValueError: not finite, or outside 1 to 40 mm.
    """
    low, high = _PITCH_MM
    for pitch_mm in (row_mm, column_mm):
        if not low <= pitch_mm <= high:
            raise ValueError(f"a pitch of {pitch_mm:g} mm is outside {low:g} to {high:g} mm")
    return row_mm, column_mm


def _opened(path: Path) -> NpzFile:
    if not path.exists():
        raise RecordingError(path, "does not exist", "check the name")
    if path.is_dir():
        raise RecordingError(path, "is a folder", "name one .npz file in it")
    try:
        archive = np.load(path, allow_pickle=False) if zipfile.is_zipfile(path) else None
    except zipfile.BadZipFile as error:
        raise RecordingError(path, f"is damaged ({error})", "copy the file again") from None
    except OSError as error:
        why = f"cannot be read ({error.strerror or error})"
        raise RecordingError(path, why, "check its permissions") from None
    if not isinstance(archive, NpzFile):
        raise RecordingError(
            path,
            "is not a NumPy archive, or only the beginning of one",
            "save the frames with numpy.savez, or copy the file again",
        )
    return archive


def _read(path: Path, archive: NpzFile, name: str) -> Array:
    try:
        array = archive[name]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise RecordingError(
            path, f"is damaged in '{name}' ({error})", "copy the file again"
        ) from None
    except ValueError as error:
        raise RecordingError(
            path,
            f"holds '{name}' in a form that is not read ({error})",
            "save it as plain numbers with numpy.savez",
        ) from None
    return array


def _chosen_key(path: Path, archive: NpzFile, key: str | None) -> str:
    name = key or DEFAULT_KEY
    if name in archive.files:
        return name
    usable = [other for other in archive.files if _could_be_frames(archive, other)]
    if not usable:
        raise RecordingError(
            path,
            f"has no array '{name}' and no other pressure frames",
            "save them as an array 'frames' of shape (n, rows, cols)",
        )
    raise RecordingError(
        path,
        f"has no array '{name}'; it holds {', '.join(usable)}",
        f"choose one with --key, as in --key {usable[0]}",
    )


def _could_be_frames(archive: NpzFile, name: str) -> bool:
    try:
        return _frames_of(archive[name]) is not None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        return False  # what cannot be read is not offered


def _frames_of(array: Array) -> Array | None:
    """The array as (n, rows, cols), None if its type or shape cannot be frames."""
    if array.dtype.kind not in "uif" or array.ndim not in {2, 3}:
        return None
    frames = array[None] if array.ndim == 2 else array
    low, high = _CELLS
    return frames if all(low <= cells <= high for cells in frames.shape[1:]) else None


def _checked_frames(path: Path, name: str, array: Array) -> Array:
    frames = _frames_of(array)
    if frames is None:
        raise RecordingError(
            path,
            f"holds '{name}' as {array.dtype} of shape {array.shape}, no picture of a sole",
            f"give numbers of shape (n, rows, cols) or (rows, cols), {_CELLS[0]} to {_CELLS[1]}"
            " rows and columns",
        )
    if len(frames) == 0:
        raise RecordingError(path, f"holds no frame in '{name}'", "record at least one")
    for index, frame in enumerate(frames):
        trouble = _trouble(frame)
        if trouble:
            raise RecordingError(
                path,
                f"holds {trouble} in frame {index} of '{name}'",
                "repair or cut out that frame",
            )
    return frames


def _trouble(frame: Array) -> str:
    if frame.dtype.kind == "u":
        return ""
    if frame.dtype.kind == "f" and not np.isfinite(frame).all():
        return "a value that is not a finite number"
    return "a negative pressure" if bool((frame < 0).any()) else ""


def _own_pitch(path: Path, archive: NpzFile) -> tuple[float, float]:
    if PITCH_KEY not in archive.files:
        raise RecordingError(path, f"does not say its '{PITCH_KEY}'", "give it, as in --pitch-mm 5")
    array = _read(path, archive, PITCH_KEY)
    if array.dtype.kind not in "uif" or array.size not in {1, 2}:
        raise RecordingError(
            path,
            f"holds a '{PITCH_KEY}' that is neither one number nor two",
            "give row and column pitch, as in --pitch-mm 5,5",
        )
    pitch = [float(figure) for figure in array.ravel()]
    try:
        return checked_pitch(pitch[0], pitch[-1])
    except ValueError as error:
        raise RecordingError(path, f"cannot be right ({error})", "give --pitch-mm") from None


def _unit(frames: Array) -> tuple[str, float]:
    """Whole numbers are raw counts; so is anything too small to be kPa."""
    peak = frames.max(axis=0).astype(np.float64)
    if frames.dtype.kind == "f" and float(peak.max()) >= _LOWEST_PEAK_KPA:
        return "kPa", 1.0
    loaded = peak[peak > 0.0]
    if loaded.size == 0:
        return ("kPa" if frames.dtype.kind == "f" else "raw"), 1.0
    return "raw", _ASSUMED_PEAK_KPA / float(np.percentile(loaded, 98.0))
