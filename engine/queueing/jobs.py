"""What is put into the queue, and how: on the caller's connection, so that a job holds or falls with its cause."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import procrastinate
from sqlalchemy.orm import Session

from engine.failpoints import reach


class Job(StrEnum):
    """The kinds of jobs. Each carries `deaths`: how many workers ended without an answer while they had it."""

    #: `timers`: ids of timers to deliver, in one transaction where that works
    FIRE_TIMERS = "chuishao.fire_timers"
    #: nothing else: the rows of the outbox say what is to be sent
    SEND_NOTICES = "chuishao.send_notices"
    #: `incident`: the id of one to try again
    RETRY_INCIDENT = "chuishao.retry_incident"


STEPS: Final = "steps"
NOTICES: Final = "notices"
QUEUES: Final = (STEPS, NOTICES)
_QUEUE: Final = {Job.FIRE_TIMERS: STEPS, Job.RETRY_INCIDENT: STEPS, Job.SEND_NOTICES: NOTICES}

# never opened: it speaks on connections that are handed to it
_app: Final = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def defer(session: Session, job: Job, *many: Mapping[str, Any], lock: str | None = None) -> None:
    """Put jobs into the queue, in the transaction that `session` is in. Workers see them when it commits.

    A job is never refused because a like one waits: the index that would say so makes two transactions wait for each
    other that have nothing else in common.

    Args:
        many: the arguments of each.
        lock: jobs of the same lock are done one after the other.
    """
    connection: Any = session.connection().connection.driver_connection
    configured = _app.configure_task(job.value, queue=_QUEUE[job], lock=lock, connection=connection)
    configured.batch_defer(*(dict(each) for each in many))
    reach("job-deferred")
