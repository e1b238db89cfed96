"""Puts notices into the outbox, in the transaction that causes them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec, cast
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.db import new_id, writing
from engine.feel import jsonable, lift
from engine.notices.models import Notice, NoticeState
from engine.notices.texts import NoticeTexts
from engine.organisation.sealing import knowing
from engine.prepared import Prepared, Values, run_together

#: What a column `key` holds.
LONGEST_KEY: Final = 200
#: Marks an address that only its cipher can read.
SEALED: Final = "sealed:"

_NEW: Final = (
    "id", "key", "jurisdiction", "case_id", "template", "rung", "staff_id", "channel", "address", "subject", "body",
    "link", "facts", "state", "attempts", "next_try_at", "created_at",
)  # fmt: skip
#: SQLite reads it as PostgreSQL does
_PUT: Final = Prepared(
    postgresql.insert(cast(Table, Notice.__table__)).on_conflict_do_nothing(index_elements=["key"]), _NEW
)

_P = ParamSpec("_P")
Writes = list[tuple[Prepared, Values]]

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


def compose(
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
) -> Writes:
    """Return the writes that put one notice a recipient and channel into the outbox; one that is there stays as it is.

    Args:
        key: what causes it, stable: `rung:<id>`. Recipient and channel are appended.
        template: its name in the package.
        facts: what the text may name; only what it does name is used and stored.
        link: path within the application that it leads to.
        site: how the application is reached from outside (`https://…`); the text's fact `link` begins with it.
        seal: encrypts a resident's address; required when there is one.

    Returns:
        each a row of `notice`; of the same key only the first is kept.

    Raises:
        Invalid: `notice-text`; the text cannot be written. Nothing is to be written.
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
    return [(_PUT, row) for row in rows]


def _put(composing: Callable[Concatenate[Session, _P], Writes]) -> Callable[Concatenate[Session, _P], list[Notice]]:
    def put(session: Session, /, *given: _P.args, **named: _P.kwargs) -> list[Notice]:
        with writing(session):
            writes = composing(session, *given, **named)
            session.flush()  # the case may be as new as its notice
            reached = run_together(session.connection(), writes) if writes else []
        return [Notice(**row) for (_, row), rows in zip(writes, reached, strict=True) if rows]

    return put


#: Puts into the outbox what `compose` composes, and returns what was not there already.
notify: Final = _put(compose)


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
