"""Statements of the hot path: compiled once for each kind of database, then handed to the driver as they are.

SQLAlchemy looks a statement up, works out its parameters and builds a result for every execution, which costs more than
the database does for a row. What never changes is worked out once here.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast
from uuid import UUID

from sqlalchemy import Connection, Delete, Insert, SelectBase, Update, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from engine.db import Instant, Json, id_of, instant_text, json_text
from engine.wire import Ordering, ordering, reading

if TYPE_CHECKING:
    from engine.postgres import Order

Values = Mapping[str, Any]
#: A row that was read: its columns are attributes.
Found: TypeAlias = Any
#: Turns values by name into what the driver takes: a list, or a dict for drivers that want names.
_Fill = Callable[[Values], Any]


class Prepared:
    """One `INSERT`, `UPDATE` or `DELETE` whose parameters are bound by name.

    Args:
        statement: its bound parameters either have a value, which stays, or get one with every run.
        columns: of an `INSERT` of whole rows, the names that every row has.
    """

    def __init__(self, statement: Insert | Update | Delete, columns: Sequence[str] | None = None) -> None:
        self._statement, self._columns = statement, columns
        self._texts: Final[dict[str, tuple[str, _Fill]]] = {}
        self._order: Ordering | None = None

    def run(self, connection: Connection, values: Values) -> int:
        """Execute with one set of values; return how many rows it reached."""
        return run_together(connection, [(self, values)])[0]

    def text(self, dialect: Dialect, values: Values) -> tuple[str, Any]:
        """Return the statement and its values as a driver takes them."""
        found = self._texts.get(dialect.name)
        if found is None:
            found = self._texts[dialect.name] = _driven(_compile(self._statement, dialect, self._columns), dialect)
        return found[0], found[1](values)

    def order(self, values: Values) -> "Order":
        """Return the statement and its values as PostgreSQL's own protocol takes them."""
        if self._order is None:
            self._order = ordering(self._statement, self._columns)
        text, formats, fill = self._order
        return text, formats, fill(values)


class PreparedRead:
    """One `SELECT`, whose parameters are bound by name. It reads what was written, not what a session still holds."""

    def __init__(self, statement: SelectBase) -> None:
        self._statement = statement
        self._ready: Final[dict[str, tuple[str, _Fill, _Read]]] = {}
        self._order: tuple[Ordering, _Read] | None = None

    def first(self, connection: Connection, values: Values) -> Found:
        """Return the first row, None when there is none."""
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def all(self, connection: Connection, values: Values) -> list[Found]:
        """Return every row."""
        return read_together(connection, [(self, values)])[0]

    def text(self, dialect: Dialect, values: Values) -> tuple[str, Any, "_Read"]:
        """Return the statement and its values as a driver takes them, and what turns its rows into ours."""
        found = self._ready.get(dialect.name)
        if found is None:
            compiled = _compile(self._statement, dialect, None)
            found = self._ready[dialect.name] = (*_driven(compiled, dialect), self._reader(_changes(dialect)))
        text, fill, read = found
        return text, fill(values), read

    def order(self, values: Values) -> "tuple[Order, _Read]":
        """Return the same as PostgreSQL's own protocol has it."""
        if self._order is None:
            self._order = ordering(self._statement), self._reader(reading)
        (text, formats, fill), read = self._order
        return (text, formats, fill(values)), read

    def _reader(self, change_of: Callable[[Any], Callable[[Any], Any] | None]) -> "_Read":
        columns = list(self._statement.selected_columns)
        row_type = namedtuple("Row", [column.name for column in columns])  # type: ignore[misc]
        changes = [(number, change) for number, column in enumerate(columns) if (change := change_of(column.type))]

        def read(row: Sequence[Any]) -> Any:
            values = list(row)
            for number, change in changes:
                if values[number] is not None:
                    values[number] = change(values[number])
            return row_type._make(values)

        return read


#: Turns a row of the driver's into one whose columns are attributes.
_Read: TypeAlias = Callable[[Sequence[Any]], Any]


def _hex(value: UUID | None) -> str | None:
    return None if value is None else f"{value.int:032x}"


def _id(value: str) -> UUID:
    return id_of(int(value, 16))


def _changes(dialect: Dialect) -> Callable[[Any], Callable[[Any], Any] | None]:
    def change_of(kind: Any) -> Callable[[Any], Any] | None:
        if isinstance(kind, Uuid) and dialect.name == "sqlite":
            return _id
        return cast("Callable[[Any], Any] | None", kind.dialect_impl(dialect).result_processor(dialect, None))

    return change_of


def _compile(statement: Any, dialect: Dialect, columns: Sequence[str] | None) -> Any:
    return statement.compile(dialect=dialect, column_keys=list(columns) if columns else None)


def _driven(compiled: Any, dialect: Dialect) -> tuple[str, _Fill]:
    """Return a compiled statement as the driver of its dialect takes it, with what fills its parameters in."""
    fill = _fill(compiled, dialect)
    if dialect.positional:
        return str(compiled), fill
    names = list(compiled.params)
    return str(compiled), lambda values: dict(zip(names, fill(values), strict=True))


def _fill(compiled: Any, dialect: Dialect) -> Callable[[Values], list[Any]]:
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    names = compiled.positiontup if dialect.positional else list(compiled.params)
    parts = [(name, _sending(compiled.binds[name].type, dialect)) for name in names]

    def fill(values: Values) -> list[Any]:
        known = {**fixed, **values} if fixed else values
        return [change(known[name]) if change else known[name] for name, change in parts]

    return fill


def _sending(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a value into the driver's; None where it is that already. The frequent go the short way."""
    if isinstance(kind, Json):
        return json_text
    if isinstance(kind, Uuid) and dialect.name == "sqlite":
        return _hex
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return instant_text
    return cast("Callable[[Any], Any] | None", kind.dialect_impl(dialect).bind_processor(dialect))


def _errors(connection: Connection) -> Any:
    """Return what the driver raises; asked only when something was raised."""
    return connection.dialect.loaded_dbapi.Error


def _said(text: str, error: Exception, errors: Any) -> DBAPIError:
    """Return what went wrong in the driver as it reads anywhere else, without the values."""
    return cast("DBAPIError", DBAPIError.instance(text, None, error, errors, hide_parameters=True))


def run_together(connection: Connection, writes: Sequence[tuple[Prepared, Values]]) -> list[int]:
    """Execute writes in their order, on PostgreSQL in one message; return how many rows each of them reached."""
    pooled: Any = connection.connection
    if getattr(pooled.driver_connection, "takes_orders", False):
        orders = [prepared.order(values) for prepared, values in writes]
        try:
            return list(pooled.driver_connection.run_all(orders))
        except _errors(connection) as error:
            raise _said("", error, _errors(connection)) from error
    reached, dialect, text = [], connection.dialect, ""
    cursor = pooled.cursor()
    try:
        for prepared, values in writes:
            text, parameters = prepared.text(dialect, values)
            cursor.execute(text, parameters)
            reached.append(int(cursor.rowcount))
    except _errors(connection) as error:
        raise _said(text, error, _errors(connection)) from error
    finally:
        cursor.close()
    return reached


def read_together(connection: Connection, reads: Sequence[tuple[PreparedRead, Values]]) -> list[list[Found]]:
    """Return the rows of several queries, on PostgreSQL asked in one message."""
    pooled: Any = connection.connection
    if getattr(pooled.driver_connection, "takes_orders", False):
        return _read_by_orders(connection, pooled.driver_connection, [each.order(values) for each, values in reads])
    found, dialect, text = [], connection.dialect, ""
    cursor = pooled.cursor()
    try:
        for prepared, values in reads:
            text, parameters, read = prepared.text(dialect, values)
            cursor.execute(text, parameters)
            found.append([read(row) for row in cursor.fetchall()])
    except _errors(connection) as error:
        raise _said(text, error, _errors(connection)) from error
    finally:
        cursor.close()
    return found


def _read_by_orders(connection: Connection, driven: Any, asked: Sequence[tuple["Order", "_Read"]]) -> list[list[Found]]:
    try:
        answers = driven.read_all([order for order, _read in asked])
    except _errors(connection) as error:
        raise _said("", error, _errors(connection)) from error
    return [[read(row) for row in rows] for (_order, read), rows in zip(asked, answers, strict=True)]
