"""Tables of the protocol page: messages, codes, the descriptor and the timings."""

import enum
import struct
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from controller import arming, core, limits, runner
from docs.markdown import table
from firmware_bridge import clock, codec, descriptor, framing, link, messages, port, stopping
from firmware_bridge.messages import (
    DOWN_KINDS,
    UP_KINDS,
    BedFlag,
    CalibrationPhase,
    EventKind,
    Flag,
    Kept,
    Kind,
    Refusal,
    Trip,
    Wire,
)
from simulator.firmware import (
    drives,
    dwell,
    firmware,
    hazards,
    head,
    health,
    keeper,
    loads,
    machine,
    masks,
    spin,
    startup,
    watch,
)
from simulator.firmware.limits import PATCH_MM

Code = TypeVar("Code", bound=enum.IntEnum)
Bit = TypeVar("Bit", bound=enum.IntFlag)

TYPES: Final[Mapping[str, str]] = {
    "B": "u8",
    "H": "u16",
    "I": "u32",
    "Q": "u64",
    "h": "i16",
    "i": "i32",
}
_WHOLE: Final = {
    "B": (0, 255),
    "H": (0, messages.U16_MAX),
    "I": (0, messages.U32_MAX),
    "Q": (0, messages.U64_MAX),
    "h": (-32_768, 32_767),
    "i": (-messages.I32_MAX - 1, messages.I32_MAX),
}
_TAILS: Final = {
    messages.MaskHead: "`limits_mn`: rows x cols u16, mN, 0 = no pressing here; row 0 = toe end, "
    "column 0 = left, row after row",
    messages.Limits: "`ceiling_mn`: 1 to 32 u32, mN: `force_mn` of each step of the bed ceiling, "
    "in the order of the descriptor",
    messages.LimitsState: "`ceiling_mn`: as in LIMITS",
    messages.Page: "`data`: up to 512 bytes of the compressed descriptor",
    messages.Frame: "`counts`: left bed, then right bed; each rows x cols u16, row 0 = toe end, "
    "column 0 = left, row after row",
}


def _range(wire: Wire) -> str:
    return "any" if (wire.low, wire.high) == _WHOLE[wire.code] else f"{wire.low} .. {wire.high}"


def message_table(message: type, start: int) -> str:
    """Return the fields of a message: offset from the start of the payload, type, unit, range."""
    rows: list[tuple[object, ...]] = []
    at = start
    for name, wire in codec.columns(message):
        kind = TYPES[wire.code]
        rows.append((at, kind, f"`{name}`", wire.unit or "-", _range(wire), wire.doc))
        at += struct.calcsize(wire.code)
    if message in _TAILS:
        name, _, meaning = _TAILS[message].partition(": ")
        rows.append((at, "bytes", name, "-", "-", meaning))
    return table(("offset", "type", "field", "unit", "range", "meaning"), rows)


def layout_of(message: type) -> type:
    """Return the type whose integers begin the body of a message."""
    return messages.MaskHead if message is messages.Mask else message


def _body_table(message: type) -> Callable[[], str]:
    return lambda: message_table(layout_of(message), codec.HEADER_BYTES)


def _payload_bytes(message: type) -> str:
    fixed = codec.HEADER_BYTES + sum(
        struct.calcsize(column.wire.code) for column in codec.columns(layout_of(message))
    )
    tails = {
        messages.Mask: f"{fixed} + 2 x rows x cols",
        messages.Limits: f"{fixed} + 4 x steps",
        messages.LimitsState: f"{fixed} + 4 x steps",
        messages.Page: f"{fixed} .. {fixed + codec.PAGE_BYTES}",
        messages.Frame: f"{fixed} + 4 x rows x cols",
    }
    return tails.get(message, str(fixed))


def kinds() -> str:
    """Return the table of message types."""
    rows = []
    for ways, way in ((DOWN_KINDS, "host to device"), (UP_KINDS, "device to host")):
        for message, kind in ways.items():
            says = (message.__doc__ or "").partition("\n")[0]
            rows.append((f"0x{kind:02x}", f"`{kind.name}`", way, _payload_bytes(message), says))
    return table(("type", "name", "way", "payload bytes", "what it says"), rows)


def bounds() -> str:
    """Return the sizes that both decoders hold to."""
    down = framing.MAX_DOWN_BYTES
    block = down + down // 254 + 1 + framing.CRC_BYTES
    rows = (
        ("header", f"{codec.HEADER_BYTES} bytes"),
        ("longest payload to the device, header included", f"{down} bytes (mask of 64 x 32)"),
        ("longest block to the device before its zero byte", f"{block} bytes"),
        (
            "longest payload from the device, header included",
            f"{framing.MAX_UP_BYTES} bytes (frame of 64 x 32 taxels a bed and its head)",
        ),
        ("longest data of one descriptor page", f"{codec.PAGE_BYTES} bytes"),
        ("descriptor as JSON", f"at most {descriptor.MAX_JSON_BYTES} bytes"),
        ("descriptor compressed", "at most 32 pages, 16384 bytes"),
    )
    return table(("what", "size"), rows)


_FLAGS: Final = {
    Flag.HOMED: "the axes know where they are",
    Flag.DRIVERS_ON: "the motor drivers are powered",
    Flag.SELF_TEST_OK: "the self-test has passed",
    Flag.CONSENT_WANTED: "an ARM was refused for want of consent; the START lamp blinks",
    Flag.START_BUTTON: "START is pressed now",
    Flag.STOP_BUTTON: "STOP is pressed now",
    Flag.FAULT_PRESENT: "the device is LATCHED",
    Flag.KEY_ON: "the technician's key switch is on",
}
_BED_FLAGS: Final = {
    BedFlag.CONTACT: "the load cell reads 1 N or more",
    BedFlag.MASK_SET: "a mask is in force on this bed",
    BedFlag.FORCE_A_BAD: "the load cell is or was out of its range; cleared by ACKNOWLEDGE",
    BedFlag.CLAMPED: "the device applies less than the set-point asks, because of its own limit",
    BedFlag.FOOT: "something heavier than 8 N stands on this bed",
}
_EVENTS: Final = {
    EventKind.STATE: ("255", "the state it has entered"),
    EventKind.TRIP: ("255", "the trip; sent for each one, pending or not"),
    EventKind.STOP: ("255", "the low 31 bits of `stop_count`"),
    EventKind.START_BUTTON: ("255", "1: pressed"),
    EventKind.STOP_BUTTON: ("255", "1: pressed"),
    EventKind.FOOT_PLACED: ("0 or 1", "load on that bed, mN"),
    EventKind.CONSENT_LOST: ("255", "0"),
    EventKind.UNLOADED: ("255", "ms from letting go until every head was clear"),
}
_REFUSALS: Final = {
    Refusal.NONE: ("never sent", "-"),
    Refusal.BAD_LENGTH: (
        "the payload has not the length of its type (or of its rows and cols)",
        "a bug: do not repeat",
    ),
    Refusal.OUT_OF_RANGE: (
        "a field is outside its range or what this device can do",
        "a bug, or another trip than FRAME shows: do not repeat unchanged",
    ),
    Refusal.WRONG_STATE: ("not in this state", "look at `state` of the next FRAME"),
    Refusal.VERSION: (
        "no common protocol version; only to HELLO, with nonce 0 and counter 0",
        "tell a person; HELLO again after 2 s",
    ),
    Refusal.NO_MASK: ("a bed named in ARM has no mask", "MASK, then ARM"),
    Refusal.NO_CONSENT: (
        "nobody pressed START or placed a foot within the consent time",
        "ask the person at the machine; repeat ARM",
    ),
    Refusal.LIMITS_DIFFER: ("`limits_crc` of ARM is not the device's", "HELLO: greet anew"),
    Refusal.MASK_NOT_LOADED: (
        "the mask does not lie where the bed bears load",
        "a new mask from a new image",
    ),
    Refusal.MASK_MOVED: (
        "the mask is too far from the one that was consented to",
        "RETRACT; a person consents anew",
    ),
    Refusal.MASK_SHAPE: ("rows or cols are not the matrix's", "a bug: do not repeat"),
    Refusal.NOT_HOMED: ("self-test or homing is not done", "wait for the flag `HOMED`"),
    Refusal.FAULT_PRESENT: (
        "a latched trip, a cause that persists, the session cap, or what is kept is damaged",
        "a person looks, then ACKNOWLEDGE; after the session cap power-off",
    ),
    Refusal.STALE: (
        "the frame that the set-point names is too old, or in the future",
        "a set-point from the newest frame",
    ),
    Refusal.UNKNOWN_TYPE: ("no such message type", "do without this message"),
    Refusal.LOCKED: ("the technician's key switch is off", "the technician turns the key"),
    Refusal.ABOVE_CEILING: (
        "a limit is above what is compiled in",
        "READ the compiled limits; stay at or below",
    ),
    Refusal.OTHER_CHANNEL: (
        "channel A and channel B may not be fitted in the same act",
        "end the act: turn the key off and on",
    ),
    Refusal.NO_PROPOSAL: (
        "no proposal with this token and digest, or it is too old",
        "CALIBRATION anew",
    ),
    Refusal.OTHER_DEVICE: (
        "the calibration is for another `device_id`",
        "do not repeat: it belongs to another machine",
    ),
    Refusal.IMPLAUSIBLE: (
        "an unloaded channel A would not read 0 with this calibration",
        "unload the head; measure the zero again",
    ),
}
_KEPT: Final = {
    Kept.LIMITS: "the limits in force: LIMITS_STATE",
    Kept.COMPILED_LIMITS: "the limits compiled in: LIMITS_STATE",
    Kept.CHANNEL_A: "calibration of channel A, the load cell: CALIBRATION_STATE",
    Kept.CHANNEL_B: "calibration of channel B, the press current: CALIBRATION_STATE",
    Kept.TAXELS: "which table of taxels the host made for this bed: CALIBRATION_STATE",
}
_PHASES: Final = {
    CalibrationPhase.FACTORY: "nothing was ever committed, or just what the factory has",
    CalibrationPhase.COMMITTED: "kept, and in force",
    CalibrationPhase.PROPOSED: "only proposed: not in force, not kept",
}
_TRIPS: Final = {
    Trip.NONE: "nothing to report",
    Trip.STOP: "eight zero bytes on the wire",
    Trip.STOP_BUTTON: "STOP was pressed on the machine",
    Trip.HOST_RETRACT: "RETRACT, or HELLO while armed",
    Trip.WATCHDOG: f"armed, and no set-point accepted for {machine.WATCHDOG_US // 1000} ms",
    Trip.OVER_FORCE: f"force A above the limit of the cell under the head's middle by more than "
    f"{watch.OVER_RATIO:.0%} of it or {watch.OVER_N:g} N, whichever is more, for {watch.OVER_MS} "
    f"ms; or above the bed ceiling by more than {watch.OVER_CEILING_N:g} N, at once",
    Trip.CHANNELS_DISAGREE: f"A and B further apart than {watch.DISAGREE_N:g} N and than "
    f"{watch.DISAGREE_RATIO:.0%} of the larger, for {watch.DISAGREE_MS} ms, in which the "
    f"press does not rise; or A alone loses {watch.JUMP_N:g} N from one look to the next, "
    f"{drives.BEAT_MS} ms later, and {watch.JUMPED_N:g} N of it are still gone after "
    f"{watch.JUMP_BEATS * drives.BEAT_MS} ms without rising",
    Trip.OUTSIDE_MASK: f"{watch.CONTACT_N:g} N or more with the head's middle in a cell of 0 mN "
    f"for more than {watch.OUTSIDE_MS} ms",
    Trip.CONTACT_LOST: f"pressing, felt {watch.LOST_AFTER_N:g} N or more, then less than "
    f"{watch.CLEAR_N:g} N for {watch.LOST_MS} ms, in which the press does not rise, or less than "
    f"{watch.FADED_N:g} N for {watch.FADED_MS} ms",
    Trip.DWELL: f"more than the dwell time of pressing (above {dwell.PRESSING_N:g} N) within "
    f"{dwell.SPOT_MM:g} mm; {dwell.AWAY_MS / 1000:g} s away or off the skin starts it anew",
    Trip.TOTAL_FORCE: "the load on a bed is above its resting load by more than "
    "`total_over_resting_mn`, or above "
    f"{machine.STANDING_N:g} N at all: somebody stands there",
    Trip.ENTANGLED: f"while a head turns: torque above {spin.TORQUE_RATIO:g} times what its "
    f"friction on the skin "
    f"explains, and {spin.TORQUE_SPARE_MNM:g} mNm, or more than {1 - spin.SLOW_RATIO:.0%} too "
    f"slow, for "
    f"{spin.CAUGHT_BEATS * drives.BEAT_MS} ms; the head brakes, turns back {spin.BACK_DEG:g} "
    f"degrees, and stands",
    Trip.STALLED: f"an axis is ordered {drives.STALL_ORDERED_MM:g} mm and more in each of two "
    f"windows of 50 ms, "
    f"moves less than {drives.STALL_WAY_MM:g} mm in both, and its motor draws more than "
    f"{drives.STALL_MA:g} mA, or no more than at rest",
    Trip.RUNAWAY: f"for {drives.RUNAWAY_BEATS * drives.BEAT_MS} ms the press moves against its "
    f"order, or faster "
    f"towards the sole than ordered by {drives.RUNAWAY_MM_S:g} mm/s, or is {drives.ERROR_MM:g} "
    f"mm from "
    f"where its orders have led; or for {drives.RISE_MS} ms of pressing it rises faster than "
    f"ordered by {drives.RISE_MM_S:g} mm/s; both ways to switch off are used at once",
    Trip.POSITION_LOST: "as `STALLED`, with the current of a motor that turns: the encoder "
    "stands; or a home flag "
    f"changes more than {drives.FLAG_MM:g} mm from its place; or an unloading press does not "
    f"move and "
    "the force has gone; home must be found again",
    Trip.TOO_HOT: f"press motor above {health.MOTOR_C:g} C or head surface above "
    f"{health.SURFACE_C:g} C, for "
    f"{health.HOT_BEATS * 10} ms",
    Trip.SENSOR: f"the load cell reads outside {watch.RANGE_N[0]:g} .. {watch.RANGE_N[1]:g} N for "
    f"{watch.RANGE_MS} ms, or does not change, its noise included, while the press moves "
    f"{watch.FROZEN_MM:g} mm in contact or for {(watch.FROZEN_BEATS + 1) * drives.BEAT_MS} ms; "
    f"no new scan of the matrix for {health.SCAN_US // 1000} ms; a temperature outside "
    f"{health.NTC_C[0]:g} .. {health.NTC_C[1]:g} C",
    Trip.SELF_TEST: f"a current that does not go within {startup.SWITCH_MS} ms of switching "
    f"off, or does not come, or is gone from "
    f"all motors of a head for {drives.GONE_BEATS * drives.BEAT_MS} ms while they are on; "
    "a home flag that does not change",
    Trip.SUPPLY: f"supply of the motors below {health.SUPPLY_RATIO:.0%}; the heads go down on "
    f"stored energy",
    Trip.SESSION_CAP: "armed for `session_ms` since power-on; ARM is refused until power-off",
    Trip.PAUSE_CAP: "armed for `pause_ms` without a set-point that asks for force",
    Trip.CLOCK: f"two oscillators differ by more than {health.CLOCK_RATIO:.0%} over "
    f"{health.CLOCK_US // 1000} ms, or by more than {health.COARSE_RATIO:.0%} over "
    f"{health.COARSE_US // 1000} ms",
    Trip.MEMORY: "a limit and its inverse differ where they are used, or the CRC over all limits, "
    f"checked every {health.MEMORY_US // 1_000_000} s, is wrong",
    Trip.HUNG: "the hardware watchdog has restarted the microcontroller: its loop stood, or ran "
    f"later than {machine.LATE_US // 1000} ms each time",
    Trip.RETRACT_FAILED: f"force stays, and within {drives.UNLOAD_BEATS * drives.SLOW_BEAT_MS} "
    f"ms of letting go the press has "
    f"not moved {drives.UNLOAD_WAY_MM:g} mm; or letting go has not ended after "
    f"{machine.RETRACT_US // 1_000_000} s",
}


def codes(texts: Mapping[Code, str]) -> str:
    """Return number, name and meaning of every member of an enum."""
    members = type(next(iter(texts)))
    rows = ((int(member), f"`{member.name}`", texts[member]) for member in members)
    return table(("value", "name", "meaning"), rows)


def bits(texts: Mapping[Bit, str]) -> str:
    """Return mask, name and meaning of every bit of a flag."""
    members = type(next(iter(texts)))
    rows = ((f"0x{int(member):02x}", f"`{member.name}`", texts[member]) for member in members)
    return table(("bit", "name", "set while"), rows)


def refusals() -> str:
    """Return why a device says NAK, and what the host does next."""
    rows = ((int(why), f"`{why.name}`", *_REFUSALS[why]) for why in Refusal)
    return table(("value", "name", "meaning", "what to do next"), rows)


def events() -> str:
    """Return the table of events."""
    rows = ((int(kind), f"`{kind.name}`", *_EVENTS[kind]) for kind in EventKind)
    return table(("event", "name", "bed", "value"), rows)


def trips() -> str:
    """Return the table of trips: when, how soon, and where the reference device then rests."""
    rows = ((int(trip), f"`{trip.name}`", *_answer(trip), _TRIPS[trip]) for trip in Trip)
    return table(("value", "name", "ends in", "at most", "hazards", "when"), rows)


def _answer(trip: Trip) -> tuple[str, str, str]:
    answer = hazards.ANSWERS.get(trip)
    if answer is None:
        return "-", "-", "-"
    return answer.end.value, f"{answer.deadline_ms} ms", " ".join(answer.rows)


_DESCRIPTOR_TEXTS: Final = {
    "rate_hz": "frames a second; the host is tuned for 200",
    "matrix.rows": "rows of taxels a bed; rows x cols at most 2048",
    "matrix.cols": "columns of taxels a bed",
    "matrix.pitch_x_um": "width of a cell, um",
    "matrix.pitch_y_um": "height of a cell, um",
    "matrix.full_scale_counts": "largest count",
    "matrix.zero_counts": "count of a cell without load; below full_scale_counts",
    "matrix.pa_per_count": "pressure of one count above zero, Pa",
    "carriage.x_min_um": "where the head's middle can go, bed frame",
    "carriage.x_max_um": "above x_min_um",
    "carriage.y_min_um": "as x_min_um",
    "carriage.y_max_um": "above y_min_um",
    "carriage.z_max_um": "travel of the press, from fully retracted",
    "carriage.head_radius_um": "radius of the head",
    "carriage.feed_max_um_s": "fastest carriage speed",
    "carriage.spin_max_mrpm": "fastest head rotation, 0.001 rpm; 0 = does not turn",
    "limits.total_over_resting_mn": "bed load above the resting load that trips",
    "limits.rise_mn_s": "fastest rise of the force",
    "limits.tap_rise_mn_s": "fastest rise while patting",
    "limits.approach_um_s": "fastest press until contact",
    "limits.press_um_s": "fastest press in contact",
    "limits.retract_um_s": "retract speed",
    "limits.dwell_ms": "longest time on one spot",
    "limits.watchdog_ms": "longest time without an accepted set-point while armed",
    "limits.ttl_ms": "oldest frame a set-point may name, and its longest life",
    "limits.consent_ms": "how long START or a foot placed allows arming",
    "limits.pause_ms": "longest time armed without force asked",
    "limits.session_ms": "longest time armed since power-on",
}


def descriptor_fields() -> str:
    """Return every integer of the descriptor: what parses, and what this host works with."""
    rows = []
    for path, (low, high) in descriptor._RANGES.items():  # noqa: SLF001 - the one table of them
        rows.append((f"`{path}`", f"{low} .. {high}", _accepted(path), _DESCRIPTOR_TEXTS[path]))
    return table(("field", "parses", "host works with", "meaning"), rows)


def _accepted(path: str) -> str:
    part, _, name = path.rpartition(".")
    if part != "limits":
        return "the same"
    if name == "retract_um_s":
        return f"at least {limits._DEVICE_RETRACT_LEAST_UM_S}"  # noqa: SLF001 - as above
    return f"at most {limits._DEVICE_CEILINGS[name]}"  # noqa: SLF001 - as above


def host_timings() -> str:
    """Return when the host does what."""
    rows = (
        ("HELLO repeated until WELCOME", _ms(link.HELLO_PERIOD_US)),
        ("DESCRIBE of the same page repeated", _ms(link.PAGE_PERIOD_US)),
        ("no valid message of the session: the session is over, HELLO again", _ms(link.SILENCE_US)),
        ("HELLO after the host refused the device, or the device the host",
         _ms(link.REFUSED_PERIOD_US)),
        ("a frame older than this is not used", _ms(clock.FRESH_US)),
        ("STOP repeated until `stop_count` has counted it", _ms(stopping.STOP_PERIOD_US)),
        ("the loop turns at every frame, and without one every", _ms(runner.TICK_US)),
        ("no set-point asks for force while the newest frame is older than",
         f"{limits.FRAME_STALE_S * 1000:g} ms"),
        ("no fresh frame while armed: STOP, session ends in a fault", _ms(core.FRAMES_LOST_US)),
        ("MASK repeated while `MASK_SET` is not seen", _ms(arming.MASK_EVERY_US)),
        ("ARM repeated while the device stays READY", _ms(core.ARM_EVERY_US)),
        ("ARM given up", _ms(core.START_WAIT_US)),
        ("a port that takes no byte for this long is lost", f"{port.WRITE_TIMEOUT_S * 1000:g} ms"),
    )  # fmt: skip
    return table(("what the host does", "after"), rows)


def device_figures() -> str:
    """Return the figures of the reference device that the descriptor does not carry."""
    degrees = f"{masks.MOVED_DEG:g} degrees"
    rows = (
        ("self-test and homing of parked heads after the first HELLO, at most", "1.5 s"),
        ("homing: the speed of an axis that looks for its flag", f"{startup.HOMING_MM_S:g} mm/s"),
        ("a current has gone, or come, after switching within", f"{startup.SWITCH_MS} ms"),
        ("homing: a load cell reads within this of 0, and never twice the same for all of it",
         f"{startup.ZERO_N:g} N"),
        ("letting go that has not ended by now ends otherwise", _ms(machine.RETRACT_US)),
        ("STOP while the heads look for home: nothing moves for", _ms(machine.STOP_PAUSE_US)),
        ("a motor warmer than this lowers the limits, down to the share below at its trip",
         f"{health.DERATE_C:g} C, {health.LEAST_SHARE:.0%}"),
        ("ACKNOWLEDGE of `TOO_HOT`: motor, surface below",
         f"{health.COOL_C:g} C, {health.SURFACE_COOL_C:g} C"),
        ("a head turns from, and down to, this force",
         f"{watch.CONTACT_N:g} N, {head.TURNING_N:g} N"),
        ("contact: the approach ends, the carriage may move", f"{watch.CONTACT_N:g} N"),
        ("clear: force A below", f"{watch.CLEAR_N:g} N"),
        ("clear: and the press below the place of the last contact by (or at z = 0)",
         f"{head.CLEAR_MM:g} mm"),
        ("cells under the head's contact: middle within", f"{PATCH_MM:g} mm of the head's middle"),
        ("MASK while armed: both heads lifted and force A below", f"{machine.MASK_CHANGE_N:g} N"),
        ("MASK: the bed bears at least", f"{masks.LEAST_LOAD_N:g} N"),
        ("MASK: share of the load inside the mask grown by one cell, at least",
         f"{masks.LOAD_INSIDE_RATIO:.0%}"),
        ("MASK: every masked cell lies near a loaded cell", f"{masks.NEAR_LOAD_MM:g} mm"),
        ("MASK: a loaded cell bears more than", f"{masks.LOADED_KPA:g} kPa"),
        ("MASK: distance and turn from the consented one, at most",
         f"{masks.MOVED_MM:g} mm, {degrees}"),
        ("a foot is placed: bed load rises from below, to above",
         f"{loads.EMPTY_N:g} N, {loads.PLACED_N:g} N"),
        ("`FOOT` bed flag: load above", f"{loads.FOOT_N:g} N"),
        ("`CONSENT_WANTED` after a NAK for want of consent", _ms(machine.LAMP_US)),
        ("NAK of a refused set-point at most once in", _ms(firmware.NAK_PERIOD_US)),
        ("a proposed calibration waits for COMMIT", _ms(keeper.COMMIT_US)),
        ("channel A, unloaded, reads within this with the calibration proposed",
         f"{keeper.UNLOADED_N:g} N"),
    )  # fmt: skip
    return table(("rule", "figure"), rows)


def _ms(time_us: int) -> str:
    return f"{time_us / 1000:g} ms" if time_us < 1_000_000 else f"{time_us / 1e6:g} s"


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "message types": kinds,
    "bounds": bounds,
    "header": lambda: message_table(messages.Header, 0),
    **{
        f"message {Kind(kind).name}": _body_table(message)
        for message, kind in (*DOWN_KINDS.items(), *UP_KINDS.items())
    },
    "flags": lambda: bits(_FLAGS),
    "bed flags": lambda: bits(_BED_FLAGS),
    "events": events,
    "refusals": refusals,
    "kept": lambda: codes(_KEPT),
    "calibration phases": lambda: codes(_PHASES),
    "trips": trips,
    "descriptor fields": descriptor_fields,
    "host timings": host_timings,
    "device figures": device_figures,
}
