"""The whole engine against a model of a few lines, under a random order of what can happen to it.

Start, complete, complete again, withdraw, let time pass, sweep, break a service and mend it, try incidents again, die
in the middle of a step, start again with nothing in memory. After each, the database holds what the model says.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent, Tag
from engine.db import writing
from engine.definitions import deploy
from engine.dispatcher import EmbeddedDispatcher
from engine.errors import Conflict, Unavailable
from engine.instances.hooks import Step
from engine.instances.models import Incident, IncidentState, Instance
from engine.instances.runtime import Runtime
from engine.notices import Notice
from engine.spiff import ServiceCall
from engine.tables import metadata
from engine.tasks.models import LIVE, WorkItem
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case, make_district
from tests.fakes import ManualClock

#: two tasks side by side, of which one reminds; a service that may be away; a task that may be withdrawn from
FLOW: Final = p.package(
    p.start(), p.both("split"), p.task("handle"), p.task("inspect"), p.both("join"), p.send("act", "flaky"),
    p.task("close"), p.end("done", outcome="solved"), p.message("withdraw", "close"), p.end("gone"),
    p.timer("late", "handle", interrupting=False, duration='=duration("P2D")'),
    p.send("remind", notice="told", to="supervision@=place.district"), p.end("told"),
    p.chain("start", "split", "handle", "join", "act", "close", "done"), p.chain("split", "inspect", "join"),
    p.chain("late", "remind", "told"), p.chain("withdraw", "gone"),
    files=[("notices/told.zh_CN.txt", "Subject: 告知\n\n{{ link }}\n".encode())],
)  # fmt: skip
SIDES: Final = frozenset({"handle", "inspect"})
MOST: Final = 3


class Killed(Exception):
    """The process died."""


@dataclass
class Matter:
    """What the model knows of one case."""

    instance_id: UUID
    case_id: UUID
    due: datetime
    open: set[str] = field(default_factory=lambda: set(SIDES))
    fired: bool = False
    stuck: bool = False
    done: set[str] = field(default_factory=set)

    def finish(self, element: str) -> None:
        """Complete a task."""
        self.open.discard(element)
        self.done.add(element)
        self.stuck = False
        if element in SIDES and not self.open:
            self.open = {"close"}

    def is_last_side(self, element: str) -> bool:
        """Whether completing it leads to the service."""
        return element in SIDES and self.open == {element}


class Engine(RuleBasedStateMachine):
    """The machine."""

    world: ClassVar[World]
    factory: ClassVar[sessionmaker[Session]]

    def __init__(self) -> None:
        super().__init__()
        world = self.world
        self.clock, self.away = ManualClock(world.now), False
        self.matters: list[Matter] = []
        self.begin_anew()

    @rule()
    def begin_anew(self) -> None:
        """Start the process again: nothing is in memory."""
        self.runtime = Runtime()
        self.runtime.register_performer("flaky", self.flaky)

    def flaky(self, _step: Step, _call: ServiceCall) -> Mapping[str, Any] | None:
        if self.away:
            raise Unavailable("away", "The service is away.")
        return None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        with self.factory() as session:
            yield session

    @precondition(lambda self: len(self.matters) < MOST)
    @rule()
    def start(self) -> None:
        now = self.clock.now()
        with self.session() as session:
            case = make_case(session, place=session.merge(self.world.district.unit("willow")))
            self.world.session.rollback()
            place = {
                "code": "willow",
                "name": "柳园社区",
                "community": "willow",
                "street": "east",
                "district": "qinghe",
            }
            instance = self.runtime.start(
                session, case_id=case.id, jurisdiction="qinghe", key="petition", actor=Actor.resident(), now=now,
                data={"case": {"number": case.number}, "place": place},
            )  # fmt: skip
            self.matters.append(Matter(instance.id, case.id, now + timedelta(days=2)))

    def item(self, matter: Matter, element: str) -> UUID:
        with self.session() as session:
            wanted = select(WorkItem.id).where(WorkItem.case_id == matter.case_id, WorkItem.element_id == element)
            return session.scalars(wanted).one()

    def complete(self, session: Session, matter: Matter, element: str) -> None:
        self.runtime.complete(
            session, self.item(matter, element), {}, actor=Actor.staff(self.world.me), now=self.clock.now()
        )

    @precondition(lambda self: any(each.open for each in self.matters))
    @rule(data=st.data(), dies=st.sampled_from([False, False, False, True]))
    def work(self, data: st.DataObject, dies: bool) -> None:
        matter = data.draw(st.sampled_from([each for each in self.matters if each.open]))
        element = data.draw(st.sampled_from(sorted(matter.open)))
        if dies:
            with contextlib.suppress(Killed, Conflict), self.session() as session, writing(session):
                self.complete(session, matter, element)
                raise Killed
        elif self.away and matter.is_last_side(element):
            with self.session() as session, pytest.raises(Conflict) as refused:
                self.complete(session, matter, element)
            assert refused.value.code == "step-failed"
            matter.stuck = True
        else:
            with self.session() as session:
                self.complete(session, matter, element)
            matter.finish(element)

    @precondition(lambda self: any(each.done for each in self.matters))
    @rule(data=st.data())
    def work_again(self, data: st.DataObject) -> None:
        matter = data.draw(st.sampled_from([each for each in self.matters if each.done]))
        element = data.draw(st.sampled_from(sorted(matter.done)))
        with self.session() as session, pytest.raises(Conflict):
            self.complete(session, matter, element)

    @precondition(lambda self: self.matters)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        matter = data.draw(st.sampled_from(self.matters))

        def say() -> bool:
            with self.session() as session:
                return self.runtime.send_message(
                    session, matter.instance_id, "withdraw", {}, actor=Actor.resident(), now=self.clock.now()
                )

        if not matter.open:
            with pytest.raises(Conflict):
                say()
            return
        assert say() == ("close" in matter.open)
        if "close" in matter.open:
            matter.open.clear()

    @rule(hours=st.sampled_from([1, 30, 60]))
    def wait(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @rule()
    def sweep(self) -> None:
        dispatcher = EmbeddedDispatcher(sessions=self.factory, runtime=self.runtime, channels={}, clock=self.clock)
        self.runtime.hooks.wake = lambda: None
        dispatcher.sweep_timers()
        dispatcher.stop()
        for matter in self.matters:
            matter.fired |= "handle" in matter.open and matter.due <= self.clock.now()

    @rule()
    def break_or_mend(self) -> None:
        self.away = not self.away

    @precondition(lambda self: any(each.stuck for each in self.matters))
    @rule()
    def retry(self) -> None:
        matter = next(each for each in self.matters if each.stuck)
        with self.session() as session:
            wanted = select(Incident.id).where(
                Incident.case_id == matter.case_id, Incident.state == IncidentState.OPEN
            )  # fmt: skip
            incident = session.scalars(wanted).one()
            worked = self.runtime.retry(session, incident, actor=Actor.engine(), now=self.clock.now())
        assert worked != self.away
        if worked:
            matter.finish(*matter.open)

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        with self.session() as session:
            for matter in self.matters:
                live = select(WorkItem.element_id).where(WorkItem.case_id == matter.case_id, WorkItem.state.in_(LIVE))
                assert set(session.scalars(live)) == matter.open
                mine = AuditEvent.case_id == matter.case_id
                seqs = list(session.scalars(select(AuditEvent.seq).where(mine).order_by(AuditEvent.seq)))
                assert seqs == list(range(1, len(seqs) + 1)), "no event without its step, none twice"
                fired = session.scalar(select(func.count()).where(mine, AuditEvent.tag == Tag.TIMER_FIRED))
                assert fired == int(matter.fired)
                told = session.scalar(select(func.count()).where(Notice.case_id == matter.case_id))
                assert told == 2 * int(matter.fired)
                stuck = select(func.count()).where(
                    Incident.case_id == matter.case_id, Incident.state == IncidentState.OPEN
                )  # fmt: skip
                assert session.scalar(stuck) == int(matter.stuck)
                ended = session.scalar(select(Instance.ended_at).where(Instance.id == matter.instance_id))
                assert (ended is None) == bool(matter.open)

    def teardown(self) -> None:
        with self.session() as session, writing(session):
            for table in reversed(metadata.sorted_tables):
                if "case_id" in table.c or table.name == "case":
                    column = table.c.get("case_id", table.c.get("id"))
                    session.execute(table.delete().where(column.in_([each.case_id for each in self.matters])))


@pytest.mark.faults
@pytest.mark.slow
def test_whatever_happens_in_whatever_order_the_engine_does_what_the_model_does(
    session: Session, sessions: sessionmaker[Session], database: sa.Engine, now: datetime
) -> None:
    district = make_district(session)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    deploy(session, FLOW, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    session.commit()
    Engine.world, Engine.factory = world, sessions
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
