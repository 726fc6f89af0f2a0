"""Every message that crosses the wire, as one table: layout, units, ranges and meaning.

Each message is a NamedTuple of integers whose fields carry a `Wire` annotation; the codec packs and
checks by these, and the protocol page is made from them. All integers are little-endian.
"""

import enum
from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PROTOCOL_VERSION: Final = 1
BEDS: Final = ("left", "right")

U16_MAX: Final = 0xFFFF
U32_MAX: Final = 0xFFFF_FFFF
U64_MAX: Final = 0xFFFF_FFFF_FFFF_FFFF
I32_MAX: Final = 0x7FFF_FFFF


class Wire(NamedTuple):
    """How one integer travels: struct letter, unit, range (both ends included) and meaning."""

    code: str
    unit: str
    low: int
    high: int
    doc: str


def _u8(doc: str, *, unit: str = "", low: int = 0, high: int = 255) -> Wire:
    return Wire("B", unit, low, high, doc)


def _u16(doc: str, *, unit: str = "", low: int = 0, high: int = U16_MAX) -> Wire:
    return Wire("H", unit, low, high, doc)


def _u32(doc: str, *, unit: str = "", low: int = 0, high: int = U32_MAX) -> Wire:
    return Wire("I", unit, low, high, doc)


def _u64(doc: str, *, unit: str = "") -> Wire:
    return Wire("Q", unit, 0, U64_MAX, doc)


def _i16(doc: str, *, unit: str = "") -> Wire:
    return Wire("h", unit, -32768, 32767, doc)


def _i32(doc: str, *, unit: str = "", low: int = -I32_MAX - 1, high: int = I32_MAX) -> Wire:
    return Wire("i", unit, low, high, doc)


class Kind(enum.IntEnum):
    """Message types; the high bit says that the device speaks."""

    HELLO = 0x01
    DESCRIBE = 0x02
    MASK = 0x03
    ARM = 0x04
    SETPOINT = 0x05
    RETRACT = 0x06
    ACKNOWLEDGE = 0x07
    READ = 0x08
    LIMITS = 0x09
    CALIBRATION = 0x0A
    COMMIT = 0x0B
    WELCOME = 0x81
    PAGE = 0x82
    FRAME = 0x83
    EVENT = 0x84
    ACK = 0x85
    NAK = 0x86
    LIMITS_STATE = 0x87
    CALIBRATION_STATE = 0x88


class DeviceState(enum.IntEnum):
    """What the device does now; it alone decides."""

    SILENT = 0
    READY = 1
    ARMED = 2
    RUNNING = 3
    RETRACT = 4
    LATCHED = 5
    LIMP = 6


class Trip(enum.IntEnum):
    """Why the device let go."""

    NONE = 0
    STOP = 1
    STOP_BUTTON = 2
    HOST_RETRACT = 3
    WATCHDOG = 4
    OVER_FORCE = 5
    CHANNELS_DISAGREE = 6
    OUTSIDE_MASK = 7
    CONTACT_LOST = 8
    DWELL = 9
    TOTAL_FORCE = 10
    ENTANGLED = 11
    STALLED = 12
    RUNAWAY = 13
    POSITION_LOST = 14
    TOO_HOT = 15
    SENSOR = 16
    SELF_TEST = 17
    SUPPLY = 18
    SESSION_CAP = 19
    PAUSE_CAP = 20
    RETRACT_FAILED = 21
    CLOCK = 22
    MEMORY = 23
    HUNG = 24


class Refusal(enum.IntEnum):
    """Why the device answered NAK."""

    NONE = 0
    BAD_LENGTH = 1
    OUT_OF_RANGE = 2
    WRONG_STATE = 3
    VERSION = 4
    NO_MASK = 5
    NO_CONSENT = 6
    LIMITS_DIFFER = 7
    MASK_NOT_LOADED = 8
    MASK_MOVED = 9
    MASK_SHAPE = 10
    NOT_HOMED = 11
    FAULT_PRESENT = 12
    STALE = 13
    UNKNOWN_TYPE = 14
    LOCKED = 15
    ABOVE_CEILING = 16
    OTHER_CHANNEL = 17
    NO_PROPOSAL = 18
    OTHER_DEVICE = 19
    IMPLAUSIBLE = 20


class EventKind(enum.IntEnum):
    """What an EVENT tells."""

    STATE = 1
    TRIP = 2
    STOP = 3
    START_BUTTON = 4
    STOP_BUTTON = 5
    FOOT_PLACED = 6
    CONSENT_LOST = 7
    UNLOADED = 8


class Flag(enum.IntFlag):
    """Bits of `Frame.flags`."""

    HOMED = 1
    DRIVERS_ON = 2
    SELF_TEST_OK = 4
    CONSENT_WANTED = 8
    START_BUTTON = 16
    STOP_BUTTON = 32
    FAULT_PRESENT = 64
    KEY_ON = 128


class Kept(enum.IntEnum):
    """What READ asks for: things that the device keeps without power."""

    LIMITS = 0
    COMPILED_LIMITS = 1
    CHANNEL_A = 2
    CHANNEL_B = 3
    TAXELS = 4


class CalibrationPhase(enum.IntEnum):
    """How far a calibration has come."""

    FACTORY = 0
    COMMITTED = 1
    PROPOSED = 2


class BedFlag(enum.IntFlag):
    """Bits of `BedReport.flags`."""

    CONTACT = 1
    MASK_SET = 2
    FORCE_A_BAD = 4
    CLAMPED = 8
    FOOT = 16


class Header(NamedTuple):
    """First ten bytes of every message."""

    kind: Annotated[int, _u8("message type")]
    version: Annotated[int, _u8("protocol version")]
    nonce: Annotated[int, _u32("session nonce; 0 in HELLO and in answers outside a session")]
    counter: Annotated[int, _u32("rises with each message of a sender within a session")]


class Hello(NamedTuple):
    """Ask for a session. Ends any session the device had: armed heads retract first."""

    host_nonce: Annotated[int, _u32("chosen by the host, never 0; the answer repeats it", low=1)]
    version_low: Annotated[int, _u8("lowest protocol version the host speaks")]
    version_high: Annotated[int, _u8("highest protocol version the host speaks")]


class Describe(NamedTuple):
    """Ask for one page of the descriptor."""

    page: Annotated[int, _u8("page number, from 0")]


class MaskHead(NamedTuple):
    """Start of MASK; rows x cols limits (u16, mN, 0 = no pressing here) follow, row 0 = toe end."""

    bed: Annotated[int, _u8("0 left, 1 right", high=1)]
    rows: Annotated[int, _u8("rows of the matrix", low=1)]
    cols: Annotated[int, _u8("columns of the matrix", low=1)]
    heel_x_um: Annotated[int, _i32("where the host believes the heel point, bed frame", unit="um")]
    heel_y_um: Annotated[int, _i32("as heel_x_um", unit="um")]
    axis_cdeg: Annotated[int, _i16("foot axis, clockwise from +y seen from above", unit="0.01 deg")]


class Mask(NamedTuple):
    """Where one bed's head may press, and how hard.

    Attributes:
        head: Bed, shape and the pose the mask was made from.
        limits_mn: Shape (rows, cols), uint16, mN.
    """

    head: MaskHead
    limits_mn: NDArray[np.uint16]


class Arm(NamedTuple):
    """Ask to leave READY; needs a mask for each bed named, and fresh consent."""

    beds: Annotated[int, _u8("bit 0 left, bit 1 right", low=1, high=3)]
    limits_crc: Annotated[int, _u32("the host's hash of the device's limit table")]


class BedTarget(NamedTuple):
    """What one head should do."""

    x_um: Annotated[int, _i32("carriage, bed frame", unit="um", low=-500_000, high=500_000)]
    y_um: Annotated[int, _i32("carriage, bed frame", unit="um", low=-500_000, high=500_000)]
    feed_um_s: Annotated[int, _u32("fastest carriage speed", unit="um/s", high=250_000)]
    force_mn: Annotated[int, _u32("press force; 0 = off the skin", unit="mN", high=60_000)]
    slew_mn_s: Annotated[int, _u32("fastest rise of the force", unit="mN/s", high=80_000)]
    spin_mrpm: Annotated[int, _i32("head rotation", unit="0.001 rpm", low=-45_000, high=45_000)]
    vibration_hz: Annotated[int, _u8("0 off, else 20-45", unit="Hz", high=45)]
    limit_mn: Annotated[int, _u32("host's limit in force here; the device keeps it", unit="mN")]
    limit_zone: Annotated[int, _u8("zone the host believes under the head, 0 none", high=62)]
    limit_region: Annotated[int, _u8("region the host believes there, 255 none")]


class SetPoint(NamedTuple):
    """The order of the moment; the newest one counts, and only until it expires."""

    frame_us: Annotated[int, _u64("device time of the frame it was computed from", unit="us")]
    ttl_ms: Annotated[int, _u8("valid until frame_us + ttl_ms", unit="ms", low=1, high=60)]
    frame_age_ms: Annotated[int, _u16("age of that frame as the host saw it", unit="ms")]
    host_state: Annotated[int, _u8("session state of the host, for the record", high=15)]
    left: BedTarget
    right: BedTarget


class Retract(NamedTuple):
    """Unload and disarm now."""

    reason: Annotated[int, _u8("host's reason, for the record")]


class Acknowledge(NamedTuple):
    """A person has seen the trip; clears LATCHED once its cause is gone."""

    trip: Annotated[int, _u8("the trip that was seen")]


class Read(NamedTuple):
    """Ask for what the device keeps: its limits or one of its calibrations."""

    what: Annotated[int, _u8("Kept", high=4)]
    bed: Annotated[int, _u8("0 left, 1 right; for limits it does not matter", high=1)]


class LimitTable(NamedTuple):
    """The limits that a technician may lower; each is at most what is compiled in."""

    total_over_resting_mn: Annotated[int, _u32("as in the descriptor", unit="mN", low=1_000)]
    rise_mn_s: Annotated[int, _u32("as in the descriptor", unit="mN/s", low=100)]
    tap_rise_mn_s: Annotated[int, _u32("as in the descriptor", unit="mN/s", low=100)]
    approach_um_s: Annotated[int, _u32("as in the descriptor", unit="um/s", low=100)]
    press_um_s: Annotated[int, _u32("as in the descriptor", unit="um/s", low=100)]
    dwell_ms: Annotated[int, _u32("as in the descriptor", unit="ms", low=100)]
    consent_ms: Annotated[int, _u32("as in the descriptor", unit="ms", low=1_000)]
    pause_ms: Annotated[int, _u32("as in the descriptor", unit="ms", low=1_000)]
    session_ms: Annotated[int, _u32("as in the descriptor", unit="ms", low=1_000)]


class Limits(NamedTuple):
    """Keep these limits: a technician lowers what the device may do.

    Attributes:
        table: All but the bed ceiling.
        ceiling_mn: `force_mn` of each step of the bed ceiling; their places are fixed.
    """

    table: LimitTable
    ceiling_mn: tuple[int, ...]


class Calibration(NamedTuple):
    """Propose a calibration of one channel of one bed; nothing changes before COMMIT."""

    channel: Annotated[int, _u8("Kept", low=2, high=4)]
    bed: Annotated[int, _u8("0 left, 1 right", high=1)]
    device_crc: Annotated[int, _u32("CRC-32 of the device_id, UTF-8: for this machine only")]
    gain_ppm: Annotated[
        int, _u32("of the factory's gain", unit="0.000001", low=850_000, high=1_150_000)
    ]
    zero_mn: Annotated[int, _i32("taken off after the gain", unit="mN", low=-2_000, high=2_000)]
    table_version: Annotated[int, _u32("of the host's table of taxels; 0 for A and B")]
    table_crc: Annotated[int, _u32("CRC-32 of that table; 0 for A and B")]
    made_day: Annotated[int, _u16("when it was made: days since 1970-01-01, by the host")]


class Commit(NamedTuple):
    """Keep the calibration that was proposed."""

    token: Annotated[int, _u32("from CALIBRATION_STATE", low=1)]
    digest: Annotated[int, _u32("from CALIBRATION_STATE")]


class Welcome(NamedTuple):
    """Answer to HELLO; its header carries the nonce of the new session."""

    host_nonce: Annotated[int, _u32("repeated from HELLO")]
    boot_nonce: Annotated[int, _u32("new at each power-on")]
    version: Annotated[int, _u8("protocol version of this session")]
    descriptor_bytes: Annotated[int, _u16("compressed size", unit="B", high=16384)]
    descriptor_pages: Annotated[int, _u8("pages to ask for")]
    descriptor_crc: Annotated[int, _u32("CRC-32 of the compressed descriptor")]
    limits_crc: Annotated[int, _u32("hash of the device's limit table")]


class Page(NamedTuple):
    """One page of the descriptor."""

    page: Annotated[int, _u8("page number, from 0")]
    data: bytes


class BedReport(NamedTuple):
    """One bed at the moment of the frame."""

    force_a_mn: Annotated[int, _i32("load cell in the press axis", unit="mN")]
    force_b_mn: Annotated[int, _i32("from motor current and compression", unit="mN")]
    x_um: Annotated[int, _i32("carriage", unit="um")]
    y_um: Annotated[int, _i32("carriage", unit="um")]
    z_um: Annotated[int, _i32("press axis, 0 = fully retracted", unit="um")]
    spin_mrpm: Annotated[int, _i32("head rotation", unit="0.001 rpm")]
    applied_mn: Annotated[int, _u32("force set-point obeyed now", unit="mN")]
    limit_mn: Annotated[int, _u32("device's own limit here", unit="mN")]
    motor_cdegc: Annotated[int, _i16("motor temperature", unit="0.01 degC")]
    surface_cdegc: Annotated[int, _i16("head surface temperature", unit="0.01 degC")]
    flags: Annotated[int, _u16("bits of BedFlag")]


class Frame(NamedTuple):
    """One scan of both beds.

    Attributes:
        device_us: Device time at the middle of the scan.
        state: A `DeviceState`.
        trip: The last `Trip`, kept until acknowledged or the next arm.
        flags: Bits of `Flag`.
        stop_count: STOPs seen since power-on; a rise acknowledges a STOP.
        setpoint_counter: Header counter of the set-point obeyed now, 0 none.
        consent_age_ms: Since START or a foot placed, U32_MAX never or lost.
        left: Left bed.
        right: Right bed.
        counts: Taxels, shape (2, rows, cols), uint16, read-only; row 0 = toe end, column 0 = left.
    """

    device_us: Annotated[int, _u64("device time, middle of the scan", unit="us")]
    state: Annotated[int, _u8("DeviceState", high=6)]
    trip: Annotated[int, _u8("last Trip, kept until acknowledged or the next arm")]
    flags: Annotated[int, _u16("bits of Flag")]
    stop_count: Annotated[int, _u32("STOPs seen since power-on")]
    setpoint_counter: Annotated[int, _u32("header counter of the set-point obeyed now, 0 none")]
    consent_age_ms: Annotated[int, _u32("since START or a foot placed, all ones never", unit="ms")]
    left: BedReport
    right: BedReport
    counts: NDArray[np.uint16]


class Event(NamedTuple):
    """Something happened between two frames."""

    device_us: Annotated[int, _u64("device time", unit="us")]
    event: Annotated[int, _u8("EventKind")]
    bed: Annotated[int, _u8("0 left, 1 right, 255 neither")]
    value: Annotated[int, _i32("state, trip or time to unload in ms, by EventKind")]


class Ack(NamedTuple):
    """The device did what the message asked."""

    of_kind: Annotated[int, _u8("type of the message answered")]
    of_counter: Annotated[int, _u32("its counter")]


class Nak(NamedTuple):
    """The device refused; its state is unchanged."""

    of_kind: Annotated[int, _u8("type of the message answered")]
    of_counter: Annotated[int, _u32("its counter")]
    refusal: Annotated[int, _u8("Refusal")]


class LimitsState(NamedTuple):
    """Answer to READ and LIMITS: the limits in force, or those compiled in.

    Attributes:
        of_counter: Counter of the message answered.
        which: `Kept.LIMITS` or `Kept.COMPILED_LIMITS`.
        writes: How often limits or calibrations have been kept, in the life of the device.
        limits_crc: Hash of this table.
        table: All but the bed ceiling.
        ceiling_mn: `force_mn` of each step of the bed ceiling.
    """

    of_counter: Annotated[int, _u32("counter of the message answered")]
    which: Annotated[int, _u8("0 in force, 1 compiled in", high=1)]
    writes: Annotated[int, _u32("how often anything has been kept, in the life of the device")]
    limits_crc: Annotated[int, _u32("hash of these limits")]
    table: LimitTable
    ceiling_mn: tuple[int, ...]


class CalibrationState(NamedTuple):
    """Answer to READ, CALIBRATION and COMMIT: one calibration, kept or proposed."""

    of_counter: Annotated[int, _u32("counter of the message answered")]
    phase: Annotated[int, _u8("CalibrationPhase", high=2)]
    writes: Annotated[int, _u32("how often anything has been kept, in the life of the device")]
    digest: Annotated[int, _u32("CRC-32 of the record below, as it travels")]
    token: Annotated[int, _u32("what COMMIT must repeat; 0 unless proposed")]
    record: Calibration


Down = (
    Hello
    | Describe
    | Mask
    | Arm
    | SetPoint
    | Retract
    | Acknowledge
    | Read
    | Limits
    | Calibration
    | Commit
)
Up = Welcome | Page | Frame | Event | Ack | Nak | LimitsState | CalibrationState

DOWN_KINDS: Final[dict[type, Kind]] = {
    Hello: Kind.HELLO,
    Describe: Kind.DESCRIBE,
    Mask: Kind.MASK,
    Arm: Kind.ARM,
    SetPoint: Kind.SETPOINT,
    Retract: Kind.RETRACT,
    Acknowledge: Kind.ACKNOWLEDGE,
    Read: Kind.READ,
    Limits: Kind.LIMITS,
    Calibration: Kind.CALIBRATION,
    Commit: Kind.COMMIT,
}
UP_KINDS: Final[dict[type, Kind]] = {
    Welcome: Kind.WELCOME,
    Page: Kind.PAGE,
    Frame: Kind.FRAME,
    Event: Kind.EVENT,
    Ack: Kind.ACK,
    Nak: Kind.NAK,
    LimitsState: Kind.LIMITS_STATE,
    CalibrationState: Kind.CALIBRATION_STATE,
}
