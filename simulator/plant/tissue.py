"""How soft a sole is: force of a pressed head from its depth, with the memory of tissue.

Quasi-linear viscoelasticity (Fung): an elastic law, and four Prony terms that forget a share of it.
The elastic law is the instantaneous response; published figures are slow ones, hence the ratio.
"""

import math
from dataclasses import dataclass
from typing import Final

TAU_S: Final[tuple[float, ...]] = (0.05, 0.5, 5.0, 50.0)
"""Four equal terms a decade apart make the loop loss nearly independent of speed, as measured."""

SPHERE_RATIO: Final = 0.29
"""A 20 mm sphere against a flat 10 cm2 probe: 0.36 / 1.25 N/mm^1.5 by Hertz with E* = 60 kPa."""

STIFFENING_RATIO: Final = 0.536
"""0.67 / 1.25: with the stiffening towards the bone the same heel figure (8.2 mm at 29.4 N, Hsu
1998) needs a smaller coefficient than the plain power law has."""

BOTTOM: Final = 0.9
"""Share of the thickness from which on the law goes on as a straight line: bone is not infinite."""

STEP_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class Ageing:
    """How much of a force tissue forgets.

    Attributes:
        share: Weight of each Prony term.
        slow_ratio: Slow stiffness, as published, over the instantaneous one.
    """

    share: float
    slow_ratio: float


# Fitted to the energy lost in a loading cycle: 13.5 / 23.7 / 35.3 %. Source: Hsu 1998, Arch Phys
# Med Rehabil 79:1101 and the children measured by the same method.
CHILD: Final = Ageing(share=0.084, slow_ratio=0.78)
ADULT: Final = Ageing(share=0.131, slow_ratio=0.65)
ELDERLY: Final = Ageing(share=0.174, slow_ratio=0.54)

# Thickness over the bone [mm] and flat-head coefficient [N/mm^1.5] by region. Heel: Hsu 1998;
# MTH1 and MTH5: Mickle 2011; MTH2: Cavanagh 1999; the others are interpolated.
REGION_TISSUE: Final = (
    (17.6, 1.25),
    (17.6, 1.25),
    (17.6, 1.25),
    (20.0, 0.6),
    (15.0, 1.0),
    (9.0, 1.6),
    (13.0, 1.4),
    (13.0, 1.4),
    (13.0, 1.4),
    (6.0, 1.9),
    (10.0, 1.5),
    (7.0, 1.2),
)


def elastic_n(depth_mm: float, k: float, thickness_mm: float) -> float:
    """Return the instantaneous force of a head pressed `depth_mm` deep; 0 out of contact."""
    if depth_mm <= 0.0:
        return 0.0
    bottom_mm = BOTTOM * thickness_mm
    if depth_mm < bottom_mm:
        return k * depth_mm * math.sqrt(depth_mm) / (1.0 - depth_mm / thickness_mm)
    force_n = k * bottom_mm * math.sqrt(bottom_mm) / (1.0 - BOTTOM)
    slope = force_n * (1.5 / bottom_mm + 1.0 / (thickness_mm - bottom_mm))
    return force_n + slope * (depth_mm - bottom_mm)


class Memory:
    """What the tissue under one head remembers.

    Tissue that the head rolls onto has no memory, so the state also fades with the way travelled.

    Args:
        ageing: How much is forgotten.
    """

    __slots__ = (
        "_d0",
        "_d1",
        "_d2",
        "_d3",
        "_elastic_n",
        "_g",
        "_g_inf",
        "_q0",
        "_q1",
        "_q2",
        "_q3",
        "_r0",
        "_r1",
        "_r2",
        "_r3",
        "_resting_steps",
    )

    def __init__(self, ageing: Ageing) -> None:
        self._g = ageing.share
        self._g_inf = 1.0 - len(TAU_S) * ageing.share
        self._d0, self._d1, self._d2, self._d3 = (math.exp(-STEP_S / tau) for tau in TAU_S)
        # Exact for an elastic force that changes linearly within the step.
        self._r0, self._r1, self._r2, self._r3 = (
            ageing.share * (1.0 - math.exp(-STEP_S / tau)) * tau / STEP_S for tau in TAU_S
        )
        self._q0 = self._q1 = self._q2 = self._q3 = 0.0
        self._elastic_n = 0.0
        self._resting_steps = 0

    def advance(self, elastic_n: float, renewed: float) -> float:
        """Return the force one step later, when the elastic law gives `elastic_n`.

        `renewed` is the share of the tissue under the head that was not there a step before.
        """
        if self._resting_steps:
            self._rest()
        change = elastic_n - self._elastic_n
        self._elastic_n = elastic_n
        q0 = self._d0 * self._q0 + self._r0 * change
        q1 = self._d1 * self._q1 + self._r1 * change
        q2 = self._d2 * self._q2 + self._r2 * change
        q3 = self._d3 * self._q3 + self._r3 * change
        if renewed > 0.0:
            fresh = self._g * elastic_n
            q0 += (fresh - q0) * renewed
            q1 += (fresh - q1) * renewed
            q2 += (fresh - q2) * renewed
            q3 += (fresh - q3) * renewed
        self._q0, self._q1, self._q2, self._q3 = q0, q1, q2, q3
        force_n = self._g_inf * elastic_n + q0 + q1 + q2 + q3
        return force_n if force_n > 0.0 and elastic_n > 0.0 else 0.0

    def rest(self) -> None:
        """One step out of contact; what it does is worked out at the next touch."""
        self._resting_steps += 1

    def _rest(self) -> None:
        steps, self._resting_steps = self._resting_steps, 0
        self._q0 *= self._d0**steps
        self._q1 *= self._d1**steps
        self._q2 *= self._d2**steps
        self._q3 *= self._d3**steps
