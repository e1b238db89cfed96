"""Running cases go on under the active version: the plan, its rehearsal, and how far the migration is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.wrappers import Response

from engine.db import sessions
from engine.definitions import LoadedVersion, active_version, load
from engine.definitions.models import ProcessVersion
from engine.errors import EngineError, Phrase
from engine.instances.migrating import Fate, Verdict
from engine.instances.migration_plans import propose
from engine.instances.migrations import (
    carry_out,
    find_migration,
    prepare,
    progress,
    rehearse,
    running_cases,
    verdicts,
)
from engine.organisation.policy import Action, require
from web import current, database
from web.processes.views import blueprint, find_version
from web.words import one_line, say, say_phrase

#: how long one rehearsal tries cases, and how many one request moves: a page is to answer within seconds
TRYING: Final = 8.0
BATCH: Final = 40
#: fields of the plan: `move:<process>:<element>`
_MOVE: Final = "move:"


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence, and of how many cases it is true."""

    text: str
    count: int


@blueprint.route("/<key>/<int:number>/move", methods=["GET", "POST"])
def plan(key: str, number: int) -> str | Response | tuple[str, int]:
    """Show where elements go, try it (`do=try`), or write the migration down and begin (`do=move`)."""
    require(current.viewer(), Action.DEPLOY_PROCESS)
    old = find_version(key, number)
    new = active_version(current.session(), key)
    moves = _chosen() if request.method == "POST" else _proposed(old, new)
    do = request.form.get("do")
    tried: list[Verdict] | None = None
    try:
        if do == "try":
            tried = _rehearse(old, new, moves)
        elif do == "move":
            return _begin(old, new, moves)
    except EngineError as error:
        return _page(old, new, moves, problem=say(error)), 422
    return _page(old, new, moves, tried=tried)


@blueprint.get("/migrations/<uuid:migration_id>")
def migration(migration_id: UUID) -> str:
    """Show how far a migration is, and what became of the cases."""
    require(current.viewer(), Action.DEPLOY_PROCESS)
    session = current.session()
    wanted = find_migration(session, migration_id)
    found = verdicts(session, migration_id)
    return render_template(
        "processes/migration.html", migration=wanted, progress=progress(session, migration_id),
        old=load(session, wanted.from_id), new=load(session, wanted.to_id),
        moved=said(found, Fate.MOVED), refused=said(found, Fate.REFUSED),
    )  # fmt: skip


@blueprint.post("/migrations/<uuid:migration_id>")
def go_on(migration_id: UUID) -> Response:
    """Move some more of the cases that wait; with `again`, those too that could not be moved."""
    require(current.viewer(), Action.DEPLOY_PROCESS)
    _carry(migration_id, again=bool(request.form.get("again")))
    return redirect(url_for("processes.migration", migration_id=migration_id), code=303)


def said(found: Iterable[Verdict], fate: Fate) -> list[Said]:
    """Return the sentences of the cases of one fate in the reader's language, the most frequent first.

    No case is named: a migration is about a diagram, and a case may be sealed from who draws.
    """
    phrases: dict[str, Phrase] = {}
    counted: Counter[str] = Counter()
    for verdict in found:
        if verdict.fate is fate:
            for phrase in verdict.sentences:
                phrases[str(phrase)] = phrase
                counted[str(phrase)] += 1
    return [Said(text=say_phrase(phrases[text]), count=count) for text, count in counted.most_common()]


def _proposed(old: ProcessVersion, new: ProcessVersion) -> dict[str, dict[str, str]]:
    return propose(load(current.session(), old.id), load(current.session(), new.id)).moves


def _chosen() -> dict[str, dict[str, str]]:
    moves: dict[str, dict[str, str]] = {}
    for name, target in request.form.items():
        if name.startswith(_MOVE) and target:
            process, _, element = name.removeprefix(_MOVE).partition(":")
            moves.setdefault(process, {})[element] = target
    return moves


def _rehearse(old: ProcessVersion, new: ProcessVersion, moves: dict[str, dict[str, str]]) -> list[Verdict]:
    return rehearse(
        _opened(), current.runtime(), from_id=old.id, to_id=new.id, moves=moves, actor=current.actor(),
        now=current.now(), seconds=TRYING,
    )  # fmt: skip


def _begin(old: ProcessVersion, new: ProcessVersion, moves: dict[str, dict[str, str]]) -> Response:
    made = prepare(
        current.session(), from_id=old.id, to_id=new.id, moves=moves, note=request.form.get("note", "").strip()[:500],
        actor=current.actor(), now=current.now(), jurisdiction=current.settings().jurisdiction,
    )  # fmt: skip
    identity = made.id
    _carry(identity, again=False)
    return redirect(url_for("processes.migration", migration_id=identity), code=303)


def _carry(migration_id: UUID, *, again: bool) -> None:
    carry_out(
        _opened(), current.runtime(), migration_id, actor=current.actor(), now=current.now(), limit=BATCH, again=again
    )


def _opened() -> sessionmaker[Session]:
    return sessions(database.db.engine)


def _page(
    old: ProcessVersion, new: ProcessVersion, moves: dict[str, dict[str, str]], *,
    tried: list[Verdict] | None = None, problem: str | None = None,
) -> str:  # fmt: skip
    session = current.session()
    before, after = load(session, old.id), load(session, new.id)
    return render_template(
        "processes/move.html", old=old, new=new, rows=_rows(before, after, moves), tried=tried, problem=problem,
        running=running_cases(session).get(old.id, 0), note=request.form.get("note", ""),
        moved=said(tried or (), Fate.MOVED), refused=said(tried or (), Fate.REFUSED),
        counts=Counter(each.fate.value for each in tried or ()),
    )  # fmt: skip


def _rows(before: LoadedVersion, after: LoadedVersion, moves: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """The elements that the newer version does not have under their id, each with those that it could go to."""
    proposal = propose(before, after)
    wanted = [(process, element) for process, known in proposal.moves.items() for element in known]
    wanted += [(each.process_id, each.id) for each in proposal.missing]
    rows = []
    for process, identifier in wanted:
        element = before.element(process, identifier)
        there = after.definitions.processes.get(process)
        if element is None or there is None:
            continue
        rows.append(
            {
                "field": f"{_MOVE}{process}:{identifier}", "name": one_line(element.name) or identifier,
                "id": identifier, "page": one_line(there.name), "chosen": moves.get(process, {}).get(identifier, ""),
                "targets": [
                    {"id": each.id, "name": one_line(each.name) or each.id}
                    for each in there.elements.values()
                    if each.kind == element.kind and each.id not in before.definitions.processes[process].elements
                ],
            }
        )  # fmt: skip
    return rows
