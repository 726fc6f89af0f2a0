"""What a simulated person can be told to do."""

from typing import Final

SIDES: Final = ("", "-left", "-right")
"""Both beds, or one of them: the bed, not the foot that happens to stand there."""

BEDS_OF: Final = {"": (0, 1), "-left": (0,), "-right": (1,)}

SIDED: Final = (
    "place",
    "withdraw",
    "slide",
    "rotate",
    "reverse",
    "hand",
    "object",
    "phone",
    "shoe",
    "two-feet",
    "tangle",
    "untangle",
)
WHOLE: Final = ("sit", "stand", "stand-up", "swap", "pain", "press-start", "press-stop")

ONE_SIDED: Final = ("step-on",)
"""Done with one foot at a time."""

ACTS: Final = (
    WHOLE
    + tuple(name + side for name in SIDED for side in SIDES)
    + tuple(name + side for name in ONE_SIDED for side in SIDES[1:])
)
