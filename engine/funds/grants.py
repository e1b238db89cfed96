"""How much a community has a year: data of the jurisdiction, by community and year."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import new_id, writing
from engine.funds.models import DEFAULT_YEARLY, FundGrant
from engine.organisation.service import unit_by_code


def set_yearly_grant(
    session: Session,
    *,
    jurisdiction: str,
    from_year: int,
    yearly: int,
    unit_code: str = "",
    actor: Actor,
    now: datetime,
) -> FundGrant:
    """Set how much a community has a year, from a year on. Accounts that are open already keep what they have.

    Args:
        yearly: fen.
        unit_code: of one community; empty for every community without a row of its own.
    """
    with writing(session):
        if unit_code:
            unit_by_code(session, jurisdiction, unit_code)
        found = session.scalar(
            select(FundGrant).where(
                FundGrant.jurisdiction == jurisdiction, FundGrant.unit_code == unit_code,
                FundGrant.from_year == from_year,
            )
        )  # fmt: skip
        if found is None:
            found = FundGrant(
                id=new_id(), jurisdiction=jurisdiction, unit_code=unit_code, from_year=from_year, yearly=0
            )
            session.add(found)
        found.yearly = yearly
        session.flush()
        record(
            session, tag=Tag.FUND_YEARLY_SET, actor=actor, at=now, jurisdiction=jurisdiction,
            data={"unit": unit_code, "from_year": from_year, "yearly": yearly},
        )  # fmt: skip
        return found


def yearly_of(session: Session, jurisdiction: str, unit_code: str, year: int) -> int:
    """Return a year's grant in fen: the community's own row before everyone's, the newest that is in force."""
    own_first = (FundGrant.unit_code == "", FundGrant.from_year.desc())
    found = session.scalars(
        select(FundGrant.yearly)
        .where(
            FundGrant.jurisdiction == jurisdiction, FundGrant.unit_code.in_(("", unit_code)),
            FundGrant.from_year <= year,
        )
        .order_by(*own_first)
        .limit(1)
    ).one_or_none()  # fmt: skip
    return DEFAULT_YEARLY if found is None else found
