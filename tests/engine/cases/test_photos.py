"""Photos: what is taken, what is refused, what is left out."""

import io

import pytest
from PIL import Image

from engine.cases.photos import MAX_BYTES, MAX_EDGE, clean_photo, safe_name
from engine.errors import Invalid


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **options: object) -> io.BytesIO:
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, kind, **options)
    target.seek(0)
    return target


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_taken(kind: str) -> None:
    photo = clean_photo("灯.jpg", picture(kind))
    assert photo.media_type == f"image/{kind.lower()}"
    assert Image.open(io.BytesIO(photo.content)).size == (40, 20)


def test_the_place_where_it_was_taken_is_left_out() -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 18.0, 0.0)}
    exif[0x010F] = "Camera"
    photo = clean_photo("a.jpg", picture(exif=exif))
    assert not Image.open(io.BytesIO(photo.content)).getexif()


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    photo = clean_photo("a.jpg", picture(exif=exif))
    assert Image.open(io.BytesIO(photo.content)).size == (20, 40)


def test_a_very_large_picture_is_made_smaller() -> None:
    photo = clean_photo("a.jpg", picture(size=(5000, 1000)))
    assert max(Image.open(io.BytesIO(photo.content)).size) == MAX_EDGE


@pytest.mark.parametrize(
    "content",
    [
        b"",  # nothing
        b"%PDF-1.4 not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        picture().getvalue()[:60],  # cut off
        b"GIF89a" + b"\x00" * 40,  # a kind that is not taken
    ],
)
def test_what_is_no_picture_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"坏\.jpg is not a picture") as caught:
        clean_photo("坏.jpg", io.BytesIO(content))
    assert caught.value.code == "photo-not-an-image"


def test_a_decompression_bomb_is_refused() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(bomb, "PNG")
    bomb.seek(0)
    with pytest.raises(Invalid, match="not a picture"):
        clean_photo("bomb.png", bomb)


def test_more_than_the_limit_is_refused() -> None:
    with pytest.raises(Invalid, match="larger than 10 MB"):
        clean_photo("big.jpg", io.BytesIO(b"\xff\xd8\xff" + b"0" * MAX_BYTES))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("灯.jpg", "灯.jpg"),
        ("../../etc/passwd", "passwd.jpg"),  # no way out of the folder
        ('a"b<c>.png', "abc.jpg"),  # nothing that a header or page could trip over
        ("C:\\photos\\x.jpeg", "x.jpg"),
        ("\r\n.jpg", "photo.jpg"),  # nothing left
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name, ".jpg") == safe
