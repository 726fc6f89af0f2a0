"""Routines: what is done to a sole, in what order and for how long, as checked values from TOML."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, Final, NoReturn

from controller.errors import BadFileError, UnknownRoutineError
from controller.geometry import Side

SCHEMA: Final = 1
MAX_BYTES: Final = 65_536
MAX_STROKES: Final = 64
TECHNIQUES: Final = ("stroke", "circle", "press")
DIRECTIONS: Final = ("clockwise", "anticlockwise")
_ID = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the sole, `foot_` coordinates."""

    u: float
    v: float


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke of a routine, for either foot.

    Attributes:
        technique: `stroke` (to and fro along a line), `circle` or `press`.
        title: Text by language.
        seconds: Time it takes, travel and approach included.
        intensity: Share of the region's target force.
        start: Start of a line; the spot of a circle or press.
        end: End of a line; equal to `start` otherwise.
        spread_v: How far a line or a circle wanders across the sole.
        pace_mm_s: Mean speed along a line.
        radius_mm: Radius of a circle.
        turns_hz: Circles a second, positive clockwise seen from above.
        presses: Presses of a point press.
        first: Share of the force of the first press.
        step: What each further press adds.
    """

    technique: str
    title: Mapping[str, str]
    seconds: float
    intensity: float
    start: Spot
    end: Spot
    spread_v: float = 0.0
    pace_mm_s: float = 0.0
    radius_mm: float = 0.0
    turns_hz: float = 0.0
    presses: int = 0
    first: float = 1.0
    step: float = 0.0


@dataclass(frozen=True, slots=True)
class Routine:
    """A named program: the same strokes for each foot in turn.

    Attributes:
        most: Share of a region's maximum that it never goes beyond.
    """

    id: str
    title: Mapping[str, str]
    minutes_min: float
    minutes_default: float
    minutes_max: float
    feet: tuple[Side, ...]
    strokes: tuple[Stroke, ...]
    most: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """One stroke on one foot, with its time in the plan."""

    foot: Side
    stroke: Stroke
    starts_us: int
    lasts_us: int


def plan(routine: Routine, minutes: float | None) -> tuple[Step, ...]:
    """Return the steps of `routine`, stretched to `minutes` (its default where None).

    Every foot gets every stroke for the same time.

    Raises:
        BadFileError: `minutes` is outside what the routine allows.
    """
    wanted = routine.minutes_default if minutes is None else minutes
    if not routine.minutes_min <= wanted <= routine.minutes_max:
        raise BadFileError(
            routine.id,
            "minutes",
            f"{wanted:g} is outside {routine.minutes_min:g} to {routine.minutes_max:g}",
        )
    whole_s = len(routine.feet) * sum(stroke.seconds for stroke in routine.strokes)
    stretch = wanted * 60.0 / whole_s
    steps: list[Step] = []
    starts_us = 0
    for foot in routine.feet:
        for stroke in routine.strokes:
            lasts_us = round(stroke.seconds * stretch * 1e6)
            steps.append(Step(foot, _stretched(stroke, stretch), starts_us, lasts_us))
            starts_us += lasts_us
    return tuple(steps)


def _stretched(stroke: Stroke, stretch: float) -> Stroke:
    """Longer routines press more often, not longer: a hold that lasts becomes painful."""
    presses = stroke.presses and max(1, round(stroke.presses * stretch))
    return replace(stroke, seconds=stroke.seconds * stretch, presses=presses)


def load_library() -> dict[str, Routine]:
    """Return the routines that ship with Podal, by id.

    Raises:
        BadFileError: A file is damaged.
    """
    folder = resources.files("controller").joinpath("data", "routines")
    found: dict[str, Routine] = {}
    for source in sorted(folder.iterdir(), key=lambda item: item.name):
        if source.name.endswith(".toml"):
            routine = parse_routine(source.read_text(encoding="utf-8"), source.name)
            found[routine.id] = routine
    return found


def find_routine(library: Mapping[str, Routine], routine_id: str) -> Routine:
    """Return the routine called `routine_id`.

    Raises:
        UnknownRoutineError: There is none.
    """
    try:
        return library[routine_id]
    except KeyError:
        raise UnknownRoutineError(routine_id, tuple(library)) from None


def parse_routine(text: str, path: str) -> Routine:
    """Return the routine in `text`.

    Raises:
        BadFileError: Too large, not TOML, a key unknown or missing, a value outside its range.
    """
    if len(text) > MAX_BYTES:
        raise BadFileError(path, "", f"longer than {MAX_BYTES} characters")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFileError(path, "", f"not TOML: {error}") from None
    reader = _Reader(path, table, "")
    if reader.take("schema") != SCHEMA:
        raise BadFileError(path, "schema", f"must be {SCHEMA}")
    minutes = _Reader(path, reader.table("minutes"), "minutes.")
    routine = Routine(
        id=reader.word("id", _ID),
        title=reader.title(),
        minutes_min=minutes.number("min", 0.5, 30.0),
        minutes_default=minutes.number("default", 0.5, 30.0),
        minutes_max=minutes.number("max", 0.5, 30.0),
        feet=_feet(reader),
        strokes=_strokes(reader),
        most=reader.number("most", 0.1, 1.0, default=1.0),
    )
    minutes.done()
    reader.done()
    if not routine.minutes_min <= routine.minutes_default <= routine.minutes_max:
        raise BadFileError(path, "minutes", "min, default and max do not rise")
    return routine


def _feet(reader: "_Reader") -> tuple[Side, ...]:
    rows = reader.take("feet")
    try:
        feet = tuple(Side(row) for row in rows)
    except (TypeError, ValueError):
        feet = ()
    if sorted(feet) != [Side.LEFT, Side.RIGHT]:
        # One foot at a time, then the same on the other: both equally.
        raise BadFileError(reader.path, "feet", 'must name "left" and "right", once each')
    return feet


def _strokes(reader: "_Reader") -> tuple[Stroke, ...]:
    rows = reader.take("strokes")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_STROKES:
        raise BadFileError(reader.path, "strokes", f"must be 1 to {MAX_STROKES} tables")
    return tuple(
        _stroke(_Reader(reader.path, row, f"strokes[{number}].")) for number, row in enumerate(rows)
    )


def _stroke(reader: "_Reader") -> Stroke:
    technique = reader.take("technique")
    title = reader.title()
    seconds = reader.number("seconds", 4.0, 600.0)
    intensity = reader.number("intensity", 0.1, 1.0)
    match technique:
        case "stroke":
            stroke = Stroke(
                technique,
                title,
                seconds,
                intensity,
                reader.spot("from"),
                reader.spot("to"),
                spread_v=reader.number("spread_v", 0.0, 0.6),
                # A slower head lingers, a faster one outruns the slope of an arch at 25 mm/s.
                pace_mm_s=reader.number("pace_mm_s", 20.0, 100.0),
            )
        case "circle":
            spot = reader.spot("at")
            direction = reader.take("direction")
            if direction not in DIRECTIONS:
                reader.bad("direction", f"must be one of: {', '.join(DIRECTIONS)}")
            sign = 1.0 if direction == "clockwise" else -1.0
            stroke = Stroke(
                technique,
                title,
                seconds,
                intensity,
                spot,
                spot,
                # A circle that stays would press one spot too long: it wanders.
                spread_v=reader.number("spread_v", 0.2, 0.6),
                radius_mm=reader.number("radius_mm", 5.0, 25.0),
                turns_hz=sign * reader.number("rate_hz", 0.1, 0.8),
            )
        case "press":
            spot = reader.spot("at")
            stroke = Stroke(
                technique,
                title,
                seconds,
                intensity,
                spot,
                spot,
                presses=round(reader.number("presses", 1, 12)),
                first=reader.number("first", 0.3, 1.0),
                step=reader.number("step", 0.0, 0.1),
            )
        case _:
            reader.bad("technique", f"{technique!r} is not one of: {', '.join(TECHNIQUES)}")
    reader.done()
    return stroke


class _Reader:
    """Takes keys out of a table; what is left at the end is an error."""

    def __init__(self, path: str, table: Any, prefix: str) -> None:
        self.path = path
        self._prefix = prefix
        if not isinstance(table, dict):
            raise BadFileError(path, prefix.rstrip("."), "must be a table")
        self._left = dict(table)

    def bad(self, key: str, why: str) -> NoReturn:
        raise BadFileError(self.path, self._prefix + key, why)

    def take(self, key: str) -> Any:
        if key not in self._left:
            self.bad(key, "is missing")
        return self._left.pop(key)

    def table(self, key: str) -> dict[str, Any]:
        found = self.take(key)
        if not isinstance(found, dict):
            self.bad(key, "must be a table")
        return dict(found)

    def word(self, key: str, pattern: re.Pattern[str]) -> str:
        found = self.take(key)
        if not isinstance(found, str) or not pattern.fullmatch(found):
            self.bad(key, f"must match {pattern.pattern}")
        return str(found)

    def number(self, key: str, low: float, high: float, *, default: float | None = None) -> float:
        if default is not None and key not in self._left:
            return default
        found = self.take(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            self.bad(key, "must be a number")
        if not math.isfinite(found) or not low <= found <= high:
            self.bad(key, f"{found:g} is outside {low:g} to {high:g}")
        return float(found)

    def spot(self, key: str) -> Spot:
        inner = _Reader(self.path, self.table(key), f"{self._prefix}{key}.")
        spot = Spot(inner.number("u", 0.0, 1.0), inner.number("v", 0.0, 1.0))
        inner.done()
        return spot

    def title(self) -> Mapping[str, str]:
        found = self.table("title")
        if set(found) != {"en", "ru"} or not all(
            isinstance(text, str) and 0 < len(text) <= 80 for text in found.values()
        ):
            self.bad("title", "must have en and ru, 1 to 80 characters each")
        return found

    def done(self) -> None:
        if self._left:
            self.bad(next(iter(self._left)), "is not a key of this table")
