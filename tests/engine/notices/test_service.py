"""What staff see of their notices."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engine.notices import NoticeTexts, Recipient, mark_read, notify, of_case, recent, unread, unread_count
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
