"""Cases that came out of one another: a petition that became a mediation, an accusation that was split off."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.cases.models import Case, CaseLink, LinkKind
from engine.cases.subject import subjects_of
from engine.definitions import active_version_id, load
from engine.errors import EngineError, NotFound
from engine.organisation.policy import Action, Field, Viewer, may, visible_fields


@dataclass(frozen=True, kw_only=True)
class Linked:
    """A case of the same family, as a viewer may see it.

    Args:
        kind_name: what its process is called, in the reader's language.
        earlier: it came before the case that is looked at.
        link: what the later one of the two is to the earlier.
        outcome: how it ended, in the words of its package; None while it is under way.
        opens: the viewer may open it; else they only read that it is there.
    """

    case: Case
    kind_name: str
    outcome: str | None
    earlier: bool
    link: LinkKind
    opens: bool


def family_of(session: Session, case_id: UUID) -> list[UUID]:
    """Return the ids of every case that `case_id` is linked with, directly or through others, itself first."""
    found, edge = [case_id], {case_id}
    while edge:
        rows = session.execute(
            select(CaseLink.from_id, CaseLink.to_id).where(or_(CaseLink.from_id.in_(edge), CaseLink.to_id.in_(edge)))
        ).all()
        edge = {each for row in rows for each in row} - set(found)
        found += sorted(edge)
    return found


def linked_cases(session: Session, viewer: Viewer, case: Case, locale: str) -> list[Linked]:
    """Return the cases that `case` is directly linked with, as far as `viewer` may know of them, oldest first.

    A sealed case is there for who may open it and for nobody else.

    Source: 信访工作条例 art. 30.
    """
    rows = session.execute(
        select(Case, CaseLink)
        .join(CaseLink, or_(CaseLink.from_id == Case.id, CaseLink.to_id == Case.id))
        .where(or_(CaseLink.from_id == case.id, CaseLink.to_id == case.id), Case.id != case.id)
        .order_by(Case.filed_at, Case.id)
    ).all()
    subjects = subjects_of(session, [row.Case for row in rows])
    found = []
    for other, link in rows:
        subject = subjects[other.id]
        if Field.NUMBER not in visible_fields(viewer, subject) and (subject.sealed or subject.accused_paths):
            continue
        found.append(
            Linked(
                case=other,
                kind_name=kind_name(session, other.kind, locale),
                outcome=_outcome(session, other, locale),
                earlier=link.to_id == case.id,
                link=LinkKind(link.kind),
                opens=may(viewer, Action.VIEW_CASE, subject),
            )
        )
    return found


def _outcome(session: Session, case: Case, locale: str) -> str | None:
    try:
        return (
            load(session, active_version_id(session, case.kind)).outcome_name(case.state, locale)
            if case.is_over
            else None
        )
    except EngineError:
        return case.state


def kind_name(session: Session, kind: str, locale: str) -> str:
    """Return what the process of a kind is called; the key itself when none is deployed."""
    try:
        names = load(session, active_version_id(session, kind)).package.manifest["name"]
    except EngineError:
        return kind
    return str(names.get(locale) or names.get("zh_CN") or kind) if isinstance(names, dict) else str(names)


def member_of_family(session: Session, case: Case, wanted: UUID) -> Case:
    """Return the case `wanted` of the family of `case`: one resident, one tracking code for all of them.

    Raises:
        NotFound: it does not belong to the family.
    """
    found = session.get(Case, wanted) if wanted in family_of(session, case.id) else None
    if found is None:
        raise NotFound("case-not-linked", "Your matter has no such part.")
    return found


def origins(session: Session, case_id: UUID) -> Iterable[Case]:
    """Return the cases that `case_id` came out of."""
    return session.scalars(select(Case).join(CaseLink, CaseLink.from_id == Case.id).where(CaseLink.to_id == case_id))
