"""The petition package as data: the drawing is clean, and nothing that it names is missing in any language."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from engine.definitions import LoadedVersion, Severity, check
from engine.organisation.roles import Role
from engine.spiff import ElementOutline
from engine.spiff.lint import lint
from tests.bpmn.walk import read_package

NOW = datetime(2026, 3, 9, 1, tzinfo=UTC)


def package() -> LoadedVersion:
    return read_package("petition")


def elements() -> Iterator[ElementOutline]:
    for process in package().definitions.processes.values():
        yield from process.elements.values()


def tasks() -> list[ElementOutline]:
    return [element for element in elements() if element.is_task]


def settings(name: str) -> set[str]:
    return {element.settings[name] for element in elements() if name in element.settings}


def test_nothing_is_wrong_with_the_package_or_its_drawing() -> None:
    findings = check(package().package, strict_layout=True)
    assert [each.message for each in findings if each.severity != Severity.NOTE] == []


def test_no_page_has_a_crossing() -> None:
    found = lint(package().package.diagrams)
    assert [each.message for each in found if each.code == "layout-crossing"] == []


def test_every_task_says_who_does_it_with_which_form_and_how() -> None:
    for task in tasks():
        assert task.settings["role"] in {*Role, "=extension_role"}, task.id  # a shared page is told who approves
        assert task.settings["role"] == Role.RESIDENT or task.settings["unit"], task.id
        assert task.form_id in package().forms, task.id
        assert len(task.documentation) >= 20, f"{task.id} does not tell the clerk what to do"


def test_every_task_of_staff_has_a_clock_or_lies_in_an_activity_that_has_one() -> None:
    for task in tasks():
        around = package().definitions.processes[task.process_id].elements.get(task.parent_id or "")
        timed = "clock" in task.settings or (around is not None and "clock" in around.settings)
        assert timed or task.settings["role"] == Role.RESIDENT, task.id


def test_names_of_tasks_are_short_and_broken_at_the_meaning() -> None:
    for task in tasks():
        assert all(len(line) <= 7 for line in task.name.split("\n")), task.name


def test_every_form_is_used_and_reads_in_english_too() -> None:
    version = package()
    offered = {
        form
        for process in version.definitions.processes.values()
        for element in process.elements.values()
        if (form := element.settings.get("offer.form"))
    }
    assert {task.form_id for task in tasks()} | offered == set(version.forms)
    assert {name: form.untranslated("en") for name, form in version.forms.items() if form.untranslated("en")} == {}


def test_every_notice_has_both_languages_and_is_used() -> None:
    version = package()
    assert {key: set(texts.sources) for key, texts in version.notices.items()} == {
        key: {"zh_CN", "en"} for key in version.notices
    }
    rungs = {
        row["notice"]
        for ladder in settings("ladder")
        for tier in ("urgent", "normal")
        for row in version.decide(ladder, {"times": {"tier": tier}}, now=NOW).value
    }
    assert settings("notice") | rungs == set(version.notices)


def test_every_document_is_used() -> None:
    signed = {row["document"] for row in package().decide("ladder", {"times": {"tier": "normal"}}, now=NOW).value} - {
        None
    }
    assert settings("document") | signed == set(package().documents)


def test_residents_read_every_state_milestone_and_outcome_in_their_language() -> None:
    texts = package().texts
    assert settings("state") == set(texts["states"])
    assert settings("milestone") == set(texts["milestones"])
    assert settings("outcome") == set(texts["outcomes"])
    for group in ("states", "milestones", "outcomes"):
        assert all(words["zh_CN"] and words["en"] for words in texts[group].values())


def test_every_named_element_has_an_english_name() -> None:
    english = package().texts["elements"]
    missing = [
        f"{element.process_id}: {element.id}"
        for element in elements()
        if element.name and not english.get(element.process_id, {}).get(element.id, {}).get("en", {}).get("name")
    ]
    assert missing == []


def test_every_category_can_be_chosen_timed_and_routed() -> None:
    version = package()
    offered = next(part for part in version.form("record").walk() if part.path == ("category",)).settings["values"]
    assert [each["key"] for each in version.categories] == [option["value"] for option in offered]
    departments = {each["value"] for each in version.decide("departments", {}, now=NOW).value}
    for category in version.categories:
        times = version.decide("times", {"case": {"category": category["key"]}}, now=NOW).value
        assert times["amount"] > 0
        units = version.decide("units", {"category": category["key"]}, now=NOW).value
        assert {units["lead"], *units["co"]} - {None} <= departments


def test_the_urgent_tier_is_told_in_hours() -> None:
    version = package()
    after = {
        tier: [row["unit"] for row in version.decide("ladder", {"times": {"tier": tier}}, now=NOW).value if row["unit"]]
        for tier in ("urgent", "normal")
    }
    assert set(after["urgent"]) == {"hours"}
    assert set(after["normal"]) == {"working-days"}


def test_no_form_asks_for_a_telephone_or_identity_number() -> None:
    asked = [part.label for form in package().forms.values() for part in form.walk() if part.is_input]
    assert [label for label in asked if re.search("身份证|手机号|电话号码", label)] == []
