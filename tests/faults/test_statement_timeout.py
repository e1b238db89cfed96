"""A database that gives up a statement that waits too long: nothing is half done, and asking again does it once."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.db import connect
from engine.db import sessions as session_factory
from engine.instances.runtime import Runtime
from engine.tasks.models import WorkItem
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World

TASKS = p.package(p.start(), p.task("a"), p.task("b"), p.end(), p.chain("start", "a", "b", "end"), key="tasks")


@pytest.mark.faults
@pytest.mark.postgres
def test_a_completion_that_waits_too_long_is_refused_and_done_once_when_asked_again(
    database: sa.Engine, world: World, session: Session, now: datetime
) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("SQLite has one lock, and no such setting")
    world.start(TASKS)
    item_id = session.scalars(sa.select(WorkItem.id)).one()
    session.rollback()
    hasty = database.url.update_query_dict({"options": "-c statement_timeout=400"})
    engine = connect(hasty.render_as_string(hide_password=False))
    sessions = session_factory(engine)
    with database.connect() as holder:
        for table in ("work_item", "instance"):
            holder.exec_driver_sql(f"SELECT 1 FROM {table} FOR UPDATE")
        with sessions() as asking, pytest.raises(sa.exc.OperationalError, match="statement timeout"):
            Runtime().complete(asking, item_id, {}, actor=Actor.engine(), now=now, request_key="k" * 20)
    for _ in range(2):
        with sessions() as asking:
            Runtime().complete(asking, item_id, {}, actor=Actor.engine(), now=now, request_key="k" * 20)
    with sessions() as looking:
        done = sa.select(sa.func.count()).where(AuditEvent.tag == Tag.WORK_ITEM_COMPLETED)
        assert looking.scalar(done) == 1
    engine.dispose()
