"""The descriptor: its pages, its fields, its ranges and the hash of its limits."""

import json
import zlib
from typing import Any

from firmware_bridge.messages import Kind, Refusal
from simulator.conformance.case import Section, expect
from simulator.conformance.subject import Subject

SECTION = Section("descriptor", "#the-descriptor")
PAGE_BYTES = 512


def _pages(subject: Subject) -> list[bytes]:
    welcome = subject.welcome
    assert welcome is not None
    return [subject.page(number) for number in range(welcome.descriptor_pages)]


def _packed(subject: Subject) -> bytes:
    return b"".join(_pages(subject))


def _text(subject: Subject) -> bytes:
    return zlib.decompressobj().decompress(_packed(subject), 1 << 20)


@SECTION.add("pages", "There are 1 to 32 pages; all but the last are 512 bytes.")
def pages(subject: Subject) -> None:
    found = _pages(subject)
    expect(1 <= len(found) <= 32, "1 to 32 pages", len(found))
    sizes = [len(page) for page in found]
    expect(all(size == PAGE_BYTES for size in sizes[:-1]), "512 bytes a page", sizes)
    expect(1 <= sizes[-1] <= PAGE_BYTES, "a last page of 1 to 512 bytes", sizes)


@SECTION.add("sum", "The pages add up to `descriptor_bytes` and `descriptor_crc`.", "D2")
def add_up(subject: Subject) -> None:
    packed, welcome = _packed(subject), subject.welcome
    assert welcome is not None
    expect(len(packed) == welcome.descriptor_bytes, f"{welcome.descriptor_bytes} B", len(packed))
    crc = zlib.crc32(packed)
    expect(crc == welcome.descriptor_crc, f"CRC {welcome.descriptor_crc:#010x}", f"{crc:#010x}")
    expect(len(packed) <= 16_384, "at most 16384 bytes", len(packed))


@SECTION.add("any-order", "A page may be asked again, and in any order.")
def any_order(subject: Subject) -> None:
    first = _pages(subject)
    subject.forget()
    for number in reversed(range(len(first))):
        expect(subject.page(number) == first[number], f"the same page {number}", "another one")


@SECTION.add("no-such-page", "A page that does not exist gets NAK OUT_OF_RANGE.", "#answers")
def no_such_page(subject: Subject) -> None:
    assert subject.welcome is not None
    for number in (subject.welcome.descriptor_pages, 200, 255):
        subject.refused(Kind.DESCRIBE, bytes((number,)), Refusal.OUT_OF_RANGE)


@SECTION.add("same", "The descriptor is the same in each session.")
def same(subject: Subject) -> None:
    first = _packed(subject)
    subject.greet()
    subject.forget()
    expect(_packed(subject) == first, "the same bytes", "others")


@SECTION.add("json", "It is one zlib stream of a JSON object of at most 65536 bytes.")
def is_json(subject: Subject) -> None:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(_packed(subject), 1 << 20)
    expect(unpacker.eof and not unpacker.unused_data, "one whole zlib stream", "more or less")
    expect(len(text) <= 65_536, "at most 65536 bytes", len(text))
    try:
        table = json.loads(text.decode("utf-8"))
    except ValueError as error:
        expect(False, "JSON in UTF-8", error)
        return
    expect(isinstance(table, dict), "an object", type(table).__name__)


@SECTION.add("once", "No key of it comes twice.", "G3")
def once(subject: Subject) -> None:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        expect(len(set(names)) == len(names), "each key once", names)
        return dict(found)

    json.loads(_text(subject), object_pairs_hook=pairs)


@SECTION.add("integers", "All numbers are integers, without point or exponent.", "C9")
def integers(subject: Subject) -> None:
    def refuse(word: str) -> float:
        expect(False, "integers only", word)
        return 0.0

    json.loads(_text(subject), parse_float=refuse, parse_constant=refuse)


@SECTION.add("texts", "`schema` is 1; `device_id`, `model`, `firmware` are 1 to 64 characters.")
def texts(subject: Subject) -> None:
    table = subject.table
    expect(table.get("schema") == 1, "schema 1", table.get("schema"))
    for name in ("device_id", "model", "firmware"):
        value = table.get(name)
        good = isinstance(value, str) and 1 <= len(value) <= 64 and value.isprintable()
        expect(good, f"1 to 64 printable characters in {name}", repr(value))
    expect(isinstance(table.get("simulated"), bool), "`simulated` true or false", "neither")


_FIELDS: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "rate_hz": (50, 1000, ()),
    "matrix.rows": (8, 64, ("C10",)),
    "matrix.cols": (4, 64, ("C10",)),
    "matrix.pitch_x_um": (2_000, 40_000, ()),
    "matrix.pitch_y_um": (2_000, 40_000, ()),
    "matrix.full_scale_counts": (255, 65_535, ("C4",)),
    "matrix.zero_counts": (0, 65_534, ("C5",)),
    "matrix.pa_per_count": (1, 100_000, ()),
    "carriage.z_max_um": (1_000, 100_000, ()),
    "carriage.head_radius_um": (5_000, 60_000, ()),
    "carriage.feed_max_um_s": (1_000, 250_000, ("A3",)),
    "carriage.spin_max_mrpm": (0, 45_000, ("A6",)),
    "limits.total_over_resting_mn": (1_000, 80_000, ("A5", "F6")),
    "limits.rise_mn_s": (100, 20_000, ("A2", "F3")),
    "limits.tap_rise_mn_s": (100, 80_000, ("A2",)),
    "limits.approach_um_s": (100, 5_000, ("A2", "F3")),
    "limits.press_um_s": (100, 25_000, ("A2",)),
    "limits.retract_um_s": (100_000, 1_000_000, ("F4",)),
    "limits.dwell_ms": (100, 15_000, ("A4", "F5")),
    "limits.watchdog_ms": (5, 100, ("F1", "D6", "W2")),
    "limits.ttl_ms": (5, 60, ("D8", "W5")),
    "limits.consent_ms": (1_000, 60_000, ("G16", "C5")),
    "limits.pause_ms": (1_000, 300_000, ("B10",)),
    "limits.session_ms": (1_000, 1_800_000, ("B9", "C4")),
}


def _field(path: str, low: int, high: int, rows: tuple[str, ...]) -> None:
    name = path.rpartition(".")[2].replace("_", "-")

    @SECTION.add(f"field-{name}", f"`{path}` is {low} to {high}: what the host works with.", *rows)
    def ask(subject: Subject) -> None:
        value: Any = subject.table
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        expect(good, f"`{path}` from {low} to {high}", value)


for _path, (_low, _high, _rows) in _FIELDS.items():
    _field(_path, _low, _high, _rows)


@SECTION.add("taxels", "rows x cols is at most 2048, and zero is below full scale.", "C4")
def taxels(subject: Subject) -> None:
    matrix = subject.table["matrix"]
    expect(matrix["rows"] * matrix["cols"] <= 2048, "at most 2048 taxels", matrix)
    expect(matrix["zero_counts"] < matrix["full_scale_counts"], "zero below full scale", matrix)


@SECTION.add("carriage", "The carriage's ranges run upwards.", "A3")
def carriage(subject: Subject) -> None:
    for axis in "xy":
        low, high = subject.carriage(f"{axis}_min_um"), subject.carriage(f"{axis}_max_um")
        expect(-500_000 <= low < high <= 500_000, f"{axis}_min_um < {axis}_max_um", (low, high))


@SECTION.add("ceiling", "The bed ceiling has 1 to 32 steps, rising in y from the heel end.", "A1")
def ceiling(subject: Subject) -> None:
    steps = subject.table["limits"]["bed_ceiling"]
    expect(isinstance(steps, list) and 1 <= len(steps) <= 32, "1 to 32 steps", steps)
    places = [step["y_um"] for step in steps]
    expect(all(type(place) is int for place in places), "integers", places)
    expect(places == sorted(set(places)), "places that rise", places)
    expect(places[0] <= 0, "a first step at or below the heel end", places[0])


@SECTION.add("ceiling-falls", "No step of the ceiling is higher than the one before it.", "A1")
def ceiling_falls(subject: Subject) -> None:
    forces = [step["force_mn"] for step in subject.table["limits"]["bed_ceiling"]]
    expect(forces == sorted(forces, reverse=True), "forces that fall towards the toes", forces)


@SECTION.add("ceiling-range", "No step of the ceiling is above 60 N.", "A1", "F1")
def ceiling_range(subject: Subject) -> None:
    forces = [step["force_mn"] for step in subject.table["limits"]["bed_ceiling"]]
    expect(all(type(f) is int and 0 <= f <= 60_000 for f in forces), "0 to 60000 mN", forces)


@SECTION.add(
    "hash", "`limits_crc` is the CRC-32 of the canonical JSON of `limits`.",
    "#the-hash-of-the-limits", "H6", "S2",
)  # fmt: skip
def limits_hash(subject: Subject) -> None:
    table = json.loads(_text(subject))
    line = json.dumps(table["limits"], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    crc = zlib.crc32(line.encode("ascii"))
    expect(crc == subject.limits_crc, f"{crc:#010x} of {line}", f"{subject.limits_crc:#010x}")
