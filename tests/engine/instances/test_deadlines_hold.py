"""Deadlines under everything that can happen to them: a state machine against the real runtime and database.

File, claim, complete, give away, extend, change the calendar, let time pass, look for what is due with one dispatcher
or two at once, die in the middle of a step, start again. Whatever the order: each rung at most once, no clock lost, the
date that was promised kept, nobody told the same thing twice.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent, Tag
from engine.db import writing
from engine.deadlines import extend_clock, import_year, recompute_clocks
from engine.deadlines.calendar import NamedDay
from engine.deadlines.models import Clock, ClockState, Rung, RungState
from engine.deadlines.years import Year
from engine.definitions import deploy
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.models import Incident
from engine.instances.runtime import Runtime
from engine.notices import Notice
from engine.tables import metadata
from engine.tasks import handing
from engine.tasks.models import LIVE, WorkItem
from engine.tasks.service import claim
from tests.engine.instances import packages as p
from tests.factories import District, make_case, make_district, make_staff

LADDER: Final = """[
{"rung": "L0", "fraction_left": 0.3, "to": ["handler"], "notice": "told"},
{"rung": "L1", "fraction_left": 0.15, "to": ["handler", "leader_in_charge"], "notice": "told"},
{"rung": "L2", "after_due": 1, "unit": "working-days", "to": ["department_lead"], "notice": "told",
 "acknowledge_hours": 8},
{"rung": "L3", "after_due": 5, "unit": "working-days", "to": ["main_leader"], "notice": "told", "sign": true},
{"rung": "L4", "after_due": 10, "unit": "working-days", "to": ["joint_conference"], "notice": "told"}
]"""
TEXTS: Final = [(f"notices/told.{locale}.txt", b"Subject: {{ rung }} {{ case.number }}\n\n{{ due }}\n") for locale in
                ("zh_CN", "en")]  # fmt: skip
#: what stays from one example to the next
STAYS: Final = frozenset({"org_unit", "staff", "membership", "process_version"})
#: matters at once
MOST: Final = 3
MONDAY: Final = datetime(2026, 3, 16, 1, tzinfo=UTC)


class Killed(Exception):
    """The process died."""


class Hand:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.moment = MONDAY

    def now(self) -> datetime:
        return self.moment


def diagram() -> Any:
    """Handled in five working days, then answered in two."""

    def clocked(name: str, amount: int) -> str:
        return p.task(
            name, role="handler", unit="water", clock=name, clock_amount=str(amount), clock_unit="working-days",
            ladder="ladder",
        )  # fmt: skip

    return p.package(
        p.start(), clocked("handle", 5), clocked("answer", 2), p.end("done"),
        p.chain("start", "handle", "answer", "done"), files=[p.decision("ladder", LADDER), *TEXTS],
    )  # fmt: skip


class Deadlines(RuleBasedStateMachine):
    """Everything that happens to a few matters of the water department."""

    sessions: ClassVar[sessionmaker[Session]]
    district: ClassVar[District]

    def __init__(self) -> None:
        super().__init__()
        self.clock = Hand()
        self.promised: dict[UUID, datetime] = {}
        self.fired: dict[UUID, tuple[datetime, datetime]] = {}
        self.dispatchers: list[EmbeddedDispatcher] = []
        self.start_up()

    def teardown(self) -> None:
        self.shut_down()
        with self.sessions() as session:
            clear(session.get_bind())

    def start_up(self) -> None:
        """Two nodes, each with a runtime and caches of its own."""
        self.runtimes = [Runtime(), Runtime()]
        self.dispatchers = [
            EmbeddedDispatcher(sessions=self.sessions, runtime=runtime, channels={}, clock=self.clock, threads=1)
            for runtime in self.runtimes
        ]
        for runtime in self.runtimes:
            runtime.hooks.wake = lambda: None  # the machine looks when it says so

    def shut_down(self) -> None:
        for dispatcher in self.dispatchers:
            dispatcher.stop()

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        with self.sessions() as session:
            yield session

    def open_items(self) -> list[UUID]:
        with self.session() as session:
            return list(session.scalars(select(WorkItem.id).where(WorkItem.state.in_(LIVE)).order_by(WorkItem.id)))

    # ---- what people do

    @precondition(lambda self: len(self.open_items()) < MOST)
    @rule()
    def file(self) -> None:
        with self.session() as session:
            case = make_case(session, place=session.merge(self.district.unit("willow"), load=False))
            self.runtimes[0].start(
                session, case_id=case.id, jurisdiction="qinghe", key="petition", data={"place": {"code": "willow"}},
                actor=Actor.resident(), now=self.clock.moment,
            )  # fmt: skip

    @precondition(lambda self: self.open_items())
    @rule(which=st.integers(0, 9), who=st.sampled_from(["handler-two", "handler-three"]))
    def claim(self, which: int, who: str) -> None:
        with self.session() as session, contextlib.suppress(Exception):  # somebody else has it
            claim(session, self._pick(which), staff=self.district.person(who), now=self.clock.moment)

    @precondition(lambda self: self.open_items())
    @rule(which=st.integers(0, 9), node=st.integers(0, 1))
    def complete(self, which: int, node: int) -> None:
        with self.session() as session:
            item = session.get_one(WorkItem, self._pick(which))
            who = next(each for each in self.district.staff.values() if item.owner_id in (each.id, None)
                       and each.login in ("handler-two", "handler-three"))  # fmt: skip
            self.runtimes[node].complete(session, item.id, {}, actor=Actor.staff(who), now=self.clock.moment)

    @precondition(lambda self: self.open_items())
    @rule(which=st.integers(0, 9), to=st.sampled_from(["handler-two", "handler-three"]))
    def reassign(self, which: int, to: str) -> None:
        item_id = self._pick(which)
        with self.session() as session:
            before = self._clock_of(session, item_id)
            person = self.district.person(to)
            if session.get_one(WorkItem, item_id).owner_id != person.id:
                lead = self.district.person("water-lead")
                handing.transfer(session, item_id, to=person, staff=lead, now=self.clock.moment, lead=True)
            assert self._clock_of(session, item_id) == before  # its time runs on

    @precondition(lambda self: self.open_items())
    @rule(which=st.integers(0, 9), days=st.integers(1, 15))
    def extend(self, which: int, days: int) -> None:
        with self.session() as session:
            clock_id, before = self._clock_of(session, self._pick(which))
            extend_clock(
                session, clock_id, amount=days, unit="working-days", reason="等配件", now=self.clock.moment,
                approved_by=Actor.staff(self.district.person("water-lead")),
            )  # fmt: skip
            after = session.get_one(Clock, clock_id, populate_existing=True).due_at
            assert after > before

    @rule(first=st.dates(date(2026, 3, 16), date(2026, 6, 1)), length=st.integers(0, 9))
    def recompute(self, first: date, length: int) -> None:
        """Another notice of the year: some days off in a row, or none."""
        off = {first + timedelta(days=each): NamedDay(working=False, name="假日") for each in range(length)}
        with self.session() as session:
            year = Year(year=2026, days=off, source="通知", provisional=False)
            import_year(session, "qinghe", 2026, days=year, now=self.clock.moment)
            recompute_clocks(session, "qinghe", reason="通知", now=self.clock.moment)
            assert recompute_clocks(session, "qinghe", reason="again", now=self.clock.moment) == []

    # ---- what time and machines do

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 4, 24 * 12, 24 * 40]))
    def wait(self, hours: int) -> None:
        self.clock.moment += timedelta(hours=hours)

    @rule(node=st.integers(0, 1))
    def sweep(self, node: int) -> None:
        self._swept([self.dispatchers[node]])

    @rule()
    def sweep_together(self) -> None:
        self._swept(self.dispatchers)

    @rule()
    def kill(self) -> None:
        """Die when a rung was fired and its notices were in the outbox, before the commit; start again."""
        with self.session() as session:
            due = select(Rung.id).join(Clock, Clock.id == Rung.clock_id).where(
                Rung.state == RungState.WAITING, Rung.due_at <= self.clock.moment, Clock.state == ClockState.RUNNING
            )  # fmt: skip
            rung_id = session.scalars(due.limit(1)).first()
        with self.session() as session, contextlib.suppress(Killed), writing(session):
            if rung_id is not None:
                self.runtimes[0].fire_rung(session, rung_id, self.clock.moment)
            raise Killed
        self.shut_down()
        self.start_up()

    @precondition(lambda self: self.open_items())
    @rule(which=st.integers(0, 9))
    def kill_in_a_completion(self, which: int) -> None:
        with self.session() as session, contextlib.suppress(Killed), writing(session):
            item = session.get_one(WorkItem, self._pick(which))
            who = item.owner_id or self.district.person("handler-two").id
            actor = Actor.staff(next(each for each in self.district.staff.values() if each.id == who))
            self.runtimes[1].complete(session, item.id, {}, actor=actor, now=self.clock.moment)
            raise Killed
        self.shut_down()
        self.start_up()

    # ---- what always holds

    @invariant()
    def each_rung_fires_at_most_once_and_keeps_its_date(self) -> None:
        with self.session() as session:
            fired = Counter(
                (event.data["clock"], event.data["rung"])
                for event in session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.RUNG_FIRED))
            )
            assert not [each for each, times in fired.items() if times > 1]
            rows = session.scalars(select(Rung).where(Rung.state == RungState.FIRED)).all()
            assert len(rows) == len(fired)
            for rung in rows:
                assert rung.fired_at is not None
                assert rung.due_at <= rung.fired_at  # nothing fires early
                assert self.fired.setdefault(rung.id, (rung.due_at, rung.fired_at)) == (rung.due_at, rung.fired_at)

    @invariant()
    def no_clock_is_lost(self) -> None:
        with self.session() as session:
            live = session.scalars(select(WorkItem.clock_id).where(WorkItem.state.in_(LIVE))).all()
            running = session.scalars(select(Clock.id).where(Clock.state == ClockState.RUNNING)).all()
            assert sorted(map(str, live)) == sorted(map(str, running))
            rungs = Counter(session.scalars(select(Rung.clock_id)))
            assert all(rungs[clock_id] == 5 for clock_id in running)
            assert session.scalars(select(Incident.message)).all() == []

    @invariant()
    def what_was_promised_first_is_kept(self) -> None:
        with self.session() as session:
            for clock in session.scalars(select(Clock)):
                assert self.promised.setdefault(clock.id, clock.original_due_at) == clock.original_due_at

    @invariant()
    def nobody_is_told_the_same_twice(self) -> None:
        with self.session() as session:
            rows = session.execute(
                select(Notice.case_id, Notice.facts, Notice.rung, Notice.staff_id, Notice.channel, Notice.key).where(
                    Notice.template == "told"
                )
            ).all()
            # the key names the rung of one clock; a matter has two clocks with the same names of rungs
            told = Counter((row.key.split(":")[1], row.staff_id, row.channel) for row in rows)
            assert not [each for each, times in told.items() if times > 1]

    @invariant()
    def a_fired_rung_has_nothing_below_it_that_waits(self) -> None:
        with self.session() as session:
            highest: dict[UUID, int] = {}
            rungs = session.scalars(select(Rung).order_by(Rung.position.desc())).all()
            for rung in rungs:
                if rung.state == RungState.FIRED:
                    highest.setdefault(rung.clock_id, rung.position)
                assert rung.state != RungState.WAITING or rung.position > highest.get(rung.clock_id, -1)

    # ---- helpers of the machine

    def _pick(self, which: int) -> UUID:
        items = self.open_items()
        return items[which % len(items)]

    def _clock_of(self, session: Session, item_id: UUID) -> tuple[UUID, datetime]:
        row = session.execute(
            select(Clock.id, Clock.due_at).join(WorkItem, WorkItem.clock_id == Clock.id).where(WorkItem.id == item_id)
        ).one()
        return row.id, row.due_at

    def _swept(self, dispatchers: list[EmbeddedDispatcher]) -> None:
        """Look for what is due: each clock speaks once however many of its rungs were, and nothing due is left."""
        with self.session() as session:
            before = set(session.scalars(select(AuditEvent.id).where(AuditEvent.tag == Tag.RUNG_FIRED)))
        threads = [threading.Thread(target=each.sweep_rungs) for each in dispatchers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with self.session() as session:
            events = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.RUNG_FIRED)).all()
            spoke = Counter(event.data["clock"] for event in events if event.id not in before)
            assert set(spoke.values()) <= {1}
            left = select(Rung.id).join(Clock, Clock.id == Rung.clock_id).where(
                Rung.state == RungState.WAITING, Rung.due_at <= self.clock.moment, Clock.state == ClockState.RUNNING
            )  # fmt: skip
            assert session.scalars(left).all() == []


def clear(engine: Any) -> None:
    """Take away every matter, and the calendars; people and the process stay."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = 'replica'")
        for table in reversed(metadata.sorted_tables):
            if table.name not in STAYS:
                connection.execute(sa.delete(table))


def test_deadlines_hold_whatever_happens(sessions: sessionmaker[Session], database: sa.Engine) -> None:
    with sessions() as session:
        Deadlines.district = make_district(session)
        water = Deadlines.district.unit("water")
        Deadlines.district.staff["handler-three"] = make_staff(session, "handler-three", roles=[("handler", water)])
        deploy(session, diagram(), author=Actor.engine(), note="", now=MONDAY, jurisdiction="qinghe")
        session.expunge_all()
    Deadlines.sessions = sessions
    examples = 8 if database.dialect.name == "sqlite" else 5
    run_state_machine_as_test(
        Deadlines,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=(Phase.generate,),  # shrinking would take minutes; the steps that led there are told anyway
        ),
    )
