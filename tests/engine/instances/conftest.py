"""A district with a matter, and processes that are deployed, started and moved by the runtime itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, timeline
from engine.cases.models import Case
from engine.definitions import Package, deploy
from engine.instances.completion import Completed
from engine.instances.hooks import Hooks
from engine.instances.models import Incident, Instance
from engine.instances.runtime import Runtime
from engine.organisation.models import Staff
from engine.tasks.models import LIVE, WorkItem
from tests.factories import District, make_case, make_district


@dataclass
class World:
    """Everything that a test of the runtime moves."""

    session: Session
    district: District
    case: Case
    now: datetime
    hooks: Hooks = field(default_factory=Hooks)
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = Runtime(self.hooks)

    @property
    def me(self) -> Staff:
        """Somebody of the community, who does most tasks."""
        return self.district.person("community")

    def start(self, package: Package, **data: Any) -> Instance:
        """Deploy a package and start it for the case."""
        deploy(self.session, package, author=Actor.engine(), note="", now=self.now, jurisdiction="qinghe")
        place = {"code": "willow", "name": "柳园社区", "community": "willow", "street": "east", "district": "qinghe"}
        return self.runtime.start(
            self.session, case_id=self.case.id, jurisdiction="qinghe", key=str(package.manifest["key"]),
            data={"case": {"number": self.case.number}, "place": place} | data, actor=Actor.resident(), now=self.now,
        )  # fmt: skip

    def items(self) -> dict[str, WorkItem]:
        """The live work items, by element."""
        found = self.session.scalars(
            select(WorkItem).where(WorkItem.state.in_(LIVE)).execution_options(populate_existing=True)
        )
        return {item.element_id: item for item in found}

    def complete(self, element: str, data: Mapping[str, Any] | None = None, *, by: Staff | None = None) -> Completed:
        """Complete the live item of an element."""
        return self.runtime.complete(
            self.session, self.items()[element].id, data or {}, actor=Actor.staff(by or self.me), now=self.now
        )

    def instance(self) -> Instance:
        """The instance as it is in the database."""
        return self.session.scalars(select(Instance).execution_options(populate_existing=True)).one()

    def incidents(self) -> list[Incident]:
        """All incidents, oldest first."""
        found = select(Incident).order_by(Incident.created_at).execution_options(populate_existing=True)
        return list(self.session.scalars(found))

    def tags(self) -> list[str]:
        """What happened, in order."""
        return [str(event.tag) for event in self.events()]

    def events(self) -> list[AuditEvent]:
        """The case's events, in order."""
        return timeline(self.session, self.case.id)


MakeWorld = Callable[..., World]


@pytest.fixture
def world(session: Session, now: datetime) -> World:
    """The world of a test."""
    district = make_district(session)
    return World(session, district, make_case(session, place=district.unit("willow")), now)
