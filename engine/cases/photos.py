"""Photos as residents send them: checked by their bytes, turned upright, freed of what the camera wrote into them."""

import io
import warnings
from dataclasses import dataclass
from typing import IO, Final

import filetype

from engine.errors import Invalid

MAX_BYTES: Final = 10 * 2**20
MAX_PIXELS: Final = 50_000_000
MAX_EDGE: Final = 2560
MAX_PHOTOS: Final = 6
_KINDS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_SUFFIX: Final = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A clean photo: its bytes, type and a safe name."""

    name: str
    media_type: str
    content: bytes


def clean_photo(name: str, content: IO[bytes]) -> Photo:
    """Check and re-encode one photo.

    The place where a picture was taken, the camera's number and the time are in its EXIF block; a resident does not
    know that, so it is left out (个人信息保护法, art. 6: collect the minimum).

    Args:
        name: the file's name as the browser sent it.
        content: the file, read at most to `MAX_BYTES`.

    Raises:
        Invalid: `photo-too-large`, `photo-not-an-image`.
    """
    data = content.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Invalid(
            "photo-too-large",
            "{name} is larger than {limit} MB. Choose a smaller picture; the rest is kept.",
            name=name,
            limit=MAX_BYTES >> 20,
        )
    from PIL import Image, ImageOps, UnidentifiedImageError  # when there is a photo

    guess = filetype.guess(data)
    media_type = guess.mime if guess else ""
    if media_type not in _KINDS:
        raise _refused(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[_KINDS[media_type]]) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _refused(name)
                upright = ImageOps.exif_transpose(image)
                upright.thumbnail((MAX_EDGE, MAX_EDGE))
                target = io.BytesIO()
                if media_type == "image/jpeg" and upright.mode not in ("RGB", "L"):
                    upright = upright.convert("RGB")
                upright.save(target, _KINDS[media_type], quality=88, exif=b"")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning,
            Image.DecompressionBombError) as error:  # fmt: skip
        raise _refused(name) from error
    return Photo(name=safe_name(name, _SUFFIX[media_type]), media_type=media_type, content=target.getvalue())


def safe_name(name: str, suffix: str) -> str:
    """Return the last part of `name`, at most 80 printable characters without quotes, ending in `suffix`."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kept = "".join(c for c in stem if c.isprintable() and c not in "\"'<>|:*?").strip()[:80]
    return (kept or "photo") + suffix


def _refused(name: str) -> Invalid:
    return Invalid(
        "photo-not-an-image",
        "{name} is not a picture that can be read. Send JPEG, PNG or WebP; the rest is kept.",
        name=name,
    )
