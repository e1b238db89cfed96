from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from engine.cases.escalations import escalations
from engine.cases.models import Case
from engine.db import new_id, writing
from engine.deadlines.models import Clock, Rung, RungState
from engine.organisation.policy import viewer_for
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in
from tests.web.work import make_item

#: of the usual ladder: whom each rung tells
TOLD = {
    "L0": ["handler"],
    "L1": ["handler", "leader_in_charge"],
    "L2": ["department_lead", "supervision"],
    "L4": ["joint_conference"],
}


def make_late(
    session: Session, district: District, now: datetime, *, title: str = "路灯不亮", by: timedelta = timedelta(days=1),
    rung: str | None = "L2", unit: str = "water-works", **values: Any,
) -> Case:  # fmt: skip
    """Add a matter that `unit` handles, late by `by`, of whose clock `rung` has fired."""
    case = make_case(session, place=district.unit("willow"), title=title)
    item = make_item(session, district, now=now, unit=unit, case=case)
    with writing(session):
        clock = Clock(
            **{
                "id": new_id(), "jurisdiction": item.jurisdiction, "case_id": case.id, "instance_id": item.instance_id,
                "scope_id": "0" * 32, "element_id": "handle", "process_id": "petition", "name": "handle",
                "kind": "internal", "unit_id": item.unit_id, "role": "handler", "started_at": now - timedelta(days=9),
                "amount": 5, "unit": "working-days", "roll": "none", "due_at": now - by,
                "original_due_at": now - by, "trace": [],
            } | values
        )  # fmt: skip
        session.add(clock)
        session.flush()
        if rung:
            session.add(
                Rung(
                    id=new_id(),
                    clock_id=clock.id,
                    case_id=case.id,
                    jurisdiction=case.jurisdiction,
                    name=rung,
                    position=int(rung[1:]),
                    due_at=now - by,
                    rule={"to": TOLD[rung]},
                    state=RungState.FIRED,
                    fired_at=now - timedelta(hours=20),
                )
            )
    return case


def rung_of(session: Session, case: Case) -> Rung:
    session.rollback()  # a new transaction: what the page wrote is seen
    return session.query(Rung).filter_by(case_id=case.id).one()


@pytest.fixture
def late(session: Session, district: District, now: datetime) -> Case:
    """A matter of the water works, a day late, whose rung L2 has fired."""
    return make_late(session, district, now)


def test_lead_sees_what_is_late_since_when_and_who_has_it(client: FlaskClient, late: Case) -> None:
    sign_in(client, "water-lead")
    page = client.get("/escalations").text
    assert "路灯不亮" in page
    assert late.number in page
    assert "已超期 1 天" in page
    assert "供水科" in page
    assert "办理诉求" in page
    assert "<b>1</b> 件已超期" in page
    assert "<b>1</b> 件待您知悉" in page


def test_one_tap_acknowledges_and_the_page_says_who_did(
    client: FlaskClient, late: Case, session: Session, district: District
) -> None:
    sign_in(client, "water-lead")
    rung = rung_of(session, late)
    answer = send(client, "/escalations/acknowledge", {"one": str(rung.id), "back": "/escalations?show=late"})
    assert answer.location == "/escalations?show=late"
    assert rung_of(session, late).acknowledged_by == district.person("water-lead").id
    page = client.get("/escalations").text
    assert "<b>0</b> 件待您知悉" in page
    assert "Water-Lead 3月18日 10:00 知悉" in page


def test_several_are_acknowledged_at_once_and_what_is_not_mine_is_said(
    client: FlaskClient, late: Case, session: Session, district: District, now: datetime
) -> None:
    second = make_late(session, district, now, rung="L1")
    foreign = make_late(session, district, now, unit="housing")
    sign_in(client, "water-lead")
    wanted = [str(rung_of(session, each).id) for each in (late, second, foreign)]
    answer = send(client, "/escalations/acknowledge", {"selected": wanted}, follow_redirects=True)
    assert "您已知悉 2 条提醒" in answer.text
    assert "不能在这里进行此项操作" in answer.text
    assert rung_of(session, foreign).acknowledged_at is None


def test_acknowledging_nothing_or_nonsense_is_said(client: FlaskClient, late: Case) -> None:
    sign_in(client, "water-lead")
    assert "没有选中任何事项" in send(client, "/escalations/acknowledge", follow_redirects=True).text
    assert send(client, "/escalations/acknowledge", {"one": "nonsense"}).status_code == 422
    answer = send(client, "/escalations/acknowledge", {"one": str(uuid4())}, follow_redirects=True)
    assert "没有升级提醒" in answer.text


def test_highest_rung_stands_first_then_the_longest_late(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    for title, rung, days in (("甲", "L1", 1), ("乙", "L4", 12), ("丙", None, 3), ("丁", "L2", 2), ("戊", "L2", 4)):
        make_late(session, district, now, title=f"事项{title}", rung=rung, by=timedelta(days=days))
    sign_in(client, "water-lead")
    page = client.get("/escalations").text
    places = [page.index(f"事项{title}") for title in "乙戊丁甲丙"]
    assert places == sorted(places)
    assert "提请联席会议" in page
    assert "还没有发出提醒" in page


@pytest.mark.parametrize(
    ("show", "titles"),
    [
        ("all", {"超期的", "提醒过的", "快到的", "知悉的"}),
        ("late", {"超期的", "知悉的"}),
        ("soon", {"提醒过的", "快到的"}),  # a date that is near, and one further off of which a reminder went out
        ("waiting", {"超期的"}),  # a reminder to the handler asks nothing of the lead
        ("acknowledged", {"知悉的"}),
        ("nonsense", {"超期的", "提醒过的", "快到的", "知悉的"}),
    ],
)
def test_filters_stand_in_the_address(
    client: FlaskClient, session: Session, district: District, now: datetime, show: str, titles: set[str]
) -> None:
    make_late(session, district, now, title="超期的")
    make_late(session, district, now, title="提醒过的", rung="L0", by=-timedelta(days=6))
    make_late(session, district, now, title="快到的", rung=None, by=-timedelta(hours=30))
    make_late(session, district, now, title="还早的", rung=None, by=-timedelta(days=6))
    make_late(session, district, now, title="办完的", state="stopped")
    known = make_late(session, district, now, title="知悉的")
    sign_in(client, "water-lead")
    send(client, "/escalations/acknowledge", {"one": str(rung_of(session, known).id)})
    page = client.get(f"/escalations?show={show}").text
    every = {"超期的", "提醒过的", "快到的", "还早的", "办完的", "知悉的"}
    assert {title for title in every if title in page} == titles


def test_link_of_a_notice_shows_its_matter_alone(
    client: FlaskClient, late: Case, session: Session, district: District, now: datetime
) -> None:
    make_late(session, district, now, title="另一件")
    sign_in(client, "water-lead")
    page = client.get(f"/escalations?case={late.id}").text
    assert "路灯不亮" in page
    assert "另一件" not in page
    assert client.get("/escalations?case=nonsense").status_code == 422


def test_original_date_stays_visible(client: FlaskClient, session: Session, district: District, now: datetime) -> None:
    make_late(session, district, now, original_due_at=now - timedelta(days=8))
    sign_in(client, "water-lead")
    page = client.get("/escalations").text
    assert "原定" in page
    assert "3月10日 10:00" in page


def test_statutory_clock_of_no_unit_is_seen_by_who_has_the_work(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    make_late(session, district, now, kind="statutory", unit_id=None)
    sign_in(client, "water-lead")
    assert "路灯不亮" in client.get("/escalations").text
    sign_in(client, "housing-lead")
    assert "路灯不亮" not in client.get("/escalations").text


def test_lead_of_another_department_sees_nothing_and_cannot_acknowledge(
    client: FlaskClient, late: Case, session: Session
) -> None:
    sign_in(client, "housing-lead")
    page = client.get("/escalations").text
    assert "没有超期的事项" in page
    assert late.number not in page
    assert 'class="nav-count' not in page
    assert late.number not in client.get(f"/escalations?case={late.id}").text
    send(client, "/escalations/acknowledge", {"one": str(rung_of(session, late).id)})
    assert rung_of(session, late).acknowledged_at is None


@pytest.mark.parametrize("login", ["supervisor", "district-main", "street-leader"])
def test_who_stands_above_sees_it_too(client: FlaskClient, late: Case, login: str) -> None:
    sign_in(client, login)
    assert late.number in client.get("/escalations").text


@pytest.mark.parametrize("login", ["handler", "housing-handler", "grid", "operator"])
def test_who_leads_nothing_has_no_escalations(client: FlaskClient, late: Case, login: str) -> None:
    sign_in(client, login)
    assert client.get("/escalations").status_code == 403
    assert 'href="/escalations"' not in client.get("/notices").text


def test_late_matters_are_counted_in_the_header(
    client: FlaskClient, late: Case, session: Session, district: District, now: datetime
) -> None:
    make_late(session, district, now, rung=None, by=-timedelta(hours=30))
    sign_in(client, "water-lead")
    assert 'nav-count nav-count-late">1<' in client.get("/notices").text


def test_many_matters_take_no_more_statements_than_few(
    request: pytest.FixtureRequest, session: Session, district: District, now: datetime
) -> None:
    viewer, said = viewer_for(session, district.person("water-lead")), [0]

    def count(*_: object) -> None:
        said[0] += 1

    event.listen(session.get_bind(), "before_cursor_execute", count)
    request.addfinalizer(lambda: event.remove(session.get_bind(), "before_cursor_execute", count))
    made = []
    for _ in range(2):
        for _ in range(3):
            make_late(session, district, now)
        session.expire_all()
        said[0] = 0
        assert escalations(session, viewer, now=now).matters
        made.append(said[0])
    assert made[0] == made[1]
