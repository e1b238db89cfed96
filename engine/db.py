"""The database: declarative base, column types, ids, and the write transaction."""

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, SafeUUID

import orjson
from sqlalchemy import Connection, DateTime, Engine, LargeBinary, MetaData, Text, TypeDecorator, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of every model. `web` hands it to Flask-SQLAlchemy, so that a request has one session."""

    metadata = MetaData(naming_convention=CONVENTION)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC to the microsecond. Naive values are refused where they enter."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON kept as the text that was written: JSONB would reorder keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


Bytes = LargeBinary


def json_text(value: Any) -> str | None:
    """Return a value of a `Json` column as every database keeps it."""
    return None if value is None else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def instant_text(value: datetime | None) -> str | None:
    """Return a value of an `Instant` column as SQLite keeps it.

    Raises:
        ValueError: it has no time zone.
    """
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone")
    return _utc_text(value.astimezone(UTC))


@lru_cache(maxsize=256)  # a step writes its own instant in every row; in UTC, where no hour comes twice
def _utc_text(value: datetime) -> str:
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


#: A UUID refuses to be written to; its slots do not. Looking a member of an enumeration up takes a function call.
_set_number: Final[Any] = vars(UUID)["int"].__set__
_set_safety: Final[Any] = vars(UUID)["is_safe"].__set__
_UNKNOWN: Final = SafeUUID.unknown


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then random, so that new rows sort last."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    return id_of(value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def id_of(number: int) -> UUID:
    """Return the UUID of 128 bits that are known to be one; its own constructor takes twice as long to check them."""
    made = object.__new__(UUID)
    _set_number(made, number)
    _set_safety(made, _UNKNOWN)
    return made


def connect(url: str, **options: Any) -> Engine:
    """Open an engine on `url` (SQLite or PostgreSQL by psycopg 3) with what each needs to keep its promises."""
    engine = create_engine(url, **options)
    prepare(engine)
    return engine


def prepare(engine: Engine) -> None:
    """Give `engine` our settings. SQLite: WAL, full sync, foreign keys, and transactions that we begin ourselves.
    PostgreSQL: every statement is prepared when it is first used.
    """
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "do_connect")
        def _connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
            return _postgres_connection(*arguments, **named)

        # SQLAlchemy's own ping makes the connection commit by itself, prepares an empty statement, and undoes both
        postgres: Any = engine.dialect
        postgres.do_ping = _ping_postgres

    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "do_connect")
    def _make(_dialect: Any, _record: Any, _arguments: Any, _named: Any) -> None:
        _make_readable_by_its_owner_only(engine.url.database)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
            connection.execute(f"PRAGMA {pragma}")

    # The dialect's own place to begin a transaction. A listener for `begin` would do as well, but an engine that has
    # any makes each connection gather them anew, which costs as much as writing a row.
    dialect: Any = engine.dialect
    dialect.do_begin = _begin_sqlite


def _make_readable_by_its_owner_only(path: str | None) -> None:
    """Make a database's file if there is none: SQLite would let everybody on the machine read it, and its log."""
    if path and path != ":memory:" and not path.startswith("file:"):
        with contextlib.suppress(OSError):  # it is there; or SQLite says what is wrong
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _begin_sqlite(connection: Any) -> None:
    connection.driver_connection.execute("BEGIN IMMEDIATE" if _writes.get() else "BEGIN")


def _ping_postgres(connection: Any) -> bool:
    connection.ping()
    return True


def _postgres_connection(*arguments: Any, **named: Any) -> Any:
    from engine.postgres import LastingConnection, alive

    return LastingConnection.connect(*arguments, **alive({"prepare_threshold": 0, **named}))


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Return the session factory for code outside a request: ticks, commands, tests."""
    return sessionmaker(engine, expire_on_commit=False)


_WRITING: Final = "chuishao.writing"
#: Is the transaction that begins now one that writes? Read by SQLite's connections when they begin one.
_writes: Final = ContextVar("chuishao_writes", default=False)


def is_writing(session: Session) -> bool:
    """Say whether `session` is inside of a `writing` block."""
    return _WRITING in session.info


def connected(session: Session) -> Connection:
    """Return the connection of the transaction of `session`; within a `writing` block without asking the session."""
    found: Connection | None = session.info.get(_WRITING)
    return session.connection() if found is None else found


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Run a block as one write transaction: commit at its end, roll back on any error.

    Blocks nest: an inner block joins the outer one, which alone commits. On SQLite the transaction takes the write lock
    when it begins (`BEGIN IMMEDIATE`), so that a read that came first can never fail to become a write; a read
    transaction that is already open on the session is ended first. On PostgreSQL, where each statement sees what is
    committed by then, the writes go on in it.
    """
    if _WRITING in session.info:
        yield session
        return
    if session.in_transaction() and not _only_reads_on_postgres(session):
        session.commit()
    try:
        before = _writes.set(True)
        try:
            session.info[_WRITING] = session.connection()
        finally:
            _writes.reset(before)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_WRITING, None)


def _only_reads_on_postgres(session: Session) -> bool:
    changed = session.new or session.dirty or session.deleted
    return not changed and session.get_bind().dialect.name == "postgresql"
