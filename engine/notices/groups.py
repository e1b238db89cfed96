"""What groups and programs are told: that there is something, never what it is about.

Nobody knows who reads along in a group, or what a program does with what it gets. So they learn the number of a
matter, the rung, and where to look; what they may see there is for the policy to say. Of a sealed matter they learn
nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
from sqlalchemy import bindparam, column, select, table
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from engine.clock import aware
from engine.notices.models import Connector
from engine.notices.routing import presses
from engine.notices.texts import NoticeTexts, Written
from engine.organisation.models import Membership, OrgUnit

#: What a group reads, by language.
TEXTS: Final = NoticeTexts(
    key="group",
    sources={
        "zh_CN": "Subject: {% if rung %}时限提醒 {{ rung }}{% else %}办理通知{% endif %}"
        "{% if number %}：{{ number }}{% endif %}\n\n请相关同事登录查看。\n{{ link }}\n",
        "en": "Subject: {% if rung %}Deadline reminder {{ rung }}{% else %}Notice{% endif %}"
        "{% if number %}: {{ number }}{% endif %}\n\nWhoever it concerns, please sign in and look.\n{{ link }}\n",
    },
)
# The model belongs to a room above this one.
_SEALING: Final = table("case_sealing", column("case_id", Uuid()))
_IS_SEALED: Final = select(_SEALING.c.case_id).where(_SEALING.c.case_id == bindparam("case")).limit(1)
_WAYS: Final = (
    select(
        Connector.id, Connector.kind, Connector.least, Connector.locale, Connector.unit_id,
        OrgUnit.path,
    )
    .outerjoin(OrgUnit, OrgUnit.id == Connector.unit_id)
    .where(Connector.jurisdiction == bindparam("jurisdiction"), Connector.active)
    .order_by(Connector.created_at)
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Way:
    """A connector, as far as it decides what is told: `path` is that of its unit, None where it hears of everything."""

    id: UUID
    kind: str
    least: str
    locale: str
    path: str | None


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one connector is told."""

    connector_id: UUID
    kind: str
    written: Written


class Reader(Protocol):
    """Somebody who is told, as far as it is asked here."""

    @property
    def staff_id(self) -> UUID | None: ...


def ways_out(session: Session, jurisdiction: str) -> list[Way]:
    """Return the connectors that are switched on."""
    rows = session.execute(_WAYS, {"jurisdiction": jurisdiction})
    return [Way(id=row.id, kind=row.kind, least=row.least, locale=row.locale, path=row.path) for row in rows]


def has_gateway(session: Session, jurisdiction: str) -> bool:
    """Say whether short messages can be sent."""
    return any(way.kind == "sms" for way in ways_out(session, jurisdiction))


def told(
    session: Session, ways: Iterable[Way], facts: Mapping[str, Any], readers: Sequence[Reader], *,
    case_id: UUID | None, template: str, rung: str | None, url: str, now: datetime,
) -> Iterator[Said]:  # fmt: skip
    """Yield what connectors are told of a notice, once each."""
    staff_ids = [each.staff_id for each in readers if each.staff_id]
    found = [way for way in ways if way.kind != "sms" and _concerns(way, rung, staff_ids)]
    if not found or not readers or (case_id is not None and session.scalar(_IS_SEALED, {"case": case_id})):
        return
    paths = _paths(session, staff_ids) if any(way.path for way in found) else []
    case = facts.get("case")
    number = str((case.get("number") if isinstance(case, Mapping) else facts.get("number")) or "")
    # a resident's link can be a key to something; it goes to nobody else
    said = {"number": number, "rung": rung or "", "link": url if staff_ids else ""}
    for way in found:
        if way.path is not None and not any(path.startswith(way.path) for path in paths):
            continue
        if way.kind == "webhook":
            written = _event(said, template, "staff" if staff_ids else "resident", now)
        else:
            written = TEXTS.write(said, way.locale)
        yield Said(connector_id=way.id, kind=way.kind, written=written)


def _concerns(way: Way, rung: str | None, staff_ids: Sequence[UUID]) -> bool:
    """Leave a group out of what goes to residents, and of what is below the rung that it wants to hear of."""
    if not staff_ids and (way.kind != "webhook" or way.path is not None):
        return False
    return not way.least or presses(rung, int(way.least.removeprefix("L")))


def _paths(session: Session, staff_ids: Sequence[UUID]) -> list[str]:
    held = select(OrgUnit.path).join(Membership, Membership.unit_id == OrgUnit.id)
    return list(session.scalars(held.where(Membership.staff_id.in_(staff_ids)).distinct()))


def _event(said: Mapping[str, str], template: str, audience: str, now: datetime) -> Written:
    """Return the body of a webhook, written once: every attempt carries the same bytes.

    What a resident is told of is not named: `sealed` would say that there is an accusation.
    """
    kind = f"notice.{template if audience == 'staff' else audience}"
    data = {"case": said["number"], "rung": said["rung"], "audience": audience, "link": said["link"]}
    body = {"type": kind, "timestamp": aware(now).isoformat(), "data": {k: v for k, v in data.items() if v}}
    return Written(subject=kind, body=orjson.dumps(body).decode())
