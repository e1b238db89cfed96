"""Mediation on the real runtime and both databases: whose task it is, who is told, what moves, what it becomes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.assisting import complete_assisted
from engine.cases.documents import documents_of
from engine.cases.filing import Filing, file_case
from engine.cases.links import linked_cases
from engine.cases.matter import complete_as_resident
from engine.cases.models import Case
from engine.cases.offers import send_offer
from engine.cases.parties import NewParty, add_party, rows_of
from engine.cases.reopening import reopen, reopens_until
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault, new_submission
from engine.clock import CHINA
from engine.deadlines.models import Clock, ClockState, Rung, Timer, TimerState
from engine.definitions import deploy, load
from engine.errors import Conflict
from engine.instances.models import Incident
from engine.instances.reading import instance_data, latest_instance
from engine.notices.models import Notice
from engine.notices.outbox import SEALED
from engine.organisation.policy import resident_viewer, viewer_for
from engine.organisation.roles import Role
from engine.tasks.models import LIVE, WorkItem, WorkItemState
from tests.bpmn.walk import read_package
from tests.factories import JURISDICTION, District, make_district, make_staff

VAULT = Vault(bytes(range(32)))
#: Who mediation needs beside the district's own people: login, role, unit.
PEOPLE = (
    ("mediator", Role.MEDIATOR, "willow"),
    ("second", Role.MEDIATOR, "east"),
    ("chair", Role.MEDIATION_CHAIR, "willow"),
    ("office", Role.JUDICIAL_OFFICE, "east"),
    ("judge", Role.COURT, "qinghe"),
)


class Town:
    """A district in which one dispute is mediated."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.district: District = make_district(session)
        for login, role, unit in PEOPLE:
            self.district.staff[login] = make_staff(
                session, login, roles=[(role, self.district.unit(unit))], email=f"{login}@qinghe.example"
            )
        self.runtime = case_runtime(VAULT, site="https://chuishao.example")
        for key in ("petition", "mediation"):
            deploy(
                session, read_package(key).package, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION
            )
        filing = Filing(
            title="阳台外挑影响采光", text="对方阳台外挑一米", place="willow-1", name="李四", email="li@example.org",
            category="neighbour", kind="mediation", start={"request": "拆除外挑部分", "tried": "yes"},
        )  # fmt: skip
        self.case: Case = file_case(
            session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT, runtime=self.runtime,
            actor=Actor.resident(), now=now,
        ).case  # fmt: skip

    def actor(self, login: str) -> Actor:
        return Actor.staff(self.district.person(login))

    def items(self, element: str) -> list[WorkItem]:
        """The live work items of an element."""
        live = select(WorkItem).where(
            WorkItem.case_id == self.case.id, WorkItem.state.in_(LIVE), WorkItem.element_id == element
        )
        return list(self.session.scalars(live.execution_options(populate_existing=True)))

    def do(self, element: str, login: str, **answers: Any) -> None:
        """A member of staff completes a task."""
        (item,) = self.items(element)
        self.runtime.complete(self.session, item.id, answers, actor=self.actor(login), now=self.now)

    def answer(self, element: str, party: str, **answers: Any) -> None:
        """A party answers on its own page."""
        item = next(each for each in self.items(element) if (each.party or "p1") == party)
        complete_as_resident(self.session, self.case, item.id, answers, runtime=self.runtime, now=self.now, party=party)

    def take(self, offer: str, who: str, data: Mapping[str, Any]) -> None:
        """A party (by key) or a member of staff (by login) takes up an offer."""
        of_party = who.startswith("p") and who[1:].isdigit()
        viewer = resident_viewer(self.case.id, who) if of_party else viewer_for(self.session, self.district.person(who))
        actor = Actor.resident(None if who == "p1" else who) if of_party else self.actor(who)
        assert send_offer(
            self.session, self.case, offer, data, viewer=viewer, actor=actor, runtime=self.runtime, now=self.now
        )

    def fire(self, element: str) -> None:
        """Let time pass until a timer has fired; what is due before fires first."""
        for _ in range(60):
            waiting = select(Timer).where(Timer.case_id == self.case.id, Timer.state == TimerState.WAITING)
            timer = self.session.scalars(
                waiting.order_by(Timer.due_at, Timer.id).execution_options(populate_existing=True)
            ).first()
            assert timer is not None, f"no timer {element} waits"
            self.now = max(self.now, timer.due_at)
            assert self.runtime.fire_timer(self.session, timer.id, self.now) == "fired"
            if timer.element_id == element:
                return
        raise AssertionError(f"{element} never fired")

    def data(self) -> dict[str, Any]:
        """What the process knows."""
        instance = latest_instance(self.session, self.case.id)
        assert instance is not None
        return instance_data(self.session, instance.id)

    def ended(self) -> str:
        """How the case ended; nothing of it is left open."""
        self.session.refresh(self.case)
        assert self.session.scalars(select(Incident)).all() == []
        of_case = WorkItem.case_id == self.case.id
        assert self.session.scalars(select(WorkItem).where(of_case, WorkItem.state.in_(LIVE))).all() == []
        assert self.clocks() == []
        return str(self.case.state)

    def clocks(self) -> list[Clock]:
        running = select(Clock).where(Clock.case_id == self.case.id, Clock.state == ClockState.RUNNING)
        return list(self.session.scalars(running.execution_options(populate_existing=True)))

    def reached(self, template: str) -> list[str]:
        """The addresses that a notice went to, sorted."""
        sent = select(Notice.address).where(Notice.case_id == self.case.id, Notice.template == template)
        found = self.session.scalars(sent.where(Notice.channel == "email"))
        return sorted(VAULT.open_address(each.removeprefix(SEALED), self.case.id) for each in found)

    # ---- the way of every case

    def registered(self) -> "Town":
        """The desk adds the other party and registers the dispute."""
        instance = latest_instance(self.session, self.case.id)
        assert instance is not None
        add_party(
            self.session, self.case, NewParty(name="王五", email="wang@example.org"), actor=self.actor("mediator"),
            version=load(self.session, instance.version_id), vault=VAULT, now=self.now,
        )  # fmt: skip
        self.do(
            "record", "mediator", source="applied", dispute_kind="neighbour", dispute_facts="对方阳台外挑一米",
            request="拆除外挑部分",
        )  # fmt: skip
        return self

    def appointed(self, login: str = "mediator") -> "Town":
        """All consent and leave the choice of the mediator to the chair."""
        self.registered()
        self.answer("agree", "p2", agree="yes")
        for party in ("p1", "p2"):
            self.answer("wish", party)
        self.do("appoint", "chair", mediator=str(self.district.person(login).id))
        self.do("accept", login, accept_decision="accept")
        return self

    def talked(self, result: str) -> "Town":
        """A session takes place."""
        self.do(
            "plan", "mediator", session_at="2026-03-20T15:00+08:00", session_place="社区调解室", session_open="closed",
            invitees="none",
        )  # fmt: skip
        self.do("hold", "mediator", minutes_text="双方陈述，提出分期拆除的方案", session_result=result)
        return self

    def settled(self) -> "Town":
        """A written agreement with one date of performance is in effect."""
        self.appointed().talked("agreed")
        self.do(
            "draft", "mediator", agreement_form="written", agreement_matter="property",
            agreement_text="被申请人一个月内拆除外挑部分", duties=[{"due": "2026-04-17", "what": "拆除外挑部分"}],
        )  # fmt: skip
        for party in ("p1", "p2"):
            self.answer("sign", party, sign="yes")
        self.do("seal", "chair", seal_decision="seal")
        return self


@pytest.fixture
def town(session: Session, now: datetime) -> Town:
    return Town(session, now)


def test_a_dispute_is_settled_confirmed_and_performed(town: Town) -> None:
    town.settled()
    for party in ("p1", "p2"):
        town.answer("apply_jointly", party, confirmation_wish="yes")
    town.do("prepare", "office", confirmation_court="清河区人民法院", confirmation_checked=True)
    town.do("docket", "judge", docketed="yes", court_number="（2026）清0101民特12号")
    town.do("decide", "judge", ruling="confirmed", court_reason="协议自愿、合法")
    town.fire("due")
    assert town.now.astimezone(CHINA).date().isoformat() == "2026-04-17"
    town.do("look", "mediator", visit_performed="yes", visit_note="上门查看")
    town.do("file", "mediator", archive_number="TJ-2026-1", archive_complete=True)
    assert town.ended() == "confirmed"
    assert town.case.number.startswith("TJ2026-")
    assert [each.kind for each in documents_of(town.session, town.case.id)] == [
        "application", "acceptance_register", "rights", "minutes", "agreement", "confirmation_application",
        "return_visit",
    ]  # fmt: skip
    served = [each.kind for each in documents_of(town.session, town.case.id) if each.served_at is not None]
    assert served == ["acceptance_register", "rights", "agreement"]
    assert "王五" not in str(town.data())


def test_what_follows_is_the_chosen_mediators_own_task(town: Town) -> None:
    town.appointed("second")
    (plan,) = town.items("plan")
    assert (plan.state, plan.owner_id) == (WorkItemState.CLAIMED, town.district.person("second").id)
    assert plan.inbox_key == "mediator@east"
    with pytest.raises(Conflict, match="has held"):
        town.talked("again")


def test_who_was_recused_is_not_on_the_list_again(town: Town) -> None:
    town.appointed("mediator")
    town.take("recusal", "p2", {"recusal_reason": "调解员与对方同住一个单元"})
    assert town.items("plan") == []
    town.do("rule", "chair", recusal_decision="granted", recusal_ruling="情况属实，另选")
    (first, _) = town.items("wish")
    assert first.state == WorkItemState.OPEN
    for party in ("p1", "p2"):
        town.answer("wish", party)
    town.do("appoint", "chair", mediator=str(town.district.person("second").id))
    town.do("accept", "second", accept_decision="accept")
    assert town.items("plan")[0].owner_id == town.district.person("second").id


def test_a_refusal_closes_everything_and_the_matter_goes_on_as_a_petition(town: Town) -> None:
    town.appointed()
    town.take("refused", "p2", {"refusal_reason": "court"})
    assert town.items("plan") == []
    assert [clock.name for clock in town.clocks()] == ["terminate"]
    town.do("write", "chair", termination_reason="有当事人不愿调解", remedies=["court"])
    town.answer("ask", "p1", go_on="yes")
    town.do("file", "chair", archive_number="TJ-2026-2", archive_complete=True)
    assert town.ended() == "refused"
    (made,) = town.session.scalars(select(Case).where(Case.kind == "petition"))
    assert (made.title, made.text, made.place_id) == (town.case.title, town.case.text, town.case.place_id)
    assert made.number.startswith("SQ2026-")
    assert [each.case.id for each in linked_cases(town.session, resident_viewer(town.case.id), town.case, "zh_CN")] == [
        made.id
    ]
    told = town.session.scalars(select(Notice.body).where(Notice.case_id == town.case.id))
    assert not any("court" in text or "王五" in text for text in told)
    assert reopens_until(town.session, town.case, now=town.now) is None  # it went on elsewhere


def test_a_mediation_that_was_refused_is_taken_up_again_with_both_parties_and_what_was_asked_for(town: Town) -> None:
    town.appointed()
    town.take("refused", "p2", {"refusal_reason": "other"})
    town.do("write", "chair", termination_reason="有当事人不愿调解", remedies=["court"])
    town.answer("ask", "p1", go_on="no")
    town.do("file", "chair", archive_number="TJ-2026-2", archive_complete=True)
    assert town.ended() == "refused"
    first = town.case
    town.case = reopen(
        town.session, first, reason="对方现在愿意谈", vault=VAULT, runtime=town.runtime, actor=Actor.resident(),
        now=town.now,
    )  # fmt: skip
    assert (town.data()["request"], town.data()["tried"]) == ("拆除外挑部分", "yes")
    (party,) = rows_of(town.session, town.case.id)
    assert (party.key, party.role, VAULT.open(party.personal, party.id)["name"]) == ("p2", "respondent", "王五")
    town.do(
        "record", "mediator", source="applied", dispute_kind="neighbour", dispute_facts="对方阳台外挑一米",
        request="拆除外挑部分",
    )  # fmt: skip
    assert [item.party for item in town.items("agree")] == ["p2"]  # consents anew


def test_the_chair_enters_what_a_party_answered_by_telephone(town: Town) -> None:
    town.registered()
    (item,) = town.items("agree")
    chair = town.district.person("chair")
    complete_assisted(
        town.session, item.id, {"agree": "yes"}, way="phone", viewer=viewer_for(town.session, chair),
        actor=Actor.staff(chair), runtime=town.runtime, now=town.now,
    )  # fmt: skip
    assert len(town.items("wish")) == 2


def test_more_time_by_the_agreement_of_all_moves_the_month_and_its_timers(town: Town) -> None:
    town.appointed()
    (before,) = [clock.due_at for clock in town.clocks() if clock.name == "statutory"]
    town.take("ask_longer", "mediator", {"longer_days": 10, "longer_reason": "等待测量结果"})
    for party in ("p1", "p2"):
        town.answer("longer", party, longer="yes")
    (after,) = [clock.due_at for clock in town.clocks() if clock.name == "statutory"]
    assert after.astimezone(CHINA).date() - before.astimezone(CHINA).date() == timedelta(days=10)
    overdue = select(Timer.due_at).where(Timer.element_id == "overdue", Timer.state == TimerState.WAITING)
    assert town.session.scalars(overdue).one() >= after


def test_when_the_time_is_over_it_ends_with_a_notice_to_every_party(town: Town) -> None:
    town.appointed()
    town.fire("overdue")
    assert town.items("review")[0].role == Role.MEDIATION_CHAIR
    town.fire("expired")
    assert town.items("review") == []
    assert town.items("plan") == []
    town.do("write", "chair", termination_reason="调解期限已满", remedies=["court", "arbitration"])
    assert town.reached("terminated") == ["li@example.org", "wang@example.org"]
    town.fire("silent")
    town.do("file", "chair", archive_number="TJ-2026-3", archive_complete=True)
    assert town.ended() == "failed"


def test_both_parties_are_reminded_twice_before_the_window_lapses(town: Town) -> None:
    town.settled()
    town.fire("lapsed")
    assert town.reached("confirmation_reminder") == ["li@example.org", "li@example.org"] + ["wang@example.org"] * 2
    assert town.items("apply_jointly") == []


def test_every_rung_reaches_somebody_who_exists(town: Town) -> None:
    town.appointed()
    for _ in range(40):
        waiting = select(Rung).join(Clock, Clock.id == Rung.clock_id).where(
            Rung.state == "waiting", Clock.state == ClockState.RUNNING
        )  # fmt: skip
        rung = town.session.scalars(waiting.order_by(Rung.due_at)).first()
        if rung is None:
            break
        town.now = max(town.now, rung.due_at + timedelta(seconds=1))
        town.runtime.fire_rung(town.session, rung.id, town.now)
        town.session.expire_all()
    told = set(town.session.scalars(select(Notice.template).where(Notice.rung.is_not(None))))
    assert {"due_soon", "due_very_soon", "overdue", "expired", "stage_overdue"} <= told
    assert [incident.message for incident in town.session.scalars(select(Incident))] == []


def test_the_applicant_takes_it_back_before_anybody_else_is_asked(town: Town) -> None:
    town.take("withdrawn_early", "p1", {})
    assert town.ended() == "withdrawn"
