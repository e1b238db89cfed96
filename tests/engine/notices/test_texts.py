"""How a notice is written, and what it may know."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.clock import DueDate
from engine.errors import Invalid
from engine.notices import NoticeTexts

CASE = {"number": "SQ2026-000001", "title": "路灯不亮", "category": "lighting"}


def texts(chinese: str, english: str | None = None) -> NoticeTexts:
    sources = {"zh_CN": f"Subject: 标题\n\n{chinese}"}
    if english is not None:
        sources["en"] = f"Subject: Title\n\n{english}"
    return NoticeTexts(key="overdue", sources=sources)


def body(source: str, **facts: Any) -> str:
    return texts(source).write(facts, "zh_CN").body.strip()


def test_a_provisional_date_is_marked_in_the_language_of_its_reader() -> None:
    notice = texts("{{ due }}前办理", "Due {{ due }}.")
    unsure, sure = DueDate("2027-02-08 18:00", True), DueDate("2026-02-09 18:00", False)
    assert notice.write({"due": unsure}, "zh_CN").body == "2027-02-08 18:00（暂定）前办理\n"
    assert notice.write({"due": unsure}, "en").body == "Due 2027-02-08 18:00 (provisional).\n"
    assert notice.write({"due": sure}, "en").body == "Due 2026-02-09 18:00.\n"


def test_a_notice_has_a_subject_and_a_body() -> None:
    notice = NoticeTexts(key="x", sources={"zh_CN": "Subject: 逾期：{{ case.number }}\n\n请办理。\n"})
    written = notice.write({"case": CASE}, "zh_CN")
    assert written.subject == "逾期：SQ2026-000001"
    assert written.body == "请办理。\n"


def test_a_subject_is_one_line() -> None:
    # a line break in a fact would otherwise begin a header of a mail
    notice = NoticeTexts(key="x", sources={"zh_CN": "Subject: {{ title }}\n\n"})
    assert notice.write({"title": "a\r\nBcc: everybody@example.org"}, "zh_CN").subject == "a Bcc: everybody@example.org"


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("zh_CN", "中"),
        ("zh", "中"),  # the same language
        ("en_US", "Latin"),
        ("fr", "中"),  # the first one
    ],
)
def test_a_reader_gets_the_nearest_language(asked: str, got: str) -> None:
    assert texts("中", "Latin").write({}, asked).body == f"{got}\n"


@pytest.mark.parametrize(
    ("locale", "value", "reads"),
    [
        ("zh_CN", datetime(2026, 3, 18, 17, 30, tzinfo=UTC), "2026年3月19日 01:30"),  # the clock in China
        ("en", datetime(2026, 3, 18, 17, 30, tzinfo=UTC), "19 March 2026 01:30"),
        ("zh_CN", date(2026, 3, 18), "2026年3月18日"),
        ("zh_CN", Decimal("1E+2"), "100"),
        ("zh_CN", None, ""),
    ],
)
def test_values_read_as_people_write_them(locale: str, value: Any, reads: str) -> None:
    assert texts("{{ x }}", "{{ x }}").write({"x": value}, locale).body.strip() == reads


def test_what_is_filled_in_is_not_escaped_and_not_run() -> None:
    assert body("{{ x }}", x="<b> & {{ 7 * 7 }}") == "<b> & {{ 7 * 7 }}"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ due }}", "'due' is undefined"),
        ("{{ case.nmber }}", "'nmber'"),
        ("{{ answer.grounds }}", "'answer.grounds' is undefined"),  # where the whole is missing
        ("{% if due %}x{% endif %}", "'due' is undefined"),
        ("{{ 'x' * 10 }}", "* is not allowed here"),  # a text of a thousand million letters
        ("{{ 9 ** 9 }}", "** is not allowed here"),
        ("{% for i in range(100000000) %}x{% endfor %}", "Range too big"),
        ("{% for i in range(90000) %}x{% endfor %}", "longer than 20000"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ case.number + 1 }}", "str"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_a_text_that_cannot_be_written_says_why(source: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        body(source, case=CASE)
    assert caught.value.code == "notice-text"
    assert "overdue (zh_CN)" in caught.value.message
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("{{ due | default('页面') }}", "页面"),
        ("{{ answer.grounds | default('', true) }}", ""),
        ("{% if answer.grounds is defined and answer.grounds %}x{% endif %}", ""),
        ("{{ 3 * 4 }}", "12"),
        ("{% for n in [1, 2] %}{{ n }}{% if not loop.last %}、{% endif %}{% endfor %}", "1、2"),
    ],
)
def test_a_text_may_allow_for_what_is_missing(source: str, reads: str) -> None:
    assert body(source) == reads


def test_only_named_facts_are_kept() -> None:
    notice = texts("{{ case.number }}{% for u in units %}{{ u.name }}{% endfor %}", "{{ case['title'] }} {{ gone }}")
    facts = {"case": CASE, "units": [{"name": "水务局"}], "resident": {"phone": "13800138000"}}
    assert notice.redact(facts) == {
        "case": {"number": "SQ2026-000001", "title": "路灯不亮"},
        "units": [{"name": "水务局"}],
    }


def test_a_fact_that_is_used_whole_is_kept_whole() -> None:
    assert texts("{{ case | length }}", "{{ case.number }}").redact({"case": CASE}) == {"case": CASE}
    assert CASE == {"number": "SQ2026-000001", "title": "路灯不亮", "category": "lighting"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("请办理。", "does not begin with a line 'Subject: …'"),
        ("Subject: x\n\n{% if %}", "line 2"),
        ("Subject: x\n\n{{ x | shout }}", "no filter or test 'shout'"),
        ("Subject: x\n\n" + "字" * 20_000, "longer than 20000"),
    ],
)
def test_problems_name_the_locale(source: str, problem: str) -> None:
    ((locale, found),) = NoticeTexts(key="x", sources={"en": source}).problems()
    assert locale == "en"
    assert problem in found
