"""Runs as rows: put down step by step, taken up again by whichever process is asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from engine.db import writing
from engine.definitions import Package
from engine.definitions.models import ProcessVersion
from engine.errors import Conflict, EngineError, NotFound
from engine.sandbox.models import PlayRun
from engine.sandbox.recording import Scenario
from engine.sandbox.running import Run
from engine.sandbox.scenarios import make_step

#: So long after it was used last a run is dropped; and so many one person may have.
KEPT: Final = timedelta(days=1)
MOST_OF_ONE: Final = 3
#: A look is noted no more often.
_LOOKED: Final = timedelta(minutes=5)
_NAME: Final = "run"


def put_run(
    session: Session, run: Run, *, owner: UUID, source: Mapping[str, Any], others: Sequence[ProcessVersion],
    jurisdiction: str, now: datetime,
) -> PlayRun:  # fmt: skip
    """Keep a run that was begun; the oldest of its owner's give way, and those that nobody used for a day."""
    row = PlayRun(
        jurisdiction=jurisdiction, owner=owner, source=dict(source), package=run.box.package.to_zip(),
        others=[str(each.id) for each in others], content=run.scenario(_NAME).to_json(), steps=len(run.steps),
        used_at=now,
    )  # fmt: skip
    with writing(session):
        session.execute(delete(PlayRun).where(PlayRun.used_at < now - KEPT))
        own = session.scalars(
            select(PlayRun.id).where(PlayRun.owner == owner).order_by(PlayRun.used_at.desc(), PlayRun.id.desc())
        ).all()
        session.execute(delete(PlayRun).where(PlayRun.id.in_(own[MOST_OF_ONE - 1 :])))
        session.add(row)
    return row


def find_run(session: Session, run_id: UUID, owner: UUID, *, now: datetime) -> PlayRun:
    """Return a run to its owner.

    Raises:
        NotFound: it was dropped, or is somebody else's.
    """
    row = session.get(PlayRun, run_id, populate_existing=True)
    if row is None or row.owner != owner or row.used_at < now - KEPT:
        raise _gone()
    if now - row.used_at > _LOOKED:
        with writing(session):
            row.used_at = now
    return row


def play_again(session: Session, row: PlayRun) -> Run:
    """Play a run again to where it stands, step by step as it was played.

    Raises:
        NotFound: a step cannot be made any more.
    """
    kept = Scenario.from_json(_NAME, row.content)
    wanted = [UUID(each) for each in row.others]
    others = session.scalars(select(ProcessVersion).where(ProcessVersion.id.in_(wanted))).all()
    run = Run(Package.read_zip(row.package), now=kept.begins_at, district=kept.district, others=tuple(others))
    try:
        run.start(kept.matter)
        for step in kept.steps:
            make_step(run, step)
    except EngineError as error:
        run.close()
        raise _gone() from error
    return run


def note_steps(session: Session, run_id: UUID, run: Run, *, before: int, now: datetime) -> None:
    """Keep the steps that were made since a run had `before` of them.

    Raises:
        Conflict: somebody made others meanwhile, in another window.
    """
    with writing(session):
        done = session.execute(
            update(PlayRun)
            .where(PlayRun.id == run_id, PlayRun.steps == before)
            .values(content=run.scenario(_NAME).to_json(), steps=len(run.steps), used_at=now)
        )
        if isinstance(done, CursorResult) and done.rowcount != 1:
            raise Conflict("sandbox-overtaken", "This run went on in another window. Look at it and go on from there.")


def drop_run(session: Session, run_id: UUID, owner: UUID) -> None:
    """Drop a run of this owner's; one that is not there any more is dropped already."""
    with writing(session):
        session.execute(delete(PlayRun).where(PlayRun.id == run_id, PlayRun.owner == owner))


def _gone() -> NotFound:
    return NotFound(
        "sandbox-gone", "This run is over: it was not used for a while, or others took its place. Begin anew."
    )
