"""What a simulated person can be told to do."""

from typing import Final

ACTS: Final = (
    "sit",
    "stand-up",
    "place",
    "place-left",
    "place-right",
    "withdraw",
    "withdraw-left",
    "withdraw-right",
    "press-start",
    "press-stop",
)
