"""The person at the phone during a run: starts, acknowledges, goes on.

The one on the chair acts by themselves, see `simulator.plant.person`.

A script of times and states, so that a run is the same each time. Bounded liveness (that a machine
runs again once nothing is broken) is judged elsewhere; `Attendant.running_us` is what it needs.
"""

from typing import Final

from controller.request import Acknowledge, Request, Resume, Start
from controller.session import Session

BEGIN_US: Final = 1_000_000
PATIENCE_US: Final = 2_000_000
"""After this a person has read what is on the phone, and presses the button there."""

STUBBORN_US: Final = 6_000_000
"""Whoever waits for something broken to get well by itself tries again after so long all the same.
Podal proposals, unmeasured."""

_LET_GO: Final = (Session.READY, Session.STOPPED, Session.ENDED)


class Attendant:
    """What is asked of the host in one run.

    Args:
        start: What the person wants.
        begins: The massage has not been started yet.

    Attributes:
        running_us: When the massage ran again after it had been let go, None it did not.
    """

    def __init__(self, start: Start, *, begins: bool) -> None:
        self.running_us: int | None = None
        self._start = start
        self._session: Session | None = None
        self._since_us = 0
        self._asked = False
        self._let_go = False
        self._begins = begins

    def wish(self, now_us: int, session: Session, *, broken: bool) -> Request | None:
        """Return what the person asks for now.

        Args:
            now_us: Device time.
            session: What the phone shows.
            broken: Something is still broken, as the person can feel.
        """
        if session is not self._session:
            self._follow(session, now_us)
        patience_us = STUBBORN_US if broken else PATIENCE_US
        if self._begins:
            patience_us = BEGIN_US
        if self._asked or now_us - self._since_us < patience_us:
            return None
        request = self._next(session)
        self._asked = request is not None
        if isinstance(request, Start):
            self._begins = False
        return request

    def _follow(self, session: Session, now_us: int) -> None:
        if self._session in (Session.RUNNING, Session.STARTING) and session is not Session.RUNNING:
            self._let_go = True
        elif session is Session.RUNNING and self._let_go and self.running_us is None:
            self.running_us = now_us
        self._session, self._since_us, self._asked = session, now_us, False

    def _next(self, session: Session) -> Request | None:
        if session is Session.FAULT:
            return Acknowledge()
        if session is Session.PAUSED:
            return Resume()
        if session in _LET_GO:
            return self._start
        return None
