"""The accused unit and its staff can never find out that an accusation exists: every address of the application.

The addresses are those of the application's own map, so that a page that is built later is walked as well. Each answer
is compared with the answer to an id that nothing has: what does not differ cannot tell.

Source: 信访工作条例 art. 30.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product, zip_longest
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.routing.converters import UUIDConverter

from engine.audit import Actor, AuditEvent
from engine.cases import handling
from engine.cases.blobs import BlobStore
from engine.cases.handling import Acting
from engine.cases.subject import subject_of
from engine.db import new_id
from engine.errors import EngineError, Forbidden, NotFound
from engine.notices import Notice
from engine.organisation.policy import Action, knows, may, viewer_for
from engine.organisation.sealing import closed_cases, knowing
from engine.tasks import claim, release
from engine.tasks.co_handling import ask
from engine.tasks.copying import copy_in
from engine.tasks.handing import delegate
from engine.tasks.models import LIVE, WorkItem
from tests.factories import JURISDICTION, District, make_staff
from tests.web.browsing import sign_in
from tests.web.sealing.world import World, fresh
from web.api.tokens import issue_token
from web.guard import limiter

#: In the accused units, below them, as their leads, as a participant of the first case, as a substitute of who handles
#: the accusation, with a role on its route beside one in an accused unit, and as their operator.
ACCUSED: Final = (
    "agent", "grid", "community", "housing-handler", "housing-lead", "housing-main", "both", "housing-operator",
    "housing-supervisor",
)  # fmt: skip
#: Who asks for everything, whatever it does; the others read every page.
EVERYWHERE: Final = "both"
#: They would end the walk.
LEAVING: Final = frozenset({"auth.sign_out", "auth.sign_out_everywhere", "static"})
#: What differs from one answer to the next by itself.
NOISE: Final = re.compile(
    r'csrf[-_]token"[^>]*"[^"]*"|nonce-?[^"\s;\']*|request_key"[^>]*value="[^"]*"|"request_id":"[^"]*"'
    r"|<code>[0-9a-f-]{36}</code>|#[0-9a-f]{6,}|\d\d:\d\d(:\d\d)?"
)
NUMBER: Final = re.compile(r"[A-Z]{2}\d{4}-\d{6}")
#: What an argument of an address is an id of; every other one is tried with each of them.
TABLES: Final = {
    "case_id": "case", "item_id": "work_item", "document_id": "document", "attachment_id": "attachment",
    "incident_id": "incident", "notice_id": "notice",
}  # fmt: skip


@pytest.fixture
def world(session: Session, district: District, now: datetime, tmp_path: Path, app: Flask) -> Iterator[World]:
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.enabled = False
    yield World(session, district, now, BlobStore(tmp_path / "blobs"))
    limiter.enabled = True


def arguments(rule: Rule) -> list[str]:
    return [name for name, kind in rule._converters.items() if isinstance(kind, UUIDConverter)]


def ids_for(name: str, known: Mapping[str, list[UUID]]) -> list[UUID]:
    return known[TABLES[name]][:2] if name in TABLES else [known[table][0] for table in ("case", "work_item")]


def addresses(app: Flask, world: World, *, reading: bool) -> Iterator[tuple[str, str, list[UUID]]]:
    """Yield (method, path with a place for each id, the ids) of everything that can be asked, or only read."""
    known = world.ids()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LEAVING:
            continue
        names = arguments(rule)
        path = re.sub(r"<uuid:\w+>", "{}", str(rule))
        path = re.sub(r"<[^>]+>", world.sealed.number, path)
        methods = sorted((rule.methods or set()) & ({"GET"} if reading else {"GET", "POST", "PUT", "PATCH", "DELETE"}))
        for method in methods:
            if not names:
                yield method, path, []
            for chosen in product(*(ids_for(name, known) for name in names)) if names else ():
                yield method, path, list(chosen)


def ask_for(client: FlaskClient, method: str, path: str, ids: list[UUID], headers: dict[str, str]) -> tuple[int, str]:
    data = {"item": [str(each) for each in ids]} if method != "GET" else None
    answer = client.open(path.format(*ids), method=method, data=data, headers=headers)
    with client.session_transaction() as kept:  # what the next page would say of this one
        said = str(kept.pop("_flashes", ""))
    text = answer.get_data(as_text=True) + str(answer.headers.get("Location", "")) + said
    for each in (*ids, *NUMBER.findall(path)):  # what was asked may be said again
        text = text.replace(str(each), "ID")
    return answer.status_code, NOISE.sub("", text)


def differing(nothing: tuple[int, str], answer: tuple[int, str]) -> str:
    """Where an answer differs from the one to an id that nothing has; empty when it does not."""
    if nothing == answer:
        return ""
    lines = ((a, b) for a, b in zip_longest(nothing[1].splitlines(), answer[1].splitlines()) if a != b)
    return f"{nothing[0]} {answer[0]} {next(lines, ('', ''))}"


def walk(
    client: FlaskClient, app: Flask, world: World, headers: dict[str, str] | None = None, *, reading: bool = False
) -> list[str]:
    """Ask for everything; return what told something."""
    headers = headers or {}
    told: list[str] = []
    unknown: dict[tuple[str, str], tuple[int, str]] = {}
    secret = world.telling() + [str(each) for ids in world.ids().values() for each in ids]
    for method, path, ids in list(addresses(app, world, reading=reading)):
        status, text = ask_for(client, method, path, ids, headers)
        told += [f"{method} {path}: {status} says {each}" for each in secret if each in text]
        if ids:
            if (method, path) not in unknown:
                unknown[method, path] = ask_for(client, method, path, [fresh() for _ in ids], headers)
            if difference := differing(unknown[method, path], (status, text)):
                told.append(f"{method} {path}: {difference}")
    return told


def state(world: World) -> list[object]:
    """What must be as it was after a walk."""
    world.session.expire_all()
    items = world.session.execute(select(WorkItem.id, WorkItem.state, WorkItem.owner_id).order_by(WorkItem.id)).all()
    events = world.session.scalar(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.case_id == world.sealed.id)
    )
    return [*map(tuple, items), events]


def test_no_address_tells_the_accused_anything(app: Flask, world: World) -> None:
    told: dict[str, list[str]] = {}
    before = state(world)
    for login in ACCUSED:
        client = app.test_client()
        sign_in(client, world.person(login))
        assert client.get("/inbox").status_code == 200 or login.endswith("operator")
        if found := walk(client, app, world, reading=login != EVERYWHERE):
            told[login] = found
    assert told == {}, "\n".join(f"{login}: {each}" for login, found in told.items() for each in found)
    assert state(world) == before


@pytest.mark.parametrize("way", ["petition", "accusation"])
def test_whichever_way_it_comes_about_no_page_tells_the_accused(
    session: Session, district: District, now: datetime, tmp_path: Path, app: Flask, way: str
) -> None:
    world = World(session, district, now, BlobStore(tmp_path / "blobs"), way)
    before = state(world)
    for login in ("community", "both"):
        client = app.test_client()
        sign_in(client, world.person(login))
        assert walk(client, app, world, reading=True) == [], login
    assert state(world) == before
    client = app.test_client()
    sign_in(client, world.person("inspector"))
    assert world.sealed.number in client.get("/inbox").text


def test_no_program_of_the_accused_is_told_anything(app: Flask, world: World, now: datetime) -> None:
    token = issue_token(
        world.session,
        world.person("housing-handler"),
        name="t",
        actor=Actor.engine(),
        jurisdiction=JURISDICTION,
        now=now,
    )
    world.session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/work-items", headers=headers).status_code == 200
    assert walk(app.test_client(), app, world, headers) == []


def test_who_handles_it_and_who_wrote_it_do_see_it(app: Flask, world: World) -> None:
    """Without this the other tests would pass on an empty system."""
    client = app.test_client()
    sign_in(client, world.person("inspector"))
    assert world.sealed.number in client.get("/inbox").text
    assert "去年冬天" in client.get(f"/cases/{world.sealed.id}").text
    assert may(
        viewer_for(world.session, world.person("petition")), Action.VIEW_CASE, subject_of(world.session, world.first)
    )


def test_nobody_off_the_route_sees_the_sealed_case(app: Flask, world: World) -> None:
    for login in ("petition", "supervisor", "district-main", "other-operator", "centre", "street-main"):
        client = app.test_client()
        sign_in(client, world.person(login))
        said = "".join(client.get(path).text for path in ("/inbox", "/escalations", "/notices", "/cockpit/incidents"))
        assert world.sealed.number not in said, login
        assert str(world.sealed.id) not in said, login
        assert client.get(f"/cases/{world.sealed.id}").status_code == 404, login
        for known_or_not in (world.sealed.id, new_id()):  # where a completed task leads tells them nothing either
            answer = client.get(f"/cases/{known_or_not}?done=1")
            assert (answer.status_code, answer.location) == (302, "/inbox"), login


def test_no_notice_goes_to_the_accused(world: World) -> None:
    accused = {world.person(login).id for login in ACCUSED}
    found = world.session.scalars(select(Notice).where(Notice.case_id == world.sealed.id)).all()
    assert {notice.staff_id for notice in found if notice.staff_id} == {world.person("inspector").id}
    assert not {notice.staff_id for notice in found} & accused


def test_what_is_written_about_it_lies_in_no_mailbox(world: World, now: datetime) -> None:
    session, inspector = world.session, world.person("inspector")
    roles = [("discipline", world.district.unit("discipline"))]
    colleague = make_staff(session, "colleague", roles=roles, email="colleague@qinghe.example")
    verify = select(WorkItem).where(WorkItem.case_id == world.sealed.id, WorkItem.element_id == "verify")
    item = claim(session, session.scalars(verify).one().id, staff=colleague, now=now)
    release(session, item.id, staff=colleague, now=now)  # who worked on it may be given it
    claim(session, item.id, staff=inspector, now=now)
    viewer = viewer_for(session, inspector)
    acting = Acting(session=session, viewer=viewer, staff=inspector, runtime=world.runtime, now=now)
    handling.delegate(acting, item.id, to=colleague, note="先核对转账记录")
    told = session.scalars(select(Notice).where(Notice.staff_id == colleague.id)).all()
    assert {each.channel for each in told} >= {"app", "email"}
    assert [each.body for each in told if "转账记录" in f"{each.body}{each.subject}{each.facts}"] == []
    assert all("附言请登录后在系统里看" in each.body for each in told)


def test_the_excerpt_has_no_trace_of_where_it_came_from(world: World, app: Flask) -> None:
    client = app.test_client()
    sign_in(client, world.person("community"))
    item = world.session.scalars(
        select(WorkItem).where(WorkItem.element_id == "record", WorkItem.state.in_(LIVE))
    ).one()
    page = client.get(f"/cases/{item.case_id}").text
    assert "补偿款未付" in page
    assert [each for each in world.telling() if each in page] == []
    assert "转账记录" not in page


def test_no_service_gives_the_accused_a_part_in_it(world: World, now: datetime) -> None:
    item = world.session.scalars(
        select(WorkItem).where(
            WorkItem.case_id == world.sealed.id, WorkItem.state.in_(LIVE), WorkItem.element_id == "verify"
        )
    ).one()
    inspector, both = world.person("inspector"), world.person("both")
    with pytest.raises(NotFound):
        claim(world.session, item.id, staff=both, now=now)
    claim(world.session, item.id, staff=inspector, now=now)
    for give in (
        lambda: delegate(world.session, item.id, to=both, staff=inspector, now=now),
        lambda: ask(world.session, item.id, who=both, question="属实吗？", staff=inspector, now=now),
        lambda: copy_in(world.session, item.id, who=both, staff=inspector, now=now),
    ):
        with pytest.raises((Forbidden, EngineError)) as refused:
            give()
        assert refused.value.code == "hand-kept-from"


def test_conditions_of_statements_agree_with_the_policy(world: World) -> None:
    cases = (world.sealed, world.first)
    for login, person in world.district.staff.items():
        viewer = viewer_for(world.session, person)
        for case in cases:
            assert (person.id in knowing(world.session, case.id, {person.id})) == knows(
                viewer, subject_of(world.session, case)
            ), login
    closed = {login for login, person in world.district.staff.items() if closed_cases(world.session, person.id)}
    assert closed == {*ACCUSED} & closed | closed
    assert closed >= {*ACCUSED}
