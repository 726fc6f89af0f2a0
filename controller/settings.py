"""What does not change during a session: the machine, the limits, the routines, the atlas."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.attestation import Attestation
from controller.caps import COMPILED_ONLY, Standing
from controller.geometry import Grid
from controller.limits import Limits, load_limits
from controller.pressure import Calibration, stacked, uniform_calibration
from controller.routine import Routine, load_library
from controller.zones import Atlas, load_atlas
from firmware_bridge.descriptor import Carriage, CeilingStep, Descriptor


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """The device of this session, as the controller needs it.

    Attributes:
        grid: Matrix of each bed.
        calibrations: Counts to kPa, left and right.
        both_beds: The same for the images of both beds at once.
        carriage: Where the heads can go.
        limits_crc: Hash of its limit table.
        ttl_ms: Longest life of a set-point.
        ceiling: What it allows by itself, by y; what a technician has lowered counts.
        full_scale_counts: A taxel that says so much feels this or anything above.
    """

    device_id: str
    simulated: bool
    grid: Grid
    calibrations: tuple[Calibration, Calibration]
    both_beds: Calibration
    carriage: Carriage
    limits_crc: int
    ttl_ms: int
    ceiling: tuple[CeilingStep, ...]
    full_scale_counts: int


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Everything `core.step` may know that is not state.

    Attributes:
        standing: Caps of technician, owner and age.
        machine: The device worked with, None without one.
        attestation: A person's word that nothing speaks against a massage, None not given.
        barred: Code why the device that is there is not worked with, "" none is there.
    """

    limits: Limits
    library: Mapping[str, Routine]
    atlas: Atlas
    standing: Standing = COMPILED_ONLY
    machine: Machine | None = None
    attestation: Attestation | None = None
    barred: str = ""


def default_settings(attestation: Attestation | None = None) -> Settings:
    """Return the settings that ship with Podal.

    Args:
        attestation: Nothing is massaged without one.

    Raises:
        BadFileError: A shipped file is damaged.
    """
    return Settings(
        limits=load_limits(),
        library=load_library(),
        atlas=load_atlas(),
        attestation=attestation,
    )


def machine_of(descriptor: Descriptor) -> Machine:
    """Return the machine that `descriptor` describes, with its nominal calibration."""
    matrix = descriptor.matrix
    grid = Grid(matrix.rows, matrix.cols, matrix.pitch_x_um / 1000, matrix.pitch_y_um / 1000)
    calibration = uniform_calibration(
        grid.shape,
        kpa_per_count=matrix.pa_per_count / 1000,
        zero_counts=matrix.zero_counts,
    )
    return Machine(
        device_id=descriptor.device_id,
        simulated=descriptor.simulated,
        grid=grid,
        calibrations=(calibration, calibration),
        both_beds=stacked(calibration, calibration),
        carriage=descriptor.carriage,
        limits_crc=descriptor.limits_crc,
        ttl_ms=descriptor.limits.ttl_ms,
        ceiling=descriptor.limits.bed_ceiling,
        full_scale_counts=matrix.full_scale_counts,
    )
