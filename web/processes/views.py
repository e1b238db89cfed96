"""The processes of this installation: versions, what is different between them, which one new cases start on."""

import io
from typing import Any, Final

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.definitions import LoadedVersion, activate_version, compare, load
from engine.definitions.models import ProcessVersion, VersionState
from engine.definitions.service import versions
from engine.definitions.wording import sentences
from engine.errors import NotFound
from engine.instances.migrations import running_cases
from engine.organisation.policy import Action, may, require
from web import current
from web.languages import choose_locale
from web.processes.marking import Marks, marked, marks
from web.words import one_line

blueprint: Final = Blueprint("processes", __name__, url_prefix="/processes")
#: Authors that are no persons, as they stand in the rows.
_PROGRAMS: Final = {"engine": lazy_gettext("系统"), "command line": lazy_gettext("命令行")}


@blueprint.app_template_filter("author")
def author(name: str) -> str:
    """Return who did something, in the reader's words where it was no person."""
    return str(_PROGRAMS.get(name, name))


@blueprint.get("")
def index() -> str:
    """Show every process with its active version, and how many cases run on which."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    found = versions(current.session())
    running = running_cases(current.session())
    rows = [
        {
            "active": active,
            "running": sum(running.get(each.id, 0) for each in found if each.key == active.key),
            "behind": sum(running.get(each.id, 0) for each in found if each.key == active.key and each.id != active.id),
        }
        for active in found
        if active.state == VersionState.ACTIVE
    ]
    may_edit = may(current.viewer(), Action.EDIT_PROCESS)
    return render_template("processes/index.html", rows=rows, may_edit=may_edit)


@blueprint.get("/<key>")
def history(key: str) -> str:
    """Show the versions of a process, the newest first."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    found = _versions(key)
    return render_template(
        "processes/history.html", versions=found, running=running_cases(current.session()),
        active=next((each for each in found if each.state == VersionState.ACTIVE), None),
        may_deploy=may(current.viewer(), Action.DEPLOY_PROCESS), may_edit=may(current.viewer(), Action.EDIT_PROCESS),
    )  # fmt: skip


@blueprint.get("/<key>/<int:number>")
def show(key: str, number: int) -> str:
    """Show a version's diagram, and what is different from the one before it or from `than`."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    found = _versions(key)
    version = find_version(key, number)
    than = request.args.get("than", type=int) or max((each.number for each in found if each.number < number), default=0)
    other = next((each for each in found if each.number == than), None)
    said = None
    if other is not None:
        old, new = load(current.session(), other.id), load(current.session(), version.id)
        said = sentences(compare(old.package, new.package), _locale())
    return render_template(
        "processes/version.html", version=version, versions=found, other=other, differences=said,
        pages=_pages(load(current.session(), version.id)), may_edit=may(current.viewer(), Action.EDIT_PROCESS),
    )  # fmt: skip


@blueprint.get("/<key>/<int:number>/drawing")
def drawing(key: str, number: int) -> Response:
    """Return the BPMN XML of the page `page` of a version."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    loaded = _load(key, number)
    return Response(loaded.package.diagrams[_outline(loaded).file], mimetype="application/xml")


@blueprint.get("/<key>/<int:number>/tokens")
def tokens(key: str, number: int) -> Response:
    """Return what the diagram of a version needs beside its XML: the pages that it calls; nothing is under way.

    With `than`, the number of another version, also what is different from it: of the newer one what was added, of
    the older one what was removed, of both what was changed or moved.
    """
    require(current.viewer(), Action.VIEW_PROCESSES)
    loaded = _load(key, number)
    than = request.args.get("than", type=int)
    differing = _differing(loaded, _load(key, than), newer=number > than) if than else {}
    return jsonify(marked(_outline(loaded), loaded.definitions.processes, differing))


def _differing(loaded: LoadedVersion, other: LoadedVersion, *, newer: bool) -> Marks:
    """Return what is different in a version's drawings, by page, as the drawing marks it."""
    old, new = (other, loaded) if newer else (loaded, other)
    return marks(compare(old.package, new.package), newer=newer)


@blueprint.get("/<key>/<int:number>/package.zip")
def download(key: str, number: int) -> Response:
    """Hand a version out as the zip that was deployed, byte for byte."""
    require(current.viewer(), Action.VIEW_PROCESSES)
    version = find_version(key, number)
    return send_file(
        io.BytesIO(version.package), mimetype="application/zip", as_attachment=True,
        download_name=f"{key}-{number}.zip",
    )  # fmt: skip


@blueprint.post("/<key>/<int:number>/activate")
def activate(key: str, number: int) -> Response:
    """Let new cases start on a version; running cases keep theirs."""
    require(current.viewer(), Action.DEPLOY_PROCESS)
    version = find_version(key, number)
    activate_version(
        current.session(), version.id, actor=current.actor(), now=current.now(),
        jurisdiction=current.settings().jurisdiction,
    )  # fmt: skip
    flash(gettext("已启用第 %(number)s 版：新事项从现在起按这一版办理，在办事项不变。", number=number), "success")
    return redirect(url_for("processes.history", key=key), code=303)


def _versions(key: str) -> list[ProcessVersion]:
    found = sorted(versions(current.session(), key), key=lambda each: -each.number)
    if not found:
        raise NotFound("process-key-unknown", "There is no process {process}.", process=key)
    return found


def find_version(key: str, number: int) -> ProcessVersion:
    """Return a version of a process.

    Raises:
        NotFound: there is no such process or version.
    """
    version = next((each for each in _versions(key) if each.number == number), None)
    if version is None:
        raise NotFound("version-number-unknown", "{process} has no version {number}.", process=key, number=number)
    return version


def _load(key: str, number: int) -> LoadedVersion:
    return load(current.session(), find_version(key, number).id)


def _outline(loaded: LoadedVersion) -> Any:
    page = request.args.get("page") or loaded.main_process
    outline = loaded.definitions.processes.get(page)
    if outline is None:
        raise NotFound("page-unknown", "This process has no page {page}.", page=page)
    return outline


def _pages(loaded: LoadedVersion) -> list[dict[str, Any]]:
    """The pages of a version with the tasks of people on each, for those who do not see the drawing."""
    main = loaded.main_process
    ordered = sorted(loaded.definitions.processes.values(), key=lambda each: (each.id != main, each.name))
    return [
        {
            "id": each.id,
            "name": one_line(each.name),
            "tasks": [
                {"id": task.id, "name": one_line(task.name), "role": task.settings.get("role", "")}
                for task in each.elements.values()
                if task.is_task
            ],
        }
        for each in ordered
    ]


def _locale() -> str:
    return str(choose_locale())
