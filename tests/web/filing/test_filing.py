"""Matters of any kind are filed, by residents in the portal and by staff at the desk."""

import json
import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.models import Case
from engine.definitions import Package, deploy
from engine.instances.reading import instance_data, latest_instance
from tests.engine.instances import packages as p
from tests.factories import JURISDICTION, District
from tests.web.browsing import sign_in, token_of

ASKED = {"id": "reason", "key": "reason", "type": "textfield", "label": "为什么", "validate": {"required": True}}


def package(key: str, **manifest: object) -> Package:
    """A process that asks for a reason when it is started."""
    said = p.extension('<zeebe:formDefinition formId="ask"/>')
    asked = f'<bpmn:startEvent id="start">{said}</bpmn:startEvent>'
    made = p.package(
        asked, p.task("look"), p.end(outcome="solved"), p.chain("start", "look", "end"), key=key,
        files=[p.form("ask", ASKED)],
    )  # fmt: skip
    described = json.loads(made.files["package.json"]) | {
        "name": {"zh_CN": "人民调解", "en": "Mediation"},
        "prefix": "TJ",
    }
    return Package(files={**made.files, "package.json": json.dumps(described | manifest).encode()})


@pytest.fixture(autouse=True)
def deployed(session: Session, district: District, now: datetime) -> None:
    for each in (
        package("mediation"),
        package("sealed", prefix="JB", start={"portal": False, "staff": False}),
        package("desk-only", prefix="DO", start={"portal": False, "staff": True}),
    ):
        deploy(session, each, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)


def filled(page: str, **changed: object) -> dict[str, object]:
    submission = re.search(r'name="submission" value="([^"]+)"', page)
    assert submission is not None
    return {
        "csrf_token": token_of(page), "submission": submission[1], "title": "楼上漏水", "text": "厨房顶上一直漏水",
        "place": "willow", "name": "李四", "phone": "13800138000", "name_hidden": "1", "reason": "邻居不理",
    } | changed  # fmt: skip


def test_the_portal_offers_every_open_kind_and_asks_what_its_process_wants_to_know(
    client: FlaskClient, session: Session
) -> None:
    home = client.get("/").text
    assert "/file?kind=mediation" in home
    assert "kind=sealed" not in home
    assert "kind=desk-only" not in home
    page = client.get("/file?kind=mediation").text
    assert "为什么" in page
    answer = client.post("/file?kind=mediation", data=filled(page))
    assert answer.location == "/receipt"
    case = session.scalars(select(Case)).one()
    assert (case.kind, case.number[:2]) == ("mediation", "TJ")
    instance = latest_instance(session, case.id)
    assert instance is not None
    assert instance_data(session, instance.id)["reason"] == "邻居不理"


def test_a_mistake_in_the_start_form_keeps_every_word_and_files_nothing(client: FlaskClient, session: Session) -> None:
    page = client.get("/file?kind=mediation").text
    answer = client.post("/file?kind=mediation", data=filled(page, reason="", name=""))
    assert answer.status_code == 422
    assert "厨房顶上一直漏水" in answer.text
    assert 'id="field-reason-problem"' in answer.text
    assert 'id="field-name-problem"' in answer.text
    assert session.scalars(select(Case)).all() == []


@pytest.mark.parametrize("kind", ["sealed", "desk-only", "none"])
def test_what_is_not_open_to_residents_is_not_there(client: FlaskClient, kind: str) -> None:
    assert client.get(f"/file?kind={kind}").status_code == 404


def test_staff_write_down_what_somebody_says_and_hand_over_the_receipt(
    client: FlaskClient, session: Session, district: District
) -> None:
    sign_in(client, district.person("community"))
    desk = client.get("/desk/").text
    assert "kind=desk-only" in desk
    assert "kind=sealed" not in desk
    page = client.get("/desk/file?kind=mediation").text
    answer = client.post("/desk/file?kind=mediation", data=filled(page, channel="visit", phone=""))
    assert answer.location == "/desk/receipt", answer.text
    receipt = client.get(answer.location).text
    case = session.scalars(select(Case)).one()
    assert case.number in receipt
    assert "receipt-pin" in receipt
    assert case.channel == "visit"
    filed = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_FILED)).one()
    assert filed.actor_id == str(district.person("community").id)


def test_the_desk_asks_how_the_matter_came_in(client: FlaskClient, session: Session, district: District) -> None:
    sign_in(client, district.person("community"))
    page = client.get("/desk/file?kind=mediation").text
    answer = client.post("/desk/file?kind=mediation", data=filled(page, channel="portal"))
    assert answer.status_code == 422
    assert session.scalars(select(Case)).all() == []


def test_who_may_not_file_finds_no_desk(client: FlaskClient, district: District) -> None:
    sign_in(client, district.person("handler"))
    assert client.get("/desk/").status_code == 403
    assert client.get("/desk/file?kind=mediation").status_code == 403
