"""What people want of notices is checked before it is kept."""

from datetime import datetime, time

import pytest
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.errors import Invalid
from engine.notices import spoilt
from engine.notices.preferences import DEFAULT, Wish, set_contact, set_wish, wish_of
from tests.factories import JURISDICTION, make_staff

GOOD = {"email": True, "sms": False, "quiet_from": "22:00", "quiet_until": "07:30", "digest_at": "08:00"}


def test_a_wish_is_kept_and_can_be_taken_back(session: Session, now: datetime) -> None:
    staff = make_staff(session)
    assert wish_of(session, staff.id) == DEFAULT
    set_wish(session, staff, **GOOD, now=now)  # type: ignore[arg-type]
    assert wish_of(session, staff.id) == Wish(quiet=(time(22), time(7, 30)), digest_at=time(8))
    set_wish(session, staff, email=False, sms=True, quiet_from="", quiet_until="", digest_at="", now=now)
    assert wish_of(session, staff.id) == Wish(email=False, sms=True)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"quiet_from": ""}, "quiet_from"),  # one without the other
        ({"quiet_until": "soon"}, "quiet_until"),
        ({"digest_at": "8"}, "digest_at"),
        ({"email": False}, "digest_at"),  # a daily mail without mail
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    session: Session, now: datetime, values: dict[str, object], field: str
) -> None:
    staff = make_staff(session)
    with pytest.raises(Invalid) as caught:
        set_wish(session, staff, **(GOOD | values), now=now)  # type: ignore[arg-type]
    assert list(caught.value.facts["fields"]) == [field]
    assert wish_of(session, staff.id) == DEFAULT


@pytest.mark.parametrize(("email", "phone"), [("lead@", ""), ("a b@example.org", ""), ("", "12"), ("", "call me")])
def test_an_address_that_is_none_is_refused(session: Session, now: datetime, email: str, phone: str) -> None:
    staff = make_staff(session, email="old@example.org")
    with pytest.raises(Invalid, match="must be corrected"):
        set_contact(
            session, staff, email=email, phone=phone, jurisdiction=JURISDICTION, actor=Actor.staff(staff), now=now
        )
    assert staff.email == "old@example.org"
    assert spoilt.of_staff(session, staff.id) == []
