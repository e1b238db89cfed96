"""The scheduler ticks, whatever a tick does."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.scheduler import SILENCE, Scheduler, Ticks

FAST = Ticks(timers=0.05, rungs=0.05, notices=0.05, sealing=0.05)


@dataclass
class Counting:
    """A dispatcher that counts how often it is asked, and may fail."""

    fails: frozenset[str] = frozenset()
    asked: dict[str, int] = field(default_factory=dict)
    enough: threading.Event = field(default_factory=threading.Event)

    def _count(self, name: str) -> int:
        self.asked[name] = self.asked.get(name, 0) + 1
        if len(self.asked) == 4 and min(self.asked.values()) >= 3:
            self.enough.set()
        if name in self.fails:
            raise ConnectionError("the database is away")
        return 1

    def wake(self) -> None:
        self._count("wake")

    def sweep_timers(self) -> int:
        return self._count("timers")

    def sweep_rungs(self) -> int:
        return self._count("rungs")

    def send_notices(self) -> int:
        return self._count("notices")

    def seal_events(self) -> int:
        return self._count("sealing")


def run(dispatcher: Counting) -> Scheduler:
    scheduler = Scheduler(dispatcher, FAST)
    scheduler.start()
    assert dispatcher.enough.wait(20), dispatcher.asked
    return scheduler


def test_every_kind_of_work_is_looked_for_again_and_again() -> None:
    dispatcher = Counting()
    scheduler = run(dispatcher)
    scheduler.stop()
    assert set(dispatcher.asked) == {"timers", "rungs", "notices", "sealing"}


def test_a_tick_that_fails_stops_neither_itself_nor_the_others() -> None:
    scheduler = run(Counting(fails=frozenset({"timers", "sealing"})))
    scheduler.stop()


def test_it_is_alive_while_ticks_end_and_not_before_or_after() -> None:
    dispatcher = Counting()
    scheduler = Scheduler(dispatcher, FAST)
    assert not scheduler.is_alive(datetime.now(UTC))
    scheduler.start()
    assert dispatcher.enough.wait(20)
    assert scheduler.is_alive(datetime.now(UTC))
    assert not scheduler.is_alive(datetime.now(UTC) + SILENCE + timedelta(seconds=1))
    scheduler.stop()
    assert not scheduler.is_alive(datetime.now(UTC))


def test_it_is_not_alive_when_every_tick_fails() -> None:
    scheduler = run(Counting(fails=frozenset({"timers", "rungs", "notices", "sealing"})))
    assert not scheduler.is_alive(datetime.now(UTC))
    scheduler.stop()
