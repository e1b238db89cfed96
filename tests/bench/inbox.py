"""What the first page of an inbox costs while very many items are open: the whole request, and its queries alone."""

import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Final, cast

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from engine.cases.models import Case
from engine.db import sessions as session_factory
from engine.db import writing
from engine.organisation.models import Membership, Staff
from engine.organisation.passwords import hash_password
from engine.organisation.service import inbox_keys
from engine.tasks import InboxQuery, WorkItem, WorkItemState, inbox
from tests.bench.work import Meter
from tests.factories import District, make_case, make_district, make_instance
from tests.fakes import ManualClock
from tests.web.browsing import PASSWORD, sign_in
from web import create_app
from web.api import models as _api  # noqa: F401  the tables of the pages are made with the others
from web.auth import models as _auth  # noqa: F401
from web.database import db
from web.feeds import models as _feeds  # noqa: F401
from web.logs import configure_logs

NOW: Final = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
#: Everybody's work lies in these inboxes; `handler` reads all of them, as a clerk of a busy centre would.
OFFICES: Final = ("water-works", "water", "housing", "willow", "plum", "east-centre", "west-centre", "callback")
#: What is promised: all but a twentieth of the pages take at most so many milliseconds, and with the fewest items
#: they are at most so many times faster.
AT_MOST, RATIO = 50.0, 1.5
#: How many items are open.
SIZES: Final = (10_000, 100_000, 1_000_000)
#: One in so many is taken by somebody; one in so many has no date.
TAKEN, UNDATED = 3, 11


@dataclass(frozen=True, kw_only=True)
class Face:
    """What one page costs, in milliseconds of CPU of this process and the database's backends.

    Args:
        page: the request, from the address to the HTML.
        slow: the request that all but a twentieth are faster than.
        queries: the rows and the counts alone.
    """

    page: float
    slow: float
    queries: float


@dataclass(frozen=True, kw_only=True)
class Load:
    """A database with so many open items, and who reads them."""

    engine: Engine
    sessions: sessionmaker[Session]
    district: District

    @property
    def sqlite(self) -> bool:
        """Is it SQLite?"""
        return self.engine.dialect.name == "sqlite"


def prepare(engine: Engine) -> Load:
    """Make the district, and give one of its people every inbox."""
    sessions = session_factory(engine)
    with sessions() as session:
        district = make_district(session)
        reader = district.person("handler")
        with writing(session):
            held = session.get_one(Staff, reader.id)
            held.password_hash = hash_password(PASSWORD)
            known = {each.unit_id for each in held.memberships}
            for office in OFFICES:
                if district.unit_id(office) not in known:
                    session.add(Membership(staff_id=reader.id, role="handler", unit_id=district.unit_id(office)))
    return Load(engine=engine, sessions=sessions, district=district)


def fill(load: Load, rows: int) -> None:
    """Bring the number of open items, each of a case of its own, up to `rows`: copied inside of the database."""
    with load.sessions() as session, writing(session):
        connection = session.connection()
        before = connection.execute(text("SELECT count(*) FROM work_item")).scalar_one()
        if not before:
            case = make_case(session, place=load.district.unit("willow"))
            instance = make_instance(session, case)
            session.flush()
            item = {"case_id": case.id, "instance_id": instance.id, "jurisdiction": "qinghe", "element_id": "handle"}
            item |= {"process_id": "petition", "name": "办理诉求", "why": {}, "excluded": [], "created_at": NOW}
            session.add(
                WorkItem(**item, role="handler", unit_id=load.district.unit_id("water-works"), task_id="0" * 32,
                         inbox_key="handler@water-works", state=WorkItemState.OPEN)
            )  # fmt: skip
            session.flush()
            before = 1
        _copy(connection, load.district, before, rows)
    # what either database does by itself in the hour after such a load
    with load.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if load.sqlite else "VACUUM ANALYZE")
    if load.sqlite:
        load.engine.dispose()
        with closing(sqlite3.connect(str(load.engine.url.database), isolation_level=None)) as driven:
            driven.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(connection: Connection, district: District, first: int, last: int) -> None:
    sqlite = connection.dialect.name == "sqlite"
    identity = "lower(hex(randomblob(16)))" if sqlite else "gen_random_uuid()"
    numbers = "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last} - 1)"
    numbers = numbers.format(first=first, last=last)
    kept = {"number": "'SQ2025-' || n.i", "tracking_hmac": "'bench-' || n.i", "submission_key": "NULL", "id": identity}

    def run(statement: str) -> None:
        connection.exec_driver_sql(
            statement if connection.dialect.name == "postgresql" else statement.replace("%%", "%")
        )

    run(insert_copies(cast(Table, Case.__table__), numbers, kept, "number NOT LIKE 'SQ2025-%%'"))
    due = f"CASE WHEN n.i %% {UNDATED} = 0 THEN NULL ELSE {_due(sqlite)} END"
    taken = f"n.i %% {TAKEN} = 0"
    offices = " ".join(f"WHEN {place} THEN '{office}'" for place, office in enumerate(OFFICES))
    office = f"CASE n.i %% {len(OFFICES)} {offices} END"
    owner = district.person("handler-two").id
    values = {
        "id": identity, "task_id": _task(sqlite), "due_at": due, "inbox_key": f"'handler@' || {office}",
        "unit_id": f"(SELECT u.id FROM org_unit u WHERE u.code = {office})",
        "state": f"CASE WHEN {taken} THEN 'claimed' ELSE 'open' END",
        "owner_id": f"CASE WHEN {taken} THEN '{owner.hex if sqlite else owner}'{'' if sqlite else '::uuid'} END",
        "case_id": "(SELECT c.id FROM \"case\" c WHERE c.jurisdiction = 'qinghe' AND c.number = 'SQ2025-' || n.i)",
    }  # fmt: skip
    run(insert_copies(cast(Table, WorkItem.__table__), numbers, values, f"task_id = '{'0' * 32}'"))


def insert_copies(table: Table, numbers: str, values: Mapping[str, str], source: str) -> str:
    """Return the statement that copies a row once for each number.

    Args:
        numbers: the start of a statement that names the numbers `n.i`.
        values: an expression for each column that differs.
        source: the condition that finds the row.
    """
    columns = [column.name for column in table.columns]
    picked = ", ".join(values.get(column, f"source.{column}") for column in columns)
    into = ", ".join(columns)
    select = f'SELECT {picked} FROM n, (SELECT * FROM "{table.name}" WHERE {source} LIMIT 1) AS source'
    return f'INSERT INTO "{table.name}" ({into}) {numbers} {select}'


def _task(sqlite: bool) -> str:
    return "lower(hex(randomblob(16)))" if sqlite else "replace(gen_random_uuid()::text, '-', '')"


def _due(sqlite: bool) -> str:
    """Spread over 140 days, a few of them past."""
    start = NOW - timedelta(days=7)
    minutes = "((n.i::bigint * 7919) %% 200000)" if not sqlite else "((n.i * 7919) %% 200000)"
    if sqlite:
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', '{start:%Y-%m-%d %H:%M:%S}', '+' || {minutes} || ' minutes')"
    return f"timestamptz '{start.isoformat()}' + {minutes} * interval '1 minute'"


def measure(engine: Engine, backends: Callable[[Engine], list[int]], *, most: int, runs: int = 60) -> dict[int, Face]:
    """Fill a database step by step, and measure the first page at each size.

    Args:
        most: sizes above this one are left out.
    """
    load = prepare(engine)
    found = {}
    for size in (each for each in SIZES if each <= most):
        fill(load, size)
        pages, queries = _requests(load, backends, runs), _queries(load, backends(engine), runs)
        found[size] = Face(page=median(pages), slow=quantiles(pages, n=20)[-1], queries=median(queries))
    return found


def _queries(load: Load, pids: list[int], runs: int) -> list[float]:
    reader = load.district.person("handler")
    with load.sessions() as session:
        query = InboxQuery(staff_id=reader.id, keys=tuple(inbox_keys(session, reader.id)))
        inbox(session, query, NOW)  # the first time compiles the statements

        def read() -> None:
            assert len(inbox(session, query, NOW).items) == query.limit

        return _each(read, lambda: pids, runs)


def _each(step: Callable[[], None], backends: Callable[[], list[int]], runs: int) -> list[float]:
    """Return the milliseconds of CPU of every step."""
    costs = []
    for _ in range(runs):
        meter = Meter(backends)
        with meter.measuring():
            step()
        meter.cost.steps = 1
        costs.append(meter.cost.each)
    return costs


def _requests(load: Load, backends: Callable[[Engine], list[int]], runs: int) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as folder:
        url = load.engine.url.render_as_string(hide_password=False)
        settings = Settings(
            database_url=url, secret_key=b"k" * 32, field_key=bytes(range(32)), blob_dir=Path(folder),
            jurisdiction="qinghe", scheduler_embedded=False,
        )  # fmt: skip
        configure_logs("ERROR")
        app = create_app(settings, clock=ManualClock(NOW))
        client = app.test_client()
        sign_in(client, "handler")
        client.get("/inbox")
        with app.app_context():
            engine = db.engine

        def read() -> None:
            assert client.get("/inbox").text.count("data-row id=") == 25

        read()
        pids = backends(engine)
        spent = _each(read, lambda: pids, runs)
        with app.app_context():
            db.session.remove()
            engine.dispose()
    return spent


def judge(name: str, faces: dict[int, Face]) -> list[str]:
    """Return the promises that the figures of one database break."""
    few = faces[SIZES[0]]
    broken = []
    for size, many in faces.items():
        if many.slow > AT_MOST:
            broken.append(
                f"{name}: one page in twenty takes {many.slow:.0f} ms at {size} open items, not {AT_MOST:.0f}"
            )
        for part in ("page", "queries"):
            ratio = getattr(many, part) / getattr(few, part)
            if ratio > RATIO:
                broken.append(f"{name}: the {part} of an inbox take {ratio:.2f} times as long at {size} open items")
    return broken
