"""`kill -9` of the server at random points: each step's effects once, each notice sent, nothing acknowledged lost."""

import random
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent, Tag
from engine.audit.seals import seal, verify
from engine.deadlines.models import Timer, TimerState
from engine.definitions import deploy
from engine.instances.models import Incident, Instance, InstanceStatus
from engine.instances.runtime import Runtime
from engine.notices import Notice, NoticeState
from engine.tasks.models import WorkItem, WorkItemState
from tests.engine.instances import packages as p
from tests.factories import make_case, make_district
from tests.faults.commands import begun
from tests.faults.server import serve

#: 20 instances of ten user tasks each.
INSTANCES, TASKS = 20, 10
#: How many servers are killed; how long one lives once it works, and how long the last one may take, in seconds.
KILLS, LIVES, LAST = 6, (0.05, 0.6), 90.0

_ROUND = [f"task_{number}" for number in range(TASKS)]
#: Ten tasks one after the other; a mail after each fifth, and a timer that is due at once and sends one more.
PROCESS = p.package(
    p.start(),
    *(p.task(name) for name in _ROUND),
    p.send("half", notice="told", to="supervision@=place.district"),
    p.send("whole", notice="told", to="department_lead@water"),
    p.timer("late", "task_0", interrupting=False, duration='=duration("P1D")'),
    p.send("remind", notice="told", to="supervision@=place.district"),
    p.end("reminded"),
    p.end("done", outcome="solved"),
    p.chain("start", *_ROUND[:5], "half", *_ROUND[5:], "whole", "done"),
    p.chain("late", "remind", "reminded"),
    files=[("notices/told.zh_CN.txt", "Subject: 告知 {{ case.number }}\n\n{{ link }}\n".encode())],
)


@dataclass
class Sink:
    """A mail server that remembers the key of every mail."""

    keys: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        key = message_from_bytes(envelope.content)["X-Idempotency-Key"]
        self.keys.append("".join(key.split()))  # a long header is folded
        return "250 taken"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def _begin(sessions: sessionmaker[Session]) -> None:
    now = datetime.now(UTC)
    runtime = Runtime()
    with sessions() as session:
        district = make_district(session)
        deploy(session, PROCESS, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
        for _ in range(INSTANCES):
            case = make_case(session, place=district.unit("willow"))
            place = {
                "code": "willow",
                "name": "柳园社区",
                "community": "willow",
                "street": "east",
                "district": "qinghe",
            }
            runtime.start(
                session, case_id=case.id, jurisdiction="qinghe", key="petition",
                data={"case": {"number": case.number}, "place": place}, actor=Actor.resident(), now=now,
            )  # fmt: skip


def _kill_until_done(url: str, port: int, acknowledged: Path) -> int:
    """Start the server, kill it, start it again, until it ends by itself; return how often it was killed."""
    chance, kills = random.Random(7), 0
    while True:
        before = acknowledged.stat().st_size if acknowledged.exists() else 0
        with begun(serve, url, port, acknowledged, kills) as server:
            deadline = time.monotonic() + 20
            while server.is_alive() and _grown(acknowledged, before) < 1 and time.monotonic() < deadline:
                time.sleep(0.01)  # kill it while it works
            server.join(chance.uniform(*LIVES) if kills < KILLS else LAST)
            ended = server.exitcode
        if ended is not None:
            assert ended == 0, "what it says stands above"
            return kills
        kills += 1


def _grown(path: Path, before: int) -> int:
    return (path.stat().st_size if path.exists() else 0) - before


@pytest.mark.faults
@pytest.mark.slow
def test_a_server_that_is_killed_again_and_again_loses_and_doubles_nothing(
    database_url: str, sessions: sessionmaker[Session], tmp_path: Path, sink: tuple[Sink, int]
) -> None:
    mails, port = sink
    _begin(sessions)
    acknowledged = tmp_path / "acknowledged"
    kills = _kill_until_done(database_url, port, acknowledged)
    assert kills >= 3, "it was not killed often enough to show anything"
    with sessions() as session:
        _each_step_happened_once(session)
        _nothing_acknowledged_is_lost(session, acknowledged)
        _every_notice_was_sent(session, mails)
        while seal(session, datetime.now(UTC) + (datetime.max.replace(tzinfo=UTC) - datetime.now(UTC)) / 2):
            pass
        assert verify(session) == []


def _each_step_happened_once(session: Session) -> None:
    instances = session.scalars(select(Instance)).all()
    assert {instance.status for instance in instances} == {InstanceStatus.COMPLETED}
    # a step each: the start, ten completions, and the timer where it came before its task was done
    fired = Counter(session.scalars(select(Timer.instance_id).where(Timer.state == TimerState.FIRED)))
    for instance in instances:
        assert instance.lock_version == 1 + TASKS + fired[instance.id]
    states = Counter(session.scalars(select(WorkItem.state)))
    assert states == {WorkItemState.COMPLETED: INSTANCES * TASKS}
    per_task = session.execute(
        select(WorkItem.instance_id, WorkItem.element_id, func.count()).group_by(
            WorkItem.instance_id, WorkItem.element_id
        )
    )
    assert {number for _, _, number in per_task} == {1}
    tags = Counter(session.scalars(select(AuditEvent.tag)))
    assert tags[Tag.WORK_ITEM_COMPLETED] == tags[Tag.WORK_ITEM_CREATED] == INSTANCES * TASKS
    assert tags[Tag.INSTANCE_COMPLETED] == INSTANCES
    assert tags[Tag.TIMER_FIRED] == sum(fired.values())
    assert session.scalars(select(Incident)).all() == []


def _nothing_acknowledged_is_lost(session: Session, acknowledged: Path) -> None:
    told = acknowledged.read_text().split()
    assert len(told) == len(set(told)), "an item was acknowledged twice"
    done = {str(item) for item in session.scalars(select(WorkItem.id).where(WorkItem.state == "completed"))}
    assert set(told) <= done


def _every_notice_was_sent(session: Session, mails: Sink) -> None:
    notices = session.scalars(select(Notice)).all()
    assert {notice.state for notice in notices} == {NoticeState.SENT}
    fired = session.scalar(select(func.count()).where(Timer.state == TimerState.FIRED)) or 0
    expected = {notice.key for notice in notices if notice.channel == "email"}
    assert len(expected) == 2 * INSTANCES + fired
    assert set(mails.keys) == expected
