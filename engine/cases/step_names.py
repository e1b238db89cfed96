"""What people call a clock: the step of the diagram that it runs over."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import Clock
from engine.definitions import LoadedVersion, load
from engine.errors import EngineError
from engine.instances.models import Instance


def clock_names(session: Session, clocks: Collection[Clock], locale: str) -> dict[UUID, str]:
    """Return what each clock runs over, by its id; one whose process cannot be read any more is missing.

    Args:
        locale: of the names, which come from the process package.
    """
    wanted = {clock.instance_id for clock in clocks}
    rows = session.execute(select(Instance.id, Instance.version_id).where(Instance.id.in_(wanted)))
    of_instance = {row.id: row.version_id for row in rows}
    versions = {version_id: _readable(session, version_id) for version_id in set(of_instance.values())}
    names = {}
    for clock in clocks:
        version = versions.get(of_instance[clock.instance_id])
        if version is not None:
            names[clock.id] = version.element_name(clock.process_id, clock.element_id, locale)
    return names


def _readable(session: Session, version_id: UUID) -> LoadedVersion | None:
    try:
        return load(session, version_id)
    except EngineError:
        return None  # it costs a page its names, not the page
