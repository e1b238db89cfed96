"""Due work is carried: timers, rungs and notices, each once, and one that is broken does not keep the others."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import AuditEvent, Tag
from engine.clock import ShiftedClock, SystemClock
from engine.db import writing
from engine.deadlines.models import Timer, TimerState
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.models import Incident
from engine.notices import AppChannel, Channel, Notice, NoticeState, Outgoing
from engine.tasks.models import LIVE, WorkItem
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_timers import clocked, reminded
from tests.factories import make_case, make_district


@dataclass
class Recorder:
    """A channel that takes everything and remembers it."""

    taken: list[Outgoing] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def send(self, notice: Outgoing) -> None:
        self.taken.append(notice)
        self.arrived.set()


@dataclass
class Hand:
    """A clock that stands where it is put."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class Bench:
    """A world with a dispatcher beside it."""

    world: World
    dispatcher: EmbeddedDispatcher
    clock: Hand
    mail: Recorder

    def later(self, **amount: float) -> None:
        self.clock.moment += timedelta(**amount)


@pytest.fixture
def bench(session: Session, sessions: sessionmaker[Session], now: datetime) -> "Bench":
    district = make_district(session)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    clock, mail = Hand(now), Recorder()
    channels: dict[str, Channel] = {"email": mail, "app": AppChannel()}
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=world.runtime, channels=channels, clock=clock)
    yield Bench(world, dispatcher, clock, mail)
    dispatcher.stop()


def live_items(session: Session) -> list[str]:
    return sorted(session.scalars(select(WorkItem.element_id).where(WorkItem.state.in_(LIVE))))


def test_a_timer_is_delivered_when_it_is_due_and_not_before(bench: Bench) -> None:
    bench.world.start(reminded(interrupting=False))
    assert bench.dispatcher.sweep_timers() == 0
    bench.later(days=3)
    assert (bench.dispatcher.sweep_timers(), bench.dispatcher.sweep_timers()) == (1, 0)
    assert live_items(bench.world.session) == ["handle", "supervise"]


def test_what_is_due_is_carried_from_rung_to_mail_in_one_look(bench: Bench) -> None:
    # A step wakes the dispatcher, and that second look may be sending what this one then leaves to it.
    bench.world.runtime.hooks.wake = lambda: None
    bench.world.start(clocked())
    bench.later(days=20)
    bench.dispatcher.run_due()
    assert {notice.address for notice in bench.mail.taken} == {
        bench.world.district.person("supervisor").email,
        bench.world.district.person("street-main").email,
    }
    assert len({notice.key for notice in bench.mail.taken}) == len(bench.mail.taken)
    assert live_items(bench.world.session) == ["handle", "supervise"]
    states = set(bench.world.session.scalars(select(Notice.state)))
    assert states == {NoticeState.SENT}
    bench.dispatcher.run_due()
    assert len(bench.mail.taken) == 2


def test_whom_a_rung_tells_is_told_before_a_timer_that_follows_it_ends_its_clock(bench: Bench) -> None:
    bench.world.runtime.hooks.wake = lambda: None
    bench.world.start(clocked())
    bench.later(days=20)
    bench.dispatcher.sweep_timers()
    assert bench.world.session.scalars(select(Notice.rung)).all()


def test_a_broken_timer_does_not_keep_the_others_and_ends_as_an_incident(bench: Bench) -> None:
    world = bench.world
    for _ in range(3):
        world.start(reminded(interrupting=False))
    with writing(world.session):
        broken = world.session.scalars(select(Timer.id).order_by(Timer.due_at, Timer.id)).first()
        # the process knows no such task: nothing that a process does could have led to this row
        world.session.execute(update(Timer).where(Timer.id == broken).values(task_id="f" * 32))
    bench.later(days=3)
    assert bench.dispatcher.sweep_timers() == 2
    for _ in range(4):
        bench.later(hours=1)
        bench.dispatcher.sweep_timers()
    world.session.expire_all()
    states = sorted(world.session.scalars(select(Timer.state)))
    assert states == [TimerState.FAILED, TimerState.FIRED, TimerState.FIRED]
    assert world.session.scalars(select(Incident.element_id)).all() == ["late"]


def test_two_dispatchers_deliver_each_timer_once(bench: Bench, sessions: sessionmaker[Session]) -> None:
    world = bench.world
    for _ in range(6):
        world.start(reminded(interrupting=False))
    bench.later(days=3)
    other = EmbeddedDispatcher(sessions=sessions, runtime=world.runtime, channels={}, clock=bench.clock)
    threads = [threading.Thread(target=each.sweep_timers) for each in (bench.dispatcher, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    bench.dispatcher.sweep_timers()  # what one skipped because the other had it
    other.stop()
    fired = world.session.scalar(select(func.count()).where(AuditEvent.tag == Tag.TIMER_FIRED))
    assert fired == 6
    assert live_items(world.session) == ["handle"] * 6 + ["supervise"] * 6


def test_waking_looks_at_once_in_the_background(bench: Bench) -> None:
    bench.world.start(clocked())
    bench.later(days=20)
    bench.dispatcher.wake()
    assert bench.mail.arrived.wait(timeout=60)


def test_stopping_waits_for_the_look_under_way_and_leaves_the_rest_in_rows(bench: Bench) -> None:
    bench.world.start(clocked())
    bench.later(days=20)
    bench.dispatcher.wake()
    bench.dispatcher.stop()
    bench.world.session.expire_all()
    by_mail = select(func.count()).where(Notice.state == NoticeState.SENT, Notice.channel == "email")
    assert bench.world.session.scalar(by_mail) == len(bench.mail.taken)


def test_a_step_that_posts_a_notice_wakes_the_dispatcher_after_its_commit(
    bench: Bench, sessions: sessionmaker[Session]
) -> None:
    woken: list[int | None] = []

    def wake() -> None:
        with sessions() as other:  # what another connection sees is committed
            woken.append(other.scalar(select(func.count()).select_from(Notice)))

    bench.world.hooks.wake = wake
    bench.world.start(
        p.package(
            p.start(), p.task("ask"), p.send("tell", notice="soon", to="supervision@=place.district"), p.end(),
            p.chain("start", "ask", "tell", "end"),
            files=[("notices/soon.zh_CN.txt", "Subject: 告知 {{ case.number }}\n\n{{ link }}\n".encode())],
        )
    )  # fmt: skip
    assert woken == []
    bench.world.complete("ask")
    assert woken == [2]  # in the application and by e-mail, both committed


def test_the_figures_say_how_far_behind_things_are(bench: Bench) -> None:
    bench.world.start(clocked())
    assert bench.dispatcher.figures().due_lag == timedelta(0)
    bench.later(days=20)
    figures = bench.dispatcher.figures()
    assert timedelta(days=15) < figures.due_lag < timedelta(days=20)
    assert (figures.outbox, figures.dead) == (0, 0)


def test_a_clock_that_was_moved_moves_what_is_due(bench: Bench, sessions: sessionmaker[Session]) -> None:
    ahead = ShiftedClock(SystemClock(), timedelta(days=400))
    moved = EmbeddedDispatcher(sessions=sessions, runtime=bench.world.runtime, channels={}, clock=ahead)
    with sessions() as session:
        now = moved._now(session)
    moved.stop()
    assert abs(now - datetime.now(UTC) - timedelta(days=400)) < timedelta(seconds=30)
