"""What the press axis of a head does."""

from enum import IntEnum


class Motion(IntEnum):
    """What the press axis of a head does."""

    LIFTED = 0
    APPROACH = 1
    PRESS = 2
    UNLOAD = 3
