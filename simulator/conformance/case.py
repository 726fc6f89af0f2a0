"""One question about a device, and the two ways in which it may have no good answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.conformance.subject import Subject


class FailedError(Exception):
    """The device does not do what the page says.

    Attributes:
        expected: What the page asks for.
        came: What the device did.
    """

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"expected {expected}; came {came}")
        self.expected = expected
        self.came = came


class SkippedError(Exception):
    """The question cannot be asked here; the text says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        section: Part of the suite, as the protocol page goes.
        name: Short and lasting, for `--only`.
        title: What the device must do, as a sentence.
        rows: Sections of the page and hazard rows of the safety analysis that ask for it.
        needs: What of the bench channel it needs: "truth", "person", "fault", "power", "key".
        seconds: How long it takes, about.
        ask: Asks it; returns when the device does what it must.
    """

    section: str
    name: str
    title: str
    rows: tuple[str, ...]
    needs: tuple[str, ...]
    seconds: float
    ask: Callable[["Subject"], None]

    @property
    def id(self) -> str:
        """Section and name."""
        return f"{self.section}.{self.name}"


class Section:
    """The cases of one part of the suite, in the order in which they were written.

    Args:
        name: Of the part.
        page: Section of the protocol page that most of its cases come from.
    """

    def __init__(self, name: str, page: str) -> None:
        self.name = name
        self.page = page
        self.cases: list[Case] = []

    def add(
        self, name: str, title: str, *rows: str, needs: str = "", seconds: float = 0.5
    ) -> Callable[[Callable[["Subject"], None]], Callable[["Subject"], None]]:
        """Return a decorator that makes a function the question of a case."""

        def keep(ask: Callable[["Subject"], None]) -> Callable[["Subject"], None]:
            where = rows if any("#" in row for row in rows) else (self.page, *rows)
            self.cases.append(
                Case(self.name, name, title, where, tuple(needs.split()), seconds, ask)
            )
            return ask

        return keep


def expect(holds: bool, expected: str, came: object) -> None:
    """Raise where it does not hold.

    Raises:
        FailedError: It does not.
    """
    if not holds:
        raise FailedError(expected, str(came))


SHORT_S: Final = 5.0
"""`--quick` leaves out what takes longer."""

ORDINARY_S: Final = 90.0
"""Without `--long`, what takes longer is left out."""
