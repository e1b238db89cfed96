"""Uploads that never came with their form, sessions and kept answers go after their period; what is named stays."""

import io
import os
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import Settings
from engine.cases.blobs import BlobStore
from engine.cases.models import Attachment
from engine.db import writing
from engine.retention import forget_expired
from tests.factories import make_case, make_district
from tests.fakes import ManualClock
from web.auth.models import LoginSession
from web.retention import rules


def test_an_upload_without_a_form_goes_and_an_attachment_stays(
    app: Flask, settings: Settings, session: Session, clock: ManualClock
) -> None:
    blobs = BlobStore(settings.blob_dir)
    named, staged, fresh = (blobs.put(io.BytesIO(text)).sha256 for text in (b"named", b"staged", b"fresh"))
    half = settings.blob_dir / ".new-half"
    half.write_bytes(b"half")
    old = (clock.now() - timedelta(days=3)).timestamp()
    for path in (blobs.root / named[:2] / named, blobs.root / staged[:2] / staged, half):
        os.utime(path, (old, old))
    case = make_case(session, place=make_district(session).unit("willow"))
    with writing(session):
        row = {"jurisdiction": "qinghe", "name": "a.jpg", "media_type": "image/jpeg", "size": 5}
        session.add(Attachment(case_id=case.id, sha256=named, added_by="resident", added_at=clock.now(), **row))
    assert forget_expired(session, "qinghe", clock.now(), rules(settings, blobs)) == {"uploads": 1}
    assert sorted(path.name for path in blobs.root.rglob("*") if path.is_file()) == sorted([named, fresh])


def test_sessions_that_ended_or_ran_out_go(
    app: Flask, settings: Settings, session: Session, clock: ManualClock
) -> None:
    me = make_district(session).person("community")
    now, day = clock.now(), timedelta(days=1)
    idle = now - settings.session_idle - day
    moments = {
        "ended": (now - 2 * day, now - timedelta(days=1, minutes=1)),
        "idle": (idle - timedelta(minutes=1), now + day),
        "in use": (now, now + day),
        "ended just now": (now, now - timedelta(minutes=1)),
    }
    with writing(session):
        session.add_all(
            LoginSession(token_sha256=name, staff_id=me.id, created_at=seen, seen_at=seen, expires_at=ends)
            for name, (seen, ends) in moments.items()
        )
    assert forget_expired(session, "qinghe", now, rules(settings, BlobStore(settings.blob_dir))) == {"sessions": 2}
    assert set(session.scalars(select(LoginSession.token_sha256))) == {"in use", "ended just now"}
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 2
