from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.vault import Vault
from engine.db import new_id, writing
from engine.definitions import Package, deploy
from engine.errors import Conflict
from engine.instances.incidents import without_values
from engine.instances.models import Incident, IncidentState
from engine.notices.models import Notice, NoticeState
from engine.tasks import WorkItem
from tests.engine.instances import packages as p
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in
from web import current
from web.carrying import Carrier

#: after `register` a unit that nobody staffs yet
UNSTAFFED = p.package(
    p.start(),
    p.task("register", form="register"),
    p.task("lead", role="street_leader", unit="=place.street"),
    p.end(),
    p.chain("start", "register", "lead", "end"),
    files=[p.form("register", p.text_field("note"))],
)
#: after `register` a condition that quotes what was typed when it fails
MISREAD = p.package(
    p.start(),
    p.task("register", form="register"),
    p.choice("which", default="no"),
    p.task("yes"),
    p.end(),
    p.chain("start", "register", "which"),
    p.flow("which", "yes", 'number(note) > number("3")'),
    p.flow("which", "end", name="no"),
    p.chain("yes", "end"),
    files=[p.form("register", p.text_field("note"))],
)
#: what no operator may read: of the matter, of the person, of what a colleague typed
PRIVATE = ("路灯不亮", "三号楼", "居民王某", "13800000001", "邻居的病情")


def fail(app: Flask, session: Session, district: District, now: datetime, package: Package) -> Incident:
    """Let the first step of a matter fail after a colleague has typed something private."""
    case = make_case(session, place=district.unit("willow"))
    with writing(session):
        case.personal = Vault(bytes(range(32))).seal({"name": "居民王某", "phone": "13800000001"}, case.id)
        session.add(case)
    deploy(session, package, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    place = {"code": "willow", "name": "柳园社区", "community": "willow", "street": "east", "district": "qinghe"}
    with app.app_context():
        runtime = current.runtime()
    runtime.start(
        session, case_id=case.id, jurisdiction="qinghe", key=str(package.manifest["key"]),
        data={"case": {"number": case.number}, "place": place}, actor=Actor.resident(), now=now,
    )  # fmt: skip
    item = session.scalars(select(WorkItem)).one()
    with pytest.raises(Conflict):
        runtime.complete(
            session, item.id, {"note": "邻居的病情"}, actor=Actor.staff(district.person("community")), now=now
        )
    return session.scalars(select(Incident)).one()


@pytest.fixture
def incident(app: Flask, session: Session, district: District, now: datetime) -> Incident:
    """A step that failed because nobody leads the street."""
    with writing(session):
        district.person("street-leader").active = False
    return fail(app, session, district, now, UNSTAFFED)


def again(session: Session, incident: Incident) -> Incident:
    session.rollback()
    return session.get_one(Incident, incident.id, populate_existing=True)


def make_notice(session: Session, district: District, now: datetime, **values: object) -> Notice:
    """Add a mail about a matter that was given up."""
    with writing(session):
        case = make_case(session, place=district.unit("willow"))
        notice = Notice(
            **{
                "id": new_id(), "key": f"test:{uuid4()}", "jurisdiction": "qinghe", "template": "overdue",
                "channel": "email", "address": "lead@qinghe.example", "staff_id": district.person("water-lead").id,
                "case_id": case.id, "subject": f"催办：{case.title}", "body": "三号楼前的路灯", "link": "", "facts": {},
                "state": NoticeState.DEAD, "attempts": 30, "error": "Connection refused", "next_try_at": now,
                "created_at": now - timedelta(hours=50),
            } | values
        )  # fmt: skip
        session.add(notice)
    return notice


def test_operator_sees_where_and_why_a_step_failed(client: FlaskClient, incident: Incident) -> None:
    sign_in(client, "operator")
    page = client.get("/cockpit/incidents").text
    assert incident.element_id in page
    assert "没有人担任“街道领导”" in page
    assert 'nav-count nav-count-late">1<' in page
    detail = client.get(f"/cockpit/incidents/{incident.id}").text
    assert "完成待办" in detail
    assert incident.code in detail
    for key in incident.data_keys:
        assert f"<code>{key}</code>" in detail


def test_operator_reads_nothing_of_matter_person_or_what_was_typed(client: FlaskClient, incident: Incident) -> None:
    sign_in(client, "operator")
    for path in ("/cockpit/incidents", f"/cockpit/incidents/{incident.id}", "/cockpit/notices"):
        page = client.get(path).text
        assert [word for word in PRIVATE if word in page] == []
    assert client.get(f"/cases/{incident.case_id}").status_code == 403


def test_message_does_not_repeat_what_was_typed(
    app: Flask, client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    incident = fail(app, session, district, now, MISREAD)
    assert '"…" is no number' in incident.message  # nor does the row
    assert "邻居的病情" not in f"{incident.message}{incident.reason}"
    sign_in(client, "operator")
    page = client.get(f"/cockpit/incidents/{incident.id}").text
    assert "邻居的病情" not in page
    assert "不是 number" in page
    assert "邻居的病情" not in client.get("/cockpit/incidents").text


def test_everybody_reads_in_their_language_what_went_wrong(
    client: FlaskClient, incident: Incident, session: Session, district: District
) -> None:
    sign_in(client, "operator")
    address = f"/cockpit/incidents/{incident.id}"
    assert "没有人担任“街道领导”" in client.get(address).text
    with writing(session):
        district.person("operator").locale = "en"
    assert "Nobody holds the role Street leader in" in client.get(address).text


def test_an_incident_kept_before_reasons_were_reads_in_english(
    client: FlaskClient, session: Session, incident: Incident
) -> None:
    with writing(session):
        incident.reason, incident.message = None, 'date(): "王某" is no date; {braces} stay'
    sign_in(client, "operator")
    page = client.get(f"/cockpit/incidents/{incident.id}").text
    assert "is no date; {braces} stay" in page
    assert "王某" not in page


@pytest.mark.parametrize(
    ("message", "expression", "shown"),
    [
        ('date(): "王某" is no date', "date(note)", 'date(): "…" is no date'),
        # an escaped quote does not end the value
        (r'number(): "a \"王某\" b" is no number', "number(x)", 'number(): "…" is no number'),
        # the designer's own words stay
        ('no branch for kind = "water"', 'kind = "water"', 'no branch for kind = "water"'),
        ("a string has no `x`", "note.x", "a string has no `x`"),
    ],
)
def test_values_are_left_out_of_messages(message: str, expression: str, shown: str) -> None:
    assert without_values(message, expression) == shown


def test_retry_before_the_cause_is_mended_says_so_and_counts(
    client: FlaskClient, incident: Incident, session: Session
) -> None:
    sign_in(client, "operator")
    answer = send(client, f"/cockpit/incidents/{incident.id}/retry", follow_redirects=True)
    assert "重试没有成功" in answer.text
    assert "2 次" in answer.text
    assert again(session, incident).state == IncidentState.OPEN


def test_retry_after_the_cause_is_mended_moves_the_matter_on(
    client: FlaskClient, incident: Incident, session: Session, district: District
) -> None:
    with writing(session):
        district.person("street-leader").active = True
    sign_in(client, "operator")
    answer = send(client, f"/cockpit/incidents/{incident.id}/retry", follow_redirects=True)
    assert "重试成功" in answer.text
    assert "已处理" in answer.text
    assert again(session, incident).state == IncidentState.RESOLVED
    assert session.scalars(select(WorkItem.element_id).where(WorkItem.state == "open")).all() == ["lead"]
    assert "没有运行异常" in client.get("/cockpit/incidents").text
    assert incident.element_id in client.get("/cockpit/incidents?state=resolved").text
    assert send(client, f"/cockpit/incidents/{incident.id}/retry").status_code == 409


@pytest.mark.parametrize("login", ["handler", "water-lead", "district-main", "designer", "admin"])
def test_nobody_else_enters_the_cockpit(client: FlaskClient, incident: Incident, session: Session, login: str) -> None:
    sign_in(client, login)
    for path in ("/cockpit/incidents", f"/cockpit/incidents/{incident.id}", "/cockpit/notices"):
        assert client.get(path).status_code == 403
    assert send(client, f"/cockpit/incidents/{incident.id}/retry").status_code == 403
    assert send(client, "/cockpit/notices/resend").status_code == 403
    assert again(session, incident).tries == 1


def test_operator_of_another_district_knows_nothing_of_it(
    client: FlaskClient, incident: Incident, session: Session, district: District
) -> None:
    with writing(session):
        session.get_one(Incident, incident.id).jurisdiction = "elsewhere"
    sign_in(client, "operator")
    assert "没有运行异常" in client.get("/cockpit/incidents").text
    assert client.get(f"/cockpit/incidents/{incident.id}").status_code == 404
    assert send(client, f"/cockpit/incidents/{incident.id}/retry").status_code == 404


def test_unknown_incident_is_not_found(client: FlaskClient, district: District) -> None:
    sign_in(client, "operator")
    assert client.get(f"/cockpit/incidents/{uuid4()}").status_code == 404


def test_given_up_notice_is_listed_without_its_words_and_sent_again(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    notice = make_notice(session, district, now)
    sign_in(client, "operator")
    page = client.get("/cockpit/notices").text
    assert "Connection refused" in page
    assert "Water-Lead" in page
    assert "试过 30 次" in page
    assert [word for word in (*PRIVATE, "lead@qinghe.example") if word in page] == []
    send(client, f"/cockpit/notices/{notice.id}/resend")
    session.rollback()
    assert session.get_one(Notice, notice.id, populate_existing=True).state == NoticeState.PENDING
    refused = send(client, f"/cockpit/notices/{notice.id}/resend")
    assert refused.status_code == 409
    assert [word for word in PRIVATE if word in refused.text] == []


def test_everything_given_up_is_sent_again_at_once(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    for _ in range(2):
        make_notice(session, district, now)
    make_notice(session, district, now, state=NoticeState.PENDING, attempts=3)
    make_notice(session, district, now, jurisdiction="elsewhere")
    sign_in(client, "operator")
    answer = send(client, "/cockpit/notices/resend", follow_redirects=True)
    assert "已把 2 条放回待发送" in answer.text
    session.rollback()
    states = session.execute(select(Notice.jurisdiction, Notice.state).order_by(Notice.jurisdiction)).all()
    assert [tuple(row) for row in states] == [("elsewhere", "dead"), *[("qinghe", "pending")] * 3]


def test_notice_of_another_district_cannot_be_sent_again(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    notice = make_notice(session, district, now, jurisdiction="elsewhere")
    sign_in(client, "operator")
    assert send(client, f"/cockpit/notices/{notice.id}/resend").status_code == 404


def test_strip_says_what_waits_and_for_how_long(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    make_notice(session, district, now)
    make_notice(session, district, now, state=NoticeState.PENDING, created_at=now - timedelta(hours=5))
    sign_in(client, "operator")
    page = client.get("/cockpit/incidents").text
    assert "没有调度在运行" in page
    assert "最早的已等 5 小时" in page
    assert "停止发送的通知" in page


def wait_for(reached: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not reached():
        assert monotonic() < deadline
        Event().wait(0.05)


def test_strip_says_whether_the_scheduler_ticks(app: Flask, client: FlaskClient, district: District) -> None:
    carrier = Carrier(app)
    sign_in(client, "operator")
    assert "还没有" in client.get("/cockpit/incidents").text
    carrier.scheduler.start()
    try:
        sign_in(client, "operator")
        wait_for(lambda: carrier.scheduler.heartbeat is not None)
        page = client.get("/cockpit/incidents").text
        assert "刚刚" in page
        assert "调度停了" not in page
    finally:
        carrier.stop()
    assert "调度停了" in client.get("/cockpit/incidents").text
