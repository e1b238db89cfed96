"""After a restore the operator sees that nothing is sent, and lets it go on."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.db import writing
from engine.notices.holding import hold_row, standing_hold
from engine.notices.models import Notice, NoticeHold, NoticeState
from tests.factories import District
from tests.web.browsing import send, sign_in
from tests.web.cockpit.test_views import make_notice


@pytest.fixture
def waiting(session: Session, district: District, now: datetime) -> Notice:
    """A notice that waited when the backup was made; the restore was an hour later."""
    with writing(session):
        session.execute(insert(NoticeHold).values(**hold_row(now - timedelta(hours=1), now)))
    return make_notice(session, district, now, state=NoticeState.PENDING)


def state_of(session: Session, notice: Notice) -> str:
    session.rollback()
    return session.get_one(Notice, notice.id, populate_existing=True).state


@pytest.mark.parametrize(("aside", "state"), [("", NoticeState.PENDING), ("1", NoticeState.DEAD)])
def test_operator_sees_the_hold_and_ends_it(
    client: FlaskClient, session: Session, waiting: Notice, aside: str, state: NoticeState
) -> None:
    sign_in(client, "operator")
    assert "通知已暂停发送" in client.get("/cockpit/incidents").text
    assert send(client, "/cockpit/notices/release", {"set_aside": aside}).status_code == 303
    assert "通知已暂停发送" not in client.get("/cockpit/notices").text
    assert state_of(session, waiting) == state
    assert standing_hold(session) is None
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.NOTICES_RELEASED)).one()
    assert event.data["set_aside"] == (1 if aside else 0)


def test_nobody_else_ends_it(client: FlaskClient, session: Session, waiting: Notice) -> None:
    sign_in(client, "supervision")
    send(client, "/cockpit/notices/release")
    session.rollback()
    assert standing_hold(session) is not None
