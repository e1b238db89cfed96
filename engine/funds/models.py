"""Accounts, what is reserved of them for a matter, every entry. The database itself refuses a balance below zero."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant, new_id

#: What a community has a year where nothing else was set: 200,000 yuan, in fen.
DEFAULT_YEARLY: Final = 20_000_000


class EntryKind(StrEnum):
    """What an entry does to its account."""

    #: money is added
    GRANT = "grant"
    #: money is set aside for a matter
    RESERVE = "reserve"
    #: money that was set aside is paid
    PAY = "pay"
    #: money that was set aside goes back
    RELEASE = "release"


class FundGrant(Base):
    """How much a community has a year, from a year on: data of the jurisdiction."""

    __tablename__ = "fund_grant"
    __table_args__ = (
        UniqueConstraint("jurisdiction", "unit_code", "from_year"),
        CheckConstraint("yearly >= 0", name="yearly"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: of one community; empty: of every community that has no row of its own
    unit_code: Mapped[str] = mapped_column(String(64), default="")
    from_year: Mapped[int] = mapped_column(Integer)
    #: fen
    yearly: Mapped[int] = mapped_column(BigInteger)


class FundAccount(Base):
    """The fund of one community in one year. Available is what was granted less what is reserved and what was paid."""

    __tablename__ = "fund_account"
    __table_args__ = (
        UniqueConstraint("unit_id", "year"),
        CheckConstraint("reserved >= 0 AND paid >= 0", name="parts"),
        CheckConstraint("granted - reserved - paid >= 0", name="never_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("org_unit.id"))
    year: Mapped[int] = mapped_column(Integer)
    #: fen, like the next two
    granted: Mapped[int] = mapped_column(BigInteger, default=0)
    #: set aside and neither paid nor released yet
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    paid: Mapped[int] = mapped_column(BigInteger, default=0)

    @property
    def available(self) -> int:
        """What can still be reserved, in fen."""
        return self.granted - self.reserved - self.paid


class FundReservation(Base):
    """What is set aside of an account for one matter."""

    __tablename__ = "fund_reservation"
    __table_args__ = (
        UniqueConstraint("case_id", "account_id"),
        CheckConstraint("paid >= 0 AND released >= 0", name="parts"),
        CheckConstraint("amount - paid - released >= 0", name="never_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("fund_account.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    #: fen, like the next two
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    paid: Mapped[int] = mapped_column(BigInteger, default=0)
    released: Mapped[int] = mapped_column(BigInteger, default=0)

    @property
    def left(self) -> int:
        """What can still be paid from it, in fen."""
        return self.amount - self.paid - self.released


class FundEntry(Base):
    """One line of the ledger; never changed, never removed."""

    __tablename__ = "fund_entry"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_fund_entry_account", "account_id", "id"),
        Index("ix_fund_entry_case", "case_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("fund_account.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(String(16))
    #: fen
    amount: Mapped[int] = mapped_column(BigInteger)
    #: what it was for
    note: Mapped[str] = mapped_column(String(300), default="")
    #: who caused it: a staff id, or `engine`
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(Instant)
