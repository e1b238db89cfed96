"""The ledger of a community's fund, for the people who answer for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.funds.grants import yearly_of
from engine.funds.models import EntryKind, FundAccount, FundEntry
from engine.organisation.models import OrgUnit, UnitKind


@dataclass(frozen=True, kw_only=True)
class CommunityFund:
    """How a community's fund of a year stands. `account` is None while it was not granted; `yearly` in fen is what it
    will be then."""

    unit: OrgUnit
    account: FundAccount | None
    yearly: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the ledger with the balance after it, in fen: what is neither reserved nor paid."""

    at: datetime
    kind: EntryKind
    amount: int
    balance: int
    case_id: UUID | None
    note: str


def community_funds(session: Session, jurisdiction: str, above: Collection[str], year: int) -> list[CommunityFund]:
    """Return the funds of the communities below the units with the paths `above`, in the order of the grid."""
    if not above:
        return []
    rows = session.execute(
        select(OrgUnit, FundAccount)
        .outerjoin(FundAccount, (FundAccount.unit_id == OrgUnit.id) & (FundAccount.year == year))
        .where(OrgUnit.jurisdiction == jurisdiction, OrgUnit.kind == UnitKind.COMMUNITY, OrgUnit.active)
        .where(or_(*(OrgUnit.path.startswith(path, autoescape=True) for path in above)))
        .order_by(OrgUnit.path)
    ).all()
    return [
        CommunityFund(unit=unit, account=account, yearly=yearly_of(session, jurisdiction, unit.code, year))
        for unit, account in rows
    ]


def community_fund(session: Session, jurisdiction: str, above: Collection[str], code: str, year: int) -> CommunityFund:
    """Return the fund of one community.

    Raises:
        NotFound: there is no such community below the units with the paths `above`.
    """
    for each in community_funds(session, jurisdiction, above, year):
        if each.unit.code == code:
            return each
    raise NotFound("fund-unknown", "There is no fund of a community {unit} that you answer for.", unit=code)


def ledger_of(session: Session, account: FundAccount | None) -> list[Line]:
    """Return the lines of an account, first things first; paying takes from what was reserved, not from the balance."""
    if account is None:
        return []
    changes = {EntryKind.GRANT: 1, EntryKind.RESERVE: -1, EntryKind.PAY: 0, EntryKind.RELEASE: 1}
    found, balance = [], 0
    entries = select(FundEntry).where(FundEntry.account_id == account.id).order_by(FundEntry.at, FundEntry.id)
    for entry in session.scalars(entries):
        kind = EntryKind(entry.kind)
        balance += changes[kind] * entry.amount
        found.append(
            Line(at=entry.at, kind=kind, amount=entry.amount, balance=balance, case_id=entry.case_id, note=entry.note)
        )
    return found
