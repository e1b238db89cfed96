"""A matter that goes on as another case, and an accusation that is split off."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.cases.attachments import StagedPhoto, attachments_of
from engine.cases.filing import Filing, file_case
from engine.cases.links import family_of, linked_cases, member_of_family
from engine.cases.models import Case, CaseLink
from engine.cases.runtime import case_runtime
from engine.cases.subject import subject_of
from engine.cases.tracking import track_by_pin
from engine.cases.vault import Vault, new_submission
from engine.cases.view import case_view
from engine.definitions import deploy
from engine.errors import NotFound
from engine.instances.models import Instance, InstanceStatus
from engine.instances.reading import instance_data, latest_instance
from engine.instances.runtime import Runtime
from engine.organisation.policy import Action, may, resident_viewer, viewer_for
from engine.tasks.models import WorkItem
from tests.engine.instances import packages as p
from tests.factories import JURISDICTION, District, make_district

VAULT = Vault(bytes(range(32)))


def converting(**settings: str) -> str:
    return p.send("pass_on", "convert", **settings)


def origin(*after: str, **settings: str) -> tuple[str, ...]:
    return (p.start(), p.task("look"), converting(**settings), *after)


def waiting() -> str:
    """Catch the end of the linked case."""
    return (
        '<bpmn:intermediateCatchEvent id="back"><bpmn:messageEventDefinition messageRef="message_linked"/>'
        "</bpmn:intermediateCatchEvent>"
    )


class World:
    """A district with two processes, the first of which passes matters on to the second."""

    def __init__(self, session: Session, now: datetime, *content: str) -> None:
        self.session, self.now = session, now
        self.district: District = make_district(session)
        self.runtime: Runtime = case_runtime(VAULT, site="https://chuishao.example")
        second = p.package(
            p.start(), p.task("talk", unit="=place.community"), p.end("done", outcome="solved"),
            p.chain("start", "talk", "done"), key="mediation",
        )  # fmt: skip
        first = p.package(*content)
        head = first.files["process.bpmn"].replace(
            b'<bpmn:message id="message_withdraw"', b'<bpmn:message id="message_linked" name="linked-ended"/>'
            b'<bpmn:message id="message_withdraw"',
        )  # fmt: skip
        first = type(first)(files={**first.files, "process.bpmn": head})
        for package in (first, second):
            deploy(session, package, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)
        filing = Filing(title="楼上漏水", text="厨房顶上漏水", place="willow", name="李四", phone="13900000000")
        photo = StagedPhoto(name="a.jpg", media_type="image/jpeg", sha256="0" * 64, size=3)
        filed = file_case(
            session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT, runtime=self.runtime,
            actor=Actor.resident(), now=now, photos=[photo],
        )  # fmt: skip
        self.case, self.receipt = filed.case, filed.receipt
        session.rollback()

    def do(self, case: Case, element: str) -> None:
        clerk = Actor.staff(self.district.person("community"))
        found = select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.element_id == element)
        self.runtime.complete(self.session, self.session.scalars(found).one().id, {}, actor=clerk, now=self.now)
        self.session.rollback()
        self.session.expire_all()

    def made(self) -> Case:
        """The case that came out of the first."""
        return self.session.scalars(select(Case).where(Case.kind == "mediation")).one()

    def status(self) -> str:
        found = latest_instance(self.session, self.case.id)
        assert found is not None
        self.session.refresh(found)
        return found.status


PASSED_ON = (
    *origin(convert_kind="mediation", convert_data='={wish: "和好", from: case.number}'),
    p.end("gone", outcome="solved"), p.chain("start", "look", "pass_on", "gone"),
)  # fmt: skip
WAITED_FOR = (
    *origin(waiting(), convert_kind="mediation"), p.end("gone", outcome="solved"),
    p.chain("start", "look", "pass_on", "back", "gone"),
)  # fmt: skip


def test_a_matter_goes_on_as_another_case_and_nobody_types_anything_twice(session: Session, now: datetime) -> None:
    world = World(session, now, *PASSED_ON)
    world.do(world.case, "look")
    made = world.made()
    for name in ("title", "text", "place_id", "address", "channel", "name_hidden"):
        assert getattr(made, name) == getattr(world.case, name), name
    assert VAULT.open(made.personal, made.id)["phone"] == "13900000000"
    assert [file.sha256 for file in attachments_of(session, made.id)] == ["0" * 64]
    assert (made.number[:2], world.case.number[:2]) == ("ME", "PE")
    instance = latest_instance(session, made.id)
    assert instance is not None
    data = instance_data(session, instance.id)
    assert (data["wish"], data["from"], data["case"]["number"]) == ("和好", world.case.number, made.number)
    assert data["origin"] == {"number": world.case.number, "kind": "petition"}
    assert world.status() == InstanceStatus.COMPLETED


def test_both_cases_show_each_other_and_one_story(session: Session, now: datetime) -> None:
    world = World(session, now, *PASSED_ON)
    world.do(world.case, "look")
    made = world.made()
    first = case_view(session, resident_viewer(world.case.id), world.case.id, vault=VAULT)
    assert [(each.case.id, each.earlier) for each in first.linked] == [(made.id, False)]
    clerk = viewer_for(session, world.district.person("community"))
    second = case_view(session, clerk, made.id, vault=VAULT)
    assert [(each.case.id, each.earlier, each.opens) for each in second.linked] == [(world.case.id, True, True)]
    tags = [(event.tag, event.case_id) for event in second.events]
    assert (Tag.CASE_FILED, world.case.id) in tags
    assert (Tag.CASE_CONVERTED, world.case.id) in tags
    assert (Tag.CASE_FILED, made.id) in tags
    assert [event.at for event in second.events] == sorted(event.at for event in second.events)


def test_one_receipt_opens_the_whole_family_and_no_other_case(session: Session, now: datetime) -> None:
    world = World(session, now, *PASSED_ON)
    world.do(world.case, "look")
    made = world.made()
    assert set(family_of(session, made.id)) == {world.case.id, made.id}
    opened = track_by_pin(session, jurisdiction=JURISDICTION, number=made.number, pin=world.receipt.pin, now=now)
    assert opened.id == made.id
    assert member_of_family(session, world.case, made.id).id == made.id
    with pytest.raises(NotFound):
        track_by_pin(session, jurisdiction=JURISDICTION, number=made.number, pin="000000", now=now)
    with pytest.raises(NotFound):
        member_of_family(session, world.case, world.district.unit_id("willow"))


def test_a_case_that_waits_hears_when_the_linked_one_has_ended(session: Session, now: datetime) -> None:
    world = World(session, now, *WAITED_FOR)
    world.do(world.case, "look")
    assert world.status() == InstanceStatus.RUNNING
    world.do(world.made(), "talk")
    assert world.status() == InstanceStatus.COMPLETED
    instance = latest_instance(session, world.case.id)
    assert instance is not None
    data = instance_data(session, instance.id)
    assert (data["linked_outcome"], data["linked_kind"]) == ("solved", "mediation")


def test_the_end_of_a_linked_case_that_nobody_waits_for_changes_nothing(session: Session, now: datetime) -> None:
    world = World(session, now, *PASSED_ON)
    world.do(world.case, "look")
    before = len(timeline(session, world.case.id))
    world.do(world.made(), "talk")
    assert world.made().state == "solved"
    assert len(timeline(session, world.case.id)) == before


def sealed(session: Session, now: datetime) -> World:
    settings: dict[str, Any] = {
        "convert_kind": "mediation", "convert_sealed": "=true", "convert_link": "part",
        "convert_accused": '=["water"]', "convert_route": '=["willow"]',
    }  # fmt: skip
    content = (*origin(**settings), p.end("gone", outcome="solved"), p.chain("start", "look", "pass_on", "gone"))
    world = World(session, now, *content)
    world.do(world.case, "look")
    return world


def test_an_accusation_is_known_to_its_route_and_the_petitioner_alone(session: Session, now: datetime) -> None:
    world = sealed(session, now)
    made = world.made()
    assert made.sealed
    subject = subject_of(session, made)
    clerk = viewer_for(session, world.district.person("community"))
    assert may(clerk, Action.VIEW_CASE, subject)
    assert [each.case.id for each in linked_cases(session, clerk, world.case, "zh_CN")] == [made.id]
    assert may(resident_viewer(made.id), Action.VIEW_CASE, subject)
    for role in ("centre", "supervisor", "water-main", "handler", "water-lead", "plum-grid"):
        viewer = viewer_for(session, world.district.person(role))
        assert not may(viewer, Action.VIEW_CASE, subject), role
        assert linked_cases(session, viewer, world.case, "zh_CN") == [], role


def test_the_accused_lose_sight_of_the_case_that_it_came_out_of(session: Session, now: datetime) -> None:
    world = sealed(session, now)
    subject = subject_of(session, world.case)
    assert subject.accused_paths == {world.district.unit("water").path}
    assert not subject.sealed


def test_the_story_of_the_first_case_tells_nothing_of_an_accusation(session: Session, now: datetime) -> None:
    world = sealed(session, now)
    number = world.made().number
    told = [
        event
        for event in timeline(session, world.case.id)
        if number in str(event.data) or event.tag == Tag.CASE_CONVERTED
    ]
    assert told == []
    instance = latest_instance(session, world.case.id)
    assert instance is not None
    assert number not in str(instance_data(session, instance.id))


@pytest.mark.parametrize(
    "settings",
    [
        {},  # no kind
        {"convert_kind": "mediation", "convert_link": '="friend"'},  # no such link
        {"convert_kind": "mediation", "convert_data": "=[1]"},  # no context
        {"convert_kind": "mediation", "convert_sealed": "=true"},  # sealed, and nobody handles it
        {"convert_kind": "mediation", "convert_route": '="willow"'},  # no list
        {"convert_kind": "nothing"},  # no such process
    ],
)
def test_a_conversion_that_cannot_be_carried_out_is_an_incident_and_files_nothing(
    session: Session, now: datetime, settings: dict[str, str]
) -> None:
    content = (*origin(**settings), p.end("gone", outcome="solved"), p.chain("start", "look", "pass_on", "gone"))
    world = World(session, now, *content)
    with pytest.raises(Exception, match="could not go on"):
        world.do(world.case, "look")
    session.rollback()
    assert session.scalars(select(CaseLink)).all() == []
    assert session.scalars(select(Case).where(Case.kind == "mediation")).all() == []
    assert session.scalars(select(Instance)).one().status == InstanceStatus.INCIDENT
