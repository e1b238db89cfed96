"""What stands behind the demonstration's pages: its engine and database, for what would take too long on pages."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.filing import start_data
from engine.cases.models import Case
from engine.cases.search import index_case
from engine.db import connect, sessions, writing
from engine.deadlines.models import Clock, ClockState
from engine.definitions import Package, ProcessVersion, deploy
from engine.definitions.outlining import set_values
from engine.instances.models import Instance
from engine.instances.runtime import Runtime
from engine.organisation.models import OrgUnit
from engine.organisation.service import members
from engine.tasks.drafts import save_draft
from engine.tasks.models import LIVE, Draft, WorkItem
from tests.factories import make_case
from tests.journeys.people import Demo
from web import wire
from web.cli.demonstration import demo_settings
from web.demo.answers import answer
from web.demo.clock import DemoClock
from web.demo.district import JURISDICTION
from web.demo.matters import STORIES, Story

_PETITION = Path(__file__).parents[2] / "bpmn" / "petition"
#: cases that are begun in one transaction
_TOGETHER = 10
#: what is done of a case, by the forms of its tasks
_STORY: Story = STORIES[0]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a case stands: the version that it runs on, its open tasks, and the date of each clock under way."""

    version: int
    tasks: tuple[str, ...]
    clocks: dict[str, datetime]
    drafts: list[Any]


class Behind:
    """The engine of a running demonstration."""

    def __init__(self, session: Session, runtime: Runtime, now: datetime) -> None:
        self.session, self.runtime, self.now = session, runtime, now

    def deploy_slow_petition(self, key: str, name: str) -> None:
        """Deploy petitions under a key of their own, with three working days to verify."""
        files = dict(Package.read_directory(_PETITION).files)
        manifest = orjson.loads(files["package.json"])
        files["package.json"] = orjson.dumps(manifest | {"key": key, "name": {"zh_CN": name, "en": "Slow petition"}})
        files["whistle.bpmn"] = set_values(files["whistle.bpmn"], "verify", {"clock.amount": "3"})
        deploy(
            self.session, Package(files=files), author=Actor.engine(), note="三天核实", now=self.now,
            jurisdiction=JURISDICTION,
        )  # fmt: skip

    def run(self, key: str, count: int, *, then: int = 0) -> list[Case]:
        """Let so many cases run until they are to be verified, and `then` of them one task further."""
        place = self.session.scalars(select(OrgUnit).where(OrgUnit.code == "shiliu-1")).one()
        cases: list[Case] = []
        while len(cases) < count:
            with writing(self.session):  # some at a time: the pages write, too
                for number in range(len(cases), min(len(cases) + _TOGETHER, count)):
                    cases.append(self._start(key, place, tasks=2 if number < then else 1))
        return cases

    def _start(self, key: str, place: OrgUnit, *, tasks: int) -> Case:
        case = make_case(
            self.session, place=place, kind=key, number=f"YS{secrets.token_hex(4).upper()}", filed_at=self.now,
            tracking_hmac=secrets.token_hex(32), category="noise", title="夜间施工噪声",
        )  # fmt: skip
        index_case(self.session, case, without=[])
        self.runtime.start(
            self.session, case_id=case.id, jurisdiction=JURISDICTION, key=key, actor=Actor.resident(), now=self.now,
            data=start_data(self.session, case, place),
        )  # fmt: skip
        for _ in range(tasks):
            self._do(case)
        return case

    def begin_draft(self, case: Case, entered: dict[str, Any]) -> None:
        """Let somebody begin to fill in a case's task, and leave it."""
        item = self._item(case)
        [somebody, *_] = members(self.session, role=item.role, unit_id=item.unit_id)  # type: ignore[arg-type]
        save_draft(self.session, item.id, staff=somebody, data=entered, now=self.now)

    def _do(self, case: Case) -> None:
        item = self._item(case)
        entered = answer(item.form_id or "", _STORY, round_=0, unit="", data={}, now=self.now)
        [somebody, *_] = members(self.session, role=item.role, unit_id=item.unit_id)  # type: ignore[arg-type]
        self.runtime.complete(self.session, item.id, entered, actor=Actor.staff(somebody), now=self.now)

    def _item(self, case: Case) -> WorkItem:
        return self.session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.state.in_(LIVE))).one()

    def standing(self, key: str) -> dict[str, Standing]:
        """Return number of case → how it stands, for the cases of a process."""
        self.session.rollback()
        self.session.expire_all()
        rows = self.session.execute(
            select(Case, Instance, ProcessVersion.number)
            .join(Instance, Instance.case_id == Case.id)
            .join(ProcessVersion, ProcessVersion.id == Instance.version_id)
            .where(Case.kind == key)
        ).all()
        return {case.number: self._standing(case, number) for case, _, number in rows}

    def _standing(self, case: Case, version: int) -> Standing:
        items = list(
            self.session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.state.in_(LIVE)))
        )
        drafts = self.session.scalars(select(Draft.data).where(Draft.work_item_id.in_([each.id for each in items])))
        clocks = self.session.scalars(select(Clock).where(Clock.case_id == case.id, Clock.state == ClockState.RUNNING))
        return Standing(
            version=version, tasks=tuple(sorted(each.element_id for each in items)),
            clocks={each.name: each.due_at for each in clocks}, drafts=list(drafts),
        )  # fmt: skip


@contextmanager
def behind(demo: Demo) -> Iterator[Behind]:
    """Open the engine of a demonstration on this machine; a test of one elsewhere is skipped."""
    if demo.folder is None:
        pytest.skip("the running demonstration's folder is not known: JOURNEYS_FOLDER names it")
    settings = demo_settings(demo.folder, demo.url)
    clock = DemoClock(demo.folder / "clock")
    engine = connect(settings.database_url)
    with sessions(engine)() as session:
        yield Behind(session, wire(settings, clock).runtime, clock.now())
    engine.dispose()
