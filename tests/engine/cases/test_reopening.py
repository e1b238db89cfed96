"""A matter that has ended is taken up again by whoever filed it, with the petition package."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.filing import Filing, file_case
from engine.cases.matter import resident_matter
from engine.cases.models import Attachment, Case, CaseSealing, LinkKind, SealingSide
from engine.cases.offers import send_offer
from engine.cases.reopening import reopen, reopened_as, reopens_until
from engine.cases.runtime import case_runtime
from engine.cases.subject import subject_of
from engine.cases.vault import Vault, new_submission
from engine.db import new_id
from engine.deadlines.models import Clock
from engine.definitions import Package, deploy
from engine.errors import Conflict, Invalid
from engine.instances.models import Instance
from engine.organisation.policy import Action, may, resident_viewer, viewer_for
from engine.organisation.sealing import closed_cases
from tests.factories import JURISDICTION, District, make_district

PACKAGE = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")
VAULT = Vault(bytes(range(32)))
RUNTIME = case_runtime(VAULT, site="https://chuishao.example")


@pytest.fixture
def district(session: Session, now: datetime) -> District:
    made = make_district(session)
    deploy(session, PACKAGE, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)
    return made


@pytest.fixture
def ended(session: Session, district: District, now: datetime) -> Case:
    """A petition that was withdrawn."""
    filing = Filing(title="楼道灯坏了", text="三楼的灯不亮", place="willow", name="李四", phone="13900000000")
    case = file_case(
        session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT, runtime=RUNTIME,
        actor=Actor.resident(), now=now,
    ).case  # fmt: skip
    session.add_all(
        Attachment(
            id=new_id(), case_id=case.id, jurisdiction=JURISDICTION, name=name, media_type="image/png", size=1,
            sha256="0" * 64, added_by="resident", added_at=now, internal=internal,
        )
        for name, internal in (("灯.png", False), ("内部.png", True))
    )  # fmt: skip
    session.commit()
    send_offer(
        session, case, "withdrawn", {"withdraw_reason": "已经好了"}, viewer=resident_viewer(case.id),
        actor=Actor.resident(), runtime=RUNTIME, now=now,
    )  # fmt: skip
    assert case.state == "withdrawn"
    return case


def take_up(session: Session, case: Case, now: datetime, reason: str = "昨天又不亮了") -> Case:
    return reopen(session, case, reason=reason, vault=VAULT, runtime=RUNTIME, actor=Actor.resident(), now=now)


def withdraw(session: Session, case: Case, now: datetime) -> None:
    send_offer(
        session, case, "withdrawn", {"withdraw_reason": "已经好了"}, viewer=resident_viewer(case.id),
        actor=Actor.resident(), runtime=RUNTIME, now=now,
    )  # fmt: skip


def test_what_was_said_goes_on_under_a_new_number_and_a_new_date(session: Session, ended: Case, now: datetime) -> None:
    later = now + timedelta(days=3)
    made = take_up(session, ended, later)
    assert (ended.state, made.state, made.kind) == ("withdrawn", "running", "petition")
    assert (made.title, made.place_id, made.category) == (ended.title, ended.place_id, ended.category)
    assert made.text == f"昨天又不亮了\n\n{ended.number}\n三楼的灯不亮"
    assert VAULT.open(made.personal, made.id) == VAULT.open(ended.personal, ended.id)
    files = session.execute(select(Attachment.name, Attachment.internal).where(Attachment.case_id == made.id)).tuples()
    assert sorted(files) == [("内部.png", True), ("灯.png", False)]
    promised = session.scalars(select(Clock).where(Clock.case_id == made.id, Clock.kind == "statutory")).one()
    assert promised.started_at == later
    matter = resident_matter(session, made, vault=VAULT, locale="zh_CN", now=later)
    assert [(each.case.number, each.link, each.earlier) for each in matter.view.linked] == [
        (ended.number, LinkKind.REOPENED, True)
    ]
    story = [(event.tag, event.case_id) for event in matter.view.events]
    assert (Tag.CASE_WITHDRAWN, ended.id) in story, "one story of both, for who filed them"
    told = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_REOPENED)).one()
    assert (told.case_id, told.data) == (ended.id, {"number": made.number})


def test_staff_at_the_desk_take_it_up_and_say_how_the_resident_asked(
    session: Session, ended: Case, district: District, now: datetime
) -> None:
    clerk = district.person("community")
    sent: dict[str, Any] = {"vault": VAULT, "runtime": RUNTIME, "actor": Actor.staff(clerk), "now": now}
    with pytest.raises(Invalid) as refused:
        reopen(session, ended, reason="昨天又不亮了", way="", **sent)
    assert set(refused.value.facts["fields"]) == {"assisted"}
    made = reopen(session, ended, reason="昨天又不亮了", way="phone", **sent)
    told = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_REOPENED)).one()
    assert (told.data, told.actor_id) == ({"number": made.number, "assisted": "phone"}, str(clerk.id))


@pytest.mark.parametrize(
    ("login", "may_take_up"),
    [
        ("community", True),  # of the place
        ("grid", True),
        ("centre", True),  # of the street
        ("west-centre", False),  # of another street
        ("handler", False),  # does not write down matters
        ("supervisor", False),
    ],
)
def test_who_writes_matters_down_where_it_happened_takes_it_up(
    session: Session, ended: Case, district: District, login: str, may_take_up: bool
) -> None:
    viewer = viewer_for(session, district.person(login))
    assert may(viewer, Action.REOPEN, subject_of(session, ended)) is may_take_up


def test_asked_twice_there_is_one_new_case(session: Session, ended: Case, now: datetime) -> None:
    assert take_up(session, ended, now).id == take_up(session, ended, now).id
    assert reopened_as(session, ended) is not None
    assert reopens_until(session, ended, now=now) is None


def test_it_is_taken_up_for_so_long_and_so_often_as_the_package_says(
    session: Session, ended: Case, now: datetime
) -> None:
    assert reopens_until(session, ended, now=now + timedelta(days=30)) == (now + timedelta(days=30)).date()
    with pytest.raises(Conflict):
        take_up(session, ended, now + timedelta(days=31))
    second = take_up(session, ended, now)
    withdraw(session, second, now)
    third = take_up(session, second, now)
    withdraw(session, third, now)
    with pytest.raises(Conflict):
        take_up(session, third, now)
    assert session.query(Instance).count() == 3


def test_what_is_under_way_or_sealed_or_went_on_elsewhere_is_not_taken_up(
    session: Session, ended: Case, now: datetime
) -> None:
    running = take_up(session, ended, now)
    assert reopens_until(session, running, now=now) is None
    for change in ({"sealed": True}, {"state": "merged"}, {"state": "raised"}):
        withdrawn = Case(**{"state": "withdrawn", "sealed": False, "ended_at": now, "kind": "petition"} | change)
        assert reopens_until(session, withdrawn, now=now) is None


@pytest.mark.parametrize("reason", ["", "  灯 ", "灯" * 2001])
def test_without_a_reason_nothing_is_filed(session: Session, ended: Case, now: datetime, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        take_up(session, ended, now, reason)
    assert set(refused.value.facts["fields"]) == {"reason"}
    assert session.query(Case).count() == 1


def test_who_is_accused_in_the_first_case_knows_nothing_of_the_second(
    session: Session, ended: Case, district: District, now: datetime
) -> None:
    session.add(CaseSealing(case_id=ended.id, side=SealingSide.ACCUSED, unit_id=district.unit_id("willow")))
    session.commit()
    made = take_up(session, ended, now)
    assert made.id in closed_cases(session, district.person("community").id)
    told = session.scalars(
        select(AuditEvent).where(AuditEvent.case_id == made.id, AuditEvent.tag == Tag.CASE_FILED)
    ).one()
    assert ended.number not in str(told.data)
