"""Rungs that somebody is about to move: taken and counted before, so that it is known who died of one.

A claim spreads the work over those who sweep; it is no promise. That a rung speaks once is up to its own row, which
changes in the transaction of what it causes, and there the claim ends, too.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from engine.db import writing
from engine.deadlines.models import Rung
from engine.errors import Unavailable
from engine.instances.sweeping import LEASE, MOST_CLAIMS

#: In `claims`: it was given up, and only a person tries it again.
GIVEN_UP: Final = -1

_RUNG: Final = cast(Table, Rung.__table__)
_NOW: Final = bindparam("now", type_=_RUNG.c.due_at.type)
#: Nobody has it, and it was not given up.
FREE: Final = (or_(_RUNG.c.claimed_until.is_(None), _RUNG.c.claimed_until <= _NOW), _RUNG.c.claims != GIVEN_UP)
_THESE: Final = (
    select(_RUNG.c.id)
    .where(_RUNG.c.id.in_(bindparam("rungs", type_=Uuid(), expanding=True)))
    .with_for_update(of=_RUNG, skip_locked=True)
)
_PICKED: Final = _THESE.where(*FREE).cte("picked")
_CLAIM: Final = (
    update(_RUNG)
    .where(_RUNG.c.id.in_(select(_PICKED.c.id)))
    .values(claimed_until=bindparam("until", type_=_RUNG.c.due_at.type), claims=_RUNG.c.claims + 1)
    .returning(_RUNG.c.id, _RUNG.c.claims)
)
_HAD: Final = _THESE.cte("had")
_RELEASE: Final = (
    update(_RUNG)
    .where(_RUNG.c.id.in_(select(_HAD.c.id)), _RUNG.c.claimed_until.is_not(None))
    .values(claimed_until=None, claims=case((_RUNG.c.claims > 0, _RUNG.c.claims - 1), else_=_RUNG.c.claims))
)


@dataclass(frozen=True, kw_only=True)
class RungClaim:
    """A rung that this sweep is to move.

    Args:
        alone: somebody died who had it, so that others must not depend on it.
        deadly: everybody who had it died; it must not be tried again.
    """

    rung_id: UUID
    alone: bool
    deadly: bool


def claim_rungs(session: Session, rung_ids: Collection[UUID], now: datetime) -> list[RungClaim]:
    """Take those of these rungs that nobody has, in their order.

    Of those that somebody had and never answered for, only one is taken: whoever dies now, dies of that one.
    """
    if not rung_ids:
        return []
    with writing(session):
        taken = {"rungs": list(rung_ids), "now": now, "until": now + LEASE}
        claims = {row.id: row.claims for row in session.connection().execute(_CLAIM, taken).all()}
        suspects = [each for each in rung_ids if 1 < claims.get(each, 0) <= MOST_CLAIMS]
        release_rungs(session, suspects[1:])
    return [
        RungClaim(rung_id=each, alone=claims[each] > 1, deadly=claims[each] > MOST_CLAIMS)
        for each in rung_ids
        if each in claims and each not in suspects[1:]
    ]


def release_rungs(session: Session, rung_ids: Collection[UUID]) -> None:
    """Give back what was claimed and not moved, as if it had not been claimed."""
    if rung_ids:
        with writing(session):
            session.connection().execute(_RELEASE, {"rungs": list(rung_ids)})


def died_of_rung() -> Unavailable:
    """Return why a rung is not tried again of which everybody died who had it."""
    return Unavailable(
        "carrier-died",
        "The process that carried this escalation ended without an answer {times} times. Find out why in its log "
        "before you try it again.",
        times=MOST_CLAIMS,
    )
