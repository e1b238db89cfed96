"""Connectors as channels: what is set up in the database, ready to send, read anew when it changes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import Clock, SystemClock
from engine.db import writing
from engine.errors import EngineError, Phrase
from engine.notices.channels import (
    Channel,
    ChannelDown,
    Courier,
    Expected,
    GatewayChannel,
    Outgoing,
    RobotChannel,
    ServiceChannel,
    WebhookChannel,
)
from engine.notices.channels.addresses import read_networks
from engine.notices.models import Connector, Notice
from engine.notices.spoilt import stored

_log = structlog.get_logger(__name__)

#: Begins the name of a connector among channels; its id follows.
CONNECTOR: Final = "connector:"


class Safe(Protocol):
    """Seals what must not be read from a stolen database, bound to the row that it lies in."""

    def seal(self, fields: dict[str, Any], case_id: UUID, /) -> bytes: ...

    def open(self, sealed: bytes | None, case_id: UUID, /) -> dict[str, Any]: ...


def way_of(notice: Notice) -> str:
    """Return the name of the channel that carries a notice."""
    return f"{CONNECTOR}{notice.connector_id}" if notice.connector_id else notice.channel


def channel_of(row: Connector, safe: Safe) -> Channel:
    """Return a connector, ready to send.

    Raises:
        EngineError: what is stored of it cannot be opened or used.
    """
    setup = safe.open(row.sealed, row.id)
    courier = Courier(allowed=read_networks(row.allowed))
    if row.kind == "webhook":
        return WebhookChannel(url=setup["url"], secrets=tuple(setup["secrets"]), courier=courier)
    if row.kind != "sms":
        secret = next(iter(setup.get("secrets", [])), "")
        return RobotChannel(kind=row.kind, url=setup["url"], secret=secret, courier=courier)
    if not setup["url"].startswith(("http://", "https://")):
        return ServiceChannel(url=setup["url"])
    return GatewayChannel(
        url=setup["url"], body=setup["body"], form=bool(setup.get("form")), headers=setup.get("headers") or {},
        accepted=_expected(setup.get("accepted")), nobody=_expected(setup.get("nobody")), courier=courier,
    )  # fmt: skip


def _expected(said: Any) -> Expected | None:
    return Expected(field=said["field"], values=tuple(said["values"])) if said else None


class ConnectedChannels(Mapping[str, Channel]):
    """Every way out by name: those of the settings, and the connectors that are switched on at the time of asking.

    Args:
        fixed: the channels of the settings.
        clock: gives the time of an answer that is noted with a connector.
    """

    def __init__(
        self, sessions: sessionmaker[Session], safe: Safe, fixed: Mapping[str, Channel], clock: Clock | None = None
    ) -> None:
        self._sessions, self._safe, self._fixed = sessions, safe, dict(fixed)
        self._clock = clock or SystemClock()
        self._known: dict[UUID, _Watched] = {}
        self._named: dict[str, Channel] = dict(fixed)

    def __getitem__(self, name: str) -> Channel:
        return self._named[name]

    def __len__(self) -> int:
        return len(self._named)

    def __iter__(self) -> Iterator[str]:
        """Look what is set up now, and yield its names."""
        with self._sessions() as session:
            rows = session.scalars(select(Connector).where(Connector.active).order_by(Connector.created_at)).all()
            session.expunge_all()
        named: dict[str, Channel] = dict(self._fixed)
        for row in rows:
            known = self._known.get(row.id)
            if known is None or known.changed_at != row.changed_at:
                known = self._known[row.id] = _Watched(row, self._sessions, self._safe, self._clock)
            named[f"{CONNECTOR}{row.id}"] = known
            if row.kind == "sms":
                named.setdefault("sms", known)
        self._named = named
        return iter(list(named))


class _Watched:
    """A connector that notes when nothing goes through any more, and when it does again: for who mends it."""

    def __init__(self, row: Connector, sessions: sessionmaker[Session], safe: Safe, clock: Clock) -> None:
        self.changed_at = row.changed_at
        self._row, self._sessions, self._safe, self._clock = row, sessions, safe, clock
        self._failing = row.failing_since is not None
        self._channel: Channel | None = None

    def send(self, notice: Outgoing) -> None:
        try:
            if self._channel is None:
                self._channel = channel_of(self._row, self._safe)
            self._channel.send(notice)
        except ChannelDown as error:
            self._note(error)
            raise
        except EngineError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            _log.exception("connector.unusable", connector=str(self._row.id))
            down = ChannelDown("connector-unusable", "What is stored of this connector cannot be used. Set it up anew.")
            self._note(down)
            raise down from error
        if self._failing:
            self._note(None)

    def _note(self, failure: EngineError | None) -> None:
        now: datetime = self._clock.now()
        values: dict[str, Any] = {"failing_since": None, "reason": None}
        if failure is not None:
            values = {"reason": stored(Phrase(failure.template, **failure.facts))["reason"]}
            if not self._failing:
                values["failing_since"] = now
        self._failing = failure is not None
        with self._sessions() as session, writing(session):
            session.execute(update(Connector).where(Connector.id == self._row.id).values(**values))
