"""Handling a duplicate together with an earlier report of the same matter (并案): one handling, a reply for each."""

from uuid import UUID

from sqlalchemy import select, update

from engine.audit import Tag, record
from engine.cases.handling import Acting
from engine.cases.models import Case, CaseState
from engine.cases.search import index_case
from engine.cases.subject import get_case, subject_of
from engine.cases.verb_texts import TEXTS
from engine.db import writing
from engine.errors import Conflict, Invalid
from engine.notices import notify
from engine.organisation.policy import Action, may
from engine.tasks.handing import require_owner
from engine.tasks.service import lock_item, refuse_over


def merge(acting: Acting, item_id: UUID, *, into: str, reason: str) -> Case:
    """Merge the case of a task into another one, which goes on for both; the resident is told, and gets its answer.

    The process of the duplicate is given up with its tasks and clocks; those of the other case run on. What was merged
    into the duplicate before follows it. It cannot be undone.

    Args:
        into: number of the other case.
        reason: why it is the same matter; kept with the event.

    Raises:
        Forbidden: the task is not with whoever acts, or the policy says no.
        Conflict: the task is over; `merge-kind`, `merge-over`: the cases cannot be handled together.
        Invalid: `merge-unknown`: there is no such case, or it may not be known.
    """
    item, subject = acting.open(item_id, Action.MERGE)
    with writing(acting.session):
        item = lock_item(acting.session, item_id)
        refuse_over(item)
        require_owner(item, acting.staff)
        case = get_case(acting.session, item.case_id)
        original = _original(acting, case, into)
        if subject.sealed or original.kind != case.kind:
            raise Conflict("merge-kind", "{case} and {number} are not of one kind and cannot be handled together.",
                           case=case.number, number=original.number)  # fmt: skip
        recipients = acting.runtime.hooks.resident(acting.session, case.id)
        acting.runtime.cancel(acting.session, item.instance_id, reason=reason, actor=acting.actor, now=acting.now)
        case.state, case.ended_at, case.merged_into_id = CaseState.MERGED, acting.now, original.id
        acting.session.execute(update(Case).where(Case.merged_into_id == case.id).values(merged_into_id=original.id))
        index_case(acting.session, case)
        for tag, data in (
            (Tag.CASE_MERGED, {"into": original.number, "reason": reason}),
            (Tag.CASE_ENDED, {"outcome": CaseState.MERGED.value, "number": case.number}),
        ):
            record(acting.session, tag=tag, actor=acting.actor, at=acting.now, jurisdiction=case.jurisdiction,
                   case_id=case.id, data=data)  # fmt: skip
        hooks = acting.runtime.hooks
        notify(
            acting.session, key=f"case_merged:{case.id.hex}", jurisdiction=case.jurisdiction, case_id=case.id,
            template="case_merged", texts=TEXTS["case_merged"],
            facts={"number": case.number, "original": original.number, "note": "", "held_back": False},
            recipients=recipients, link=hooks.resident_link, now=acting.now, site=hooks.site, seal=hooks.seal,
        )  # fmt: skip
        hooks.announce(acting.session)
        acting.session.flush()
        return case


def _original(acting: Acting, case: Case, into: str) -> Case:
    """Return the case that goes on: the one of this number, or what it was merged into itself."""
    wanted = select(Case).where(Case.jurisdiction == case.jurisdiction, Case.number == into.strip().upper())
    found = acting.session.scalar(wanted)
    if found is not None and found.merged_into_id is not None:
        found = acting.session.get_one(Case, found.merged_into_id)
    known = (
        found is not None
        and not found.sealed
        and may(acting.viewer, Action.VIEW_CASE, subject_of(acting.session, found))
    )
    if found is None or not known or found.id == case.id:
        raise Invalid("merge-unknown", "There is no other matter {number} that you may see. Nothing was changed.",
                      number=into.strip()[:40])  # fmt: skip
    if found.is_over:
        raise Conflict(
            "merge-over",
            "{number} has ended: nothing can be handled together with it. Nothing was changed.",
            number=found.number,
        )
    return found
