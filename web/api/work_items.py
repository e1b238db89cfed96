"""Open tasks: list, read, claim, release, complete."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from flask import Response
from flask_babel import get_locale

from engine.cases.subject import get_case, subject_of
from engine.cases.view import item_facts
from engine.errors import Conflict, Invalid
from engine.forms import Part
from engine.organisation.absences import covered_keys
from engine.organisation.policy import Action, require
from engine.organisation.service import inbox_keys
from engine.tasks import InboxQuery, WorkItem, claim, get_item, inbox, release, why_me
from engine.tasks.models import LIVE
from web import current
from web.api.blueprint import Blueprint, refusal
from web.api.keys import keyed
from web.api.schemas import (
    CompletedSchema,
    CompletionSchema,
    TaskSchema,
    WorkItemPage,
    WorkItemQuery,
    WorkItemSchema,
)
from web.cases.forms import shown_form

blueprint: Final = Blueprint("api_work_items", __name__, url_prefix="/work-items", description="Open tasks")


@blueprint.get("")
@blueprint.arguments(WorkItemQuery, location="query")
@blueprint.problems(403)
@blueprint.response(200, WorkItemPage)
def list_work_items(query: dict[str, Any]) -> Any:
    """List the open tasks of the token's holder, soonest due first, those without a date last."""
    require(current.viewer(), Action.VIEW_INBOX)
    staff = current.staff()
    own = inbox_keys(current.session(), staff.id)
    covered = tuple(key for key in covered_keys(current.session(), staff.id, current.now()) if key not in own)
    wanted = InboxQuery(
        staff_id=staff.id,
        keys=(*own, *covered),
        covered=covered,
        holding=query["holding"],
        bucket=query.get("due"),
        text=query["q"] or None,
        roles=(query["role"],) if query.get("role") else (),
        cursor=query.get("cursor"),
        limit=query["limit"],
    )
    return inbox(current.session(), wanted, current.now())


@blueprint.get("/<uuid:item_id>")
@blueprint.problems(403, 404)
@blueprint.response(200, TaskSchema)
def read_work_item(item_id: UUID) -> Any:
    """Read a task: why it came to its unit and, when the token's holder has claimed it, what its form takes."""
    session = current.session()
    item = get_item(session, item_id)
    require(current.viewer(), Action.VIEW_CASE, subject_of(session, get_case(session, item.case_id)))
    facts = item_facts(session, item) | {"why": why_me(item, str(get_locale()))}
    if item.owner_id == current.staff().id and item.state in LIVE:
        facts["inputs"] = list(_inputs(shown_form(item).parts))
    return facts


def _inputs(parts: Iterable[Part]) -> Iterable[dict[str, Any]]:
    for part in parts:
        if part.name and not part.locked:
            choices = [{"value": choice.token, "label": choice.label} for choice in part.choices]
            yield {
                "key": part.name,
                "label": part.label,
                "type": part.type,
                "required": part.required,
                "choices": choices,
            }
        yield from _inputs(part.parts)


@blueprint.post("/<uuid:item_id>/claim")
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def claim_work_item(item_id: UUID) -> Any:
    """Take a task."""
    item = claim(current.session(), item_id, staff=current.staff(), now=current.now())
    return item_facts(current.session(), item)


@blueprint.post("/<uuid:item_id>/release")
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def release_work_item(item_id: UUID) -> Any:
    """Give a task back to the inbox of its role."""
    item = release(current.session(), item_id, staff=current.staff(), now=current.now())
    return item_facts(current.session(), item)


@blueprint.post("/<uuid:item_id>/complete")
@blueprint.arguments(CompletionSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, CompletedSchema)
def complete_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Complete a task with what its form takes, and move the process on. A task that nobody holds is claimed by it."""
    session, actor, now = current.session(), current.actor(), current.now()
    try:
        done = current.runtime().complete(session, item_id, body["data"], actor=actor, now=now)
    except Invalid as error:
        raise _in_words(error, get_item(session, item_id), body["data"]) from error
    if done.incident_id is not None:
        return _step_failed(done.item)
    return {
        "id": item_id,
        "state": done.item.state,
        "instance_status": done.status,
        "next_items": [item.id for item in done.next_items],
    }


def _in_words(error: Invalid, item: WorkItem, submitted: dict[str, Any]) -> Invalid:
    """Return the error with what is wrong with each field in the reader's language."""
    if error.code != "form-invalid":
        return error
    fields = dict(shown_form(item).refused(submitted, error).errors)
    return Invalid(error.code, error.template, **error.facts | {"fields": fields})


def _step_failed(item: WorkItem) -> Response:
    """Answer that the step failed within the transaction of a key: not raised, or its incident would be lost."""
    return refusal(
        Conflict(
            "step-failed",
            "The process could not go on from here ({element}). What you entered is kept, and the people who run the "
            "system see it; you need not do it again.",
            element=item.element_id,
        )
    )
