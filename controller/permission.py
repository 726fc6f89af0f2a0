"""Who may be pressed: one question with one answer, asked at the start and again at every tick.

One foot on each bed, the right way round, on the mask that the device holds, a device that is armed
with a person's consent, and a word that nothing speaks against a massage. That the limit tables of
both sides are the same is asked by the link at its hello, and by the device at every ARM.
"""

from controller.arming import Masked
from controller.settings import Settings
from controller.state import ARMED, State, reports


def forbidden_start(state: State, settings: Settings) -> str:
    """Return the code of what forbids a massage before it is armed, "" nothing."""
    if settings.machine is None or state.frame is None:
        return "no_device"
    if not state.feet_ready:
        return "no_foot"
    attestation = settings.attestation
    if attestation is None or not attestation.fresh(state.now_us):
        return "not_attested"
    return ""


def forbidden_press(state: State, settings: Settings) -> str:
    """Return the code of what forbids pressing now, "" nothing."""
    forbidden = forbidden_start(state, settings)
    if forbidden:
        return forbidden
    if state.device not in ARMED:
        return "not_armed"
    return "" if masks_held(state) else "no_mask"


def masks_held(state: State) -> bool:
    """Return whether the device holds the masks of these feet as they lie now."""
    if state.frame is None:
        return False
    return all(map(Masked.holds, state.masks, state.beds, reports(state.frame.frame)))
