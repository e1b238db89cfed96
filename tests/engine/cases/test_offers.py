"""What a process offers, to whom, and that it is taken up once."""

import pytest
from sqlalchemy import select

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.offers import find_offer, offers, send_offer
from engine.definitions import Package
from engine.errors import Conflict, Forbidden, Invalid
from engine.instances.models import Incident, InstanceStatus
from engine.instances.reading import instance_data
from engine.organisation.policy import Viewer, resident_viewer, viewer_for
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World, world

__all__ = ["world"]
REASON = p.form("refusal", p.text_field("reason", required=True))


def offering(*, interrupting: bool = True, **settings: str) -> Package:
    """Handled by the community, with an offer on the border of what is handled."""
    return p.package(
        p.start(), p.task("handle"), p.message("refused", "handle", interrupting=interrupting, **settings),
        p.task("note"), p.end("done", outcome="solved"), p.end("gone", outcome="withdrawn"),
        p.chain("start", "handle", "done"), p.chain("refused", "note", "gone"), files=[REASON],
    )  # fmt: skip


def staff(world: World, login: str) -> Viewer:
    return viewer_for(world.session, world.district.person(login))


def take(
    world: World, viewer: Viewer, data: dict[str, object] | None = None, key: str = "refused", way: str = ""
) -> bool:
    actor = Actor.resident()
    if viewer.staff_id is not None:
        actor = Actor(kind=viewer.kind, id=str(viewer.staff_id), name=viewer.name)
    return send_offer(
        world.session, world.case, key, data or {}, viewer=viewer, actor=actor, runtime=world.runtime, now=world.now,
        way=way,
    )  # fmt: skip


def names(world: World, viewer: Viewer) -> list[str]:
    return [each.element_id for each in offers(world.session, world.case, viewer, now=world.now)]


@pytest.mark.parametrize(
    ("settings", "login", "sees"),
    [
        ({"offer": "resident"}, None, True),
        ({"offer": "party"}, None, True),  # the petitioner is a party
        ({"offer": "resident"}, "community", False),
        ({"offer": "resident", "assisted": "community"}, "community", True),  # somebody rang up
        ({"offer": "resident", "assisted": "handler; callback"}, "community", False),
        ({"offer": "resident", "assisted": "community"}, "west-centre", False),  # has nothing to do with it
        ({"offer": "party", "assisted": "community"}, "community", False),  # whose word would it be?
        ({"offer": "community"}, None, False),
        ({"offer": "community"}, "community", True),  # could take the open task
        ({"offer": "grid_worker; community"}, "community", True),
        ({"offer": "grid_worker"}, "grid", False),  # sees the matter from above, and has nothing to do with it
        ({"offer": "street_centre", "offer_unit": "=place.street"}, "centre", True),  # named by unit
        ({"offer": "street_centre", "offer_unit": "=place.street"}, "west-centre", False),
        ({"offer": "street_centre", "offer_unit": "=nothing"}, "centre", False),
        ({}, None, False),  # a message that only programs send
    ],
)
def test_an_offer_is_seen_by_whom_it_names(
    world: World, settings: dict[str, str], login: str | None, sees: bool
) -> None:
    world.start(offering(**settings))
    viewer = staff(world, login) if login else resident_viewer(world.case.id)
    assert names(world, viewer) == (["refused"] if sees else [])


def test_somebody_elses_matter_offers_nothing(world: World) -> None:
    world.start(offering(offer="resident; party"))
    stranger = resident_viewer(world.district.unit_id("willow"))
    assert names(world, stranger) == []
    with pytest.raises(Forbidden):
        take(world, stranger)


def test_an_offer_ends_what_is_under_way_and_carries_who_and_why(world: World) -> None:
    instance = world.start(offering(offer="party", offer_form="refusal"))
    assert take(world, resident_viewer(world.case.id), {"reason": "不同意", "more": "ignored"}) is True
    assert list(world.items()) == ["note"]
    data = instance_data(world.session, instance.id)
    assert (data["reason"], data["sender"]) == ("不同意", {"role": "party", "party": "p1"})
    assert "more" not in data
    event = world.session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_OFFER_TAKEN)).one()
    assert (event.data["element"], event.data["party"], event.actor_name) == ("refused", "p1", None)


def test_staff_enter_what_the_petitioner_said_and_how_it_came(world: World) -> None:
    instance = world.start(offering(offer="resident", offer_form="refusal", assisted="community"))
    clerk = staff(world, "community")
    with pytest.raises(Invalid) as refused:
        take(world, clerk, {"reason": "好了"})
    assert refused.value.code == "assisted-way"
    assert list(world.items()) == ["handle"]
    assert take(world, clerk, {"reason": "好了"}, way="phone") is True
    sender = instance_data(world.session, instance.id)["sender"]
    assert sender == {"role": "resident", "party": "p1", "staff": str(clerk.staff_id), "assisted": "phone"}
    event = world.session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_OFFER_TAKEN)).one()
    assert (event.data["party"], event.data["assisted"], event.actor_id) == ("p1", "phone", str(clerk.staff_id))


def test_a_second_click_changes_nothing_and_a_latecomer_is_told(world: World) -> None:
    world.start(offering(offer="resident; community"))
    resident, clerk = resident_viewer(world.case.id), staff(world, "community")
    first = find_offer(world.session, world.case, "refused", resident, now=world.now)
    assert take(world, resident, key=first.id) is True
    assert take(world, resident, key=first.id) is False
    with pytest.raises(Conflict, match="no longer open"):
        take(world, clerk, key=first.id)
    assert world.tags().count(Tag.CASE_OFFER_TAKEN) == 1


def test_an_offer_that_does_not_interrupt_is_made_again_and_each_counts_once(world: World) -> None:
    world.start(offering(offer="resident", interrupting=False))
    resident = resident_viewer(world.case.id)
    first = find_offer(world.session, world.case, "refused", resident, now=world.now)
    assert [take(world, resident, key=first.id) for _ in range(2)] == [True, False]
    again = find_offer(world.session, world.case, "refused", resident, now=world.now)
    assert again.id != first.id
    assert (first.ends, sorted(world.items())) == (False, ["handle", "note"])


def test_a_form_with_mistakes_changes_nothing(world: World) -> None:
    world.start(offering(offer="resident", offer_form="refusal"))
    with pytest.raises(Invalid) as refused:
        take(world, resident_viewer(world.case.id), {"reason": ""})
    assert list(refused.value.facts["fields"]) == ["reason"]
    assert list(world.items()) == ["handle"]


def test_an_offer_behind_an_event_gateway_is_over_when_its_time_is(world: World) -> None:
    world.start(
        p.package(
            p.start(), p.first_of("either"), p.catch("asks", offer="resident"), p.catch_time("month", "P30D"),
            p.task("review"), p.end(outcome="explained"), p.chain("start", "either", "asks", "review", "end"),
            p.chain("either", "month", "end"),
        )
    )  # fmt: skip
    resident, filed = resident_viewer(world.case.id), world.now
    found = find_offer(world.session, world.case, "asks", resident, now=world.now)
    assert found.ends is False
    world.now = filed.replace(month=6)
    with pytest.raises(Conflict, match="over"):
        take(world, resident, key=found.id)
    world.now = filed
    assert take(world, resident, key=found.id) is True
    assert list(world.items()) == ["review"]


def test_a_step_that_fails_behind_an_offer_is_kept_and_tried_again(world: World) -> None:
    world.start(
        p.package(
            p.start(), p.task("handle"), p.message("refused", "handle", offer="resident"),
            p.task("note", unit="=nowhere"), p.end(outcome="solved"), p.end("gone", outcome="withdrawn"),
            p.chain("start", "handle", "end"), p.chain("refused", "note", "gone"),
        )
    )  # fmt: skip
    with pytest.raises(Conflict, match="could not go on"):
        take(world, resident_viewer(world.case.id))
    (incident,) = world.incidents()
    assert world.instance().status == InstanceStatus.INCIDENT
    assert incident.attempt["do"] == "offer"
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now) is False
    assert world.session.get_one(Incident, incident.id, populate_existing=True).tries == 2


def test_taking_back_is_told_as_such(world: World) -> None:
    package = offering(offer="resident")
    files = {name: content.replace(b'name="withdraw"', b'name="withdrawn"') for name, content in package.files.items()}
    world.start(Package(files=files))
    take(world, resident_viewer(world.case.id))
    assert Tag.CASE_WITHDRAWN in world.tags()
