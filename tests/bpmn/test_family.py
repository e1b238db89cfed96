"""A petition that mediation, agency or the council is for goes on there, on the packages that come with the system."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.filing import Filing, file_case
from engine.cases.matter import resident_matter
from engine.cases.models import Case
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault, new_submission
from engine.definitions import Package, deploy
from engine.instances.models import Instance, InstanceStatus
from engine.organisation.models import Membership
from engine.tasks.models import LIVE, WorkItem
from tests.factories import JURISDICTION, make_district

PACKAGES = Path(__file__).parents[2] / "bpmn"
VAULT = Vault(bytes(range(32)))
#: who works on the new case in the invented district's community
ROLES = {
    "mediation": ("mediator", "mediation_chair"),
    "agency": ("agent",),
    "proposal": ("party_organisation", "residents_committee", "council", "supervisory_committee"),
}


@pytest.mark.parametrize(
    ("route", "kind"), [("mediation", "mediation"), ("letters", "agency"), ("proposal", "proposal")]
)
def test_a_petition_goes_on_where_it_belongs(session: Session, now: datetime, route: str, kind: str) -> None:
    district = make_district(session)
    somebody, willow = district.person("grid").id, district.unit_id("willow")
    session.add_all(Membership(staff_id=somebody, role=role, unit_id=willow) for role in ROLES[kind])
    session.commit()
    for key in ("petition", kind):
        package = Package.read_directory(PACKAGES / key)
        deploy(session, package, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)
    runtime = case_runtime(VAULT, site="https://chuishao.example")
    filing = Filing(
        title="楼上漏水",
        text="谈了三次没谈拢",
        place="willow",
        name="李四",
        email="li@example.org",
        category="neighbour",
    )
    case = file_case(
        session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT, runtime=runtime,
        actor=Actor.resident(), now=now,
    ).case  # fmt: skip
    record = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.element_id == "record")).one()
    entered = {"category": "neighbour", "statute": True, "statute_kind": route, "divert_reason": "换一种办法继续办"}
    clerk = Actor.staff(district.person("community"))
    runtime.complete(session, record.id, entered, actor=clerk, now=now)
    session.rollback()
    session.expire_all()

    made = session.scalars(select(Case).where(Case.kind == kind)).one()
    assert (case.state, made.state) == ("diverted", "running")
    statuses = dict(session.execute(select(Instance.case_id, Instance.status)).tuples().all())
    assert statuses == {case.id: InstanceStatus.COMPLETED, made.id: InstanceStatus.RUNNING}
    assert session.scalars(select(WorkItem).where(WorkItem.case_id == made.id, WorkItem.state.in_(LIVE))).all() != []
    matter = resident_matter(session, case, vault=VAULT, locale="zh_CN", now=now)
    assert [each.case.number for each in matter.view.linked] == [made.number]
