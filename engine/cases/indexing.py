"""Keep the search index as the matters are: no names of people, no words of merged matters, nothing of sealed ones.

The search itself looks at the matter's row as well, so that what an index still has of a sealed or merged matter is
never shown.
"""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.cases.models import Case, CaseSearch
from engine.cases.party import CaseParty
from engine.cases.search import index_case
from engine.cases.vault import Vault
from engine.db import writing

#: so many matters are indexed in one transaction, so that nobody waits long for the write lock
BATCH: Final = 200


def index_again(session: Session, case: Case, vault: Vault) -> None:
    """Write anew what a matter is found by, without the names of its petitioner and parties."""
    index_case(session, case, without=names_in(session, case, vault))


def names_in(session: Session, case: Case, vault: Vault) -> list[str]:
    """Return the names of the people of a matter, as they were given."""
    found = [vault.open(case.personal, case.id).get("name")]
    rows = session.execute(select(CaseParty.id, CaseParty.personal).where(CaseParty.case_id == case.id))
    found += [vault.open(personal, party_id).get("name") for party_id, personal in rows]
    return [str(name) for name in found if name]


def reindex(session: Session, vault: Vault, *, batch: int = BATCH) -> Iterator[int]:
    """Write the whole index anew, oldest matters first; it may be stopped and begun again at any time.

    Yields:
        How many matters were looked at, after each transaction.
    """
    last, done = UUID(int=0), 0
    with writing(session):
        gone = select(CaseSearch.id).join(Case, Case.id == CaseSearch.case_id).where(Case.sealed)
        session.execute(delete(CaseSearch).where(CaseSearch.id.in_(gone)))
    while True:
        with writing(session):
            cases = session.scalars(select(Case).where(Case.id > last).order_by(Case.id).limit(batch)).all()
            for case in cases:
                index_again(session, case, vault)
        if not cases:
            return
        last, done = cases[-1].id, done + len(cases)
        session.expunge_all()
        yield done
