"""Weeks of cases: filed, worked on and escalated by the real engine, at simulated times."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.filing import Filing, file_case
from engine.cases.models import Case
from engine.cases.offers import send_offer
from engine.cases.parties import NewParty
from engine.cases.vault import Vault
from engine.deadlines import calendar_for
from engine.deadlines.calendar import WorkCalendar
from engine.instances.chasing import unanswered_rungs
from engine.instances.escalation import due_rungs
from engine.instances.reading import task_data
from engine.instances.runtime import Runtime
from engine.instances.timers import due_timers
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.policy import resident_viewer
from engine.organisation.roles import Role
from engine.organisation.service import members
from engine.tasks.models import LIVE, WorkItem
from web.demo.answers import answer
from web.demo.district import JURISDICTION
from web.demo.matters import STORIES, Course, Story

#: how often the simulated scheduler looks for due timers
_TICK: Final = timedelta(hours=4)
#: working time between a task's appearance and its completion, in hours
_TAKES: Final = (0.5, 5.0)


@dataclass
class _Running:
    """A case under way in the simulation."""

    story: Story
    case_id: UUID
    done: Counter[str] = field(default_factory=Counter)


class History:
    """Runs the stories from the first filing to the demonstration's present.

    Args:
        seed: the same seed makes the same weeks.
    """

    def __init__(self, session: Session, runtime: Runtime, vault: Vault, now: datetime, *, seed: int = 7) -> None:
        self._session, self._runtime, self._vault, self._now = session, runtime, vault, now
        self._random = random.Random(seed)  # noqa: S311 - a story, no secret
        self._calendar: WorkCalendar = calendar_for(session, JURISDICTION, at=now)
        self._order = itertools.count()
        self._queue: list[tuple[datetime, int, Story | _Running]] = []

    def run(self) -> int:
        """Play everything; return how many cases were filed."""
        for story in STORIES:
            self._put(self._now - timedelta(days=story.days_ago), story)  # residents file at any hour
        swept = min(at for at, _, _ in self._queue)
        while self._queue and self._queue[0][0] <= self._now:
            at, _, what = heapq.heappop(self._queue)
            while swept + _TICK < at:
                swept += _TICK
                self._sweep(swept)
            if isinstance(what, Story):
                self._file(what, at)
            else:
                self._work(what, at)
        while swept < self._now:
            swept = min(swept + _TICK, self._now)
            self._sweep(swept)
        return len(STORIES)

    def _put(self, at: datetime, what: Story | _Running) -> None:
        heapq.heappush(self._queue, (at, next(self._order), what))

    def _later(self) -> timedelta:
        return timedelta(hours=self._random.uniform(*_TAKES))

    def _on_duty(self, at: datetime) -> datetime:
        """Move a moment to duty hours: staff sleep, and rest on holidays."""
        local = at.astimezone(self._calendar.zone)
        if local.hour >= 17:
            local = (local + timedelta(days=1)).replace(hour=8, minute=30 + local.minute // 3)
        elif local.hour < 8:
            local = local.replace(hour=8, minute=30 + local.minute // 3)
        while not self._calendar.is_working(local.date()):
            local += timedelta(days=1)
        return min(local.astimezone(at.tzinfo), self._now) if local <= self._now else local

    def _sweep(self, now: datetime) -> None:
        for timer_id in due_timers(self._session, now, 100):
            self._runtime.fire_timer(self._session, timer_id, now)
        for rung_id in due_rungs(self._session, now, 100):
            self._runtime.fire_rung(self._session, rung_id, now)
        for rung_id in unanswered_rungs(self._session, now, 100):
            self._runtime.chase_rung(self._session, rung_id, now)

    def _file(self, story: Story, at: datetime) -> None:
        filing = Filing(
            title=story.title,
            text=story.text,
            place=story.place,
            name=story.name,
            category=story.category,
            phone=f"139{self._random.randrange(10**8):08}",
            channel=self._random.choice(("portal", "portal", "portal", "hotline", "grid", "visit")),
            kind=story.kind,
            start=story.start,
            parties=self._other_side(story),
        )
        filed = file_case(
            self._session,
            filing,
            jurisdiction=JURISDICTION,
            submission=f"demo-{self._random.getrandbits(128):032x}",
            vault=self._vault,
            runtime=self._runtime,
            actor=Actor.resident(),
            now=at,
        )
        self._put(self._on_duty(at + self._later()), _Running(story, filed.case.id))

    def _other_side(self, story: Story) -> tuple[NewParty, ...]:
        """Return the party that a dispute is with."""
        if not story.against:
            return ()
        return (NewParty(name=story.against, phone=f"139{self._random.randrange(10**8):08}"),)

    def _work(self, running: _Running, at: datetime) -> None:
        """Do one open task of a case, as its story has it, and come back later for the next."""
        story = running.story
        if sum(running.done.values()) >= story.stop_after:
            return
        if story.course is Course.WITHDRAWN and running.done["verify"]:
            case = self._session.get_one(Case, running.case_id)
            send_offer(
                self._session, case, "withdrawn", {"withdrawal_reason": "已经自己解决了"},
                viewer=resident_viewer(case.id), actor=Actor.resident(), runtime=self._runtime, now=at,
            )  # fmt: skip
            return
        item = self._next_item(running.case_id)
        if item is None:
            return
        self._complete(running, item, at)
        self._put(self._on_duty(at + self._later()), running)

    def _next_item(self, case_id: UUID) -> WorkItem | None:
        """The resident rates before anybody calls; otherwise the oldest task is done first."""
        items = self._session.scalars(
            select(WorkItem)
            .where(WorkItem.case_id == case_id, WorkItem.state.in_(LIVE))
            .order_by(WorkItem.role != Role.RESIDENT, WorkItem.created_at, WorkItem.id)
        ).all()
        return items[0] if items else None

    def _complete(self, running: _Running, item: WorkItem, at: datetime) -> None:
        data: Mapping[str, Any] = task_data(self._session, item)
        unit = self._session.get(OrgUnit, item.unit_id) if item.unit_id else None
        entered = answer(
            item.form_id or "",
            running.story,
            round_=running.done[item.form_id or ""],
            unit=unit.code if unit else "",
            data=data,
            now=at,
        )
        self._runtime.complete(self._session, item.id, entered, actor=self._actor(item), now=at)
        running.done[item.form_id or ""] += 1

    def _actor(self, item: WorkItem) -> Actor:
        if item.unit_id is None:
            return Actor.resident()
        if item.owner_id is not None:
            return Actor.staff(self._session.get_one(Staff, item.owner_id))
        able = [
            s for s in members(self._session, role=item.role, unit_id=item.unit_id) if str(s.id) not in item.excluded
        ]
        return Actor.staff(self._random.choice(able))
