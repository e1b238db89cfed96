"""Who reads a page goes first: what carries due work on the same machine waits for it, but not for long."""

import fcntl
import hashlib
import os
import struct
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: They change next to nothing: who waits for them inside of a transaction is hardly ever what they wait for.
_READING: Final = frozenset(["GET", "HEAD"])
#: Seconds between two looks at what another process reads.
_LOOK: Final = 0.002
#: A record lock as Linux has it: kind, from where, start, length, whose.
_LOCK: Final = "hhqqi"


class Sign:
    """Says to the other processes of this machine and database that somebody reads: a lock on a file, which falls with
    who holds it. Where there can be no such file nothing is said, and nobody waits.

    Args:
        path: the file; it stays empty.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            self._file = -1

    def show(self, reading: bool) -> None:
        """Say that somebody of this process reads, or nobody any more."""
        if self._file >= 0:
            fcntl.lockf(self._file, fcntl.LOCK_SH if reading else fcntl.LOCK_UN)

    def elsewhere(self) -> bool:
        """Say whether another process reads. It asks for no lock: nobody has to wait for who asks."""
        if self._file < 0:
            return False
        asked = struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        return bool(struct.unpack(_LOCK, fcntl.fcntl(self._file, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK)


@cache
def sign_of(database_url: str) -> Sign:
    """Return the sign that the processes of a database share on this machine: in the runtime directory that systemd
    gives them, or among the temporary files. A process opens it once: who closes one of two would lose the lock."""
    folder = Path(os.environ.get("RUNTIME_DIRECTORY") or tempfile.gettempdir())
    named = hashlib.sha256(database_url.encode()).hexdigest()[:16]
    return Sign(folder / f"chuishao-{os.getuid()}-{named}.reading")


class Readers:
    """A WSGI application that knows how many requests are reading just now.

    Python runs one thread at a time, and a machine has few processors. A page that shares them with a morning of due
    timers would take several times as long; the timers together take hardly longer when they let it go first.

    Args:
        application: answers the requests.
        sign: what this process shows and what others show.
    """

    def __init__(self, application: "WSGIApplication", sign: Sign) -> None:
        self._application, self._sign = application, sign
        self._reading, self._changed = 0, Condition()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") not in _READING:
            return self._application(environ, start_response)
        self._count(1)
        try:
            return self._application(environ, start_response)
        finally:
            self._count(-1)

    def _count(self, difference: int) -> None:
        with self._changed:
            before, self._reading = self._reading, self._reading + difference
            if not before or not self._reading:
                self._sign.show(self._reading > 0)
            self._changed.notify_all()

    def give_way(self, patience: float) -> float:
        """Wait until nobody reads, at most `patience` seconds; return how long it was."""
        if not self._reading and not self._sign.elsewhere():
            return 0.0
        began = monotonic()
        with self._changed:
            while (left := began + patience - monotonic()) > 0:
                if self._reading:
                    self._changed.wait(left)
                elif self._sign.elsewhere():
                    self._changed.wait(min(left, _LOOK))
                else:
                    break
        return monotonic() - began
