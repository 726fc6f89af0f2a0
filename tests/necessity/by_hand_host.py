"""Checks of the host that have no name in its code, how each is switched off, and bad hosts."""

from typing import Any

from controller import caps, field, governor, massage, trouble
from controller.limits import Limit
from controller.runner import Runner
from firmware_bridge import framing
from firmware_bridge.clock import Clock
from firmware_bridge.framing import UpDecoder
from firmware_bridge.link import Link
from firmware_bridge.stopping import Stopping
from tests.necessity.off import by_hand, put, wrap


@by_hand
def up_crc(_: str) -> None:
    """The host takes messages whose CRC is wrong."""
    framing._crc32 = lambda _data: framing.CRC_RESIDUE


@by_hand
def cause(code: str) -> None:
    """The host takes no notice of one cause."""

    def around(fail: Any) -> Any:
        def deaf(state: Any, code_: str, **more: Any) -> Any:
            return state if code_ == code else fail(state, code_, **more)

        return deaf

    wrap(trouble, "fail", around)


@by_hand
def cap(source: str) -> None:
    """One source of a cap tightens nothing."""

    if source in caps.SessionCaps._fields:

        def around_share(smallest: Any) -> Any:
            return lambda given: smallest(given._replace(**{source: 1.0}))

        wrap(caps, "smallest_share", around_share)
    elif source in ("device", "zone"):

        def around_caps(tightest: Any) -> Any:
            def loose(*args: Any) -> Any:
                *rest, standing, ceiling = args
                if source == "zone":
                    return tightest(*rest, standing._replace(zone_n={}), ceiling)
                return tightest(*rest, standing, ())

            return loose

        wrap(field, "_caps", around_caps)

    def around(tighten: Any) -> Any:
        def loose(limit: Any, value_n: float, reason: str) -> Any:
            return limit if reason.startswith(f"{source}:") else tighten(limit, value_n, reason)

        return loose

    caps.tighten = around(caps.tighten)


@by_hand
def host_asks_all(_: str) -> None:
    """The massage asks for more than any head may press, at once."""

    def around(press: Any) -> Any:
        return lambda *args: press(*args)._replace(force_n=100.0, rise_n_s=1e6)

    wrap(massage, "_press", around)


@by_hand
def host_hangs(_: str) -> None:
    """The routine stands where it is, and goes on pressing."""

    def around(ahead: Any) -> Any:
        return lambda *args: ahead(*args)._replace(pace=0.0)

    wrap(massage, "_ahead", around)


@by_hand
def host_ungoverned(_: str) -> None:
    """Whenever the massage presses, the most that fits the wire is sent, as fast as it can rise."""

    def around(govern: Any) -> Any:
        def wild(asked: Any, **more: Any) -> Any:
            given = govern(asked, **more)
            if not (more["permitted"] and asked.force_n > 0.0):
                return given
            return given._replace(force_n=60.0, limit_n=60.0, rise_n_s=80.0, trip="")

        return wild

    wrap(governor, "govern", around)


@by_hand
def governor_limit(_: str) -> None:
    """The governor tells the limit, and sends what is asked."""

    def around(force: Any) -> Any:
        def loose(asked: Any, seen: Any, last: Any, limit: Any, dt_s: float) -> Any:
            return force(asked, seen, last, Limit(1000.0, limit.reason), dt_s)

        return loose

    wrap(governor, "_force", around)


@by_hand
def host_stops_once(_: str) -> None:
    """The host says STOP once."""

    def around(poll: Any) -> Any:
        return lambda stopping, now_us: b"" if stopping._wish_sent else poll(stopping, now_us)

    wrap(Stopping, "poll", around)


@by_hand
def host_counter(_: str) -> None:
    """The host takes a message whose counter has been used."""

    def around(is_ours: Any) -> Any:
        def loose(link: Any, header: Any) -> Any:
            link._last_counter = header.counter - 1
            return is_ours(link, header)

        return loose

    wrap(Link, "_is_ours", around)


@by_hand
def host_nonce(_: str) -> None:
    """The host takes messages of another session."""

    def around(is_ours: Any) -> Any:
        return lambda link, header: is_ours(link, header._replace(nonce=link._nonce or 1))

    wrap(Link, "_is_ours", around)


@by_hand
def host_any_length(_: str) -> None:
    """The host waits for messages of any length."""

    def around(init: Any) -> Any:
        def loose(decoder: Any, lengths: Any) -> None:
            init(decoder, dict.fromkeys(range(256), (0, 65_535)))

        return loose

    wrap(UpDecoder, "__init__", around)


@by_hand
def any_figure(_: str) -> None:
    """No figure of a message is out of its range."""
    put("firmware_bridge.codec", "_within", lambda _values, _message: True)


@by_hand
def host_any_device(_: str) -> None:
    """The host works with a device whatever it allows itself."""
    put("controller.limits", "check_device", lambda _descriptor: None)


@by_hand
def host_other_device(_: str) -> None:
    """The host takes another device for the one it knows."""

    def around(check: Any) -> Any:
        def loose(runner: Any, descriptor: Any) -> None:
            runner.device_id = descriptor.device_id
            check(runner, descriptor)

        return loose

    wrap(Runner, "_check", around)


@by_hand
def host_any_clock(_: str) -> None:
    """The host never doubts the clock of the device."""
    Clock._doubt = lambda _clock, _what: None
