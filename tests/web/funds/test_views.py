"""Who answers for a community's fund grants it once a year, reads its ledger and takes it along."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.funds import FundAccount, FundEntry, pay, reserve
from tests.factories import JURISDICTION, District, make_case
from tests.web.browsing import send, sign_in

YEAR = 2026


@pytest.fixture
def leader(client: FlaskClient, district: District) -> FlaskClient:
    """The leader of the east street, in which the willow community lies; plum lies in the west."""
    sign_in(client, district.person("street-leader"))
    return client


def test_a_years_money_is_granted_once_and_audited(leader: FlaskClient, session: Session) -> None:
    page = leader.get("/funds/").text
    assert "柳园社区" in page
    assert "梅林社区" not in page
    assert "还没有拨入，拨入时为 200,000.00" in page
    for _ in range(2):
        assert send(leader, "/funds/willow/grant", {"year": YEAR}).status_code == 303
    session.rollback()
    assert session.scalars(select(FundAccount.granted)).all() == [20_000_000]
    assert session.scalar(select(func.count()).select_from(FundEntry)) == 1
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.FUND_GRANTED)).one()
    assert event.actor_name == "Street-Leader"


def test_how_much_it_is_can_be_set_before_it_is_granted_and_not_after(leader: FlaskClient, session: Session) -> None:
    for wrong in ("-1", "abc", "1.234", ""):
        send(leader, "/funds/willow/yearly", {"year": YEAR, "yuan": wrong})
    assert "200,000.00" in leader.get("/funds/willow").text
    send(leader, "/funds/willow/yearly", {"year": YEAR, "yuan": "250,000.50"})
    send(leader, "/funds/willow/grant", {"year": YEAR})
    send(leader, "/funds/willow/yearly", {"year": YEAR, "yuan": "1"})
    session.rollback()
    assert session.scalars(select(FundAccount.granted)).all() == [25_000_050]


def test_the_ledger_shows_every_line_with_its_balance_and_goes_along_as_a_table(
    leader: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_case(session, place=district.unit("willow"))
    how = {"case_id": case.id, "actor": Actor.engine(), "now": now}
    reserve(session, jurisdiction=JURISDICTION, unit_code="willow", year=YEAR, amount=5_000_000, note="=SUM(A1)", **how)
    pay(session, amount=3_000_000, note="第一期", **how)
    session.commit()
    page = leader.get("/funds/willow").text
    for part in ("200,000.00", "150,000.00", "50,000.00", "30,000.00", case.number, "第一期"):
        assert part in page, part
    table = leader.get("/funds/willow/ledger.csv")
    assert table.mimetype == "text/csv"
    rows = table.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert [row.split(",")[1:4] for row in rows[1:]] == [
        ["拨入", "200000", "200000"], ["预留", "50000", "150000"], ["支付", "30000", "150000"],
    ]  # fmt: skip
    assert rows[2].endswith("'=SUM(A1)"), "a spreadsheet must not compute it"


@pytest.mark.parametrize("login", ["community", "handler", "centre"])
def test_nobody_else_sees_or_grants_it(client: FlaskClient, session: Session, district: District, login: str) -> None:
    sign_in(client, district.person(login))
    assert client.get("/funds/").status_code == 403
    assert send(client, "/funds/willow/grant", {"year": YEAR}).status_code == 403
    assert session.scalars(select(FundAccount)).all() == []


def test_a_community_of_another_street_is_not_there(leader: FlaskClient, session: Session) -> None:
    assert leader.get("/funds/plum").status_code == 404
    assert send(leader, "/funds/plum/grant", {"year": YEAR}).status_code == 404
    assert session.scalars(select(FundAccount)).all() == []
