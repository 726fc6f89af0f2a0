"""All faults there are, as data: what can break, how, how much, and which hazard rows that serves.

Amounts and ranges are Podal proposals, unmeasured, where no hazard row gives them.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from simulator.errors import FaultError
from simulator.faults.grammar import Fault, parse

BEDS: Final = ("left", "right")
AXES: Final = tuple(f"{bed}-{axis}" for bed in BEDS for axis in "xyz")
DEVICE: Final = ("device",)
WIRES: Final = ("up", "down")
ALL: Final = ("both", "all")
ROWS_OF_TAXELS: Final = 32
COLS_OF_TAXELS: Final = 16
"""Of the matrices of this machine; a test holds them to the descriptor."""

TAXELS: Final = re.compile(r"(left|right)(?:-(\d{1,2})-(\d{1,2})|-(row|col)-(\d{1,2}))?")
MODES: Final = {"": "", "x": "factor ", "+": "amount on top, with its sign, "}


class Amount(NamedTuple):
    """A number that a fault takes.

    Attributes:
        mode: As `Value.mode`: "" plain, "x" a factor, "+" an amount on top.
        unit: Of it.
        least: Smallest taken.
        most: Largest taken.
    """

    mode: str
    unit: str
    least: float
    most: float

    def __str__(self) -> str:
        number = f"{self.least:g} to {self.most:g}"
        return f"{MODES[self.mode]}{number}" + (f" {self.unit}" if self.unit else "")


class Row(NamedTuple):
    """One way in which one sort of part breaks.

    Attributes:
        component: The sort of part.
        instances: Which there are; a name in front of a "-" means all that begin with it.
        kind: How it breaks.
        hazards: Rows of the hazard table it serves.
        what: What happens.
        amounts: Numbers it takes, none for none.
        words: Words it takes instead of a number.
        default: Taken where no value is given, "" nothing.
    """

    component: str
    instances: tuple[str, ...]
    kind: str
    hazards: tuple[str, ...]
    what: str
    amounts: tuple[Amount, ...] = ()
    words: tuple[str, ...] = ()
    default: str = ""

    @property
    def value(self) -> str:
        """What values it takes, in words."""
        return " or ".join([*map(str, self.amounts), *self.words])


class Sensor(NamedTuple):
    """A sensor as its faults need it.

    Attributes:
        component: Its name there.
        instances: Which there are.
        unit: Of what it says.
        dead: What it says when it is not connected.
        span: Range of its garbage.
        hazards: Rows of the hazard table it is behind.
    """

    component: str
    instances: tuple[str, ...]
    unit: str
    dead: float
    span: tuple[float, float]
    hazards: tuple[str, ...]


SENSORS: Final = (
    Sensor("load_cell", BEDS, "N", -200.0, (-200.0, 200.0), ("C6", "C7")),
    Sensor("press_current", BEDS, "mA", 0.0, (-1500.0, 1500.0), ("A7", "C7")),
    Sensor("encoder", AXES, "mm", 0.0, (0.0, 310.0), ("A7", "A9")),
    Sensor("spin_current", BEDS, "mNm", 0.0, (-300.0, 300.0), ("A6",)),
    Sensor(
        "ntc",
        tuple(f"{bed}-{part}" for bed in BEDS for part in ("motor", "surface")),
        "degC",
        -60.0,
        (-60.0, 250.0),
        ("A13",),
    ),
    Sensor("oscillator", DEVICE, "us", 0.0, (0.0, 1e9), ("E3",)),
    Sensor("converter", DEVICE, "", 0.0, (0.0, 65535.0), ("C3",)),
)
_SPAN: Final = 1e6


def _sensor_rows(sensor: Sensor) -> Iterator[Row]:
    name, instances, unit, _, _, hazards = sensor

    def row(
        kind: str, what: str, *amounts: Amount, words: tuple[str, ...] = (), default: str = ""
    ) -> Row:
        return Row(name, instances, kind, hazards, what, amounts, words, default)

    plain = Amount("", unit, -_SPAN, _SPAN)
    yield row("off", "not connected: says what an open input says")
    yield row(
        "stuck",
        "says the same for ever; with a value, that",
        plain,
    )
    yield row("garbage", "says anything in its range, each millisecond anew")
    yield row(
        "wrong",
        "wrong scale (of the way since the beginning, for encoders and clocks) or wrong zero",
        Amount("x", "", -10.0, 10.0),
        Amount("+", unit, -_SPAN, _SPAN),
        default="x0.5",
    )
    yield row("slow", "follows with this time constant", Amount("", "ms", 1, 10_000), default="100")
    yield row("delayed", "says what was true so long ago", Amount("", "ms", 1, 1_000), default="50")
    yield row(
        "intermittent",
        "loose: this part of the time not connected, in spells of about 20 ms",
        Amount("", "", 0.001, 1.0),
        default="0.2",
    )


def _on_off(
    component: str, instances: tuple[str, ...], hazards: tuple[str, ...], off: str, stuck: str
) -> Iterator[Row]:
    yield Row(component, instances, "off", hazards, off)
    yield Row(component, instances, "stuck", hazards, stuck)
    yield Row(
        component,
        instances,
        "intermittent",
        hazards,
        "chatters: the other way round for a millisecond, this part of the time",
        (Amount("", "", 0.001, 1.0),),
        default="0.2",
    )


def _motor_rows() -> Iterator[Row]:
    yield Row(
        "motor",
        (*AXES, "left-spin", "right-spin"),
        "off",
        ("A8", "A11"),
        "neither pushes nor draws",
    )
    yield Row(
        "motor",
        (*AXES, "left-spin", "right-spin"),
        "stuck",
        ("A4", "A8", "A11"),
        "jammed: stands, and draws its limit; a press opens by its spring without power",
    )
    yield Row(
        "motor",
        AXES,
        "wrong",
        ("A7",),
        "goes so many times as fast as ordered; x-1 the wrong way",
        (Amount("x", "", -10.0, 10.0),),
        default="x-1",
    )
    yield Row(
        "motor",
        ("left-z", "right-z"),
        "garbage",
        ("A7",),
        "bridge shorted: the press runs up, whatever is ordered",
    )
    yield Row(
        "motor",
        AXES,
        "slow",
        ("A8", "A11"),
        "goes at this part of the ordered speed",
        (Amount("", "", 0.0, 1.0),),
        default="0.2",
    )
    yield Row(
        "motor",
        AXES,
        "delayed",
        ("A8",),
        "obeys so much later",
        (Amount("", "ms", 1, 1_000),),
        default="50",
    )
    yield Row(
        "motor",
        AXES,
        "intermittent",
        ("A8",),
        "loose: dead this part of the time, in spells of about 20 ms",
        (Amount("", "", 0.001, 1.0),),
        default="0.2",
    )
    yield Row(
        "spin",
        BEDS,
        "tangle",
        ("A6",),
        "something winds itself round the turning head",
        (Amount("", "mNm", 1, 1_000),),
        default="150",
    )
    yield Row(
        "bridge",
        BEDS,
        "stuck",
        ("A14",),
        "conducts whatever is ordered: the first way to switch off is dead",
    )
    yield Row("bridge", BEDS, "off", ("A14",), "never conducts")
    yield Row("relay", DEVICE, "stuck", ("A14",), "welded: the second way to switch off is dead")
    yield Row("relay", DEVICE, "off", ("A14",), "never closes")


def _power_rows() -> Iterator[Row]:
    yield Row("supply", DEVICE, "off", ("A12", "E1"), "mains cut; what is stored lasts about 0.3 s")
    yield Row(
        "supply",
        DEVICE,
        "intermittent",
        ("A12", "E1"),
        "mains flicker: off for half of each period",
        (Amount("", "ms", 10, 10_000),),
        default="200",
    )
    yield Row(
        "supply",
        DEVICE,
        "wrong",
        ("A12",),
        "the voltage seen is another one",
        (Amount("", "V", 0.0, 40.0),),
        default="18",
    )


def _mcu_rows() -> Iterator[Row]:
    yield Row("mcu", DEVICE, "off", ("E2",), "hangs: its outputs stay as they are")
    yield Row(
        "mcu",
        DEVICE,
        "intermittent",
        ("E1",),
        "reset at once, then each time after so long",
        (Amount("", "s", 0.01, 1_000),),
        default="1000",
    )
    yield Row(
        "mcu",
        DEVICE,
        "wrong",
        ("E3", "B9"),
        "its clock runs so many times as fast",
        (Amount("x", "", 0.1, 4.0),),
        default="x1.2",
    )
    yield Row(
        "mcu",
        DEVICE,
        "garbage",
        ("E4",),
        "so many bits of its limits flip, the first under the head",
        (Amount("", "bits", 1, 1_000),),
        default="1",
    )
    yield Row(
        "mcu",
        DEVICE,
        "delayed",
        ("E2",),
        "its loop runs only every so often",
        (Amount("", "ms", 2, 1_000),),
        default="20",
    )


def _taxel_rows() -> Iterator[Row]:
    places = ("left", "right")
    counts = Amount("", "counts", 0, 65_535)
    yield Row("taxels", places, "off", ("C1", "C2"), "dead: no counts at all")
    yield Row(
        "taxels", places, "stuck", ("C1", "C2", "C3"), "frozen; with a value, at that", (counts,)
    )
    yield Row(
        "taxels",
        places,
        "garbage",
        ("C1",),
        "noise of this size on top",
        (Amount("", "counts", 1, 65_535),),
        default="400",
    )
    yield Row(
        "taxels", places, "wrong", ("C1", "C4", "C8", "C10"),
        "saturated; rows and columns exchanged, left and right, or heel and toes; crosstalk; "
        "wrong gain or zero",
        (Amount("x", "", 0.0, 100.0), Amount("+", "counts", -65_535, 65_535)),
        ("saturated", "transposed", "mirrored", "reversed", "crosstalk"),
        "saturated",
    )  # fmt: skip
    yield Row(
        "taxels",
        places,
        "slow",
        ("C5",),
        "zero drifts so fast",
        (Amount("", "counts/s", 1, 10_000), Amount("+", "counts/s", -10_000, 10_000)),
        default="20",
    )
    yield Row(
        "taxels",
        places,
        "delayed",
        ("C3",),
        "shows what was so long ago",
        (Amount("", "ms", 5, 1_000),),
        default="50",
    )
    yield Row(
        "taxels",
        places,
        "intermittent",
        ("C1", "C2"),
        "loose: dead in this part of the scans",
        (Amount("", "", 0.001, 1.0),),
        default="0.2",
    )


_CHANCE: Final = (Amount("", "", 0.0, 1.0),)


def _link_rows() -> Iterator[Row]:
    yield Row(
        "link",
        WIRES,
        "drop",
        ("D1",),
        "bytes lost, each with this chance",
        _CHANCE,
        default="0.001",
    )
    yield Row(
        "link",
        WIRES,
        "flip",
        ("D2", "D7", "D14"),
        "bytes with one wrong bit, each with this chance",
        _CHANCE,
        default="0.001",
    )
    yield Row(
        "link",
        WIRES,
        "dup",
        ("D3",),
        "messages twice, each with this chance",
        _CHANCE,
        default="0.05",
    )
    yield Row(
        "link",
        WIRES,
        "reorder",
        ("D4",),
        "messages after the next one, each with this chance",
        _CHANCE,
        default="0.05",
    )
    yield Row(
        "link",
        WIRES,
        "replay",
        ("D3",),
        "an old message again after each, with this chance",
        _CHANCE,
        default="0.05",
    )
    yield Row(
        "link",
        WIRES,
        "garbage",
        ("D5",),
        "noise between the messages",
        (Amount("", "bytes/s", 1, 10_000_000),),
        default="1000000",
    )
    yield Row(
        "link",
        WIRES,
        "truncate",
        ("D6",),
        "messages cut short, each with this chance",
        _CHANCE,
        default="0.05",
    )
    yield Row(
        "link",
        WIRES,
        "delay",
        ("D8",),
        "held until it ends, then all at once; with a value, each byte so much later",
        (Amount("", "ms", 1, 60_000),),
    )
    yield Row(
        "link",
        WIRES,
        "stall",
        ("D13",),
        "nobody reads at the far end; what fits no buffer waits or is lost",
    )
    yield Row("link", DEVICE, "unplug", ("D9",), "the cable is out; put back when it ends")
    yield Row(
        "link",
        DEVICE,
        "replug",
        ("D9", "D10"),
        "the cable is out for so long, then in again at another port",
        (Amount("", "ms", 1, 60_000),),
        default="300",
    )
    yield Row(
        "link", DEVICE, "other", ("D7", "D11"), "out and in again, and another device answers"
    )


class Act(NamedTuple):
    """What a person does for a fault, and when it ends."""

    begin: str
    end: str
    hazards: tuple[str, ...]
    what: str


PERSON_BED: Final = {
    "withdraw": Act("withdraw-{bed}", "place-{bed}", ("B1",), "pulls a foot away; puts it back"),
    "slide": Act("slide-{bed}", "", ("A3", "B2"), "slides a foot along the bed"),
    "rotate": Act("rotate-{bed}", "", ("B2",), "turns a foot"),
    "hand": Act("hand-{bed}", "place-{bed}", ("B3",), "a hand lies beside the foot"),
    "two_feet": Act("two-feet-{bed}", "place-{bed}", ("B3",), "two feet on one bed"),
    "object": Act("{word}-{bed}", "place-{bed}", ("B4",), "an object in place of the foot"),
    "step_on": Act("step-on-{bed}", "sit", ("A5", "B11"), "steps on a bed with the whole weight"),
    "reverse": Act("reverse-{bed}", "reverse-{bed}", ("B5",), "a foot the wrong way round"),
    "tangle": Act("tangle-{bed}", "untangle-{bed}", ("A6",), "a sock gets into the turning head"),
}
PERSON_ALL: Final = {
    "stand": Act("stand", "sit", ("A5", "B11"), "stands up on the beds; sits down again"),
    "swap": Act("swap", "swap", ("B5",), "feet on the wrong beds"),
    "pain": Act("pain", "", ("B8",), "it hurts: presses STOP as soon as a person can"),
}
OBJECTS: Final = {"book": "object", "phone": "phone", "shoe": "shoe"}
"""Acts that lay down an object, by its name."""


def _person_rows() -> Iterator[Row]:
    for kind, act in PERSON_BED.items():
        words = tuple(OBJECTS) if kind == "object" else ()
        yield Row("person", BEDS, kind, act.hazards, act.what, (), words, *words[:1])
    for kind, act in PERSON_ALL.items():
        yield Row("person", DEVICE, kind, act.hazards, act.what)


ROWS: Final[tuple[Row, ...]] = (
    *(row for sensor in SENSORS for row in _sensor_rows(sensor)),
    *_on_off("flag", AXES, ("A10",), "never covers its switch", "stays as it is"),
    *_on_off("button", ("start", "stop"), ("B8",), "does not work", "held down for ever"),
    *_motor_rows(),
    *_power_rows(),
    *_mcu_rows(),
    *_taxel_rows(),
    *_link_rows(),
    *_person_rows(),
)
COMPONENTS: Final = tuple(dict.fromkeys(row.component for row in ROWS))


def read_faults(text: str) -> tuple[Fault, ...]:
    """Return the faults of a text, each one that this machine can have, with its value.

    Raises:
        FaultError: The text is not of the form, or there is no such fault.
    """
    return tuple(checked(fault, text) for fault in parse(text))


def row_of(fault: Fault) -> Row:
    """Return the row of the registry behind a fault.

    Raises:
        FaultError: There is none.
    """
    return _row_of(fault, str(fault))


def checked(fault: Fault, text: str = "") -> Fault:
    """Return a fault with its value filled in.

    Raises:
        FaultError: This machine cannot have it.
    """
    text = text or str(fault)
    row = _row_of(fault, text)
    selected(fault)
    value = fault.value
    if value is None:
        if not row.default:
            return fault
        return fault._replace(value=parse(f"a=b,{row.default}")[0].value)
    if value.mode == "word" and value.word in row.words:
        return fault
    modes = {amount.mode for amount in row.amounts}
    if value.mode not in modes:  # "0.5" for a factor, "-5" for a plain number
        value = value._replace(mode={"": "x", "+": ""}.get(value.mode, value.mode))
        fault = fault._replace(value=value)
    for amount in row.amounts:
        if amount.mode == value.mode and amount.least <= value.number <= amount.most:
            return fault
    wanted = row.value or "no value"
    raise FaultError(text, _where(text, f",{value}"), f"{row.component}={row.kind} takes {wanted}")


def selected(fault: Fault) -> tuple[str, ...]:
    """Return the instances that a fault means.

    Raises:
        FaultError: There is no such instance.
    """
    rows = [row for row in ROWS if row.component == fault.component and row.kind == fault.kind]
    wanted = fault.instance
    found: list[str] = []
    for row in rows:
        if not wanted or wanted in ALL:
            found += row.instances
        else:
            found += [
                name for name in row.instances if name == wanted or name.startswith(f"{wanted}-")
            ]
    if not found and fault.component == "taxels" and _cells_exist(wanted):
        found = [wanted]
    if not found:
        text = str(fault)
        there = ", ".join(name for row in rows for name in row.instances)
        if fault.component == "taxels":
            there += ", left-ROW-COL, left-row-ROW, left-col-COL"
        raise FaultError(text, len(fault.component) + 1, f"{fault.component} has {there}")
    return tuple(found)


def _cells_exist(wanted: str) -> bool:
    form = TAXELS.fullmatch(wanted)
    if form is None:
        return False
    _, row, col, line, number = form.groups()
    if line is not None:
        return int(number) < (ROWS_OF_TAXELS if line == "row" else COLS_OF_TAXELS)
    return row is None or (int(row) < ROWS_OF_TAXELS and int(col) < COLS_OF_TAXELS)


def specs() -> list[str]:
    """Return every fault there is, without values and times."""
    found = []
    for row in ROWS:
        if row.instances == DEVICE:
            found.append(f"{row.component}={row.kind}")
        found += [f"{row.component}.{name}={row.kind}" for name in row.instances]
    return found


def _row_of(fault: Fault, text: str) -> Row:
    of_component = [row for row in ROWS if row.component == fault.component]
    if not of_component:
        raise FaultError(text, _where(text, fault.component), f"there is {', '.join(COMPONENTS)}")
    for row in of_component:
        if row.kind == fault.kind:
            return row
    kinds = ", ".join(dict.fromkeys(row.kind for row in of_component))
    raise FaultError(text, _where(text, fault.kind), f"{fault.component} can be {kinds}")


def _where(text: str, part: str) -> int:
    return max(text.find(part), 0)
