"""Designers play versions and drafts, keep scenarios, and try them on recorded matters; others stay out."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy import event as heard
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.models import Case
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault
from engine.definitions import Package, deploy
from engine.definitions.drafts import draft_package, find_draft, open_draft, save_draft_files
from engine.errors import Conflict, NotFound
from engine.sandbox.keeping import Stage
from engine.sandbox.models import PlayRun
from engine.sandbox.playing import BEGINS_AT
from engine.sandbox.running import Run
from engine.sandbox.shelf import find_run, note_steps, play_again
from tests.engine.instances import packages as p
from tests.factories import District, make_case
from tests.fakes import ManualClock
from tests.web.browsing import send, sign_in
from web.play.kept import stage

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
    page = desk.post(f"{run}/answer", _event=unquote(event[1]))
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


def forget() -> None:
    """Close every sandbox, as a restart does, or as another process has none."""
    stage.drop_idle(datetime.max.replace(tzinfo=BEGINS_AT.tzinfo))


def test_a_run_goes_on_in_another_process(desk: Desk) -> None:
    run = desk.begin()
    page = desk.post(f"{run}/act", do="next")
    item = desk.item(page)
    forget()
    assert desk.item(desk.get(run)) == item
    forget()
    desk.post(f"{run}/answer", _task=item, said="看过了")
    forget()
    tokens = desk.client.get(f"/processes/play{run}/tokens").json
    assert {token["element"] for token in tokens["tokens"]} == {"b", "press"}
    page = desk.get(run)
    assert "等到：late" in page
    event = re.search(r'waiting=([^"#]+)#fill">withdraw<', page)
    assert event
    forget()
    assert "<li>withdraw → press（" in desk.post(f"{run}/answer", _event=unquote(event[1]))


def test_a_run_of_a_draft_goes_on_as_it_began_whatever_becomes_of_the_draft(desk: Desk) -> None:
    draft = open_draft(desk.session, key="petition", version_id=desk.version.id, author=XU, now=desk.now,
                       jurisdiction="qinghe")  # fmt: skip
    run = desk.begin(draft=draft.id, where="own")
    changed = {"process.bpmn": drawn("explained").files["process.bpmn"]}
    save_draft_files(desk.session, draft.id, revision=1, changes=changed, author=XU, now=desk.now)
    forget()
    desk.post(f"{run}/act", do="onwards")
    assert "已结束：solved" in desk.get(run)


def test_a_page_reads_the_package_of_its_run_only_to_play_it_again(desk: Desk) -> None:
    run, read = desk.begin(), list[str]()
    heard.listen(Engine, "before_cursor_execute", keep := lambda *given: read.append(given[2]))
    try:
        for path in (run, f"{run}/tokens", f"{run}/drawing"):
            desk.get(path)
        assert any("play_run.steps" in each for each in read)
        assert not [each for each in read if "play_run.package" in each or "play_run.content" in each]
        forget()
        desk.get(run)
        assert [each for each in read if "play_run.package" in each]
    finally:
        heard.remove(Engine, "before_cursor_execute", keep)


def test_a_step_of_a_run_that_went_on_elsewhere_is_refused(desk: Desk) -> None:
    run_id = UUID(desk.begin().removeprefix("/"))
    desk.session.rollback()
    row = desk.session.get_one(PlayRun, run_id)
    here, there = play_again(desk.session, row), play_again(desk.session, row)
    for each in (here, there):
        each.wait_next()
    note_steps(desk.session, run_id, there, before=0, now=desk.now)
    with pytest.raises(Conflict):
        note_steps(desk.session, run_id, here, before=0, now=desk.now)
    assert find_run(desk.session, run_id, row.owner, now=desk.now).steps == 1


def test_a_run_is_its_owners_and_is_dropped_when_it_lies_idle(desk: Desk, clock: ManualClock) -> None:
    run = desk.begin()
    clock.advance(minutes=31)
    desk.get(run)
    sign_in(desk.client, desk.district.person("supervisor"))
    desk.get(run, 403)
    sign_in(desk.client, desk.district.person("designer"))
    with pytest.raises(NotFound):
        find_run(desk.session, UUID(run.removeprefix("/")), UUID(int=1), now=clock.now())
    clock.advance(hours=25)
    sign_in(desk.client, desk.district.person("designer"))
    assert "这次演练已结束" in desk.get(run, 404)


def test_one_person_has_three_runs(desk: Desk) -> None:
    runs = [desk.begin() for _ in range(4)]
    desk.get(runs[0], 404)
    assert [desk.get(run) != "" for run in runs[1:]] == [True] * 3
    send(desk.client, f"/processes/play{runs[3]}/close", {})
    desk.get(runs[3], 404)


def test_the_stage_has_few_sandboxes_open(now: datetime) -> None:
    small = Stage(most=2, idle=timedelta(minutes=5))
    package = p.package(p.start(), p.task("a"), p.end(outcome="solved"), p.chain("start", "a", "end"))

    def make() -> Run:
        return Run(package, now=BEGINS_AT)

    for number in range(3):
        with small.use(UUID(int=number), 0, make, now=now) as kept:
            assert kept.run.box.now == BEGINS_AT
    assert len(small) == 2
    with small.use(UUID(int=2), 0, lambda: pytest.fail("it is open"), now=now) as kept:
        first = kept.run
    with small.use(UUID(int=2), 7, make, now=now) as kept:  # its row went on: it is played anew
        assert kept.run is not first
    small.drop_idle(now + timedelta(minutes=6))
    assert len(small) == 0


@pytest.fixture(autouse=True)
def _empty_stage() -> Any:
    yield
    forget()
