"""Cover while absent (替岗): who does whose work, when, and in which role."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, SelectBase, bindparam, or_, select
from sqlalchemy.orm import Session, joinedload

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import writing
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.organisation.colleagues import circle
from engine.organisation.models import Absence, Membership, OrgUnit, Staff
from engine.organisation.roles import TECHNICAL
from engine.organisation.service import inbox_key, memberships
from engine.prepared import Found, PreparedRead, Values

#: Nobody is away for longer at a time; a longer absence is a change of roles.
LONGEST: Final = timedelta(days=180)


@dataclass(frozen=True, kw_only=True)
class Cover:
    """One role of somebody absent that a substitute fills.

    Args:
        staff_id, name: who is absent.
        until_at: the first instant at which they are back.
    """

    staff_id: UUID
    name: str
    until_at: datetime
    role: str
    unit_id: UUID
    unit_code: str

    @property
    def inbox_key(self) -> str:
        """The inbox that the substitute works from as well."""
        return inbox_key(self.role, self.unit_code)


def covers_of(substitute: ColumnElement[Any]) -> SelectBase:
    """Return the query of every role that somebody, whom an expression names, fills for others at the instant `now`."""
    now = bindparam("now", type_=Absence.__table__.c.from_at.type)
    return (
        select(Staff.id, Staff.name, Absence.until_at, Membership.role, Membership.unit_id, OrgUnit.code)
        .join(Absence, Absence.staff_id == Staff.id)
        .join(Membership, Membership.staff_id == Staff.id)
        .join(OrgUnit, OrgUnit.id == Membership.unit_id)
        .where(
            Absence.substitute_id == substitute,
            Absence.from_at <= now,
            Absence.until_at > now,
            or_(Absence.role.is_(None), Absence.role == Membership.role),
            or_(Absence.unit_id.is_(None), Absence.unit_id == Membership.unit_id),
            *(Membership.role != each.value for each in sorted(TECHNICAL)),
            Staff.active,
            OrgUnit.active,
        )
        .order_by(OrgUnit.path, Membership.role, Staff.name)
    )


_COVERED: Final = PreparedRead(covers_of(bindparam("substitute", type_=Absence.__table__.c.substitute_id.type)))


def covers(connection: Connection, substitute_id: UUID, now: datetime) -> list[Cover]:
    """Return every role that somebody fills for others now."""
    read, values = covers_asked(substitute_id, now)
    return covers_in(read.all(connection, values))


def covers_asked(substitute_id: UUID, now: datetime) -> tuple[PreparedRead, Values]:
    """Return what asks for every role that somebody fills for others now, to be asked together with something else."""
    return _COVERED, {"substitute": substitute_id, "now": aware(now)}


def covers_in(rows: Iterable[Found]) -> list[Cover]:
    """Return the roles that the answer to `covers_of` names."""
    return [
        Cover(staff_id=staff, name=name, until_at=until, role=role, unit_id=unit, unit_code=code)
        for staff, name, until, role, unit, code in rows
    ]


def covered_keys(session: Session, substitute_id: UUID, now: datetime) -> dict[str, Cover]:
    """Return the inboxes that somebody works from for others now, besides those of their own roles."""
    return {each.inbox_key: each for each in covers(session.connection(), substitute_id, now)}


def set_absence(
    session: Session,
    *,
    staff: Staff,
    substitute: Staff,
    from_at: datetime,
    until_at: datetime,
    membership: Membership | None = None,
    note: str = "",
    now: datetime,
) -> Absence:
    """Let `substitute` do the work of `staff` from one instant until another.

    Args:
        membership: the one role that is covered; None: all that `staff` holds.

    Raises:
        Invalid: `absence-dates`, `absence-self`: the dates or the person cannot be used.
        Forbidden: `absence-outside`: the substitute works in none of the units, or the role is another's.
        Conflict: `absence-overlaps`: the role is covered by somebody in that time already.
    """
    start, end = aware(from_at), aware(until_at)
    if end <= start or end <= aware(now) or end - start > LONGEST:
        raise Invalid(
            "absence-dates", "An absence ends after it begins, after now, and lasts at most {days} days.",
            days=LONGEST.days,
        )  # fmt: skip
    if substitute.id == staff.id:
        raise Invalid("absence-self", "Nobody is their own substitute. Choose a colleague.")
    with writing(session):
        covered = [membership] if membership else [m for m in memberships(session, staff.id) if m.role not in TECHNICAL]
        _require_near(session, staff, substitute, covered)
        _refuse_overlap(session, staff, start, end, membership)
        absence = Absence(
            jurisdiction=covered[0].unit.jurisdiction, staff_id=staff.id, substitute_id=substitute.id,
            role=membership.role if membership else None, unit_id=membership.unit_id if membership else None,
            from_at=start, until_at=end, note=note.strip()[:200], created_at=aware(now),
        )  # fmt: skip
        session.add(absence)
        session.flush()
        _record(session, absence, Tag.ABSENCE_SET, staff, now)
        return absence


def _require_near(session: Session, staff: Staff, substitute: Staff, covered: list[Membership]) -> None:
    """A substitute works in the circle of each unit whose work they would do."""
    theirs = [each.unit.path for each in memberships(session, substitute.id) if each.role not in TECHNICAL]
    for held in covered:
        if held.staff_id != staff.id:
            raise Forbidden("absence-not-yours", "Only a role that you hold yourself can be covered for you.")
        around = circle(session, held.unit)
        if not substitute.active or not any(path.startswith(around.path) for path in theirs):
            raise Forbidden(
                "absence-outside",
                "{who} does not work in {unit}, so they cannot fill a role there. Choose a colleague of that unit.",
                who=substitute.name, unit=around.name,
            )  # fmt: skip
    if not covered:
        raise Forbidden("absence-no-role", "You hold no role that somebody could fill for you.")


def _refuse_overlap(
    session: Session, staff: Staff, start: datetime, end: datetime, membership: Membership | None
) -> None:
    known = session.scalars(
        select(Absence).where(Absence.staff_id == staff.id, Absence.from_at < end, Absence.until_at > start)
    )
    for other in known:
        held = (membership.role, membership.unit_id) if membership else (None, None)
        if held[0] is None or other.role is None or (other.role, other.unit_id) == held:
            raise Conflict(
                "absence-overlaps",
                "{who} covers for you in that time already. End that first, or choose other days.",
                who=other.substitute.name,
            )  # fmt: skip


def end_absence(session: Session, absence_id: UUID, *, staff: Staff, now: datetime) -> Absence:
    """End one's absence now; one that has not begun never does.

    Raises:
        NotFound: it is not theirs, or there is none.
        Conflict: `absence-over`: it has ended already.
    """
    with writing(session):
        absence = session.get(Absence, absence_id)
        if absence is None or absence.staff_id != staff.id:
            raise NotFound("absence-unknown", "You have no such absence.")
        if absence.until_at <= aware(now):
            raise Conflict("absence-over", "This absence has ended already.")
        absence.until_at = aware(now)
        absence.from_at = min(absence.from_at, aware(now))
        session.flush()
        _record(session, absence, Tag.ABSENCE_ENDED, staff, now)
        return absence


def _record(session: Session, absence: Absence, tag: Tag, staff: Staff, now: datetime) -> None:
    record(
        session, tag=tag, actor=Actor.staff(staff), at=now, jurisdiction=absence.jurisdiction,
        data={"absence": str(absence.id), "substitute": str(absence.substitute_id), "role": absence.role,
              "from": absence.from_at.isoformat(), "until": absence.until_at.isoformat()},
    )  # fmt: skip


def absences_of(session: Session, staff_id: UUID, now: datetime) -> list[Absence]:
    """Return somebody's absences that have not ended, the next first."""
    return _living(session, now, Absence.staff_id == staff_id)


def covering(session: Session, substitute_id: UUID, now: datetime) -> list[Absence]:
    """Return the absences in which somebody is the substitute, now or later, the next first."""
    return _living(session, now, Absence.substitute_id == substitute_id)


def away(session: Session, staff_id: UUID, role: str, unit_id: UUID | None, now: datetime) -> Absence | None:
    """Return the absence that somebody is in now as far as a role is concerned, None while they are there."""
    for absence in absences_of(session, staff_id, now):
        if absence.from_at <= aware(now) and absence.role in (None, role) and absence.unit_id in (None, unit_id):
            return absence
    return None


def _living(session: Session, now: datetime, *where: object) -> list[Absence]:
    wanted = select(Absence).options(
        joinedload(Absence.staff), joinedload(Absence.substitute), joinedload(Absence.unit)
    )
    living = wanted.where(Absence.until_at > aware(now), *where)  # type: ignore[arg-type]
    return list(session.scalars(living.order_by(Absence.from_at, Absence.id)))
