"""Grant, reserve, pay, release. Each takes the account's lock, so that money cannot be promised twice."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.errors import Conflict, Invalid, NotFound, Phrase
from engine.forms.messages import N_
from engine.funds.grants import yearly_of
from engine.funds.models import EntryKind, FundAccount, FundEntry, FundReservation
from engine.funds.money import yuan_text
from engine.organisation.service import unit_by_code

SHORT: Final = N_(
    "The community's fund of {year} has {balance} yuan left, and {asked} yuan are asked for. Reserve less, or say"
    " why it cannot be paid from here."
)
PAYMENT_SHORT: Final = N_(
    "{balance} yuan are left of what was reserved, and {asked} yuan are asked for. Pay less, or have more"
    " reserved first."
)
_TAGS = {
    EntryKind.GRANT: Tag.FUND_GRANTED,
    EntryKind.RESERVE: Tag.FUND_RESERVED,
    EntryKind.PAY: Tag.FUND_PAID,
    EntryKind.RELEASE: Tag.FUND_RELEASED,
}


def open_account(
    session: Session, *, jurisdiction: str, unit_code: str, year: int, actor: Actor, now: datetime
) -> FundAccount:
    """Return a community's account of a year, locked; opened with the year's grant when it is new.

    Raises:
        NotFound: there is no such unit.
    """
    with writing(session):
        unit = unit_by_code(session, jurisdiction, unit_code)
        values: dict[str, Any] = {
            "id": new_id(), "jurisdiction": jurisdiction, "unit_id": unit.id, "year": year, "granted": 0, "reserved": 0,
            "paid": 0,
        }  # fmt: skip
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(insert(FundAccount).values(**values).on_conflict_do_nothing())
        account = _lock(session, select(FundAccount).where(FundAccount.unit_id == unit.id, FundAccount.year == year))
        if account.id == values["id"]:
            _enter(
                session,
                account,
                EntryKind.GRANT,
                yearly_of(session, jurisdiction, unit_code, year),
                actor=actor,
                now=now,
            )
        return account


def grant(session: Session, account: FundAccount, amount: int, *, note: str, actor: Actor, now: datetime) -> None:
    """Add money to an account, in fen."""
    with writing(session):
        locked = _lock(session, select(FundAccount).where(FundAccount.id == account.id))
        _enter(session, locked, EntryKind.GRANT, amount, note=note, actor=actor, now=now)


def reserve(
    session: Session,
    *,
    jurisdiction: str,
    unit_code: str,
    year: int,
    case_id: UUID,
    amount: int,
    note: str,
    actor: Actor,
    now: datetime,
    field: str | None = None,
) -> FundReservation:
    """Set money aside for a matter, in fen.

    Args:
        field: of the form in which the amount was entered; the message then stands beside it.

    Raises:
        Invalid: `fund-short`: the balance is less; nothing was changed.
    """
    with writing(session):
        account = open_account(session, jurisdiction=jurisdiction, unit_code=unit_code, year=year, actor=actor, now=now)
        if amount > account.available:
            raise _short(
                "fund-short", SHORT,
                field, year=year, balance=yuan_text(account.available), asked=yuan_text(amount),
            )  # fmt: skip
        found = session.scalar(
            select(FundReservation)
            .where(FundReservation.case_id == case_id, FundReservation.account_id == account.id)
            .execution_options(populate_existing=True)
        )
        if found is None:
            found = FundReservation(id=new_id(), account_id=account.id, case_id=case_id, amount=0, paid=0, released=0)
            session.add(found)
        found.amount += amount
        account.reserved += amount
        _enter(session, account, EntryKind.RESERVE, amount, case_id=case_id, note=note, actor=actor, now=now)
        return found


def pay(
    session: Session,
    *,
    case_id: UUID,
    amount: int,
    note: str,
    actor: Actor,
    now: datetime,
    field: str | None = None,
) -> FundReservation:
    """Pay from what is set aside for a matter, in fen.

    Raises:
        Invalid: `fund-payment-short`: less is left of it; nothing was changed.
        Conflict: `fund-nothing-reserved`.
    """
    with writing(session):
        account, reservation = _reserved(session, case_id)
        if amount > reservation.left:
            raise _short(
                "fund-payment-short", PAYMENT_SHORT,
                field, balance=yuan_text(reservation.left), asked=yuan_text(amount),
            )  # fmt: skip
        reservation.paid += amount
        account.reserved -= amount
        account.paid += amount
        _enter(session, account, EntryKind.PAY, amount, case_id=case_id, note=note, actor=actor, now=now)
        return reservation


def release(session: Session, *, case_id: UUID, note: str, actor: Actor, now: datetime) -> int:
    """Give back all that is still set aside for a matter; return how much, in fen. Nothing set aside is nothing."""
    with writing(session):
        given = 0
        for account_id in _accounts(session, case_id):
            account = _lock(session, select(FundAccount).where(FundAccount.id == account_id))
            reservation = _reservation(session, case_id, account_id)
            left = reservation.left
            if left:
                reservation.released += left
                account.reserved -= left
                _enter(session, account, EntryKind.RELEASE, left, case_id=case_id, note=note, actor=actor, now=now)
            given += left
        return given


def _reserved(session: Session, case_id: UUID) -> tuple[FundAccount, FundReservation]:
    """Return the account and reservation that a matter is paid from, locked: the newest that something is left of."""
    accounts = _accounts(session, case_id)
    for account_id in reversed(accounts):
        account = _lock(session, select(FundAccount).where(FundAccount.id == account_id))
        reservation = _reservation(session, case_id, account_id)
        if reservation.left or account_id == accounts[0]:
            return account, reservation
    raise Conflict(
        "fund-nothing-reserved", "Nothing is reserved for case {case}. Reserve money first.", case=str(case_id)
    )


def _accounts(session: Session, case_id: UUID) -> list[UUID]:
    return list(
        session.scalars(
            select(FundReservation.account_id).where(FundReservation.case_id == case_id).order_by(FundReservation.id)
        )
    )


def _reservation(session: Session, case_id: UUID, account_id: UUID) -> FundReservation:
    return session.scalars(
        select(FundReservation)
        .where(FundReservation.case_id == case_id, FundReservation.account_id == account_id)
        .execution_options(populate_existing=True)
    ).one()


def _lock(session: Session, statement: Any) -> FundAccount:
    found: FundAccount | None = session.scalars(
        statement.with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("fund-account-unknown", "There is no such account of a community's fund.")
    return found


def _enter(
    session: Session,
    account: FundAccount,
    kind: EntryKind,
    amount: int,
    *,
    actor: Actor,
    now: datetime,
    case_id: UUID | None = None,
    note: str = "",
) -> None:
    """Write the entry and its event; a grant of nothing writes neither."""
    if kind is EntryKind.GRANT:
        account.granted += amount
    if not amount:
        return
    session.add(
        FundEntry(
            id=new_id(), account_id=account.id, case_id=case_id, kind=kind.value, amount=amount, note=note[:300],
            by=actor.id or actor.kind.value, at=aware(now),
        )
    )  # fmt: skip
    session.flush()
    record(
        session, tag=_TAGS[kind], actor=actor, at=now, jurisdiction=account.jurisdiction, case_id=case_id,
        data={"account": str(account.id), "year": account.year, "amount": amount, "available": account.available},
    )  # fmt: skip


def _short(code: str, template: str, field: str | None, **facts: Any) -> Invalid:
    more: dict[str, Iterable[Any]] = {"fields": {field: [Phrase(template, **facts)]}} if field else {}
    return Invalid(code, template, **facts, **more)
