"""What a file is follows from its bytes."""

import io
import zipfile

import pytest
from PIL import Image

from engine.cases.papers import DOCX, PDF, clean_file
from engine.cases.photos import MAX_BYTES
from engine.errors import Invalid


def archive(**parts: bytes) -> bytes:
    """A zip of `parts`; `_` in a name stands for a slash, `Types` for the list of types."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr({"Types": "[Content_Types].xml"}.get(name, name.replace("__", "/")), content)
    return target.getvalue()


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (4, 4)).save(target, "PNG")
    return target.getvalue()


PLAIN = {"Types": b"<Types/>", "word__document.xml": b"<w:document/>"}
TAKEN = [
    # bytes, the name they come under, the type and name that are kept
    (b"%PDF-1.7\n...\n%%EOF\n", "reply.html", PDF, "reply.pdf"),
    (archive(**PLAIN), "../../etc/letter.exe", DOCX, "letter.docx"),
    (picture(), "photo.pdf", "image/png", "photo.png"),
]


@pytest.mark.parametrize(("content", "name", "kind", "kept"), TAKEN)
def test_a_file_is_taken_for_what_it_is_and_named_so(content: bytes, name: str, kind: str, kept: str) -> None:
    found = clean_file(name, io.BytesIO(content))
    assert (found.media_type, found.name) == (kind, kept)


REFUSED = [
    # bytes, the name they come under, the error's code
    (b"<html><script>alert(1)</script>", "reply.pdf", "file-kind-refused"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.png", "file-kind-refused"),
    (b"%PDF-1.7 cut off", "cut.pdf", "file-kind-refused"),
    (b"MZ\x90", "tool.docx", "file-kind-refused"),
    (b"", "empty.pdf", "file-kind-refused"),
    (archive(Types=b"<Types/>", xl__workbook=b""), "table.docx", "file-kind-refused"),
    (b"PK\x03\x04broken", "broken.docx", "file-kind-refused"),
    (archive(**PLAIN, word__vbaProject=b"x"), "macro.docx", "file-has-macros"),
    (archive(**{**PLAIN, "bomb": b"0" * (201 * 2**20)}), "bomb.docx", "file-kind-refused"),
    (b"%PDF-" + b"0" * MAX_BYTES, "large.pdf", "file-too-large"),
    (b"\xff\xd8\xff no picture", "photo.jpg", "photo-not-an-image"),
]


@pytest.mark.parametrize(("content", "name", "code"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_is_something_else_is_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_file(name, io.BytesIO(content))
    assert refused.value.code == code
