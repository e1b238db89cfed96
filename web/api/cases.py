"""Cases: file, read, follow what happened."""

import secrets
from typing import Any, Final
from uuid import UUID

from flask import g, request
from flask_smorest import Blueprint
from marshmallow import ValidationError

from engine.cases.filing import file_case
from engine.cases.filing_schema import FilingSchema
from engine.cases.view import CaseView, case_view, note_personal_read
from engine.errors import Invalid
from engine.organisation.policy import Action, Field, require
from web import current
from web.api import created
from web.api.keys import HEADER, PARAMETER, keyed
from web.api.schemas import CaseFiling, CaseSchema, FiledSchema, TimelineSchema, problems

blueprint: Final = Blueprint("api_cases", __name__, url_prefix="/cases", description="Matters")


@blueprint.post("")
@blueprint.arguments(CaseFiling)
@blueprint.doc(parameters=[PARAMETER], responses=problems(403, 422))
@blueprint.response(201, FiledSchema)
@keyed
def create_case(body: dict[str, Any]) -> Any:
    """File a matter for a resident and start its process."""
    require(current.viewer(), Action.FILE_CASE)
    try:
        filing = FilingSchema().load(body)
    except ValidationError as error:
        fields = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise Invalid("filing-invalid", "The matter cannot be filed as it is.", fields=fields) from error
    key = request.headers.get(HEADER) or secrets.token_urlsafe(24)
    filed = file_case(
        current.session(),
        filing,
        jurisdiction=current.settings().jurisdiction,
        submission=f"api:{g.api_token.id}:{key}",
        vault=current.vault(),
        runtime=current.runtime(),
        actor=current.actor(),
        now=current.now(),
    )
    facts = {
        "id": filed.case.id,
        "number": filed.case.number,
        "tracking_code": filed.receipt.tracking_code,
        "pin": filed.receipt.pin,
    }
    return created(FiledSchema().dump(facts), f"/api/v1/cases/{filed.case.id}")


def _view(case_id: UUID) -> CaseView:
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault())
    note_personal_read(current.session(), view, current.actor(), current.now())
    return view


@blueprint.get("/<uuid:case_id>")
@blueprint.doc(responses=problems(403, 404))
@blueprint.response(200, CaseSchema)
def read_case(case_id: UUID) -> Any:
    """Read a case as far as the token's holder may see it."""
    view = _view(case_id)
    case = view.case
    facts = {
        Field.NUMBER: case.number,
        Field.KIND: case.kind,
        Field.STATE: case.state,
        Field.TITLE: case.title,
        Field.TEXT: case.text,
        Field.CATEGORY: case.category,
        Field.PLACE: view.place,
        Field.ADDRESS: case.address,
        Field.FILED_AT: case.filed_at,
        Field.CLOCKS: view.clocks,
    }
    shown: dict[str, Any] = {field.value: value for field, value in facts.items() if field in view.visible}
    if view.petitioner:
        shown["petitioner"] = view.petitioner
    if Field.OWNER in view.visible:
        shown["open_work"] = [{"id": str(w.item.id), "name": w.item.name, "unit": w.unit} for w in view.work]
    return {"id": case.id, **shown}


@blueprint.get("/<uuid:case_id>/timeline")
@blueprint.doc(responses=problems(403, 404))
@blueprint.response(200, TimelineSchema)
def read_timeline(case_id: UUID) -> Any:
    """Read what happened to a case, as far as the token's holder may."""
    return {"events": _view(case_id).events}
