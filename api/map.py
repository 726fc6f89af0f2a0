"""`podal map`: contact, side, pose, regions and zones of recorded frames."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, Final

import click

from api.commands.options import fail
from api.errors import ApiError
from api.mapping import FrameMap, json_row, map_recording
from api.plot import draw, require_drawing
from api.recording import Recording, checked_pitch, load_recording

_BAR_FROM_FRAMES: Final = 50  # about a second of work
_ZONES_SHOWN: Final = 4


class Pitch(click.ParamType[tuple[float, float]]):
    """One number for square taxels, or two as ROW,COLUMN."""

    name = "X or ROW,COLUMN"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Return (row, column) in mm."""
        parts = str(value).split(",")
        if len(parts) not in {1, 2}:
            self.fail(f"{value!r} is neither one number nor two with a comma", param, ctx)
        try:
            row_mm, column_mm = float(parts[0]), float(parts[-1])
        except ValueError:
            self.fail(f"{value!r} is neither one number nor two with a comma", param, ctx)
        try:
            return checked_pitch(row_mm, column_mm)
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)


@click.command("map")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.npz")
@click.option("--key", help="Name of the array of frames.  [default: frames]")
@click.option("--pitch-mm", type=Pitch(), help="Taxel pitch, where the file does not say it.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines on stdout, one per frame.")
@click.option("--peak", is_flag=True, help="Map the maximum of every taxel as one frame.")
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.png",
    help="Draw the frame that fits best: image, fitted outline, zones.",
)
def map_command(
    *,
    file: Path,
    key: str | None,
    pitch_mm: tuple[float, float] | None,
    as_json: bool,
    peak: bool,
    picture: Path | None,
) -> None:
    """Find foot, side, pose, regions and zones in recorded frames.

    FILE.npz holds an array of shape (n, rows, cols), row 0 = toes, column 0 = left seen from above,
    and 'pitch_mm'. Whole numbers are taken as raw counts of unknown unit. Places are in mm of the
    recording, x to the right, y towards the toes.
    """
    try:
        recording = load_recording(file, key=key, pitch_mm=pitch_mm)
        if peak:
            recording = recording.peak()
        if picture is not None:
            require_drawing(picture)
        with click.progressbar(
            map_recording(recording),
            length=len(recording),
            label="Mapping",
            file=sys.stderr,
            hidden=len(recording) < _BAR_FROM_FRAMES or not sys.stderr.isatty(),
        ) as maps:
            shown = _print_rows(maps, recording) if as_json else _print_table(maps, recording)
        if picture is not None:
            draw(picture, recording, shown)
    except ApiError as error:
        fail(str(error))


def _print_rows(maps: Iterable[FrameMap], recording: Recording) -> FrameMap:
    """Print JSON Lines as they come; return the frame worth drawing."""
    fullest = None
    for found in maps:
        click.echo(json.dumps(json_row(found, recording), separators=(",", ":")))
        fullest = _fuller(fullest, found)
    assert fullest is not None  # noqa: S101 - a recording has at least one frame
    return fullest


def _print_table(maps: Iterable[FrameMap], recording: Recording) -> FrameMap:
    """Print one line for each run of frames that show the same; return the frame to draw."""
    runs: list[list[FrameMap]] = []
    fullest = None
    for found in maps:
        fullest = _fuller(fullest, found)
        if runs and _same(runs[-1][-1], found):
            runs[-1].append(found)
        else:
            runs.append([found])
    assert fullest is not None  # noqa: S101 - a recording has at least one frame
    grid = recording.grid
    click.echo(
        f"{recording.path} '{recording.key}': {len(recording)} x {grid.rows} x {grid.cols},"
        f" {grid.pitch_y_mm:g} x {grid.pitch_x_mm:g} mm a taxel, {recording.unit}"
    )
    click.echo(_HEAD)
    for run in runs:
        click.echo(_line(run))
    return fullest


_HEAD: Final = (
    f"{'frames':>13}  {'contact':<25} {'side':<6} {'belief':>6}"
    f"  {'heel x, y mm':>15} {'axis deg':>8} {'length mm':>9} {'width mm':>8}  strongest zones"
)


def _line(run: list[FrameMap]) -> str:
    first, last = run[0].frame, run[-1].frame
    frames = f"{first}" if first == last else f"{first} - {last}"
    contact = run[0].finding + (f" ({run[0].reason})" if run[0].reason else "")
    start = f"{frames:>13}  {contact:<25} {run[0].side or '-':<6}"
    poses = [found.pose for found in run if found.pose is not None]
    if not poses:
        return start.rstrip()
    heel = f"{median(p.heel_x_mm for p in poses):.0f}, {median(p.heel_y_mm for p in poses):.0f}"
    return (
        f"{start} {median(p.side_p for p in poses):6.3f}  {heel:>15}"
        f" {median(p.axis_deg for p in poses):8.1f} {median(p.length_mm for p in poses):9.0f}"
        f" {median(p.width_mm for p in poses):8.0f}  {_strongest(run)}"
    ).rstrip()


def _strongest(run: list[FrameMap]) -> str:
    loads: dict[int, float] = {}
    for found in run:
        for zone in found.zones:
            loads[zone.no] = loads.get(zone.no, 0.0) + zone.load_ratio / len(run)
    ranked = sorted(loads.items(), key=lambda item: -item[1])[:_ZONES_SHOWN]
    return ", ".join(f"{no} {load:.0%}" for no, load in ranked)


def _same(one: FrameMap, other: FrameMap) -> bool:
    return (one.finding, one.reason, one.side) == (other.finding, other.reason, other.side)


def _fuller(best: FrameMap | None, found: FrameMap) -> FrameMap:
    """The frame that shows more: a known side, then a pose, then the better fit or larger area."""
    return found if best is None or _fullness(found) > _fullness(best) else best


def _fullness(found: FrameMap) -> tuple[bool, float, float]:
    fit_ratio = 0.0 if found.pose is None else 1.0 - found.pose.misfit
    return found.side is not None, fit_ratio, found.contact.area_cm2
