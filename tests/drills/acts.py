"""What is done to the real processes in each drill, and what the outside sees of it."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.drills.other_clock import SEES_IT_S, OtherClock
from tests.drills.plan import Drill
from tests.drills.stage import Stage

WATCH_S: Final = 1.0
"""After the last event of a drill nobody may move for this long; then the next one begins."""

KNOWN_S: Final = 0.3
"""What the device did up to a moment is in the status this much later, on a busy machine too."""

SURELY_S: Final = 0.160
"""A host that stands still for longer than the device's watchdog and a time-to-live ends the
massage; a shorter one may not."""

ASLEEP: Final = ("no_foot", "ready", "stopped", "fault", "ended", "no_device")
HOMING_S: Final = 120.0
"""A reset device finds home at 5 mm/s over up to 310 mm; a busy machine may take longer."""
HOUR_S: Final = 3600.0


@dataclass(slots=True)
class Facts:
    """What is known of a drill without its trace.

    Attributes:
        drill: What was to be done.
        begin: Mark before the act.
        acted: Mark after it.
        settled: Mark at the end of watching.
        let_go_by: By this mark the feet are let go, -1 nothing is asked.
        stopped: Mark before a STOP through Podal, -1 none.
        must_end: The massage cannot go on.
        must_go_on: The massage may not end.
        session: State of the session at the end.
        reason: Why it says it ended.
        host_ms: From the act to the host's answer, where that is measured.
        late_ms: How late this machine woke an ordinary thread around the act.
        problems: What was not as it should be.
    """

    drill: Drill
    begin: int = -1
    acted: int = -1
    settled: int = -1
    let_go_by: int = -1
    stopped: int = -1
    must_end: bool = False
    must_go_on: bool = False
    session: str = ""
    reason: str = ""
    host_ms: float | None = None
    late_ms: float = 0.0
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: object, problem: str) -> None:
        if not holds:
            self.problems.append(problem)


def act(stage: Stage, facts: Facts) -> None:
    """Do the drill while a head presses, and watch until all is quiet."""
    DOES[facts.drill.kind](stage, facts)
    time.sleep(WATCH_S)
    facts.settled = stage.mark()
    time.sleep(KNOWN_S)
    session = stage.status().get("session", {})
    facts.session, facts.reason = session.get("state", ""), session.get("reason") or ""


def kill(stage: Stage, facts: Facts) -> None:
    target = facts.drill.target
    if target == "supervisor":
        facts.must_end = True
        left = stage.processes()
        facts.begin = stage.mark()
        stage.product.kill()
        facts.acted = stage.mark()
        stage.product.wait()
        stage.until(lambda: stage.gone(left), "end of the processes whose supervisor died")
        stage.start_product()
        stage.until_session("no_foot", "ready")
        return
    killed = stage.child(target)
    facts.begin = stage.mark()
    os.kill(killed, signal.SIGKILL)
    facts.acted = stage.mark()
    facts.must_end = target == "control"
    stage.until(lambda: stage.child(target) not in (0, killed), f"a new {target}")
    if target == "control":
        stage.until_session("no_foot", "ready")
    else:
        stage.until(stage.session, "an API that knows the session")


def stop(stage: Stage, facts: Facts) -> None:
    drill = facts.drill
    facts.must_end = drill.target == "control" and drill.lasts_s >= SURELY_S
    pid = stage.child(drill.target)
    facts.begin = stage.mark()
    os.kill(pid, signal.SIGSTOP)
    try:
        facts.acted = stage.mark()
        time.sleep(drill.lasts_s)
    finally:
        os.kill(pid, signal.SIGCONT)
    if facts.must_end:
        stage.until_rest("a device and a session at rest")
    else:
        stage.until(stage.session, "an API that knows the session")


def unplug(stage: Stage, facts: Facts) -> None:
    facts.must_end = True
    if facts.drill.target == "other":
        _other_device(stage, facts)
        return
    facts.begin = stage.mark()
    stage.steer("cable", "unplug")
    facts.acted = stage.mark()
    time.sleep(facts.drill.lasts_s)
    stage.steer("cable", "replug")
    stage.until_rest("the device, back at rest")


def _other_device(stage: Stage, facts: Facts) -> None:
    """Another device answers at the same place: it is refused until a person says a word."""
    facts.begin = stage.mark()
    stage.bench(do="fault", spec="link.device=other")
    facts.acted = stage.mark()

    def refused() -> bool:
        return "other_device" in [alarm["code"] for alarm in stage.status().get("alarms", [])]

    stage.until(refused, "an alarm about the other device")
    time.sleep(facts.drill.lasts_s)
    code, _ = stage.http("POST", "/api/v1/session", {"routine": "evening-wind-down"})
    facts.expect(code in (409, 503), f"a start with another device was answered {code}")
    stage.bench(do="clear")
    stage.until_rest("the own device, back at rest")


def term(stage: Stage, facts: Facts) -> None:
    """A polite end: the feet are free before the process is gone, and it says 0."""
    facts.must_end = True
    if facts.drill.target == "product":
        left = stage.processes()
        facts.begin = stage.mark()
        stage.product.terminate()
        facts.acted = stage.mark()
        code = stage.product.wait(15)
        facts.let_go_by = stage.mark()
        facts.expect(code == 0, f"SIGTERM ended it with exit code {code}")
        facts.expect(stage.gone(left), "SIGTERM left a process behind")
        stage.start_product()
    else:
        pid = stage.child("control")
        facts.begin = stage.mark()
        os.kill(pid, signal.SIGTERM)
        facts.acted = stage.mark()
        stage.until(lambda: stage.gone([pid]), "the end of control")
        facts.let_go_by = stage.mark()
        stage.until(lambda: stage.child("control") not in (0, pid), "a new control")
        facts.expect("control ended (exit code 0)" in stage.says(), "control did not end with 0")
    stage.until_session("no_foot", "ready")


def deaf(stage: Stage, facts: Facts) -> None:
    """The device reads nothing any more, and no buffer has room for one more byte."""
    facts.must_end = True
    told = stage.says().count("it takes no bytes")
    before = stage.status()["link"]
    tty = os.open(stage.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        facts.begin = stage.mark()
        stage.bench(do="fault", spec="link.down=stall")
        facts.acted = stage.mark()
        filled_s = _fill(tty)
    finally:
        os.close(tty)
    stage.until(lambda: stage.says().count("it takes no bytes") > told, "a word of the full port")
    facts.host_ms = (time.monotonic() - filled_s) * 1000.0
    stage.until(lambda: stage.session() in ASLEEP, "a session that has ended")
    facts.expect(before["frames"] > 0, "no frame had come")
    stage.bench(do="clear")
    stage.until_rest("the device, reading again")


def _fill(tty: int) -> float:
    """Write until nothing fits; return when that first was so."""
    full_s = 0.0
    for _ in range(5):  # the system moves bytes along a little later
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(tty, b"\x01" * 512)
        full_s = full_s or time.monotonic()
        time.sleep(0.005)
    return full_s


def full(stage: Stage, facts: Facts) -> None:
    """No file takes a byte; a process dies that would have to be written about."""
    facts.must_go_on = True
    facts.begin = stage.mark()
    stage.may_write(files=False)
    facts.acted = stage.mark()
    killed = stage.kill("serve")
    stage.until(lambda: stage.child("serve") not in (0, killed), "a new API")
    stage.until(stage.session, "an API that knows the session")
    time.sleep(1.0)
    facts.stopped = stage.mark()
    code, _ = stage.http("POST", "/api/v1/stop")
    facts.expect(code == 200, f"STOP was answered {code}")
    time.sleep(0.6)
    stage.may_write(files=True)


def clock(stage: Stage, facts: Facts) -> None:
    """The wall clock of control jumps by an hour or two."""
    assert isinstance(stage, OtherClock)
    facts.must_go_on = True
    before_s = stage.wall_s()
    facts.expect(stage.is_other(), "control does not live by that clock")
    facts.begin = stage.mark()
    stage.tell(facts.drill.target)
    facts.acted = stage.mark()
    time.sleep(SEES_IT_S)
    jumped_s = abs(stage.wall_s() - before_s)
    facts.expect(jumped_s > HOUR_S / 2, f"the wall clock moved by {jumped_s:.0f} s only")


DOES: Final[dict[str, Callable[[Stage, Facts], None]]] = {
    "kill": kill,
    "stop": stop,
    "unplug": unplug,
    "term": term,
    "deaf": deaf,
    "full": full,
    "clock": clock,
}
