"""Values as PostgreSQL keeps them: the bytes that its protocol sends and answers, with no text in between."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson

from engine.db import Instant, Json, id_of

#: A statement, which of its parameters are bytes as the server keeps them, and what fills these in.
Ordering: TypeAlias = tuple[bytes, Sequence[int], Callable[[Mapping[str, Any]], list[bytes | None]]]
_Change: TypeAlias = Callable[[Any], Any]

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LONG: Final = Struct("!q")
_DOUBLE: Final = Struct("!d")


def _instant_bytes(value: datetime) -> bytes:
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone")
    return _LONG.pack((value - _EPOCH) // _MICROSECOND)


def _instant(value: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=_LONG.unpack(value)[0])


def _json_bytes(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def _printed(value: Any) -> bytes:
    return str(value).encode()


#: How values of a kind are read from the server's bytes.
_READ: Final[Mapping[type, _Change]] = {
    str: bytes.decode,
    bytes: bytes,
    UUID: lambda value: id_of(int.from_bytes(value, "big")),
    int: lambda value: int.from_bytes(value, "big", signed=True),
    bool: lambda value: value != b"\0",
    float: lambda value: _DOUBLE.unpack(value)[0],
}
#: How they are sent, and whether as the server keeps them; numbers are printed, since their size is the column's.
_SENT: Final[Mapping[type, tuple[_Change, int]]] = {
    str: (str.encode, 1),
    bytes: (bytes, 1),
    UUID: (lambda value: value.bytes, 1),
    int: (_printed, 0),
    bool: (_printed, 0),
    float: (_printed, 0),
}


def reading(kind: Any) -> _Change:
    """Return what reads a column of an SQL type."""
    if isinstance(kind, Instant):
        return _instant
    if isinstance(kind, Json):
        return orjson.loads
    return _READ[getattr(kind, "impl_instance", kind).python_type]


def _sending(kind: Any) -> tuple[_Change, int]:
    if isinstance(kind, Instant):
        return _instant_bytes, 1
    if isinstance(kind, Json):
        return _json_bytes, 1
    return _SENT[getattr(kind, "impl_instance", kind).python_type]


def ordering(statement: Any, columns: Sequence[str] | None = None) -> Ordering:
    """Work out how a statement is sent."""
    from sqlalchemy.dialects.postgresql import psycopg

    dialect: Any = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect, column_keys=list(columns) if columns else None)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    parts = [(name, *_sending(compiled.binds[name].type)) for name in compiled.positiontup]
    changes = [(name, change) for name, change, _ in parts]

    def fill(values: Mapping[str, Any]) -> list[bytes | None]:
        known = {**fixed, **values} if fixed else values
        return [None if (value := known[name]) is None else change(value) for name, change in changes]

    return str(compiled).encode(), [sent for _, _, sent in parts], fill
