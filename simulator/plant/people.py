"""Whose feet: sizes, loads and tissue of the people that the simulator knows by name."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from simulator.plant.tissue import ADULT, CHILD, ELDERLY, Ageing


class Spot(NamedTuple):
    """A place where bone lies right under the skin.

    Attributes:
        u: Along the sole, 0 heel to 1 toes.
        v: Across it, 0 medial to 1 lateral.
        radius_mm: How far it reaches, to e^-1/2.
        stiffness: Factor on the tissue coefficient in its middle.
        thickness_mm: Of the tissue in its middle.
    """

    u: float
    v: float
    radius_mm: float
    stiffness: float
    thickness_mm: float


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
        friction: Of the sole on the bed.
        spread_mm: How far a sock spreads the pressure, 0 bare.
        crosstalk: Of the matrix under this foot; water under the foil lets current pass sideways.
        missing_pads: Pads of the footprint that this foot does not have, see `pads.PADS`.
        bony: Where bone lies under the skin.
    """

    length_mm: float
    width_ratio: float = 1.0
    arch_mm: float = 20.0
    stiffness: float = 1.0
    thickness: float = 1.0
    ageing: Ageing = ADULT
    seated_n: float = 60.0
    out_toeing_deg: float = 6.0
    friction: float = 0.5
    spread_mm: float = 0.0
    crosstalk: float = 0.03
    missing_pads: tuple[int, ...] = ()
    bony: Spot | None = None


# Lengths: ANSUR II (2012), median man, 5th percentile woman, 99th percentile man; the child is
# interpolated. Seated load: 48-70 N a foot at 75 kg (Mbada 2016), in proportion to body mass.
# Thickness of the elderly 20.1 against 17.6 mm, of children 15.3: Hsu 1998. Stiff and soft are no
# people but the ends of what a press must cope with (DOMAIN section 4): their heels answer a quick
# press with 15 N/mm at 10 N, and with 1 N/mm at 5 N. The bony toe answers with 60 N/mm at 10 N.
# Friction: Eun 2022 for socks, the others and all of sock and water a Podal proposal, unmeasured.
PEOPLE: Final = {
    "adult": Build(length_mm=265.0),
    "small": Build(length_mm=226.0, seated_n=45.0),
    "large": Build(length_mm=302.0, seated_n=75.0),
    "child": Build(length_mm=215.0, thickness=0.87, ageing=CHILD, seated_n=32.0),
    "elderly": Build(length_mm=258.0, stiffness=1.2, thickness=1.14, ageing=ELDERLY),
    "high-arch": Build(length_mm=262.0, arch_mm=26.0),
    "flat": Build(length_mm=262.0, width_ratio=1.05, arch_mm=7.0),
    "stiff": Build(length_mm=265.0, stiffness=33.0),
    "soft": Build(length_mm=265.0, stiffness=0.26, thickness=1.5),
    "bony-toe": Build(
        length_mm=265.0, bony=Spot(0.90, 0.2, radius_mm=9.0, stiffness=190.0, thickness_mm=2.5)
    ),
    "wet": Build(length_mm=265.0, friction=0.2, crosstalk=0.08),
    "sock": Build(length_mm=265.0, friction=0.4, spread_mm=5.0, stiffness=0.85, thickness=1.1),
    "missing-toe": Build(length_mm=265.0, missing_pads=(10,)),
}
