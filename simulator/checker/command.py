"""`podal-sim check`: traces in, sentences or JSON out."""

import json
import math
import shlex
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.checker.check import check_trace
from simulator.checker.columns import UnfitTraceError
from simulator.checker.invariants import INVARIANTS
from simulator.checker.report import CheckReport, Violation
from simulator.checker.undecided import UNDECIDED

CLEAN: Final = 0
VIOLATED: Final = 1
UNREADABLE: Final = 2

Arrays = Mapping[str, NDArray[Any]]


def listing() -> str:
    """Return what is judged, and what a trace cannot tell and why."""
    judged = (
        f"{row.id:<3} {row.sentence}\n    {row.source}; {row.scope}; reads {row.columns}\n"
        for row in INVARIANTS
    )
    left = (f"{row.id:<3} {row.sentence}: {row.reason}\n" for row in UNDECIDED)
    return "".join(("judged:\n", *judged, "\nnot judged, as a trace cannot tell:\n", *left))


def check(files: Sequence[Path], *, as_json: bool) -> int:
    """Judge the traces, print what was found, and return the exit code."""
    codes, told = [], []
    for file in files:
        try:
            arrays = read_arrays(file)
            report = check_trace(arrays)
        except UnfitTraceError as error:
            print(
                f"podal-sim: cannot check {file}: {error}; write one with podal-sim serve --trace",
                file=sys.stderr,
            )
            codes.append(UNREADABLE)
            continue
        codes.append(VIOLATED if report.violations else CLEAN)
        if as_json:
            told.append(_as_values(file, arrays, report))
        else:
            print("".join(f"{line}\n" for line in _lines(file, arrays, report)), end="")
    if as_json:
        print(json.dumps({"traces": told}, indent=2, allow_nan=False))
    return max(codes, default=CLEAN)


def read_arrays(file: Path) -> Arrays:
    """Return the arrays of a trace.

    Raises:
        UnfitTraceError: The file is missing, damaged, or something else.
    """
    try:
        # numpy leaves a file it opened itself open when the archive in it is damaged.
        with file.open("rb") as source, np.load(source, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise UnfitTraceError(error.strerror or type(error).__name__) from error
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise UnfitTraceError("it is damaged, or not an .npz archive") from error
    except (AttributeError, TypeError) as error:  # an .npy is an array, not an archive
        raise UnfitTraceError("it is a single array, not an archive of them") from error


def reproducer(arrays: Arrays, violation: Violation) -> str:
    """Return one line that makes the run again, and where to look in it."""
    at = f"# {_at(violation)}"
    for name in ("routine", "commit"):
        if word := _meta(arrays, name):
            at += f", {name} {word}"
    words = ["podal-sim", "serve", "--foot", _meta(arrays, "person") or "adult"]
    words += ["--seed", _meta(arrays, "seed") or "0"]
    if faults := _meta(arrays, "faults"):
        words += ["--fault", faults]
    return f"{shlex.join((*words, '--trace', 'again.npz'))}  {at}"


def _meta(arrays: Arrays, name: str) -> str:
    return str(arrays[name]) if name in arrays else ""


def _at(violation: Violation) -> str:
    bed = f", {violation.bed} bed" if violation.bed else ""
    return f"at {violation.t_us / 1e6:.3f} s{bed}"


def _lines(file: Path, arrays: Arrays, report: CheckReport) -> Iterator[str]:
    rows = len(arrays["t_us"])
    yield f"{file}: {rows / 1000:.1f} s, seed {_meta(arrays, 'seed')}, {_meta(arrays, 'person')}"
    yield "  id      times  verdict      invariant"
    for row in INVARIANTS:
        broken = sum(violation.invariant == row.id for violation in report.violations)
        times = report.vacuity[row.id]
        verdict = f"broken {broken}x" if broken else ("holds" if times else "not tried")
        yield f"  {row.id:<3} {times:>9}  {verdict:<11}  {row.sentence}"
    for violation in report.violations:
        yield f"{violation.invariant} {_at(violation)}, {violation.lasting_ms} ms: {violation.text}"
        yield f"   {reproducer(arrays, violation)}"
    yield f"{len(report.violations)} violations" if report.violations else "no violation"


def _as_values(file: Path, arrays: Arrays, report: CheckReport) -> dict[str, Any]:
    return {
        "file": str(file),
        "rows": len(arrays["t_us"]),
        "violations": [
            {
                "invariant": violation.invariant,
                "t_us": violation.t_us,
                "bed": violation.bed,
                "text": violation.text,
                "excess": violation.excess if math.isfinite(violation.excess) else None,
                "lasting_ms": violation.lasting_ms,
                "reproduce": reproducer(arrays, violation),
            }
            for violation in report.violations
        ],
        "vacuity": dict(report.vacuity),
    }
