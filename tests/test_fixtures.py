"""The fixtures themselves: each test gets an empty database, whatever the one before committed."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from engine.organisation.models import OrgUnit
from tests.factories import make_case, make_district, make_instance


@pytest.mark.parametrize("run", [1, 2])
def test_each_test_starts_from_empty_tables(run: int, session: Session, sessions: sessionmaker[Session]) -> None:
    assert session.scalar(select(func.count()).select_from(OrgUnit)) == 0
    district = make_district(session)
    case = make_case(session, place=district.unit("willow"))
    make_instance(session, case)
    with sessions() as other:
        assert other.scalar(select(func.count()).select_from(OrgUnit)) == len(district.units)
