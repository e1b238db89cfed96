"""What stands where on a sheet, and what is too long for one."""

import pytest

from engine.cases.models import Document
from engine.cases.paper import LONGEST, paper_of, sheet
from engine.errors import Invalid
from tests.engine.cases.papers import BODY, NUMBER, TEXT, TITLE, make_paper


def issued(html: str = TEXT) -> Document:
    paper = make_paper(html)
    return Document(number=NUMBER, title=TITLE, year=2026, sequence=7, html=html, issued_at=paper.issued_at)


def test_the_body_is_the_one_that_the_number_names() -> None:
    assert paper_of(issued()) == make_paper()


def test_parts_are_found_and_no_word_changes() -> None:
    tree = sheet(make_paper(TEXT.replace("<p>请您评价。</p>", "<p>张三（签名）：<br>李四（签名）：</p>")))
    placed = {each.get("class"): each.text_content() for each in tree.iter() if each.get("class")}
    assert placed == {
        "title": TITLE, "number": f"编号：{NUMBER}", "lines": "张三（签名）：李四（签名）：",
        "signature": f"{BODY}2026年11月22日",
    }  # fmt: skip
    assert "一、已更换灯具；\n二、下周复查。" in tree.text_content()


def test_what_is_no_signature_is_not_set_apart() -> None:
    tree = sheet(make_paper("<h1>通知</h1><p>停水。</p>"))
    assert [each.get("class") for each in tree] == ["title", None]


def test_a_text_that_would_never_end_is_refused() -> None:
    with pytest.raises(Invalid, match="at most"):
        paper_of(issued("长" * (LONGEST + 1)))
