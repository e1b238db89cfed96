"""One file of a draft in its editor: read, saved, kept beside another's, and what stands around it."""

import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flask import jsonify, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.definitions import check
from engine.definitions.drafts import draft_file, draft_package, find_draft, fork_draft, save_draft_files
from engine.definitions.models import DraftState
from engine.definitions.presence import leave_draft, present, touch_presence
from engine.errors import Conflict, Invalid
from engine.organisation.policy import Action, require
from web import current
from web.guard import EDITOR_POLICY
from web.languages import choose_locale
from web.words import say
from web.workshop.findings import told
from web.workshop.views import blueprint, draft_name, kind_of

#: What both modellers offer for our own settings.
TEMPLATES: Final = Path(__file__).parents[2] / "bpmn" / ".camunda" / "element-templates" / "chuishao.json"
#: The bundle of each kind of file.
_BUNDLES: Final = {"diagram": "modeler", "form": "form", "decision": "decision"}


@blueprint.get("/<uuid:draft_id>/edit/<path:path>")
def edit(draft_id: UUID, path: str) -> Response:
    """Open a file in the editor of its kind."""
    require(current.viewer(), Action.EDIT_PROCESS)
    session = current.session()
    draft = find_draft(session, draft_id)
    if draft.state != DraftState.OPEN:
        raise Conflict(
            "draft-closed", "This draft was {state} already. Begin a new one from the version.", state=draft.state
        )
    content, revision = draft_file(session, draft_id, path)
    kind = kind_of(path)
    package = draft_package(session, draft_id)
    page = render_template(
        "workshop/editor.html", draft=draft, name=draft_name(draft), path=path, kind=kind, revision=revision,
        bundle=_BUNDLES.get(kind, "text"), siblings=[each for each in package.files if kind_of(each) == kind],
        decisions=_decisions(content) if kind == "decision" else (),
    )  # fmt: skip
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = EDITOR_POLICY
    return answer


def _decisions(content: bytes) -> list[str]:
    from engine.decisions import Model

    try:
        return [each.id for each in Model.read(content).decisions]
    except Invalid:
        return []


@blueprint.get("/<uuid:draft_id>/files/<path:path>")
def read(draft_id: UUID, path: str) -> Response:
    """Return a file as it was saved last, and in X-Revision the revision to name when it is saved."""
    require(current.viewer(), Action.EDIT_PROCESS)
    content, revision = draft_file(current.session(), draft_id, path)
    answer = make_response(content)
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Revision"] = str(revision)
    return answer


@blueprint.post("/<uuid:draft_id>/files/<path:path>")
def save(draft_id: UUID, path: str) -> Response:
    """Save a file, which was read at `revision`; refused with 409 when somebody else saved it since."""
    require(current.viewer(), Action.EDIT_PROCESS)
    try:
        now = save_draft_files(
            current.session(), draft_id, revision=request.args.get("revision", 0, type=int),
            changes={path: request.get_data()}, author=current.actor(), now=current.now(),
        )  # fmt: skip
    except Conflict as error:
        answer = jsonify(
            detail=say(error), code=error.code, who=error.facts.get("theirs", ""), at=error.facts.get("at"),
            revision=error.facts.get("now"),
        )  # fmt: skip
        answer.status_code = 409
        return answer
    return jsonify(revision=now)


@blueprint.post("/<uuid:draft_id>/keep/<path:path>")
def keep(draft_id: UUID, path: str) -> Response:
    """Keep both: begin a draft like this one with this file as it was sent."""
    require(current.viewer(), Action.EDIT_PROCESS)
    changes: dict[str, bytes | None] = {path: request.get_data()}
    draft = fork_draft(current.session(), draft_id, changes=changes, author=current.actor(), now=current.now())
    return jsonify(url=url_for("workshop.edit", draft_id=draft.id, path=path))


@blueprint.get("/<uuid:draft_id>/findings")
def findings(draft_id: UUID) -> str:
    """Return what the checks find in the draft; those of `path` can be pointed at in its editor."""
    require(current.viewer(), Action.EDIT_PROCESS)
    package = draft_package(current.session(), draft_id)
    return render_template(
        "workshop/findings.html", findings=told(check(package)), here=request.args.get("path", ""), draft_id=draft_id,
        known=package.files,
    )  # fmt: skip


@blueprint.post("/<uuid:draft_id>/here")
def here(draft_id: UUID) -> str:
    """Take a sign of life, and return who else has the draft open."""
    require(current.viewer(), Action.EDIT_PROCESS)
    session, now = current.session(), current.now()
    find_draft(session, draft_id)
    touch_presence(session, draft_id, author=current.actor(), path=request.args.get("path", ""), now=now)
    others = [each for each in present(session, draft_id, now=now) if each.person != current.actor().id]
    return render_template("workshop/people.html", others=others, path=request.args.get("path", ""))


@blueprint.post("/<uuid:draft_id>/left")
def left(draft_id: UUID) -> tuple[str, int]:
    """Take notice that somebody closed an editor."""
    require(current.viewer(), Action.EDIT_PROCESS)
    leave_draft(current.session(), draft_id, author=current.actor())
    return "", 204


@blueprint.get("/<uuid:draft_id>/templates")
def templates(draft_id: UUID) -> Response:
    """Return the element templates for our settings, and those of the package itself."""
    require(current.viewer(), Action.EDIT_PROCESS)
    own = draft_package(current.session(), draft_id).below("templates", ".json")
    offered = _in_one_language(json.loads(TEMPLATES.read_bytes()))
    for name, content in own.items():
        try:
            more = json.loads(content)
        except ValueError:
            raise Invalid(
                "package-json", "{file} is no JSON: {reason}.", file=f"templates/{name}.json", reason=name
            ) from None
        offered += more if isinstance(more, list) else [more]
    return jsonify(offered)


def _in_one_language(offered: Any) -> Any:
    """Return our templates, whose texts are `Chinese · English` for the desktop, in the reader's language."""
    if isinstance(offered, dict):
        return {key: _in_one_language(each) for key, each in offered.items()}
    if isinstance(offered, list):
        return [_in_one_language(each) for each in offered]
    if not isinstance(offered, str) or " · " not in offered:
        return offered
    chinese, _, english = offered.partition(" · ")
    return chinese if str(choose_locale()).startswith("zh") else english[:1].upper() + english[1:]
