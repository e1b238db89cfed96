"""Each rung once, whatever happens to its clock; after a long silence one notice, with the date it should have had."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.db import writing
from engine.deadlines import extend_clock, import_year, recompute_clocks
from engine.deadlines.models import Clock, Rung
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.runtime import Runtime
from engine.notices import Notice
from engine.tasks import handing
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_deadlines_hold import LADDER, Hand

BODY = (
    b"Subject: {{ rung }}\n\ndue {{ due }}, first {{ original_due }}"
    b"{% if caught_up %}, should have come {{ rung_due }}{% endif %}\n"
)
#: How a date is marked whose year has no notice yet.
UNSURE = "（暂定）"


@dataclass
class Clockwork:
    """A matter of the water department with its ladder, and two nodes that look for what is due."""

    world: World
    sessions: sessionmaker[Session]
    clock: Hand
    nodes: list[EmbeddedDispatcher]

    @property
    def now(self) -> datetime:
        return self.clock.moment

    def restart(self) -> None:
        for node in self.nodes:
            node.stop()
        self.nodes[:] = [
            EmbeddedDispatcher(sessions=self.sessions, runtime=Runtime(), channels={}, clock=self.clock)
            for _ in range(2)
        ]

    def rung(self, name: str) -> Rung:
        self.world.session.rollback()
        return self.world.session.scalars(select(Rung).where(Rung.name == name)).one()

    def until(self, name: str) -> None:
        """Let time pass to a rung, and look."""
        self.clock.moment = self.rung(name).due_at
        self.nodes[0].sweep_rungs()

    def told(self) -> list[str | None]:
        """The rungs that spoke, in order, each with one addressee."""
        self.world.session.rollback()
        found = select(Notice.rung).where(Notice.template == "told", Notice.channel == "app").order_by(Notice.id)
        return list(dict.fromkeys(self.world.session.scalars(found)))

    def bodies(self) -> list[str]:
        self.world.session.rollback()
        return list(self.world.session.scalars(select(Notice.body).where(Notice.template == "told")))


@pytest.fixture
def work(world: World, sessions: sessionmaker[Session]) -> Iterator[Clockwork]:
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    ladder = LADDER.replace(', "sign": true', "").replace(',\n "acknowledge_hours": 8', "")
    world.start(
        p.package(
            p.start(), p.task("handle", role="handler", unit="water", **clocked), p.end("done"),
            p.chain("start", "handle", "done"),
            files=[p.decision("ladder", ladder), *((f"notices/told.{each}.txt", BODY) for each in ("zh_CN", "en"))],
        )
    )  # fmt: skip
    clock = Hand()
    clock.moment = world.now
    found = Clockwork(world, sessions, clock, [])
    found.restart()
    yield found
    for node in found.nodes:
        node.stop()


def recomputed(work: Clockwork) -> None:
    """The notice of the year comes, twice the same."""
    for _ in range(2):
        import_year(work.world.session, "qinghe", 2026, now=work.now)
        recompute_clocks(work.world.session, "qinghe", reason="通知", now=work.now)


def extended(work: Clockwork) -> None:
    clock_id = work.world.session.scalars(select(Clock.id)).one()
    lead = Actor.staff(work.world.district.person("water-lead"))
    extend_clock(
        work.world.session, clock_id, amount=10, unit="working-days", reason="等配件", approved_by=lead, now=work.now
    )


def reassigned(work: Clockwork) -> None:
    session, district = work.world.session, work.world.district
    item = work.world.items()["handle"]
    handing.transfer(
        session, item.id, to=district.person("handler"), staff=district.person("water-lead"), now=work.now, lead=True
    )


def restarted(work: Clockwork) -> None:
    work.restart()


def killed(work: Clockwork) -> None:
    """A node dies between firing a rung and the commit."""
    rung_id = work.rung("L1").id

    def die() -> None:
        with work.sessions() as session, writing(session):
            Runtime().fire_rung(session, rung_id, work.rung("L1").due_at)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    work.restart()


@pytest.mark.parametrize("happens", [recomputed, extended, reassigned, restarted, killed])
def test_each_rung_speaks_once_whatever_happens_in_between(
    work: Clockwork, happens: Callable[[Clockwork], None]
) -> None:
    promised = work.world.session.scalars(select(Clock.original_due_at)).one()
    work.until("L0")
    happens(work)
    work.nodes[1].sweep_rungs()
    assert work.told() == ["L0"]  # what has fired does not fire again
    for name in ("L1", "L2", "L3", "L4"):
        work.until(name)
        work.nodes[1].sweep_rungs()
    assert work.told() == ["L0", "L1", "L2", "L3", "L4"]
    keys = Counter(work.world.session.scalars(select(Notice.key)))
    assert set(keys.values()) == {1}
    assert work.world.session.scalars(select(Clock.original_due_at)).one() == promised


def test_two_nodes_at_once_speak_once(work: Clockwork) -> None:
    for name in ("L0", "L1", "L2"):
        work.clock.moment = work.rung(name).due_at
        threads = [threading.Thread(target=node.sweep_rungs) for node in work.nodes for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert work.told() == ["L0", "L1", "L2"]
    assert len(work.bodies()) == len(set(work.world.session.scalars(select(Notice.key))))


def test_after_a_long_silence_one_notice_of_the_highest_rung_with_the_date_it_should_have_had(work: Clockwork) -> None:
    due = work.rung("L3").due_at
    work.clock.moment = due + timedelta(days=1)  # L0 to L3 fell due while nothing ran
    work.restart()
    for node in work.nodes:
        node.sweep_rungs()
    assert work.told() == ["L3"]
    assert {rung: work.rung(rung).state for rung in ("L0", "L1", "L2", "L3", "L4")} == {
        "L0": "skipped", "L1": "skipped", "L2": "skipped", "L3": "fired", "L4": "waiting",
    }  # fmt: skip
    assert work.rung("L3").due_at == due
    # 25 March was promised; five working days later it should have come
    expected = f"due 2026-03-25 17:30{UNSURE}, first 2026-03-25 17:30, should have come 2026-04-01 17:30\n"
    assert set(work.bodies()) == {expected}


def test_a_rung_in_time_says_nothing_of_another_date(work: Clockwork) -> None:
    work.until("L2")
    assert set(work.bodies()) == {f"due 2026-03-25 17:30{UNSURE}, first 2026-03-25 17:30\n"}
