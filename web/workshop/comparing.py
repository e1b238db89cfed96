"""A draft beside a version of its process: what is different, in words and on both drawings."""

from uuid import UUID

from flask import jsonify, render_template, request
from werkzeug.wrappers import Response

from engine.definitions import Package, ProcessDraft
from engine.definitions.drafts import draft_package, find_draft
from engine.definitions.service import versions
from engine.errors import EngineError, NotFound
from engine.organisation.policy import Action, require
from engine.spiff import Definitions, ProcessOutline, read_definitions
from web import current
from web.processes.marking import marked, marks
from web.workshop.beside import Compared, compared
from web.workshop.views import blueprint, draft_name


@blueprint.get("/<uuid:draft_id>/differences")
def differences(draft_id: UUID) -> str:
    """Show what is different from the active version, or from `than`, in words and on both drawings."""
    require(current.viewer(), Action.EDIT_PROCESS)
    draft, beside = _beside(draft_id)
    return render_template(
        "workshop/differences.html", draft=draft, name=draft_name(draft), compared=beside, than=beside.version,
        versions=versions(current.session(), draft.key),
    )  # fmt: skip


@blueprint.get("/<uuid:draft_id>/drawing")
def drawing(draft_id: UUID) -> Response:
    """Return the BPMN XML of the page `page` of a draft."""
    require(current.viewer(), Action.EDIT_PROCESS)
    package = draft_package(current.session(), draft_id)
    outline = _page(read_definitions(package.diagrams), package)
    return Response(package.diagrams[outline.file], mimetype="application/xml")


@blueprint.get("/<uuid:draft_id>/marks")
def differing(draft_id: UUID) -> Response:
    """Return what a drawing of the draft marks; with `older`, what one of the version `than` does."""
    require(current.viewer(), Action.EDIT_PROCESS)
    draft, beside = _beside(draft_id)
    older = bool(request.args.get("older"))
    package = Package.read_zip(beside.version.package) if older else draft_package(current.session(), draft.id)
    definitions = read_definitions(package.diagrams)
    found = marks(beside.changes, newer=not older)
    return jsonify(marked(_page(definitions, package), definitions.processes, found))


def _beside(draft_id: UUID) -> tuple[ProcessDraft, Compared]:
    draft = find_draft(current.session(), draft_id)
    beside = compared(draft, draft_package(current.session(), draft_id), request.args.get("than", type=int))
    if beside is None:
        raise NotFound("process-key-unknown", "There is no process {process}.", process=draft.key)
    return draft, beside


def _page(definitions: Definitions, package: Package) -> ProcessOutline:
    """The page that a request asks for, else the main one."""
    page = request.args.get("page") or _main(package)
    outline = definitions.processes.get(page)
    if outline is None:
        raise NotFound("page-unknown", "This process has no page {page}.", page=page)
    return outline


def _main(package: Package) -> str:
    try:
        return str(package.manifest["main"])
    except EngineError:
        return ""
