"""Checks of the simulated device that have no name in its code, and how each is switched off."""

from typing import Any

from firmware_bridge import framing
from firmware_bridge.framing import DownDecoder
from firmware_bridge.messages import EventKind
from simulator.firmware.firmware import Firmware
from simulator.firmware.head import Head
from simulator.firmware.limits import CELLS
from simulator.firmware.machine import Machine
from simulator.firmware.watch import Watch
from tests.necessity.off import by_hand, put, wrap


@by_hand
def device_expiry(_: str) -> None:
    """A set-point holds until the next one."""

    def around(obey: Any) -> Any:
        def for_ever(machine: Any, *args: Any) -> Any:
            refusal = obey(machine, *args)
            if refusal is None:
                machine._expires_us = 1 << 62
            return refusal

        return for_ever

    wrap(Machine, "obey", around)


@by_hand
def device_limit(_: str) -> None:
    """The device clamps no force to its own limit of the place."""

    def around(look_up: Any) -> Any:
        def loose(head: Any, cell: int) -> Any:
            trip = look_up(head, cell)
            head.limit_n = 1000.0
            return trip

        return loose

    wrap(Head, "_look_up", around)


@by_hand
def device_host_limit(_: str) -> None:
    """The device takes the force of a set-point, whatever limit goes with it."""

    def around(obey: Any) -> Any:
        def loose(head: Any, target: Any) -> None:
            obey(head, target)
            head.asked_n = target.force_mn / 1000.0

        return loose

    wrap(Head, "obey", around)


@by_hand
def device_rise(_: str) -> None:
    """The device rises as fast as it is told."""

    def around(obey: Any) -> Any:
        def loose(head: Any, target: Any) -> None:
            obey(head, target)
            head.rise_n = 1.0

        return loose

    wrap(Head, "obey", around)


@by_hand
def device_follows(_: str) -> None:
    """The press goes after skin that goes away."""
    Watch._judge_loss = lambda watch, _wires, force_n: watch.judge_range(force_n)


@by_hand
def device_counter(_: str) -> None:
    """The device takes a message whose counter has been used."""

    def around(is_ours: Any) -> Any:
        def loose(firmware: Any, *args: Any) -> Any:
            firmware._heard_counter = -1
            return is_ours(firmware, *args)

        return loose

    wrap(Firmware, "_is_ours", around)


@by_hand
def device_nonce(_: str) -> None:
    """The device takes messages of another session."""

    def around(is_ours: Any) -> Any:
        def loose(firmware: Any, header: Any, message: Any) -> Any:
            return is_ours(firmware, header._replace(nonce=firmware._nonce), message)

        return loose

    wrap(Firmware, "_is_ours", around)


@by_hand
def down_crc(_: str) -> None:
    """The device takes messages whose CRC is wrong."""

    def around(decode: Any) -> Any:
        def mended(block: bytes) -> Any:
            message = decode(block)
            if message is None or len(message) <= 4:
                return message
            return message[:-4] + framing._CRC.pack(framing._crc32(message[:-4]))

        return mended

    wrap(framing, "cobs_decode", around)


@by_hand
def late_loop(_: str) -> None:
    """A loop that runs late feeds the watchdog all the same."""
    put("simulator.firmware.machine", "LATE_US", 1 << 60)


@by_hand
def device_stop(_: str) -> None:
    """STOP is counted and told, and not obeyed."""

    def stop(machine: Machine, count: int) -> None:
        machine.stop_at_us = machine.now_us
        machine.stop_count += count
        machine._happen(EventKind.STOP, machine.stop_count)

    Machine.stop = stop


@by_hand
def device_button(_: str) -> None:
    """The STOP button is felt and told, and not obeyed."""

    def feel(machine: Machine) -> None:
        panel = machine._panel
        if panel.start_pressed and not machine._started:
            machine._consent_us = machine.consent_at_us = machine.now_us
        if panel.stop_pressed and not machine._stopped:
            machine.stop_at_us = machine.now_us
            machine._happen(EventKind.STOP_BUTTON, 1)
        machine._started, machine._stopped = panel.start_pressed, panel.stop_pressed

    Machine._feel_buttons = feel


@by_hand
def device_any_cell(_: str) -> None:
    """A head beyond its bed takes the nearest limit there is."""

    def around(look_up: Any) -> Any:
        return lambda head, cell: look_up(head, min(max(cell, 0), CELLS - 1))

    wrap(Head, "_look_up", around)


@by_hand
def device_deaf(_: str) -> None:
    """The device hears no STOP among the bytes."""
    DownDecoder._count_stops = lambda _decoder, _chunk: None


@by_hand
def device_any_version(_: str) -> None:
    """The device takes a host of any version."""

    def around(greet: Any) -> Any:
        def loose(firmware: Any, header: Any, hello: Any) -> None:
            greet(firmware, header, hello._replace(version_low=0, version_high=255))

        return loose

    wrap(Firmware, "_greet", around)
