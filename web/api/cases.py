"""Cases: file, read, follow what happened."""

from typing import Any, Final
from uuid import UUID

from engine.cases.filing import Filing, file_case
from engine.cases.kinds import kind_of
from engine.cases.vault import new_submission
from engine.cases.view import CaseView, case_view
from engine.errors import NotFound
from engine.organisation.policy import Action, Field, require
from web import current
from web.api.blueprint import Blueprint, created
from web.api.keys import keyed
from web.api.schemas import CaseFiling, CaseSchema, FiledSchema, TimelineSchema
from web.cases.views import read_case as view_of
from web.languages import choose_locale

blueprint: Final = Blueprint("api_cases", __name__, url_prefix="/cases", description="Matters")


@blueprint.post("")
@blueprint.arguments(CaseFiling)
@keyed
@blueprint.problems(403, 404)
@blueprint.response(201, FiledSchema)
def file_matter(filing: Filing) -> Any:
    """File a matter for a resident and start its process."""
    require(current.viewer(), Action.FILE_CASE)
    if not kind_of(current.session(), filing.kind, choose_locale()).staff:
        raise NotFound("kind-closed", "Matters of the kind {kind} are not filed here.", kind=filing.kind)
    filed = file_case(
        current.session(),
        filing,
        jurisdiction=current.settings().jurisdiction,
        submission=new_submission(),
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
    return created(facts, "api_cases.read_case", case_id=filed.case.id)


@blueprint.get("/<uuid:case_id>")
@blueprint.problems(403, 404)
@blueprint.response(200, CaseSchema)
def read_case(case_id: UUID) -> Any:
    """Read a case as far as the token's holder may see it; what they may not see is absent."""
    view = view_of(case_id)
    shown = {field.value: value for field, value in _facts(view).items() if field in view.visible}
    if view.petitioner:
        shown["petitioner"] = view.petitioner
    if Field.OWNER in view.visible:
        shown["open_work"] = [
            {"id": each.item.id, "name": each.item.name, "unit_name": each.unit, "owner_name": each.owner}
            for each in view.work
        ]
    return {"id": view.case.id, **shown}


def _facts(view: CaseView) -> dict[Field, Any]:
    case = view.case
    return {
        Field.NUMBER: case.number,
        Field.KIND: case.kind,
        Field.STATE: case.state,
        Field.TITLE: view.title,
        Field.TEXT: view.text,
        Field.CATEGORY: case.category,
        Field.CHANNEL: case.channel,
        Field.PLACE: view.place,
        Field.ADDRESS: view.address,
        Field.FILED_AT: case.filed_at,
        Field.CLOCKS: view.clocks,
    }


@blueprint.get("/<uuid:case_id>/timeline")
@blueprint.problems(403, 404)
@blueprint.response(200, TimelineSchema)
def read_timeline(case_id: UUID) -> Any:
    """Read what happened to a case, as far as the token's holder may; first things first."""
    return {"events": case_view(current.session(), current.viewer(), case_id, vault=current.vault()).own_events}
