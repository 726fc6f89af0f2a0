"""What every message of the whole run must have kept; asked at the end."""

from simulator.conformance.case import Section, expect
from simulator.conformance.subject import Subject

SECTION = Section("whole-run", "#device-to-host-sync-and-length")


def _kept(name: str, rule: str, title: str, *rows: str) -> None:
    @SECTION.add(name, title, *rows)
    def ask(subject: Subject) -> None:
        wrong = subject.monitor.wrong[rule]
        expect(not wrong, f"in {subject.monitor.messages} messages: {title}", "; ".join(wrong[:5]))


@SECTION.add("undamaged", "No message was damaged, and nothing stood between messages.", "D1", "D2")
def undamaged(subject: Subject) -> None:
    listener = subject.monitor.listener
    came = (listener.damaged, listener.stray_bytes, listener.short)
    expect(came == (0, 0, 0), "no damaged message, no stray byte, no payload without header", came)


_kept(
    "lengths",
    "length",
    "Every message had a length of its type, and a type of the table.",
    "#messages",
)
_kept(
    "counters",
    "counter",
    "The counter rose with every message of a session.",
    "#header-nonce-and-counter",
    "D3",
)
_kept(
    "nonces",
    "nonce",
    "Every message carried the nonce of its session.",
    "#header-nonce-and-counter",
    "D3",
)
_kept("version", "version", "Every header said version 1.", "#header-nonce-and-counter", "D7")
_kept("clock", "clock", "The device's time never went back.", "#frame", "E3", "D8")
_kept("stops", "stops", "`stop_count` never fell.", "#stop", "F4")
_kept("boot", "boot", "`boot_nonce` changed with the power only.", "#shaking-hands", "E1")
_kept("states", "state", "States followed each other as the table allows.", "#device-states", "S1")
