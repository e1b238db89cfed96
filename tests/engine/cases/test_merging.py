"""A duplicate is handled together with the other report of the same matter, on any diagram."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.cases.handling import Acting
from engine.cases.merging import merge
from engine.cases.models import Case, CaseState
from engine.deadlines.models import Clock, ClockState
from engine.definitions import Package, deploy
from engine.errors import Conflict, EngineError, Forbidden, Invalid
from engine.instances.models import Instance
from engine.instances.runtime import Runtime
from engine.notices import Notice, Recipient
from engine.organisation.policy import viewer_for
from engine.tasks import WorkItem, claim
from engine.tasks.models import LIVE
from tests.engine.instances import packages as p
from tests.factories import District, make_case, make_district

LAW = {"clock": "law", "clock_amount": "15", "clock_unit": "working-days", "clock_kind": "statutory"}
BESIDE = {"clock": "beside", "clock_amount": "2", "clock_unit": "working-days"}
PLAIN = p.package(p.start(), p.task("a", **LAW), p.end(outcome="solved"), p.chain("start", "a", "end"))
FLOW = p.package(
    p.start(), p.both("split"), p.task("a", **LAW), p.task("b", **BESIDE), p.both("join"), p.end(outcome="solved"),
    p.chain("start", "split", "a", "join", "end"), p.chain("split", "b", "join"),
)  # fmt: skip


class Desk:
    """Somebody of the willow community with the tasks of two reports."""

    def __init__(self, session: Session, now: datetime, package: Package = FLOW) -> None:
        self.session, self.now = session, now
        self.district: District = make_district(session)
        self.runtime = Runtime()
        self.runtime.hooks.resident = lambda _session, case_id: [Recipient(channels={"email": "r@example.org"})]
        self.runtime.hooks.seal = lambda address, case_id: "sealed"
        deploy(session, package, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")

    def file(self, **values: Any) -> Case:
        case = make_case(self.session, place=self.district.unit("willow"), **values)
        place = {"code": "willow", "community": "willow", "street": "east", "district": "qinghe"}
        self.runtime.start(
            self.session, case_id=case.id, jurisdiction="qinghe", key="petition", data={"place": place},
            actor=Actor.resident(), now=self.now,
        )  # fmt: skip
        return case

    def acting(self, login: str = "community") -> Acting:
        staff = self.district.person(login)
        viewer = viewer_for(self.session, staff, self.now)
        return Acting(session=self.session, runtime=self.runtime, viewer=viewer, staff=staff, now=self.now)

    def item(self, case: Case) -> WorkItem:
        found = self.session.scalars(select(WorkItem).where(WorkItem.case_id == case.id)).first()
        assert found is not None
        return claim(self.session, found.id, staff=self.district.person("community"), now=self.now)


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    return Desk(session, now)


def dates(session: Session, case: Case) -> list[tuple[str, datetime, str]]:
    rows = select(Clock.name, Clock.due_at, Clock.state).where(Clock.case_id == case.id).order_by(Clock.name)
    return [(name, due_at, state) for name, due_at, state in session.execute(rows)]


@pytest.mark.parametrize("package", [PLAIN, FLOW], ids=["plain", "parallel"])
def test_every_branch_of_the_duplicate_ends_and_no_date_of_the_other_one_moves(
    session: Session, now: datetime, package: Package
) -> None:
    desk = Desk(session, now, package)
    first, second = desk.file(), desk.file()
    before = dates(session, first)
    held = desk.item(second)
    merge(desk.acting(), held.id, into=first.number, reason="同一盏灯")
    session.expire_all()
    assert {state for _, _, state in dates(session, second)} == {ClockState.CANCELLED}
    assert dates(session, first) == before
    assert {state for _, _, state in before} == {ClockState.RUNNING}
    live = session.scalars(select(WorkItem.element_id).where(WorkItem.state.in_(LIVE)).order_by(WorkItem.element_id))
    assert live.all() == (["a"] if package is PLAIN else ["a", "b"])  # those of the first one
    for element in ("a", "b") if package is FLOW else ("a",):
        item = session.scalars(select(WorkItem).where(WorkItem.case_id == first.id, WorkItem.element_id == element))
        desk.runtime.complete(session, item.one().id, {}, actor=Actor.staff(desk.district.person("community")), now=now)
    assert session.scalars(select(Instance.status).where(Instance.case_id == first.id)).one() == "completed"


def test_a_duplicate_ends_with_all_its_work_and_its_resident_is_told(desk: Desk, session: Session) -> None:
    first, earlier, second = desk.file(), desk.file(), desk.file()
    merge(desk.acting(), desk.item(earlier).id, into=second.number, reason="同一处")
    merge(desk.acting(), desk.item(second).id, into=first.number.lower(), reason="同一盏灯")
    session.expire_all()
    assert (second.state, second.merged_into_id, second.is_over) == (CaseState.MERGED, first.id, True)
    assert earlier.merged_into_id == first.id  # what was merged into the duplicate follows it
    states = session.scalars(select(WorkItem.state).where(WorkItem.case_id == second.id))
    assert set(states) == {"withdrawn"}
    assert session.scalars(select(Instance.status).where(Instance.case_id == second.id)).one() == "cancelled"
    assert [event.tag for event in timeline(session, second.id)][-2:] == [Tag.CASE_MERGED, Tag.CASE_ENDED]
    assert session.scalars(select(Notice.template).where(Notice.case_id == second.id)).all() == ["case_merged"]
    assert first.state == CaseState.RUNNING


def test_what_cannot_be_merged_is_said_and_nothing_changes(desk: Desk, session: Session) -> None:
    case = desk.file()
    item = desk.item(case)
    over = desk.file(state=CaseState.SOLVED, ended_at=desk.now)
    other = desk.file(kind="mediation")
    sealed = desk.file(sealed=True)
    far = make_case(session, place=desk.district.unit("plum"))
    for into, family, code in (
        (over.number, Conflict, "merge-over"),
        (other.number, Conflict, "merge-kind"),
        (sealed.number, Invalid, "merge-unknown"),  # nobody learns that it exists
        (far.number, Invalid, "merge-unknown"),  # another community's
        (case.number, Invalid, "merge-unknown"),  # itself
        ("SQ0000-1", Invalid, "merge-unknown"),
    ):
        with pytest.raises(EngineError) as caught:
            merge(desk.acting(), item.id, into=into, reason="x")
        assert (type(caught.value), caught.value.code) == (family, code)
    with pytest.raises(Forbidden):
        merge(desk.acting("street-leader"), item.id, into=desk.file().number, reason="x")
    session.expire_all()
    assert (case.state, case.merged_into_id, item.state) == (CaseState.RUNNING, None, "claimed")
