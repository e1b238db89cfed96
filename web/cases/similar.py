"""Similar matters on the pages of a matter and of a task, with the way to handle them together."""

from typing import Any
from uuid import UUID

from engine.cases.similar import similar_cases, thought_known
from engine.cases.view import CaseView
from web import current


def similar_panel(view: CaseView) -> dict[str, Any]:
    """Return what the panel shows.

    Keys: `found`, the similar matters; `known`, the resident thought so too; `task`, the reader's open task of this
    matter, from which it can be merged.
    """
    session, me = current.session(), current.staff().id
    if not view.shows("text"):  # who may not read the matter is not told what is like it
        return {"found": [], "known": False, "task": None}
    found = similar_cases(session, current.viewer(), view.case, now=current.now())
    task: UUID | None = next((each.item.id for each in view.work if each.item.owner_id == me), None)
    return {"found": found, "known": bool(found) and thought_known(session, view.case), "task": task}
