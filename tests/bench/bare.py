"""The least that durable steps can cost: bare transactions that write the rows and bytes which the engine writes.

One case is completed task by task, and after each task the database is compared with what it was. The rows that are new
and the columns that changed are then written again for other cases, by the database's driver alone: statements and
values are there before the clock starts, and nothing is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from engine.db import Base, new_id, writing
from engine.instances.runtime import Runtime
from tests.bench.work import Cost, Meter, Place, answer, start
from tests.factories import make_case

#: A row as the driver reads and writes it.
Row: TypeAlias = Mapping[str, Any]
#: The rows of one case by table and id.
Rows: TypeAlias = Mapping[str, Mapping[Any, Row]]
#: A statement and its values, as the driver takes them.
Ready: TypeAlias = tuple[str, list[Any]]

#: The tables that a case has rows in, those that others refer to first.
TABLES: Final = [table.name for table in Base.metadata.sorted_tables if {"id", "case_id"} <= set(table.c.keys())]


@dataclass(frozen=True)
class Write:
    """New rows of a table, or what changed in one of its rows.

    Args:
        row: of what changed, the id.
    """

    table: str
    values: tuple[Row, ...]
    row: Any = None

    def text(self, mark: str) -> str:
        """Return the statement; `mark` stands for a value."""
        names = list(self.values[0])
        if self.row is not None:
            return f'UPDATE "{self.table}" SET {", ".join(f"{name} = {mark}" for name in names)} WHERE id = {mark}'
        rows = ", ".join(f"({', '.join(mark for _ in names)})" for _ in self.values)
        return f'INSERT INTO "{self.table}" ({", ".join(names)}) VALUES {rows}'

    def parameters(self, others: Mapping[Any, Any]) -> list[Any]:
        """Return the values, with the ids of another case."""
        flat = [value for values in self.values for value in values.values()]
        flat += [] if self.row is None else [self.row]
        return [others.get(value, value) for value in flat]


@dataclass(frozen=True)
class Recording:
    """What one case wrote: at its start, and by each of its steps.

    Args:
        ids: of the case and of every row that it has in the end.
    """

    case_id: Any
    ids: frozenset[Any]
    begun: list[Write]
    steps: list[list[Write]]


def bare(place: Place) -> Callable[[], Cost]:
    """Return what writes once more what the steps of a case write, for another case."""
    recording = record(place)
    _write_case(place, recording)  # the first case prepares the statements
    return lambda: _write_case(place, recording)[1]


def bare_start(place: Place) -> Callable[[], Cost]:
    """Return what writes once more what the start of a case writes, for another case."""
    recording = record(place)
    _write_case(place, recording)
    return lambda: _write_case(place, recording)[0]


def _write_case(place: Place, recording: Recording) -> tuple[Cost, Cost]:
    """Write a case; return the cost of its start and of its steps."""
    begun, *steps = _for_another_case(place, recording)
    pooled = place.engine.raw_connection()
    starting, stepping = Meter(place.backends), Meter(place.backends)
    try:
        driver: Any = pooled.driver_connection
        driver.rollback()
        for meter, transactions in ((starting, [begun]), (stepping, steps)):
            with meter.measuring():
                _write(driver, transactions)
            meter.cost.steps += len(transactions)
    finally:
        pooled.close()
    return starting.cost, stepping.cost


def _write(driver: Any, steps: list[list[Ready]]) -> None:
    """Write each step in a transaction of its own."""
    cursor = driver.cursor()
    for writes in steps:
        if hasattr(driver, "in_transaction"):  # of SQLite's driver; the other begins by itself
            cursor.execute("BEGIN IMMEDIATE")
        for text, parameters in writes:
            cursor.execute(text, parameters)
        driver.commit()


def _for_another_case(place: Place, recording: Recording) -> list[list[Ready]]:
    """Return the recorded statements of the start and of each step, with ids that nothing has."""
    sqlite = place.engine.dialect.name == "sqlite"
    with place.sessions() as session, writing(session):
        case_id = make_case(session, place=place.district.unit("willow")).id
    others = {each: _driven(new_id(), sqlite) for each in recording.ids}
    others[recording.case_id] = _driven(case_id, sqlite)
    mark = "?" if sqlite else "%s"
    return [
        [(write.text(mark), write.parameters(others)) for write in writes]
        for writes in (recording.begun, *recording.steps)
    ]


def record(place: Place) -> Recording:
    """Complete one case with the engine, and note what each step wrote."""
    with place.sessions() as session, writing(session):
        case = make_case(session, place=place.district.unit("willow"))
    case_id = _driven(case.id, place.engine.dialect.name == "sqlite")
    runtime = Runtime(cache_size=0)
    waiting = start(place, runtime, case.id)
    found = [_rows(place, case_id)]
    while waiting:
        with place.sessions() as session:
            done = answer(place, session, runtime, waiting.pop(0), again=False)
        waiting += [row["id"] for row in done.next_rows]
        found.append(_rows(place, case_id))
    ids = frozenset(identity for rows in found[-1].values() for identity in rows)
    empty: Rows = {name: {} for name in TABLES}
    begun, *steps = (_difference(*pair) for pair in zip([empty, *found], found, strict=False))
    return Recording(case_id, ids | {case_id}, begun, steps)


def _rows(place: Place, case_id: Any) -> Rows:
    mark = "?" if place.engine.dialect.name == "sqlite" else "%s"
    found: dict[str, dict[Any, Row]] = {}
    with place.sessions() as session:
        for name in TABLES:
            rows = _ask(session, f'SELECT * FROM "{name}" WHERE case_id = {mark}', case_id)
            found[name] = {row["id"]: row for row in rows}
    return found


def _ask(session: Session, statement: str, value: Any) -> list[Row]:
    return [dict(row) for row in session.connection().exec_driver_sql(statement, (value,)).mappings()]


def _difference(before: Rows, after: Rows) -> list[Write]:
    """Return what has to be written so that one becomes the other; new rows of a table by one statement."""
    writes = []
    for name in TABLES:
        known = before[name]
        if new := tuple(row for identity, row in after[name].items() if identity not in known):
            writes.append(Write(name, new))
        for identity, row in known.items():
            changed = {key: value for key, value in after[name][identity].items() if value != row[key]}
            if changed:
                writes.append(Write(name, (changed,), identity))
    return writes


def _driven(value: Any, sqlite: bool) -> Any:
    """Return an id as the driver has it."""
    return value.hex if sqlite else value
