"""One running case goes on under another version of its process; or says why it cannot.

Work items keep their owners, drafts and ids. Clocks and timers keep their dates: what a resident was promised does not
change because a diagram did. Only what the new diagram adds to an activity begins, and only what it lacks ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import writing
from engine.deadlines.models import Clock
from engine.definitions import LoadedVersion, load
from engine.errors import Invalid, Phrase
from engine.instances import clocks, store
from engine.instances.assignment import Reader, place
from engine.instances.conductor import MOVABLE, Conductor, Live
from engine.instances.diff import Image, cancelling_timers
from engine.instances.hooks import Step
from engine.instances.host import StepHost
from engine.instances.models import Instance
from engine.instances.store import Held
from engine.spiff import ElementOutline, Moves, Outcome, StepFailed
from engine.tasks.models import LIVE, WorkItem, WorkItemState
from engine.tasks.permission import refusal

#: Settings that say who gets a task.
_WHO: Final = ("role", "unit", "party", "exclude")
_ITEM: Final = cast(Table, WorkItem.__table__)
_CLOCK: Final = cast(Table, Clock.__table__)
_INSTANCE: Final = cast(Table, Instance.__table__)


class Fate(StrEnum):
    """What became of a case, or would."""

    #: it goes on under the other version
    MOVED = "moved"
    #: something stands in the way; it is as it was
    REFUSED = "refused"
    #: there was nothing to do: it has ended, or is on that version already
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one case, in sentences that a designer reads.

    Args:
        elements: ids of the elements that stand in the way, for showing them on the diagram.
    """

    instance_id: UUID
    case_id: UUID
    fate: Fate
    sentences: tuple[Phrase, ...] = ()
    elements: tuple[str, ...] = ()


@dataclass(kw_only=True)
class _Rehearsed(Exception):
    verdict: Verdict


def migrate_instance(
    conductor: Conductor,
    session: Session,
    instance_id: UUID,
    *,
    to: UUID,
    moves: Moves,
    note: str,
    actor: Actor,
    now: datetime,
    rehearse: bool = False,
) -> Verdict:
    """Let an instance go on under another version of its process, whole or not at all.

    Args:
        to: the version.
        moves: where elements went that have another id there.
        rehearse: do it, say what came of it, and roll it back; not within a caller's transaction.

    Raises:
        NotFound: there is no such instance or version.
        Invalid: `migration-other-process`: the version is of another process.
    """
    try:
        with writing(session):
            verdict = _migrate(conductor, session, instance_id, to=to, moves=moves, note=note, actor=actor, now=now)
            if rehearse:
                raise _Rehearsed(verdict=verdict)
    except _Rehearsed as end:
        return end.verdict
    return verdict


def _migrate(
    conductor: Conductor, session: Session, instance_id: UUID, *, to: UUID, moves: Moves, note: str, actor: Actor,
    now: datetime,
) -> Verdict:  # fmt: skip
    held = store.lock(session.connection(), instance_id)
    skipped = _nothing_to_do(held, to)
    if skipped is not None:
        return _verdict(held, Fate.SKIPPED, [skipped])
    old, new = load(session, held.version_id), load(session, to)
    if old.key != new.key:
        raise Invalid(
            "migration-other-process", "Version {number} is of another process ({process}). Nothing was changed.",
            number=new.number, process=new.key,
        )  # fmt: skip
    try:
        with session.begin_nested():
            return _move(conductor, session, held, old, new, moves, note=note, actor=actor, now=now)
    except _Refused as refused:
        return _verdict(held, Fate.REFUSED, refused.sentences, refused.elements)
    except StepFailed as failed:
        reason = Phrase("“{element}” cannot be set up: {reason}", element=failed.element_id, reason=failed.reason)
        return _verdict(held, Fate.REFUSED, [reason], [failed.element_id])


@dataclass(kw_only=True)
class _Refused(Exception):
    sentences: list[Phrase]
    elements: list[str]


def _move(
    conductor: Conductor, session: Session, held: Held, old: LoadedVersion, new: LoadedVersion, moves: Moves, *,
    note: str, actor: Actor, now: datetime,
) -> Verdict:  # fmt: skip
    before = conductor.live(conductor.begin_step(session, held, actor=actor, now=now))
    step = conductor.begin_step(session, replace(held, version_id=new.id), actor=actor, now=now)
    host = StepHost()
    host.enter(step)
    workflow, outcome = before.workflow.migrated(new.specification, host, moves)
    before.host.leave()
    if outcome.obstacles:
        raise _Refused(
            sentences=[each.message for each in outcome.obstacles],
            elements=[str(each.facts["element"]) for each in outcome.obstacles],
        )
    told: list[Phrase] = []
    step.ledger.note(Tag.INSTANCE_MIGRATED, {"from": old.number, "to": new.number, "note": note})
    live = Live(workflow, host, Image.of(workflow, conductor.elements(new)))
    _follow_clocks(step, live)
    _follow_items(step, live, old, moves, told)
    _follow_trails(step, outcome)
    step.ledger.flush()
    step.connection.execute(update(_INSTANCE).where(_INSTANCE.c.id == held.id).values(version_id=new.id))
    _tell(told, before.image, live.image, outcome)
    conductor.settle(step, live, before=_replace_timers(step, before.image, live.image))
    told[:0] = _said(Phrase("It goes on at {names}."), (task.name for task in live.image.tasks.values()))
    return _verdict(held, Fate.MOVED, told)


def _nothing_to_do(held: Held, to: UUID) -> Phrase | None:
    if held.status not in MOVABLE:
        return Phrase("It is {status}: nothing goes on in it.", status=held.status)
    return Phrase("It is on this version already.") if held.version_id == to else None


def _verdict(held: Held, fate: Fate, sentences: Iterable[Phrase], elements: Iterable[str] = ()) -> Verdict:
    return Verdict(
        instance_id=held.id, case_id=held.case_id, fate=fate, sentences=tuple(sentences),
        elements=tuple(dict.fromkeys(elements)),
    )  # fmt: skip


def _replace_timers(step: Step, before: Image, after: Image) -> Image:
    """Let the rows end of timers that are others now; return what of the rows still stands for something."""
    # what is around a timer may be other scopes now; when it is due, and of which clock, is the same
    there = {key: replace(timer, scope_ids=before.timers[key].scope_ids) for key, timer in after.timers.items()
             if key in before.timers}  # fmt: skip
    same = {key: timer for key, timer in before.timers.items() if there.get(key, timer) == timer}
    step.ledger.write(cancelling_timers(step.held.id, before.timers.keys() - same.keys()))
    return Image(before.tasks, same, before.scopes)


def _said(sentence: Phrase, names: Iterable[str], **facts: Any) -> list[Phrase]:
    """Return a sentence with names filled in; nothing when there are none."""
    listed = dict.fromkeys(name.replace("\n", "") for name in names)
    if not listed:
        return []
    return [Phrase(sentence.template, names="、".join(f"“{name}”" for name in listed), **facts)]


def _tell(told: list[Phrase], before: Image, after: Image, outcome: Outcome) -> None:
    told += _said(Phrase("From now on it is inside {names}."), (each.name for each in outcome.entered))
    told += _said(Phrase("It is no longer inside {names}."), (each.name for each in outcome.left))
    told += _said(Phrase("From now on it also waits for {names}."), (each.name for each in outcome.armed))
    told += _said(Phrase("It waits no longer for {names}."), (each.name for each in outcome.dropped))
    began = [scope.name for key, scope in after.scopes.items() if key not in before.scopes]
    ended = [scope.name for key, scope in before.scopes.items() if key not in after.scopes]
    told += _said(Phrase("A clock begins now for {names}."), began)
    told += _said(Phrase("The clock of {names} ends: the new version has none there."), ended)


def _follow_clocks(step: Step, live: Live) -> None:
    """Give the clocks that run the names that their activities have now. Their dates stay."""
    for clock in clocks.running(step):
        scope = live.image.scopes.get(clock.scope_id)
        if scope is None:
            continue
        element = step.version.element(scope.process_id, scope.element_id)
        name = element.settings.get("clock", "") if element is not None else ""
        values = {"element_id": scope.element_id, "process_id": scope.process_id}
        if name and not name.startswith("="):
            values["name"] = name
        step.connection.execute(update(_CLOCK).where(_CLOCK.c.id == clock.id).values(**values))


def _follow_items(step: Step, live: Live, old: LoadedVersion, moves: Moves, told: list[Phrase]) -> None:
    """Let the rows of open tasks say what the new version says of them."""
    found = select(_ITEM).where(_ITEM.c.instance_id == step.held.id, _ITEM.c.state.in_(LIVE))
    for row in step.connection.execute(found).all():
        task = live.image.tasks.get(row.task_id)
        element = step.version.element(task.process_id, task.element_id) if task is not None else None
        if task is None or element is None:
            continue
        was = old.element(row.process_id, row.element_id)
        values: dict[str, Any] = {
            "element_id": task.element_id, "process_id": task.process_id, "form_id": element.form_id,
            "name": task.name.replace("\n", ""),
        }  # fmt: skip
        if was is None or was.name != element.name:
            told += _said(Phrase("{names} is called so from now on."), [element.name])
        if was is None or _who(was) != _who(element):
            values |= _placed(step, row, Reader(step, element, task.id, task.data), told)
        step.connection.execute(update(_ITEM).where(_ITEM.c.id == row.id).values(**values))


def _who(element: ElementOutline) -> tuple[str | None, ...]:
    return tuple(element.settings.get(name) for name in _WHO)


def _placed(step: Step, row: Any, reader: Reader, told: list[Phrase]) -> dict[str, Any]:
    """Where an open task lies by the new version; whoever has it keeps it if they still may."""
    where = place(reader)
    values: dict[str, Any] = {
        "role": where.role, "party": where.party, "unit_id": where.unit_id, "inbox_key": where.inbox_key,
        "why": where.why.to_json(), "excluded": list(where.excluded),
    }  # fmt: skip
    if where.inbox_key == row.inbox_key:
        return values
    told += _said(Phrase("{names} goes to another inbox: {inbox}."), [reader.element.name], inbox=where.inbox_key)
    owner = row.owner_id
    if owner is not None and refusal(
        step.connection, staff_id=owner, role=where.role, unit_id=where.unit_id, excluded=list(where.excluded),
        name=row.name, case_id=row.case_id, now=step.now,
    ):  # fmt: skip
        values |= {"owner_id": None, "claimed_at": None, "state": WorkItemState.OPEN.value, "opened_at": None}
        told += _said(
            Phrase("Whoever has {names} may no longer do it, so it waits in that inbox; drafts are kept."),
            [reader.element.name],
        )
    return values


def _follow_trails(step: Step, outcome: Outcome) -> None:
    """Let steps that were done be found where their elements are now, for sending back to them."""
    found = select(_ITEM.c.id, _ITEM.c.trail).where(_ITEM.c.instance_id == step.held.id, _ITEM.c.trail.is_not(None))
    for item_id, trail in step.connection.execute(found).all():
        moved = outcome.moved_way([(key, name, index) for key, name, index in trail["way"]])
        way = [list(each) for each in moved] if moved is not None else trail["way"]
        if way != trail["way"]:
            step.connection.execute(update(_ITEM).where(_ITEM.c.id == item_id).values(trail=trail | {"way": way}))
