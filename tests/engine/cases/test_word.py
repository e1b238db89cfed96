"""Word files: every part of the text in its place, the same bytes each time."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from docx import Document as open_file

from engine.cases.word import to_docx
from tests.engine.cases.papers import BODY, NUMBER, TEXT, TITLE, make_paper

ROOT = Path(__file__).parents[3]


def test_a_paper_keeps_its_headings_tables_and_lists() -> None:
    file = open_file(io.BytesIO(to_docx(make_paper())))
    said = [(each.style.name, each.text) for each in file.paragraphs if each.text]
    assert said == [
        ("Normal", BODY),
        ("Heading 1", TITLE),
        ("Normal", f"编号：{NUMBER}"),
        ("Heading 2", "下一步"),
        ("Normal", "1. 现场复查"),
        ("Normal", "2. 电话回访"),
        ("Normal", "请您评价。"),
        ("Normal", f"{BODY}\n2026年11月22日"),
    ]
    (table,) = file.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["诉求", "路灯不亮"],
        ["答复", "一、已更换灯具；\n二、下周复查。"],
    ]
    assert (round(file.sections[0].page_width.mm), round(file.sections[0].page_height.mm)) == (210, 297)


@pytest.mark.parametrize(
    ("html", "rows"),
    [
        (
            '<table><tr><td colspan="2">甲</td></tr><tr><td>乙</td><td>丙</td></tr></table>',
            [["甲", "甲"], ["乙", "丙"]],
        ),
        (
            '<table><tr><td rowspan="2">甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>',
            [["甲", "乙"], ["甲", "丙"]],
        ),
        # more rows than there are, and no number at all
        ('<table><tr><td rowspan="9">甲</td><td colspan="x">乙</td></tr></table>', [["甲", "乙"]]),
        ("<table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>", [["甲", "乙"], ["丙", ""]]),  # ragged
        ("<table><tr><td><p>甲</p><p>乙</p></td></tr></table>", [["甲\n乙"]]),  # paragraphs inside of a cell
    ],
)
def test_cells_span_what_they_span(html: str, rows: list[list[str]]) -> None:
    (table,) = open_file(io.BytesIO(to_docx(make_paper(html)))).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == rows


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("甲<p>乙</p>丙", ["甲", "乙", "丙"]),  # text beside blocks
        ("<div>甲</div><div><p>乙</p></div>", ["甲", "乙"]),
        ("<ul><li>甲<ol><li>乙</li></ol></li><li><p>丙</p></li></ul>", ["• 甲", "1. 乙", "• 丙"]),
        ("<dl><dt>甲</dt><dd>乙</dd></dl>", ["甲", "乙"]),
        ("<blockquote>甲<em>乙</em>丙</blockquote>", ["甲乙丙"]),
        ("<p>甲 <strong>乙</strong> 丙</p>", ["甲 乙 丙"]),
        ("<table></table><p>甲</p>", ["甲"]),  # a table without a cell
        ("", []),
    ],
)
def test_every_word_arrives(html: str, said: list[str]) -> None:
    file = open_file(io.BytesIO(to_docx(make_paper(html))))
    assert [each.text for each in file.paragraphs[1:] if each.text] == said


def test_the_same_paper_is_the_same_bytes_in_another_process() -> None:
    script = (
        "import sys; from engine.cases.word import to_docx; from tests.engine.cases.papers import make_paper;"
        "sys.stdout.buffer.write(to_docx(make_paper()))"
    )
    other = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True).stdout
    assert other == to_docx(make_paper())
    assert to_docx(make_paper(TEXT + "<p>一</p>")) != other
