"""PDFs: readable, the same bytes each time, closed to the network, and honest where they cannot be made."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cases import pdf
from engine.cases.pdf import can_draw, to_pdf
from engine.errors import Unavailable
from tests.engine.cases.papers import BODY, NUMBER, TEXT, TITLE, make_paper

ROOT = Path(__file__).parents[3]
drawn = pytest.mark.skipif(
    not can_draw(), reason="WeasyPrint or Pango is absent: install libpango-1.0-0 libpangoft2-1.0-0"
)


def read(content: bytes, tmp_path: Path, program: str, *options: str) -> str:
    """Return what a program of poppler-utils says of a PDF."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is absent: install poppler-utils")
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    end = ["-"] if program == "pdftotext" else []
    return subprocess.run([program, *options, path, *end], check=True, capture_output=True, text=True).stdout


@drawn
def test_a_paper_becomes_a4_with_its_words_and_its_fonts(tmp_path: Path) -> None:
    content = to_pdf(make_paper())
    assert content.startswith(b"%PDF-1.7")
    info = read(content, tmp_path, "pdfinfo")
    assert "Pages:           1" in info
    assert "A4" in info
    assert NUMBER in info
    words = read(content, tmp_path, "pdftotext", "-layout").replace(" ", "")
    for part in (BODY, TITLE, f"编号：{NUMBER}", "路灯不亮", "二、下周复查。", "1.现场复查", "2026年11月22日", "—1/1—"):
        assert part in words, part
    embedded = [line.split()[-5] for line in read(content, tmp_path, "pdffonts").splitlines()[2:]]
    assert set(embedded) == {"yes"}


@drawn
def test_the_same_paper_is_the_same_bytes_in_another_process() -> None:
    script = (
        "import sys; from engine.cases.pdf import to_pdf; from tests.engine.cases.papers import make_paper;"
        "sys.stdout.buffer.write(to_pdf(make_paper()))"
    )
    other = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True).stdout
    assert other == to_pdf(make_paper())


@drawn
def test_another_text_is_another_file() -> None:
    assert to_pdf(make_paper(TEXT.replace("路灯", "水管"))) != to_pdf(make_paper())


@drawn
def test_a_long_paper_has_several_pages(tmp_path: Path) -> None:
    content = to_pdf(make_paper(TEXT.replace("路灯不亮", "路灯不亮。" * 300)))
    assert int(read(content, tmp_path, "pdfinfo").split("Pages:")[1].split()[0]) > 1


@drawn
def test_nothing_is_fetched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "secret.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>密</text></svg>")
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    content = to_pdf(
        make_paper(TEXT + f'<img src="{(tmp_path / "secret.svg").as_uri()}"><img src="http://127.0.0.1:9/">')
    )
    assert [record.getMessage() for record in caplog.records if "disallowed" in record.getMessage()]
    assert "密" not in read(content, tmp_path, "pdftotext")


def test_a_machine_without_pango_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if it could not be imported
    pdf._weasyprint.cache_clear()
    try:
        assert not can_draw()
        with pytest.raises(Unavailable, match="install libpango") as refused:
            to_pdf(make_paper())
        assert refused.value.code == "pdf-unavailable"
    finally:
        pdf._weasyprint.cache_clear()
