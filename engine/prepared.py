"""Writes of the hot path: compiled once for each kind of database, then handed to the driver as text.

SQLAlchemy looks a statement up, works out its parameters and builds a result for every execution, which costs more than
the database does for a row. What never changes is worked out once here. No result is read but the number of rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Delete, Insert, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]
_Fill = Callable[[Values], Any]


class Prepared:
    """One `INSERT`, `UPDATE` or `DELETE` whose parameters are bound by name.

    Args:
        statement: its bound parameters either have a value, which stays, or get one with every run.
        columns: of an `INSERT` of whole rows, the names that every row has.
    """

    def __init__(self, statement: Insert | Update | Delete, columns: Sequence[str] | None = None) -> None:
        self._statement, self._columns = statement, columns
        self._ready: Final[dict[str, tuple[str, _Fill]]] = {}

    def run(self, connection: Connection, values: Values) -> int:
        """Execute with one set of values; return how many rows it reached."""
        text, fill = self._for(connection.dialect)
        return self._send(connection, text, fill(values), many=False)

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Execute once for each set of values."""
        if len(rows) == 1:
            self.run(connection, rows[0])
        elif rows:
            text, fill = self._for(connection.dialect)
            self._send(connection, text, [fill(row) for row in rows], many=True)

    def _send(self, connection: Connection, text: str, values: Any, *, many: bool) -> int:
        """Hand it to the driver; what goes wrong there reads as anywhere else, without the values."""
        errors: Any = connection.dialect.loaded_dbapi.Error
        cursor = connection.connection.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(text, values)
            return int(cursor.rowcount)
        except errors as error:
            raise DBAPIError.instance(text, None, error, errors, hide_parameters=True) from error
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> tuple[str, _Fill]:
        found = self._ready.get(dialect.name)
        if found is None:
            found = self._ready[dialect.name] = self._compile(dialect)
        return found

    def _compile(self, dialect: Dialect) -> tuple[str, _Fill]:
        compiled: Any = self._statement.compile(
            dialect=dialect, column_keys=list(self._columns) if self._columns else None
        )
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        names = compiled.positiontup if dialect.positional else list(compiled.params)
        parts = [(name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]

        def bound(values: Values) -> list[tuple[str, Any]]:
            known = {**fixed, **values}
            return [(name, change(known[name]) if change else known[name]) for name, change in parts]

        if dialect.positional:
            return str(compiled), lambda values: tuple(value for _, value in bound(values))
        return str(compiled), lambda values: dict(bound(values))
