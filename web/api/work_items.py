"""Open tasks: list, claim, release, complete."""

from typing import Any, Final
from uuid import UUID

from flask_smorest import Blueprint

from engine.errors import Conflict
from engine.organisation.policy import Action, require
from engine.organisation.service import inbox_keys
from engine.tasks import InboxQuery, claim, get_item, inbox, release
from web import current
from web.api.keys import PARAMETER, keyed
from web.api.schemas import CompletedSchema, CompletionSchema, WorkItemPage, WorkItemQuery, WorkItemSchema, problems

blueprint: Final = Blueprint("api_work_items", __name__, url_prefix="/work-items", description="Open tasks")


@blueprint.get("")
@blueprint.arguments(WorkItemQuery, location="query")
@blueprint.doc(responses=problems(403, 422))
@blueprint.response(200, WorkItemPage)
def list_work_items(query: dict[str, Any]) -> Any:
    """List the open tasks of the token's holder, soonest due first."""
    require(current.viewer(), Action.VIEW_INBOX)
    staff = current.staff()
    wanted = InboxQuery(
        staff_id=staff.id,
        keys=tuple(inbox_keys(current.session(), staff.id)),
        holding=query["holding"],
        bucket=query["due"],
        text=query["q"] or None,
        roles=(query["role"],) if query.get("role") else (),
        cursor=query["cursor"],
        limit=query["limit"],
    )
    return inbox(current.session(), wanted, current.now())


def _shown(item_id: UUID) -> dict[str, Any]:
    """Return a task as the list shows it."""
    from engine.cases.view import item_facts

    return item_facts(current.session(), get_item(current.session(), item_id))


@blueprint.post("/<uuid:item_id>/claim")
@blueprint.doc(parameters=[PARAMETER], responses=problems(403, 404, 409, 422))
@blueprint.response(200, WorkItemSchema)
@keyed
def claim_work_item(item_id: UUID) -> Any:
    """Take a task."""
    claim(current.session(), item_id, staff=current.staff(), now=current.now())
    return WorkItemSchema().dump(_shown(item_id)), 200


@blueprint.post("/<uuid:item_id>/release")
@blueprint.doc(parameters=[PARAMETER], responses=problems(403, 404, 409, 422))
@blueprint.response(200, WorkItemSchema)
@keyed
def release_work_item(item_id: UUID) -> Any:
    """Give a task back to the inbox of its role."""
    release(current.session(), item_id, staff=current.staff(), now=current.now())
    return WorkItemSchema().dump(_shown(item_id)), 200


@blueprint.post("/<uuid:item_id>/complete")
@blueprint.arguments(CompletionSchema)
@blueprint.doc(parameters=[PARAMETER], responses=problems(403, 404, 409, 422))
@blueprint.response(200, CompletedSchema)
@keyed
def complete_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Complete a task with what its form takes, and move the process on."""
    done = current.runtime().complete(
        current.session(), item_id, body["data"], actor=current.actor(), now=current.now()
    )
    if done.incident_id is not None:
        raise Conflict(
            "step-failed",
            "The step failed and nothing of it was kept; an operator sees it as incident {incident}.",
            incident=str(done.incident_id),
        )
    facts = {
        "id": item_id,
        "state": done.item.state,
        "instance_status": done.status,
        "next_items": [item.id for item in done.next_items],
    }
    return CompletedSchema().dump(facts), 200
