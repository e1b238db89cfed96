"""The scenarios of a package with what they show, and a package held against recorded cases."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, render_template, request
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.cases.subject import subject_of
from engine.errors import EngineError
from engine.organisation.policy import Action, may, require
from engine.sandbox.database import compiled
from engine.sandbox.deploying import active_versions, replay_all
from engine.sandbox.recording import scenarios_of
from engine.sandbox.rehearsing import Report, Verdict, rehearse_package
from engine.sandbox.scenarios import coverage
from web import current
from web.play.naming import Names
from web.play.showing import covered, drawing_of, way_name
from web.play.source import Source, find_source, own_district
from web.play.views import blueprint
from web.words import say

#: A page answers within seconds; what is left over is the next batch.
_CASES, _SECONDS = 20, 10.0


@blueprint.get("/scenarios")
def scenarios() -> str | tuple[str, int]:
    """List the scenarios of a version or draft, and what none of them shows."""
    require(current.viewer(), Action.EDIT_PROCESS)
    return _scenarios(find_source(request.args), replayed=None)


@blueprint.post("/scenarios")
def replay() -> str | tuple[str, int]:
    """Replay every scenario, and say which no longer ends as recorded."""
    require(current.viewer(), Action.EDIT_PROCESS)
    source = find_source(request.form)
    try:
        found = replay_all(source.package(), active_versions(current.session()))
    except EngineError as error:
        return _scenarios(source, replayed=None, problem=say(error))
    return _scenarios(source, replayed=found)


@blueprint.get("/scenarios/drawing")
def scenarios_drawing() -> Response:
    """Return the BPMN XML of a page."""
    require(current.viewer(), Action.EDIT_PROCESS)
    version = compiled(find_source(request.args).package())
    return Response(drawing_of(version, request.args.get("page")), mimetype="application/xml")


@blueprint.get("/scenarios/tokens")
def scenarios_tokens() -> Response:
    """Return what of a page the scenarios show."""
    require(current.viewer(), Action.EDIT_PROCESS)
    package = find_source(request.args).package()
    ways = [way for each in scenarios_of(package) for way in each.walked]
    return jsonify(covered(compiled(package), request.args.get("page"), ways))


def _scenarios(source: Source, *, replayed: Any, problem: str = "") -> str | tuple[str, int]:
    package = source.package()
    rows, shown, version = [], None, None
    try:
        found = scenarios_of(package)
        version = compiled(package)
        walked = [each.walked for each in replayed] if replayed is not None else [each.walked for each in found]
        shown = coverage(package, walked)
        results = {each.scenario.name: each for each in replayed or ()}
        rows = [{"scenario": each, "result": results.get(each.name)} for each in found]
    except EngineError as error:
        problem = problem or say(error)
    page = render_template(
        "play/scenarios.html", source=source, rows=rows, shown=shown, problem=problem, replayed=replayed is not None,
        flows=[way_name(version, way) for way in shown.flows] if shown and version else [],
        timers=[way_name(version, way) for way in shown.timers] if shown and version else [],
        names=Names(version, replayed[0].scenario.district if replayed else None) if version else None,
    )  # fmt: skip
    return (page, 422) if problem else page


@blueprint.get("/rehearse")
def rehearse() -> str | tuple[str, int]:
    """Hold a version or draft against the cases of the last `days`, some at a time."""
    require(current.viewer(), Action.EDIT_PROCESS)
    source, days = find_source(request.args), request.args.get("days", type=int)
    if days is None:
        return render_template("play/rehearse.html", source=source, report=None, days=30, rows=[], problem="")
    after = request.args.get("after", "")
    try:
        report = rehearse_package(
            current.session(), source.package(), jurisdiction=current.settings().jurisdiction, days=days,
            now=current.now(), cases=_CASES, seconds=_SECONDS, after=UUID(after) if after else None,
        )  # fmt: skip
    except EngineError as error:
        page = render_template("play/rehearse.html", source=source, report=None, days=days, rows=[], problem=say(error))
        return page, 422
    return render_template(
        "play/rehearse.html", source=source, report=report, days=days, rows=_rows(current.session(), report),
        problem="", names=Names(compiled(source.package()), own_district()),
    )  # fmt: skip


def _rows(session: Session, report: Report) -> list[dict[str, Any]]:
    """The cases for which something would be different; a number only where the reader may see the case."""
    rows = []
    for verdict in report.verdicts:
        if verdict.same:
            continue
        case = session.get_one(Case, verdict.case_id)
        visible = may(current.viewer(), Action.VIEW_CASE, subject_of(session, case))
        rows.append(_row(verdict, visible=visible))
    return rows


def _row(verdict: Verdict, *, visible: bool) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "number": verdict.number if visible else "",
        "case_id": verdict.case_id if visible else None,
    }
