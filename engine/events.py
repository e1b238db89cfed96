"""What is to happen once the transaction holds: wake the dispatcher, forget a cache. Never a database effect.

And what is to happen just before, within it and once for all who ask: a job in the queue.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_KEY: Final = "chuishao.after_commit"
_BEFORE: Final = "chuishao.before_commit"


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Call `action` after the outermost commit of `session`; drop it when the transaction rolls back, or a savepoint
    that it was asked for in."""
    session.info.setdefault(_KEY, []).append((action, _savepoints(session)))


def before_commit(session: Session, action: Callable[[Session], None]) -> None:
    """Call `action` at the end of the transaction of `session`, within it; once, however often it was asked for."""
    session.info.setdefault(_BEFORE, []).append((action, _savepoints(session)))


def _savepoints(session: Session) -> tuple[SessionTransaction, ...]:
    """The savepoints that `session` is in, innermost first."""
    found = []
    current = session.get_nested_transaction()
    while current is not None:
        found.append(current)
        current = current.parent if current.parent is not None and current.parent.nested else None
    return tuple(found)


@event.listens_for(Session, "before_commit")
def _run_before(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for action in dict.fromkeys(action for action, _within in session.info.pop(_BEFORE, ())):
        action(session)


@event.listens_for(Session, "after_commit")
def _run(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint was released: nothing holds yet
        return
    for action, _within in session.info.pop(_KEY, ()):
        action()


@event.listens_for(Session, "after_soft_rollback")
def _drop(session: Session, undone: SessionTransaction) -> None:
    for key in (_KEY, _BEFORE):
        if not undone.nested:
            session.info.pop(key, None)
            continue
        kept = session.info.get(key, ())
        session.info[key] = [
            each for each in kept if undone not in each[1]
        ]  # what was asked for before it still stands
