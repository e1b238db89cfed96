"""Similar matters at the portal and on the staff's pages: enough to handle them together, nothing of a person."""

import html
import re
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.models import Case, CaseState
from engine.definitions import Package, deploy
from engine.tasks import WorkItem
from tests.factories import JURISDICTION, District
from tests.web.browsing import send, sign_in, token_of

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")


@pytest.fixture(autouse=True)
def deployed(session: Session, district: District, now: datetime) -> None:
    """The petition is deployed."""
    deploy(session, PETITION, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)


def file(client: FlaskClient, session: Session, **changed: str) -> Case:
    page = client.get("/file").text
    submission = re.search(r'name="submission" value="([^"]+)"', page)
    assert submission is not None
    filled = {
        "csrf_token": token_of(page), "submission": submission[1], "title": "三号楼前路灯不亮",
        "text": "三号楼前的路灯坏了两周，晚上很黑，老人摔倒过。", "category": "roads", "place": "willow",
        "name": "欧阳建国", "phone": "13800138000", "name_hidden": "1", "address": "三号楼东侧",
    }  # fmt: skip
    answer = client.post("/file", data=filled | changed, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    session.rollback()
    return session.scalars(select(Case).order_by(Case.filed_at.desc(), Case.number.desc())).first()  # type: ignore[return-value]


def nearby(client: FlaskClient, **asked: str) -> str:
    return client.get("/file/nearby", query_string={"category": "roads", "place": "willow"} | asked).text.strip()


def test_a_resident_is_told_of_matters_like_theirs_and_nothing_of_who_filed_them(
    client: FlaskClient, session: Session
) -> None:
    assert nearby(client) == ""
    case = file(client, session)
    shown = nearby(client)
    assert "附近有 1 件同类诉求正在办理" in shown
    assert "道路与停车 · 柳园社区" in shown
    for private in (case.number, str(case.id), case.title, "路灯", "老人", "欧阳", "13800138000", "三号楼", "柳园一村"):
        assert private not in shown
    assert nearby(client, place="plum") == ""
    assert nearby(client, category="noise") == ""


def test_what_tells_who_filed_it_is_never_shown(client: FlaskClient, session: Session) -> None:
    for category in ("neighbour", "labour", "welfare", "other", ""):
        file(client, session, category=category)
        assert nearby(client, category=category) == ""


@pytest.mark.parametrize("asked", [{"kind": "accusation"}, {"kind": "no such"}, {"place": "x" * 500}, {"place": ""}])
def test_what_there_is_not_is_like_what_is_not_shown(
    client: FlaskClient, session: Session, asked: dict[str, str]
) -> None:
    file(client, session)
    assert nearby(client, **asked) == ""


def test_the_form_asks_for_what_is_near(client: FlaskClient) -> None:
    assert 'hx-get="/file/nearby?kind=petition"' in client.get("/file").text


def test_staff_see_what_is_alike_and_merge_it_in_two_steps(
    client: FlaskClient, session: Session, district: District
) -> None:
    first = file(client, session)
    second = file(client, session, title="路灯坏了", text="三号楼前面路灯坏了，晚上很黑。", name="司马相如", known="1")
    filed = select(AuditEvent.data).where(AuditEvent.case_id == second.id, AuditEvent.tag == Tag.CASE_FILED)
    assert session.scalars(filed).one()["known"] is True
    sign_in(client, "community")
    item = session.scalars(
        select(WorkItem).where(WorkItem.case_id == second.id, WorkItem.element_id == "record")
    ).one()  # fmt: skip
    send(client, f"/tasks/{item.id}/claim")
    page = client.get(f"/cases/{second.id}").text
    panel = page.split('id="alike"')[1].split("</section>")[0]
    assert first.number in panel
    assert "诉求人提交时也认为" in panel
    assert "欧阳" not in panel
    onward = html.unescape(panel.split('href="/tasks/')[1].split('"')[0])
    task = client.get(f"/tasks/{onward}").text
    assert f'name="into" value="{first.number}"' in task
    assert '<details class="verb" name="verb" id="verb-merge" open>' in task
    send(client, f"/tasks/{item.id}/merge", {"into": first.number, "reason": "同一盏灯"})
    session.rollback()
    session.expire_all()
    assert session.get_one(Case, second.id).state == CaseState.MERGED
    sign_in(client, "plum-grid")  # another community sees neither
    assert "alike" not in client.get(f"/cases/{first.id}").text
