"""What another calendar does to matters: the clocks that it moves, by the numbers that people know."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.cases.subject import subjects_of
from engine.deadlines.ledger import Moved
from engine.deadlines.models import Clock
from engine.definitions import load
from engine.instances.models import Instance
from engine.organisation.models import OrgUnit
from engine.organisation.policy import Field, Viewer, visible_fields
from engine.organisation.sealing import knows

_AT_ONCE: Final = 500


@dataclass(frozen=True, kw_only=True)
class MovedClock:
    """A clock that moves, for a person.

    Args:
        number: of the case; None where the viewer may not see it.
        what: what the clock runs over, as the diagram names it.
        unit: whose time it is; empty where it is nobody's in particular.
    """

    moved: Moved
    number: str | None
    kind: str
    what: str
    unit: str


def moved_clocks(
    session: Session, moved: Sequence[Moved], *, viewer: Viewer | None = None, locale: str = "zh_CN"
) -> list[MovedClock]:
    """Return clocks that move, with what people call them, in the same order.

    Args:
        viewer: a member of staff; clocks of cases that they may not know of are left out. None: whoever sits at the
            machine itself, from whom nothing is hidden.
        locale: of the names that come from the process package.
    """
    return [each for some in _batches(moved) for each in _named(session, some, viewer, locale)]


def _batches(moved: Sequence[Moved]) -> Iterator[Sequence[Moved]]:
    for start in range(0, len(moved), _AT_ONCE):
        yield moved[start : start + _AT_ONCE]


def _named(session: Session, moved: Sequence[Moved], viewer: Viewer | None, locale: str) -> Iterator[MovedClock]:
    statement = (
        select(Clock, Case, Instance.version_id, OrgUnit.name)
        .join(Case, Case.id == Clock.case_id)
        .join(Instance, Instance.id == Clock.instance_id)
        .outerjoin(OrgUnit, OrgUnit.id == Clock.unit_id)
        .where(Clock.id.in_([each.clock_id for each in moved]))
    )
    if viewer is not None and viewer.staff_id is not None:
        statement = statement.where(knows(Clock.case_id, viewer.staff_id))
    rows = {clock.id: (clock, case, version_id, unit) for clock, case, version_id, unit in session.execute(statement)}
    numbers = _numbers(session, [case for _, case, _, _ in rows.values()], viewer)
    for each in moved:
        if each.clock_id in rows:
            clock, case, version_id, unit = rows[each.clock_id]
            what = load(session, version_id).element_name(clock.process_id, clock.element_id, locale)
            yield MovedClock(moved=each, number=numbers[case.id], kind=clock.kind, what=what, unit=unit or "")


def _numbers(session: Session, cases: Sequence[Case], viewer: Viewer | None) -> dict[UUID, str | None]:
    if viewer is None:
        return {case.id: case.number for case in cases}
    subjects = subjects_of(session, cases)
    seen = {case.id: Field.NUMBER in visible_fields(viewer, subjects[case.id]) for case in cases}
    return {case.id: case.number if seen[case.id] else None for case in cases}
