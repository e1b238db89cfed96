"""A designer begins, edits, checks and deploys drafts on pages; nobody's work is overwritten, and others stay out."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions import Package, ProcessDraft, active_version, deploy
from engine.definitions.draft_ends import discard_draft
from engine.definitions.drafts import draft_package, open_draft, open_drafts, save_draft_files
from tests.engine.definitions.packages import small
from tests.factories import District
from tests.web.browsing import send, sign_in

XU = Actor.api("徐设计")


class Desk:
    """A designer before a draft of the package `small`."""

    def __init__(self, client: FlaskClient, session: Session, district: District, now: datetime) -> None:
        self.client, self.session, self.now = client, session, now
        version = deploy(session, small(), author=XU, note="一", now=now, jurisdiction="qinghe")
        self.draft: ProcessDraft = open_draft(
            session, key="small", version_id=version.id, author=XU, now=now, jurisdiction="qinghe"
        )
        self.at = f"/workshop/{self.draft.id}"
        sign_in(client, district.person("designer"))

    def get(self, path: str = "") -> str:
        answer = self.client.get(self.at + path)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)

    def post(self, path: str, status: int = 200, /, **data: Any) -> str:
        answer = send(self.client, self.at + path, data, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return re.sub(r"\s+", " ", answer.text)

    def save(self, path: str, content: bytes, revision: int) -> Any:
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/workshop").text)
        assert token
        headers = {"X-CSRFToken": token[1]}
        return self.client.post(f"{self.at}/files/{path}?revision={revision}", data=content, headers=headers)

    def package(self) -> Package:
        self.session.rollback()
        return draft_package(self.session, self.draft.id)


@pytest.fixture
def desk(client: FlaskClient, session: Session, district: District, now: datetime) -> Desk:
    return Desk(client, session, district, now)


def test_a_version_is_changed_through_a_draft(desk: Desk) -> None:
    history = desk.client.get("/processes/small").text
    assert "/workshop/from/small/1" in history
    answer = send(desk.client, "/workshop/from/small/1", {}, follow_redirects=True)
    assert "forms/handle.form" in answer.text
    assert len(open_drafts(desk.session, "small")) == 2


def test_a_new_process_is_begun_checked_and_deployed(desk: Desk) -> None:
    answer = send(desk.client, "/workshop/new", {"key": "home_visit", "name": "上门看望"}, follow_redirects=True)
    assert "没有发现问题" in answer.text
    draft = next(each for each in open_drafts(desk.session, "home_visit"))
    answer = send(desk.client, f"/workshop/{draft.id}/deploy", {"revision": 1, "note": "试行", "activate": "1"})
    assert answer.status_code == 303
    desk.session.rollback()
    assert active_version(desk.session, "home_visit").note == "试行"


@pytest.mark.parametrize(
    ("key", "name", "said"),
    [
        ("small", "又一个", "已有标识为 small 的流程"),
        ("Small", "大写", "小写字母"),
        ("", "没有标识", "小写字母"),
        ("nameless", "", "请给流程一个名称"),
    ],
)
def test_a_new_process_needs_a_name_and_a_key_of_its_own(desk: Desk, key: str, name: str, said: str) -> None:
    answer = send(desk.client, "/workshop/new", {"key": key, "name": name})
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("main.bpmn", "dist/modeler.js"),
        ("forms/handle.form", "dist/form.js"),
        ("decisions/times.dmn", "dist/decision.js"),
        ("notices/done.zh_CN.txt", "dist/text.js"),
        ("texts.json", "dist/text.js"),
    ],
)
def test_each_kind_of_file_opens_in_its_editor(desk: Desk, path: str, shown: str) -> None:
    answer = desk.client.get(f"{desk.at}/edit/{path}")
    assert shown in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy


def test_other_pages_keep_the_strict_policy(desk: Desk) -> None:
    assert "unsafe-inline" not in desk.client.get("/workshop").headers["Content-Security-Policy"]


def test_a_file_is_read_and_saved_by_its_revision(desk: Desk) -> None:
    read = desk.client.get(f"{desk.at}/files/texts.json")
    assert (read.headers["X-Revision"], read.headers["Content-Security-Policy"]) == ("1", "default-src 'none'; sandbox")
    saved = desk.save("texts.json", b"{}", 1)
    assert saved.get_json() == {"revision": 2}
    assert desk.package().files["texts.json"] == b"{}"


def test_a_stale_save_is_refused_with_both_and_can_be_kept_as_a_draft(desk: Desk) -> None:
    save_draft_files(
        desk.session, desk.draft.id, revision=1, changes={"texts.json": b"[1]"}, author=XU, now=desk.now
    )  # fmt: skip
    refused = desk.save("texts.json", b"[2]", 1)
    assert refused.status_code == 409
    told = refused.get_json()
    assert (told["code"], told["who"], told["revision"]) == ("draft-stale", "徐设计", 2)
    assert "没有覆盖任何内容" in told["detail"]
    assert desk.package().files["texts.json"] == b"[1]"
    token = re.search(r'name="csrf-token" content="([^"]+)"', desk.client.get("/workshop").text)
    assert token
    kept = desk.client.post(f"{desk.at}/keep/texts.json", data=b"[2]", headers={"X-CSRFToken": token[1]})
    other = kept.get_json()["url"].split("/")[2]
    assert desk.client.get(f"/workshop/{other}/files/texts.json").data == b"[2]"


def test_findings_name_their_element_and_come_from_the_server(desk: Desk) -> None:
    xml = small().files["main.bpmn"].replace(b'formId="handle"', b'formId="gone"')
    desk.save("main.bpmn", xml, 1)
    here = desk.get("/findings?path=main.bpmn")
    assert re.search(r'<button[^>]* data-element="handle" data-severity="error">没有这个表单：办理</button>', here)
    elsewhere = desk.get("/findings?path=texts.json")
    assert f"{desk.at}/edit/main.bpmn?element=handle" in elsewhere


def test_those_who_edit_the_same_draft_see_each_other(desk: Desk, district: District) -> None:
    from engine.definitions.presence import touch_presence

    touch_presence(desk.session, desk.draft.id, author=XU, path="texts.json", now=desk.now)
    assert "徐设计 也在编辑这个文件" in desk.post("/here?path=texts.json")
    assert "徐设计 在编辑 texts.json" in desk.post("/here?path=main.bpmn")


def test_a_part_is_added_and_taken_out(desk: Desk) -> None:
    desk.post("/add", kind="form", key="visit_report")
    added = json.loads(desk.package().files["forms/visit_report.form"])
    assert added["id"] == "visit_report"
    assert "已有 forms/visit_report.form" in desk.post("/add", 409, kind="form", key="visit_report")
    assert "不能作标识" in desk.post("/add", 422, kind="form", key="../x")
    desk.post("/remove", path="forms/visit_report.form", revision=2)
    assert "forms/visit_report.form" not in desk.package().files


@pytest.mark.parametrize("kind", ["page", "form", "decision", "notice", "document"])
def test_what_is_added_has_no_mistake(desk: Desk, kind: str) -> None:
    from engine.definitions import Severity, check

    desk.post("/add", kind=kind, key="extra")
    found = [each for each in check(desk.package()) if each.severity == Severity.ERROR]
    assert found == []


def test_a_draft_is_deployed_with_a_note(desk: Desk) -> None:
    assert "请写明改了什么" in desk.post("/deploy", 422, revision=1, note=" ")
    desk.save("README.md", b"new", 1)
    assert "第 2 版" in desk.post("/deploy", revision=2, note="加说明", activate="1")
    assert active_version(desk.session, "small").note == "加说明"
    assert "只能看" in desk.get()


def test_a_draft_with_mistakes_is_not_deployed(desk: Desk) -> None:
    desk.save("main.bpmn", b"<x", 1)
    desk.post("/deploy", 422, revision=2, note="坏的")
    assert active_version(desk.session, "small").number == 1


def test_a_version_deployed_meanwhile_asks_before_it_is_undone(desk: Desk) -> None:
    deploy(
        desk.session, small(**{"README.md": b"theirs"}), author=XU, note="快一步", now=desk.now, jurisdiction="qinghe"
    )
    assert "仍然部署这份草稿" in desk.post("/deploy", 422, revision=1, note="我的")
    desk.save("README.md", b"mine", 1)
    assert "第 3 版" in desk.post("/deploy", revision=2, note="我的", anyway="1", activate="1")


def test_a_form_is_previewed_and_judged_by_the_server(desk: Desk) -> None:
    assert 'name="result"' in desk.post("/preview/forms/handle.form")
    form = {"type": "default", "id": "handle", "components": [
        {"type": "textfield", "id": "a", "key": "a", "label": "姓名", "validate": {"required": True}}]}  # fmt: skip
    desk.save("forms/handle.form", json.dumps(form).encode(), 1)
    assert "需要更正" in desk.post("/preview/forms/handle.form", _sent="1", a="")
    assert "可以提交" in desk.post("/preview/forms/handle.form", _sent="1", a="丁")


def test_a_decision_is_tried_and_says_which_rule_hit(desk: Desk) -> None:
    hit = desk.post("/decide/decisions/times.dmn", decision="times", data='{"category": "water"}')
    assert "第 1 条规则命中" in hit
    missed = desk.post("/decide/decisions/times.dmn", decision="times", data='{"category": "fire"}')
    assert "第 1 条没有命中" in missed
    assert "没有规则命中" in missed
    assert "重叠与缺口" in missed
    assert "数据不是 JSON" in desk.post("/decide/decisions/times.dmn", decision="times", data="{")
    assert "notice-danger" in desk.post("/decide/decisions/times.dmn", decision="none", data="{}")


def test_our_element_templates_are_handed_to_the_modeller(desk: Desk) -> None:
    offered = desk.client.get(f"{desk.at}/templates").get_json()
    names = {each["id"]: each["name"] for each in offered}
    assert names["chuishao.task"] == "办理任务"  # the desktop's have both languages
    assert " · " not in json.dumps(offered, ensure_ascii=False)


def test_a_discarded_draft_is_no_longer_edited(desk: Desk) -> None:
    discard_draft(desk.session, desk.draft.id, author=XU, now=desk.now)
    assert desk.client.get(f"{desk.at}/edit/texts.json").status_code == 409
    assert desk.save("texts.json", b"{}", 1).status_code == 409


def test_who_draws_no_processes_sees_no_draft(desk: Desk, district: District) -> None:
    sign_in(desk.client, district.person("community"))
    for path in ("/workshop", desk.at, f"{desk.at}/edit/main.bpmn", f"{desk.at}/files/main.bpmn"):
        assert desk.client.get(path).status_code == 403
    sign_in(desk.client, district.person("operator"))
    assert send(desk.client, f"{desk.at}/deploy", {"revision": 1, "note": "x"}).status_code == 403
