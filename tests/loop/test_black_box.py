"""A massage stops or breaks, a black box is kept, and running it again gives the same bytes."""

from dataclasses import replace

import pytest

from controller.box_file import parse_box
from controller.request import Pause, Resume, Start, Stop
from controller.session import Session
from controller.tape import BEFORE_US, MAX_BYTES, Recording
from simulator.faults.registry import read_faults
from simulator.replay import replay
from simulator.taped import TapedRehearsal
from tests.loop.bench import Bench


class TapedBench(Bench):
    """The bench, with everything that the host hears and says on tape."""

    def __init__(self, person="adult", seed=0, **settings) -> None:
        super().__init__(person, seed, trace=False, **settings)
        self.rehearsal = TapedRehearsal(self.device, seed=seed)

    def box(self) -> bytes:
        return self.rehearsal.black_box()


def reproduced(data: bytes) -> int:
    """Return how many turns of this box come out the same; all must."""
    head, recording = parse_box(data, "box")
    turns, difference = replay(recording)
    assert difference is None, difference
    assert turns == head.turns
    return turns


def box_of_a_stop(after_s: float) -> bytes:
    bench = TapedBench()
    bench.start()
    bench.forward(after_s)
    assert bench.rehearsal.turn(Stop()) == "ok"
    bench.forward(2.5)
    return bench.box()


@pytest.fixture(scope="module")
def stopped() -> Recording:
    """What is in the box of a massage that somebody stopped soon."""
    return parse_box(box_of_a_stop(3.0), "box")[1]


def run_as_the_loop_does(bench: TapedBench, seconds: float) -> None:
    """What no set-point waits for is done between two frames, not in the next turn."""
    end_us = bench.device.now_us + round(seconds * 1e6)
    while bench.device.now_us < end_us:
        bench.rehearsal.turn()
        bench.rehearsal.host.reflect()


def with_entry(recording: Recording, number: int, **changed) -> Recording:
    entries = list(recording.entries)
    entries[number] = entries[number]._replace(**changed)
    return recording._replace(entries=tuple(entries))


def pressing_turns(recording: Recording) -> list[int]:
    return [number for number, entry in enumerate(recording.entries) if entry.set_point]


@pytest.mark.slow
def test_a_stop_leaves_half_a_minute_before_and_two_seconds_after_it_all_reproduced() -> None:
    data = box_of_a_stop(45.0)
    head, recording = parse_box(data, "box")
    assert head.why == ("stop",)
    assert BEFORE_US / 1e6 <= head.before_s <= BEFORE_US / 1e6 + 12.0
    assert 2.0 <= head.after_s <= 3.0
    assert len(recording.entries) >= 32 * 200
    assert len({entry.now_us for entry in recording.entries}) == len(recording.entries)
    assert reproduced(data) >= 32 * 200


@pytest.mark.slow
def test_running_a_short_one_again_gives_every_byte(stopped) -> None:
    assert replay(stopped) == (len(stopped.entries), None)


def test_one_flipped_bit_of_what_was_sent_is_found_and_named(stopped) -> None:
    number = pressing_turns(stopped)[200]
    data = bytearray(stopped.entries[number].set_point)
    data[20] ^= 1
    turns, difference = replay(with_entry(stopped, number, set_point=bytes(data)))
    assert difference is not None
    assert turns == number
    assert difference.turn == number + 1


def test_one_flipped_bit_of_what_was_felt_changes_what_is_sent(stopped) -> None:
    """A frame that is damaged is not used: the order that followed it comes out otherwise."""
    number = pressing_turns(stopped)[200]
    chunk = bytearray(stopped.entries[number].chunk)
    chunk[100] ^= 0x40
    _, difference = replay(with_entry(stopped, number, chunk=bytes(chunk)))
    assert difference is not None
    assert difference.turn == number + 1
    assert "SetPoint" in difference.words


def test_another_answer_to_a_person_is_found(stopped) -> None:
    *_, number = [n for n, entry in enumerate(stopped.entries) if entry.request is not None]
    _, difference = replay(with_entry(stopped, number, reply="not_ready"))
    assert difference is not None
    assert difference.words == "reply 'ok', it was 'not_ready'"


def test_a_stop_that_would_not_be_sent_any_more_is_found(stopped) -> None:
    *_, number = [n for n, entry in enumerate(stopped.entries) if entry.request is not None]
    _, difference = replay(with_entry(stopped, number, request=None))
    assert difference is not None
    assert difference.words == "no STOP is sent, it was"


@pytest.mark.slow
def test_a_pulled_cable_is_kept_and_so_is_the_way_back() -> None:
    bench = TapedBench(seed=2)
    bench.start()
    bench.forward(3.0)
    bench.device.break_down(read_faults("link=unplug for 1s"))
    bench.forward(1.0)
    assert bench.session is Session.FAULT
    bench.forward(2.0)
    head, recording = parse_box(bench.box(), "box")
    assert head.why == ("link_lost",)
    assert {"port_lost", "port_opened"} <= {entry.call for entry in recording.entries}
    assert any(entry.nonces for entry in recording.entries)
    assert replay(recording) == (head.turns, None)


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["load_cell=stuck", "taxels=stuck", "person=withdraw"])
def test_what_breaks_is_kept_and_reproduced(spec) -> None:
    bench = TapedBench(seed=4)
    bench.start()
    bench.until_force(3.0)
    bench.device.break_down(read_faults(spec))
    bench.forward(4.0)
    reproduced(bench.box())


@pytest.mark.slow
def test_damaged_bytes_from_the_device_are_part_of_what_is_reproduced() -> None:
    bench = TapedBench(seed=5)
    bench.start()
    bench.device.break_down(read_faults("link=flip"))
    bench.forward(5.0)
    bench.rehearsal.want("asked")
    reproduced(bench.box())


@pytest.mark.slow
def test_what_was_set_from_outside_is_an_input_too() -> None:
    bench = TapedBench(seed=6)
    bench.start()
    bench.forward(1.0)
    host = bench.rehearsal.host
    standing = host.settings.standing._replace(age="senior")
    host.settings = replace(host.settings, standing=standing)
    host.device_id = "another one"
    bench.forward(1.0)
    bench.rehearsal.want("asked")
    _, recording = parse_box(data := bench.box(), "box")
    [outside] = [entry.outside for entry in recording.entries if entry.outside]
    assert outside.settings.standing.age == "senior"
    assert outside.device_id == "another one"
    reproduced(data)


@pytest.mark.slow
def test_a_bug_in_a_turn_is_reproduced_with_its_exception() -> None:
    """A library that is none: no routine can be looked up in it."""
    bench = TapedBench(seed=9)
    bench.until(Session.READY)
    host = bench.rehearsal.host
    host.settings = replace(host.settings, library=None)
    with pytest.raises(TypeError, match="NoneType"):
        bench.rehearsal.turn(Start("evening-wind-down"))
    bench.rehearsal.want("crash")
    _, recording = parse_box(bench.box(), "box")
    assert recording.entries[-1].raised.startswith("TypeError: 'NoneType'")
    assert replay(recording) == (len(recording.entries), None)
    mended = with_entry(recording, -1, outside=None)
    _, difference = replay(mended)
    assert difference is not None
    assert difference.words.startswith("raises nothing, it was TypeError")


def test_a_bug_in_what_no_set_point_waits_for_is_reproduced_too() -> None:
    """Limits that are none: the field of a sole cannot be built from them."""
    bench = TapedBench(seed=9)
    host = bench.rehearsal.host
    host.settings = replace(host.settings, limits=None)
    with pytest.raises(AttributeError):
        run_as_the_loop_does(bench, 20.0)
    bench.rehearsal.want("crash")
    _, recording = parse_box(bench.box(), "box")
    assert recording.entries[-1].call == "reflect"
    assert replay(recording)[1] is None


def test_the_tape_stays_within_its_bounds_however_much_comes() -> None:
    """A device that talks for ever at the speed of USB, and people who never stop asking."""
    host = TapedBench(seed=7).rehearsal.host
    chunk = bytes(65_536)
    most = 0
    for turn in range(4000):
        host.turn(chunk, 1_000_000 + turn * 5_000, Start("x" * 60_000))
        most = max(most, host.tape.size_bytes)
    assert MAX_BYTES // 2 < most <= MAX_BYTES


@pytest.mark.slow
def test_what_is_sent_does_not_depend_on_being_taped() -> None:
    """What the runner sends does not depend on being taped."""
    plain, taped = Bench(seed=8, trace=False), TapedBench(seed=8)
    for bench in (plain, taped):
        bench.start()
        bench.forward(4.0)
        bench.rehearsal.turn(Stop())
        bench.forward(1.0)
    assert plain.device.now_us == taped.device.now_us
    assert plain.rehearsal.runner.link.counter == taped.rehearsal.runner.link.counter
    assert plain.state.given == taped.state.given
    assert plain.rehearsal.runner.status() == taped.rehearsal.runner.status()


@pytest.mark.slow
def test_a_pause_is_no_stop_but_is_reproduced_with_one() -> None:
    bench = TapedBench(seed=3)
    bench.start()
    bench.forward(2.0)
    assert bench.rehearsal.turn(Pause()) == "ok"
    bench.forward(2.5)
    assert bench.box() == b""
    assert bench.rehearsal.turn(Resume()) == "ok"
    bench.until(Session.RUNNING)
    bench.rehearsal.turn(Stop())
    bench.forward(2.0)
    reproduced(bench.box())
