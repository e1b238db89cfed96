"""What people call a clock and a task: the step of the diagram, in the reader's language."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.deadlines.models import Clock
from engine.definitions import LoadedVersion, load
from engine.errors import EngineError
from engine.instances.models import Instance
from engine.tasks.models import WorkItem


def clock_names(session: Session, clocks: Collection[Clock], locale: str) -> dict[UUID, str]:
    """Return what each clock runs over, by its id; one whose process cannot be read any more is missing.

    Args:
        locale: of the names, which come from the process package.
    """
    asked = select(Clock.id, Clock.process_id, Clock.element_id, Instance.version_id)
    asked = asked.join(Instance, Instance.id == Clock.instance_id)
    return _named(session, session.execute(asked.where(Clock.id.in_([clock.id for clock in clocks]))), locale)


def task_names(session: Session, items: Collection[UUID], locale: str) -> dict[UUID, str]:
    """Return what tasks are called, by their id.

    Those that have no other name in this language are called as the diagram was drawn, which is how the row has it; so
    nothing is read for readers of Chinese, the language of diagrams.
    """
    if not items or locale.startswith("zh"):
        return {}
    asked = select(WorkItem.id, WorkItem.process_id, WorkItem.element_id, Instance.version_id)
    asked = asked.join(Instance, Instance.id == WorkItem.instance_id)
    return _named(session, session.execute(asked.where(WorkItem.id.in_(items))), locale)


def _named(session: Session, found: Iterable[Row[Any]], locale: str) -> dict[UUID, str]:
    rows = list(found)
    versions = {version_id: _readable(session, version_id) for version_id in {row.version_id for row in rows}}
    return {
        row.id: version.element_name(row.process_id, row.element_id, locale)
        for row in rows
        if (version := versions[row.version_id]) is not None
    }


def _readable(session: Session, version_id: UUID) -> LoadedVersion | None:
    try:
        return load(session, version_id)
    except EngineError:
        return None  # it costs a page its names, not the page
