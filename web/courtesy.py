"""Who reads a page goes first: what carries due work in the same process waits for it, but not for long."""

from collections.abc import Iterable
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: They change next to nothing: who waits for them inside of a transaction is hardly ever what they wait for.
_READING: Final = frozenset(["GET", "HEAD"])


class Readers:
    """A WSGI application that knows how many requests are reading just now.

    Python runs one thread at a time. A request that shares its process with a morning of due timers would take twice as
    long; the timers together take no longer when they let it go first.

    Args:
        application: answers the requests.
    """

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
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
            self._reading += difference
            self._changed.notify_all()

    def give_way(self, patience: float) -> float:
        """Wait until nobody reads, at most `patience` seconds; return how long it was."""
        if not self._reading:
            return 0.0
        began = monotonic()
        with self._changed:
            self._changed.wait_for(lambda: not self._reading, patience)
        return monotonic() - began
