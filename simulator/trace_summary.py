"""A trace in a few lines for a person."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import TraceError
from simulator.plant.outline import OFF_SOLE, REGION_NAMES
from simulator.trace_columns import BED_SUFFIXES

CONTACT_N: Final = 1.0
NEEDED: Final = ("t_us", "fw_state", "fw_state_names", "stop_at", "event_t_us")

Arrays = Mapping[str, NDArray[Any]]


def read_trace(path: Path) -> Arrays:
    """Return the arrays of a trace.

    Raises:
        TraceError: The file is missing, damaged, or something else.
    """
    try:
        # numpy leaves a file it opened itself open when the archive in it is damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise TraceError(str(path), type(error).__name__) from error
    except (AttributeError, TypeError) as error:  # an .npy is an array, not an archive
        raise TraceError(str(path), "it is a single array") from error
    missing = [name for name in NEEDED if name not in arrays]
    if missing:
        raise TraceError(str(path), f"it has no {missing[0]}")
    return arrays


def stop_times_ms(arrays: Arrays) -> list[float]:
    """Return, for each STOP that met a force of 1 N or more, how long it took to fall below."""
    t_us = arrays["t_us"]
    force_n = np.maximum(arrays["force_n_l"], arrays["force_n_r"])
    found = []
    for stop_us in np.unique(arrays["stop_at"][arrays["stop_at"] >= 0]):
        start = int(np.searchsorted(t_us, stop_us))
        if force_n[start] < CONTACT_N:
            continue
        below = np.flatnonzero(force_n[start:] < CONTACT_N)
        end_us = t_us[start + below[0]] if len(below) else t_us[-1]
        found.append(float(end_us - stop_us) / 1000.0)
    return found


def summarise(path: Path) -> str:
    """Return the summary of the trace at `path`.

    Raises:
        TraceError: The file is missing, damaged, or not a trace.
    """
    arrays = read_trace(path)
    return "".join(f"{line}\n" for line in _lines(arrays))


def _lines(arrays: Arrays) -> Iterator[str]:
    rows = len(arrays["t_us"])
    yield f"{rows / 1000.0:.1f} s, seed {arrays['seed']}, {arrays['person']}"
    for suffix, bed in zip(BED_SUFFIXES, ("left", "right"), strict=True):
        force_n = arrays["force_n" + suffix]
        contact_s = float((force_n >= CONTACT_N).sum()) / 1000.0
        peak_n = float(force_n.max(initial=0.0))
        yield f"{bed}: in contact {contact_s:.1f} s, largest force {peak_n:.1f} N"
        yield from _region_lines(arrays, suffix)
    stops = stop_times_ms(arrays)
    yield f"STOP under force: {len(stops)}" + (
        f", below 1 N within {max(stops):.0f} ms at most" if stops else ""
    )
    yield "device states:"
    yield from _timeline(arrays)
    yield "events:"
    order = np.argsort(arrays["event_t_us"], kind="stable")
    columns = (arrays[name][order] for name in ("event_t_us", "event_kind", "event_text"))
    for t_us, kind, text in zip(*columns, strict=True):
        if kind != "state":
            yield f"  {t_us / 1e6:9.3f} s  {kind}: {text}"


def _region_lines(arrays: Arrays, suffix: str) -> Iterator[str]:
    region, force_n = arrays["region_true" + suffix], arrays["force_n" + suffix]
    over_host = force_n - arrays["limit_n" + suffix]
    over_device = force_n - arrays["hard_limit_n" + suffix]
    pressed = force_n >= CONTACT_N
    # Limits are those of the massage; while the device lets go there is none to keep.
    obeying = np.isin(arrays["fw_state_names"][arrays["fw_state"]], ("ARMED", "RUNNING"))
    yield "  region                 seconds  max N  over host limit  over device limit"
    for index in (*range(len(REGION_NAMES)), OFF_SOLE):
        here = pressed & (region == index)
        if not here.any():
            continue
        held = here & obeying
        name = REGION_NAMES[index] if index >= 0 else "off the sole"
        yield (
            f"  {name:<21} {here.sum() / 1000.0:8.1f} {force_n[here].max():6.1f} "
            f"{float(over_host[held].max(initial=0.0)):16.1f} "
            f"{float(over_device[held].max(initial=0.0)):18.1f}"
        )


def _timeline(arrays: Arrays) -> Iterator[str]:
    states, t_us = arrays["fw_state"], arrays["t_us"]
    changes = np.flatnonzero(np.diff(states, prepend=-1))
    for index in changes:
        yield f"  {t_us[index] / 1e6:9.3f} s  {arrays['fw_state_names'][states[index]]}"
