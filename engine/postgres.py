"""A connection to PostgreSQL whose prepared statements last, and that sends several of them at once."""

import select
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

from psycopg import Connection, Cursor, Error, OperationalError, errors
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

#: Statements that a connection keeps prepared: more kinds than the steps of a process have, with those of the pages.
MOST_PREPARED: Final = 200
#: For so many seconds after it ended a transaction a server counts as being there. Whoever meets it in the moment when
#: it went away is told to try again, as anybody who was in the middle of something.
ANSWERED_LATELY: Final = 0.5
#: How soon either side finds out that the other is gone without a word (a machine that died, a cable): in about half a
#: minute. By default it takes two hours, for which a worker would stand still, and its locks would be held.
_PATIENCE: Final[Mapping[str, int]] = {
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000,
}  # fmt: skip
#: Commands at which psycopg makes the server forget what was prepared.
_FORGETTING: Final = ("ROLLBACK", "DROP", "ALTER", "DISCARD", "DEALLOCATE")

#: A statement with `$1` … as its parameters, which of these are bytes as the server keeps them, and their values.
Order = tuple[bytes, Sequence[int], Sequence[bytes | None]]
_BEGIN: Final[Order] = b"BEGIN", (), ()
_COMMIT: Final[Order] = b"COMMIT", (), ()
#: Results come in the bytes that the server keeps.
_BINARY: Final = 1


def alive(given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return how a connection is opened so that both sides soon notice when the other is gone.

    Args:
        given: what is said of the connection already, which stays.
    """
    # the server's settings have the same names, all of which begin with tcp_
    server = [f"-c tcp_{name.removeprefix('tcp_')}={value}" for name, value in _PATIENCE.items()]
    return {"connect_timeout": 10, **_PATIENCE, "options": " ".join(server), **(given or {})}


class _Cursor(Cursor[Any]):
    """Tells its connection when the server has forgotten what was prepared."""

    connection: "LastingConnection"

    def execute(self, *arguments: Any, **named: Any) -> Any:
        done = super().execute(*arguments, **named)
        if (self.statusmessage or "").startswith(_FORGETTING):
            self.connection.forget()
        return done


class LastingConnection(Connection[Any]):
    """Prepares every statement when it is first used, and keeps it when a transaction is rolled back.

    psycopg prepares the sixth use; but a use with a null or a larger number counts as another statement, so that most
    of a step would be planned anew each time.

    It also forgets every prepared statement at a rollback, since a table may have gone with it. Reading ends with a
    rollback, so that each page that is shown would cost the next step the parsing and planning of all that it does.
    The engine makes no tables while it serves, and PostgreSQL itself checks a kept statement against the tables that
    are there when it is run.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.prepared_max = MOST_PREPARED
        self.cursor_factory = _Cursor
        self._known: dict[bytes, bytes] = {}
        self._numbers = count()
        self._heard = 0.0

    def commit(self) -> None:
        """Commit, in one call of the driver's library; it waits without holding up other threads."""
        if not self._settled(b"COMMIT"):
            super().commit()

    def rollback(self) -> None:
        """Roll back; after an error also forget what was prepared, since some of it may not have come to be."""
        if self.pgconn.transaction_status != TransactionStatus.IDLE and not self._settled(b"ROLLBACK"):
            self.forget()
            super().rollback()

    def _settled(self, command: bytes) -> bool:
        """End a transaction in which nothing went wrong; False when it is for psycopg to do."""
        with self.lock:
            if not self.takes_orders:
                return False
            result = self.pgconn.exec_(command)
        if result.status != ExecStatus.COMMAND_OK:
            raise _error(result)
        self._heard = time.monotonic()
        return True

    def ping(self) -> None:
        """Ask the server for nothing, to see that it is there; not when it has answered a moment ago.

        Raises:
            psycopg.Error: it is not.
        """
        if time.monotonic() - self._heard < ANSWERED_LATELY and not self.closed:
            return
        with self.lock:
            result = self.pgconn.exec_(b"")
        if result.status != ExecStatus.EMPTY_QUERY:
            raise _error(result)

    def forget(self) -> None:
        """Know of no prepared statement: the server has dropped them."""
        self._known.clear()

    @property
    def takes_orders(self) -> bool:
        """Can `run_all` and `read_all` be used? Not after an error, nor within psycopg's own pipeline."""
        return not self.pgconn.pipeline_status and (
            self.pgconn.transaction_status == TransactionStatus.INTRANS or self._may_begin
        )

    @property
    def _may_begin(self) -> bool:
        """Is a transaction to begin now that is like any other?"""
        return (
            self.pgconn.transaction_status == TransactionStatus.IDLE
            and not self.autocommit
            and self.isolation_level is None
            and self.read_only is None
            and self.deferrable is None
        )

    def run_all(self, orders: Sequence[Order], *, commit: bool = False) -> list[int]:
        """Send statements all at once, each prepared once, and return how many rows each of them reached.

        One message there and one back, whatever their number: psycopg's own pipeline takes three times the CPU. The
        first of a transaction takes its beginning along, and the last may take its end along.

        Args:
            commit: commit once all of them have been run. When one fails, nothing is committed.

        Raises:
            psycopg.Error: the first one that failed; the server has run none of those after it.
        """
        results = self._send([*orders, _COMMIT] if commit else orders)
        return [result.command_tuples or 0 for result in results]

    def read_all(self, orders: Sequence[Order]) -> list[list[Sequence[bytes | None]]]:
        """Send queries all at once, and return the rows of each as the bytes that the server keeps."""
        return [
            [[result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples)]
            for result in self._send(orders)
        ]

    def _send(self, orders: Sequence[Order]) -> list[PGresult]:
        """Return the results of statements that were sent all at once, without that of the transaction's beginning."""
        with self.lock:
            begins = int(self._may_begin)
            orders = [_BEGIN, *orders] if begins else orders
            try:
                self.pgconn.enter_pipeline_mode()
                results = self._exchange(orders)
                self.pgconn.exit_pipeline_mode()
            except BaseException:
                self.pgconn.finish()  # nobody knows what is on its way
                raise
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                self.forget()
                raise _error(result)
        return results[begins:]

    def _exchange(self, orders: Sequence[Order]) -> list[PGresult]:
        """Return the results of what is executed; of what is only prepared, when that failed."""
        executes: list[bool] = []
        for text, formats, values in orders:
            name = self._known.get(text)
            if name is None:
                name = self._known[text] = b"chuishao_%d" % next(self._numbers)
                self.pgconn.send_prepare(name, text)
                executes.append(False)
            self.pgconn.send_query_prepared(name, values, formats, _BINARY)
            executes.append(True)
        self.pgconn.pipeline_sync()
        self._push()
        results = zip(executes, self._collect(), strict=True)
        return [result for executed, result in results if executed or result.status == ExecStatus.FATAL_ERROR]

    def _push(self) -> None:
        """Send it off; what the server answers meanwhile is taken in, so that neither side waits for the other."""
        waiting = select.poll()
        waiting.register(self.pgconn.socket, select.POLLIN | select.POLLOUT)
        while self.pgconn.flush():
            if any(event & select.POLLIN for _, event in waiting.poll()):
                self.pgconn.consume_input()

    def _collect(self) -> list[PGresult]:
        waiting = select.poll()
        waiting.register(self.pgconn.socket, select.POLLIN)
        found: list[PGresult] = []
        pause = False
        while True:
            while self.pgconn.is_busy():
                waiting.poll()  # asking for a result that is not there yet would hold up every other thread
                self.pgconn.consume_input()
            result = self.pgconn.get_result()
            if result is None and pause:
                raise OperationalError("the server has closed the connection")
            pause = result is None  # one comes after each statement's result
            if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                return found
            if result is not None:
                found.append(result)


def _error(result: PGresult) -> Error:
    code = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    message = result.error_message.decode(errors="replace").removeprefix("ERROR:  ")
    try:
        kind = errors.lookup(code)
    except KeyError:
        kind = OperationalError if not code else errors.DatabaseError
    return kind(message, info=result, encoding="utf-8")
