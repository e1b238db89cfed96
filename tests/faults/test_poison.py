"""One broken matter among many: the others go on, and it ends in sight, to be tried again when it is mended."""

import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.clock import SystemClock
from engine.deadlines.models import Timer, TimerState
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.models import Incident, IncidentState
from engine.instances.sweeping import LEASE, MOST_CLAIMS
from engine.instances.timers import BACK_OFF
from engine.notices import Notice
from engine.organisation.models import OrgUnit, UnitKind
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case, make_district, make_staff, make_unit
from tests.fakes import ManualClock

ROOT = Path(__file__).parents[2]
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
    ended = []
    for life in range(MOST_CLAIMS + 1):
        ahead = life * (LEASE.total_seconds() + 60)
        command = [sys.executable, "-m", "tests.faults.carrier", database_url, str(ahead)]
        ended.append(subprocess.run(command, cwd=ROOT, capture_output=True, timeout=180, check=False).returncode)
    assert ended == [-signal.SIGKILL] * MOST_CLAIMS + [0]
    assert states(session) == {TimerState.FIRED: MANY - 1, TimerState.FAILED: 1}
    incident = session.scalars(select(Incident)).one()
    assert (incident.code, incident.element_id) == ("carrier-died", "late")
    world.runtime.register_performer("deadly", lambda _step, _call: None)  # it was mended
    assert world.runtime.retry(session, incident.id, actor=Actor.engine(), now=SystemClock().now())
    assert states(session) == {TimerState.FIRED: MANY}
