"""What the tests of faults may ask for beside the common things."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.engine.instances.conftest import World
from tests.factories import make_case, make_district


@pytest.fixture
def world(session: Session, now: datetime) -> World:
    """The world of a test: a district, a case, and the runtime."""
    district = make_district(session)
    return World(session, district, make_case(session, place=district.unit("willow")), now)
