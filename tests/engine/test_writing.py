"""A block that writes: what becomes of what was read, or changed, before it."""

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from engine.db import writing
from engine.organisation.models import OrgUnit, UnitKind
from tests.factories import make_unit


def transaction(session: Session) -> int:
    return int(session.execute(text("SELECT txid_current()")).scalar_one())


def units(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        return session.execute(select(func.count()).select_from(OrgUnit)).scalar_one()


def test_on_postgresql_the_writes_go_on_in_the_transaction_of_the_reads(database: Engine, session: Session) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("SQLite's reads cannot become writes: their transaction is ended first")
    before = transaction(session)
    with writing(session):
        assert transaction(session) == before
    assert transaction(session) != before


def test_they_see_what_others_have_committed_since(session: Session, sessions: sessionmaker[Session]) -> None:
    unit = make_unit(session, UnitKind.COMMUNITY, "willow", name="柳园社区")
    assert session.scalars(select(OrgUnit.name).where(OrgUnit.id == unit.id)).one() == "柳园社区"
    with sessions() as other, writing(other):
        other.get_one(OrgUnit, unit.id).name = "新柳园社区"
    with writing(session):
        assert session.scalars(select(OrgUnit.name).where(OrgUnit.id == unit.id)).one() == "新柳园社区"


def test_what_was_changed_before_stands_when_the_block_fails(session: Session, sessions: sessionmaker[Session]) -> None:
    willow = make_unit(session, UnitKind.COMMUNITY, "willow")
    kept = units(sessions)

    def fail() -> None:
        with writing(session):
            session.add(below(willow, "within"))
            session.flush()
            raise ZeroDivisionError

    session.execute(select(1))
    session.add(below(willow, "before"))
    with pytest.raises(ZeroDivisionError):
        fail()
    assert units(sessions) == kept + 1


def below(parent: OrgUnit, code: str) -> OrgUnit:
    return OrgUnit(
        code=code, name=code, kind=UnitKind.ESTATE, jurisdiction=parent.jurisdiction, parent_id=parent.id,
        path=f"{parent.path}{code}/",
    )  # fmt: skip
