"""Ids that lead to a case which somebody may not know of."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, exists, select, union_all
from sqlalchemy.orm import Session

from engine.cases.models import Case, CaseSealing
from engine.cases.subject import subject_of
from engine.db import Base
from engine.organisation.policy import Viewer
from engine.organisation.policy import knows as may_know
from engine.prepared import PreparedRead


def hides(session: Session, viewer: Viewer, id_: UUID) -> bool:
    """Say whether `id_` is of a case, or of anything of a case, that `viewer` may not know of.

    Every table is asked that says which case its rows belong to, so that what is built later is hidden as well.

    Source: 信访工作条例 art. 30.
    """
    session.flush()
    found = _sealed_of(len(Base.metadata.tables)).first(session.connection(), {"wanted": id_})
    if found is None:
        return False
    return not may_know(viewer, subject_of(session, session.get_one(Case, found.case_id)))


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
