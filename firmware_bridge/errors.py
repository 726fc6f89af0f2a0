"""What can go wrong between the host and the device, by what the caller should do about it."""

from dataclasses import dataclass


class BridgeError(Exception):
    """Root of everything the bridge raises on purpose."""


@dataclass(eq=False)
class PortUnavailableError(BridgeError):
    """The port cannot be opened now; the caller may try again later.

    Attributes:
        port: The port that was asked for.
        why: What the operating system said.
        next_step: What a person can do about it.
        code: The same for programs: `device_missing`, `device_busy`, `device_denied` or
            `device_unusable`.
    """

    port: str
    why: str
    next_step: str
    code: str = "device_unusable"

    def __str__(self) -> str:
        return f"cannot open {self.port}: {self.why}; {self.next_step}"


@dataclass(eq=False)
class LinkLostError(BridgeError):
    """An open port died under the link: unplugged, or it no longer takes bytes."""

    port: str
    why: str

    def __str__(self) -> str:
        return f"lost the device at {self.port}: {self.why}; check the cable and the power"


@dataclass(eq=False)
class DescriptorError(BridgeError):
    """The device describes itself in a way that cannot be used.

    Attributes:
        field: Where in the descriptor, dotted.
        why: What is wrong with it.
    """

    field: str
    why: str

    def __str__(self) -> str:
        return f"device descriptor, {self.field}: {self.why}; update the firmware or the host"


@dataclass(eq=False)
class ProtocolMismatchError(BridgeError):
    """Both ends are alive but speak different versions."""

    ours: int
    theirs: int

    def __str__(self) -> str:
        return (
            f"the device speaks protocol version {self.theirs}, this host {self.ours}; "
            "update the older of the two"
        )
