"""What is to happen once the transaction holds: wake the dispatcher, forget a cache. Never a database effect."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_KEY: Final = "chuishao.after_commit"


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Call `action` after the outermost commit of `session`; drop it when the transaction rolls back, or a savepoint
    that it was asked for in."""
    session.info.setdefault(_KEY, []).append((action, _savepoints(session)))


def _savepoints(session: Session) -> tuple[SessionTransaction, ...]:
    """The savepoints that `session` is in, innermost first."""
    found = []
    current = session.get_nested_transaction()
    while current is not None:
        found.append(current)
        current = current.parent if current.parent is not None and current.parent.nested else None
    return tuple(found)


@event.listens_for(Session, "after_commit")
def _run(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint was released: nothing holds yet
        return
    for action, _within in session.info.pop(_KEY, ()):
        action()


@event.listens_for(Session, "after_soft_rollback")
def _drop(session: Session, undone: SessionTransaction) -> None:
    if not undone.nested:
        session.info.pop(_KEY, None)
        return
    kept = session.info.get(_KEY, ())
    session.info[_KEY] = [each for each in kept if undone not in each[1]]  # what was asked for before it still stands
