"""What stands on the beds as the person has it now, and what that does to skin, load and taxels."""

import math
from typing import Final

from simulator.plant.bed import HEAD_RADIUS_MM, ROLLING_RATIO, BedPlant
from simulator.plant.feet import Foot, kpa_at, lateral_of, shifted, turned_about
from simulator.plant.footprint import MatrixShape
from simulator.plant.matrix import Counts, Matrices
from simulator.plant.person import Person, Placement
from simulator.plant.sole import Sole, Stance
from simulator.plant.things import SECOND, hard_sole, thing_kpa, thing_load_n

SCAN_S: Final = 0.005
RENDER_SCANS: Final = 8
"""A foot that slides is drawn anew every 40 ms."""

SWAY_SCANS: Final = 8
"""Sway takes seconds; its steps of 40 ms stay below 0.2 % of the load."""

DRAG_LEAST_N: Final = 1.0
LEG_SIDE_N_PER_MM: Final = 1.0
"""The leg draws a dragged foot back; Podal proposal, unmeasured."""

TANGLE_MNM: Final = 200.0
TANGLE_MNM_PER_SCAN: Final = TANGLE_MNM / 40
"""A sock winds itself up within 0.2 s of turning."""

TURNING_RPM: Final = 0.5


class Scene:
    """Feet and things on both beds.

    Args:
        feet: The person's left and right foot, where each stands on its own bed.
        beds: Plant truth of both beds.
        matrices: What the taxels feel.
        person: Who moves the feet.
        shape: Of the matrices.
    """

    __slots__ = (
        "_beds",
        "_dragged",
        "_feet",
        "_length_mm",
        "_matrices",
        "_person",
        "_scans",
        "_seated_n",
        "_shape",
        "_shown",
        "_stale",
        "_sway",
        "_thing_n",
    )

    def __init__(
        self,
        feet: tuple[Foot, Foot],
        beds: tuple[BedPlant, BedPlant],
        matrices: Matrices,
        person: Person,
        shape: MatrixShape,
    ) -> None:
        self._feet = feet
        self._beds = beds
        self._matrices = matrices
        self._person = person
        self._shape = shape
        self._shown: list[Placement] = list(person.placements)
        self._stale = [False, False]
        self._dragged = [(0.0, 0.0), (0.0, 0.0)]
        self._thing_n = [0.0, 0.0]
        self._seated_n = [foot.sole.build.seated_n for foot in feet]
        self._length_mm = [foot.sole.build.length_mm for foot in feet]
        self._scans = 0
        self._sway = [person.sway(bed, 0) for bed in (0, 1)]
        for bed in (0, 1):
            self._stand(bed)

    def advance(self, now_us: int) -> None:
        """Let the person live on until `now_us`, and set what both beds bear by then."""
        person = self._person
        person.advance(now_us)
        self._scans += 1
        for bed in (0, 1):
            if person.placements[bed] is not self._shown[bed]:
                self._lay(bed)
                self._stand(bed)
            elif self._stale[bed] and self._scans % RENDER_SCANS == 0:
                self._stand(bed)
            self._load(bed, now_us)

    def scan(self) -> Counts:
        """Return the counts of the moment."""
        return self._matrices.scan()

    def _lay(self, bed: int) -> None:
        """Show what the person has put on or taken from this bed."""
        placement = self._person.placements[bed]
        before, self._shown[bed] = self._shown[bed], placement
        if placement.foot != before.foot or placement.reversed != before.reversed:
            self._dragged[bed] = (0.0, 0.0)
        thing = placement.thing
        if thing == before.thing:
            return
        self._thing_n[bed] = thing_load_n(thing) if thing else 0.0
        lateral = lateral_of(placement.foot)
        self._matrices.lay(bed, thing_kpa(thing, self._shape, lateral=lateral) if thing else None)

    def _stand(self, bed: int) -> None:
        """Put the foot where it stands now, for the head and for the taxels."""
        leg, placement = self._person.legs[bed], self._shown[bed]
        self._stale[bed] = leg.shifting
        foot = self._feet[placement.foot]
        build = foot.sole.build
        self._seated_n[bed], self._length_mm[bed] = build.seated_n, build.length_mm
        self._matrices.smear(bed, build.crosstalk)
        stance = self._stance(bed, foot)
        lies_alone = placement.thing and placement.thing != SECOND and leg.lift_mm > 0.0
        sole: Sole = hard_sole() if lies_alone else foot.sole
        self._beds[bed].put_foot(sole, stance)
        quick = leg.shifting or self._dragged[bed] != (0.0, 0.0)
        self._matrices.put_foot(bed, kpa_at(foot, stance, self._shape, quick=quick))

    def _stance(self, bed: int, foot: Foot) -> Stance:
        stance, leg = foot.stance, self._person.legs[bed]
        if self._shown[bed].reversed:
            stance = turned_about(stance, foot.sole.build.length_mm)
        if leg.lateral_mm or leg.along_mm or leg.turn_deg:
            stance = shifted(
                stance, lateral_mm=leg.lateral_mm, along_mm=leg.along_mm, turn_deg=leg.turn_deg
            )
        x_mm, y_mm = self._dragged[bed]
        if x_mm or y_mm:
            stance = Stance(
                stance.lateral, stance.heel_x_mm + x_mm, stance.heel_y_mm + y_mm, stance.axis_deg
            )
        return stance

    def _load(self, bed: int, now_us: int) -> None:
        """Set the load of the moment, and what it does to the matrix."""
        plant, leg = self._beds[bed], self._person.legs[bed]
        if self._scans % SWAY_SCANS == bed:
            self._sway[bed] = self._person.sway(bed, now_us)
        scale = leg.share * self._sway[bed] if leg.share > 0.0 else 0.0
        thing_n = self._thing_n[bed]
        lift_mm = leg.lift_mm
        if leg.shifting and not self._stale[bed]:
            self._stale[bed] = True
        plant.foot_moving = self._stale[bed] or lift_mm != plant.foot_lift_mm
        plant.single_foot = scale > 0.0 and thing_n == 0.0
        # A thing in the place of a lifted foot is what the head would meet.
        plant.foot_lift_mm = 0.0 if thing_n and scale == 0.0 else lift_mm
        foot_n = scale * self._seated_n[bed]
        plant.load_n = foot_n + thing_n
        force_n = plant.force_n
        depth_mm = 0.0 if plant.still else plant.depth_mm
        if force_n > 0.0 or depth_mm > 0.0:
            along_mm, _ = plant.foot_point()
            plant.share_n = foot_n * share_of(along_mm / self._length_mm[bed])
            if force_n > DRAG_LEAST_N:
                self._drag(bed, plant)
        else:
            plant.share_n = foot_n * share_of(0.0)
        plant.live_on(SCAN_S)
        if self._person.tangled[bed] or plant.tangle_mnm:
            self._tangle(bed, plant)
        self._matrices.press(
            bed,
            foot_scale=scale,
            x_mm=plant.x_mm,
            y_mm=plant.y_mm,
            head_n=force_n,
            relief_n=min(force_n, plant.share_n),
            radius_mm=math.sqrt(HEAD_RADIUS_MM * depth_mm) if force_n > 0.0 else 0.0,
        )

    def _drag(self, bed: int, plant: BedPlant) -> None:
        """Let the foot go along with a rolling head that drags it more than the bed holds it."""
        vx, vy = plant.speed
        if vx == 0.0 and vy == 0.0:
            return
        friction = self._feet[self._shown[bed].foot].sole.build.friction
        hold_n = friction * max(plant.load_n - plant.force_n, 0.0)
        x_mm, y_mm = self._dragged[bed]
        hold_n += LEG_SIDE_N_PER_MM * math.hypot(x_mm, y_mm)
        drag_n = ROLLING_RATIO * plant.force_n
        if drag_n > hold_n:
            slip_s = SCAN_S * (1.0 - hold_n / drag_n)
            self._dragged[bed] = (x_mm + vx * slip_s, y_mm + vy * slip_s)
            self._stale[bed] = True

    def _tangle(self, bed: int, plant: BedPlant) -> None:
        if not self._person.tangled[bed]:
            plant.tangle_mnm = 0.0
        elif abs(plant.spin_rpm) > TURNING_RPM:
            plant.tangle_mnm = min(plant.tangle_mnm + TANGLE_MNM_PER_SCAN, TANGLE_MNM)


def share_of(u: float) -> float:
    """Return the part of the seated load that a head under `u` can take before the foot rises.

    The ankle carries the leg a quarter of the way from the heel: lever arms of a rigid foot.
    """
    if u < 0.25:
        return 0.6
    return max(0.6 - 0.5 * (u - 0.25), 0.25)
