"""`podal --version`."""

from api.version import podal_version
from firmware_bridge.messages import PROTOCOL_VERSION


def version_line() -> str:
    """Return the version of Podal and that of the wire it speaks."""
    return f"podal {podal_version()} (wire protocol {PROTOCOL_VERSION})"
