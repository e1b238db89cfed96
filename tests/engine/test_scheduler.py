"""The scheduler ticks, whatever a tick does."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from engine.db import writing
from engine.heartbeats import SILENCE, SchedulerRow, heartbeats
from engine.scheduler import Scheduler, Ticks

FAST = Ticks(timers=0.05, rungs=0.05, notices=0.05, rescue=0.05, sealing=0.05, retention=0.05, heartbeat=0.05)
KINDS = {"timers", "rungs", "notices", "rescue", "sealing", "retention"}


@dataclass
class Counting:
    """A dispatcher that counts how often it is asked, and may fail."""

    fails: frozenset[str] = frozenset()
    asked: dict[str, int] = field(default_factory=dict)
    enough: threading.Event = field(default_factory=threading.Event)

    def _count(self, name: str) -> int:
        self.asked[name] = self.asked.get(name, 0) + 1
        if len(self.asked) == len(KINDS) and min(self.asked.values()) >= 3:
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

    def rescue(self) -> int:
        return self._count("rescue")

    def forget_expired(self) -> int:
        return self._count("retention")


def run(dispatcher: Counting) -> Scheduler:
    scheduler = Scheduler(dispatcher, FAST)
    scheduler.start()
    assert dispatcher.enough.wait(20), dispatcher.asked
    return scheduler


def test_every_kind_of_work_is_looked_for_again_and_again() -> None:
    dispatcher = Counting()
    scheduler = run(dispatcher)
    scheduler.stop()
    assert set(dispatcher.asked) == KINDS


def test_a_tick_that_fails_stops_neither_itself_nor_the_others() -> None:
    scheduler = run(Counting(fails=frozenset({"timers", "sealing"})))
    scheduler.stop()
    known = scheduler.known
    assert {name for name, tick in known.items() if tick.failures} == {"timers", "sealing"}
    assert (known["timers"].error, known["timers"].succeeded_at) == ("ConnectionError", None)
    assert known["rungs"].succeeded_at is not None


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
    scheduler = run(Counting(fails=frozenset(KINDS)))
    assert not scheduler.is_alive(datetime.now(UTC))
    scheduler.stop()


def test_it_writes_down_that_it_lives_and_signs_off(sessions: sessionmaker[Session]) -> None:
    dispatcher = Counting(fails=frozenset({"rungs"}))
    scheduler = Scheduler(dispatcher, FAST, sessions=sessions)
    scheduler.start()
    assert dispatcher.enough.wait(30), dispatcher.asked
    deadline = datetime.now(UTC) + timedelta(seconds=30)
    found = []
    while datetime.now(UTC) < deadline and not (found and "timers" in found[0].ticks and "rungs" in found[0].ticks):
        threading.Event().wait(0.05)
        with sessions() as session:
            found = heartbeats(session)
    (row,) = found
    assert (row.name, row.is_alive) == (scheduler.name, True)
    assert row.ticks["timers"]["count"] == 1
    assert row.ticks["rungs"]["error"] == "ConnectionError"
    scheduler.stop()
    with sessions() as session:
        assert heartbeats(session) == []


def test_one_that_was_killed_is_not_alive_a_minute_later(sessions: sessionmaker[Session]) -> None:
    now = datetime.now(UTC)
    with sessions() as session:
        with writing(session):
            session.add(SchedulerRow(name="node-1:1", started_at=now, ticked_at=now, ticks={}))
        assert [each.is_alive for each in heartbeats(session)] == [True]
        with writing(session):
            session.execute(update(SchedulerRow).values(ticked_at=now - SILENCE))
        session.expire_all()
        assert [each.is_alive for each in heartbeats(session)] == [False]
