"""Service by hand or by post: what is recorded, who hears of it, and what moves when it was wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.documents import issue_document
from engine.cases.issuance import issuance
from engine.cases.models import Case, Document
from engine.cases.runtime import case_runtime
from engine.cases.serving import Service, record_service, revoke_service, services_of
from engine.cases.vault import Vault
from engine.clock import CHINA
from engine.deadlines.models import Clock
from engine.definitions import Package, deploy
from engine.errors import Conflict, Invalid
from engine.instances.reading import instance_data, latest_instance
from engine.organisation.models import Staff
from engine.tasks.models import LIVE, WorkItem
from tests.engine.instances import packages as p
from tests.factories import JURISDICTION, District, make_case, make_district

NOW = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
RUNTIME = case_runtime(Vault(bytes(range(32))), site="https://chuishao.example")
ASKED = p.form(
    "proof",
    {"id": "served_at", "key": "served_at", "type": "datetime", "subtype": "datetime",
     "timeSerializingFormat": "utc_offset", "validate": {"required": True}},
    {"id": "served_how", "key": "served_how", "type": "textfield", "label": "怎样"},
)  # fmt: skip
#: the document is served by a task of the diagram, and the window of the resident runs from that date
SERVING = p.package(
    p.start(), p.task("serve", form="proof", serves="opinion"),
    p.task("window", role="community", clock="window", clock_amount="30", clock_unit="calendar-days",
           clock_kind="statutory", clock_roll="none", clock_start="=served_at"),
    p.end(outcome="solved"), p.chain("start", "serve", "window", "end"),
    files=[ASKED, ("documents/opinion.html", "<h1>意见</h1>".encode())],
)  # fmt: skip
#: it waits for the message
WAITING = p.package(
    p.start(), p.task("wait"), p.end(outcome="solved"), p.message("document-served", "wait"),
    p.task("after"), p.chain("start", "wait", "end"), p.chain("document-served", "after"),
)  # fmt: skip
WAITING = Package(files={**WAITING.files, "process.bpmn": WAITING.files["process.bpmn"].replace(
    b'name="withdraw"', b'name="document-served"')})  # fmt: skip


@pytest.fixture
def district(session: Session) -> District:
    return make_district(session)


def started(session: Session, district: District, package: Package) -> tuple[Case, Document]:
    case = make_case(session, place=district.unit("willow"))
    version = deploy(session, package, author=Actor.engine(), note="", now=NOW, jurisdiction=JURISDICTION)
    data = {"case": {"number": case.number}, "place": {"code": "willow", "community": "willow", "name": "柳园社区"}}
    RUNTIME.start(
        session, case_id=case.id, jurisdiction=JURISDICTION, key="petition", data=data, actor=Actor.resident(), now=NOW
    )
    document = issue_document(
        session, case=case, kind="opinion", source="<h1>意见</h1>", facts={}, body=district.unit("water"),
        version_id=version.id, actor=Actor.engine(), now=NOW, served=True,
    )  # fmt: skip
    return case, document


def by_post(days: int, **said: str) -> Service:
    given = {"how": "post", "received_by": "self", "tracking_number": "EA123"} | said
    return Service(served_at=NOW + timedelta(days=days), **given)


def serve(
    session: Session, case: Case, document: Document, service: Service, staff: Staff | None = None, *, later: int = 9
) -> None:
    record_service(
        session, case, document, service, runtime=RUNTIME, actor=Actor.staff(staff) if staff else Actor.engine(),
        now=NOW + timedelta(days=later), staff=staff,
    )  # fmt: skip


def test_a_service_is_recorded_once_and_told_in_the_story(session: Session, district: District) -> None:
    case, document = started(session, district, SERVING)
    for _ in range(2):  # a double click
        serve(session, case, document, by_post(3))
    (row,) = services_of(session, document)
    assert (row.how, row.tracking_number, row.party) == ("post", "EA123", "p1")
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_DOCUMENT_SERVED)).one()
    assert event.data["how"] == "post"
    assert "EA123" not in str(event.data)
    assert issuance(session, document).opened_at is None, "nobody opened it online"


@pytest.mark.parametrize("days", [-1, 10])
def test_a_date_before_the_issue_or_in_the_future_is_refused(session: Session, district: District, days: int) -> None:
    case, document = started(session, district, SERVING)
    with pytest.raises(Invalid) as refused:
        serve(session, case, document, by_post(days))
    assert set(refused.value.facts["fields"]) == {"served_at"}
    assert services_of(session, document) == []


def test_the_task_that_waits_for_it_is_done_with_it_and_the_window_runs_from_its_date(
    session: Session, district: District
) -> None:
    case, document = started(session, district, SERVING)
    serve(session, case, document, by_post(3), district.person("community"))
    assert session.scalars(select(WorkItem.element_id).where(WorkItem.state.in_(LIVE))).all() == ["window"]
    clock = session.scalars(select(Clock).where(Clock.name == "window")).one()
    assert clock.started_at == NOW + timedelta(days=3)


def test_who_may_not_take_that_task_records_the_service_alone(session: Session, district: District) -> None:
    case, document = started(session, district, SERVING)
    serve(session, case, document, by_post(3), district.person("housing-handler"))
    assert len(services_of(session, document)) == 1
    assert session.scalars(select(WorkItem.element_id).where(WorkItem.state.in_(LIVE))).all() == ["serve"]


def test_a_wrong_date_is_taken_back_and_the_right_one_moves_the_window(session: Session, district: District) -> None:
    case, document = started(session, district, SERVING)
    serve(session, case, document, by_post(3), district.person("community"))
    due_before = session.scalars(select(Clock.due_at).where(Clock.name == "window")).one()
    (wrong,) = services_of(session, document)
    actor, later = Actor.staff(district.person("community")), NOW + timedelta(days=9)
    with pytest.raises(Invalid):
        revoke_service(session, document, wrong.id, " ", actor=actor, now=later)
    revoke_service(session, document, wrong.id, "回证上是六日后", actor=actor, now=later)
    with pytest.raises(Conflict):
        revoke_service(session, document, wrong.id, "再撤一次", actor=actor, now=later)
    serve(session, case, document, by_post(6))
    session.expire_all()
    clock = session.scalars(select(Clock).where(Clock.name == "window")).one()
    assert clock.started_at == NOW + timedelta(days=6)
    assert clock.due_at.astimezone(CHINA).date() - due_before.astimezone(CHINA).date() == timedelta(days=3)
    assert [each.revoked_reason for each in services_of(session, document)] == ["回证上是六日后", ""]
    tags = set(session.scalars(select(AuditEvent.tag).where(AuditEvent.case_id == case.id)))
    assert {Tag.CASE_SERVICE_REVOKED, Tag.CLOCK_RECOMPUTED} <= tags


def test_a_process_that_waits_for_the_message_gets_it(session: Session, district: District) -> None:
    case, document = started(session, district, WAITING)
    serve(session, case, document, by_post(3))
    instance = latest_instance(session, case.id)
    assert instance is not None
    assert session.scalars(select(WorkItem.element_id).where(WorkItem.state.in_(LIVE))).all() == ["after"]
    assert instance_data(session, instance.id)["document"] == "opinion"
