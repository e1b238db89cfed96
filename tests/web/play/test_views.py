"""Designers play versions and drafts, keep scenarios, and try them on recorded matters; others stay out."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.models import Case
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault
from engine.definitions import Package, deploy
from engine.definitions.drafts import draft_package, find_draft, open_draft, save_draft_files
from engine.sandbox.keeping import Stage
from engine.sandbox.playing import BEGINS_AT
from engine.sandbox.running import Run
from tests.engine.instances import packages as p
from tests.factories import District, make_case
from tests.fakes import ManualClock
from tests.web.browsing import send, sign_in
from web.play import views

XU = Actor.api("徐设计")
FORM = p.form("f", p.text_field("said", required=True))


def drawn(outcome: str = "solved") -> Package:
    return p.package(
        p.start(), p.task("a", form="f"), p.timer("late", "a", interrupting=False, duration="P2D"), p.task("press"),
        p.end("pressed"), p.task("b"), p.message("withdraw", "b"), p.end("gone", outcome="withdrawn"),
        p.end(outcome=outcome), p.chain("start", "a", "b", "end"), p.chain("late", "press", "pressed"),
        p.flow("withdraw", "gone"), files=[FORM],
    )  # fmt: skip


class Desk:
    """A designer with a version of a process."""

    def __init__(self, client: FlaskClient, session: Session, district: District, now: datetime) -> None:
        self.client, self.session, self.district, self.now = client, session, district, now
        self.version = deploy(session, drawn(), author=XU, note="一", now=now, jurisdiction="qinghe")
        sign_in(client, district.person("designer"))

    def post(self, path: str, status: int = 200, /, **data: Any) -> str:
        answer = send(self.client, "/processes/play" + path, data, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return re.sub(r"\s+", " ", answer.text)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get("/processes/play" + path)
        assert answer.status_code == status, answer.text
        return re.sub(r"\s+", " ", answer.text)

    def begin(self, **source: Any) -> str:
        """Begin a run; return its address."""
        given = source or {"key": "petition", "number": 1}
        answer = send(self.client, "/processes/play", given)
        assert answer.status_code == 303
        return str(answer.location).removeprefix("/processes/play")

    def item(self, page: str) -> str:
        found = re.search(r'name="_task" value="([^"]+)"', page)
        assert found
        return found[1]


@pytest.fixture
def desk(client: FlaskClient, session: Session, district: District, now: datetime) -> Desk:
    return Desk(client, session, district, now)


def test_a_version_is_played_to_its_end_and_nothing_is_filed(desk: Desk) -> None:
    run = desk.begin()
    page = desk.get(run)
    assert 'name="said"' in page
    refused = desk.post(f"{run}/answer", 422, _task=desk.item(page))
    assert "有 1 处需要更正" in refused
    page = desk.post(f"{run}/act", do="next")
    assert "late" in page
    page = desk.post(f"{run}/answer", _task=desk.item(desk.get(run)), said="看过了")
    tokens = desk.client.get(f"/processes/play{run}/tokens").json
    assert {token["element"] for token in tokens["tokens"]} == {"b", "press"}
    page = desk.post(f"{run}/act", do="onwards")
    assert "已结束" in page
    assert desk.session.scalar(select(func.count()).select_from(Case)) == 0


def test_an_event_can_be_let_happen(desk: Desk) -> None:
    run = desk.begin()
    page = desk.post(f"{run}/answer", _task=desk.item(desk.get(run)), said="看过了")
    event = re.search(r'waiting=([^"#]+)#fill">withdraw<', page)
    assert event
    page = desk.post(f"{run}/answer", _event=event[1])
    assert "已结束：withdrawn" in page


def test_the_clock_is_moved_by_hand(desk: Desk) -> None:
    run = desk.begin(key="petition", number=1, where="own")
    assert "2026年3月18日 10:00" in desk.get(run)
    assert "2026年3月19日 10:00" in desk.post(f"{run}/act", do="by", amount=1, unit="days")
    desk.post(f"{run}/act", 422, do="by", amount="many", unit="days")


def test_a_run_of_a_draft_becomes_a_scenario_that_stops_its_deployment(desk: Desk) -> None:
    draft = open_draft(desk.session, key="petition", version_id=desk.version.id, author=XU, now=desk.now,
                       jurisdiction="qinghe")  # fmt: skip
    run = desk.begin(draft=draft.id)
    desk.post(f"{run}/act", do="onwards")
    page = desk.post(f"{run}/save", name="全程")
    assert "全程" in page
    desk.session.rollback()
    assert "scenarios/全程.json" in draft_package(desk.session, draft.id).files
    assert "一致" in desk.post("/scenarios", draft=draft.id)

    revision = find_draft(desk.session, draft.id).revision
    changed = {"process.bpmn": drawn("explained").files["process.bpmn"]}
    revision = save_draft_files(desk.session, draft.id, revision=revision, changes=changed, author=XU, now=desk.now)
    assert "不一致" in desk.post("/scenarios", draft=draft.id)
    given = {"revision": revision, "note": "改", "activate": "1"}
    answer = send(desk.client, f"/workshop/{draft.id}/deploy", given)
    assert answer.status_code == 422
    assert "场景" in answer.text
    answer = send(desk.client, f"/workshop/{draft.id}/deploy", {**given, "despite": "1"})
    assert answer.status_code == 303
    desk.session.rollback()
    told = desk.session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.PROCESS_SCENARIOS_OVERRULED)).all()
    assert len(told) == 1


def test_a_run_of_a_version_is_downloaded_as_a_file(desk: Desk) -> None:
    run = desk.begin()
    desk.post(f"{run}/act", do="next")
    answer = send(desk.client, f"/processes/play{run}/save", {"name": "到期"})
    assert answer.mimetype == "application/json"
    assert answer.json is not None
    assert answer.json["steps"][0]["happened"] == ["timer late"]
    desk.post(f"{run}/save", 422, name="../x")


def test_what_cannot_be_compiled_says_why_and_leads_back(desk: Desk) -> None:
    draft = open_draft(desk.session, key="petition", version_id=desk.version.id, author=XU, now=desk.now,
                       jurisdiction="qinghe")  # fmt: skip
    broken = {"process.bpmn": p.package(p.start(), p.chain("start", "nowhere")).files["process.bpmn"]}
    save_draft_files(desk.session, draft.id, revision=1, changes=broken, author=XU, now=desk.now)
    assert "现在还不能演练" in desk.post("", draft=draft.id)
    desk.get(f"/scenarios?draft={draft.id}", 422)


def test_cases_are_numbered_only_for_who_may_see_them(desk: Desk, session: Session, clock: ManualClock) -> None:
    case = make_case(session, place=desk.district.unit("willow-1"))
    case_runtime(Vault(bytes(32)), site="").start(
        session, case_id=case.id, jurisdiction="qinghe", key="petition", actor=Actor.resident(), now=desk.now,
        data={"place": {"community": "willow", "code": "willow-1"}},
    )  # fmt: skip
    gone = p.package(
        p.start(), p.task("z", form="f"), p.end(outcome="solved"), p.chain("start", "z", "end"), files=[FORM]
    )
    deploy(session, gone, author=XU, note="二", now=desk.now, jurisdiction="qinghe")
    clock.advance(hours=1)
    page = desk.get("/rehearse?key=petition&number=2&days=5")
    assert "看了 1 件" in page
    assert "无权查看的事项" in page
    assert case.number not in page
    assert str(case.id) not in page


@pytest.mark.parametrize("login", ["community", "supervisor"])
def test_others_stay_out(client: FlaskClient, session: Session, district: District, now: datetime, login: str) -> None:
    version = deploy(session, drawn(), author=XU, note="一", now=now, jurisdiction="qinghe")
    sign_in(client, district.person(login))
    source = {"key": "petition", "number": version.number}
    assert send(client, "/processes/play", source).status_code == 403
    assert client.get("/processes/play/scenarios?key=petition&number=1").status_code == 403
    assert client.get("/processes/play/rehearse?key=petition&number=1&days=5").status_code == 403


def test_a_run_is_its_owners_and_is_dropped_when_it_lies_idle(desk: Desk, clock: ManualClock) -> None:
    run = desk.begin()
    desk.get(run)
    clock.advance(minutes=31)
    assert "这次演练已结束" in desk.get(run, 404)


def test_the_stage_keeps_few_runs_and_nobody_elses(now: datetime) -> None:
    stage, mine, other = Stage(most=3, most_of_one=2, idle=timedelta(minutes=5)), *_people()
    package = p.package(p.start(), p.task("a"), p.end(outcome="solved"), p.chain("start", "a", "end"))

    def make() -> Run:
        return Run(package, now=BEGINS_AT)

    first, second, third = (stage.open(mine, make, None, now=now) for _ in range(3))
    assert len(stage) == 2
    with pytest.raises(Exception, match="This run is over"), stage.use(first, mine, now=now):
        pass
    with pytest.raises(Exception, match="This run is over"), stage.use(second, other, now=now):
        pass
    with stage.use(second, mine, now=now) as kept:
        assert kept.run.box.now == BEGINS_AT
    for _ in range(2):
        stage.open(other, make, None, now=now)
    assert len(stage) == 3
    stage.drop_idle(now + timedelta(minutes=6))
    assert len(stage) == 0
    assert third != second


def _people() -> tuple[UUID, UUID]:
    return UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def _empty_stage() -> Any:
    yield
    views.stage.drop_idle(datetime.max.replace(tzinfo=BEGINS_AT.tzinfo))
