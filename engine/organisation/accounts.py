"""Give somebody an account, a role, a new password."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import new_id, writing
from engine.errors import Conflict, Invalid, NotFound
from engine.organisation.models import Membership, OrgUnit, Staff
from engine.organisation.passwords import hash_password
from engine.organisation.roles import Role

#: what a person chooses; PINs and generated passwords go by their own rules
SHORTEST_PASSWORD = 10


def staff_by_login(session: Session, login: str) -> Staff:
    """Return the member of staff with this login.

    Raises:
        NotFound: there is none.
    """
    staff = session.scalars(select(Staff).where(Staff.login == login)).one_or_none()
    if staff is None:
        raise NotFound("staff-unknown", "There is no account {login}.", login=login)
    return staff


def add_staff(
    session: Session,
    *,
    login: str,
    name: str,
    email: str | None,
    password: str,
    role: str,
    unit: OrgUnit,
    actor: Actor,
    now: datetime,
) -> Staff:
    """Add a member of staff who holds `role` in `unit`.

    Raises:
        Conflict: the login is taken.
        Invalid: the role is unknown, or the password too short.
    """
    if role not in set(Role) - {Role.RESIDENT}:
        raise Invalid("role-unknown", "{role} is not a role. Use one of: {roles}.", role=role, roles=", ".join(Role))
    hashed = hash_password(_long_enough(password))
    with writing(session):
        if session.scalar(select(Staff.id).where(Staff.login == login)) is not None:
            raise Conflict("login-taken", "The login {login} is taken. Choose another one.", login=login)
        staff = Staff(id=new_id(), login=login, name=name, email=email, password_hash=hashed)
        session.add(staff)
        session.flush()
        session.add(Membership(id=new_id(), staff_id=staff.id, role=role, unit_id=unit.id, since=now))
        facts = {"staff": str(staff.id), "role": role, "unit": unit.code}
        jurisdiction = unit.jurisdiction
        record(session, tag=Tag.MEMBERSHIP_GRANTED, actor=actor, at=now, jurisdiction=jurisdiction, data=facts)
    return staff


def set_password(
    session: Session, staff: Staff, password: str, *, jurisdiction: str, actor: Actor, now: datetime
) -> None:
    """Give `staff` a new password.

    Raises:
        Invalid: it is too short.
    """
    hashed = hash_password(_long_enough(password))
    with writing(session):
        staff.password_hash = hashed
        session.add(staff)
        facts = {"staff": str(staff.id)}
        record(session, tag=Tag.PASSWORD_CHANGED, actor=actor, at=now, jurisdiction=jurisdiction, data=facts)


def _long_enough(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(
            "password-short",
            "The password is shorter than {shortest} characters. Choose a longer one.",
            shortest=SHORTEST_PASSWORD,
        )
    return password
