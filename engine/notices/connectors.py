"""What an operator does with connectors: set one up, try it, give it a new secret, switch it off.

Addresses and secrets are sealed, and never shown again; whoever sets one up is told at once when it cannot work.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.errors import NotFound, Phrase
from engine.forms.messages import N_
from engine.notices.channels import Outgoing, new_secret
from engine.notices.connecting import Safe, channel_of
from engine.notices.connector_setup import Setup, read_setup
from engine.notices.models import DUE_SQL, Connector, Notice, NoticeState
from engine.notices.spoilt import stored
from engine.organisation.service import unit_by_code

SWITCHED_OFF: Final = N_("The connector was switched off.")


def connectors(session: Session, jurisdiction: str) -> list[Connector]:
    """Return the connectors of a jurisdiction, by name."""
    return list(
        session.scalars(select(Connector).where(Connector.jurisdiction == jurisdiction).order_by(Connector.name))
    )


def get_connector(session: Session, jurisdiction: str, connector_id: UUID) -> Connector:
    """Return one of them.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Connector, connector_id)
    if found is None or found.jurisdiction != jurisdiction:
        raise NotFound("connector-unknown", "There is no connector {connector}.", connector=str(connector_id))
    return found


def save_connector(
    session: Session, setup: Setup, *, jurisdiction: str, safe: Safe, actor: Actor, now: datetime,
    connector_id: UUID | None = None,
) -> Connector:  # fmt: skip
    """Set up a connector, or change one.

    Args:
        connector_id: which one is changed; its kind stays.

    Raises:
        Invalid: `connector-invalid`; `facts["fields"]` says what is wrong, an address that may not be sent to as well.
        NotFound: there is no such connector or unit.
    """
    known = get_connector(session, jurisdiction, connector_id) if connector_id else None
    secrets = safe.open(known.sealed, known.id) if known else {}
    secrets = read_setup(setup, secrets)
    unit = unit_by_code(session, jurisdiction, setup.unit) if setup.unit else None
    with writing(session):
        row = known or Connector(id=new_id(), jurisdiction=jurisdiction, kind=setup.kind, created_at=aware(now))
        row.name, row.least, row.locale = setup.name.strip(), setup.least, setup.locale
        row.unit_id, row.allowed = unit.id if unit else None, [each for each in setup.allowed if each.strip()]
        row.host = urlsplit(secrets["url"]).hostname or "" if secrets["url"].startswith("http") else ""
        row.sealed, row.changed_at = safe.seal(secrets, row.id), aware(now)
        row.failing_since, row.reason = None, None
        session.add(row)
        session.flush()
        _note(session, row, "changed" if known else "made", actor, now)
    return row


def renew_secret(
    session: Session, jurisdiction: str, connector_id: UUID, *, safe: Safe, actor: Actor, now: datetime
) -> str:
    """Give a webhook a new secret and return it, to be shown this once; until the old one is dropped both sign.

    Raises:
        NotFound: there is no such webhook.
    """
    row = _webhook(session, jurisdiction, connector_id)
    secret = new_secret()
    with writing(session):
        setup = safe.open(row.sealed, row.id)
        _reseal(row, setup | {"secrets": [secret, *setup["secrets"]][:3]}, safe, now)
        _note(session, row, "secret added", actor, now)
    return secret


def drop_old_secrets(
    session: Session, jurisdiction: str, connector_id: UUID, *, safe: Safe, actor: Actor, now: datetime
) -> None:
    """Sign with the newest secret of a webhook only: its receiver knows it.

    Raises:
        NotFound: there is no such webhook.
    """
    row = _webhook(session, jurisdiction, connector_id)
    with writing(session):
        setup = safe.open(row.sealed, row.id)
        _reseal(row, setup | {"secrets": setup["secrets"][:1]}, safe, now)
        _note(session, row, "old secrets dropped", actor, now)


def secrets_of(row: Connector, safe: Safe) -> int:
    """Return how many secrets sign at present."""
    return len(safe.open(row.sealed, row.id).get("secrets", []))


def switch(
    session: Session, jurisdiction: str, connector_id: UUID, *, active: bool, actor: Actor, now: datetime
) -> Connector:
    """Switch a connector on or off. What waits for one that goes off is given up in sight, so that it can be resent.

    Raises:
        NotFound: there is no such connector.
    """
    row = get_connector(session, jurisdiction, connector_id)
    with writing(session):
        row.active, row.changed_at = active, aware(now)
        row.failing_since, row.reason = None, None
        if not active:
            waiting = update(Notice).where(DUE_SQL, Notice.connector_id == row.id)
            session.execute(waiting.values(state=NoticeState.DEAD, **stored(Phrase(SWITCHED_OFF))))
        _note(session, row, "on" if active else "off", actor, now)
    return row


def try_out(row: Connector, *, safe: Safe, text: str, now: datetime, number: str = "") -> None:
    """Send something through a connector now, and say how it went.

    Args:
        text: what is said.
        number: whom to, for short messages.

    Raises:
        EngineError: it did not go through, and why not.
    """
    body = text
    if row.kind == "webhook":
        body = orjson.dumps({"type": "notice.test", "timestamp": aware(now).isoformat(), "data": {}}).decode()
    notice = Outgoing(
        key=f"test:{row.id.hex}:{now.isoformat()}", channel=row.kind, address=number,
        subject="" if row.kind == "webhook" else "吹哨", body=body, link="",
    )  # fmt: skip
    channel_of(row, safe).send(notice)


def _webhook(session: Session, jurisdiction: str, connector_id: UUID) -> Connector:
    row = get_connector(session, jurisdiction, connector_id)
    if row.kind != "webhook":
        raise NotFound("connector-unknown", "There is no connector {connector}.", connector=str(connector_id))
    return row


def _reseal(row: Connector, setup: Mapping[str, Any], safe: Safe, now: datetime) -> None:
    row.sealed, row.changed_at = safe.seal(dict(setup), row.id), aware(now)


def _note(session: Session, row: Connector, what: str, actor: Actor, now: datetime) -> None:
    data = {"connector": str(row.id), "name": row.name, "kind": row.kind, "what": what}
    session.flush()
    record(session, tag=Tag.CONNECTOR_CHANGED, actor=actor, at=now, jurisdiction=row.jurisdiction, data=data)
