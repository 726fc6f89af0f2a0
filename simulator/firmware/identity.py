"""What the simulated device says about itself; the firmware works by the same numbers."""

from typing import Any, Final

from firmware_bridge.descriptor import (
    SCHEMA,
    Descriptor,
    limits_crc,
    pack_descriptor,
    parse_descriptor,
)

# Forces after the pain thresholds of the sole (Perez-Gurbindo 2022; Wiggermann & Keyserling 2015)
# and the seated load; Podal proposal, unconfirmed on hardware.
TABLE: Final[dict[str, Any]] = {
    "schema": SCHEMA,
    "device_id": "podal-sim-1",
    "model": "Podal simulated machine",
    "firmware": "sim 1",
    "simulated": True,
    "rate_hz": 200,
    "matrix": {
        "rows": 32,
        "cols": 16,
        "pitch_x_um": 10_000,
        "pitch_y_um": 10_000,
        "full_scale_counts": 4095,
        "zero_counts": 40,
        "pa_per_count": 100,
    },
    "carriage": {
        "x_min_um": 15_000,
        "x_max_um": 145_000,
        "y_min_um": 0,
        "y_max_um": 310_000,
        "z_max_um": 40_000,
        "head_radius_um": 20_000,
        "feed_max_um_s": 200_000,
        "spin_max_mrpm": 45_000,
    },
    "limits": {
        "bed_ceiling": [
            {"y_um": 0, "force_mn": 60_000},
            {"y_um": 115_000, "force_mn": 40_000},
            {"y_um": 275_000, "force_mn": 22_000},
        ],
        "total_over_resting_mn": 80_000,
        "rise_mn_s": 20_000,
        "tap_rise_mn_s": 80_000,
        "approach_um_s": 5_000,
        "press_um_s": 25_000,
        "retract_um_s": 120_000,
        "dwell_ms": 15_000,
        "watchdog_ms": 100,
        "ttl_ms": 60,
        "consent_ms": 60_000,
        "pause_ms": 300_000,
        "session_ms": 1_800_000,
    },
}
PACKED: Final = pack_descriptor(TABLE)
DESCRIPTOR: Final[Descriptor] = parse_descriptor(PACKED)
LIMITS_CRC: Final = limits_crc(TABLE["limits"])
