"""The supervision slip: seen, signed, numbered, frozen; by whom, and when not."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.cases.handling import Acting
from engine.cases.issuance import issuance
from engine.cases.models import Case, Document
from engine.cases.runtime import case_runtime
from engine.cases.supervising import Demand, sign, slip
from engine.cases.vault import Vault
from engine.deadlines.models import Rung
from engine.definitions import Package, deploy
from engine.errors import Conflict, Forbidden, Invalid
from engine.notices import Notice
from engine.organisation.policy import Viewer, viewer_for
from engine.tasks.models import WorkItem
from tests.engine.instances import packages as p
from tests.factories import District, make_case, make_district

LADDER = """[{"rung": "L3", "after_due": 5, "unit": "working-days", "to": ["main_leader"], "notice": "supervised",
"sign": true, "document": PAPER}]"""
PAPER = """<h1>督办单</h1><p>编号：{{ number }}</p><p>{{ supervised_unit }}：{{ supervision_demand }}，
{{ supervision_due }}前。{{ step }}原定{{ original_due }}。签发人：{{ signed_by }}</p>
<p>{{ body }}<br>{{ issued_at | date }}</p>"""
DEMAND = Demand(text="请主要负责人过问，五日内办结", by=date(2026, 4, 30))


def package(paper: str | None = "slip", content: str = PAPER) -> Package:
    """A package whose handling is due in five working days."""
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    text = "Subject: 督办 {{ case.number }}\n\n原定{{ original_due }}\n".encode()
    ladder = LADDER.replace("PAPER", "null" if paper is None else f'"{paper}"')
    return p.package(
        p.start(), p.task("handle", role="handler", unit="water", **clocked), p.end("done", outcome="solved"),
        p.chain("start", "handle", "done"),
        files=[p.decision("ladder", ladder), ("documents/slip.html", content.encode()),
               *((f"notices/supervised.{locale}.txt", text) for locale in ("zh_CN", "en"))],
    )  # fmt: skip


@dataclass
class Desk:
    """A matter of the water department, five working days late, whose slip waits."""

    session: Session
    district: District
    now: datetime
    package: Package
    case: Case = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.runtime = case_runtime(Vault(b"0" * 32), site="https://example.org")
        self.case = make_case(self.session, place=self.district.unit("willow"))
        deploy(self.session, self.package, author=Actor.engine(), note="", now=self.now, jurisdiction="qinghe")
        self.runtime.start(
            self.session, case_id=self.case.id, jurisdiction="qinghe", key="petition", actor=Actor.resident(),
            data={"place": {"code": "willow"}}, now=self.now,
        )  # fmt: skip
        self.now = self.rung.due_at
        self.runtime.fire_rung(self.session, self.rung.id, self.now)

    @property
    def rung(self) -> Rung:
        return self.session.scalars(select(Rung).execution_options(populate_existing=True)).one()

    def viewer(self, login: str) -> Viewer:
        return viewer_for(self.session, self.district.person(login))

    def sign(self, login: str = "supervisor", demand: Demand = DEMAND) -> Rung:
        staff = self.district.person(login)
        acting = Acting(
            session=self.session, runtime=self.runtime, viewer=self.viewer(login), staff=staff, now=self.now
        )  # fmt: skip
        return sign(acting, self.rung.id, demand)

    def told(self) -> list[str]:
        found = select(Notice.address).where(Notice.template == "supervised", Notice.channel == "email")
        return list(self.session.scalars(found))


@pytest.fixture
def make_desk(session: Session, now: datetime) -> Any:
    return lambda **values: Desk(session, make_district(session), now, package(**values))


def test_a_slip_is_read_before_it_is_signed(make_desk: Any) -> None:
    desk = make_desk()
    found = slip(desk.session, desk.viewer("supervisor"), desk.rung.id, now=desk.now, demand=DEMAND)
    assert (found.step, found.unit, found.template) == ("handle", "区水务局", "slip")
    assert "编号：—" in found.paper
    assert "2026-04-30前" in found.paper
    assert desk.session.scalars(select(Document)).all() == []  # nothing was issued by looking


def test_signing_numbers_and_freezes_the_paper_and_serves_it(make_desk: Any) -> None:
    desk = make_desk()
    assert desk.told() == []
    signed = desk.sign()
    (paper,) = desk.session.scalars(select(Document)).all()
    assert signed.document_id == paper.id
    assert paper.number == "区督办室督办单〔2026〕1号"
    assert "签发人：Supervisor" in paper.html
    assert "2026-03-25 17:30" in paper.html  # the date that was promised first
    proof = issuance(desk.session, paper)
    assert (proof.intact, proof.body) == (True, "区督办室")
    assert paper.served_at is None  # it is not the resident's
    assert desk.told() == ["water-main@qinghe.example"]
    tags = [event.tag for event in timeline(desk.session, desk.case.id)]
    assert tags.count(Tag.RUNG_SIGNED) == tags.count(Tag.CASE_DOCUMENT_ISSUED) == 1


def test_a_main_leader_signs_in_the_name_of_the_own_unit(make_desk: Any) -> None:
    desk = make_desk()
    desk.sign("district-main")
    assert desk.session.scalars(select(Document)).one().number.startswith("清河区督办单")


@pytest.mark.parametrize("login", ["water-lead", "handler-two", "street-leader", "housing-lead", "operator"])
def test_nobody_else_signs(make_desk: Any, login: str) -> None:
    desk = make_desk()
    with pytest.raises(Forbidden):
        desk.sign(login)
    with pytest.raises(Forbidden):
        slip(desk.session, desk.viewer(login), desk.rung.id, now=desk.now)
    assert (desk.rung.unsigned, desk.told()) == (True, [])


@pytest.mark.parametrize(
    ("demand", "fields"),
    [
        (Demand(), {"demand", "by"}),
        (Demand(text="快办", by=date(2026, 4, 30)), {"demand"}),
        (Demand(text="请五日内办结", by=date(2026, 3, 31)), {"by"}),  # a day before today
        (Demand(text="长" * 1001, by=date(2026, 4, 30)), {"demand"}),
    ],
)
def test_an_incomplete_slip_is_not_signed(make_desk: Any, demand: Demand, fields: set[str]) -> None:
    desk = make_desk()
    with pytest.raises(Invalid) as caught:
        desk.sign(demand=demand)
    assert set(caught.value.facts["fields"]) == fields
    assert desk.rung.unsigned


def test_a_slip_is_signed_once(make_desk: Any) -> None:
    desk = make_desk()
    desk.sign()
    with pytest.raises(Conflict, match="signed once"):
        desk.sign("district-main")
    assert len(desk.session.scalars(select(Document)).all()) == 1


def test_a_paper_that_cannot_be_filled_takes_no_number_and_no_signature(make_desk: Any) -> None:
    desk = make_desk(content="<h1>督办单</h1><p>{{ nobody_knows }}</p>")
    with pytest.raises(Invalid, match="nobody_knows"):
        desk.sign()
    assert (desk.rung.unsigned, desk.told()) == (True, [])
    assert desk.session.scalars(select(Document)).all() == []


def test_without_a_paper_the_signature_alone_is_recorded(make_desk: Any) -> None:
    desk = make_desk(paper=None)
    found = slip(desk.session, desk.viewer("supervisor"), desk.rung.id, now=desk.now)
    assert (found.template, found.paper) == (None, None)
    signed = desk.sign(demand=Demand())
    assert (signed.document_id, signed.signed_at) == (None, desk.now)
    assert desk.told() == ["water-main@qinghe.example"]


def test_what_was_done_meanwhile_is_not_signed(make_desk: Any) -> None:
    desk = make_desk()
    item = desk.session.scalars(select(WorkItem)).one()
    handler = desk.district.person("handler-two")
    desk.runtime.complete(desk.session, item.id, {}, actor=Actor.staff(handler), now=desk.now + timedelta(hours=1))
    with pytest.raises(Conflict, match="has been done since"):
        desk.sign()
