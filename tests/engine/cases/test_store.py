"""Numbers without gaps, files under their hash, attachments, similar matters, documents."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag, timeline
from engine.cases.attachments import StagedPhoto, add_photos, attachment, attachments_of, stage_photo
from engine.cases.blobs import BlobStore
from engine.cases.documents import documents_of, issue_document
from engine.cases.models import Document, NumberSeries
from engine.cases.numbers import take_number
from engine.cases.photos import Photo
from engine.db import new_id, writing
from engine.errors import Invalid, NotFound, Unavailable
from engine.organisation.models import UnitKind
from tests.factories import make_case, make_unit, make_version

NOW = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)


def test_numbers_count_up_per_series(session: Session) -> None:
    with writing(session):
        assert [take_number(session, "j", "case:SQ:2026") for _ in range(3)] == [1, 2, 3]
        assert take_number(session, "j", "case:SQ:2027") == 1
        assert take_number(session, "other", "case:SQ:2026") == 1


def test_a_number_that_was_rolled_back_is_given_out_again(session: Session) -> None:
    def take_and_fail() -> None:
        with writing(session):
            take_number(session, "j", "s")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        take_and_fail()
    with writing(session):
        assert take_number(session, "j", "s") == 1


def test_a_file_lies_under_its_hash_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs")
    first, second = store.put(io.BytesIO(b"light")), store.put(io.BytesIO(b"light"))
    assert first == second
    assert first.size == 5
    assert store.open(first.sha256).read() == b"light"
    assert len([p for p in (tmp_path / "blobs").rglob("*") if p.is_file()]) == 1


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="could not be stored"):
        BlobStore(tmp_path / "blobs").put(io.BytesIO(b"x"))


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        BlobStore(tmp_path).open("0" * 64)


def staged(name: str = "灯.jpg") -> StagedPhoto:
    return StagedPhoto(name=name, media_type="image/jpeg", sha256="ab" * 32, size=3)


def test_photos_are_attached_and_the_timeline_says_so(session: Session, tmp_path: Path) -> None:
    case = make_case(session, place=make_unit(session, UnitKind.COMMUNITY, "c"))
    photo = stage_photo(Photo(name="灯.jpg", media_type="image/jpeg", content=b"x"), blobs=BlobStore(tmp_path))
    (added,) = add_photos(session, case, [photo], actor=Actor.resident(), now=NOW)
    assert [row.name for row in attachments_of(session, case.id)] == ["灯.jpg"]
    assert attachment(session, case.id, added.id).sha256 == photo.sha256
    assert [e.tag for e in timeline(session, case.id)] == [Tag.CASE_ATTACHED]


def test_a_seventh_photo_is_refused_and_none_of_its_batch_is_kept(session: Session) -> None:
    case = make_case(session, place=make_unit(session, UnitKind.COMMUNITY, "c"))
    add_photos(session, case, [staged(f"{n}.jpg") for n in range(5)], actor=Actor.resident(), now=NOW)
    with pytest.raises(Invalid, match="6 pictures; 5 are there"):
        add_photos(session, case, [staged("a"), staged("b")], actor=Actor.resident(), now=NOW)
    assert len(attachments_of(session, case.id)) == 5


def test_a_file_of_another_case_is_not_found(session: Session) -> None:
    place = make_unit(session, UnitKind.COMMUNITY, "c")
    mine, other = make_case(session, place=place), make_case(session, place=place)
    (added,) = add_photos(session, mine, [staged()], actor=Actor.resident(), now=NOW)
    with pytest.raises(NotFound):
        attachment(session, other.id, added.id)


TEMPLATE = "<h1>答复意见书</h1><p>{{ number }} {{ title }}，{{ issued_at|date }}</p><script>alert(1)</script>"


def issue(session: Session, source: str = TEMPLATE, **facts: object) -> None:
    body = make_unit(session, UnitKind.DEPARTMENT, f"w{new_id().hex[-6:]}", name="水务局", jurisdiction="j")
    case = make_case(session, place=body)
    version = make_version(session)
    shared = {"kind": "reply", "body": body, "version_id": version.id, "actor": Actor.engine(), "now": NOW}
    issue_document(session, case=case, source=source, facts={"title": "路灯"} | facts, served=True, **shared)
    issue_document(session, case=case, source=source, facts={"title": "路灯"} | facts, served=True, **shared)
    first, second = documents_of(session, case.id)
    assert [first.number, second.number] == ["水务局答复意见书〔2026〕1号", "水务局答复意见书〔2026〕2号"]
    assert "2026年3月20日" in first.html
    assert "script" not in first.html
    assert [e.tag for e in timeline(session, case.id)] == [Tag.CASE_DOCUMENT_ISSUED] * 2


def test_documents_are_numbered_filled_and_cleaned(session: Session) -> None:
    issue(session)


def test_what_residents_wrote_cannot_become_markup(session: Session) -> None:
    issue(session, title="<img src=x onerror=alert(1)>")


def test_a_missing_fact_is_named_and_no_number_is_used(session: Session) -> None:
    message = r"答复 cannot be filled from the template documents/reply\.html: the field owner\.name is missing"
    with pytest.raises(Invalid, match=message) as refused:
        issue(session, source="<h1>答复</h1>{{ owner.name }}")
    assert refused.value.facts["field"] == "owner.name"
    assert session.scalar(select(func.count()).select_from(Document)) == 0
    assert session.scalars(select(NumberSeries.series).where(NumberSeries.series.like("document:%"))).all() == []


def test_a_template_cannot_reach_into_python(session: Session) -> None:
    with pytest.raises(Invalid):
        issue(session, source="{{ ''.__class__.__mro__[1].__subclasses__() }}")


def test_two_sessions_never_get_the_same_number(sessions: sessionmaker[Session]) -> None:
    taken = []
    for _ in range(4):
        with sessions() as one, writing(one):
            taken.append(take_number(one, "j", "s"))
    assert taken == [1, 2, 3, 4]
