"""The mediation package as data: the drawing is clean, and nothing that it names is missing in any language."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.cases.offers import PARTY, RESIDENT
from engine.definitions import LoadedVersion, Severity, check
from engine.organisation.roles import Role
from engine.spiff import ElementOutline
from engine.spiff.lint import lint
from tests.bpmn.walk import read_package

NOW = datetime(2026, 3, 9, 1, tzinfo=UTC)


def package() -> LoadedVersion:
    return read_package("mediation")


def elements() -> Iterator[ElementOutline]:
    for process in package().definitions.processes.values():
        yield from process.elements.values()


def tasks() -> list[ElementOutline]:
    return [element for element in elements() if element.is_task]


def settings(name: str) -> set[str]:
    return {element.settings[name] for element in elements() if name in element.settings}


def times(category: str = "neighbour") -> dict[str, Any]:
    found = package().decide("mediation_times", {"case": {"category": category}, "place": {"district": "q"}}, now=NOW)
    return dict(found.value)


def test_nothing_is_wrong_with_the_package_or_its_drawing() -> None:
    findings = check(package().package, strict_layout=True)
    assert [each.message for each in findings if each.severity != Severity.NOTE] == []


def test_no_page_has_a_crossing() -> None:
    found = lint(package().package.diagrams)
    assert [each.message for each in found if each.code == "layout-crossing"] == []


def test_every_task_says_who_does_it_with_which_form_and_how() -> None:
    for task in tasks():
        assert task.settings["role"] in set(Role), task.id
        assert task.settings["role"] == Role.RESIDENT or task.settings["unit"], task.id
        assert task.form_id in package().forms, task.id
        assert len(task.documentation) >= 20, f"{task.id} does not tell what to do"


def test_every_task_of_a_party_is_for_one_party_and_may_be_answered_without_a_browser() -> None:
    for task in tasks():
        if task.settings["role"] == Role.RESIDENT:
            assert task.settings["party"], task.id
            assert "mediator" in task.settings["assisted"], task.id


def test_every_task_of_staff_has_a_clock_or_lies_in_an_activity_that_has_one() -> None:
    for task in tasks():
        around = package().definitions.processes[task.process_id].elements.get(task.parent_id or "")
        timed = "clock" in task.settings or (around is not None and "clock" in around.settings)
        assert timed or task.settings["role"] == Role.RESIDENT, task.id


def test_every_party_that_is_asked_has_a_time_to_answer() -> None:
    """A task of parties lies in a frame with a clock, or has a timer: nobody waits for an answer for ever."""
    hosts = {element.attached_to for element in elements() if element.timer_kind is not None}
    for task in tasks():
        if task.settings["role"] == Role.RESIDENT:
            assert task.parent_id in hosts or task.id in hosts, task.id


def test_names_of_tasks_are_short_and_broken_at_the_meaning() -> None:
    for task in tasks():
        assert all(len(line) <= 7 for line in task.name.split("\n")), task.name


def test_every_form_is_used_and_reads_in_english_too() -> None:
    version = package()
    started = {element.form_id for element in elements() if element.kind == "startEvent" and element.form_id}
    assert {task.form_id for task in tasks()} | settings("offer.form") | started == set(version.forms)
    assert {name: form.untranslated("en") for name, form in version.forms.items() if form.untranslated("en")} == {}


def test_every_notice_has_both_languages_and_is_used() -> None:
    version = package()
    assert {key: set(texts.sources) for key, texts in version.notices.items()} == {
        key: {"zh_CN", "en"} for key in version.notices
    }
    known = {"times": times(), "place": {"district": "q"}}
    rungs = {row["notice"] for ladder in settings("ladder") for row in version.decide(ladder, known, now=NOW).value}
    assert settings("notice") | rungs == set(version.notices)


def test_every_document_is_used() -> None:
    assert settings("document") == set(package().documents)


def test_parties_read_every_state_milestone_outcome_and_offer_in_their_language() -> None:
    texts = package().texts
    assert settings("state") == set(texts["states"])
    assert settings("milestone") == set(texts["milestones"])
    assert settings("outcome") == set(texts["outcomes"])
    offered = {element.id for element in elements() if "offer" in element.settings}
    assert offered == set(texts["offers"])
    for group in ("states", "milestones", "outcomes", "offers"):
        assert all(words["zh_CN"] and words["en"] for words in texts[group].values())
    assert all(words["explanation"]["en"] for words in texts["offers"].values())


def test_it_ends_as_the_law_knows_ends() -> None:
    assert set(package().texts["outcomes"]) == {
        "performed", "confirmed", "failed", "refused", "out_of_scope", "withdrawn",
    }  # fmt: skip


def test_every_named_element_has_an_english_name() -> None:
    english = package().texts["elements"]
    missing = [
        f"{element.process_id}: {element.id}"
        for element in elements()
        if element.name and not english.get(element.process_id, {}).get(element.id, {}).get("en", {}).get("name")
    ]
    assert missing == []


def test_refusing_belongs_to_the_parties_and_withdrawing_to_who_applied() -> None:
    offers = {element.id: element.settings["offer"] for element in elements() if "offer" in element.settings}
    assert PARTY in offers["refused"]
    assert (offers["withdrawn"], offers["withdrawn_early"]) == (RESIDENT, RESIDENT)


def test_every_kind_of_dispute_can_be_chosen_and_timed() -> None:
    version = package()
    offered = next(part for part in version.form("record").walk() if part.path == ("dispute_kind",)).settings["values"]
    kinds = [each["key"] for each in version.categories]
    assert [option["value"] for option in offered] == kinds
    assert f"list contains([{', '.join(f'{chr(34)}{kind}{chr(34)}' for kind in kinds)}]" in (
        version.package.diagrams["process.bpmn"].decode().replace("&quot;", '"')
    )
    assert {(times(kind)["amount"], times(kind)["unit"]) for kind in kinds} == {(1, "calendar-months")}


@pytest.mark.parametrize(
    ("matter", "allowed"),
    # what a court never confirms, and everything else
    [("identity", False), ("marriage", False), ("adoption", False), ("property", True)],
)
def test_the_confirmation_excludes_status_marriage_and_adoption(matter: str, allowed: bool) -> None:
    terms = package().decide("confirmation_terms", {"confirm_matter": matter, "place": {"district": "q"}}, now=NOW)
    assert (terms.value["allowed"], terms.value["window"], terms.value["docket"]) == (allowed, 30, 3)


def test_no_form_asks_for_names_telephones_or_identity_numbers() -> None:
    asked = [part.label for form in package().forms.values() for part in form.walk() if part.is_input]
    assert [label for label in asked if re.search("姓名|身份证|手机号|电话号码", label)] == []
