"""Process packages: list, deploy, start on."""

from typing import Any, Final

from flask import request
from flask_smorest import Blueprint

from engine.definitions import Package, deploy, versions
from engine.errors import Invalid
from engine.organisation.policy import Action, require
from web import current
from web.api import created
from web.api.keys import PARAMETER, keyed
from web.api.schemas import DeployQuery, ProcessList, ProcessSchema, problems

blueprint: Final = Blueprint("api_processes", __name__, url_prefix="/processes", description="Process packages")
_ZIP: Final = {
    "required": True,
    "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
}


@blueprint.get("")
@blueprint.doc(responses=problems(403))
@blueprint.response(200, ProcessList)
def list_processes() -> Any:
    """List every deployed version, newest first."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    return {"versions": versions(current.session())}


@blueprint.post("")
@blueprint.arguments(DeployQuery, location="query")
@blueprint.doc(parameters=[PARAMETER], requestBody=_ZIP, responses=problems(403, 409, 422))
@blueprint.response(201, ProcessSchema)
@keyed
def deploy_process(query: dict[str, Any]) -> Any:
    """Deploy a package, sent as a zip. A package with mistakes changes nothing; the answer names them."""
    require(current.viewer(), Action.DEPLOY_PROCESS)
    content = request.get_data(cache=True)
    if not content:
        raise Invalid("package-missing", "The request has no body. Send the package as a zip.")
    version = deploy(
        current.session(),
        Package.read_zip(content),
        author=current.actor(),
        note=query["note"],
        now=current.now(),
        jurisdiction=current.settings().jurisdiction,
        activate=query["activate"],
    )
    return created(ProcessSchema().dump(version), "/api/v1/processes")
