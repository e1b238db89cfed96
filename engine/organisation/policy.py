"""Decides from the one table. Every page, API, search, notice and log asks here."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from engine.audit.models import ActorKind
from engine.errors import Forbidden, NotFound
from engine.organisation.policy_table import TABLE, Action, Field, Grant, Relation
from engine.organisation.roles import Role
from engine.organisation.viewers import (
    Standing,
    Viewer,
    anonymous_viewer,
    api_viewer,
    resident_viewer,
    viewer_for,
)  # fmt: skip

__all__ = [
    "Action", "CaseSubject", "Field", "OpenItem", "Reach", "Relation", "Standing", "Viewer", "anonymous_viewer",
    "api_viewer", "knows", "may", "reach", "relations", "require", "resident_viewer", "viewer_for", "visible_fields",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OpenItem:
    """A live work item, as far as it decides who may see its case.

    Args:
        lent: it was delegated to its owner, who need not hold its role.
    """

    role: str
    unit_id: UUID | None
    owner_id: UUID | None = None
    excluded: frozenset[UUID] = frozenset()
    lent: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseSubject:
    """A case, as far as it decides who may see it.

    Args:
        place_path: path of the grid unit of the matter.
        unit_paths: of the units that have or had a work item of it, by their ids.
        participants: staff who did a step of it, who were asked to answer beside somebody, or who read along.
        sealed: an accusation. Only members of the units in `sealed_route` and the petitioner know that it exists.
        accused_paths: paths of accused units; nobody who belongs there, or below, knows that it exists.
        accused_staff: likewise for accused persons.

    Source: 信访工作条例 art. 30.
    """

    case_id: UUID
    jurisdiction: str
    place_path: str
    unit_paths: tuple[tuple[UUID, str], ...] = ()
    open_items: tuple[OpenItem, ...] = ()
    participants: frozenset[UUID] = frozenset()
    sealed: bool = False
    sealed_route: frozenset[UUID] = frozenset()
    accused_paths: frozenset[str] = frozenset()
    accused_staff: frozenset[UUID] = frozenset()


def may(viewer: Viewer, action: Action, subject: CaseSubject | None = None) -> bool:
    """Say whether `viewer` may do `action` to a case, or in the application when no case is meant."""
    return any(action in grant.actions for grant in _grants(viewer, subject))


def visible_fields(viewer: Viewer, subject: CaseSubject) -> frozenset[Field]:
    """Return what `viewer` may see of a case."""
    return frozenset[Field]().union(*(grant.fields for grant in _grants(viewer, subject)))


def require(viewer: Viewer, action: Action, subject: CaseSubject | None = None) -> None:
    """Let `viewer` go on when they may do `action`.

    Raises:
        NotFound: they may not know that the case exists (an accusation).
        Forbidden: they may not do this.
    """
    if may(viewer, action, subject):
        return
    if subject is not None and (subject.sealed or _is_accused(viewer, subject)):
        raise NotFound("case-unknown", "There is no case {case}.", case=str(subject.case_id))
    roles = ", ".join(sorted(viewer.roles)) or "none"
    raise Forbidden(
        "not-permitted",
        "Your roles ({roles}) do not allow this here. Whoever is to do it needs a role and unit that do; "
        "the administrator gives them.",
        roles=roles, action=action.value,
    )  # fmt: skip


def knows(viewer: Viewer, subject: CaseSubject) -> bool:
    """Say whether `viewer` may know that a case exists: always, but for an accusation and what it came out of.

    Source: 信访工作条例 art. 30.
    """
    if viewer.kind == ActorKind.RESIDENT:
        return viewer.case_id == subject.case_id or not subject.sealed
    if _is_accused(viewer, subject):
        return False
    own = {standing.unit_id for standing in viewer.standings if standing.for_staff is None}
    return not subject.sealed or bool(own & subject.sealed_route)


def relations(viewer: Viewer, subject: CaseSubject | None) -> frozenset[tuple[Role, Relation]]:
    """Return every (role, relation) in which `viewer` stands to a case, or to the application for None."""
    return frozenset(_relations(viewer, subject))


def _grants(viewer: Viewer, subject: CaseSubject | None) -> Iterator[Grant]:
    return (TABLE[pair] for pair in relations(viewer, subject) if pair in TABLE)


def _relations(viewer: Viewer, subject: CaseSubject | None) -> Iterator[tuple[Role, Relation]]:
    if subject is None:
        yield from ((role, Relation.SYSTEM) for role in viewer.roles)
    elif viewer.kind == ActorKind.RESIDENT:
        if viewer.case_id == subject.case_id and viewer.party is None:
            yield Role.RESIDENT, Relation.PETITIONER
        elif viewer.case_id == subject.case_id and not subject.sealed:
            yield Role.RESIDENT, Relation.PARTY
    elif not _is_accused(viewer, subject):
        for standing in viewer.standings:
            # A substitute is not let into what is sealed: there, only a role of one's own counts.
            if standing.jurisdiction == subject.jurisdiction and (
                not subject.sealed or (standing.unit_id in subject.sealed_route and standing.for_staff is None)
            ):
                yield from ((standing.role, relation) for relation in _relations_of(viewer, standing, subject))


def _is_accused(viewer: Viewer, subject: CaseSubject) -> bool:
    if viewer.staff_id is not None and viewer.staff_id in subject.accused_staff:
        return True
    return any(standing.path.startswith(accused) for standing in viewer.standings for accused in subject.accused_paths)


def _relations_of(viewer: Viewer, standing: Standing, subject: CaseSubject) -> Iterator[Relation]:
    yield Relation.NONE
    if any(_could_do(viewer, standing, item) for item in subject.open_items):
        yield Relation.ASSIGNEE
    if viewer.staff_id is not None and viewer.staff_id in subject.participants:
        yield Relation.PARTICIPANT
    if any(standing.unit_id == unit_id for unit_id, _ in subject.unit_paths):
        yield Relation.SAME_UNIT
    covers_place = subject.place_path.startswith(standing.scope)
    if covers_place or any(
        path.startswith(standing.scope) and unit_id != standing.unit_id for unit_id, path in subject.unit_paths
    ):
        yield Relation.ABOVE
        if standing.role == Role.SUPERVISION:
            yield Relation.SUPERVISION


def _could_do(viewer: Viewer, standing: Standing, item: OpenItem) -> bool:
    if item.lent and item.owner_id is not None and item.owner_id == viewer.staff_id:
        return True
    if item.role != standing.role:
        return False
    if item.owner_id is not None and item.owner_id == viewer.staff_id:
        return True
    if standing.for_staff is not None and standing.for_staff in item.excluded:
        return False
    if item.owner_id not in (None, standing.for_staff):
        return False
    return item.unit_id == standing.unit_id and viewer.staff_id not in item.excluded


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The cases that a viewer may see, for narrowing a query before `visible_fields` decides each row.

    A case is within reach when its place, or a unit that worked on it, has a path that begins with one of `scopes`;
    when a work item of it is or was in one of `unit_ids`; when `staff_id` owns an item or did a step of it; or when it
    is `case_id`. Jurisdictions not in `jurisdictions` are out of reach altogether.
    """

    jurisdictions: frozenset[str]
    scopes: frozenset[str]
    unit_ids: frozenset[UUID]
    staff_id: UUID | None
    case_id: UUID | None


def reach(viewer: Viewer, action: Action = Action.VIEW_CASE) -> Reach:
    """Return where a viewer may do `action`, read from the same table."""

    def granted(standing: Standing, *relations: Relation) -> bool:
        return any(action in TABLE.get((standing.role, relation), Grant()).actions for relation in relations)

    working = [each for each in viewer.standings if granted(each, *Relation)]
    return Reach(
        jurisdictions=frozenset(each.jurisdiction for each in working),
        scopes=frozenset(each.scope for each in working if granted(each, Relation.ABOVE, Relation.SUPERVISION)),
        unit_ids=frozenset(
            each.unit_id for each in working if granted(each, Relation.SAME_UNIT, Relation.ASSIGNEE)
        ),
        staff_id=viewer.staff_id if working else None,
        case_id=viewer.case_id,
    )  # fmt: skip
