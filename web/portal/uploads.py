"""Photos on their way in: too large ones are dropped while they stream, good ones survive a form with a mistake."""

import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from flask import Request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from engine.cases.attachments import StagedPhoto, stage_photo
from engine.cases.blobs import BlobStore
from engine.cases.photos import MAX_BYTES, MAX_PHOTOS, clean_photo
from engine.errors import EngineError, Invalid

_SALT: Final = "staged photo"
#: how long a photo waits for its form, in seconds
_STAGED_FOR: Final = 2 * 3600
_IN_MEMORY: Final = 512 * 1024


class CappedFile(tempfile.SpooledTemporaryFile[bytes]):
    """Takes what a browser sends up to the cap; the rest of a larger file is read and dropped."""

    def __init__(self) -> None:
        super().__init__(max_size=_IN_MEMORY, mode="w+b")
        self.received = 0

    @property
    def too_large(self) -> bool:
        """Whether more came than is kept."""
        return self.received > MAX_BYTES

    def write(self, chunk: Any) -> int:
        """Keep `chunk` unless the cap is passed; then let go of what was kept so far, too."""
        was_too_large = self.too_large
        self.received += len(chunk)
        if not self.too_large:
            return super().write(chunk)
        if not was_too_large:
            self.seek(0)
            self.truncate()
        return len(chunk)


class CappedRequest(Request):
    """A request whose files are capped one by one, so that one large photo does not lose the whole form."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> Any:
        return CappedFile()


class Staging:
    """Keeps good photos between two showings of a form, each under a signed token.

    Args:
        secret: signs the tokens; a resident can only hand back what was given to them.
    """

    def __init__(self, secret: bytes, blobs: BlobStore) -> None:
        self._tokens = URLSafeTimedSerializer(secret, salt=_SALT)
        self._blobs = blobs

    def receive(
        self, files: Iterable[FileStorage], tokens: Iterable[str]
    ) -> tuple[list[StagedPhoto], list[EngineError]]:
        """Return the photos to attach, those of earlier showings first, and what was wrong with the others."""
        photos: list[StagedPhoto] = []
        problems: list[EngineError] = []
        for token in tokens:
            try:
                photos.append(StagedPhoto(**self._tokens.loads(token, max_age=_STAGED_FOR)))
            except BadData:
                problems.append(Invalid("photo-expired", "A picture waited too long and was let go. Add it again."))
        for file in files:
            if not file.filename:
                continue
            try:
                photos.append(self._stage(file, len(photos)))
            except EngineError as error:
                problems.append(error)
        return photos[:MAX_PHOTOS], problems

    def token(self, photo: StagedPhoto) -> str:
        """Return what the form carries of a staged photo."""
        return self._tokens.dumps(asdict(photo))

    def _stage(self, file: FileStorage, held: int) -> StagedPhoto:
        name = file.filename or ""
        if held >= MAX_PHOTOS:
            raise Invalid(
                "photo-one-too-many",
                "{name} was left out: a matter can have {limit} pictures. The rest is kept.",
                name=name,
                limit=MAX_PHOTOS,
            )
        stream = file.stream
        if isinstance(stream, CappedFile) and stream.too_large:
            raise Invalid(
                "photo-too-large",
                "{name} is larger than {limit} MB. Choose a smaller picture; the rest is kept.",
                name=name,
                limit=MAX_BYTES >> 20,
            )
        return stage_photo(clean_photo(name, stream), blobs=self._blobs)
