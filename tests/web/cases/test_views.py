from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.audit.models import AuditEvent
from engine.cases.attachments import add_photos, stage_photo
from engine.cases.models import Attachment, Case
from engine.cases.photos import Photo
from engine.cases.vault import Vault
from engine.db import writing
from engine.tasks import WorkItem
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in
from tests.web.work import make_item
from web import current


@pytest.fixture
def case(session: Session, district: District, now: datetime) -> Case:
    """A matter with a sealed name and number, and a task of the water works."""
    case = make_case(session, place=district.unit("willow"))
    with writing(session):
        sealed = Vault(bytes(range(32))).seal({"name": "居民王某", "phone": "13800000001"}, case.id)
        case.personal = sealed
        session.add(case)
    make_item(session, district, now=now, case=case, due_at=now + timedelta(days=2))
    return case


@pytest.fixture
def item(session: Session, case: Case) -> WorkItem:
    """The task of the matter."""
    return session.scalars(select(WorkItem).where(WorkItem.case_id == case.id)).one()


def test_who_can_take_the_task_sees_matter_and_person(client: FlaskClient, case: Case) -> None:
    sign_in(client, "handler")
    page = client.get(f"/cases/{case.id}").text
    assert "三号楼前的路灯已经坏了两周" in page
    assert "居民王某" in page
    assert "13800000001" in page
    assert "区水务局" not in page
    assert "供水科" in page


def test_who_has_completed_a_task_and_may_not_see_the_matter_any_more_is_led_to_the_inbox(
    client: FlaskClient, case: Case
) -> None:
    sign_in(client, "handler-two")
    assert client.get(f"/cases/{case.id}").status_code == 403
    answer = client.get(f"/cases/{case.id}?done=1")
    assert (answer.status_code, answer.location) == (302, "/inbox")
    sign_in(client, "handler")
    assert "三号楼前的路灯已经坏了两周" in client.get(f"/cases/{case.id}?done=1").text


@pytest.mark.parametrize(
    ("login", "sees", "hides"),
    [
        ("handler-two", 403, "居民王某"),  # another office of the same department has no part in it
        ("water-lead", 200, "13800000001"),  # the lead answers for the reply: whose it is, not the telephone
        ("grid", 200, "居民王某"),  # the community knows what is reported in it, not by whom
        ("supervisor", 200, "居民王某"),  # supervision reads the work
        ("operator", 403, "路灯"),  # an operator mends the machine and sees no matter
        ("plum-grid", 403, "路灯"),  # another community
    ],
)
def test_everybody_else_sees_what_the_policy_grants(
    client: FlaskClient, case: Case, login: str, sees: int, hides: str
) -> None:
    sign_in(client, login)
    answer = client.get(f"/cases/{case.id}")
    assert answer.status_code == sees
    assert hides not in answer.text


def test_seeing_the_person_is_recorded_once_a_day(client: FlaskClient, case: Case, session: Session) -> None:
    sign_in(client, "handler")
    for _ in range(3):
        client.get(f"/cases/{case.id}")
    read = session.scalars(select(AuditEvent).where(AuditEvent.tag == "case:personal:read")).all()
    assert len(read) == 1


def test_unknown_matter_is_not_found(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    assert client.get("/cases/00000000-0000-0000-0000-000000000000").status_code == 404
    assert client.get("/cases/nonsense").status_code == 404


def test_second_to_claim_reads_who_was_first(app: Flask, item: WorkItem, district: District) -> None:
    first, second = app.test_client(), app.test_client()
    sign_in(first, "handler")
    send(first, f"/tasks/{item.id}/claim")
    sign_in(second, "handler-two")
    answer = send(second, f"/tasks/{item.id}/claim")
    assert answer.status_code == 409
    assert "Handler" in answer.text
    assert "2026年3月18日 10:00" in answer.text


def attach_photo(app: Flask, session: Session, case: Case, now: datetime) -> Attachment:
    picture = Photo(name="灯.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff")
    with app.app_context():
        staged = stage_photo(picture, blobs=current.blobs())
    return add_photos(session, case, [staged], actor=Actor.resident(), now=now)[0]


def test_photo_is_sent_to_who_may_see_it_and_cannot_run_scripts(
    app: Flask, client: FlaskClient, case: Case, session: Session, now: datetime
) -> None:
    photo = attach_photo(app, session, case, now)
    sign_in(client, "handler")
    answer = client.get(f"/cases/{case.id}/attachments/{photo.id}")
    assert answer.data == b"\xff\xd8\xff"
    assert answer.mimetype == "image/jpeg"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    sign_in(client, "handler")
    assert client.get(f"/cases/{case.id}/attachments/{case.id}").status_code == 404


def test_photo_is_refused_to_who_sees_only_the_card(
    app: Flask, client: FlaskClient, case: Case, session: Session, now: datetime
) -> None:
    photo = attach_photo(app, session, case, now)
    sign_in(client, "grid")
    assert client.get(f"/cases/{case.id}/attachments/{photo.id}").status_code == 404
