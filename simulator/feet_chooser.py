"""From what a person types (a foot's name, or a recording) to a pair of feet."""

from simulator.device import SHAPE
from simulator.errors import RecordingError
from simulator.plant.feet import EDGE_MM, Foot, replayed_feet, synthetic_feet
from simulator.plant.measure import measure
from simulator.plant.people import PEOPLE
from simulator.plant.recording import load_recording


def named_feet(name: str, *, seed: int) -> tuple[Foot, Foot]:
    """Return the synthetic feet of one of PEOPLE.

    Raises:
        KeyError: There is nobody of that name.
    """
    return synthetic_feet(PEOPLE[name], SHAPE, seed=seed)


def recorded_feet(
    name: str, *, person: str = "adult", side: str | None = None, pitch_mm: float | None = None
) -> tuple[Foot, Foot]:
    """Return the feet of ``FILE`` or ``FILE:key`` at the seated load of `person`.

    Raises:
        RecordingError: The file holds no image of a foot that this bed could bear.
    """
    recording = load_recording(name, pitch_mm=pitch_mm)
    measured = measure(recording, side)
    if measured is None:
        raise RecordingError(name, "its fullest frame does not look like a foot")
    longest_mm = SHAPE.rows * SHAPE.pitch_y_mm - 2 * EDGE_MM
    if not 120.0 <= measured.length_mm <= longest_mm:
        raise RecordingError(
            name,
            f"the foot measures {measured.length_mm:.0f} mm, the bed takes 120 to {longest_mm:.0f}",
            "say the true pitch of the recording with --replay-pitch-mm",
        )
    return replayed_feet(recording, measured, SHAPE, seated_n=PEOPLE[person].seated_n)
