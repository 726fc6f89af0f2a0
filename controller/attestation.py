"""A person's word that nothing speaks against a massage, and how long it holds."""

from typing import Final, NamedTuple

VALID_US: Final = 30 * 24 * 3600 * 1_000_000
"""30 days. Source: hazard table, row B7."""


class Attestation(NamedTuple):
    """That word.

    Attributes:
        person: Whose.
        given_us: When, on the clock of control.
    """

    person: str
    given_us: int

    def fresh(self, now_us: int) -> bool:
        """It was given, and not too long ago."""
        return 0 <= now_us - self.given_us <= VALID_US
