"""A fault as text: `component.instance=kind[,value][@time][for duration]`, joined by `;`.

Pure: it knows the form, and the registry knows what there is.
"""

import re
from typing import Final, NamedTuple, NoReturn

from simulator.errors import FaultError

TEXT_MOST: Final = 4096
"""Longest text taken: a line of the bench channel."""

SECONDS_MOST: Final = 1_000_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_INSTANCE: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NUMBER: Final = re.compile(r"(?P<mode>x-?|[+-]?)(?P<digits>\d{1,9}(?:\.\d{1,9})?)")
_WORD: Final = re.compile(r"[a-wyz][a-z0-9-]*")
_TIME: Final = re.compile(r"(?P<count>\d{1,10}(?:\.\d{1,6})?)(?P<unit>ms|s)")
_US: Final = {"s": 1_000_000, "ms": 1_000}


class Value(NamedTuple):
    """The value of a fault.

    Attributes:
        mode: "" a plain number, "x" a factor, "+" an amount on top, "word" a word.
        number: 0.0 for a word.
        word: "" for a number.
    """

    mode: str
    number: float
    word: str = ""

    def __str__(self) -> str:
        if self.mode == "word":
            return self.word
        return f"{'+' if self.mode == '+' and self.number >= 0.0 else ''}" + (
            f"x{_plain(self.number)}" if self.mode == "x" else _plain(self.number)
        )


class Fault(NamedTuple):
    """One fault as somebody wrote it.

    Attributes:
        component: What breaks.
        instance: Which one, "" for all there are.
        kind: How.
        value: How much; None takes what the registry says.
        at_us: Device time of its beginning, None now.
        for_us: How long it lasts, None for good.
    """

    component: str
    instance: str
    kind: str
    value: Value | None = None
    at_us: int | None = None
    for_us: int | None = None

    @property
    def name(self) -> str:
        """What it is, without when."""
        place = f"{self.component}.{self.instance}" if self.instance else self.component
        return f"{place}={self.kind}" + (f",{self.value}" if self.value is not None else "")

    def __str__(self) -> str:
        at = "" if self.at_us is None else f"@{_time_text(self.at_us)}"
        lasts = "" if self.for_us is None else f" for {_time_text(self.for_us)}"
        return self.name + at + lasts


def parse(text: str) -> tuple[Fault, ...]:
    """Return the faults that a text names, at least one.

    Raises:
        FaultError: It is not of that form.
    """
    if len(text) > TEXT_MOST:
        raise FaultError(text[:40], 0, f"longer than {TEXT_MOST} characters")
    faults = []
    begin = 0
    for part in text.split(";"):
        if part.strip():
            faults.append(_Reader(text, begin, begin + len(part)).fault())
        begin += len(part) + 1
    if not faults:
        raise FaultError(text, 0, "it names no fault")
    return tuple(faults)


class _Reader:
    """Reads one fault of a text, and knows where it is for the error."""

    def __init__(self, text: str, begin: int, end: int) -> None:
        self._text = text
        self._at = begin
        self._end = end
        self._skip()

    def fault(self) -> Fault:
        component = self._take(_NAME, "a component")
        instance = self._take(_INSTANCE, "an instance") if self._has(".") else ""
        if not self._has("="):
            self._fail("expected = and a kind")
        kind = self._take(_NAME, "a kind")
        value = self._value() if self._has(",") else None
        self._skip()
        at_us = self._time() if self._has("@") else None
        self._skip()
        for_us = None
        if self._text.startswith("for ", self._at, self._end):
            self._at += 4
            self._skip()
            for_us = self._time()
            if for_us <= 0:
                self._fail("expected a duration above 0")
        self._skip()
        if self._at < self._end:
            self._fail("expected ,value or @time or for duration or ;")
        return Fault(component, instance, kind, value, at_us, for_us)

    def _value(self) -> Value:
        found = _NUMBER.match(self._text, self._at, self._end)
        if found is None:
            return Value("word", 0.0, self._take(_WORD, "a number or a word"))
        self._at = found.end()
        mode, number = found["mode"], float(found["digits"])
        if mode.endswith("-"):
            number = -number or 0.0
        return Value("+" if mode in ("+", "-") else mode.rstrip("-"), number)

    def _time(self) -> int:
        found = _TIME.match(self._text, self._at, self._end)
        if found is None:
            self._fail("expected a time such as 1.5s or 200ms")
        self._at = found.end()
        time_us = round(float(found["count"]) * _US[found["unit"]])
        if time_us > SECONDS_MOST * 1_000_000:
            self._fail(f"expected a time of at most {SECONDS_MOST} s")
        return time_us

    def _take(self, form: re.Pattern[str], what: str) -> str:
        found = form.match(self._text, self._at, self._end)
        if found is None:
            self._fail(f"expected {what}")
        self._at = found.end()
        return found[0]

    def _has(self, mark: str) -> bool:
        if not self._text.startswith(mark, self._at, self._end):
            return False
        self._at += 1
        return True

    def _skip(self) -> None:
        while self._at < self._end and self._text[self._at].isspace():
            self._at += 1

    def _fail(self, why: str) -> NoReturn:
        raise FaultError(self._text, self._at, why)


def _plain(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")


def _time_text(time_us: int) -> str:
    if time_us % 1_000_000 == 0:
        return f"{time_us // 1_000_000}s"
    whole, rest = divmod(time_us, 1_000)
    return (f"{whole}.{rest:03d}".rstrip("0") if rest else f"{whole}") + "ms"
