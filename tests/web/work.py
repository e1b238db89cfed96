"""Work items for the tests of pages: rows as the runtime would write them."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.db import new_id, writing
from engine.tasks import WorkItem
from engine.tasks.why import Relation, Why
from tests.factories import District, make_case, make_instance


def make_item(
    session: Session, district: District, *, now: datetime, role: str = "handler", unit: str = "water-works",
    case: Case | None = None, **values: Any,
) -> WorkItem:  # fmt: skip
    """Add an open work item for `role` of the unit with the code `unit`, of a fresh case at the willow community."""
    with writing(session):
        case = case or make_case(session, place=district.unit("willow"))
        found = district.unit(unit)
        why = Why(
            role=role, relation=Relation.DATA, unit=found.name, unit_code=unit, unit_kind=found.kind,
            requested=found.name, place="柳园社区",
        )  # fmt: skip
        item = WorkItem(
            **{
                "id": new_id(), "case_id": case.id, "instance_id": make_instance(session, case).id,
                "jurisdiction": case.jurisdiction, "task_id": new_id().hex, "element_id": "handle",
                "process_id": "petition", "name": "办理诉求", "role": role, "unit_id": found.id,
                "inbox_key": f"{role}@{unit}", "why": why.to_json(), "excluded": [], "created_at": now,
            } | values
        )  # fmt: skip
        session.add(item)
    return item
