"""A sealed accusation, by each of the ways that one comes about, and everybody who must not learn of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.attachments import StagedPhoto
from engine.cases.blobs import BlobStore
from engine.cases.filing import Filing, file_case
from engine.cases.models import Case
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault, new_submission
from engine.db import Base, new_id, writing
from engine.definitions import Package, deploy
from engine.instances.escalation import due_rungs
from engine.instances.models import Incident, Instance
from engine.organisation.models import Absence, Staff, UnitKind
from engine.tasks.models import LIVE, WorkItem
from tests.factories import JURISDICTION, District, make_staff, make_unit

PACKAGES = Path(__file__).parents[3] / "bpmn"
TITLE, TEXT = "某科长收受好处费", "去年冬天在某处收受好处费两万元，有转账记录。"
VAULT = Vault(bytes(range(32)))


@dataclass
class World:
    """The first case, the sealed one, and what names them.

    Args:
        way: `agency` or `petition`, which turned out to hold an accusation, or `accusation`, filed as one; then the
            first case is the sealed one itself.
    """

    session: Session
    district: District
    now: datetime
    blobs: BlobStore
    way: str = "agency"
    first: Case = field(init=False)
    sealed: Case = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = case_runtime(VAULT, site="https://chuishao.example")
        self._people()
        for name in ("petition", "agency", "accusation"):
            package = Package.read_directory(PACKAGES / name)
            deploy(self.session, package, author=Actor.engine(), note="", now=self.now, jurisdiction=JURISDICTION)
        self.first = self._filed()
        {"agency": self._accused, "petition": self._registered, "accusation": lambda: None}[self.way]()
        self.sealed = self.session.scalars(select(Case).where(Case.kind == "accusation")).one()
        self._worked_on()

    def _people(self) -> None:
        d = self.district
        d.units["discipline"] = make_unit(self.session, UnitKind.OFFICE, "discipline", parent=d.unit("qinghe"),
                                          name="区纪委监委信访室")  # fmt: skip
        for login, roles in {
            "agent": [("agent", "willow")],
            "petition": [("petition_office", "east-centre")],
            "inspector": [("discipline", "discipline")],
            # holds a role on the route, and belongs to the accused unit as well
            "both": [("discipline", "discipline"), ("handler", "housing")],
            "housing-main": [("main_leader", "housing")],
            "housing-operator": [("operator", "housing"), ("admin", "housing")],
            "housing-supervisor": [("supervision", "housing")],
            # belongs to no accused unit, and must not know of the sealed case all the same
            "other-operator": [("operator", "qinghe")],
        }.items():
            held = [(role, d.unit(code)) for role, code in roles]
            d.staff[login] = make_staff(self.session, login, roles=held, email=f"{login}@qinghe.example")
        with writing(self.session):
            for login in d.staff:
                d.staff[login].password_hash = d.person("grid").password_hash
            # somebody of the accused unit covers for who handles the accusation
            self.session.add(
                Absence(
                    jurisdiction=JURISDICTION,
                    staff_id=d.person("inspector").id,
                    substitute_id=d.person("housing-handler").id,
                    from_at=self.now - timedelta(days=1),
                    until_at=self.now + timedelta(days=30),
                    note="",
                    created_at=self.now,
                )
            )

    def _filed(self) -> Case:
        start = {"accused_units": ["housing", "willow"], "accusation_kind": "duty"} if self.way == "accusation" else {}
        filing = Filing(title=TITLE, text=TEXT, place="willow-1", name="李四", phone="13900000000", category="property",
                        kind=self.way, start=start)  # fmt: skip
        sha256 = self.blobs.put(BytesIO(b"a photo")).sha256
        photo = StagedPhoto(name="转账记录.jpg", media_type="image/jpeg", sha256=sha256, size=3)
        return file_case(
            self.session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT,
            runtime=self.runtime, actor=Actor.resident(), now=self.now, photos=[photo],
        ).case  # fmt: skip

    def _accused(self) -> None:
        """The agent of the accused community drafts it, and the petition office finds an accusation in it."""
        self.do("accept", "agent", conflict_checked=True, second_wanted="no")
        self.do("sign", None, mandate_scope=["draft"], mandate_signed=True)
        self.do("draft", "agent", draft_request="请求查处", draft_facts="去年冬天收受好处费两万元。")
        self.do("approve", None, draft_approved="yes")
        self.do(
            "record", "petition", nature="accusation", accused_units=["housing", "willow"], accusation_kind="duty",
            accusation_note="附转账记录", rest=True, rest_title="补偿款未付",
            rest_text="请求支付补偿款，协议已满两年。",
        )  # fmt: skip

    def _registered(self) -> None:
        """The register desk of the accused community finds an accusation in a petition."""
        self.do(
            "record", "community", category="property", secret=True, accused_units=["housing", "willow"],
            accusation_kind="duty", accusation_note="附转账记录",
        )  # fmt: skip

    def _worked_on(self) -> None:
        """Discipline inspection receives it and is late, a step fails, and a notice cannot be delivered."""
        self.do("receive", "inspector", competent="yes")
        instance = self.session.scalars(select(Instance).where(Instance.case_id == self.sealed.id)).one()
        with writing(self.session):
            self.session.add(
                Incident(
                    jurisdiction=JURISDICTION,
                    case_id=self.sealed.id,
                    instance_id=instance.id,
                    attempt={"kind": "timer"},
                    element_id="verify",
                    process_id="accusation",
                    element_name="初步核实",
                    code="step-failed",
                    message="it failed",
                    data_keys=["findings"],
                    state="open",
                    tries=1,
                    created_at=self.now,
                )
            )
        for rung_id in due_rungs(self.session, self.now + timedelta(days=90), 100):
            self.runtime.fire_rung(self.session, rung_id, self.now + timedelta(days=90))

    def do(self, element: str, login: str | None, **answers: Any) -> None:
        """Somebody completes the open task of an element."""
        found = select(WorkItem).where(WorkItem.element_id == element, WorkItem.state.in_(LIVE))
        item = self.session.scalars(found.execution_options(populate_existing=True)).one()
        actor = Actor.staff(self.district.person(login)) if login else Actor.resident()
        self.runtime.complete(self.session, item.id, answers, actor=actor, now=self.now)

    def ids(self) -> dict[str, list[UUID]]:
        """The ids of the sealed case and the first one, and of every row that belongs to them, by table."""
        wanted = (self.sealed.id, self.first.id)
        found: dict[str, list[UUID]] = {"case": list(wanted)}
        for table in Base.metadata.sorted_tables:
            if "case_id" in table.c and "id" in table.c and isinstance(table.c.id.type, Uuid):
                live = table.c.state.in_(LIVE) if table.name == "work_item" else table.c.id.is_not(None)
                order = (live.desc(), (table.c.case_id == self.sealed.id).desc(), table.c.id)
                rows = self.session.scalars(select(table.c.id).where(table.c.case_id.in_(wanted)).order_by(*order))
                if ids := list(rows):
                    found[table.name] = ids
        return found

    def telling(self) -> list[str]:
        """What would tell that there is an accusation, or what it says."""
        return [TITLE, TEXT[:9], self.sealed.number, self.first.number, "初步核实", "sealed_"]

    def person(self, login: str) -> Staff:
        return self.district.person(login)


def fresh() -> UUID:
    """An id that nothing has."""
    return new_id()
