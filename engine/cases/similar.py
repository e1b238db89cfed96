"""Similar matters, offered to whoever registers a case: by matter and place, never by person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.models import UNDER_WAY, Case
from engine.organisation.models import OrgUnit
from engine.organisation.service import subtree

#: How far back a report can be of the same matter.
WINDOW: Final = timedelta(days=90)
_CANDIDATES: Final = 400
_ALIKE: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Similar:
    """A case that may be of the same matter; `likeness` from 0 to 1."""

    case: Case
    likeness: float


def similar_cases(session: Session, case: Case, community: OrgUnit, *, now: datetime, limit: int = 5) -> list[Similar]:
    """Return open cases of the same community, most alike first.

    Args:
        community: the community that the case's place lies in.
    """
    candidates = session.scalars(
        select(Case)
        .where(
            Case.place_id.in_([unit.id for unit in subtree(session, community)]),
            Case.id != case.id,
            Case.kind == case.kind,
            Case.filed_at >= now - WINDOW,
            Case.state.in_(UNDER_WAY),
        )
        .order_by(Case.filed_at.desc())
        .limit(_CANDIDATES)
    )
    mine = pairs(case.title, case.text)
    rated = (Similar(case=other, likeness=likeness(mine, pairs(other.title, other.text))) for other in candidates)
    best = sorted((s for s in rated if s.likeness >= _ALIKE), key=lambda s: s.likeness, reverse=True)
    return best[:limit]


def pairs(title: str, text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters, title and start of the text: words, as Chinese writes them."""
    letters = "".join(c for c in (title + " " + text[:400]).casefold() if c.isalnum())
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the smaller set that both have; a short report of a long one still counts."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0
