"""Puts notices into the outbox, in the transaction that causes them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec, cast
from uuid import UUID

from sqlalchemy import String, Table, bindparam, exists, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.db import new_id, writing
from engine.errors import Phrase
from engine.feel import jsonable, lift
from engine.forms.messages import N_
from engine.notices import groups, spoilt
from engine.notices.models import Connector, Notice, NoticeState, Preference, UnusableAddress
from engine.notices.preferences import DEFAULT, Wish, wishes
from engine.notices.routing import Route, resident_routes, staff_routes
from engine.notices.texts import NoticeTexts, Written
from engine.organisation.models import Staff
from engine.organisation.sealing import knowing
from engine.prepared import Prepared, PreparedRead, Values, run_together

#: What a column `key` holds.
LONGEST_KEY: Final = 200
#: Marks an address that only its cipher can read.
SEALED: Final = "sealed:"
#: Why a notice is not even tried.
SPOILT: Final = N_("Nobody was reached at this address before. Correct it, or reach them another way.")

_NEW: Final = (
    "id", "key", "jurisdiction", "case_id", "template", "rung", "staff_id", "party", "connector_id", "channel",
    "address", "subject", "body", "link", "facts", "state", "attempts", "next_try_at", "created_at", "error", "reason",
    "fallback",
)  # fmt: skip
#: SQLite reads it as PostgreSQL does
_PUT: Final = Prepared(
    postgresql.insert(cast(Table, Notice.__table__)).on_conflict_do_nothing(index_elements=["key"]), _NEW
)
_WHERE: Final = bindparam("jurisdiction", type_=String())
#: Most steps have nothing to look up: asked in one go, because every step asks it.
_QUESTIONS: Final = select(
    exists().where(Connector.jurisdiction == _WHERE, Connector.active).label("ways"),
    exists(Preference.staff_id).label("wishes"),
    exists(UnusableAddress.id).label("spoilt"),
)
_ANYTHING: Final = PreparedRead(_QUESTIONS)

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
            address is left out. A member of staff is told by all that they want; a resident by the first that works.
        locale: the reader's language.
        party: key of the party of the case that a resident is.
    """

    staff_id: UUID | None = None
    channels: Mapping[str, str] = field(repr=False)
    locale: str = "zh_CN"
    party: str | None = None

    @classmethod
    def of(cls, staff: Staff) -> "Recipient":
        """Return how a member of staff can be reached; which of it is used is theirs to choose."""
        outside = {"email": staff.email or "", "sms": staff.phone or ""}
        return cls(staff_id=staff.id, channels={"app": "", **outside}, locale=staff.locale)


@dataclass(frozen=True, kw_only=True)
class _Post:
    """What all rows of one call share."""

    key: str
    jurisdiction: str
    case_id: UUID | None
    template: str
    rung: str | None
    urgent: bool | None
    link: str
    url: str
    facts: Any
    seal: Seal | None
    now: datetime


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
    urgent: bool | None = None,
    site: str = "",
    seal: Seal | None = None,
    sealed: bool = True,
) -> Writes:
    """Return the writes that put one notice a recipient and channel into the outbox; one that is there stays as it is.

    Args:
        key: what causes it, stable: `rung:<id>`. Recipient and channel are appended.
        template: its name in the package.
        facts: what the text may name; only what it does name is used and stored.
        link: path within the application that it leads to.
        urgent: whether it is sent to staff in their quiet hours; None: as its rung says.
        site: how the application is reached from outside (`https://…`); the text's fact `link` begins with it.
        seal: encrypts a resident's address; required when there is one.
        sealed: not everybody may know of the case, so that each recipient is asked about; False where that is known.

    Returns:
        each a row of `notice`; of the same key only the first is kept.

    Raises:
        Invalid: `notice-text`; the text cannot be written. Nothing is to be written.
    """
    url = f"{site}{link}" if link else ""
    known = texts.redact({**facts, **({"link": url} if link else {})})
    post = _Post(
        key=key, jurisdiction=jurisdiction, case_id=case_id, template=template, rung=rung, urgent=urgent,
        link=link, url=url, facts=jsonable(lift(known)), seal=seal, now=aware(now),
    )  # fmt: skip
    recipients = _who_may_know(session, case_id, recipients) if sealed else recipients
    asked = _ANYTHING.first(session.connection(), {"jurisdiction": jurisdiction})
    ways = groups.ways_out(session, jurisdiction) if asked.ways else []
    rows: list[dict[str, Any]] = []
    sms = any(way.kind == "sms" for way in ways)
    for who, recipient, routes in _routed(session, post, recipients, asked, sms=sms):
        written = texts.write(known, recipient.locale)
        rows += [_row(post, route, recipient, who, written) for route in routes]
    said = groups.told(
        session, ways, facts, recipients, case_id=case_id, template=template, rung=rung, url=url, now=now
    )
    return [(_PUT, row) for row in rows + [_group_row(post, each) for each in said]]


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


def put_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put whole rows into the outbox; one whose key is there already is left out."""
    with writing(session):
        session.flush()
        run_together(session.connection(), [(_PUT, row) for row in rows])


def _routed(
    session: Session, post: _Post, recipients: Sequence[Recipient], asked: Any, *, sms: bool
) -> Iterator[tuple[str, Recipient, list[Route]]]:
    """Yield each recipient with what stands for them in the key, and how they are told."""
    staff_ids = [each.staff_id for each in recipients if each.staff_id]
    wanted = wishes(session, staff_ids) if asked.wishes else {}
    bad = spoilt.of(session, staff_ids, post.case_id) if asked.spoilt else spoilt.NOTHING
    residents = 0
    for each in recipients:
        residents += each.staff_id is None
        usable = {name for name, to in each.channels.items() if not bad.has(each.staff_id, each.party, name, to)}
        if each.staff_id:
            wish: Wish = wanted.get(each.staff_id, DEFAULT)
            routes = staff_routes(
                each.channels, wish, rung=post.rung, now=post.now, usable=usable, sms=sms, urgent=post.urgent
            )
            yield str(each.staff_id), each, list(routes)
        else:
            found = resident_routes(each.channels, now=post.now, usable=usable, sms=sms)
            yield f"resident-{residents}", each, list(found)


def _row(post: _Post, route: Route, recipient: Recipient, who: str, written: Written) -> dict[str, Any]:
    state = NoticeState.HELD if route.held else NoticeState.DEAD if route.spoilt else NoticeState.PENDING

    def protected(address: str) -> str:
        return _protected(address, recipient, post.case_id, post.seal)

    return _shared(post, f"{post.key}:{who}:{route.channel}") | {
        "staff_id": recipient.staff_id, "party": recipient.party, "channel": route.channel,
        "address": protected(route.address), "subject": written.subject, "body": written.body,
        "facts": post.facts | ({"link": post.url} if route.held else {}),
        "state": state.value, "next_try_at": aware(route.at),
        "fallback": [[name, protected(address)] for name, address in route.fallback],
        **(spoilt.stored(Phrase(SPOILT)) if route.spoilt else {"error": None, "reason": None}),
    }  # fmt: skip


def _group_row(post: _Post, said: groups.Said) -> dict[str, Any]:
    return _shared(post, f"{post.key}:{said.connector_id.hex}:{said.kind}") | {
        "connector_id": said.connector_id, "channel": said.kind, "address": "", "subject": said.written.subject,
        "body": said.written.body, "facts": {}, "state": NoticeState.PENDING.value, "next_try_at": post.now,
        "fallback": [], "staff_id": None, "party": None, "error": None, "reason": None,
    }  # fmt: skip


def _shared(post: _Post, key: str) -> dict[str, Any]:
    return {
        "id": new_id(), "key": short(key), "jurisdiction": post.jurisdiction, "case_id": post.case_id,
        "template": post.template, "rung": post.rung, "link": post.link, "attempts": 0, "created_at": post.now,
        "connector_id": None,
    }  # fmt: skip


def _who_may_know(session: Session, case_id: UUID | None, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Leave out staff who must not know that the case exists, whoever named them."""
    staff_ids = {each.staff_id for each in recipients if each.staff_id}
    if case_id is None or not staff_ids:
        return list(recipients)
    known = knowing(session, case_id, staff_ids)
    return [each for each in recipients if each.staff_id is None or each.staff_id in known]


def short(key: str) -> str:
    """Return a key that fits its column, and is still the only one of its kind."""
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 41]}:{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _protected(address: str, recipient: Recipient, case_id: UUID | None, seal: Seal | None) -> str:
    if recipient.staff_id or not address:
        return address
    if seal is None:
        raise ValueError("a resident's address needs a seal")
    return SEALED + seal(address, case_id)
