"""The control loop and real ttys: found, lost, followed, refused, and never waited for."""

import contextlib
import os
import time
import tty
from pathlib import Path

import pytest

from controller.control import Control
from controller.mailbox import Mailbox
from controller.settings import default_settings
from firmware_bridge.discovery import Candidate
from firmware_bridge.link import Phase
from tests.samples import DESCRIPTOR
from tests.unit.firmware_bridge.test_link import ScriptedDevice

pytestmark = pytest.mark.realtime

PATIENCE_S = 30.0
FRAME_S = 0.005


class Plug:
    """A scripted device behind a pty of its own, until it is pulled out."""

    def __init__(self, device_id: str, boot_nonce: int = 9, *, mute: bool = False) -> None:
        self.device = ScriptedDevice(
            {**DESCRIPTOR, "device_id": device_id}, nonce=boot_nonce, boot_nonce=boot_nonce
        )
        self.mute = mute
        self.deaf = False
        self.heard = b""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._begun_s = time.monotonic()
        self._framed_s = 0.0

    def act(self) -> None:
        """Read, answer, and send a frame when one is due; what does not fit is lost."""
        if self.deaf:
            return
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._master, 65_536)
            self.heard += data
            answer = self.device.answer(data)
            if not self.mute:
                os.write(self._master, answer)
        now_s = time.monotonic() - self._begun_s
        welcomed = self.device.counter > 0 and not self.mute
        if welcomed and now_s - self._framed_s >= FRAME_S:
            self._framed_s = now_s
            self.device.device_us = round(now_s * 1e6) - 5_000
            frame = self.device.frame()
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, frame)

    def fill(self) -> None:
        """Leave no room for another byte from the host: nobody reads at this end."""
        os.set_blocking(self._slave, False)
        self.deaf = True
        for _ in range(5):  # the system moves bytes along a little later
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(self._slave, b"\x01")
            time.sleep(0.02)

    def pull(self) -> None:
        os.close(self._master)
        os.close(self._slave)


class Desk:
    """A control loop, the ports that are there, and the devices behind them."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self.mailbox = Mailbox(folder / "control.sock")
        self.found: list[Candidate] = []
        self.plugs: list[Plug] = []
        self.control = Control(
            device, self.mailbox, default_settings(), "test", find=lambda: self.found
        )

    def plug(self, plug: Plug, serial_number: str = "") -> Plug:
        self.plugs.append(plug)
        self.found = [*self.found, Candidate(plug.path, serial_number)]
        return plug

    def pull(self, plug: Plug) -> None:
        plug.pull()
        self.plugs.remove(plug)
        self.found = [one for one in self.found if one.path != plug.path]

    def until(self, done) -> None:
        give_up_s = time.monotonic() + PATIENCE_S
        while not done():
            for plug in self.plugs:
                plug.act()
            self.control.once()
            assert time.monotonic() < give_up_s, self.status()

    def once(self) -> None:
        self.until(iter([False, True]).__next__)

    def status(self) -> dict:
        return self.control.runner.status()

    def codes(self) -> list[str]:
        return [alarm["code"] for alarm in self.status()["alarms"]]

    def works_with(self, device_id: str) -> bool:
        return self.control.runner.state.frame is not None and (
            self.status()["device"]["id"] == device_id
        )

    def close(self) -> None:
        self.control.close_port()
        self.mailbox.close()
        for plug in list(self.plugs):
            self.pull(plug)


@pytest.fixture
def desk(tmp_path):
    with contextlib.closing(Desk(tmp_path)) as desk:
        yield desk


def test_a_cable_pulled_and_put_back_fifty_times_is_fifty_new_sessions(tmp_path):
    link = tmp_path / "device"
    with contextlib.closing(Desk(tmp_path, str(link))) as desk:
        for number in range(51):
            plug = desk.plug(Plug("one", boot_nonce=number + 1))
            link.unlink(missing_ok=True)
            link.symlink_to(plug.path)  # another tty each time, by the same name
            desk.until(lambda: desk.works_with("one"))
            assert desk.control.runner.link.boot_nonce == number + 1
            desk.pull(plug)
            desk.until(lambda: desk.status()["device"]["id"] is None)
        assert desk.status()["link"]["reconnects"] == 50
        assert desk.status()["link"]["bad_crc"] == 0
        assert desk.codes() == []


def test_a_port_that_does_not_shake_hands_is_left_for_the_next_one(desk):
    first, second = sorted((Plug("one"), Plug("one")), key=lambda plug: plug.path)
    first.mute = True
    desk.plug(first)
    desk.plug(second)
    desk.until(lambda: desk.works_with("one"))
    assert first.heard
    assert desk.status()["link"]["phase"] == Phase.UP


def test_the_device_known_before_is_followed_to_another_tty_past_others(desk):
    known = desk.plug(Plug("one"), "serial-1")
    desk.until(lambda: desk.works_with("one"))
    desk.pull(known)
    desk.until(lambda: "device_missing" in desk.codes())
    others = [Plug("two", boot_nonce=number) for number in (20, 21, 22)]
    again = max(others, key=lambda plug: plug.path)  # the last one by name
    again.device = ScriptedDevice({**DESCRIPTOR, "device_id": "one"}, nonce=30, boot_nonce=30)
    for other in others:
        desk.plug(other, "serial-1" if other is again else "serial-2")
    desk.until(lambda: desk.works_with("one"))
    assert not any(other.heard for other in others if other is not again)


def test_another_device_waits_for_a_word_and_is_left_when_the_known_one_comes_back(desk):
    known = desk.plug(Plug("one", boot_nonce=1), "serial-1")
    desk.until(lambda: desk.works_with("one"))
    desk.pull(known)
    stranger = desk.plug(Plug("two", boot_nonce=2), "serial-2")
    desk.until(lambda: "other_device" in desk.codes())
    desk.plug(Plug("one", boot_nonce=3), "serial-1")
    desk.until(lambda: desk.works_with("one"))
    assert desk.codes() == []
    heard = {type(message).__name__ for _, message in stranger.device.heard}
    assert heard <= {"Hello", "Describe"}


def test_another_device_is_worked_with_once_a_person_has_accepted_it(desk):
    known = desk.plug(Plug("one", boot_nonce=1), "serial-1")
    desk.until(lambda: desk.works_with("one"))
    desk.pull(known)
    desk.plug(Plug("two", boot_nonce=2), "serial-2")
    desk.until(lambda: "other_device" in desk.codes())
    assert desk.control.runner.accept_device("two") == "ok"
    desk.until(lambda: desk.works_with("two"))
    assert desk.codes() == []


def test_a_device_that_stops_reading_never_holds_the_loop_and_is_lost(desk, caplog):
    plug = desk.plug(Plug("one"))
    desk.until(lambda: desk.works_with("one"))
    plug.fill()
    desk.control.runner.link.stop()
    turns = 0
    spent_s = time.process_time()
    while desk.control.runner.link.phase is Phase.UP:
        desk.control.once()
        turns += 1
        assert turns < 2_000
    assert time.process_time() - spent_s < 1.0
    assert "it takes no bytes" in caplog.text
    assert turns >= 3  # the loop went round while the port took nothing
    plug.deaf = False
    plug.device.decoder = type(plug.device.decoder)()
    desk.until(lambda: desk.works_with("one") and not desk.control.runner.link.stopping)
    assert plug.device.decoder.stops > 0
