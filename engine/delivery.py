"""Delivers claimed timers: in groups, and one by one where a group fails, so that only the broken one is left; and
sends the notices that are due."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from threading import Event
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import Clock
from engine.heartbeats import deciding_now
from engine.instances import sweeping, timers
from engine.instances.runtime import Runtime
from engine.notices import Channel, send_due
from engine.notices.dispatch import Unseal
from engine.tracing import piece_of_work

_log = structlog.get_logger(__name__)

#: How many timers are delivered in one transaction.
GROUP: Final = 25


class Delivery:
    """Delivers timers and sends notices for one dispatcher.

    Args:
        sessions: every group has a session of its own.
        runtime: moves the processes.
        spread: does parts of work, side by side where that helps.
        stopped: nothing new is begun once it is set.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        runtime: Runtime,
        spread: Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]],
        stopped: Event,
    ) -> None:
        self._sessions, self._runtime, self._spread, self._stopped = sessions, runtime, spread, stopped

    def deliver(self, claims: Sequence[sweeping.Claim], now: datetime) -> int:
        """Deliver what was claimed, and return how many; what was not delivered after all is given back."""
        sound = [claim.timer_id for claim in claims if not claim.alone]
        groups = [sound[start : start + GROUP] for start in range(0, len(sound), GROUP)]
        fired: set[UUID] = set().union(*self._spread(lambda group: self._fire(group, now), groups))
        for claim in claims:
            if claim.alone and not claim.deadly:  # after the others: it may be the end of this process
                fired |= self._fire([claim.timer_id], now)
        for claim in claims:
            if claim.deadly:
                self._give_up(claim.timer_id, sweeping.died_of(claim.timer_id), now, last=True)
        with self._sessions() as session:
            sweeping.release_timers(session, [each.timer_id for each in claims if each.timer_id not in fired])
        return len(fired)

    def send(self, channels: Mapping[str, Channel], clock: Clock, unseal: Unseal | None) -> int:
        """Send what is due in the outbox, batch after batch, and return how much.

        Args:
            channels: by name; notices of other channels wait.
            clock: see `engine.heartbeats.deciding_now`.
            unseal: reads residents' addresses.
        """
        sent = 0
        while not self._stopped.is_set():
            with self._sessions() as session:
                now = deciding_now(session, clock)
            batch = send_due(self._sessions, channels, now, unseal=unseal, ending=self._stopped.is_set)
            sent += batch
            if not batch:
                break
        return sent

    def _fire(self, group: Sequence[UUID], now: datetime) -> set[UUID]:
        if self._stopped.is_set():
            return set()
        if len(group) > 1:
            try:
                with piece_of_work(), self._sessions() as session:
                    return self._runtime.fire_timers(session, group, now)
            except Exception as error:
                if _is_away(error):
                    raise  # what was claimed comes back when its lease ends
                _log.info("timers.apart", count=len(group), error=type(error).__name__)
        return {timer_id for timer_id in group if self._fire_one(timer_id, now)}

    def _fire_one(self, timer_id: UUID, now: datetime) -> bool:
        if self._stopped.is_set():
            return False
        with piece_of_work(timer=str(timer_id)):
            return self._fire_within(timer_id, now)

    def _fire_within(self, timer_id: UUID, now: datetime) -> bool:
        try:
            with self._sessions() as session:
                return self._runtime.fire_timer(session, timer_id, now) is timers.Fired.FIRED
        except Exception as error:
            if _is_away(error):
                raise
            _log.exception("timer.failed", timer=str(timer_id))
            self._give_up(timer_id, error, now)
            return False

    def _give_up(self, timer_id: UUID, error: Exception, now: datetime, *, last: bool = False) -> None:
        try:
            with self._sessions() as session:
                self._runtime.give_up_timer(session, timer_id, error, now, last=last)
        except Exception:  # the failure itself could not be written: the row is still due, the next tick sees it
            _log.exception("dispatch.failed", id=str(timer_id))


def _is_away(error: Exception) -> bool:
    """Is it the database that ended the connection, or cannot be reached? No timer is at fault then, nor counted so."""
    state = getattr(error.orig, "sqlstate", "") if isinstance(error, DBAPIError) else ""
    return state is None or state.startswith(("08", "57P"))
