"""Scenarios: a run is kept as a file, plays the same again, and says where a changed package goes another way."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.definitions import Package
from engine.definitions.service import versions
from engine.errors import Invalid
from engine.sandbox.box import Matter
from engine.sandbox.deploying import deploy_checked
from engine.sandbox.playing import BEGINS_AT
from engine.sandbox.recording import Scenario, path_of, scenarios_of
from engine.sandbox.running import Run
from engine.sandbox.scenarios import coverage, replay
from tests.engine.instances import packages as p

FORM = p.form("f", p.text_field("said", required=True))


def drawn(*, second: str = "b", outcome: str = "solved", days: int = 2, form: tuple[str, bytes] = FORM) -> Package:
    """Two tasks; the first has a timer that leads to a third."""
    return p.package(
        p.start(), p.task("a", form="f"), p.timer("late", "a", interrupting=False, duration=f"P{days}D"),
        p.task("c"), p.task(second), p.end(outcome=outcome), p.end("end_late"),
        p.chain("start", "a", second, "end"), p.chain("late", "c", "end_late"), files=[form],
    )  # fmt: skip


@pytest.fixture
def recorded() -> Scenario:
    """The timer fires, then all three tasks are done."""
    run = Run(drawn(), now=BEGINS_AT)
    run.start(Matter())
    run.wait_next()
    run.answer(run.task("c"), {})
    run.answer(run.task("a"), {"said": "yes"})
    run.answer(run.task("b"), {})
    scenario = run.scenario("whole")
    run.close()
    return scenario


def test_a_scenario_is_a_file_that_reads_as_it_was_written(recorded: Scenario) -> None:
    content = recorded.to_json()
    again = Scenario.from_json("whole", content)
    assert again == recorded
    assert again.to_json() == content
    assert recorded.end.state == "solved"


def test_recording_twice_makes_the_same_bytes(recorded: Scenario) -> None:
    again = replay(drawn(), recorded).again
    assert again is not None
    assert again.to_json() == recorded.to_json()


CHANGED: list[tuple[str, Callable[[], Package], bool, str]] = [
    # nothing is different
    ("same", drawn, True, ""),
    # a deadline that no step depends on may change
    ("another time", lambda: drawn(days=3), True, ""),
    # it ends otherwise
    ("another end", lambda: drawn(outcome="explained"), False, "After step 4 (answer b) this waits: ended:explained."),
    # a task is called otherwise, so that what was recorded of it has nowhere to go
    ("another task", lambda: drawn(second="d"), False, "After step 3 (answer a) this waits: d@yanlian-community."),
    # the form asks for more
    ("another form", lambda: drawn(form=p.form("f", p.text_field("said"), p.text_field("more", required=True))), False,
     "Step 3 (answer a) cannot be made: 1 fields of the form need correction (more:"),
    # it does not even compile
    ("broken", lambda: p.package(p.start(), p.chain("start", "nowhere")), False, "It cannot be played:"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "package", "same", "sentence"), CHANGED, ids=[row[0] for row in CHANGED])
def test_a_changed_package_is_told_by_the_step_where_it_differs(
    recorded: Scenario, what: str, package: Callable[[], Package], same: bool, sentence: str
) -> None:
    found = replay(package(), recorded)
    assert found.same is same
    assert (str(found.first) if found.first else "").startswith(sentence)


def test_coverage_names_the_flows_and_timers_that_no_scenario_shows(recorded: Scenario) -> None:
    package = drawn()
    assert coverage(package, [replay(package, recorded).walked]).flows == ()
    nothing = coverage(package, [])
    assert nothing.timers == (("petition", "late"),)
    assert nothing.total == len(nothing.flows) + 1 == 6


def _with(package: Package, scenario: Scenario) -> Package:
    return Package(files={**package.files, path_of(scenario.name): scenario.to_json()})


def test_a_scenario_that_differs_stops_a_deployment(session: Session, recorded: Scenario) -> None:
    def deploying(package: Package, **more: bool) -> object:
        return deploy_checked(
            session, package, author=Actor.api("t"), note="", now=BEGINS_AT, jurisdiction="qinghe", **more
        )

    deploying(_with(drawn(), recorded))
    with pytest.raises(Invalid) as refused:
        deploying(_with(drawn(outcome="explained"), recorded))
    assert refused.value.code == "scenarios-differ"
    assert refused.value.facts["differences"][0]["scenario"] == "whole"
    assert "step 4" in str(refused.value)
    assert [each.number for each in versions(session, "petition")] == [1]
    assert _overruled(session) == []

    deploying(_with(drawn(outcome="explained"), recorded), despite_scenarios=True)
    assert [each.number for each in versions(session, "petition")] == [2, 1]
    (told,) = _overruled(session)
    assert told["number"] == 2
    assert "step 4" in told["differing"]["whole"]


def _overruled(session: Session) -> list[dict[str, object]]:
    return list(session.scalars(select(AuditEvent.data).where(AuditEvent.tag == Tag.PROCESS_SCENARIOS_OVERRULED)))


@pytest.mark.parametrize(
    "content",
    [
        b"no json",  # no JSON
        b"[]",  # no object
        b'{"format": 2}',  # of a later format
        b'{"format": 1, "process": "p", "begins_at": "2026-01-01T00:00:00"}',  # without a zone
    ],
)
def test_what_is_no_scenario_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(Invalid, match="The scenario x cannot be read"):
        scenarios_of(Package(files={"scenarios/x.json": content}))


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a\nb", "x" * 90])
def test_a_scenario_has_a_name_that_a_file_can_have(name: str) -> None:
    with pytest.raises(Invalid):
        path_of(name)
