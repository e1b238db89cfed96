"""A Chinese designer reads every finding in Chinese: the mistakes of the checks' own tests, as told on a page."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from engine.decisions import Model
from engine.decisions import check as check_decisions
from engine.decisions.coverage import findings as find_gaps
from engine.definitions import Finding, check
from engine.definitions.check_ladders import check_ladders
from engine.errors import Phrase
from engine.spiff import lint
from engine.spiff.findings import Severity, finding
from tests.engine.decisions import test_check as decisions
from tests.engine.decisions import test_coverage as gaps
from tests.engine.definitions import test_check as packages
from tests.engine.definitions import test_check_ladders as ladders
from tests.engine.definitions import test_check_people as people
from tests.engine.definitions.packages import small
from tests.engine.forms import test_reading as forms
from tests.engine.instances import packages as p
from tests.engine.notices import test_texts as notices
from tests.engine.spiff import test_layout as layout
from tests.engine.spiff import test_lint as diagrams
from tests.engine.spiff.drawing import document
from web.languages import init_languages
from web.workshop.findings import told

#: What is quoted, code, an address of a cell or a name of the file is nobody's sentence.
_QUOTED = re.compile(r"“[^”]*”|`[^`]*`|\{[^}]*\}|\"[^\"]*\"|chuishao:\S+|=\S+|（[^）]*）")
_ENGLISH = re.compile(r"[A-Za-z]+(?:[ '][A-Za-z]+){2,}")


@pytest.fixture(scope="module")
def app() -> Flask:
    """What words need of the application: its catalogues, no database."""
    app = Flask("web")
    init_languages(app, "Asia/Shanghai")
    return app


def rows(test: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the cases of a test that is tried with many."""
    for mark in test.pytestmark:
        yield from (getattr(each, "values", each) for each in mark.args[1])


def of_diagrams() -> Iterator[Finding]:
    for body, _ in [*diagrams.REFUSED.values(), *diagrams.FOUND.values()]:
        yield from diagrams.findings(body, forms=[], decisions=[], functions=[])
    for content, _ in rows(diagrams.test_a_file_that_cannot_be_read_is_said_so):
        yield from lint({"p.bpmn": content})
    for setting, value, _ in rows(diagrams.test_values_of_settings):
        yield from diagrams.findings(diagrams.BASE + diagrams.node("userTask", "x", diagrams.prop(setting, value)))
    for changed, _ in rows(layout.test_a_mistake_of_the_drawing_is_found):
        yield from layout.findings(**changed)
    yield from lint({"p.bpmn": document(diagrams.BASE, diagrams.process("p", ""))})


def of_packages() -> Iterator[Finding]:
    for changes, _ in rows(packages.test_a_mistake_is_found_in_its_place):
        yield from check(small(**changes))
    for content, _ in rows(people.test_a_mistake_is_found_in_its_place):
        yield from check(p.package(p.start(), *content, p.end(outcome="x"), p.chain("start", "a", "end"), files=[]))
    for source, *_ in rows(forms.test_a_malformed_schema_is_refused):
        yield from check(small(**{"forms/handle.form": source}))
    for source, _ in rows(notices.test_problems_name_the_locale):
        yield from check(small(**{"notices/done.en.txt": source.encode()}))
    for source in (b"<p>{% if %}", b"<p>{% nothing %}", b"<p>{{ a b }}", b"<p>{% if a %}", b"<p>{{ a | nothing }}"):
        yield from check(small(**{"documents/slip.html": source}))


def of_ladders() -> Iterator[Finding]:
    found = {"named": {"ladder"}, "notices": {"soon"}, "documents": set[str]()}
    for given, *_ in rows(ladders.test_a_row_that_cannot_work_is_named):
        yield from check_ladders("l.dmn", ladders.table(*given), **found)  # type: ignore[arg-type]
    for xml, _ in rows(ladders.test_a_ladder_that_gives_no_rungs_is_refused):
        yield from check_ladders("l.dmn", xml, **found)  # type: ignore[arg-type]


def of_decisions() -> Iterator[Finding]:
    for elements, _ in decisions.CASES:
        model = Model.read(decisions.definitions(*elements))
        for each in check_decisions(model):
            yield finding(Severity.ERROR, each.code, "d.dmn", each.element, "", each.message, Phrase(""))
    many = [(*(f"[{row}..{row + 9}]" if n != column else str(row) for n in range(8)), "1")
            for row in range(20) for column in range(8)]  # fmt: skip
    for inputs, cells in (
        (["a"], [("< 5", "1"), ("[4..6]", "2")]), (["a"], [("< 5", "1"), ("today()", "2")]), (list("abcdefgh"), many),
    ):  # fmt: skip
        for each in find_gaps(gaps.table([(name, "number") for name in inputs], cells)):
            yield finding(Severity.WARNING, each.code, "d.dmn", each.element, "", each.message, Phrase(""))


@pytest.mark.parametrize(
    ("source", "least"), [(of_diagrams, 45), (of_packages, 30), (of_ladders, 12), (of_decisions, 12)]
)
def test_no_finding_is_told_in_english_to_who_reads_chinese(app: Flask, source: Any, least: int) -> None:
    findings: Iterable[Finding] = list(source())
    with app.app_context(), force_locale("zh_CN"):
        lines = {each.code: line for each, line in zip(findings, told(findings), strict=True)}
        texts = [line.text for line in told(findings)]
    assert len(lines) >= least
    assert [text for text in texts if _ENGLISH.search(_QUOTED.sub("", text))] == []
    assert [text for text in texts if "。" not in text or "None" in text] == []


def test_a_finding_is_told_in_english_to_who_reads_english(app: Flask) -> None:
    (found,) = [
        each
        for each in check(small(**{"main.bpmn": packages.replaced('value="done"', 'value="gone"')}))
        if each.severity == "error"
    ]
    with app.app_context(), force_locale("en"):
        (line,) = told([found])
    assert line.text == "The package has no notice 'gone'. Add it, or name one of: done."
