"""Lives through a plan: a device for each batch of drills, its trace read when it has ended."""

import contextlib
import queue
import random
import shutil
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.drills.acts import Facts, act
from tests.drills.judge import Trace, Verdict, judge
from tests.drills.other_clock import OtherClock
from tests.drills.plan import Drill, batches
from tests.drills.stage import NoForceError, Pulse, Stage
from tests.loop.bench import USER_MAX_N, over_limit_n

AROUND_S: Final = (0.3, 0.8)
"""Before and after an act this machine must run on time for the drill to be a fair one."""


@dataclass
class Result:
    """What came of a plan.

    Attributes:
        verdicts: One for each drill that found force, and those judged without.
        failed: Drills that did not come to their end, and why.
        no_force: Drills for which no massage came to press.
        lost: Massages that ended by themselves before their drill.
        cycled: Power cycles: control did not trust the device's clock, or the device itself.
        over_n: The most by which the force was above the limit of a person of its region.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    failed: list[tuple[Drill, str]] = field(default_factory=list)
    no_force: list[Drill] = field(default_factory=list)
    lost: int = 0
    cycled: int = 0
    over_n: float = float("-inf")
    taken_s: float = 0.0


def run(
    plan: list[Drill],
    *,
    seed: int,
    jobs: int = 1,
    keep: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Do all drills of `plan`, so many devices at once; keep their traces where it is said."""
    todo: queue.SimpleQueue[list[Drill]] = queue.SimpleQueue()
    for batch in batches(plan):
        todo.put(batch)
    crew = _Crew(todo, seed, keep, progress)
    begun_s = time.monotonic()
    workers = [threading.Thread(target=crew.work) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    finally:
        crew.give_up()  # what is being done ends; where a person has interrupted, nothing follows
        for worker in workers:
            worker.join()
        crew.pulse.end()
    crew.result.taken_s = time.monotonic() - begun_s
    return crew.result


class _Crew:
    """What the workers share."""

    def __init__(
        self,
        todo: "queue.SimpleQueue[list[Drill]]",
        seed: int,
        keep: Path | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.result = Result()
        self.pulse = Pulse()
        self._todo = todo
        self._given_up = False
        self._seed = seed
        self._keep = keep
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()

    def work(self) -> None:
        """Take batches until there are none."""
        while True:
            try:
                batch = self._todo.get_nowait()
            except queue.Empty:
                return
            self._live_through(batch)

    def give_up(self) -> None:
        """Let no batch follow those that are being done."""
        self._given_up = True
        with contextlib.suppress(queue.Empty):
            while True:
                self._todo.get_nowait()

    def _live_through(self, batch: list[Drill]) -> None:
        """Do a batch; a drill that fails ends its device, and the rest goes to another one."""
        lived: list[Facts] = []
        left = list(batch)
        with _stage(batch[0], self._seed) as stage:
            try:
                while left:
                    drill = left.pop(0)
                    facts = self._one(stage, drill)
                    if facts is not None:
                        lived.append(facts)
                    self._count()
                trace = stage.end()
            except Exception as error:  # noqa: BLE001 - whatever went wrong is part of the report
                trace = stage.clear_away()
                with self._lock:
                    self.result.failed.append((drill, _why(error)))
                if drill not in [facts.drill for facts in lived]:
                    self._count()
            if self._keep is not None and stage.trace_file.exists():
                shutil.copy(stage.trace_file, self._keep / f"from-{batch[0].number}.npz")
        if left and not self._given_up:
            self._todo.put(left)
        self._judge(stage, trace, lived)

    def _judge(self, stage: Stage, trace: Trace, lived: list[Facts]) -> None:
        with self._lock:
            self.result.lost += stage.lost
            self.result.cycled += stage.cycled
            if lived and trace:
                self.result.verdicts += judge(trace, lived)
                self.result.over_n = max(self.result.over_n, over_limit_n(trace, USER_MAX_N))

    def _one(self, stage: Stage, drill: Drill) -> Facts | None:
        try:
            stage.press(drill.wait_s)
        except NoForceError:
            with self._lock:
                self.result.no_force.append(drill)
            return None
        facts = Facts(drill)
        begun_s = time.monotonic()
        act(stage, facts)
        until_s = time.monotonic() if facts.must_go_on else begun_s + AROUND_S[1]
        facts.late_ms = self.pulse.worst_s(begun_s - AROUND_S[0], until_s) * 1000.0
        return facts

    def _count(self) -> None:
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(self._done)


def _why(error: Exception) -> str:
    """Return in one line what went wrong and where, and then the rest."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno} {where.line}"
    return f"{type(error).__name__} at {place}: {error}"


@contextmanager
def _stage(first: Drill, seed: int) -> Iterator[Stage]:
    """Make a device and a product, and leave nothing of them."""
    with tempfile.TemporaryDirectory(prefix="podal-drill-") as name:
        folder = Path(name)
        house = OtherClock if first.kind == "clock" else Stage
        stage = house(
            folder,
            random.Random(f"{seed} {first.number}").randrange(2**31),
        )
        try:
            yield stage
        finally:
            stage.clear_away()
