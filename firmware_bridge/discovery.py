"""Which ports could be our device, by USB identity and never by the name of the tty."""

from typing import Final

from serial.tools import list_ports

USB_IDENTITIES: Final = ((0x1209, 0x0001),)
"""Vendor and product. 0x1209 is pid.codes, the shared vendor for open hardware; product 0x0001 is
its number for tests: a device that leaves the bench needs one of its own."""


def find_ports() -> list[str]:
    """Return the ports whose USB identity is ours, sorted; an unknown port is never opened."""
    found = [
        port.device for port in list_ports.comports() if (port.vid, port.pid) in USB_IDENTITIES
    ]
    return sorted(found)
