"""Similar matters: by place, category and words, never by person.

Two readers are offered them. Staff on the page of a matter see number and title of what they may see anyway, to handle
duplicates together. A resident who is about to file sees only that matters of the same kind are being handled nearby:
category, community, day. No words are compared for them, or whoever guesses could find out what others wrote; and only
categories of common places are shown (`"common": true` in package.json), because “a dispute between neighbours was
filed here on Tuesday” tells the neighbour who filed it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from engine.audit import AuditEvent, Tag
from engine.cases.models import UNDER_WAY, Case, CaseSealing, CaseSearch
from engine.cases.search import matter_words
from engine.cases.subject import subjects_of
from engine.clock import CHINA
from engine.definitions import active_version_id, load
from engine.errors import NotFound
from engine.organisation.models import OrgUnit, UnitKind
from engine.organisation.policy import Action, Field, Viewer, may, visible_fields
from engine.organisation.service import ancestors, unit_by_code

#: How far back a report can be of the same matter.
WINDOW: Final = timedelta(days=90)
_CANDIDATES: Final = 200
#: Share of the words that both have; of the same category fewer are enough.
_ALIKE, _ALIKE_OF_CATEGORY = 0.25, 0.15


@dataclass(frozen=True, kw_only=True)
class Similar:
    """A matter that may be the same one; `likeness` from 0 to 1."""

    case: Case
    likeness: float
    title: str | None
    place: str | None


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """What strangers may know of a matter near them: nothing of its words, its number or its petitioner."""

    category: str
    community: str
    filed_on: date


def similar_cases(session: Session, viewer: Viewer, case: Case, *, now: datetime, limit: int = 5) -> list[Similar]:
    """Return open matters of the same kind and community that `viewer` may see, most alike first.

    A sealed matter has no similar ones and is none.
    """
    if case.sealed or case.is_over:
        return []
    place = session.get_one(OrgUnit, case.place_id)
    mine = frozenset(session.scalar(select(CaseSearch.words).where(CaseSearch.case_id == case.id)) or ())
    mine = mine or frozenset(matter_words(f"{case.title}\n{case.text}"))
    rated: list[tuple[float, Case, str]] = []
    for other, words, where in _candidates(session, case, _community(session, place), now):
        alike = likeness(mine, frozenset(words))
        if alike >= (_ALIKE_OF_CATEGORY if case.category and other.category == case.category else _ALIKE):
            rated.append((alike, other, where))
    rated.sort(key=lambda each: each[0], reverse=True)
    return _seen(session, viewer, rated[: 4 * limit])[:limit]


def _candidates(session: Session, case: Case, community: OrgUnit, now: datetime) -> list[Any]:
    place = aliased(OrgUnit)
    return list(
        session.execute(
            select(Case, CaseSearch.words, place.name)
            .join(CaseSearch, CaseSearch.case_id == Case.id)
            .join(place, place.id == Case.place_id)
            .where(place.jurisdiction == community.jurisdiction, place.path.startswith(community.path, autoescape=True))
            .where(Case.id != case.id, Case.kind == case.kind, Case.sealed.is_(False), Case.state.in_(UNDER_WAY))
            .where(Case.filed_at >= now - WINDOW)
            .order_by(Case.filed_at.desc())
            .limit(_CANDIDATES)
        )
    )


def _seen(session: Session, viewer: Viewer, rated: list[tuple[float, Case, str]]) -> list[Similar]:
    subjects = subjects_of(session, [other for _, other, _ in rated]) if rated else {}
    found = []
    for alike, other, where in rated:
        if may(viewer, Action.VIEW_CASE, subjects[other.id]):
            visible = visible_fields(viewer, subjects[other.id])
            title = other.title if Field.TITLE in visible else None
            shown = where if Field.PLACE in visible else None
            found.append(Similar(case=other, likeness=alike, title=title, place=shown))
    return found


def matters_nearby(
    session: Session, *, jurisdiction: str, kind: str, category: str, place: str, now: datetime, limit: int = 5
) -> list[Nearby]:
    """Return what a resident who files a matter of `category` at `place` may know of open ones there, newest first.

    Args:
        category: key of a category; of one that is not common to all, nothing is returned.
        place: code of a grid unit.
    """
    if not category or category not in common_categories(session, kind):
        return []
    try:
        community = _community(session, unit_by_code(session, jurisdiction, place))
    except NotFound:
        return []
    where = aliased(OrgUnit)
    filed = session.scalars(
        select(Case.filed_at)
        .join(where, where.id == Case.place_id)
        .where(where.jurisdiction == jurisdiction, where.path.startswith(community.path, autoescape=True))
        .where(Case.kind == kind, Case.category == category, Case.state.in_(UNDER_WAY), Case.filed_at >= now - WINDOW)
        .where(Case.sealed.is_(False), ~exists().where(CaseSealing.case_id == Case.id))
        .order_by(Case.filed_at.desc())
        .limit(limit)
    )
    return [Nearby(category=category, community=community.name, filed_on=at.astimezone(CHINA).date()) for at in filed]


def common_categories(session: Session, kind: str) -> frozenset[str]:
    """Return the categories of a kind whose matters are everybody's: `"common": true` in its package.json."""
    try:
        version = load(session, active_version_id(session, kind))
    except NotFound:
        return frozenset()
    return frozenset(each["key"] for each in version.categories if each.get("common") is True)


def thought_known(session: Session, case: Case) -> bool:
    """Say whether the resident ticked, when they filed it, that the matter may be one that was there already."""
    filed = select(AuditEvent.data).where(AuditEvent.case_id == case.id, AuditEvent.tag == Tag.CASE_FILED)
    return any(data.get("known") is True for data in session.scalars(filed))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the smaller set that both have; a short report of a long one still counts."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def _community(session: Session, place: OrgUnit) -> OrgUnit:
    above = [each for each in ancestors(session, place) if each.kind == UnitKind.COMMUNITY]
    return above[0] if above else place
