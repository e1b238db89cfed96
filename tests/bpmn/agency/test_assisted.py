"""A mandate on the real runtime and both databases, of a principal without a telephone of their own: on paper."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.assisting import complete_assisted, may_assist
from engine.cases.attachments import StagedPhoto, attachments_of
from engine.cases.documents import documents_of
from engine.cases.filing import Filing, file_case
from engine.cases.models import Case
from engine.cases.offers import find_offer, send_offer
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault, new_submission
from engine.definitions import deploy
from engine.errors import Forbidden, Invalid
from engine.organisation.policy import Viewer, viewer_for
from engine.organisation.roles import Role
from engine.tasks.models import LIVE, WorkItem
from tests.bpmn.walk import read_package
from tests.factories import JURISDICTION, District, make_district, make_staff

VAULT = Vault(bytes(range(32)))
PEOPLE = (
    ("agent", Role.AGENT, "willow"),
    ("elsewhere", Role.COMMUNITY, "plum"),
    ("office", Role.PETITION_OFFICE, "east"),
)
MANDATE = {"mandate_scope": ["draft", "submit"], "mandate_signed": True}
DRAFT = {"draft_request": "恢复供水", "draft_facts": "三号楼从周一起没有水，物业说不归他们管"}
SCAN = StagedPhoto(name="委托书.jpg", media_type="image/jpeg", sha256="0" * 64, size=3)


class Town:
    """A district in which somebody gave an agent a matter."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.district: District = make_district(session)
        for login, role, unit in PEOPLE:
            self.district.staff[login] = make_staff(session, login, roles=[(role, self.district.unit(unit))])
        self.runtime = case_runtime(VAULT, site="https://chuishao.example")
        package = read_package("agency").package
        deploy(session, package, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)
        filing = Filing(
            title="三号楼没有水", text="从周一起没有水", place="willow-1", name="李四", phone="13800138000",
            category="utility", kind="agency",
        )  # fmt: skip
        self.case: Case = file_case(
            session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT, runtime=self.runtime,
            actor=Actor.resident(), now=now,
        ).case  # fmt: skip

    def viewer(self, login: str) -> Viewer:
        return viewer_for(self.session, self.district.person(login))

    def item(self, element: str) -> WorkItem | None:
        live = (WorkItem.case_id == self.case.id, WorkItem.state.in_(LIVE), WorkItem.element_id == element)
        return self.session.scalar(select(WorkItem).where(*live).execution_options(populate_existing=True))

    def do(self, element: str, login: str, **data: Any) -> None:
        item = self.item(element)
        assert item is not None
        actor = Actor.staff(self.district.person(login))
        self.runtime.complete(self.session, item.id, data, actor=actor, now=self.now)

    def enter(self, element: str, login: str, data: dict[str, Any], way: str, *proof: StagedPhoto) -> None:
        item = self.item(element)
        assert item is not None
        complete_assisted(
            self.session, item.id, data, way=way, viewer=self.viewer(login), runtime=self.runtime, now=self.now,
            actor=Actor.staff(self.district.person(login)), proof=proof,
        )  # fmt: skip

    def revoke(self, login: str, way: str) -> None:
        send_offer(
            self.session, self.case, "revoked", {}, viewer=self.viewer(login), runtime=self.runtime, now=self.now,
            actor=Actor.staff(self.district.person(login)), way=way,
        )  # fmt: skip


@pytest.fixture
def town(session: Session, now: datetime) -> Town:
    made = Town(session, now)
    made.do("accept", "agent", conflict_checked=True, second_wanted="no")
    return made


def test_a_mandate_signed_on_paper_is_entered_with_the_paper(town: Town) -> None:
    sign = town.item("sign")
    assert sign is not None
    assert may_assist(town.session, sign, town.viewer("community")) is True
    assert may_assist(town.session, sign, town.viewer("elsewhere")) is False  # another community
    assert may_assist(town.session, sign, town.viewer("agent")) is False  # whom it binds
    with pytest.raises(Invalid, match="how the answer came"):
        town.enter("sign", "community", MANDATE, "phone", SCAN)  # a mandate is written
    with pytest.raises(Invalid, match="has to be attached"):
        town.enter("sign", "community", MANDATE, "paper")
    assert town.item("sign") is not None
    assert attachments_of(town.session, town.case.id) == []
    town.enter("sign", "community", MANDATE, "paper", SCAN)
    assert town.item("draft") is not None
    assert [(file.name, file.internal) for file in attachments_of(town.session, town.case.id)] == [("委托书.jpg", True)]
    assert [document.kind for document in documents_of(town.session, town.case.id)] == ["mandate"]
    done = select(AuditEvent).where(AuditEvent.tag == Tag.WORK_ITEM_COMPLETED).order_by(AuditEvent.seq.desc())
    event = town.session.scalars(done).first()
    assert event is not None
    assert (event.data["assisted"], event.data["party"]) == ("paper", "p1")


def test_a_form_with_a_mistake_keeps_no_paper(town: Town) -> None:
    with pytest.raises(Invalid, match="form"):
        town.enter("sign", "community", {"mandate_scope": ["draft"]}, "paper", SCAN)
    assert town.item("sign") is not None
    assert attachments_of(town.session, town.case.id) == []


def test_the_draft_is_approved_on_paper_too(town: Town) -> None:
    town.enter("sign", "community", MANDATE, "paper", SCAN)
    town.do("draft", "agent", **DRAFT)
    with pytest.raises(Invalid, match="has to be attached"):
        town.enter("approve", "community", {"draft_approved": "yes"}, "visit")
    town.enter("approve", "community", {"draft_approved": "yes"}, "visit", SCAN)
    assert town.item("record") is not None


def test_a_mandate_is_revoked_by_telephone_and_the_request_is_taken_down_at_the_counter(town: Town) -> None:
    with pytest.raises(Invalid, match="how the answer came"):
        town.revoke("community", "")
    with pytest.raises(Forbidden):  # whom it binds has no sight of the matter beyond the own tasks
        find_offer(town.session, town.case, "revoked", town.viewer("agent"), now=town.now)
    town.revoke("community", "phone")
    assert town.item("sign") is None
    town.enter("self_draft", "community", {"own_request": "恢复供水", "own_facts": DRAFT["draft_facts"]}, "visit")
    assert town.item("record") is not None
