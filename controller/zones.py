"""The atlas of 62 reflex zones: a traditional map, names of places on the sole.

Shapes may lie in one another, so a point has several zones; the smallest of them is the finest.
The shapes are drawn once into a raster of 64-bit words, one bit a zone, and read from there.
"""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.geometry import Floats, Grid, Side, cell_samples, share_from_v
from controller.pose import FootPose, sole_from_bed

SCHEMA = 1
ZONE_COUNT = 62
LANGUAGES = ("en", "ru")
_FEET = {"both": (Side.LEFT, Side.RIGHT), "left": (Side.LEFT,), "right": (Side.RIGHT,)}
_SURFACES = ("sole", "inner_edge", "outer_edge", "toe_side", "top", "ankle", "lower_leg")
_REACHES = ("sole", "edge", "none")

# The raster: 0.0025 of the foot length a step, 0.7 mm on a foot of 270 mm.
_STEP = 0.0025
_U_FROM, _U_STEPS = -0.02, 416
_SHARE_FROM, _SHARE_STEPS = -0.22, 176

Bits = NDArray[np.uint64]


class AtlasError(ValueError):
    """An atlas file that does not hold the 62 zones."""


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Centre and half axes in (u, share)."""

    u: float
    share: float
    u_radius: float
    share_radius: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """Corners (u, share), closed from the last to the first."""

    corners: tuple[tuple[float, float], ...]


Shape = Ellipse | Polygon


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone: ``reach`` is "sole", "edge" (partly under the roller) or "none" (not drawn)."""

    no: int
    name: dict[str, str]
    where: dict[str, str]
    feet: tuple[Side, ...]
    crossed: bool
    surface: str
    reach: str
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """All zones, their rasters by side, and the order from the smallest to the largest."""

    zones: tuple[Zone, ...]
    bits: dict[Side, Bits]
    finest_first: tuple[int, ...]

    def zone(self, no: int) -> Zone:
        """The zone of that number, 1..62."""
        return self.zones[no - 1]


@functools.cache
def load_atlas() -> Atlas:
    """The atlas that comes with Podal."""
    text = resources.files("controller").joinpath("data", "atlas.json").read_text("utf-8")
    return parse_atlas(text)


def parse_atlas(text: str) -> Atlas:
    """An atlas from the text of its file.

    Raises:
        AtlasError: not this schema, or a zone is missing or malformed.
    """
    try:
        table = json.loads(text)
        schema, entries = table["schema"], table["zones"]
    except (ValueError, KeyError, TypeError) as error:
        raise AtlasError(
            f"not an atlas file ({error}): restore controller/data/atlas.json"
        ) from None
    if schema != SCHEMA:
        raise AtlasError(f"the atlas has schema {schema!r}, this Podal reads {SCHEMA}: update it")
    zones = tuple(_zone_from(entry) for entry in entries)
    if [zone.no for zone in zones] != list(range(1, ZONE_COUNT + 1)):
        raise AtlasError(f"the atlas must list zones 1 to {ZONE_COUNT} in order")
    drawn = {zone.no: _draw(zone.shapes) for zone in zones if zone.shapes}
    finest_first = sorted(drawn, key=lambda no: int(drawn[no].sum()))
    bits = {side: _bits(zones, drawn, side) for side in Side}
    return Atlas(zones=zones, bits=bits, finest_first=tuple(finest_first))


def zones_at(atlas: Atlas, side: Side, u: float, v: float) -> tuple[int, ...]:
    """Numbers of all zones of that foot at (u, v), ascending."""
    word = _word_at(atlas, side, u, v)
    return tuple(no for no in range(1, ZONE_COUNT + 1) if word >> no & 1)


def finest_zone(atlas: Atlas, side: Side, u: float, v: float) -> int | None:
    """The smallest zone of that foot at (u, v), None where there is none."""
    word = _word_at(atlas, side, u, v)
    return next((no for no in atlas.finest_first if word >> no & 1), None)


def zone_weights(
    atlas: Atlas, grid: Grid, pose: FootPose, *, divisions: int = 3
) -> NDArray[np.float32]:
    """Share of every taxel that lies in every zone, (62, rows*cols), 0..1; row 0 is zone 1.

    Times the pressures and the area of a taxel this gives the load of each zone. A taxel counts by
    ``divisions`` squared sample points.
    """
    u, share = sole_from_bed(pose, *cell_samples(grid, divisions))
    words = _words(atlas, pose.fitted_side, u, share)
    planes = np.unpackbits(words[..., None].view(np.uint8), axis=-1, bitorder="little")
    weights = planes.mean(axis=1, dtype=np.float32)[:, 1 : ZONE_COUNT + 1].T
    return np.ascontiguousarray(weights)


def label_place(
    atlas: Atlas, side: Side, no: int, taken: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Where the number of a drawn zone reads best, as (u, share).

    Deep inside what no smaller zone covers, and there as far as possible from the places taken.
    """
    bits = atlas.bits[side]
    own = (bits >> np.uint64(no) & np.uint64(1)).astype(np.bool_)
    smaller = np.uint64(sum(1 << other for other in atlas.finest_first[: _rank(atlas, no)]))
    free = own & (bits & smaller == 0)
    core = _core(free if free.any() else own)
    u = _U_FROM + (core[0] + 0.5) * _STEP
    share = _SHARE_FROM + (core[1] + 0.5) * _STEP
    room = np.full(u.shape, np.inf)
    for taken_u, taken_share in taken:
        room = np.minimum(room, (u - taken_u) ** 2 + (share - taken_share) ** 2)
    best = int(room.argmax())
    return float(u[best]), float(share[best])


def _rank(atlas: Atlas, no: int) -> int:
    return atlas.finest_first.index(no)


def _core(area: NDArray[np.bool_]) -> tuple[NDArray[np.intp], ...]:
    """Cells that outlast all others when the rim is peeled off again and again."""
    while True:
        peeled = area.copy()
        peeled[1:] &= area[:-1]
        peeled[:-1] &= area[1:]
        peeled[:, 1:] &= area[:, :-1]
        peeled[:, :-1] &= area[:, 1:]
        if not peeled.any():
            return area.nonzero()
        area = peeled


def _word_at(atlas: Atlas, side: Side, u: float, v: float) -> int:
    u_index = int((u - _U_FROM) / _STEP // 1)
    share_index = int((share_from_v(u, v) - _SHARE_FROM) / _STEP // 1)
    if 0 <= u_index < _U_STEPS and 0 <= share_index < _SHARE_STEPS:
        return int(atlas.bits[side][u_index, share_index])
    return 0


def _words(atlas: Atlas, side: Side, u: Floats, share: Floats) -> Bits:
    u_index = np.floor((u - _U_FROM) / _STEP).astype(np.intp)
    share_index = np.floor((share - _SHARE_FROM) / _STEP).astype(np.intp)
    inside = (u_index >= 0) & (u_index < _U_STEPS) & (share_index >= 0)
    inside &= share_index < _SHARE_STEPS
    u_index[~inside] = 0  # the corner of the raster lies off the sole and is empty
    share_index[~inside] = 0
    return atlas.bits[side][u_index, share_index]


def _bits(zones: tuple[Zone, ...], drawn: dict[int, NDArray[np.bool_]], side: Side) -> Bits:
    bits = np.zeros((_U_STEPS, _SHARE_STEPS), dtype="<u8")
    for zone in zones:
        if zone.no in drawn and side in zone.feet:
            bits |= drawn[zone.no].astype("<u8") << np.uint64(zone.no)
    bits.setflags(write=False)
    return bits


def _draw(shapes: tuple[Shape, ...]) -> NDArray[np.bool_]:
    u: Floats = (_U_FROM + (np.arange(_U_STEPS, dtype=np.float64) + 0.5) * _STEP)[:, None]
    share: Floats = (_SHARE_FROM + (np.arange(_SHARE_STEPS, dtype=np.float64) + 0.5) * _STEP)[
        None, :
    ]
    inside = np.zeros((_U_STEPS, _SHARE_STEPS), dtype=np.bool_)
    for shape in shapes:
        inside |= contains(shape, u, share)
    return inside


def contains(shape: Shape, u: Floats, share: Floats) -> NDArray[np.bool_]:
    """Whether the points lie in the shape; the arguments broadcast."""
    match shape:
        case Ellipse():
            inside: NDArray[np.bool_] = (
                ((u - shape.u) / shape.u_radius) ** 2
                + ((share - shape.share) / shape.share_radius) ** 2
            ) <= 1.0
            return inside
        case Polygon():
            return _in_polygon(shape.corners, u, share)


def _in_polygon(
    corners: tuple[tuple[float, float], ...], u: Floats, share: Floats
) -> NDArray[np.bool_]:
    inside = np.zeros(np.broadcast_shapes(u.shape, share.shape), dtype=np.bool_)
    for (u_a, share_a), (u_b, share_b) in zip(corners, corners[1:] + corners[:1], strict=True):
        if u_a == u_b:
            continue  # a side along the ray crosses nothing
        between = (u_a > u) != (u_b > u)
        inside ^= between & (share < share_a + (u - u_a) * (share_b - share_a) / (u_b - u_a))
    return inside


def _zone_from(entry: Any) -> Zone:
    no = entry.get("no") if isinstance(entry, dict) else None
    try:
        zone = Zone(
            no=int(entry["no"]),
            name={language: str(entry["name"][language]) for language in LANGUAGES},
            where={language: str(entry["where"][language]) for language in LANGUAGES},
            feet=_FEET[entry["side"]],
            crossed=bool(entry["crossed"]),
            surface=_one_of(_SURFACES, entry["surface"]),
            reach=_one_of(_REACHES, entry["reach"]),
            shapes=tuple(_shape_from(shape) for shape in entry["shapes"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AtlasError(f"zone {no} of the atlas is malformed: {error!r}") from None
    if (zone.reach == "none") == bool(zone.shapes):
        raise AtlasError(f"zone {no} must have shapes exactly where a roller reaches it")
    return zone


def _one_of(allowed: tuple[str, ...], value: str) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


def _shape_from(shape: dict[str, Any]) -> Shape:
    if set(shape) == {"ellipse"}:
        ellipse = Ellipse(*(float(figure) for figure in shape["ellipse"]))
        if not (ellipse.u_radius > 0.0 and ellipse.share_radius > 0.0):
            raise ValueError("an ellipse needs half axes above zero")
        return ellipse
    if set(shape) == {"polygon"} and len(shape["polygon"]) >= 3:
        return Polygon(tuple((float(u), float(share)) for u, share in shape["polygon"]))
    raise ValueError("a shape is one ellipse or one polygon of at least three corners")
