"""What goes wrong in a statement of the hot path reads as anywhere else."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.db import new_id
from engine.organisation.models import Membership
from engine.prepared import Prepared, run_together

_NAMES = ("id", "staff_id", "role", "unit_id", "since")
_INSERT = Prepared(insert(Membership), _NAMES)


def row(**values: Any) -> dict[str, Any]:
    return {"id": new_id(), "staff_id": new_id(), "role": "handler", "unit_id": new_id(), **values}


def test_a_value_that_cannot_be_kept_is_told_as_itself(session: Session) -> None:
    with pytest.raises(ValueError, match="has no time zone") as caught:
        run_together(session.connection(), [(_INSERT, row(since=datetime(2026, 3, 18)))])
    assert caught.value.__cause__ is None  # whoever follows the causes of a failed step must come to an end


def test_what_the_database_refuses_hides_the_values(session: Session, now: datetime) -> None:
    same = row(since=now)
    with pytest.raises(IntegrityError) as caught:
        run_together(session.connection(), [(_INSERT, same), (_INSERT, same)])
    assert str(same["staff_id"]) not in str(caught.value.params)
