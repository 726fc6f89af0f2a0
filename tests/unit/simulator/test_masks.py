"""Where a mask may lie, and when it may change."""

import numpy as np
import pytest

from firmware_bridge.messages import Ack, Mask, MaskHead, Nak, Refusal
from simulator.device import SHAPE
from simulator.firmware.masks import refuse_mask
from simulator.probe import Probe, target


def refusal_of(probe: Probe, mask: Mask) -> Refusal | None:
    answer = probe.ask(mask)
    return None if isinstance(answer, Ack) else Refusal(answer.refusal)


@pytest.fixture
def connected(probe: Probe) -> Probe:
    probe.connect()
    return probe


def test_a_mask_over_the_foot_is_taken(connected):
    assert refusal_of(connected, connected.mask(0)) is None
    connected.tick()
    assert connected.frame is not None
    assert connected.frame.left.flags & 2
    assert not connected.frame.right.flags & 2


def test_a_mask_of_another_shape_is_refused(connected):
    cells = np.ones((16, 8), dtype=bool)
    assert refusal_of(connected, connected.mask_of(0, cells, 20.0)) == Refusal.MASK_SHAPE


def test_a_mask_over_an_empty_bed_is_refused(connected):
    mask = connected.mask(0)
    connected.device.act("withdraw-left")
    connected.idle(1.0)
    assert refusal_of(connected, mask) == Refusal.MASK_NOT_LOADED


def test_a_mask_beside_the_load_is_refused(connected):
    cells = np.zeros((SHAPE.rows, SHAPE.cols), dtype=bool)
    cells[:, :4] = True
    assert refusal_of(connected, connected.mask_of(0, cells, 20.0)) == Refusal.MASK_NOT_LOADED


def test_a_mask_over_half_the_foot_is_refused(connected):
    mask = connected.mask(0)
    cells = np.array(mask.limits_mn)
    cells[:16] = 0
    assert refusal_of(connected, mask._replace(limits_mn=cells)) == Refusal.MASK_NOT_LOADED


@pytest.mark.parametrize(
    ("row", "expected"), [(4, None), (3, Refusal.MASK_NOT_LOADED), (0, Refusal.MASK_NOT_LOADED)]
)
def test_no_cell_may_lie_farther_than_60_mm_from_any_load(row, expected):
    image_kpa = np.zeros((SHAPE.rows, SHAPE.cols), dtype=np.float32)
    image_kpa[10:30, 4:10] = 6.0
    cells = image_kpa > 2.0
    cells[row, 6] = True
    head = MaskHead(0, SHAPE.rows, SHAPE.cols, 70_000, 20_000, 0)
    assert refuse_mask(Mask(head, cells * np.uint16(20_000)), image_kpa, None) == expected


def test_before_arming_a_mask_may_move_as_it_likes(connected):
    mask = connected.mask(0)
    assert refusal_of(connected, mask) is None
    moved = mask._replace(head=mask.head._replace(heel_y_um=mask.head.heel_y_um + 40_000))
    assert refusal_of(connected, moved) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"heel_y_um": 25_000 + 19_000}, None),
        ({"heel_y_um": 25_000 + 21_000}, Refusal.MASK_MOVED),
        ({"heel_x_um": 80_000 - 15_000, "heel_y_um": 25_000 + 15_000}, Refusal.MASK_MOVED),
        ({"axis_cdeg": 600 + 1_490}, None),
        ({"axis_cdeg": 600 - 1_510}, Refusal.MASK_MOVED),
    ],
)
def test_a_consented_mask_may_not_wander(armed, change, expected):
    mask = armed.mask(0)
    moved = mask._replace(head=mask.head._replace(**change))
    armed.tick(armed.set_point())
    assert refusal_of_armed(armed, moved) == expected


def refusal_of_armed(probe: Probe, mask: Mask) -> Refusal | None:
    """Ask while keeping the device fed with set-points."""
    probe.tick(mask)
    counter = probe.link.counter
    probe.tick(probe.set_point())
    for answer in probe.answers:
        if answer.of_counter == counter:
            return None if isinstance(answer, Ack) else Refusal(answer.refusal)
    raise AssertionError("no answer")


def test_the_place_of_the_first_consent_counts_not_that_of_the_last_mask(armed):
    mask = armed.mask(0)
    for step_um, expected in ((15_000, None), (30_000, Refusal.MASK_MOVED)):
        moved = mask._replace(head=mask.head._replace(heel_y_um=25_000 + step_um))
        assert refusal_of_armed(armed, moved) == expected


def test_a_mask_does_not_change_under_force(pressing):
    mask = pressing.mask(0)
    pressing.tick(mask)
    pressing.tick(pressing.set_point(right=target(70.0, 50.0, force_n=20.0)))
    assert isinstance(pressing.answers[-1], Nak)
    assert pressing.answers[-1].refusal == Refusal.WRONG_STATE


def test_the_largest_mask_cannot_raise_the_ceiling_of_the_bed(probe):
    probe.connect()
    mask = probe.mask(1)
    probe.ask(mask._replace(limits_mn=np.where(mask.limits_mn > 0, 65_535, 0).astype(np.uint16)))
    limits = probe.device.firmware.machine.heads[1].limits
    assert max(limits.patch_mn) <= 60_000
    toes = [mn for row, mn in enumerate(limits.patch_mn) if row // 80 >= 138]
    assert max(toes) <= 22_000
