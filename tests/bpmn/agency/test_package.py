"""The packages agency and accusation as data: the drawings are clean, and nothing they name is missing."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from engine.definitions import LoadedVersion, Severity, check
from engine.organisation.roles import Role
from engine.spiff import ElementOutline
from engine.spiff.lint import lint
from tests.bpmn.walk import read_package

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(params=["agency", "accusation"])
def package(request: pytest.FixtureRequest) -> LoadedVersion:
    return read_package(request.param)


def elements(package: LoadedVersion) -> Iterator[ElementOutline]:
    for process in package.definitions.processes.values():
        yield from process.elements.values()


def tasks(package: LoadedVersion) -> list[ElementOutline]:
    return [element for element in elements(package) if element.is_task]


def test_nothing_is_wrong_with_the_package_or_its_drawing(package: LoadedVersion) -> None:
    findings = check(package.package, strict_layout=True)
    assert [each.message for each in findings if each.severity != Severity.NOTE] == []


def test_no_page_has_a_crossing(package: LoadedVersion) -> None:
    found = lint(package.package.diagrams)
    assert [each.message for each in found if each.code == "layout-crossing"] == []


def test_every_task_says_who_does_it_with_which_form_and_how(package: LoadedVersion) -> None:
    for task in tasks(package):
        assert task.settings["role"] in {*Role, "=extension_role"}, task.id  # a shared page is told who approves
        assert task.settings["role"] == Role.RESIDENT or task.settings["unit"], task.id
        assert task.form_id in package.forms, task.id
        assert len(task.documentation) >= 15, f"{task.id} does not tell the clerk what to do"


def test_names_of_tasks_are_short_and_broken_at_the_meaning(package: LoadedVersion) -> None:
    for task in tasks(package):
        assert all(len(line) <= 8 for line in task.name.split("\n")), task.name


def test_every_named_element_and_every_task_has_english_words(package: LoadedVersion) -> None:
    words = package.texts["elements"]
    for element in elements(package):
        said = words.get(element.process_id, {}).get(element.id, {}).get("en", {})
        if element.name:
            assert said.get("name"), f"{element.process_id}.{element.id}"
            assert not HAN.search(said["name"]), said
        if element.is_task:
            assert said.get("help"), element.id


def settings(package: LoadedVersion, name: str) -> set[str]:
    return {element.settings[name] for element in elements(package) if name in element.settings}


def test_every_form_is_used_and_reads_in_english_too(package: LoadedVersion) -> None:
    started = {element.form_id for element in elements(package) if element.kind == "startEvent" and element.form_id}
    used = {task.form_id for task in tasks(package)} | settings(package, "offer.form") | started
    assert used == set(package.forms)
    assert {name: form.untranslated("en") for name, form in package.forms.items() if form.untranslated("en")} == {}


def test_every_notice_and_document_is_used(package: LoadedVersion) -> None:
    now = datetime(2026, 3, 9, 1, tzinfo=UTC)
    rungs = [
        row
        for ladder in settings(package, "ladder") - {""}
        for row in package.decide(ladder, {"times": {"tier": "normal"}}, now=now).value
    ]
    told, signed = {row["notice"] for row in rungs} - {None}, {row.get("document") for row in rungs} - {None}
    assert settings(package, "notice") | told == set(package.notices)
    assert settings(package, "document") | signed == set(package.documents)


def test_residents_read_every_state_milestone_and_outcome(package: LoadedVersion) -> None:
    assert settings(package, "state") == set(package.texts["states"])
    assert settings(package, "milestone") == set(package.texts["milestones"])
    assert settings(package, "outcome") == set(package.texts["outcomes"])


def test_no_form_asks_for_a_telephone_or_identity_number(package: LoadedVersion) -> None:
    asked = [part.label for form in package.forms.values() for part in form.walk() if part.is_input]
    assert [label for label in asked if re.search("身份证|手机号|电话号码", label)] == []


def test_every_offer_is_explained_in_both_languages(package: LoadedVersion) -> None:
    said = package.texts.get("offers", {})
    for element in elements(package):
        if "offer" in element.settings:
            assert {"zh_CN", "en", "explanation"} <= set(said[element.id]), element.id
            assert set(said[element.id]["explanation"]) == {"zh_CN", "en"}


def test_what_the_brief_of_the_regulation_names_is_there() -> None:
    agency = read_package("agency")
    assert set(agency.texts["outcomes"]) == {
        "supported", "explained", "not_supported", "settled", "withdrawn", "diverted", "review_final",
    }  # fmt: skip
    assert {"mandate", "acceptance", "refusal", "transfer", "extension", "opinion", "review_opinion",
            "rereview_opinion", "proof_of_service"} <= set(agency.package.below("documents", ".html"))  # fmt: skip
