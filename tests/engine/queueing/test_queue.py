"""Work is shared by a queue: a job holds or falls with its cause, and nothing is lost when workers come and go."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import AuditEvent, Tag
from engine.db import writing
from engine.deadlines.models import Timer, TimerState
from engine.instances.models import Incident
from engine.notices import AppChannel, Channel, Notice, NoticeState
from engine.queueing.dispatcher import SharingDispatcher
from engine.queueing.hands import Hands
from engine.queueing.presence import Announcer, Presence, count_workers, queue_figures
from engine.queueing.worker import Pace, Worker
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_timers import reminded
from tests.engine.test_dispatcher import Recorder
from tests.factories import make_case, make_district
from tests.fakes import ManualClock

pytestmark = pytest.mark.postgres

FAST = Pace(heartbeat=0.3, poll=0.2, first_wait=0.1, longest_wait=0.5)
#: the two timers and the mail of a matter
TOLD = p.package(
    p.start(),
    p.send("tell", notice="told", to="supervision@=place.district"),
    p.task("handle"),
    p.end(),
    p.chain("start", "tell", "handle", "end"),
    files=[("notices/told.zh_CN.txt", "Subject: 告知 {{ case.number }}\n\n{{ link }}\n".encode())],
)

#: its first step finds nobody to tell
BROKEN = p.package(
    p.start(), p.send("tell", notice="told", to='supervision@="nowhere"'), p.end(), p.chain("start", "tell", "end"),
    files=[("notices/told.zh_CN.txt", "Subject: 告知\n\n{{ link }}\n".encode())],
)  # fmt: skip


class Site:
    """A scheduler, and workers as they are started; all on one clock."""

    def __init__(self, world: World, sessions: sessionmaker[Session], engine: Engine) -> None:
        self.world, self.sessions, self.engine = world, sessions, engine
        self.clock, self.mail = ManualClock(world.now), Recorder()
        self.channels: dict[str, Channel] = {"email": self.mail, "app": AppChannel()}
        self.presence = Presence(silence=timedelta(seconds=2), belief=0)
        self.dispatcher = SharingDispatcher(
            presence=self.presence, sessions=sessions, runtime=world.runtime, channels=self.channels, clock=self.clock
        )
        world.runtime.hooks.wake = lambda: None
        world.runtime.hooks.queue = Announcer(self.presence)
        self._workers: list[tuple[Worker, threading.Thread]] = []

    def work(self) -> Worker:
        """Start a worker, and wait until it is there."""
        hands = Hands(sessions=self.sessions, runtime=self.world.runtime, channels=self.channels, clock=self.clock)
        worker = Worker(self.engine.url, hands, pace=FAST)
        thread = threading.Thread(target=worker.run)
        thread.start()
        self._workers.append((worker, thread))
        wait_for(lambda: self.workers() >= 1, "a worker comes")
        return worker

    def pretend_worker(self) -> None:
        """Let it look as if a worker lived, so that jobs stay where they are."""
        self.run("INSERT INTO procrastinate_workers DEFAULT VALUES")

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def workers(self) -> int:
        with self.sessions() as session:
            return count_workers(session, self.presence.silence)

    def jobs(self) -> list[tuple[str, str]]:
        """What is in the queue: kind and state."""
        with self.engine.connect() as connection:
            found = connection.execute(text("SELECT task_name, status FROM procrastinate_jobs ORDER BY id"))
            return [(row.task_name.removeprefix("chuishao."), row.status) for row in found]

    def timers(self) -> list[str]:
        with self.sessions() as session:
            return sorted(session.scalars(select(Timer.state)))

    def fired(self) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.count()).where(AuditEvent.tag == Tag.TIMER_FIRED)) or 0

    def stop(self) -> None:
        for worker, thread in self._workers:
            worker.stop()
            thread.join(60)
            assert not thread.is_alive()
        self.dispatcher.stop()


def wait_for(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def site(session: Session, sessions: sessionmaker[Session], shared: Engine, now: datetime) -> Iterator[Site]:
    district = make_district(session)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    site = Site(world, sessions, shared)
    yield site
    site.stop()


def start_due(site: Site, count: int) -> None:
    for _ in range(count):
        site.world.case = make_case(site.world.session, place=site.world.district.unit("willow"))
        site.world.start(reminded(interrupting=False))
    site.world.session.commit()
    site.clock.advance(days=3)


def test_a_job_that_sends_a_notice_is_there_when_its_step_is_and_else_not(site: Site) -> None:
    site.pretend_worker()
    with contextlib.suppress(ZeroDivisionError), writing(site.world.session):
        site.world.start(TOLD)
        raise ZeroDivisionError
    assert site.jobs() == []
    site.world.start(TOLD)
    assert site.jobs() == [("send_notices", "todo")]


def test_several_steps_of_one_transaction_put_one_job_into_the_queue(site: Site) -> None:
    site.pretend_worker()
    with writing(site.world.session):
        for _ in range(3):
            site.world.case = make_case(site.world.session, place=site.world.district.unit("willow"))
            site.world.start(TOLD)
    assert site.jobs() == [("send_notices", "todo")]


def test_without_a_worker_there_is_no_job_and_the_scheduler_does_it_itself(site: Site) -> None:
    site.world.start(TOLD)
    start_due(site, 2)
    assert (site.dispatcher.sweep_timers(), site.dispatcher.send_notices() > 0) == (2, True)
    assert (site.jobs(), site.timers()) == ([], [TimerState.FIRED] * 2)


def test_a_worker_delivers_timers_and_sends_notices_that_the_scheduler_claims(site: Site) -> None:
    site.work()
    site.world.start(TOLD)
    start_due(site, 30)
    assert site.dispatcher.sweep_timers() == 30
    assert site.dispatcher.sweep_timers() == 0, "what is in the queue is not claimed again"
    wait_for(lambda: site.timers() == [TimerState.FIRED] * 30, "all are delivered")
    wait_for(lambda: bool(site.mail.taken), "the mail is sent")
    wait_for(lambda: site.jobs() == [], "what is done is gone")
    assert site.fired() == 30


def test_what_a_page_wrote_into_the_outbox_is_sent_by_a_worker_at_the_next_tick(site: Site) -> None:
    site.world.start(TOLD)
    site.work()
    assert not site.mail.taken
    site.dispatcher.send_notices()
    wait_for(lambda: bool(site.mail.taken), "the mail is sent")


def test_jobs_of_a_dead_worker_are_split_and_given_to_others(site: Site) -> None:
    site.pretend_worker()
    start_due(site, 3)
    site.dispatcher.sweep_timers()
    assert site.jobs() == [("fire_timers", "todo")]
    fetch_and_die(site)
    site.pretend_worker()
    assert site.dispatcher.rescue() == 1
    assert site.jobs() == [("fire_timers", "failed"), *[("fire_timers", "todo")] * 3]
    site.work()
    wait_for(lambda: site.timers() == [TimerState.FIRED] * 3, "all are delivered")
    assert site.fired() == 3


def test_a_timer_of_which_three_workers_died_is_an_incident_and_the_others_are_not_touched(site: Site) -> None:
    start_due(site, 1)
    site.pretend_worker()
    site.dispatcher.sweep_timers()
    for _ in range(3):
        assert site.timers() == [TimerState.WAITING]
        fetch_and_die(site)
        site.pretend_worker()
        assert site.dispatcher.rescue() == 1
    assert site.timers() == [TimerState.FAILED]
    with site.sessions() as session:
        assert session.scalars(select(Incident.code)).all() == ["carrier-died"]
    assert ("fire_timers", "todo") not in site.jobs()


def test_what_a_worker_died_of_is_never_done_beside_what_it_died_beside(site: Site) -> None:
    """Of two at a time nobody would know which one kills, and after three deaths both would be blamed."""
    site.pretend_worker()
    start_due(site, 2)
    site.dispatcher.sweep_timers()
    fetch_and_die(site)
    site.pretend_worker()
    site.dispatcher.rescue()
    with site.engine.begin() as connection:
        assert [fetch(connection) is not None for _ in range(2)] == [True, False]


def fetch(connection: Connection) -> int | None:
    """Take a job as a worker does that has just come; None when there is none that may be done now."""
    worker = connection.scalar(text("SELECT procrastinate_register_worker_v1()"))
    job = text("SELECT id FROM procrastinate_fetch_job_v2(NULL, :worker)")
    return connection.execute(job, {"worker": worker}).scalar()


def fetch_and_die(site: Site) -> None:
    """Do what a worker does that takes a job and is killed: it falls silent with the job in its hands."""
    with site.engine.begin() as connection:
        assert fetch(connection) is not None
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))


def test_when_the_last_worker_is_gone_the_scheduler_takes_back_what_waits(site: Site) -> None:
    site.pretend_worker()
    start_due(site, 2)
    site.dispatcher.sweep_timers()
    site.run("DELETE FROM procrastinate_workers")
    assert site.dispatcher.sweep_timers() == 0, "it is still in the queue"
    site.dispatcher.rescue()
    assert site.jobs() == []
    assert (site.dispatcher.sweep_timers(), site.fired()) == (2, 2)


def test_an_incident_is_tried_again_by_a_worker_once_at_a_time(site: Site) -> None:
    site.world.start(BROKEN)
    site.world.session.commit()
    site.clock.advance(hours=1)
    site.pretend_worker()
    assert (site.dispatcher.rescue(), site.dispatcher.rescue()) == (1, 0)
    site.work()

    def tries() -> int:
        with site.sessions() as session:
            return session.scalars(select(Incident.tries)).one()

    wait_for(lambda: tries() == 2, "it is tried again")


def test_a_retry_that_kills_workers_is_left_to_a_person(site: Site) -> None:
    site.world.start(BROKEN)
    site.world.session.commit()
    site.clock.advance(hours=1)
    site.pretend_worker()
    assert site.dispatcher.rescue() == 1
    for _ in range(3):
        fetch_and_die(site)
        site.pretend_worker()
        assert site.dispatcher.rescue() == 1
    with site.sessions() as session:
        assert session.scalars(select(Incident.code)).all() == ["carrier-died"]
    assert site.dispatcher.rescue() == 0


def test_a_worker_comes_back_when_its_connections_were_cut(site: Site) -> None:
    site.work()
    for _ in range(2):
        site.engine.dispose()
        site.world.session.close()
        site.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        time.sleep(0.2)
    site.engine.dispose()
    start_due(site, 1)
    wait_for(lambda: site.workers() >= 1, "it is there again")
    site.dispatcher.sweep_timers()
    wait_for(lambda: site.timers() == [TimerState.FIRED], "it works again")


def test_timers_of_a_job_that_lost_its_connection_are_delivered_soon_and_not_when_their_claim_ends(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_due(site, 3)
    site.work()
    deliver, lost = site.world.runtime.fire_timers, threading.Event()

    def deliver_without(session: Session, *given: Any) -> Any:
        if not lost.is_set():
            lost.set()
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return deliver(session, *given)

    monkeypatch.setattr(site.world.runtime, "fire_timers", deliver_without)
    assert site.dispatcher.sweep_timers() == 3
    wait_for(lambda: site.timers() == [TimerState.FIRED] * 3, "the job is done again")
    wait_for(lambda: site.jobs() == [], "nothing counts as failed")
    assert site.fired() == 3


def test_a_worker_that_is_told_to_stop_finishes_its_group_and_gives_the_rest_back(site: Site) -> None:
    start_due(site, 30)
    hands = Hands(sessions=site.sessions, runtime=site.world.runtime, channels={}, clock=site.clock)
    with site.sessions() as session:
        ids = [str(each) for each in session.scalars(select(Timer.id))]
    with writing(site.world.session):
        site.world.session.execute(update(Timer).values(claimed_until=site.clock.now() + timedelta(hours=1)))
    hands.halt()
    assert hands.fire_timers(ids) == 0
    assert site.dispatcher.sweep_timers() == 30, "nothing is left claimed"


def test_figures_tell_of_workers_and_jobs(site: Site) -> None:
    site.pretend_worker()
    start_due(site, 1)
    site.dispatcher.sweep_timers()
    with site.sessions() as session:
        found = queue_figures(session)
    assert found is not None
    assert (found.workers, found.waiting, found.doing, found.failed) == (1, 1, 0, 0)


def test_notices_reach_their_state(site: Site) -> None:
    site.work()
    site.world.start(TOLD)

    def states() -> set[str]:
        with site.sessions() as session:
            return set(session.scalars(select(Notice.state)))

    wait_for(lambda: states() == {NoticeState.SENT}, "all are sent")
