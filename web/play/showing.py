"""How a run is shown: the diagram with tokens, variables as rows, what the scenarios cover."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import orjson
from flask_babel import get_locale

from engine.definitions import LoadedVersion
from engine.errors import NotFound
from engine.sandbox.flows import Way
from engine.sandbox.looking import reason_of_incident
from engine.sandbox.running import Run
from engine.spiff import ProcessOutline
from web.notices.views import CHANNELS
from web.play.naming import Names
from web.words import one_line

#: A value is shown so far.
_LONGEST: Final = 300


def drawing_of(version: LoadedVersion, page: str | None) -> bytes:
    """Return the BPMN XML of a page of a version; of its main one when none is named."""
    return version.package.diagrams[outline_of(version, page).file]


def outline_of(version: LoadedVersion, page: str | None) -> ProcessOutline:
    """Return a page of a version.

    Raises:
        NotFound: it has none of this id.
    """
    found = version.definitions.processes.get(page or version.main_process)
    if found is None:
        raise NotFound("page-unknown", "This process has no page {page}.", page=page)
    return found


def tokens_of(run: Run, page: str | None) -> dict[str, Any]:
    """Return what the live diagram shows of a page of a run."""
    outline, state = outline_of(run.box.version, page), run.state
    names = names_of(run)
    failed = {(each.process_id, each.element_id) for each in state.incidents}
    tokens = [
        {
            "element": token.element_id, "count": token.count,
            "state": "failed" if (token.process_id, token.element_id) in failed else token.state,
            "label": names.element(token.element_id, outline.id),
        }
        for token in state.tokens
        if token.process_id == outline.id and token.element_id in outline.elements
    ]  # fmt: skip
    inside: Counter[str] = Counter()
    for each in state.tokens:
        inside[each.process_id] += each.count
    done = {each.element_id for each in run.box.passed if each.process_id == outline.id and not each.cancelled}
    return {
        "page": outline.id,
        "tokens": tokens,
        "done": sorted(done),
        "pages": pages_of(run.box.version, outline, inside),
    }


def covered(version: LoadedVersion, page: str | None, shown: Iterable[Way]) -> dict[str, Any]:
    """Return what the diagram shows of coverage: elements at both ends of a flow that a scenario used are done."""
    outline = outline_of(version, page)
    done = set()
    for process, identifier in shown:
        if process == outline.id and identifier in outline.flows:
            done |= {outline.flows[identifier].source, outline.flows[identifier].target}
        elif process == outline.id:
            done.add(identifier)
    return {"page": outline.id, "tokens": [], "done": sorted(done), "pages": pages_of(version, outline, Counter())}


def pages_of(version: LoadedVersion, outline: ProcessOutline, inside: Counter[str]) -> list[dict[str, Any]]:
    """The pages that are called from one."""
    return [
        {"id": each.called_process, "name": one_line(each.name), "element": each.id,
         "tokens": inside[each.called_process]}
        for each in outline.elements.values()
        if each.called_process is not None and each.called_process in version.definitions.processes
    ]  # fmt: skip


def way_name(version: LoadedVersion, way: Way) -> dict[str, str]:
    """Return how a flow or timer is called: its page, and for a flow from where to where."""
    outline = version.definitions.processes[way[0]]
    flow = outline.flows.get(way[1])
    if flow is None:
        return {"page": one_line(outline.name), "name": _name(outline, way[1])}
    said = f"{_name(outline, flow.source)} → {_name(outline, flow.target)}"
    return {"page": one_line(outline.name), "name": f"{said}（{one_line(flow.name)}）" if flow.name else said}


def _name(outline: ProcessOutline, element_id: str) -> str:
    element = outline.elements.get(element_id)
    return (one_line(element.name) if element is not None else "") or element_id


def names_of(run: Run) -> Names:
    """Return the names in which a run is told."""
    return Names(run.box.version, run.box.district)


def shown(run: Run) -> dict[str, Any]:
    """Return what the page of a run needs beside its state."""
    state, names = run.state, names_of(run)
    return {
        "variables": [(name, _written(value)) for name, value in sorted(state.variables.items())],
        "incidents": [
            (names.element(each.element_id, each.process_id), names.phrase(reason_of_incident(each)))
            for each in state.incidents
        ],
        "steps": run.steps,
        "names": names,
        "channels": CHANNELS,
        "outcome": run.box.version.outcome_name(state.ended, str(get_locale() or "zh_CN")) if state.ended else "",
    }


def _written(value: Any) -> str:
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
