"""Due work of the same process lets who reads go first, and is not kept from its work for ever."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from web import current
from web.courtesy import Readers, Sign

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


@pytest.fixture
def quiet(tmp_path: Path) -> Sign:
    """A sign that only this process knows."""
    return Sign(tmp_path / "reading")


@pytest.mark.parametrize(("method", "lets"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_due_work_waits_for_those_who_read_but_not_for_ever(method: str, lets: bool, quiet: Sign) -> None:
    slow = Slow()
    readers = Readers(slow, quiet)
    asking = Thread(target=lambda: Client(readers).open(method=method))
    asking.start()
    assert slow.begun.wait(30)
    assert (readers.give_way(PATIENCE) >= PATIENCE * 0.9) is lets
    slow.go.set()
    asking.join(30)


def test_due_work_goes_on_when_the_last_reader_has_been_answered(quiet: Sign) -> None:
    slow = Slow()
    readers = Readers(slow, quiet)
    asking = Thread(target=lambda: Client(readers).get())
    asking.start()
    slow.go.set()
    asking.join(30)
    assert readers._reading == 0
    assert readers.give_way(PATIENCE) == 0


def test_a_request_that_fails_is_no_reader_any_more(quiet: Sign) -> None:
    def broken(*_: Any) -> Iterable[bytes]:
        raise RuntimeError

    readers = Readers(broken, quiet)
    with pytest.raises(RuntimeError):
        Client(readers).get()
    assert readers._reading == 0


def test_the_application_gives_way_to_its_own_requests(app: Flask) -> None:
    readers = app.wsgi_app
    assert isinstance(readers, Readers)
    with app.app_context():
        assert current.runtime().hooks.give_way == readers.give_way


#: another process that reads until its input ends
_OTHER = """
import sys
from pathlib import Path
from web.courtesy import Sign
sign = Sign(Path(sys.argv[1]))
sign.show(True)
print("reading", flush=True)
sys.stdin.readline()
sign.show(False)
print("read", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("how", ["answered", "killed"])
def test_due_work_waits_for_who_reads_in_another_process_while_it_lives(tmp_path: Path, how: str) -> None:
    readers = Readers(Slow(), Sign(tmp_path / "reading"))
    command = [sys.executable, "-c", _OTHER, str(tmp_path / "reading")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "reading\n"
        assert readers.give_way(PATIENCE) >= PATIENCE * 0.9
        if how == "killed":
            other.kill()
            other.wait(30)
        else:
            other.stdin.write("\n")
            other.stdin.flush()
            assert other.stdout.readline() == "read\n"
        assert readers.give_way(PATIENCE) == 0
        other.kill()


def test_without_a_place_for_the_sign_nobody_waits(tmp_path: Path) -> None:
    nowhere = Sign(tmp_path / "missing" / "reading")
    nowhere.show(True)
    assert not nowhere.elsewhere()
