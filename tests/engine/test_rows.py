"""Rows that were read by a prepared statement are objects of the session like any other."""

from uuid import uuid4

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from engine.db import writing
from engine.organisation.models import Staff
from engine.rows import ById, attached
from tests.factories import make_district, make_staff

STAFF = ById(Staff)


def test_it_is_the_object_that_the_session_would_have_read(session: Session) -> None:
    staff_id = make_staff(session, "anna", roles=[("community", make_district(session).unit("willow"))]).id
    session.expunge_all()
    found = STAFF.get(session, staff_id)
    assert found is not None
    assert inspect(found).persistent
    assert not inspect(found).modified
    assert session.get(Staff, staff_id) is found
    assert STAFF.get(session, staff_id) is found
    by_hand = {column.key: getattr(found, column.key) for column in inspect(Staff).column_attrs}
    session.expunge_all()
    read = session.get_one(Staff, staff_id)
    assert by_hand == {column.key: getattr(read, column.key) for column in inspect(Staff).column_attrs}


def test_what_is_changed_on_it_is_written(session: Session) -> None:
    staff_id = make_staff(session, "anna", roles=[]).id
    session.expunge_all()
    with writing(session):
        found = STAFF.get(session, staff_id)
        assert found is not None
        found.name = "安娜"
    session.expunge_all()
    assert session.get_one(Staff, staff_id).name == "安娜"


def test_what_the_session_changed_and_has_not_written_stays(session: Session) -> None:
    known = make_staff(session, "anna", roles=[])
    known.name = "安娜"
    columns = {column.name: getattr(known, column.name) for column in Staff.__table__.c} | {"name": "old"}
    assert attached(session, Staff, columns) is known
    assert known.name == "安娜"


def test_what_was_added_and_not_written_is_found(session: Session) -> None:
    staff_id = make_staff(session, "anna", roles=[]).id
    pending = Staff(id=uuid4(), login="bob", name="Bob")
    session.add(pending)
    assert STAFF.get(session, pending.id) is pending
    assert STAFF.get(session, staff_id) is not None


def test_an_id_that_no_row_has_is_nothing(session: Session) -> None:
    assert STAFF.get(session, uuid4()) is None
