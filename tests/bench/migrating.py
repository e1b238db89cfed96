"""A thousand running cases go on under another version of their process: how many a second, and what they keep."""

import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.db import sessions as session_factory
from engine.deadlines.models import Clock
from engine.definitions import deploy
from engine.instances.migrations import carry_out, prepare, rehearse
from engine.instances.models import Instance
from engine.instances.runtime import Runtime
from engine.tasks.models import LIVE, WorkItem
from tests.bench.work import NOW
from tests.engine.instances import packages as p
from tests.factories import District, make_case, make_district

CASES: Final = 1_000
_ENGINE: Final = Actor.engine()


def _package(days: str, *further: str) -> Any:
    clock = {"clock": "stage", "clock_amount": days, "clock_unit": "working-days"}
    flows = p.chain("start", "verify", "split", "one", "join", "close", "end") + p.chain("split", "two", "join")
    return p.package(
        p.start(), p.task("verify", **clock), p.both("split"), p.task("one", **clock), p.task("two"), p.both("join"),
        p.task("close"), p.timer("late", "one", interrupting=False, duration="P3D"), p.task("urge"), p.end("urged"),
        p.end(outcome="solved"), flows + p.chain("late", "urge", "urged"), *further,
    )  # fmt: skip


#: three days; then two, and a reminder for who verifies
OLD: Final = _package("3")
NEW: Final = _package(
    "2",
    p.timer("soon", "verify", interrupting=False, duration="P1D"), p.task("remind"), p.end("reminded"),
    p.chain("soon", "remind", "reminded"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What moving the cases came to.

    Args:
        rehearsed, moved: cases a second.
        refused: cases that could not be moved.
        clocks_kept: every clock that ran has the date that it had.
    """

    rehearsed: float
    moved: float
    refused: int
    clocks_kept: bool


def measure(engine: Engine, cases: int = CASES) -> Figures:
    """Start cases on one version, a third of them one step further, and move them all to another."""
    opened, runtime = session_factory(engine), Runtime(cache_size=0)
    with opened() as session:
        district = make_district(session)
        old = deploy(session, OLD, author=_ENGINE, note="", now=NOW, jurisdiction="qinghe").id
    for number in range(cases):
        _start(opened, runtime, district, further=number % 3 == 0)
    with opened() as session:
        new = deploy(session, NEW, author=_ENGINE, note="", now=NOW, jurisdiction="qinghe").id
    plan: dict[str, Any] = {"from_id": old, "to_id": new, "moves": {}, "actor": _ENGINE, "now": NOW}
    before, begin = _clocks(opened), time.perf_counter()
    tried = rehearse(opened, runtime, **plan)
    rehearsed = len(tried) / (time.perf_counter() - begin)
    with opened() as session:
        migration = prepare(session, note="", jurisdiction="qinghe", **plan).id
    begin = time.perf_counter()
    done = carry_out(opened, runtime, migration, actor=_ENGINE, now=NOW, limit=cases)
    moved = done.moved / (time.perf_counter() - begin)
    with opened() as session:
        there = session.scalar(select(func.count()).where(Instance.version_id == new)) or 0
    return Figures(
        rehearsed=rehearsed, moved=moved, refused=cases - there, clocks_kept=_clocks(opened) == before
    )  # fmt: skip


def _start(opened: sessionmaker[Session], runtime: Runtime, district: District, *, further: bool) -> None:
    with opened() as session:
        case = make_case(session, place=district.unit("willow"))
        instance = runtime.start(
            session, case_id=case.id, jurisdiction="qinghe", key="petition", actor=Actor.resident(), now=NOW,
            data={"place": {"community": "willow"}},
        )  # fmt: skip
        if further:
            item = session.scalars(
                select(WorkItem).where(WorkItem.instance_id == instance.id, WorkItem.state.in_(LIVE))
            ).one()
            runtime.complete(session, item.id, {}, actor=Actor.staff(district.person("community")), now=NOW)


def _clocks(opened: sessionmaker[Session]) -> dict[UUID, Any]:
    with opened() as session:
        return {row.id: row.due_at for row in session.execute(select(Clock.id, Clock.due_at))}


def judge(name: str, figures: Figures) -> list[str]:
    """Return the promises that the figures break."""
    broken = []
    if figures.refused:
        broken.append(f"{name}: {figures.refused} cases were not moved")
    if not figures.clocks_kept:
        broken.append(f"{name}: clocks have other dates after the migration")
    return broken
