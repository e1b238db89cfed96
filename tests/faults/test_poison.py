"""One broken matter among many: the others go on, and it ends in sight, to be tried again when it is mended."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag
from engine.clock import SystemClock
from engine.db import writing
from engine.deadlines.models import Rung, RungState, Timer, TimerState
from engine.dispatcher import EmbeddedDispatcher
from engine.errors import Conflict, Invalid
from engine.failpoints import arm
from engine.figures import figures
from engine.instances.hooks import Step
from engine.instances.incidents import RETRIES
from engine.instances.models import Incident, IncidentState
from engine.instances.sweeping import LEASE, MOST_CLAIMS
from engine.instances.timers import BACK_OFF
from engine.notices import Notice, NoticeState, NoticeTexts, Recipient, notify, resend
from engine.notices.dispatch import LEASE as SENT_BY
from engine.notices.dispatch import MOST_CLAIMS as MOST_SENDERS
from engine.organisation.models import OrgUnit, UnitKind
from engine.spiff import ServiceCall
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_ladders import laddered
from tests.factories import make_case, make_district, make_staff, make_unit
from tests.fakes import ManualClock
from tests.faults.carrier import carry
from tests.faults.commands import KILLED, ended

MANY, BROKEN = 8, 3
LATE = ("notices/late.zh_CN.txt", "Subject: 超期 {{ case.number }}\n\n{{ link }}\n".encode())


def late(*what: str) -> Any:
    """A task with a timer a day later, and what it starts."""
    return p.package(
        p.start(), p.task("handle"), p.timer("late", "handle", interrupting=False, duration='=duration("P1D")'),
        *what, p.end("done"), p.end("told"), p.chain("start", "handle", "done"), p.chain("late", "act", "told"),
        files=[LATE],
    )  # fmt: skip


def start_many(session: Session, now: datetime, package: Any, **broken: Any) -> World:
    """Start matters, one of them with other data."""
    district = make_district(session)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    world.runtime.hooks.wake = lambda: None
    for number in range(MANY):
        world.case = make_case(session, place=district.unit("willow"))
        world.start(package, **(broken if number == BROKEN else dict.fromkeys(broken)))
    return world


def states(session: Session) -> dict[str, int]:
    session.rollback()  # what comes next sees what was committed
    return dict(Counter(session.scalars(select(Timer.state))))


@pytest.mark.faults
def test_a_timer_whose_step_always_fails_keeps_nobody_and_is_retried_once_mended(
    session: Session, sessions: sessionmaker[Session], now: datetime
) -> None:
    to = '=if office = null then "qinghe" else office'
    world = start_many(session, now, late(p.send("act", notice="late", to=f"supervision@{to}")), office="nowhere")
    clock = ManualClock(now + timedelta(days=1))
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=world.runtime, channels={}, clock=clock)
    world.runtime.hooks.wake = lambda: None
    assert dispatcher.sweep_timers() == MANY - 1
    for wait in BACK_OFF:
        assert dispatcher.sweep_timers() == 0, "it waits"
        clock.moment += wait
        dispatcher.sweep_timers()
    dispatcher.stop()
    assert states(session) == {TimerState.FIRED: MANY - 1, TimerState.FAILED: 1}
    incident = session.scalars(select(Incident)).one()
    assert (incident.element_id, incident.code) == ("act", "unit-unknown")
    office = make_unit(session, UnitKind.OFFICE, "nowhere", parent=world.district.unit("qinghe"))
    make_staff(session, roles=[("supervision", office)])
    assert world.runtime.retry(session, incident.id, actor=Actor.engine(), now=clock.moment)
    assert states(session) == {TimerState.FIRED: MANY}
    assert session.get_one(Incident, incident.id, populate_existing=True).state == IncidentState.RESOLVED
    assert len(set(session.scalars(select(Notice.case_id)))) == MANY
    assert session.scalars(select(OrgUnit.code).where(OrgUnit.id == office.id)).one() == "nowhere"


@pytest.mark.faults
@pytest.mark.slow
def test_a_timer_that_kills_its_worker_is_capped_and_the_others_are_delivered(
    session: Session, sessions: sessionmaker[Session], database_url: str
) -> None:
    now = SystemClock().now() - timedelta(days=2)
    package = late(p.send("act", "deadly"))
    world = start_many(session, now, package, deadly=True)
    session.commit()
    deaths = []
    for life in range(MOST_CLAIMS + 1):
        ahead = life * (LEASE.total_seconds() + 60)
        deaths.append(ended(carry, database_url, timedelta(seconds=ahead)))
    assert deaths == [KILLED] * MOST_CLAIMS + [0]
    assert states(session) == {TimerState.FIRED: MANY - 1, TimerState.FAILED: 1}
    incident = session.scalars(select(Incident)).one()
    assert (incident.code, incident.element_id) == ("carrier-died", "late")
    world.runtime.register_performer("deadly", lambda _step, _call: None)  # it was mended
    assert world.runtime.retry(session, incident.id, actor=Actor.engine(), now=SystemClock().now())
    assert states(session) == {TimerState.FIRED: MANY}


def escalated() -> Any:
    """A task whose clock has one rung; whom it tells kills the process when the data say so."""
    to = '[if deadly then "main_leader" else "supervision"]'
    ladder = '[{"rung": "L1", "after_due": 1, "unit": "working-days", "to": %s, "notice": "late"}]'
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    texts = [(f"notices/late.{each}.txt", b"Subject: late\n\n.\n") for each in ("zh_CN", "en")]
    return p.package(
        p.start(), p.task("handle", **clocked), p.end("done"), p.chain("start", "handle", "done"),
        files=[p.decision("ladder", ladder % to), *texts],
    )  # fmt: skip


@pytest.mark.faults
def test_a_rung_that_kills_its_process_is_left_to_a_person_and_the_others_speak(
    session: Session, sessions: sessionmaker[Session], database_url: str
) -> None:
    now = SystemClock().now()
    world = start_many(session, now - timedelta(days=60), escalated(), deadly=True)
    session.commit()
    ahead = LEASE + timedelta(minutes=1)
    assert [ended(carry, database_url, life * ahead) for life in range(MOST_CLAIMS)] == [KILLED] * MOST_CLAIMS
    for life in range(2):
        assert ended(carry, database_url, (MOST_CLAIMS + life) * ahead) == 0
    session.rollback()
    assert Counter(session.scalars(select(Rung.state))) == {RungState.FIRED: MANY - 1, RungState.WAITING: 1}
    incident = session.scalars(select(Incident)).one()
    assert (incident.code, incident.element_id, incident.tries) == ("carrier-died", "handle", 1)
    assert figures(session, now).queues["rungs"].depth == 0, "it is an incident, and keeps no queue"
    assert world.runtime.retry(session, incident.id, actor=Actor.staff(world.me), now=now)  # it was mended
    assert set(session.scalars(select(Rung.state).execution_options(populate_existing=True))) == {RungState.FIRED}
    assert session.get_one(Incident, incident.id, populate_existing=True).state == IncidentState.RESOLVED


@pytest.mark.faults
def test_a_notice_that_kills_its_sender_is_given_up_in_sight_and_the_others_are_sent(
    session: Session, sessions: sessionmaker[Session], database_url: str
) -> None:
    now = SystemClock().now()
    texts = NoticeTexts(key="late", sources={"zh_CN": "Subject: 超期\n\n\n"})
    with writing(session):
        for number in range(MANY):
            address = "deadly@x.example" if number == BROKEN else f"lead{number}@x.example"
            told = Recipient(staff_id=make_staff(session).id, channels={"email": address})
            notify(session, key=f"n{number}", jurisdiction="qinghe", case_id=None, template="late", texts=texts,
                   facts={}, link="", recipients=[told], now=now)  # fmt: skip
    ahead = SENT_BY + timedelta(seconds=60)
    assert [ended(carry, database_url, life * ahead) for life in range(MOST_SENDERS)] == [KILLED] * MOST_SENDERS
    assert ended(carry, database_url, MOST_SENDERS * ahead) == 0
    session.rollback()
    assert Counter(session.scalars(select(Notice.state))) == {NoticeState.SENT: MANY - 1, NoticeState.DEAD: 1}
    assert figures(session, now).dead == 1, "the alarm rings"
    dead = session.scalars(select(Notice).where(Notice.state == NoticeState.DEAD)).one()
    assert (dead.address, "ended without an answer 3 times" in str(dead.error)) == ("deadly@x.example", True)
    dead.address = "mended@x.example"
    session.commit()
    resend(session, dead.id, Actor.engine(), now)
    assert ended(carry, database_url, timedelta(0)) == 0
    assert set(session.scalars(select(Notice.state).execution_options(populate_existing=True))) == {NoticeState.SENT}


@pytest.mark.faults
def test_a_mistake_of_the_program_before_the_commit_keeps_nothing_is_in_sight_and_tried_again(
    session: Session, sessions: sessionmaker[Session], now: datetime
) -> None:
    world = start_many(session, now, late(p.send("act", notice="late", to='supervision@="qinghe"')))
    clock = ManualClock(now + timedelta(days=1))
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=world.runtime, channels={}, clock=clock)
    world.runtime.hooks.wake = lambda: None
    arm("timer-before-commit=error")
    try:
        with structlog.testing.capture_logs():
            assert dispatcher.sweep_timers() == 0
    finally:
        arm("")
    assert session.scalars(select(Notice)).all() == []
    assert dispatcher.figures().retries["timers"] == MANY
    clock.moment += BACK_OFF[0]
    assert dispatcher.sweep_timers() == MANY
    dispatcher.stop()
    session.rollback()  # what comes next sees what was committed
    assert len(set(session.scalars(select(Notice.case_id)))) == MANY


@pytest.mark.faults
def test_a_retry_that_kills_its_process_is_left_to_a_person(
    session: Session, sessions: sessionmaker[Session], database_url: str
) -> None:
    now = SystemClock().now()
    district = make_district(session)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    world.runtime.register_performer("deadly", failing)
    world.start(p.package(
        p.start(), p.task("handle"), p.send("act", "deadly"), p.end(), p.chain("start", "handle", "act", "end"),
    ), deadly=True)  # fmt: skip
    with pytest.raises(Conflict):
        world.complete("handle")
    session.commit()
    ahead = RETRIES[0] + timedelta(minutes=1)
    assert [ended(carry, database_url, ahead) for _ in range(MOST_CLAIMS)] == [KILLED] * MOST_CLAIMS
    for _ in range(2):
        assert ended(carry, database_url, ahead) == 0
    session.rollback()
    incident = session.get_one(Incident, world.incidents()[0].id, populate_existing=True)
    assert (incident.code, incident.state, incident.tries) == ("carrier-died", IncidentState.OPEN, 1)
    world.runtime.register_performer("deadly", lambda _step, _call: None)  # it was mended
    assert world.runtime.retry(session, incident.id, actor=Actor.staff(world.me), now=now)
    assert world.incidents()[0].state == IncidentState.RESOLVED


def failing(_step: Step, _call: ServiceCall) -> None:
    raise Invalid("register-away", "The register does not answer.")


@pytest.mark.faults
def test_a_retry_that_fails_counts_and_the_engine_stops_after_the_last_of_its_waits(
    session: Session, sessions: sessionmaker[Session], now: datetime
) -> None:
    district = make_district(session)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    world.runtime.hooks.wake = lambda: None
    world.start(laddered(("ladder", "rows")), rows=7)
    assert world.incidents()[0].attempt["do"] == "ladder"
    session.commit()
    clock = ManualClock(now + timedelta(days=30))
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=world.runtime, channels={}, clock=clock)
    for _ in range(len(RETRIES) + 3):
        dispatcher.rescue()
    dispatcher.stop()
    session.rollback()
    (incident,) = world.incidents()
    assert (incident.state, incident.tries, "begun" in incident.attempt) == ("open", len(RETRIES) + 1, False)
    assert world.tags().count(Tag.INCIDENT_RETRIED) == len(RETRIES)
