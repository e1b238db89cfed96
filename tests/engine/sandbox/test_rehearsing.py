"""A package is held against recorded cases: what would be different for which of them, on both databases."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent
from engine.cases.filing import Filing, file_case
from engine.cases.models import Case
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault
from engine.definitions import Package, deploy
from engine.instances.timers import due_timers
from engine.sandbox.playing import Player
from engine.sandbox.rehearsing import Report, Verdict, rehearse_package
from engine.sandbox.running import Run
from engine.tasks.models import LIVE, WorkItem
from tests.engine.instances import packages as p
from tests.factories import District, make_district

PETITION = Path(__file__).parents[3] / "bpmn" / "petition"


def drawn(*, days: int = 3, more: bool = False, second: str = "b", condition: str = 'said = "yes"') -> Package:
    """A task with a form and a clock, a choice, a second task; a reminder beside after two days."""
    fields = [p.text_field("said", required=True), *([p.text_field("more", required=True)] if more else [])]
    return p.package(
        p.start(), p.task("a", form="f", clock="handle", clock_amount=str(days), clock_unit="working-days",
                          clock_roll="forward", clock_kind="internal"),
        p.timer("late", "a", interrupting=False, duration="P2D"), p.task("press"), p.end("pressed"),
        p.choice("x", "x_c"), p.task(second), p.task("c"), p.end(outcome="solved"),
        p.chain("start", "a", "x"), p.flow("x", second, condition), p.flow("x", "c"), p.flow(second, "end"),
        p.flow("c", "end"), p.chain("late", "press", "pressed"), files=[p.form("f", *fields)],
    )  # fmt: skip


class Town:
    """A district with three cases: one at its first task, one at its second, one that has ended late."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.district: District = make_district(session)
        self.vault = Vault(bytes(32))
        self.runtime = case_runtime(self.vault, site="")
        deploy(session, drawn(), author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
        self.first, self.second, self.ended = (self.file(n) for n in range(3))
        self.do(self.second, "a", said="yes")
        self.now += timedelta(days=3)
        for timer_id in due_timers(session, self.now, 10):
            self.runtime.fire_timer(session, timer_id, self.now)
        self.do(self.ended, "press")
        self.do(self.ended, "a", said="no")
        self.do(self.ended, "c")

    def file(self, number: int) -> Case:
        filing = Filing(title="事项", text="", place="willow-1", name="张三", category="noise")
        return file_case(
            self.session, filing, jurisdiction="qinghe", submission=f"s{number}", vault=self.vault,
            runtime=self.runtime, actor=Actor.resident(), now=self.now,
        ).case  # fmt: skip

    def do(self, case: Case, element: str, **data: Any) -> None:
        item = self.session.scalars(
            select(WorkItem).where(
                WorkItem.case_id == case.id, WorkItem.element_id == element, WorkItem.state.in_(LIVE)
            )
        ).one()
        actor = Actor.staff(self.district.person("community"))
        self.runtime.complete(self.session, item.id, data, actor=actor, now=self.now)

    def rehearse(self, package: Package, **more: Any) -> Report:
        return rehearse_package(self.session, package, jurisdiction="qinghe", days=30, now=self.now, **more)


@pytest.fixture
def town(session: Session, now: datetime) -> Town:
    return Town(session, now)


def by_number(report: Report) -> Mapping[str, Verdict]:
    return {verdict.number: verdict for verdict in report.verdicts}


def test_the_version_that_cases_run_on_changes_nothing_for_them(town: Town) -> None:
    before = town.session.scalar(select(func.count()).select_from(AuditEvent))
    report = town.rehearse(drawn())
    assert report.counts == {"cases": 3, "same": 3, "moved": 0, "clocks": 0, "stuck": 0, "unfaithful": 0}
    assert report.next_after is None
    assert town.session.scalar(select(func.count()).select_from(AuditEvent)) == before


def test_a_shorter_deadline_moves_the_date_of_every_case_and_nothing_else(town: Town) -> None:
    report = town.rehearse(drawn(days=2))
    assert report.counts["clocks"] == 3
    assert report.counts["moved"] == report.counts["stuck"] == 0
    (clock,) = by_number(report)[town.first.number].clocks
    assert (clock.name, clock.was - clock.now) == ("handle", timedelta(days=3))  # over a weekend


def test_a_task_that_is_gone_is_told_of_the_cases_that_did_it_or_wait_there(town: Town) -> None:
    found = by_number(town.rehearse(drawn(second="d")))
    assert found[town.first.number].same
    second = found[town.second.number]
    assert (second.waits_was, second.waits_now) == (("b",), ("d",))
    assert found[town.ended.number].same


def test_a_form_that_asks_for_more_refuses_what_was_entered(town: Town) -> None:
    found = by_number(town.rehearse(drawn(more=True)))
    assert found[town.first.number].same
    (problem,) = found[town.second.number].problems
    assert (problem.code, problem.element_id) == ("form-refuses", "a")
    assert "more" in problem.sentence
    assert found[town.ended.number].problems


def test_a_condition_that_is_unknown_gets_stuck_at_its_gateway(town: Town) -> None:
    report = town.rehearse(drawn(condition="other > 3"))
    found = by_number(report)
    assert report.counts["stuck"] == 2
    (problem, *_) = found[town.second.number].problems
    assert (problem.code, problem.element_id) == ("step-fails", "x")


def test_a_case_that_would_take_another_way_is_told_with_both(town: Town) -> None:
    verdict = by_number(town.rehearse(drawn(condition='said = "no"')))[town.second.number]
    assert verdict.moves
    assert (verdict.waits_was, verdict.waits_now) == (("b",), ("c",))


def test_batches_go_on_where_the_one_before_ended(town: Town) -> None:
    first = town.rehearse(drawn(), cases=2)
    assert len(first.verdicts) == 2
    second = town.rehearse(drawn(), cases=2, after=first.next_after)
    assert len(second.verdicts) == 1
    assert second.next_after is None
    assert {each.number for each in (*first.verdicts, *second.verdicts)} == {
        town.first.number, town.second.number, town.ended.number,
    }  # fmt: skip
    assert len(town.rehearse(drawn(), seconds=0).verdicts) == 1


def test_cases_that_began_earlier_are_left_out(town: Town) -> None:
    report = rehearse_package(town.session, drawn(), jurisdiction="qinghe", days=1, now=town.now + timedelta(days=9))
    assert report.counts["cases"] == 0


def test_what_a_called_page_kept_to_itself_is_known_from_the_task(now: datetime) -> None:
    package = Package.read_directory(PETITION)
    run = Run(package, now=now)
    Player(package).play_run(run)
    with run.box.sessions() as inside:
        report = rehearse_package(inside, package, jurisdiction=run.box.district.jurisdiction, days=60, now=run.box.now)
    run.close()
    assert report.counts == {"cases": 1, "same": 1, "moved": 0, "clocks": 0, "stuck": 0, "unfaithful": 0}
