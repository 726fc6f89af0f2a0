"""What a technician writes: only at the machine, only downwards, in two phases, and for good."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.link import Phase
from firmware_bridge.messages import (
    Ack,
    Arm,
    Calibration,
    CalibrationPhase,
    CalibrationState,
    Commit,
    Flag,
    Hello,
    Kept,
    Limits,
    LimitsState,
    Nak,
    Read,
    Refusal,
)
from simulator.firmware.identity import TABLE
from simulator.firmware.keeper import COMPILED, Keeper, digest_of
from simulator.firmware.nvram import SLOT_BYTES, Nvram
from simulator.probe import Probe

DEVICE_CRC = zlib.crc32(TABLE["device_id"].encode())
LOWER = Limits(COMPILED.table._replace(rise_mn_s=15_000), (50_000, 35_000, 18_000))
GAIN_A = Calibration(Kept.CHANNEL_A, 1, DEVICE_CRC, 1_030_000, 40, 0, 0, 20_600)
GAIN_B = Calibration(Kept.CHANNEL_B, 1, DEVICE_CRC, 970_000, 0, 0, 0, 20_600)


@pytest.fixture
def bench(probe: Probe) -> Probe:
    """A connected host, and a technician whose key is on."""
    probe.connect()
    turn_key(probe, on=True)
    return probe


def turn_key(probe: Probe, *, on: bool) -> None:
    probe.device.panel.bench_unlocked = on
    probe.tick()


def told_limits(probe: Probe, message: Read | Limits) -> LimitsState:
    told = probe.ask_technically(message)
    assert isinstance(told, LimitsState)
    return told


def told_calibration(probe: Probe, message: Read | Calibration | Commit) -> CalibrationState:
    told = probe.ask_technically(message)
    assert isinstance(told, CalibrationState)
    return told


def calibrate(probe: Probe, record: Calibration) -> CalibrationState:
    proposed = told_calibration(probe, record)
    return told_calibration(probe, Commit(proposed.token, proposed.digest))


# Limits


def test_anybody_may_read_both_the_limits_in_force_and_those_compiled_in(probe):
    probe.connect()
    for what in (Kept.LIMITS, Kept.COMPILED_LIMITS):
        told = told_limits(probe, Read(what, 0))
        assert (told.table, told.ceiling_mn) == COMPILED
        assert told.limits_crc == probe.link.limits_crc
        assert told.writes == 0


def test_lowered_limits_are_told_with_their_hash_and_greeted_anew(bench):
    before = bench.link.limits_crc
    told = told_limits(bench, LOWER)
    assert (told.table, told.ceiling_mn) == LOWER
    assert told.limits_crc != before
    bench.idle(1.0)
    assert bench.link.phase is Phase.UP
    limits = bench.link.descriptor.limits
    assert bench.link.limits_crc == bench.link.descriptor.limits_crc == told.limits_crc
    assert limits.rise_mn_s == 15_000
    assert [step.force_mn for step in limits.bed_ceiling] == [50_000, 35_000, 18_000]
    assert told_limits(bench, Read(Kept.COMPILED_LIMITS, 0)).table == COMPILED.table


def test_arming_by_the_hash_of_the_limits_before_is_refused(probe):
    probe.connect()
    before = probe.link.limits_crc
    turn_key(probe, on=True)
    told_limits(probe, LOWER)
    probe.connect()
    assert all(isinstance(probe.ask(probe.mask(bed)), Ack) for bed in (0, 1))
    answer = probe.ask(Arm(3, before))
    assert isinstance(answer, Nak)
    assert answer.refusal == Refusal.LIMITS_DIFFER


def test_without_the_key_nothing_is_written(probe):
    probe.connect()
    assert probe.ask_technically(LOWER) == Refusal.LOCKED
    assert probe.ask_technically(GAIN_A) == Refusal.LOCKED
    assert not probe.frame.flags & Flag.KEY_ON
    assert probe.device.nvram.blank


def test_the_frame_says_that_the_key_is_on(bench):
    bench.tick()
    assert bench.frame.flags & Flag.KEY_ON


def test_nothing_is_written_while_armed(armed):
    turn_key(armed, on=True)
    for message in (LOWER, GAIN_A, Commit(1, 1)):
        armed.tick(armed.set_point())
        assert armed.ask_technically(message) == Refusal.WRONG_STATE
    assert armed.device.nvram.blank


@pytest.mark.parametrize("name", COMPILED.table._fields)
def test_no_limit_goes_above_what_is_compiled_in(bench, name):
    table = COMPILED.table._replace(**{name: getattr(COMPILED.table, name) + 1})
    assert bench.ask_technically(Limits(table, COMPILED.ceiling_mn)) == Refusal.ABOVE_CEILING


@pytest.mark.parametrize("step", range(3))
def test_no_step_of_the_bed_ceiling_goes_above_what_is_compiled_in(bench, step):
    ceiling_mn = [22_000, 22_000, 22_000]
    ceiling_mn[: step + 1] = [COMPILED.ceiling_mn[step] + 1] * (step + 1)
    wanted = Limits(COMPILED.table, tuple(ceiling_mn))
    assert bench.ask_technically(wanted) == Refusal.ABOVE_CEILING


@pytest.mark.parametrize("ceiling_mn", [(40_000, 40_000), (30_000, 31_000, 22_000)])
def test_a_ceiling_of_another_shape_is_refused(bench, ceiling_mn):
    assert bench.ask_technically(Limits(COMPILED.table, ceiling_mn)) == Refusal.OUT_OF_RANGE


def test_a_lowered_limit_may_go_up_again_but_not_beyond_the_ceiling(bench):
    told_limits(bench, LOWER)
    bench.connect()
    assert told_limits(bench, Limits(*COMPILED)).writes == 2
    assert bench.device.firmware.keeper.limits == COMPILED


def test_written_limits_take_consent_and_masks_away(probe):
    probe.connect()
    assert isinstance(probe.ask(probe.mask(0)), Ack)
    turn_key(probe, on=True)
    told_limits(probe, LOWER)
    machine = probe.device.firmware.machine
    assert not machine.has_mask(0)
    assert machine.consent_us < 0


# Calibration


def test_nothing_changes_before_the_commit(bench):
    proposed = told_calibration(bench, GAIN_A)
    assert proposed.phase == CalibrationPhase.PROPOSED
    assert proposed.record == GAIN_A
    assert proposed.digest == digest_of(GAIN_A)
    assert proposed.token
    kept = told_calibration(bench, Read(Kept.CHANNEL_A, 1))
    assert kept.phase == CalibrationPhase.FACTORY
    assert (kept.record.gain_ppm, kept.record.zero_mn) == (1_000_000, 0)
    assert bench.device.nvram.blank


def test_a_committed_calibration_is_read_back(bench):
    committed = calibrate(bench, GAIN_A)
    assert committed.phase == CalibrationPhase.COMMITTED
    assert committed.token == 0
    kept = told_calibration(bench, Read(Kept.CHANNEL_A, 1))
    assert (kept.record, kept.digest, kept.writes) == (GAIN_A, digest_of(GAIN_A), 1)
    assert told_calibration(bench, Read(Kept.CHANNEL_A, 0)).phase == CalibrationPhase.FACTORY


@pytest.mark.parametrize("wrong", [(1, 0), (0, 1)])
def test_a_wrong_token_or_digest_discards_the_proposal(bench, wrong):
    proposed = told_calibration(bench, GAIN_A)
    token, digest = proposed.token ^ wrong[0] or 7, proposed.digest ^ wrong[1]
    assert bench.ask_technically(Commit(token, digest)) == Refusal.NO_PROPOSAL
    again = Commit(proposed.token, proposed.digest)
    assert bench.ask_technically(again) == Refusal.NO_PROPOSAL


@pytest.mark.slow
def test_a_proposal_waits_ten_seconds(bench):
    proposed = told_calibration(bench, GAIN_A)
    bench.idle(9.9)
    assert told_calibration(bench, Commit(proposed.token, proposed.digest)).record == GAIN_A
    proposed = told_calibration(bench, GAIN_A)
    bench.idle(10.0)
    late = Commit(proposed.token, proposed.digest)
    assert bench.ask_technically(late) == Refusal.NO_PROPOSAL


def test_a_proposal_that_makes_no_sense_ends_the_one_before(bench):
    proposed = told_calibration(bench, GAIN_A)
    assert bench.ask_technically(GAIN_A._replace(gain_ppm=1)) == Refusal.OUT_OF_RANGE
    order = Commit(proposed.token, proposed.digest)
    assert bench.ask_technically(order) == Refusal.NO_PROPOSAL


def test_a_press_that_is_not_down_keeps_the_calibration_from_being_written(bench):
    proposed = told_calibration(bench, GAIN_A)
    bench.device.firmware.machine.heads[0].wires.z_mm = 0.2
    order = Commit(proposed.token, proposed.digest)
    bench.device.receive(bench.link.send(order, bench.now_us))
    bench.tick()
    assert bench.answers[-1].refusal == Refusal.WRONG_STATE
    assert bench.device.nvram.blank


def test_a_proposal_in_the_very_moment_of_the_key_is_one(probe):
    probe.connect()
    probe.device.panel.bench_unlocked = True  # no millisecond passes before the message
    assert calibrate(probe, GAIN_A).record == GAIN_A


def test_a_turn_of_the_key_ends_the_proposal(bench):
    proposed = told_calibration(bench, GAIN_A)
    turn_key(bench, on=False)
    turn_key(bench, on=True)
    order = Commit(proposed.token, proposed.digest)
    assert bench.ask_technically(order) == Refusal.NO_PROPOSAL


def test_a_stop_and_a_new_host_end_the_proposal(bench):
    for end in (bench.link.stop, lambda: bench.link.refuse(ValueError())):
        proposed = told_calibration(bench, GAIN_A)
        end()
        bench.idle(3.0)
        order = Commit(proposed.token, proposed.digest)
        assert bench.ask_technically(order) == Refusal.NO_PROPOSAL


def test_channels_a_and_b_are_never_fitted_in_one_act(bench):
    calibrate(bench, GAIN_A)
    assert bench.ask_technically(GAIN_B) == Refusal.OTHER_CHANNEL
    assert bench.ask_technically(GAIN_B._replace(bed=0)) == Refusal.OTHER_CHANNEL
    bench.tick(Hello(5, 1, 1))  # a new session is not a new act
    bench.link.close()
    bench.connect()
    assert bench.ask_technically(GAIN_B) == Refusal.OTHER_CHANNEL
    turn_key(bench, on=False)
    turn_key(bench, on=True)
    calibrate(bench, GAIN_B)
    assert bench.ask_technically(GAIN_A) == Refusal.OTHER_CHANNEL


def test_a_calibration_of_another_device_is_refused(bench):
    other = GAIN_A._replace(device_crc=DEVICE_CRC ^ 1)
    assert bench.ask_technically(other) == Refusal.OTHER_DEVICE


def test_a_zero_that_the_unloaded_cell_belies_is_refused(bench):
    for zero_mn in (-1_500, 1_500):
        wrong = GAIN_A._replace(zero_mn=zero_mn)
        assert bench.ask_technically(wrong) == Refusal.IMPLAUSIBLE


@pytest.mark.parametrize(
    "mixed",
    [
        GAIN_A._replace(table_crc=1),
        GAIN_B._replace(table_version=1),
        GAIN_A._replace(channel=Kept.TAXELS, table_crc=1),
    ],
)
def test_a_record_that_mixes_channels_and_taxels_is_refused(bench, mixed):
    assert bench.ask_technically(mixed) == Refusal.OUT_OF_RANGE


def test_the_table_of_taxels_is_only_named(bench):
    record = Calibration(Kept.TAXELS, 0, DEVICE_CRC, 1_000_000, 0, 3, 0xABCD, 20_600)
    assert calibrate(bench, record).record == record


# The memory


def test_what_was_written_survives_power_off(bench):
    calibrate(bench, GAIN_A)
    told_limits(bench, LOWER)
    again = Keeper(bench.device.nvram, lambda: 1)
    assert again.limits == LOWER
    assert again.calibrations[Kept.CHANNEL_A, 1] == GAIN_A
    assert again.writes == 2
    assert not again.damaged


def test_a_power_cut_at_any_byte_leaves_the_old_or_the_new():
    nvram = Nvram()
    nvram.write(b"the one before")
    for old, new in ((b"the one before", b"new, and longer"), (b"new, and longer", b"newest")):
        before = [bytes(slot) for slot in nvram.slots]
        nvram.write(new)
        after = [bytes(slot) for slot in nvram.slots]
        for cut in range(SLOT_BYTES + 1):
            torn = Nvram()
            torn.slots = [bytearray(b[:cut] + a[cut:]) for a, b in zip(before, after, strict=True)]
            assert torn.read() in (old, new)


def test_a_first_write_that_was_cut_is_not_taken_for_a_new_device():
    whole = Nvram()
    Keeper(whole, lambda: 1).keep_limits(LOWER)
    for cut in range(1, SLOT_BYTES):
        torn = Nvram()
        torn.slots[0][:cut] = whole.slots[0][:cut]
        keeper = Keeper(torn, lambda: 1)
        assert keeper.damaged or keeper.limits == LOWER


@settings(max_examples=200)
@given(st.integers(0, 1), st.lists(st.integers(0, SLOT_BYTES * 8 - 1), min_size=1, max_size=20))
def test_spoilt_memory_gives_the_older_record_or_none(slot, bits):
    nvram = Nvram()
    nvram.write(b"one")
    nvram.write(b"two")
    for bit in bits:
        nvram.slots[slot][bit // 8] ^= 1 << bit % 8
    assert nvram.read() in (b"one", b"two")


def test_a_device_that_cannot_read_what_it_kept_does_not_arm(probe):
    probe.connect()
    keeper = probe.device.firmware.keeper
    keeper.keep_limits(LOWER)
    nvram = probe.device.nvram
    nvram.slots[0][40] ^= 1
    damaged = Keeper(nvram, lambda: 1)
    assert damaged.damaged
    assert damaged.propose(GAIN_A, 0, 0.0) == Refusal.FAULT_PRESENT
    probe.device.firmware.keeper = damaged
    answer = probe.ask(Arm(3, damaged.limits_crc))
    assert isinstance(answer, Nak)
    assert answer.refusal == Refusal.FAULT_PRESENT
    assert damaged.keep_limits(LOWER) is None
    assert not damaged.damaged


def test_a_memory_of_another_device_is_not_believed():
    nvram = Nvram()
    Keeper(nvram, lambda: 1).keep_limits(LOWER)
    kept = nvram.read()
    other = Nvram()
    other.write(bytes(4) + kept[4:])
    assert Keeper(other, lambda: 1).damaged


@given(st.binary(max_size=400))
def test_no_content_of_the_memory_upsets_the_start(content):
    nvram = Nvram()
    nvram.write(content)
    assert Keeper(nvram, lambda: 1).damaged
