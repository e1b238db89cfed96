"""Find a matter by its words. Never a person: names, telephone numbers and addresses are not in the index."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, bindparam, delete, or_, select, text
from sqlalchemy.orm import Session, aliased

from engine.audit import ActorKind, AuditEvent
from engine.cases.models import Case, CaseSearch
from engine.cases.subject import subjects_of
from engine.db import writing
from engine.errors import Invalid
from engine.organisation.models import OrgUnit
from engine.organisation.policy import Action, Field, Reach, Viewer, may, reach, require, visible_fields
from engine.tasks.models import WorkItem

#: So many are shown; so many that match are looked at, newest first, to find them.
SHOWN: Final = 30
LOOKED_AT: Final = 300
LONGEST: Final = 80
#: Seven digits and more, with gaps, are a telephone or an identity card; what has an @ in it is an address.
_NUMBERS: Final = re.compile(r"(?:\d[\s-]?){7,}\d*[Xx]?|\S+@\S+")
_CASE_NUMBER: Final = re.compile(r"[A-Za-z]{2}\d{4}-\d{1,8}")
_RUNS: Final = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A matter that was found, as far as the viewer may see it."""

    case: Case
    title: str | None
    place: str | None


def index_case(session: Session, case: Case, *, without: Iterable[str] = ()) -> None:
    """Write what a case is found by; a sealed one is found by nothing, one that was merged by its number alone.

    Its row must be in the database.

    Args:
        without: names that are left out of the text, such as the petitioner's.
    """
    with writing(session):
        session.flush()
        session.execute(delete(CaseSearch).where(CaseSearch.case_id == case.id))
        if not case.sealed:
            said = "" if case.merged_into_id else f"{case.title}\n{case.text}"
            session.add(CaseSearch(case_id=case.id, words=sorted(matter_words(said, without))))
        session.flush()


def matter_words(said: str, without: Iterable[str] = ()) -> set[str]:
    """Return the words of a text by which matters are found and compared, without these names and without numbers that
    belong to a person.
    """
    for name in without:
        said = said.replace(name.strip(), " ") if len(name.strip()) > 1 else said
    return set(_words(_NUMBERS.sub(" ", said)))


def search(session: Session, viewer: Viewer, asked: str) -> list[Hit]:
    """Return the matters whose title and text have every word of `asked`, newest first; only what the viewer may see.

    Raises:
        Forbidden: the viewer handles no matters.
        Invalid: `search-too-short`, or `search-for-person`: it looks like a telephone number or an e-mail address.
    """
    require(viewer, Action.SEARCH_CASES)
    asked = asked.strip()[:LONGEST]
    if _CASE_NUMBER.fullmatch(asked):
        return _seen(session, viewer, _candidates(session, viewer, [Case.number == asked.upper()]), ())[:SHOWN]
    if _NUMBERS.search(asked):
        raise Invalid("search-for-person", "Matters are found by what they are about, not by telephone or address.")
    parts = tuple(_RUNS.findall(asked.casefold()))
    words = sorted(set(_words(asked)))
    if not words or any(_CHINESE.match(part) and len(part) < 2 for part in parts):
        raise Invalid("search-too-short", "Enter at least two characters of what the matter is about.")
    return _seen(
        session, viewer, _candidates(session, viewer, [_match(session, words), Case.merged_into_id.is_(None)]), parts
    )[:SHOWN]


def _words(said: str) -> Iterator[str]:
    """Yield the pairs of neighbouring Chinese characters, and the words of other scripts."""
    for run in _RUNS.findall(said.casefold()):
        if _CHINESE.match(run):
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        else:
            yield run[:40]


def _match(session: Session, words: list[str]) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        return text("case_search.words @> :words").bindparams(bindparam("words", words))  # type: ignore[return-value]
    asked = " ".join(f'"{word}"' for word in words)
    found = text("case_search.id IN (SELECT rowid FROM case_search_index WHERE case_search_index MATCH :words)")
    return found.bindparams(bindparam("words", asked, type_=Text()))  # type: ignore[return-value]


def _candidates(session: Session, viewer: Viewer, where: list[ColumnElement[bool]]) -> list[Any]:
    place = aliased(OrgUnit)
    return list(
        session.execute(
            select(Case, place.name)
            .join(CaseSearch, CaseSearch.case_id == Case.id)
            .join(place, place.id == Case.place_id)
            .where(*where, Case.sealed.is_(False), _within(reach(viewer), place))
            .order_by(CaseSearch.id.desc())
            .limit(LOOKED_AT)
        )
    )


def _within(bounds: Reach, place: type[OrgUnit]) -> ColumnElement[bool]:
    """Narrow to cases that may be within reach; the policy decides each one afterwards."""
    worker = aliased(OrgUnit)
    worked_on = (
        select(WorkItem.id)
        .outerjoin(worker, worker.id == WorkItem.unit_id)
        .where(
            WorkItem.case_id == Case.id,
            or_(
                worker.id.in_(bounds.unit_ids),
                WorkItem.owner_id == bounds.staff_id,
                *(worker.path.startswith(scope, autoescape=True) for scope in bounds.scopes),
            ),
        )
        .exists()
    )
    took_part = (
        select(AuditEvent.id)
        .where(
            AuditEvent.case_id == Case.id,
            AuditEvent.actor_kind == ActorKind.STAFF,
            AuditEvent.actor_id == str(bounds.staff_id),
        )
        .exists()
    )
    places = (place.path.startswith(scope, autoescape=True) for scope in bounds.scopes)
    return Case.jurisdiction.in_(bounds.jurisdictions) & or_(*places, worked_on, took_part)


def _seen(session: Session, viewer: Viewer, rows: list[Any], parts: tuple[str, ...]) -> list[Hit]:
    """Keep what the viewer may see, and of that only where the words stand in what they may read."""
    subjects = subjects_of(session, [case for case, _ in rows]) if rows else {}
    found = []
    for case, place in rows:
        if not may(viewer, Action.VIEW_CASE, subjects[case.id]):
            continue
        visible = visible_fields(viewer, subjects[case.id])
        read = " ".join(
            each for field, each in ((Field.TITLE, case.title), (Field.TEXT, case.text)) if field in visible
        )
        if all(part in read.casefold() for part in parts):
            title = case.title if Field.TITLE in visible else None
            found.append(Hit(case=case, title=title, place=place if Field.PLACE in visible else None))
    return found
