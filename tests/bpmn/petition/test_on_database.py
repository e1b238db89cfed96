"""The petition on the real runtime and both databases: who gets it, what follows which clock, who is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.effects import case_hooks
from engine.cases.handling import Acting
from engine.cases.models import Document
from engine.cases.supervising import Demand, sign
from engine.cases.vault import Vault
from engine.clock import CHINA
from engine.deadlines.models import Clock, ClockState, Rung, Timer, TimerState
from engine.definitions import deploy
from engine.instances.hooks import Ended, Hooks, Step
from engine.instances.models import Incident, Instance
from engine.instances.runtime import Runtime
from engine.notices.models import Notice
from engine.organisation.policy import viewer_for
from engine.tasks.models import LIVE, WorkItem
from tests.bpmn.walk import read_package
from tests.factories import District, make_case, make_district

PLACE = {"code": "willow-1", "name": "柳园一村", "community": "willow", "street": "east", "district": "qinghe"}


@dataclass
class Town:
    """A district in which one petition about water runs."""

    session: Session
    district: District
    now: datetime
    outcomes: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runtime = Runtime(Hooks(on_end=self._ended))
        deploy(
            self.session, read_package("petition").package, author=Actor.engine(), note="", now=self.now,
            jurisdiction="qinghe",
        )  # fmt: skip
        case = make_case(self.session, place=self.district.unit("willow-1"))
        facts = {
            "id": str(case.id), "number": case.number, "kind": "petition", "title": case.title, "category": "property",
            "channel": "portal", "filed_at": self.now,
        }  # fmt: skip
        self.instance = self.runtime.start(
            self.session, case_id=case.id, jurisdiction="qinghe", key="petition",
            data={"case": facts, "place": PLACE}, actor=Actor.resident(), now=self.now,
        )  # fmt: skip

    def _ended(self, _step: Step, ended: Ended) -> None:
        self.outcomes.append(ended.outcome)

    def item(self, element: str, unit: str | None = None) -> WorkItem:
        """The live work item of an element."""
        live = select(WorkItem).where(WorkItem.state.in_(LIVE), WorkItem.element_id == element)
        found = self.session.scalars(live.execution_options(populate_existing=True)).all()
        return next(each for each in found if unit is None or each.inbox_key.endswith("@" + unit))

    def do(self, element: str, login: str, *, unit: str | None = None, **answers: Any) -> None:
        """Somebody completes a task with what its form asks."""
        actor = Actor.resident() if login == "resident" else Actor.staff(self.district.person(login))
        self.runtime.complete(self.session, self.item(element, unit).id, answers, actor=actor, now=self.now)

    def send(self, name: str, payload: Mapping[str, Any]) -> None:
        """Give the case a message."""
        assert self.runtime.send_message(
            self.session, self.instance.id, name, payload, actor=Actor.engine(), now=self.now
        )

    def timers(self, element: str) -> list[Timer]:
        """The waiting timers of an element."""
        waiting = select(Timer).where(Timer.element_id == element, Timer.state == TimerState.WAITING)
        return list(self.session.scalars(waiting.execution_options(populate_existing=True)))

    def clocks(self, name: str) -> list[Clock]:
        """The clocks of a name that run."""
        running = select(Clock).where(Clock.name == name, Clock.state == ClockState.RUNNING)
        return list(self.session.scalars(running.execution_options(populate_existing=True)))

    def sign(self, rung_id: UUID) -> Rung:
        """The supervision office signs what a rung asks it to."""
        staff = self.district.person("supervisor")
        viewer = viewer_for(self.session, staff)
        acting = Acting(session=self.session, runtime=self.runtime, viewer=viewer, staff=staff, now=self.now)
        return sign(acting, rung_id, Demand(text="五日内办结并反馈", by=date(2027, 1, 1)))

    def assigned(self, lead: str, *co: str) -> None:
        """From the desk to the departments."""
        self.do("record", "community", category="property")
        self.do("verify", "grid", contacted="yes", facts_found="水管破裂，属实")
        self.do("attempt", "grid", attempt_result="unsolved", attempt_note="需要专业抢修")
        self.do("consider", "community", community_can="no")
        self.do("blow", "community", whistle_reason="社区没有抢修能力", whistle_need="请水务部门抢修")
        self.do("assign", "centre", lead_unit=lead, co_units=list(co), assign_demand="到场抢修")

    def handled(self, unit: str, handler: str, lead: str) -> None:
        """A department from acceptance to reply."""
        self.do("sign", handler, unit=unit, sign_decision="accept")
        self.do(
            "arrive", handler, unit=unit, arrived_at="2026-03-18T11:00+08:00", arrival_way="site",
            resident_contacted="yes", arrival_note="已到现场",
        )  # fmt: skip
        self.do("handle", handler, unit=unit, handle_measures="更换破裂水管", handle_result="solved")
        self.do("draft", handler, unit=unit, reply_text="水管已更换，恢复供水。")
        self.do("sign_off", lead, unit=unit, sign_off_decision="approve")


@pytest.fixture
def town(session: Session, now: datetime) -> Town:
    return Town(session, make_district(session), now)


def test_a_petition_runs_from_the_resident_to_the_resident(town: Town) -> None:
    town.assigned("water")
    town.handled("water", "handler-two", "water-lead")
    town.do("rate", "resident", rated_solved="yes", stars=5)
    assert town.outcomes == ["solved"]
    assert town.session.scalars(select(Incident)).all() == []
    assert town.session.get_one(Instance, town.instance.id).outcome == "solved"
    assert town.session.scalars(select(Clock).where(Clock.state == ClockState.RUNNING)).all() == []
    assert town.session.scalars(select(Timer).where(Timer.state == TimerState.WAITING)).all() == []


def test_every_task_of_staff_has_a_due_date(town: Town) -> None:
    town.assigned("water")
    town.do("sign", "handler-two", sign_decision="accept")
    town.do(
        "arrive", "handler-two", arrived_at="2026-03-18T11:00+08:00", arrival_way="site", resident_contacted="yes",
        arrival_note="已到现场",
    )  # fmt: skip
    items = town.session.scalars(select(WorkItem)).all()
    assert [item.element_id for item in items if item.due_at is None] == []


def test_departments_side_by_side_follow_their_own_clocks(town: Town) -> None:
    town.assigned("water", "housing")
    clocks = {clock.id for clock in town.clocks("accept")}
    assert {timer.clock_id for timer in town.timers("silent")} == clocks
    town.do("sign", "housing-handler", unit="housing", sign_decision="accept")
    (left,) = town.timers("silent")
    (running,) = town.clocks("accept")
    assert left.clock_id == running.id
    assert town.runtime.fire_timer(town.session, left.id, left.due_at) == "fired"
    assert town.item("arrive", "water").role == "handler"


def test_the_handler_of_the_first_round_is_kept_out_of_the_second(town: Town) -> None:
    town.assigned("water")
    town.handled("water", "handler-two", "water-lead")
    town.do("rate", "resident", rated_solved="no", stars=1, rated_grounds="水压仍然不足")
    town.do("judge", "caller", grounds_hold="yes", judge_reason="核对工单属实")
    town.do("order", "supervisor", rework_demand="复测水压并处理")
    town.do("assign", "centre", lead_unit="water", assign_demand="换人重办")
    town.do("sign", "handler-two", sign_decision="accept")
    town.do(
        "arrive", "handler-two", arrived_at="2026-03-19T11:00+08:00", arrival_way="site", resident_contacted="yes",
        arrival_note="已到现场",
    )  # fmt: skip
    assert town.item("handle").excluded == [str(town.district.person("handler-two").id)]


def test_a_late_case_climbs_the_ladder_to_people_that_exist(town: Town) -> None:
    town.assigned("water")
    told = set()
    for _ in range(60):
        rung = town.session.scalars(select(Rung).where(Rung.state == "waiting").order_by(Rung.due_at)).first()
        if rung is None:
            break
        town.now = max(town.now, rung.due_at + timedelta(seconds=1))
        town.runtime.fire_rung(town.session, rung.id, town.now)
        town.session.expire_all()
        if town.session.get_one(Rung, rung.id).unsigned:
            town.sign(rung.id)
    told = {(notice.template, notice.rung) for notice in town.session.scalars(select(Notice))}
    assert {
        ("due_soon", "L0"),
        ("due_very_soon", "L1"),
        ("overdue", "L2"),
        ("supervised", "L3"),
        ("conference", "L4"),
    } <= told
    assert [incident.message for incident in town.session.scalars(select(Incident))] == []
    slips = town.session.scalars(select(Document).where(Document.kind == "supervision_order")).all()
    assert {slip.number.partition("〔")[0] for slip in slips} == {"区督办室督办单"}
    assert all("五日内办结并反馈" in slip.html and "签发人：Supervisor" in slip.html for slip in slips)


def test_a_withdrawal_closes_everything(town: Town) -> None:
    town.assigned("water", "housing")
    town.send("withdrawn", {})
    assert town.outcomes == ["withdrawn"]
    assert town.session.scalars(select(WorkItem).where(WorkItem.state.in_(LIVE))).all() == []


def test_a_second_extension_is_refused_with_the_reason_of_the_department_that_asked(town: Town) -> None:
    town.runtime = Runtime(case_hooks(Vault(bytes(range(32))), site="https://chuishao.example"))
    town.assigned("water", "housing")
    for unit, login in (("water", "handler-two"), ("housing", "housing-handler")):
        town.do("sign", login, unit=unit, sign_decision="accept")
        town.do(
            "arrive", login, unit=unit, arrived_at="2026-03-18T11:00+08:00", arrival_way="site",
            resident_contacted="yes", arrival_note="已到现场",
        )  # fmt: skip
    first = {clock.unit_id: clock.due_at for clock in town.clocks("handle")}
    asked = {"extension_request": {"unit": "water", "days": 3, "reason": "须等配件到货"}}
    town.send("extension_requested", asked)
    answers = {"extension_decision": "approve", "extension_days": 3, "extension_reason": "配件三日后到货"}
    town.do("approve", "street-leader", **answers)
    moved = {clock.unit_id for clock in town.clocks("handle") if clock.due_at > first[clock.unit_id]}
    assert moved == {town.district.unit("water").id}
    told = select(Notice).where(Notice.template == "extension_refused")
    town.send("extension_requested", {"extension_request": asked["extension_request"] | {"unit": "housing"}})
    assert town.session.scalars(told).all() == []  # the other department has not asked before
    town.send("extension_requested", asked)
    bodies = {notice.body for notice in town.session.scalars(told)}
    assert bodies
    due = next(clock.due_at for clock in town.clocks("handle") if clock.unit_id == town.district.unit("water").id)
    assert all("规定最多延期 1 次，已经用完" in each for each in bodies)
    assert all(f"{due.astimezone(CHINA):%Y-%m-%d %H:%M}（暂定" in each for each in bodies)
