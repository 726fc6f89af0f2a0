"""What is known of each check, read from `checks.toml` and held to its form."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from simulator.checker.invariants import INVARIANTS
from simulator.checker.undecided import UNDECIDED

FILE: Final = Path(__file__).with_name("checks.toml")
SCHEMA: Final = 1
SIDES: Final = ("device", "host")
SECONDS: Final = 3.0
"""A run goes on for so long where its row does not say: what is broken shows within one."""

KEYS: Final = (
    *("side", "what", "rows", "guards", "off", "runs", "seconds", "breaks", "partners", "ill"),
    *("tests", "explained"),
)
NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HAZARD: Final = re.compile(r"[A-H][1-9][0-9]?")
PROMISES: Final = (
    *(invariant.id for invariant in INVARIANTS),
    *(promise.id for promise in UNDECIDED),
)


class BadRowError(ValueError):
    """A row that says too little, too much or nothing; names it."""


class Check(NamedTuple):
    """One protective check.

    Attributes:
        name: Of the row.
        side: Who checks: device or host.
        what: What it does, in a few words.
        rows: Of the hazard table, and invariants, that it serves.
        guards: Names of the census that this row answers for.
        off: What is switched off, as `off.switch_off` takes it.
        runs: Lines of the campaign, each of which turns red without the check.
        seconds: How long they go on.
        breaks: Invariants, one of which each of them breaks.
        partners: Other rows that are off as well, in what it is compared with, too.
        ill: What else is wrong in both, such as a host that asks for too much.
        tests: Tests of the project that fail without the check.
        explained: Why nothing turns red, in one sentence.
    """

    name: str
    side: str
    what: str
    rows: tuple[str, ...]
    guards: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    seconds: float = SECONDS
    breaks: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    ill: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    explained: str = ""

    @property
    def proof(self) -> str:
        """How it is shown to be necessary."""
        if self.runs:
            return "red with partner" if self.partners else "red"
        return "named test" if self.tests else "explained"


def load() -> Mapping[str, Check]:
    """Return all rows by name.

    Raises:
        BadRowError: One of them says too little, too much or nothing.
    """
    return parse(FILE.read_text(encoding="utf-8"))


def parse(text: str) -> Mapping[str, Check]:
    """Return the rows of a text by name.

    Raises:
        BadRowError: One of them says too little, too much or nothing.
    """
    table = tomllib.loads(text)
    if table.get("schema") != SCHEMA or set(table) != {"schema", "checks"}:
        raise BadRowError(f"the file needs schema = {SCHEMA} and tables called checks")
    checks = {name: _check(name, row) for name, row in table["checks"].items()}
    for check in checks.values():
        for partner in check.partners:
            if partner not in checks or partner == check.name:
                raise BadRowError(f"{check.name}: there is no other check {partner!r}")
    return checks


def _check(name: str, row: Mapping[str, Any]) -> Check:
    def must(holds: object, why: str) -> None:
        if not holds:
            raise BadRowError(f"{name}: {why}")

    must(NAME.fullmatch(name), "a name is words of small letters, with dashes between them")
    must(set(row) <= set(KEYS), f"unknown keys {sorted(set(row) - set(KEYS))}")
    for key, value in row.items():
        if key in ("side", "what", "explained"):
            must(isinstance(value, str) and value, f"{key} is a sentence")
        elif key == "seconds":
            must(isinstance(value, int | float) and 0.0 < value <= 120.0, "seconds: 0 to 120")
        else:
            texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
            must(texts and value, f"{key} is a list of texts, left out where it is empty")
    must(row.get("side") in SIDES, f"side is one of {', '.join(SIDES)}")
    must("what" in row and "rows" in row, "what and rows are there")
    for each in row["rows"]:
        must(HAZARD.fullmatch(each) or each in PROMISES, f"{each} is no hazard and no invariant")
    proofs = [key for key in ("runs", "tests", "explained") if key in row]
    must(len(proofs) == 1, "it is shown by runs, or by tests, or explained")
    must(("breaks" in row) == ("runs" in row), "runs say what they break")
    for each in row.get("breaks", ()):
        must(each in {invariant.id for invariant in INVARIANTS}, f"no trace decides {each}")
    must("runs" in row or not {"ill", "seconds"} & set(row), "ill and seconds are for runs")
    must("explained" not in row or "partners" not in row, "what is explained has no partners")
    guards = tuple(row.get("guards", ()))
    off = tuple(row.get("off", guards))
    must(off or "explained" in row, "nothing says what is switched off")
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    rest = {key: value for key, value in row.items() if not isinstance(value, list)}
    return Check(name=name, **(rest | lists | {"guards": guards, "off": off}))
