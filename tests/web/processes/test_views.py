"""A designer reads versions and differences, activates one, and moves running cases; others do not."""

import io
import re
import zipfile
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions import Package, active_version, deploy
from engine.instances.models import Instance
from engine.instances.runtime import Runtime
from tests.engine.instances import packages as p
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in

OLD = p.package(p.start(), p.task("verify"), p.end(outcome="solved"), p.chain("start", "verify", "end"))
NEW = p.package(
    p.start(), p.task("verify"), p.task("close"), p.end(outcome="solved"), p.chain("start", "verify", "close", "end")
)
RENAMED = p.package(p.start(), p.task("check"), p.end(outcome="solved"), p.chain("start", "check", "end"))


class Desk:
    """A designer before the pages, with three cases on version 1."""

    def __init__(self, client: FlaskClient, session: Session, district: District, now: datetime) -> None:
        self.client, self.session, self.now = client, session, now
        self.bring(OLD, "第一版")
        for _ in range(3):
            case = make_case(session, place=district.unit("willow"))
            Runtime().start(
                session, case_id=case.id, jurisdiction="qinghe", key="petition", actor=Actor.resident(), now=now,
                data={"place": {"community": "willow"}},
            )  # fmt: skip
        sign_in(client, district.person("designer"))

    def bring(self, package: Package, note: str) -> None:
        deploy(self.session, package, author=Actor.engine(), note=note, now=self.now, jurisdiction="qinghe")

    def get(self, path: str) -> str:
        answer = self.client.get(f"/processes{path}")
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)

    def send(self, path: str, **data: Any) -> str:
        answer = send(self.client, f"/processes{path}", data, follow_redirects=True)
        return re.sub(r"\s+", " ", answer.text)

    def versions(self) -> int:
        self.session.rollback()
        return len(set(self.session.scalars(select(Instance.version_id))))


@pytest.fixture
def desk(client: FlaskClient, session: Session, district: District, now: datetime) -> Desk:
    return Desk(client, session, district, now)


def test_the_list_tells_what_runs_on_an_older_version(desk: Desk) -> None:
    assert "第 1 版" in desk.get("")
    desk.bring(NEW, "加一步")
    page = desk.get("")
    assert "第 2 版" in page
    assert '<a href="/processes/petition">3</a>' in page
    history = desk.get("/petition")
    assert "加一步" in history
    assert "迁移 3 件" in history


def test_a_version_shows_its_drawing_its_steps_and_what_is_different(desk: Desk) -> None:
    desk.bring(NEW, "加一步")
    page = desk.get("/petition/2")
    assert "与第 1 版相比" in page
    assert "close" in page
    assert desk.client.get("/processes/petition/2/drawing").data.startswith(b"<?xml")
    told = desk.client.get("/processes/petition/2/tokens").json
    assert told is not None
    assert (told["page"], told["tokens"], told["pages"]) == ("petition", [], [])
    with zipfile.ZipFile(io.BytesIO(desk.client.get("/processes/petition/2/package.zip").data)) as files:
        assert Package(files={name: files.read(name) for name in files.namelist()}).sha256 == NEW.sha256


def test_the_drawings_of_two_versions_mark_what_is_different(desk: Desk) -> None:
    desk.bring(NEW, "加一步")
    newer = desk.client.get("/processes/petition/2/tokens?than=1").json
    older = desk.client.get("/processes/petition/1/tokens?than=2").json
    assert newer is not None
    assert older is not None
    # a step was put between two; the flow to the end starts elsewhere now
    assert {(each["element"], each["kind"]) for each in newer["changes"]} >= {("close", "added")}
    assert {each["kind"] for each in older["changes"]} <= {"removed", "changed", "moved"}
    assert "close" not in {each["element"] for each in older["changes"]}
    assert desk.client.get("/processes/petition/2/tokens").json == newer | {"changes": []}  # compared with nothing
    assert "第 1 版的流程图" in desk.get("/petition/2")


def test_an_older_version_is_activated_again_and_running_cases_stay(desk: Desk) -> None:
    desk.bring(NEW, "")
    assert "已启用第 1 版" in desk.send("/petition/1/activate")
    desk.session.rollback()
    assert active_version(desk.session, "petition").number == 1


def test_a_trial_changes_nothing_and_says_what_would_come(desk: Desk) -> None:
    desk.bring(RENAMED, "")
    path = "/petition/1/move"
    assert "verify" in desk.get(path)
    refused = desk.send(path, do="try", **{"move:petition:verify": ""})
    assert "能迁 0 件，不能迁 3 件" in refused
    assert "新版没有与它对应的元素" in refused
    good = desk.send(path, do="try", **{"move:petition:verify": "check"})
    assert "能迁 3 件，不能迁 0 件" in good
    assert "在“check”继续办理" in good
    desk.session.rollback()
    assert set(desk.session.scalars(select(Instance.lock_version))) == {1}


def test_cases_are_moved_and_the_page_tells_how_far_it_is(desk: Desk) -> None:
    desk.bring(NEW, "")
    page = desk.send("/petition/1/move", do="move", note="加一步")
    assert "已迁 3 件，不能迁 0 件" in page
    assert "加一步" in page
    desk.session.rollback()
    assert set(desk.session.scalars(select(Instance.version_id))) == {active_version(desk.session, "petition").id}
    assert "没有在办事项按这一版办理" in desk.get("/petition/1/move")


def test_a_plan_to_nowhere_says_so_and_keeps_what_was_chosen(desk: Desk) -> None:
    desk.bring(RENAMED, "")
    page = desk.send("/petition/1/move", do="move", note="改名", **{"move:petition:verify": "nowhere"})
    assert "没有元素 nowhere" in page
    assert desk.versions() == 1


def test_no_case_is_named(desk: Desk) -> None:
    desk.bring(NEW, "")
    page = desk.send("/petition/1/move", do="try")
    assert "SQ2026" not in page
    assert "路灯不亮" not in page


# path, and what is not there
ABSENT = ["/nothing", "/petition/9", "/petition/9/drawing", "/petition/1/drawing?page=none", "/petition/9/move",
          "/migrations/01a2025f-e190-78cd-b2d8-548ef38be60d"]  # fmt: skip


@pytest.mark.parametrize("path", ABSENT)
def test_what_is_not_there_is_said(desk: Desk, path: str) -> None:
    assert desk.client.get(f"/processes{path}").status_code == 404


def test_an_operator_reads_and_does_not_change(desk: Desk, district: District) -> None:
    desk.bring(NEW, "")
    sign_in(desk.client, district.person("operator"))
    assert "启用" not in desk.get("/petition").replace("启用于", "")
    assert desk.client.get("/processes/petition/1/move").status_code == 403
    assert send(desk.client, "/processes/petition/1/activate").status_code == 403


def test_staff_of_the_street_have_no_business_here(desk: Desk, district: District) -> None:
    sign_in(desk.client, district.person("community"))
    for path in ("", "/petition", "/petition/1", "/petition/1/drawing", "/petition/1/package.zip"):
        assert desk.client.get(f"/processes{path}").status_code == 403
