"""At each named moment the real command is killed and started again: no step is lost or doubled, no notice is lost."""

import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent, Tag
from engine.audit.seals import verify
from engine.backups.occupants import occupants
from engine.db import connect
from engine.db import sessions as session_factory
from engine.deadlines.models import Timer, TimerState
from engine.definitions import deploy
from engine.failpoints import POINTS
from engine.figures import figures
from engine.instances.models import Incident, IncidentState, Instance, Migration
from engine.instances.runtime import Runtime
from engine.notices import Notice, NoticeState, message_id, resend
from engine.notices.holding import standing_hold
from engine.queueing import schema
from engine.queueing.presence import count_workers
from engine.tables import metadata
from engine.tasks.models import WorkItem
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_timers import CLOCKED, TEXTS
from tests.engine.notices.mail import Mailbox, mail_server
from tests.factories import make_case, make_district
from tests.faults.commands import KILLED, Command, running
from web.api.tokens import issue_token
from web.cli import main
from web.migrating import newest_revision

pytestmark = [pytest.mark.faults, pytest.mark.slow]

OLD = p.package(p.start(), p.task("a"), p.end(), p.chain("start", "a", "end"), key="moved")
NEW = p.package(p.start(), p.task("a"), p.task("b"), p.end(), p.chain("start", "a", "b", "end"), key="moved")
TASKS = p.package(
    p.start(), p.task("handle"), p.task("close"), p.end(outcome="solved"), p.chain("start", "handle", "close", "end"),
    key="tasks",
)  # fmt: skip
LADDER = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="tests">
<decision id="ladder" name="ladder"><variable id="v" name="ladder"/><literalExpression id="e"><text>[
{"rung": "L2", "after_due": 1, "unit": "working-days", "to": ["supervision"], "notice": "late"}
]</text></literalExpression></decision></definitions>"""
#: one rung, one mail, and a timer that follows it
LATE = p.package(
    p.start(), p.task("handle", **CLOCKED), p.timer("late", "handle", interrupting=False, date='=rung("handle", "L2")'),
    p.task("supervise", role="supervision", unit="=place.district"), p.end("done"), p.end("told"),
    p.chain("start", "handle", "done"), p.chain("late", "supervise", "told"),
    files=[("decisions/ladder.dmn", LADDER.encode()), *TEXTS],
)  # fmt: skip
LONG_AGO = "2020-01-01 00:00:00+00"


class Site:
    """An installation on a database of its own, which real commands run on."""

    def __init__(self, env: Path, url: str, mails: Mailbox) -> None:
        self.env, self.mails = env, mails
        self.engine = connect(url)
        self.sessions: sessionmaker[Session] = session_factory(self.engine)
        metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": newest_revision()})
        if self.is_postgres:
            schema.bring_up(self.engine)
        with self.sessions() as session:
            self.district = make_district(session)

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def command(self, words: str, failpoints: str = "") -> AbstractContextManager[Command]:
        return running(words.split(), self.env, self.env.with_suffix(".log"), failpoints)

    def killed(self, words: str, point: str, times: int = 1) -> None:
        """Run a command until it is killed at a moment."""
        with self.command(words, f"{point}=kill@{times}") as command:
            assert command.ended() == KILLED, f"{point}: {command.said()}"

    def start(self, package: Any, count: int, now: datetime) -> None:
        """Start matters."""
        with self.sessions() as session:
            for _ in range(count):
                world = World(session, self.district, make_case(session, place=self.district.unit("willow")), now)
                world.runtime.hooks.wake = lambda: None
                world.start(package)

    def late(self, count: int) -> None:
        """Start matters whose rungs, and the timer that follows the last of them, are due."""
        self.start(LATE, count, datetime.now(UTC) - timedelta(days=60))

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def let_leases_end(self) -> None:
        """Let the time pass for which what somebody has is left alone."""
        self.run(f"UPDATE timer SET claimed_until = '{LONG_AGO}' WHERE state = 'waiting'")
        self.run(f"UPDATE rung SET claimed_until = '{LONG_AGO}' WHERE claimed_until IS NOT NULL")
        self.run(f"UPDATE notice SET next_try_at = '{LONG_AGO}' WHERE state IN ('pending', 'sending')")
        self.run(f"UPDATE scheduler SET ticked_at = '{LONG_AGO}'")
        if self.is_postgres:
            self.run(f"UPDATE procrastinate_workers SET last_heartbeat = '{LONG_AGO}'")

    def retry_what_is_in_sight(self) -> None:
        """Do what an operator does about a timer of which three processes died, or a notice."""
        now = datetime.now(UTC)
        with self.sessions() as session:
            for incident in session.scalars(sa.select(Incident).where(Incident.state == IncidentState.OPEN)).all():
                assert incident.code == "carrier-died"
                assert Runtime().retry(session, incident.id, actor=Actor.engine(), now=now)
            for notice in session.scalars(sa.select(Notice).where(Notice.state == NoticeState.DEAD)).all():
                assert "ended without an answer" in str(notice.error)
                resend(session, notice.id, Actor.engine(), now)

    def number(self, statement: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.exec_driver_sql(statement).scalar_one())

    def left(self) -> int:
        """What is due and not done."""
        with self.sessions() as session:
            now = figures(session, datetime.now(UTC))
        return sum(queue.depth for queue in now.queues.values()) + now.outbox

    def await_(self, reached: Callable[[], bool], command: Command) -> None:
        deadline = time.monotonic() + 120
        while not reached():
            assert time.monotonic() < deadline, command.said()
            assert command.process.is_alive(), command.said()
            time.sleep(0.03)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if request.config.getoption("--database") not in ("both", request.param):
        pytest.skip("not the database that was asked for")
    folder = tmp_path_factory.mktemp("site")
    env, url = folder / "x.env", f"sqlite:///{folder / 'x.sqlite'}"
    main(["init", str(env)], environ={})
    name, root = f"failing_{request.getfixturevalue('worker_name')}", None
    if request.param == "postgres":
        from tests.postgres import find_binaries

        os.environ["PATH"] = f"{find_binaries()}{os.pathsep}{os.environ['PATH']}"
        known: sa.Engine = request.getfixturevalue("_postgres_engine")
        root = sa.create_engine(known.url, isolation_level="AUTOCOMMIT")
        with root.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        url = known.url.set(database=name).render_as_string(hide_password=False)
    with mail_server() as mails:
        lines = [line for line in env.read_text().splitlines() if "DATABASE_URL" not in line]
        said = {"DATABASE_URL": url, "JURISDICTION": "qinghe", "SCHEDULER_EMBEDDED": "0", "SMTP_URL": mails.url,
                "MAIL_FROM": "notices@qinghe.example", "LOG_LEVEL": "WARNING"}  # fmt: skip
        env.write_text("\n".join([*lines, *(f"CHUISHAO_{key}={value}" for key, value in said.items())]) + "\n")
        site = Site(env, url, mails)
        yield site
        site.engine.dispose()
    if root is not None:
        with root.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        root.dispose()


def nothing_is_lost_or_doubled(site: Site, mails_twice: int) -> None:
    """Every due timer and rung had its effect once, every notice left, and at most so many mails came twice."""
    with site.sessions() as session:
        assert set(session.scalars(sa.select(Timer.state))) == {TimerState.FIRED}
        fired = session.scalars(sa.select(AuditEvent.case_id).where(AuditEvent.tag == Tag.TIMER_FIRED)).all()
        assert Counter(fired) == dict.fromkeys(session.scalars(sa.select(Timer.case_id)).all(), 1)
        told = sa.select(WorkItem.case_id).where(WorkItem.element_id == "supervise")
        assert sorted(session.scalars(told)) == sorted(fired)
        assert Counter(session.execute(sa.text("SELECT state FROM rung")).scalars()).keys() == {"fired"}
        assert session.scalar(sa.text("SELECT count(*) FROM rung WHERE state = 'fired'")) == len(fired)
        assert set(session.scalars(sa.select(Notice.state))) == {NoticeState.SENT}
        assert set(session.scalars(sa.select(Incident.state))) <= {IncidentState.RESOLVED}
        wanted = [message_id(key, "notices@qinghe.example")
                  for key in session.scalars(sa.select(Notice.key).where(Notice.channel == "email"))]  # fmt: skip
        assert verify(session) == []
    came = Counter(site.mails.ids())
    assert came.keys() == set(wanted), "no mail is lost"
    assert sum(came.values()) - len(wanted) <= mails_twice, "a second one bears the same id, and there are few"


#: mails are sent one after the other: one that was under way at a kill comes twice
SCHEDULER = ("timer-claimed", "rung-before-commit", "timer-before-commit", "timer-after-commit", "notice-claimed",
             "notice-sent")  # fmt: skip


def test_a_scheduler_that_is_killed_at_each_of_its_moments(site: Site) -> None:
    for point in SCHEDULER:
        site.late(1)
        site.killed("scheduler", point)
        site.let_leases_end()
    with site.command("scheduler") as last:
        site.await_(lambda: site.left() == 0, last)
        site.retry_what_is_in_sight()
        site.await_(lambda: site.left() == 0, last)
        assert last.stop() == 0, last.said()
    nothing_is_lost_or_doubled(site, mails_twice=len(SCHEDULER))


def test_a_worker_that_is_killed_at_each_of_its_moments(site: Site) -> None:
    if not site.is_postgres:
        pytest.skip("with SQLite there are no workers")
    before = len(site.mails.received)
    site.late(1)
    site.run("INSERT INTO procrastinate_workers DEFAULT VALUES")  # so that the scheduler hands its work out
    site.killed("scheduler", "job-deferred")
    assert site.number("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'chuishao.fire_timers'") == 0
    points = ("job-taken", "timer-before-commit", "notice-sent", "job-done")
    for point in points:
        site.let_leases_end()
        site.late(1)
        with site.command("worker", f"{point}=kill") as worker:
            site.await_(lambda: _workers(site) == 1, worker)
            with site.command("scheduler"):
                assert worker.ended() == KILLED, worker.said()
        site.run("UPDATE procrastinate_workers SET last_heartbeat = '2020-01-01'")
        site.run(f"UPDATE notice SET next_try_at = '{LONG_AGO}' WHERE state IN ('pending', 'sending')")
    assert site.number("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") > 0, "in sight until rescued"
    site.let_leases_end()  # the scheduler of the last round was killed, too, with rungs in its hands perhaps
    with site.command("worker") as worker:
        site.await_(lambda: _workers(site) == 1, worker)
        with site.command("scheduler") as scheduler:
            site.await_(lambda: site.left() == 0, scheduler)
            site.retry_what_is_in_sight()
            site.await_(lambda: site.left() == 0, scheduler)
            assert (scheduler.stop(), worker.stop()) == (0, 0)
    assert len(site.mails.received) > before
    nothing_is_lost_or_doubled(site, mails_twice=len(SCHEDULER) + len(points))


def _workers(site: Site) -> int:
    with site.sessions() as session:
        return count_workers(session)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_pages_that_are_killed_before_and_after_the_commit_of_a_step_answer_the_same_request_once(site: Site) -> None:
    with site.sessions() as session:
        staff, now = session.merge(site.district.person("community")), datetime.now(UTC)
        token = issue_token(session, staff, name="test", actor=Actor.engine(), jurisdiction="qinghe", now=now)
    port, items = free_port(), []
    for point in ("completion-before-commit", "completion-after-commit"):
        site.start(TASKS, 1, datetime.now(UTC))
        with site.sessions() as session:
            items.append(session.scalars(sa.select(WorkItem.id).order_by(WorkItem.created_at.desc())).first())
        with site.command(f"web --port {port}", f"{point}=kill") as web:
            site.await_(lambda: _listens(port), web)
            assert _complete(port, token, items[-1]) is None, "nobody is told"
            assert web.ended() == KILLED, web.said()
    with site.command(f"web --port {port}") as web:
        site.await_(lambda: _listens(port), web)
        for item_id in items * 2:
            assert _complete(port, token, item_id)["state"] == "completed"
        web.stop()
    with site.sessions() as session:
        completed = session.scalars(sa.select(AuditEvent.data).where(AuditEvent.tag == Tag.WORK_ITEM_COMPLETED)).all()
    assert Counter(each["item"] for each in completed) == {str(item_id): 1 for item_id in items}


def _listens(port: int) -> bool:
    with socket.socket() as near:
        return near.connect_ex(("127.0.0.1", port)) == 0


def _complete(port: int, token: str, item_id: UUID | None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/work-items/{item_id}/complete", data=b'{"data": {}}', method="POST",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json",
                 "Idempotency-Key": str(item_id)},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error
    except OSError:
        return None


def test_a_migration_of_cases_that_is_killed_is_taken_up_again_and_moves_each_once(site: Site) -> None:
    now = datetime.now(UTC)
    site.start(OLD, 4, now)
    with site.sessions() as session:
        deploy(session, NEW, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    site.killed("migrate moved --from 1 --to 2", "migration-before-commit", 2)
    with site.sessions() as session:
        identity = session.scalars(sa.select(Migration.id)).one()
    site.killed(f"migrate --resume {identity}", "migration-between-cases", 2)
    with site.command(f"migrate --resume {identity} --json") as last:
        assert last.ended() == 0, last.said()
    with site.sessions() as session:
        moved = session.scalars(sa.select(AuditEvent.case_id).where(AuditEvent.tag == Tag.INSTANCE_MIGRATED)).all()
        cases = session.scalars(sa.select(Instance.case_id).where(Instance.key == "moved")).all()
        assert Counter(moved) == dict.fromkeys(cases, 1)
        assert len(set(session.scalars(sa.select(Instance.version_id).where(Instance.key == "moved")))) == 1


def test_nothing_is_restored_under_a_process_that_lives(site: Site) -> None:
    archive = site.env.with_name("one.backup")
    with site.command(f"backup {archive}") as command:
        assert command.ended() == 0, command.said()
    site.let_leases_end()  # those that were killed are missed by now
    site.engine.dispose()
    url = sa.make_url(site.engine.url)
    for words in (f"web --port {free_port()}", "scheduler", "worker")[: 3 if site.is_postgres else 2]:
        name = f"chuishao {words.split()[0]} "
        with site.command(words) as living:
            site.await_(lambda: bool(occupants(url)), living)
            with site.command(f"restore {archive} --replace") as command:
                assert command.ended() == 2, command.said()
                said = command.said().splitlines()[-1]
            assert "is in use" in said
            assert (name if site.is_postgres else f"process {living.process.pid}") in said
            living.stop()
        deadline = time.monotonic() + 10  # the server's end of a connection lives a moment longer than the process
        while gone := occupants(url):
            assert time.monotonic() < deadline, f"who ends in order is not missed for a minute: {gone}"
            time.sleep(0.03)
    with site.command(f"restore {archive} --replace") as command:
        assert command.ended() == 0, command.said()


def test_a_backup_and_a_restore_that_are_killed_leave_nothing_half_done(site: Site) -> None:
    archive = site.env.with_name("all.backup")
    site.let_leases_end()  # those that were killed are missed by now
    site.killed(f"backup {archive}", "backup-copied")
    assert not archive.exists()
    with site.command(f"backup {archive}") as command:
        assert command.ended() == 0, command.said()
    kept = site.number('SELECT count(*) FROM "case"')
    site.start(OLD, 1, datetime.now(UTC))
    aside = len(list(site.env.parent.glob("x.sqlite.before-*")))
    points = ["restore-unpacked", "restore-set-aside", "restore-put-back"]
    for point in points if not site.is_postgres else points[::2]:
        site.engine.dispose()
        site.killed(f"restore {archive} --replace", point)
        if point == "restore-unpacked":
            assert site.number('SELECT count(*) FROM "case"') == kept + 1, "nothing was changed yet"
        if point == "restore-set-aside":
            assert len(list(site.env.parent.glob("x.sqlite.before-*"))) == aside + 1, "what was there is beside it"
    site.engine.dispose()
    with site.command(f"restore {archive} --replace") as command:
        assert command.ended() == 0, command.said()
    assert site.number('SELECT count(*) FROM "case"') == kept
    with site.sessions() as session:
        assert standing_hold(session) is not None, "notices are held"
        assert verify(session) == []


def test_every_failpoint_is_tried_here() -> None:
    said = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in POINTS if f'"{name}"' not in said] == []
