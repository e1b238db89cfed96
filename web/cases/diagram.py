"""The diagram that a matter runs on, with its tokens, and the same as rows of a table."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.cases.view import CaseView
from engine.definitions import LoadedVersion, load
from engine.errors import NotFound
from engine.instances.incidents import open_incidents
from engine.instances.models import Instance
from engine.instances.reading import case_tokens, done_elements, latest_instance
from engine.spiff import ProcessOutline
from web.words import one_line


def page_source(session: Session, case_id: UUID, page: str) -> bytes:
    """Return the BPMN XML of a page of a matter's process.

    Args:
        page: the id of a process; empty for the main one.

    Raises:
        NotFound: the matter has no process yet, or it has no such page.
    """
    version = load(session, _instance(session, case_id).version_id)
    return version.package.diagrams[_page(version, page).file]


def page_tokens(session: Session, case_id: UUID, page: str) -> dict[str, Any]:
    """Return what the live diagram shows of a page.

    Returns:
        `page`; `tokens`: `element`, `count`, `state` (`open`, `waiting`, `failed`), `label`; `done`: ids of elements;
        `pages`: the pages called from this one: `id`, `name`, `element`, `tokens`.
    """
    instance = _instance(session, case_id)
    version = load(session, instance.version_id)
    outline = _page(version, page)
    found = case_tokens(session, case_id)
    incidents = open_incidents(session, jurisdiction=instance.jurisdiction)
    failed = {(each.process_id, each.element_id) for each in incidents if each.instance_id == instance.id}
    tokens = [
        {
            "element": token.element_id,
            "count": token.count,
            "state": "failed" if (token.process_id, token.element_id) in failed else token.state,
            "label": _name(outline, token.element_id),
        }
        for token in found
        if token.process_id == outline.id and token.element_id in outline.elements
    ]
    inside = Counter({token.process_id: 0 for token in found})
    for token in found:
        inside[token.process_id] += token.count
    pages = [
        {
            "id": each.called_process,
            "name": one_line(each.name),
            "element": each.id,
            "tokens": inside[each.called_process],
        }
        for each in outline.elements.values()
        if each.called_process is not None and each.called_process in version.definitions.processes
    ]
    done = [each.element_id for each in done_elements(session, case_id) if each.element_id in outline.elements]
    return {"page": outline.id, "tokens": tokens, "done": done, "pages": pages}


def step_rows(view: CaseView) -> list[dict[str, Any]]:
    """Return the steps of a matter as rows: what was done, oldest first, then what is under way."""
    began: dict[str, AuditEvent] = {}
    rows: list[dict[str, Any]] = []
    for event in view.own_events:
        item = str(event.data.get("item", "")) if isinstance(event.data, dict) else ""
        if event.tag == Tag.WORK_ITEM_CREATED:
            began[item] = event
        elif event.tag == Tag.WORK_ITEM_COMPLETED:
            since = began[item].at if item in began else None
            step = {"name": one_line(event.data.get("name", "")), "element": event.data.get("element")}
            rows.append({**step, "state": "done", "who": event.actor_name, "since": since, "until": event.at})
    rows += [
        {
            "name": one_line(work.item.name),
            "element": work.item.element_id,
            "page": work.item.process_id,
            "state": work.item.state,
            "who": work.owner,
            "unit": work.unit,
            "since": work.item.created_at,
            "until": work.item.due_at,
            "provisional": view.is_provisional(work.item),
        }
        for work in view.work
    ]
    return rows


def _instance(session: Session, case_id: UUID) -> Instance:
    instance = latest_instance(session, case_id)
    if instance is None:
        raise NotFound("case-not-started", "This matter has no process yet.")
    return instance


def _page(version: LoadedVersion, page: str) -> ProcessOutline:
    outline = version.definitions.processes.get(page or version.main_process)
    if outline is None:
        raise NotFound("page-unknown", "The process of this matter has no page {page}.", page=page)
    return outline


def _name(outline: ProcessOutline, element_id: str) -> str:
    return one_line(outline.elements[element_id].name)
