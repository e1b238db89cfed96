"""Ids that lead to a case which somebody may not know of."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, exists, select, union_all
from sqlalchemy.orm import Session

from engine.cases.models import Case, CaseSealing
from engine.cases.subject import subject_of
from engine.db import Base, connected
from engine.organisation.policy import Viewer
from engine.organisation.policy import knows as may_know
from engine.prepared import Found, PreparedRead, Values


def hides(session: Session, viewer: Viewer, id_: UUID) -> bool:
    """Say whether `id_` is of a case, or of anything of a case, that `viewer` may not know of.

    Every table is asked that says which case its rows belong to, so that what is built later is hidden as well.

    Source: 信访工作条例 art. 30.
    """
    session.flush()
    read, values = sealed_asked(id_)
    return hides_one_of(session, viewer, read.all(connected(session), values))


def sealed_asked(id_: UUID) -> tuple[PreparedRead, Values]:
    """Return what asks for the sealed case that `id_` belongs to, to be asked together with something else."""
    return _sealed_of(len(Base.metadata.tables)), {"wanted": id_}


def hides_one_of(session: Session, viewer: Viewer, sealed: Iterable[Found]) -> bool:
    """Say whether there is a case that `viewer` may not know of in the answer to `sealed_asked`."""
    cases = (session.get_one(Case, each.case_id) for each in sealed)
    return any(not may_know(viewer, subject_of(session, case)) for case in cases)


@cache
def _sealed_of(_tables: int) -> PreparedRead:
    """Return what reads the sealed case that an id belongs to; built once for as many tables as there are."""
    wanted = bindparam("wanted", type_=Uuid())
    parts = [select(Case.id.label("case_id")).where(Case.id == wanted)]
    parts += [select(each.c.case_id).where(each.c.id == wanted) for each in _of_cases()]
    found = union_all(*parts).subquery()
    return PreparedRead(select(found.c.case_id).where(exists().where(CaseSealing.case_id == found.c.case_id)).limit(1))


def _of_cases() -> list[Table]:
    """The tables whose rows belong to a case and have an id of their own."""
    found: list[Any] = []
    for each in Base.metadata.sorted_tables:
        if "case_id" in each.c and "id" in each.c and isinstance(each.c.id.type, Uuid):
            found.append(each)
    return found
