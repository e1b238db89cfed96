"""An upload becomes a draft: shown as drawn, with what it lacks to run and what of it does not."""

import io
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.definitions import Package
from engine.definitions.draft_ends import discard_draft
from engine.definitions.drafts import draft_package, find_draft, open_draft, open_drafts
from engine.definitions.foreign import DIAGRAM, ORIGINAL, REPORT, begin_package, key_of, refuse_key
from engine.definitions.models import DraftState, ProcessDraft
from engine.definitions.package import MAX_BYTES as MAX_PACKAGE
from engine.definitions.service import versions
from engine.errors import EngineError, Invalid, NotFound
from engine.importing import import_diagram
from engine.importing.reading import MAX_BYTES as MAX_DIAGRAM
from engine.organisation.policy import Action, require
from web import current
from web.importing.lists import lines, losses
from web.words import say

blueprint: Final = Blueprint("importing", __name__, url_prefix="/processes/import")
#: First bytes of a zip.
_ZIP: Final = b"PK\x03\x04"


@blueprint.get("")
def index() -> str:
    """Ask for a file, and list the drafts that came in this way."""
    require(current.viewer(), Action.EDIT_PROCESS)
    return _index()


@blueprint.post("")
def upload() -> Response | tuple[str, int]:
    """Take in a diagram of any modeller, or a package as a zip; a file that is neither changes nothing."""
    require(current.viewer(), Action.EDIT_PROCESS)
    key = request.form.get("key", "").strip()
    try:
        name, content = _uploaded()
        draft = _bring_package(content) if content.startswith(_ZIP) else _bring_diagram(key, name, content)
    except EngineError as error:
        return _index(problem=say(error), key=key), 422
    return redirect(url_for("importing.show", draft_id=draft.id), code=303)


@blueprint.get("/<uuid:draft_id>")
def show(draft_id: UUID) -> str:
    """Show a draft as it is drawn, and what is missing to run it as it now is."""
    require(current.viewer(), Action.EDIT_PROCESS)
    draft, package = _draft(draft_id)
    todo = lines(package)
    return render_template(
        "importing/draft.html", draft=draft, todo=todo, losses=losses(package),
        required=sum(each.required for group in todo for each in group.items),
        optional=sum(not each.required for group in todo for each in group.items),
        drawn=bool(package.diagrams), original=ORIGINAL in package.files,
        open=draft.state == DraftState.OPEN,
    )  # fmt: skip


@blueprint.get("/<uuid:draft_id>/drawing")
def drawing(draft_id: UUID) -> Response:
    """Return the BPMN XML of a draft's diagram, or of the file `page`."""
    require(current.viewer(), Action.EDIT_PROCESS)
    _, package = _draft(draft_id)
    return Response(package.diagrams[_page(package)], mimetype="application/xml")


@blueprint.get("/<uuid:draft_id>/marks")
def marks(draft_id: UUID) -> Response:
    """Return which elements of the diagram have something to do, and the draft's other diagrams."""
    require(current.viewer(), Action.EDIT_PROCESS)
    _, package = _draft(draft_id)
    here = _page(package)
    tokens = [
        {"element": each.element, "count": 1, "state": "failed" if each.required else "waiting", "label": each.text}
        for group in lines(package)
        for each in group.items
        if each.element and each.file == here
    ]
    pages = [{"id": name, "name": name, "element": "", "tokens": 0} for name in package.diagrams if name != here]
    return jsonify(page=here, tokens=tokens, done=[], pages=pages)


@blueprint.get("/<uuid:draft_id>/package.zip")
def download(draft_id: UUID) -> Response:
    """Hand a draft out as a zip; equal content is equal bytes."""
    require(current.viewer(), Action.EDIT_PROCESS)
    draft, package = _draft(draft_id)
    return _file(package.to_zip(), "application/zip", f"{draft.key}.zip")


@blueprint.get("/<uuid:draft_id>/original")
def original(draft_id: UUID) -> Response:
    """Hand out the file as it came, byte for byte."""
    require(current.viewer(), Action.EDIT_PROCESS)
    _, package = _draft(draft_id)
    if ORIGINAL not in package.files:
        raise NotFound("draft-file-unknown", "The draft has no file {file}.", file=ORIGINAL)
    name = str(package.json(REPORT).get("file", "")) if REPORT in package.files else ""
    return _file(package.files[ORIGINAL], "application/octet-stream", name or "original.bpmn")


@blueprint.post("/<uuid:draft_id>/discard")
def discard(draft_id: UUID) -> Response:
    """Give a draft up."""
    require(current.viewer(), Action.EDIT_PROCESS)
    discard_draft(current.session(), draft_id, author=current.actor(), now=current.now())
    return redirect(url_for("importing.index"), code=303)


def _index(problem: str = "", key: str = "") -> str:
    return render_template(
        "importing/index.html", drafts=open_drafts(current.session()), problem=problem, key=key,
        limit=MAX_DIAGRAM // 1_000_000,
    )  # fmt: skip


def _uploaded() -> tuple[str, bytes]:
    """The name and the bytes of the file that was sent, and no more of them than a package may have.

    Raises:
        Invalid: there is none.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("upload-missing", "Choose a file first.")
    return file.filename, file.stream.read(MAX_PACKAGE + 1)


def _bring_diagram(key: str, name: str, content: bytes) -> ProcessDraft:
    imported = import_diagram(name, content)
    wanted = key or _free(key_of(name))
    package = begin_package(wanted, name, content, imported)
    return open_draft(
        current.session(), key=wanted, version_id=None, author=current.actor(), now=current.now(),
        jurisdiction=current.settings().jurisdiction, note=gettext("由 %(file)s 导入", file=name), package=package,
    )  # fmt: skip


def _bring_package(content: bytes) -> ProcessDraft:
    package = Package.read_zip(content)
    key = package.manifest["key"]
    refuse_key(key)
    known = versions(current.session(), key)
    newest = max(known, key=lambda each: each.number, default=None)
    return open_draft(
        current.session(), key=key, version_id=newest.id if newest else None, author=current.actor(),
        now=current.now(), jurisdiction=current.settings().jurisdiction, note=gettext("由流程包导入"), package=package,
    )  # fmt: skip


def _free(key: str) -> str:
    """The key, or with a number when a process has it already."""
    number, new = 1, key
    while versions(current.session(), new):
        number, new = number + 1, f"{key}-{number + 1}"
    return new


def _draft(draft_id: UUID) -> tuple[ProcessDraft, Package]:
    return find_draft(current.session(), draft_id), draft_package(current.session(), draft_id)


def _page(package: Package) -> str:
    """The diagram that is asked for, else the one that holds the main process, else the first."""
    wanted = request.args.get("page")
    if wanted is None:
        wanted = DIAGRAM if DIAGRAM in package.diagrams else next(iter(sorted(package.diagrams)), "")
    if wanted not in package.diagrams:
        raise NotFound("draft-file-unknown", "The draft has no file {file}.", file=wanted)
    return wanted


def _file(content: bytes, kind: str, name: str) -> Response:
    answer: Any = send_file(io.BytesIO(content), mimetype=kind, as_attachment=True, download_name=name)
    return answer  # type: ignore[no-any-return]
