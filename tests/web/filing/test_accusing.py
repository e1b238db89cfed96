"""A resident, or staff for one, files an accusation: it is sealed before anybody could read it.

Source: 信访工作条例 art. 28, 30.
"""

import re
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.models import Case, CaseSealing, CaseSearch, SealingSide
from engine.cases.subject import subject_of
from engine.definitions import Package, deploy
from engine.organisation.models import UnitKind
from engine.organisation.policy import knows, viewer_for
from engine.tasks.models import WorkItem
from tests.factories import JURISDICTION, District, make_staff, make_unit
from tests.web.browsing import sign_in, token_of

PACKAGE = Path(__file__).parents[3] / "bpmn" / "accusation"


@pytest.fixture(autouse=True)
def deployed(session: Session, district: District, now: datetime) -> None:
    district.units["discipline"] = make_unit(
        session, UnitKind.OFFICE, "discipline", parent=district.unit("qinghe"), name="区纪委监委信访室"
    )
    roles = [("discipline", district.unit("discipline"))]
    password = district.person("grid").password_hash
    district.staff["inspector"] = make_staff(session, "inspector", roles=roles, password_hash=password)
    package = Package.read_directory(PACKAGE)
    deploy(session, package, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)


def filled(page: str, **changed: object) -> dict[str, object]:
    submission = re.search(r'name="submission" value="([^"]+)"', page)
    assert submission is not None
    return {
        "csrf_token": token_of(page), "submission": submission[1], "title": "科长收好处费",
        "text": "去年冬天收了两万元", "place": "willow", "name": "李四", "phone": "13800138000",
        "accusation_kind": "duty", "accused_units": ["housing", "willow"],
    } | changed  # fmt: skip


def accusation(session: Session) -> Case:
    return session.scalars(select(Case)).one()


def test_an_accusation_filed_in_the_portal_is_sealed_from_the_first_moment(
    client: FlaskClient, session: Session, district: District
) -> None:
    assert "/file?kind=accusation" in client.get("/").text
    page = client.get("/file?kind=accusation").text
    assert "区住建局" in page
    assert "data-draft-local" not in page, "nothing of an accusation stays in a browser that others use too"
    assert client.post("/file?kind=accusation", data=filled(page)).location == "/receipt"
    case = accusation(session)
    assert case.sealed
    assert case.name_hidden
    sides = {
        side: set(session.scalars(select(CaseSealing.unit_id).where(CaseSealing.side == side))) for side in SealingSide
    }
    assert sides[SealingSide.ROUTE] == {district.unit_id("discipline")}
    assert sides[SealingSide.ACCUSED] == {district.unit_id("housing"), district.unit_id("willow")}
    assert session.scalar(select(func.count()).select_from(CaseSearch)) == 0
    assert {item.role for item in session.scalars(select(WorkItem))} == {"discipline"}
    knowing = {
        login
        for login, person in district.staff.items()
        if knows(viewer_for(session, person), subject_of(session, case))
    }
    assert knowing == {"inspector"}


def test_its_receipt_opens_the_matter_and_says_who_has_it(client: FlaskClient) -> None:
    page = client.get("/file?kind=accusation").text
    client.post("/file?kind=accusation", data=filled(page))
    receipt = client.get("/receipt").text
    assert "被检举的单位看不到" in receipt
    link = re.search(r'href="https?://[^/"]+(/t/[^"]+)"', receipt)
    assert link is not None
    matter = client.get(link[1], follow_redirects=True).text
    assert "区纪委监委信访室" in matter
    assert "专门机关正在受理" in matter


def test_units_that_the_resident_does_not_know_may_be_left_out(client: FlaskClient, session: Session) -> None:
    page = client.get("/file?kind=accusation").text
    client.post("/file?kind=accusation", data=filled(page, accused_units=[]))
    assert accusation(session).sealed
    assert set(session.scalars(select(CaseSealing.side))) == {SealingSide.ROUTE}


def test_a_unit_that_there_is_not_is_refused_beside_the_field(client: FlaskClient, session: Session) -> None:
    page = client.get("/file?kind=accusation").text
    answer = client.post("/file?kind=accusation", data=filled(page, accused_units=["nowhere"]))
    assert answer.status_code == 422
    assert "科长收好处费" in answer.text
    assert session.scalars(select(Case)).all() == []


@pytest.mark.parametrize("login", ["inspector", "plum-grid"])
def test_staff_write_it_down_and_then_know_it_only_when_they_handle_it(
    client: FlaskClient, session: Session, district: District, login: str
) -> None:
    sign_in(client, district.person(login))
    page = client.get("/desk/file?kind=accusation").text
    assert client.post("/desk/file?kind=accusation", data=filled(page, channel="visit")).location == "/desk/receipt"
    case = accusation(session)
    assert case.number in client.get("/desk/receipt").text
    assert client.get(f"/cases/{case.id}").status_code == (200 if login == "inspector" else 404)
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_FILED)).one()
    assert event.actor_id == str(district.person(login).id)


def test_nobody_of_an_accused_unit_writes_it_down(client: FlaskClient, session: Session, district: District) -> None:
    sign_in(client, district.person("grid"))  # of the willow community
    page = client.get("/desk/file?kind=accusation").text
    answer = client.post("/desk/file?kind=accusation", data=filled(page, channel="visit"))
    assert answer.status_code == 403
    assert "别的单位的同事登记" in answer.text
    assert session.scalars(select(Case)).all() == []
    assert session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_FILED)).all() == []
