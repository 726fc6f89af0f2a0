"""A picture of a mapped frame: image, fitted outline, zones, heel point and axis."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from api.errors import ApiError
from api.mapping import FrameMap
from api.recording import Recording
from controller.geometry import OUTLINE_LATERAL, OUTLINE_MEDIAL, OUTLINE_U
from controller.pose import FootPose, bed_from_sole
from controller.zones import Ellipse, Shape, label_place, load_atlas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SUFFIXES: Final = (".png", ".svg", ".pdf")
_INK: Final = "#16324f"
_PAPER: Final = "#ffffff"
_MARGIN_MM: Final = 18.0
_COLOURS: Final = ("#ffffff", "#e3eef7", "#b3d2e8", "#6fb0d2", "#f2c14e", "#ee8434", "#c3423f")


class PlotError(ApiError):
    """A picture that cannot be drawn; the text says why and what to do."""


def require_drawing(path: Path) -> None:
    """Check that a picture can be drawn there, before any long work.

    Raises:
        PlotError: matplotlib is not installed, or the file cannot be written there.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise PlotError(f"{path} is no picture by its name: end it in {', '.join(_SUFFIXES)}.")
    if not path.parent.is_dir():
        raise PlotError(f"The folder {path.parent} does not exist: make it, or choose another.")
    try:
        import matplotlib as mpl  # noqa: PLC0415 - slow, and an extra
    except ImportError:
        raise PlotError(
            "Drawing needs matplotlib, which is not installed: in Podal's folder run"
            " .venv/bin/pip install -e '.[plot]'."
        ) from None
    mpl.use("Agg")


def draw(path: Path, recording: Recording, found: FrameMap) -> None:
    """Draw one mapped frame of a recording.

    Raises:
        PlotError: the file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow, and an extra

    figure = Figure(figsize=(9.2, 9.6), dpi=140, facecolor=_PAPER, layout="constrained")
    axes, names = figure.subplots(1, 2, width_ratios=(2.1, 1.0))
    _image(axes, recording, found)
    _names(names, found)
    if found.pose is not None:
        _zones(axes, found.pose)
        _sole(axes, found.pose)
    _frame(axes, recording, found)
    try:
        figure.savefig(path)
    except OSError as error:
        raise PlotError(
            f"{path} cannot be written ({error.strerror or error}): choose another place."
        ) from None


def _image(axes: "Axes", recording: Recording, found: FrameMap) -> None:
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415

    grid = recording.grid
    image = recording.image(found.frame) / recording.kpa_per_unit
    shown = axes.imshow(
        image,
        extent=(0.0, grid.width_mm, 0.0, grid.height_mm),
        cmap=LinearSegmentedColormap.from_list("podal", _COLOURS),
        vmin=0.0,
        vmax=max(float(np.percentile(image, 99.8)), 1e-6),
        interpolation="nearest",
    )
    unit = "kPa" if recording.unit == "kPa" else "counts"
    bar = axes.figure.colorbar(shown, ax=axes, shrink=0.5, aspect=30, pad=0.02)
    bar.set_label(f"pressure [{unit}]", color=_INK)
    bar.ax.tick_params(colors=_INK, labelsize=8)
    bar.outline.set_visible(False)


def _sole(axes: "Axes", pose: FootPose) -> None:
    x_mm, y_mm = _outline(pose)
    sure = pose.side is not None
    axes.plot(x_mm, y_mm, color=_INK, lw=2.2, ls="-" if sure else (0, (4, 3)), zorder=4)
    ends = bed_from_sole(pose, np.array([0.0, 1.0]), np.zeros(2))
    axes.plot(*ends, color=_INK, lw=1.0, ls=(0, (6, 4)), zorder=4)
    axes.plot(pose.heel_x_mm, pose.heel_y_mm, "o", ms=8, mfc=_PAPER, mec=_INK, mew=2.0, zorder=6)


def _outline(pose: FootPose) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    u = np.concatenate((OUTLINE_U, OUTLINE_U[::-1], OUTLINE_U[:1]))
    share = np.concatenate((OUTLINE_LATERAL, OUTLINE_MEDIAL[::-1], OUTLINE_LATERAL[:1]))
    return bed_from_sole(pose, u, share)


def _zones(axes: "Axes", pose: FootPose) -> None:
    from matplotlib.patches import Polygon as Patch  # noqa: PLC0415
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    if pose.side is None:
        return
    halo = [withStroke(linewidth=2.0, foreground=_PAPER)]
    taken: list[tuple[float, float]] = []
    atlas = load_atlas()
    for no in atlas.finest_first:
        zone = atlas.zone(no)
        if pose.side not in zone.feet:
            continue
        for shape in zone.shapes:
            x_mm, y_mm = bed_from_sole(pose, *_edge(shape))
            edge = Patch(np.stack((x_mm, y_mm), axis=1), closed=True, zorder=3)
            edge.set(facecolor="none", edgecolor=_INK, linewidth=0.8, alpha=0.75)
            axes.add_patch(edge)
        place = label_place(atlas, pose.side, no, taken)
        taken.append(place)
        x, y = bed_from_sole(pose, *place)
        axes.text(
            x,
            y,
            str(no),
            ha="center",
            va="center",
            fontsize=7,
            color=_INK,
            zorder=5,
            path_effects=halo,
        )


def _names(axes: "Axes", found: FrameMap) -> None:
    """Numbers, names and shares of load of the zones this foot shows."""
    axes.axis("off")
    if found.pose is None or found.pose.side is None:
        return
    side = found.pose.side
    loads = {zone.no: zone.load_ratio for zone in found.zones}
    drawn = [zone for zone in load_atlas().zones if zone.shapes and side in zone.feet]
    for row, zone in enumerate(drawn):
        y = 1.0 - (row + 0.5) / len(drawn)
        load = loads.get(zone.no, 0.0)
        style: dict[str, Any] = {
            "va": "center",
            "fontsize": 7.5,
            "color": _INK,
            "alpha": 1.0 if load >= 0.0005 else 0.5,
        }
        axes.text(0.08, y, str(zone.no), ha="right", **style)
        axes.text(0.13, y, zone.name["en"], ha="left", **style)
        axes.text(1.0, y, f"{load:.1%}" if load >= 0.0005 else "-", ha="right", **style)
    axes.set_title("zones (a traditional map), share of load", loc="left", fontsize=9, color=_INK)


def _edge(shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(shape, Ellipse):
        turn = np.linspace(0.0, 2.0 * np.pi, 48)
        return (
            shape.u + shape.u_radius * np.cos(turn),
            shape.share + shape.share_radius * np.sin(turn),
        )
    corners = np.array(shape.corners)
    return corners[:, 0], corners[:, 1]


def _frame(axes: "Axes", recording: Recording, found: FrameMap) -> None:
    axes.set_aspect("equal")
    axes.set_xlabel("x [mm]", color=_INK)
    axes.set_ylabel("y [mm], towards the toes", color=_INK)
    axes.tick_params(colors=_INK, labelsize=8)
    for spine in axes.spines.values():
        spine.set_color("#c9d6e2")
    axes.set_title("\n".join(_title(recording, found)), loc="left", fontsize=10, color=_INK)
    if found.pose is None:
        return
    x_mm, y_mm = _outline(found.pose)
    axes.set_xlim(x_mm.min() - _MARGIN_MM, x_mm.max() + _MARGIN_MM)
    axes.set_ylim(y_mm.min() - _MARGIN_MM, y_mm.max() + _MARGIN_MM)


def _title(recording: Recording, found: FrameMap) -> list[str]:
    frame = f", frame {found.frame}" if len(recording) > 1 else ""
    lines = [f"{recording.path.name}, {recording.key}{frame}"]
    pose = found.pose
    if pose is None:
        return [*lines, f"{found.finding}: {found.reason}"]
    side = f"{pose.side} foot" if pose.side else f"unsure, rather {pose.fitted_side}"
    lines.append(
        f"{side} (belief {pose.side_p:.3f}), axis {pose.axis_deg:.1f}"
        f" ± {pose.axis_sd_deg:.1f} degrees"
    )
    lines.append(
        f"length {pose.length_mm:.0f} ± {pose.length_sd_mm:.0f} mm,"
        f" width {pose.width_mm:.0f} ± {pose.width_sd_mm:.0f} mm"
    )
    return lines
