"""Play a version or a draft: fill its forms, move its clock, let its events happen, keep the run as a scenario."""

from datetime import timedelta
from typing import Final
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from engine.definitions.drafts import find_draft, save_draft_files
from engine.errors import EngineError, Invalid, NotFound
from engine.forms import Form
from engine.organisation.policy import Action, require
from engine.sandbox.answers import Answers
from engine.sandbox.deploying import active_versions
from engine.sandbox.looking import Event, Task
from engine.sandbox.playing import Player, default_matter
from engine.sandbox.recording import path_of
from engine.sandbox.running import Run
from engine.sandbox.shelf import drop_run, put_run
from engine.sandbox.touring import Limits
from web import current
from web.cases.forms import ShownForm
from web.play.kept import Played, stage, used
from web.play.showing import drawing_of, names_of, shown, tokens_of
from web.play.source import find_source, own_district
from web.words import say

blueprint: Final = Blueprint("play", __name__, url_prefix="/processes/play")
#: what the clock is moved by: unit of a field → hours
_UNITS: Final = {"hours": 1, "days": 24}
#: a page answers within seconds
_ONWARDS: Final = Limits(steps=60, seconds=15.0)


@blueprint.post("")
def begin() -> Response:
    """Open a sandbox and file an invented matter in it."""
    require(current.viewer(), Action.EDIT_PROCESS)
    source = find_source(request.form)
    district = own_district() if request.form.get("where") == "own" else None
    others = tuple(active_versions(current.session()))
    package, now = source.package(), current.now()

    run = None
    try:
        run = Run(package, now=now.replace(microsecond=0), district=district, others=others)
        run.start(default_matter(run, Answers()))
    except EngineError as error:
        if run is not None:
            run.close()
        flash(say(error), "danger")
        return redirect(source.page, code=303)
    row = put_run(
        current.session(), run, owner=current.staff().id, source=source.to_json(), others=others,
        jurisdiction=current.settings().jurisdiction, now=now,
    )  # fmt: skip
    stage.put(row.id, run, now=now)
    return _back(row.id)


@blueprint.get("/<uuid:run_id>")
def show(run_id: UUID) -> str:
    """Show how a run stands, with the form of a task as staff will see it."""
    require(current.viewer(), Action.EDIT_PROCESS)
    with used(run_id) as kept:
        return _page(kept)


@blueprint.post("/<uuid:run_id>/answer")
def answer(run_id: UUID) -> Response | tuple[str, int]:
    """Complete a task, or with `_event` let an event with a form happen."""
    require(current.viewer(), Action.EDIT_PROCESS)
    with used(run_id) as kept:
        run, given = kept.run, request.form
        try:
            waiting: Task | Event = (
                _event(run, given["_event"]) if "_event" in given else _task(run, given.get("_task"))
            )
            form = _form(kept, waiting)
            submitted = form.parse(given) if form is not None else {}
            if isinstance(waiting, Event):
                run.send(waiting, submitted)
            else:
                run.answer(waiting, submitted)
        except Invalid as error:
            if form is None or waiting is None or "fields" not in error.facts:
                return _page(kept, problem=say(error)), 422
            return _page(kept, refused=(waiting, form.refused(submitted, error))), 422
        except EngineError as error:
            return _page(kept, problem=say(error)), 422
    return _back(run_id)


@blueprint.post("/<uuid:run_id>/act")
def act(run_id: UUID) -> Response | tuple[str, int]:
    """Move the clock (`next`, `timer`, `by`), release a join, or go on with default answers (`onwards`)."""
    require(current.viewer(), Action.EDIT_PROCESS)
    with used(run_id) as kept:
        try:
            _act(kept.run)
        except (EngineError, ValueError) as error:
            said = say(error) if isinstance(error, EngineError) else gettext("请填写一个数字。")
            return _page(kept, problem=said), 422
    return _back(run_id)


def _act(run: Run) -> None:
    given = request.form
    match given.get("do"):
        case "next":
            happened = run.wait_next()
            what = names_of(run).listed(each.said for each in happened)
            flash(gettext("到期：%(what)s", what=what), "info")
        case "timer":
            run.wait_for(_moment(run, given.get("timer", "")))
        case "by":
            run.wait(timedelta(hours=int(given.get("amount", "")) * _UNITS.get(given.get("unit", ""), 1)))
        case "release":
            run.release(given.get("element", ""))
        case "onwards":
            player = Player(run.box.package, _ONWARDS)
            player.play_run(run)
            for stuck in player.stuck:
                names = names_of(run)
                where = f"{names.element(stuck.element_id, stuck.process_id)}：" if stuck.element_id else ""
                flash(f"{where}{names.phrase(stuck.reason)}", "warning")
        case _:
            raise NotFound("sandbox-act", "There is nothing of this kind to do.")


@blueprint.post("/<uuid:run_id>/save")
def save(run_id: UUID) -> Response | tuple[str, int]:
    """Keep the run as a scenario: in the draft that is played, else as a file to download."""
    require(current.viewer(), Action.EDIT_PROCESS)
    with used(run_id) as kept:
        name = request.form.get("name", "").strip()
        try:
            path = path_of(name)
        except Invalid as error:
            return _page(kept, problem=say(error)), 422
        content = kept.run.scenario(name, request.form.get("note", "").strip()[:500]).to_json()
        source = kept.source
        if source.draft_id is None:
            answer = Response(content, mimetype="application/json")
            answer.headers.set("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}.json")
            return answer
        draft = find_draft(current.session(), source.draft_id)
        save_draft_files(
            current.session(), draft.id, revision=draft.revision, changes={path: content}, author=current.actor(),
            now=current.now(),
        )  # fmt: skip
    flash(gettext("已存为草稿里的场景“%(name)s”。部署前会重放。", name=name), "success")
    return redirect(url_for("play.scenarios", **source.query), code=303)


@blueprint.post("/<uuid:run_id>/close")
def close(run_id: UUID) -> Response:
    """End a run; nothing of it is kept."""
    require(current.viewer(), Action.EDIT_PROCESS)
    with used(run_id) as kept:
        page = kept.source.page
    drop_run(current.session(), run_id, current.staff().id)
    stage.drop(run_id)
    return redirect(page, code=303)


@blueprint.get("/<uuid:run_id>/drawing")
def drawing(run_id: UUID) -> Response:
    """Return the BPMN XML of a page."""
    require(current.viewer(), Action.EDIT_PROCESS)
    with used(run_id) as kept:
        return Response(drawing_of(kept.run.box.version, request.args.get("page")), mimetype="application/xml")


@blueprint.get("/<uuid:run_id>/tokens")
def tokens(run_id: UUID) -> Response:
    """Return what the live diagram shows of a page."""
    require(current.viewer(), Action.EDIT_PROCESS)
    with used(run_id) as kept:
        return jsonify(tokens_of(kept.run, request.args.get("page")))


def _back(run_id: UUID) -> Response:
    return redirect(url_for("play.show", run_id=run_id), code=303)


def _task(run: Run, identity: str | None) -> Task:
    found = next((each for each in run.state.tasks if each.address == identity), None)
    if found is None:
        raise NotFound("sandbox-task-gone", "This task does not wait any more.")
    return found


def _event(run: Run, identity: str) -> Event:
    found = next((each for each in run.state.events if each.address == identity), None)
    if found is None:
        raise NotFound("sandbox-timer-gone", "This is no longer waited for.")
    return found


def _moment(run: Run, identity: str) -> UUID:
    found = next((each.id for each in run.state.moments if each.address == identity), None)
    if found is None:
        raise NotFound("sandbox-timer-gone", "This is no longer waited for.")
    return found


def _form(kept: Played, waiting: Task | Event) -> ShownForm | None:
    form: Form | None = waiting.form
    if form is None:
        return None
    now = kept.run.box.now
    data = waiting.data if isinstance(waiting, Task) else waiting.waiting.data
    local = form.localized(str(get_locale() or "zh_CN"))
    return ShownForm.make(local, data, local.initial(data, None, now=now), now)


def _page(kept: Played, *, problem: str = "", refused: tuple[Task | Event, ShownForm] | None = None) -> str:
    run = kept.run
    chosen = _chosen(run) if refused is None else refused[0]
    form = refused[1] if refused is not None else _form(kept, chosen) if chosen is not None else None
    return render_template(
        "play/run.html", kept=kept, run=run, state=run.state, source=kept.source, problem=problem, chosen=chosen,
        form=form, is_event=isinstance(chosen, Event), **shown(run),
    )  # fmt: skip


def _chosen(run: Run) -> Task | Event | None:
    """The task or event whose form is shown: the one asked for, else the first task."""
    wanted = request.args.get("waiting", "")
    for each in run.state.tasks:
        if each.address == wanted:
            return each
    for event in run.state.events:
        if event.address == wanted:
            return event
    return run.state.tasks[0] if run.state.tasks else None
