"""The run that a request is about: its row, and the sandbox that stands where the row does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from engine.sandbox.keeping import Stage
from engine.sandbox.running import Run
from engine.sandbox.shelf import find_run, note_steps, play_again
from web import current
from web.play.source import Source

stage: Final = Stage()


@dataclass(frozen=True, kw_only=True)
class Played:
    """A run with what it plays."""

    id: UUID
    run: Run
    source: Source


@contextmanager
def used(run_id: UUID) -> Iterator[Played]:
    """Give a run to its owner, played again from its row when this process does not have it; keep what is done.

    Raises:
        NotFound: it was dropped, or is somebody else's.
        Conflict: it went on in another window meanwhile.
    """
    session, now = current.session(), current.now()
    row = find_run(session, run_id, current.staff().id, now=now)
    source = Source.from_json(row.source)
    with stage.use(run_id, row.steps, lambda: play_again(session, row), now=now) as kept:
        yield Played(id=run_id, run=kept.run, source=source)
        made = len(kept.run.steps)
        if made != kept.steps:
            note_steps(session, run_id, kept.run, before=kept.steps, now=now)
            kept.steps = made
