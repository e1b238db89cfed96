"""Which piece of work a line of log belongs to: a request, a look at what is due, a case. Ids only, never what is said.

They lie in context variables: whoever logs within need not know them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

_CASE = "case_id"


def about_case(case_id: UUID | None) -> None:
    """Give every line from here on the id of a case, until the piece of work ends or another case is at hand."""
    if case_id is not None:
        bind_contextvars(case_id=str(case_id))


@contextmanager
def piece_of_work(**ids: str) -> Iterator[None]:
    """Give the lines of a block some ids beside those around it; the case of what went before is not theirs."""
    before = get_contextvars()
    clear_contextvars()
    bind_contextvars(**{name: value for name, value in before.items() if name != _CASE} | ids)
    try:
        yield
    finally:
        clear_contextvars()
        bind_contextvars(**before)


@contextmanager
def tick(name: str) -> Iterator[None]:
    """Give the lines of one look at what is due its name, and an id of their own."""
    with piece_of_work(tick=name, tick_id=str(uuid4())):
        yield
