"""Jobs whose worker died: given to others, split so that one does not take the rest along, and ended in sight."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from engine.db import writing
from engine.instances import incidents, sweeping
from engine.instances.runtime import Runtime
from engine.queueing.jobs import Job, defer

_log = structlog.get_logger(__name__)

#: Jobs that one look takes.
_MOST: Final = 200
#: What a worker died of, or beside, is done one after the other, wherever: of two at a time nobody would know which
#: one kills, and the other would be blamed with it.
SUSPECT: Final = "suspect"
#: How long a job that ended badly is kept, for whoever looks into it.
KEPT: Final = timedelta(days=7)

_STALLED: Final = text(
    "SELECT j.id, j.task_name, j.args FROM procrastinate_jobs j"
    " LEFT JOIN procrastinate_workers w ON w.id = j.worker_id"
    " WHERE j.status = 'doing'"
    " AND (w.id IS NULL OR w.last_heartbeat < clock_timestamp() - make_interval(secs => :silence))"
    " ORDER BY j.id LIMIT :most FOR UPDATE OF j SKIP LOCKED"
)
_FAIL: Final = text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)")
_TAKE: Final = text(
    "DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM procrastinate_jobs WHERE status = 'todo'"
    " AND task_name LIKE 'chuishao.%' ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING task_name, args"
)
_FORGET: Final = text(
    "DELETE FROM procrastinate_jobs j WHERE j.status = 'failed' AND NOT EXISTS (SELECT 1 FROM procrastinate_events e"
    " WHERE e.job_id = j.id AND e.at >= clock_timestamp() - make_interval(secs => :kept))"
)


def rescue(session: Session, runtime: Runtime, now: datetime, silence: timedelta) -> int:
    """Give the jobs of workers that have fallen silent to others, and return how many.

    A job that has killed too many is not tried again: its timer or its incident says so to an operator. Notices need no
    job: a sender's claims in the outbox end by themselves, and are counted there.

    Args:
        silence: a worker that has said nothing for so long is dead, or cut off. Should it come back and finish after
            all, the rows that its job names refuse the second time.
    """
    with writing(session):
        rows = session.execute(_STALLED, {"silence": silence.total_seconds(), "most": _MOST}).all()
        for row in rows:
            session.execute(_FAIL, {"id": row.id})
            _log.warning("job.stalled", job_id=str(row.id), job=row.task_name, deaths=row.args.get("deaths", 0) + 1)
            again = _AGAIN.get(row.task_name)
            if again is not None:
                again(session, runtime, row.args, row.args.get("deaths", 0) + 1, now)
    return len(rows)


def _timers_again(session: Session, runtime: Runtime, args: Mapping[str, Any], deaths: int, now: datetime) -> None:
    if len(args["timers"]) > 1 or deaths < sweeping.MOST_CLAIMS:
        alone = [{"timers": [each], "deaths": deaths} for each in args["timers"]]
        defer(session, Job.FIRE_TIMERS, *alone, lock=SUSPECT)
        return
    for timer_id in map(UUID, args["timers"]):
        runtime.give_up_timer(session, timer_id, sweeping.died_of(timer_id), now, last=True)


def _retry_again(session: Session, _runtime: Runtime, args: Mapping[str, Any], deaths: int, _now: datetime) -> None:
    incident = args["incident"]
    if deaths < sweeping.MOST_CLAIMS:
        defer(session, Job.RETRY_INCIDENT, {**args, "deaths": deaths}, lock=SUSPECT)
    else:
        incidents.mark_deadly(session, UUID(incident), deaths)


_Again = Callable[[Session, Runtime, Mapping[str, Any], int, datetime], None]
_AGAIN: Final[Mapping[str, _Again]] = {
    Job.FIRE_TIMERS.value: _timers_again,
    Job.RETRY_INCIDENT.value: _retry_again,
}


def take_back(session: Session) -> int:
    """Take jobs back that nobody is there to do, so that whoever sweeps does them; return how many."""
    with writing(session):
        rows = session.execute(_TAKE, {"most": _MOST * 10}).all()
        for row in rows:
            if row.task_name == Job.FIRE_TIMERS:
                sweeping.take_back(session, [UUID(each) for each in row.args["timers"]], row.args["deaths"])
    return len(rows)


def forget_failed(sessions: sessionmaker[Session]) -> None:
    """Delete jobs that ended badly long ago; what came of them stands with their timers and incidents."""
    with sessions() as session, writing(session):
        session.execute(_FORGET, {"kept": KEPT.total_seconds()})
