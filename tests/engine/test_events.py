"""Actions after the commit follow the transaction that they were asked for in, savepoints included."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from sqlalchemy.orm import Session

from engine.db import writing
from engine.events import after_commit


class _Undone(Exception):
    """The block is to be rolled back."""


@contextmanager
def _rolled_back(transaction: AbstractContextManager[Any]) -> Iterator[None]:
    with suppress(_Undone), transaction:
        yield
        raise _Undone


def test_an_action_runs_once_and_after_the_commit(session: Session) -> None:
    called: list[str] = []
    with writing(session):
        after_commit(session, lambda: called.append("first"))
        assert called == []
    assert called == ["first"]
    with writing(session):
        pass
    assert called == ["first"]


def test_an_action_goes_with_the_transaction(session: Session) -> None:
    called: list[str] = []
    with _rolled_back(writing(session)):
        after_commit(session, lambda: called.append("lost"))
    with writing(session):
        pass
    assert called == []


def test_an_action_goes_with_its_savepoint_and_those_around_it_stay(session: Session) -> None:
    called: list[str] = []
    with writing(session):
        after_commit(session, lambda: called.append("before"))
        with _rolled_back(session.begin_nested()):
            after_commit(session, lambda: called.append("lost"))
        with session.begin_nested():
            after_commit(session, lambda: called.append("kept"))
            with _rolled_back(session.begin_nested()):
                after_commit(session, lambda: called.append("lost too"))
        after_commit(session, lambda: called.append("after"))
    assert called == ["before", "kept", "after"]


def test_an_action_of_a_released_savepoint_goes_with_the_one_around_it(session: Session) -> None:
    called: list[str] = []
    with writing(session):
        with _rolled_back(session.begin_nested()), session.begin_nested():
            after_commit(session, lambda: called.append("inner"))
        after_commit(session, lambda: called.append("outer"))
    assert called == ["outer"]
