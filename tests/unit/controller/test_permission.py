"""Nobody is pressed before every question about it has the right answer."""

from dataclasses import replace

import numpy as np
import pytest

from controller.arming import Masked
from controller.attestation import VALID_US, Attestation
from controller.bed import Bed
from controller.geometry import Side
from controller.limits import load_limits
from controller.permission import forbidden_press, forbidden_start, masks_held
from controller.pose import FootPose
from controller.settings import default_settings, machine_of
from controller.state import SensorFrame, State
from firmware_bridge.descriptor import pack_descriptor, parse_descriptor
from firmware_bridge.messages import BedFlag, BedReport, DeviceState, Frame
from tests.samples import DESCRIPTOR
from tests.unit.controller.test_limits import field_with

NOW_US = 5_000_000
MACHINE = machine_of(parse_descriptor(pack_descriptor(DESCRIPTOR)))
SETTINGS = replace(default_settings(Attestation("owner", NOW_US)), machine=MACHINE)
FIELD = field_with(load_limits())
POSES = [
    FootPose(side, 0.99, side, 70.0, 20.0, 6.0, 270.0, 103.0, 1.0, 1.0, 0.5, 2.0, 2.0, 0.1)
    for side in Side
]
BEDS = tuple(Bed(side, pose=pose, field=FIELD) for side, pose in zip(Side, POSES, strict=True))
MASKS = tuple(Masked(pose=pose, taken=True) for pose in POSES)
HELD = BedReport(*[0] * 10, flags=BedFlag.MASK_SET)


def seen(state=DeviceState.ARMED, left=HELD, right=HELD):
    image = np.zeros((2, 32, 16), np.uint16)
    return SensorFrame(Frame(0, state, 0, 0, 0, 0, 0, left, right, image), NOW_US)


ALLOWED = State(now_us=NOW_US, beds=BEDS, frame=seen(), masks=MASKS)


def test_with_every_answer_right_a_person_may_be_pressed():
    assert forbidden_start(ALLOWED, SETTINGS) == ""
    assert forbidden_press(ALLOWED, SETTINGS) == ""
    assert masks_held(ALLOWED)


@pytest.mark.parametrize(
    ("state", "settings", "code"),
    [
        (ALLOWED, replace(SETTINGS, machine=None), "no_device"),
        (ALLOWED._replace(frame=None), SETTINGS, "no_device"),
        (ALLOWED._replace(beds=(BEDS[0], Bed(Side.RIGHT))), SETTINGS, "no_foot"),
        (ALLOWED._replace(beds=(Bed(Side.LEFT), BEDS[1])), SETTINGS, "no_foot"),
        (ALLOWED, replace(SETTINGS, attestation=None), "not_attested"),
        (ALLOWED._replace(now_us=NOW_US - 1), SETTINGS, "not_attested"),
        (ALLOWED._replace(now_us=NOW_US + VALID_US + 1), SETTINGS, "not_attested"),
    ],
    ids=["machine", "frame", "right foot", "left foot", "word", "word to come", "stale word"],
)
def test_one_wrong_answer_forbids_start_and_press_and_says_which(state, settings, code):
    assert forbidden_start(state, settings) == code
    assert forbidden_press(state, settings) == code


@pytest.mark.parametrize("state", DeviceState)
def test_only_an_armed_device_may_press(state):
    armed = state in (DeviceState.ARMED, DeviceState.RUNNING)
    code = forbidden_press(ALLOWED._replace(frame=seen(state)), SETTINGS)
    assert code == ("" if armed else "not_armed")
    assert forbidden_start(ALLOWED._replace(frame=seen(state)), SETTINGS) == ""


BARE = HELD._replace(flags=0)


@pytest.mark.parametrize(
    "state",
    [
        ALLOWED._replace(masks=(MASKS[0], MASKS[1]._replace(taken=False))),
        ALLOWED._replace(masks=(MASKS[0]._replace(taken=False), MASKS[1])),
        ALLOWED._replace(masks=(MASKS[1], MASKS[0])),
        ALLOWED._replace(frame=seen(left=BARE)),
        ALLOWED._replace(frame=seen(right=BARE)),
        ALLOWED._replace(frame=seen(left=BARE, right=BARE)),
    ],
    ids=["right not taken", "left not taken", "other feet", "no left", "no right", "none"],
)
def test_both_feet_must_lie_as_the_masks_of_the_device_say(state):
    assert not masks_held(state)
    assert forbidden_press(state, SETTINGS) == "no_mask"


def test_before_the_first_frame_no_mask_is_held():
    assert masks_held(ALLOWED._replace(frame=None)) is False
