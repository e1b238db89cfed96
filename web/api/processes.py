"""Process packages: list, read, deploy."""

from typing import Any, Final
from uuid import UUID

from flask import request

from engine.definitions import Package, versions
from engine.errors import Invalid, NotFound
from engine.organisation.policy import Action, require
from engine.sandbox.deploying import deploy_checked
from web import current
from web.api.blueprint import Blueprint, created
from web.api.keys import keyed
from web.api.schemas import DeployQuery, ProcessList, ProcessSchema

blueprint: Final = Blueprint("api_processes", __name__, url_prefix="/processes", description="Process packages")


@blueprint.get("")
@blueprint.problems(403)
@blueprint.response(200, ProcessList)
def list_processes() -> Any:
    """List every deployed version, newest first."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    return {"versions": versions(current.session())}


@blueprint.get("/<uuid:version_id>")
@blueprint.problems(403, 404)
@blueprint.response(200, ProcessSchema)
def read_process(version_id: UUID) -> Any:
    """Read what is known of a deployed version."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    found = next((each for each in versions(current.session()) if each.id == version_id), None)
    if found is None:
        raise NotFound("version-unknown", "There is no process version {version}.", version=str(version_id))
    return found


@blueprint.post("")
@blueprint.arguments(DeployQuery, location="query")
@blueprint.zipped
@keyed
@blueprint.problems(403, 422)
@blueprint.response(201, ProcessSchema)
def deploy_process(query: dict[str, Any]) -> Any:
    """Deploy a package, sent as a zip. A package with mistakes changes nothing; `findings` names them all.

    One whose scenarios no longer end as recorded changes nothing either; `differences` says where they differ.

    The same content again is the same version.
    """
    require(current.viewer(), Action.DEPLOY_PROCESS)
    content = request.get_data(cache=True)
    if not content:
        raise Invalid("package-body-missing", "The request has no body. Send the package as a zip.")
    version = deploy_checked(
        current.session(),
        Package.read_zip(content),
        author=current.actor(),
        note=query["note"],
        now=current.now(),
        jurisdiction=current.settings().jurisdiction,
        activate=query["activate"],
        despite_scenarios=query["despite_scenarios"],
    ).version
    return created(version, "api_processes.read_process", version_id=version.id)
