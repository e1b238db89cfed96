"""Documents as files: PDF and Word, of exactly what was issued."""

import io
from typing import Final

from flask import Response, send_file

from engine.cases.models import Document
from engine.cases.paper import paper_of
from engine.cases.pdf import to_pdf
from engine.cases.word import to_docx
from engine.errors import NotFound

_KINDS: Final = {
    "pdf": (to_pdf, "application/pdf"),
    "docx": (to_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def send_paper(document: Document, kind: str) -> Response:
    """Send a document as a file.

    Args:
        kind: `pdf` or `docx`.

    Raises:
        NotFound: there is no such kind of file.
    """
    if kind not in _KINDS:
        raise NotFound("document-not-found", "This matter has no such document.")
    make, media_type = _KINDS[kind]
    content = io.BytesIO(make(paper_of(document)))
    return send_file(
        content, mimetype=media_type, as_attachment=True, download_name=f"{document.number}.{kind}", max_age=0
    )
