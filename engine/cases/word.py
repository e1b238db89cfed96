"""A document as a Word file (docx), by python-docx: headings, paragraphs, tables and lists of the frozen text."""

import io
import re
import zipfile
from datetime import UTC
from typing import Any, Final

from docx import Document as new_file
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from engine.cases.paper import Paper, sheet

FONT: Final = "仿宋"
#: A file inside of a zip carries a time; this one says nothing.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_HEADINGS: Final = {"h1": 22, "h2": 16, "h3": 16}
_BLOCKS: Final = frozenset(
    ("h1", "h2", "h3", "p", "table", "ul", "ol", "dl", "dt", "dd", "blockquote", "div", "hr", "article")
)


def to_docx(paper: Paper) -> bytes:
    """Return a document as a Word file. The same document gives the same bytes."""
    file = new_file()
    _set_page(file, paper)
    head = _paragraph(file, ALIGN.CENTER)
    _write(head, paper.body, size=30 if len(paper.body) <= 12 else 22, bold=True).font.color.rgb = RGBColor(204, 0, 0)
    _underline(head)
    _write_blocks(file, sheet(paper))
    packed = io.BytesIO()
    file.save(packed)
    return _without_times(packed.getvalue())


def _set_page(file: Any, paper: Paper) -> None:
    """Set A4 with the margins of official paper, the font, the page number, and the properties of the file."""
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = (
        Mm(37),
        Mm(26),
        Mm(35),
        Mm(28),
    )
    normal = file.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(16)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.space_after = Pt(4)
    foot = section.footer.paragraphs[0]
    foot.alignment = ALIGN.CENTER
    _write(foot, "— ", size=14)
    _add_field(foot, "PAGE")
    _write(foot, " / ", size=14)
    _add_field(foot, "NUMPAGES")
    _write(foot, " —", size=14)
    facts = file.core_properties
    facts.title, facts.author, facts.subject = paper.title, paper.body, paper.number
    facts.identifier, facts.language, facts.comments = paper.sha256, "zh-CN", ""
    facts.last_modified_by, facts.revision = paper.body, 1
    facts.created = facts.modified = paper.issued_at.astimezone(UTC).replace(tzinfo=None)


def _add_field(paragraph: Any, name: str) -> None:
    """Add a number that Word counts by itself."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _underline(paragraph: Any) -> None:
    """Draw the red line below the masthead."""
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for key, value in (("val", "single"), ("sz", "16"), ("space", "6"), ("color", "CC0000")):
        line.set(qn(f"w:{key}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)
    paragraph.paragraph_format.space_after = Pt(24)


def _write_blocks(place: Any, parent: Any) -> None:
    """Write the blocks of an element into a file or a cell; text between blocks is a paragraph of its own."""
    _loose(place, parent.text)
    for each in parent:
        if each.tag in _HEADINGS:
            _heading(place, each)
        elif each.tag == "table":
            _table(place, each)
        elif each.tag in ("ul", "ol"):
            _list(place, each)
        elif each.tag in ("div", "blockquote", "dl", "article") and any(child.tag in _BLOCKS for child in each):
            _write_blocks(place, each)
        elif each.tag != "br":
            _plain(place, each)
        _loose(place, each.tail)


def _loose(place: Any, text: str | None) -> None:
    if text and text.strip():
        _write(_paragraph(place), _SPACE.sub(" ", text.strip()))


def _heading(place: Any, element: Any) -> None:
    level = int(element.tag[1])
    paragraph = _paragraph(place, ALIGN.CENTER if level == 1 else ALIGN.LEFT)
    paragraph.style = f"Heading {level}"
    paragraph.paragraph_format.space_before = Pt(0 if level == 1 else 10)
    _inline(paragraph, element, size=_HEADINGS[element.tag], bold=True)


def _plain(place: Any, element: Any) -> None:
    kind = element.get("class", "")
    alignment = {"number": ALIGN.CENTER, "signature": ALIGN.RIGHT}.get(kind, ALIGN.JUSTIFY)
    paragraph = _paragraph(place, alignment)
    shape = paragraph.paragraph_format
    if kind == "signature":
        shape.space_before, shape.right_indent, shape.keep_together = Pt(40), Pt(32), True
    elif element.tag == "p" and kind != "number":
        shape.first_line_indent = Pt(32)
    elif element.tag == "dd":
        shape.left_indent = Pt(32)
    _inline(paragraph, element, size=14 if kind == "number" else None, bold=element.tag == "dt")


def _list(place: Any, element: Any, depth: int = 1) -> None:
    """Write a list with its marks as text: Word's own numbering would go on counting from the list before."""
    for index, item in enumerate((each for each in element if each.tag == "li"), start=1):
        paragraph = _paragraph(place)
        paragraph.paragraph_format.left_indent = Pt(32 * depth)
        paragraph.paragraph_format.first_line_indent = Pt(-20)
        _write(paragraph, f"{index}. " if element.tag == "ol" else "• ")
        _inline(paragraph, item, skip=_BLOCKS)
        for nested in item:
            if nested.tag in ("ul", "ol"):
                _list(place, nested, depth + 1)
            elif nested.tag == "p":
                _inline(paragraph, nested)


def _table(place: Any, element: Any) -> None:
    """Write a table; a cell over several columns or rows is one cell."""
    caption = element.find("caption")
    if caption is not None:
        _inline(_paragraph(place, ALIGN.CENTER), caption, bold=True)
    rows = list(element.iter("tr"))
    taken: dict[tuple[int, int], None] = {}
    cells: list[tuple[int, int, int, int, Any]] = []
    for top, row in enumerate(rows):
        left = 0
        for cell in (each for each in row if each.tag in ("td", "th")):
            while (top, left) in taken:
                left += 1
            wide, high = _span(cell, "colspan", 20), min(_span(cell, "rowspan", 100), len(rows) - top)
            taken.update(dict.fromkeys((top + y, left + x) for y in range(high) for x in range(wide)))
            cells.append((top, left, high, wide, cell))
    if not cells:
        return
    width = 1 + max(column for _row, column in taken)
    table = place.add_table(rows=len(rows), cols=width)
    table.style = "Table Grid"
    for top, left, high, wide, cell in cells:
        at = table.cell(top, left).merge(table.cell(top + high - 1, left + wide - 1))
        if width == 2 and wide == 1:
            at.width = Mm(38 if left == 0 else 118)
        _inline(at.paragraphs[0], cell, size=14, bold=cell.tag == "th", keep_lines=True)
    _paragraph(place).paragraph_format.space_after = Pt(0)


def _span(cell: Any, name: str, most: int) -> int:
    value = cell.get(name, "1")
    return max(1, min(int(value), most)) if value.isascii() and value.isdigit() else 1


def _inline(
    paragraph: Any, element: Any, *, size: int | None = None, bold: bool = False, italic: bool = False,
    keep_lines: bool = False, skip: frozenset[str] = frozenset(),
) -> None:  # fmt: skip
    """Write the running text of an element.

    Args:
        keep_lines: a new line in the text is one on paper; residents and clerks type answers of several lines.
        skip: tags that are written elsewhere.
    """
    _text(paragraph, element.text, size, bold, italic, keep_lines)
    for each in element:
        if each.tag == "br":
            paragraph.add_run().add_break()
        elif each.tag not in skip:
            strong, leaning = bold or each.tag == "strong", italic or each.tag == "em"
            if each.tag in _BLOCKS | {"li"} and paragraph.runs:
                paragraph.add_run().add_break()
            _inline(paragraph, each, size=size, bold=strong, italic=leaning, keep_lines=keep_lines)
        _text(paragraph, each.tail, size, bold, italic, keep_lines)


def _text(paragraph: Any, text: str | None, size: int | None, bold: bool, italic: bool, keep_lines: bool) -> None:
    for index, line in enumerate((text or "").strip("\n").splitlines() if keep_lines else [text or ""]):
        if index:
            paragraph.add_run().add_break()
        clean = _SPACE.sub(" ", line)
        if clean.strip() or (clean and paragraph.runs):
            _write(paragraph, clean, size=size, bold=bold).italic = italic or None


def _paragraph(place: Any, alignment: Any = None) -> Any:
    paragraph = place.add_paragraph()
    paragraph.alignment = alignment
    return paragraph


def _write(paragraph: Any, text: str, *, size: int | None = None, bold: bool = False) -> Any:
    run = paragraph.add_run(text)
    run.bold = bold or None
    run.font.name = FONT
    run.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    run.font.color.rgb = RGBColor(0, 0, 0)
    if size is not None:
        run.font.size = Pt(size)
    return run


def _without_times(packed: bytes) -> bytes:
    """Return a zip with the same files and no times in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return made.getvalue()
