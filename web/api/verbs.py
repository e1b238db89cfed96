"""What can be done with a task besides completing it."""

from typing import Any, Final
from uuid import UUID

from engine.cases import handling
from engine.cases.extension import ask_for_extension
from engine.cases.merging import merge
from engine.cases.view import item_facts
from engine.instances.returning import finished_steps, preview
from engine.organisation.colleagues import find_person
from engine.organisation.models import Staff
from engine.organisation.policy import Action
from engine.tasks import get_item
from web import current
from web.api.blueprint import Blueprint
from web.api.keys import keyed
from web.api.schemas import WorkItemSchema
from web.api.verb_schemas import (
    AnswerSchema,
    CoHandlerSchema,
    CopiedSchema,
    ExtensionSchema,
    FinishedPage,
    HandBackSchema,
    MergeSchema,
    MovedSchema,
    NoteSchema,
    PassOnSchema,
    QuestionSchema,
    ReturnSchema,
)

blueprint: Final = Blueprint("api_verbs", __name__, url_prefix="/work-items", description="Passing tasks on")


def _person(body: dict[str, Any]) -> Staff:
    return find_person(current.session(), current.settings().jurisdiction, body["to"])


def _facts(item: Any) -> dict[str, Any]:
    return item_facts(current.session(), item)


@blueprint.post("/<uuid:item_id>/transfer")
@blueprint.arguments(PassOnSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def transfer_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Give a task to somebody who holds its role, for good. What another one holds, a lead assigns."""
    return _facts(handling.transfer(current.acting(), item_id, to=_person(body), note=body["note"]))


@blueprint.post("/<uuid:item_id>/delegate")
@blueprint.arguments(PassOnSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def delegate_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Let a colleague do a task, who hands it back for confirmation."""
    return _facts(handling.delegate(current.acting(), item_id, to=_person(body), note=body["note"]))


@blueprint.post("/<uuid:item_id>/hand-back")
@blueprint.arguments(HandBackSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def hand_back_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Give a delegated task back with what was filled in; its owner confirms it."""
    return _facts(handling.hand_back(current.acting(), item_id, data=body["data"], note=body["note"]))


@blueprint.post("/<uuid:item_id>/recall")
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def recall_work_item(item_id: UUID) -> Any:
    """Take back what was delegated, or what was transferred and not opened yet."""
    return _facts(handling.recall(current.acting(), item_id))


@blueprint.post("/<uuid:item_id>/urge")
@blueprint.arguments(NoteSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def urge_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Urge whoever has a task, at most once in twelve hours."""
    return _facts(handling.urge(current.acting(), item_id, note=body["note"]))


@blueprint.post("/<uuid:item_id>/copy")
@blueprint.arguments(PassOnSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, CopiedSchema)
def copy_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Let somebody read along in the case of a task."""
    return handling.copy_in(current.acting(), item_id, who=_person(body), note=body["note"])


@blueprint.post("/<uuid:item_id>/co-handlers")
@blueprint.arguments(QuestionSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, CoHandlerSchema)
def ask_co_handler(body: dict[str, Any], item_id: UUID) -> Any:
    """Ask somebody to answer beside the owner of a task."""
    return handling.ask_co_handler(current.acting(), item_id, who=_person(body), question=body["question"])


@blueprint.post("/co-handlers/<uuid:request_id>/answer")
@blueprint.arguments(AnswerSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, CoHandlerSchema)
def answer_as_co_handler(body: dict[str, Any], request_id: UUID) -> Any:
    """Answer what one was asked beside the owner of a task."""
    return handling.answer_as_co_handler(current.acting(), request_id, text=body["text"])


@blueprint.post("/co-handlers/<uuid:request_id>/remove")
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, CoHandlerSchema)
def remove_co_handler(request_id: UUID) -> Any:
    """Take a question back that was not answered yet."""
    return handling.remove_co_handler(current.acting(), request_id)


@blueprint.post("/copies/<uuid:copy_id>/end")
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, CopiedSchema)
def end_copy(copy_id: UUID) -> Any:
    """Let somebody no longer read along."""
    return handling.remove_copy(current.acting(), copy_id)


@blueprint.post("/<uuid:item_id>/extension")
@blueprint.arguments(ExtensionSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def extend_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Ask for more time; the date stays until somebody approves it."""
    item, _ = current.acting().open(item_id, Action.COMPLETE)
    ask_for_extension(
        current.session(), item, days=str(body["days"]), reason=body["reason"], staff=current.staff(),
        runtime=current.runtime(), now=current.now(),
    )  # fmt: skip
    return _facts(item)


@blueprint.post("/<uuid:item_id>/merge")
@blueprint.arguments(MergeSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, WorkItemSchema)
def merge_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Handle the case of a task together with an earlier report of the same matter."""
    merge(current.acting(), item_id, into=body["into"], reason=body["reason"])
    return _facts(get_item(current.session(), item_id))


@blueprint.get("/<uuid:item_id>/finished-steps")
@blueprint.problems(403, 404)
@blueprint.response(200, FinishedPage)
def list_finished_steps(item_id: UUID) -> Any:
    """List the steps to which a task can be sent back, each with the tasks that this would withdraw."""
    item, _ = current.acting().open(item_id, Action.RETURN)
    session = current.session()
    steps = finished_steps(session, item)
    return {
        "items": [
            {"id": step.id, "name": step.name, "completed_by": step.completed_by, "completed_at": step.completed_at,
             "withdraws": [each.id for each in preview(session, item, step)]}
            for step in steps
        ]
    }  # fmt: skip


@blueprint.post("/<uuid:item_id>/return")
@blueprint.arguments(ReturnSchema)
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, MovedSchema)
def return_work_item(body: dict[str, Any], item_id: UUID) -> Any:
    """Send a task back to a finished step of its case."""
    back = handling.send_back(current.acting(), item_id, target_id=body["step"], reason=body["reason"])
    return {"next_items": back.opened, "withdrawn_items": back.given_up}


@blueprint.post("/<uuid:item_id>/take-back")
@keyed
@blueprint.problems(403, 404, 409)
@blueprint.response(200, MovedSchema)
def take_back_work_item(item_id: UUID) -> Any:
    """Take back one's own completion, while nobody has opened what came of it."""
    get_item(current.session(), item_id)
    back = handling.take_back(current.acting(), item_id)
    return {"next_items": back.opened, "withdrawn_items": back.given_up}
