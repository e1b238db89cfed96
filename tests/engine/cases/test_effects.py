"""What steps do to their case, on the real petition process."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.cases.documents import documents_of
from engine.cases.filing import Filing, file_case
from engine.cases.matter import promised, resident_matter
from engine.cases.models import Case, CaseState
from engine.cases.offers import send_offer
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault, new_submission
from engine.definitions import Package, deploy
from engine.errors import Conflict, Invalid
from engine.instances.runtime import Runtime
from engine.notices.models import Notice
from engine.organisation.policy import resident_viewer
from engine.tasks.models import WorkItem
from tests.factories import JURISDICTION, District, make_district

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")
VAULT = Vault(bytes(range(32)))


@pytest.fixture
def district(session: Session, now: datetime) -> District:
    made = make_district(session)
    deploy(session, PETITION, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)
    return made


@pytest.fixture
def runtime() -> Runtime:
    return case_runtime(VAULT, site="https://chuishao.example")


def file(session: Session, runtime: Runtime, now: datetime, **values: Any) -> Case:
    given = {"title": "路灯不亮", "text": "坏了两周", "place": "willow", "name": "李四", "email": "li@example.org"}
    filing = Filing(**{**given, "category": "roads"} | values)
    return file_case(
        session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT, runtime=runtime,
        actor=Actor.resident(), now=now,
    ).case  # fmt: skip


def item(session: Session, case: Case, element: str) -> WorkItem:
    session.rollback()
    return session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.element_id == element)).one()


def register(session: Session, runtime: Runtime, case: Case, district: District, now: datetime, **entered: Any) -> None:
    clerk = Actor.staff(district.person("community"))
    record = item(session, case, "record")
    runtime.complete(session, record.id, {"category": "roads"} | entered, actor=clerk, now=now)
    session.rollback()


def duplicate(number: str) -> dict[str, Any]:
    return {"duplicate": True, "duplicate_of": number, "divert_reason": "同一盏路灯，已有人反映。"}


def test_a_filed_case_runs_and_promises_a_date(
    session: Session, runtime: Runtime, district: District, now: datetime
) -> None:
    case = file(session, runtime, now)
    assert case.state == CaseState.RUNNING
    promise = promised(session, case.id, "zh_CN")
    assert promise is not None
    assert promise.due_at > now
    assert "工作日" in promise.sentence


def test_registration_issues_numbered_documents_and_tells_the_resident(
    session: Session, runtime: Runtime, district: District, now: datetime
) -> None:
    case = file(session, runtime, now)
    register(session, runtime, case, district, now)
    served = [each.kind for each in documents_of(session, case.id) if each.served_at]
    assert served == ["acceptance"]
    (mail,) = session.scalars(select(Notice).where(Notice.template == "accepted"))
    assert mail.address.startswith("sealed:")
    assert "li@example.org" not in mail.address


def test_a_duplicate_is_tied_to_its_original(
    session: Session, runtime: Runtime, district: District, now: datetime
) -> None:
    original, case = file(session, runtime, now), file(session, runtime, now)
    register(session, runtime, case, district, now, **duplicate(original.number.lower()))
    session.refresh(case)
    assert (case.state, case.merged_into_id) == (CaseState.MERGED, original.id)
    assert Tag.CASE_MERGED in {event.tag for event in timeline(session, case.id)}
    matter = resident_matter(session, case, vault=VAULT, locale="zh_CN", now=now)
    assert matter.original is not None
    assert matter.original.id == original.id


@pytest.mark.parametrize("number", ["SQ2026-999999", "itself"])
def test_a_wrong_number_of_the_original_is_the_clerks_mistake_and_changes_nothing(
    session: Session, runtime: Runtime, district: District, now: datetime, number: str
) -> None:
    case = file(session, runtime, now)
    wrong = case.number if number == "itself" else number
    with pytest.raises(Invalid, match="There is no case") as caught:
        register(session, runtime, case, district, now, **duplicate(wrong))
    assert "duplicate_of" in caught.value.facts["fields"]
    assert item(session, case, "record").completed_at is None
    session.refresh(case)
    assert case.state == CaseState.RUNNING
    register(session, runtime, case, district, now)  # and it can still be registered


def test_one_handling_answers_every_resident_of_merged_reports(
    session: Session, runtime: Runtime, district: District, now: datetime
) -> None:
    original, case = file(session, runtime, now), file(session, runtime, now, email="wang@example.org")
    register(session, runtime, case, district, now, **duplicate(original.number))
    register(session, runtime, original, district, now)
    told = session.scalars(select(Notice).where(Notice.case_id == original.id, Notice.template == "accepted")).all()
    assert len(told) == 2


def test_a_withdrawn_case_has_ended_and_cannot_be_withdrawn_again(
    session: Session, runtime: Runtime, district: District, now: datetime
) -> None:
    case = file(session, runtime, now)
    sent = {"viewer": resident_viewer(case.id), "actor": Actor.resident(), "runtime": runtime, "now": now}
    send_offer(session, case, "withdrawn", {"withdrawal_reason": "已修好"}, **sent)
    session.refresh(case)
    assert case.state == CaseState.WITHDRAWN
    with pytest.raises(Conflict, match="no longer open"):
        send_offer(session, case, "withdrawn", {}, **sent)
