"""What is to happen once the transaction holds: wake the dispatcher, forget a cache. Never a database effect."""

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

_KEY = "chuishao.after_commit"


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Call `action` after the outermost commit of `session`; drop it when the transaction rolls back."""
    session.info.setdefault(_KEY, []).append(action)


@event.listens_for(Session, "after_commit")
def _run(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint was released: nothing holds yet
        return
    for action in session.info.pop(_KEY, ()):
        action()


@event.listens_for(Session, "after_rollback")
def _drop(session: Session) -> None:
    if session.in_nested_transaction():  # what was asked for before the savepoint still stands
        return
    session.info.pop(_KEY, None)
