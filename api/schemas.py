"""What the HTTP interface takes and gives, as pydantic models."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Literal, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """Takes exactly what is declared: no other field, no conversion, no NaN or infinity."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class SessionWish(Strict):
    """A massage somebody asks for; the control process has the last word."""

    routine: str = Field(min_length=1, max_length=64, examples=["evening-wind-down"])
    minutes: float | None = Field(default=None, gt=0, le=60, description="Length; default: its own")
    level: Literal["gentle", "normal", "strong"] = "normal"


class DeviceWord(Strict):
    """A person's word that another machine than before is meant."""

    device_id: str | None = Field(
        default=None, max_length=64, description="The one shown by the alarm `other_device`"
    )


class Nothing(Strict):
    """An empty object."""


class Open(BaseModel):
    """Documents what is sent; more keys may appear."""

    model_config = ConfigDict(extra="allow")


class Accepted(Open):
    """The control process took the request."""

    ok: Literal[True]


class Problem(Open):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class Alarm(Open):
    """Something a person should know; texts belong to the face that shows it."""

    code: str
    since_ms: int
    latched: bool
    advice: str


class Device(Open):
    """The machine at the other end of the serial line."""

    id: str | None
    state: str | None
    simulated: bool | None


class LinkState(Open):
    """How the wire to the machine is doing, since the control process began."""

    phase: str
    frames: int
    stale: int
    bad_crc: int
    bad_length: int
    gaps: int
    duplicates: int
    foreign: int
    malformed: int
    reconnects: int
    age_us: int
    age_max_us: int
    round_trip_us: int
    round_trip_p50_us: int
    round_trip_p99_us: int
    drift_ppm: int | None


class Session(Open):
    """The massage."""

    state: str
    routine: str | None
    active_s: float
    remaining_s: float | None


class Bed(Open):
    """One foot bed."""

    contact: dict[str, Any] | None
    side: str | None
    pose: dict[str, Any] | None
    zones: list[dict[str, Any]]
    force_n: float | None
    target_n: float | None
    limit_n: float | None
    limit_reasons: list[str]
    clamps: list[dict[str, Any]] = Field(
        default=[], description="Each clamp that bites: asked_n, given_n, margin_n, source, where."
    )


class Beds(Open):
    """Both foot beds, as the person sees them."""

    left: Bed
    right: Bed


class Loop(Open):
    """How punctual the control loop is."""

    late_p50_us: float | None = Field(
        description="Median age of a frame when its turn begins, by the clock of the device."
    )
    late_p99_us: float | None = Field(description="99 % of the frames were at most this old.")
    late_p999_us: float | None = Field(description="99.9 % of the frames were at most this old.")
    late_max_us: float | None = Field(description="The oldest frame since the start.")
    late_from_us: list[int] | None = Field(
        description="Where each bin of the histogram of these ages begins; the last has no end."
    )
    late_counts: list[int] | None = Field(description="Frames in each of these bins.")
    tick_us: dict[str, int] | None = Field(
        description="`p50`, `p99` and `max` of the loop's own work: from waking up with a frame "
        "to its set-point written."
    )
    fifo: bool | None = Field(description="Real-time scheduling was granted.")


class Status(Open):
    """All a face shows, one snapshot of the control process."""

    version: str
    device: Device
    link: LinkState | None
    session: Session
    beds: Beds
    alarms: list[Alarm]
    loop: Loop


class Routines(Open):
    """The routine library."""

    routines: list[dict[str, Any]]


def strict_json(body: bytes) -> Any:
    """Return what `body` says, refusing duplicate keys, NaN, Infinity and bottomless nesting.

    Raises:
        json.JSONDecodeError: whatever is wrong, so that there is one way to answer it.
    """
    try:
        return json.loads(body, object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (RecursionError, ValueError) as error:
        raise json.JSONDecodeError(type(error).__name__, "", 0) from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """Return the parsed body."""
        return strict_json(await self.body())


class StrictRoute(APIRoute):
    """A route that reads its body through `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, fed with a strict request."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly
