"""A document as PDF, by WeasyPrint: A4, its Chinese font embedded, the same bytes each time.

WeasyPrint draws with Pango, a library of the operating system. Where that is absent, the application runs without it
and this module says so when somebody asks for a PDF.
"""

import html
import logging
from functools import cache, lru_cache
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any, Final

from lxml import html as markup

from engine.cases.paper import Paper, sheet
from engine.errors import Unavailable

#: Seconds that a request waits for another one's PDF; drawing is one at a time, Pango is not made for threads.
PATIENCE: Final = 20
#: The libraries of the operating system, as Debian calls them.
PACKAGES: Final = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"

# GB/T 9704-2012: margins 37/26/35/28 mm, 仿宋 of size 三号 (16 pt), title 二号 (22 pt), page number — 1 — of size 四号.
# Where the proper fonts are not installed a Song (serif) stands in. The masthead and its line are red. Tables are laid
# out by their first row: measuring Chinese cells, which may break after every character, takes most of the time.
_STYLE: Final = """
@page {
  size: A4; margin: 37mm 26mm 35mm 28mm;
  @bottom-center { content: "— " counter(page) " / " counter(pages) " —";
    font: 12pt FangSong, "Noto Serif CJK SC", serif; }
}
html { font-family: FangSong, FangSong_GB2312, STFangsong, "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC",
  SimSun, "Noto Sans CJK SC", serif; font-size: 16pt; line-height: 1.7; color: #000; overflow-wrap: break-word; }
body { margin: 0; }
.masthead { margin: 0 0 9mm; padding: 0 0 4mm; border-bottom: 0.7mm solid #c00; color: #c00; font-size: 30pt;
  font-weight: bold; letter-spacing: .12em; line-height: 1.3; text-align: center; }
.masthead.long { font-size: 22pt; letter-spacing: 0; }
h1 { margin: 0 0 4mm; font-size: 22pt; font-weight: bold; line-height: 1.4; text-align: center; }
h2, h3 { margin: 5mm 0 2mm; font-size: 16pt; font-weight: bold; break-after: avoid; }
p { margin: 0 0 2mm; text-indent: 2em; text-align: justify; }
p.number { margin-bottom: 6mm; text-indent: 0; text-align: center; font-size: 14pt; }
p.lines { margin-left: 2em; text-indent: 0; text-align: left; }
p.signature { margin: 14mm 0 0 50%; text-indent: 0; text-align: center;
  break-inside: avoid; break-before: avoid; }
table { width: 100%; table-layout: fixed; margin: 2mm 0 5mm; border-collapse: collapse; font-size: 14pt;
  line-height: 1.6; }
th, td { padding: 1.6mm 2.5mm; border: 0.25mm solid #000; text-align: left; vertical-align: top; }
th { width: 7.5em; font-weight: bold; }
td { white-space: pre-line; }
tr { break-inside: auto; }
ol, ul { margin: 0 0 3mm; padding-left: 2.4em; }
dt { font-weight: bold; }
dd { margin: 0 0 2mm 2em; }
blockquote { margin: 2mm 2em; }
hr { border: 0; border-top: 0.25mm solid #000; }
"""
_PAGE: Final = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{number}</title>
<meta name="author" content="{body}"><meta name="dcterms.created" content="{issued}">
<meta name="dcterms.modified" content="{issued}"></head>
<body><div class="masthead{long}">{body}</div>{text}</body></html>"""
#: A masthead of more characters than this would not stand on one line in the large size.
_LARGE: Final = 12

_drawing: Final = Lock()


def can_draw() -> bool:
    """Say whether PDFs can be made on this machine."""
    return _weasyprint() is not None


@cache
def _weasyprint() -> ModuleType | None:
    """Import WeasyPrint when first asked for; None where it or a library that it draws with is absent."""
    try:
        weasyprint = import_module("weasyprint")
    except (ImportError, OSError) as error:
        logging.getLogger(__name__).warning("no PDF: %s; install %s", str(error).splitlines()[0], PACKAGES)
        return None
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return weasyprint


def to_pdf(paper: Paper) -> bytes:
    """Return a document as PDF.

    Nothing is read but the text itself: whatever address it names is refused. The same document gives the same bytes
    as long as WeasyPrint and the fonts stay the same.

    Raises:
        Unavailable: `pdf-unavailable`: a library is absent; `pdf-busy`: too many ask at once.
    """
    if not can_draw():
        raise Unavailable(
            "pdf-unavailable",
            "PDF files cannot be made on this machine. Print the page and choose PDF as the printer, or take the Word "
            "file. For the administrator: install {packages}.",
            packages=PACKAGES,
        )
    if not _drawing.acquire(timeout=PATIENCE):
        raise Unavailable("pdf-busy", "Many PDF files are being made just now. Try again in a minute.")
    try:
        return _draw(paper)
    finally:
        _drawing.release()


@lru_cache(maxsize=32)  # the same letter is downloaded again and again on the day that it is served
def _draw(paper: Paper) -> bytes:
    library: Any = _weasyprint()
    closed = library.urls.URLFetcher(allowed_protocols=())
    page = library.HTML(string=_page(paper), url_fetcher=closed, base_url=None)
    style = library.CSS(string=_STYLE, url_fetcher=closed)
    drawn: bytes = page.write_pdf(
        stylesheets=[style], pdf_identifier=bytes.fromhex(paper.sha256)[:16], pdf_tags=True, uncompressed_pdf=False
    )
    return drawn


def _page(paper: Paper) -> str:
    return _PAGE.format(
        number=html.escape(paper.number),
        body=html.escape(paper.body),
        issued=paper.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        long=" long" if len(paper.body) > _LARGE else "",
        text=markup.tostring(sheet(paper), encoding="unicode"),
    )
