"""How a member of staff wants to be told: by which channels, not at night, lesser things once a day."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import CHINA, aware
from engine.db import writing
from engine.errors import Invalid
from engine.forms.messages import N_
from engine.notices.models import Notice, NoticeState, Preference, UnusableAddress
from engine.organisation.models import Staff

TIME_WRONG: Final = N_("Write a time of day such as 22:00.")
BOTH_TIMES: Final = N_("Enter both times, or neither.")
DIGEST_NEEDS_EMAIL: Final = N_("The daily mail needs e-mail: switch it on, or leave the time empty.")
ADDRESS_WRONG: Final = N_("This is not an e-mail address.")
NUMBER_WRONG: Final = N_("This is not a telephone number.")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ADDRESS: Final = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;.]+(\.[^@\s<>\"',;.]+)+")
_NUMBER: Final = re.compile(r"\+?\d[\d\s()-]{4,24}")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants.

    Args:
        quiet: from and until when nothing that can wait is sent; None: never.
        digest_at: when the daily mail goes out; None: each notice by itself.
    """

    email: bool = True
    sms: bool = False
    quiet: tuple[time, time] | None = None
    digest_at: time | None = None

    def after_quiet(self, now: datetime) -> datetime:
        """Return `now`, or the end of the quiet hours that it lies in."""
        if self.quiet is None:
            return now
        begin, end = self.quiet
        local = now.astimezone(CHINA)
        moment = local.time()
        inside = begin <= moment < end if begin <= end else moment >= begin or moment < end
        return next_at(end, now) if inside else now

    def next_digest(self, now: datetime) -> datetime | None:
        """Return when the next daily mail goes out, None without one."""
        return next_at(self.digest_at, now) if self.digest_at else None


#: What holds for who said nothing.
DEFAULT: Final = Wish()


def next_at(moment: time, now: datetime) -> datetime:
    """Return the next instant at which clocks show `moment`, after `now`."""
    local = now.astimezone(CHINA)
    found = local.replace(hour=moment.hour, minute=moment.minute, second=0, microsecond=0)
    return aware(found if found > local else found + timedelta(days=1))


def wishes(session: Session, staff_ids: Collection[UUID]) -> dict[UUID, Wish]:
    """Return what those want who said it."""
    if not staff_ids:
        return {}
    rows = session.scalars(select(Preference).where(Preference.staff_id.in_(staff_ids)))
    return {row.staff_id: _wish(row) for row in rows}


def wish_of(session: Session, staff_id: UUID) -> Wish:
    """Return what one person wants."""
    return wishes(session, [staff_id]).get(staff_id, DEFAULT)


def set_wish(
    session: Session, staff: Staff, *, email: bool, sms: bool, quiet_from: str, quiet_until: str, digest_at: str,
    now: datetime,
) -> Wish:  # fmt: skip
    """Note how somebody wants to be told, from what they typed; what is empty is not wanted.

    Raises:
        Invalid: `preference-invalid`; `facts["fields"]` says what is wrong.
    """
    typed = {"quiet_from": quiet_from.strip(), "quiet_until": quiet_until.strip(), "digest_at": digest_at.strip()}
    fields = {name: [TIME_WRONG] for name, text in typed.items() if text and not _TIME.fullmatch(text)}
    if bool(typed["quiet_from"]) != bool(typed["quiet_until"]):
        fields.setdefault("quiet_from", []).append(BOTH_TIMES)
    if typed["digest_at"] and not email:
        fields.setdefault("digest_at", []).append(DIGEST_NEEDS_EMAIL)
    if fields:
        raise Invalid("preference-invalid", "Something of it must be corrected. Nothing was changed.", fields=fields)
    with writing(session):
        row = session.get(Preference, staff.id) or Preference(staff_id=staff.id)
        row.email, row.sms, row.changed_at = email, sms, aware(now)
        for name, text in typed.items():
            setattr(row, name, text or None)
        session.add(row)
        session.flush()
    return _wish(row)


def set_contact(
    session: Session, staff: Staff, *, email: str, phone: str, jurisdiction: str, actor: Actor, now: datetime
) -> None:
    """Correct how somebody is reached; what was marked as unusable is tried again.

    Raises:
        Invalid: `contact-invalid`; `facts["fields"]` says what is wrong.
    """
    email, phone = email.strip(), phone.strip()
    fields = {}
    if email and not (_ADDRESS.fullmatch(email) and email.isascii() and len(email) <= 254):
        fields["email_address"] = [ADDRESS_WRONG]
    if phone and not _NUMBER.fullmatch(phone):
        fields["phone"] = [NUMBER_WRONG]
    if fields:
        raise Invalid("contact-invalid", "Something of it must be corrected. Nothing was changed.", fields=fields)
    with writing(session):
        changed = [
            name
            for name, old, new in (("email", staff.email, email), ("phone", staff.phone, phone))
            if (old or "") != new
        ]
        staff.email, staff.phone = email or None, phone or None
        session.add(staff)
        session.execute(delete(UnusableAddress).where(UnusableAddress.staff_id == staff.id))
        for channel, address in (("email", email), ("sms", phone)):
            _readdress(session, staff, channel, address)
        if changed:
            record(
                session, tag=Tag.STAFF_CHANGED, actor=actor, at=now, jurisdiction=jurisdiction,
                data={"staff": str(staff.id), "changed": changed},
            )  # fmt: skip


def _readdress(session: Session, staff: Staff, channel: str, address: str) -> None:
    """Let what did not arrive yet lead to the new address; what was given up goes out when an operator resends it,
    since its reader has had it in the application.
    """
    if address:
        waits = Notice.state.in_((NoticeState.DEAD, NoticeState.PENDING))
        mine = (Notice.staff_id == staff.id, Notice.channel == channel, waits)
        session.execute(update(Notice).where(*mine).values(address=address))


def _wish(row: Preference) -> Wish:
    quiet = (_time(row.quiet_from), _time(row.quiet_until)) if row.quiet_from and row.quiet_until else None
    return Wish(email=row.email, sms=row.sms, quiet=quiet, digest_at=_time(row.digest_at) if row.digest_at else None)


def _time(text: str) -> time:
    return time.fromisoformat(text)
