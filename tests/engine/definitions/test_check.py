"""What the check of a package finds: one mistake each, in a package that has none else."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from engine.clock import CHINA
from engine.deadlines import WorkCalendar, host_functions
from engine.definitions import Package, check
from engine.definitions.check import FUNCTIONS
from tests.engine.definitions.packages import DECISION, MAIN, diagram, form, small

PETITION = Path(__file__).parents[3] / "bpmn" / "petition"


def said(package: Package) -> list[tuple[str, str, str, str]]:
    """Return (severity, code, file, element) of what is found, without what is said of the drawing."""
    found = [each for each in check(package) if not each.code.startswith("layout-")]
    return [(each.severity, each.code, each.file, each.element_id) for each in found]


def replaced(old: str, new: str, source: str = MAIN) -> bytes:
    assert old in source
    return diagram(source.replace(old, new))


def test_a_sound_package_has_no_findings() -> None:
    assert said(small()) == []


def test_the_petition_has_no_mistakes() -> None:
    assert [
        each for each in check(Package.read_directory(PETITION), strict_layout=True) if each.severity == "error"
    ] == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"package.json": None}, ("error", "package-file-missing", "package.json", "")),
        ({"package.json": b"{"}, ("error", "package-json", "package.json", "")),
        ({"package.json": b'{"key": "small"}'}, ("error", "manifest-incomplete", "package.json", "")),
        (
            {"package.json": b'{"key": "Small One", "main": "main", "name": {"zh_CN": "x", "en": "x"}}'},
            ("error", "manifest-key", "package.json", ""),
        ),
        (
            {"package.json": b'{"key": "small", "main": "other", "name": {"zh_CN": "x", "en": "x"}}'},
            ("error", "main-process-unknown", "package.json", ""),
        ),
        ({"texts.json": b"["}, ("error", "package-json", "texts.json", "")),
        (
            {"texts.json": json.dumps({"states": {"handling": {"zh_CN": "办理中"}}}).encode()},
            ("warning", "words-missing", "texts.json", ""),
        ),
        ({"main.bpmn": b"<broken"}, ("error", "not-xml", "main.bpmn", "")),
        ({"inner.bpmn": None}, ("error", "called-process-unknown", "main.bpmn", "call")),
        ({"forms/handle.form": None}, ("error", "form-unknown", "main.bpmn", "handle")),
        ({"forms/handle.form": b"{}"}, ("error", "form-malformed", "forms/handle.form", "form")),
        ({"forms/again.form": form()}, ("error", "form-id-twice", "forms/handle.form", "handle")),
        (
            {"forms/handle.form": form(conditional={"hide": "=a +"})},
            ("error", "form-expression", "forms/handle.form", "result"),
        ),
        ({"forms/handle.form": form(properties={})}, ("warning", "form-language", "forms/handle.form", "")),
        ({"decisions/times.dmn": None}, ("error", "decision-unknown", "main.bpmn", "decide")),
        (
            {"decisions/times.dmn": DECISION.replace('"done"', '"gone"').encode()},
            ("error", "notice-unknown", "decisions/times.dmn", "times_table"),
        ),
        ({"decisions/again.dmn": DECISION.encode()}, ("error", "decision-id-twice", "decisions/times.dmn", "times")),
        (
            {"main.bpmn": replaced('value="done"', 'value="gone"')},
            ("error", "notice-unknown", "main.bpmn", "tell"),
        ),
        (
            {"main.bpmn": replaced('value="reply"', 'value="gone"')},
            ("error", "document-unknown", "main.bpmn", "handle"),
        ),
        ({"notices/done.en.txt": None}, ("warning", "notice-language", "notices/done.en.txt", "")),
        ({"notices/done.en.txt": b"Subject: x\n\n{% if %}"}, ("error", "notice-template", "notices/done.en.txt", "")),
        ({"notices/done.en.txt": b"no subject"}, ("error", "notice-template", "notices/done.en.txt", "")),
        ({"notices/done.en.txt": b"Subject: \xff"}, ("error", "text-encoding", "notices/done.en.txt", "")),
        ({"notices/done.txt": b"Subject: x\n"}, ("error", "notice-name", "notices/done.txt", "")),
        ({"documents/reply.html": b"<h1>{{ x</h1>"}, ("error", "document-template", "documents/reply.html", "")),
        ({"documents/reply.html": b"{{ x | shout }}"}, ("error", "document-template", "documents/reply.html", "")),
        ({"documents/reply.html": b"<p>x</p>"}, ("warning", "document-title", "documents/reply.html", "")),
    ],
)
def test_a_mistake_is_found_in_its_place(changes: dict[str, bytes | None], expected: tuple[str, str, str, str]) -> None:
    assert expected in said(small(**changes))


def test_a_mistake_says_what_to_do() -> None:
    (found,) = [
        each
        for each in check(small(**{"main.bpmn": replaced('value="done"', 'value="gone"')}))
        if each.severity == "error"
    ]
    assert found.message == "告知 (tell): the package has no notice 'gone'. Add it, or name one of: done."


def test_a_form_that_cannot_be_read_is_one_mistake() -> None:
    # what refers to it is not blamed as well
    assert [code for _, code, _, _ in said(small(**{"forms/handle.form": b"{"}))] == ["form-malformed"]


def test_the_known_functions_are_those_that_the_engine_has() -> None:
    calendar = WorkCalendar.__new__(WorkCalendar)  # the names do not depend on it
    of_calendar = host_functions(calendar, datetime(2026, 3, 18, tzinfo=CHINA))
    assert {*of_calendar, "clock due", "extensions", "rung"} == FUNCTIONS
