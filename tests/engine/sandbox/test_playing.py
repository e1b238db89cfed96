"""Packages are played to their end with default answers, on the whole engine, in a database of their own."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.definitions import Package
from engine.errors import Conflict, Invalid
from engine.notices.models import Notice, NoticeState
from engine.organisation.models import Staff
from engine.sandbox import Limits, play_to_end
from engine.sandbox.box import Matter
from engine.sandbox.district import copied
from engine.sandbox.playing import BEGINS_AT
from engine.sandbox.running import Run
from tests.engine.instances import packages as p
from tests.factories import make_district

PETITION = Path(__file__).parents[3] / "bpmn" / "petition"
ASKED = p.package(
    p.start(), p.task("ask", form="f"), p.choice("x", "x_end"), p.task("again"), p.end(outcome="solved"),
    p.chain("start", "ask", "x"), p.flow("x", "again", 'way = "b"'), p.flow("x", "end"), p.flow("again", "ask"),
    files=[p.form(
        "f",
        {"id": "w", "key": "way", "type": "radio", "label": "Way", "validate": {"required": True},
         "values": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]},
        {"id": "why", "key": "why", "type": "textfield", "label": "Why", "validate": {"minLength": 6, "required": True},
         "conditional": {"hide": '=way = "a"'}},
        {"id": "n", "key": "n", "type": "number", "label": "N", "validate": {"required": True, "min": 3, "max": 5}},
        {"id": "d", "key": "d", "type": "datetime", "subtype": "date", "dateLabel": "D",
         "validate": {"required": True}},
        {"id": "m", "key": "m", "type": "textfield", "label": "M",
         "validate": {"required": True, "validationType": "email"}},
    )],
)  # fmt: skip


def test_a_package_is_played_to_its_end_and_later_rounds_go_other_ways() -> None:
    once, twice = play_to_end(ASKED), play_to_end(ASKED, Limits(rounds=2))
    assert once.ended
    assert once.outcomes == ("solved",)
    assert ("petition", "x_again") not in once.walked
    assert ("petition", "x_again") in twice.walked


def test_the_petition_comes_to_its_end_with_default_answers() -> None:
    outcome = play_to_end(Package.read_directory(PETITION))
    assert [(each.code, str(each.reason)) for each in outcome.stuck] == []
    assert outcome.outcomes == ("solved",)


def test_what_stops_a_package_is_named_with_its_element() -> None:
    broken = p.package(
        p.start(), p.task("a"), p.choice("x", "x_end"), p.end(outcome="solved"), p.end("other", outcome="raised"),
        p.chain("start", "a", "x"), p.flow("x", "other", "missing > 3"), p.flow("x", "end"),
    )  # fmt: skip
    outcome = play_to_end(broken)
    assert not outcome.ended
    assert [(each.code, each.element_id) for each in outcome.stuck] == [("condition-unknown", "x")]


def test_a_package_that_does_not_compile_says_why() -> None:
    with pytest.raises(Invalid) as refused:
        play_to_end(p.package(p.start(), p.chain("start", "nowhere")))
    assert refused.value.code == "sandbox-not-runnable"


@pytest.fixture
def run() -> Run:
    drawn = p.package(
        p.start(), p.task("a", clock="handle", clock_amount="3", clock_unit="working-days", clock_roll="forward",
                          clock_kind="internal"),
        p.timer("late", "a", interrupting=False, duration="P2D"), p.task("b"),
        p.send("tell", notice="hello", to="resident"), p.end(outcome="solved"), p.end("end_late"),
        p.chain("start", "a", "tell", "end"), p.chain("late", "b", "end_late"),
        files=[("notices/hello.zh_CN.txt", "Subject: 您好\n\n{{ case.number }}".encode()),
               ("notices/hello.en.txt", b"Subject: Hello\n\n{{ case.number }}")],
    )  # fmt: skip
    run = Run(drawn, now=BEGINS_AT)
    run.start(Matter())
    return run


def test_time_passes_only_when_it_is_told_to_and_what_falls_due_happens_on_the_way(run: Run) -> None:
    assert [task.said for task in run.state.tasks] == ["a@yanlian-community"]
    assert [moment.said for moment in run.state.moments] == ["timer late"]
    (happened,) = run.wait_next()
    assert happened.said == "timer late"
    assert (run.box.now - BEGINS_AT).days == 2
    assert [task.element_id for task in run.state.tasks] == ["a", "b"]
    with pytest.raises(Conflict):
        run.wait_next()


def test_notices_stay_in_the_outbox(run: Run) -> None:
    run.answer(run.task("a"), {})
    (notice,) = [each for each in run.state.notices if each.template == "hello"]
    assert notice.state == NoticeState.PENDING
    assert run.state.number in notice.body
    assert run.state.ended == "solved"
    assert run.state.clocks[0].name == "handle"


def test_a_form_that_refuses_changes_nothing() -> None:
    run = Run(ASKED, now=BEGINS_AT)
    run.start(Matter())
    with pytest.raises(Invalid) as refused:
        run.answer(run.task("ask"), {"way": "c"})
    assert "way" in refused.value.facts["fields"]
    assert run.steps == []
    assert [task.element_id for task in run.state.tasks] == ["ask"]


def test_nothing_of_a_sandbox_reaches_the_live_database_and_nobody_of_it_the_sandbox(session: Session) -> None:
    make_district(session)
    place = copied(session, "qinghe", place="willow-1")
    before = session.scalar(select(func.count()).select_from(Case))
    outcome = play_to_end(Package.read_directory(PETITION), district=place)
    assert outcome.outcomes == ("solved",)
    assert session.scalar(select(func.count()).select_from(Case)) == before
    assert session.scalar(select(func.count()).select_from(Notice)) == 0
    run = Run(ASKED, now=BEGINS_AT, district=place)
    real = set(session.scalars(select(Staff.name)))
    with run.box.sessions() as inside:
        assert not real & set(inside.scalars(select(Staff.name)))
        assert not set(session.scalars(select(Staff.login))) & set(inside.scalars(select(Staff.login)))
