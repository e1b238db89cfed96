"""Very many matters whose timers are all due at the same instant: the morning after a holiday.

One matter is filed and started by the runtime itself; the others are copies of its rows, made inside of the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session, sessionmaker

from engine import tables
from engine.audit import Actor
from engine.clock import CHINA
from engine.db import sessions as session_factory
from engine.db import writing
from engine.definitions import deploy
from engine.instances.runtime import Runtime
from engine.organisation.models import Staff
from engine.organisation.passwords import hash_password
from tests.bench.inbox import insert_copies
from tests.engine.instances import packages as p
from tests.factories import make_case, make_district
from tests.web.browsing import PASSWORD

#: 8 October 2026, the first working day after the National Day holiday, when the offices open.
DUE: Final = datetime(2026, 10, 8, 8, 30, tzinfo=CHINA)
FILED: Final = DUE - timedelta(days=10)
#: Who reads the inbox meanwhile.
READER: Final = "community"

_TEXT: Final = "{{ case.number }}\n\n{{ case.title }} {{ link }}\n"
#: A task, and a reminder to the supervision office when it is not done in ten days; the task stays where it is.
PACKAGE: Final = p.package(
    p.start(),
    p.task("handle"),
    p.timer("late", "handle", interrupting=False, duration='=duration("P10D")'),
    p.send("remind", notice="late", to="supervision@=place.district"),
    p.end("done", outcome="solved"),
    p.end("reminded"),
    p.chain("start", "handle", "done"),
    p.chain("late", "remind", "reminded"),
    files=[
        (f"notices/late.{locale}.txt", f"Subject: {said} {_TEXT}".encode())
        for locale, said in (("zh_CN", "超期提醒"), ("en", "Overdue"))
    ],
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What stands in the database: how many timers in each state, and what came of those that were fired."""

    timers: Mapping[str, int]
    events: int
    told: int
    notices: int
    doubled: int
    incidents: int


def fill(engine: Engine, count: int) -> sessionmaker[Session]:
    """Make `count` matters with a timer each, due at `DUE`."""
    sessions = session_factory(engine)
    with sessions() as session:
        district = make_district(session)
        with writing(session):
            session.get_one(Staff, district.person(READER).id).password_hash = hash_password(PASSWORD)
        deploy(session, PACKAGE, author=Actor.engine(), note="", now=FILED, jurisdiction="qinghe")
        case = make_case(session, place=district.unit("willow"))
        place = {"code": "willow", "name": "柳园社区", "community": "willow", "street": "east", "district": "qinghe"}
        data = {"case": {"number": case.number, "title": case.title}, "place": place}
        Runtime().start(
            session, case_id=case.id, jurisdiction="qinghe", key="petition", data=data, actor=Actor.resident(),
            now=FILED,
        )  # fmt: skip
        with writing(session):
            _copy(session.connection(), case.id, count)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE")
    return sessions


def _copy(connection: Connection, case_id: UUID, count: int) -> None:
    """Copy the rows of one matter; ids are its number, so that the copies know each other."""
    sqlite = connection.dialect.name == "sqlite"

    def identity(kind: str) -> str:
        return f"printf('{kind}%031x', n.i)" if sqlite else f"('{kind}' || lpad(to_hex(n.i), 31, '0'))::uuid"

    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})"
    source = case_id.hex if sqlite else str(case_id)
    owned = {"case_id": identity("a"), "instance_id": identity("b")}
    copies: dict[str, tuple[dict[str, str], str]] = {
        "case": (
            {"id": identity("a"), "number": "'SQ2025-' || n.i", "tracking_hmac": "'morning-' || n.i",
             "submission_key": "NULL"},
            f"id = '{source}'",
        ),
        "instance": ({"id": identity("b"), "case_id": identity("a")}, f"case_id = '{source}'"),
        "work_item": ({"id": identity("c"), **owned}, f"case_id = '{source}'"),
        "timer": ({"id": identity("d"), **owned}, f"case_id = '{source}'"),
        "audit_event": ({"id": identity("e"), "case_id": identity("a")}, f"case_id = '{source}' AND seq = 1"),
    }  # fmt: skip
    if count > 1:
        for table, (values, where) in copies.items():
            connection.exec_driver_sql(insert_copies(tables.metadata.tables[table], numbers, values, where))


def count(session: Session) -> Counted:
    """Count what there is, and what is there twice."""
    connection = session.connection()

    def number(statement: str) -> int:
        return int(connection.execute(text(statement)).scalar_one())

    states = connection.execute(text("SELECT state, count(*) AS number FROM timer GROUP BY state")).all()
    fired = "SELECT case_id, count(*) AS times FROM audit_event WHERE tag = 'timer:fired' GROUP BY case_id"
    return Counted(
        timers={row.state: row.number for row in states},
        events=number("SELECT count(*) FROM audit_event WHERE tag = 'timer:fired'"),
        told=number("SELECT count(DISTINCT case_id) FROM notice"),
        notices=number("SELECT count(*) FROM notice"),
        doubled=number(f"SELECT count(*) FROM ({fired}) AS f WHERE times > 1"),
        incidents=number("SELECT count(*) FROM incident"),
    )


def lags(session: Session) -> list[float]:
    """Return how late each timer was fired, in seconds, the smallest first."""
    rows = session.execute(text("SELECT fired_at, due_at FROM timer WHERE state = 'fired'"))
    return sorted((_moment(fired) - _moment(due)).total_seconds() for fired, due in rows)


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
