"""A clock stands still from the page of its matter, where its rule allows it and who may decide."""

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Tag
from engine.deadlines import import_year
from engine.deadlines.models import Clock
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import District, make_case
from tests.fakes import ManualClock
from tests.web.browsing import send, sign_in


def start(session: Session, district: District, clock: ManualClock, **settings: str) -> World:
    """A case with one task of the water works, and a clock of five working days over it."""
    import_year(session, "qinghe", 2026, now=clock.now())
    world = World(session, district, make_case(session, place=district.unit("willow")), clock.now())
    said = {"role": "handler", "unit": "water-works", "clock": "handle"} | settings
    work = p.task("work", clock_amount="5", clock_unit="working-days", **said)
    world.start(p.package(p.start(), work, p.end("done"), p.chain("start", "work", "done")))
    return world


def the_clock(world: World) -> Clock:
    world.session.rollback()
    return world.session.scalars(select(Clock).execution_options(populate_existing=True)).one()


@pytest.mark.parametrize(
    ("login", "rule", "offered"),
    [
        ("water-lead", {"clock_kind": "internal"}, True),  # a target of our own: who leads decides
        ("handler", {"clock_kind": "internal"}, False),  # not the one who is held to it
        ("handler", {"clock_kind": "statutory", "clock_suspension": "听证"}, True),
        ("water-lead", {"clock_kind": "statutory"}, False),  # the rule names nothing
    ],
)
def test_it_is_offered_where_the_rule_and_the_role_allow_it(
    client: FlaskClient, session: Session, district: District, clock: ManualClock, login: str,
    rule: dict[str, str], offered: bool,
) -> None:  # fmt: skip
    world = start(session, district, clock, **rule)
    found = the_clock(world)
    before, path, page = found.due_at, f"/clocks/{found.id}", f"/cases/{world.case.id}"
    world.session.rollback()
    sign_in(client, login)
    assert (path in client.get(page).text) == offered
    answer = send(client, path, {"reason": "听证"})
    assert answer.status_code == (303 if offered else 403)
    assert (the_clock(world).state == "suspended") == offered
    if not offered:
        return
    clock.advance(days=2)
    sign_in(client, login)
    send(client, path, {"resume": "1"})
    after = the_clock(world)
    assert (after.state, after.due_at > before) == ("running", True)
    assert world.items()["work"].due_at == after.due_at
    assert {Tag.CLOCK_SUSPENDED, Tag.CLOCK_RESUMED} <= set(world.tags())


def test_a_reason_that_the_rule_does_not_name_is_refused(
    client: FlaskClient, session: Session, district: District, clock: ManualClock
) -> None:
    world = start(session, district, clock, clock_kind="statutory", clock_suspension="听证")
    path = f"/clocks/{the_clock(world).id}"
    world.session.rollback()
    sign_in(client, "handler")
    assert "只允许因“听证”中止" in send(client, path, {"reason": "等当事人"}, follow_redirects=True).text
    assert the_clock(world).state == "running"


def test_whoever_may_not_see_a_matter_is_told_as_much_of_its_clock_as_of_one_that_nobody_has(
    client: FlaskClient, session: Session, district: District, clock: ManualClock
) -> None:
    world = start(session, district, clock, clock_kind="internal")
    found = the_clock(world)
    world.session.rollback()
    sign_in(client, "housing-handler")
    answers = {id_: send(client, f"/clocks/{id_}", {"reason": "听证"}) for id_ in (found.id, uuid4())}
    assert {answer.status_code for answer in answers.values()} == {404}
    pages = {re.sub(r'"[A-Za-z0-9+/=_.-]{16,}"|<code>.*?</code>', "", each.text.replace(str(id_), ""))
             for id_, each in answers.items()}  # fmt: skip
    assert len(pages) == 1
    assert the_clock(world).state == "running"
