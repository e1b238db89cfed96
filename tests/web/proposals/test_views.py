"""A proposal as neighbours see it, on the real runtime: seconded, objected to, followed, paid, accounted for."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.filing import Filing, file_case
from engine.cases.models import Case
from engine.cases.vault import new_submission
from engine.deadlines.models import Timer, TimerState
from engine.definitions import deploy
from engine.errors import Invalid
from engine.funds import FundAccount, entries_of_case
from engine.notices.models import Notice
from engine.organisation.roles import Role
from engine.proposals.models import Objection, ProposalFollower, ProposalSecond
from engine.tasks.models import LIVE, WorkItem
from tests.bpmn.walk import read_package
from tests.factories import JURISDICTION, District, make_staff
from tests.fakes import ManualClock
from tests.web.browsing import send
from web import current

#: Who a proposal needs beside the district's own people: role, unit.
PEOPLE = (
    (Role.RESIDENTS_COMMITTEE, "willow"),
    (Role.PARTY_ORGANISATION, "willow"),
    (Role.COUNCIL, "willow"),
    (Role.SUPERVISORY_COMMITTEE, "willow"),
    (Role.FINANCE, "east"),
)


class Neighbourhood:
    """Willow community, where somebody proposes a street lamp."""

    def __init__(self, app: Flask, client: FlaskClient, session: Session, district: District, clock: ManualClock):
        self.client, self.session, self.clock = client, session, clock
        for role, unit in PEOPLE:
            make_staff(session, role.value, roles=[(role, district.unit(unit))])
        with app.app_context():
            self.vault, self.runtime = current.vault(), current.runtime()
        for key in ("petition", "proposal"):
            deploy(
                session, read_package(key).package, author=Actor.engine(), note="", now=clock.now(),
                jurisdiction=JURISDICTION,
            )  # fmt: skip
        filing = Filing(
            title="三号楼前加装路灯", text="三号楼前夜间很暗，老人摔过跤。", place="willow-1", name="李四",
            email="li@example.org", category="facility", kind="proposal",
            start={"hope": "夜里看得见路", "consent": True},
        )  # fmt: skip
        self.case: Case = file_case(
            session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=self.vault,
            runtime=self.runtime, actor=Actor.resident(), now=clock.now(),
        ).case  # fmt: skip

    @property
    def path(self) -> str:
        return f"/proposals/{self.case.number}"

    def do(self, element: str, **answers: Any) -> None:
        """Complete the open task of an element."""
        live = select(WorkItem).where(
            WorkItem.case_id == self.case.id, WorkItem.state.in_(LIVE), WorkItem.element_id == element
        )
        item = self.session.scalars(live).one()
        self.runtime.complete(self.session, item.id, answers, actor=Actor.api("tests"), now=self.clock.now())

    def until(self, element: str) -> None:
        """Let time pass until a timer has fired."""
        waiting = select(Timer).where(
            Timer.case_id == self.case.id, Timer.state == TimerState.WAITING, Timer.element_id == element
        )
        timer = self.session.scalars(waiting).one()
        self.clock.advance(seconds=max(0, (timer.due_at - self.clock.now()).total_seconds()))
        self.runtime.fire_timer(self.session, timer.id, self.clock.now())

    def second(self, flat: int) -> Any:
        return send(self.client, self.path + "/second", {"household": f"3-2-{flat}", "phone": f"1390000{flat:04}"})

    def decided(self) -> None:
        """Seconded, reviewed, passed and lawful; finance has it."""
        self.do("screen", public_as="written")
        for flat in range(101, 106):
            assert self.second(flat).status_code == 302
        self.do("examine", review_decision="accept", matter="everyday", review_reason="属于居民自治范围")
        meeting = (self.clock.now() + timedelta(days=7)).isoformat(timespec="minutes")
        self.do(
            "convene", plan="在三号楼前加装两盏路灯，居委会负责", cost=12000, meeting_at=meeting, meeting_where="会议室"
        )
        self.until("day")
        self.do("sign_in", eligible=9, present=8)
        self.do("deliberate", opinions="多数赞成", plan="在三号楼前加装两盏路灯，加遮光罩", cost=12000)
        self.do("vote", eligible=9, present=8, yes=7, no=1, abstain=0, counted_by_whom="监督委员会")
        self.do("lawful", lawful="yes", lawful_reason="程序和内容合法")


@pytest.fixture
def town(app: Flask, client: FlaskClient, session: Session, district: District, clock: ManualClock) -> Neighbourhood:
    """The neighbourhood."""
    return Neighbourhood(app, client, session, district, clock)


def test_nothing_is_public_before_it_was_looked_through(town: Neighbourhood) -> None:
    assert town.client.get(town.path).status_code == 404
    assert town.case.number not in town.client.get("/proposals").text
    town.do("screen", public_as="written")
    assert "三号楼前夜间很暗" in town.client.get(town.path).text
    assert town.case.number in town.client.get("/proposals?place=willow").text
    assert town.case.number not in town.client.get("/proposals?place=plum").text


def test_a_household_and_a_telephone_count_once(town: Neighbourhood) -> None:
    town.do("screen", public_as="written")
    assert town.second(101).status_code == 302
    again = send(town.client, town.path + "/second", {"household": "3号楼2单元101室", "phone": "13911112222"})
    assert (again.status_code, "只计一次" in again.text) == (422, True)
    other = send(town.client, town.path + "/second", {"household": "3-2-102", "phone": "1390000 0101"})
    assert other.status_code == 422
    assert "1户附议" in town.client.get(town.path).text


def test_who_seconded_cannot_be_read_from_the_database(town: Neighbourhood) -> None:
    town.do("screen", public_as="written")
    town.second(101)
    row = town.session.scalars(select(ProposalSecond)).one()
    assert {len(row.household_mac), len(row.phone_mac)} == {64}
    assert not {"101", "13900000101"} & {row.household_mac, row.phone_mac}


@pytest.mark.parametrize(
    ("household", "phone"),
    [
        # no flat, no number
        ("三号楼", "13900000101"),
        ("3-2-101", "123"),
    ],
)
def test_a_second_that_cannot_be_used_says_what_to_mend(town: Neighbourhood, household: str, phone: str) -> None:
    town.do("screen", public_as="written")
    answer = send(town.client, town.path + "/second", {"household": household, "phone": phone})
    assert answer.status_code == 422
    assert "请填写" in answer.text
    assert "0户附议" in answer.text


def test_a_proposal_is_carried_through_paid_and_accounted_for(town: Neighbourhood) -> None:
    town.decided()
    with pytest.raises(Invalid) as refused:
        town.do("budget", budget_decision="reserve", budget_yuan=200_001, budget_reason="属于专项经费范围")
    assert refused.value.code == "fund-short"
    town.do("budget", budget_decision="reserve", budget_yuan=12000, budget_reason="属于专项经费范围")
    assert send(town.client, town.path + "/object", {"text": "路灯正对二楼卧室的窗户。"}).status_code == 302
    town.do("check", objection_result="dismissed", objection_answer="已加遮光罩，不照进窗户。")
    assert "已加遮光罩" in town.client.get(town.path).text
    town.until("expired")
    due = (town.clock.now() + timedelta(days=5)).date().isoformat()
    town.do("plan", plan_milestones=[{"title": "安装路灯", "due": due, "yuan": 11000}])
    town.do("carry_out", carried_out="两盏路灯已装好通电")
    town.do("verify", verify_result="good", verify_finding="数量、质量相符")
    town.do("approve", paid_yuan=11000, pay_voucher="付0012")
    town.do("accept", accept_result="good", accept_finding="与决议一致，账目清楚")
    account = town.session.scalars(select(FundAccount).execution_options(populate_existing=True)).one()
    assert (account.reserved, account.paid) == (0, 1_100_000)
    assert [entry.kind for entry in entries_of_case(town.session, town.case.id)] == ["reserve", "pay", "release"]
    page = town.client.get(town.path).text
    assert "11,000.00" in page
    assert "1,000.00" in page
    assert "Residents" in town.client.get(town.path + "?lang=en", follow_redirects=True).text


def test_an_objection_needs_reasons_and_its_time(town: Neighbourhood) -> None:
    town.do("screen", public_as="written")
    assert "已过" in send(town.client, town.path + "/object", {"text": "路灯正对二楼卧室的窗户。"}).text
    short = send(town.client, town.path + "/object", {"text": "不好", "email": "no address"})
    assert (short.status_code, "十个字" in short.text) == (422, True)
    assert town.session.scalars(select(Objection)).all() == []


def test_who_follows_by_mail_confirms_first_and_is_forgotten_afterwards(town: Neighbourhood) -> None:
    town.do("screen", public_as="written")
    page = send(town.client, town.path + "/follow", {"follow_email": "wang@example.org"})
    assert page.status_code == 200
    mail = town.session.scalars(select(Notice).where(Notice.template == "follow_confirm")).one()
    assert mail.case_id == town.case.id
    link = page.text.split('receipt-link"><a href="')[1].split('"')[0]
    path = "/proposals/follow/" + link.rsplit("/", 1)[1]
    assert town.client.get(path).status_code == 200
    assert send(town.client, path, {"confirm": "1"}).status_code == 302
    town.session.rollback()
    row = town.session.scalars(select(ProposalFollower).execution_options(populate_existing=True)).one()
    assert row.confirmed_at is not None
    assert b"wang" not in (row.sealed or b"")
    assert send(town.client, path, {"unfollow": "1"}).status_code == 302
    town.session.rollback()
    assert town.session.scalars(select(ProposalFollower)).all() == []
    assert town.client.get(path).status_code == 404
