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


class RefusedError(BridgeError):
    """Whoever is at the port answers, but is not worked with; a later greeting may go better.

    Attributes:
        code: Why, for programs and for the texts that people see.
    """

    @property
    def code(self) -> str:
        """Return why, as a code that the catalogues know."""
        return "device_refused"


@dataclass(eq=False)
class DescriptorError(RefusedError):
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
class ProtocolMismatchError(RefusedError):
    """Both ends are alive but have no protocol version in common.

    Attributes:
        low: Lowest version this host speaks.
        high: Highest version this host speaks.
        theirs: Version that the device named.
    """

    low: int
    high: int
    theirs: int

    @property
    def code(self) -> str:
        """Return which side is the older one, as far as the device has said."""
        if self.theirs > self.high:
            return "device_newer"
        return "device_older" if self.theirs < self.low else "device_version"

    def __str__(self) -> str:
        next_step = {
            "device_newer": "update Podal",
            "device_older": "update the firmware of the device",
            "device_version": "update both",
        }[self.code]
        ours = f"{self.low}" if self.low == self.high else f"{self.low} to {self.high}"
        return (
            f"the device speaks protocol version {self.theirs} and does not accept what this host "
            f"offers ({ours}); {next_step}"
        )


@dataclass(eq=False)
class OtherDeviceError(RefusedError):
    """Another device than before: what was agreed with the old one says nothing about it.

    Attributes:
        known: Id of the device worked with until now.
        found: Id of the one that answers.
    """

    known: str
    found: str

    @property
    def code(self) -> str:
        """Return that it is another one."""
        return "other_device"

    def __str__(self) -> str:
        return (
            f"this is device {self.found!r}, before it was {self.known!r}; "
            "if that is meant, accept it: podal device accept"
        )


@dataclass(eq=False)
class DeviceClockError(RefusedError):
    """The device's clock cannot be believed, so the age of nothing it says is known.

    Attributes:
        what: What its clock did.
    """

    what: str

    @property
    def code(self) -> str:
        """Return that it is the clock."""
        return "device_clock"

    def __str__(self) -> str:
        return f"the device's clock {self.what}; switch the device off and on"
