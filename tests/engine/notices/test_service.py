"""What staff see of their notices."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, insert, text
from sqlalchemy.orm import Session

from engine.db import writing
from engine.notices import NoticeTexts, Recipient, mark_read, notify, of_case, recent, unread, unread_count
from engine.notices.models import Notice
from engine.notices.service import MOST_UNREAD
from engine.organisation.models import UnitKind
from tests.factories import JURISDICTION, make_case, make_staff, make_unit

TEXTS = NoticeTexts(key="due_soon", sources={"zh_CN": "Subject: {{ n }}\n\n请办理。\n"})


def test_notices_are_read_newest_first(session: Session, now: datetime) -> None:
    mine, other = make_staff(session), make_staff(session)
    for number in range(3):
        notify(
            session, key=f"n:{number}", jurisdiction=JURISDICTION, case_id=None, template="due_soon", texts=TEXTS,
            facts={"n": number}, link="", now=now + timedelta(minutes=number),
            recipients=[
                Recipient(staff_id=mine.id, channels={"app": "", "email": "me@example.org"}),
                Recipient(staff_id=other.id, channels={"app": ""}),
            ],
        )  # fmt: skip
    found = unread(session, mine.id)
    assert [notice.subject for notice in found] == ["2", "1", "0"]
    assert {notice.channel for notice in found} == {"app"}
    assert mark_read(session, mine.id, [found[0].id], now=now) == 1
    assert unread_count(session, mine.id) == 2
    assert [notice.subject for notice in unread(session, mine.id, limit=1)] == ["1"]
    assert len(recent(session, mine.id)) == 3
    # a list of ids reaches nobody else's notices
    assert mark_read(session, other.id, [notice.id for notice in found], now=now) == 0
    assert mark_read(session, mine.id, now=now) == 2
    assert mark_read(session, mine.id, now=now) == 0
    assert unread_count(session, other.id) == 3


def test_unread_notices_are_counted_up_to_a_limit_and_found_without_those_that_were_read(
    session: Session, database: Engine, now: datetime
) -> None:
    me = make_staff(session)
    notices = [
        {
            "key": f"n:{number}", "jurisdiction": JURISDICTION, "template": "due_soon", "staff_id": me.id,
            "channel": "app", "state": "sent", "address": "", "subject": "", "body": "", "claims": 0,
            "created_at": now, "next_try_at": now, "read_at": None if number % 20 == 0 else now,
        }
        for number in range(MOST_UNREAD * 20 + 20)
    ]  # fmt: skip
    with writing(session):
        session.execute(insert(Notice), notices)
        session.execute(text("ANALYZE notice"))
    assert unread_count(session, me.id) == MOST_UNREAD
    ran: list[tuple[str, Any]] = []

    @event.listens_for(database, "before_cursor_execute")
    def _keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        ran.append((statement, parameters))

    unread_count(session, me.id)
    event.remove(database, "before_cursor_execute", _keep)
    ((statement, parameters),) = ran
    explain = "EXPLAIN QUERY PLAN" if database.dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{explain} {statement}", parameters)
    assert "ix_notice_unread" in "\n".join(str(row[-1]) for row in rows)
    mark_read(session, me.id, now=now)
    assert unread_count(session, me.id) == 0


def test_notices_of_a_case_stand_in_order(session: Session, now: datetime) -> None:
    place = make_unit(session, UnitKind.COMMUNITY, "willow")
    case, staff = make_case(session, place=place), make_staff(session)
    for number in (1, 0):
        notify(
            session, key=f"n:{number}", jurisdiction=JURISDICTION, case_id=case.id, template="due_soon", texts=TEXTS,
            facts={"n": number}, link="", now=now + timedelta(minutes=number),
            recipients=[Recipient(staff_id=staff.id, channels={"app": ""})],
        )  # fmt: skip
    assert [notice.subject for notice in of_case(session, case.id)] == ["0", "1"]
