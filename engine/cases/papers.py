"""Files that staff and residents attach: what they are is read from their bytes, whatever they are called."""

import io
import zipfile
from typing import IO, Final

from engine.cases.photos import MAX_BYTES, Photo, clean_photo, safe_name
from engine.errors import Invalid

PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What a file field offers to choose.
ACCEPT: Final = "image/jpeg,image/png,image/webp,.pdf,.docx"
#: A document unpacks to no more than this, in bytes and in parts.
_UNPACKED: Final = 200 * 2**20
_PARTS: Final = 2000
_IMAGES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def clean_file(name: str, content: IO[bytes]) -> Photo:
    """Check one file and return what is kept of it: a photo without what the camera wrote, a PDF or a Word document.

    Args:
        name: as the browser sent it; its ending is replaced by that of what the file is.
        content: read at most to `MAX_BYTES`.

    Raises:
        Invalid: `file-too-large`, `file-kind-refused`, `file-has-macros`, `photo-not-an-image`.
    """
    data = content.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise too_large(name)
    if data.startswith(_IMAGES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return clean_photo(name, io.BytesIO(data))
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return Photo(name=safe_name(name, ".pdf"), media_type=PDF, content=data)
    if data.startswith(b"PK\x03\x04"):
        _check_document(name, data)
        return Photo(name=safe_name(name, ".docx"), media_type=DOCX, content=data)
    raise _refused(name)


def too_large(name: str) -> Invalid:
    """Return the refusal of a file over the limit."""
    return Invalid(
        "file-too-large",
        "{name} is larger than {limit} MB, so it was not attached. Send a smaller one.",
        name=name,
        limit=MAX_BYTES >> 20,
    )


def _check_document(name: str, data: bytes) -> None:
    """Refuse an archive that is no Word document, that unpacks to too much, or that carries programs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED:
                raise _refused(name)
            names = {part.filename for part in parts}
            if not {"[Content_Types].xml", "word/document.xml"} <= names:
                raise _refused(name)
            kinds = archive.read("[Content_Types].xml")
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise _refused(name) from error
    if any("vbaproject" in part.lower() for part in names) or b"macroEnabled" in kinds:
        raise Invalid(
            "file-has-macros", "{name} carries macros. Save it as a plain Word document or as PDF.", name=name
        )


def _refused(name: str) -> Invalid:
    return Invalid(
        "file-kind-refused",
        "{name} is no JPEG, PNG or WebP picture, no PDF and no Word document (docx), whatever its name says."
        " Save it as one of these and attach it again.",
        name=name,
    )
