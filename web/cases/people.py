"""What the pages of a matter say of its people: the panel of the parties, and whose tasks staff may answer."""

from typing import Any
from uuid import UUID

from engine.cases.assisting import may_assist
from engine.cases.models import Case
from engine.cases.parties import may_add
from engine.cases.vault import new_submission
from engine.cases.view import CaseView
from engine.definitions import LoadedVersion, load
from engine.errors import EngineError
from engine.instances.reading import latest_instance
from web import current


def panel(view: CaseView) -> dict[str, Any]:
    """Return what the panel of the parties needs beside the view: `may_add`, and `slip`, the token of a new slip, for
    who has a task of the matter."""
    viewer, session = current.viewer(), current.session()
    theirs = any(each.owner_id == viewer.staff_id for each in view.subject.open_items)
    version = version_of(view.case) if theirs else None
    return {
        "may_add": theirs and may_add(session, view.case, viewer, version),
        "slip": new_submission() if theirs and view.parties else "",
    }


def assisted_items(view: CaseView) -> frozenset[UUID]:
    """Return the ids of the open tasks of residents whose answers the reader may enter."""
    session, viewer = current.session(), current.viewer()
    waiting = [each.item for each in view.work if each.item.role == "resident"]
    return frozenset(item.id for item in waiting if may_assist(session, item, viewer))


def version_of(case: Case) -> LoadedVersion | None:
    """Return the version that a case runs on; None where it cannot be read."""
    instance = latest_instance(current.session(), case.id)
    try:
        return load(current.session(), instance.version_id) if instance is not None else None
    except EngineError:
        return None
