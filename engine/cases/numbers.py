"""Numbers without gaps: the series' row is locked until the transaction that took the number ends."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.cases.models import NumberSeries


def take_number(session: Session, jurisdiction: str, series: str) -> int:
    """Return the next number of `series`, 1 first. Rolled back with the transaction, it is given out again.

    Args:
        series: for instance `case:SQ:2026`.
    """
    dialect = session.connection().dialect.name
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = (
        make(NumberSeries)
        .values(jurisdiction=jurisdiction, series=series, last=1)
        .on_conflict_do_update(
            index_elements=["jurisdiction", "series"],
            set_={"last": NumberSeries.last + 1},
        )
        .returning(NumberSeries.last)
    )
    return session.execute(statement).scalar_one()
