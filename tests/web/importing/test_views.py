"""A designer takes in files of other tools as drafts; nobody else does, and nothing that runs changes."""

import io
import re
import time
import zipfile
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions import Package, active_version, deploy
from engine.definitions.drafts import draft_package, open_drafts
from tests.engine.importing.drawings import START, TASK, WHOLE, drawing, flow
from tests.engine.instances import packages as p
from tests.factories import District
from tests.web.browsing import send, sign_in

DRAWN = drawing(START + TASK + flow("1", "s", "t"))
PACKAGE = p.package(p.start(), p.task("verify"), p.end(outcome="solved"), p.chain("start", "verify", "end"))


class Desk:
    """A designer before the pages."""

    def __init__(self, client: FlaskClient, session: Session, district: District) -> None:
        self.client, self.session = client, session
        sign_in(client, district.person("designer"))

    def upload(self, name: str, content: bytes, key: str = "") -> Any:
        data = {"file": (io.BytesIO(content), name), "key": key}
        return send(self.client, "/processes/import", data, content_type="multipart/form-data")

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)


@pytest.fixture
def desk(client: FlaskClient, session: Session, district: District) -> Desk:
    return Desk(client, session, district)


def test_diagram_becomes_a_draft_with_a_list_of_what_it_lacks(desk: Desk) -> None:
    answer = desk.upload("My Invoice.bpmn", DRAWN)
    assert answer.status_code == 303
    place = answer.location
    page = desk.get(place)
    assert "my-invoice" in page
    assert '<tr data-element="t" data-kind="role-missing">' in page
    assert "没有写由谁办：给任务或泳道选岗位" in page
    assert '<h3 id="todo-assignments">由谁办' in page
    assert "原文件没有它的图形，已按列画出" in page
    assert b'id="t"' in desk.client.get(f"{place}/drawing").data
    marks = desk.client.get(f"{place}/marks").json
    assert {each["element"] for each in marks["tokens"]} == {"t"}
    assert desk.client.get(f"{place}/original").data == DRAWN
    desk.client.get(f"{place}?lang=en")
    assert "Nobody is said to do it" in desk.get(place)


def test_zip_of_a_draft_holds_all_of_it(desk: Desk) -> None:
    place = desk.upload("x.bpmn", drawing(WHOLE)).location
    content = desk.client.get(f"{place}/package.zip").data
    package = Package.read_zip(content)
    assert package.to_zip() == content
    assert package.manifest["main"] == "P"
    assert package.files["imported/original.xml"] == drawing(WHOLE)


def test_package_comes_back_byte_for_byte(desk: Desk, now: datetime) -> None:
    version = deploy(
        desk.session, PACKAGE, author=Actor.engine(), note="一", now=now, jurisdiction="qinghe"
    )  # what runs
    content = desk.client.get(f"/processes/petition/{version.number}/package.zip").data
    place = desk.upload("petition.zip", content).location
    assert desk.client.get(f"{place}/package.zip").data == content
    draft = open_drafts(desk.session, "petition")[0]
    assert draft.version_id == version.id
    assert draft_package(desk.session, draft.id).sha256 == version.sha256


def test_key_of_a_process_that_runs_is_not_taken_over(desk: Desk, now: datetime) -> None:
    deploy(desk.session, PACKAGE, author=Actor.engine(), note="一", now=now, jurisdiction="qinghe")
    assert "petition-2 " in desk.get(desk.upload("petition.bpmn", DRAWN).location)
    answer = desk.upload("x.bpmn", DRAWN, key="petition")
    assert answer.status_code == 422
    assert "什么也没有改动" in answer.text


def bomb() -> bytes:
    """A zip of 30 KB that unpacks to 30 MB."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package.json", b'{"key": "petition"}')
        archive.writestr("x.bpmn", b" " * 30_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.bpmn", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("x.bpmn", b"<a>" + b"x" * 15_000_000),
        ("x.bpmn", drawing("<b:subProcess>" * 200 + "</b:subProcess>" * 200)),
        ("x.pdf", b"%PDF-1.7"),
        ("x.zip", b"PK\x03\x04 and nothing"),
        ("x.zip", bomb()),
        ("", b""),  # no file at all
    ],
    ids=["entities", "large", "deep", "picture", "broken-zip", "zip-bomb", "none"],
)
def test_hostile_upload_is_refused_and_what_runs_stays(desk: Desk, now: datetime, name: str, content: bytes) -> None:
    version = deploy(desk.session, PACKAGE, author=Actor.engine(), note="一", now=now, jurisdiction="qinghe")
    before = time.process_time()
    answer = desk.upload(name, content)
    assert time.process_time() - before < 5  # well under two seconds on a machine with nothing else to do
    assert answer.status_code == 422
    assert "没有导入" in answer.text
    assert open_drafts(desk.session) == []
    assert active_version(desk.session, "petition").id == version.id


def test_upload_of_fifty_megabytes_is_turned_away(desk: Desk) -> None:
    assert desk.upload("x.bpmn", b"x" * 50_000_000).status_code == 413


def test_an_operator_does_not_import(desk: Desk, district: District) -> None:
    place = desk.upload("x.bpmn", DRAWN).location
    sign_in(desk.client, district.person("operator"))
    for path in ("/processes/import", place, f"{place}/drawing", f"{place}/package.zip"):
        assert desk.client.get(path).status_code == 403
    assert desk.upload("x.bpmn", DRAWN).status_code == 403
    assert "导入流程" not in desk.get("/processes")
