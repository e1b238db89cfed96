"""Due work of the same process lets who reads go first, and is not kept from its work for ever."""

from collections.abc import Iterable
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from web import current
from web.courtesy import Readers

PATIENCE = 0.05


class Slow:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = Event(), Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.begun.set()
        assert self.go.wait(30)
        start_response("200 OK", [])
        return [b""]


@pytest.mark.parametrize(("method", "lets"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_due_work_waits_for_those_who_read_but_not_for_ever(method: str, lets: bool) -> None:
    slow = Slow()
    readers = Readers(slow)
    asking = Thread(target=lambda: Client(readers).open(method=method))
    asking.start()
    assert slow.begun.wait(30)
    assert (readers.give_way(PATIENCE) >= PATIENCE * 0.9) is lets
    slow.go.set()
    asking.join(30)


def test_due_work_goes_on_when_the_last_reader_has_been_answered() -> None:
    slow = Slow()
    readers = Readers(slow)
    asking = Thread(target=lambda: Client(readers).get())
    asking.start()
    slow.go.set()
    asking.join(30)
    assert readers._reading == 0
    assert readers.give_way(PATIENCE) == 0


def test_a_request_that_fails_is_no_reader_any_more() -> None:
    def broken(*_: Any) -> Iterable[bytes]:
        raise RuntimeError

    readers = Readers(broken)
    with pytest.raises(RuntimeError):
        Client(readers).get()
    assert readers._reading == 0


def test_the_application_gives_way_to_its_own_requests(app: Flask) -> None:
    readers = app.wsgi_app
    assert isinstance(readers, Readers)
    with app.app_context():
        assert current.runtime().hooks.give_way == readers.give_way
