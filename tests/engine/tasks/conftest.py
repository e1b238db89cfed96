"""A district with a matter, and work items made by hand: the runtime that makes them is tested in its own room."""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.db import new_id, writing
from engine.instances.models import Instance
from engine.tasks.models import WorkItem
from engine.tasks.why import Relation, Why
from tests.factories import District, make_case, make_district, make_instance

MakeItem = Callable[..., WorkItem]


@pytest.fixture
def district(session: Session) -> District:
    """The invented district."""
    return make_district(session)


@pytest.fixture
def case(session: Session, district: District) -> Case:
    """A petition in Willow community."""
    return make_case(session, place=district.unit("willow"))


@pytest.fixture
def instance(session: Session, case: Case) -> Instance:
    """The process of that petition."""
    return make_instance(session, case)


@pytest.fixture
def make_item(session: Session, district: District, case: Case, instance: Instance, now: datetime) -> MakeItem:
    """Add a work item for a role of a unit; everything else may be overridden by name."""
    numbers = itertools.count(1)

    def make(role: str = "community", unit: str = "willow", **values: Any) -> WorkItem:
        number = next(numbers)
        item = WorkItem(
            **{
                "id": new_id(), "case_id": case.id, "instance_id": instance.id, "jurisdiction": case.jurisdiction,
                "task_id": uuid4().hex, "element_id": f"Task_{number}", "process_id": "petition", "name": "核实情况",
                "role": role, "unit_id": district.unit_id(unit), "inbox_key": f"{role}@{unit}",
                "why": Why(role=role, relation=Relation.PLACE, unit="柳园社区", unit_code=unit, unit_kind="community",
                           place="柳园社区").to_json(),
                "excluded": [], "created_at": now,
            } | values
        )  # fmt: skip
        with writing(session):
            session.add(item)
        return item

    return make


def ids(items: Any) -> list[UUID]:
    """The ids of a page's rows, in their order."""
    return [item.id for item in items]
