"""Which matter this browser may see: the one whose receipt was shown, for a while."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from flask import session
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.cases.parties import rows_of
from engine.cases.party import PETITIONER
from engine.errors import Forbidden

_KEY: Final = "matter"
IDLE: Final = timedelta(minutes=30)


def open_matter(case: Case, now: datetime, party: str = PETITIONER) -> None:
    """Let this browser see `case` until it was left alone for half an hour. One matter at a time: the last one.

    Args:
        party: key of the party whose receipt or slip was shown.
    """
    session[_KEY] = {"case": str(case.id), "party": party, "until": (now + IDLE).timestamp()}


def opened_party() -> str:
    """Return the party for whom this browser has opened its matter."""
    kept = session.get(_KEY)
    return str(kept.get("party", PETITIONER)) if isinstance(kept, dict) else PETITIONER


def opened_matter(database: Session, now: datetime) -> Case:
    """Return the matter that this browser may see, and let it go on for another while.

    Raises:
        Forbidden: `matter-closed`: there is none, or the time is up.
    """
    kept = session.get(_KEY)
    if isinstance(kept, dict) and kept.get("until", 0) >= now.timestamp():
        case = database.get(Case, UUID(kept["case"]))
        if case is not None and _is_party(database, case, kept.get("party", PETITIONER)):
            open_matter(case, now, kept.get("party", PETITIONER))
            return case
    session.pop(_KEY, None)
    raise Forbidden(
        "matter-closed",
        "For your protection this page closes after {minutes} minutes. Enter the number and PIN of your receipt again.",
        minutes=int(IDLE.total_seconds() // 60),
    )


def _is_party(database: Session, case: Case, key: str) -> bool:
    """Whether somebody still is a party: the page of who was removed closes at once."""
    return key == PETITIONER or any(row.key == key for row in rows_of(database, case.id))


def close_matter() -> None:
    """Forget the matter: somebody else may use this telephone next."""
    session.pop(_KEY, None)
