"""How an account stands, and what became of the money of one matter."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.funds.models import FundAccount, FundEntry, FundReservation


@dataclass(frozen=True, kw_only=True)
class Statement:
    """How an account, or what is set aside of it for one matter, stands; all in fen.

    Args:
        granted: of a matter, what was set aside for it in all.
        reserved: set aside, and neither paid nor released.
        available: of a matter, always nothing: what it has is reserved.
    """

    year: int
    granted: int
    reserved: int
    paid: int
    released: int
    available: int


def statement(account: FundAccount) -> Statement:
    """Return how an account stands."""
    return Statement(
        year=account.year, granted=account.granted, reserved=account.reserved, paid=account.paid, released=0,
        available=account.available,
    )  # fmt: skip


def statement_of_case(session: Session, case_id: UUID) -> Statement:
    """Return what was set aside for a matter, over all years, and what became of it."""
    rows = session.execute(
        select(FundReservation, FundAccount.year)
        .join(FundAccount, FundAccount.id == FundReservation.account_id)
        .where(FundReservation.case_id == case_id)
    ).all()
    return Statement(
        year=max((row.year for row in rows), default=0),
        granted=sum(row.FundReservation.amount for row in rows),
        reserved=sum(row.FundReservation.left for row in rows),
        paid=sum(row.FundReservation.paid for row in rows),
        released=sum(row.FundReservation.released for row in rows),
        available=0,
    )


def entries_of_case(session: Session, case_id: UUID) -> list[FundEntry]:
    """Return every entry of a matter, first things first."""
    return list(session.scalars(select(FundEntry).where(FundEntry.case_id == case_id).order_by(FundEntry.id)))
