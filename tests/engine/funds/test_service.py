"""The community fund: what a community has, what is set aside of it, and that it is never promised twice."""

import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.audit.models import AuditEvent
from engine.db import new_id, writing
from engine.errors import Conflict, EngineError, Invalid, NotFound
from engine.funds import (
    FundAccount,
    FundEntry,
    FundReservation,
    entries_of_case,
    fen_of,
    grant,
    open_account,
    pay,
    release,
    reserve,
    set_yearly_grant,
    statement,
    statement_of_case,
    yuan_text,
)
from engine.organisation.models import OrgUnit
from tests.factories import JURISDICTION, make_case, make_district

YUAN = 100
ACTOR = Actor.api("tests")


@pytest.fixture
def case_id(session: Session) -> Any:
    """A matter in Willow community."""
    return make_case(session, place=make_district(session).unit("willow")).id


@pytest.fixture
def setting_aside(session: Session, case_id: Any, now: datetime) -> Callable[..., FundReservation]:
    """Reserve for the matter."""

    def reserved(yuan: int, **more: Any) -> FundReservation:
        wanted = {"jurisdiction": JURISDICTION, "unit_code": "willow", "year": 2026, "case_id": case_id} | more
        return reserve(session, **wanted, amount=yuan * YUAN, note="路灯", actor=ACTOR, now=now)

    return reserved


def account(session: Session) -> FundAccount:
    return session.scalars(sa.select(FundAccount).execution_options(populate_existing=True)).one()


def opened(session: Session, now: datetime, **more: Any) -> FundAccount:
    wanted = {"jurisdiction": JURISDICTION, "unit_code": "willow", "year": 2026} | more
    return open_account(session, **wanted, actor=ACTOR, now=now)


def test_a_community_has_two_hundred_thousand_yuan_a_year_where_nothing_else_is_set(
    session: Session, case_id: Any, now: datetime
) -> None:
    opened(session, now)
    assert statement(account(session)).available == 20_000_000
    opened(session, now)
    assert [entry.kind for entry in session.scalars(sa.select(FundEntry))] == ["grant"]


@pytest.mark.parametrize(
    ("unit", "year", "yearly"),
    [
        # nothing is set for so early a year
        ("willow", 2024, 20_000_000),
        # what is set for everyone
        ("plum", 2025, 30_000_000),
        # a community's own row goes before everyone's, though everyone's is newer
        ("willow", 2027, 5_000_000),
        # the newest row that is in force
        ("plum", 2027, 40_000_000),
    ],
)
def test_what_a_community_has_a_year_is_data(
    session: Session, case_id: Any, now: datetime, unit: str, year: int, yearly: int
) -> None:
    for code, from_year, fen in (("", 2025, 30_000_000), ("", 2027, 40_000_000), ("willow", 2026, 5_000_000)):
        set_yearly_grant(
            session, jurisdiction=JURISDICTION, unit_code=code, from_year=from_year, yearly=fen, actor=ACTOR, now=now
        )
    assert opened(session, now, unit_code=unit, year=year).granted == yearly


def test_a_grant_is_set_anew_and_a_unit_that_is_not_there_is_refused(
    session: Session, case_id: Any, now: datetime
) -> None:
    for yearly in (1, 2):
        row = set_yearly_grant(session, jurisdiction=JURISDICTION, from_year=2026, yearly=yearly, actor=ACTOR, now=now)
    assert row.yearly == 2
    with pytest.raises(NotFound):
        set_yearly_grant(
            session, jurisdiction=JURISDICTION, unit_code="nowhere", from_year=2026, yearly=1, actor=ACTOR, now=now
        )


def test_money_is_reserved_paid_and_given_back(
    session: Session, case_id: Any, now: datetime, setting_aside: Callable[..., FundReservation]
) -> None:
    setting_aside(1000)
    pay(session, case_id=case_id, amount=600 * YUAN, note="首付", actor=ACTOR, now=now)
    assert release(session, case_id=case_id, note="结余", actor=ACTOR, now=now) == 400 * YUAN
    assert release(session, case_id=case_id, note="结余", actor=ACTOR, now=now) == 0
    held = account(session)
    assert (held.granted, held.reserved, held.paid, held.available) == (20_000_000, 0, 60_000, 19_940_000)
    told = statement_of_case(session, case_id)
    assert (told.granted, told.reserved, told.paid, told.released) == (100_000, 0, 60_000, 40_000)
    assert {entry.kind: entry.amount for entry in entries_of_case(session, case_id)} == {
        "reserve": 100_000, "pay": 60_000, "release": 40_000,
    }  # fmt: skip


def test_more_than_the_balance_is_refused_with_both_amounts_and_nothing_is_changed(
    session: Session, case_id: Any, now: datetime, setting_aside: Callable[..., FundReservation]
) -> None:
    setting_aside(199_999)
    with pytest.raises(Invalid) as refused:
        setting_aside(2, field="budget_yuan")
    assert refused.value.code == "fund-short"
    assert "1.00 yuan left, and 2.00 yuan are asked for" in refused.value.message
    assert list(refused.value.facts["fields"]) == ["budget_yuan"]
    assert account(session).available == 100
    assert len(entries_of_case(session, case_id)) == 1


def test_more_than_what_is_reserved_is_not_paid(
    session: Session, case_id: Any, now: datetime, setting_aside: Callable[..., FundReservation]
) -> None:
    setting_aside(100)
    with pytest.raises(Invalid) as refused:
        pay(session, case_id=case_id, amount=101 * YUAN, note="", actor=ACTOR, now=now, field="paid_yuan")
    assert refused.value.code == "fund-payment-short"
    assert "100.00 yuan are left" in refused.value.message
    assert (account(session).reserved, account(session).paid) == (10_000, 0)


def test_nothing_is_paid_for_a_matter_without_a_reservation(session: Session, case_id: Any, now: datetime) -> None:
    with pytest.raises(Conflict, match="Nothing is reserved"):
        pay(session, case_id=case_id, amount=1, note="", actor=ACTOR, now=now)


def test_a_matter_may_have_money_of_two_years_and_spends_the_newer_first(
    session: Session, case_id: Any, now: datetime, setting_aside: Callable[..., FundReservation]
) -> None:
    setting_aside(10, year=2025)
    setting_aside(20)
    for yuan in (20, 10):
        pay(session, case_id=case_id, amount=yuan * YUAN, note="", actor=ACTOR, now=now)
    told = statement_of_case(session, case_id)
    assert (told.year, told.granted, told.paid, told.reserved) == (2026, 3000, 3000, 0)


def test_a_later_grant_adds_to_the_balance(session: Session, case_id: Any, now: datetime) -> None:
    grant(session, opened(session, now), 50, note="追加", actor=ACTOR, now=now)
    assert account(session).available == 20_000_050


def test_every_entry_has_an_event(
    session: Session, case_id: Any, now: datetime, setting_aside: Callable[..., FundReservation]
) -> None:
    setting_aside(10)
    pay(session, case_id=case_id, amount=400, note="", actor=ACTOR, now=now)
    release(session, case_id=case_id, note="", actor=ACTOR, now=now)
    events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.at, AuditEvent.seq)).all()
    assert [(event.tag, event.data["amount"], event.case_id) for event in events] == [
        ("fund:granted", 20_000_000, None),
        ("fund:reserved", 1000, case_id),
        ("fund:paid", 400, case_id),
        ("fund:released", 600, case_id),
    ]


def test_of_two_who_reserve_the_same_money_one_wins(
    session: Session, sessions: sessionmaker[Session], case_id: Any, now: datetime
) -> None:
    place = make_case(session, place=session.scalars(sa.select(OrgUnit).where(OrgUnit.code == "willow")).one())
    both, results, start = [case_id, place.id], [], threading.Barrier(2)

    def race(number: int) -> None:
        with sessions() as own:
            start.wait()
            try:
                reserve(
                    own, jurisdiction=JURISDICTION, unit_code="willow", year=2026, case_id=both[number],
                    amount=15_000_000, note="", actor=ACTOR, now=now,
                )  # fmt: skip
                results.append("won")
            except EngineError as error:
                results.append(error.code)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["fund-short", "won"]
    assert (account(session).reserved, account(session).available) == (15_000_000, 5_000_000)


@pytest.mark.parametrize(
    "values",
    [
        # more reserved and paid than granted
        {"granted": 10, "reserved": 6, "paid": 5},
        {"granted": 10, "reserved": 0, "paid": 11},
        # no part of it may be negative
        {"granted": 10, "reserved": -1, "paid": 0},
    ],
)
def test_the_database_itself_refuses_a_balance_below_zero(
    session: Session, case_id: Any, now: datetime, values: dict[str, int]
) -> None:
    opened(session, now)
    with pytest.raises(sa.exc.IntegrityError), writing(session):
        session.execute(sa.update(FundAccount).values(**values))


def test_the_database_itself_refuses_to_spend_a_reservation_twice(
    session: Session, case_id: Any, now: datetime, setting_aside: Callable[..., FundReservation]
) -> None:
    setting_aside(1)
    with pytest.raises(sa.exc.IntegrityError), writing(session):
        session.execute(sa.update(FundReservation).values(paid=60, released=60))
    with pytest.raises(sa.exc.IntegrityError), writing(session):
        session.add(FundEntry(id=new_id(), account_id=account(session).id, kind="pay", amount=0, by="x", at=now))


@pytest.mark.parametrize(
    ("value", "fen"),
    [
        # what FEEL gives
        (Decimal("120000.00"), 120_000),
        (5, 5),
        # a part of a fen, nothing, a text, a truth: no amount
        (Decimal("0.5"), None),
        (0, None),
        (-1, None),
        ("5", None),
        (True, None),
        (None, None),
    ],
)
def test_an_amount_is_a_whole_number_of_fen(value: Any, fen: int | None) -> None:
    if fen is not None:
        assert fen_of(value) == fen
        return
    with pytest.raises(Invalid, match="no whole number of fen"):
        fen_of(value)


def test_money_reads_as_yuan() -> None:
    assert [yuan_text(fen) for fen in (20_000_000, 1, 0)] == ["200,000.00", "0.01", "0.00"]
