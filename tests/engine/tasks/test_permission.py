"""What a substitute may take, and what never comes to one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from engine.audit import timeline
from engine.cases.models import Case
from engine.errors import Conflict, Forbidden
from engine.organisation.absences import set_absence
from engine.tasks import InboxQuery, claim, inbox
from tests.engine.tasks.conftest import MakeItem, ids
from tests.factories import District


@pytest.fixture(autouse=True)
def _absence(session: Session, district: District, now: datetime) -> None:
    """The handler of the water works is away for three days; the department's other handler covers."""
    set_absence(
        session, staff=district.person("handler"), substitute=district.person("handler-two"), from_at=now,
        until_at=now + timedelta(days=3), now=now,
    )  # fmt: skip


def test_a_substitute_takes_an_open_task_and_over_what_the_absent_one_holds(
    session: Session, make_item: MakeItem, district: District, now: datetime
) -> None:
    two = district.person("handler-two")
    opened, held = (make_item("handler", "water-works") for _ in range(2))
    claim(session, held.id, staff=district.person("handler"), now=now)
    for item in (opened, held):
        assert claim(session, item.id, staff=two, now=now).owner_id == two.id
    assert timeline(session, held.case_id)[-1].data["for"] == "Handler"


def test_a_substitute_takes_nothing_after_the_last_day_nor_from_others(
    session: Session, make_item: MakeItem, district: District, now: datetime
) -> None:
    two = district.person("handler-two")
    late, others = make_item("handler", "water-works"), make_item("handler", "housing")
    with pytest.raises(Forbidden):
        claim(session, late.id, staff=two, now=now + timedelta(days=3))
    with pytest.raises(Forbidden):
        claim(session, others.id, staff=two, now=now)
    lead = make_item("handler", "water-works", owner_id=district.person("water-lead").id, state="claimed")
    with pytest.raises(Conflict):
        claim(session, lead.id, staff=two, now=now)  # somebody else's, who is there


def test_nothing_sealed_comes_to_a_substitute(
    session: Session, make_item: MakeItem, district: District, case: Case, now: datetime
) -> None:
    item, two = make_item("handler", "water-works"), district.person("handler-two")
    keys = ("handler@water", "handler@water-works")
    query = InboxQuery(staff_id=two.id, keys=keys, covered=keys[1:])
    assert ids(inbox(session, query, now).items) == [item.id]
    case.sealed = True
    session.commit()
    page = inbox(session, query, now)
    assert (page.items, page.counts.total) == ((), 0)
    assert ids(inbox(session, replace(query, covered=()), now).items) == [item.id]  # an inbox of one's own has it
    with pytest.raises(Forbidden):
        claim(session, item.id, staff=two, now=now)
