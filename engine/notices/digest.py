"""The daily mail: what somebody need not know at once, gathered into one."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.clock import CHINA, aware
from engine.db import new_id, writing
from engine.notices.models import HELD_SQL, Notice, NoticeState
from engine.notices.outbox import put_rows
from engine.notices.texts import NoticeTexts
from engine.organisation.models import Staff
from engine.organisation.sealing import knows

TEXTS: Final = NoticeTexts(
    key="digest",
    sources={
        "zh_CN": "Subject: {{ day | date }}的通知（{{ items | length }} 条）\n\n"
        "{% for item in items %}{{ loop.index }}. {{ item.subject }}\n{% if item.link %}   {{ item.link }}\n{% endif %}"
        "{% endfor %}\n这是您选择的每日汇总。时限升级的提醒仍会立即单独发出。\n",
        "en": "Subject: Notices of {{ day | date }} ({{ items | length }})\n\n"
        "{% for item in items %}{{ loop.index }}. {{ item.subject }}\n{% if item.link %}   {{ item.link }}\n{% endif %}"
        "{% endfor %}\nThis is the daily mail that you asked for. Escalations are still sent at once, by themselves.\n",
    },
)
#: Readers whose mails are made at one look.
_MOST_READERS: Final = 50
#: Notices that one mail lists; the rest makes the next one.
_MOST_ITEMS: Final = 100


def gather(session: Session, now: datetime) -> int:
    """Make the daily mails that are due, and return how many. What a mail lists is marked in the same transaction."""
    now = aware(now)
    waiting = select(Notice.staff_id).where(HELD_SQL, Notice.next_try_at <= now).distinct().limit(_MOST_READERS)
    return sum(_gather_for(session, staff_id, now) for staff_id in session.scalars(waiting).all() if staff_id)


def _gather_for(session: Session, staff_id: UUID, now: datetime) -> bool:
    with writing(session):
        found = session.scalars(
            select(Notice)
            .where(HELD_SQL, Notice.staff_id == staff_id, Notice.next_try_at <= now)
            .order_by(Notice.created_at, Notice.id)
            .limit(_MOST_ITEMS)
            .with_for_update(skip_locked=True)
        ).all()
        if not found:
            return False
        ids = [each.id for each in found]
        known = set(session.scalars(select(Notice.id).where(Notice.id.in_(ids), knows(Notice.case_id, staff_id))))
        told = [each for each in found if each.id in known]
        _set(session, [each for each in ids if each not in known], {"state": NoticeState.WITHHELD})
        if not told:
            return False
        row = _mail(session.get_one(Staff, staff_id), told, now)
        put_rows(session, [row])
        _set(session, [each.id for each in told], {"state": NoticeState.GATHERED, "carried_by": row["id"]})
    return True


def _set(session: Session, ids: list[UUID], values: dict[str, Any]) -> None:
    if ids:
        session.execute(update(Notice).where(Notice.id.in_(ids)).values(**values))


def _mail(staff: Staff, told: list[Notice], now: datetime) -> dict[str, Any]:
    items = [{"subject": each.subject, "link": each.facts.get("link", "")} for each in told]
    written = TEXTS.write({"day": now.astimezone(CHINA).date(), "items": items}, staff.locale)
    return {
        # the first of them is in no other mail: a second gathering of the same would have the same key
        "id": new_id(), "key": f"digest:{told[0].id.hex}", "jurisdiction": told[0].jurisdiction, "case_id": None,
        "template": TEXTS.key, "rung": None, "staff_id": staff.id, "party": None, "connector_id": None,
        "channel": "email", "address": staff.email or told[0].address, "subject": written.subject,
        "body": written.body, "link": "/notices", "facts": {}, "state": NoticeState.PENDING.value, "attempts": 0,
        "next_try_at": now, "created_at": now, "fallback": [], "error": None, "reason": None,
    }  # fmt: skip
