"""The workshop: drafts of processes, what is in one, and how one ends."""

import re
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.definitions import ProcessDraft, check
from engine.definitions.beginning import FileKind, new_files
from engine.definitions.draft_ends import deploy_draft, discard_draft
from engine.definitions.drafts import draft_package, find_draft, note_draft, open_draft, open_drafts, save_draft_files
from engine.definitions.models import DraftState
from engine.definitions.package import MANIFEST
from engine.errors import Conflict, EngineError, Invalid
from engine.organisation.policy import Action, may, require
from engine.sandbox.deploying import check_scenarios, note_overruled
from web import current
from web.processes.views import find_version
from web.words import say
from web.workshop.beside import compared
from web.workshop.findings import told
from web.workshop.naming import file_titles

blueprint: Final = Blueprint("workshop", __name__, url_prefix="/workshop")
#: differences from the active version that a draft's page names
_SHOWN: Final = 6
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)

#: what the files of a package are called: (kind, prefix, suffix, heading); the first that fits counts
GROUPS: Final = (
    ("diagram", "", ".bpmn", lazy_gettext("流程图")),
    ("form", "forms/", ".form", lazy_gettext("表单")),
    ("decision", "decisions/", ".dmn", lazy_gettext("决策")),
    ("notice", "notices/", ".txt", lazy_gettext("通知")),
    ("document", "documents/", ".html", lazy_gettext("文书")),
    ("text", "", "", lazy_gettext("其他文件")),
)


def kind_of(path: str) -> str:
    """Return which editor a file opens in: `diagram`, `form`, `decision`, `notice`, `document` or `text`."""
    return next(kind for kind, prefix, suffix, _ in GROUPS if path.startswith(prefix) and path.endswith(suffix))


@blueprint.get("")
def index() -> str:
    """Show the drafts that are worked on, and offer a new process."""
    require(current.viewer(), Action.EDIT_PROCESS)
    return render_template("workshop/index.html", drafts=open_drafts(current.session()), given={}, problem=None)


@blueprint.post("/new")
def begin() -> Response | tuple[str, int]:
    """Begin a new process of this key and name."""
    require(current.viewer(), Action.EDIT_PROCESS)
    key, name = request.form.get("key", "").strip(), request.form.get("name", "").strip()
    try:
        if not _KEY.fullmatch(key) or not name:
            raise Invalid("process-name", "Give the process a name, and a key of small letters, digits and dashes.")
        draft = open_draft(
            current.session(), key=key, version_id=None, name=name[:200], author=current.actor(), now=current.now(),
            jurisdiction=current.settings().jurisdiction,
        )  # fmt: skip
    except EngineError as error:
        found = open_drafts(current.session())
        return render_template("workshop/index.html", drafts=found, given=request.form, problem=say(error)), 422
    return redirect(url_for("workshop.show", draft_id=draft.id), code=303)


@blueprint.post("/from/<key>/<int:number>")
def revise(key: str, number: int) -> Response:
    """Begin a draft from a version, the active one or an older one that is to be restored."""
    require(current.viewer(), Action.EDIT_PROCESS)
    draft = open_draft(
        current.session(), key=key, version_id=find_version(key, number).id, author=current.actor(),
        now=current.now(), jurisdiction=current.settings().jurisdiction,
    )  # fmt: skip
    return redirect(url_for("workshop.show", draft_id=draft.id), code=303)


@blueprint.get("/<uuid:draft_id>")
def show(draft_id: UUID) -> str:
    """Show what is in a draft, what the checks find, and the ways in which it may end."""
    require(current.viewer(), Action.EDIT_PROCESS)
    return _page(find_draft(current.session(), draft_id))


def _page(draft: ProcessDraft, *, problem: str = "", refused: str = "", note: str | None = None) -> str:
    package = draft_package(current.session(), draft.id)
    groups = [
        (kind, heading, [path for path in package.files if kind_of(path) == kind]) for kind, _, _, heading in GROUPS
    ]
    return render_template(
        "workshop/draft.html", draft=draft, name=draft_name(draft), groups=groups, findings=told(check(package)),
        problem=problem, overtaken=refused == "draft-overtaken",
        differing=refused == "scenarios-differ", note=draft.note if note is None else note, manifest=MANIFEST,
        kinds=[kind.value for kind in FileKind], is_open=draft.state == DraftState.OPEN,
        may_deploy=may(current.viewer(), Action.DEPLOY_PROCESS), titles=file_titles(package),
        compared=compared(draft, package) if draft.state == DraftState.OPEN else None, shown=_SHOWN,
    )  # fmt: skip


def draft_name(draft: ProcessDraft) -> str:
    """Return what a draft's process is called in it; its key when package.json cannot be read."""
    try:
        names: Any = draft_package(current.session(), draft.id).manifest["name"]
    except Invalid:
        return draft.key
    return str(names.get("zh_CN") or next(iter(names.values()), draft.key)) if isinstance(names, dict) else draft.key


@blueprint.post("/<uuid:draft_id>/add")
def add(draft_id: UUID) -> Response:
    """Add a page, form, decision, notice or document, and open it."""
    require(current.viewer(), Action.EDIT_PROCESS)
    session = current.session()
    kind, key = request.form.get("kind", ""), request.form.get("key", "").strip()
    if kind not in list(FileKind):
        raise Invalid("file-kind", "There is no kind of file {kind}.", kind=kind)
    files = new_files(FileKind(kind), key)
    known = draft_package(session, draft_id).files
    if taken := next((path for path in files if path in known), None):
        raise Conflict("draft-file-taken", "The draft has a file {file} already. Choose another name.", file=taken)
    revision = find_draft(session, draft_id).revision
    save_draft_files(session, draft_id, revision=revision, changes=files, author=current.actor(), now=current.now())
    return redirect(url_for("workshop.edit", draft_id=draft_id, path=next(iter(files))), code=303)


@blueprint.post("/<uuid:draft_id>/remove")
def remove(draft_id: UUID) -> Response:
    """Take a file out of a draft, unless somebody saved it since the list was shown."""
    require(current.viewer(), Action.EDIT_PROCESS)
    path, revision = request.form.get("path", ""), request.form.get("revision", 0, type=int)
    save_draft_files(
        current.session(), draft_id, revision=revision, changes={path: None}, author=current.actor(),
        now=current.now(),
    )  # fmt: skip
    flash(gettext("已从草稿里去掉 %(path)s。", path=path), "success")
    return redirect(url_for("workshop.show", draft_id=draft_id), code=303)


@blueprint.post("/<uuid:draft_id>/note")
def note(draft_id: UUID) -> Response:
    """Keep what the draft is about."""
    require(current.viewer(), Action.EDIT_PROCESS)
    note_draft(current.session(), draft_id, request.form.get("note", "").strip())
    return redirect(url_for("workshop.show", draft_id=draft_id), code=303)


@blueprint.post("/<uuid:draft_id>/deploy")
def deploy(draft_id: UUID) -> Response | tuple[str, int]:
    """Let the draft become the next version; refused with the findings, or when somebody was faster."""
    require(current.viewer(), Action.DEPLOY_PROCESS)
    session, given = current.session(), request.form
    words = given.get("note", "").strip()
    try:
        if not words:
            raise Invalid("deploy-note", "Write in the note what changes and why.")
        package = draft_package(session, draft_id)
        differing = check_scenarios(session, package, despite_scenarios=bool(given.get("despite")))
        version = deploy_draft(
            session, draft_id, revision=given.get("revision", 0, type=int), author=current.actor(), note=words,
            now=current.now(), activate=bool(given.get("activate")), anyway=bool(given.get("anyway")),
        )  # fmt: skip
    except (Conflict, Invalid) as error:
        draft = find_draft(session, draft_id)
        return _page(draft, problem=say(error), refused=error.code, note=words), 422
    note_overruled(
        session, version, differing, author=current.actor(), now=current.now(),
        jurisdiction=current.settings().jurisdiction,
    )  # fmt: skip
    flash(gettext("已部署为第 %(number)s 版。", number=version.number), "success")
    return redirect(url_for("processes.show", key=version.key, number=version.number), code=303)


@blueprint.post("/<uuid:draft_id>/discard")
def discard(draft_id: UUID) -> Response:
    """Give the draft up."""
    require(current.viewer(), Action.EDIT_PROCESS)
    discard_draft(current.session(), draft_id, author=current.actor(), now=current.now())
    flash(gettext("草稿已放弃。现行的版本没有变。"), "success")
    return redirect(url_for("workshop.index"), code=303)
