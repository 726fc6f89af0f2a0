"""One run: from its onset on something is broken, for 20 s; then its trace is judged."""

import hashlib
import time
from pathlib import Path
from typing import Final, NamedTuple

from controller.request import Request, Stop
from controller.session import Session
from firmware_bridge.framing import STOP
from simulator.campaign.attendant import Attendant
from simulator.campaign.case import BEGINNINGS, CLEAN, HOST_DEAD, STOPS, Case
from simulator.campaign.figures import Arrays, Over, over_limit, unloading_ms
from simulator.campaign.massage import Massage
from simulator.checker import check_trace
from simulator.faults.grammar import Fault
from simulator.trace_summary import stop_times_ms

WINDOW_S: Final = 20.0
ACT_S: Final = 3.0
"""A STOP or a dead host has shown by then what it does; nobody starts again."""

LIVELY_S: Final = 40.0
"""A clean run that begins anew lasts so long: ten seconds to be armed, and the 30 s after it in
which the machine must be found alive (L2)."""

NOBODY: Final = "nobody"
_SHOWS: Final = (
    Session.FAULT,
    Session.STOPPED,
    Session.PAUSED,
    Session.NO_FOOT,
    Session.NO_DEVICE,
)
"""Sessions by which the host says that it has noticed something; the reason is with it."""

_ASKED_FOR: Final = ("STOP", "HOST_RETRACT")
"""Trips by which the device obeys: somebody else has noticed."""

_LOST_KINDS: Final = ("unplug", "other", "stall")
_LOST_MS: Final = 400
"""A cable that is back sooner may never have been missed; the bound of the architecture."""

_LOST_CHANCE: Final = ("drop", "flip", "truncate")


class Terms(NamedTuple):
    """What holds for all runs of a campaign.

    Attributes:
        window_s: How long each goes on after its onset.
        folder: Where traces go, None nowhere.
        keep_all: Keep the traces of runs in which nothing is wrong, too.
    """

    window_s: float = WINDOW_S
    folder: Path | None = None
    keep_all: bool = False


class Broken(NamedTuple):
    """A broken invariant.

    Attributes:
        invariant: Its name.
        bed: Where.
        t_us: When, device time.
        text: What was found.
        excess: By how much.
        lasting_ms: How long.
    """

    invariant: str
    bed: str
    t_us: int
    text: str
    excess: float
    lasting_ms: float


class Outcome(NamedTuple):
    """What came of one run.

    Attributes:
        case: The run.
        detected_by: "device TRIP", "host reason" or NOBODY: who noticed first.
        detected_ms: How long after the onset, None nobody did.
        over: Force above the hard limit.
        stop_ms: From a scripted STOP to below 1 N, None there was none under force.
        fault_stops_ms: The same for each STOP in a run with a fault.
        loss_ms: From the loss of the link to below 1 N, None it was not lost under force.
        running_again_ms: From the onset until the massage ran again, None it did not.
        broken: Invariants that did not hold.
        vacuity: How often the condition of each invariant was met.
        digest: Of the whole trace; the same run has the same one.
        seconds: Real time that it took.
        failed: Why there is no outcome, "" there is one.
    """

    case: Case
    detected_by: str = NOBODY
    detected_ms: float | None = None
    over: Over = Over(0.0, 0.0)
    stop_ms: float | None = None
    fault_stops_ms: tuple[float, ...] = ()
    loss_ms: float | None = None
    running_again_ms: float | None = None
    broken: tuple[Broken, ...] = ()
    vacuity: dict[str, int] = {}  # noqa: RUF012 - replaced, never filled
    digest: str = ""
    seconds: float = 0.0
    failed: str = ""


def run_case(massage: Massage, case: Case, terms: Terms) -> Outcome:
    """Run one case from where its massage is, and judge it.

    Args:
        massage: At the onset of the case; it cannot be used for anything else afterwards.
        case: Which one.
        terms: How long it lasts, and where its trace goes.

    Raises:
        OSError: The trace cannot be written.
    """
    begun_s = time.perf_counter()
    trace = massage.begin_trace()
    run = _Run(massage, case, terms.window_s)
    run.go()
    arrays = trace.arrays()
    outcome = _judge(run, case, arrays)
    if terms.folder is not None and (terms.keep_all or outcome.broken):
        trace.save(terms.folder / file_name(case))
    return outcome._replace(seconds=time.perf_counter() - begun_s)


def file_name(case: Case) -> str:
    """Return the name of a run's trace."""
    return case.line.replace("/", "_").replace(" ", "-").replace(";", "+") + ".npz"


class _Run:
    """Goes through one window, and writes down what the host shows.

    Attributes:
        from_us: When it breaks.
        attendant: Of this run.
        noticed: When somebody noticed first, and what was said.
    """

    def __init__(self, massage: Massage, case: Case, window_s: float) -> None:
        self.from_us = 0
        self.attendant = Attendant(massage.start, begins=case.onset in BEGINNINGS)
        self.noticed: tuple[int, str] | None = None
        self._case = case
        self._act = case.what in STOPS or case.what == HOST_DEAD
        self._lasts_us = round(lasts_s(case, window_s) * 1e6)
        self._device = massage.device
        self._rehearsal = massage.rehearsal
        self._session = massage.rehearsal.session

    def go(self) -> None:
        """Run the window."""
        self._turn(None)  # a few rows of before
        self.from_us = self._device.now_us
        self._break_down()
        end_us = self.from_us + self._lasts_us
        while self._device.now_us < end_us:
            request = None
            if not self._act:
                request = self.attendant.wish(
                    self._device.now_us, self._session, broken=self._device.faults.on > 0
                )
            self._turn(request)

    def _break_down(self) -> None:
        match self._case.what:
            case "clean":
                pass
            case "host=dead":
                self._rehearsal.host_alive = False
                self._device.note("host", "dead")
            case "stop=host":
                self._turn(Stop())
                self.from_us = self._device.now_us  # accepted only now
            case "stop=button":
                self._device.act("press-stop")
            case "stop=wire":
                self._device.receive(STOP)
            case _:
                self._device.break_down(self._case.faults)

    def _turn(self, request: Request | None) -> None:
        reply = self._rehearsal.turn(request)
        if request is not None:
            said = type(request).__name__.lower()
            self._device.note("api", f"{said}: {reply}")
            if reply not in ("ok", ""):
                self._notice(f"host {said} refused: {reply}")
        session = self._rehearsal.session
        if session is not self._session:
            self._session = session
            reason = self._rehearsal.runner.state.reason
            self._device.note("session", f"{session} {reason}".strip())
            if session in _SHOWS and reason:
                self._notice(f"host {reason}")

    def _notice(self, what: str) -> None:
        if self.noticed is None and self.from_us:
            self.noticed = (self._device.now_us, what)


def _judge(run: _Run, case: Case, arrays: Arrays) -> Outcome:
    detected_by, detected_ms = detected(arrays, run.from_us, run.noticed)
    again_us = run.attendant.running_us
    report = check_trace(arrays)
    faults = case.faults
    loses = case.what == HOST_DEAD or any(map(loses_link, faults))
    return Outcome(
        case,
        detected_by=detected_by,
        detected_ms=detected_ms,
        over=over_limit(arrays, run.from_us),
        stop_ms=unloading_ms(arrays, run.from_us) if case.what in STOPS else None,
        fault_stops_ms=tuple(stop_times_ms(arrays)) if faults else (),
        loss_ms=unloading_ms(arrays, run.from_us) if loses else None,
        running_again_ms=None if again_us is None else (again_us - run.from_us) / 1000.0,
        broken=tuple(
            Broken(
                str(found.invariant),
                str(found.bed),
                int(found.t_us),
                str(found.text),
                float(found.excess),
                float(found.lasting_ms),
            )
            for found in report.violations
        ),
        vacuity={str(name): int(count) for name, count in report.vacuity.items()},
        digest=digest(arrays),
    )


def detected(
    arrays: Arrays, from_us: int, noticed: tuple[int, str] | None
) -> tuple[str, float | None]:
    """Return who noticed first, and how long after the onset.

    Args:
        arrays: Of the trace.
        from_us: When it broke.
        noticed: When the host noticed first, and what it said.
    """
    events = zip(arrays["event_t_us"], arrays["event_kind"], arrays["event_text"], strict=True)
    found = [
        (int(t_us), f"device {str(text).rpartition(' ')[2]}")
        for t_us, kind, text in events
        if kind == "trip" and t_us >= from_us and text not in _ASKED_FOR
    ]
    if noticed is not None:
        found.append(noticed)
    if not found:
        return NOBODY, None
    t_us, who = min(found)
    return who, (t_us - from_us) / 1000.0


def lasts_s(case: Case, window_s: float) -> float:
    """Return how long a run goes on after its onset, `window_s` if nothing speaks against it."""
    if case.what in STOPS or case.what == HOST_DEAD:
        return ACT_S
    lively = case.what == CLEAN and case.onset in BEGINNINGS
    return max(window_s, LIVELY_S) if lively and window_s >= WINDOW_S else window_s


def loses_link(fault: Fault) -> bool:
    """Return whether the device hears nothing from the host as long as this fault lasts."""
    if fault.component != "link" or fault.instance == "up" or fault.for_us is not None:
        return False
    if fault.kind == "delay":
        return fault.value is None
    if fault.kind == "replug":
        return fault.value is not None and (fault.value.number or 0.0) >= _LOST_MS
    surely = fault.value is not None and fault.value.number == 1.0
    return fault.kind in _LOST_KINDS or (fault.kind in _LOST_CHANCE and surely)


def digest(arrays: Arrays) -> str:
    """Return a fingerprint of a whole trace."""
    state = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        state.update(name.encode())
        state.update(arrays[name].tobytes())
    return state.hexdigest()


def clean_trip(outcome: Outcome) -> bool:
    """Return whether something was noticed in a run in which nothing was broken."""
    return outcome.case.what == CLEAN and outcome.detected_by != NOBODY
