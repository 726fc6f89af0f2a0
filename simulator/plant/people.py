"""Whose feet: sizes, loads and tissue of the people that the simulator knows by name."""

from dataclasses import dataclass
from typing import Final

from simulator.plant.tissue import ADULT, CHILD, ELDERLY, Ageing


@dataclass(frozen=True, slots=True)
class Build:
    """One person's feet.

    Attributes:
        length_mm: Foot length.
        width_ratio: Breadth against the outline of the atlas.
        arch_mm: Height of the arch at its medial border.
        stiffness: Factor on the tissue coefficients.
        thickness: Factor on the tissue thickness.
        ageing: How much the tissue forgets.
        seated_n: Load that one seated foot puts on its bed.
        out_toeing_deg: Usual turn of each foot.
    """

    length_mm: float
    width_ratio: float = 1.0
    arch_mm: float = 20.0
    stiffness: float = 1.0
    thickness: float = 1.0
    ageing: Ageing = ADULT
    seated_n: float = 60.0
    out_toeing_deg: float = 6.0


# Lengths: ANSUR II (2012), median man, 5th percentile woman, 99th percentile man; the child is
# interpolated. Seated load: 48-70 N a foot at 75 kg (Mbada 2016), in proportion to body mass.
# Stiffness x0.6 to x1.6 between people, thickness of the elderly 20.1 against 17.6 mm: Hsu 1998.
PEOPLE: Final = {
    "adult": Build(length_mm=265.0),
    "small": Build(length_mm=226.0, seated_n=45.0),
    "large": Build(length_mm=302.0, seated_n=75.0),
    "child": Build(length_mm=215.0, thickness=0.87, ageing=CHILD, seated_n=32.0),
    "elderly": Build(length_mm=258.0, stiffness=1.2, thickness=1.14, ageing=ELDERLY),
    "high-arch": Build(length_mm=262.0, arch_mm=26.0),
    "flat": Build(length_mm=262.0, width_ratio=1.05, arch_mm=7.0),
    "stiff": Build(length_mm=265.0, stiffness=1.6),
    "soft": Build(length_mm=265.0, stiffness=0.6),
}
