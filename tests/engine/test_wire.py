import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, bindparam, insert, select

from engine.db import Instant, Json, new_id
from engine.prepared import Prepared, PreparedRead

#: A column of each type that a statement of a step reads or writes.
COLUMNS = {
    "number": sa.Integer, "large": sa.BigInteger, "said": sa.Text, "short": sa.String(20), "yes": sa.Boolean,
    "share": sa.Float, "blob": sa.LargeBinary, "key": sa.Uuid, "at": Instant, "data": Json,
}  # fmt: skip
EAST = timezone(timedelta(hours=8))


@pytest.fixture
def table(database: Engine) -> Iterator[sa.Table]:
    made = sa.Table(
        "every_type", sa.MetaData(),
        sa.Column("id", sa.Uuid, primary_key=True), *(sa.Column(name, kind) for name, kind in COLUMNS.items()),
    )  # fmt: skip
    made.create(database)
    yield made
    made.drop(database)


@pytest.mark.parametrize(
    "values",
    [
        {},  # nulls
        {"number": 0, "large": 0, "said": "", "short": "", "yes": False, "share": 0.0, "blob": b"", "data": None},
        {"number": -(2**31), "large": -(2**63), "yes": True, "share": -0.1, "blob": bytes(range(256))},
        {"number": 2**31 - 1, "large": 2**63 - 1, "share": 1e300, "said": "吹哨 🎺 \\ ' \n", "short": "NULL"},
        {"key": UUID(int=0), "at": datetime(1949, 10, 1, 7, 0, 0, 1, tzinfo=UTC)},  # before the server's own zero
        {"key": UUID(int=2**128 - 1), "at": datetime(2026, 3, 18, 10, 0, 0, 999_999, tzinfo=EAST)},
        {"at": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), "data": {"乙": [1, 2.5, None, {"a b": "c"}]}},
        {"data": []},
    ],
)
def test_what_is_written_is_read_back(database: Engine, table: sa.Table, values: dict[str, Any]) -> None:
    add = Prepared(insert(table), ("id", *COLUMNS))
    read = PreparedRead(select(table).where(table.c.id == bindparam("row")))
    row = {"id": new_id(), **dict.fromkeys(COLUMNS), **values}
    with database.begin() as connection:
        assert add.run(connection, row) == 1
        assert read.first(connection, {"row": row["id"]})._asdict() == row
        # and as anybody else reads it
        assert dict(connection.execute(select(table).where(table.c.id == row["id"])).one()._mapping) == row


def test_instants_are_kept_to_the_microsecond(database: Engine, table: sa.Table) -> None:
    add = Prepared(insert(table), ("id", *COLUMNS))
    read = PreparedRead(select(table.c.at).where(table.c.id == bindparam("row")))
    chance = random.Random(7)
    with database.begin() as connection:
        for _ in range(50):
            at = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randrange(8_000_000_000_000_000))
            row = {"id": new_id(), **dict.fromkeys(COLUMNS), "at": at}
            add.run(connection, row)
            assert read.first(connection, {"row": row["id"]}).at == at


def test_an_instant_without_a_zone_is_refused(database: Engine, table: sa.Table) -> None:
    add = Prepared(insert(table), ("id", *COLUMNS))
    with database.begin() as connection, pytest.raises(ValueError, match="no time zone"):
        add.run(connection, {"id": new_id(), **dict.fromkeys(COLUMNS), "at": datetime(2026, 3, 18)})
