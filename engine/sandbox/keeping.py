"""The sandboxes that people have open: few, each its owner's, dropped when nobody has used them for a while."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Final
from uuid import UUID

from engine.db import new_id
from engine.errors import NotFound
from engine.sandbox.running import Run

#: All together, and of one person; the one used longest ago gives way.
MOST, MOST_OF_ONE = 12, 3
#: So long after it was used last a sandbox is dropped.
IDLE: Final = timedelta(minutes=30)


@dataclass
class Kept:
    """A sandbox that somebody has open.

    Args:
        source: what is played, as whoever opened it names it.
    """

    id: UUID
    owner: UUID
    run: Run
    source: Any
    used_at: datetime


class Stage:
    """Keeps runs in memory. One per process of the application."""

    def __init__(self, *, most: int = MOST, most_of_one: int = MOST_OF_ONE, idle: timedelta = IDLE) -> None:
        self._most, self._most_of_one, self._idle = most, most_of_one, idle
        self._kept: OrderedDict[UUID, Kept] = OrderedDict()
        self._lock = RLock()

    def open(self, owner: UUID, make: Callable[[], Run], source: Any, *, now: datetime) -> UUID:
        """Keep a new run and return its id.

        Raises:
            EngineError: it cannot be made.
        """
        self.drop_idle(now)
        made = make()
        with self._lock:
            own = [each for each in self._kept.values() if each.owner == owner]
            while len(own) >= self._most_of_one:
                self._drop(own.pop(0).id)
            while len(self._kept) >= self._most:
                self._drop(next(iter(self._kept)))
            kept = Kept(id=new_id(), owner=owner, run=made, source=source, used_at=now)
            self._kept[kept.id] = kept
        return kept.id

    @contextmanager
    def use(self, run_id: UUID, owner: UUID, *, now: datetime) -> Iterator[Kept]:
        """Give a run to its owner, to nobody else at the same time.

        Raises:
            NotFound: it was dropped, or is somebody else's.
        """
        self.drop_idle(now)
        with self._lock:
            kept = self._kept.get(run_id)
            if kept is None or kept.owner != owner:
                raise NotFound(
                    "sandbox-gone",
                    "This run is over: it was not used for a while, or others took its place. Begin anew.",
                )
            kept.used_at = now
            self._kept.move_to_end(run_id)
        with kept.run.box.lock:
            yield kept

    def close(self, run_id: UUID, owner: UUID) -> None:
        """Drop a run of this owner's; one that is not there any more is dropped already."""
        with self._lock:
            kept = self._kept.get(run_id)
            if kept is not None and kept.owner == owner:
                self._drop(run_id)

    def drop_idle(self, now: datetime) -> None:
        """Drop what nobody has used for a while."""
        with self._lock:
            for kept in list(self._kept.values()):
                if now - kept.used_at > self._idle:
                    self._drop(kept.id)

    def __len__(self) -> int:
        return len(self._kept)

    def _drop(self, run_id: UUID) -> None:
        kept = self._kept.pop(run_id)
        with kept.run.box.lock:
            kept.run.close()
