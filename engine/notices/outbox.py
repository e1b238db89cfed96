"""Puts notices into the outbox, in the transaction that causes them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.db import new_id, writing
from engine.feel import jsonable, lift
from engine.notices.models import Notice, NoticeState
from engine.notices.texts import NoticeTexts
from engine.organisation.sealing import knowing

#: What a column `key` holds.
LONGEST_KEY: Final = 200
#: Marks an address that only its cipher can read.
SEALED: Final = "sealed:"

#: Turns a resident's address (and the id of its case) into text that a stolen database does not give away.
Seal = Callable[[str, UUID | None], str]


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets a notice, and how.

    Args:
        staff_id: None for a resident, whose address is sealed.
        channels: address by channel: {"app": "", "email": "lead@example.org"}. A channel other than `app` without an
            address is left out.
        locale: the reader's language.
    """

    staff_id: UUID | None = None
    channels: Mapping[str, str] = field(repr=False)
    locale: str = "zh_CN"


def notify(
    session: Session,
    *,
    key: str,
    jurisdiction: str,
    case_id: UUID | None,
    template: str,
    texts: NoticeTexts,
    facts: Mapping[str, Any],
    recipients: Sequence[Recipient],
    link: str,
    now: datetime,
    rung: str | None = None,
    site: str = "",
    seal: Seal | None = None,
) -> list[Notice]:
    """Put one notice a recipient and channel into the outbox. Called again with the same key it does nothing.

    Args:
        key: what causes it, stable: `rung:<id>`. Recipient and channel are appended.
        template: its name in the package.
        facts: what the text may name; only what it does name is used and stored.
        link: path within the application that it leads to.
        site: how the application is reached from outside (`https://…`); the text's fact `link` begins with it.
        seal: encrypts a resident's address; required when there is one.

    Returns:
        the new rows; none for what was there already.

    Raises:
        Invalid: `notice-text`; the text cannot be written. Nothing was put into the outbox.
    """
    known = texts.redact({**facts, **({"link": f"{site}{link}"} if link else {})})
    stored = jsonable(lift(known))
    rows: list[dict[str, Any]] = []
    recipients = _who_may_know(session, case_id, recipients)
    residents = 0
    for recipient in recipients:
        residents += recipient.staff_id is None
        who = str(recipient.staff_id) if recipient.staff_id else f"resident-{residents}"
        written = texts.write(known, recipient.locale)
        for channel, address in recipient.channels.items():
            if not address and channel != "app":
                continue
            rows.append(
                {
                    "id": new_id(), "key": _short(f"{key}:{who}:{channel}"), "jurisdiction": jurisdiction,
                    "case_id": case_id, "template": template, "rung": rung, "staff_id": recipient.staff_id,
                    "channel": channel, "address": _protected(address, recipient, case_id, seal),
                    "subject": written.subject, "body": written.body, "link": link, "facts": stored,
                    "state": NoticeState.PENDING.value, "attempts": 0, "next_try_at": aware(now),
                    "created_at": aware(now),
                }
            )  # fmt: skip
    return _insert(session, rows)


def _who_may_know(session: Session, case_id: UUID | None, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Leave out staff who must not know that the case exists, whoever named them."""
    staff_ids = {each.staff_id for each in recipients if each.staff_id}
    if case_id is None or not staff_ids:
        return list(recipients)
    known = knowing(session, case_id, staff_ids)
    return [each for each in recipients if each.staff_id is None or each.staff_id in known]


def _short(key: str) -> str:
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 41]}:{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _protected(address: str, recipient: Recipient, case_id: UUID | None, seal: Seal | None) -> str:
    if recipient.staff_id or not address:
        return address
    if seal is None:
        raise ValueError("a resident's address needs a seal")
    return SEALED + seal(address, case_id)


def _insert(session: Session, rows: list[dict[str, Any]]) -> list[Notice]:
    if not rows:
        return []
    with writing(session):
        dialect = session.get_bind().dialect.name
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        statement = insert(Notice).values(rows).on_conflict_do_nothing(index_elements=["key"]).returning(Notice)
        # the database may hand rows back in any order
        made = {notice.id: notice for notice in session.scalars(statement)}
    return [made[row["id"]] for row in rows if row["id"] in made]
