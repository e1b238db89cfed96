"""Parties: who adds them, what the process knows, whose task is whose, who sees what, who is told."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.cases.assisting import complete_assisted, may_assist
from engine.cases.effects import case_hooks
from engine.cases.matter import complete_as_resident, resident_matter
from engine.cases.models import Case
from engine.cases.offers import offers
from engine.cases.parties import NewParty, add_party, may_add
from engine.cases.party import CaseParty
from engine.cases.slips import issue_slip, open_by_code, open_by_pin, slip_number
from engine.cases.vault import Vault
from engine.cases.view import case_view, note_personal_read
from engine.db import writing
from engine.definitions import Package, load
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.instances.reading import instance_data
from engine.notices.models import Notice
from engine.notices.outbox import SEALED
from engine.organisation.policy import Viewer, resident_viewer, viewer_for
from engine.tasks import claim
from engine.tasks.models import WorkItem
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case, make_district

VAULT = Vault(bytes(range(32)))
MANIFEST = (
    b'{"format": 1, "key": "petition", "main": "petition", "name": {"zh_CN": "x"}, "parties": {"min": 0, "max": 3}}'
)
AGREE = p.form("agree", p.box("agrees"))


def told(to: str) -> str:
    return p.send("tell", notice="note", to=to)


def package(*content: str, **files: bytes) -> Package:
    made = p.package(*content, files=[AGREE, ("notices/note.zh_CN.txt", b"Subject: x\n\nx")])
    return Package(files={**made.files, "package.json": MANIFEST, **files})


#: the community invites; then the parties are loaded, and each is asked
INVITING = package(
    p.start(), p.task("invite"), p.send("load", "parties"),
    p.task(
        "consent", form="agree", role="resident", party="=each.key", assisted="community; mediator",
        loop='<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics '
        'inputCollection="=parties" inputElement="each"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>",
    ),
    told("parties"), p.end(outcome="solved"), p.message("refused", "consent", offer="party"),
    p.end("gone", outcome="withdrawn"),
    p.chain("start", "invite", "load", "consent", "tell", "end"), p.chain("refused", "gone"),
)  # fmt: skip


@pytest.fixture
def world(session: Session, now: datetime) -> World:
    district = make_district(session)
    case = make_case(session, place=district.unit("willow"))
    with writing(session):
        person = {"name": "李四", "phone": "13800138000", "email": "li@example.org"}
        case.personal = VAULT.seal(person, case.id)
    return World(session, district, case, now, case_hooks(VAULT, site="https://chuishao.example"))


def add(world: World, name: str = "王五", **values: Any) -> CaseParty:
    """Add a party by the clerk who has the task."""
    given = {"phone": "13900139000", "address": "二号楼", "email": "wang@example.org"} | values
    version = load(world.session, world.instance().version_id)
    return add_party(
        world.session, world.case, NewParty(name=name, **given), version=version, vault=VAULT,
        actor=Actor.staff(world.me), now=world.now,
    )  # fmt: skip


def clerk(world: World, login: str = "community") -> Viewer:
    return viewer_for(world.session, world.district.person(login))


def asked(world: World) -> dict[str, WorkItem]:
    """The open tasks of the parties, by party."""
    found = world.session.scalars(select(WorkItem).where(WorkItem.element_id == "consent"))
    return {item.party or "p1": item for item in found}


def answer(world: World, party: str, data: dict[str, Any] | None = None) -> None:
    complete_as_resident(
        world.session, world.case, asked(world)[party].id, data or {"agrees": True}, runtime=world.runtime,
        now=world.now, party=party,
    )  # fmt: skip


def inviting(world: World) -> World:
    """Start, add a party, and let the process ask everybody."""
    world.start(INVITING)
    add(world)
    world.complete("invite")
    return world


def test_who_has_a_task_may_add_as_many_as_the_package_takes(world: World) -> None:
    world.start(INVITING)
    version = load(world.session, world.instance().version_id)
    assert may_add(world.session, world.case, clerk(world), version) is False
    claim(world.session, world.items()["invite"].id, staff=world.me, now=world.now)
    assert may_add(world.session, world.case, clerk(world), version) is True
    assert may_add(world.session, world.case, clerk(world, "supervisor"), version) is False
    assert [add(world).key for _ in range(3)] == ["p2", "p3", "p4"]
    assert may_add(world.session, world.case, clerk(world), version) is False
    with pytest.raises(Conflict, match="no further party"):
        add(world)


def test_a_package_that_knows_no_parties_takes_none(world: World) -> None:
    world.start(p.package(p.start(), p.task("a"), p.end(outcome="solved"), p.chain("start", "a", "end")))
    with pytest.raises(Conflict, match="no further party"):
        add(world)


def test_a_party_is_sealed_and_the_story_names_nobody(world: World) -> None:
    world.start(INVITING)
    party = add(world)
    assert "王五".encode() not in party.personal
    with pytest.raises(Exception, match="cannot be opened"):
        VAULT.open(party.personal, world.case.id)  # moved to another row it does not open
    event = next(event for event in world.events() if event.tag == Tag.CASE_PARTY_ADDED)
    assert event.data == {"party": "p2", "role": "respondent"}


def test_the_process_knows_keys_roles_and_labels_and_nobody_by_name(world: World) -> None:
    inviting(world)
    assert instance_data(world.session, world.instance().id)["parties"] == [
        {"key": "p1", "role": "applicant", "label": "申请人"},
        {"key": "p2", "role": "respondent", "label": "被申请人"},
    ]


def test_each_party_finds_its_own_task_and_nobody_elses(world: World) -> None:
    inviting(world)
    items = asked(world)
    assert [items[key].party for key in ("p1", "p2")] == [None, "p2"]
    for party in ("p1", "p2"):
        matter = resident_matter(world.session, world.case, vault=VAULT, locale="zh_CN", now=world.now, party=party)
        assert [each.id for each in matter.tasks] == [items[party].id]
    with pytest.raises(NotFound):
        complete_as_resident(
            world.session, world.case, items["p1"].id, {}, runtime=world.runtime, now=world.now, party="p2"
        )
    with pytest.raises(Forbidden, match="another party"):
        world.runtime.complete(world.session, items["p1"].id, {}, actor=Actor.resident("p2"), now=world.now)
    answer(world, "p2")
    answer(world, "p1")
    done = [event.actor_id for event in world.events() if event.tag == Tag.WORK_ITEM_COMPLETED]
    assert done[1:] == ["p2", None]
    assert world.instance().outcome == "solved"


def test_a_task_for_a_party_that_is_not_there_is_an_incident(world: World) -> None:
    asking = p.task("ask", role="resident", party='="p7"')
    flows = p.chain("start", "first", "ask", "end")
    world.start(package(p.start(), p.task("first"), asking, p.end(outcome="solved"), flows))
    with pytest.raises(Conflict, match="could not go on"):
        world.complete("first")
    assert [each.code for each in world.incidents()] == ["task-party-unknown"]


@pytest.mark.parametrize(
    ("to", "reached"),
    [
        ("parties", ["li@example.org", "wang@example.org"]),
        ("party:p2", ["wang@example.org"]),
        ('party:=parties[role = "respondent"][1].key', ["wang@example.org"]),
        ("resident", ["li@example.org"]),
    ],
)
def test_notices_reach_the_parties_that_are_meant(world: World, to: str, reached: list[str]) -> None:
    flows = p.chain("start", "invite", "load", "tell", "last", "end")
    content = [p.start(), p.task("invite"), p.send("load", "parties"), told(to), p.task("last")]
    world.start(package(*content, p.end(outcome="solved"), flows))
    add(world)
    world.complete("invite")
    notices = world.session.scalars(select(Notice).where(Notice.channel == "email"))
    assert sorted(VAULT.open_address(each.address.removeprefix(SEALED), world.case.id) for each in notices) == reached


def test_any_party_may_refuse_and_only_its_key_is_told(world: World) -> None:
    inviting(world)
    for viewer in (resident_viewer(world.case.id), resident_viewer(world.case.id, "p2")):
        assert [each.element_id for each in offers(world.session, world.case, viewer, now=world.now)] == ["refused"]


# ---- who sees what


def test_no_party_sees_how_or_where_another_is_reached(world: World) -> None:
    inviting(world)
    for party, other in (("p1", "p2"), ("p2", "p1")):
        view = case_view(world.session, resident_viewer(world.case.id, party), world.case.id, vault=VAULT)
        persons = {each.key: set(each.person) for each in view.parties}
        assert persons[other] == {"name"}
        assert "phone" in persons[party]
    respondent = case_view(world.session, resident_viewer(world.case.id, "p2"), world.case.id, vault=VAULT)
    assert respondent.petitioner == {"name": "李四"}
    assert respondent.address is None
    assert respondent.text is not None


def test_an_accusation_takes_no_party_and_shows_itself_to_none(world: World) -> None:
    inviting(world)
    with writing(world.session):
        world.case.sealed = True
    with pytest.raises(Conflict, match="no further party"):
        add(world)
    with pytest.raises(NotFound):
        case_view(world.session, resident_viewer(world.case.id, "p2"), world.case.id, vault=VAULT)


@pytest.mark.parametrize(
    ("login", "fields"),
    [
        ("community", {"name", "phone", "address", "email"}),  # could take a task of it
        ("supervisor", set()),  # reads the work, not the people
    ],
)
def test_staff_see_parties_as_they_see_the_petitioner(world: World, login: str, fields: set[str]) -> None:
    inviting(world)
    with writing(world.session):
        item = asked(world)["p1"]
        item.role, item.unit_id, item.inbox_key = "community", world.district.unit_id("willow"), "community@willow"
    view = case_view(world.session, clerk(world, login), world.case.id, vault=VAULT)
    assert set(view.parties[1].person) == fields


def test_reading_a_new_party_is_recorded_though_the_petitioner_was_read_today(world: World) -> None:
    world.start(INVITING)
    for _ in range(2):
        for step in ("before", "after"):
            view = case_view(world.session, clerk(world), world.case.id, vault=VAULT)
            note_personal_read(world.session, view, Actor.staff(world.me), world.now)
            if step == "before" and not view.parties:
                add(world)
    read = [event.data["fields"] for event in world.events() if event.tag == Tag.CASE_PERSONAL_READ]
    assert [("p2.phone" in fields) for fields in read] == [False, True]


# ---- assisted


def test_staff_enter_an_answer_and_the_story_says_so(world: World) -> None:
    inviting(world)
    item = asked(world)["p2"]
    sent: dict[str, Any] = {"viewer": clerk(world), "actor": Actor.staff(world.me)}
    sent |= {"runtime": world.runtime, "now": world.now}
    assert may_assist(world.session, item, clerk(world)) is True  # did a step of it
    assert may_assist(world.session, item, clerk(world, "supervisor")) is False
    with pytest.raises(Invalid, match="how the answer came"):
        complete_assisted(world.session, item.id, {"agrees": True}, way="", **sent)
    complete_assisted(world.session, item.id, {"agrees": True}, way="phone", **sent)
    event = [event for event in world.events() if event.tag == Tag.WORK_ITEM_COMPLETED][-1]
    assert (event.data["assisted"], event.data["party"], event.actor_name) == ("phone", "p2", world.me.name)
    world.session.refresh(item)
    assert (item.owner_id, item.completed_by) == (None, world.me.name)
    with pytest.raises(Conflict, match="completed by"):
        complete_assisted(world.session, item.id, {}, way="phone", **sent)


def test_staff_whom_the_process_does_not_name_answer_for_nobody(world: World) -> None:
    inviting(world)
    sent: dict[str, Any] = {"viewer": clerk(world, "centre"), "actor": Actor.staff(world.district.person("centre"))}
    with pytest.raises(Forbidden, match="answered by the party itself"):
        complete_assisted(
            world.session, asked(world)["p2"].id, {}, way="phone", runtime=world.runtime, now=world.now, **sent
        )
    with pytest.raises(Forbidden):
        world.runtime.complete(world.session, asked(world)["p2"].id, {}, actor=sent["actor"], now=world.now)


# ---- the slip


@pytest.fixture
def slip(world: World) -> tuple[Case, Any]:
    inviting(world)
    return world.case, {"vault": VAULT, "actor": Actor.staff(world.me), "now": world.now}


def test_a_slip_opens_the_matter_as_that_party(session: Session, slip: Any, now: datetime) -> None:
    case, by = slip
    receipt = issue_slip(session, case, "p2", "token", **by)
    assert issue_slip(session, case, "p2", "token", **by) == receipt  # a second click is the same slip
    opened = open_by_code(session, receipt.tracking_code, vault=VAULT)
    assert (opened.case.id, opened.party) == (case.id, "p2")
    found = open_by_pin(session, jurisdiction="qinghe", number=slip_number(case, "p2").lower(), pin=receipt.pin,
                        now=now)  # fmt: skip
    assert found.party == "p2"


def test_a_new_slip_closes_the_old_one(session: Session, slip: Any, now: datetime) -> None:
    case, by = slip
    old, new = (issue_slip(session, case, "p2", token, **by) for token in ("one", "two"))
    with pytest.raises(NotFound):
        open_by_code(session, old.tracking_code, vault=VAULT)
    ask = {"jurisdiction": "qinghe", "number": slip_number(case, "p2"), "now": now}
    with pytest.raises(NotFound):
        open_by_pin(session, pin=old.pin, **ask)
    assert open_by_pin(session, pin=new.pin, **ask).party == "p2"


def test_wrong_pins_close_the_slip_and_not_the_petitioners_way(session: Session, slip: Any, now: datetime) -> None:
    case, by = slip
    receipt = issue_slip(session, case, "p2", "token", **by)
    ask = {"jurisdiction": "qinghe", "number": slip_number(case, "p2"), "now": now}
    for _ in range(10):
        with pytest.raises(NotFound):
            open_by_pin(session, pin="x", **ask)
    with pytest.raises(Forbidden, match="closed"):
        open_by_pin(session, pin=receipt.pin, **ask)
    session.refresh(case)
    assert case.pin_failures == 0


@pytest.mark.parametrize("number", ["SQ2026-999999-2", "SQ2026-999999", "x-2", "-2"])
def test_a_number_that_is_none_reads_like_a_wrong_pin(session: Session, slip: Any, now: datetime, number: str) -> None:
    with pytest.raises(NotFound) as refused:
        open_by_pin(session, jurisdiction="qinghe", number=number, pin="123456", now=now)
    assert refused.value.code == "number-or-pin-wrong"
